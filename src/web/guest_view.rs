//! A survey -> what its page shows: plain data for the templates. Questions are [`super::question_view`]'s.

use serde::Serialize;

use super::brand::BrandView;
use super::question_view::{QuestionView, Viewer};
use super::view::link;
use crate::service::authoring::Revision;
use crate::service::collecting::{Arrival, CORRECT_FIELD, GO_LANGUAGE, OPENED_FIELD};
use crate::survey::answers::{Answer, Answers, RawAnswers, Rejection};
use crate::survey::check::Survey;
use crate::survey::piping;
use crate::survey::question::Question;
use crate::survey::template::Place;
use crate::survey::text::{Text, direction};
use crate::survey::walk::{self, Guest, Walk};
use crate::wording::{Value, wording};

/// The survey page.
#[derive(Debug, Serialize)]
pub struct SurveyView {
    language: String,
    brand: BrandView,
    direction: &'static str,
    kiosk: bool,
    /// What the page of a device that is set up as a kiosk needs besides.
    device: Option<DeviceView>,
    title: String,
    introduction: String,
    languages: Vec<LanguageLink>,
    /// Whether a language is chosen by a button, so that what was answered stays.
    language_buttons: bool,
    action: String,
    /// Where answers are saved in between; empty where they are not.
    save: String,
    resumed: bool,
    opened: String,
    attempt: String,
    revision: String,
    /// The receipt of the response that is being corrected.
    correct: String,
    any_required: bool,
    errors_title: String,
    errors: Vec<ErrorLink>,
    /// Said where the answers made more questions appear.
    more: String,
    /// `3 of 7`, where pages are shown one by one.
    progress: String,
    progress_value: usize,
    progress_max: usize,
    /// Id of the page, where pages are shown one by one.
    page: String,
    shown: String,
    carried: Vec<Carried>,
    back: bool,
    /// Wording of the button.
    submit: String,
    script: bool,
    pages: Vec<PageView>,
}

/// A kiosk.
#[derive(Debug, Serialize)]
struct DeviceView {
    idle: u16,
    start: String,
    exit: String,
    thanks: String,
    /// Said at a question that needs an answer.
    missing: String,
}

/// An answer of another page, on its way with the form.
#[derive(Debug, Serialize)]
struct Carried {
    name: String,
    value: String,
}

/// A link to the same page in another language.
#[derive(Debug, Serialize)]
pub struct LanguageLink {
    tag: String,
    name: String,
    href: String,
    current: bool,
    /// What a button sends.
    go: String,
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

/// What the page is made of.
pub struct Shown<'a> {
    pub revision: &'a Revision,
    pub arrival: &'a Arrival,
    pub language: &'a str,
    pub guest: Guest<'a>,
    pub typed: &'a RawAnswers,
    pub rejections: &'a [Rejection],
    /// The way through the survey so far, with the answers that count for conditions and texts.
    pub walk: &'a Walk,
    /// Place of the page on the way; all pages if `None`.
    pub place: Option<usize>,
    pub more: bool,
    /// The token of a personal link, by which the guest came.
    pub link: Option<&'a str>,
    /// Whether earlier answers were found.
    pub resumed: bool,
    /// On a kiosk: after how many seconds without a touch it starts again.
    pub idle_seconds: Option<u16>,
    /// When the first page was opened, where the form does not say; empty for not known.
    pub opened: &'a str,
}

impl<'a> Shown<'a> {
    /// The first page, or all of them, with nothing to mend, by no personal link and on no kiosk.
    pub fn first(
        revision: &'a Revision,
        arrival: &'a Arrival,
        language: &'a str,
        guest: Guest<'a>,
        typed: &'a RawAnswers,
        walk: &'a Walk,
    ) -> Self {
        let place = revision.survey.one_by_one().then_some(0);
        let (link, idle_seconds, opened) = (None, None, "");
        let (rejections, more, resumed) = (&[][..], false, false);
        Self {
            revision,
            arrival,
            language,
            guest,
            typed,
            rejections,
            walk,
            place,
            more,
            link,
            resumed,
            idle_seconds,
            opened,
        }
    }

    /// The survey.
    pub fn survey(&self) -> &Survey {
        &self.revision.survey
    }

