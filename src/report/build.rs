//! Puts a report together from estimates.
//!
//! Owns: which figure goes where, and the threshold below which a group shows its count only.

use super::publication::{Base, Thresholds};
use super::question::OutcomeFigures;
use super::segments::SegmentInfo;
use super::{
    Basis, CategoryCount, ConstructFigures, Filter, GroupFigures, Headline, Index, Method, PathFigures, Priority,
    RatingFigures, Report, Resampling, ScoreFigures, State, SurveyInfo,
};
use crate::csi::analysis::Analysis;
use crate::csi::data::ScaleRange;
use crate::csi::dist::normal_quantile;
use crate::csi::figures::Figure;
use crate::csi::fit::FitOptions;
use crate::csi::intervals::Spread;
use crate::csi::model::PathModel;
use crate::survey::check::Survey;
use crate::survey::template::Score;

/// From how many values a mean is taken for normal.
const NORMAL: usize = 30;

/// What a report is made of.
pub struct Inputs<'a> {
    pub survey: &'a Survey,
    pub content_hash: &'a str,
    pub language: &'a str,
    pub filter: Filter,
    pub responses: usize,
    /// How many of them are flagged.
    pub flagged: usize,
    pub last_response: Option<chrono::NaiveDateTime>,
    /// In the order of grouping 0 of the analysis.
    pub properties: Vec<Group>,
    /// In the order of grouping 1.
    pub months: Vec<Group>,
    /// One entry per indicator: how many responses within the filter have it, and their mean.
    pub ratings: Vec<(&'a str, (usize, Option<f64>))>,
    /// One entry per score of the survey: its values within the filter, NaN for none, and its categories.
    pub scores: Vec<(Vec<f64>, &'a [String])>,
    /// The measures that others use.
    pub outcomes: Vec<OutcomeFigures>,
    /// What divides guests.
    pub segments: Vec<SegmentInfo>,
    pub basis: Basis,
    pub thresholds: Thresholds,
    pub outcome: Outcome<'a>,
}

/// A group with its size.
pub struct Group {
    pub code: String,
    pub name: String,
    pub responses: usize,
}

/// What came of the estimation.
pub enum Outcome<'a> {
    Estimated(Estimated<'a>),
    Without(State),
}

/// Estimates, and what they were made of.
pub struct Estimated<'a> {
    pub analysis: &'a Analysis,
    pub model: &'a PathModel,
    pub headline: usize,
    pub scales: &'a [ScaleRange],
    pub options: FitOptions,
    pub pooled_responses: usize,
    pub data_digest: &'a str,
}

/// Builds the report.
pub fn build(inputs: Inputs<'_>) -> Report {
    let survey = inputs.survey;
    let base = survey.base_language();
    let info = SurveyInfo {
        slug: survey.slug.to_string(),
        title: survey.template.title.in_language(inputs.language, base).to_owned(),
        version: survey.template.version.clone(),
        revision: inputs.content_hash.to_owned(),
        anonymous: survey.template.anonymous,
        segments: inputs.segments.clone(),
    };
    let estimated = match &inputs.outcome {
        Outcome::Estimated(e) => Some(e),
        Outcome::Without(_) => None,
    };
    let groups = |groups: &[Group], grouping: usize| {
        let figures = |(g, group): (usize, &Group)| {
            let base = inputs.thresholds.base(group.responses);
            let index = estimated.filter(|_| base >= Base::Low).map(|e| {
                let spread = e.analysis.spread(Figure::GroupIndex { grouping, group: g, construct: e.headline });
                index(e.analysis.estimates.groups[grouping][g].index[e.headline], spread)
            });
            let responses = inputs.countable(group.responses);
            GroupFigures {
                code: group.code.clone(),
                name: group.name.clone(),
                responses,
                base,
                index,
                of_moments: false,
            }
        };
        groups.iter().enumerate().map(figures).collect::<Vec<_>>()
    };
    let constructs = estimated.map_or_else(Vec::new, |e| constructs(e, survey, inputs.language));
    Report {
        survey: info,
        language: inputs.language.to_owned(),
        basis: inputs.basis,
        thresholds: inputs.thresholds,
        responses: inputs.countable(inputs.responses),
        base: inputs.thresholds.base(inputs.responses),
        flagged: inputs.countable(inputs.flagged).unwrap_or(0),
        last_response: inputs.last_response,
        headline: estimated.and_then(|e| constructs.get(e.headline)).map(|c| Headline {
            construct: c.construct.clone(),
            name: c.name.clone(),
            index: c.index,
        }),
        paths: estimated.map_or_else(Vec::new, paths),
        priorities: estimated.map_or_else(Vec::new, |e| priorities(e, survey, inputs.language)),
        outcomes: inputs.outcomes.clone(),
        ratings: ratings(&inputs),
        scores: scores(&inputs),
        properties: groups(&inputs.properties, 0),
        months: groups(&inputs.months, 1),
        method: estimated.map(method),
        constructs,
        filter: inputs.filter,
        state: match inputs.outcome {
            Outcome::Estimated(_) => State::Ready,
            Outcome::Without(state) => state,
        },
    }
}

