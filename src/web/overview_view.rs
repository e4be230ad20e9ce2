//! An overview, of the headline or of another construct -> what its page shows.

use serde::Serialize;

use super::chart_files::{ChartFile, chart_files};
use super::days_filter::address_with;
use super::head::{Head, Here, with_language};
use super::period_filter::{Asked, PeriodFilter, pairs, period};
use super::question_rows::{OutcomeRow, QuestionRow, outcome_row, question_row};
use super::report_view::{
    Absence, GroupRow, HeadlineView, PathRow, PriorityRow, Within, ends_of, group_row, headline, interval_text,
    of_constructs, of_properties, path_rows, priority_rows,
};
use super::view::link;
use crate::report::charts::ranked;
use crate::report::overview::{
    Change, Overview, Verdict, adjustment_sentences, cautions, standing_sentence, standout_sentences, verdict_sentence,
};
use crate::report::rounding::{percent, points};
use crate::report::sentences::{
    absence, days_caution, method_digest, method_text, notices, responses, segment_caution, with_thresholds,
};
use crate::report::{State, interval, priority_map, trend};
use crate::service::comparing::PERIODS;
use crate::service::reporting::SEGMENT;
use crate::wording::{Value, Wording, wording};

/// The overview page.
#[derive(Debug, Serialize)]
pub struct OverviewView {
    language: String,
    head: Head,
    title: String,
    heading: String,
    period: String,
    responses: String,
    filter: PeriodFilter,
    /// The construct that the page is about; none for the survey's headline.
    construct: Option<ConstructPart>,
    absence: Option<Absence>,
    /// Periods that have answers, where the days that were asked for have too few.
    elsewhere: Vec<Elsewhere>,
    headline: Option<HeadlineView>,
    change: String,
    change_class: &'static str,
    sentences: Vec<Said>,
    /// At which mix of guests.
    adjusted: Vec<String>,
    cautions: Vec<String>,
    standouts: Vec<StandoutRow>,
    /// What is said where nothing stands out.
    standouts_none: String,
    /// Among how many months of houses was looked.
    standouts_note: String,
    trend_wide: String,
    trend_narrow: String,
    months_files: Vec<ChartFile>,
    houses_files: Vec<ChartFile>,
    priorities_files: Vec<ChartFile>,
    months_note: String,
    months: Vec<GroupRow>,
    ranked: bool,
    houses: Vec<HouseRow>,
    ends: Ends,
    constructs_title: String,
    change_note: String,
    /// Where it is told whether both periods may be compared; empty where there are not two.
    alike: String,
    constructs: Vec<ConstructRow>,
    /// Whether anything stands beside the index.
    beside: bool,
    outcomes: Vec<OutcomeRow>,
    response_rate: Option<ResponseRateView>,
    others: Vec<OtherRow>,
    /// Where houses are shown by construct.
    by_construct: String,
    paths: String,
    /// Pages of segments.
    segments: Vec<super::report_view::Link>,
    priority_map: String,
    priorities: Vec<PriorityRow>,
    notices: Vec<String>,
    method_text: String,
    method_digest: String,
    /// Where it is told what delights and what disappoints.
    satisfiers: String,
    /// What was expected beside what was found; empty where the survey does not ask.
    expectations: String,
    kano: bool,
    json: String,
    full: String,
}

#[derive(Debug, Serialize)]
struct StandoutRow {
    name: String,
    text: String,
    class: &'static str,
    href: String,
}

/// A sentence, and where on the page its figures are.
#[derive(Debug, Serialize)]
struct Said {
    text: String,
    class: &'static str,
    place: &'static str,
}

#[derive(Debug, Serialize)]
struct HouseRow {
    row: GroupRow,
    href: String,
    rank: String,
    /// That it is surely above or below all together; empty where it is not.
    standing: String,
    class: &'static str,
}

#[derive(Debug, Serialize)]
struct ConstructRow {
    name: String,
    href: String,
    headline: bool,
    score: String,
    interval: String,
    bar: String,
    change: String,
    change_interval: String,
    change_bar: String,
}

/// What a page about one construct has besides.
#[derive(Debug, Serialize)]
struct ConstructPart {
    name: String,
    /// Back to the overview.
    back: String,
    questions: Vec<QuestionRow>,
    /// To it and from it.
    paths: Vec<PathRow>,
}

