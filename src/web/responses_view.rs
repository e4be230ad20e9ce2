//! Single responses -> their page.

use serde::Serialize;

use super::days_filter::{DaysFilter, address_with};
use super::head::{Head, Here, with_language};
use super::report_view::Within;
use super::view::link;
use crate::report::SurveyInfo;
use crate::report::labels::answer_words;
use crate::service::cursor::cursor;
use crate::service::reading::{Read, ReadPage};
use crate::survey::check::Survey;
use crate::survey::question::Question;
use crate::survey::text::own_name;
use crate::wording::wording;

/// The page of single responses.
#[derive(Debug, Serialize)]
pub struct ResponsesView {
    language: String,
    head: Head,
    title: String,
    scope: String,
    filter: DaysFilter,
    responses: Vec<ResponseRow>,
    csv: String,
    next: String,
}

#[derive(Debug, Serialize)]
struct ResponseRow {
    receipt: String,
    about: String,
    flags: String,
    answers: Vec<AnswerRow>,
}

#[derive(Debug, Serialize)]
struct AnswerRow {
    question: String,
    words: Vec<Given>,
}

#[derive(Debug, Serialize)]
struct Given {
    /// Of a question with several parts, which.
    of: String,
    text: String,
}

impl ResponsesView {
    /// A page of a survey's responses.
    pub fn new(survey: &Survey, language: &str, page: &ReadPage, within: &Within) -> Self {
        let words = wording(language);
        let slug = survey.slug.as_str();
        let asked = address_with(&page.filter, &within.keeps);
        let title = survey.template.title.in_language(language, survey.base_language()).to_owned();
        let info = SurveyInfo {
            slug: slug.to_owned(),
            title: title.clone(),
            version: String::new(),
            revision: String::new(),
            anonymous: survey.template.anonymous,
            segments: page.segments.clone(),
        };
        let next = page.next.map(|place| {
            let mut query = with_language(asked.clone(), language);
            query.push(("cursor".to_owned(), cursor(place)));
            link(&Here::Responses.path(slug), &query)
        });
        Self {
            head: Head::new(Here::Responses, slug, &asked, language, within),
            scope: page.filter.scope(words),
            filter: DaysFilter::new(&page.filter, &info, true, language, within),
            responses: page.responses.iter().map(|read| row(read, language, within)).collect(),
            csv: link(&["api", "v1", "surveys", slug, "responses.csv"], &[]),
            next: next.unwrap_or_default(),
            title,
            language: language.to_owned(),
        }
    }
}

fn row(read: &Read, language: &str, within: &Within) -> ResponseRow {
    let unit = read.unit.as_ref().map(|code| {
        let known = within.units.iter().find(|unit| unit.code == *code);
        known.map_or_else(|| code.clone(), |unit| unit.name_in(language))
    });
    let survey = &read.revision.survey;
    let at = read.submitted_at;
    let at = if survey.template.anonymous { at.format("%Y-%m-%d") } else { at.format("%Y-%m-%d %H:%M") };
    let about = [unit, Some(at.to_string()), Some(own_name(&read.language).to_owned())];
    let flags: Vec<&str> = read.flags.iter().map(String::as_str).collect();
    let answers = survey.questions().filter_map(|question| answer(read, question, language)).collect();
    ResponseRow {
        receipt: read.receipt.clone(),
        about: about.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        flags: flags.join(", "),
        answers,
    }
}

fn answer(read: &Read, question: &Question, language: &str) -> Option<AnswerRow> {
    let base = read.revision.survey.base_language();
    let fields = question.fields();
    let several = fields.len() > 1;
    let given: Vec<Given> = fields
        .iter()
        .filter_map(|field| {
            let of = if several { field.label.in_language(language, base).to_owned() } else { String::new() };
            let text = answer_words(field, read.answers.0.get(&field.id)?, &read.revision.survey, language);
            Some(Given { of, text })
        })
        .collect();
    let label = match question.label().in_language(language, base) {
        "" => question.id().to_owned(),
        label => label.to_owned(),
    };
    (!given.is_empty()).then_some(AnswerRow { question: label, words: given })
}
