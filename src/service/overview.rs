//! A survey and a period -> its overview.
//!
//! Owns: which period is meant where none is named, what it is compared with, whether the two can be compared, and looking
//! for what stands out. Refuses: periods that cannot be read.

use std::sync::Arc;

use chrono::{Datelike as _, Months, NaiveDate};

use super::access::Viewer;
use super::analysing::Ratings;
use super::authoring::{IndexModel, Revision};
use super::estimating::{Asked, by_month, by_property, estimate, slice};
use super::finished::Finished;
use super::reporting::{FilterQuery, Key, Prepared};
use super::{App, ServiceError, blocking};
use crate::csi::analysis::Analysis;
use crate::csi::data::MISSING;
use crate::csi::dist::{chi_squared_upper, normal_quantile};
use crate::csi::figures::Figure;
use crate::csi::groups::{Grouping, NO_GROUP};
use crate::csi::live::Live;
use crate::csi::ranks::rank;
use crate::csi::standouts::{Cell as Sums, standouts};
use crate::report::Filter;
use crate::report::overview::{Change, Comparison, ConstructChange, Overview, RankFigures, StandoutFigures};
use crate::report::publication::{Base, Thresholds};
use crate::store::units::UnitRow;
use crate::survey::text::negotiate;
use crate::wording;

/// How sure everything on the page is.
const LEVEL: f64 = 0.95;
/// What is shown of what stands out.
const MOST: usize = 5;
/// The comparison's own grouping, after those of properties and months.
const PERIODS: usize = 2;
/// Shares of properties moved if Cramér's V is at least this (a small effect after Cohen 1988) and its p below a thousandth.
const MOVED: f64 = 0.1;
const SURELY: f64 = 0.001;

/// Overviews that were made, by report and the period that it is compared with.
pub(super) type Overviews = Finished<(Key, Option<(NaiveDate, NaiveDate)>), Overview>;

/// A period as it came in an address.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct PeriodQuery {
    /// `month`, `quarter`, `year` (so many months up to the last response) or `all`; counts where `from` and `to` are not
    /// given. Without it the quarter, or what is longer and has enough responses.
    pub period: Option<String>,
    /// With the period before (`previous`, also without it), the same days a year before (`year`), or not (`none`).
    pub compare: Option<String>,
}

/// What a period is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compare {
    Previous,
    Year,
    Nothing,
}

impl App {
    /// The overview of a survey for a period, within what the viewer may see.
    ///
    /// # Errors
    /// As [`App::report`].
    pub async fn overview(
        &self,
        viewer: &Viewer,
        slug: &str,
        query: (FilterQuery, PeriodQuery),
        accept_language: Option<&str>,
    ) -> Result<Arc<Overview>, ServiceError> {
        let revision = self.published(slug).await?.revision;
        let (query, period) = query;
        let language = negotiate(&wording::languages(), query.lang.as_deref(), accept_language).to_owned();
        let compare = read_compare(period.compare.as_deref())?;
        let (app, viewer) = (self.clone(), viewer.clone());
        let prepare = Arc::new(move || {
            let mut prepared = app.prepare(&viewer, &revision, &query, language.clone())?;
            set_period(&mut prepared, period.period.as_deref(), app.thresholds)?;
            let key = (prepared.key.clone(), compared_with(&prepared.key.1, compare));
            let made = app.reports.overviews.get(&key, prepared.ratings.state());
            Ok((revision.clone(), prepared, key, made))
        });
        let first = prepare.clone();
        let found = match blocking(move || first()).await? {
            (.., Some(made)) => return Ok(made),
            found => found,
        };
        let (turn, waited) = self.take_turn().await;
        let app = self.clone();
        blocking(move || {
            let _turn = turn;
            // Whoever had the turn before may have been asked for the same, and answers may have come.
            let (revision, prepared, key, made) = if waited { prepare()? } else { found };
            if let Some(made) = made {
                return Ok(made);
            }
            let prepared = app.with_kept_months(&revision, prepared)?;
            let (state, other) = (prepared.ratings.state(), key.1);
            let begun = std::time::Instant::now();
            let made =
                app.with_live(&revision, &prepared, |live| make(&revision, &prepared, live, other, app.thresholds));
            let made = Arc::new(made);
            app.metrics.report_seconds.observe(begun.elapsed().as_secs_f64());
            app.reports.overviews.keep(key, state, made.clone());
            Ok(made)
        })
        .await
    }
}

fn read_compare(given: Option<&str>) -> Result<Compare, ServiceError> {
    match given {
        None | Some("" | "previous") => Ok(Compare::Previous),
        Some("year") => Ok(Compare::Year),
        Some("none") => Ok(Compare::Nothing),
        Some(other) => Err(ServiceError::BadFilter {
            name: "compare",
            given: other.chars().take(40).collect(),
            expected: "`previous`, `year` or `none`",
        }),
    }
}

