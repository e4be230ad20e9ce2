//! Questionnaires of other programs: in, and out again.
//!
//! Owns: what every importer gives back: a template, and a line for everything that could not be carried over. Names
//! are made into ids, conditions into CEL ([`conditions`]). Refuses: broken files by their place, hostile ones by
//! their size and depth; and to leave anything out without saying so.

pub mod conditions;
pub mod limesurvey;
pub mod surveyjs;
pub mod surveyjs_export;
pub mod xlsform;

use std::collections::{BTreeMap, HashMap, HashSet};

use conditions::{Named, to_cel};

use super::answers::{NOT_APPLICABLE, OTHER};
use super::check::{self, Problem, Severity};
use super::question::{Constraint, Question};
use super::template::{Layout, Page, Template};
use super::text::{Text, is_tag};

/// The largest file that is read, in bytes.
pub const MOST_BYTES: usize = 16 << 20;

/// The most questions that are read.
pub const MOST_QUESTIONS: usize = 2000;

/// What an import gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    pub template: Template,
    /// What could not be carried over, in the order of the file: `where: what`.
    pub left_out: Vec<String>,
}

/// Why a file cannot be imported at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    #[error("the file is larger than {} MiB", MOST_BYTES >> 20)]
    TooLarge,
    #[error("more than {MOST_QUESTIONS} questions")]
    TooMany,
    #[error("{}", one_line(.0))]
    Broken(String),
}

/// What goes into a message: one line, and not all of a hostile file.
pub(super) fn one_line(text: &str) -> String {
    let mut line: String = text.chars().take(300).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.len() < text.len() {
        line.push('…');
    }
    line
}

impl Imported {
    /// The template as a file.
    ///
    /// # Errors
    /// [`ImportError::Broken`] if it cannot be written as TOML, which is a mistake of ours.
    pub fn to_toml(&self) -> Result<String, ImportError> {
        toml::to_string_pretty(&self.template).map_err(|e| ImportError::Broken(e.to_string()))
    }

    /// Takes out what a check of the template refuses: conditions that cannot work here, names in texts that have no
    /// answer yet. Each is listed.
    ///
    /// # Errors
    /// [`ImportError::Broken`] if there is no question in it.
    fn mended(mut self) -> Result<Self, ImportError> {
        self.settle_texts();
        if self.template.pages.iter().all(|page| page.questions.is_empty()) {
            return Err(ImportError::Broken("there are no questions in it".to_owned()));
        }
        self.settle_orders();
        for line in &mut self.left_out {
            *line = one_line(line);
        }
        // What is taken out may make another condition fail; each round takes something out.
        for _ in 0..20 {
            let text = self.to_toml()?;
            let errors: Vec<Problem> =
                check::check(&text).problems.into_iter().filter(|p| p.severity == Severity::Error).collect();
            let taken = errors.iter().filter(|problem| self.take_out(problem)).count();
            if taken == 0 {
                break;
            }
        }
        Ok(self)
    }

    /// A question without a wording shows its name; a text to read without one is left out.
    fn settle_texts(&mut self) {
        let base = self.template.languages.first().cloned().unwrap_or_else(|| "en".to_owned());
        let blank = |text: &Text| text.0.get(&base).is_none_or(|wording| wording.trim().is_empty());
        for page in &mut self.template.pages {
            for question in
                page.questions.iter_mut().filter(|q| !matches!(q, Question::Hidden { .. }) && blank(q.common().text))
            {
                let id = question.id().to_owned();
                let what =
                    if question.asks() { "no wording; its name stands there" } else { "a text to read without a text" };
                self.left_out.push(format!("{id}: {what}"));
                if question.asks() {
                    question.text_mut().0.insert(base.clone(), id);
                }
            }
            page.questions.retain(|q| !matches!(q, Question::Statement { .. }) || !blank(q.common().text));
        }
        self.template.pages.retain(|page| !page.questions.is_empty());
    }

    /// A page in an order drawn for each guest cannot hold questions that depend on each other.
    fn settle_orders(&mut self) {
        for page in self.template.pages.iter_mut().filter(|page| page.shuffle) {
            let conditions = page.questions.iter().any(|q| {
                let common = q.common();
                common.show_if.is_some()
                    || common.constraint.is_some()
                    || q.choices().iter().any(|c| c.show_if.is_some())
            });
            if conditions {
                page.shuffle = false;
                self.left_out
                    .push(format!("{}: the order drawn for each guest; questions depend on each other", page.id));
            }
        }
    }

    /// Takes out what a problem is about; false where it is about something else.
    fn take_out(&mut self, problem: &Problem) -> bool {
        self.take_out_condition(problem) || self.take_out_name(problem)
    }

