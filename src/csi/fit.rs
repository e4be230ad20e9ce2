//! `fit(&Moments, &PathModel)`: every figure of one estimation, in order.
//!
//! Owns: the options, the result and the one error type of the engine. Refuses: moments whose
//! indicators are not the model's, in its order ([`super::data`] selects; this module never guesses).

use nalgebra::DMatrix;

use super::consistent;
use super::effects::total_effects;
use super::model::{Construct, PathModel};
use super::moments::{Correlations, Missing, Moments};
use super::paths::inner_model;
use super::weights::{self, InnerScheme, OuterWeights};

/// Why no figure can be given. Every message names what is at fault.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FitError {
    #[error("indicator `{0}` has the same value in every row")]
    Constant(String),
    #[error("indicator `{0}` was never answered")]
    NeverAnswered(String),
    #[error("too few rows: {rows} where at least {needed} are needed")]
    TooFewRows { rows: usize, needed: usize },
    #[error("the indicators of `{construct}` ({}) are collinear, so mode B has no solution; drop one or use mode A", .indicators.join(", "))]
    SingularBlock { construct: String, indicators: Vec<String> },
    #[error("the predictors of `{dependent}` ({}) are collinear; drop one of them", .predictors.join(", "))]
    SingularPredictors { dependent: String, predictors: Vec<String> },
    #[error("the outer weights of `{0}` vanish: its indicators are unrelated to the constructs it is connected with")]
    NoDirection(String),
    #[error("the scale of `{indicator}` is empty: {min} to {max}")]
    ScaleEmpty { indicator: String, min: f64, max: f64 },
    #[error("the outer weights of `{0}` cancel out, so its index has no direction")]
    WeightsCancel(String),
    #[error("the indicators do not match the model: {expected} were expected, {found} found, or their order differs")]
    Shape { expected: usize, found: usize },
    #[error(
        "no row, or no variation, is left where both `{0}` and `{1}` were answered; use another treatment of missing answers"
    )]
    NoPairs(String, String),
    #[error("no solution within {0} iterations")]
    NotConverged(usize),
    #[error("exact fit cannot be tested: {0}")]
    NoExactFit(&'static str),
    #[error("prediction cannot be judged: {0}")]
    NoPrediction(&'static str),
    #[error("the model has no such figure")]
    NoFigure,
    #[error("more than {most} rows would be needed; the figure is {truth:.4} in this population")]
    TooManyRows { most: usize, truth: f64 },
    #[error("no segments were found: from every start one of them vanished")]
    NoSegments,
    #[error("segments are not searched in a model with products of constructs")]
    SegmentsOfProducts,
    #[error(
        "segments are searched on scores of unweighted rows: leave out --consistent, --ordinal, --weights and --rake"
    )]
    SegmentsOfPlain,
    #[error("the run was cancelled")]
    Cancelled,
    #[error(
        "EM: the indicators are collinear where answers are missing; drop one, or use another treatment of missing answers"
    )]
    EmSingular,
    #[error("EM did not settle within {0} iterations: too much is missing; use another treatment of missing answers")]
    EmNotConverged(usize),
    #[error("indicator `{indicator}` has {found} different values; polychoric correlations take at most {most}")]
    TooManyCategories { indicator: String, found: usize, most: usize },
    #[error(
        "rho_A of `{construct}` is {rho_a}, so its correlations cannot be corrected for attenuation; check that its indicators point the same way, or fit it without --consistent"
    )]
    NoReliability { construct: String, rho_a: f64 },
}

impl FitError {
    /// What failed without the figures of the single case, so that the same failures can be counted together.
    pub fn kind(&self) -> String {
        match self {
            Self::NoReliability { construct, .. } => format!("rho_A of `{construct}` is not above zero"),
            other => other.to_string(),
        }
    }
}

/// What is assumed in an estimation.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct FitOptions {
    pub inner: InnerScheme,
    /// Largest change of a standardised weight that counts as standing still.
    pub tolerance: f64,
    pub max_iterations: usize,
    /// Consistent PLS: loadings of factor blocks and construct correlations corrected for attenuation.
    pub consistent: bool,
    /// What stands in for missing answers.
    pub missing: Missing,
    /// Indicators that must load positively: a construct whose dominant indicator does not is turned,
    /// weights, loadings, scores and paths together. None by default: signs are as they come.
    pub dominant: Vec<usize>,
    /// Outer weights that are not estimated but given (p, of the indicators on their own scales).
    pub given: Option<Vec<f64>>,
}

impl Default for FitOptions {
    fn default() -> Self {
        Self {
            inner: InnerScheme::Path,
            tolerance: 1e-7,
            max_iterations: 300,
            consistent: false,
            missing: Missing::Mean,
            dominant: Vec::new(),
            given: None,
        }
    }
}

