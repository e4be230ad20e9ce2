//! Answers -> indicators -> estimates.
//!
//! Owns: the ratings of a survey in memory, kept up to date by reading only what is new, and their
//! translation into the model's indicators. Refuses: to forget a response: when the database holds
//! another number than memory, everything is read again.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{NaiveDate, NaiveDateTime};
use sha2::{Digest as _, Sha256};

use super::authoring::{IndexModel, Revision};
use super::publishing::Placed;
use super::{App, ServiceError, hex};
use crate::csi::data::{Indicators, MISSING};
use crate::store::responses::{self, RatingsRow};
use crate::store::surveys;
use crate::survey::answers::{Answer, Answers};
use crate::survey::check::Survey;
use crate::survey::logic::Value;
use crate::survey::walk::{self, Guest};

/// The ratings of all responses to a survey, in the indicator order of its current model.
#[derive(Debug, Clone, Default)]
pub struct Ratings {
    ids: Vec<i64>,
    /// Revision whose model orders the indicators.
    pub revision_id: i64,
    /// p bytes a response.
    bytes: Vec<u8>,
    pub units: Vec<Option<i64>>,
    pub times: Vec<NaiveDateTime>,
    /// First days of the groups that responses are published in, whose last days `times` are then; empty for all
    /// responses as they are.
    since: Vec<NaiveDate>,
    /// Whether something is odd about each response.
    pub flagged: Vec<bool>,
    /// Which revision each was shown.
    revisions: Vec<i64>,
    last_id: i64,
    /// For each stored revision: where in its rows each indicator stands, then each input of a score.
    positions: HashMap<i64, Vec<Option<usize>>>,
    /// One entry per score of the revision.
    pub scores: Vec<ScoreColumn>,
}

/// A score of every response.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScoreColumn {
    /// NaN for none; for a score that is a text, the number of its category.
    pub values: Vec<f64>,
    /// The texts that occur, in the order of their first.
    pub categories: Vec<String>,
}

impl ScoreColumn {
    /// Of these responses alone.
    fn of(&self, rows: &[Placed]) -> Self {
        Self { values: rows.iter().map(|(i, ..)| self.values[*i]).collect(), categories: self.categories.clone() }
    }

    fn push(&mut self, value: Value) {
        let number = match value {
            Value::Number(x) => x,
            Value::Bool(yes) => f64::from(u8::from(yes)),
            Value::Text(text) => {
                let known = self.categories.iter().position(|c| *c == text);
                known.unwrap_or_else(|| {
                    self.categories.push(text);
                    self.categories.len() - 1
                }) as f64
            }
            Value::Null | Value::List(_) => f64::NAN,
        };
        self.values.push(number);
    }
}

/// The fields that scores look at and whose values are in memory, in order.
fn score_inputs(survey: &Survey) -> Vec<String> {
    let named = |id: &String| survey.logic.scores.iter().any(|formula| formula.names.contains(id));
    survey.fields().filter(|f| f.fits_a_byte() && named(&f.id)).map(|f| f.id).collect()
}

/// Rows read from the database at a time.
const PAGE: i64 = 20_000;

impl Ratings {
    /// None yet, for this revision's model and scores.
    fn of(revision: &Revision) -> Self {
        let scores = vec![ScoreColumn::default(); revision.survey.template.scores.len()];
        Self { revision_id: revision.id, scores, ..Self::default() }
    }

    /// Number of responses.
    pub fn len(&self) -> usize {
        self.units.len()
    }

    /// Number of responses and the last one's id: what changes whenever the data do.
    pub fn state(&self) -> (usize, i64) {
        (self.len(), self.last_id)
    }

    /// Ids of the responses, rising.
    pub fn ids(&self) -> &[i64] {
        &self.ids
    }

    /// The days that a response may be of.
    pub fn days(&self, i: usize) -> (NaiveDate, NaiveDate) {
        let last = self.times[i].date();
        (self.since.get(i).copied().unwrap_or(last), last)
    }

