//! A question's figures -> what its page shows.

use serde::Serialize;

use super::chart_files::{ChartFile, chart_files};
use super::head::{Head, Here, with_language};
use super::overview_view::{class, range};
use super::period_filter::{Asked, PeriodFilter, pairs, period};
use super::question_rows::outcome_row;
use super::report_view::{Within, bounds, ends_of, interval_text};
use super::view::link;
use crate::report::distribution;
use crate::report::overview::Verdict;
use crate::report::publication::Base;
use crate::report::question::{LEVEL, QuestionReport};
use crate::report::rounding::{percent, points};
use crate::report::sentences::with_thresholds;
use crate::report::{Basis, GroupFigures, interval, trend};
use crate::wording::{Value, Wording, grouped, wording};

/// The page of a question.
#[derive(Debug, Serialize)]
pub struct QuestionView {
    language: String,
    head: Head,
    title: String,
    /// Its construct.
    construct: String,
    construct_href: String,
    /// Whose answers, and the question.
    heading: String,
    label: String,
    text: String,
    period: String,
    responses: String,
    filter: PeriodFilter,
    /// Empty where there are too few answers.
    score: String,
    bar: String,
    interval_label: String,
    interval: String,
    change: String,
    change_class: &'static str,
    sentences: Vec<String>,
    too_few: String,
    points_wide: String,
    points_narrow: String,
    points: Vec<PointRow>,
    points_files: Vec<ChartFile>,
    months_files: Vec<ChartFile>,
    houses_files: Vec<ChartFile>,
    points_note: String,
    trend_wide: String,
    trend_narrow: String,
    months_note: String,
    months: Vec<MonthRow>,
    houses: Vec<HouseRow>,
    /// What the drawings beside them reach from and to.
    houses_ends: [String; 2],
    compared: bool,
    notices: Vec<String>,
    json: String,
}

#[derive(Debug, Serialize)]
struct PointRow {
    point: u8,
    responses: String,
    share: String,
}

#[derive(Debug, Serialize)]
struct MonthRow {
    name: String,
    score: String,
    interval: String,
    responses: String,
}

#[derive(Debug, Serialize)]
struct HouseRow {
    name: String,
    href: String,
    score: String,
    interval: String,
    bar: String,
    against: String,
    against_interval: String,
    verdict: String,
    low: bool,
    responses: String,
}

impl QuestionView {
    /// The page of a question that was asked for with this query.
    pub fn new(report: &QuestionReport, query: &Asked, within: &Within) -> Self {
        let (words, question) = (wording(&report.language), &report.question);
        let slug = report.survey.slug.as_str();
        let asked = pairs(query, &report.filter);
        let with = with_language(asked.clone(), &report.language);
        let here = Here::Question(&question.indicator);
        let svg = |drawn: Option<crate::report::svg::Element>| drawn.map_or(String::new(), |d| d.to_string());
        let few = || format!("<\u{2009}{}", report.thresholds.counts);
        let score = question.score;
        let scope = report.filter.scope(words);
        let indexed = report.properties.iter().filter(|house| house.index.is_some()).count();
        let files = |chart, drawn| {
            let of = [with.clone(), vec![("question".to_owned(), question.indicator.clone())]].concat();
            chart_files(slug, chart, drawn, &of)
        };
        Self {
            head: Head::new(here, slug, &asked, &report.language, within).of_days(slug, &report.filter),
            title: report.survey.title.clone(),
            construct: report.construct_name.clone(),
            construct_href: link(&Here::Construct(&report.construct).path(slug), &with),
            heading: words
                .fill("construct-of", &[("scope", scope.as_str().into()), ("name", question.label.as_str().into())]),
            label: question.label.clone(),
            text: question.text.clone(),
            period: period(&report.filter, words),
            responses: question.responses.map_or_else(
                || with_thresholds("responses-few", &report.thresholds, words),
                |n| words.fill("answers-count", &[("n", Value::Count(n))]),
            ),
            filter: PeriodFilter::new(query, (&report.filter, &report.survey), false, &report.language, within),
            score: score.map_or(String::new(), |score| points(score.score)),
            bar: score.map_or(String::new(), |score| interval::draw(&score, (0.0, 100.0)).to_string()),
            interval_label: words.fill("interval", &[("level", format!("{:.0}", 100.0 * LEVEL).as_str().into())]),
            interval: score.map_or(String::new(), |score| interval_text(&score, words)),
            change: question.change.map_or(String::new(), |change| change.said()),
            change_class: question.change.map_or("", |change| class(change.verdict)),
            sentences: sentences(report, words),
            too_few: with_thresholds("question-too-few", &report.thresholds, words),
            points_wide: svg(distribution::draw(question, words, 720.0)),
            points_narrow: svg(distribution::draw(question, words, 340.0)),
            points: question
                .points
                .iter()
                .map(|p| PointRow { point: p.point, responses: grouped(p.responses), share: percent(p.share) })
                .collect(),
            points_files: files("points", true),
            months_files: files("months", true),
            houses_files: files("houses", indexed > 1),
            points_note: points_note(report, words),
            trend_wide: svg(trend::draw(&report.months, words, 1080.0)),
            trend_narrow: svg(trend::draw(&report.months, words, 380.0)),
            months_note: with_thresholds("question-months-note", &report.thresholds, words),
            months: report.months.iter().rev().map(|month| month_row(month, few, words)).collect(),
            houses: house_rows(report, &asked, few, words),
            houses_ends: ends_of(of_houses(report)),
            compared: !report.against.is_empty(),
            notices: if report.basis == Basis::Groups {
                let segments = (!report.filter.segments.is_empty()).then_some("segments-groups");
                let said = ["basis-groups", "question-groups"].into_iter().chain(segments);
                said.map(|id| with_thresholds(id, &report.thresholds, words)).collect()
            } else {
                Vec::new()
            },
            json: link(&["api", "v1", "overviews", slug, "questions", &question.indicator], &with),
            language: report.language.clone(),
        }
    }
}

