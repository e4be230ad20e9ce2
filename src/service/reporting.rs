//! A survey and a filter -> its index report.
//!
//! Owns: reading filters, who may ask for what, one estimation at a time, and the cache of finished reports. Refuses:
//! filters that it does not understand.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{Datelike as _, NaiveDate};

use super::access::{Action, Role, Scope, Viewer};
use super::analysing::Ratings;
use super::analysing::refreshing::Counted;
use super::authoring::Revision;
use super::comparing::AboutSegment;
use super::estimating::{Asked, estimate, ready};
use super::finished::Finished;
use super::overview::{About, set_period};
use super::publishing::Publication;
use super::questions::AboutQuestion;
use super::retaining::KeptMonth;
use super::segments::{offered, read_segments};
use super::{App, ServiceError, blocking};
use crate::csi::live::Live;
use crate::report::comparing::SegmentsCompared;
use crate::report::expectations::Expectations;
use crate::report::measurement::Measurement;
use crate::report::overview::Overview;
use crate::report::question::QuestionReport;
use crate::report::satisfiers::Satisfiers;
use crate::report::{Basis, Filter, Report, UnitName};
use crate::store::surveys;
use crate::store::units::{self, UnitRow};
use crate::survey::text::negotiate;
use crate::wording;

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
    /// A part of the guests: names are `segment.` and a segment of the survey, values one of its values, as in
    /// `segment.purpose=business`; several narrow it down. `period` takes the place of days: `month`, `quarter`, `year` (so
    /// many months up to the last response) or `all`. Other names are passed over.
    #[serde(flatten)]
    #[param(rename = "segments", style = Form, explode, value_type = Option<std::collections::HashMap<String, String>>)]
    pub more: Pairs,
}

/// Before the name of a segment, in addresses.
pub const SEGMENT: &str = "segment.";

impl FilterQuery {
    /// Segments and the values that are asked for.
    pub fn segments(&self) -> Vec<(String, String)> {
        let named = |(name, value): &(String, String)| Some((name.strip_prefix(SEGMENT)?.to_owned(), value.clone()));
        self.more.0.iter().filter_map(named).filter(|(_, value)| !value.is_empty()).collect()
    }

    /// The period that takes the place of days, if one is named.
    fn period(&self) -> Option<&str> {
        let given = self.more.0.iter().find(|(name, _)| name == "period").map(|(_, value)| value.as_str());
        given.filter(|period| !matches!(*period, "" | "days"))
    }
}

/// Names and values of an address as they stand there, repetitions too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Pairs(pub Vec<(String, String)>);

impl<'de> serde::Deserialize<'de> for Pairs {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> serde::de::Visitor<'de> for All {
            type Value = Pairs;

            fn expecting(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                to.write_str("names and values")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        from.deserialize_map(All)
    }
}

/// Held while estimating.
type Turn = Result<tokio::sync::OwnedSemaphorePermit, tokio::sync::AcquireError>;

/// Revision, filter as understood, language, a hash of the units, and which responses.
pub(super) type Key = (i64, Filter, String, u64, Basis);

/// What reporting remembers: the ratings of each survey, and finished reports with the data they show.
pub(super) struct Reports {
    /// One estimation at a time: it uses all cores.
    turn: Arc<tokio::sync::Semaphore>,
    ratings: Mutex<HashMap<i64, Kept>>,
    /// By survey and basis, with the table of ratings that each is of.
    lives: Mutex<HashMap<(i64, Basis), (u64, Live)>>,
    finished: Finished<(Key, ()), Report>,
    pub(super) overviews: Finished<(Key, About), Overview>,
    pub(super) questions: Finished<(Key, AboutQuestion), QuestionReport>,
    pub(super) measurements: Finished<(Key, ()), Measurement>,
    pub(super) satisfiers: Finished<(Key, ()), Satisfiers>,
    pub(super) expectations: Finished<(Key, ()), Expectations>,
    pub(super) segments: Finished<(Key, AboutSegment), SegmentsCompared>,
}

/// How something is made of a survey's ratings, once for all who ask for it.
pub(super) struct Making<X, T, S, M>
where
    S: Fn(&App, &Revision, &mut Prepared) -> Result<X, ServiceError>,
    M: Fn(&App, &Revision, &Prepared, &X, Option<&Live>) -> T,
{
    /// Where it is kept.
    pub(super) finished: fn(&Reports) -> &Finished<(Key, X), T>,
    /// What names it besides its filter, which may be settled here.
    pub(super) settle: S,
    pub(super) make: M,
}