/// How many of those who were invited answered.
#[derive(Debug, Serialize)]
struct ResponseRateView {
    rate: String,
    of: String,
}

/// A construct of a unit against all others.
#[derive(Debug, Serialize)]
struct OtherRow {
    name: String,
    difference: String,
    interval: String,
    bar: String,
}

pub(super) fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Up => "up",
        Verdict::Down => "down",
        Verdict::NotShown => "unsure",
    }
}

pub(super) fn range(change: &Change, words: &Wording) -> String {
    words.between(&change.ends())
}

impl OverviewView {
    /// The page of an overview that was asked for with this query; about a construct, if one is named.
    pub fn new(overview: &Overview, query: &Asked, construct: Option<&str>, within: &Within) -> Self {
        let (report, words) = (&overview.report, wording(&overview.report.language));
        let slug = report.survey.slug.as_str();
        let asked = pairs(query, &report.filter);
        let of_days = with_language(address_with(&report.filter, &asked), &report.language);
        let svg = |drawn: Option<crate::report::svg::Element>| drawn.map_or(String::new(), |d| d.to_string());
        let comparison = overview.comparison.as_ref();
        let change = comparison.and_then(|c| c.change);
        let scope = report.filter.scope(words);
        let part = construct.map(|construct| construct_part(construct, overview, query, words));
        let name = part.as_ref().map_or("", |part| &part.name);
        let heading = [("scope", scope.as_str().into()), ("name", name.into())];
        let here = construct.map_or(Here::Overview, Here::Construct);
        let mut json = with_language(asked.clone(), &report.language);
        json.extend(construct.map(|construct| ("construct".to_owned(), construct.to_owned())));
        let indexed = report.properties.iter().filter(|house| house.index.is_some()).count();
        let files = |chart, drawn| chart_files(slug, chart, drawn, &json);
        Self {
            head: Head::new(here, slug, &asked, &report.language, within).of_days(slug, &report.filter),
            title: report.survey.title.clone(),
            heading: words.fill(if part.is_some() { "construct-of" } else { "overview-of" }, &heading),
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
            absence: absence(report, words).map(|(title, text)| Absence { title, text }),
            elsewhere: elsewhere(query, report, &asked, words),
            headline: headline(report, words),
            change: change.map_or(String::new(), |change| change.said()),
            change_class: change.map_or("", |change| class(change.verdict)),
            sentences: sentences(overview, words),
            adjusted: adjustment_sentences(overview, words),
            cautions: segment_caution(report, words)
                .into_iter()
                .chain(widened(query, report, words))
                .chain(days_caution(report, words))
                .chain(cautions(overview, words))
                .collect(),
            standouts: standout_rows(overview, construct, words),
            standouts_none: if overview.months_judged > 0 {
                words.get("standouts-none")
            } else {
                with_thresholds("standouts-unjudged", &report.thresholds, words)
            },
            standouts_note: standouts_note(overview, words),
            trend_wide: svg(trend::draw(&report.months, words, 1080.0)),
            trend_narrow: svg(trend::draw(&report.months, words, 380.0)),
            months_files: files("months", true),
            houses_files: files("houses", indexed > 1),
            priorities_files: files("priorities", report.priorities.len() > 1),
            months_note: with_thresholds("months-note", &report.thresholds, words),
            months: report.months.iter().rev().map(|g| group_row(g, report, words)).collect(),
            ranked: overview.ranks.len() > 1,
            houses: house_rows(overview, query, construct, words),
            ends: Ends::of(overview),
            constructs_title: words.get(if report.constructs.len() == 5 {
                "constructs-title"
            } else {
                "constructs-title-other"
            }),
            change_note: change_note(overview, words),
            alike: alike(overview, &asked),
            constructs: construct_rows(overview, query, words),
            beside: !overview.outcomes.is_empty() || overview.response_rate.is_some(),
            outcomes: overview
                .outcomes
                .iter()
                .map(|outcome| outcome_row(outcome, slug, &report.language, &asked, words))
                .collect(),
            response_rate: overview.response_rate.as_ref().map(|rate| response_rate(rate, words)),
            others: other_rows(overview, words),
            by_construct: if report.properties.len() > 1 {
                link(&["overview", slug, "properties"], &with_language(asked.clone(), &report.language))
            } else {
                String::new()
            },
            paths: link(&Here::Paths.path(slug), &with_language(asked.clone(), &report.language)),
            segments: segment_links(report, &asked),
            priority_map: svg(priority_map::draw(report, words)),
            priorities: priority_rows(report, &asked),
            notices: notices(report, words),
            method_text: method_text(report, words),
            method_digest: method_digest(report, words),
            satisfiers: link(&Here::Satisfiers.path(slug), &of_days),
            expectations: if overview.asks_expectations {
                link(&Here::Expectations.path(slug), &of_days)
            } else {
                String::new()
            },
            kano: overview.asks_kano,
            json: link(&["api", "v1", "overviews", slug], &json),
            full: link(&["reports", slug], &of_days),
            construct: part,
            language: report.language.clone(),
        }
    }
}

