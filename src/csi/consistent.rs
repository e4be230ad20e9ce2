//! Consistent PLS: what is corrected for attenuation, and by how much.
//!
//! Owns: rho_A and the two corrections that follow from it, for blocks written `=~` with more than one
//! indicator; composites and single indicators are error-free by definition. Refuses: a reliability
//! that is not above zero, by name. Weights, scores, cross-loadings and indices are never corrected.
//!
//! Source: Dijkstra & Henseler (2015), MIS Quarterly 39(2) and CSDA 81.

use std::ops::Range;

use nalgebra::DMatrix;

use super::fit::FitError;
use super::model::{ConstructType, PathModel};

/// rho_A of a block: (w'w)^2 w'(S - diag S)w / w'(ww' - diag ww')w. 1 for a single indicator.
pub fn rho_a(correlation: &DMatrix<f64>, weights: &[f64], block: Range<usize>) -> f64 {
    if block.len() == 1 {
        return 1.0;
    }
    let squares: f64 = block.clone().map(|j| weights[j] * weights[j]).sum();
    let (mut above, mut below) = (0.0, 0.0);
    for i in block.clone() {
        for j in block.clone().filter(|j| *j != i) {
            above += weights[i] * correlation[(i, j)] * weights[j];
            below += (weights[i] * weights[j]).powi(2);
        }
    }
    squares * squares * above / below
}

/// The reliability by which each construct is corrected (q): rho_A of factor blocks, 1 of all others.
///
/// # Errors
/// [`FitError::NoReliability`] where rho_A is not above zero.
pub fn reliabilities(correlation: &DMatrix<f64>, model: &PathModel, weights: &[f64]) -> Result<Vec<f64>, FitError> {
    let reliability = |c: &super::model::Construct| {
        let rho_a = if c.kind == ConstructType::Factor { rho_a(correlation, weights, c.block.clone()) } else { 1.0 };
        let usable = rho_a.is_finite() && rho_a > 0.0;
        usable.then_some(rho_a).ok_or_else(|| FitError::NoReliability { construct: c.name.clone(), rho_a })
    };
    model.constructs.iter().map(reliability).collect()
}

/// r_kl / sqrt(rel_k rel_l) off the diagonal.
pub fn correct_correlations(correlations: &mut DMatrix<f64>, reliabilities: &[f64]) {
    for k in 0..reliabilities.len() {
        for l in (0..reliabilities.len()).filter(|l| *l != k) {
            correlations[(k, l)] /= (reliabilities[k] * reliabilities[l]).sqrt();
        }
    }
}

/// w sqrt(rho_A) / (w'w) for factor blocks of several indicators.
pub fn correct_loadings(loadings: &mut [f64], model: &PathModel, weights: &[f64], reliabilities: &[f64]) {
    for (construct, rho_a) in model.constructs.iter().zip(reliabilities) {
        if construct.kind != ConstructType::Factor || construct.block.len() == 1 {
            continue;
        }
        let squares: f64 = construct.block.clone().map(|j| weights[j] * weights[j]).sum();
        for j in construct.block.clone() {
            loadings[j] = weights[j] * rho_a.sqrt() / squares;
        }
    }
}
