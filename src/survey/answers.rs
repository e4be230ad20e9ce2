//! What a guest sent + the survey that was shown -> [`Answers`], or every [`Rejection`] at once.
//!
//! Owns: what counts as an answer to each kind of question, and the form in which answers are kept.
//! Refuses: fields that the survey does not have and points or choices that it did not offer, so that
//! nothing forged is stored; never loses what was typed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::check::Survey;
use super::question::Question;

/// Field names and values as they came, in order; a name may repeat. Names that begin with `_` are
/// the page's own and are not looked at here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawAnswers(pub Vec<(String, String)>);

impl Answers {
    /// The form in which answers are stored.
    #[expect(clippy::missing_panics_doc, reason = "numbers, texts and lists of texts always have a JSON form")]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("answers are plain data")
    }
}

impl RawAnswers {
    /// The first value of a field.
    pub fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// All values of a field.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// What "not applicable" is called in a form.
pub const NOT_APPLICABLE: &str = "na";

/// One answer. In JSON: a number, a text, a list of texts, or `null` for "not applicable".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Answer {
    /// A point on a rating or NPS scale.
    Rating(u8),
    /// A choice id, or a text.
    Text(String),
    /// Choice ids in the order of the survey.
    Choices(Vec<String>),
    /// The guest said that the question does not apply.
    NotApplicable(()),
}

/// Answers by question id; a question that was passed over is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Answers(pub BTreeMap<String, Answer>);

/// Why one question's answer cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// Question id.
    pub question: String,
    pub reason: Reason,
}

/// The reasons, each with what a message needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A required question was passed over.
    Required,
    /// The text is longer than allowed.
    TooLong { longest: usize, found: usize },
}

/// A submission that no page of ours could have sent. Nothing of it is used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Forged {
    #[error("the survey has no question `{0}`")]
    UnknownField(String),
    #[error("`{value}` was not offered as an answer to `{question}`")]
    NotOffered { question: String, value: String },
    #[error("`{0}` was answered more than once")]
    Repeated(String),
}

/// The outcome of reading a form that our page could have sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    pub answers: Answers,
    /// Empty when the answers can be kept.
    pub rejections: Vec<Rejection>,
}

/// Reads a submission against the survey that was shown.
///
/// # Errors
/// [`Forged`] for the first field or value that the survey did not offer.
pub fn parse(survey: &Survey, raw: &RawAnswers) -> Result<Parsed, Forged> {
    for (name, _) in raw.0.iter().filter(|(name, _)| !name.starts_with('_')) {
        if !survey.question(name).is_some_and(Question::asks) {
            return Err(Forged::UnknownField(name.chars().take(80).collect()));
        }
    }
    let mut parsed = Parsed { answers: Answers::default(), rejections: Vec::new() };
    for question in survey.questions().filter(|q| q.asks()) {
        let id = question.id();
        let cleaned: Vec<String> = raw.all(id).map(|v| plain(v).trim().to_owned()).filter(|v| !v.is_empty()).collect();
        let values: Vec<&str> = cleaned.iter().map(String::as_str).collect();
        if values.len() > 1 && !matches!(question, Question::MultipleChoice { .. }) {
            return Err(Forged::Repeated(id.to_owned()));
        }
        let answer = if values.is_empty() { None } else { Some(answer(question, &values)?) };
        let reason = match &answer {
            None if question.required() => Some(Reason::Required),
            Some(answer) => too_long(question, answer),
            None => None,
        };
        if let Some(reason) = reason {
            parsed.rejections.push(Rejection { question: id.to_owned(), reason });
        } else if let Some(answer) = answer {
            parsed.answers.0.insert(id.to_owned(), answer);
        }
    }
    Ok(parsed)
}

