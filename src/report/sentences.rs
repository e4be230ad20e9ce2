//! What a report says in words: the ten seconds that a director has.

use chrono::Datelike as _;

use super::publication::{Base, Thresholds};
use super::rounding::{ends, points};
use super::{Basis, Filter, Report, State};
use crate::wording::{Value, Wording, grouped};

/// The sentences at the top of a report, in order.
pub fn summary(report: &Report, words: &Wording) -> Vec<String> {
    let mut sentences = Vec::new();
    if let (Some(headline), Some(method)) = (&report.headline, &report.method)
        && let Some([low, high]) = headline.index.ci.map(ends)
    {
        let level = method.bootstrap.level.to_string();
        let values = [
            ("name", headline.name.as_str().into()),
            ("score", points(headline.index.score).as_str().into()),
            ("level", level.as_str().into()),
            ("low", low.as_str().into()),
            ("high", high.as_str().into()),
        ];
        sentences.push(words.fill("summary-index", &values));
    }
    if let Some(first) = report.priorities.first() {
        sentences.push(words.fill("summary-first", &[("first", first.label.as_str().into())]));
    }
    if let Some((low, high)) = extremes(report) {
        let score = |g: &super::GroupFigures| Value::Text(points(g.index.map_or(f64::NAN, |i| i.score)));
        let values = [
            ("lowest", low.name.as_str().into()),
            ("low", score(low)),
            ("highest", high.name.as_str().into()),
            ("high", score(high)),
        ];
        sentences.push(words.fill("summary-spread", &values));
    }
    sentences
}

/// The properties with the lowest and highest index, if at least two have one that is more than a low base, and their intervals lie
/// apart.
fn extremes(report: &Report) -> Option<(&super::GroupFigures, &super::GroupFigures)> {
    let mut ranked: Vec<_> = report
        .properties
        .iter()
        .filter(|p| p.base == Base::Full)
        .filter_map(|p| p.index.map(|i| (i.score, p)))
        .collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    match ranked.as_slice() {
        [(_, low), .., (_, high)] => Some((*low, *high)).filter(|(low, high)| are_apart(low, high)),
        _ => None,
    }
}

/// Whether the interval of one lies below that of the other.
fn are_apart(low: &super::GroupFigures, high: &super::GroupFigures) -> bool {
    let ends = low.index.and_then(|index| index.ci).zip(high.index.and_then(|index| index.ci));
    ends.is_some_and(|([_, below], [above, _])| below < above)
}

/// Title and text that stand in place of the index where there is none.
pub fn absence(report: &Report, words: &Wording) -> Option<(String, String)> {
    let text = |id: &str, values: &[(&str, Value)]| {
        Some((words.get(&format!("{id}-title")), words.fill(&format!("{id}-text"), values)))
    };
    match &report.state {
        State::Ready => None,
        State::TooFew { needed } => {
            let needed = ("needed", Value::Count(*needed));
            let title = words.get("too-few-title");
            let text = match report.responses {
                Some(n) => words.fill("too-few-text", &[needed, ("n", Value::Count(n))]),
                None => words.fill("too-few-hidden", &[needed, least(report)]),
            };
            let text = match days_caution(report, words) {
                Some(days) => format!("{text} {days}"),
                None => text,
            };
            Some((title, text))
        }
        State::NotEstimable { reason } => text("not-estimable", &[("reason", reason.as_str().into())]),
        State::NoModel => text("no-model", &[]),
    }
}

/// `6,000 responses`, or that there are too few to say.
pub fn responses(report: &Report, words: &Wording) -> String {
    match report.responses {
        Some(n) => words.fill("responses-count", &[("n", Value::Count(n))]),
        None if days_caution(report, words).is_some() => words.fill("responses-few-days", &[least(report)]),
        None => words.fill("responses-few", &[least(report)]),
    }
}

/// How surely the figures may be read, and of which responses they are; empty where there is nothing to say.
pub fn notices(report: &Report, words: &Wording) -> Vec<String> {
    let mut notices = Vec::new();
    if report.base == Base::Low {
        notices.push(with_thresholds("base-low", &report.thresholds, words));
    }
    if report.basis == Basis::Groups && report.thresholds.counts > 1 {
        notices.push(with_thresholds("basis-groups", &report.thresholds, words));
        notices.extend(segment_caution(report, words));
        notices.extend(days_caution(report, words));
    }
    if let Some(last) = report.months.iter().rev().find(|month| month.of_moments) {
        notices.push(words.fill("months-kept", &[("month", last.name.as_str().into())]));
    }
    notices
}

/// What is left out of a part of the guests for whoever sees whole groups.
pub fn segment_caution(report: &Report, words: &Wording) -> Option<String> {
    let left_out = report.basis == Basis::Groups && !report.filter.segments.is_empty();
    left_out.then(|| with_thresholds("segments-groups", &report.thresholds, words))
}

/// To whoever sees whole groups: of days that are not whole months little is left.
pub fn days_caution(report: &Report, words: &Wording) -> Option<String> {
    let Filter { from, to, .. } = report.filter;
    let begins = from.is_none_or(|day| day.day() == 1);
    let ends = to.is_none_or(|day| day.succ_opt().is_none_or(|next| next.day() == 1));
    (report.basis == Basis::Groups && report.thresholds.counts > 1 && !(begins && ends))
        .then(|| with_thresholds("days-groups", &report.thresholds, words))
}

fn least(report: &Report) -> (&'static str, Value) {
    ("least", Value::Count(report.thresholds.counts))
}

/// A text that mentions thresholds.
pub fn with_thresholds(id: &str, thresholds: &Thresholds, words: &Wording) -> String {
    words.fill(
        id,
        &[
            ("least", Value::Count(thresholds.counts)),
            ("twice", Value::Count(2 * thresholds.counts)),
            ("needed", Value::Count(thresholds.index)),
            ("full", Value::Count(thresholds.rank)),
        ],
    )
}

/// How the figures were made; empty where there are none.
pub fn method_text(report: &Report, words: &Wording) -> String {
    let Some(method) = &report.method else { return String::new() };
    let b = &method.bootstrap;
    words.fill(
        "method-text",
        &[
            ("scheme", words.get(&format!("scheme-{}", method.inner)).as_str().into()),
            ("pooled", grouped(method.pooled_responses).as_str().into()),
            ("used", grouped(b.used).as_str().into()),
            ("requested", grouped(b.requested).as_str().into()),
            ("seed", b.seed.to_string().as_str().into()),
        ],
    )
}

/// What the figures were made of; empty where there are none.
pub fn method_digest(report: &Report, words: &Wording) -> String {
    let Some(method) = &report.method else { return String::new() };
    let short = |hash: &str| hash.chars().take(12).collect::<String>();
    words.fill(
        "method-digest",
        &[
            ("data", short(&method.data_digest).as_str().into()),
            ("revision", short(&report.survey.revision).as_str().into()),
            ("engine", method.engine.as_str().into()),
        ],
    )
}
