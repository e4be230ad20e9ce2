//! What changed between two revisions of a survey, and whether trends across them still compare.
//!
//! Owns: the list of changes and what each means for comparison. A figure compares as long as it is asked with the
//! same words on the same points and computed in the same way. Refuses: to judge whether a changed wording means
//! the same; a person has to, and is told where to look.

use std::collections::BTreeMap;
use std::fmt;

use super::check::Survey;
use super::field::Field;
use super::question::Question;
use super::text::Text;

/// What a change does to trends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Figures compare as before.
    None,
    /// Figures may have moved because of the questionnaire: read it before comparing.
    Doubtful,
    /// Figures before and after are of different things.
    Breaks,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Change {
    /// What changed: a question, a page, the model.
    pub subject: String,
    pub what: String,
    pub effect: Effect,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.effect {
            Effect::None => " ",
            Effect::Doubtful => "?",
            Effect::Breaks => "!",
        };
        write!(f, "{mark} {}: {}", self.subject, self.what)
    }
}

/// All changes from `old` to `new`, those that break trends first.
pub fn differences(old: &Survey, new: &Survey) -> Vec<Change> {
    let mut changes = Vec::new();
    let measured = |survey: &Survey, id: &str| model_text(survey).is_some_and(|text| mentions(&text, id));
    let before: BTreeMap<String, Field<'_>> = old.fields().map(|f| (f.id.clone(), f)).collect();
    let after: BTreeMap<String, Field<'_>> = new.fields().map(|f| (f.id.clone(), f)).collect();
    let mut add = |subject: &str, what: String, effect| {
        changes.push(Change { subject: subject.to_owned(), what, effect });
    };
    for (id, field) in &after {
        match before.get(id) {
            None => {
                let effect = if measured(new, id) { Effect::Breaks } else { Effect::None };
                add(id, "asked from now on".to_owned(), effect);
            }
            Some(earlier) => compare_fields(earlier, field, &mut add),
        }
    }
    for id in before.keys().filter(|id| !after.contains_key(*id)) {
        let effect = if measured(old, id) { Effect::Breaks } else { Effect::None };
        add(id, "not asked any more".to_owned(), effect);
    }
    for question in new.questions() {
        if let Some(earlier) = old.question(question.id()) {
            compare_questions(earlier, question, measured(new, question.id()), &mut add);
        }
    }
    compare_frames(old, new, &mut add);
    compare_order(old, new, &mut add);
    compare_models(old, new, &mut add);
    compare_scores(old, new, &mut add);
    let languages = |survey: &Survey| survey.template.languages.join(", ");
    if languages(old) != languages(new) {
        add("languages", format!("{} before, {} now", languages(old), languages(new)), Effect::None);
    }
    changes.sort_by_key(|change| std::cmp::Reverse(change.effect));
    changes
}

/// The sentence that a reader needs first.
pub fn verdict(changes: &[Change]) -> &'static str {
    match changes.iter().map(|c| c.effect).max() {
        None => "Nothing changed.",
        Some(Effect::None) => "Trends remain comparable.",
        Some(Effect::Doubtful) => "Trends remain comparable if the changes marked ? mean the same to guests.",
        Some(Effect::Breaks) => "Trends are not comparable where marked !.",
    }
}

type Add<'a> = dyn FnMut(&str, String, Effect) + 'a;

fn compare_fields(old: &Field<'_>, new: &Field<'_>, add: &mut Add<'_>) {
    if let (Some(before), Some(after)) = (old.points(), new.points()) {
        if before != after {
            let what = format!("{} to {} before, {} to {} now", before.min, before.max, after.min, after.max);
            add(&new.id, format!("the scale changed: {what}"), Effect::Breaks);
        }
    } else if std::mem::discriminant(&old.kind) != std::mem::discriminant(&new.kind) {
        add(&new.id, "another kind of answer".to_owned(), Effect::Breaks);
    }
}

