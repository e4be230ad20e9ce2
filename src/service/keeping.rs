//! Index reports that are kept: numbered, unchanging, and made again from what they were made of.
//!
//! Owns: what a report was made of (revision, filter, language, thresholds, the last response that it knows), who may see it,
//! and comparing it, byte by byte, with what the same gives now. Refuses: to keep what has no index, and to change what
//! is kept.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access::{Action, Scope, Viewer};
use super::analysing::Ratings;
use super::authoring::Revision;
use super::estimating::{Asked, estimate, ready};
use super::reporting::{FilterQuery, Prepared};
use super::{App, ServiceError, auditing, blocking, now, sha256};
use crate::report::publication::Thresholds;
use crate::report::{Basis, Filter, Report, State};
use crate::store::kept_reports::{self, KeptRow};
use crate::store::units::{self, UnitRow};
use crate::store::{StoreError, surveys};

/// Rows read at a time, to find those that somebody may see.
const PAGE: i64 = 100;

/// What a report is made again from, besides its revision and the answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct MadeOf {
    filter: Filter,
    language: String,
    basis: Basis,
    thresholds: Thresholds,
    /// The last response, or group of responses, that it knows.
    last: i64,
    /// Whether it has the measures that others use; none had before reports had them.
    #[serde(default)]
    outcomes: bool,
    /// Names and hierarchy of that day; of reports that were kept before this was, those of now.
    #[serde(default)]
    units: Option<Vec<UnitRow>>,
}

/// A report that is kept.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct KeptReport {
    /// From 1, without gaps.
    pub number: i64,
    pub kept_at: DateTime<Utc>,
    /// An account's address, `token NAME`, or `shell`; nothing for those who are not signed in.
    pub kept_by: String,
    /// SHA-256 of the report's JSON.
    pub sha256: String,
    pub survey: String,
    pub title: String,
    /// Code and name of a unit.
    pub unit: Option<String>,
    pub unit_name: Option<String>,
    /// Names of the parts of the guests that it is of.
    pub segments: Vec<String>,
    pub from: Option<chrono::NaiveDate>,
    pub to: Option<chrono::NaiveDate>,
    /// The headline index.
    pub score: Option<f64>,
    /// The report as it was made.
    #[serde(skip)]
    pub content: String,
}

/// What making a report again showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verified {
    /// The same bytes.
    Same,
    /// What differs: why, if that is known, and where.
    Other(Vec<String>),
}

impl KeptReport {
    /// Who kept it is for those who are known themselves.
    fn hide_from(&mut self, viewer: &Viewer) {
        if !viewer.is_somebody() {
            self.kept_by.clear();
        }
    }

    /// The report, for a page; `None` where another version of the program made it, of another shape.
    pub fn report(&self) -> Option<Report> {
        serde_json::from_str(&self.content).ok()
    }
}

impl App {
    /// Keeps the report that a filter gives now; returns its number.
    ///
    /// # Errors
    /// As [`App::report`]; [`ServiceError::NothingToKeep`] where there is no index.
    pub async fn keep_report(
        &self,
        viewer: &Viewer,
        slug: &str,
        query: FilterQuery,
        accept_language: Option<&str>,
    ) -> Result<i64, ServiceError> {
        if !viewer.is_somebody() {
            return Err(ServiceError::NotSignedIn);
        }
        let (report, prepared) = self.report_with_source(viewer, slug, query, accept_language).await?;
        if report.state != State::Ready {
            return Err(ServiceError::NothingToKeep);
        }
        let (revision_id, filter, language, _, basis) = prepared.key;
        let (thresholds, last) = (report.thresholds, prepared.ratings.state().1);
        let units = Some(prepared.units);
        let made_of = MadeOf { filter, language, basis, thresholds, last, outcomes: true, units };
        let revision = self.published(slug).await?.revision;
        let content = as_json(&report)?;
        let row = KeptRow {
            number: 0,
            survey_id: revision.survey_id,
            revision_id,
            kept_at: now(),
            kept_by: viewer.actor(),
            made_of: json!(made_of).to_string(),
            content,
        };
        let (actor, slug) = (viewer.actor(), slug.to_owned());
        let kept = self.store.write(move |db| {
            let number = kept_reports::add(db, &row)?;
            auditing::append(db, auditing::entry(&actor, "report.keep", &slug, &json!({"number": number})))?;
            Ok(number)
        });
        Ok(kept.await?)
    }