/// The same page of days that have answers.
#[derive(Debug, Serialize)]
struct Elsewhere {
    name: String,
    href: String,
}

fn elsewhere(
    query: &Asked,
    report: &crate::report::Report,
    asked: &[(String, String)],
    words: &Wording,
) -> Vec<Elsewhere> {
    let too_few = matches!(report.state, State::TooFew { .. });
    if !too_few || query.0.from.is_none() && query.0.to.is_none() {
        return Vec::new();
    }
    let of = |(period, id): (&str, &str)| {
        let kept = asked.iter().filter(|(name, _)| !matches!(name.as_str(), "from" | "to" | "period"));
        let mut query = with_language(kept.cloned().collect(), &report.language);
        query.push(("period".to_owned(), period.to_owned()));
        Elsewhere { name: words.get(id), href: link(&["overview", &report.survey.slug], &query) }
    };
    [("quarter", "absence-latest"), ("all", "overview-all-time")].map(of).into()
}

fn response_rate(rate: &crate::report::overview::ResponseRate, words: &Wording) -> ResponseRateView {
    let count = |n: u64| Value::Count(usize::try_from(n).unwrap_or(usize::MAX));
    let month = |day: chrono::NaiveDate| Value::Text(day.format("%Y-%m").to_string());
    let values = [
        ("answered", count(rate.answered)),
        ("invited", count(rate.invited)),
        ("first", month(rate.from)),
        ("last", month(rate.to)),
        ("running", if rate.so_far { "yes" } else { "no" }.into()),
    ];
    let id = if values[2].1 == values[3].1 { "response-rate-month" } else { "response-rate-months" };
    let share = percent(rate.answered as f64 / rate.invited as f64);
    let rate =
        if rate.nearest > 1 { words.fill("response-rate-about", &[("rate", share.as_str().into())]) } else { share };
    ResponseRateView { rate, of: words.fill(id, &values) }
}

/// Among how many months of houses was looked.
fn standouts_note(overview: &Overview, words: &Wording) -> String {
    if overview.months_judged == 0 {
        return String::new();
    }
    let [judged, all] = [overview.months_judged, overview.months_answered].map(Value::Count);
    words.fill("standouts-note", &[("judged", judged), ("all", all)])
}

/// What changes are against; empty where there are none.
fn change_note(overview: &Overview, words: &Wording) -> String {
    let Some(c) = overview.comparison.as_ref().filter(|c| c.change.is_some()) else { return String::new() };
    let n = c.responses.map(|n| words.fill("responses-count", &[("n", Value::Count(n))]));
    let to = c.to.to_string();
    let to = n.map_or_else(|| to.clone(), |n| words.aside(&to, &n));
    words.fill("change-note", &[("from", c.from.to_string().as_str().into()), ("to", to.as_str().into())])
}

/// Where it is told whether both periods may be compared; empty where there are not two.
fn alike(overview: &Overview, asked: &[(String, String)]) -> String {
    if overview.comparison.as_ref().is_none_or(|comparison| comparison.change.is_none()) {
        return String::new();
    }
    let by = [("by".to_owned(), PERIODS.to_owned())];
    let query = with_language(by.into_iter().chain(asked.iter().cloned()).collect(), &overview.report.language);
    link(&Here::Segments.path(&overview.report.survey.slug), &query)
}