    /// Makes a name in a text, which has no answer where it stands, the text that it is.
    fn take_out_name(&mut self, problem: &Problem) -> bool {
        let Ok(mut tree) = toml::Value::try_from(&self.template) else { return false };
        let mut at = Some(&mut tree);
        for part in problem.path.split('.') {
            at = at.and_then(|value| match value {
                toml::Value::Array(list) => part.parse::<usize>().ok().and_then(|i| list.get_mut(i)),
                toml::Value::Table(table) => table.get_mut(part),
                _ => None,
            });
        }
        let Some(toml::Value::String(wording)) = at else { return false };
        if !problem.message.starts_with('`') || !wording.contains('{') {
            return false;
        }
        *wording = wording.replace("{{", "{").replace('{', "{{");
        let Ok(template) = tree.try_into() else { return false };
        self.template = template;
        let parts: Vec<&str> = problem.path.split('.').collect();
        let number = |i: usize| parts.get(i).and_then(|p| p.parse::<usize>().ok());
        let question = number(1).zip(number(3)).and_then(|(p, q)| self.template.pages.get(p)?.questions.get(q));
        let place = question.map_or_else(|| problem.path.clone(), |q| format!("{}: {}", q.id(), parts[4..].join(" ")));
        self.left_out.push(format!("{place}: {}", problem.message));
        true
    }

    fn take_out_condition(&mut self, problem: &Problem) -> bool {
        let parts: Vec<&str> = problem.path.split('.').collect();
        let number = |i: usize| parts.get(i).and_then(|p| p.parse::<usize>().ok());
        let Some(page) = number(1).and_then(|i| self.template.pages.get_mut(i)) else { return false };
        let message = problem.message.clone();
        if parts.get(2) == Some(&"show_if") {
            page.show_if = None;
            self.left_out.push(format!("{}: its condition: {message}; it is always shown", page.id));
            return true;
        }
        let Some(question) = number(3).and_then(|i| page.questions.get_mut(i)) else { return false };
        let id = question.id().to_owned();
        let Some((show_if, constraint)) = question.conditions_mut() else { return false };
        match parts.get(4..) {
            Some(["show_if"]) => *show_if = None,
            Some(["constraint", ..]) => *constraint = None,
            Some(["choices", choice, "show_if"]) => {
                let Some(choice) = choice.parse::<usize>().ok().and_then(|i| question.choices_mut().get_mut(i)) else {
                    return false;
                };
                choice.show_if = None;
            }
            _ => return false,
        }
        self.left_out.push(format!("{id}: {}: {message}", parts[4..].join(" ")));
        true
    }
}

/// What every question has.
#[derive(Debug, Clone, Default)]
struct Basics {
    id: String,
    text: Text,
    help: Text,
    required: bool,
    show_if: Option<String>,
    constraint: Option<Constraint>,
}

/// A question of a kind, from its [`Basics`].
macro_rules! question {
    ($basics:expr, $Kind:ident { $($field:ident : $value:expr),* $(,)? }) => {{
        let basics: $crate::survey::exchange::Basics = $basics;
        $crate::survey::question::Question::$Kind {
            id: basics.id,
            text: basics.text,
            help: basics.help,
            required: basics.required,
            not_applicable: false,
            label: $crate::survey::text::Text::default(),
            show_if: basics.show_if,
            constraint: basics.constraint,
            $($field: $value),*
        }
    }};
}
use question;

/// A condition as CEL; listed, and left out, where it cannot be translated.
fn condition(text: &str, place: &str, named: &HashMap<String, Named>, left_out: &mut Vec<String>) -> Option<String> {
    to_cel(text, &|name| named.get(name).cloned())
        .map_err(|why| left_out.push(format!("{place}: the condition `{text}`: {why}; it is always shown")))
        .ok()
}

/// Values that a slider can have: steps that lead from one end to the other.
fn slider_range(min: u8, max: u8, step: u8) -> (u8, u8, u8) {
    let (min, max) = (min.min(199), max.min(200));
    if max > min && step > 0 && (max - min) % step == 0 { (min, max, step) } else { (min, max.max(min + 1), 1) }
}

/// Both conditions, as far as there are two.
fn both(a: Option<&str>, b: Option<String>) -> Option<String> {
    match (a, b) {
        (Some(a), Some(b)) => Some(format!("({a}) && ({b})")),
        (a, b) => b.or_else(|| a.map(str::to_owned)),
    }
}

/// A template without questions yet.
fn empty(id: &str, languages: Vec<String>) -> Template {
    Template {
        theme: None,
        anonymous: false,
        contradictions: Vec::new(),
        correct_within_hours: None,
        id: slug(id),
        version: "1.0".to_owned(),
        place: super::template::Place::Link,
        languages,
        title: Text::default(),
        introduction: Text::default(),
        thanks: Text::default(),
        about: Text::default(),
        literature: Vec::new(),
        layout: Layout::OneByOne,
        scales: BTreeMap::new(),
        pages: Vec::new(),
        scores: Vec::new(),
        quotas: Vec::new(),
        segments: Vec::new(),
        model: None,
    }
}

