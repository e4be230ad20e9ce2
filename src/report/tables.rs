//! A report, and the data behind a chart, as tables: what a spreadsheet and a CSV file hold.
//!
//! Pure. Owns: which columns there are, under the names that pages use. Numbers stay numbers, at full precision. Refuses: to
//! show what the report withholds; a cell of that is empty.

use super::overview::Overview;
use super::publication::Base;
use super::question::QuestionFigures;
use super::sentences::{notices, responses, summary};
use super::{GroupFigures, Index, Report};
use crate::wording::Wording;

/// A table with a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub name: String,
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
}

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Text(String),
    Number(f64),
    Empty,
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        if number.is_finite() { Self::Number(number) } else { Self::Empty }
    }
}

impl From<Option<f64>> for Cell {
    fn from(number: Option<f64>) -> Self {
        number.map_or(Self::Empty, Self::from)
    }
}

impl From<Option<usize>> for Cell {
    fn from(count: Option<usize>) -> Self {
        count.map_or(Self::Empty, |n| Self::Number(n as f64))
    }
}

/// Index, standard error, lower and upper end.
fn figures(index: Option<Index>) -> [Cell; 4] {
    let end = |which: usize| index.and_then(|index| index.ci).map(|ci| ci[which]);
    [index.map(|i| i.score).into(), index.and_then(|i| i.se).into(), end(0).into(), end(1).into()]
}

fn names(words: &Wording, ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| words.get(id)).collect()
}

/// A report: first what it says, then each of its tables. `kept` is what is said of one that is kept.
pub fn of_report(report: &Report, kept: Option<&str>, words: &Wording) -> Vec<Table> {
    let tables = [constructs(report, words), paths(report, words), priorities(report, words)];
    let groups = [
        groups(&report.properties, ("properties-title", "property"), words),
        groups(&report.months, ("months-title", "month"), words),
    ];
    let rest = tables.into_iter().chain(groups).chain([ratings(report, words), scores(report, words)]);
    std::iter::once(first(report, kept, words)).chain(rest.filter(|table| !table.rows.is_empty())).collect()
}

/// What a report is of, and what it says.
fn first(report: &Report, kept: Option<&str>, words: &Wording) -> Table {
    let row = |name: &str, value: Cell| vec![Cell::Text(words.get(name)), value];
    let text = |text: String| Cell::Text(text);
    let scope = report.filter.scope(words);
    let day = |day: Option<chrono::NaiveDate>| day.map_or(Cell::Empty, |day| text(day.to_string()));
    let mut rows = vec![
        row("table-survey", text(report.survey.title.clone())),
        row("filter-unit", text(scope)),
        row("filter-from", day(report.filter.from)),
        row("filter-to", day(report.filter.to)),
        row("responses", report.responses.map_or_else(|| text(responses(report, words)), |n| Cell::Number(n as f64))),
    ];
    if let Some(headline) = &report.headline {
        let name = words.fill("index-of", &[("name", headline.name.as_str().into())]);
        let [score, _, low, high] = figures(Some(headline.index));
        rows.push(vec![Cell::Text(name), score]);
        rows.push(row("table-lower", low));
        rows.push(row("table-upper", high));
    }
    for outcome in &report.outcomes {
        rows.push(vec![Cell::Text(outcome.in_words(words).name), Cell::Number(outcome.score)]);
        rows.extend([row("table-lower", outcome.ci[0].into()), row("table-upper", outcome.ci[1].into())]);
    }
    rows.extend(summary(report, words).into_iter().map(|sentence| vec![text(sentence)]));
    rows.extend(notices(report, words).into_iter().map(|notice| vec![text(notice)]));
    rows.extend(kept.map(|kept| vec![kept.into()]));
    if let Some(method) = &report.method {
        let bootstrap = &method.bootstrap;
        rows.push(row("table-engine", text(method.engine.clone())));
        rows.push(row("table-revision", text(report.survey.revision.clone())));
        rows.push(row("table-data", text(method.data_digest.clone())));
        rows.push(row("table-pooled", Cell::Number(method.pooled_responses as f64)));
        rows.push(row("table-resamples", Cell::Number(bootstrap.used as f64)));
        rows.push(row("table-seed", text(bootstrap.seed.to_string())));
        rows.push(row("table-level", Cell::Number(f64::from(bootstrap.level) / 100.0)));
    }
    Table { name: words.get("report-title"), columns: Vec::new(), rows }
}

fn constructs(report: &Report, words: &Wording) -> Table {
    let mut columns = names(words, &["construct", "score", "table-se", "table-lower", "table-upper"]);
    columns.extend(names(words, &["influence", "explained"]));
    let row = |c: &super::ConstructFigures| {
        let mut row = vec![Cell::Text(c.name.clone())];
        row.extend(figures(Some(c.index)));
        row.extend([c.influence.into(), c.r2.into()]);
        row
    };
    Table { name: words.get("table-constructs"), columns, rows: report.constructs.iter().map(row).collect() }
}

/// The paths between constructs.
pub fn paths(report: &Report, words: &Wording) -> Table {
    let columns = names(words, &["path-from", "path-to", "path-estimate", "table-se", "table-lower", "table-upper"]);
    let row = |p: &super::PathFigures| {
        let end = |which: usize| p.ci.map(|ci| ci[which]);
        let name = |id: &str| Cell::Text(report.name_of(id).to_owned());
        vec![name(&p.from), name(&p.to), p.estimate.into(), p.se.into(), end(0).into(), end(1).into()]
    };
    Table { name: words.get("table-paths"), columns, rows: report.paths.iter().map(row).collect() }
}

