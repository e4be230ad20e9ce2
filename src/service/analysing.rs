//! Answers -> indicators -> estimates.
//!
//! Owns: the ratings of a survey in memory, in the order of the model's indicators. Refuses: to change what was answered;
//! `index_sums.rs` adds up indices by cell, `refreshing.rs` adds what is new, `packing.rs` keeps it ready for the next start, `translating.rs` says what counts as what.

mod index_sums;
pub mod packing;
pub(super) mod refreshing;
mod translating;

use std::collections::HashMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{NaiveDate, NaiveDateTime};
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

use self::index_sums::IndexSums;
use super::authoring::Revision;
use super::estimating::pool;
use super::hex;
use super::publishing::Placed;
use super::segments::Segment;
use crate::csi::counts::Counts;
use crate::csi::data::MISSING;
use crate::csi::groups::NO_GROUP;
use crate::report::blocks::{NO_SEGMENT, Segments, in_common};
use crate::survey::logic::Value;

/// The ratings of all responses to a survey, in the indicator order of its current model.
#[derive(Debug, Clone)]
pub struct Ratings {
    /// Names this table: another one has another, a longer state of the same one the same.
    table: u64,
    ids: Vec<i64>,
    /// Revision whose model orders the indicators.
    pub revision_id: i64,
    /// p bytes a response.
    bytes: Vec<u8>,
    times: Vec<NaiveDateTime>,
    /// What filters can tell apart, and which of them each response is of.
    cells: Cells,
    last_id: i64,
    /// For each stored revision: where in its rows each indicator stands, then each input of a score.
    positions: HashMap<i64, Vec<Option<usize>>>,
    /// One entry per score of the revision.
    pub scores: Vec<ScoreColumn>,
    /// What divides guests, in the order of the codes of cells.
    segments: Vec<Segment>,
    /// Of whole groups: which one each response is of, by any number.
    groups: Vec<u32>,
    digest: OnceLock<String>,
    index_sums: IndexSums,
}

/// What the responses of one cell have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Cell {
    pub(super) unit: Option<i64>,
    /// The days that a response may be of: one, or those of the group that it is published in.
    pub(super) first: NaiveDate,
    pub(super) last: NaiveDate,
    /// Whether something is odd about each.
    pub(super) flagged: bool,
    /// Which revision each was shown.
    revision: i64,
    /// Whether each came by a personal link.
    pub(super) invited: bool,
    /// A code for each of [`Ratings::segments`].
    pub(super) segments: Segments,
}

/// Responses by cell: what depends on a filter is found out once a cell, not once a response.
#[derive(Debug, Clone, Default)]
struct Cells {
    list: Vec<Cell>,
    place: HashMap<Cell, u32>,
    /// Of each response.
    of: Vec<u32>,
    responses: Vec<usize>,
    latest: Vec<NaiveDateTime>,
}

impl Cells {
    fn push(&mut self, cell: Cell, time: NaiveDateTime) {
        let new = self.list.len() as u32;
        let at = *self.place.entry(cell).or_insert(new);
        if at == new {
            self.list.push(cell);
            self.responses.push(0);
            self.latest.push(time);
        }
        self.of.push(at);
        self.responses[at as usize] += 1;
        self.latest[at as usize] = self.latest[at as usize].max(time);
    }
}

/// A hash of many small pieces, which takes them by the thousand.
struct Hashing {
    hash: Sha256,
    waiting: Vec<u8>,
}

impl Hashing {
    /// Bytes that wait for each other.
    const AT_ONCE: usize = 1 << 16;

    fn push(&mut self, piece: &[u8]) {
        self.waiting.extend_from_slice(piece);
        if self.waiting.len() >= Self::AT_ONCE {
            self.hash.update(&self.waiting);
            self.waiting.clear();
        }
    }

    fn done(mut self) -> Sha256 {
        self.hash.update(&self.waiting);
        self.hash
    }
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

impl Default for Ratings {
    fn default() -> Self {
        Self::empty(0, Vec::new(), Vec::new())
    }
}

impl Ratings {
    /// None yet, in the order of this revision's model, scores and segments.
    fn empty(revision_id: i64, scores: Vec<ScoreColumn>, segments: Vec<Segment>) -> Self {
        static TABLES: AtomicU64 = AtomicU64::new(0);
        Self {
            table: TABLES.fetch_add(1, Ordering::Relaxed),
            ids: Vec::new(),
            revision_id,
            bytes: Vec::new(),
            times: Vec::new(),
            cells: Cells::default(),
            last_id: 0,
            positions: HashMap::new(),
            scores,
            segments,
            groups: Vec::new(),
            digest: OnceLock::new(),
            index_sums: IndexSums::default(),
        }
    }

