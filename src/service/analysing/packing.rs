//! Ratings in packs of thousands: made as responses come, read when a server starts.
//!
//! Owns: which responses are packed, and that a pack which is gone or of no use is made again. Refuses: to pack what may still
//! get a neighbour that committed late.

use std::sync::Arc;

use super::Ratings;
use super::refreshing::LATE;
use crate::service::authoring::Revision;
use crate::service::segments::{Segment, picked};
use crate::service::{App, ServiceError, blocking};
use crate::store::packed_ratings::{self as stored, Packed};
use crate::store::{StoreError, responses, surveys};

/// How responses are packed.
#[derive(Debug, Clone, Copy)]
pub struct Packing {
    /// Responses in a pack.
    pub size: usize,
    /// The last responses that are not packed yet.
    pub late: usize,
}

impl Default for Packing {
    fn default() -> Self {
        Self { size: 20_000, late: LATE }
    }
}

/// The questions whose answers are packed: those that are segments.
fn asked(segments: &[Segment]) -> Vec<&str> {
    segments.iter().filter(|segment| segment.is_asked()).map(|segment| segment.id.as_str()).collect()
}

/// As databases take it.
fn limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

impl App {
    /// Reads what is packed of a survey, and what is between, into ratings that are empty; on this thread.
    pub(super) fn read_packed(&self, revision: &Revision, ratings: &mut Arc<Ratings>) -> Result<(), ServiceError> {
        let survey_id = revision.survey_id;
        let wanted = asked(&ratings.segments).join(" ");
        for (after, last) in self.store.read_blocking(|db| stored::spans(db, survey_id))? {
            self.read_new(revision, ratings, after)?;
            let row = self.store.read_blocking(|db| stored::find(db, survey_id, after))?;
            let row = row.filter(|row| row.picked == wanted && row.after_id >= ratings.last_id);
            match row.as_ref().and_then(Packed::read) {
                Some(packed) => self.push_packed(revision, ratings, &packed)?,
                None => self.read_new(revision, ratings, last)?,
            }
        }
        Ok(())
    }

    fn push_packed(
        &self,
        revision: &Revision,
        ratings: &mut Arc<Ratings>,
        packed: &Packed,
    ) -> Result<(), ServiceError> {
        let ratings = Arc::make_mut(ratings);
        let mut revisions = packed.kinds.iter().map(|kind| kind.revision_id);
        if revisions.any(|id| !ratings.positions.contains_key(&id)) {
            ratings.positions = self.positions(revision)?;
        }
        ratings.push_packed(packed, revision);
        Ok(())
    }

    /// Forgets what is packed: the next server that starts reads whole responses.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails.
    pub async fn unpack_ratings(&self) -> Result<(), ServiceError> {
        for survey in self.store.read(surveys::all).await? {
            self.store.write(move |db| stored::clear(db, survey.id, None)).await?;
        }
        Ok(())
    }

    /// Packs the responses to every survey that have come since, and says how many those were.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails; [`ServiceError::BrokenRevision`].
    pub async fn pack_ratings(&self, packing: Packing) -> Result<usize, ServiceError> {
        let mut responses = 0;
        for survey in self.store.read(surveys::all).await? {
            let revision = self.published(&survey.slug).await?.revision;
            let app = self.clone();
            responses += blocking(move || app.pack(&revision, packing)).await?;
        }
        Ok(responses)
    }

    fn pack(&self, revision: &Revision, packing: Packing) -> Result<usize, ServiceError> {
        let survey_id = revision.survey_id;
        let segments = Segment::all(&revision.survey);
        let asked = asked(&segments);
        let wanted = asked.join(" ");
        if self.store.read_blocking(|db| stored::has_others(db, survey_id, &wanted))? {
            let wanted = wanted.clone();
            self.store.write_blocking(move |db| stored::clear(db, survey_id, Some(&wanted)))?;
        }
        let late = self.store.read_blocking(|db| responses::id_before_last(db, survey_id, limit(packing.late)))?;
        let spans = self.store.read_blocking(|db| stored::spans(db, survey_id))?;
        let (mut at, mut packed) = (0, 0);
        // Gaps are what was unpacked because a response was removed; at the end only whole packs are made.
        let gaps = spans.into_iter().map(|span| (span, 1));
        for ((until, next), least) in gaps.chain(late.map(|late| ((late, late), packing.size))) {
            while let Some((last, n)) = self.pack_some(survey_id, &asked, (at, until), (packing.size, least))? {
                (at, packed) = (last, packed + n);
            }
            at = next;
        }
        Ok(packed)
    }

    /// Packs responses between two ids, unless there are fewer than `least`: the last one's id, and how many.
    fn pack_some(
        &self,
        survey_id: i64,
        asked: &[&str],
        (after, until): (i64, i64),
        (size, least): (usize, usize),
    ) -> Result<Option<(i64, usize)>, ServiceError> {
        if after >= until {
            return Ok(None);
        }
        let rows =
            self.store.read_blocking(|db| responses::ratings_between(db, survey_id, (after, until), limit(size)))?;
        let Some(last) = rows.last().filter(|_| rows.len() >= least).map(|row| row.id) else { return Ok(None) };
        let answers = self.store.read_blocking(|db| responses::answers_between(db, survey_id, after, last))?;
        let mut packed = Packed::after(after);
        for row in &rows {
            packed.push(row, answers.get(&row.id).map_or_else(Vec::new, |answers| picked(answers, asked)))?;
        }
        let (row, n) = (packed.to_row(survey_id, after, &asked.join(" "))?, packed.len());
        match self.store.write_blocking(move |db| stored::insert(db, &row, n)) {
            Ok(stored) => Ok(stored.then_some((last, n))),
            // Another server was faster, or is removing some: next time.
            Err(StoreError::Conflict(_) | StoreError::Unavailable(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