/// Ratings by what is to be gained from each.
pub fn priorities(report: &Report, words: &Wording) -> Table {
    let ids =
        ["priority-rank", "priority-item", "construct", "priority-importance", "priority-performance", "priority-gain"];
    let row = |(i, p): (usize, &super::Priority)| {
        let construct = report.name_of(&p.construct).to_owned();
        let name = Cell::Text(p.label.clone());
        let figures = [p.importance, p.performance, p.gain()].map(Cell::from);
        [Cell::Number((i + 1) as f64), name, Cell::Text(construct)].into_iter().chain(figures).collect()
    };
    let rows = report.priorities.iter().enumerate().map(row).collect();
    Table { name: words.get("priority-title"), columns: names(words, &ids), rows }
}

/// Properties or months.
pub fn groups(groups: &[GroupFigures], (title, group): (&str, &str), words: &Wording) -> Table {
    let ids = [group, "responses", "score", "table-se", "table-lower", "table-upper", "table-base"];
    let columns = names(words, &ids);
    let row = |g: &GroupFigures| {
        let mut row = vec![Cell::Text(g.name.clone()), g.responses.into()];
        row.extend(figures(g.index));
        row.push(match g.base {
            Base::Full => Cell::Empty,
            Base::Low => Cell::Text(words.get("low-short")),
            Base::Means | Base::Nothing => Cell::Text(words.get("too-few-short")),
        });
        row
    };
    Table { name: words.get(title), columns, rows: groups.iter().map(row).collect() }
}

fn ratings(report: &Report, words: &Wording) -> Table {
    let columns = names(words, &["question", "responses", "score-mean", "lowest-point", "highest-point"]);
    let row = |r: &super::RatingFigures| {
        let [low, high] = r.scale.map(Cell::Number);
        vec![Cell::Text(r.label.clone()), Cell::Number(r.responses as f64), r.mean.into(), low, high]
    };
    Table { name: words.get("table-ratings"), columns, rows: report.ratings.iter().map(row).collect() }
}

fn scores(report: &Report, words: &Wording) -> Table {
    let ids = ["score-name", "table-category", "responses", "score-mean", "table-lower", "table-upper"];
    let rows = report.scores.iter().flat_map(|score| {
        let end = |which: usize| Cell::from(score.ci.map(|ci| ci[which]));
        let name = Cell::Text(score.name.clone());
        let whole =
            vec![name.clone(), Cell::Empty, Cell::Number(score.responses as f64), score.mean.into(), end(0), end(1)];
        let category = move |c: &super::CategoryCount| {
            vec![name.clone(), Cell::Text(c.category.clone()), Cell::Number(c.responses as f64)]
        };
        std::iter::once(whole).chain(score.categories.iter().map(category))
    });
    Table { name: words.get("scores-title"), columns: names(words, &ids), rows: rows.collect() }
}

/// The index of every property, with the ranks that it could have.
pub fn houses(overview: &Overview, words: &Wording) -> Table {
    let mut table = groups(&overview.report.properties, ("houses-title", "property"), words);
    table.columns.extend(names(words, &["table-best-rank", "table-worst-rank"]));
    for (row, house) in table.rows.iter_mut().zip(&overview.report.properties) {
        let ranks = overview.ranks.iter().find(|rank| rank.code == house.code).map(|rank| rank.ranks);
        row.extend([0, 1].map(|which| Cell::from(ranks.map(|ranks| ranks[which]))));
    }
    table
}

/// Every construct of every property, and how it differs from all together.
pub fn heat(overview: &Overview, words: &Wording) -> Table {
    let ids = ["property", "construct", "score", "table-difference", "table-lower", "table-upper", "table-verdict"];
    let rows = overview.by_construct.iter().flat_map(|house| {
        house.constructs.iter().zip(&overview.report.constructs).map(|(cell, construct)| {
            let against = cell.against;
            let end = |which: usize| Cell::from(against.map(|against| against.ci[which]));
            let verdict = against.map_or(Cell::Empty, |against| match against.verdict {
                super::overview::Verdict::Up => Cell::Text(words.get("against-up")),
                super::overview::Verdict::Down => Cell::Text(words.get("against-down")),
                super::overview::Verdict::NotShown => Cell::Text(words.get("against-same")),
            });
            let names = [Cell::Text(house.name.clone()), Cell::Text(construct.name.clone())];
            let difference = Cell::from(against.map(|against| against.difference));
            names.into_iter().chain([cell.index.score.into(), difference, end(0), end(1), verdict]).collect()
        })
    });
    Table { name: words.get("heat-title"), columns: names(words, &ids), rows: rows.collect() }
}

/// How often each point of a question was given.
pub fn points(question: &QuestionFigures, words: &Wording) -> Table {
    let row = |p: &super::question::PointCount| {
        vec![Cell::Number(f64::from(p.point)), Cell::Number(p.responses as f64), Cell::Number(p.share)]
    };
    let columns = names(words, &["point", "responses", "share"]);
    Table { name: words.get("points-title"), columns, rows: question.points.iter().map(row).collect() }
}
