//! What divides guests: the language they answered in, and the questions that a survey names as its segments.
//!
//! Owns: the codes of values, picking them out of stored answers, and reading filters by segment. Refuses: to tell two
//! values apart beyond the first two hundred of a hidden field.

use std::borrow::Cow;

use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};

use super::ServiceError;
use super::analysing::{Cell, Ratings};
use super::authoring::Revision;
use super::estimating::Sorted;
use crate::csi::groups::NO_GROUP;
use crate::report::Basis;
use crate::report::blocks::NO_SEGMENT;
use crate::report::segments::{SegmentFilter, SegmentInfo, describe};
use crate::survey::check::Survey;
use crate::survey::template::LANGUAGE;

/// Values that are told apart.
const MOST_VALUES: usize = 200;

/// The longest value, in characters, of a hidden field that is told apart.
const LONGEST: usize = 60;

/// A division of guests, with the values that occur.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    /// A question, or [`LANGUAGE`].
    pub(super) id: String,
    /// By code, in the order in which they occurred first.
    values: Vec<String>,
}

impl Segment {
    /// Those of a survey, by importance, the language last.
    pub(super) fn all(survey: &Survey) -> Vec<Self> {
        let asked = survey.template.segments.iter().map(String::as_str);
        asked.chain([LANGUAGE]).map(|id| Self { id: id.to_owned(), values: Vec::new() }).collect()
    }

    /// Whether it is an answer, not the language.
    pub(super) fn is_asked(&self) -> bool {
        self.id != LANGUAGE
    }

    /// The code of a value, a new one if need be.
    pub(super) fn code(&mut self, value: &str) -> u8 {
        let value = value.char_indices().nth(LONGEST).map_or(value, |(end, _)| &value[..end]);
        let known = self.known(value);
        if known == NO_SEGMENT && !value.is_empty() && self.values.len() < MOST_VALUES {
            self.values.push(value.to_owned());
            return self.known(value);
        }
        known
    }

    fn known(&self, value: &str) -> u8 {
        self.values.iter().position(|known| known == value).map_or(NO_SEGMENT, |place| place as u8)
    }

    /// The value with a code.
    pub(super) fn value(&self, code: u8) -> Option<&str> {
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

/// The segments of a survey, for people: what can be asked for of all responses, or of whole groups.
pub(super) fn offered(revision: &Revision, ratings: &Ratings, basis: Basis, language: &str) -> Vec<SegmentInfo> {
    divided(revision, ratings, basis, language).0
}

/// The same, and the names of the segments that whole groups are not divided by.
pub(super) fn divided(
    revision: &Revision,
    ratings: &Ratings,
    basis: Basis,
    language: &str,
) -> (Vec<SegmentInfo>, Vec<String>) {
    let all = described(revision, ratings, language).into_iter();
    let (offered, others): (Vec<_>, Vec<_>) =
        all.partition(|segment| basis == Basis::All || divides(ratings, &segment.segment));
    (offered, others.into_iter().map(|segment| segment.name).collect())
}

/// Whether enough responses are in groups of one part.
fn divides(ratings: &Ratings, id: &str) -> bool {
    let Some(place) = ratings.segments().iter().position(|segment| segment.id == *id) else { return false };
    let known: Vec<bool> = ratings.cells().iter().map(|cell| cell.segments[place] != NO_SEGMENT).collect();
    ratings.count(&known) as f64 >= ENOUGH * ratings.len() as f64
}

fn described(revision: &Revision, ratings: &Ratings, language: &str) -> Vec<SegmentInfo> {
    // What those see of it who may not read single responses is what whole groups have in common.
    let of = |(place, segment): (usize, &'_ Segment)| {
        let codes: std::collections::BTreeSet<u8> = ratings.cells().iter().map(|cell| cell.segments[place]).collect();
        let values = codes.iter().filter_map(|code| segment.value(*code)).map(str::to_owned).collect();
        (segment.id.clone(), values)
    };
    let occurring: Vec<(String, Vec<String>)> = ratings.segments().iter().enumerate().map(of).collect();
    describe(&revision.survey, &occurring, language)
}

/// Which values of which segments an address asks for.
pub(super) fn read_segments(
    asked: &[(String, String)],
    offered: &[SegmentInfo],
) -> Result<Vec<SegmentFilter>, ServiceError> {
    let short = |text: &str| text.chars().take(40).collect::<String>();
    let known = |(id, value): &(String, String)| {
        let bad = |given, expected| ServiceError::BadFilter { name: "segment", given, expected };
        let segment = offered.iter().find(|segment| segment.segment == *id);
        let segment = segment.ok_or_else(|| bad(short(id), "a segment of this survey that you can be shown"))?;
        let found = segment.values.iter().find(|offered| offered.value == *value);
        let found = found.ok_or_else(|| bad(format!("{}={}", short(id), short(value)), "a value of the segment"))?;
        let (segment, segment_name) = (segment.segment.clone(), segment.name.clone());
        Ok(SegmentFilter { segment, segment_name, value: found.value.clone(), name: found.name.clone() })
    };
    asked.iter().filter(|(_, value)| !value.is_empty()).map(known).collect()
}

/// Place and code of what cells must have to pass a filter; a value that does not occur passes nothing.
pub(super) fn wanted(ratings: &Ratings, filter: &[SegmentFilter]) -> Vec<(usize, Option<u8>)> {
    let place = |wanted: &SegmentFilter| {
        let place = ratings.segments().iter().position(|segment| segment.id == wanted.segment);
        let code = place.map(|place| ratings.segments()[place].known(&wanted.value));
        (place.unwrap_or(0), code.filter(|code| *code != NO_SEGMENT))
    };
    filter.iter().map(place).collect()
}

/// Whether a cell is of all of these.
pub(super) fn passes(cell: &Cell, wanted: &[(usize, Option<u8>)]) -> bool {
    wanted.iter().all(|(place, code)| code.is_some_and(|code| cell.segments[*place] == code))
}

/// Cells by the values of a segment, in the order in which they are offered.
pub(super) fn by_segment(ratings: &Ratings, slice: &[bool], segment: &SegmentInfo) -> Sorted {
    let place = ratings.segments().iter().position(|known| known.id == segment.segment);
    let code = |value: &str| place.map_or(NO_SEGMENT, |place| ratings.segments()[place].known(value));
    let mut group = [NO_GROUP; 256];
    for (number, value) in (0..).zip(&segment.values) {
        let code = code(&value.value);
        if code != NO_SEGMENT {
            group[usize::from(code)] = number;
        }
    }
    let of = |(cell, inside): (&Cell, &bool)| match place {
        Some(place) if *inside => group[usize::from(cell.segments[place])],
        _ => NO_GROUP,
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
    fn codes_come_in_order_and_end() {
        let mut segment = Segment { id: "channel".into(), values: Vec::new() };
        assert_eq!((segment.code("direct"), segment.code("agency"), segment.code("direct")), (0, 1, 0));
        assert_eq!(segment.code(""), NO_SEGMENT);
        for i in 0..300 {
            segment.code(&format!("v{i}"));
        }
        assert_eq!(
            (segment.code("another"), segment.value(1), segment.value(NO_SEGMENT)),
            (NO_SEGMENT, Some("agency"), None)
        );
        let long = "长".repeat(100);
        let mut other = Segment { id: "x".into(), values: Vec::new() };
        assert_eq!((other.code(&long), other.code(&long[..300 - 30])), (0, 0));
    }
}
