//! Bringing the ratings in memory up to date with the database.
//!
//! Owns: reading what is new, and noticing what was removed since or came late: then what memory holds is compared with the
//! database, and read again if need be. Refuses: to forget a response.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Ratings;
use crate::service::authoring::Revision;
use crate::service::segments::Segment;
use crate::service::{App, ServiceError};
use crate::store::{packed_ratings, responses, surveys};
use crate::survey::check::Survey;

/// Rows read from the database at a time.
const PAGE: i64 = 20_000;

/// When all responses were last counted, and how many had ever been removed then.
pub(in crate::service) struct Counted {
    removed: i64,
    at: Instant,
}

/// All are counted again after so long, should one have come very late.
const AGAIN: Duration = Duration::from_mins(1);

/// Of the last so many responses it is looked whether others have come between them since.
pub(super) const LATE: usize = 5_000;

/// The fields that scores look at and whose values are in memory, in order.
pub(super) fn score_inputs(survey: &Survey) -> Vec<String> {
    let named = |id: &String| survey.logic.scores.iter().any(|formula| formula.names.contains(id));
    survey.fields().filter(|f| f.fits_a_byte() && named(&f.id)).map(|f| f.id).collect()
}

impl App {
    /// Brings `ratings` up to date with the database, on this thread; `known` is what was known when they were last counted.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails; [`ServiceError::BrokenRevision`].
    pub(in crate::service) fn refresh_ratings(
        &self,
        revision: &Revision,
        ratings: &mut Arc<Ratings>,
        known: &mut Option<Counted>,
    ) -> Result<(), ServiceError> {
        if ratings.revision_id != revision.id {
            *ratings = Arc::new(Ratings::of(revision));
        }
        let survey_id = revision.survey_id;
        // Looked up before the rows are read: what goes meanwhile is noticed the next time.
        let gone = self.store.read_blocking(|db| responses::removed(db, survey_id))?;
        if ratings.is_empty() {
            self.read_packed(revision, ratings)?;
        }
        self.read_new(revision, ratings, i64::MAX)?;
        let (earlier, last) = (ratings.len().saturating_sub(LATE), ratings.last_id);
        let after = if earlier > 0 { ratings.ids[earlier - 1] } else { 0 };
        let late = self.store.read_blocking(|db| responses::count_between(db, survey_id, after, last))?;
        let all_there = usize::try_from(late).ok() == Some(ratings.len() - earlier);
        let lately = |counted: &Counted| counted.removed == gone && counted.at.elapsed() < AGAIN;
        if all_there && known.as_ref().is_some_and(lately) {
            return Ok(());
        }
        let doubt_packs = || match known {
            Some(_) => Ok(0),
            // What is read first comes from packs: they are not of what is there.
            None => self.store.write_blocking(move |db| packed_ratings::clear(db, survey_id, None)),
        };
        if !all_there {
            doubt_packs()?;
            // A transaction that committed late may have a lower id than one already read.
            *ratings = Arc::new(ratings.first(earlier).unwrap_or_else(|| Ratings::of(revision)));
            self.read_new(revision, ratings, i64::MAX)?;
        }
        let stored = self.store.read_blocking(|db| responses::count(db, survey_id))?;
        if usize::try_from(stored).unwrap_or(0) != ratings.len() {
            doubt_packs()?;
            let there = self.store.read_blocking(|db| responses::ids_until(db, survey_id, ratings.last_id))?;
            *ratings = Arc::new(ratings.retain(&there).unwrap_or_else(|| Ratings::of(revision)));
            self.read_new(revision, ratings, i64::MAX)?;
        }
        *known = Some(Counted { removed: gone, at: Instant::now() });
        Ok(())
    }

    /// Reads what has come since, up to a response.
    pub(in crate::service) fn read_new(
        &self,
        revision: &Revision,
        ratings: &mut Arc<Ratings>,
        last: i64,
    ) -> Result<(), ServiceError> {
        let inputs = score_inputs(&revision.survey);
        while ratings.last_id < last {
            let (survey_id, after) = (revision.survey_id, ratings.last_id);
            let page = self.store.read_blocking(|db| responses::ratings_between(db, survey_id, (after, last), PAGE))?;
            if page.is_empty() {
                break;
            }
            if page.iter().any(|row| !ratings.positions.contains_key(&row.revision_id)) {
                Arc::make_mut(ratings).positions = self.positions(revision)?;
            }
            let asked = ratings.segments.iter().any(Segment::is_asked);
            let until = page.last().map_or(after, |row| row.id);
            let mut answers: HashMap<i64, String> = if asked {
                self.store.read_blocking(|db| responses::answers_between(db, survey_id, after, until))?
            } else {
                HashMap::new()
            };
            let ratings = Arc::make_mut(ratings);
            for row in &page {
                ratings.push(row, answers.remove(&row.id).as_deref(), revision, &inputs);
            }
        }
        Ok(())
    }

    /// Where each indicator of the current revision's model, then each input of its scores, stands in the rows of
    /// every revision of the survey.
    pub(super) fn positions(&self, current: &Revision) -> Result<HashMap<i64, Vec<Option<usize>>>, ServiceError> {
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
