//! Measurement invariance of composites (MICOM): may groups be compared, and with what.
//!
//! Owns: the statistics of steps 2 and 3 for two groups, from moments. Step 1, the same indicators, treatment
//! and algorithm, holds here by construction. Refuses: groups in which the model cannot be estimated, by
//! the engine's own errors. The permutations are [`super::comparison`]'s.
//!
//! Step 2: c = cor(Z w₁, Z w₂), Z the pooled data standardised by pooled means and sds, w the standardised
//! weights of each group alone. Step 3: means and log variance ratio of the pooled model's scores, first
//! minus second. Source: Henseler, Ringle & Sarstedt (2016), Int. Marketing Review 33(3).

use nalgebra::DMatrix;

use super::fit::{Fit, FitError, FitOptions, fit};
use super::model::PathModel;
use super::moments::Moments;

/// The statistics of two groups; q entries each.
#[derive(Debug, Clone, PartialEq)]
pub struct Invariance {
    /// Correlation of the pooled rows' scores under either group's weights.
    pub c: Vec<f64>,
    /// Mean of the pooled model's standardised scores, first group minus second.
    pub mean_difference: Vec<f64>,
    /// log variance of the scores, first group minus second.
    pub log_variance_ratio: Vec<f64>,
    /// Estimates of each group alone, signs as in the pooled model.
    pub fits: [Fit; 2],
}

/// Compares two groups. `pooled` and `pooled_fit` are those of both together.
///
/// # Errors
/// As [`fit`], of either group; [`FitError::NotConverged`].
pub fn invariance(
    groups: [&Moments; 2],
    pooled_fit: &Fit,
    model: &PathModel,
    options: &FitOptions,
) -> Result<Invariance, FitError> {
    let estimate = |moments: &Moments| {
        let mut own = fit(moments, model, options)?;
        if !own.converged {
            return Err(FitError::NotConverged(options.max_iterations));
        }
        own.align_signs(model, &pooled_fit.loadings);
        Ok(own)
    };
    let fits = [estimate(groups[0])?, estimate(groups[1])?];
    let scores = groups.map(|moments| scores(moments, pooled_fit, model));
    let q = model.constructs.len();
    Ok(Invariance {
        c: (0..q).map(|k| congruence(pooled_fit, &fits, model, k)).collect(),
        mean_difference: (0..q).map(|k| scores[0][k].0 - scores[1][k].0).collect(),
        log_variance_ratio: (0..q).map(|k| scores[0][k].1.ln() - scores[1][k].1.ln()).collect(),
        fits,
    })
}

/// w₁'S w₂ / sqrt(w₁'S w₁ w₂'S w₂) within the block of construct k, S pooled.
fn congruence(pooled: &Fit, fits: &[Fit; 2], model: &PathModel, k: usize) -> f64 {
    let block = model.constructs[k].block.clone();
    let s = &pooled.indicator_correlations;
    let product = |a: &Fit, b: &Fit| -> f64 {
        let row = |i: usize| block.clone().map(|j| s[(i, j)] * b.weights[j]).sum::<f64>();
        block.clone().map(|i| a.weights[i] * row(i)).sum()
    };
    product(&fits[0], &fits[1]) / (product(&fits[0], &fits[0]) * product(&fits[1], &fits[1])).sqrt()
}

/// Mean and variance (n - 1) of the pooled model's standardised scores in one group, per construct. A missing
/// answer counts as the pooled mean, as it does in the pooled scores.
fn scores(moments: &Moments, pooled: &Fit, model: &PathModel) -> Vec<(f64, f64)> {
    let p = moments.names.len();
    let n = moments.rows;
    // Deviations from the pooled means: sums over the answers given, the others are zero.
    let center: Vec<f64> = pooled.means.iter().zip(&moments.origin).map(|(mean, origin)| mean - origin).collect();
    let sums: Vec<f64> = (0..p).map(|j| moments.sums[(j, j)] - moments.counts[(j, j)] * center[j]).collect();
    let cross = DMatrix::from_fn(p, p, |j, k| {
        moments.products[(j, k)] - center[k] * moments.sums[(j, k)] - center[j] * moments.sums[(k, j)]
            + moments.counts[(j, k)] * center[j] * center[k]
    });
    let weight = |j: usize| pooled.weights[j] / pooled.sds[j];
    let construct = |c: &super::model::Construct| {
        let mean: f64 = c.block.clone().map(|j| weight(j) * sums[j]).sum::<f64>() / n;
        let square: f64 =
            c.block.clone().map(|i| c.block.clone().map(|j| weight(i) * weight(j) * cross[(i, j)]).sum::<f64>()).sum();
        (mean, (square - n * mean * mean) / (n - 1.0))
    };
    model.constructs.iter().map(construct).collect()
}
