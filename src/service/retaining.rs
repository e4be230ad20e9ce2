//! Answers whose time is over: their moments are kept, and they go.
//!
//! Owns: which months are over, which responses are enough to be kept as sums, and reading the sums again as months of a
//! report. Sums and removal are one transaction, so nothing is lost or counted twice. Refuses: sums of so few responses
//! that they would tell what one of them said: fewer than an index needs of a unit go in with others of no unit, and those
//! that are too few even so go without a trace.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{Datelike as _, Days, NaiveDateTime, NaiveTime};
use serde_json::json;

use super::authoring::{IndexModel, Revision};
use super::{App, ServiceError, blocking, now};
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
            let app = self.clone();
            let revisions = Arc::new(blocking(move || app.revisions_by_id(survey.id)).await?);
            while let Some(first) = self.store.read(move |db| kept_moments::first_before(db, survey.id, end)).await? {
                forgotten += self.forget_month(survey.id, &survey.slug, first, end, revisions.clone()).await?;
            }
        }
        Ok(forgotten)
    }

    /// The revisions of a survey, on this thread.
    fn revisions_by_id(&self, survey_id: i64) -> Result<HashMap<i64, Arc<Revision>>, ServiceError> {
        let rows = self.store.read_blocking(|db| surveys::revisions_of(db, survey_id))?;
        rows.into_iter().map(|row| Ok((row.id, self.remember(row)?))).collect()
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
        let (month, least) = (day.format("%Y-%m").to_string(), self.thresholds.index);
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
        let revisions = self.revisions_by_id(current.survey_id)?;
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
        cells.entry((row.revision_id, !row.flags.is_empty(), row.unit_id)).or_default().push(row);
    }
    // What is too few of a unit goes in with the others of no unit.
    let few: Vec<_> = cells.iter().filter(|(_, rows)| rows.len() < least).map(|(key, _)| *key).collect();
    for key in few {
        let rows = cells.remove(&key).unwrap_or_default();
        cells.entry((key.0, key.1, None)).or_default().extend(rows);
    }
    let kept = |((revision_id, flagged, unit_id), rows): ((i64, bool, Option<i64>), Vec<&RatingsRow>)| {
        let revision = revisions.get(&revision_id)?;
        let is_rating = |id: &String| revision.survey.field(id).is_some_and(|field| field.points().is_some());
        let (places, names): (Vec<usize>, Vec<String>) =
            revision.byte_fields().enumerate().filter(|(_, id)| is_rating(id)).unzip();
        if rows.len() < least || names.is_empty() {
            return None;
        }
        let byte = |row: &RatingsRow, place: usize| row.indicators.get(place).copied().unwrap_or(MISSING);
        let mut columns: Vec<Vec<u8>> =
            places.iter().map(|place| rows.iter().map(|row| byte(row, *place)).collect()).collect();
        for column in &mut columns {
            fill(column, least);
        }
        let bytes: Vec<u8> = (0..rows.len()).flat_map(|i| columns.iter().map(move |column| column[i])).collect();
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

/// Puts the mean of what was given, as the whole numbers beside it, in the place of what was not: sums over those who left
/// something out would be theirs to read off. What fewer than `least` gave counts as given by nobody.
fn fill(column: &mut [u8], least: usize) {
    let given: Vec<u64> = column.iter().filter(|x| **x != MISSING).map(|x| u64::from(*x)).collect();
    if given.is_empty() || given.len() < least || given.iter().any(|x| *x > u64::from(LARGEST)) {
        return column.fill(MISSING);
    }
    let (n, sum) = (given.len() as u64, given.iter().sum::<u64>());
    let absent = column.len() as u64 - n;
    // The sum over what is filled in, to the nearest whole number.
    let total = (2 * absent * sum + n) / (2 * n);
    for (i, x) in (0..absent).zip(column.iter_mut().filter(|x| **x == MISSING)) {
        // Between the smallest and the largest rating, so it fits.
        *x = ((i + 1) * total / absent - i * total / absent) as u8;
    }
}

/// Puts the months that moments alone are left of among those of a report, with the index of a construct.
pub(super) fn add_months(report: &mut Report, kept: &[&KeptMonth], model: &IndexModel, construct: usize, live: &Live) {
    let Some((weights, means)) = live.weights() else { return };
    let mut months: BTreeMap<String, Moments> = BTreeMap::new();
    for one in kept {
        match months.get_mut(&one.month) {
            // The names are the model's for each.
            Some(sum) => drop(sum.merge(&one.moments)),
            None => drop(months.insert(one.month.clone(), one.moments.clone())),
        }
    }
    let z = normal_quantile(0.5 + LEVEL / 2.0);
    let thresholds = report.thresholds;
    let figures = |month: String| {
        let moments = months.get(&month);
        let responses = moments.map_or(0, |moments| moments.rows as usize);
        let base = thresholds.base(responses);
        let found = moments
            .filter(|_| base >= Base::Low)
            .and_then(|moments| index::of_moments(&model.paths, weights, &model.scales, means, moments, construct));
        let index = found.map(|(score, se)| Index { score, se: Some(se), ci: Some([score - z * se, score + z * se]) });
        let of_moments = moments.is_some();
        GroupFigures { code: month.clone(), name: month, responses: Some(responses), base, index, of_moments }
    };
    let day = |month: &str| format!("{month}-01").parse::<chrono::NaiveDate>().ok();
    let shown = || report.months.iter().map(|month| month.code.as_str());
    let ends = months.keys().map(String::as_str).chain(shown()).filter_map(day);
    let (Some(first), Some(last)) = (ends.clone().min(), ends.max()) else { return };
    if months.is_empty() {
        return;
    }
    let mut all = Vec::new();
    let mut at = first;
    while at <= last {
        let code = at.format("%Y-%m").to_string();
        // Answers that are there count; sums where there are none.
        let there = report.months.iter().find(|month| month.code == code && month.responses != Some(0));
        all.push(there.cloned().unwrap_or_else(|| figures(code)));
        at = at + ONE;
    }
    report.months = all;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_out_is_filled_so_that_the_sum_is_right_and_nothing_can_be_read_off() {
        let mut column = [7, MISSING, 8, 9, MISSING, 10, 6, MISSING];
        fill(&mut column, 5);
        // The mean of 7, 8, 9, 10, 6 is 8.
        assert_eq!(column, [7, 8, 8, 9, 8, 10, 6, 8]);
        let mut column = [1, 2, 2, 2, MISSING, MISSING, MISSING, MISSING];
        fill(&mut column, 4);
        assert_eq!(column[4..].iter().map(|x| u32::from(*x)).sum::<u32>(), 7, "four times 1.75");
        assert!(column[4..].iter().all(|x| (1..=2).contains(x)));
        for (mut few, least) in [([3, MISSING, MISSING], 2), ([200, 200, 200], 2)] {
            fill(&mut few, least);
            assert_eq!(few, [MISSING; 3]);
        }
        let mut nobody = [MISSING; 3];
        fill(&mut nobody, 0);
        assert_eq!(nobody, [MISSING; 3]);
    }
}