fn compare_questions(old: &Question, new: &Question, measured: bool, add: &mut Add<'_>) {
    let id = new.id();
    let doubtful = if new.fields().iter().any(|f| f.points().is_some()) { Effect::Doubtful } else { Effect::None };
    let (before, after) = (old.texts(), new.texts());
    for (name, text, _) in &after {
        let Some((_, earlier, _)) = before.iter().find(|(n, _, _)| n == name) else { continue };
        // Short names are for reports; guests never see them.
        let effect = if name.rsplit('.').next() == Some("label") { Effect::None } else { doubtful };
        for (language, what) in changed_wordings(earlier, text) {
            add(id, format!("{name} in {language}: {what}"), effect);
        }
    }
    let choice = |q: &Question| q.choices().iter().map(|c| c.id.clone()).collect::<Vec<_>>();
    let (earlier, now) = (choice(old), choice(new));
    for added in now.iter().filter(|c| !earlier.contains(c)) {
        add(id, format!("the choice `{added}` is offered from now on"), Effect::Doubtful);
    }
    for removed in earlier.iter().filter(|c| !now.contains(c)) {
        add(id, format!("the choice `{removed}` is not offered any more"), Effect::Doubtful);
    }
    let (a, b) = (old.common(), new.common());
    if a.required != b.required {
        let what = if b.required { "needs an answer now" } else { "needs no answer any more" };
        add(id, what.to_owned(), if measured { Effect::Doubtful } else { Effect::None });
    }
    if a.not_applicable != b.not_applicable {
        let what =
            if b.not_applicable { "offers \"not applicable\" now" } else { "no longer offers \"not applicable\"" };
        add(id, what.to_owned(), doubtful);
    }
    if a.show_if != b.show_if {
        let shown = |text: Option<&str>| text.map_or_else(|| "always".to_owned(), |t| format!("if {t}"));
        add(id, format!("asked {} before, {} now", shown(a.show_if), shown(b.show_if)), doubtful);
    }
}

/// Languages in which the wording differs, with both wordings.
fn changed_wordings(old: &Text, new: &Text) -> Vec<(String, String)> {
    let languages = old.0.keys().chain(new.0.keys().filter(|l| !old.0.contains_key(*l)));
    let difference = |language: &String| {
        let what = match (old.0.get(language), new.0.get(language)) {
            (Some(a), Some(b)) if a == b => return None,
            (Some(a), Some(b)) => format!("“{a}” before, “{b}” now"),
            (None, Some(b)) => format!("“{b}” is new"),
            (Some(a), None) => format!("“{a}” is gone"),
            (None, None) => return None,
        };
        Some((language.clone(), what))
    };
    languages.filter_map(difference).collect()
}

/// Texts around questions: what a guest reads before answering may matter, thanks and titles do not.
fn compare_frames(old: &Survey, new: &Survey, add: &mut Add<'_>) {
    let (a, b) = (&old.template, &new.template);
    let mut frames = vec![
        ("title".to_owned(), &a.title, &b.title, Effect::None),
        ("introduction".to_owned(), &a.introduction, &b.introduction, Effect::Doubtful),
        ("thanks".to_owned(), &a.thanks, &b.thanks, Effect::None),
    ];
    for page in &b.pages {
        if let Some(earlier) = a.pages.iter().find(|p| p.id == page.id) {
            let path = |what: &str| format!("page {}, {what}", page.id);
            frames.push((path("title"), &earlier.title, &page.title, Effect::None));
            frames.push((path("introduction"), &earlier.introduction, &page.introduction, Effect::Doubtful));
        }
    }
    if a.theme != b.theme {
        add("theme", "logo, colours or font are others".to_owned(), Effect::None);
    }
    for (subject, before, after, effect) in frames {
        for (language, what) in changed_wordings(before, after) {
            add(&subject, format!("in {language}: {what}"), effect);
        }
    }
}

fn compare_order(old: &Survey, new: &Survey, add: &mut Add<'_>) {
    let order = |survey: &Survey, other: &Survey| -> Vec<String> {
        let ids = survey.questions().map(|q| q.id().to_owned());
        ids.filter(|id| other.question(id).is_some()).collect()
    };
    let (before, after) = (order(old, new), order(new, old));
    if let Some((a, b)) = before.iter().zip(&after).find(|(a, b)| a != b) {
        add(
            "order",
            format!("`{b}` stands where `{a}` stood; what comes first colours what follows"),
            Effect::Doubtful,
        );
    }
}

