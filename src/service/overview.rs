//! A survey and a period -> its overview.
//!
//! Owns: which period is meant where none is named, what it is compared with, whether the two can be compared, and looking
//! for what stands out. Refuses: periods that cannot be read.

pub(super) mod standing;

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{Datelike as _, Months, NaiveDate};

use super::access::{Action, Scope, Viewer};
use super::analysing::Ratings;
use super::authoring::{IndexModel, Revision};
use super::comparing::Divided;
use super::estimating::{Asked, by_month, by_property, estimate, slice};
use super::mixing::{self, Mix};
use super::questions::{Periods, outcomes};
use super::reporting::{FilterQuery, Making, Prepared};
use super::satisfiers::asks_kano;
use super::{App, ServiceError};
use crate::csi::analysis::Analysis;
use crate::csi::dist::{chi_squared_upper, normal_quantile};
use crate::csi::figures::Figure;
use crate::csi::groups::{Grouping, NO_GROUP};
use crate::csi::live::Live;
use crate::csi::standouts::{Cell as Sums, standouts};
use crate::report::overview::{Change, Comparison, ConstructChange, Overview, ResponseRate, StandoutFigures};
use crate::report::publication::{Base, Thresholds};
use crate::report::{Basis, ConstructFigures, Filter, Report};
use crate::store::units::UnitRow;

/// How sure everything on the page is.
pub(super) const LEVEL: f64 = 0.95;
/// What is shown of what stands out.
const MOST: usize = 5;
/// Groupings after those of properties and months.
const MORE: usize = 2;
/// Shares of properties moved if Cramér's V is at least this (a small effect after Cohen 1988) and its p below a thousandth.
const MOVED: f64 = 0.1;
const SURELY: f64 = 0.001;

/// The days that a period is compared with.
pub(super) type Compared = Option<(NaiveDate, NaiveDate)>;

/// What an overview is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The survey's headline.
    Headline,
    /// A construct in its place.
    Construct(String),
    /// Every construct in every property.
    Properties,
}

/// What names an overview besides its report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct About {
    pub(super) compared: Compared,
    /// The construct that stands first, if not the model's headline.
    pub(super) construct: Option<usize>,
    /// Whether properties, or segments, are shown by construct.
    pub(super) wide: bool,
    /// Whether a unit is set beside all others.
    pub(super) others: bool,
    /// How many of those who were invited answered, which no response tells.
    pub(super) response_rate: Option<ResponseRate>,
    /// At which mix of guests.
    pub(super) mix: Mix,
}

/// A period as it came in an address.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct PeriodQuery {
    /// `month`, `quarter`, `year` (so many months up to the last response) or `all`, whatever `from` and `to` say; or `days`, as
    /// without it: those two count, and without them the quarter, or what is longer and has enough responses.
    pub period: Option<String>,
    /// With the period before (`previous`, also without it), the same days a year before (`year`), or not (`none`).
    pub compare: Option<String>,
    /// Of overviews: `same` puts the period before, months and properties at the period's mix of guests, by segments and
    /// properties.
    pub mix: Option<String>,
    /// Of overviews: `invited` weighs properties by the guests that they invited, not by those who answered.
    pub weight: Option<String>,
}

/// What a period is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compare {
    Previous,
    Year,
    Nothing,
}

impl App {
    /// The overview of a survey, or of a part of its model, for a period, within what the viewer may see.
    ///
    /// # Errors
    /// As [`App::report`], and [`ServiceError::UnknownConstruct`].
    pub async fn overview(
        &self,
        viewer: &Viewer,
        slug: &str,
        subject: Subject,
        (query, period): (FilterQuery, PeriodQuery),
        accept_language: Option<&str>,
    ) -> Result<Arc<Overview>, ServiceError> {
        let compare = read_compare(period.compare.as_deref())?;
        let mix = Mix::read(&period)?;
        let reader = viewer.clone();
        let making = Making {
            finished: |reports| &reports.overviews,
            settle: move |app: &Self, revision: &Revision, prepared: &mut Prepared| {
                let construct = construct_of(revision, &subject)?;
                set_period(prepared, period.period.as_deref(), app.thresholds)?;
                let everything = reader.scope(Action::ReadReports, &prepared.units)? == Scope::Everywhere;
                let filter = &prepared.key.1;
                Ok(About {
                    compared: compare.with(filter),
                    construct,
                    wide: subject == Subject::Properties,
                    others: everything && filter.unit.is_some(),
                    response_rate: app.response_rate(revision, prepared)?,
                    mix,
                })
            },
            make: |app: &Self, revision: &Revision, prepared: &Prepared, about: &About, live: Option<&Live>| {
                make(app, revision, prepared, live, *about, None)
            },
        };
        Ok(self.made(viewer, slug, query, accept_language, making).await?.0)
    }
}

