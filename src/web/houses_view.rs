//! An overview with its properties by construct -> the page of houses.

use serde::Serialize;

use super::chart_files::{ChartFile, chart_files};
use super::head::{Head, Here, with_language};
use super::overview_view::range;
use super::period_filter::{Asked, PeriodFilter, pairs, period};
use super::report_view::{Absence, Within};
use super::view::link;
use crate::report::heat_map;
use crate::report::overview::{CellFigures, Overview, PropertyConstructs, Verdict, adjustment_sentences};
use crate::report::publication::Base;
use crate::report::rounding::points;
use crate::report::sentences::{absence, notices, responses, with_thresholds};
use crate::wording::{Wording, grouped, wording};

/// The page of houses by construct.
#[derive(Debug, Serialize)]
pub struct HousesView {
    language: String,
    head: Head,
    title: String,
    heading: String,
    period: String,
    responses: String,
    filter: PeriodFilter,
    /// At which mix of guests.
    adjusted: Vec<String>,
    absence: Option<Absence>,
    heat_wide: String,
    heat_narrow: String,
    heat_files: Vec<ChartFile>,
    constructs: Vec<Column>,
    houses: Vec<Row>,
    /// Houses that have too few responses, by name.
    left_out: String,
    notices: Vec<String>,
    json: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) href: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) href: String,
    pub(super) low: bool,
    pub(super) responses: String,
    pub(super) cells: Vec<Cell>,
}

#[derive(Debug, Serialize)]
pub(super) struct Cell {
    score: String,
    against: String,
    class: &'static str,
}

impl HousesView {
    /// The page of an overview that was asked for with this query.
    pub fn new(overview: &Overview, query: &Asked, within: &Within) -> Self {
        let (report, words) = (&overview.report, wording(&overview.report.language));
        let slug = report.survey.slug.as_str();
        let asked = pairs(query, &report.filter);
        let svg = |drawn: Option<crate::report::svg::Element>| drawn.map_or(String::new(), |d| d.to_string());
        let scope = report.filter.scope(words);
        let with = |asked: &[(String, String)]| with_language(asked.to_vec(), &report.language);
        let column = |c: &crate::report::ConstructFigures| Column {
            name: c.name.clone(),
            href: link(&Here::Construct(&c.construct).path(slug), &with(&asked)),
        };
        let row = |house: &PropertyConstructs| {
            let mut to: Vec<(String, String)> = asked.iter().filter(|(name, _)| name != "unit").cloned().collect();
            to.insert(0, ("unit".to_owned(), house.code.clone()));
            Row {
                name: house.name.clone(),
                href: link(&Here::Overview.path(slug), &with(&to)),
                low: house.base == Base::Low,
                responses: grouped(house.responses),
                cells: house.constructs.iter().map(|c| cell(c, words)).collect(),
            }
        };
        let shown = |code: &str| overview.by_construct.iter().any(|house| house.code == code);
        let left_out: Vec<&str> =
            report.properties.iter().filter(|p| !shown(&p.code)).map(|p| p.name.as_str()).collect();
        Self {
            head: Head::new(Here::Properties, slug, &asked, &report.language, within).of_days(slug, &report.filter),
            title: report.survey.title.clone(),
            heading: words.fill("houses-of", &[("scope", scope.as_str().into())]),
            period: period(&report.filter, words),
            responses: responses(report, words),
            filter: PeriodFilter::new(
                query,
                (&report.filter, &report.survey),
                report.flagged > 0,
                &report.language,
                within,
            )
            .adjustable(),
            adjusted: adjustment_sentences(overview, words),
            absence: absence(report, words).map(|(title, text)| Absence { title, text }),
            heat_wide: svg(heat_map::draw(overview, heat_map::HOUSES, words, 1080.0)),
            heat_narrow: svg(heat_map::draw(overview, heat_map::HOUSES, words, 380.0)),
            heat_files: chart_files(slug, "measures", true, &with(&asked)),
            constructs: report.constructs.iter().map(column).collect(),
            houses: overview.by_construct.iter().map(row).collect(),
            left_out: if left_out.is_empty() || report.constructs.is_empty() {
                String::new()
            } else {
                let said = with_thresholds("houses-left-out", &report.thresholds, words);
                format!("{said} {}", words.listed(&left_out))
            },
            notices: notices(report, words),
            json: link(&["api", "v1", "overviews", slug, "properties"], &with(&asked)),
            language: report.language.clone(),
        }
    }
}

pub(super) fn cell(cell: &CellFigures, words: &Wording) -> Cell {
    Cell {
        score: points(cell.index.score),
        against: cell.against.map_or(String::new(), |against| words.aside(&against.said(), &range(&against, words))),
        class: match cell.against.map(|against| against.verdict) {
            Some(Verdict::Up) => "up",
            Some(Verdict::Down) => "down",
            _ => "",
        },
    }
}
