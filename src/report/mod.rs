//! Survey + estimates + counts -> [`Report`]: plain data that pages, the API and exports share.
//!
//! Pure. Owns: what a report says, which figures are withheld for want of responses, its sentences and
//! its charts. Refuses: to compute statistics (that is [`crate::csi`]) and to know pages or formats.

pub mod blocks;
pub mod build;
pub mod charts;
pub mod comparing;
pub mod distribution;
pub mod dot_plot;
pub mod expectations;
pub mod heat_map;
pub mod interval;
pub mod labels;
pub mod measurement;
pub mod overview;
pub mod path_diagram;
pub mod priority_map;
pub mod publication;
pub mod question;
pub mod rounding;
pub mod satisfiers;
pub mod segments;
pub mod sentences;
pub mod svg;
pub mod tables;
pub mod trend;

use chrono::{NaiveDate, NaiveDateTime};
use publication::{Base, Thresholds};
use serde::{Deserialize, Serialize};

use crate::wording::Wording;

/// An index report, complete: the page and the API show the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Report {
    pub survey: SurveyInfo,
    /// Language of the names in this report.
    pub language: String,
    pub filter: Filter,
    /// Which responses the figures are of.
    pub basis: Basis,
    /// From how many responses what is shown.
    pub thresholds: Thresholds,
    /// Responses within the filter; `None` where there are too few to say.
    pub responses: Option<usize>,
    /// What their number allows.
    pub base: Base,
    /// How many of them something is odd about: a straight line, too fast, against themselves, a machine.
    pub flagged: usize,
    /// When the last of them was handed in (UTC).
    #[schema(value_type = Option<String>)]
    pub last_response: Option<NaiveDateTime>,
    pub state: State,
    /// The headline index; `None` unless `state` is ready.
    pub headline: Option<Headline>,
    pub constructs: Vec<ConstructFigures>,
    pub paths: Vec<PathFigures>,
    /// Ratings that move the headline index, most to gain first.
    pub priorities: Vec<Priority>,
    /// The measures that others use. None in overviews, which have their own with a change, nor in reports that were kept before
    /// reports had them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outcomes: Vec<question::OutcomeFigures>,
    /// Means of what was given to each indicator.
    pub ratings: Vec<RatingFigures>,
    /// What the template computes from each response.
    pub scores: Vec<ScoreFigures>,
    pub properties: Vec<GroupFigures>,
    pub months: Vec<GroupFigures>,
    /// How the figures were made; `None` unless `state` is ready.
    pub method: Option<Method>,
}

/// Which responses figures are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// All: for those who may read every single one.
    All,
    /// Those in whole groups ([`blocks`]), so that no difference of figures is about a few.
    Groups,
}

/// The mean of an indicator over the responses that have it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RatingFigures {
    pub indicator: String,
    pub label: String,
    /// How many responses have it.
    pub responses: usize,
    /// On the question's own scale.
    pub mean: f64,
    /// The scale's ends.
    pub scale: [f64; 2],
}

/// A score over the responses that have it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ScoreFigures {
    pub score: String,
    pub name: String,
    /// How many responses have it.
    pub responses: usize,
    /// Mean and its interval at 95 %; `None` for a score that is a category. The interval from thirty responses, of
    /// which a mean is nearly normal, whatever one response is.
    pub mean: Option<f64>,
    pub ci: Option<[f64; 2]>,
    /// Categories with their counts, the most frequent first; empty for a number.
    pub categories: Vec<CategoryCount>,
}

/// How often a category occurs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CategoryCount {
    pub category: String,
    pub responses: usize,
}

/// Which questionnaire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SurveyInfo {
    pub slug: String,
    pub title: String,
    pub version: String,
    /// Content hash of the current revision.
    pub revision: String,
    /// Whether answers are stored ten at a time, so that up to nine more may be waiting.
    pub anonymous: bool,
    /// What divides its guests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<segments::SegmentInfo>,
}

