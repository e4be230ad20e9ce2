//! Segments of guests: what they are called, and which of them a report is of.
//!
//! Pure. Owns: names of segments and of their values. Refuses: to know which response is of which.

use serde::{Deserialize, Serialize};

use crate::survey::answers::OTHER;
use crate::survey::check::Survey;
use crate::survey::template::LANGUAGE;
use crate::survey::text::{Text, own_name};
use crate::wording::wording;

/// A division of guests, by the language they answered in or by a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SegmentInfo {
    /// `language`, or a question of the survey; in addresses `segment.` stands before it.
    pub segment: String,
    pub name: String,
    pub values: Vec<SegmentValue>,
}

/// One of the parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SegmentValue {
    /// A language tag, the id of a choice, or a hidden value itself.
    pub value: String,
    pub name: String,
}

/// The part of the guests that a filter asks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SegmentFilter {
    pub segment: String,
    pub segment_name: String,
    pub value: String,
    pub name: String,
}

/// The segments of a survey: the values that it names, then others that are among `occurring`, which are in order. The
/// language is one where there are several.
pub fn describe(survey: &Survey, occurring: &[(String, Vec<String>)], language: &str) -> Vec<SegmentInfo> {
    let base = survey.base_language();
    let mut segments: Vec<SegmentInfo> = Vec::new();
    let found = |id: &str| {
        let found = occurring.iter().find(|(segment, _)| segment == id);
        found.map_or(&[][..], |(_, values)| values.as_slice())
    };
    let with_others = |mut values: Vec<SegmentValue>, id: &str, name: fn(&str) -> String| {
        let is_named = |value: &&String| values.iter().any(|named| named.value == **value);
        let mut others: Vec<&String> = found(id).iter().filter(|value| !is_named(value)).collect();
        others.sort();
        values.extend(others.into_iter().map(|value| SegmentValue { value: value.clone(), name: name(value) }));
        values
    };
    for id in &survey.template.segments {
        let Some(question) = survey.question(id) else { continue };
        let text = |text: &Text| text.in_language(language, base).to_owned();
        let name = text(question.label());
        let named = question.choices().iter().map(|c| SegmentValue { value: c.id.clone(), name: text(&c.text) });
        let other = question.other();
        let other = (!other.is_empty()).then(|| SegmentValue { value: OTHER.to_owned(), name: text(other) });
        segments.push(SegmentInfo {
            segment: id.clone(),
            name: if name.is_empty() { id.clone() } else { name },
            values: with_others(named.chain(other).collect(), id, str::to_owned),
        });
    }
    let named = |tag: &String| SegmentValue { value: tag.clone(), name: own_name(tag).to_owned() };
    let languages = survey.template.languages.iter().map(named).collect();
    let languages = with_others(languages, LANGUAGE, |tag| own_name(tag).to_owned());
    if languages.len() > 1 {
        segments.push(SegmentInfo {
            segment: LANGUAGE.to_owned(),
            name: wording(language).get("segment-language"),
            values: languages,
        });
    }
    segments.retain(|segment| !segment.values.is_empty());
    segments
}