fn compare_models(old: &Survey, new: &Survey, add: &mut Add<'_>) {
    match (model_text(old), model_text(new)) {
        (None, Some(_)) => add("model", "there is an index from now on".to_owned(), Effect::None),
        (Some(_), None) => add("model", "there is no index any more".to_owned(), Effect::Breaks),
        (Some(before), Some(after)) => {
            let lines = |text: &str| -> Vec<String> {
                let bare = text.lines().map(|l| l.split(['#', '!']).next().unwrap_or_default());
                bare.map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|l| !l.is_empty()).collect()
            };
            let (before, after) = (lines(&before), lines(&after));
            for line in after.iter().filter(|l| !before.contains(l)) {
                add("model", format!("new: {line}"), Effect::Breaks);
            }
            for line in before.iter().filter(|l| !after.contains(l)) {
                add("model", format!("gone: {line}"), Effect::Breaks);
            }
        }
        (None, None) => {}
    }
}

fn compare_scores(old: &Survey, new: &Survey, add: &mut Add<'_>) {
    for score in &new.template.scores {
        match old.template.scores.iter().find(|s| s.id == score.id) {
            None => add(&score.id, "computed from now on".to_owned(), Effect::None),
            Some(earlier) if (&earlier.formula, earlier.at_least) != (&score.formula, score.at_least) => {
                add(&score.id, format!("{} before, {} now", earlier.formula, score.formula), Effect::Breaks);
            }
            Some(_) => {}
        }
    }
    for gone in old.template.scores.iter().filter(|s| !new.template.scores.iter().any(|n| n.id == s.id)) {
        add(&gone.id, "not computed any more".to_owned(), Effect::Breaks);
    }
}

fn model_text(survey: &Survey) -> Option<String> {
    survey.template.model.as_ref().map(|m| m.structure.clone())
}

/// Whether a model names this indicator.
fn mentions(model: &str, id: &str) -> bool {
    model.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).any(|word| word == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survey::check::check;
    use crate::survey::library::instrument;

    fn changed(from: &str, to: &str) -> (Vec<String>, &'static str) {
        let text = instrument("hotel-post-stay").unwrap();
        assert!(text.contains(from), "{from}");
        let read = |text: &str| check(text).into_survey().unwrap();
        let changes = differences(&read(text), &read(&text.replacen(from, to, 1)));
        (changes.iter().map(ToString::to_string).collect(), verdict(&changes))
    }

    #[test]
    fn changes_are_told_with_what_they_do_to_trends() {
        assert_eq!(changed("# Hotel", "# A hotel"), (vec![], "Nothing changed."));
        let (changes, said) = changed("about two minutes", "about three minutes");
        assert!(changes.len() == 1 && changes[0].starts_with("? introduction: in en: “It takes"), "{changes:?}");
        assert!(said.ends_with("mean the same to guests."));
        let (changes, _) = changed("if the price were somewhat higher", "at a higher price");
        assert!(changes[0].starts_with("? loyalty_price: text in en: “Would you come back if"), "{changes:?}");
        let (changes, said) = changed(" + loyalty_price\n", "\n");
        assert_eq!(said, "Trends are not comparable where marked !.");
        assert!(changes[0].starts_with("! model: new: Loyalty =~"), "{changes:?}");
        let (changes, _) = changed("label.en = \"Expected overall\"", "label.en = \"Expectation\"");
        assert_eq!(changes, ["  expected_overall: label in en: “Expected overall” before, “Expectation” now"]);
        let (changes, said) = changed("low.en = \"Very low\"\n", "low.en = \"Extremely low\"\nmax = 7\n");
        assert!(changes[0].contains("the scale changed: 1 to 10 before, 1 to 7 now"), "{changes:?}");
        assert!(said.contains("marked !"));
    }
}
