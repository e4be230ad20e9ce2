//! What a guest sent + the survey that was shown -> [`Answers`], or every [`Rejection`] at once.
//!
//! Owns: what counts as an answer to each kind of question, and the form in which answers are kept.
//! Refuses: fields that the survey does not have and points or choices that it did not offer, so that
//! nothing forged is stored; never loses what was typed.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::check::Survey;
use super::field::{Field, Kind, OTHER_LENGTH};
use super::logic::Value;
use super::question::Question;
use super::walk::{self, Guest, Walk};

/// Field names and values as they came, in order; a name may repeat. Names that begin with `_` are
/// the page's own and are not looked at here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawAnswers(pub Vec<(String, String)>);

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

/// What a ticked box sends.
pub const TICKED: &str = "yes";

/// What the choice with a text of the guest's own is called.
pub const OTHER: &str = "other";

/// One answer. In JSON: a number, a text, a list of texts, `true`, or `null` for "not applicable".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Answer {
    /// A point of a rating, a rank, a part of a sum.
    Rating(u8),
    Number(f64),
    /// A choice id, a text, a day.
    Text(String),
    /// Choice ids in the order of the survey.
    Choices(Vec<String>),
    /// A box that was ticked.
    Ticked(bool),
    /// The guest said that the question does not apply.
    NotApplicable(()),
}

impl Answer {
    /// As conditions see it.
    pub fn value(&self) -> Value {
        match self {
            Self::Rating(point) => Value::Number(f64::from(*point)),
            Self::Number(x) => Value::Number(*x),
            Self::Text(text) => Value::Text(text.clone()),
            Self::Choices(choices) => Value::List(choices.clone()),
            Self::Ticked(ticked) => Value::Bool(*ticked),
            Self::NotApplicable(()) => Value::Null,
        }
    }
}

/// Answers by field id; a question that was passed over is absent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Answers(pub BTreeMap<String, Answer>);

impl Answers {
    /// As a form would hold them.
    pub fn as_typed(&self) -> RawAnswers {
        let values = |answer: &Answer| match answer {
            Answer::Rating(point) => vec![point.to_string()],
            Answer::Number(x) => vec![x.to_string()],
            Answer::Text(text) => vec![text.clone()],
            Answer::Choices(ids) => ids.clone(),
            Answer::Ticked(_) => vec![TICKED.to_owned()],
            Answer::NotApplicable(()) => vec![NOT_APPLICABLE.to_owned()],
        };
        let pairs =
            |(id, answer): (&String, &Answer)| values(answer).into_iter().map(|v| (id.clone(), v)).collect::<Vec<_>>();
        RawAnswers(self.0.iter().flat_map(pairs).collect())
    }

    /// The form in which answers are stored.
    #[expect(clippy::missing_panics_doc, reason = "numbers, texts and lists of texts always have a JSON form")]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("answers are plain data")
    }
}

/// Why one question's answer cannot be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejection {
    /// Question id.
    pub question: String,
    /// Id of the field at fault: where the guest is sent.
    pub field: String,
    pub reason: Reason,
}

/// The reasons, each with what a message needs.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// A required question was passed over.
    Required,
    /// The text is longer than allowed.
    TooLong {
        longest: usize,
        found: usize,
    },
    /// No number, or one with too many digits after the point.
    NotANumber {
        decimals: u8,
    },
    /// The ends that there are.
    OutOfRange {
        min: Option<f64>,
        max: Option<f64>,
    },
    NotADay,
    DayOutOfRange {
        min: Option<String>,
        max: Option<String>,
    },
    NotAnEmail,
    /// Two choices have the same rank.
    RankTwice,
    /// The parts do not add up.
    Sum {
        total: u8,
        found: u32,
    },
    /// A choice that goes with no other was combined.
    Exclusive {
        choice: String,
    },
    /// The template's own condition does not hold.
    Constraint,
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
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// The way through the survey that the answers lead, and the answers on it.
    pub walk: Walk,
    /// In the order of the pages; empty when the answers can be kept.
    pub rejections: Vec<Rejection>,
}

