//! Segments of guests beside each other -> their page.

use serde::Serialize;

use super::head::{Head, Here, with_language};
use super::houses_view::{Column, Row, cell};
use super::overview_view::range;
use super::period_filter::{Asked, PeriodFilter, pairs, period};
use super::report_view::{Absence, Link, Within};
use super::view::link;
use crate::report::comparing::{ConstructContrast, Contrast, PathContrast, SegmentsCompared, sentences};
use crate::report::overview::PropertyConstructs;
use crate::report::publication::Base;
use crate::report::sentences::{absence, notices, responses, with_thresholds};
use crate::report::{Basis, Report, heat_map};
use crate::service::comparing::PERIODS;
use crate::service::reporting::SEGMENT;
use crate::wording::{Value, Wording, grouped, wording};

/// The page of segments.
#[derive(Debug, Serialize)]
pub struct SegmentsView {
    language: String,
    head: Head,
    title: String,
    heading: String,
    period: String,
    responses: String,
    filter: PeriodFilter,
    /// The segments to choose from.
    by: Vec<Link>,
    cautions: Vec<String>,
    /// Why there is nothing to compare.
    absence: Option<Absence>,
    heat_wide: String,
    heat_narrow: String,
    constructs: Vec<Column>,
    parts: Vec<Row>,
    /// Parts that have too few responses, by name.
    left_out: String,
    contrast: Option<ContrastView>,
    /// The parts that can be set beside the others.
    choices: Vec<Link>,
    /// Why no part is set beside the others; empty where one is.
    contrast_missing: String,
    notices: Vec<String>,
    json: String,
}

#[derive(Debug, Serialize)]
struct ContrastView {
    title: String,
    sentences: Vec<String>,
    /// Whether every measure is made up of its questions in the same way.
    made_alike: bool,
    against: String,
    others: String,
    here: String,
    constructs: Vec<ConstructRow>,
    paths: Vec<PathRow>,
    note: String,
}

#[derive(Debug, Serialize)]
struct ConstructRow {
    name: String,
    difference: String,
    interval: String,
    comparable: String,
    composition: String,
}

#[derive(Debug, Serialize)]
struct PathRow {
    from: String,
    to: String,
    here: String,
    there: String,
    p: String,
    differs: bool,
}