    /// None yet, for this revision's model and scores.
    pub(super) fn of(revision: &Revision) -> Self {
        let scores = vec![ScoreColumn::default(); revision.survey.template.scores.len()];
        Self::empty(revision.id, scores, Segment::all(&revision.survey))
    }

    /// Number of responses.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Number of responses and the last one's id: what changes whenever the data do.
    pub fn state(&self) -> (usize, i64) {
        (self.len(), self.last_id)
    }

    /// Which table this is a state of: the same one's rows only ever come to be more.
    pub(super) fn table(&self) -> u64 {
        self.table
    }

    /// Ids of the responses, rising.
    pub fn ids(&self) -> &[i64] {
        &self.ids
    }

    /// What filters see of a response.
    pub(super) fn cell(&self, i: usize) -> &Cell {
        &self.cells.list[self.cells.of[i] as usize]
    }

    /// Which cell each response is of.
    pub(super) fn cell_of(&self) -> &[u32] {
        &self.cells.of
    }

    /// What responses of a cell can have in common with others in a group: what a public link says is no part of it, or
    /// whoever sends a guest a link of its own could complete that guest's group, and subtract the rest.
    pub(super) fn shared(&self, cell: &Cell) -> Segments {
        let of_a_link = |place: usize| self.segments.get(place).is_some_and(Segment::is_hidden);
        std::array::from_fn(|place| if of_a_link(place) && !cell.invited { NO_SEGMENT } else { cell.segments[place] })
    }

    /// Which group each response is of, by any number; empty where they are in none.
    pub(super) fn groups(&self) -> &[u32] {
        &self.groups
    }

    /// What divides guests, in the order of the codes of cells.
    pub(super) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// All cells.
    pub(super) fn cells(&self) -> &[Cell] {
        &self.cells.list
    }

    /// What a cell is, given to each of its responses.
    pub(super) fn each<T: Copy>(&self, of_cells: &[T]) -> Vec<T> {
        self.cells.of.iter().map(|cell| of_cells[*cell as usize]).collect()
    }

    /// How many responses the chosen cells have.
    pub(super) fn count(&self, chosen: &[bool]) -> usize {
        self.cells.responses.iter().zip(chosen).filter(|(_, chosen)| **chosen).map(|(n, _)| n).sum()
    }

    /// The time of the last response of the chosen cells.
    pub(super) fn latest(&self, chosen: &[bool]) -> Option<NaiveDateTime> {
        self.cells.latest.iter().zip(chosen).filter(|(_, chosen)| **chosen).map(|(time, _)| *time).max()
    }

    /// How many responses each cell has.
    pub(super) fn sizes(&self) -> &[usize] {
        &self.cells.responses
    }

    /// None yet, in the order of these.
    pub(super) fn none_of(&self) -> Self {
        Self::empty(self.revision_id, vec![ScoreColumn::default(); self.scores.len()], self.segments.clone())
    }

    /// Adds these responses of `all`, group by group, each within the days of its group and of the segments that all of it
    /// are of; `last_id` names the choice. What somebody of a group gave no answer to counts as not answered by any of it: what
    /// a few left out would be found by subtracting those who gave one answer from those who gave another.
    pub(super) fn add_groups(&mut self, all: &Self, rows: &[Placed], last_id: i64) {
        self.segments.clone_from(&all.segments);
        for (column, of) in self.scores.iter_mut().zip(&all.scores) {
            column.categories.clone_from(&of.categories);
        }
        for members in rows.chunk_by(|one, other| one.1 == other.1) {
            self.add_group(all, members);
        }
        self.last_id = last_id;
    }

    fn add_group(&mut self, all: &Self, members: &[Placed]) {
        let width = all.bytes.len() / all.len();
        let of = |member: &Placed| &all.bytes[member.0 * width..(member.0 + 1) * width];
        let mut bytes: Vec<u8> = members.iter().flat_map(of).copied().collect();
        for j in 0..width {
            let column: Vec<&mut u8> = bytes.iter_mut().skip(j).step_by(width).collect();
            if column.iter().any(|byte| **byte == MISSING) {
                for byte in column {
                    *byte = MISSING;
                }
            }
        }
        for (column, of) in self.scores.iter_mut().zip(&all.scores) {
            let whole = members.iter().all(|(row, ..)| of.values[*row].is_finite());
            column.values.extend(members.iter().map(|(row, ..)| if whole { of.values[*row] } else { f64::NAN }));
        }
        let segments = in_common(members.iter().map(|(row, ..)| all.shared(all.cell(*row))));
        let number = self.groups.last().map_or(0, |last| last + 1);
        for ((row, _, (first, last)), ratings) in members.iter().zip(bytes.chunks_exact(width.max(1))) {
            let cell = Cell { first: *first, last: *last, segments, ..*all.cell(*row) };
            self.add(all.ids[*row], cell, last.and_time(chrono::NaiveTime::MIN), ratings);
            self.groups.push(number);
        }
    }