/// Days of a filter that names none: so many months up to that of the last response.
fn set_period(prepared: &mut Prepared, period: Option<&str>, thresholds: Thresholds) -> Result<(), ServiceError> {
    let named = prepared.key.1.from.is_some() || prepared.key.1.to.is_some();
    let months: &[Option<u32>] = match period {
        None | Some("") => &[Some(3), Some(12), None],
        Some("month") => &[Some(1)],
        Some("quarter") => &[Some(3)],
        Some("year") => &[Some(12)],
        Some("all") => &[None],
        Some(other) => {
            let given = other.chars().take(40).collect();
            let expected = "`month`, `quarter`, `year` or `all`";
            return Err(ServiceError::BadFilter { name: "period", given, expected });
        }
    };
    let (ratings, units) = (prepared.ratings.clone(), &prepared.units);
    let inside = slice(&ratings, units, &prepared.key.1);
    let last = ratings.cells().iter().zip(&inside).filter(|(_, inside)| **inside).map(|(cell, _)| cell.last).max();
    let Some(last) = last.filter(|_| !named) else { return Ok(()) };
    for months in months {
        let filter = &mut prepared.key.1;
        let days = months.map(|months| (first_of(last) - Months::new(months - 1), last_of(last)));
        (filter.from, filter.to) = days.unzip();
        let chosen = ratings.count(&slice(&ratings, units, filter));
        if thresholds.base(chosen) >= Base::Low {
            break;
        }
    }
    Ok(())
}

fn first_of(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

fn last_of(day: NaiveDate) -> NaiveDate {
    (first_of(day) + Months::new(1)).pred_opt().unwrap_or(day)
}

/// The days that a period is compared with; none for a period that is open at an end.
fn compared_with(filter: &Filter, compare: Compare) -> Option<(NaiveDate, NaiveDate)> {
    let (from, to) = (filter.from?, filter.to?);
    let whole_months = from == first_of(from) && to == last_of(to);
    let before = from.pred_opt()?;
    let month = |day: NaiveDate| day.year() * 12 + day.month0().cast_signed();
    match compare {
        Compare::Nothing => None,
        Compare::Year => {
            // So many years that the two do not overlap.
            let years = (1..=200).find(|years| to - Months::new(12 * years) < from)?;
            let ago = Months::new(12 * years);
            let last = if whole_months { last_of(to - ago) } else { to - ago };
            Some((from - ago, last))
        }
        Compare::Previous if whole_months => {
            let months = (month(to) - month(from) + 1).unsigned_abs();
            Some((from - Months::new(months), before))
        }
        Compare::Previous => Some((before - (to - from), before)),
    }
}

fn make(
    revision: &Revision,
    prepared: &Prepared,
    live: Option<&Live>,
    other: Option<(NaiveDate, NaiveDate)>,
    thresholds: Thresholds,
) -> Overview {
    let Prepared { key: (_, filter, language, _, basis), ratings, units, .. } = prepared;
    let days = |from, to| slice(ratings, units, &Filter { from, to, ..filter.clone() });
    let (of_unit, inside) = (days(None, None), days(filter.from, filter.to));
    let before = other.map(|(from, to)| days(Some(from), Some(to)));
    let periods = before.as_ref().map(|before| {
        let label = |(now, then): (&bool, &bool)| {
            if *now {
                0
            } else if *then {
                1
            } else {
                NO_GROUP
            }
        };
        inside.iter().zip(before).map(label).collect::<Vec<u32>>()
    });
    let grouping = periods.as_ref().map(|labels| Grouping { labels: labels.clone(), groups: 2 });
    let asked = Asked { thresholds, trend: Some(&of_unit), more: grouping.as_ref() };
    let (report, analysis) = estimate(revision, prepared, live, &asked);
    let mut overview =
        Overview { report, comparison: None, standouts: Vec::new(), months_judged: 0, ranks: Vec::new() };
    let (Some(model), Some(analysis)) = (&revision.model, &analysis) else { return overview };
    let part = Part { model, analysis, ratings, units, language, thresholds };
    let scores = part.scores();
    (overview.standouts, overview.months_judged) = part.standouts(&of_unit, &scores);
    overview.ranks = part.ranks(&inside);
    if let (Some((from, to)), Some(periods), Some(before)) = (other, &periods, &before) {
        let shown = [&inside, before].map(|slice| ratings.usual_revision(slice));
        let questionnaire_changed = shown[1].is_some() && shown[0] != shown[1];
        let (same_mix, mix_moved) = part.same_mix(periods, &scores);
        let then: Vec<bool> = periods.iter().map(|label| *label == 1).collect();
        let then = ratings.count(&then);
        let base = thresholds.base(then);
        let comparable = base >= Base::Low;
        let change = |construct| part.change(construct).filter(|_| comparable);
        let constructs = overview.report.constructs.iter().enumerate();
        overview.comparison = Some(Comparison {
            from,
            to,
            responses: (base > Base::Nothing || *basis == crate::report::Basis::All).then_some(then),
            base,
            change: change(model.headline),
            same_mix: same_mix.filter(|_| comparable),
            mix_moved,
            questionnaire_changed,
            constructs: constructs
                .filter_map(|(k, c)| Some(ConstructChange { construct: c.construct.clone(), change: change(k)? }))
                .collect(),
        });
    }
    overview
}

/// What an overview is made from besides its report.
struct Part<'a> {
    model: &'a IndexModel,
    analysis: &'a Analysis,
    ratings: &'a Ratings,
    units: &'a [UnitRow],
    language: &'a str,
    thresholds: Thresholds,
}

