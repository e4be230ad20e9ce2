//! Responses within a filter -> estimates -> a report.
//!
//! Owns: grouping responses by property and month, and when to estimate and when to say that there are too few. The same
//! data, filter and revision give the same figures to the last bit. Refuses: to know who asks, and in which words.

use std::collections::HashMap;
use std::sync::OnceLock;

use chrono::{Datelike as _, NaiveDate};

use super::analysing::Ratings;
use super::authoring::{IndexModel, Revision};
use super::reporting::descendants;
use crate::csi::analysis::{Analysis, Plan, Unit};
use crate::csi::bootstrap::{BootstrapOptions, Watch};
use crate::csi::fit::{FitError, FitOptions};
use crate::csi::groups::{Grouping, NO_GROUP};
use crate::report::build::{Estimated, Group, Inputs, Outcome, build};
use crate::report::publication::{Base, Thresholds};
use crate::report::{Basis, Filter, Report, State};
use crate::store::units::UnitRow;

/// Resampling behind every report: 1,000 resamples, seed 1, 95 % percentile intervals.
fn resampling() -> BootstrapOptions {
    BootstrapOptions::default()
}

/// Which responses a filter lets through, one entry each.
pub(super) fn slice(ratings: &Ratings, units: &[UnitRow], filter: &Filter) -> Vec<bool> {
    let wanted = filter.unit.as_ref().map(|u| descendants(units, &u.code));
    let in_unit = |unit: Option<i64>| wanted.as_ref().is_none_or(|w| unit.is_some_and(|u| w.contains(&u)));
    let in_days = |(first, last): (NaiveDate, NaiveDate)| {
        filter.from.is_none_or(|f| first >= f) && filter.to.is_none_or(|t| last <= t)
    };
    let wanted =
        |i: usize| in_unit(ratings.units[i]) && in_days(ratings.days(i)) && !(filter.unflagged && ratings.flagged[i]);
    (0..ratings.len()).map(wanted).collect()
}

pub(super) fn by_property(
    ratings: &Ratings,
    units: &[UnitRow],
    slice: &[bool],
    language: &str,
) -> (Grouping, Vec<Group>) {
    let properties: Vec<&UnitRow> = units.iter().filter(|u| u.kind == "property" && u.merged_into.is_none()).collect();
    let mut label: HashMap<i64, u32> = properties.iter().zip(0..).map(|(u, g)| (u.id, g)).collect();
    // What a property has below it, outlets and what became part of it, belongs to it.
    for unit in units {
        if let (None, Some(above)) =
            (label.get(&unit.id), unit.parent_id.and_then(|parent| label.get(&parent)).copied())
        {
            label.insert(unit.id, above);
        }
    }
    let labels: Vec<u32> = ratings
        .units
        .iter()
        .zip(slice)
        .map(|(unit, inside)| unit.filter(|_| *inside).and_then(|u| label.get(&u).copied()).unwrap_or(NO_GROUP))
        .collect();
    let counts = counts(&labels, properties.len());
    let groups = properties
        .iter()
        .zip(counts)
        .map(|(u, responses)| Group { code: u.code.clone(), name: u.name_in(language), responses })
        .collect();
    (Grouping { labels, groups: properties.len() }, groups)
}

/// Every month from the first response to the last, those without a response included.
pub(super) fn by_month(ratings: &Ratings, slice: &[bool]) -> (Grouping, Vec<Group>) {
    let month = |day: NaiveDate| i64::from(day.year()) * 12 + i64::from(day.month0());
    // A group of responses that reaches over the end of a month is part of neither.
    let of = |row: usize| {
        let (first, last) = ratings.days(row);
        (slice[row] && month(first) == month(last)).then(|| month(last))
    };
    let inside = || (0..slice.len()).filter_map(of);
    let (Some(first), Some(last)) = (inside().min(), inside().max()) else {
        return (Grouping { labels: vec![NO_GROUP; slice.len()], groups: 0 }, Vec::new());
    };
    let labels: Vec<u32> = (0..slice.len()).map(|row| of(row).map_or(NO_GROUP, |at| (at - first) as u32)).collect();
    let counts = counts(&labels, (last - first + 1) as usize);
    let name = |month: i64| format!("{}-{:02}", month.div_euclid(12), month.rem_euclid(12) + 1);
    let group =
        |(month, responses): (i64, &usize)| Group { code: name(month), name: name(month), responses: *responses };
    let groups = (first..=last).zip(&counts).map(group).collect();
    (Grouping { labels, groups: counts.len() }, groups)
}

