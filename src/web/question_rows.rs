//! Questions and measures of them -> rows of a table.

use serde::Serialize;

use super::head::{Here, with_language};
use super::overview_view::{class, range};
use super::report_view::interval_text;
use super::view::link;
use crate::report::Report;
use crate::report::distribution::small;
use crate::report::overview::change_words;
use crate::report::question::{OutcomeFigures, QuestionFigures};
use crate::report::rounding::{percent, percent_ends, points};
use crate::wording::{Wording, grouped};

/// A question with its figures.
#[derive(Debug, Serialize)]
pub struct QuestionRow {
    label: String,
    href: String,
    spark: String,
    /// Empty where there are too few answers.
    score: String,
    interval: String,
    top: String,
    top_interval: String,
    change: String,
    change_interval: String,
    responses: String,
}

/// A measure that others use.
#[derive(Debug, Serialize)]
pub struct OutcomeRow {
    name: String,
    /// How it is made.
    about: String,
    href: String,
    score: String,
    interval: String,
    change: String,
    class: &'static str,
}

pub(super) fn question_row(
    question: &QuestionFigures,
    report: &Report,
    asked: &[(String, String)],
    words: &Wording,
) -> QuestionRow {
    let asked = with_language(asked.to_vec(), &report.language);
    QuestionRow {
        label: question.label.clone(),
        href: link(&Here::Question(&question.indicator).path(&report.survey.slug), &asked),
        spark: small(question).map_or(String::new(), |drawn| drawn.to_string()),
        score: question.score.map_or(String::new(), |score| points(score.score)),
        interval: question.score.map_or(String::new(), |score| interval_text(&score, words)),
        top: question.top.as_ref().map_or("–".to_owned(), |top| percent(top.share)),
        top_interval: question.top.as_ref().map_or(String::new(), |top| words.between(&percent_ends(top.ci))),
        change: question.change.map_or(String::new(), |change| change.said()),
        change_interval: question.change.map_or(String::new(), |change| range(&change, words)),
        responses: question.responses.map_or_else(|| format!("<\u{2009}{}", report.thresholds.counts), grouped),
    }
}

impl OutcomeRow {
    /// What it is and how it is made, in one sentence.
    pub fn sentence(&self) -> String {
        let change = if self.change.is_empty() { String::new() } else { format!("; {}", self.change) };
        format!("{} {} ({}{change}). {}", self.name, self.score, self.interval, self.about)
    }
}

pub(super) fn outcome_row(
    outcome: &OutcomeFigures,
    slug: &str,
    language: &str,
    asked: &[(String, String)],
    words: &Wording,
) -> OutcomeRow {
    let said = outcome.in_words(words);
    let asked = with_language(asked.to_vec(), language);
    OutcomeRow {
        name: said.name,
        about: said.about,
        href: link(&Here::Question(&outcome.indicator).path(slug), &asked),
        score: said.score,
        interval: said.interval,
        change: outcome.change.map_or(String::new(), |change| change_words(&change, words)),
        class: outcome.change.map_or("", |change| class(change.verdict)),
    }
}
