//! A template file -> a [`Survey`], or everything that is wrong with it, each with its place.
//!
//! Owns: the rules that a schema cannot express: unique ids, texts in declared languages, sensible
//! scales. Refuses: to stop at the first mistake. Conditions are [`super::check_logic`]'s. The model's structure is checked by the caller, who
//! knows statistics, with [`Checked::place`] at hand.

use std::collections::HashSet;
use std::fmt;

use super::field::Field;
use super::ids::Slug;
use super::question::Question;
use super::source::{Place, Source};
use super::template::{Template, schema};
use super::text::{Text, is_tag};
use super::walk::Logic;
use super::{check_fields, check_logic, scales, shape, theme};

/// A template that can be asked: ids unique, base texts present, scales sensible.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    pub slug: Slug,
    pub template: Template,
    pub logic: Logic,
}

impl Survey {
    /// All fields, page after page.
    pub fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        self.questions().flat_map(Question::fields)
    }

    /// The field with this id.
    pub fn field(&self, id: &str) -> Option<Field<'_>> {
        self.fields().find(|field| field.id == id)
    }

    /// The fields that a model can measure, in order.
    pub fn rated(&self) -> impl Iterator<Item = Field<'_>> {
        self.fields().filter(|field| field.points().is_some())
    }

    /// All questions, page after page.
    pub fn questions(&self) -> impl Iterator<Item = &Question> {
        self.template.pages.iter().flat_map(|p| &p.questions)
    }

    /// Whether pages are shown one after the other.
    pub fn one_by_one(&self) -> bool {
        self.template.one_by_one()
    }

    /// Whether anything stands in an order drawn for each guest.
    pub fn draws_orders(&self) -> bool {
        self.template.pages.iter().any(|p| p.shuffle || p.block.is_some()) || self.questions().any(Question::shuffled)
    }

    /// The question with this id.
    pub fn question(&self, id: &str) -> Option<&Question> {
        self.questions().find(|q| q.id() == id)
    }

    /// The base language: texts missing in another fall back to it.
    pub fn base_language(&self) -> &str {
        self.template.languages.first().map_or("en", String::as_str)
    }
}

/// Whether a problem stops the survey from being used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    Error,
    /// Worth mending; the survey works.
    Warning,
}

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub place: Place,
    /// Keys and positions that lead there: `pages.0.questions.1.show_if`.
    pub path: String,
    pub severity: Severity,
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.severity == Severity::Warning { "warning: " } else { "" };
        write!(f, "{}:{}: {kind}{}", self.place.line, self.place.column, self.message)
    }
}

/// The outcome of a check. There is a survey whenever no problem is an error.
#[derive(Debug)]
pub struct Checked {
    survey: Option<Survey>,
    pub problems: Vec<Problem>,
    source: Source,
    /// Whether every question could be read.
    whole: bool,
}

/// Reads and checks a template.
pub fn check(text: &str) -> Checked {
    let (source, syntax) = Source::parse(text);
    let mut checked = Checked { survey: None, problems: Vec::new(), source, whole: true };
    for (place, message) in &syntax {
        checked.problems.push(Problem {
            place: *place,
            path: String::new(),
            severity: Severity::Error,
            message: message.clone(),
        });
    }
    if !syntax.is_empty() {
        return checked;
    }
    let differences = shape::differences(&checked.source.value, &schema());
    for (path, message) in &differences {
        checked.error(path, message.clone());
    }
    let (mut value, whole) = shape::mended(&checked.source.value, &differences);
    for (path, message) in scales::resolve(&mut value) {
        checked.error(&path, message);
    }
    match serde_json::from_value::<Template>(value) {
        Ok(template) => {
            checked.whole = whole;
            checked.meaning(&template);
        }
        // What cannot be read has been said already, by its place.
        Err(_) if checked.has_errors() => {}
        Err(e) => checked.error("", e.to_string()),
    }
    checked.problems.sort_by_key(|p| p.place);
    checked
}

impl Checked {
    /// The survey, unless a problem is an error.
    ///
    /// # Errors
    /// All problems.
    pub fn into_survey(self) -> Result<Survey, Vec<Problem>> {
        let usable = !self.has_errors();
        self.survey.filter(|_| usable).ok_or(self.problems)
    }

    /// The survey as far as it could be read, errors or not.
    pub fn survey(&self) -> Option<&Survey> {
        self.survey.as_ref()
    }

