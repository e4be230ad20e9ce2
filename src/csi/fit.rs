//! `fit(&Moments, &PathModel)`: every figure of one estimation, in order.
//!
//! Owns: the options, the result and the one error type of the engine. Refuses: moments whose
//! indicators are not the model's, in its order ([`super::data`] selects; this module never guesses).

use nalgebra::DMatrix;

use super::effects::total_effects;
use super::model::PathModel;
use super::moments::{Correlations, Moments};
use super::paths::inner_model;
use super::weights::{self, InnerScheme};

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
    #[error("no solution within {0} iterations")]
    NotConverged(usize),
}

/// What is assumed in an estimation.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct FitOptions {
    pub inner: InnerScheme,
    /// Largest change of a standardised weight that counts as standing still.
    pub tolerance: f64,
    pub max_iterations: usize,
}

impl Default for FitOptions {
    fn default() -> Self {
        Self { inner: InnerScheme::Path, tolerance: 1e-7, max_iterations: 300 }
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
    /// Correlation of every indicator with its own construct (p).
    pub loadings: Vec<f64>,
    /// Correlations of the construct scores.
    pub construct_correlations: DMatrix<f64>,
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
    let correlations = checked_correlations(moments, model)?;
    let outer =
        weights::iterate(&correlations.matrix, model, options.inner, options.tolerance, options.max_iterations)?;
    let mut fit = assemble(correlations, model, outer.weights)?;
    (fit.iterations, fit.converged) = (outer.iterations, outer.converged);
    Ok(fit)
}

/// Estimates the inner model of a slice of the data under weights found on all of them.
///
/// `unstandardised` holds p weights of the indicators on their own scales (w_j / sd_j of the pooled fit).
///
/// # Errors
/// As [`fit`].
pub fn fit_given(moments: &Moments, model: &PathModel, unstandardised: &[f64]) -> Result<Fit, FitError> {
    let correlations = checked_correlations(moments, model)?;
    let mut weights: Vec<f64> = unstandardised.iter().zip(&correlations.sds).map(|(u, sd)| u * sd).collect();
    weights::scale_all(&correlations.matrix, model, &mut weights)?;
    assemble(correlations, model, weights)
}

fn checked_correlations(moments: &Moments, model: &PathModel) -> Result<Correlations, FitError> {
    if moments.names[..] != model.indicators[..] {
        return Err(FitError::Shape { expected: model.indicators.len(), found: moments.names.len() });
    }
    let needed = model.smallest_sample();
    if moments.rows < needed as f64 {
        return Err(FitError::TooFewRows { rows: moments.rows as usize, needed });
    }
    moments.correlations()
}

fn assemble(correlations: Correlations, model: &PathModel, weights: Vec<f64>) -> Result<Fit, FitError> {
    let covariances = weights::indicator_construct_covariances(&correlations.matrix, model, &weights);
    let construct_correlations = weights::construct_correlations(&covariances, model, &weights);
    let inner = inner_model(&construct_correlations, model)?;
    let loading =
        |(k, c): (usize, &super::model::Construct)| c.block.clone().map(|j| covariances[(j, k)]).collect::<Vec<_>>();
    Ok(Fit {
        n: correlations.n,
        loadings: model.constructs.iter().enumerate().flat_map(loading).collect(),
        weights,
        construct_correlations,
        total_effects: total_effects(&inner.paths, model),
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
            if agreement >= 0.0 {
                continue;
            }
            for j in construct.block.clone() {
                self.weights[j] = -self.weights[j];
                self.loadings[j] = -self.loadings[j];
            }
            for matrix in [&mut self.construct_correlations, &mut self.paths, &mut self.total_effects] {
                matrix.row_mut(k).neg_mut();
                matrix.column_mut(k).neg_mut();
            }
        }
    }
}