/// Whose answers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Filter {
    pub unit: Option<UnitName>,
    /// First day, inclusive.
    pub from: Option<NaiveDate>,
    /// Last day, inclusive.
    pub to: Option<NaiveDate>,
    /// Without the responses that something is odd about.
    pub unflagged: bool,
    /// Of these segments alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<segments::SegmentFilter>,
}

impl Filter {
    /// Whose answers, in words: the unit, and the segments.
    pub fn scope(&self, words: &Wording) -> String {
        let unit = self.unit.as_ref().map_or_else(|| words.get("filter-all"), |unit| unit.name.clone());
        let segments = self.segments.iter().map(|segment| segment.name.clone());
        std::iter::once(unit).chain(segments).collect::<Vec<_>>().join(" · ")
    }
}

/// A unit's code and name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UnitName {
    pub code: String,
    pub name: String,
}

/// Whether there is an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    Ready,
    TooFew { needed: usize },
    NotEstimable { reason: String },
    NoModel,
}

/// A figure in index points with its uncertainty.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Index {
    /// 0-100.
    pub score: f64,
    /// Bootstrap standard error; `None` where resamples gave none.
    pub se: Option<f64>,
    /// Percentile interval.
    pub ci: Option<[f64; 2]>,
}

/// The headline index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Headline {
    pub construct: String,
    pub name: String,
    #[serde(flatten)]
    pub index: Index,
}

/// One construct.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ConstructFigures {
    pub construct: String,
    pub name: String,
    #[serde(flatten)]
    pub index: Index,
    /// Share of variance explained by its predictors; `None` where it has none.
    pub r2: Option<f64>,
    /// Index points of the headline per index point of this construct (unstandardised total effect);
    /// `None` for the headline itself and what comes after it.
    pub influence: Option<f64>,
}

/// One path of the inner model, standardised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PathFigures {
    pub from: String,
    pub to: String,
    pub estimate: f64,
    pub se: Option<f64>,
    pub ci: Option<[f64; 2]>,
}

/// One rating on the importance-performance map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Priority {
    pub indicator: String,
    pub construct: String,
    pub label: String,
    /// Points of the headline index per point of this rating on 0-100.
    pub importance: f64,
    /// Mean rating on 0-100.
    pub performance: f64,
}

impl Priority {
    /// What the headline index would gain if every guest rated this 100, in points.
    pub fn gain(&self) -> f64 {
        self.importance * (100.0 - self.performance)
    }
}

/// The headline index of a property or month.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GroupFigures {
    pub code: String,
    pub name: String,
    /// `None` where there are too few to say.
    pub responses: Option<usize>,
    /// What their number allows.
    pub base: Base,
    pub index: Option<Index>,
    /// Made of moments alone: the answers were forgotten when their time was over. The interval then takes the weights
    /// as known.
    pub of_moments: bool,
}

/// What it takes to make the figures again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Method {
    pub engine: String,
    pub inner: String,
    pub tolerance: f64,
    pub missing: String,
    pub iterations: usize,
    pub converged: bool,
    /// Responses that the weights come from: all of the survey's.
    pub pooled_responses: usize,
    /// SHA-256 over the ratings, units and times that were used.
    pub data_digest: String,
    pub bootstrap: Resampling,
}

/// The bootstrap behind the intervals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Resampling {
    pub requested: usize,
    pub used: usize,
    pub failed: usize,
    pub seed: u64,
    /// Confidence level in percent.
    pub level: u32,
    /// What a resample draws: rows, or blocks of rows where there are very many.
    #[schema(value_type = String)]
    pub unit: crate::csi::analysis::Unit,
}

impl Report {
    /// The construct with this id, if it is in the report.
    pub fn construct(&self, id: &str) -> Option<&ConstructFigures> {
        self.constructs.iter().find(|c| c.construct == id)
    }

    /// The name of a construct for people.
    pub fn name_of<'a>(&'a self, id: &'a str) -> &'a str {
        self.construct(id).map_or(id, |c| &c.name)
    }
}