    /// A kept report, for whoever may see all that is in it.
    ///
    /// # Errors
    /// [`ServiceError::NoSuchReport`] also where it is not for this viewer; as [`Viewer::scope`].
    pub async fn kept_report(&self, viewer: &Viewer, number: i64) -> Result<KeptReport, ServiceError> {
        let read = move |db: &mut _| Ok((kept_reports::by_number(db, number)?, units::all(db)?));
        let (row, units) = self.store.read(read).await?;
        let scope = viewer.scope(Action::ReadReports, &units)?;
        let (mut kept, made_of) = described(row.ok_or(ServiceError::NoSuchReport)?)?;
        kept.hide_from(viewer);
        if is_for(viewer, &scope, &made_of, &units) { Ok(kept) } else { Err(ServiceError::NoSuchReport) }
    }

    /// Kept reports with a number below `before` that are for this viewer, the latest first, at most `limit`.
    ///
    /// # Errors
    /// As [`App::kept_report`].
    pub async fn kept_reports(
        &self,
        viewer: &Viewer,
        mut before: i64,
        limit: usize,
    ) -> Result<Vec<KeptReport>, ServiceError> {
        let units = self.store.read(units::all).await?;
        let scope = viewer.scope(Action::ReadReports, &units)?;
        let mut found = Vec::new();
        loop {
            let rows = self.store.read(move |db| kept_reports::before(db, before, PAGE)).await?;
            let Some(last) = rows.last() else { return Ok(found) };
            before = last.number;
            for row in rows {
                let (mut kept, made_of) = described(row)?;
                kept.hide_from(viewer);
                if is_for(viewer, &scope, &made_of, &units) {
                    found.push(kept);
                }
                if found.len() == limit {
                    return Ok(found);
                }
            }
        }
    }

    /// Makes a kept report again from the answers that it knew, and compares the bytes.
    ///
    /// # Errors
    /// As [`App::kept_report`]; [`ServiceError::BrokenRevision`].
    pub async fn verify_report(&self, viewer: &Viewer, number: i64) -> Result<Verified, ServiceError> {
        // It is a long work, at which others wait.
        if !viewer.is_somebody() {
            return Err(ServiceError::NotSignedIn);
        }
        self.kept_report(viewer, number).await?;
        let (turn, _) = self.take_turn().await;
        let app = self.clone();
        blocking(move || {
            let _turn = turn;
            let missing = || ServiceError::NoSuchReport;
            let row = app.store.read_blocking(|db| kept_reports::by_number(db, number))?.ok_or_else(missing)?;
            let revision = app.store.read_blocking(|db| surveys::revision(db, row.revision_id))?.ok_or_else(missing)?;
            let revision = app.remember(revision)?;
            let made_of: MadeOf = read(&row.made_of)?;
            let again = as_json(&app.make_again(&revision, &made_of)?)?;
            if again == row.content {
                return Ok(Verified::Same);
            }
            Ok(Verified::Other(differences(&read(&row.content)?, &read(&again)?)))
        })
        .await
    }

    fn make_again(&self, revision: &Revision, made_of: &MadeOf) -> Result<Report, ServiceError> {
        let MadeOf { filter, language, basis, thresholds, last, outcomes, units } = made_of.clone();
        let ratings = match basis {
            Basis::All => self.ratings_until(revision, last)?,
            Basis::Groups => self.groups_until(revision, last, thresholds)?,
        };
        let kept = if basis == Basis::All { self.kept_months(revision)? } else { Vec::new() };
        let units = match units {
            Some(units) => units,
            None => self.store.read_blocking(units::all)?,
        };
        let live = revision.model.as_ref().and_then(|model| ready(None, model, &ratings));
        let key = (revision.id, filter, language, 0, basis);
        let prepared = Prepared { key, ratings: Arc::new(ratings), units, kept };
        Ok(estimate(revision, &prepared, live.as_ref(), &Asked { outcomes, ..Asked::plain(thresholds) }).0)
    }

    /// The responses up to one, as they are now.
    pub(super) fn ratings_until(&self, revision: &Revision, last: i64) -> Result<Ratings, ServiceError> {
        let mut ratings = Arc::new(Ratings::of(revision));
        self.read_new(revision, &mut ratings, last)?;
        Ok(Arc::unwrap_or_clone(ratings))
    }
}