impl Inputs<'_> {
    /// A number of responses, where it may be said: to those who may read single responses always.
    fn countable(&self, n: usize) -> Option<usize> {
        (self.basis == Basis::All || self.thresholds.base(n) > Base::Nothing).then_some(n)
    }
}

/// Means of indicators that enough responses have.
fn ratings(inputs: &Inputs<'_>) -> Vec<RatingFigures> {
    let base = inputs.survey.base_language();
    let figures = |(id, (responses, mean)): &(&str, (usize, Option<f64>))| {
        let enough = inputs.thresholds.base(*responses) > Base::Nothing;
        let field = inputs.survey.field(id)?;
        let points = field.points()?;
        Some(RatingFigures {
            indicator: (*id).to_owned(),
            label: field.label.in_language(inputs.language, base).to_owned(),
            responses: *responses,
            mean: mean.filter(|_| enough)?,
            scale: [points.min, points.max].map(f64::from),
        })
    };
    inputs.ratings.iter().filter_map(figures).collect()
}

/// Scores that enough responses have.
fn scores(inputs: &Inputs<'_>) -> Vec<ScoreFigures> {
    let (survey, columns, language) = (inputs.survey, &inputs.scores, inputs.language);
    let figures = |(score, (values, categories)): (&Score, &(Vec<f64>, &[String]))| {
        let given: Vec<f64> = values.iter().copied().filter(|x| x.is_finite()).collect();
        let n = given.len() as f64;
        if inputs.thresholds.base(given.len()) == Base::Nothing {
            return None;
        }
        let count = |(i, category): (usize, &String)| CategoryCount {
            category: category.clone(),
            responses: given.iter().filter(|x| **x == i as f64).count(),
        };
        let mut counts: Vec<CategoryCount> = categories.iter().enumerate().map(count).collect();
        counts.sort_by(|a, b| b.responses.cmp(&a.responses).then_with(|| a.category.cmp(&b.category)));
        counts.retain(|c| c.responses > 0);
        let mean = given.iter().sum::<f64>() / n;
        let sd = (given.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
        let reach = normal_quantile(0.975) * sd / n.sqrt();
        let is_number = categories.is_empty();
        Some(ScoreFigures {
            score: score.id.clone(),
            name: score.label.in_language(language, survey.base_language()).to_owned(),
            responses: given.len(),
            mean: is_number.then_some(mean),
            ci: (is_number && given.len() >= NORMAL).then_some([mean - reach, mean + reach]),
            categories: counts,
        })
    };
    survey.template.scores.iter().zip(columns).filter_map(figures).collect()
}

fn index(score: f64, spread: Option<Spread>) -> Index {
    Index { score, se: spread.map(|s| s.se), ci: spread.and_then(|s| s.ci) }
}

fn constructs(e: &Estimated<'_>, survey: &Survey, language: &str) -> Vec<ConstructFigures> {
    let names = survey.template.model.as_ref().map(|m| &m.names);
    let estimates = &e.analysis.estimates;
    let figures = |(k, construct): (usize, &crate::csi::model::Construct)| {
        let id = construct.name.clone();
        let name =
            names.and_then(|n| n.get(&id)).map_or(id.as_str(), |t| t.in_language(language, survey.base_language()));
        ConstructFigures {
            name: name.to_owned(),
            index: index(estimates.index[k], e.analysis.spread(Figure::Index(k))),
            r2: estimates.fit.r2[k],
            influence: influence(e, k),
            construct: id,
        }
    };
    e.model.constructs.iter().enumerate().map(figures).collect()
}

/// Unstandardised total effect of construct k on the headline; `None` where no route leads there.
fn influence(e: &Estimated<'_>, k: usize) -> Option<f64> {
    let connected = crate::csi::effects::connected_pairs(e.model).contains(&(e.headline, k));
    connected.then(|| e.analysis.estimates.importance(e.headline, k))
}

fn paths(e: &Estimated<'_>) -> Vec<PathFigures> {
    let name = |k: usize| e.model.constructs[k].name.clone();
    let figures = |(k, l)| {
        let spread = e.analysis.spread(Figure::Path(k, l));
        PathFigures {
            from: name(l),
            to: name(k),
            estimate: e.analysis.estimates.fit.paths[(k, l)],
            se: spread.map(|s| s.se),
            ci: spread.and_then(|s| s.ci),
        }
    };
    e.model.paths().map(figures).collect()
}

/// Ratings of every construct that leads to the headline and can be acted on: of those that are
/// themselves predicted. What guests expected (exogenous) is not ours to improve.
fn priorities(e: &Estimated<'_>, survey: &Survey, language: &str) -> Vec<Priority> {
    let estimates = &e.analysis.estimates;
    let mut all = Vec::new();
    for (k, construct) in e.model.constructs.iter().enumerate() {
        let Some(influence) = influence(e, k).filter(|_| !e.model.predictors[k].is_empty()) else { continue };
        for j in construct.block.clone() {
            let scale = e.scales[j];
            let width = scale.max - scale.min;
            let id = &e.model.indicators[j];
            let label = survey.field(id).map_or(id.as_str(), |f| f.label.in_language(language, survey.base_language()));
            all.push(Priority {
                indicator: id.clone(),
                construct: construct.name.clone(),
                label: label.to_owned(),
                // Index points per step, times steps per 0-100 point of the rating, times the construct's influence.
                importance: estimates.index_weights.points[j] * width / 100.0 * influence,
                performance: 100.0 * (estimates.fit.means[j] - scale.min) / width,
            });
        }
    }
    all.sort_by(|a, b| b.gain().total_cmp(&a.gain()));
    all
}

fn method(e: &Estimated<'_>) -> Method {
    let (fit, b) = (&e.analysis.estimates.fit, &e.analysis.bootstrap);
    Method {
        engine: concat!("soundings ", env!("CARGO_PKG_VERSION")).to_owned(),
        inner: format!("{:?}", e.options.inner).to_lowercase(),
        tolerance: e.options.tolerance,
        missing: "mean".to_owned(),
        iterations: fit.iterations,
        converged: fit.converged,
        pooled_responses: e.pooled_responses,
        data_digest: e.data_digest.to_owned(),
        // Whole percents: levels come from us, not from the reader.
        bootstrap: Resampling {
            requested: b.requested,
            used: b.used,
            failed: b.failed(),
            seed: b.options.seed,
            level: (b.options.level * 100.0).round() as u32,
            unit: e.analysis.unit,
        },
    }
}