/// Reads a submission against the survey that was shown.
///
/// # Errors
/// [`Forged`] for the first field or value that the survey did not offer.
pub fn parse(survey: &Survey, raw: &RawAnswers, guest: Guest<'_>) -> Result<Parsed, Forged> {
    let known: Vec<Field<'_>> = survey.questions().flat_map(Question::fields).collect();
    for (name, _) in raw.0.iter().filter(|(name, _)| !name.starts_with('_')) {
        if !known.iter().any(|field| field.id == *name) {
            return Err(Forged::UnknownField(shortened(name)));
        }
    }
    let (mut answers, mut faults) = (Answers::default(), BTreeMap::new());
    for field in &known {
        let mut values: Vec<String> =
            raw.all(&field.id).map(|v| plain(v).trim().to_owned()).filter(|v| !v.is_empty()).collect();
        // A box "not applicable" beside a field that was filled in: the box was ticked last.
        if values.len() > 1 && takes_not_applicable(field) && values.iter().any(|v| v == NOT_APPLICABLE) {
            values = vec![NOT_APPLICABLE.to_owned()];
        }
        if values.len() > 1 && !matches!(field.kind, Kind::Choices(_)) {
            return Err(Forged::Repeated(field.id.clone()));
        }
        if values.is_empty() {
            continue;
        }
        match answer(field, &values)? {
            Ok(answer) => {
                answers.0.insert(field.id.clone(), answer);
            }
            Err(reason) => {
                faults.insert(field.id.clone(), reason);
            }
        }
    }
    settle_other_texts(survey, &mut answers);
    fill_sums(survey, &mut answers);
    let walk = walk::walk(survey, &answers, guest);
    let mut rejections = Vec::new();
    for seen in &walk.pages {
        for number in &seen.questions {
            let question = &survey.template.pages[seen.page].questions[*number];
            rejections.extend(rejected(survey, question, &walk, &faults, guest));
        }
    }
    Ok(Parsed { walk, rejections })
}

/// A text for "other" chooses it where nothing else was chosen, and beside other choices where several can be; it
/// counts for nothing where another choice was made instead.
fn settle_other_texts(survey: &Survey, answers: &mut Answers) {
    for question in survey.questions().filter(|q| !q.other().is_empty()) {
        let text = format!("{}_{OTHER}", question.id());
        if !answers.0.contains_key(&text) {
            continue;
        }
        let multiple = matches!(question, Question::MultipleChoice { .. });
        match answers.0.get_mut(question.id()) {
            None => {
                let chosen =
                    if multiple { Answer::Choices(vec![OTHER.to_owned()]) } else { Answer::Text(OTHER.to_owned()) };
                answers.0.insert(question.id().to_owned(), chosen);
            }
            Some(Answer::Choices(ids)) if !ids.iter().any(|id| id == OTHER) => ids.push(OTHER.to_owned()),
            Some(Answer::Text(id)) if id != OTHER => {
                answers.0.remove(&text);
            }
            Some(_) => {}
        }
    }
}

/// A part that was left empty is nothing, once another part is given.
fn fill_sums(survey: &Survey, answers: &mut Answers) {
    for question in survey.questions().filter(|q| matches!(q, Question::ConstantSum { .. })) {
        let ids: Vec<String> = question.fields().into_iter().map(|f| f.id).collect();
        if ids.iter().any(|id| answers.0.contains_key(id)) {
            for id in ids {
                answers.0.entry(id).or_insert(Answer::Rating(0));
            }
        }
    }
}

