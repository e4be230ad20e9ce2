//! Responses within a filter -> estimates -> a report.
//!
//! Owns: grouping responses by property and month, and when to estimate and when to say that there are too few. The same
//! data, filter and revision give the same figures to the last bit. Refuses: to know who asks, and in which words.

use std::collections::HashMap;
use std::sync::OnceLock;

use chrono::{Datelike as _, Days, Months, NaiveDate};

use super::analysing::{Cell, Ratings};
use super::authoring::{IndexModel, Revision};
use super::reporting::{Prepared, descendants};
use super::retaining::{KeptMonth, add_months};
use super::{questions, segments};
use crate::csi::analysis::Analysis;
use crate::csi::bootstrap::BootstrapOptions;
use crate::csi::fit::{FitError, FitOptions};
use crate::csi::groups::{Grouping, NO_GROUP};
use crate::csi::live::{Live, Setup, Wanted};
use crate::report::build::{Estimated, Group, Inputs, Outcome, build};
use crate::report::publication::{Base, Thresholds};
use crate::report::{Filter, Report, State};
use crate::store::units::UnitRow;

/// Random blocks of responses that are drawn, where there are more responses than that: their standard errors have a
/// relative error of about 1/sqrt(2 * 1000) = 2.2 %, as much as 1,000 resamples have anyway.
const BLOCKS: usize = 1000;

/// Resampling behind every report: 1,000 resamples, seed 1, 95 % percentile intervals.
fn resampling() -> BootstrapOptions {
    BootstrapOptions::default()
}

/// Which cells of responses a filter lets through, one entry each.
pub(super) fn slice(ratings: &Ratings, units: &[UnitRow], filter: &Filter) -> Vec<bool> {
    let wanted = filter.unit.as_ref().map(|u| descendants(units, &u.code));
    let segments = segments::wanted(ratings, &filter.segments);
    let inside = |cell: &Cell| {
        segments::passes(cell, &segments)
            && wanted.as_ref().is_none_or(|w| cell.unit.is_some_and(|u| w.contains(&u)))
            && filter.from.is_none_or(|from| cell.first >= from)
            && filter.to.is_none_or(|to| cell.last <= to)
            && !(filter.unflagged && cell.flagged)
    };
    ratings.cells().iter().map(inside).collect()
}

/// Cells of responses in groups: which group each is of, [`NO_GROUP`] for none, and the groups.
pub(super) struct Sorted {
    pub(super) labels: Vec<u32>,
    pub(super) groups: Vec<Group>,
}

impl Sorted {
    pub(super) fn new(ratings: &Ratings, labels: Vec<u32>, names: Vec<(String, String)>) -> Self {
        let mut responses = vec![0; names.len()];
        for (label, n) in labels.iter().zip(ratings.sizes()).filter(|(label, _)| **label != NO_GROUP) {
            responses[*label as usize] += n;
        }
        let group = |((code, name), responses)| Group { code, name, responses };
        Self { labels, groups: names.into_iter().zip(responses).map(group).collect() }
    }

    /// Labels and number of groups.
    pub(super) fn counted(&self) -> (&[u32], usize) {
        (&self.labels, self.groups.len())
    }

    pub(super) fn grouping(&self) -> Grouping {
        Grouping { labels: self.labels.clone(), groups: self.groups.len() }
    }
}

fn properties(units: &[UnitRow]) -> impl Iterator<Item = &UnitRow> {
    units.iter().filter(|u| u.kind == "property" && u.merged_into.is_none())
}

/// The property that each unit is or belongs to, by number.
pub(super) fn property_of(units: &[UnitRow]) -> HashMap<i64, u32> {
    let mut label: HashMap<i64, u32> = properties(units).zip(0..).map(|(u, g)| (u.id, g)).collect();
    // What a property has below it, outlets and what became part of it, belongs to it.
    for unit in units {
        if let (None, Some(above)) =
            (label.get(&unit.id), unit.parent_id.and_then(|parent| label.get(&parent)).copied())
        {
            label.insert(unit.id, above);
        }
    }
    label
}

pub(super) fn by_property(ratings: &Ratings, units: &[UnitRow], slice: &[bool], language: &str) -> Sorted {
    let label = property_of(units);
    let of = |(cell, inside): (&Cell, &bool)| {
        cell.unit.filter(|_| *inside).and_then(|u| label.get(&u).copied()).unwrap_or(NO_GROUP)
    };
    let labels = ratings.cells().iter().zip(slice).map(of).collect();
    Sorted::new(ratings, labels, properties(units).map(|u| (u.code.clone(), u.name_in(language))).collect())
}

