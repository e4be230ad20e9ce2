//! A survey template as it is written: the types behind `survey-templates/*.toml`.
//!
//! Owns: the shape of the file, its defaults and the JSON Schema that editors read, all three from one
//! definition. Refuses nothing itself: [`super::check`] turns a file into a [`super::check::Survey`] or
//! lists everything that is wrong with it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::question::Question;
use super::text::Text;

/// A survey: identity, languages, texts, pages of questions, and the model that its answers feed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Soundings survey template")]
pub struct Template {
    /// Name in addresses: lower-case letters, digits and single hyphens.
    pub id: String,
    /// Version of the questionnaire, for people: `1.0`.
    pub version: String,
    /// Where it is answered.
    #[serde(default)]
    pub place: Place,
    /// Language tags (BCP 47). The first is the base language: texts missing in another fall back to it.
    #[schemars(length(min = 1))]
    pub languages: Vec<String>,
    /// Heading of the first page.
    pub title: Text,
    /// A sentence or two below the heading.
    #[serde(default)]
    pub introduction: Text,
    /// What the guest reads after handing in.
    #[serde(default)]
    pub thanks: Text,
    /// The pages, in order.
    #[schemars(length(min = 1))]
    pub pages: Vec<Page>,
    /// The model that the rated questions measure; none for a survey without an index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Model>,
}

/// Where a survey is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// On the guest's own device, by a link.
    #[default]
    Link,
    /// On a shared screen, for instance in the lobby: larger, and ready for the next guest after each.
    Kiosk,
}

/// A group of questions under a heading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Name of the page: letters, digits and underscores.
    pub id: String,
    /// Heading.
    #[serde(default)]
    pub title: Text,
    /// A sentence that introduces the questions.
    #[serde(default)]
    pub introduction: Text,
    /// The questions, in order.
    #[schemars(length(min = 1))]
    pub questions: Vec<Question>,
}

/// The structural model and how its constructs are called in reports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// lavaan syntax over question ids: `Satisfaction ~ Quality + Value`, `Quality =~ q1 + q2`.
    pub structure: String,
    /// The construct whose index is the headline, usually `Satisfaction`.
    pub headline: String,
    /// Names of the constructs in reports, per language.
    #[serde(default)]
    pub names: BTreeMap<String, Text>,
}

/// The JSON Schema of a template file, as committed in `survey-templates/template.schema.json`.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Template).to_value()
}