/// The construct that stands first, if it is not the model's headline.
fn construct_of(revision: &Revision, subject: &Subject) -> Result<Option<usize>, ServiceError> {
    let Subject::Construct(name) = subject else { return Ok(None) };
    let found = revision.model.as_ref().and_then(|model| model.paths.construct(name));
    found.map(Some).ok_or_else(|| ServiceError::UnknownConstruct(name.chars().take(80).collect()))
}

pub(super) fn read_compare(given: Option<&str>) -> Result<Compare, ServiceError> {
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
pub(super) fn set_period(
    prepared: &mut Prepared,
    period: Option<&str>,
    thresholds: Thresholds,
) -> Result<(), ServiceError> {
    let months: &[Option<u32>] = match period {
        None | Some("" | "days") if prepared.key.1.from.is_some() || prepared.key.1.to.is_some() => return Ok(()),
        None | Some("" | "days") => &[Some(3), Some(12), None],
        Some("month") => &[Some(1)],
        Some("quarter") => &[Some(3)],
        Some("year") => &[Some(12)],
        Some("all") => &[None],
        Some(other) => {
            let given = other.chars().take(40).collect();
            let expected = "`month`, `quarter`, `year`, `all` or `days`";
            return Err(ServiceError::BadFilter { name: "period", given, expected });
        }
    };
    // Who chooses a period does not mean days that were chosen before.
    (prepared.key.1.from, prepared.key.1.to) = (None, None);
    let (ratings, units) = (prepared.ratings.clone(), &prepared.units);
    let inside = slice(&ratings, units, &prepared.key.1);
    let last = ratings.cells().iter().zip(&inside).filter(|(_, inside)| **inside).map(|(cell, _)| cell.last).max();
    let Some(last) = last else { return Ok(()) };
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

impl Compare {
    /// The days that a period is compared with; none for a period that is open at an end.
    pub(super) fn with(self, filter: &Filter) -> Compared {
        let (from, to) = (filter.from?, filter.to?);
        let whole_months = from == first_of(from) && to == last_of(to);
        let before = from.pred_opt()?;
        let month = |day: NaiveDate| day.year() * 12 + day.month0().cast_signed();
        match self {
            Self::Nothing => None,
            Self::Year => {
                // So many years that the two do not overlap.
                let years = (1..=200).find(|years| to - Months::new(12 * years) < from)?;
                let ago = Months::new(12 * years);
                let last = if whole_months { last_of(to - ago) } else { to - ago };
                Some((from - ago, last))
            }
            Self::Previous if whole_months => {
                let months = (month(to) - month(from) + 1).unsigned_abs();
                Some((from - Months::new(months), before))
            }
            Self::Previous => Some((before - (to - from), before)),
        }
    }
}

/// The overview; of guests that are `divided`, their parts stand in the place of properties.
pub(super) fn make(
    app: &App,
    revision: &Revision,
    prepared: &Prepared,
    live: Option<&Live>,
    about: About,
    divided: Divided<'_>,
) -> Overview {
    let thresholds = app.thresholds;
    let Prepared { key: (_, filter, language, ..), ratings, units, .. } = prepared;
    let days = |from, to| slice(ratings, units, &Filter { from, to, ..filter.clone() });
    let (of_unit, inside) = (days(None, None), days(filter.from, filter.to));
    let periods = Periods::new(prepared, about.compared);
    let mut more = Vec::new();
    let of_two = |labels: Vec<u32>| Grouping { labels, groups: 2 };
    let at = |more: &mut Vec<Grouping>, labels: Option<Vec<u32>>| {
        labels.map(|labels| {
            more.push(of_two(labels));
            MORE + more.len() - 1
        })
    };
    let compared = at(&mut more, about.compared.map(|_| periods.labels().to_vec()));
    let others = || about.others.then(|| cells_beside_others(prepared, &inside));
    let beside = at(&mut more, divided.map_or_else(others, |(_, beside)| Some(beside.to_vec())));
    more.extend(divided.map(|(parts, _)| parts.grouping()));
    let rows = divided.map_or(0, |_| MORE + more.len() - 1);
    let wide = about.wide && divided.is_none();
    let asked =
        Asked { thresholds, headline: about.construct, wide, trend: Some(&of_unit), more: &more, outcomes: false };
    let (report, analysis) = estimate(revision, prepared, live, &asked);
    let mut overview = Overview {
        response_rate: about.response_rate,
        asks_expectations: revision.model.as_ref().is_some_and(|model| !model.disconfirmation.is_empty()),
        asks_kano: asks_kano(revision),
        ..Overview::of(report)
    };
    let (Some(model), Some(analysis)) = (&revision.model, &analysis) else { return overview };
    let construct = about.construct.unwrap_or(model.headline);
    let survey_id = revision.survey_id;
    let part = Part { survey_id, model, construct, analysis, ratings, units, language, thresholds };
    let block = &model.paths.constructs[construct].block;
    overview.questions = periods.questions(prepared, revision, model, block, app);
    if about.construct.is_none() {
        overview.outcomes = outcomes(periods.labels(), (prepared, revision), model, thresholds);
    }
    if about.wide {
        let properties = || by_property(ratings, units, &inside, language).groups;
        overview.by_construct = match divided {
            Some((parts, _)) => part.by_construct(&parts.groups, rows),
            None => part.by_construct(&properties(), rows),
        };
    }
    let scores = part.scores(construct);
    (overview.standouts, [overview.months_judged, overview.months_answered]) = part.standouts(&of_unit, scores);
    overview.ranks = part.ranks(&inside);
    if divided.is_none() {
        overview.against = part.against(&by_property(ratings, units, &inside, language).groups);
    }
    overview.others = beside.map_or_else(Vec::new, |grouping| part.changes(grouping, &overview.report.constructs));
    if let (Some(days), Some(grouping)) = (about.compared, compared) {
        overview.comparison = Some(part.comparison(days, (periods.labels(), grouping), scores, &overview.report));
    }
    if divided.is_none() {
        mixing::adjust(app, &mut overview, (&part, prepared), (about.mix, &inside, &of_unit, periods.labels()));
    }
    overview
}

/// Of each cell: 0 for those inside, 1 for those of other units in the same days.
pub(super) fn cells_beside_others(prepared: &Prepared, inside: &[bool]) -> Vec<u32> {
    let filter = Filter { unit: None, ..prepared.key.1.clone() };
    let all = slice(&prepared.ratings, &prepared.units, &filter);
    let label = |(inside, all): (&bool, bool)| match (inside, all) {
        (true, _) => 0,
        (false, true) => 1,
        (false, false) => NO_GROUP,
    };
    inside.iter().zip(all).map(label).collect()
}

/// What an overview is made from besides its report.
pub(super) struct Part<'a> {
    pub(super) survey_id: i64,
    pub(super) model: &'a IndexModel,
    /// Whose index stands first.
    pub(super) construct: usize,
    analysis: &'a Analysis,
    pub(super) ratings: &'a Ratings,
    pub(super) units: &'a [UnitRow],
    language: &'a str,
    pub(super) thresholds: Thresholds,
}

impl Part<'_> {
    /// Sums of the index of a construct, of the responses of each cell.
    pub(super) fn scores(&self, construct: usize) -> &[Sums] {
        let estimates = &self.analysis.estimates;
        self.ratings.index_sums(self.model, (&estimates.index_weights, &estimates.means), construct)
    }

    fn standouts(&self, of_unit: &[bool], scores: &[Sums]) -> (Vec<StandoutFigures>, [usize; 2]) {
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
        let answered = cells.iter().flatten().filter(|cell| cell.n > 0.0).count();
        (found.into_iter().take(MOST).map(figures).collect(), [judged, answered])
    }

    /// How much the first of two groups is above the second, where both are large enough for an index.
    fn change(&self, grouping: usize, construct: usize) -> Option<Change> {
        let figure = Figure::GroupDifference { grouping, first: 0, second: 1, construct };
        let groups = self.analysis.estimates.groups.get(grouping)?;
        let difference = groups[0].index[construct] - groups[1].index[construct];
        let ci = self.analysis.spread(figure)?.ci?;
        let enough = groups.iter().all(|group| self.thresholds.base(group.n as usize) >= Base::Low);
        (enough && difference.is_finite()).then(|| Change::new(difference, ci))
    }

    /// The same of every construct.
    fn changes(&self, grouping: usize, constructs: &[ConstructFigures]) -> Vec<ConstructChange> {
        let change = |(k, c): (usize, &ConstructFigures)| {
            Some(ConstructChange { construct: c.construct.clone(), change: self.change(grouping, k)? })
        };
        constructs.iter().enumerate().filter_map(change).collect()
    }

    /// A period beside another, of these days.
    fn comparison(
        &self,
        (from, to): (NaiveDate, NaiveDate),
        (periods, grouping): (&[u32], usize),
        scores: &[Sums],
        report: &Report,
    ) -> Comparison {
        let [now, then]: [Vec<bool>; 2] = [0, 1].map(|which| periods.iter().map(|label| *label == which).collect());
        let shown = [&now, &then].map(|slice| self.ratings.usual_revision(slice));
        let (same_mix, mix_moved) = self.same_mix(periods, scores);
        let responses = self.ratings.count(&then);
        let base = self.thresholds.base(responses);
        let firsts = self.ratings.cells().iter().zip(&then).filter(|(_, inside)| **inside).map(|(cell, _)| cell.first);
        let begins =
            firsts.min().map(first_of).filter(|first| (first.year(), first.month()) > (from.year(), from.month()));
        let change = self.change(grouping, self.construct);
        Comparison {
            from,
            to,
            begins,
            responses: (base > Base::Nothing || report.basis == Basis::All).then_some(responses),
            base,
            change,
            same_mix: same_mix.filter(|_| base >= Base::Low),
            mix_moved,
            segments_moved: self.segments_moved(periods, report),
            questionnaire_changed: shown[1].is_some() && shown[0] != shown[1],
            constructs: if change.is_some() { self.changes(grouping, &report.constructs) } else { Vec::new() },
        }
    }

    /// Names of the segments whose shares differ between two periods.
    fn segments_moved(&self, periods: &[u32], report: &Report) -> Vec<String> {
        let moved = |id: &str| {
            let Some(place) = self.ratings.segments().iter().position(|segment| segment.id == *id) else {
                return false;
            };
            let mut cells: HashMap<u16, [Sums; 2]> = HashMap::new();
            for ((cell, n), period) in self.ratings.cells().iter().zip(self.ratings.sizes()).zip(periods) {
                if *period != NO_GROUP {
                    cells.entry(cell.segments[place]).or_default()[*period as usize].n += *n as f64;
                }
            }
            // In an order of their own, so that the same answers give the same sum.
            let mut cells: Vec<(u16, [Sums; 2])> = cells.into_iter().collect();
            cells.sort_unstable_by_key(|(code, _)| *code);
            shares_moved(&cells.into_iter().map(|(_, cell)| cell).collect::<Vec<_>>())
        };
        let asked = report.survey.segments.iter().filter(|info| moved(&info.segment));
        asked.map(|info| info.name.clone()).collect()
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
        let with = |from: &str, to: &str, compare: Compare| {
            let filter = Filter { from: Some(day(from)), to: Some(day(to)), ..Filter::default() };
            compare.with(&filter).map(|(from, to)| format!("{from} {to}")).unwrap_or_default()
        };
        assert_eq!(with("2026-08-01", "2026-10-31", Compare::Previous), "2026-05-01 2026-07-31");
        assert_eq!(with("2026-03-01", "2026-03-31", Compare::Previous), "2026-02-01 2026-02-28");
        assert_eq!(with("2026-03-02", "2026-03-08", Compare::Previous), "2026-02-23 2026-03-01");
        assert_eq!(with("2028-02-01", "2028-02-29", Compare::Year), "2027-02-01 2027-02-28");
        assert_eq!(with("2027-02-01", "2027-02-28", Compare::Year), "2026-02-01 2026-02-28");
        assert_eq!(with("2026-03-02", "2026-03-08", Compare::Nothing), "");
        assert_eq!(with("2025-01-01", "2026-12-31", Compare::Year), "2023-01-01 2024-12-31");
        assert_eq!(Compare::Previous.with(&Filter::default()), None);
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