fn sentences(report: &QuestionReport, words: &Wording) -> Vec<String> {
    let question = &report.question;
    let mut said = Vec::new();
    if let Some(top) = &question.top {
        let values = [
            ("share", percent(top.share)),
            ("from", top.from.to_string()),
            ("high", question.scale[1].to_string()),
            ("lower", percent(top.ci[0])),
            ("upper", percent(top.ci[1])),
        ];
        let values: Vec<(&str, Value)> = values.iter().map(|(name, text)| (*name, text.as_str().into())).collect();
        said.push(words.fill("question-top", &values));
    }
    if let (Some(change), Some([from, to])) = (&question.change, report.compared) {
        let id = match change.verdict {
            Verdict::Up => "overview-up",
            Verdict::Down => "overview-down",
            Verdict::NotShown => "overview-same",
        };
        let [low, high] = change.ends();
        let values = [
            ("difference", change.size()),
            ("low", low),
            ("high", high),
            ("from", from.to_string()),
            ("to", to.to_string()),
        ];
        let values: Vec<(&str, Value)> = values.iter().map(|(name, text)| (*name, text.as_str().into())).collect();
        said.push(words.fill(id, &values));
    }
    for outcome in &report.outcomes {
        let row = outcome_row(outcome, &report.survey.slug, &report.language, &[], words);
        said.push(row.sentence());
    }
    if let Some(importance) = report.importance {
        let value = format!("{:.1}", 10.0 * importance);
        said.push(words.fill("question-importance", &[("points", value.as_str().into())]));
    }
    said
}

fn points_note(report: &QuestionReport, words: &Wording) -> String {
    let question = &report.question;
    let [low, high] = question.scale.map(|end| end.to_string());
    let mean = question.mean.map_or(String::new(), |mean| format!("{mean:.2}"));
    let values = [("mean", mean.as_str().into()), ("low", low.as_str().into()), ("high", high.as_str().into())];
    let said = words.fill("points-note", &values);
    match question.left_out {
        Some(n) if n > 0 => format!("{said} {}", words.fill("points-left-out", &[("n", Value::Count(n))])),
        _ => said,
    }
}

fn month_row(month: &GroupFigures, few: impl Fn() -> String, words: &Wording) -> MonthRow {
    MonthRow {
        name: month.name.clone(),
        score: month.index.map_or(String::new(), |index| points(index.score)),
        interval: month.index.map_or(String::new(), |index| interval_text(&index, words)),
        responses: month.responses.map_or_else(few, grouped),
    }
}

fn of_houses(report: &QuestionReport) -> (f64, f64) {
    bounds(report.properties.iter().filter_map(|property| property.index))
}

fn house_rows(
    report: &QuestionReport,
    asked: &[(String, String)],
    few: impl Fn() -> String + Copy,
    words: &Wording,
) -> Vec<HouseRow> {
    let bounds = of_houses(report);
    let row = |house: &GroupFigures| {
        let against = report.against.iter().find(|against| against.code == house.code).map(|against| against.change);
        let mut to: Vec<(String, String)> = asked.iter().filter(|(name, _)| name != "unit").cloned().collect();
        to.insert(0, ("unit".to_owned(), house.code.clone()));
        let verdict = against.map(|against| match against.verdict {
            Verdict::Up => "against-up",
            Verdict::Down => "against-down",
            Verdict::NotShown => "against-same",
        });
        HouseRow {
            name: house.name.clone(),
            href: link(
                &Here::Question(&report.question.indicator).path(&report.survey.slug),
                &with_language(to, &report.language),
            ),
            score: house.index.map_or(String::new(), |index| points(index.score)),
            interval: house.index.map_or(String::new(), |index| interval_text(&index, words)),
            bar: house.index.map_or(String::new(), |index| interval::draw(&index, bounds).to_string()),
            against: against.map_or("–".to_owned(), |against| against.said()),
            against_interval: against.map_or(String::new(), |against| range(&against, words)),
            low: house.index.is_some() && house.base == Base::Low,
            verdict: verdict.map_or(String::new(), |id| words.get(id)),
            responses: house.responses.map_or_else(few, grouped),
        }
    };
    // One house is the whole page already.
    if report.properties.len() < 2 { Vec::new() } else { report.properties.iter().map(row).collect() }
}
