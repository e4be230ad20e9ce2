//! A survey -> what its page shows: plain data for the templates, with what the guest typed kept.

use serde::Serialize;

use super::view::link;
use crate::service::authoring::Revision;
use crate::service::collecting::Arrival;
use crate::survey::answers::{NOT_APPLICABLE, RawAnswers, Reason, Rejection};
use crate::survey::question::Question;
use crate::survey::template::Place;
use crate::survey::text::{Text, direction};
use crate::wording::{Value, Wording, wording};

/// The survey page.
#[derive(Debug, Serialize)]
pub struct SurveyView {
    language: String,
    direction: &'static str,
    kiosk: bool,
    title: String,
    introduction: String,
    languages: Vec<LanguageLink>,
    action: String,
    attempt: String,
    revision: String,
    any_required: bool,
    errors_title: String,
    errors: Vec<ErrorLink>,
    pages: Vec<PageView>,
}

/// A link to the same page in another language.
#[derive(Debug, Serialize)]
pub struct LanguageLink {
    tag: String,
    name: String,
    href: String,
    current: bool,
}

#[derive(Debug, Serialize)]
struct ErrorLink {
    href: String,
    question: String,
    message: String,
}

#[derive(Debug, Serialize)]
struct PageView {
    id: String,
    title: String,
    introduction: String,
    questions: Vec<QuestionView>,
}

#[derive(Debug, Serialize)]
struct QuestionView {
    id: String,
    text: String,
    help: String,
    required: bool,
    error: String,
    /// Ids of help and error, for `aria-describedby`.
    described_by: String,
    scale: Option<ScaleView>,
    choices: Vec<OptionView>,
    multiple: bool,
    short_text: bool,
    long_text: bool,
    max_length: u16,
    limit_note: String,
    value: String,
}

#[derive(Debug, Serialize)]
struct ScaleView {
    points: Vec<OptionView>,
    columns: usize,
    min: u8,
    max: u8,
    low: String,
    high: String,
    not_applicable: Option<OptionView>,
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
}

/// What the page is made of.
pub struct Shown<'a> {
    pub revision: &'a Revision,
    pub arrival: &'a Arrival,
    pub language: &'a str,
    pub attempt: &'a str,
    pub typed: &'a RawAnswers,
    pub rejections: &'a [Rejection],
}

