//! Answers whose time is over: their moments are kept, and they go.
//!
//! Owns: which months are over, which responses are enough to be kept as sums, and reading the sums again as months of a
//! report. Sums and removal are one transaction, so nothing is lost or counted twice. Refuses: sums of so few responses
//! that they would tell what one of them said; those go without a trace.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{Datelike as _, Days, NaiveDateTime, NaiveTime};
use serde_json::json;

use super::authoring::{IndexModel, Revision};
use super::{App, ServiceError, now};
use crate::csi::data::{Indicators, MISSING};
use crate::csi::dist::normal_quantile;
use crate::csi::index;
use crate::csi::live::Live;
use crate::csi::moments::Moments;
use crate::report::publication::Base;
use crate::report::{GroupFigures, Index, Report};
use crate::store::StoreError;
use crate::store::kept_moments::{self, MomentsRow};
use crate::store::responses::RatingsRow;
use crate::store::surveys;

/// The step from a month to the next.
const ONE: chrono::Months = chrono::Months::new(1);

/// How sure intervals are.
const LEVEL: f64 = 0.95;

/// The largest rating whose sums can be kept.
const LARGEST: u8 = 132;

/// What is kept of the responses of a month, in the order of the current model's indicators.
pub(super) struct KeptMonth {
    /// Such as `2026-03`.
    pub(super) month: String,
    pub(super) unit: Option<i64>,
    pub(super) flagged: bool,
    pub(super) moments: Moments,
}

impl App {
    /// Forgets the answers of months that were over more than so many days ago, and keeps their moments; returns how many
    /// responses those were.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails; [`ServiceError::BrokenRevision`].
    pub async fn forget_answers(&self, days: u32) -> Result<usize, ServiceError> {
        let last = now().date() - Days::new(u64::from(days));
        let end = last.with_day(1).unwrap_or(last).and_time(NaiveTime::MIN);
        let mut forgotten = 0;
        for survey in self.store.read(surveys::all).await? {
            let revisions = self.revisions_by_id(survey.id).await?;
            while let Some(first) = self.store.read(move |db| kept_moments::first_before(db, survey.id, end)).await? {
                forgotten += self.forget_month(survey.id, &survey.slug, first, end, revisions.clone()).await?;
            }
        }
        Ok(forgotten)
    }

    async fn revisions_by_id(&self, survey_id: i64) -> Result<Arc<HashMap<i64, Arc<Revision>>>, ServiceError> {
        let rows = self.store.read(move |db| surveys::revisions_of(db, survey_id)).await?;
        let revisions = rows.into_iter().map(|row| Ok((row.id, self.remember(row)?)));
        Ok(Arc::new(revisions.collect::<Result<_, ServiceError>>()?))
    }

    async fn forget_month(
        &self,
        survey_id: i64,
        slug: &str,
        first: NaiveDateTime,
        end: NaiveDateTime,
        revisions: Arc<HashMap<i64, Arc<Revision>>>,
    ) -> Result<usize, ServiceError> {
        let day = first.date().with_day(1).unwrap_or(first.date());
        let next = (day + ONE).and_time(NaiveTime::MIN).min(end);
        let (month, least) = (day.format("%Y-%m").to_string(), self.thresholds.counts);
        let detail = json!({"month": month});
        let entry = super::auditing::entry("retention", "responses.expire", slug, &detail);
        let sums = move |rows: &[RatingsRow]| sums(rows, survey_id, &month, least, &revisions);
        let gone = self.store.write(move |db| {
            let gone = kept_moments::put_in_place(db, survey_id, next, sums)?;
            super::auditing::append(db, entry)?;
            Ok(gone)
        });
        Ok(gone.await?)
    }

    /// What is kept of a survey's earlier responses, month by month, on this thread.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails or holds what are no moments; [`ServiceError::BrokenRevision`].
    pub(super) fn kept_months(&self, current: &Revision) -> Result<Vec<KeptMonth>, ServiceError> {
        let Some(model) = &current.model else { return Ok(Vec::new()) };
        let rows = self.store.read_blocking(|db| kept_moments::of(db, current.survey_id))?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let revisions = self.store.read_blocking(|db| surveys::revisions_of(db, current.survey_id))?;
        let revisions = revisions.into_iter().map(|row| Ok((row.id, self.remember(row)?)));
        let revisions: HashMap<i64, Arc<Revision>> = revisions.collect::<Result<_, ServiceError>>()?;
        let names: Arc<[String]> = model.paths.indicators.clone().into();
        let month = |row: MomentsRow| {
            let broken = |what: String| ServiceError::Store(StoreError::Broken(format!("kept_moments: {what}").into()));
            let stored: Vec<&str> = row.indicators.split_whitespace().collect();
            let numbers: Vec<f64> = serde_json::from_str(&row.numbers).map_err(|e| broken(e.to_string()))?;
            let own = stored.iter().map(|id| (*id).to_owned()).collect();
            let moments = Moments::of_ratings(own, &numbers).map_err(|e| broken(e.to_string()))?;
            // A question that was asked on another scale measured something else.
            let same_scale = |id: &String| {
                let asked = revisions.get(&row.revision_id).and_then(|r| r.survey.field(id).map(|f| f.kind));
                asked == current.survey.field(id).map(|f| f.kind)
            };
            let place = |id: &String| stored.iter().position(|other| other == id).filter(|_| same_scale(id));
            let places: Vec<Option<usize>> = names.iter().map(place).collect();
            let moments = moments.select(names.clone(), &places);
            Ok(KeptMonth { month: row.month, unit: row.unit_id, flagged: row.flagged, moments })
        };
        rows.into_iter().map(month).collect()
    }
}

