//! A survey and a filter -> its index report.
//!
//! Owns: reading filters, grouping responses by property and month, when to estimate and when to say
//! that there are too few, and the cache of finished reports. The same data, filter and revision give
//! the same report to the last bit. Refuses: filters that it does not understand.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use chrono::{Datelike as _, NaiveDate};

use super::access::{Action, Scope, Viewer};
use super::analysing::Ratings;
use super::authoring::{IndexModel, Revision};
use super::publishing::Publication;
use super::{App, ServiceError, blocking};
use crate::csi::analysis::{Analysis, Plan, Unit};
use crate::csi::bootstrap::{BootstrapOptions, Watch};
use crate::csi::fit::{FitError, FitOptions};
use crate::csi::groups::{Grouping, NO_GROUP};
use crate::report::Basis;
use crate::report::build::{Estimated, Group, Inputs, Outcome, build};
use crate::report::publication::{Base, Thresholds};
use crate::report::{Filter, Report, State, UnitName};
use crate::store::units::{self, UnitRow};
use crate::survey::text::negotiate;
use crate::wording;

/// Resampling behind every report: 1,000 resamples, seed 1, 95 % percentile intervals.
fn resampling() -> BootstrapOptions {
    BootstrapOptions::default()
}

/// Reports kept for readers who ask again.
const KEPT: usize = 64;

/// A report's filter as it came in an address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, serde::Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct FilterQuery {
    /// Code of a unit; with everything below it.
    pub unit: Option<String>,
    /// First day, such as 2026-11-01.
    pub from: Option<String>,
    /// Last day.
    pub to: Option<String>,
    /// `without` leaves out the responses that something is odd about.
    pub flagged: Option<String>,
    /// Language of names.
    pub lang: Option<String>,
}

/// Number of responses and the last one's id: what changes whenever the data do.
type DataState = (usize, i64);

/// Revision, filter as understood, language, a hash of the units, and which responses.
type Key = (i64, Filter, String, u64, Basis);

/// What reporting remembers: the ratings of each survey, and finished reports with the data they show.
pub(super) struct Reports {
    /// One estimation at a time: it uses all cores.
    turn: Arc<tokio::sync::Semaphore>,
    ratings: Mutex<HashMap<i64, Kept>>,
    finished: Mutex<Finished>,
}

/// The ratings of a survey, all of them and those in whole groups.
#[derive(Default)]
struct Kept {
    all: Arc<Ratings>,
    publication: Publication,
}

impl Default for Reports {
    fn default() -> Self {
        Self { turn: Arc::new(tokio::sync::Semaphore::new(1)), ratings: Mutex::default(), finished: Mutex::default() }
    }
}

#[derive(Default)]
struct Finished {
    reports: HashMap<Key, (DataState, Arc<Report>)>,
    /// Keys, least recently made first.
    order: Vec<Key>,
}

impl App {
    /// The report of a survey within a filter, and within what the viewer may see: without a unit, that of the first
    /// unit that a role names.
    ///
    /// # Errors
    /// [`ServiceError::NotSignedIn`], [`ServiceError::NotAllowed`], [`ServiceError::UnknownSurvey`],
    /// [`ServiceError::UnknownUnit`], [`ServiceError::BadFilter`], [`ServiceError::Store`].
    pub async fn report(
        &self,
        viewer: &Viewer,
        slug: &str,
        query: FilterQuery,
        accept_language: Option<&str>,
    ) -> Result<Arc<Report>, ServiceError> {
        let revision = self.published(slug).await?.revision;
        let language = negotiate(&wording::languages(), query.lang.as_deref(), accept_language).to_owned();
        let app = self.clone();
        let (asked, viewer) = (revision.clone(), viewer.clone());
        let prepared = blocking(move || app.prepare(&viewer, &asked, &query, language)).await?;
        if let Some(report) = self.reports.finished(&prepared.key, prepared.ratings.state()) {
            return Ok(report);
        }
        // Waiting here costs no thread, and holds up nobody whose report is finished: guests' reads have
        // the blocking threads to themselves.
        let turn = self.reports.turn.clone().acquire_owned().await;
        let app = self.clone();
        blocking(move || {
            let _turn = turn;
            Ok(app.estimate_unless_finished(&revision, prepared))
        })
        .await
    }

