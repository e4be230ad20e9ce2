//! What divides guests: the language they answered in, and the questions that a survey names as its segments.
//!
//! Owns: the codes of values, picking them out of stored answers, and reading filters by segment. Refuses: to tell a reader
//! which values occur in houses that are not the reader's.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};

use super::analysing::{Cell, Ratings};
use super::authoring::Revision;
use super::estimating::{Sorted, slice};
use super::reporting::Prepared;
use super::{App, ServiceError};
use crate::csi::data::MISSING;
use crate::csi::groups::NO_GROUP;
use crate::report::blocks::NO_SEGMENT;
use crate::report::segments::{SegmentFilter, SegmentInfo, describe};
use crate::report::{Basis, Filter};
use crate::store::units::UnitRow;
use crate::survey::answers::OTHER;
use crate::survey::check::Survey;
use crate::survey::question::Question;
use crate::survey::template::{LANGUAGE, LONGEST_SEGMENT};

/// Values of a segment that are told apart; further ones count as none.
const MOST_VALUES: usize = 60_000;

/// Values of a segment that are offered: those most often given.
const OFFERED: usize = 100;

/// A division of guests, with the values that occur.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    /// A question, or [`LANGUAGE`].
    pub(super) id: String,
    /// Whether values come from links.
    hidden: bool,
    /// Whether values that the survey does not name are told apart.
    open: bool,
    /// By code: first those that the survey names, then others in the order in which they occurred first.
    values: Vec<String>,
    codes: HashMap<String, u16>,
}

impl Segment {
    fn new(id: &str, (hidden, open): (bool, bool), named: impl IntoIterator<Item = String>) -> Self {
        let mut segment = Self { id: id.to_owned(), hidden, open, values: Vec::new(), codes: HashMap::new() };
        for value in named {
            segment.add(value);
        }
        segment
    }

    /// Those of a survey, by importance, the language last.
    pub(super) fn all(survey: &Survey) -> Vec<Self> {
        let asked = survey.template.segments.iter().filter_map(|id| survey.question(id)).map(|question| {
            let hidden = matches!(question, Question::Hidden { .. });
            // Choices that only an earlier revision had are parts of their own; names in a link are whatever it says.
            let open = !hidden || question.choices().is_empty();
            let other = (!question.other().is_empty()).then(|| OTHER.to_owned());
            let named = question.choices().iter().map(|choice| choice.id.clone()).chain(other);
            Self::new(question.id(), (hidden, open), named)
        });
        let language = Self::new(LANGUAGE, (false, true), survey.template.languages.iter().cloned());
        asked.chain([language]).collect()
    }

    /// Whether it is an answer, not the language.
    pub(super) fn is_asked(&self) -> bool {
        self.id != LANGUAGE
    }

    /// Whether links say it.
    pub(super) fn is_hidden(&self) -> bool {
        self.hidden
    }

    /// The code of a value, a new one if need be.
    pub(super) fn code(&mut self, value: &str) -> u16 {
        let value = value.char_indices().nth(LONGEST_SEGMENT).map_or(value, |(end, _)| &value[..end]);
        match self.known(value) {
            NO_SEGMENT if value.is_empty() => NO_SEGMENT,
            NO_SEGMENT if self.open => self.add(value.to_owned()),
            NO_SEGMENT => self.known(OTHER),
            known => known,
        }
    }

    fn add(&mut self, value: String) -> u16 {
        if self.values.len() >= MOST_VALUES {
            return NO_SEGMENT;
        }
        let code = self.values.len() as u16;
        self.codes.insert(value.clone(), code);
        self.values.push(value);
        code
    }

    fn known(&self, value: &str) -> u16 {
        self.codes.get(value).copied().unwrap_or(NO_SEGMENT)
    }

    /// The value with a code.
    pub(super) fn value(&self, code: u16) -> Option<&str> {
        self.values.get(usize::from(code)).map(String::as_str)
    }
}

/// The answers of one value each to some questions, with the questions' places.
pub(super) fn picked(answers: &str, ids: &[&str]) -> Vec<(usize, String)> {
    struct Picker<'a>(&'a [&'a str]);
    impl<'de> Visitor<'de> for Picker<'_> {
        type Value = Vec<(usize, String)>;

        fn expecting(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            to.write_str("answers by question")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut found = Vec::new();
            while let Some(id) = map.next_key::<Cow<'de, str>>()? {
                match self.0.iter().position(|wanted| *wanted == id) {
                    None => drop(map.next_value::<IgnoredAny>()?),
                    Some(place) => {
                        if let serde_json::Value::String(text) = map.next_value()? {
                            found.push((place, text));
                        }
                    }
                }
            }
            Ok(found)
        }
    }
    serde_json::Deserializer::from_str(answers).deserialize_map(Picker(ids)).unwrap_or_default()
}