/// The sums of responses of a month, by revision, unit and whether something is odd, where there are enough.
fn sums(
    rows: &[RatingsRow],
    survey_id: i64,
    month: &str,
    least: usize,
    revisions: &HashMap<i64, Arc<Revision>>,
) -> Vec<MomentsRow> {
    let mut cells: BTreeMap<_, Vec<&RatingsRow>> = BTreeMap::new();
    for row in rows {
        cells.entry((row.revision_id, row.unit_id, !row.flags.is_empty())).or_default().push(row);
    }
    let kept = |((revision_id, unit_id, flagged), rows): ((i64, Option<i64>, bool), Vec<&RatingsRow>)| {
        let names: Vec<String> = revisions.get(&revision_id)?.byte_fields().collect();
        if rows.len() < least || names.is_empty() {
            return None;
        }
        let mut bytes: Vec<u8> = rows
            .iter()
            .flat_map(|row| (0..names.len()).map(|j| row.indicators.get(j).copied().unwrap_or(MISSING)))
            .collect();
        for j in 0..names.len() {
            let column = || (0..rows.len()).map(|i| i * names.len() + j);
            let given = column().filter(|at| bytes[*at] != MISSING).count();
            // What fewer gave would be theirs to read off; codes are no ratings.
            if given < least || column().any(|at| bytes[at] != MISSING && bytes[at] > LARGEST) {
                column().for_each(|at| bytes[at] = MISSING);
            }
        }
        let moments = Moments::of(&Indicators::from_bytes(names.clone().into(), &bytes));
        let numbers: Vec<i64> = moments.to_numbers().into_iter().map(|x| x as i64).collect();
        Some(MomentsRow {
            survey_id,
            revision_id,
            unit_id,
            month: month.to_owned(),
            flagged,
            indicators: names.join(" "),
            numbers: json!(numbers).to_string(),
        })
    };
    cells.into_iter().filter_map(kept).collect()
}

/// Puts the months that moments alone are left of before those of a report.
pub(super) fn add_months(report: &mut Report, kept: &[&KeptMonth], model: &IndexModel, live: &Live) {
    let Some((weights, means)) = live.weights() else { return };
    let mut months: BTreeMap<&str, Moments> = BTreeMap::new();
    for one in kept {
        match months.get_mut(one.month.as_str()) {
            // The names are the model's for each.
            Some(sum) => drop(sum.merge(&one.moments)),
            None => drop(months.insert(&one.month, one.moments.clone())),
        }
    }
    let z = normal_quantile(0.5 + LEVEL / 2.0);
    let figures = |month: String| {
        let moments = months.get(month.as_str());
        let responses = moments.map_or(0, |moments| moments.rows as usize);
        let base = report.thresholds.base(responses);
        let found = moments.filter(|_| base >= Base::Low).and_then(|moments| {
            index::of_moments(&model.paths, weights, &model.scales, means, moments, model.headline)
        });
        let index = found.map(|(score, se)| Index { score, se: Some(se), ci: Some([score - z * se, score + z * se]) });
        GroupFigures { code: month.clone(), name: month, responses: Some(responses), base, index, of_moments: true }
    };
    let (Some(first), Some(last)) = (months.keys().next(), months.keys().next_back()) else { return };
    let day = |month: &str| format!("{month}-01").parse::<chrono::NaiveDate>().ok();
    let (Some(mut at), Some(last)) = (day(first), day(last)) else { return };
    let end = report.months.first().and_then(|month| day(&month.code)).or_else(|| last.checked_add_months(ONE));
    let mut before = Vec::new();
    while end.is_some_and(|end| at < end) {
        before.push(figures(at.format("%Y-%m").to_string()));
        at = at + ONE;
    }
    before.append(&mut report.months);
    report.months = before;
}