    /// The first ones alone, so many.
    fn first(&self, rows: usize) -> Option<Self> {
        let mut first = self.retain(&self.ids[..rows])?;
        first.last_id = first.ids.last().copied().unwrap_or(0);
        Some(first)
    }

    /// Of the responses with these ids alone, which rise; `None` if one of them is not among those here.
    fn retain(&self, ids: &[i64]) -> Option<Self> {
        let rows: Vec<usize> = ids.iter().map(|id| self.ids.binary_search(id).ok()).collect::<Option<_>>()?;
        let width = if self.is_empty() { 0 } else { self.bytes.len() / self.len() };
        let column = |of: &ScoreColumn| {
            let mut column = ScoreColumn::default();
            for x in rows.iter().map(|row| of.values[*row]) {
                let category = (!x.is_nan()).then(|| of.categories.get(x as usize)).flatten();
                column.push(category.map_or(Value::Number(x), |text| Value::Text(text.clone())));
            }
            column
        };
        let scores = self.scores.iter().map(column).collect();
        let mut kept = Self::empty(self.revision_id, scores, self.segments.clone());
        kept.positions.clone_from(&self.positions);
        for row in rows {
            let ratings = &self.bytes[row * width..(row + 1) * width];
            kept.add(self.ids[row], *self.cell(row), self.times[row], ratings);
        }
        kept.last_id = self.last_id;
        Some(kept)
    }

    /// Number and mean of what was given to each of `width` indicators, within chosen cells; no mean without any.
    pub(super) fn means(&self, width: usize, chosen: &[bool]) -> Vec<(usize, Option<f64>)> {
        let parts = self.in_parts(width, |cells, ratings| {
            let mut sums = vec![(0_usize, 0_u64); width];
            for (cell, row) in cells.iter().zip(ratings.chunks_exact(width.max(1))) {
                if chosen[*cell as usize] {
                    for (sum, rating) in sums.iter_mut().zip(row) {
                        let given = *rating != MISSING;
                        *sum = (sum.0 + usize::from(given), sum.1 + if given { u64::from(*rating) } else { 0 });
                    }
                }
            }
            sums
        });
        let mut all = vec![(0_usize, 0_u64); width];
        for part in &parts {
            for (sum, (n, part)) in all.iter_mut().zip(part) {
                *sum = (sum.0 + n, sum.1 + part);
            }
        }
        all.into_iter().map(|(n, sum)| (n, (n > 0).then(|| sum as f64 / n as f64))).collect()
    }

    /// Cells and ratings of some thousand responses at a time, on all threads: what was found of each part, in their order.
    pub(super) fn in_parts<T: Send>(&self, width: usize, part: impl Fn(&[u32], &[u8]) -> T + Sync) -> Vec<T> {
        /// The same parts on every machine, so that sums have the same bits.
        const PART: usize = 1 << 18;
        let parts = self.cells.of.par_chunks(PART).zip(self.bytes.par_chunks(PART * width.max(1)));
        pool().install(|| parts.map(|(cells, ratings)| part(cells, ratings)).collect())
    }

    /// What each response gave to the `width` indicators, as bytes; [`MISSING`] for nothing.
    pub(super) fn rows(&self, width: usize) -> impl Iterator<Item = &[u8]> {
        self.bytes.chunks_exact(width.max(1))
    }

    /// Whether each response has something; what fewer than `least` of a group have, but some, counts as had by none of it,
    /// as [`Ratings::select`] has it of single answers.
    pub(super) fn having(&self, width: usize, has: impl Fn(&[u8]) -> bool, least: usize) -> Vec<bool> {
        let mut having: Vec<bool> = self.rows(width).map(has).collect();
        let mut given: HashMap<u32, usize> = HashMap::new();
        for group in self.groups.iter().zip(&having).filter(|(_, has)| **has).map(|(group, _)| *group) {
            *given.entry(group).or_default() += 1;
        }
        for (has, group) in having.iter_mut().zip(&self.groups) {
            *has = *has && given[group] >= least;
        }
        having
    }

    /// How the indicators of `columns` (of `width`) were answered, one entry each, by group: `labels` has that of each cell.
    pub(super) fn counts(
        &self,
        width: usize,
        columns: &std::ops::Range<usize>,
        (labels, groups): (&[u32], usize),
    ) -> Vec<Vec<Counts>> {
        let none = || vec![vec![Counts::default(); groups]; columns.len()];
        let parts = self.in_parts(width, |cells, ratings| {
            let mut counts = none();
            for (cell, row) in cells.iter().zip(ratings.chunks_exact(width.max(1))) {
                let group = labels[*cell as usize];
                if group != NO_GROUP {
                    for (counts, rating) in counts.iter_mut().zip(&row[columns.clone()]) {
                        counts[group as usize].push(*rating);
                    }
                }
            }
            counts
        });
        let mut all = none();
        for part in &parts {
            for (counts, part) in all.iter_mut().flatten().zip(part.iter().flatten()) {
                counts.add(part);
            }
        }
        all
    }

