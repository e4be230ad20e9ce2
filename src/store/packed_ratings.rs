//! Ratings of responses, thousands in a row: what a server reads when it starts, in the place of whole responses.
//!
//! Owns: the bytes, and that they are of all responses between two ids when they are written; afterwards a trigger removes
//! what a removed response is in. Refuses: to be the only place of anything: whatever is here can be made again.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDateTime};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::db::Db;
use super::error::StoreError;
use super::responses::{self, RatingsRow};
use super::schema::packed_ratings;

/// Ratings of all responses of a survey with an id above `after_id` up to `last_id`.
#[derive(Debug, Clone, Insertable, Queryable, Selectable)]
#[diesel(table_name = packed_ratings)]
pub struct PackedRow {
    pub survey_id: i64,
    pub after_id: i64,
    pub last_id: i64,
    /// The questions whose answers are in it, ids separated by spaces.
    pub picked: String,
    pub data: Vec<u8>,
}

/// What is in such a row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed {
    /// In the order of their first.
    pub kinds: Vec<Kind>,
    /// Kind, distance of the id to the one before, and microseconds since 1970, of each response.
    rows: Vec<(u32, u32, i64)>,
    /// One response after the other, each as many as its kind has.
    indicators: Vec<u8>,
    #[serde(skip)]
    place: HashMap<Kind, u32>,
    #[serde(skip)]
    last_id: i64,
}

/// What many responses have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Kind {
    pub revision_id: i64,
    pub unit_id: Option<i64>,
    pub language: String,
    pub flagged: bool,
    pub invited: bool,
    /// Indicators of a response.
    width: u32,
    /// Answers of one value each, by the place of their question.
    pub picked: Vec<(u16, String)>,
}

/// A response of a [`Packed`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackedResponse<'a> {
    pub id: i64,
    /// Place of its kind.
    pub kind: usize,
    pub submitted_at: NaiveDateTime,
    /// As in [`RatingsRow`].
    pub indicators: &'a [u8],
}

impl Packed {
    /// None yet, of responses with ids above this.
    pub fn after(id: i64) -> Self {
        Self { last_id: id, ..Self::default() }
    }

    /// Adds a response with a higher id than those before, and what it answered to the picked questions.
    ///
    /// # Errors
    /// [`StoreError::Broken`] if ids do not rise, or are four thousand million apart.
    pub fn push(&mut self, row: &RatingsRow, picked: Vec<(usize, String)>) -> Result<(), StoreError> {
        let distance = u32::try_from(row.id - self.last_id).ok().filter(|distance| *distance > 0);
        let distance = distance.ok_or_else(|| StoreError::Broken("ids that cannot be packed".into()))?;
        let kind = Kind {
            revision_id: row.revision_id,
            unit_id: row.unit_id,
            language: row.language.clone(),
            flagged: !row.flags.is_empty(),
            invited: row.invited,
            width: row.indicators.len() as u32,
            picked: picked.into_iter().map(|(place, value)| (place as u16, value)).collect(),
        };
        let new = self.kinds.len() as u32;
        let kinds = &mut self.kinds;
        let place = *self.place.entry(kind).or_insert_with_key(|kind| {
            kinds.push(kind.clone());
            new
        });
        self.rows.push((place, distance, row.submitted_at.and_utc().timestamp_micros()));
        self.indicators.extend(&row.indicators);
        self.last_id = row.id;
        Ok(())
    }

    /// Number of responses.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// As a row of the table.
    ///
    /// # Errors
    /// [`StoreError::Broken`] if it cannot be written.
    pub fn to_row(&self, survey_id: i64, after_id: i64, picked: &str) -> Result<PackedRow, StoreError> {
        let data = postcard::to_stdvec(self).map_err(|e| StoreError::Broken(Box::new(e)))?;
        Ok(PackedRow { survey_id, after_id, last_id: self.last_id, picked: picked.to_owned(), data })
    }

    /// What is in a row; `None` if it is nothing that was written here.
    pub fn read(row: &PackedRow) -> Option<Self> {
        let packed: Self = postcard::from_bytes(&row.data).ok()?;
        let width = |(kind, ..): &(u32, u32, i64)| Some(packed.kinds.get(*kind as usize)?.width as usize);
        let widths: usize = packed.rows.iter().map(width).sum::<Option<usize>>()?;
        let distances: i64 = packed.rows.iter().map(|(_, distance, _)| i64::from(*distance)).sum();
        let times = packed.rows.iter().all(|(.., time)| DateTime::from_timestamp_micros(*time).is_some());
        let is_whole = widths == packed.indicators.len() && row.after_id + distances == row.last_id && times;
        is_whole.then_some(Self { last_id: row.after_id, ..packed })
    }

    /// The responses of what was read, by id.
    pub fn responses(&self) -> impl Iterator<Item = PackedResponse<'_>> {
        let (mut id, mut indicators) = (self.last_id, &self.indicators[..]);
        self.rows.iter().map(move |(kind, distance, time)| {
            let kind = *kind as usize;
            let (own, rest) = indicators.split_at(self.kinds[kind].width as usize);
            id += i64::from(*distance);
            indicators = rest;
            let submitted_at = DateTime::from_timestamp_micros(*time).unwrap_or_default().naive_utc();
            PackedResponse { id, kind, submitted_at, indicators: own }
        })
    }
}

