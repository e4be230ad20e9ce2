//! Stored responses -> ratings in the order of the current model, scores, and codes of segments.
//!
//! Owns: what a response counts as, whether it was read whole or from a pack. Refuses: to read anything.

use chrono::{NaiveDate, NaiveDateTime};

use super::refreshing::score_inputs;
use super::{Cell, Ratings};
use crate::csi::data::MISSING;
use crate::report::blocks::{NOBODYS, Segments};
use crate::service::authoring::Revision;
use crate::service::segments::picked;
use crate::store::packed_ratings::{Kind, Packed};
use crate::store::responses::RatingsRow;
use crate::survey::answers::{Answer, Answers};
use crate::survey::walk::{self, Guest};

impl Ratings {
    pub(super) fn push(&mut self, row: &RatingsRow, answers: Option<&str>, current: &Revision, inputs: &[String]) {
        let ids: Vec<&str> = self.segments.iter().map(|segment| segment.id.as_str()).collect();
        let answers = answers.map_or_else(Vec::new, |answers| picked(answers, &ids));
        let answers = answers.iter().map(|(place, value)| (*place, value.as_str()));
        let cell = Cell {
            unit: row.unit_id,
            first: row.submitted_at.date(),
            last: row.submitted_at.date(),
            flagged: !row.flags.is_empty(),
            revision: row.revision_id,
            invited: row.invited,
            segments: self.segments_of(&row.language, answers),
        };
        self.push_rated((row.id, row.submitted_at), cell, &row.indicators, (current, inputs));
    }

    /// Adds responses that were packed with the answers to the segments that are here.
    pub(super) fn push_packed(&mut self, packed: &Packed, current: &Revision) {
        let inputs = score_inputs(&current.survey);
        let cell = |kind: &Kind| Cell {
            unit: kind.unit_id,
            first: NaiveDate::MIN,
            last: NaiveDate::MIN,
            flagged: kind.flagged,
            revision: kind.revision_id,
            invited: kind.invited,
            segments: self.segments_of(
                &kind.language,
                kind.picked.iter().map(|(place, value)| (usize::from(*place), value.as_str())),
            ),
        };
        let cells: Vec<Cell> = packed.kinds.iter().map(cell).collect();
        for response in packed.responses() {
            let day = response.submitted_at.date();
            let cell = Cell { first: day, last: day, ..cells[response.kind] };
            self.push_rated((response.id, response.submitted_at), cell, response.indicators, (current, &inputs));
        }
    }

    fn push_rated(
        &mut self,
        (id, time): (i64, NaiveDateTime),
        cell: Cell,
        stored: &[u8],
        (current, inputs): (&Revision, &[String]),
    ) {
        let positions = &self.positions[&cell.revision];
        let byte = |position: &Option<usize>| position.and_then(|i| stored.get(i)).copied().unwrap_or(MISSING);
        let indicators = positions.len() - inputs.len();
        let ratings: Vec<u8> = positions[..indicators].iter().map(byte).collect();
        if !self.scores.is_empty() {
            let given = inputs.iter().zip(positions[indicators..].iter().map(byte));
            let given = given.filter(|(_, x)| *x != MISSING).map(|(id, x)| (id.clone(), Answer::Rating(x)));
            let answers = Answers(given.collect());
            let guest = Guest { attempt: "", unit: "", language: "" };
            for (place, column) in self.scores.iter_mut().enumerate() {
                column.push(walk::score(&current.survey, place, &answers, guest));
            }
        }
        self.add(id, cell, time, &ratings);
    }

    /// The codes of what a guest is, by language and answers.
    fn segments_of<'a>(&mut self, language: &str, answers: impl Iterator<Item = (usize, &'a str)>) -> Segments {
        let mut codes = NOBODYS;
        for (code, segment) in codes.iter_mut().zip(&mut self.segments).filter(|(_, s)| !s.is_asked()) {
            *code = segment.code(language);
        }
        for (place, value) in answers {
            if let Some(segment) = self.segments.get_mut(place).filter(|segment| segment.is_asked()) {
                codes[place] = segment.code(value);
            }
        }
        codes
    }
}
