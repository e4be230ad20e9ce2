//! The charts of pages, each with its data: for files that leave the pages.
//!
//! Pure. Owns: which charts there are and what they are called in addresses; an SVG that stands alone, with its own style.
//! Houses
//! stand in their own order, as intervals carry no other. Refuses: numbers that a page does not show.

use super::overview::Overview;
use super::path_diagram::{self, Orientation};
use super::publication::Base;
use super::question::QuestionReport;
use super::svg::Element;
use super::tables::{self, Table};
use super::{GroupFigures, distribution, dot_plot, heat_map, priority_map, trend};
use crate::wording::Wording;

/// Width of a chart in a file, and the white around it.
const WIDTH: f64 = 1080.0;
const MARGIN: f64 = 24.0;

/// A chart of an overview, or of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chart {
    Months,
    Houses,
    Priorities,
    Paths,
    Heat,
    Points,
}

/// A chart and the numbers that it shows.
pub struct Drawn {
    /// None where there is too little to draw.
    pub svg: Option<Element>,
    pub table: Table,
}

impl Chart {
    /// All, with their names in addresses.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Months, "months"),
        (Self::Houses, "houses"),
        (Self::Priorities, "priorities"),
        (Self::Paths, "paths"),
        (Self::Heat, "measures"),
        (Self::Points, "points"),
    ];

    /// The chart with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(chart, _)| *chart)
    }
}

/// A chart of an overview; `None` for one of questions.
pub fn of_overview(chart: Chart, overview: &Overview, words: &Wording) -> Option<Drawn> {
    let report = &overview.report;
    let (svg, table) = match chart {
        Chart::Months => (
            trend::draw(&report.months, words, WIDTH),
            tables::groups(&report.months, ("months-title", "month"), words),
        ),
        Chart::Houses => (dot_plot::draw(ranked(&report.properties), words, WIDTH), tables::houses(overview, words)),
        Chart::Priorities => (priority_map::draw(report, words), tables::priorities(report, words)),
        Chart::Paths => (
            path_diagram::of_report(report, words).map(|diagram| path_diagram::draw(&diagram, Orientation::Across)),
            tables::paths(report, words),
        ),
        Chart::Heat => (heat_map::draw(overview, heat_map::HOUSES, words, WIDTH), tables::heat(overview, words)),
        Chart::Points => return None,
    };
    Some(Drawn { svg, table })
}

/// A chart of a question; `None` for one of the model.
pub fn of_question(chart: Chart, report: &QuestionReport, words: &Wording) -> Option<Drawn> {
    let (svg, table) = match chart {
        Chart::Points => (distribution::draw(&report.question, words, 720.0), tables::points(&report.question, words)),
        Chart::Months => (
            trend::draw(&report.months, words, WIDTH),
            tables::groups(&report.months, ("months-title", "month"), words),
        ),
        Chart::Houses => (
            dot_plot::draw(ranked(&report.properties), words, WIDTH),
            tables::groups(&report.properties, ("houses-title", "property"), words),
        ),
        Chart::Priorities | Chart::Paths | Chart::Heat => return None,
    };
    Some(Drawn { svg, table })
}

/// Highest index first; then, as they come, those of a low base, which take no rank, and those without an index.
pub fn ranked(groups: &[GroupFigures]) -> impl Iterator<Item = &GroupFigures> {
    let mut sorted: Vec<&GroupFigures> = groups.iter().collect();
    let score = |g: &GroupFigures| g.index.filter(|_| g.base == Base::Full).map_or(f64::NEG_INFINITY, |i| i.score);
    sorted.sort_by(|a, b| b.base.cmp(&a.base).then_with(|| score(b).total_cmp(&score(a))));
    sorted.into_iter()
}

/// How large [`file`] makes a drawing.
pub fn file_size(svg: &Element) -> [f64; 2] {
    svg.size().map(|side| side + 2.0 * MARGIN)
}

/// A drawing as a file of its own: on white, with the light colours, whatever shows it.
pub fn file(svg: Element, style: &str) -> String {
    let [width, height] = file_size(&svg);
    let ground = super::svg::element("rect").at("x", -MARGIN).at("y", -MARGIN).at("width", width).at("height", height);
    let view = format!("-{MARGIN} -{MARGIN} {width} {height}");
    let svg = svg.instead("viewBox", view).with("width", width).with("height", height);
    let text = svg.before(ground.with("fill", "#fff")).to_string();
    // The style holds nothing that XML reads as its own.
    text.replacen('>', &format!("><style>{style}</style>"), 1)
}
