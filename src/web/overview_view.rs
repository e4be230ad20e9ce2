//! An overview, and a page of comments -> what their pages show.

use serde::Serialize;

use super::head::{Head, Here, with_language};
use super::report_view::{
    Absence, GroupRow, HeadlineView, PriorityRow, UnitOption, Within, group_row, headline, interval_text,
    method_digest, method_text, priority_rows, ranked, unit_options,
};
use super::view::link;
use crate::report::overview::{Change, Overview, Verdict, cautions, signed, standout_sentences, verdict_sentence};
use crate::report::sentences::{absence, notices, points, responses, with_thresholds};
use crate::report::{Report, interval, priority_map, trend};
use crate::service::commenting::{Comment, CommentQuery, Found};
use crate::service::overview::PeriodQuery;
use crate::service::reporting::FilterQuery;
use crate::survey::check::Survey;
use crate::survey::field::Kind;
use crate::wording::{Value, Wording, wording};

/// A choice of a list.
#[derive(Debug, Serialize)]
struct Choice {
    value: &'static str,
    name: String,
    selected: bool,
}

fn choices(words: &Wording, all: &[(&'static str, &str)], chosen: &str) -> Vec<Choice> {
    let choice = |(value, id): &(&'static str, &str)| Choice { value, name: words.get(id), selected: *value == chosen };
    all.iter().map(choice).collect()
}

/// The overview page.
#[derive(Debug, Serialize)]
pub struct OverviewView {
    language: String,
    head: Head,
    title: String,
    heading: String,
    period: String,
    responses: String,
    everywhere: bool,
    units: Vec<UnitOption>,
    periods: Vec<Choice>,
    compares: Vec<Choice>,
    days_open: bool,
    from: String,
    to: String,
    /// Offers to leave flagged responses out; empty where there are none.
    odd: String,
    unflagged: bool,
    absence: Option<Absence>,
    headline: Option<HeadlineView>,
    change: String,
    change_class: &'static str,
    sentences: Vec<String>,
    cautions: Vec<String>,
    standouts: Vec<StandoutRow>,
    /// What is said where nothing stands out.
    standouts_none: String,
    trend_wide: String,
    trend_narrow: String,
    months_note: String,
    months: Vec<GroupRow>,
    ranked: bool,
    houses: Vec<HouseRow>,
    constructs_title: String,
    change_note: String,
    constructs: Vec<ConstructRow>,
    priority_map: String,
    priorities: Vec<PriorityRow>,
    notices: Vec<String>,
    method_text: String,
    method_digest: String,
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

#[derive(Debug, Serialize)]
struct HouseRow {
    row: GroupRow,
    href: String,
    rank: String,
}

#[derive(Debug, Serialize)]
struct ConstructRow {
    name: String,
    headline: bool,
    score: String,
    interval: String,
    bar: String,
    change: String,
    change_interval: String,
    change_bar: String,
}

fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Up => "up",
        Verdict::Down => "down",
        Verdict::NotShown => "unsure",
    }
}

fn range(change: &Change, words: &Wording) -> String {
    let [low, high] = change.ci.map(signed);
    words.fill("interval-range", &[("low", low.as_str().into()), ("high", high.as_str().into())])
}

impl OverviewView {
    /// The page of an overview that was asked for with this query.
    pub fn new(overview: &Overview, query: &(FilterQuery, PeriodQuery), within: &Within) -> Self {
        let (report, words) = (&overview.report, wording(&overview.report.language));
        let slug = report.survey.slug.as_str();
        let asked = pairs(query, report);
        let svg = |drawn: Option<crate::report::svg::Element>| drawn.map_or(String::new(), |d| d.to_string());
        let named = query.0.from.as_ref().or(query.0.to.as_ref()).is_some_and(|day| !day.is_empty());
        let day = |given: &Option<String>| given.clone().unwrap_or_default();
        let comparison = overview.comparison.as_ref();
        let change = comparison.and_then(|c| c.change);
        let scope = report.filter.unit.as_ref().map_or_else(|| words.get("filter-all"), |u| u.name.clone());
        let periods = [
            ("", "period-default"),
            ("month", "period-month"),
            ("quarter", "period-quarter"),
            ("year", "period-year"),
            ("all", "period-all"),
        ];
        let compares = [("previous", "compare-previous"), ("year", "compare-year"), ("none", "compare-none")];
        Self {
            head: Head::new(Here::Overview, slug, &asked, &report.language, within),
            title: report.survey.title.clone(),
            heading: words.fill("overview-of", &[("scope", scope.as_str().into())]),
            period: period(report, words),
            responses: responses(report, words),
            everywhere: within.everywhere,
            units: unit_options(report, within),
            periods: choices(words, &periods, query.1.period.as_deref().unwrap_or_default()),
            compares: choices(
                words,
                &compares,
                query.1.compare.as_deref().filter(|c| !c.is_empty()).unwrap_or("previous"),
            ),
            days_open: named,
            from: day(&query.0.from),
            to: day(&query.0.to),
            odd: if report.flagged > 0 || report.filter.unflagged {
                words.get("filter-unflagged")
            } else {
                String::new()
            },
            unflagged: report.filter.unflagged,
            absence: absence(report, words).map(|(title, text)| Absence { title, text }),
            headline: headline(report, words),
            change: change.map_or(String::new(), |change| signed(change.difference)),
            change_class: change.map_or("", |change| class(change.verdict)),
            sentences: sentences(overview, words),
            cautions: cautions(overview, words),
            standouts: standout_rows(overview, words),
            standouts_none: if overview.months_judged > 0 {
                words.get("standouts-none")
            } else {
                with_thresholds("standouts-unjudged", &report.thresholds, words)
            },
            trend_wide: svg(trend::draw(report, words, 1080.0)),
            trend_narrow: svg(trend::draw(report, words, 380.0)),
            months_note: with_thresholds("months-note", &report.thresholds, words),
            months: report.months.iter().rev().map(|g| group_row(g, report, words)).collect(),
            ranked: overview.ranks.len() > 1,
            houses: house_rows(overview, query, words),
            constructs_title: words.get(if report.constructs.len() == 5 {
                "constructs-title"
            } else {
                "constructs-title-other"
            }),
            change_note: comparison.filter(|c| c.change.is_some()).map_or(String::new(), |c| {
                let days = [c.from.to_string(), c.to.to_string()];
                words.fill("change-note", &[("from", days[0].as_str().into()), ("to", days[1].as_str().into())])
            }),
            constructs: construct_rows(overview, words),
            priority_map: svg(priority_map::draw(report, words)),
            priorities: priority_rows(report).into_iter().take(8).collect(),
            notices: notices(report, words),
            method_text: method_text(report, words),
            method_digest: method_digest(report, words),
            json: link(&["api", "v1", "overviews", slug], &with_language(asked.clone(), &report.language)),
            full: link(&["reports", slug], &with_language(of_report(report), &report.language)),
            language: report.language.clone(),
        }
    }
}

/// What was asked for, as an address has it.
fn pairs((filter, period): &(FilterQuery, PeriodQuery), report: &Report) -> Vec<(String, String)> {
    let unit = report.filter.unit.as_ref().map(|unit| unit.code.clone());
    let all = [
        ("unit", unit),
        ("period", period.period.clone()),
        ("compare", period.compare.clone()),
        ("from", filter.from.clone()),
        ("to", filter.to.clone()),
        ("flagged", filter.flagged.clone()),
    ];
    let given = all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    given.filter(|(_, value)| !value.is_empty()).collect()
}

/// The days that an overview is of, for the report of the same.
fn of_report(report: &Report) -> Vec<(String, String)> {
    let all = [
        ("unit", report.filter.unit.as_ref().map(|unit| unit.code.clone())),
        ("from", report.filter.from.map(|day| day.to_string())),
        ("to", report.filter.to.map(|day| day.to_string())),
        ("flagged", report.filter.unflagged.then(|| "without".to_owned())),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

fn period(report: &Report, words: &Wording) -> String {
    match (report.filter.from, report.filter.to) {
        (Some(from), Some(to)) => {
            let days = [from.to_string(), to.to_string()];
            words.fill("overview-period", &[("from", days[0].as_str().into()), ("to", days[1].as_str().into())])
        }
        (None, None) => words.get("overview-all-time"),
        (from, to) => from.or(to).map_or(String::new(), |day| day.to_string()),
    }
}

/// What the director has ten seconds for.
fn sentences(overview: &Overview, words: &Wording) -> Vec<String> {
    let first = overview.report.priorities.first();
    let first = first.map(|p| words.fill("overview-first", &[("first", p.label.as_str().into())]));
    verdict_sentence(overview, words).into_iter().chain(first).collect()
}

fn standout_rows(overview: &Overview, words: &Wording) -> Vec<StandoutRow> {
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
            href: link(&["overview", slug], &query),
        }
    };
    overview.standouts.iter().zip(standout_sentences(overview, words)).map(row).collect()
}

fn house_rows(overview: &Overview, query: &(FilterQuery, PeriodQuery), words: &Wording) -> Vec<HouseRow> {
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
            pairs(query, report).into_iter().filter(|(name, _)| name != "unit").collect();
        to.insert(0, ("unit".to_owned(), group.code.clone()));
        HouseRow {
            href: link(&["overview", &report.survey.slug], &with_language(to, &report.language)),
            rank: rank(&group.code),
            row: group_row(group, report, words),
        }
    };
    // One house is the whole page already.
    if report.properties.len() < 2 { Vec::new() } else { ranked(&report.properties).map(row).collect() }
}

fn construct_rows(overview: &Overview, words: &Wording) -> Vec<ConstructRow> {
    let report = &overview.report;
    let changes = overview.comparison.as_ref().map_or(&[][..], |c| &c.constructs);
    let reach = changes.iter().flat_map(|c| c.change.ci).fold(1.0_f64, |most, x| most.max(x.abs())).ceil();
    let headline = report.headline.as_ref().map_or("", |h| &h.construct);
    let row = |c: &crate::report::ConstructFigures| {
        let change = changes.iter().find(|change| change.construct == c.construct).map(|found| found.change);
        ConstructRow {
            name: c.name.clone(),
            headline: c.construct == headline,
            score: points(c.index.score),
            interval: interval_text(&c.index, words),
            bar: interval::draw(&c.index, (0.0, 100.0)).to_string(),
            change: change.map_or(String::new(), |change| signed(change.difference)),
            change_interval: change.map_or(String::new(), |change| range(&change, words)),
            change_bar: change.map_or(String::new(), |change| interval::draw_change(&change, reach).to_string()),
        }
    };
    report.constructs.iter().map(row).collect()
}

/// The page of comments.
#[derive(Debug, Serialize)]
pub struct CommentsView {
    language: String,
    head: Head,
    title: String,
    scope: String,
    everywhere: bool,
    units: Vec<UnitOption>,
    search: String,
    /// Whether there is more than one question to choose.
    several: bool,
    questions: Vec<QuestionOption>,
    from: String,
    to: String,
    note: String,
    flagged: String,
    comments: Vec<CommentRow>,
    /// What is said where there are none.
    none: String,
    next: String,
}

#[derive(Debug, Serialize)]
struct QuestionOption {
    code: String,
    name: String,
    selected: bool,
}

#[derive(Debug, Serialize)]
struct CommentRow {
    text: String,
    about: String,
    receipt: String,
}

/// What a page of comments is made from.
pub struct Comments<'a> {
    pub survey: &'a Survey,
    pub language: &'a str,
    pub query: &'a (FilterQuery, CommentQuery),
    pub found: Found,
    /// From how many responses comments are shown together.
    pub together: usize,
}

