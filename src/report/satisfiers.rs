//! What delights and what disappoints: for every rating that can be acted on, what a better one adds and a worse one takes.
//!
//! Pure. Owns: the verdict on each, which its interval carries among all of them at once. Refuses: ratings with too few low,
//! middle or high answers to say.

use serde::Serialize;

use super::question::LEVEL;
use super::svg::{Element, element, line};
use super::{Basis, Filter, ScoreFigures, State, SurveyInfo};
use crate::csi::contrasts::{Contrast, Side};
use crate::csi::counts::Sure;
pub use crate::csi::kano::Category;
use crate::csi::kano::judge;

/// The satisfiers and dissatisfiers of a survey.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Satisfiers {
    pub survey: SurveyInfo,
    pub language: String,
    pub filter: Filter,
    pub basis: Basis,
    /// Responses within the filter; `None` where there are too few to say.
    pub responses: Option<usize>,
    pub state: State,
    /// Whose score is contrasted.
    pub headline: String,
    /// The surest to delight first, the surest to disappoint last.
    pub attributes: Vec<Attribute>,
    /// Ratings of which too few low, middle or high answers were given, by label.
    pub unknown: Vec<String>,
    /// Attributes that were asked in Kano's pairs.
    pub kano: Vec<KanoFigures>,
}

/// What guests made of an attribute that was asked in a pair: if it is there, and if it is not.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct KanoFigures {
    /// The template's score, and its name.
    pub score: String,
    pub label: String,
    pub responses: usize,
    /// Every category with its count, in the order of [`Category::ALL`].
    pub categories: Vec<KanoCount>,
    /// The most frequent, where the next is surely less frequent.
    pub category: Option<Category>,
    /// Share of those whom its presence satisfies, and of those whom its absence dissatisfies.
    pub better: Option<Slope>,
    pub worse: Option<Slope>,
}

/// How many guests put an attribute in a category.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, utoipa::ToSchema)]
pub struct KanoCount {
    pub category: Category,
    pub responses: usize,
}

impl KanoFigures {
    /// Of a score whose values are categories.
    pub fn new(score: &ScoreFigures) -> Self {
        let count = |name: &str| {
            score.categories.iter().find(|found| found.category == name).map_or(0, |found| found.responses)
        };
        let counts = Category::ALL.map(|(_, name)| count(name));
        let judged = judge(&counts, LEVEL);
        let slope = |sure: Sure| Slope { estimate: sure.value, ci: sure.ci };
        Self {
            score: score.score.clone(),
            label: score.name.clone(),
            responses: score.responses,
            categories: Category::ALL
                .iter()
                .zip(counts)
                .map(|((category, _), responses)| KanoCount { category: *category, responses })
                .collect(),
            category: judged.category,
            better: judged.better.map(slope),
            worse: judged.worse.map(slope),
        }
    }
}

/// A rating with its two sides, in index points of the headline per ten points of the rating on 0-100.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Attribute {
    pub indicator: String,
    pub label: String,
    pub construct: String,
    /// What ten points less take away, from the middle ratings downwards.
    pub penalty: Slope,
    /// What ten points more add, from the middle ratings upwards.
    pub reward: Slope,
    /// Reward less penalty; its interval holds for all attributes at once.
    pub asymmetry: Slope,
    pub kind: Kind,
}

/// A figure with its interval at 95 %.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Slope {
    pub estimate: f64,
    pub ci: [f64; 2],
}

/// What an attribute's asymmetry allows to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// More to win than to lose.
    Satisfier,
    /// More to lose than to win.
    Dissatisfier,
    /// No difference between the two sides that these answers can show.
    Both,
}

/// Share of both sides together that their difference must have to be worth a word: among many answers any difference is sure.
/// The measure is the impact-asymmetry of Mikulić & Prebežac (2008), the threshold our own.
const MATTERS: f64 = 0.1;

impl Attribute {
    /// How surely there is more to win than to lose; the lower, the more surely the other way round.
    pub fn sureness(&self) -> f64 {
        self.asymmetry.estimate / (self.asymmetry.ci[1] - self.asymmetry.ci[0])
    }

    /// Of two contrasts of the same attribute: one at the level of a single figure, one at that of all.
    pub fn new([indicator, label, construct]: [&str; 3], single: &Contrast, of_all: &Contrast) -> Self {
        let slope = |side: &Side| Slope { estimate: 10.0 * side.estimate, ci: side.ci.map(|end| 10.0 * end) };
        let (penalty, reward, asymmetry) = (slope(&single.penalty), slope(&single.reward), slope(&of_all.asymmetry));
        // Where the stronger side is not surely there at all, nothing is to be won, or lost.
        let matters = asymmetry.estimate.abs() >= MATTERS * (penalty.estimate + reward.estimate);
        let kind = match asymmetry.ci {
            [low, _] if low > 0.0 && reward.ci[0] > 0.0 && matters => Kind::Satisfier,
            [_, high] if high < 0.0 && penalty.ci[0] > 0.0 && matters => Kind::Dissatisfier,
            _ => Kind::Both,
        };
        Self {
            indicator: indicator.to_owned(),
            label: label.to_owned(),
            construct: construct.to_owned(),
            penalty,
            reward,
            asymmetry,
            kind,
        }
    }
}

/// Draws an attribute's two sides from the middle, to the left what is lost and to the right what is won, on a scale up to
/// `reach`. Decoration beside numbers that are written out: hidden from screen readers.
pub fn draw(attribute: &Attribute, reach: f64) -> Element {
    const WIDTH: f64 = 200.0;
    let middle = WIDTH / 2.0;
    let length = |points: f64| (points.max(0.0) / reach).min(1.0) * (middle - 4.0);
    let bar = |class: &'static str, x: f64, width: f64| {
        element("rect").with("class", class).at("x", x).with("y", 3).at("width", width).with("height", 10).with("rx", 3)
    };
    let (lost, won) = (length(attribute.penalty.estimate), length(attribute.reward.estimate));
    let classes = match attribute.kind {
        Kind::Satisfier => ["range range-unsure", "range range-up"],
        Kind::Dissatisfier => ["range range-down", "range range-unsure"],
        Kind::Both => ["range range-unsure", "range range-unsure"],
    };
    element("svg")
        .with("xmlns", "http://www.w3.org/2000/svg")
        .with("viewBox", format!("0 0 {WIDTH} 16"))
        .with("class", "interval")
        .with("aria-hidden", "true")
        .child(bar(classes[0], middle - lost, lost))
        .child(bar(classes[1], middle, won))
        .child(line((middle, 0.0), (middle, 16.0), "zero"))
}