fn answer(question: &Question, values: &[&str]) -> Result<Answer, Forged> {
    let value = values[0];
    let not_offered = |value: &str| Forged::NotOffered {
        question: question.id().to_owned(),
        value: value.chars().take(80).collect(),
    };
    match question {
        Question::Rating { .. } | Question::Nps { .. } => {
            if value == NOT_APPLICABLE && question.not_applicable() {
                return Ok(Answer::NotApplicable(()));
            }
            let point = value.parse::<u8>().ok().filter(|_| !value.starts_with('+'));
            let offered = point.filter(|p| question.points().is_some_and(|range| (range.min..=range.max).contains(p)));
            offered.map(Answer::Rating).ok_or_else(|| not_offered(value))
        }
        Question::SingleChoice { choices, .. } => {
            let chosen = choices.iter().find(|c| c.id == value);
            chosen.map(|c| Answer::Text(c.id.clone())).ok_or_else(|| not_offered(value))
        }
        Question::MultipleChoice { choices, .. } => {
            if let Some(unknown) = values.iter().find(|v| !choices.iter().any(|c| c.id == **v)) {
                return Err(not_offered(unknown));
            }
            let chosen = choices.iter().filter(|c| values.contains(&c.id.as_str()));
            Ok(Answer::Choices(chosen.map(|c| c.id.clone()).collect()))
        }
        Question::ShortText { .. } => Ok(Answer::Text(value.replace(['\n', '\t'], " "))),
        Question::LongText { .. } => Ok(Answer::Text(value.to_owned())),
        Question::Statement { id, .. } => Err(Forged::UnknownField(id.clone())),
    }
}

/// Line ends as `\n`, and no control characters, which neither a person types nor a database keeps.
fn plain(text: &str) -> String {
    text.replace("\r\n", "\n").chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

fn too_long(question: &Question, answer: &Answer) -> Option<Reason> {
    let (Question::ShortText { max_length, .. } | Question::LongText { max_length, .. }) = question else {
        return None;
    };
    let Answer::Text(text) = answer else { return None };
    let (longest, found) = (usize::from(*max_length), text.chars().count());
    (found > longest).then_some(Reason::TooLong { longest, found })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survey::check::check;

    fn survey() -> Survey {
        check(include_str!("../../survey-templates/hotel-post-stay.toml")).into_survey().unwrap()
    }

    fn required() -> Vec<(&'static str, &'static str)> {
        vec![
            ("quality_overall", "9"),
            ("satisfaction_overall", "8"),
            ("satisfaction_expected", "7"),
            ("satisfaction_ideal", "10"),
        ]
    }

    fn send(extra: &[(&str, &str)]) -> Result<Parsed, Forged> {
        let fields = required().into_iter().chain(extra.iter().copied());
        parse(&survey(), &RawAnswers(fields.map(|(n, v)| (n.to_owned(), v.to_owned())).collect()))
    }

    #[test]
    fn keeps_each_kind_of_answer() {
        let parsed = send(&[
            ("_attempt", "x"),
            ("quality_room", "na"),
            ("purpose", "leisure"),
            ("improve", "food"),
            ("improve", "room"),
            ("comment", " a\r\nb\u{0} "),
        ])
        .unwrap();
        assert_eq!(parsed.rejections, []);
        assert_eq!(
            serde_json::to_string(&parsed.answers).unwrap(),
            r#"{"comment":"a\nb","improve":["room","food"],"purpose":"leisure","quality_overall":9,"quality_room":null,"satisfaction_expected":7,"satisfaction_ideal":10,"satisfaction_overall":8}"#
        );
        let back: Answers = serde_json::from_str(&serde_json::to_string(&parsed.answers).unwrap()).unwrap();
        assert_eq!(back, parsed.answers);
    }

    #[test]
    fn rejects_what_a_guest_can_mend_all_at_once() {
        let long = "长".repeat(2001);
        let raw = RawAnswers(vec![("quality_overall".into(), "9".into()), ("comment".into(), long)]);
        let parsed = parse(&survey(), &raw).unwrap();
        let found: Vec<_> = parsed.rejections.iter().map(|r| (r.question.as_str(), r.reason.clone())).collect();
        assert_eq!(
            found,
            [
                ("satisfaction_overall", Reason::Required),
                ("satisfaction_expected", Reason::Required),
                ("satisfaction_ideal", Reason::Required),
                ("comment", Reason::TooLong { longest: 2000, found: 2001 }),
            ]
        );
    }

    #[test]
    fn refuses_what_no_page_of_ours_sends() {
        let forged = |extra: &[(&str, &str)]| send(extra).unwrap_err().to_string();
        assert_eq!(forged(&[("admin", "1")]), "the survey has no question `admin`");
        assert_eq!(forged(&[("quality_room", "11")]), "`11` was not offered as an answer to `quality_room`");
        assert_eq!(forged(&[("quality_room", "+5")]), "`+5` was not offered as an answer to `quality_room`");
        assert_eq!(
            forged(&[("quality_room", "5"), ("quality_room", "6")]),
            "`quality_room` was answered more than once"
        );
        assert_eq!(forged(&[("improve", "everything")]), "`everything` was not offered as an answer to `improve`");
        assert_eq!(forged(&[("quality_overall", "na")]), "`quality_overall` was answered more than once");
    }
}