impl Shown<'_> {
    /// The page's data.
    pub fn view(&self) -> SurveyView {
        let template = &self.revision.survey.template;
        let words = wording(self.language);
        let pages = template.pages.iter().map(|page| PageView {
            id: page.id.clone(),
            title: self.text(&page.title),
            introduction: self.text(&page.introduction),
            questions: page.questions.iter().map(|q| self.question(q, words)).collect(),
        });
        let slug = self.revision.survey.slug.as_str();
        SurveyView {
            language: self.language.to_owned(),
            direction: direction(self.language),
            kiosk: template.place == Place::Kiosk,
            title: self.text(&template.title),
            introduction: self.text(&template.introduction),
            languages: language_links(self.revision, self.arrival, self.language),
            action: link(&["s", slug], &query(self.arrival, self.language)),
            attempt: self.attempt.to_owned(),
            revision: self.revision.content_hash.clone(),
            any_required: self.revision.survey.questions().any(Question::required),
            errors_title: words.fill("errors-title", &[("n", Value::Count(self.rejections.len()))]),
            errors: self.rejections.iter().filter_map(|r| self.error_link(r, words)).collect(),
            pages: pages.collect(),
        }
    }

    fn text(&self, text: &Text) -> String {
        text.in_language(self.language, self.revision.survey.base_language()).to_owned()
    }

    fn question(&self, question: &Question, words: &Wording) -> QuestionView {
        let id = question.id();
        let typed: Vec<&str> = self.typed.all(id).collect();
        let error =
            self.rejections.iter().find(|r| r.question == id).map_or(String::new(), |r| message(r, question, words));
        let help = match question {
            Question::Rating { help, .. }
            | Question::Nps { help, .. }
            | Question::SingleChoice { help, .. }
            | Question::MultipleChoice { help, .. }
            | Question::ShortText { help, .. }
            | Question::LongText { help, .. } => self.text(help),
            Question::Statement { .. } => String::new(),
        };
        let (multiple, choices) = match question {
            Question::SingleChoice { choices, .. } => (false, choices.as_slice()),
            Question::MultipleChoice { choices, .. } => (true, choices.as_slice()),
            _ => (false, &[][..]),
        };
        let option = |(i, c): (usize, &crate::survey::question::Choice)| OptionView {
            value: c.id.clone(),
            label: self.text(&c.text),
            spoken: String::new(),
            checked: typed.contains(&c.id.as_str()),
            first: i == 0,
        };
        let max_length = match question {
            Question::ShortText { max_length, .. } | Question::LongText { max_length, .. } => *max_length,
            _ => 0,
        };
        let mut described_by = Vec::new();
        if !help.is_empty() || max_length > 0 {
            described_by.push(format!("{id}-help"));
        }
        if !error.is_empty() {
            described_by.push(format!("{id}-error"));
        }
        QuestionView {
            id: id.to_owned(),
            text: self.text(question.text()),
            help,
            required: question.required(),
            error,
            described_by: described_by.join(" "),
            scale: self.scale(question, &typed, words),
            choices: choices.iter().enumerate().map(option).collect(),
            multiple,
            short_text: matches!(question, Question::ShortText { .. }),
            long_text: matches!(question, Question::LongText { .. }),
            max_length,
            limit_note: words.fill("at-most", &[("longest", Value::Count(usize::from(max_length)))]),
            value: typed.first().map_or(String::new(), |v| (*v).to_owned()),
        }
    }

    fn scale(&self, question: &Question, typed: &[&str], words: &Wording) -> Option<ScaleView> {
        let (Question::Rating { low, high, .. } | Question::Nps { low, high, .. }) = question else { return None };
        let points = question.points()?;
        let (low, high) = (self.text(low), self.text(high));
        let option = |p: u8| OptionView {
            value: p.to_string(),
            label: p.to_string(),
            spoken: if p == points.min {
                low.clone()
            } else if p == points.max {
                high.clone()
            } else {
                String::new()
            },
            checked: typed.contains(&p.to_string().as_str()),
            first: p == points.min,
        };
        let not_applicable = question.not_applicable().then(|| OptionView {
            value: NOT_APPLICABLE.to_owned(),
            label: words.get("not-applicable"),
            spoken: String::new(),
            checked: typed.contains(&NOT_APPLICABLE),
            first: false,
        });
        Some(ScaleView {
            min: points.min,
            max: points.max,
            columns: usize::from(points.max - points.min) + 1,
            points: (points.min..=points.max).map(option).collect(),
            low,
            high,
            not_applicable,
        })
    }

    fn error_link(&self, rejection: &Rejection, words: &Wording) -> Option<ErrorLink> {
        let question = self.revision.survey.question(&rejection.question)?;
        Some(ErrorLink {
            href: format!("#{}", rejection.question),
            question: self.text(question.text()),
            message: message(rejection, question, words),
        })
    }
}

fn message(rejection: &Rejection, question: &Question, words: &Wording) -> String {
    match rejection.reason {
        Reason::Required if matches!(question, Question::ShortText { .. } | Question::LongText { .. }) => {
            words.get("error-required-text")
        }
        Reason::Required => words.get("error-required"),
        Reason::TooLong { longest, found } => {
            words.fill("error-too-long", &[("longest", Value::Count(longest)), ("found", Value::Count(found))])
        }
    }
}

/// The survey's languages, each a link to the same page.
pub fn language_links(revision: &Revision, arrival: &Arrival, current: &str) -> Vec<LanguageLink> {
    let languages = &revision.survey.template.languages;
    if languages.len() < 2 {
        return Vec::new();
    }
    let slug = revision.survey.slug.as_str();
    let entry = |tag: &String| LanguageLink {
        tag: tag.clone(),
        name: own_name(tag).to_owned(),
        href: link(&["s", slug], &query(arrival, tag)),
        current: tag == current,
    };
    languages.iter().map(entry).collect()
}

/// The query that brings a guest back to the same unit and language.
pub fn query(arrival: &Arrival, language: &str) -> Vec<(String, String)> {
    let unit = arrival.unit.iter().map(|u| ("unit".to_owned(), u.clone()));
    unit.chain([("lang".to_owned(), language.to_owned())]).collect()
}

/// A language's name in itself.
pub fn own_name(tag: &str) -> &str {
    match tag {
        "en" => "English",
        "zh-Hans" => "简体中文",
        "zh-Hant" => "繁體中文",
        "de" => "Deutsch",
        "fr" => "Français",
        "es" => "Español",
        "it" => "Italiano",
        "ja" => "日本語",
        "ko" => "한국어",
        "ar" => "العربية",
        "he" => "עברית",
        other => other,
    }
}