/// Every month from the first response to the last, those without a response included.
pub(super) fn by_month(ratings: &Ratings, slice: &[bool]) -> Sorted {
    let month = |day: NaiveDate| i64::from(day.year()) * 12 + i64::from(day.month0());
    // A group of responses that reaches over the end of a month is part of neither.
    let of =
        |(cell, inside): (&Cell, &bool)| (*inside && month(cell.first) == month(cell.last)).then(|| month(cell.last));
    let months: Vec<Option<i64>> = ratings.cells().iter().zip(slice).map(of).collect();
    let (Some(first), Some(last)) = (months.iter().flatten().min(), months.iter().flatten().max()) else {
        return Sorted::new(ratings, vec![NO_GROUP; slice.len()], Vec::new());
    };
    let labels = months.iter().map(|at| at.map_or(NO_GROUP, |at| (at - first) as u32)).collect();
    let name = |month: i64| format!("{}-{:02}", month.div_euclid(12), month.rem_euclid(12) + 1);
    Sorted::new(ratings, labels, (*first..=*last).map(|month| (name(month), name(month))).collect())
}

/// What was asked for.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) thresholds: Thresholds,
    /// The construct whose index stands first, if not the model's headline.
    pub(super) headline: Option<usize>,
    /// Whether the indices of properties are wanted of all constructs.
    pub(super) wide: bool,
    /// Whose months are shown, if not those of the filter alone.
    pub(super) trend: Option<&'a [bool]>,
    /// Further groupings whose indices are wanted, of all constructs, and of two groups their differences.
    pub(super) more: &'a [Grouping],
    /// Whether the measures that others use are part of the report.
    pub(super) outcomes: bool,
}

impl Asked<'_> {
    /// Of the survey's headline, and nothing besides.
    pub(super) fn plain(thresholds: Thresholds) -> Self {
        Self { thresholds, headline: None, wide: false, trend: None, more: &[], outcomes: false }
    }

    /// What a report says.
    pub(super) fn report(thresholds: Thresholds) -> Self {
        Self { outcomes: true, ..Self::plain(thresholds) }
    }
}

/// The report of what was asked for, with the estimates behind it, where there are enough responses.
pub(super) fn estimate(
    revision: &Revision,
    prepared: &Prepared,
    live: Option<&Live>,
    asked: &Asked<'_>,
) -> (Report, Option<Analysis>) {
    let Asked { thresholds, headline, wide, trend, more, outcomes } = *asked;
    let Prepared { key: (_, filter, language, _, basis), ratings, units, kept } = prepared;
    let (filter, basis) = (filter.clone(), *basis);
    let whole = filter == Filter::default();
    let slice = slice(ratings, units, &filter);
    let responses = ratings.count(&slice);
    let odd: Vec<bool> = ratings.cells().iter().zip(&slice).map(|(cell, inside)| *inside && cell.flagged).collect();
    let properties = by_property(ratings, units, &slice, language);
    let months = by_month(ratings, trend.unwrap_or(&slice));
    let analysis = match (&revision.model, live) {
        (Some(model), Some(live)) if thresholds.base(responses) >= Base::Low => {
            let groupings = [properties.grouping(), months.grouping()];
            let headline = Some(headline.unwrap_or(model.headline));
            let of = |grouping, construct, compared| Wanted { grouping, construct, compared };
            // Two are compared; of more there would be too many pairs.
            let more = more.iter().map(|grouping| of(grouping, None, grouping.groups == 2));
            let [properties, months] = &groupings;
            let plain = [of(properties, headline.filter(|_| !wide), false), of(months, headline, false)];
            let wanted: Vec<Wanted<'_>> = plain.into_iter().chain(more).collect();
            Some(analyse(live, (!whole).then_some(&slice), &wanted))
        }
        _ => None,
    };
    let digest = ratings.digest();
    let outcome = match (&revision.model, &analysis) {
        (None, _) => Outcome::Without(State::NoModel),
        (_, None) => Outcome::Without(State::TooFew { needed: thresholds.index }),
        (_, Some(Err(error))) => Outcome::Without(State::NotEstimable { reason: error.to_string() }),
        (Some(model), Some(Ok(analysis))) => Outcome::Estimated(Estimated {
            headline: headline.unwrap_or(model.headline),
            ..estimated(analysis, model, ratings.len(), digest)
        }),
    };
    let survey = &revision.survey;
    let content_hash = &revision.content_hash;
    let scores = score_values(ratings, &slice);
    let indicators = revision.model.as_ref().map_or(&[][..], |m| &m.paths.indicators);
    let means = indicators.iter().map(String::as_str).zip(ratings.means(indicators.len(), &slice)).collect();
    let of_slice: Vec<u32> = slice.iter().map(|inside| if *inside { 0 } else { NO_GROUP }).collect();
    let measures = revision.model.as_ref().filter(|_| outcomes && analysis.is_some());
    let inputs = Inputs {
        survey,
        content_hash,
        language,
        filter,
        responses,
        flagged: ratings.count(&odd),
        last_response: ratings.latest(&slice),
        properties: properties.groups,
        months: months.groups,
        ratings: means,
        scores,
        outcomes: measures
            .map_or_else(Vec::new, |model| questions::outcomes(&of_slice, (prepared, revision), model, thresholds)),
        segments: segments::offered(revision, prepared),
        basis,
        thresholds,
        outcome,
    };
    let mut report = build(inputs);
    // A filter by unit leaves the others empty; they are not part of what was asked for.
    report.properties.retain(|p| whole || p.responses.is_some_and(|n| n > 0));
    if let (Some(model), Some(live)) = (&revision.model, live) {
        let wanted = report.filter.unit.as_ref().map(|unit| descendants(units, &unit.code));
        let kept: Vec<&KeptMonth> =
            kept.iter().filter(|month| is_wanted(month, &report.filter, wanted.as_deref(), trend.is_some())).collect();
        add_months(&mut report, &kept, model, headline.unwrap_or(model.headline), live);
    }
    (report, analysis.and_then(Result::ok))
}