impl SegmentsView {
    /// The page of a comparison that was asked for with this query.
    pub fn new(compared: &SegmentsCompared, query: &Asked, within: &Within) -> Self {
        let overview = &compared.overview;
        let (report, words) = (&overview.report, wording(&overview.report.language));
        let slug = report.survey.slug.as_str();
        let asked = pairs(query, &report.filter);
        let scope = report.filter.scope(words);
        let svg = |drawn: Option<crate::report::svg::Element>| drawn.map_or(String::new(), |d| d.to_string());
        let with = |more: &[(&str, &str)], asked: &[(String, String)]| {
            let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            with_language(more.chain(asked.iter().cloned()).collect(), &report.language)
        };
        let path = Here::Segments.path(slug);
        let (id, name) = compared.by.as_ref().map_or(("", ""), |by| (by.segment.as_str(), by.name.as_str()));
        let to = |tag: &str, name: &str, href: String, current: bool| Link {
            tag: tag.to_owned(),
            name: name.to_owned(),
            href,
            current,
        };
        let by = report.survey.segments.iter().map(|segment| {
            let others = without(&asked, &segment.segment);
            let href = link(&path, &with(&[("by", &segment.segment)], &others));
            to("", &segment.name, href, segment.segment == id)
        });
        let of_periods = id == PERIODS && !report.survey.segments.iter().any(|segment| segment.segment == id);
        let period_link = |_| {
            let href = link(&path, &with(&[("by", PERIODS)], &asked));
            to("", &words.get("segments-periods"), href, of_periods)
        };
        let by = by.chain(overview.comparison.as_ref().map(period_link));
        let chosen = compared.contrast.as_ref().map_or("", |contrast| contrast.value.as_str());
        let values = compared.by.as_ref().map_or(&[][..], |by| by.values.as_slice());
        let shown = |value: &str| overview.by_construct.iter().any(|part| part.code == value);
        let full = |value: &str| overview.by_construct.iter().any(|p| p.code == value && p.base == Base::Full);
        let choices = values.iter().filter(|value| !of_periods && full(&value.value)).map(|value| {
            let href = link(&path, &with(&[("by", id), ("value", &value.value)], &asked));
            to("", &value.name, format!("{href}#contrast"), value.value == chosen)
        });
        let row = |part: &PropertyConstructs| {
            let (parameter, others) = (format!("{SEGMENT}{id}"), without(&asked, id));
            let query = match (of_periods, part.code == "before") {
                (false, _) => with(&[(&parameter, &part.code)], &others),
                (true, false) => with(&[], &asked),
                (true, true) => with(&[], &of_before(overview, &asked)),
            };
            Row {
                name: part.name.clone(),
                href: link(&Here::Overview.path(slug), &query),
                low: part.base == Base::Low,
                responses: grouped(part.responses),
                cells: part.constructs.iter().map(|c| cell(c, words)).collect(),
            }
        };
        let left_out: Vec<&str> =
            values.iter().filter(|value| !shown(&value.value)).map(|value| value.name.as_str()).collect();
        let mut json = vec![("by", id)];
        json.extend((!chosen.is_empty()).then_some(("value", chosen)));
        let part = part_before(query, id);
        let own = json.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let here: Vec<(String, String)> = own.chain(asked.clone()).chain(part).collect();
        let none = || Absence { title: words.get("segments-none"), text: words.get("segments-none-text") };
        Self {
            head: Head::new(Here::Segments, slug, &here, &report.language, within).of_days(slug, &report.filter),
            title: report.survey.title.clone(),
            heading: words.fill(
                if of_periods { "segments-by-period" } else { "segments-by" },
                &[("scope", scope.as_str().into()), ("name", name.into())],
            ),
            cautions: cautions(compared, words),
            period: period(&report.filter, words),
            responses: responses(report, words),
            filter: PeriodFilter::new(
                query,
                (&report.filter, &report.survey),
                report.flagged > 0,
                &report.language,
                within,
            )
            .keeping(json.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()),
            by: by.collect(),
            absence: match &compared.by {
                None => Some(none()),
                Some(_) => absence(report, words).map(|(title, text)| Absence { title, text }),
            },
            heat_wide: svg(heat_map::draw(overview, heat_map::SEGMENTS, words, 1080.0)),
            heat_narrow: svg(heat_map::draw(overview, heat_map::SEGMENTS, words, 380.0)),
            constructs: columns(report, &with(&[], &asked)),
            parts: overview.by_construct.iter().map(row).collect(),
            left_out: said_left_out(&left_out, report, words),
            contrast: compared.contrast.as_ref().map(|contrast| contrast_view(contrast, compared, words)),
            contrast_missing: match (&compared.contrast, &compared.by) {
                (None, Some(_)) if !overview.by_construct.is_empty() => {
                    words.fill("contrast-small", &[("least", Value::Count(report.thresholds.rank))])
                }
                _ => String::new(),
            },
            choices: choices.collect(),
            notices: notices(report, words),
            json: link(&["api", "v1", "overviews", slug, "segments"], &with(&json, &asked)),
            language: report.language.clone(),
        }
    }
}

fn contrast_view(contrast: &Contrast, compared: &SegmentsCompared, words: &Wording) -> ContrastView {
    let report = &compared.overview.report;
    let compared_by = compared.by.as_ref().map_or("", |by| by.segment.as_str());
    let name = ("name", Value::from(contrast.name.as_str()));
    // What may not be compared is not.
    let change = |c: &ConstructContrast| c.change.filter(|_| c.comparable != Some(false));
    // As the verdict has it: for all constructs at once.
    let constructs = contrast.constructs.len();
    let construct = |c: &ConstructContrast| ConstructRow {
        name: c.name.clone(),
        difference: change(c).map_or("–".to_owned(), |change| change.said()),
        interval: change(c).map_or(String::new(), |change| range(&change, words)),
        comparable: words.get(match c.comparable {
            Some(true) => "comparable-yes",
            Some(false) => "comparable-no",
            None => "comparable-unknown",
        }),
        composition: format!("{:.4} ({})", c.composition, probability((c.p * constructs as f64).min(1.0))),
    };
    let path = |p: &PathContrast| PathRow {
        from: report.name_of(&p.from).to_owned(),
        to: report.name_of(&p.to).to_owned(),
        here: format!("{:.2}", p.estimates[0]),
        there: format!("{:.2}", p.estimates[1]),
        p: probability(p.p),
        differs: p.differs,
    };
    let [part, others] = contrast.responses;
    let counts = [contrast.compared[0], part, contrast.compared[1], others, contrast.permutations].map(grouped);
    let names = ["here", "part", "there", "others", "permutations"];
    let note: Vec<(&str, Value)> = names.into_iter().zip(counts.iter().map(|count| count.as_str().into())).collect();
    let compared = if contrast.compared == contrast.responses { "contrast-all" } else { "contrast-drawn" };
    let of_periods = compared_by == PERIODS && contrast.value == "now";
    let (title, others) =
        if of_periods { ("contrast-title-period", "others-before") } else { ("contrast-title", "others-guests") };
    let others = words.get(others);
    ContrastView {
        title: words.fill(title, std::slice::from_ref(&name)),
        sentences: sentences(contrast, &others, report, words),
        made_alike: contrast.constructs.iter().all(|c| c.comparable == Some(true)),
        against: words.fill("contrast-against", &[("others", others.as_str().into())]),
        others,
        here: contrast.name.clone(),
        constructs: contrast.constructs.iter().map(construct).collect(),
        paths: contrast.paths.iter().map(path).collect(),
        note: format!("{} {}", words.fill(compared, &note), words.fill("contrast-note", &note)),
    }
}