    /// These responses alone, each within the days of its group; `last_id` names the choice. What fewer than `least` of a
    /// group, but some, gave an answer to, counts as not answered by any of it: by subtracting the rest it would be
    /// one guest's answer.
    pub(super) fn select(&self, rows: &[Placed], least: usize, last_id: i64) -> Self {
        let width = if self.is_empty() { 0 } else { self.bytes.len() / self.len() };
        let mut groups: HashMap<i64, Vec<usize>> = HashMap::new();
        for (place, (_, group, _)) in rows.iter().enumerate() {
            groups.entry(*group).or_default().push(place);
        }
        let mut bytes: Vec<u8> =
            rows.iter().flat_map(|(i, ..)| &self.bytes[i * width..(i + 1) * width]).copied().collect();
        let mut scores: Vec<ScoreColumn> = self.scores.iter().map(|column| column.of(rows)).collect();
        for members in groups.values() {
            let few = |given: usize| given > 0 && given < least;
            for j in 0..width {
                if few(members.iter().filter(|m| bytes[**m * width + j] != MISSING).count()) {
                    for m in members {
                        bytes[m * width + j] = MISSING;
                    }
                }
            }
            for column in &mut scores {
                if few(members.iter().filter(|m| column.values[**m].is_finite()).count()) {
                    for m in members {
                        column.values[*m] = f64::NAN;
                    }
                }
            }
        }
        Self {
            revision_id: self.revision_id,
            ids: rows.iter().map(|(i, ..)| self.ids[*i]).collect(),
            bytes,
            units: rows.iter().map(|(i, ..)| self.units[*i]).collect(),
            times: rows.iter().map(|(_, _, (_, last))| last.and_time(chrono::NaiveTime::MIN)).collect(),
            since: rows.iter().map(|(_, _, (first, _))| *first).collect(),
            flagged: rows.iter().map(|(i, ..)| self.flagged[*i]).collect(),
            revisions: rows.iter().map(|(i, ..)| self.revisions[*i]).collect(),
            last_id,
            positions: HashMap::new(),
            scores,
        }
    }

    /// Number and mean of what was given to each of `width` indicators, within a slice; no mean without any.
    pub fn means(&self, width: usize, slice: &[bool]) -> Vec<(usize, Option<f64>)> {
        let mut sums = vec![(0_usize, 0_u64); width];
        for (row, _) in self.bytes.chunks_exact(width.max(1)).zip(slice).filter(|(_, inside)| **inside) {
            for (sum, byte) in sums.iter_mut().zip(row).filter(|(_, byte)| **byte != MISSING) {
                *sum = (sum.0 + 1, sum.1 + u64::from(*byte));
            }
        }
        sums.into_iter().map(|(n, sum)| (n, (n > 0).then(|| sum as f64 / n as f64))).collect()
    }

    /// What each response gave to the `width` indicators, as bytes; [`MISSING`] for nothing.
    pub(super) fn rows(&self, width: usize) -> impl Iterator<Item = &[u8]> {
        self.bytes.chunks_exact(width.max(1))
    }

    /// The revision that most of the responses within a slice were shown.
    pub(super) fn usual_revision(&self, slice: &[bool]) -> Option<i64> {
        let mut counts = std::collections::BTreeMap::new();
        for (revision, _) in self.revisions.iter().zip(slice).filter(|(_, inside)| **inside) {
            *counts.entry(*revision).or_insert(0_usize) += 1;
        }
        counts.into_iter().max_by_key(|(_, count)| *count).map(|(revision, _)| revision)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// The n x p indicators of a model.
    pub fn indicators(&self, model: &IndexModel) -> Indicators {
        Indicators::from_bytes(model.paths.indicators.clone().into(), &self.bytes)
    }

    /// SHA-256 over ratings, units and times: names the data that a figure was made from. Units count by
    /// their order, not by the ids that a database happened to give them.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(&self.bytes);
        let order: std::collections::BTreeSet<Option<i64>> = self.units.iter().copied().collect();
        let rank: HashMap<Option<i64>, u64> = order.into_iter().zip(0..).collect();
        for (unit, time) in self.units.iter().zip(&self.times) {
            hash.update(rank[unit].to_le_bytes());
            hash.update(time.and_utc().timestamp_micros().to_le_bytes());
        }
        hex(&hash.finalize())
    }

    fn push(&mut self, row: &RatingsRow, current: &Revision, inputs: &[String]) {
        let positions = &self.positions[&row.revision_id];
        let byte = |position: &Option<usize>| position.and_then(|i| row.indicators.get(i)).copied().unwrap_or(MISSING);
        let indicators = positions.len() - inputs.len();
        self.bytes.extend(positions[..indicators].iter().map(byte));
        if !self.scores.is_empty() {
            let given = inputs.iter().zip(positions[indicators..].iter().map(byte));
            let given = given.filter(|(_, x)| *x != MISSING).map(|(id, x)| (id.clone(), Answer::Rating(x)));
            let answers = Answers(given.collect());
            let guest = Guest { attempt: "", unit: "", language: "" };
            for (place, column) in self.scores.iter_mut().enumerate() {
                column.push(walk::score(&current.survey, place, &answers, guest));
            }
        }
        self.ids.push(row.id);
        self.units.push(row.unit_id);
        self.times.push(row.submitted_at);
        self.flagged.push(!row.flags.is_empty());
        self.revisions.push(row.revision_id);
        self.last_id = row.id;
    }
}