    /// What a report is made from, brought up to date.
    fn prepare(
        &self,
        viewer: &Viewer,
        revision: &Revision,
        query: &FilterQuery,
        language: String,
    ) -> Result<Prepared, ServiceError> {
        let units = self.store.read_blocking(units::all)?;
        let scope = viewer.scope(Action::ReadReports, &units)?;
        let filter = within(&scope, read_filter(query, &units, &language)?, &units, &language)?;
        // Whoever may read every single response has nothing to find out by subtraction.
        let reads_all = matches!(viewer.scope(Action::ReadResponses, &units), Ok(Scope::Everywhere));
        let basis = if reads_all { Basis::All } else { Basis::Groups };
        let ratings = self.with_ratings(revision, |all, publication| match basis {
            Basis::All => Ok(all.clone()),
            Basis::Groups => self.published_ratings(revision.survey_id, all, publication),
        })?;
        Ok(Prepared { key: (revision.id, filter, language, hash(&units), basis), ratings, units })
    }

    /// Works on the ratings of a survey, brought up to date, and its groups; on this thread.
    pub(super) fn with_ratings<T>(
        &self,
        revision: &Revision,
        work: impl FnOnce(&Arc<Ratings>, &mut Publication) -> Result<T, ServiceError>,
    ) -> Result<T, ServiceError> {
        let mut all = self.reports.ratings.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = all.entry(revision.survey_id).or_default();
        self.refresh_ratings(revision, &mut kept.all)?;
        work(&kept.all, &mut kept.publication)
    }

    fn estimate_unless_finished(&self, revision: &Revision, prepared: Prepared) -> Arc<Report> {
        let Prepared { key, ratings, units } = prepared;
        // Whoever had the turn before may have been asked for the same.
        if let Some(report) = self.reports.finished(&key, ratings.state()) {
            return report;
        }
        let asked = Asked { filter: key.1.clone(), language: &key.2, basis: key.4, thresholds: self.thresholds };
        let begun = std::time::Instant::now();
        let report = Arc::new(estimate(revision, &ratings, &units, asked));
        self.metrics.report_seconds.observe(begun.elapsed().as_secs_f64());
        self.reports.finish(key, ratings.state(), report.clone());
        report
    }
}

/// A report's name, and a snapshot of what it is made from.
struct Prepared {
    key: Key,
    ratings: Arc<Ratings>,
    units: Vec<UnitRow>,
}

fn hash(units: &[UnitRow]) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    std::hash::Hash::hash(units, &mut hasher);
    std::hash::Hasher::finish(&hasher)
}

impl Reports {
    fn finished(&self, key: &Key, state: DataState) -> Option<Arc<Report>> {
        let finished = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        finished.reports.get(key).filter(|(of, _)| *of == state).map(|(_, report)| report.clone())
    }

    fn finish(&self, key: Key, state: DataState, report: Arc<Report>) {
        let mut finished = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        finished.order.retain(|k| *k != key);
        if finished.order.len() >= KEPT {
            let oldest = finished.order.remove(0);
            finished.reports.remove(&oldest);
        }
        finished.order.push(key.clone());
        finished.reports.insert(key, (state, report));
    }
}

pub(super) fn read_filter(query: &FilterQuery, units: &[UnitRow], language: &str) -> Result<Filter, ServiceError> {
    let day = |name: &'static str, given: &Option<String>| match given.as_deref().filter(|d| !d.is_empty()) {
        None => Ok(None),
        Some(text) => text.parse::<NaiveDate>().map(Some).map_err(|_| ServiceError::BadFilter {
            name,
            given: text.chars().take(40).collect(),
            expected: "a day such as 2026-11-21",
        }),
    };
    let unit = match query.unit.as_deref().filter(|u| !u.is_empty()) {
        None => None,
        Some(code) => {
            let unit = units
                .iter()
                .find(|u| u.code == code)
                .ok_or_else(|| ServiceError::UnknownUnit(code.chars().take(80).collect()))?;
            Some(UnitName { code: unit.code.clone(), name: unit.name_in(language) })
        }
    };
    let unflagged = match query.flagged.as_deref() {
        None | Some("") => false,
        Some("without") => true,
        Some(other) => {
            let given = other.chars().take(40).collect();
            return Err(ServiceError::BadFilter { name: "flagged", given, expected: "nothing or `without`" });
        }
    };
    let filter = Filter { unit, from: day("from", &query.from)?, to: day("to", &query.to)?, unflagged };
    if let (Some(from), Some(to)) = (filter.from, filter.to)
        && from > to
    {
        return Err(ServiceError::BadFilter {
            name: "to",
            given: to.to_string(),
            expected: "a day that is not before `from`",
        });
    }
    Ok(filter)
}

