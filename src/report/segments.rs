//! Segments of guests: what they are called, and which of them a report is of.
//!
//! Pure. Owns: names of segments and of their values. Refuses: to know which response is of which.

use serde::{Deserialize, Serialize};

use crate::survey::check::Survey;
use crate::survey::template::LANGUAGE;
use crate::survey::text::own_name;
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

/// The segments of a survey; `occurring` are the values that hidden ones have. The language is one where there are several.
pub fn describe(survey: &Survey, occurring: &[(String, Vec<String>)], language: &str) -> Vec<SegmentInfo> {
    let base = survey.base_language();
    let mut segments: Vec<SegmentInfo> = Vec::new();
    for id in &survey.template.segments {
        let Some(question) = survey.question(id) else { continue };
        let name = match question.label().in_language(language, base) {
            "" => id.clone(),
            name => name.to_owned(),
        };
        let mut values: Vec<SegmentValue> = question
            .choices()
            .iter()
            .map(|c| SegmentValue { value: c.id.clone(), name: c.text.in_language(language, base).to_owned() })
            .collect();
        if values.is_empty() {
            let found = occurring.iter().find(|(segment, _)| segment == id);
            let found = found.map_or(&[][..], |(_, values)| values.as_slice());
            values = found.iter().map(|value| SegmentValue { value: value.clone(), name: value.clone() }).collect();
            values.sort_by(|a, b| a.value.cmp(&b.value));
        }
        segments.push(SegmentInfo { segment: id.clone(), name, values });
    }
    let languages = &survey.template.languages;
    if languages.len() > 1 {
        let named = |tag: &String| SegmentValue { value: tag.clone(), name: own_name(tag).to_owned() };
        segments.push(SegmentInfo {
            segment: LANGUAGE.to_owned(),
            name: wording(language).get("segment-language"),
            values: languages.iter().map(named).collect(),
        });
    }
    segments.retain(|segment| !segment.values.is_empty());
    segments
}