impl App {
    /// Brings `ratings` up to date with the database, on this thread.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails; [`ServiceError::BrokenRevision`].
    pub(super) fn refresh_ratings(&self, revision: &Revision, ratings: &mut Arc<Ratings>) -> Result<(), ServiceError> {
        if ratings.revision_id != revision.id {
            *ratings = Arc::new(Ratings::of(revision));
        }
        self.read_new(revision, ratings)?;
        let stored = self.store.read_blocking(|db| responses::count(db, revision.survey_id))?;
        if usize::try_from(stored).unwrap_or(0) != ratings.len() {
            // A transaction that committed late may have a lower id than one already read.
            *ratings = Arc::new(Ratings::of(revision));
            self.read_new(revision, ratings)?;
        }
        Ok(())
    }

    fn read_new(&self, revision: &Revision, ratings: &mut Arc<Ratings>) -> Result<(), ServiceError> {
        let inputs = score_inputs(&revision.survey);
        loop {
            let after = ratings.last_id;
            let page = self.store.read_blocking(|db| responses::ratings_after(db, revision.survey_id, after, PAGE))?;
            if page.is_empty() {
                return Ok(());
            }
            if page.iter().any(|row| !ratings.positions.contains_key(&row.revision_id)) {
                Arc::make_mut(ratings).positions = self.positions(revision)?;
            }
            let ratings = Arc::make_mut(ratings);
            for row in &page {
                ratings.push(row, revision, &inputs);
            }
        }
    }

    /// Where each indicator of the current revision's model, then each input of its scores, stands in the rows of
    /// every revision of the survey.
    fn positions(&self, current: &Revision) -> Result<HashMap<i64, Vec<Option<usize>>>, ServiceError> {
        let indicators = current.model.as_ref().map_or(&[][..], |m| &m.paths.indicators);
        let inputs = score_inputs(&current.survey);
        let rows = self.store.read_blocking(|db| surveys::revisions_of(db, current.survey_id))?;
        let positions = |row| -> Result<_, ServiceError> {
            let revision = self.remember(row)?;
            let stored: Vec<String> = revision.byte_fields().collect();
            // A question that was asked on another scale measured something else: no rating.
            let same_scale =
                |id: &String| revision.survey.field(id).map(|f| f.kind) == current.survey.field(id).map(|f| f.kind);
            let place = |id: &String| stored.iter().position(|other| other == id).filter(|_| same_scale(id));
            Ok((revision.id, indicators.iter().chain(&inputs).map(place).collect()))
        };
        rows.into_iter().map(positions).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_few_of_a_group_answered_counts_for_none_of_it() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 1).unwrap();
        let mut all = Ratings { scores: vec![ScoreColumn::default()], ..Ratings::default() };
        // Two groups of five: of the second, one alone rated the second indicator, and one alone has a score.
        for i in 0..10_u8 {
            all.ids.push(i64::from(i) + 1);
            all.bytes.extend([i, if i < 5 || i == 7 { 9 } else { MISSING }]);
            all.units.push(None);
            all.times.push(day.and_time(chrono::NaiveTime::MIN));
            all.flagged.push(false);
            all.revisions.push(1);
            all.scores[0].values.push(if i < 5 || i == 8 { 1.0 } else { f64::NAN });
        }
        let rows: Vec<Placed> = (0..10).map(|i| (i, if i < 5 { 1 } else { 2 }, (day, day))).collect();
        let shown = all.select(&rows, 5, 2);
        let counts =
            |ratings: &Ratings, slice: [bool; 10]| ratings.means(2, &slice).iter().map(|m| m.0).collect::<Vec<_>>();
        assert_eq!(
            counts(&all, [true; 10]),
            [10, 6],
            "six, of which five are the first group's: the sixth is one guest"
        );
        assert_eq!(counts(&shown, [true; 10]), [10, 5]);
        assert_eq!(shown.scores[0].values.iter().filter(|x| x.is_finite()).count(), 5);
        assert_eq!(counts(&all.select(&rows, 1, 2), [true; 10]), [10, 6]);
    }
}
