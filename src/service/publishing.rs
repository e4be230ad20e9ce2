//! What those may see who may not read single responses: groups of responses, whole.
//!
//! Owns: putting responses into groups as they come ([`crate::report::blocks`]), and the ratings of whole groups. A
//! group that lost a response (withdrawn, corrected, erased) is left out for good: what is left of it would tell, by
//! subtraction, what the lost one was. Refuses: to change a group.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{Datelike as _, NaiveDate};

use super::analysing::Ratings;
use super::authoring::Revision;
use super::{App, ServiceError, now};
use crate::report::blocks::{self, Pending};
use crate::report::publication::Thresholds;
use crate::store::StoreError;
use crate::store::blocks::{self as stored, Block, Kind};

/// Groups written in one transaction: guests wait behind it.
const WRITTEN_AT_ONCE: usize = 2000;

/// Tries, if another server makes groups at the same moment.
const TRIES: usize = 50;

/// The groups of a survey, and the ratings in them, group after group: what has come since is added to what there is.
#[derive(Default)]
pub(super) struct Publication {
    groups: Vec<Block>,
    /// Which responses `ratings` are of ([`Ratings::table`]), and how many of them were looked at.
    of: Option<(u64, usize)>,
    /// How many of the groups were.
    placed: usize,
    /// Members of groups that were not found: gone, or not read yet.
    missing: HashSet<i64>,
    /// Rows that are in no group.
    pending: Vec<usize>,
    ratings: Arc<Ratings>,
    /// When nothing was left to be put together.
    settled: Option<Settled>,
}

/// State of the responses, last group, and month.
type Settled = ((usize, i64), i64, (i32, u32));

/// A response's place, and its group's number with the group's first and last day.
pub(super) type Placed = (usize, i64, (NaiveDate, NaiveDate));

impl Publication {
    fn last(&self) -> i64 {
        self.groups.last().map_or(0, |group| group.number)
    }

    /// Brings the ratings up to date with responses and groups: where responses have only come since, with what has come.
    fn catch_up(&mut self, all: &Ratings, least: usize) {
        let is_there = |id: &i64| all.ids().binary_search(id).is_ok();
        // Another server may have made groups of responses that were not read then, and are now.
        let only_new =
            |seen: usize| all.ids().get(seen..).is_some_and(|new| !new.iter().any(|id| self.missing.contains(id)));
        let seen = match self.of {
            Some((table, seen)) if table == all.table() && only_new(seen) => seen,
            _ => {
                (self.ratings, self.placed) = (Arc::new(all.none_of()), 0);
                self.missing.clear();
                self.pending.clear();
                0
            }
        };
        self.of = Some((all.table(), all.len()));
        self.pending.extend(seen..all.len());
        let mut published: Vec<Placed> = Vec::new();
        let mut in_a_group: Vec<usize> = Vec::new();
        for group in &self.groups[self.placed..] {
            self.missing.extend(group.members.iter().filter(|id| !is_there(id)));
            let mut found: Vec<usize> =
                group.members.iter().filter_map(|id| all.ids().binary_search(id).ok()).collect();
            found.sort_unstable();
            in_a_group.extend(&found);
            let days = || found.iter().map(|row| all.cell(*row).last);
            // Those of a lower threshold than today's are too small now.
            let whole = found.len() == group.members.len() && found.len() >= least;
            if let (true, Some(first), Some(last)) = (whole, days().min(), days().max()) {
                published.extend(found.iter().map(|row| (*row, group.number, (first, last))));
            }
        }
        if self.placed < self.groups.len() {
            self.placed = self.groups.len();
            in_a_group.sort_unstable();
            self.pending.retain(|row| in_a_group.binary_search(row).is_err());
            let last = self.last();
            Arc::make_mut(&mut self.ratings).add_groups(all, &published, last);
        }
    }

    /// What could be put into groups.
    fn pending(&self, all: &Ratings) -> Vec<Pending> {
        let pending = |row: &usize| {
            let cell = all.cell(*row);
            let (day, unit, flagged, invited) = (cell.last, cell.unit, cell.flagged, cell.invited);
            Pending { id: all.ids()[*row], day, unit, flagged, invited, segments: all.shared(cell) }
        };
        self.pending.iter().map(pending).collect()
    }
}

/// Groups of one unit whose comments are shown together.
pub(super) struct Batch {
    /// Of its last group.
    pub(super) number: i64,
    pub(super) unit: Option<i64>,
    pub(super) flagged: bool,
    /// Ids of responses.
    pub(super) members: Vec<i64>,
    /// First and last.
    pub(super) days: (NaiveDate, NaiveDate),
}