/// The ratings of a survey, all of them and those in whole groups.
#[derive(Default)]
struct Kept {
    all: Arc<Ratings>,
    counted: Option<Counted>,
    publication: Publication,
}

impl Default for Reports {
    fn default() -> Self {
        Self {
            turn: Arc::new(tokio::sync::Semaphore::new(1)),
            ratings: Mutex::default(),
            lives: Mutex::default(),
            finished: Finished::default(),
            overviews: Finished::default(),
            questions: Finished::default(),
            measurements: Finished::default(),
            satisfiers: Finished::default(),
            expectations: Finished::default(),
            segments: Finished::default(),
        }
    }
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
        Ok(self.report_with_source(viewer, slug, query, accept_language).await?.0)
    }

    /// The report, and what it is made from.
    pub(super) async fn report_with_source(
        &self,
        viewer: &Viewer,
        slug: &str,
        query: FilterQuery,
        accept_language: Option<&str>,
    ) -> Result<(Arc<Report>, Prepared), ServiceError> {
        let making = Making {
            finished: |reports| &reports.finished,
            settle: |_: &Self, _: &Revision, _: &mut Prepared| Ok(()),
            make: |app: &Self, revision: &Revision, prepared: &Prepared, (): &(), live: Option<&Live>| {
                let asked = Asked::report(app.thresholds);
                estimate(revision, prepared, live, &asked).0
            },
        };
        self.made(viewer, slug, query, accept_language, making).await
    }

    /// Reads the answers to every survey and fits its model, for those who may read single responses and those who may not,
    /// so that nobody waits for the first page of a server's life.
    ///
    /// # Errors
    /// As [`App::report`].
    pub async fn make_ready(&self) -> Result<(), ServiceError> {
        for survey in self.store.read(surveys::all).await? {
            let revision = self.published(&survey.slug).await?.revision;
            let (turn, _) = self.take_turn().await;
            let app = self.clone();
            let make = move || {
                let _turn = turn;
                let of_groups = Viewer::of_token(String::new(), Role::Viewer, None);
                for viewer in [Viewer::at_the_server(), of_groups] {
                    let prepared = app.prepare(&viewer, &revision, &FilterQuery::default(), String::new())?;
                    app.with_live(&revision, &prepared, |_| ());
                }
                Ok(())
            };
            blocking(make).await?;
        }
        Ok(())
    }

    /// What was asked for, as it was made before, or now.
    ///
    /// # Errors
    /// As [`App::report`], and those of `settle`.
    pub(super) async fn made<X, T, S, M>(
        &self,
        viewer: &Viewer,
        slug: &str,
        query: FilterQuery,
        accept_language: Option<&str>,
        making: Making<X, T, S, M>,
    ) -> Result<(Arc<T>, Prepared), ServiceError>
    where
        X: std::hash::Hash + Eq + Clone + Send + Sync + 'static,
        T: Send + Sync + 'static,
        S: Fn(&Self, &Revision, &mut Prepared) -> Result<X, ServiceError> + Send + Sync + 'static,
        M: Fn(&Self, &Revision, &Prepared, &X, Option<&Live>) -> T + Send + Sync + 'static,
    {
        let revision = self.published(slug).await?.revision;
        let language = negotiate(&wording::languages(), query.lang.as_deref(), accept_language).to_owned();
        let (app, viewer, making) = (self.clone(), viewer.clone(), Arc::new(making));
        let prepare = {
            let making = making.clone();
            Arc::new(move || {
                let mut prepared = app.prepare(&viewer, &revision, &query, language.clone())?;
                let about = (making.settle)(&app, &revision, &mut prepared)?;
                let key = (prepared.key.clone(), about);
                let made = (making.finished)(&app.reports).get(&key, prepared.ratings.state());
                Ok((revision.clone(), prepared, key, made))
            })
        };
        let first = prepare.clone();
        let found = match blocking(move || first()).await? {
            (_, prepared, _, Some(made)) => return Ok((made, prepared)),
            found => found,
        };
        let (turn, waited) = self.take_turn().await;
        let app = self.clone();
        blocking(move || {
            let _turn = turn;
            // Whoever had the turn before may have been asked for the same, and answers may have come.
            let (revision, prepared, key, made) = if waited { prepare()? } else { found };
            if let Some(made) = made {
                return Ok((made, prepared));
            }
            let prepared = app.with_kept_months(&revision, prepared)?;
            let begun = std::time::Instant::now();
            let make = |live: Option<&Live>| (making.make)(&app, &revision, &prepared, &key.1, live);
            let made = Arc::new(app.with_live(&revision, &prepared, make));
            app.metrics.report_seconds.observe(begun.elapsed().as_secs_f64());
            (making.finished)(&app.reports).keep(key, prepared.ratings.state(), made.clone());
            Ok((made, prepared))
        })
        .await
    }

    /// The turn to estimate, and whether it was waited for. Waiting costs no thread, and holds up nobody whose report is
    /// finished: guests' reads have the blocking threads to themselves.
    pub(super) async fn take_turn(&self) -> (Turn, bool) {
        let turn = &self.reports.turn;
        match turn.clone().try_acquire_owned() {
            Ok(turn) => (Ok(turn), false),
            Err(_) => (turn.clone().acquire_owned().await, true),
        }
    }

    /// What a report is made from, brought up to date.
    pub(super) fn prepare(
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
        let key = (revision.id, filter, language, hash(&units), basis);
        let mut prepared = Prepared { key, ratings, units, kept: Vec::new() };
        let asked = query.segments();
        if !asked.is_empty() {
            prepared.key.1.segments = read_segments(revision, &asked, &offered(revision, &prepared))?;
        }
        if let Some(period) = query.period() {
            set_period(&mut prepared, Some(period), self.thresholds)?;
        }
        Ok(prepared)
    }

    /// Works on the ratings of a survey, brought up to date, and its groups; on this thread.
    pub(super) fn with_ratings<T>(
        &self,
        revision: &Revision,
        work: impl FnOnce(&Arc<Ratings>, &mut Publication) -> Result<T, ServiceError>,
    ) -> Result<T, ServiceError> {
        let mut all = self.reports.ratings.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = all.entry(revision.survey_id).or_default();
        self.refresh_ratings(revision, &mut kept.all, &mut kept.counted)?;
        work(&kept.all, &mut kept.publication)
    }

    /// With what is left of earlier responses, for whoever may see it: sums of months do not follow the groups that others
    /// see, and between the two a few could be read off.
    pub(super) fn with_kept_months(&self, revision: &Revision, prepared: Prepared) -> Result<Prepared, ServiceError> {
        let kept = if prepared.key.4 == Basis::All { self.kept_months(revision)? } else { Vec::new() };
        Ok(Prepared { kept, ..prepared })
    }

    /// Works with the analysis of the ratings that was kept from before, if any, brought up to date. Whoever calls has the
    /// turn.
    pub(super) fn with_live<T>(
        &self,
        revision: &Revision,
        prepared: &Prepared,
        work: impl FnOnce(Option<&Live>) -> T,
    ) -> T {
        let Prepared { key: (.., basis), ratings, .. } = prepared;
        let Some(model) = &revision.model else { return work(None) };
        let lives = || self.reports.lives.lock().unwrap_or_else(PoisonError::into_inner);
        let place = (revision.survey_id, *basis);
        let kept = lives().remove(&place);
        let earlier = kept.filter(|(table, live)| *table == ratings.table() && live.rows() <= ratings.len());
        let live = ready(earlier.map(|(_, live)| live), model, ratings);
        let done = work(live.as_ref());
        if let Some(live) = live {
            lives().insert(place, (ratings.table(), live));
        }
        done
    }
}

/// A report's name, and a snapshot of what it is made from.
pub(super) struct Prepared {
    pub(super) key: Key,
    pub(super) ratings: Arc<Ratings>,
    pub(super) units: Vec<UnitRow>,
    /// Of responses that are not there any more.
    pub(super) kept: Vec<KeptMonth>,
}

fn hash(units: &[UnitRow]) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    std::hash::Hash::hash(units, &mut hasher);
    std::hash::Hasher::finish(&hasher)
}

/// A day of these centuries: with others dates cannot be counted on and back.
fn in_our_time(text: &str) -> Option<NaiveDate> {
    text.parse().ok().filter(|day: &NaiveDate| (1900..=9900).contains(&day.year()))
}

pub(super) fn read_filter(query: &FilterQuery, units: &[UnitRow], language: &str) -> Result<Filter, ServiceError> {
    let day = |name: &'static str, given: &Option<String>| match given.as_deref().filter(|d| !d.is_empty()) {
        None => Ok(None),
        Some(text) => in_our_time(text).map(Some).ok_or_else(|| ServiceError::BadFilter {
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
    let (from, to) = (day("from", &query.from)?, day("to", &query.to)?);
    let filter = Filter { unit, from, to, unflagged, segments: Vec::new() };
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
