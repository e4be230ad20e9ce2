//! Segments of guests beside each other: their indices, whether they mean the same by the questions, what drives each.
//!
//! Pure. Owns: what is said of two parts of the guests, and in which words. A difference is called one only where its test,
//! corrected for all that are tested, says so. Refuses: to compare what guests make up differently.

use serde::Serialize;

use super::Report;
use super::overview::{Change, Overview};
use super::segments::SegmentInfo;
use crate::csi::comparison::{Pair, PathComparison, Verdict};
use crate::csi::model::PathModel;
use crate::wording::{Value, Wording};

/// The parts that a segment divides the guests of a period into.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct SegmentsCompared {
    /// Of all guests; its `by_construct` are the parts.
    pub overview: Overview,
    /// What divides them; `None` for a survey that knows no segments.
    pub by: Option<SegmentInfo>,
    /// Responses that are of one of the parts; `None` where there are too few to say.
    pub counted: Option<usize>,
    /// Names of segments that the whole groups of responses are not divided by.
    pub undivided: Vec<String>,
    /// One part beside all other guests; `None` where either has too few responses.
    pub contrast: Option<Contrast>,
}

/// A part of the guests beside all others.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Contrast {
    pub value: String,
    pub name: String,
    /// Responses of the part and of the others; of more than [`Self::compared`] so many were drawn.
    pub responses: [usize; 2],
    pub compared: [usize; 2],
    pub permutations: usize,
    pub constructs: Vec<ConstructContrast>,
    pub paths: Vec<PathContrast>,
}

/// A construct in both.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ConstructContrast {
    pub construct: String,
    pub name: String,
    /// Correlation of the scores that either's weights give (MICOM, step 2), and the share of permutations in which it is
    /// smaller.
    pub composition: f64,
    pub p: f64,
    /// Whether the construct may be compared: p, of so many constructs (Bonferroni), is not below 0.05; `None` where that
    /// cannot be said.
    pub comparable: Option<bool>,
    /// How far the part's index is above the others', of all responses.
    pub change: Option<Change>,
}

/// A path in both.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct PathContrast {
    pub from: String,
    pub to: String,
    /// In the part, and among the others.
    pub estimates: [f64; 2],
    /// Of a permutation test of their difference, corrected for all paths (Holm 1979).
    pub p: f64,
    pub differs: bool,
}

/// Error probability of verdicts.
const ALPHA: f64 = 0.05;

impl Contrast {
    /// Of a comparison of two groups, the part first.
    pub fn new(
        part: (&str, &str),
        responses: [usize; 2],
        compared: [usize; 2],
        (pair, model): (&Pair, &PathModel),
        overview: &Overview,
    ) -> Self {
        let construct = |(k, c): (usize, &super::ConstructFigures)| {
            let found = &pair.constructs[k];
            ConstructContrast {
                construct: c.construct.clone(),
                name: c.name.clone(),
                composition: found.c,
                p: found.p_compositional,
                comparable: match found.invariance {
                    Verdict::Unknown => None,
                    _ => Some(found.p_compositional * pair.constructs.len() as f64 >= ALPHA),
                },
                change: overview.others.iter().find(|other| other.construct == c.construct).map(|other| other.change),
            }
        };
        let constructs: Vec<ConstructContrast> = overview.report.constructs.iter().enumerate().map(construct).collect();
        let name = |k: usize| model.constructs[k].name.clone();
        let comparable = |k: usize| constructs[k].comparable == Some(true);
        let path = |path: &PathComparison| PathContrast {
            from: name(path.predictor),
            to: name(path.dependent),
            estimates: path.estimates,
            p: path.holm_p,
            differs: path.holm_p < ALPHA && comparable(path.predictor) && comparable(path.dependent),
        };
        Self {
            paths: pair.paths.iter().map(path).collect(),
            value: part.0.to_owned(),
            name: part.1.to_owned(),
            responses,
            compared,
            permutations: pair.used,
            constructs,
        }
    }
}

/// What a comparison shows, a sentence each: first whether things may be compared, then what differs.
pub fn sentences(contrast: &Contrast, others: &str, report: &Report, words: &Wording) -> Vec<String> {
    let part = || [("name", Value::from(contrast.name.as_str())), ("others", others.into())];
    let listed = |wanted: Option<bool>| {
        let found = contrast.constructs.iter().filter(|c| c.comparable == wanted);
        words.listed(&found.map(|c| c.name.as_str()).collect::<Vec<_>>())
    };
    let mut said = Vec::new();
    let (other, unknown) = (listed(Some(false)), listed(None));
    if other.is_empty() && unknown.is_empty() {
        said.push(words.fill("invariance-given", &part()));
    }
    if !other.is_empty() {
        said.push(words.fill("invariance-not-given", &[&part()[..], &[("names", other.as_str().into())]].concat()));
    }
    if !unknown.is_empty() {
        said.push(words.fill("invariance-unknown", &[("names", unknown.as_str().into())]));
    }
    for path in contrast.paths.iter().filter(|path| path.differs) {
        let [here, there] = path.estimates.map(|estimate| format!("{estimate:.2}"));
        let values = [
            ("name", Value::from(contrast.name.as_str())),
            ("others", others.into()),
            ("from", report.name_of(&path.from).into()),
            ("to", report.name_of(&path.to).into()),
            ("here", here.as_str().into()),
            ("there", there.as_str().into()),
        ];
        let [here, there] = path.estimates;
        let sentence = match () {
            () if here.signum() != there.signum() => "path-opposite",
            () if here.abs() > there.abs() => "path-stronger",
            () => "path-weaker",
        };
        said.push(words.fill(sentence, &values));
    }
    // A path of a measure that may not be compared is not said to differ, and not to be alike either.
    let untold = contrast.paths.iter().filter(|path| path.p < ALPHA && !path.differs);
    let arrow = |path: &PathContrast| format!("{} → {}", report.name_of(&path.from), report.name_of(&path.to));
    let untold: Vec<String> = untold.map(arrow).collect();
    if !untold.is_empty() {
        said.push(words.fill("paths-untold", &[("names", words.listed(&untold).as_str().into())]));
    } else if !contrast.paths.iter().any(|path| path.differs) {
        said.push(words.fill("paths-alike", &part()));
    }
    said
}