fn probability(p: f64) -> String {
    if p < 0.001 { "< 0.001".to_owned() } else { format!("{p:.3}") }
}

fn columns(report: &Report, with: &[(String, String)]) -> Vec<Column> {
    let to = |id: &str| link(&Here::Construct(id).path(&report.survey.slug), with);
    report.constructs.iter().map(|c| Column { name: c.name.clone(), href: to(&c.construct) }).collect()
}

/// The part that was looked at before, of which this page shows all: it goes along to other pages.
fn part_before(query: &Asked, id: &str) -> impl Iterator<Item = (String, String)> {
    let part = query.0.segments().into_iter().filter(move |(segment, _)| segment == id);
    part.map(|(segment, value)| (format!("{SEGMENT}{segment}"), value))
}

/// Parts that have too few responses, by name; empty where there are none.
fn said_left_out(names: &[&str], report: &Report, words: &Wording) -> String {
    if names.is_empty() || report.constructs.is_empty() {
        return String::new();
    }
    let said = with_thresholds("houses-left-out", &report.thresholds, words);
    format!("{said} {}", words.listed(names))
}

/// What was asked for, of the days of the period before.
fn of_before(overview: &crate::report::overview::Overview, asked: &[(String, String)]) -> Vec<(String, String)> {
    let days = overview.comparison.iter().flat_map(|c| [("from", c.from), ("to", c.to)]);
    let days = days.map(|(name, day)| (name.to_owned(), day.to_string()));
    days.chain(asked.iter().filter(|(name, _)| !matches!(name.as_str(), "from" | "to" | "period")).cloned()).collect()
}

/// What was asked for without a part of this segment.
fn without(asked: &[(String, String)], segment: &str) -> Vec<(String, String)> {
    let parameter = format!("{SEGMENT}{segment}");
    asked.iter().filter(|(name, _)| *name != parameter).cloned().collect()
}

/// To whoever sees whole groups: how many responses the parts hold, and what guests are not divided by.
fn cautions(compared: &SegmentsCompared, words: &Wording) -> Vec<String> {
    let (overview, report) = (&compared.overview, &compared.overview.report);
    let mut said = Vec::new();
    if report.basis == Basis::Groups
        && let (Some(counted), Some(all)) = (compared.counted, report.responses)
    {
        let [counted, all] = [counted, all].map(grouped);
        let least = Value::Count(report.thresholds.counts);
        let values = [("least", least), ("counted", counted.as_str().into()), ("all", all.as_str().into())];
        said.push(words.fill("segments-counted", &values));
    }
    let of_periods = compared.by.as_ref().is_some_and(|by| by.segment == PERIODS);
    if let Some(comparison) = overview.comparison.as_ref().filter(|_| of_periods) {
        let [from, to] = [comparison.from, comparison.to].map(|day| day.to_string());
        let before = [("from", from.as_str().into()), ("to", to.as_str().into())];
        said.push([words.get("period-before"), words.get("colon"), words.fill("overview-period", &before)].concat());
    }
    if !compared.undivided.is_empty() && !of_periods {
        let names = words.listed(&compared.undivided);
        let least = Value::Count(report.thresholds.counts);
        said.push(words.fill("segments-undivided", &[("least", least), ("names", names.as_str().into())]));
    }
    said
}
