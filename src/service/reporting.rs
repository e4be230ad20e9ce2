//! A survey and a filter -> its index report.
//!
//! Owns: reading filters, grouping responses by property and month, when to estimate and when to say
//! that there are too few, and the cache of finished reports. The same data, filter and revision give
//! the same report to the last bit. Refuses: filters that it does not understand.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use chrono::{Datelike as _, NaiveDate};

use super::analysing::Ratings;
use super::authoring::{IndexModel, Revision};
use super::{App, ServiceError};
use crate::csi::analysis::{Analysis, Plan, Unit};
use crate::csi::bootstrap::BootstrapOptions;
use crate::csi::fit::FitOptions;
use crate::csi::groups::{Grouping, NO_GROUP};
use crate::report::build::{Estimated, Group, Inputs, Outcome, build};
use crate::report::{Filter, NEEDED, Report, State, UnitName};
use crate::store::units::{self, UnitRow};
use crate::survey::text::negotiate;
use crate::wording;

/// Resampling behind every report.
const BOOTSTRAP: BootstrapOptions = BootstrapOptions { resamples: 1000, seed: 1, level: 0.95 };

/// Reports kept for readers who ask again.
const KEPT: usize = 64;

/// A report's filter as it came in an address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(default)]
pub struct FilterQuery {
    pub unit: Option<String>,
    pub from: Option<String>,
    pub to: Option<String>,
    pub lang: Option<String>,
}

type Key = (i64, FilterQuery, String);

/// What reporting remembers: the ratings of each survey, and finished reports with the data they show.
#[derive(Default)]
pub(super) struct Reports {
    ratings: Mutex<HashMap<i64, Arc<Ratings>>>,
    finished: Mutex<Finished>,
}

#[derive(Default)]
struct Finished {
    reports: HashMap<Key, (usize, Arc<Report>)>,
    /// Keys, least recently made first.
    order: Vec<Key>,
}

impl App {
    /// The report of a survey within a filter.
    ///
    /// # Errors
    /// [`ServiceError::UnknownSurvey`], [`ServiceError::UnknownUnit`], [`ServiceError::BadFilter`],
    /// [`ServiceError::Store`].
    pub async fn report(
        &self,
        slug: &str,
        query: FilterQuery,
        accept_language: Option<&str>,
    ) -> Result<Arc<Report>, ServiceError> {
        let revision = self.published(slug).await?.revision;
        let language = negotiate(&wording::languages(), query.lang.as_deref(), accept_language).to_owned();
        let app = self.clone();
        let work = move || app.report_blocking(&revision, query, &language);
        tokio::task::spawn_blocking(work).await.map_err(|e| crate::store::StoreError::Broken(Box::new(e)))?
    }

    fn report_blocking(
        &self,
        revision: &Revision,
        query: FilterQuery,
        language: &str,
    ) -> Result<Arc<Report>, ServiceError> {
        let units = self.store.read_blocking(units::all)?;
        let filter = read_filter(&query, &units)?;
        let Some(model) = &revision.model else {
            return Ok(Arc::new(build(inputs(revision, language, filter, Outcome::Without(State::NoModel)))));
        };
        // Held while estimating: one estimation at a time uses all cores, and readers of the same report wait for one.
        let mut all = self.reports.ratings.lock().unwrap_or_else(PoisonError::into_inner);
        let ratings = all.entry(revision.survey_id).or_default();
        self.refresh_ratings(revision, model, ratings)?;
        let key = (revision.id, query, language.to_owned());
        if let Some(report) = self.reports.finished(&key, ratings.len()) {
            return Ok(report);
        }
        let report = Arc::new(estimate(revision, model, ratings, &units, filter, language));
        self.reports.finish(key, ratings.len(), report.clone());
        Ok(report)
    }
}

impl Reports {
    fn finished(&self, key: &Key, responses: usize) -> Option<Arc<Report>> {
        let finished = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        finished.reports.get(key).filter(|(of, _)| *of == responses).map(|(_, report)| report.clone())
    }

    fn finish(&self, key: Key, responses: usize, report: Arc<Report>) {
        let mut finished = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        finished.order.retain(|k| *k != key);
        if finished.order.len() >= KEPT {
            let oldest = finished.order.remove(0);
            finished.reports.remove(&oldest);
        }
        finished.order.push(key.clone());
        finished.reports.insert(key, (responses, report));
    }
}

fn read_filter(query: &FilterQuery, units: &[UnitRow]) -> Result<Filter, ServiceError> {
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
            Some(UnitName { code: unit.code.clone(), name: unit.name.clone() })
        }
    };
    let filter = Filter { unit, from: day("from", &query.from)?, to: day("to", &query.to)? };
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

fn inputs<'a>(revision: &'a Revision, language: &'a str, filter: Filter, outcome: Outcome<'a>) -> Inputs<'a> {
    Inputs {
        survey: &revision.survey,
        content_hash: &revision.content_hash,
        language,
        filter,
        responses: 0,
        last_response: None,
        properties: Vec::new(),
        months: Vec::new(),
        outcome,
    }
}