/// A filter that asks for nothing outside of `scope`.
pub(super) fn within(
    scope: &Scope,
    mut filter: Filter,
    units: &[UnitRow],
    language: &str,
) -> Result<Filter, ServiceError> {
    let by_id = |id: i64| units.iter().find(|unit| unit.id == id);
    if let (None, Scope::Units { roots, .. }) = (&filter.unit, scope) {
        let root = roots.iter().find_map(|id| by_id(*id));
        filter.unit = root.map(|unit| UnitName { code: unit.code.clone(), name: unit.name_in(language) });
    }
    let asked = filter.unit.as_ref().and_then(|name| units.iter().find(|unit| unit.code == name.code));
    if scope.holds(asked.map(|unit| unit.id)) { Ok(filter) } else { Err(ServiceError::NotAllowed) }
}

/// The ids of a unit and everything below it; parents come before children in `units`.
pub(super) fn descendants(units: &[UnitRow], code: &str) -> Vec<i64> {
    let mut inside = Vec::new();
    for unit in units {
        if unit.code == code || unit.parent_id.is_some_and(|p| inside.contains(&p)) {
            inside.push(unit.id);
        }
    }
    inside
}

/// Which responses a filter lets through, one entry each.
fn slice(ratings: &Ratings, units: &[UnitRow], filter: &Filter) -> Vec<bool> {
    let wanted = filter.unit.as_ref().map(|u| descendants(units, &u.code));
    let in_unit = |unit: Option<i64>| wanted.as_ref().is_none_or(|w| unit.is_some_and(|u| w.contains(&u)));
    let in_days = |(first, last): (NaiveDate, NaiveDate)| {
        filter.from.is_none_or(|f| first >= f) && filter.to.is_none_or(|t| last <= t)
    };
    let wanted =
        |i: usize| in_unit(ratings.units[i]) && in_days(ratings.days(i)) && !(filter.unflagged && ratings.flagged[i]);
    (0..ratings.len()).map(wanted).collect()
}

fn by_property(ratings: &Ratings, units: &[UnitRow], slice: &[bool], language: &str) -> (Grouping, Vec<Group>) {
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
fn by_month(ratings: &Ratings, slice: &[bool]) -> (Grouping, Vec<Group>) {
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

fn counts(labels: &[u32], groups: usize) -> Vec<usize> {
    let mut counts = vec![0; groups];
    for label in labels.iter().filter(|l| **l != NO_GROUP) {
        counts[*label as usize] += 1;
    }
    counts
}

/// What was asked for.
struct Asked<'a> {
    filter: Filter,
    language: &'a str,
    basis: Basis,
    thresholds: Thresholds,
}

fn estimate(revision: &Revision, ratings: &Ratings, units: &[UnitRow], asked: Asked<'_>) -> Report {
    let Asked { filter, language, basis, thresholds } = asked;
    let whole = filter == Filter::default();
    let slice = slice(ratings, units, &filter);
    let responses = slice.iter().filter(|inside| **inside).count();
    let flagged = ratings.flagged.iter().zip(&slice).filter(|(odd, inside)| **odd && **inside).count();
    let last_response = ratings.times.iter().zip(&slice).filter(|(_, inside)| **inside).map(|(t, _)| *t).max();
    let (property_grouping, properties) = by_property(ratings, units, &slice, language);
    let (month_grouping, months) = by_month(ratings, &slice);
    let groupings = [property_grouping, month_grouping];
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
    report
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_includes_everything_below_it() {
        let unit = |id, code: &str, parent_id| UnitRow::plain(id, code, parent_id);
        let units =
            [unit(1, "group", None), unit(2, "north", Some(1)), unit(3, "south", Some(1)), unit(4, "inn", Some(3))];
        assert_eq!(descendants(&units, "south"), [3, 4]);
        assert_eq!(descendants(&units, "group"), [1, 2, 3, 4]);
    }

    #[test]
    fn filters_are_read_or_refused_by_name() {
        let query = |from: &str, to: &str| FilterQuery {
            from: Some(from.into()),
            to: Some(to.into()),
            ..FilterQuery::default()
        };
        assert!(read_filter(&query("2026-01-01", ""), &[], "en").is_ok());
        assert!(
            read_filter(&query("yesterday", ""), &[], "en")
                .unwrap_err()
                .to_string()
                .starts_with("`from` is `yesterday`; expected a day")
        );
        assert!(read_filter(&query("2026-02-01", "2026-01-01"), &[], "en").is_err());
        let unknown = FilterQuery { unit: Some("x".into()), ..FilterQuery::default() };
        assert_eq!(read_filter(&unknown, &[], "en").unwrap_err().to_string(), "there is no unit `x`");
    }
}