    /// What each response gave, one after the other.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The revision that most of the responses of chosen cells were shown.
    pub(super) fn usual_revision(&self, chosen: &[bool]) -> Option<i64> {
        let mut counts = std::collections::BTreeMap::new();
        for ((cell, n), _) in self.cells.list.iter().zip(&self.cells.responses).zip(chosen).filter(|(_, c)| **c) {
            *counts.entry(cell.revision).or_insert(0_usize) += n;
        }
        counts.into_iter().max_by_key(|(_, count)| *count).map(|(revision, _)| revision)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// SHA-256 over ratings, units, times and the answers that name segments: names the data that a figure was made from.
    /// Units count by their order, not by the ids that a database happened to give them.
    pub fn digest(&self) -> &str {
        self.digest.get_or_init(|| {
            let mut hash = Sha256::new();
            hash.update(&self.bytes);
            let order: std::collections::BTreeSet<Option<i64>> = self.cells.list.iter().map(|c| c.unit).collect();
            let rank: HashMap<Option<i64>, u64> = order.into_iter().zip(0..).collect();
            let ranks: Vec<u64> = self.cells.list.iter().map(|cell| rank[&cell.unit]).collect();
            let mut hash = Hashing { hash, waiting: Vec::with_capacity(2 * Hashing::AT_ONCE) };
            for (cell, time) in self.cells.of.iter().zip(&self.times) {
                hash.push(&ranks[*cell as usize].to_le_bytes());
                hash.push(&time.and_utc().timestamp_micros().to_le_bytes());
            }
            for (place, segment) in self.segments.iter().enumerate().filter(|(_, segment)| segment.is_asked()) {
                hash.push(segment.id.as_bytes());
                let value = |cell: &Cell| segment.value(cell.segments[place]).unwrap_or_default();
                let values: Vec<&str> = self.cells.list.iter().map(value).collect();
                for cell in &self.cells.of {
                    hash.push(&[0]);
                    hash.push(values[*cell as usize].as_bytes());
                }
            }
            let hash = hash.done();
            hex(&hash.finalize())
        })
    }

    fn add(&mut self, id: i64, cell: Cell, time: NaiveDateTime, ratings: &[u8]) {
        self.cells.push(cell, time);
        self.bytes.extend(ratings);
        self.ids.push(id);
        self.times.push(time);
        self.last_id = id;
        self.digest = OnceLock::new();
        self.index_sums = IndexSums::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_of_a_group_left_out_counts_for_none_of_it() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 1).unwrap();
        let mut all = Ratings::empty(1, vec![ScoreColumn::default()], Vec::new());
        // Two groups of five: of the second, one alone left out the second indicator, and one alone has a score.
        for i in 0..10_u8 {
            // The first group has the segment's value in common, the second has not.
            let segments = [if i < 5 { 3 } else { u16::from(i) }, NO_SEGMENT, 1, 1, 1, 1];
            let (revision, flagged) = (i64::from(i), false);
            let cell = Cell { unit: None, first: day, last: day, flagged, revision, invited: i < 9, segments };
            let time = day.and_time(chrono::NaiveTime::MIN);
            all.add(i64::from(i) + 1, cell, time, &[i, if i == 7 { MISSING } else { 9 }]);
            all.scores[0].values.push(if i < 5 || i == 8 { 1.0 } else { f64::NAN });
        }
        let rows: Vec<Placed> = (0..10).map(|i| (i, if i < 5 { 1 } else { 2 }, (day, day))).collect();
        let mut shown = all.none_of();
        // One group after the other gives what both at once give.
        shown.add_groups(&all, &rows[..5], 1);
        shown.add_groups(&all, &rows[5..], 2);
        let counts =
            |ratings: &Ratings, slice: [bool; 10]| ratings.means(2, &slice).iter().map(|m| m.0).collect::<Vec<_>>();
        assert_eq!(
            counts(&all, [true; 10]),
            [10, 9],
            "ten gave one answer, nine the other: the difference is one guest"
        );
        assert_eq!(counts(&shown, [true; 10]), [10, 5]);
        assert_eq!(shown.scores[0].values.iter().filter(|x| x.is_finite()).count(), 5);
        assert_eq!(shown.groups, [[0; 5], [1; 5]].concat());
        let codes: Vec<u16> = (0..10).map(|i| shown.cell(i).segments[0]).collect();
        assert_eq!(codes, [[3; 5], [NO_SEGMENT; 5]].concat());
    }
}