/// The figures of one estimation. Matrices are q x q over constructs, vectors p long over indicators,
/// both in the model's order.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// Number of rows.
    pub n: f64,
    /// Standardised outer weights (p).
    pub weights: Vec<f64>,
    /// Loadings on the own construct (p): correlations with its score, or consistent ones of factor blocks.
    pub loadings: Vec<f64>,
    /// Correlations of the constructs: of their scores, or corrected for attenuation.
    pub construct_correlations: DMatrix<f64>,
    /// p x q correlations of the indicators with the construct scores, never corrected.
    pub cross_loadings: DMatrix<f64>,
    /// p x p correlations of the indicators.
    pub indicator_correlations: DMatrix<f64>,
    /// `[(dependent, predictor)]`.
    pub paths: DMatrix<f64>,
    /// `[(dependent, source)]`.
    pub total_effects: DMatrix<f64>,
    /// `None` for a construct that nothing points at.
    pub r2: Vec<Option<f64>>,
    /// Means and standard deviations that standardised the indicators (p each).
    pub means: Vec<f64>,
    pub sds: Vec<f64>,
    /// Passes of the PLS iterations; 0 where weights were given.
    pub iterations: usize,
    pub converged: bool,
}

/// Estimates a model from moments: PLS weights, loadings, paths, effects.
///
/// # Errors
/// Any [`FitError`] but [`FitError::NotConverged`]: a run that does not settle is returned with
/// `converged` false.
pub fn fit(moments: &Moments, model: &PathModel, options: &FitOptions) -> Result<Fit, FitError> {
    fit_correlations(checked_correlations(moments, model, options.missing)?, model, options)
}

/// As [`fit`], from correlations in the model's indicator order.
///
/// # Errors
/// As [`fit`].
pub fn fit_correlations(correlations: Correlations, model: &PathModel, options: &FitOptions) -> Result<Fit, FitError> {
    let outer = match &options.given {
        None => {
            weights::iterate(&correlations.matrix, model, options.inner, options.tolerance, options.max_iterations)?
        }
        Some(given) => {
            OuterWeights { weights: standardised(&correlations, model, given)?, iterations: 0, converged: true }
        }
    };
    let mut fit = assemble(correlations, model, outer.weights, options.consistent)?;
    for &j in &options.dominant {
        if fit.loadings[j] < 0.0 {
            fit.turn(model, model.owner(j));
        }
    }
    (fit.iterations, fit.converged) = (outer.iterations, outer.converged);
    Ok(fit)
}

/// Estimates the inner model of a slice of the data under weights found on all of them.
///
/// `unstandardised` holds p weights of the indicators on their own scales (w_j / sd_j of the pooled fit).
///
/// # Errors
/// As [`fit`].
pub fn fit_given(
    moments: &Moments,
    model: &PathModel,
    unstandardised: &[f64],
    options: &FitOptions,
) -> Result<Fit, FitError> {
    let correlations = checked_correlations(moments, model, options.missing)?;
    let weights = standardised(&correlations, model, unstandardised)?;
    assemble(correlations, model, weights, options.consistent)
}

/// Weights of indicators on their own scales -> of standardised ones, every score with unit variance.
fn standardised(correlations: &Correlations, model: &PathModel, own_scale: &[f64]) -> Result<Vec<f64>, FitError> {
    let mut weights: Vec<f64> = own_scale.iter().zip(&correlations.sds).map(|(u, sd)| u * sd).collect();
    weights::scale_all(&correlations.matrix, model, &mut weights)?;
    Ok(weights)
}

fn checked_correlations(moments: &Moments, model: &PathModel, missing: Missing) -> Result<Correlations, FitError> {
    check_shape(moments, &model.indicators, model)?;
    moments.correlations(missing)
}

/// Whether moments are of these indicators, and of enough rows for the model.
///
/// # Errors
/// [`FitError::Shape`], [`FitError::TooFewRows`].
pub(super) fn check_shape(moments: &Moments, indicators: &[String], model: &PathModel) -> Result<(), FitError> {
    if moments.names[..] != *indicators {
        return Err(FitError::Shape { expected: indicators.len(), found: moments.names.len() });
    }
    let needed = model.smallest_sample();
    if moments.rows < needed as f64 {
        return Err(FitError::TooFewRows { rows: moments.rows as usize, needed });
    }
    Ok(())
}