impl Part<'_> {
    /// Sums of the headline index of the responses of each cell. A missing answer counts as the mean of all, as it does
    /// in the index.
    fn scores(&self) -> Vec<Sums> {
        let paths = &self.model.paths;
        let points = &self.analysis.estimates.index_weights.points;
        let means = &self.analysis.estimates.means;
        let block = paths.constructs[self.model.headline].block.clone();
        let scales = &self.model.scales;
        let score = |row: &[u8]| {
            let given = |j: usize| (row[j] != MISSING).then(|| f64::from(row[j]));
            block.clone().map(|j| points[j] * (given(j).unwrap_or(means[j]) - scales[j].min)).sum()
        };
        let mut sums = vec![Sums::default(); self.ratings.cells().len()];
        for (cell, row) in self.ratings.cell_of().iter().zip(self.ratings.rows(paths.indicators.len())) {
            sums[*cell as usize].push(score(row));
        }
        sums
    }

    fn standouts(&self, of_unit: &[bool], scores: &[Sums]) -> (Vec<StandoutFigures>, usize) {
        let property = by_property(self.ratings, self.units, of_unit, self.language);
        let month = by_month(self.ratings, of_unit);
        let (properties, months) = (&property.groups, &month.groups);
        let mut cells = vec![vec![Sums::default(); months.len()]; properties.len()];
        for ((p, m), score) in property.labels.iter().zip(&month.labels).zip(scores) {
            if *p != NO_GROUP && *m != NO_GROUP {
                cells[*p as usize][*m as usize].add(*score);
            }
        }
        let (found, judged) = standouts(&cells, self.thresholds.index as f64, LEVEL);
        let figures = |found: crate::csi::standouts::Standout| StandoutFigures {
            code: properties[found.group].code.clone(),
            name: properties[found.group].name.clone(),
            first: months[found.periods.0].name.clone(),
            last: months[found.periods.1].name.clone(),
            responses: found.rows as usize,
            index: found.mean,
            otherwise: found.otherwise,
            change: Change::new(found.difference, found.ci),
        };
        (found.into_iter().take(MOST).map(figures).collect(), judged)
    }

    fn ranks(&self, inside: &[bool]) -> Vec<RankFigures> {
        let properties = by_property(self.ratings, self.units, inside, self.language).groups;
        let construct = self.model.headline;
        let figure = |group| Figure::GroupIndex { grouping: 0, group, construct };
        let full: Vec<usize> =
            (0..properties.len()).filter(|g| self.thresholds.base(properties[*g].responses) == Base::Full).collect();
        let estimates: Vec<f64> = full.iter().map(|g| self.analysis.estimates.groups[0][*g].index[construct]).collect();
        let ses: Vec<f64> =
            full.iter().map(|g| self.analysis.spread(figure(*g)).map_or(f64::NAN, |spread| spread.se)).collect();
        let draws: Vec<&[f64]> = full
            .iter()
            .filter_map(|g| Some(self.analysis.bootstrap.draws[self.analysis.figures.place(figure(*g))?].as_slice()))
            .collect();
        let ranked = rank(&estimates, &ses, &draws, LEVEL).unwrap_or_default();
        let figures = |(g, ranked): (&usize, &crate::csi::ranks::Ranked)| RankFigures {
            code: properties[*g].code.clone(),
            ranks: ranked.simultaneous_rank,
            of: full.len(),
        };
        full.iter().zip(&ranked).map(figures).collect()
    }

    /// How a construct moved from the other period to this one.
    fn change(&self, construct: usize) -> Option<Change> {
        let figure = Figure::GroupDifference { grouping: PERIODS, first: 0, second: 1, construct };
        let groups = self.analysis.estimates.groups.get(PERIODS)?;
        let difference = groups[0].index[construct] - groups[1].index[construct];
        let ci = self.analysis.spread(figure)?.ci?;
        difference.is_finite().then(|| Change::new(difference, ci))
    }

    /// The move of the headline index with every property's share held at that of both periods together (direct
    /// standardisation), weights taken as known; and whether the shares themselves moved (chi-squared, Cramér's V).
    fn same_mix(&self, periods: &[u32], scores: &[Sums]) -> (Option<Change>, bool) {
        let both: Vec<bool> = periods.iter().map(|label| *label != NO_GROUP).collect();
        let property = by_property(self.ratings, self.units, &both, self.language);
        let mut cells = vec![[Sums::default(); 2]; property.groups.len()];
        for ((p, period), score) in property.labels.iter().zip(periods).zip(scores) {
            if *p != NO_GROUP && *period != NO_GROUP {
                cells[*p as usize][*period as usize].add(*score);
            }
        }
        cells.retain(|[now, then]| now.n + then.n > 0.0);
        let moved = shares_moved(&cells);
        // A property that is not in both periods says nothing of a move.
        cells.retain(|[now, then]| now.n >= 2.0 && then.n >= 2.0);
        let sizes = |of: &[Sums; 2]| of[0].n + of[1].n;
        let all: f64 = cells.iter().map(sizes).sum();
        if cells.is_empty() {
            return (None, moved);
        }
        let (mut difference, mut variance) = (0.0, 0.0);
        for cell in &cells {
            let share = sizes(cell) / all;
            difference += share * (cell[0].mean() - cell[1].mean());
            variance += share * share * (cell[0].variance_of_mean() + cell[1].variance_of_mean());
        }
        let reach = normal_quantile(0.5 + LEVEL / 2.0) * variance.sqrt();
        (Some(Change::new(difference, [difference - reach, difference + reach])), moved)
    }
}

