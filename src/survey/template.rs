//! A survey template as it is written: the types behind `survey-templates/*.toml`.
//!
//! Owns: the shape of the file, its defaults and the JSON Schema that editors read, all three from one
//! definition. Refuses nothing itself: [`super::check`] turns a file into a [`super::check::Survey`] or
//! lists everything that is wrong with it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::question::{Look, Question};
use super::text::Text;
use super::theme::Theme;

/// The segment that every survey has: the language that a guest answered in.
pub const LANGUAGE: &str = "language";

/// Questions that divide guests, at most.
pub const MOST_SEGMENTS: usize = 5;

/// The longest value of a link that divides guests, in characters.
pub const LONGEST_SEGMENT: usize = 60;

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
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub introduction: Text,
    /// What the guest reads after handing in.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub thanks: Text,
    /// What it measures and when to use it, for those who choose among instruments.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub about: Text,
    /// The sources that it follows, one each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub literature: Vec<String>,
    /// How pages are shown.
    #[serde(default)]
    pub layout: Layout,
    /// Nobody, the administrator included, can find out which guest gave which answers: times are kept to the day,
    /// responses are stored in a drawn order, and links lead to no response.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub anonymous: bool,
    /// Logo, colours and fonts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theme: Option<Theme>,
    /// Questions with one answer of a list, and hidden values, that divide guests into segments, the most important first, at
    /// most five: results can be had of each, beside the guests' language.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 5))]
    pub segments: Vec<String>,
    /// For how many hours guests can correct their answers; 48 if it is not said, never with 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correct_within_hours: Option<u16>,
    /// Scales that questions share by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub scales: BTreeMap<String, Scale>,
    /// The pages, in order.
    #[schemars(length(min = 1))]
    pub pages: Vec<Page>,
    /// What is computed from each response besides the model.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scores: Vec<Score>,
    /// Limits on how many responses of a kind are taken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quotas: Vec<Quota>,
    /// Answers that do not go together; a response with them is flagged, and kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contradictions: Vec<Contradiction>,
    /// The model that the rated questions measure; none for a survey without an index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Model>,
}

impl Template {
    /// Whether pages are shown one after the other: where it says so, or conditions lead from page to page.
    pub fn one_by_one(&self) -> bool {
        let leads = |page: &Page| page.show_if.is_some() || !page.skip.is_empty();
        self.layout == Layout::OneByOne || self.pages.iter().any(leads)
    }
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
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub title: Text,
    /// A sentence that introduces the questions.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub introduction: Text,
    /// Shown only where this holds: an expression (CEL) over answers of earlier pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub show_if: Option<String>,
    /// Where to go after this page, the first that holds; else to the next page.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skip: Vec<Skip>,
    /// Questions in an order drawn for each guest.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shuffle: bool,
    /// Neighbouring pages with the same name here stand in an order drawn for each guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<String>,
    /// The questions, in order.
    #[schemars(length(min = 1))]
    pub questions: Vec<Question>,
}

/// How pages are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// All on one screen, one below the other; as single pages where the template has conditions on pages.
    #[default]
    Together,
    /// One after the other, with a way back.
    OneByOne,
}

/// A way past pages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Skip {
    /// An expression (CEL) over the answers so far.
    pub when: String,
    /// The id of a later page, or `end`.
    pub to: String,
}

/// Ends, labels and look that several questions share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub low: Text,
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub high: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u8>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look: Option<Look>,
}

/// A value computed from one response.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Score {
    /// Name of its column in exports, and in formulas of later scores.
    pub id: String,
    /// Name in reports.
    pub label: Text,
    /// An expression (CEL) over all answers: `mean(q1, q2)`, `performance - expectation`.
    pub formula: String,
    /// How many of the questions that it names must be answered; all of them if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u8>,
}

/// A limit on how many responses of a kind are taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// Name of the quota.
    pub id: String,
    /// Which responses count: an expression (CEL) over all answers.
    pub when: String,
    /// How many are taken.
    pub limit: u32,
    /// What a guest reads who comes after them.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub message: Text,
}

/// Answers that do not go together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contradiction {
    /// Name of the rule, as it stands in exports: `contradiction:ID`.
    pub id: String,
    /// An expression (CEL) over all answers: `overall >= 9 && recommend <= 2`.
    pub when: String,
}

/// The structural model and how its constructs are called in reports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// lavaan syntax over question ids: `Satisfaction ~ Quality + Value`, `Quality =~ q1 + q2`.
    pub structure: String,
    /// The construct whose index is the headline, usually `Satisfaction`.
    pub headline: String,
    /// The rated question of the model, up to 10, that the net promoter score is of; without it one of type `nps`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nps: Option<String>,
    /// The rated question of the model that the customer satisfaction score is of; without it one of type `csat`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csat: Option<String>,
    /// Pairs of rated questions of the model on the same scale: what was expected, and the same as it was found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disconfirmation: Vec<[String; 2]>,
    /// Names of the constructs in reports, per language.
    #[serde(default)]
    pub names: BTreeMap<String, Text>,
}

/// The JSON Schema of a template file, as committed in `survey-templates/template.schema.json`.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Template).to_value()
}