    /// Whether every question could be read; if not, a model over them cannot be judged.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// Whether any problem is an error.
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(|p| p.severity == Severity::Error)
    }

    /// Adds an error at a path such as `pages.0.questions.1.id`.
    pub fn error(&mut self, path: &str, message: impl Into<String>) {
        self.problem(path, Severity::Error, message.into());
    }

    /// Adds an error inside the multi-line text at `path`, at a line and column of that text.
    pub fn error_inside(&mut self, path: &str, line: usize, column: usize, message: impl Into<String>) {
        // A text on one line has escapes in place of line ends: only the text itself can be shown.
        let spread = self.source.spans_lines(path);
        let place = if spread {
            Place { line: self.source.content_line(path) + line - 1, column }
        } else {
            self.source.place(path)
        };
        let path = path.to_owned();
        self.problems.push(Problem { place, path, severity: Severity::Error, message: message.into() });
    }

    fn problem(&mut self, path: &str, severity: Severity, message: String) {
        let place = self.source.place(path);
        self.problems.push(Problem { place, path: path.to_owned(), severity, message });
    }

    fn meaning(&mut self, template: &Template) {
        match template.id.parse::<Slug>() {
            Ok(slug) => self.survey = Some(Survey { slug, template: template.clone(), logic: Logic::default() }),
            Err(e) => self.error("id", e.to_string()),
        }
        if template.version.trim().is_empty() {
            self.error("version", "`version` is empty");
        }
        if self.whole && !template.pages.iter().flat_map(|p| &p.questions).any(Question::asks) {
            self.error("pages", "the survey asks nothing: it has statements only");
        }
        self.languages(template);
        self.ids(template);
        for (path, text, required) in all_texts(template) {
            self.text(template, &path, text, required);
        }
        theme::check(template, self);
        check_fields::check(template, self);
        // Conditions over questions that could not be read would only repeat what was said of those.
        if self.whole {
            let logic = check_logic::check(template, self);
            if let Some(survey) = &mut self.survey {
                survey.logic = logic;
            }
        }
    }

    fn languages(&mut self, template: &Template) {
        let mut seen = HashSet::new();
        for (i, language) in template.languages.iter().enumerate() {
            let path = format!("languages.{i}");
            if !is_tag(language) {
                self.error(&path, format!("`{language}` is not a language tag such as `en` or `zh-Hans`"));
            } else if !seen.insert(language) {
                self.error(&path, format!("`{language}` is listed twice"));
            }
        }
    }

    fn ids(&mut self, template: &Template) {
        let mut pages = HashSet::new();
        let mut taken: HashSet<String> = HashSet::new();
        for (i, page) in template.pages.iter().enumerate() {
            let path = format!("pages.{i}.id");
            self.identifier(&path, &page.id);
            if page.id == "end" {
                self.error(&path, "`end` is what skipping calls the end of the survey; choose another id");
            }
            if !pages.insert(&page.id) {
                self.error(&path, format!("the page id `{}` is used twice", page.id));
            }
            for (j, question) in page.questions.iter().enumerate() {
                let path = format!("pages.{i}.questions.{j}.id");
                if template.anonymous && matches!(question, Question::Hidden { .. }) {
                    self.error(
                        &path,
                        "an anonymous survey takes no hidden fields: what a link holds can name its guest",
                    );
                }
                self.identifier(&path, question.id());
                let fields: Vec<String> = question.fields().into_iter().map(|f| f.id).collect();
                let own = question.id().to_owned();
                let alone = !fields.contains(&own);
                for id in fields.into_iter().chain(alone.then_some(own)) {
                    self.name(&path, &id, &mut taken);
                }
            }
        }
        for (i, score) in template.scores.iter().enumerate() {
            let path = format!("scores.{i}.id");
            self.identifier(&path, &score.id);
            self.name(&path, &score.id, &mut taken);
        }
    }

    /// Names of questions, fields and scores are columns: each once, and none that every export has.
    fn name(&mut self, path: &str, id: &str, taken: &mut HashSet<String>) {
        if RESERVED.contains(&id) {
            self.error(path, format!("`{id}` is reserved for a column of every export; choose another id"));
        }
        if !taken.insert(id.to_owned()) {
            self.error(path, format!("the question id `{id}` is used twice"));
        }
    }

    pub(super) fn identifier(&mut self, path: &str, id: &str) {
        let mut chars = id.chars();
        let starts = chars.next().is_some_and(|c| c.is_ascii_alphabetic());
        if !starts || id.len() > 64 || !chars.all(|c| c.is_ascii_alphanumeric() || c == '_') {
            self.error(
                path,
                format!(
                    "`{id}` is not an id: start with a letter, go on with letters, digits and underscores, 64 at most"
                ),
            );
        }
    }

    fn text(&mut self, template: &Template, path: &str, text: &Text, required: bool) {
        if template.languages.is_empty() {
            return; // Said already; every text would be in a wrong language.
        }
        for language in text.0.keys().filter(|l| !template.languages.contains(l)) {
            let known = template.languages.join(", ");
            self.error(
                &format!("{path}.{language}#key"),
                format!("`{language}` is not one of the survey's languages ({known})"),
            );
        }
        let given = |language: &String| text.0.get(language).is_some_and(|t| !t.trim().is_empty());
        if text.0.is_empty() && !required {
            return;
        }
        for (i, language) in template.languages.iter().enumerate().filter(|(_, l)| !given(l)) {
            if i == 0 {
                self.error(path, format!("the text `{}` is missing in `{language}`, the base language", field(path)));
            } else {
                self.problem(
                    path,
                    Severity::Warning,
                    format!(
                        "the text `{}` is missing in `{language}`; guests will read it in `{}`",
                        field(path),
                        template.languages[0]
                    ),
                );
            }
        }
    }
}