/// What is wrong with the answers to a question that was shown.
fn rejected(
    survey: &Survey,
    question: &Question,
    walk: &Walk,
    faults: &BTreeMap<String, Reason>,
    guest: Guest<'_>,
) -> Vec<Rejection> {
    let reject =
        |field: &str, reason| Rejection { question: question.id().to_owned(), field: field.to_owned(), reason };
    let fields = question.fields();
    let mut found: Vec<Rejection> =
        fields.iter().filter_map(|f| Some(reject(&f.id, faults.get(&f.id)?.clone()))).collect();
    if !found.is_empty() {
        return found;
    }
    let answered = |field: &Field<'_>| walk.kept.0.get(&field.id);
    let missing = fields.iter().find(|f| answered(f).is_none() && f.kind != Kind::OtherText);
    if let Some(missing) = missing.filter(|_| question.common().required) {
        return vec![reject(&missing.id, Reason::Required)];
    }
    let codes: Vec<(&Field<'_>, u8)> = fields
        .iter()
        .filter_map(|f| if let Some(Answer::Rating(x)) = answered(f) { Some((f, *x)) } else { None })
        .collect();
    if matches!(question, Question::Ranking { .. }) {
        let twice = codes.iter().enumerate().find(|(i, (_, x))| codes[..*i].iter().any(|(_, y)| x == y));
        found.extend(twice.map(|(_, (field, _))| reject(&field.id, Reason::RankTwice)));
    }
    if let (Question::ConstantSum { total, .. }, Some(first)) = (question, codes.first()) {
        let sum: u32 = codes.iter().map(|(_, x)| u32::from(*x)).sum();
        if sum != u32::from(*total) {
            found.push(reject(&first.0.id, Reason::Sum { total: *total, found: sum }));
        }
    }
    if let Some(Answer::Choices(ids)) = walk.kept.0.get(question.id()).filter(|_| found.is_empty()) {
        let alone = question.choices().iter().find(|c| c.exclusive && ids.contains(&c.id) && ids.len() > 1);
        found.extend(alone.map(|c| reject(question.id(), Reason::Exclusive { choice: c.id.clone() })));
    }
    // A condition is about answers: without them, or with "not applicable", there is nothing to test.
    let given = fields.iter().any(|f| answered(f).is_some());
    if let Some(constraint) = survey.logic.constraints.get(question.id()).filter(|_| found.is_empty() && given)
        && constraint.evaluate(&|name| walk::value(survey, name, &walk.kept, guest)) == Value::Bool(false)
    {
        found.push(reject(&fields[0].id, Reason::Constraint));
    }
    found
}

/// The answer to a field, or why the guest has to mend it.
fn answer(field: &Field<'_>, values: &[String]) -> Result<Result<Answer, Reason>, Forged> {
    let value = values[0].as_str();
    let not_offered = |value: &str| Forged::NotOffered { question: field.id.clone(), value: shortened(value) };
    if value == NOT_APPLICABLE && takes_not_applicable(field) {
        return Ok(Ok(Answer::NotApplicable(())));
    }
    let point = |min: u8, max: u8| {
        let point = value.parse::<u8>().ok().filter(|_| !value.starts_with('+'));
        point.filter(|p| (min..=max).contains(p)).map(Answer::Rating).ok_or_else(|| not_offered(value))
    };
    let other_offered = !field.question.other().is_empty();
    Ok(match field.kind {
        Kind::Points(points) => Ok(point(points.min, points.max)?),
        Kind::Code(max) => Ok(point(1, max)?),
        Kind::Steps { points, step } => step_answer(value, points.min, points.max, step),
        Kind::Part { total } => step_answer(value, 0, total, 1),
        Kind::Choice(choices) => {
            let offered = choices.iter().any(|c| c.id == value) || (other_offered && value == OTHER);
            Ok(Answer::Text(Some(value.to_owned()).filter(|_| offered).ok_or_else(|| not_offered(value))?))
        }
        Kind::Choices(choices) => {
            let known = |v: &str| choices.iter().any(|c| c.id == v) || (other_offered && v == OTHER);
            if let Some(unknown) = values.iter().find(|v| !known(v)) {
                return Err(not_offered(unknown));
            }
            let ids = choices.iter().map(|c| c.id.as_str()).chain(other_offered.then_some(OTHER));
            Ok(Answer::Choices(ids.filter(|id| values.iter().any(|v| v == id)).map(str::to_owned).collect()))
        }
        Kind::Text { longest, lines: true } => text_answer(value.to_owned(), longest),
        Kind::Text { longest, lines: false } => text_answer(value.replace(['\n', '\t'], " "), longest),
        Kind::OtherText | Kind::Hidden => text_answer(value.replace(['\n', '\t'], " "), OTHER_LENGTH),
        Kind::Email => email_answer(value),
        Kind::Number { min, max, decimals } => number_answer(value, min, max, decimals),
        Kind::Date { min, max } => day_answer(value, min, max),
        Kind::Consent if value == TICKED => Ok(Answer::Ticked(true)),
        Kind::Consent => return Err(not_offered(value)),
    })
}

fn takes_not_applicable(field: &Field<'_>) -> bool {
    field.question.common().not_applicable && field.kind != Kind::OtherText
}

fn text_answer(text: String, longest: usize) -> Result<Answer, Reason> {
    let found = text.chars().count();
    if found > longest { Err(Reason::TooLong { longest, found }) } else { Ok(Answer::Text(text)) }
}

/// A number as people type it: decimal comma or point, digits of other scripts.
fn typed_number(value: &str) -> Option<f64> {
    let digit = |c: char| match c as u32 {
        x @ 0x0660..=0x0669 => char::from_digit(x - 0x0660, 10),
        x @ 0x06f0..=0x06f9 => char::from_digit(x - 0x06f0, 10),
        x @ 0xff10..=0xff19 => char::from_digit(x - 0xff10, 10),
        _ if matches!(c, ',' | '，' | '٫' | '．') => Some('.'),
        _ => Some(c),
    };
    // `1,000` is a thousand to some and one to others: nobody is to be misread.
    let grouped = value.rsplit_once([',', '，', '٬', '\'', ' ']).is_some_and(|(_, last)| last.chars().count() == 3);
    if grouped {
        return None;
    }
    let plain: String = value.chars().filter_map(digit).collect();
    let simple = plain.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-'));
    plain.parse().ok().filter(|x: &f64| simple && x.is_finite())
}

fn number_answer(value: &str, min: Option<f64>, max: Option<f64>, decimals: u8) -> Result<Answer, Reason> {
    let number = typed_number(value).ok_or(Reason::NotANumber { decimals })?;
    let scale = 10_f64.powi(i32::from(decimals));
    let rounded = (number * scale).round() / scale;
    if (rounded - number).abs() > 1e-9 * number.abs().max(1.0) {
        return Err(Reason::NotANumber { decimals });
    }
    if min.is_some_and(|min| rounded < min) || max.is_some_and(|max| rounded > max) {
        return Err(Reason::OutOfRange { min, max });
    }
    Ok(Answer::Number(rounded))
}

fn step_answer(value: &str, min: u8, max: u8, step: u8) -> Result<Answer, Reason> {
    let number = typed_number(value).filter(|x| x.fract() == 0.0).ok_or(Reason::NotANumber { decimals: 0 })?;
    if number < f64::from(min) || number > f64::from(max) {
        return Err(Reason::OutOfRange { min: Some(f64::from(min)), max: Some(f64::from(max)) });
    }
    // Typed between two steps: the nearer one, as a slider would have it; within the range, so within a byte.
    let (steps, number) = (f64::from(step), number - f64::from(min));
    let nearest = f64::from(min) + (number / steps).round() * steps;
    Ok(Answer::Rating(nearest.min(f64::from(max)) as u8))
}

fn day_answer(value: &str, min: Option<&str>, max: Option<&str>) -> Result<Answer, Reason> {
    let day = chrono::NaiveDate::parse_from_str(value, "%Y-%m-%d").map_err(|_| Reason::NotADay)?;
    let written = day.format("%Y-%m-%d").to_string();
    // Days written like this sort as texts do.
    if min.is_some_and(|min| written.as_str() < min) || max.is_some_and(|max| written.as_str() > max) {
        return Err(Reason::DayOutOfRange { min: min.map(str::to_owned), max: max.map(str::to_owned) });
    }
    Ok(Answer::Text(written))
}

/// Something before and after one `@`, a dot in what comes after, no space: a mail server decides the rest.
fn email_answer(value: &str) -> Result<Answer, Reason> {
    let good = value.split_once('@').is_some_and(|(name, host)| {
        let dotted = host.split('.').count() >= 2 && host.split('.').all(|part| !part.is_empty());
        !name.is_empty() && dotted && !host.contains('@')
    });
    if good && value.len() <= 254 && !value.contains(char::is_whitespace) {
        Ok(Answer::Text(value.to_owned()))
    } else {
        Err(Reason::NotAnEmail)
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}

/// Line ends as `\n`, and no control characters, which neither a person types nor a database keeps.
fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let kept = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    Cow::Owned(text.replace("\r\n", "\n").chars().filter(kept).collect())
}

#[cfg(test)]
mod tests;