/// Of the responses that whole groups hold, the share that must be in groups of one part, or the parts that are shown would
/// stand for nobody.
const ENOUGH: f64 = 0.5;

/// The segments of a survey, for people: what can be asked for of all responses, or of whole groups. Values that the survey
/// does not name are those of the unit that is asked for, so that nobody is told those of other houses.
pub(super) fn offered(revision: &Revision, prepared: &Prepared) -> Vec<SegmentInfo> {
    divided(revision, prepared).0
}

/// The same, and the names of the segments that whole groups are not divided by.
pub(super) fn divided(revision: &Revision, prepared: &Prepared) -> (Vec<SegmentInfo>, Vec<String>) {
    let Prepared { key: (_, filter, language, _, basis), ratings, units, .. } = prepared;
    let inside = slice(ratings, units, &Filter { unit: filter.unit.clone(), ..Filter::default() });
    let all = describe(&revision.survey, &occurring(ratings, &inside), language).into_iter();
    let (offered, others): (Vec<_>, Vec<_>) =
        all.partition(|segment| *basis == Basis::All || divides(ratings, &segment.segment));
    (offered, others.into_iter().map(|segment| segment.name).collect())
}

/// Whether enough responses are in groups of one part.
fn divides(ratings: &Ratings, id: &str) -> bool {
    let Some(place) = ratings.segments().iter().position(|segment| segment.id == *id) else { return false };
    let known: Vec<bool> = ratings.cells().iter().map(|cell| cell.segments[place] != NO_SEGMENT).collect();
    ratings.count(&known) as f64 >= ENOUGH * ratings.len() as f64
}

/// The values of each segment that cells inside have, the most frequent of them, in the order of their codes.
fn occurring(ratings: &Ratings, inside: &[bool]) -> Vec<(String, Vec<String>)> {
    let mut counts: Vec<Vec<usize>> = ratings.segments().iter().map(|segment| vec![0; segment.values.len()]).collect();
    for ((cell, n), _) in ratings.cells().iter().zip(ratings.sizes()).zip(inside).filter(|(_, inside)| **inside) {
        for (counts, code) in counts.iter_mut().zip(cell.segments) {
            if let Some(count) = counts.get_mut(usize::from(code)) {
                *count += n;
            }
        }
    }
    let of = |(segment, counts): (&Segment, &Vec<usize>)| {
        let mut codes: Vec<usize> = (0..counts.len()).filter(|code| counts[*code] > 0).collect();
        codes.sort_by_key(|code| std::cmp::Reverse(counts[*code]));
        codes.truncate(OFFERED);
        codes.sort_unstable();
        (segment.id.clone(), codes.into_iter().map(|code| segment.values[code].clone()).collect())
    };
    ratings.segments().iter().zip(&counts).map(of).collect()
}

/// Which values of which segments an address asks for. What a link may say can be anything, and matches nobody if nobody said
/// it: which values occur elsewhere is not told.
pub(super) fn read_segments(
    revision: &Revision,
    asked: &[(String, String)],
    offered: &[SegmentInfo],
) -> Result<Vec<SegmentFilter>, ServiceError> {
    let short = |text: &str| text.chars().take(40).collect::<String>();
    let bad = |given, expected| ServiceError::BadFilter { name: "segment", given, expected };
    let known = |(id, value): &(String, String)| {
        let segment = offered.iter().find(|segment| segment.segment == *id);
        let segment = segment.ok_or_else(|| bad(short(id), "a segment of this survey that you can be shown"))?;
        let named = segment.values.iter().find(|offered| offered.value == *value).map(|found| found.name.clone());
        let name = named.or_else(|| is_open(&revision.survey, id).then(|| value.clone()));
        let name = name.ok_or_else(|| bad(format!("{}={}", short(id), short(value)), "a value of the segment"))?;
        let (segment, segment_name) = (segment.segment.clone(), segment.name.clone());
        Ok(SegmentFilter { segment, segment_name, value: value.clone(), name })
    };
    let asked: Vec<&(String, String)> = asked.iter().filter(|(_, value)| !value.is_empty()).collect();
    if let Some((_, (id, _))) =
        asked.iter().enumerate().find(|(at, (id, _))| asked[..*at].iter().any(|(other, _)| other == id))
    {
        return Err(bad(short(id), "one value of each segment"));
    }
    asked.into_iter().map(known).collect()
}

/// Whether a segment's values are whatever links say.
pub(super) fn is_open(survey: &Survey, id: &str) -> bool {
    let question = survey.question(id);
    question.is_some_and(|question| matches!(question, Question::Hidden { .. }) && question.choices().is_empty())
}