pub(super) fn counts(labels: &[u32], groups: usize) -> Vec<usize> {
    let mut counts = vec![0; groups];
    for label in labels.iter().filter(|l| **l != NO_GROUP) {
        counts[*label as usize] += 1;
    }
    counts
}

/// What was asked for.
pub(super) struct Asked<'a> {
    pub(super) filter: Filter,
    pub(super) language: &'a str,
    pub(super) basis: Basis,
    pub(super) thresholds: Thresholds,
    /// Whose months are shown, if not those of the filter alone.
    pub(super) trend: Option<&'a [bool]>,
    /// A further grouping whose indices are wanted.
    pub(super) more: Option<Grouping>,
}

/// The report of what was asked for, with the estimates behind it, where there are enough responses.
pub(super) fn estimate(
    revision: &Revision,
    ratings: &Ratings,
    units: &[UnitRow],
    asked: Asked<'_>,
) -> (Report, Option<Analysis>) {
    let Asked { filter, language, basis, thresholds, trend, more } = asked;
    let whole = filter == Filter::default();
    let slice = slice(ratings, units, &filter);
    let responses = slice.iter().filter(|inside| **inside).count();
    let flagged = ratings.flagged.iter().zip(&slice).filter(|(odd, inside)| **odd && **inside).count();
    let last_response = ratings.times.iter().zip(&slice).filter(|(_, inside)| **inside).map(|(t, _)| *t).max();
    let (property_grouping, properties) = by_property(ratings, units, &slice, language);
    let (month_grouping, months) = by_month(ratings, trend.unwrap_or(&slice));
    let groupings: Vec<Grouping> = [property_grouping, month_grouping].into_iter().chain(more).collect();
    let analysis = match &revision.model {
        Some(model) if thresholds.base(responses) >= Base::Low => {
            Some(analyse(model, ratings, (!whole).then_some(&slice), &groupings))
        }
        _ => None,
    };
    let digest = ratings.digest();
    let outcome = match (&revision.model, &analysis) {
        (None, _) => Outcome::Without(State::NoModel),
        (_, None) => Outcome::Without(State::TooFew { needed: thresholds.index }),
        (_, Some(Err(error))) => Outcome::Without(State::NotEstimable { reason: error.to_string() }),
        (Some(model), Some(Ok(analysis))) => Outcome::Estimated(estimated(analysis, model, ratings.len(), &digest)),
    };
    let survey = &revision.survey;
    let content_hash = &revision.content_hash;
    let scores = score_values(ratings, &slice);
    let indicators = revision.model.as_ref().map_or(&[][..], |m| &m.paths.indicators);
    let ratings = indicators.iter().map(String::as_str).zip(ratings.means(indicators.len(), &slice)).collect();
    let inputs = Inputs {
        survey,
        content_hash,
        language,
        filter,
        responses,
        flagged,
        last_response,
        properties,
        months,
        ratings,
        scores,
        basis,
        thresholds,
        outcome,
    };
    let mut report = build(inputs);
    // A filter by unit leaves the others empty; they are not part of what was asked for.
    report.properties.retain(|p| whole || p.responses.is_some_and(|n| n > 0));
    (report, analysis.and_then(Result::ok))
}

/// The scores of the responses within a slice.
fn score_values<'a>(ratings: &'a Ratings, slice: &[bool]) -> Vec<(Vec<f64>, &'a [String])> {
    let inside = |values: &[f64]| values.iter().zip(slice).filter(|(_, inside)| **inside).map(|(x, _)| *x).collect();
    ratings.scores.iter().map(|column| (inside(&column.values), column.categories.as_slice())).collect()
}

fn analyse(
    model: &IndexModel,
    ratings: &Ratings,
    slice: Option<&Vec<bool>>,
    groupings: &[Grouping],
) -> Result<Analysis, FitError> {
    let (data, options) = (ratings.indicators(model), FitOptions::default());
    let limit = options.max_iterations;
    let slice = slice.map(Vec::as_slice);
    let plan = Plan { options, slice, groupings, ..Plan::new(&model.paths, &data, &model.scales) };
    let analysis = pool().install(|| plan.run(&resampling(), Unit::Auto, Watch::nobody()))?;
    if analysis.estimates.fit.converged { Ok(analysis) } else { Err(FitError::NotConverged(limit)) }
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
fn pool() -> &'static rayon::ThreadPool {
    static POOL: OnceLock<rayon::ThreadPool> = OnceLock::new();
    POOL.get_or_init(|| {
        let builder = rayon::ThreadPoolBuilder::new().thread_name(|i| format!("csi-{i}"));
        builder.build().expect("threads can be started")
    })
}