/// A page without questions yet.
fn empty_page(id: String) -> Page {
    Page {
        id,
        title: Text::default(),
        introduction: Text::default(),
        show_if: None,
        skip: Vec::new(),
        shuffle: false,
        block: None,
        questions: Vec::new(),
    }
}

/// A language tag; the `otherwise` where the text is none.
fn tag_or(text: &str, otherwise: &str) -> String {
    if is_tag(text) { text.to_owned() } else { otherwise.to_owned() }
}

/// A text with a wording in the base language: that of another language where it has none.
fn settled(mut text: Text, base: &str) -> Text {
    if let (false, Some(other)) = (text.0.contains_key(base), text.0.values().next().cloned()) {
        text.0.insert(base.to_owned(), other);
    }
    text
}

/// A name in addresses made of any text.
fn slug(text: &str) -> String {
    let plain: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' }).collect();
    let joined: String = plain.split_whitespace().collect::<Vec<_>>().join("-").chars().take(60).collect();
    let joined = joined.trim_matches('-');
    if joined.is_empty() { "imported".to_owned() } else { joined.to_owned() }
}

/// Ids made of names, each once.
#[derive(Debug, Default)]
struct Ids {
    taken: HashSet<String>,
}

impl Ids {
    /// Ids that leave these alone.
    fn without<'a>(reserved: impl IntoIterator<Item = &'a str>) -> Self {
        Self { taken: reserved.into_iter().map(str::to_owned).collect() }
    }

    /// Of questions: no column that every export has.
    fn of_questions() -> Self {
        Self::without(check::RESERVED)
    }

    /// Of pages: not what skipping calls the end.
    fn of_pages() -> Self {
        Self::without(["end"])
    }

    /// Of choices: none with a meaning of its own.
    fn of_choices() -> Self {
        Self::without([NOT_APPLICABLE, OTHER])
    }

    /// An id that is not taken: the name where it is one, else as near to it as can be.
    fn make(&mut self, name: &str, otherwise: &str) -> String {
        let plain: String =
            name.trim().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(48).collect();
        let plain = plain.trim_matches('_');
        let starts = plain.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
        let base = match (plain.is_empty(), starts) {
            (true, _) => otherwise.to_owned(),
            (false, true) => plain.to_owned(),
            (false, false) => format!("{otherwise}_{plain}"),
        };
        let mut id = base.clone();
        let mut number = 2;
        while !self.taken.insert(id.clone()) {
            id = format!("{base}_{number}");
            number += 1;
        }
        id
    }
}

/// Text without markup, with braces as they are written in a template.
fn plain(text: &str) -> String {
    // A brace would be taken for an answer to be put in.
    without_markup(text).replace('{', "{{")
}

/// As [`plain`], but names in braces (after `$` too) that `id` knows are answers to be put in.
fn piped(text: &str, id: &dyn Fn(&str) -> Option<String>) -> String {
    let text = without_markup(text).replace("${", "{");
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let known = rest[open..].find('}').and_then(|end| Some((end, id(rest[open + 1..open + end].trim())?)));
        if let Some((end, id)) = known {
            out.extend(["{", &id, "}"]);
            rest = &rest[open + end + 1..];
        } else {
            out.push_str("{{");
            rest = &rest[open + 1..];
        }
    }
    out + rest
}

/// Text without markup: tags taken out, entities of HTML's commonest kinds resolved, blanks joined.
fn without_markup(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        let is_tag = rest[open + 1..].starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!'));
        if let Some(length) = rest[open..].find('>').filter(|_| is_tag) {
            out.push_str(&rest[..open]);
            out.push(' ');
            rest = &rest[open + length + 1..];
        } else {
            out.push_str(&rest[..=open]);
            rest = &rest[open + 1..];
        }
    }
    out.push_str(rest);
    for (entity, character) in
        [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
    {
        out = out.replace(entity, character);
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_ids_and_markup_goes() {
        let mut ids = Ids::default();
        assert_eq!(ids.make("Room quality?", "q"), "Room_quality");
        assert_eq!(ids.make("Room quality!", "q"), "Room_quality_2");
        assert_eq!((ids.make("1", "q"), ids.make("总体", "q")), ("q_1".to_owned(), "q".to_owned()));
        assert_eq!(slug("Post-Stay Survey (2026)"), "post-stay-survey-2026");
        assert_eq!(plain("<p>How <b>was</b>&nbsp;it?</p> 3 < 4 {x}"), "How was it? 3 < 4 {{x}");
    }
}