/// Whether a filter lets a month through of which moments are left; its days do not count where `all_months` are shown.
fn is_wanted(month: &KeptMonth, filter: &Filter, wanted: Option<&[i64]>, all_months: bool) -> bool {
    let in_unit = wanted.is_none_or(|wanted| month.unit.is_some_and(|unit| wanted.contains(&unit)));
    let first = format!("{}-01", month.month).parse::<NaiveDate>().ok();
    let in_days = first.is_some_and(|first| {
        filter.from.is_none_or(|from| from <= first)
            && filter.to.is_none_or(|to| first + Months::new(1) <= to + Days::new(1))
    });
    filter.segments.is_empty() && in_unit && (all_months || in_days) && !(filter.unflagged && month.flagged)
}

/// The scores of the responses within a slice.
fn score_values<'a>(ratings: &'a Ratings, slice: &[bool]) -> Vec<(Vec<f64>, &'a [String])> {
    let rows = if ratings.scores.is_empty() { Vec::new() } else { ratings.each(slice) };
    let inside = |values: &[f64]| values.iter().zip(&rows).filter(|(_, inside)| **inside).map(|(x, _)| *x).collect();
    ratings.scores.iter().map(|column| (inside(&column.values), column.categories.as_slice())).collect()
}

fn analyse(live: &Live, slice: Option<&[bool]>, wanted: &[Wanted<'_>]) -> Result<Analysis, FitError> {
    let analysis = pool().install(|| live.analyse(slice, wanted))?;
    let limit = FitOptions::default().max_iterations;
    if analysis.estimates.fit.converged { Ok(analysis) } else { Err(FitError::NotConverged(limit)) }
}

/// The analysis of a survey's ratings, ready for any filter: from an earlier state of them, or from none.
pub(super) fn ready(earlier: Option<Live>, model: &IndexModel, ratings: &Ratings) -> Option<Live> {
    if ratings.is_empty() {
        return None;
    }
    let bootstrap = resampling();
    let setup = || Setup {
        model: model.paths.clone(),
        scales: model.scales.clone(),
        options: FitOptions::default(),
        bootstrap,
        blocks: BLOCKS,
    };
    let rows = (ratings.bytes(), ratings.cell_of());
    Some(pool().install(|| match earlier {
        Some(live) => live.grown(rows),
        None => Live::new(setup(), rows),
    }))
}

fn estimated<'a>(
    analysis: &'a Analysis,
    model: &'a IndexModel,
    pooled_responses: usize,
    data_digest: &'a str,
) -> Estimated<'a> {
    Estimated {
        analysis,
        model: &model.paths,
        headline: model.headline,
        scales: &model.scales,
        options: FitOptions::default(),
        pooled_responses,
        data_digest,
    }
}

/// The engine's own threads, so that a resampling never holds up those that serve guests.
pub(super) fn pool() -> &'static rayon::ThreadPool {
    static POOL: OnceLock<rayon::ThreadPool> = OnceLock::new();
    POOL.get_or_init(|| {
        let builder = rayon::ThreadPoolBuilder::new().thread_name(|i| format!("csi-{i}"));
        builder.build().expect("threads can be started")
    })
}