/// Place and code of what cells must have to pass a filter; a value that does not occur passes nothing.
pub(super) fn wanted(ratings: &Ratings, filter: &[SegmentFilter]) -> Vec<(usize, Option<u16>)> {
    let place = |wanted: &SegmentFilter| {
        let place = ratings.segments().iter().position(|segment| segment.id == wanted.segment);
        let code = place.map(|place| ratings.segments()[place].known(&wanted.value));
        (place.unwrap_or(0), code.filter(|code| *code != NO_SEGMENT))
    };
    filter.iter().map(place).collect()
}

/// Whether a cell is of all of these.
pub(super) fn passes(cell: &Cell, wanted: &[(usize, Option<u16>)]) -> bool {
    wanted.iter().all(|(place, code)| code.is_some_and(|code| cell.segments[*place] == code))
}

/// Single responses of segments, for whoever may read each.
pub(super) struct OfSegments {
    ratings: Arc<Ratings>,
    wanted: Vec<(usize, Option<u16>)>,
    /// What can be asked for.
    pub(super) offered: Vec<SegmentInfo>,
}

impl OfSegments {
    /// Whether a response is of all segments that were asked for.
    pub(super) fn has(&self, id: i64) -> bool {
        let is_of = |row: usize| passes(self.ratings.cell(row), &self.wanted);
        self.wanted.is_empty() || self.ratings.ids().binary_search(&id).is_ok_and(is_of)
    }

    /// What a response gave to an indicator.
    pub(super) fn rating(&self, id: i64, indicator: usize) -> Option<u8> {
        let row = self.ratings.ids().binary_search(&id).ok()?;
        let width = self.ratings.bytes().len() / self.ratings.len();
        self.ratings.bytes().get(row * width + indicator).copied().filter(|point| *point != MISSING)
    }
}

impl App {
    /// The responses of the segments that a query asks for, which come into the filter; on this thread.
    ///
    /// # Errors
    /// [`ServiceError::BadFilter`]; [`ServiceError::Store`] if the database fails.
    pub(super) fn of_segments(
        &self,
        revision: &Revision,
        units: &[UnitRow],
        (filter, asked): (&mut Filter, &[(String, String)]),
        language: &str,
    ) -> Result<OfSegments, ServiceError> {
        let ratings = self.with_ratings(revision, |all, _| Ok(all.clone()))?;
        let key = (revision.id, filter.clone(), language.to_owned(), 0, Basis::All);
        let prepared = Prepared { key, ratings, units: units.to_vec(), kept: Vec::new() };
        let offered = offered(revision, &prepared);
        filter.segments = read_segments(revision, asked, &offered)?;
        let ratings = prepared.ratings;
        Ok(OfSegments { wanted: wanted(&ratings, &filter.segments), ratings, offered })
    }
}

/// Cells by the values of a segment, in the order in which they are offered.
pub(super) fn by_segment(ratings: &Ratings, slice: &[bool], segment: &SegmentInfo) -> Sorted {
    let place = ratings.segments().iter().position(|known| known.id == segment.segment);
    let code = |value: &str| place.map_or(NO_SEGMENT, |place| ratings.segments()[place].known(value));
    let parts = (0..).zip(&segment.values).map(|(number, value)| (code(&value.value), number));
    let group: HashMap<u16, u32> = parts.filter(|(code, _)| *code != NO_SEGMENT).collect();
    let of = |(cell, inside): (&Cell, &bool)| {
        place.filter(|_| *inside).and_then(|place| group.get(&cell.segments[place]).copied()).unwrap_or(NO_GROUP)
    };
    let labels = ratings.cells().iter().zip(slice).map(of).collect();
    let names = segment.values.iter().map(|value| (value.value.clone(), value.name.clone())).collect();
    Sorted::new(ratings, labels, names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_picked_by_question() {
        let json = r#"{"a":9,"purpose":"business","list":["x"],"country":{"no":1},"channel":"a \"b\""}"#;
        let found = picked(json, &["channel", "purpose", "country"]);
        assert_eq!(found, [(1, "business".to_owned()), (0, "a \"b\"".to_owned())]);
        assert!(picked("no json", &["a"]).is_empty());
    }

    #[test]
    fn codes_are_those_of_the_survey_first() {
        let named = || ["direct".to_owned(), "agency".to_owned()];
        let mut open = Segment::new("channel", (true, true), named());
        assert_eq!((open.code("agency"), open.code("fair"), open.code("direct"), open.code("fair")), (1, 2, 0, 2));
        assert_eq!((open.code(""), open.value(2), open.value(NO_SEGMENT)), (NO_SEGMENT, Some("fair"), None));
        let long = "长".repeat(100);
        assert_eq!((open.code(&long), open.code(&long[..300 - 30])), (3, 3));
        let mut closed = Segment::new("channel", (true, false), named());
        assert_eq!((closed.code("agency"), closed.code("fair")), (1, NO_SEGMENT));
        let mut with_other = Segment::new("channel", (true, false), named().into_iter().chain([OTHER.to_owned()]));
        assert_eq!((with_other.code("fair"), with_other.code("another fair")), (2, 2));
    }
}