/// The ids of a unit and everything below it; parents come before children in `units`.
fn descendants(units: &[UnitRow], code: &str) -> Vec<i64> {
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
    let in_days = |day: NaiveDate| filter.from.is_none_or(|f| day >= f) && filter.to.is_none_or(|t| day <= t);
    ratings.units.iter().zip(&ratings.times).map(|(unit, time)| in_unit(*unit) && in_days(time.date())).collect()
}

fn by_property(ratings: &Ratings, units: &[UnitRow], slice: &[bool]) -> (Grouping, Vec<Group>) {
    let properties: Vec<&UnitRow> = units.iter().filter(|u| u.kind == "property").collect();
    let label: HashMap<i64, u32> = properties.iter().zip(0..).map(|(u, g)| (u.id, g)).collect();
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
        .map(|(u, responses)| Group { code: u.code.clone(), name: u.name.clone(), responses })
        .collect();
    (Grouping { labels, groups: properties.len() }, groups)
}

fn by_month(ratings: &Ratings, slice: &[bool]) -> (Grouping, Vec<Group>) {
    let month = |day: NaiveDate| (day.year(), day.month());
    let mut present: BTreeMap<(i32, u32), u32> = BTreeMap::new();
    for (time, _) in ratings.times.iter().zip(slice).filter(|(_, inside)| **inside) {
        present.insert(month(time.date()), 0);
    }
    for (label, entry) in present.values_mut().enumerate() {
        *entry = label as u32;
    }
    let labels: Vec<u32> = ratings
        .times
        .iter()
        .zip(slice)
        .map(|(time, inside)| if *inside { present[&month(time.date())] } else { NO_GROUP })
        .collect();
    let counts = counts(&labels, present.len());
    let name = |(year, month): &(i32, u32)| format!("{year}-{month:02}");
    let groups =
        present.keys().zip(counts).map(|(m, responses)| Group { code: name(m), name: name(m), responses }).collect();
    (Grouping { labels, groups: present.len() }, groups)
}

fn counts(labels: &[u32], groups: usize) -> Vec<usize> {
    let mut counts = vec![0; groups];
    for label in labels.iter().filter(|l| **l != NO_GROUP) {
        counts[*label as usize] += 1;
    }
    counts
}

fn estimate(
    revision: &Revision,
    model: &IndexModel,
    ratings: &Ratings,
    units: &[UnitRow],
    filter: Filter,
    language: &str,
) -> Report {
    let whole = filter == Filter::default();
    let slice = slice(ratings, units, &filter);
    let responses = slice.iter().filter(|inside| **inside).count();
    let last_response = ratings.times.iter().zip(&slice).filter(|(_, inside)| **inside).map(|(t, _)| *t).max();
    let (property_grouping, mut properties) = by_property(ratings, units, &slice);
    let (month_grouping, months) = by_month(ratings, &slice);
    let enough = responses >= NEEDED;
    let data = ratings.indicators(model);
    let groupings = [property_grouping, month_grouping];
    let options = FitOptions::default();
    let plan = Plan {
        model: &model.paths,
        data: &data,
        options: options.clone(),
        scales: &model.scales,
        slice: (!whole).then_some(&slice),
        groupings: &groupings,
    };
    let analysis = enough.then(|| pool().install(|| plan.run(&BOOTSTRAP, Unit::Auto, &|| ())));
    let digest = ratings.digest();
    let outcome = match &analysis {
        None => Outcome::Without(State::TooFew { needed: NEEDED }),
        Some(Err(error)) => Outcome::Without(State::NotEstimable { reason: error.to_string() }),
        Some(Ok(analysis)) => Outcome::Estimated(estimated(analysis, model, options, ratings.len(), &digest)),
    };
    let mut inputs = inputs(revision, language, filter, outcome);
    (inputs.responses, inputs.last_response, inputs.months) = (responses, last_response, months);
    std::mem::swap(&mut inputs.properties, &mut properties);
    let mut report = build(inputs);
    // A filter by unit leaves the others empty; they are not part of what was asked for.
    report.properties.retain(|p| whole || p.responses > 0);
    report
}

fn estimated<'a>(
    analysis: &'a Analysis,
    model: &'a IndexModel,
    options: FitOptions,
    pooled_responses: usize,
    data_digest: &'a str,
) -> Estimated<'a> {
    Estimated {
        analysis,
        model: &model.paths,
        headline: model.headline,
        scales: &model.scales,
        options,
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
        let unit = |id, code: &str, parent_id| UnitRow {
            id,
            code: code.into(),
            kind: String::new(),
            name: String::new(),
            parent_id,
        };
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
        assert!(read_filter(&query("2026-01-01", ""), &[]).is_ok());
        assert!(
            read_filter(&query("yesterday", ""), &[])
                .unwrap_err()
                .to_string()
                .starts_with("`from` is `yesterday`; expected a day")
        );
        assert!(read_filter(&query("2026-02-01", "2026-01-01"), &[]).is_err());
        let unknown = FilterQuery { unit: Some("x".into()), ..FilterQuery::default() };
        assert_eq!(read_filter(&unknown, &[]).unwrap_err().to_string(), "there is no unit `x`");
    }
}
