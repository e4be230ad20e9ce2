//! A report -> what its page shows: figures as text, charts as SVG, filters as links and options.

use serde::Serialize;

use super::days_filter::{DaysFilter, address, address_with, is_passed_on};
use super::head::{Head, Here, with_language};
use super::question_rows::{OutcomeRow, outcome_row};
use super::view::link;
use crate::report::charts::ranked;
use crate::report::path_diagram::{self, Orientation};
use crate::report::publication::Base;
use crate::report::rounding::{ends, points, signed, two, two_ends};
use crate::report::sentences::{absence, method_digest, method_text, notices, responses, summary, with_thresholds};
use crate::report::{
    GroupFigures, Index, PathFigures, RatingFigures, Report, ScoreFigures, State, UnitName, interval, priority_map,
    trend,
};
use crate::service::keeping::{KeptReport, Verified};
use crate::service::reporting::FilterQuery;
use crate::store::units::UnitRow;
use crate::wording::{Wording, grouped, wording};

/// The report page.
#[derive(Debug, Serialize)]
pub struct ReportView {
    language: String,
    title: String,
    heading: String,
    /// First and last.
    days: String,
    head: Head,
    anonymous: bool,
    filter: DaysFilter,
    /// NPS and CSAT.
    outcomes: Vec<OutcomeRow>,
    headline: Option<HeadlineView>,
    responses: String,
    through: String,
    absence: Option<Absence>,
    notices: Vec<String>,
    summary: Vec<String>,
    constructs_title: String,
    constructs: Vec<ConstructRow>,
    path_across: String,
    path_down: String,
    paths: Vec<PathRow>,
    priority_map: String,
    priorities: Vec<PriorityRow>,
    /// Means, where there is no index to say more.
    means: Vec<MeanRow>,
    scores: Vec<ScoreRow>,
    properties_note: String,
    /// What the drawings beside constructs, and beside properties, reach from and to.
    constructs_ends: [String; 2],
    properties_ends: [String; 2],
    properties: Vec<GroupRow>,
    months_note: String,
    trend_wide: String,
    trend_narrow: String,
    months: Vec<GroupRow>,
    method_text: String,
    method_digest: String,
    json: String,
    xlsx: String,
    pdf: String,
    csv: String,
    /// Offers to keep this report.
    can_keep: bool,
    /// What is to be kept.
    asked: Vec<(String, String)>,
    keep: String,
    /// Of a report that is kept.
    kept: Option<KeptView>,
}

/// What is said of a report that is kept.
#[derive(Debug, Serialize)]
struct KeptView {
    said: String,
    sha256: String,
    json: String,
    /// Makes it again.
    verification: String,
    /// What came of making it again, if that was asked for, and where it differs.
    again: String,
    differences: Vec<String>,
}

impl KeptView {
    fn new(kept: &KeptReport, report: &Report, again: Option<&Verified>) -> Self {
        let (words, number) = (wording(&report.language), kept.number.to_string());
        let at = kept.kept_at.format("%Y-%m-%d %H:%M").to_string();
        let values =
            [("number", number.as_str().into()), ("at", at.as_str().into()), ("by", kept.kept_by.as_str().into())];
        Self {
            said: words.fill("kept-said", &values),
            sha256: kept.sha256.clone(),
            json: link(&["api", "v1", "kept-reports", &number], &[]),
            verification: link(&["kept-reports", &number], &[("again".to_owned(), "yes".to_owned())]),
            again: again.map_or(String::new(), |again| {
                words.get(if *again == Verified::Same { "kept-again-same" } else { "kept-again-other" })
            }),
            differences: match again {
                Some(Verified::Other(differences)) => differences.clone(),
                _ => Vec::new(),
            },
        }
    }
}

#[derive(Debug, Serialize)]
struct ScoreRow {
    name: String,
    value: String,
    interval: String,
    responses: String,
}

