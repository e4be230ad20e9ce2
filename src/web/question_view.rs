//! A question -> what its partial shows: plain data, with what the guest typed kept.

use serde::Serialize;

use super::guest_view::Shown;
use crate::survey::answers::{NOT_APPLICABLE, OTHER, Reason, Rejection};
use crate::survey::field::{Field, Kind, OTHER_LENGTH};
use crate::survey::question::{Look, Question};
use crate::survey::text::Text;
use crate::survey::{order, walk};
use crate::wording::{Value, Wording};

/// One question, as its partial needs it.
#[derive(Debug, Serialize)]
pub struct QuestionView {
    /// Name of the partial.
    partial: &'static str,
    id: String,
    text: String,
    help: String,
    required: bool,
    error: String,
    /// Ids of help and error, for `aria-describedby`.
    described_by: String,
    scale: Option<ScaleView>,
    multiple: bool,
    /// Whether the points of a table are words.
    words: bool,
    /// Whether the points of a table are six or seven: they fit in one line of most phones.
    seven: bool,
    /// Whether they are more than a table has columns for beside the rows' texts.
    many: bool,
    choices: Vec<OptionView>,
    /// The text beside the choice "other".
    other: Option<InputView>,
    rows: Vec<RowView>,
    inputs: Vec<InputView>,
    not_applicable: Option<OptionView>,
}

#[derive(Debug, Serialize)]
struct ScaleView {
    look: &'static str,
    columns: usize,
    /// Whether every point has a label of its own.
    labelled: bool,
    points: Vec<OptionView>,
    min: u8,
    max: u8,
    low: String,
    high: String,
}

#[derive(Debug, Serialize)]
struct OptionView {
    value: String,
    label: String,
    /// What a screen reader adds: the label of an end point.
    spoken: String,
    checked: bool,
    /// The first option takes the focus from the error summary.
    first: bool,
    /// The mouth of a face, as an SVG path.
    mouth: String,
    /// "Not applicable" among points.
    na: bool,
}

/// A row of a table of ratings, a pair of opposite words, one side of a Kano pair.
#[derive(Debug, Serialize)]
struct RowView {
    id: String,
    text: String,
    low: String,
    high: String,
    /// Number of the highest point.
    last: String,
    points: Vec<OptionView>,
    error: bool,
}

#[derive(Debug, Serialize)]
struct InputView {
    id: String,
    label: String,
    /// `type` and `inputmode` of the element.
    kind: &'static str,
    mode: &'static str,
    value: String,
    max_length: usize,
    note: String,
    unit: String,
    min: String,
    max: String,
    step: u8,
    lines: bool,
    error: bool,
    /// Values to choose from, where it is a list that opens.
    options: Vec<OptionView>,
}

/// Shows questions in one language.
pub struct Viewer<'a> {
    pub shown: &'a Shown<'a>,
    pub words: &'static Wording,
}

