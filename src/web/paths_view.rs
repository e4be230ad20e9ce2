//! An overview -> the page of what drives what.

use serde::Serialize;

use super::chart_files::{ChartFile, chart_files};
use super::head::{Head, Here, with_language};
use super::period_filter::{Asked, PeriodFilter, pairs, period};
use super::report_view::{Absence, ConstructRow, PathRow, Within, construct_rows, path_rows};
use super::view::link;
use crate::report::overview::{Overview, adjustment_sentences};
use crate::report::path_diagram::{self, Orientation};
use crate::report::sentences::{absence, notices, responses};
use crate::wording::wording;

/// The page of the model with its estimates.
#[derive(Debug, Serialize)]
pub struct PathsView {
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
    path_across: String,
    path_down: String,
    files: Vec<ChartFile>,
    paths: Vec<PathRow>,
    constructs: Vec<ConstructRow>,
    notices: Vec<String>,
    json: String,
}

impl PathsView {
    /// The page of an overview that was asked for with this query.
    pub fn new(overview: &Overview, query: &Asked, within: &Within) -> Self {
        let (report, words) = (&overview.report, wording(&overview.report.language));
        let slug = report.survey.slug.as_str();
        let asked = pairs(query, &report.filter);
        let diagram = path_diagram::of_report(report, words);
        let drawn = |way| diagram.as_ref().map_or(String::new(), |d| path_diagram::draw(d, way).to_string());
        let scope = report.filter.scope(words);
        let with = with_language(asked.clone(), &report.language);
        let flagged = report.flagged > 0;
        let shown = (&report.filter, &report.survey);
        Self {
            head: Head::new(Here::Paths, slug, &asked, &report.language, within).of_days(slug, &report.filter),
            title: report.survey.title.clone(),
            heading: words.fill("paths-of", &[("scope", scope.as_str().into())]),
            period: period(&report.filter, words),
            responses: responses(report, words),
            filter: PeriodFilter::new(query, shown, flagged, &report.language, within).adjustable(),
            adjusted: adjustment_sentences(overview, words),
            absence: absence(report, words).map(|(title, text)| Absence { title, text }),
            path_across: drawn(Orientation::Across),
            path_down: drawn(Orientation::Down),
            files: chart_files(slug, "paths", diagram.is_some(), &with),
            paths: path_rows(report, report.paths.iter()),
            constructs: construct_rows(report, words),
            notices: notices(report, words),
            json: link(&["api", "v1", "overviews", slug], &with),
            language: report.language.clone(),
        }
    }
}