    /// The page's data.
    pub fn view(&self) -> SurveyView {
        let template = &self.survey().template;
        let words = wording(self.language);
        let viewer = Viewer { shown: self, words };
        let pages = &self.walk.pages;
        let places = self.place.map_or(0..pages.len(), |place| place..(place + 1).min(pages.len()));
        let shown: Vec<&Question> = pages[places.clone()]
            .iter()
            .flat_map(|seen| seen.questions.iter().map(|n| &template.pages[seen.page].questions[*n]))
            .collect();
        let page_view = |seen: &walk::Seen| {
            let page = &template.pages[seen.page];
            PageView {
                id: page.id.clone(),
                title: self.text(&page.title),
                introduction: self.text(&page.introduction),
                questions: seen.questions.iter().map(|n| viewer.view(&page.questions[*n])).collect(),
            }
        };
        let first = self.place.is_none_or(|place| place == 0);
        let last = self.place.is_none_or(|place| place + 1 >= pages.len());
        let error = |r: &Rejection| {
            let question = self.survey().question(&r.question)?;
            Some(ErrorLink {
                href: format!("#{}", r.field),
                question: self.text(question.common().text),
                message: viewer.message(r, question),
            })
        };
        SurveyView {
            language: self.language.to_owned(),
            brand: BrandView::of(self.survey(), self.language),
            direction: direction(self.language),
            kiosk: template.place == Place::Kiosk || self.idle_seconds.is_some(),
            device: self.idle_seconds.map(|idle| self.device(idle)),
            title: self.text(&template.title),
            introduction: if first { self.text(&template.introduction) } else { String::new() },
            languages: self.language_links(),
            language_buttons: self.place.is_some(),
            action: self.address(self.language),
            save: match self.link {
                Some(token) if !template.anonymous => link(&["i", token, "draft"], &[]),
                _ => String::new(),
            },
            resumed: self.resumed,
            opened: self.typed.first(OPENED_FIELD).unwrap_or(self.opened).to_owned(),
            attempt: self.guest.attempt.to_owned(),
            revision: self.revision.content_hash.clone(),
            correct: self.typed.first(CORRECT_FIELD).unwrap_or_default().to_owned(),
            any_required: shown.iter().any(|q| q.common().required),
            errors_title: words.fill("errors-title", &[("n", Value::Count(self.rejections.len()))]),
            errors: self.rejections.iter().filter_map(error).collect(),
            more: if self.more { words.get("more-questions") } else { String::new() },
            progress: self.place.filter(|_| pages.len() > 1).map_or_else(String::new, |place| {
                words.fill("progress", &[("n", Value::Count(place + 1)), ("of", Value::Count(pages.len()))])
            }),
            progress_value: self.place.unwrap_or(0),
            progress_max: pages.len(),
            page: self.place.and_then(|p| pages.get(p)).map_or_else(String::new, |p| template.pages[p.page].id.clone()),
            shown: shown.iter().map(|q| q.id()).collect::<Vec<_>>().join(" "),
            carried: self.carried(&shown),
            back: !first,
            submit: words.get(if last { "submit" } else { "continue" }),
            script: self.link.is_some() || shown.iter().any(|q| matches!(q, Question::Slider { .. })),
            pages: pages[places].iter().map(page_view).collect(),
        }
    }

    fn device(&self, idle: u16) -> DeviceView {
        let slug = self.survey().slug.as_str();
        // The next guest chooses the language anew.
        let unit: Vec<(String, String)> = self.arrival.unit.iter().map(|u| ("unit".to_owned(), u.clone())).collect();
        DeviceView {
            idle,
            start: link(&["k", slug], &unit),
            exit: link(&["k", slug, "exit"], &[]),
            thanks: self.text(&self.survey().template.thanks),
            missing: wording(self.language).get("error-required"),
        }
    }

    /// Where the guest's answers go, and where the same page is in another language.
    fn address(&self, language: &str) -> String {
        if let Some(token) = self.link {
            return link(&["i", token], &[("lang".to_owned(), language.to_owned())]);
        }
        let place = if self.idle_seconds.is_some() { "k" } else { "s" };
        link(&[place, self.survey().slug.as_str()], &query(self.arrival, language))
    }

    /// The survey's languages, each a link to the same page.
    fn language_links(&self) -> Vec<LanguageLink> {
        let languages = &self.survey().template.languages;
        if languages.len() < 2 {
            return Vec::new();
        }
        let slug = self.survey().slug.as_str();
        let entry = |tag: &String| LanguageLink {
            tag: tag.clone(),
            name: crate::survey::text::own_name(tag).to_owned(),
            // A fresh page: the hidden fields of the link are read from it anew.
            href: match self.link {
                Some(_) => self.address(tag),
                None if self.idle_seconds.is_some() => self.address(tag),
                None => link(&["s", slug], &[query(self.arrival, tag), self.arrival.given.clone()].concat()),
            },
            current: tag == self.language,
            go: format!("{GO_LANGUAGE}{tag}"),
        };
        languages.iter().map(entry).collect()
    }

    /// What was typed on other pages.
    fn carried(&self, shown: &[&Question]) -> Vec<Carried> {
        let here: Vec<String> = shown.iter().flat_map(|q| q.fields()).map(|f| f.id).collect();
        let elsewhere =
            |(name, value): &&(String, String)| !name.starts_with('_') && !value.is_empty() && !here.contains(name);
        let pairs = self.typed.0.iter().filter(elsewhere);
        pairs.map(|(name, value)| Carried { name: name.clone(), value: value.clone() }).collect()
    }

    /// A text in the guest's language, with answers put in.
    pub fn text(&self, text: &Text) -> String {
        let wording = text.in_language(self.language, self.survey().base_language());
        piping::filled(wording, |name| put_in(self.survey(), name, &self.walk.kept, self.guest, self.language))
    }
}

/// An answer as it stands in a text; `None` without one.
fn put_in(survey: &Survey, name: &str, kept: &Answers, guest: Guest<'_>, language: &str) -> Option<String> {
    let base = survey.base_language();
    let label = |id: &str| {
        let question = survey.question(name)?;
        let choice = question.choices().iter().find(|c| c.id == id).map(|c| &c.text);
        let wording = choice.unwrap_or(question.other()).in_language(language, base);
        Some(wording).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    match kept.0.get(name) {
        Some(Answer::Text(text)) => Some(label(text).unwrap_or_else(|| text.clone())),
        Some(Answer::Choices(ids)) => {
            let separator = if language.starts_with("zh") || language.starts_with("ja") { "、" } else { ", " };
            Some(ids.iter().map(|id| label(id).unwrap_or_else(|| id.clone())).collect::<Vec<_>>().join(separator))
        }
        _ => match walk::value(survey, name, kept, guest) {
            crate::survey::logic::Value::Text(text) => Some(text),
            crate::survey::logic::Value::Number(x) => Some(x.to_string()),
            _ => None,
        },
    }
}

/// The query that brings a guest back to the same unit and language.
pub fn query(arrival: &Arrival, language: &str) -> Vec<(String, String)> {
    let unit = arrival.unit.iter().map(|u| ("unit".to_owned(), u.clone()));
    unit.chain([("lang".to_owned(), language.to_owned())]).collect()
}