/// Whether properties' shares of two periods differ, surely and by enough to matter; one that is in one of them alone counts.
fn shares_moved(cells: &[[Sums; 2]]) -> bool {
    let totals = [0, 1].map(|period| cells.iter().map(|cell| cell[period].n).sum::<f64>());
    let all = totals[0] + totals[1];
    if cells.len() < 2 || totals.contains(&0.0) {
        return false;
    }
    let chi: f64 = cells
        .iter()
        .flat_map(|cell| {
            let share = (cell[0].n + cell[1].n) / all;
            [0, 1].map(|period| (cell[period].n - share * totals[period]).powi(2) / (share * totals[period]))
        })
        .sum();
    (chi / all).sqrt() >= MOVED && chi_squared_upper(chi, cells.len() as f64 - 1.0) < SURELY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_compared_with_as_many_months_or_days_before_or_the_same_a_year_ago() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let with = |from: &str, to: &str, compare| {
            let filter = Filter { from: Some(day(from)), to: Some(day(to)), ..Filter::default() };
            compared_with(&filter, compare).map(|(from, to)| format!("{from} {to}")).unwrap_or_default()
        };
        assert_eq!(with("2026-08-01", "2026-10-31", Compare::Previous), "2026-05-01 2026-07-31");
        assert_eq!(with("2026-03-01", "2026-03-31", Compare::Previous), "2026-02-01 2026-02-28");
        assert_eq!(with("2026-03-02", "2026-03-08", Compare::Previous), "2026-02-23 2026-03-01");
        assert_eq!(with("2028-02-01", "2028-02-29", Compare::Year), "2027-02-01 2027-02-28");
        assert_eq!(with("2027-02-01", "2027-02-28", Compare::Year), "2026-02-01 2026-02-28");
        assert_eq!(with("2026-03-02", "2026-03-08", Compare::Nothing), "");
        assert_eq!(with("2025-01-01", "2026-12-31", Compare::Year), "2023-01-01 2024-12-31");
        assert_eq!(compared_with(&Filter::default(), Compare::Previous), None);
    }

    #[test]
    fn a_house_that_opens_moves_the_shares() {
        let cell = |n: f64| Sums { n, sum: 70.0 * n, squares: 5000.0 * n };
        let of =
            |sizes: &[(f64, f64)]| shares_moved(&sizes.iter().map(|(a, b)| [cell(*a), cell(*b)]).collect::<Vec<_>>());
        assert!(of(&[(300.0, 400.0), (300.0, 0.0)]));
        assert!(of(&[(300.0, 0.0), (0.0, 300.0)]));
        assert!(!of(&[(300.0, 310.0), (290.0, 300.0)]));
        assert!(!of(&[(300.0, 0.0), (290.0, 0.0)]) && !of(&[(300.0, 10.0)]) && !of(&[]));
    }
}