impl Viewer<'_> {
    /// The view of a question.
    pub fn view(&self, question: &Question) -> QuestionView {
        let common = question.common();
        let fields = question.fields();
        let rejection = self.shown.rejections.iter().find(|r| r.question == common.id);
        let error = rejection.map_or_else(String::new, |r| self.message(r, question));
        let help = self.help(question);
        let described_by: Vec<String> = [("help", !help.is_empty()), ("error", !error.is_empty())]
            .into_iter()
            .filter(|(_, there)| *there)
            .map(|(what, _)| format!("{}-{what}", common.id))
            .collect();
        let faulty = |field: &Field<'_>| rejection.is_some_and(|r| r.field == field.id);
        QuestionView {
            partial: partial(question),
            id: common.id.to_owned(),
            text: self.text(common.text),
            help,
            required: common.required,
            error,
            described_by: described_by.join(" "),
            scale: self.scale(question),
            multiple: matches!(question, Question::MultipleChoice { .. }),
            words: matches!(question, Question::Matrix { labels, .. } if !labels.is_empty()),
            many: matches!(question, Question::Matrix { min, max, .. } if max - min + 1 > 7),
            seven: matches!(question, Question::Matrix { min, max, .. } if (6..=7).contains(&(max - min + 1))),
            choices: self.choices(question),
            other: fields.iter().find(|f| f.kind == Kind::OtherText).map(|f| self.other(f)),
            rows: self.rows(question, &fields, &faulty),
            inputs: self.inputs(question, &fields, &faulty),
            not_applicable: common.not_applicable.then(|| {
                let label = self.words.get("not-applicable");
                self.option(common.id, NOT_APPLICABLE, label, false)
            }),
        }
    }

    fn text(&self, text: &Text) -> String {
        self.shown.text(text)
    }

    fn typed(&self, field: &str, value: &str) -> bool {
        self.shown.typed.all(field).any(|v| v == value)
    }

    fn value(&self, field: &str) -> String {
        // "Not applicable" is a box of its own beside what is typed.
        self.shown.typed.all(field).find(|v| *v != NOT_APPLICABLE).unwrap_or_default().to_owned()
    }

    fn option(&self, field: &str, value: &str, label: String, first: bool) -> OptionView {
        let checked = self.typed(field, value);
        let na = value == NOT_APPLICABLE;
        OptionView { value: value.to_owned(), label, spoken: String::new(), checked, first, mouth: String::new(), na }
    }

    /// The question's own help, and what else there is to know before answering.
    fn help(&self, question: &Question) -> String {
        let own = self.text(question.common().help);
        let note = match question {
            Question::ShortText { max_length, .. } | Question::LongText { max_length, .. } => {
                self.words.fill("at-most", &[("longest", Value::Count(usize::from(*max_length)))])
            }
            Question::MultipleChoice { .. } if own.is_empty() => self.words.get("choose-many"),
            Question::Ranking { .. } => self.words.get("rank-note"),
            Question::ConstantSum { total, .. } => {
                self.words.fill("sum-note", &[("total", Value::Count(usize::from(*total)))])
            }
            Question::Number { min, max, .. } => self.range(*min, *max),
            Question::Slider { min, max, .. } => self.range(Some(f64::from(*min)), Some(f64::from(*max))),
            _ => String::new(),
        };
        [own, note].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }

    fn range(&self, min: Option<f64>, max: Option<f64>) -> String {
        let text = |x: f64| Value::from(x.to_string().as_str());
        match (min, max) {
            (Some(min), Some(max)) => self.words.fill("range-both", &[("min", text(min)), ("max", text(max))]),
            (Some(min), None) => self.words.fill("range-min", &[("min", text(min))]),
            (None, Some(max)) => self.words.fill("range-max", &[("max", text(max))]),
            (None, None) => String::new(),
        }
    }

    fn scale(&self, question: &Question) -> Option<ScaleView> {
        let none = &[][..];
        let (low, high, labels, look) = match question {
            Question::Rating { low, high, labels, look, .. } => (self.text(low), self.text(high), &labels[..], *look),
            Question::Csat { low, high, look, .. } => {
                (self.or("csat-low", low), self.or("csat-high", high), none, *look)
            }
            Question::Nps { low, high, .. } => {
                (self.or("nps-low", low), self.or("nps-high", high), none, Look::Numbers)
            }
            Question::Ces { low, high, .. } => {
                (self.or("ces-low", low), self.or("ces-high", high), none, Look::Numbers)
            }
            _ => return None,
        };
        let points = question.fields().first()?.points()?;
        let options = (points.min..=points.max).map(|p| {
            let label = labels.get(usize::from(p - points.min)).map_or_else(|| p.to_string(), |t| self.text(t));
            let mut option = self.option(question.id(), &p.to_string(), label, p == points.min);
            if labels.is_empty() && p == points.min {
                option.spoken.clone_from(&low);
            } else if labels.is_empty() && p == points.max {
                option.spoken.clone_from(&high);
            }
            if look == Look::Faces {
                option.mouth = mouth(f64::from(p - points.min) / f64::from(points.max - points.min));
            }
            option
        });
        Some(ScaleView {
            look: match look {
                Look::Numbers => "",
                Look::Stars => "stars",
                Look::Faces => "faces",
            },
            columns: usize::from(points.max - points.min) + 1,
            labelled: !labels.is_empty(),
            points: options.collect(),
            min: points.min,
            max: points.max,
            low,
            high,
        })
    }

    /// A text of the template, or the product's own where there is none.
    fn or(&self, id: &str, text: &Text) -> String {
        if text.is_empty() { self.words.get(id) } else { self.text(text) }
    }

    fn choices(&self, question: &Question) -> Vec<OptionView> {
        if matches!(question, Question::Ranking { .. } | Question::ConstantSum { .. }) {
            return Vec::new();
        }
        let other = question.other();
        let mut options: Vec<OptionView> = self
            .in_order(question, question.choices().len())
            .into_iter()
            .map(|i| &question.choices()[i])
            .filter(|c| {
                walk::choice_is_offered(self.shown.survey(), question, c, &self.shown.walk.kept, self.shown.guest)
            })
            .enumerate()
            .map(|(i, c)| self.option(question.id(), &c.id, self.text(&c.text), i == 0))
            .collect();
        if !other.is_empty() {
            options.push(self.option(question.id(), OTHER, self.text(other), options.is_empty()));
        }
        options
    }

    /// Places in the order that this guest sees.
    fn in_order(&self, question: &Question, count: usize) -> Vec<usize> {
        if question.shuffled() {
            order::drawn(self.shown.guest.attempt, question.id(), count)
        } else {
            (0..count).collect()
        }
    }

    fn other(&self, field: &Field<'_>) -> InputView {
        let label = self.words.get("other-text");
        InputView { max_length: OTHER_LENGTH, ..self.input(field, label, false) }
    }

    fn rows(&self, question: &Question, fields: &[Field<'_>], faulty: &dyn Fn(&Field<'_>) -> bool) -> Vec<RowView> {
        let points = |field: &Field<'_>, labels: Vec<String>| -> Vec<OptionView> {
            let (min, max) = match field.kind {
                Kind::Points(points) => (points.min, points.max),
                Kind::Code(max) => (1, max),
                _ => return Vec::new(),
            };
            let label = |p: u8| labels.get(usize::from(p - min)).cloned().unwrap_or_else(|| p.to_string());
            let mut options: Vec<OptionView> =
                (min..=max).map(|p| self.option(&field.id, &p.to_string(), label(p), p == min)).collect();
            if question.common().not_applicable {
                options.push(self.option(&field.id, NOT_APPLICABLE, self.words.get("not-applicable"), false));
            }
            options
        };
        let row = |field: &Field<'_>, text: String, ends: [String; 2], labels: Vec<String>| {
            let [low, high] = ends;
            RowView {
                id: field.id.clone(),
                text,
                low,
                high,
                last: field.points().map_or_else(String::new, |p| p.max.to_string()),
                points: points(field, labels),
                error: faulty(field),
            }
        };
        match question {
            Question::Matrix { rows, low, high, labels, .. } => self
                .in_order(question, rows.len())
                .into_iter()
                .map(|i| {
                    let labels: Vec<String> = labels.iter().map(|t| self.text(t)).collect();
                    row(&fields[i], self.text(&rows[i].text), [self.text(low), self.text(high)], labels)
                })
                .collect(),
            Question::SemanticDifferential { rows, .. } => fields
                .iter()
                .zip(rows)
                .map(|(f, pair)| row(f, String::new(), [self.text(&pair.low), self.text(&pair.high)], Vec::new()))
                .collect(),
            Question::Kano { functional, dysfunctional, .. } => fields
                .iter()
                .zip([functional, dysfunctional])
                .map(|(f, text)| {
                    let labels = (1..=5).map(|i| self.words.get(&format!("kano-{i}"))).collect();
                    row(f, self.text(text), Default::default(), labels)
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    fn inputs(&self, question: &Question, fields: &[Field<'_>], faulty: &dyn Fn(&Field<'_>) -> bool) -> Vec<InputView> {
        let wanted = |field: &&Field<'_>| {
            !matches!(field.kind, Kind::Points(_) | Kind::Choice(_) | Kind::Choices(_) | Kind::OtherText | Kind::Hidden)
                && !matches!(question, Question::Kano { .. })
        };
        let places = self.in_order(question, fields.len());
        places
            .into_iter()
            .map(|i| &fields[i])
            .filter(wanted)
            .map(|field| {
                let label = if fields.len() > 1 { self.text(field.label) } else { self.text(question.common().text) };
                self.input(field, label, faulty(field))
            })
            .collect()
    }

    fn input(&self, field: &Field<'_>, label: String, error: bool) -> InputView {
        let mut view = InputView {
            id: field.id.clone(),
            label,
            kind: "text",
            mode: "text",
            value: self.value(&field.id),
            max_length: 40,
            note: String::new(),
            unit: String::new(),
            min: String::new(),
            max: String::new(),
            step: 1,
            lines: false,
            error,
            options: Vec::new(),
        };
        match field.kind {
            Kind::Text { longest, lines } => (view.max_length, view.lines) = (longest, lines),
            Kind::Email => (view.kind, view.mode, view.max_length) = ("email", "email", 254),
            Kind::Number { decimals, .. } => view.mode = if decimals > 0 { "decimal" } else { "numeric" },
            Kind::Part { .. } => view.mode = "numeric",
            Kind::Date { min, max } => {
                view.kind = "date";
                (view.min, view.max) = (min.unwrap_or_default().to_owned(), max.unwrap_or_default().to_owned());
            }
            Kind::Steps { points, step } => {
                view.mode = "numeric";
                (view.min, view.max, view.step) = (points.min.to_string(), points.max.to_string(), step);
            }
            Kind::Code(max) => {
                let option = |p: u8| self.option(&field.id, &p.to_string(), p.to_string(), false);
                view.options = (1..=max).map(option).collect();
            }
            Kind::Consent => view.value = if self.typed(&field.id, "yes") { "yes".into() } else { String::new() },
            _ => {}
        }
        match field.question {
            Question::Number { unit, .. } => view.unit = self.text(unit),
            Question::Slider { low, high, .. } => {
                let ends = [(&view.min, low), (&view.max, high)].map(|(x, label)| (x.clone(), self.text(label)));
                let named = ends.iter().filter(|(_, label)| !label.is_empty());
                view.note = named.map(|(x, label)| format!("{x} {label}")).collect::<Vec<_>>().join(" · ");
            }
            _ => {}
        }
        view
    }

    /// What a rejection means, in words.
    pub fn message(&self, rejection: &Rejection, question: &Question) -> String {
        let words = self.words;
        let written = |x: &Option<String>| x.clone().unwrap_or_default();
        match &rejection.reason {
            Reason::Required => words.get(match question {
                Question::Consent { .. } => "error-required-consent",
                Question::Matrix { .. } | Question::SemanticDifferential { .. } | Question::Kano { .. } => {
                    "error-required-rows"
                }
                _ if partial(question) == "q-line" || partial(question) == "q-slider" => "error-required-text",
                _ => "error-required",
            }),
            Reason::TooLong { longest, found } => {
                words.fill("error-too-long", &[("longest", Value::Count(*longest)), ("found", Value::Count(*found))])
            }
            Reason::NotANumber { decimals: 0 } => words.get("error-whole-number"),
            Reason::NotANumber { decimals } => {
                words.fill("error-number", &[("decimals", Value::Count(usize::from(*decimals)))])
            }
            Reason::OutOfRange { min, max } => self.range(*min, *max),
            Reason::NotADay => words.get("error-day"),
            Reason::DayOutOfRange { min, max } => {
                let day = |text: &Option<String>| {
                    let text = written(text);
                    text.parse().map_or(text, |day| words.day(day))
                };
                let values = [("min", day(min).as_str().into()), ("max", day(max).as_str().into())];
                words.fill(
                    match (min, max) {
                        (Some(_), Some(_)) => "range-both",
                        (Some(_), None) => "range-min",
                        _ => "range-max",
                    },
                    &values,
                )
            }
            Reason::NotAnEmail => words.get("error-email"),
            Reason::RankTwice => words.get("error-rank-twice"),
            Reason::Sum { total, found } => words.fill(
                "error-sum",
                &[("total", Value::Count(usize::from(*total))), ("found", Value::Count(*found as usize))],
            ),
            Reason::Exclusive { choice } => {
                let text = question.choices().iter().find(|c| c.id == *choice).map(|c| self.text(&c.text));
                words.fill("error-exclusive", &[("choice", text.unwrap_or_default().as_str().into())])
            }
            Reason::Constraint => question.common().constraint.map_or_else(String::new, |c| self.text(&c.message)),
        }
    }
}

/// The mouth of a face between 0 (sad) and 1 (glad), as a curve in a square of 24.
fn mouth(gladness: f64) -> String {
    let bend = 11.0 + 10.0 * gladness;
    let corner = 18.0 - 4.0 * gladness;
    format!("M7 {corner:.1}Q12 {bend:.1} 17 {corner:.1}")
}

/// Which partial shows a question.
fn partial(question: &Question) -> &'static str {
    match question {
        Question::Rating { .. } | Question::Nps { .. } | Question::Csat { .. } | Question::Ces { .. } => "q-scale",
        Question::SingleChoice { .. } | Question::MultipleChoice { .. } => "q-choices",
        Question::DropDown { .. } => "q-select",
        Question::Matrix { .. } => "q-matrix",
        Question::SemanticDifferential { .. } => "q-pairs",
        Question::Kano { .. } => "q-kano",
        Question::Ranking { .. } | Question::ConstantSum { .. } => "q-parts",
        Question::Slider { .. } => "q-slider",
        Question::Number { .. }
        | Question::Date { .. }
        | Question::ShortText { .. }
        | Question::LongText { .. }
        | Question::Email { .. } => "q-line",
        Question::Consent { .. } => "q-consent",
        Question::Statement { .. } | Question::Hidden { .. } => "q-statement",
    }
}