/// From which id to which rows of a survey are, in order.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn spans(db: &mut Db, survey_id: i64) -> Result<Vec<(i64, i64)>, StoreError> {
    let rows = packed_ratings::table.filter(packed_ratings::survey_id.eq(survey_id));
    let columns = (packed_ratings::after_id, packed_ratings::last_id);
    Ok(rows.select(columns).order(packed_ratings::after_id).load(db)?)
}

/// The row of a survey that begins after an id.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn find(db: &mut Db, survey_id: i64, after_id: i64) -> Result<Option<PackedRow>, StoreError> {
    let row = packed_ratings::table.find((survey_id, after_id));
    Ok(row.select(PackedRow::as_select()).first(db).optional()?)
}

/// Whether a survey has rows whose picked questions are others than these.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn has_others(db: &mut Db, survey_id: i64, picked: &str) -> Result<bool, StoreError> {
    let rows = packed_ratings::table.filter(packed_ratings::survey_id.eq(survey_id));
    let others = rows.filter(packed_ratings::picked.ne(picked)).select(packed_ratings::after_id);
    Ok(others.first::<i64>(db).optional()?.is_some())
}

/// Stores a row, unless responses of it have come or gone since it was made.
///
/// # Errors
/// [`StoreError::Conflict`] if there is one that begins there; [`StoreError::Unavailable`] while responses are being removed;
/// [`StoreError`] if the database fails.
pub fn insert(db: &mut Db, row: &PackedRow, responses: usize) -> Result<bool, StoreError> {
    if let Db::Postgres(c) = db {
        // Whoever removes a response waits for this, or this for them, so that they see each other; not for long, or guests
        // who withdraw would wait behind this while a month is put away.
        diesel::sql_query("SET LOCAL lock_timeout = '500ms'").execute(c)?;
        let locked = diesel::sql_query("LOCK TABLE packed_ratings IN EXCLUSIVE MODE").execute(c);
        locked.map_err(|_| StoreError::Unavailable("responses are being removed".into()))?;
    }
    let there = responses::count_between(db, row.survey_id, row.after_id, row.last_id)?;
    let same = usize::try_from(there).ok() == Some(responses);
    if same {
        diesel::insert_into(packed_ratings::table).values(row).execute(db)?;
    }
    Ok(same)
}

/// Removes all rows of a survey whose picked questions are others than these; all, without any.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn clear(db: &mut Db, survey_id: i64, but: Option<&str>) -> Result<usize, StoreError> {
    let rows = packed_ratings::table.filter(packed_ratings::survey_id.eq(survey_id));
    Ok(match but {
        Some(picked) => diesel::delete(rows.filter(packed_ratings::picked.ne(picked))).execute(db)?,
        None => diesel::delete(rows).execute(db)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: i64, indicators: &[u8]) -> RatingsRow {
        RatingsRow {
            id,
            revision_id: 3,
            unit_id: (id % 2 == 0).then_some(7),
            submitted_at: DateTime::from_timestamp_micros(-5 + id * 1_000_003).unwrap().naive_utc(),
            indicators: indicators.to_vec(),
            language: "en".into(),
            flags: if id == 9 { "fast" } else { "" }.into(),
            invited: true,
        }
    }

    #[test]
    fn what_is_packed_comes_out_again() {
        let mut packed = Packed::after(4);
        let rows = [row(5, &[1, 255]), row(8, &[]), row(9, &[10]), row(11, &[2, 3])];
        for (row, value) in rows.iter().zip(["a", "b", "b", "a"]) {
            packed.push(row, vec![(1, value.to_owned())]).unwrap();
        }
        assert_eq!((packed.len(), packed.kinds.len()), (4, 3), "the first and the last are of one kind");
        assert!(packed.push(&row(11, &[1]), Vec::new()).is_err());
        let stored = packed.to_row(1, 4, "x").unwrap();
        assert_eq!((stored.after_id, stored.last_id), (4, 11));
        let read = Packed::read(&stored).unwrap();
        for (found, row) in read.responses().zip(&rows) {
            let kind = &read.kinds[found.kind];
            assert_eq!((found.id, found.indicators), (row.id, &row.indicators[..]));
            assert_eq!((found.submitted_at, kind.unit_id), (row.submitted_at, row.unit_id));
            assert_eq!((kind.flagged, kind.invited, kind.revision_id), (row.id == 9, true, 3));
        }
        assert_eq!(read.responses().count(), 4);
    }

    #[test]
    fn what_is_broken_is_not_read() {
        let mut packed = Packed::after(0);
        packed.push(&row(1, &[1, 2]), Vec::new()).unwrap();
        let stored = packed.to_row(1, 0, "").unwrap();
        assert!(Packed::read(&stored).is_some());
        for broken in [&stored.data[..stored.data.len() - 1], &[][..], &[255; 40][..]] {
            assert_eq!(Packed::read(&PackedRow { data: broken.to_vec(), ..stored.clone() }), None);
        }
        assert_eq!(Packed::read(&PackedRow { last_id: 2, ..stored }), None, "of other responses");
    }
}