fn construct_part(construct: &str, overview: &Overview, query: &Asked, words: &Wording) -> ConstructPart {
    let report = &overview.report;
    let asked = pairs(query, &report.filter);
    let question = |q: &crate::report::question::QuestionFigures| question_row(q, report, &asked, words);
    let touches = |path: &&crate::report::PathFigures| path.from == construct || path.to == construct;
    ConstructPart {
        name: report.name_of(construct).to_owned(),
        back: link(&["overview", &report.survey.slug], &with_language(asked.clone(), &report.language)),
        questions: overview.questions.iter().map(question).collect(),
        paths: path_rows(report, report.paths.iter().filter(touches)),
    }
}

fn segment_links(report: &crate::report::Report, asked: &[(String, String)]) -> Vec<super::report_view::Link> {
    let to = |segment: &crate::report::segments::SegmentInfo| {
        let by = [("by".to_owned(), segment.segment.clone())];
        let parameter = format!("{SEGMENT}{}", segment.segment);
        let others = asked.iter().filter(|(name, _)| *name != parameter).cloned();
        let asked = by.into_iter().chain(others).collect();
        super::report_view::Link {
            tag: String::new(),
            name: segment.name.clone(),
            href: link(&Here::Segments.path(&report.survey.slug), &with_language(asked, &report.language)),
            current: false,
        }
    };
    report.survey.segments.iter().map(to).collect()
}

fn other_rows(overview: &Overview, words: &Wording) -> Vec<OtherRow> {
    let reach = reach(&overview.others);
    let row = |other: &crate::report::overview::ConstructChange| OtherRow {
        name: overview.report.name_of(&other.construct).to_owned(),
        difference: other.change.said(),
        interval: range(&other.change, words),
        bar: interval::draw_change(&other.change, reach).to_string(),
    };
    overview.others.iter().map(row).collect()
}

/// Whole points that all intervals lie within.
fn reach(changes: &[crate::report::overview::ConstructChange]) -> f64 {
    changes.iter().flat_map(|c| c.change.ci).fold(1.0_f64, |most, x| most.max(x.abs())).ceil()
}

/// What the drawings of tables reach from and to.
#[derive(Debug, Serialize)]
struct Ends {
    houses: [String; 2],
    constructs: [String; 2],
    changes: [String; 3],
    others: [String; 3],
}

impl Ends {
    fn of(overview: &Overview) -> Self {
        Self {
            houses: ends_of(of_properties(&overview.report)),
            constructs: ends_of(of_constructs(&overview.report)),
            changes: around(reach(overview.comparison.as_ref().map_or(&[][..], |c| &c.constructs))),
            others: around(reach(&overview.others)),
        }
    }
}

/// Both ends of a drawing around zero, and zero.
fn around(reach: f64) -> [String; 3] {
    [format!("−{reach:.0}"), "0".to_owned(), format!("+{reach:.0}")]
}

/// What the director has ten seconds for.
fn sentences(overview: &Overview, words: &Wording) -> Vec<Said> {
    // What most is to be gained from is called first only where the map has it so.
    let first = overview.report.priorities.first().zip(priority_map::quadrants_of(&overview.report).first().copied());
    let first = first.map(|(p, quadrant)| {
        let id = if quadrant == "quadrant-first" { "overview-first" } else { "summary-first" };
        words.fill(id, &[("first", p.label.as_str().into())])
    });
    let change = overview.comparison.as_ref().and_then(|comparison| comparison.change);
    let moved = change.map_or("unsure", |change| class(change.verdict));
    let below = overview.against.iter().any(|house| house.change.verdict == Verdict::Down);
    let beside = if overview.others.is_empty() { "houses" } else { "others" };
    let all = [
        (verdict_sentence(overview, words), moved, "months"),
        (standing_sentence(overview, words), if below { "down" } else { "unsure" }, beside),
        (first, "first", "priority-heading"),
    ];
    all.into_iter().filter_map(|(text, class, place)| Some(Said { text: text?, class, place })).collect()
}

/// That a period which nobody chose is longer than the usual quarter.
fn widened(query: &Asked, report: &crate::report::Report, words: &Wording) -> Option<String> {
    let (days, period) = query;
    let is_given = |value: &Option<String>| value.as_ref().is_some_and(|value| !value.is_empty());
    let chosen = period.period.as_deref().is_some_and(|period| !matches!(period, "" | "days"));
    if chosen || is_given(&days.from) || is_given(&days.to) || report.headline.is_none() {
        return None;
    }
    match (report.filter.from, report.filter.to) {
        (Some(from), Some(to)) if from + chrono::Months::new(3) > to => None,
        (Some(_), Some(_)) => Some(words.get("period-widened")),
        _ => Some(words.get("period-widened-all")),
    }
}