/// The fit that given weights (p, of the standardised indicators, scaled to unit variance) make.
///
/// # Errors
/// As [`fit`].
pub(super) fn assemble(
    correlations: Correlations,
    model: &PathModel,
    weights: Vec<f64>,
    consistent: bool,
) -> Result<Fit, FitError> {
    let cross_loadings = weights::indicator_construct_covariances(&correlations.matrix, model, &weights);
    let mut construct_correlations = weights::construct_correlations(&cross_loadings, model, &weights);
    let own = |(k, c): (usize, &Construct)| c.block.clone().map(|j| cross_loadings[(j, k)]).collect::<Vec<_>>();
    let mut loadings: Vec<f64> = model.constructs.iter().enumerate().flat_map(own).collect();
    if consistent {
        let reliabilities = consistent::reliabilities(&correlations.matrix, model, &weights)?;
        consistent::correct_correlations(&mut construct_correlations, &reliabilities);
        consistent::correct_loadings(&mut loadings, model, &weights, &reliabilities);
    }
    let inner = inner_model(&construct_correlations, model)?;
    Ok(Fit {
        n: correlations.n,
        loadings,
        weights,
        total_effects: total_effects(&inner.paths, model),
        construct_correlations,
        cross_loadings,
        indicator_correlations: correlations.matrix,
        paths: inner.paths,
        r2: inner.r2,
        means: correlations.means,
        sds: correlations.sds,
        iterations: 0,
        converged: true,
    })
}

impl Fit {
    /// Outer weights of the indicators on their own scales, w_j / sd_j (p entries).
    pub fn unstandardised_weights(&self) -> Vec<f64> {
        self.weights.iter().zip(&self.sds).map(|(w, sd)| w / sd).collect()
    }

    /// Turns every construct whose loadings point against `reference` (p loadings): weights, loadings,
    /// construct correlations, paths and effects together, so that no figure contradicts another.
    pub fn align_signs(&mut self, model: &PathModel, reference: &[f64]) {
        for (k, construct) in model.constructs.iter().enumerate() {
            let agreement: f64 = construct.block.clone().map(|j| self.loadings[j] * reference[j]).sum();
            if agreement < 0.0 {
                self.turn(model, k);
            }
        }
    }

    /// Turns construct `k`: weights, loadings, correlations, paths and effects together.
    pub fn turn(&mut self, model: &PathModel, k: usize) {
        for j in model.constructs[k].block.clone() {
            self.weights[j] = -self.weights[j];
            self.loadings[j] = -self.loadings[j];
        }
        self.cross_loadings.column_mut(k).neg_mut();
        for matrix in [&mut self.construct_correlations, &mut self.paths, &mut self.total_effects] {
            matrix.row_mut(k).neg_mut();
            matrix.column_mut(k).neg_mut();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csi::analysis::Plan;
    use crate::csi::data::{Indicators, ScaleRange};
    use crate::csi::model::ModeA;
    use crate::csi::scores::scores;
    use crate::csi::syntax::parse;
    use proptest::prelude::*;

    const MODEL: &str = "B ~ A\nC ~ A + B\nA =~ a1 + a2\nB <~ b1 + b2\nC =~ c1 + c2 + c3";

    proptest! {
        /// Scores of every row have mean 0 and variance 1; R2 is the sum of path times correlation, which is
        /// the squared correlation of what is fitted with what is observed.
        #[test]
        fn scores_have_unit_variance_and_r2_follows_from_them(
            bytes in proptest::collection::vec(1_u8..=10, 7 * 30),
            scheme in prop_oneof![Just(InnerScheme::Path), Just(InnerScheme::Factorial), Just(InnerScheme::Centroid)],
        ) {
            let model = PathModel::from_spec(&parse(MODEL).unwrap(), &ModeA::None).unwrap();
            let data = Indicators::from_bytes(model.indicators.clone().into(), &bytes);
            let scales = [ScaleRange { min: 1.0, max: 10.0 }; 7];
            let options = FitOptions { inner: scheme, ..FitOptions::default() };
            let plan = Plan { options, ..Plan::new(&model, &data, &scales) };
            let Ok(estimates) = plan.estimate() else { return Ok(()) };
            let rows: Vec<Vec<f64>> = scores(&plan, &estimates).map(|row| row.standardised).collect();
            let dot = |a: usize, b: usize| rows.iter().map(|r| r[a] * r[b]).sum::<f64>() / 29.0;
            let fit = &estimates.fit;
            for k in 0..3 {
                prop_assert!(rows.iter().map(|r| r[k]).sum::<f64>().abs() < 1e-9);
                prop_assert!((dot(k, k) - 1.0).abs() < 1e-9);
                let Some(r2) = fit.r2[k] else { continue };
                let fitted = |r: &Vec<f64>| model.predictors[k].iter().map(|&l| fit.paths[(k, l)] * r[l]).sum::<f64>();
                let (mut cross, mut square) = (0.0, 0.0);
                for row in &rows {
                    cross += fitted(row) * row[k] / 29.0;
                    square += fitted(row) * fitted(row) / 29.0;
                }
                prop_assert!((r2 - cross).abs() < 1e-9 && (r2 - square).abs() < 1e-9);
            }
        }
    }
}