/// Columns that every export has beside the questions.
pub const RESERVED: [&str; 9] =
    ["receipt", "submitted_at", "survey", "version", "revision", "unit", "language", "seconds", "flags"];

fn field(path: &str) -> &str {
    let last = path.rfind('.').map_or(0, |at| at + 1);
    // `labels.0` rather than `0`.
    let start = if path[last..].parse::<usize>().is_ok() {
        path[..last.max(1) - 1].rfind('.').map_or(0, |at| at + 1)
    } else {
        last
    };
    &path[start..]
}

/// Every text of a template: path, text, and whether it must be there.
fn all_texts(template: &Template) -> Vec<(String, &Text, bool)> {
    let mut texts = vec![
        ("title".to_owned(), &template.title, true),
        ("introduction".to_owned(), &template.introduction, false),
        ("thanks".to_owned(), &template.thanks, false),
        ("about".to_owned(), &template.about, false),
    ];
    texts.extend(template.theme.iter().map(|theme| ("theme.logo_text".to_owned(), &theme.logo_text, false)));
    texts.extend(template.scores.iter().enumerate().map(|(i, s)| (format!("scores.{i}.label"), &s.label, true)));
    texts.extend(template.quotas.iter().enumerate().map(|(i, q)| (format!("quotas.{i}.message"), &q.message, false)));
    for (i, page) in template.pages.iter().enumerate() {
        texts.push((format!("pages.{i}.title"), &page.title, false));
        texts.push((format!("pages.{i}.introduction"), &page.introduction, false));
        for (j, question) in page.questions.iter().enumerate() {
            texts.extend(
                question
                    .texts()
                    .into_iter()
                    .map(|(name, text, required)| (format!("pages.{i}.questions.{j}.{name}"), text, required)),
            );
        }
    }
    if let Some(model) = &template.model {
        texts.extend(model.names.iter().map(|(name, text)| (format!("model.names.{name}"), text, true)));
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"id = "short"
version = "1"
languages = ["en"]
title.en = "Short"
[[pages]]
id = "one"
[[pages.questions]]
id = "q1"
type = "rating"
text.en = "How was it?"
low.en = "Bad"
high.en = "Good"
"#;

    fn problems(text: &str) -> Vec<String> {
        check(text).problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_good_file_is_a_survey() {
        let survey = check(GOOD).into_survey().unwrap();
        assert_eq!(survey.field("q1").unwrap().points().unwrap().max, 10);
    }

    #[test]
    fn every_mistake_is_reported_at_once_with_its_place() {
        let text = GOOD
            .replace("id = \"short\"", "id = \"Too Long\"")
            .replace("text.en", "text.fr")
            .replace("id = \"q1\"", "id = \"1q\"");
        assert_eq!(
            problems(&text),
            [
                "1:6: `Too Long` is not a name of 1 to 64 lower-case letters, digits and single hyphens",
                "8:6: `1q` is not an id: start with a letter, go on with letters, digits and underscores, 64 at most",
                "10:1: the text `text` is missing in `en`, the base language",
                "10:6: `fr` is not one of the survey's languages (en)",
            ]
        );
    }

    #[test]
    fn shapes_are_compared_with_the_schema() {
        let text =
            GOOD.replace("version = \"1\"\n", "versoin = \"1\"\n").replace("type = \"rating\"", "type = \"stars\"");
        let found = problems(&text);
        assert_eq!(found[0], "1:1: `version` is missing in `short`");
        assert!(found[1].starts_with("2:1: `versoin` is unknown here; known are "), "{}", found[1]);
        assert!(found[2].starts_with("9:8: `stars` is no type of question; known are rating, nps, "), "{}", found[2]);
        let text = GOOD.replace("high.en = \"Good\"", "high.en = \"Good\"\nrequired = \"yes\"\nmax = 12");
        assert_eq!(
            problems(&text),
            ["13:12: expected true or false, found \"yes\"", "14:7: expected at most 11, found 12"]
        );
    }

    #[test]
    fn broken_syntax_is_placed() {
        let found = problems("id = \"x\nversion = 1");
        assert!(found[0].starts_with("1:"), "{found:?}");
    }

    #[test]
    fn a_missing_translation_is_a_warning() {
        let text = GOOD.replace("[\"en\"]", "[\"en\", \"de\"]");
        assert!(check(&text).into_survey().is_ok());
        assert_eq!(problems(&text).len(), 4);
    }
}
