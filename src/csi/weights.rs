//! The PLS algorithm: outer weights from the indicators' correlation matrix.
//!
//! Owns: the alternation of inner and outer approximation, its start, its stop rule and its pass
//! count. Refuses: a construct whose inner proxy vanishes and a mode B block with collinear
//! indicators, by name. A run that reaches its bound is returned as not converged, for the caller to say.
//!
//! Start: all weights 1, scaled to w'Sw = 1. One pass: inner weights E from the construct correlations,
//! then outer weights (mode A: the covariance of each indicator with the inner proxy; mode B: their
//! regression), scaled to w'Sw = 1 again. Stop when no standardised weight moved by `tolerance` or
//! more; the first pass counts as 1. Source: Lohmöller (1989), ch. 2; Tenenhaus et al. (2005), sec. 2.

use nalgebra::{DMatrix, DVector};

use super::fit::FitError;
use super::linalg;
use super::model::{Mode, PathModel};

/// How a construct's neighbours enter its inner proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum InnerScheme {
    /// Predictors by their multiple-regression coefficients, dependents by their correlations.
    #[default]
    Path,
    /// All neighbours by their correlations.
    Factorial,
    /// All neighbours by the signs of their correlations.
    Centroid,
}

/// Outer weights at the end of the iterations.
#[derive(Debug, Clone, PartialEq)]
pub struct OuterWeights {
    /// p weights of the standardised indicators; every composite has unit variance.
    pub weights: Vec<f64>,
    /// Passes made.
    pub iterations: usize,
    /// Whether the last pass moved every weight by less than the tolerance.
    pub converged: bool,
}

/// Runs the PLS iterations on a p x p correlation matrix in the model's indicator order.
///
/// # Errors
/// [`FitError::SingularBlock`] for collinear indicators under mode B, [`FitError::SingularPredictors`]
/// under the path scheme, [`FitError::NoDirection`] if a block's weights vanish.
pub fn iterate(
    correlation: &DMatrix<f64>,
    model: &PathModel,
    scheme: InnerScheme,
    tolerance: f64,
    max_iterations: usize,
) -> Result<OuterWeights, FitError> {
    let mut weights = vec![1.0; model.indicators.len()];
    scale_all(correlation, model, &mut weights)?;
    let mut next = weights.clone();
    for iterations in 1..=max_iterations {
        let covariances = indicator_construct_covariances(correlation, model, &weights);
        let constructs = construct_correlations(&covariances, model, &weights);
        let inner = inner_weights(&constructs, model, scheme)?;
        outer_weights(correlation, &covariances, &inner, model, &mut next)?;
        scale_all(correlation, model, &mut next)?;
        let change = weights.iter().zip(&next).map(|(old, new)| (old - new).abs()).fold(0.0, f64::max);
        std::mem::swap(&mut weights, &mut next);
        if change < tolerance {
            return Ok(OuterWeights { weights, iterations, converged: true });
        }
    }
    Ok(OuterWeights { weights, iterations: max_iterations, converged: false })
}

/// p x q covariances of the standardised indicators with the construct scores: S W.
pub fn indicator_construct_covariances(correlation: &DMatrix<f64>, model: &PathModel, weights: &[f64]) -> DMatrix<f64> {
    let p = weights.len();
    let mut out = DMatrix::zeros(p, model.constructs.len());
    for (k, construct) in model.constructs.iter().enumerate() {
        let mut sum = out.column_mut(k);
        for i in construct.block.clone() {
            sum.axpy(weights[i], &correlation.column(i), 1.0);
        }
    }
    out
}

/// q x q correlations of the construct scores, W'(S W), with an exact unit diagonal.
pub fn construct_correlations(covariances: &DMatrix<f64>, model: &PathModel, weights: &[f64]) -> DMatrix<f64> {
    let q = model.constructs.len();
    let mut out = DMatrix::identity(q, q);
    for k in 0..q {
        for l in 0..k {
            let r: f64 = model.constructs[k].block.clone().map(|j| weights[j] * covariances[(j, l)]).sum();
            out[(k, l)] = r;
            out[(l, k)] = r;
        }
    }
    out
}

/// q x q inner weights, `[(k, l)]`: what construct l contributes to the inner proxy of construct k.
///
/// # Errors
/// [`FitError::SingularPredictors`] under the path scheme.
pub fn inner_weights(
    constructs: &DMatrix<f64>,
    model: &PathModel,
    scheme: InnerScheme,
) -> Result<DMatrix<f64>, FitError> {
    let q = model.constructs.len();
    let mut inner = DMatrix::zeros(q, q);
    for (k, l) in model.paths() {
        let r = constructs[(k, l)];
        let weight = if scheme == InnerScheme::Centroid { sign(r) } else { r };
        inner[(k, l)] = weight;
        inner[(l, k)] = weight;
    }
    if scheme == InnerScheme::Path {
        for (k, predictors) in model.predictors.iter().enumerate().filter(|(_, p)| !p.is_empty()) {
            let coefficients = super::paths::regress(constructs, k, predictors, model)?;
            for (&l, b) in predictors.iter().zip(coefficients.iter()) {
                inner[(k, l)] = *b;
            }
        }
    }
    Ok(inner)
}

/// The sign with sign(0) = 0, as R has it; `f64::signum` gives 1 there.
fn sign(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x.signum() }
}

fn outer_weights(
    correlation: &DMatrix<f64>,
    covariances: &DMatrix<f64>,
    inner: &DMatrix<f64>,
    model: &PathModel,
    next: &mut [f64],
) -> Result<(), FitError> {
    let q = model.constructs.len();
    for (k, construct) in model.constructs.iter().enumerate() {
        let block = construct.block.clone();
        for j in block.clone() {
            next[j] = (0..q).map(|l| inner[(k, l)] * covariances[(j, l)]).sum();
        }
        if construct.mode == Mode::B && block.len() > 1 {
            let within = correlation.view((block.start, block.start), (block.len(), block.len())).into_owned();
            let proxy = DVector::from_column_slice(&next[block.clone()]);
            let solved = linalg::solve(within, &proxy).map_err(|_| FitError::SingularBlock {
                construct: construct.name.clone(),
                indicators: model.indicators[block.clone()].to_vec(),
            })?;
            next[block].copy_from_slice(solved.as_slice());
        }
    }
    Ok(())
}

/// Scales every block to w'Sw = 1; a block of one indicator gets weight 1.
///
/// # Errors
/// [`FitError::NoDirection`] if a block's composite has no variance.
pub fn scale_all(correlation: &DMatrix<f64>, model: &PathModel, weights: &mut [f64]) -> Result<(), FitError> {
    for construct in &model.constructs {
        let block = construct.block.clone();
        if block.len() == 1 {
            weights[block.start] = 1.0;
            continue;
        }
        let variance: f64 = block
            .clone()
            .map(|i| weights[i] * block.clone().map(|j| weights[j] * correlation[(j, i)]).sum::<f64>())
            .sum();
        if variance.is_nan() || variance <= f64::MIN_POSITIVE {
            return Err(FitError::NoDirection(construct.name.clone()));
        }
        let scale = variance.sqrt();
        for w in &mut weights[block] {
            *w /= scale;
        }
    }
    Ok(())
}