/// Whether a report holds nothing that a viewer may not see.
fn is_for(viewer: &Viewer, scope: &Scope, made_of: &MadeOf, units: &[UnitRow]) -> bool {
    let unit =
        made_of.filter.unit.as_ref().map(|of| units.iter().find(|unit| unit.code == of.code).map(|unit| unit.id));
    let held = match unit {
        None => scope.holds(None),
        Some(unit) => unit.is_some_and(|id| scope.holds(Some(id))),
    };
    // What was made of single responses is for those who may read them.
    let all =
        made_of.basis == Basis::Groups || matches!(viewer.scope(Action::ReadResponses, units), Ok(Scope::Everywhere));
    held && all
}

fn described(row: KeptRow) -> Result<(KeptReport, MadeOf), ServiceError> {
    // Read as it is, whatever version of the program made it.
    let (made_of, report): (MadeOf, Value) = (read(&row.made_of)?, read(&row.content)?);
    let text = |place: &str| report.pointer(place).and_then(Value::as_str).map(str::to_owned);
    let day = |place: &str| text(place).and_then(|day| day.parse().ok());
    let kept = KeptReport {
        number: row.number,
        kept_at: row.kept_at.and_utc(),
        kept_by: row.kept_by,
        sha256: sha256(&row.content),
        survey: text("/survey/slug").unwrap_or_default(),
        title: text("/survey/title").unwrap_or_default(),
        unit: text("/filter/unit/code"),
        unit_name: text("/filter/unit/name"),
        segments: (0..).map_while(|place| text(&format!("/filter/segments/{place}/name"))).collect(),
        from: day("/filter/from"),
        to: day("/filter/to"),
        score: report.pointer("/headline/score").and_then(Value::as_f64),
        content: row.content,
    };
    Ok((kept, made_of))
}

/// A report as it is kept. What else could have been asked for is no part of it.
fn as_json(report: &Report) -> Result<String, ServiceError> {
    let mut report = report.clone();
    report.survey.segments.clear();
    serde_json::to_string(&report).map_err(|e| StoreError::Broken(e.into()).into())
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, ServiceError> {
    let broken = |e: serde_json::Error| StoreError::Broken(format!("kept_reports: {e}").into());
    Ok(serde_json::from_str(text).map_err(broken)?)
}

/// What differs between a report and what was made again: why, and up to ten places.
fn differences(kept: &Value, again: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if kept["method"]["engine"] != again["method"]["engine"] {
        found.push(format!("it was made by {}, this is {}", kept["method"]["engine"], again["method"]["engine"]));
    }
    if kept["method"]["data_digest"] != again["method"]["data_digest"] {
        let pooled = |of: &Value| of["method"]["pooled_responses"].as_u64().unwrap_or(0);
        found.push(if pooled(again) > pooled(kept) {
            "some answers were being stored when it was kept, and are known now".to_owned()
        } else {
            "its answers are not what they were: some were withdrawn, corrected or forgotten since".to_owned()
        });
    }
    let mut places = Vec::new();
    compare(kept, again, "", &mut places);
    found.extend(places.into_iter().take(10));
    if found.is_empty() {
        found.push("the same values, written otherwise".to_owned());
    }
    found
}

fn compare(kept: &Value, again: &Value, place: &str, found: &mut Vec<String>) {
    match (kept, again) {
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
            for (name, value) in a {
                compare(value, &b[name], &format!("{place}/{name}"), found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (i, (a, b)) in a.iter().zip(b).enumerate() {
                compare(a, b, &format!("{place}/{i}"), found);
            }
        }
        (a, b) if a == b => {}
        (a, b) => {
            let short = |value: &Value| value.to_string().chars().take(60).collect::<String>();
            found.push(format!("{place}: {} then, {} now", short(a), short(b)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_said_with_its_place() {
        let kept = json!({"method": {"engine": "a", "data_digest": "x"}, "months": [{"n": 1}, {"n": 2}], "score": 1.0});
        let again =
            json!({"method": {"engine": "a", "data_digest": "y"}, "months": [{"n": 1}, {"n": 3}], "score": 1.0});
        let found = differences(&kept, &again);
        assert!(found[0].contains("withdrawn"), "{found:?}");
        assert_eq!(found[1..], ["/method/data_digest: \"x\" then, \"y\" now", "/months/1/n: 2 then, 3 now"]);
        assert_eq!(differences(&kept, &kept), ["the same values, written otherwise"]);
    }
}