#[derive(Debug, Serialize)]
struct MeanRow {
    name: String,
    mean: String,
    scale: String,
    responses: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Link {
    pub(super) tag: String,
    pub(super) name: String,
    pub(super) href: String,
    pub(super) current: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct UnitOption {
    code: String,
    name: String,
    /// `group`, `region`, `property`: for indentation.
    kind: String,
    selected: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct HeadlineView {
    label: String,
    score: String,
    bar: String,
    interval_label: String,
    interval: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Absence {
    pub(super) title: String,
    pub(super) text: String,
}

#[derive(Debug, Serialize)]
pub(super) struct ConstructRow {
    name: String,
    headline: bool,
    score: String,
    interval: String,
    bar: String,
    influence: String,
    explained: String,
}

#[derive(Debug, Serialize)]
pub(super) struct PathRow {
    from: String,
    to: String,
    estimate: String,
    interval: String,
}

#[derive(Debug, Serialize)]
pub(super) struct PriorityRow {
    rank: usize,
    href: String,
    label: String,
    construct: String,
    /// What the map says of it.
    quadrant: String,
    importance: String,
    performance: String,
    gain: String,
}

#[derive(Debug, Serialize)]
pub(super) struct GroupRow {
    name: String,
    href: String,
    responses: String,
    has_index: bool,
    low: bool,
    score: String,
    interval: String,
    bar: String,
}

/// What the reader may see besides the report.
pub struct Within {
    /// Whether all units together may be asked for.
    pub everywhere: bool,
    /// Whether there are single responses to read.
    pub responses: bool,
    /// Whether there are comments to read.
    pub comments: bool,
    /// The units that may be asked for, parents before children.
    pub units: Vec<UnitRow>,
    /// Who is signed in.
    pub account: Option<String>,
    /// What pages of a period were asked for besides, which pages of days pass on.
    pub keeps: Vec<(String, String)>,
}

impl Within {
    /// On a page of days that was asked for with this.
    #[must_use]
    pub fn passing_on(self, query: &FilterQuery) -> Self {
        let passed = |(name, value): &&(String, String)| is_passed_on(name) && !value.is_empty();
        Self { keeps: query.more.0.iter().filter(passed).cloned().collect(), ..self }
    }
}

impl ReportView {
    /// As it was kept: without filters, and with what proves it.
    pub fn kept(self, kept: &KeptReport, report: &Report, again: Option<&Verified>) -> Self {
        let view = KeptView::new(kept, report, again);
        let file = |name| link(&["api", "v1", "kept-reports", &kept.number.to_string(), name], &[]);
        let (xlsx, pdf) = (file("report.xlsx"), file("report.pdf"));
        Self { head: self.head.without_languages(), json: view.json.clone(), xlsx, pdf, kept: Some(view), ..self }
    }

    /// The page of a report.
    pub fn new(report: &Report, within: &Within) -> Self {
        let words = wording(&report.language);
        let slug = report.survey.slug.as_str();
        let diagram = path_diagram::of_report(report, words);
        let absence = absence(report, words).map(|(title, text)| Absence { title, text });
        let svg = |drawn: Option<crate::report::svg::Element>| drawn.map_or(String::new(), |d| d.to_string());
        let scope = report.filter.scope(words);
        let kept = address_with(&report.filter, &within.keeps);
        let asked = with_language(kept.clone(), &report.language);
        let file = |name| link(&["api", "v1", "reports", slug, name], &asked);
        Self {
            title: report.survey.title.clone(),
            heading: words.fill("report-of", &[("scope", scope.as_str().into())]),
            days: days_of(report.filter.from, report.filter.to, words),
            head: Head::new(Here::Report, slug, &kept, &report.language, within),
            filter: DaysFilter::new(&report.filter, &report.survey, report.flagged > 0, &report.language, within),
            anonymous: report.survey.anonymous,
            headline: headline(report, words),
            outcomes: report
                .outcomes
                .iter()
                .map(|outcome| outcome_row(outcome, slug, &report.language, &asked, words))
                .collect(),
            responses: responses(report, words),
            notices: notices(report, words),
            through: report.last_response.map_or_else(
                || if report.responses.is_some() { words.get("no-responses") } else { responses(report, words) },
                |t| words.fill("through", &[("date", t.date().to_string().as_str().into())]),
            ),
            absence,
            summary: summary(report, words),
            constructs_title: words.get(if report.constructs.len() == 5 {
                "constructs-title"
            } else {
                "constructs-title-other"
            }),
            constructs: construct_rows(report, words),
            constructs_ends: ends_of(of_constructs(report)),
            path_across: svg(diagram.as_ref().map(|d| path_diagram::draw(d, Orientation::Across))),
            path_down: svg(diagram.as_ref().map(|d| path_diagram::draw(d, Orientation::Down))),
            paths: path_rows(report, report.paths.iter()),
            priority_map: svg(priority_map::draw(report, words)),
            priorities: priority_rows(report, &query(report, None)),
            scores: report.scores.iter().map(|s| score_row(s, words)).collect(),
            means: if report.state == State::Ready {
                Vec::new()
            } else {
                report.ratings.iter().map(|r| mean_row(r, words)).collect()
            },
            properties_note: with_thresholds("properties-note", &report.thresholds, words),
            properties_ends: ends_of(of_properties(report)),
            properties: ranked(&report.properties).map(|g| group_row(g, report, words)).collect(),
            months_note: with_thresholds("months-note", &report.thresholds, words),
            trend_wide: svg(trend::draw(&report.months, words, 1080.0)),
            trend_narrow: svg(trend::draw(&report.months, words, 380.0)),
            months: report.months.iter().rev().map(|g| group_row(g, report, words)).collect(),
            method_text: method_text(report, words),
            method_digest: method_digest(report, words),
            json: link(&["api", "v1", "reports", slug], &with_language(query(report, None), &report.language)),
            xlsx: file("report.xlsx"),
            pdf: file("report.pdf"),
            csv: if within.responses {
                link(&["api", "v1", "surveys", slug, "responses.csv"], &[])
            } else {
                String::new()
            },
            can_keep: within.account.is_some() && report.state == State::Ready,
            asked: query(report, None),
            keep: link(&["reports", slug, "keep"], &[]),
            kept: None,
            language: report.language.clone(),
        }
    }
}

/// First and last day of a filter; all time where it has none.
pub(super) fn days_of(from: Option<chrono::NaiveDate>, to: Option<chrono::NaiveDate>, words: &Wording) -> String {
    let day = |day: Option<chrono::NaiveDate>| day.map_or("…".to_owned(), |day| day.to_string());
    match (from, to) {
        (None, None) => words.get("overview-all-time"),
        (from, to) => format!("{} – {}", day(from), day(to)),
    }
}

/// The query of this report's address, with another unit if given.
fn query(report: &Report, unit: Option<&str>) -> Vec<(String, String)> {
    let mut filter = report.filter.clone();
    if let Some(code) = unit {
        filter.unit = Some(UnitName { code: code.to_owned(), name: String::new() });
    }
    address(&filter)
}

/// The units to choose from, those below others after them.
pub(super) fn options(within: &Within, language: &str, chosen: Option<&str>) -> Vec<UnitOption> {
    let units = &within.units;
    let is_root = |unit: &UnitRow| !units.iter().any(|above| Some(above.id) == unit.parent_id);
    let selected = |code: &str| chosen == Some(code);
    let single_root = within.everywhere && units.len() > 1 && units.iter().filter(|u| is_root(u)).count() == 1;
    let mut options = Vec::new();
    let mut stack: Vec<&UnitRow> = units.iter().filter(|u| is_root(u)).rev().collect();
    while let Some(unit) = stack.pop() {
        // A single root is "the whole group", the first choice of the list.
        if !is_root(unit) || !single_root || selected(&unit.code) {
            options.push(UnitOption {
                code: unit.code.clone(),
                name: unit.name_in(language),
                kind: unit.kind.clone(),
                selected: selected(&unit.code),
            });
        }
        stack.extend(units.iter().filter(|u| u.parent_id == Some(unit.id)).rev());
    }
    options
}

pub(super) fn interval_text(index: &Index, words: &Wording) -> String {
    index.ci.map_or(String::new(), |ci| words.between(&ends(ci)))
}

/// The ends of an interval, in words.
pub(super) fn headline(report: &Report, words: &Wording) -> Option<HeadlineView> {
    let headline = report.headline.as_ref()?;
    let level = report.method.as_ref().map_or(95, |m| m.bootstrap.level).to_string();
    Some(HeadlineView {
        label: words.fill("index-of", &[("name", headline.name.as_str().into())]),
        score: points(headline.index.score),
        bar: interval::draw(&headline.index, (0.0, 100.0)).to_string(),
        interval_label: words.fill("interval", &[("level", level.as_str().into())]),
        interval: interval_text(&headline.index, words),
    })
}

pub(super) fn construct_rows(report: &Report, words: &Wording) -> Vec<ConstructRow> {
    let headline = report.headline.as_ref().map_or("", |h| &h.construct);
    let bounds = of_constructs(report);
    let row = |c: &crate::report::ConstructFigures| ConstructRow {
        name: c.name.clone(),
        headline: c.construct == headline,
        score: points(c.index.score),
        interval: interval_text(&c.index, words),
        bar: interval::draw(&c.index, bounds).to_string(),
        influence: match c.influence {
            Some(influence) => format!("{influence:.2}"),
            None if c.construct == headline => "–".to_owned(),
            None => words.get("influence-none"),
        },
        explained: c.r2.map_or_else(|| "–".to_owned(), |r2| format!("{:.0}%", 100.0 * r2)),
    };
    report.constructs.iter().map(row).collect()
}

/// Paths of a report, as rows.
pub(super) fn path_rows<'a>(report: &Report, paths: impl Iterator<Item = &'a PathFigures>) -> Vec<PathRow> {
    let words = wording(&report.language);
    let row = |p: &crate::report::PathFigures| PathRow {
        from: report.name_of(&p.from).to_owned(),
        to: report.name_of(&p.to).to_owned(),
        estimate: two(p.estimate),
        interval: p.ci.map_or(String::new(), |ci| words.between(&two_ends(ci))),
    };
    paths.map(row).collect()
}

/// Ratings by what is to be gained, each with its page for what was asked for.
pub(super) fn priority_rows(report: &Report, asked: &[(String, String)]) -> Vec<PriorityRow> {
    let asked = with_language(asked.to_vec(), &report.language);
    let (words, quadrants) = (wording(&report.language), priority_map::quadrants_of(report));
    let row = |(i, p): (usize, &crate::report::Priority)| PriorityRow {
        rank: i + 1,
        quadrant: words.get(quadrants[i]),
        href: link(&Here::Question(&p.indicator).path(&report.survey.slug), &asked),
        label: p.label.clone(),
        construct: report.name_of(&p.construct).to_owned(),
        importance: format!("{:.2}", p.importance),
        performance: points(p.performance),
        gain: signed(p.gain()),
    };
    report.priorities.iter().enumerate().map(row).collect()
}

/// A mean with its interval, or the shares of categories.
fn score_row(score: &ScoreFigures, words: &Wording) -> ScoreRow {
    let share = |c: &crate::report::CategoryCount| {
        let id = format!("category-{}", c.category);
        let name = if words.has(&id) { words.get(&id) } else { c.category.clone() };
        format!("{name} {:.0}%", 100.0 * c.responses as f64 / score.responses as f64)
    };
    let shares: Vec<String> = score.categories.iter().map(share).collect();
    ScoreRow {
        name: score.name.clone(),
        value: score.mean.map_or_else(|| shares.join(" · "), |mean| format!("{mean:.2}")),
        interval: score
            .ci
            .map_or_else(String::new, |[low, high]| words.between(&[format!("{low:.2}"), format!("{high:.2}")])),
        responses: grouped(score.responses),
    }
}

fn mean_row(rating: &RatingFigures, words: &Wording) -> MeanRow {
    MeanRow {
        name: rating.label.clone(),
        mean: format!("{:.2}", rating.mean),
        scale: words.between(&rating.scale.map(|end| format!("{end:.0}"))),
        responses: grouped(rating.responses),
    }
}

pub(super) fn group_row(group: &GroupFigures, report: &Report, words: &Wording) -> GroupRow {
    let bounds = of_properties(report);
    GroupRow {
        name: group.name.clone(),
        href: link(
            &["reports", &report.survey.slug],
            &with_language(query(report, Some(&group.code)), &report.language),
        ),
        responses: match group.responses {
            Some(n) => grouped(n),
            None => format!("<\u{2009}{}", report.thresholds.counts),
        },
        low: group.base == Base::Low,
        has_index: group.index.is_some(),
        score: group.index.map_or(String::new(), |i| points(i.score)),
        interval: group.index.map_or(String::new(), |i| interval_text(&i, words)),
        bar: group.index.map_or(String::new(), |i| interval::draw(&i, bounds).to_string()),
    }
}

/// Whole tens around all intervals, so that rows compare by eye.
pub(super) fn bounds(indices: impl Iterator<Item = Index>) -> (f64, f64) {
    let ends = indices.flat_map(|i| i.ci.unwrap_or([i.score; 2]));
    let (low, high) = ends.fold((100.0_f64, 0.0_f64), |(l, h), x| (l.min(x), h.max(x)));
    if low > high { (0.0, 100.0) } else { ((low / 10.0).floor() * 10.0, (high / 10.0).ceil() * 10.0) }
}

/// What the drawings beside constructs reach from and to.
pub(super) fn of_constructs(report: &Report) -> (f64, f64) {
    bounds(report.constructs.iter().map(|construct| construct.index))
}

/// What the drawings beside properties reach from and to.
pub(super) fn of_properties(report: &Report) -> (f64, f64) {
    bounds(report.properties.iter().filter_map(|property| property.index))
}

/// Both ends of a drawing, in words.
pub(super) fn ends_of((low, high): (f64, f64)) -> [String; 2] {
    [low, high].map(|end| format!("{end:.0}"))
}