impl Publication {
    /// The batches of at least so many responses that groups make up in the order of their numbers, unit by unit; without
    /// those of which a response is gone.
    fn batches(&self, all: &Ratings, least: usize) -> Vec<Batch> {
        let mut open: HashMap<(Option<i64>, bool), (Batch, bool)> = HashMap::new();
        let mut found = Vec::new();
        for group in &self.groups {
            let rows: Vec<usize> = group.members.iter().filter_map(|id| all.ids().binary_search(id).ok()).collect();
            let of_rows = || rows.first().map(|row| (all.cell(*row).unit, all.cell(*row).flagged));
            let Some((unit, flagged)) = group.kind.or_else(of_rows) else { continue };
            // A group that is gone altogether keeps its place, so that others are not put together anew.
            let new = || {
                let days = (NaiveDate::MAX, NaiveDate::MIN);
                (Batch { number: 0, unit, flagged, members: Vec::new(), days }, true)
            };
            let (batch, whole) = open.entry((unit, flagged)).or_insert_with(new);
            batch.number = group.number;
            batch.members.extend(&group.members);
            *whole &= rows.len() == group.members.len();
            for day in rows.iter().map(|row| all.cell(*row).last) {
                batch.days = (batch.days.0.min(day), batch.days.1.max(day));
            }
            if batch.members.len() >= least
                && let Some((batch, true)) = open.remove(&(unit, flagged))
            {
                found.push(batch);
            }
        }
        found
    }
}

impl App {
    /// Groups of responses whose comments are shown together, on this thread.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails.
    pub(super) fn comment_batches(&self, revision: &Revision) -> Result<Vec<Batch>, ServiceError> {
        self.with_ratings(revision, |all, publication| {
            self.published_ratings(revision.survey_id, all, publication)?;
            Ok(publication.batches(all, self.thresholds.comments))
        })
    }

    /// The ratings of whole groups, on this thread; groups are made of what has come since.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails.
    pub(super) fn published_ratings(
        &self,
        survey_id: i64,
        all: &Ratings,
        publication: &mut Publication,
    ) -> Result<Arc<Ratings>, ServiceError> {
        let today = now().date();
        for _ in 0..TRIES {
            let last = publication.last();
            let new = self.store.read_blocking(|db| stored::after(db, survey_id, last))?;
            publication.groups.extend(new);
            publication.catch_up(all, self.thresholds.counts);
            let settled = (all.state(), publication.last(), (today.year(), today.month()));
            if publication.settled == Some(settled) {
                return Ok(publication.ratings.clone());
            }
            let groups = blocks::cut(&publication.pending(all), self.thresholds.counts, today);
            if groups.is_empty() {
                publication.settled = Some(settled);
                return Ok(publication.ratings.clone());
            }
            let kind = |group: &Vec<i64>| {
                let row = group.first().and_then(|id| all.ids().binary_search(id).ok());
                row.map_or((None, false), |row| (all.cell(row).unit, all.cell(row).flagged))
            };
            let groups: Vec<(Vec<i64>, Kind)> = groups.into_iter().map(|group| (group.clone(), kind(&group))).collect();
            self.append(survey_id, publication.last(), &groups)?;
        }
        Err(ServiceError::Store(StoreError::Unavailable("other servers make groups of responses all the time".into())))
    }

    /// The ratings of the groups up to one, as they are now, on this thread.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails.
    pub(super) fn groups_until(
        &self,
        revision: &Revision,
        last: i64,
        thresholds: Thresholds,
    ) -> Result<Ratings, ServiceError> {
        let all = self.ratings_until(revision, i64::MAX)?;
        let mut groups = self.store.read_blocking(|db| stored::after(db, revision.survey_id, 0))?;
        groups.retain(|group| group.number <= last);
        let mut publication = Publication { groups, ..Publication::default() };
        publication.catch_up(&all, thresholds.counts);
        Ok(Arc::unwrap_or_clone(publication.ratings))
    }

    /// Writes groups; those that another server made meanwhile are read in the next round.
    fn append(&self, survey_id: i64, mut after: i64, groups: &[(Vec<i64>, Kind)]) -> Result<(), ServiceError> {
        for part in groups.chunks(WRITTEN_AT_ONCE) {
            let (part, from) = (part.to_vec(), after);
            after = from.saturating_add_unsigned(part.len() as u64);
            match self.store.write_blocking(move |db| stored::append(db, survey_id, from, &part)) {
                Err(StoreError::Conflict(_)) => return Ok(()),
                outcome => outcome?,
            }
        }
        Ok(())
    }
}