impl CommentsView {
    /// A page of comments that were asked for with this query.
    pub fn new(page: Comments<'_>, within: &Within) -> Self {
        let Comments { survey, language, query, found, together } = page;
        let words = wording(language);
        let slug = survey.slug.as_str();
        let (filter, wanted) = query;
        let given = [
            ("unit", &filter.unit),
            ("from", &filter.from),
            ("to", &filter.to),
            ("search", &wanted.search),
            ("question", &wanted.question),
            ("flagged", &filter.flagged),
        ];
        let given = given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)));
        let given: Vec<(String, String)> = given.filter(|(_, value)| !value.is_empty()).collect();
        let plain = |value: &Option<String>| value.clone().unwrap_or_default();
        let label = |id: &str| {
            survey
                .field(id)
                .map_or_else(|| id.to_owned(), |f| f.label.in_language(language, survey.base_language()).to_owned())
        };
        let asks = |field: &crate::survey::field::Field<'_>| matches!(field.kind, Kind::Text { lines: true, .. });
        let questions: Vec<QuestionOption> = survey
            .fields()
            .filter(asks)
            .map(|f| QuestionOption {
                name: label(&f.id),
                selected: wanted.question.as_deref() == Some(&f.id),
                code: f.id,
            })
            .collect();
        let several = questions.len() > 1;
        let unit_name = |code: &str| {
            within
                .units
                .iter()
                .find(|unit| unit.code == code)
                .map_or_else(|| code.to_owned(), |unit| unit.name_in(language))
        };
        let single = found.comments.iter().any(|comment| comment.receipt.is_some());
        let row = |comment: Comment| {
            let when = comment.submitted_at.map_or(comment.month, |at| at.date_naive().to_string());
            let place = comment.unit.as_deref().map(unit_name);
            let question = several.then(|| label(&comment.question));
            let about: Vec<String> = [place, Some(when), question].into_iter().flatten().collect();
            CommentRow { text: comment.text, about: about.join(" · "), receipt: comment.receipt.unwrap_or_default() }
        };
        let next = found.next.map(|place| {
            let mut query = with_language(given.clone(), language);
            query.push(("cursor".to_owned(), crate::service::cursor::cursor(place)));
            link(&["overview", slug, "comments"], &query)
        });
        Self {
            head: Head::new(Here::Comments, slug, &given, language, within),
            title: survey.template.title.in_language(language, survey.base_language()).to_owned(),
            scope: filter
                .unit
                .as_deref()
                .filter(|code| !code.is_empty())
                .map_or_else(|| words.get("filter-all"), unit_name),
            everywhere: within.everywhere,
            units: super::report_view::options(within, language, filter.unit.as_deref()),
            search: plain(&wanted.search),
            several,
            questions,
            from: plain(&filter.from),
            to: plain(&filter.to),
            note: if single {
                words.get("comments-note-single")
            } else {
                words.fill("comments-note-batches", &[("n", Value::Count(together))])
            },
            flagged: plain(&filter.flagged),
            comments: found.comments.into_iter().map(row).collect(),
            none: words.get(if next.is_some() { "comments-none-here" } else { "comments-none" }),
            next: next.unwrap_or_default(),
            language: language.to_owned(),
        }
    }
}