fn standout_rows(overview: &Overview, construct: Option<&str>, words: &Wording) -> Vec<StandoutRow> {
    let slug = overview.report.survey.slug.as_str();
    let days = |first: &str, last: &str| {
        let from: chrono::NaiveDate = format!("{first}-01").parse().ok()?;
        let begun: chrono::NaiveDate = format!("{last}-01").parse().ok()?;
        Some([from.to_string(), (begun + chrono::Months::new(1)).pred_opt()?.to_string()])
    };
    let row = |(standout, text): (&crate::report::overview::StandoutFigures, String)| {
        let [from, to] = days(&standout.first, &standout.last).unwrap_or_default();
        let query =
            [("unit", standout.code.as_str()), ("from", &from), ("to", &to), ("lang", &overview.report.language)];
        let query: Vec<(String, String)> = query.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        StandoutRow {
            name: standout.name.clone(),
            text,
            class: if standout.change.difference < 0.0 { "down" } else { "up" },
            href: link(&Here::of(construct).path(slug), &query),
        }
    };
    overview.standouts.iter().zip(standout_sentences(overview, words)).map(row).collect()
}

fn house_rows(overview: &Overview, query: &Asked, construct: Option<&str>, words: &Wording) -> Vec<HouseRow> {
    let report = &overview.report;
    let rank = |code: &str| {
        let Some(found) = overview.ranks.iter().find(|rank| rank.code == code) else { return "–".to_owned() };
        let [best, worst] = found.ranks.map(|rank| rank.to_string());
        let of = found.of.to_string();
        let id = if best == worst { "rank-one" } else { "rank-of" };
        words.fill(id, &[("best", best.as_str().into()), ("worst", worst.as_str().into()), ("of", of.as_str().into())])
    };
    let row = |group: &crate::report::GroupFigures| {
        let mut to: Vec<(String, String)> =
            pairs(query, &report.filter).into_iter().filter(|(name, _)| name != "unit").collect();
        to.insert(0, ("unit".to_owned(), group.code.clone()));
        let against = overview.against.iter().find(|house| house.code == group.code).map(|house| house.change.verdict);
        let (standing, class) = match against {
            Some(Verdict::Up) => (words.get("house-above"), "above"),
            Some(Verdict::Down) => (words.get("house-below"), "below"),
            _ => (String::new(), ""),
        };
        HouseRow {
            standing,
            class,
            href: link(&Here::of(construct).path(&report.survey.slug), &with_language(to, &report.language)),
            rank: rank(&group.code),
            row: group_row(group, report, words),
        }
    };
    // One house is the whole page already.
    if report.properties.len() < 2 { Vec::new() } else { ranked(&report.properties).map(row).collect() }
}

fn construct_rows(overview: &Overview, query: &Asked, words: &Wording) -> Vec<ConstructRow> {
    let report = &overview.report;
    let changes = overview.comparison.as_ref().map_or(&[][..], |c| &c.constructs);
    let (reach, bounds) = (reach(changes), of_constructs(report));
    let asked = with_language(pairs(query, &report.filter), &report.language);
    let headline = report.headline.as_ref().map_or("", |h| &h.construct);
    let row = |c: &crate::report::ConstructFigures| {
        let change = changes.iter().find(|change| change.construct == c.construct).map(|found| found.change);
        ConstructRow {
            name: c.name.clone(),
            href: link(&Here::Construct(&c.construct).path(&report.survey.slug), &asked),
            headline: c.construct == headline,
            score: points(c.index.score),
            interval: interval_text(&c.index, words),
            bar: interval::draw(&c.index, bounds).to_string(),
            change: change.map_or(String::new(), |change| change.said()),
            change_interval: change.map_or(String::new(), |change| range(&change, words)),
            change_bar: change.map_or(String::new(), |change| interval::draw_change(&change, reach).to_string()),
        }
    };
    report.constructs.iter().map(row).collect()
}
