//! What stored values are called: the words of a scale's points and of choices, an answer as people read it.

use crate::survey::answers::{Answer, OTHER};
use crate::survey::check::Survey;
use crate::survey::field::{Field, Kind};
use crate::survey::question::{Choice, Question};
use crate::survey::text::Text;
use crate::wording::{Value, wording};

/// Values and their words: every point of a labelled scale, the two ends of another, every choice.
pub fn value_labels(field: &Field<'_>, survey: &Survey, language: &str) -> Vec<(String, String)> {
    let text = |text: &Text| text.in_language(language, survey.base_language()).to_owned();
    let words = wording(language);
    let or = |own: &Text, id: &str| if own.is_empty() { words.get(id) } else { text(own) };
    let ends = |low: String, high: String| match field.points() {
        Some(points) if !low.is_empty() || !high.is_empty() => {
            vec![(points.min.to_string(), low), (points.max.to_string(), high)]
        }
        _ => Vec::new(),
    };
    let of_choices = |choices: &[Choice]| choices.iter().map(|c| (c.id.clone(), text(&c.text))).collect();
    match (field.question, field.kind) {
        (Question::Rating { labels, min, .. } | Question::Matrix { labels, min, .. }, _) if !labels.is_empty() => {
            labels.iter().enumerate().map(|(i, t)| ((usize::from(*min) + i).to_string(), text(t))).collect()
        }
        (
            Question::Rating { low, high, .. }
            | Question::Matrix { low, high, .. }
            | Question::Slider { low, high, .. },
            _,
        ) => ends(text(low), text(high)),
        (Question::Nps { low, high, .. }, _) => ends(or(low, "nps-low"), or(high, "nps-high")),
        (Question::Csat { low, high, .. }, _) => ends(or(low, "csat-low"), or(high, "csat-high")),
        (Question::Ces { low, high, .. }, _) => ends(or(low, "ces-low"), or(high, "ces-high")),
        (Question::SemanticDifferential { rows, .. }, _) => rows
            .iter()
            .find(|row| row.id == field.id)
            .map_or_else(Vec::new, |row| ends(text(&row.low), text(&row.high))),
        (Question::Kano { .. }, _) => (1..=5).map(|i| (i.to_string(), words.get(&format!("kano-{i}")))).collect(),
        (Question::Hidden { choices, .. }, _) => of_choices(choices),
        (_, Kind::Choice(choices) | Kind::Choices(choices)) => of_choices(choices),
        _ => Vec::new(),
    }
}

/// An answer as people read it: `8 of 10`, the words of a choice, what was written.
pub fn answer_words(field: &Field<'_>, answer: &Answer, survey: &Survey, language: &str) -> String {
    let words = wording(language);
    let labels = value_labels(field, survey, language);
    let other = || field.question.other().in_language(language, survey.base_language()).to_owned();
    let label = |id: &str| match labels.iter().find(|(value, _)| value == id) {
        Some((_, label)) => label.clone(),
        None if id == OTHER => other(),
        None => id.to_owned(),
    };
    let separator = if language.starts_with("zh") || language.starts_with("ja") { "、" } else { ", " };
    match (answer, field.kind) {
        (Answer::NotApplicable(()), _) => words.get("not-applicable"),
        (Answer::Rating(x), Kind::Points(points) | Kind::Steps { points, .. }) => {
            let each_has_one = labels.len() > usize::from(points.max - points.min);
            let point = || {
                words.fill("of-points", &[("n", Value::Count((*x).into())), ("of", Value::Count(points.max.into()))])
            };
            if each_has_one { label(&x.to_string()) } else { point() }
        }
        (Answer::Rating(x), _) => label(&x.to_string()),
        (Answer::Number(x), _) => x.to_string(),
        (Answer::Text(text), _) => label(text),
        (Answer::Choices(ids), _) => ids.iter().map(|id| label(id)).collect::<Vec<_>>().join(separator),
        (Answer::Ticked(_), _) => words.get("ticked"),
    }
}
