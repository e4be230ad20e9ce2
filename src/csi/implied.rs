//! How far the model's implied correlations are from the observed ones.
//!
//! Owns: the implied matrices of the saturated and the estimated model and three distances. Within a
//! composite's block the model implies the observed correlations; within a factor's, the products of its
//! loadings. Refuses: a geodesic distance where the observed or implied matrix is not positive definite.
//!
//! The estimated model has unit-variance constructs: r(k, x) = Σ β_kp r(p, x) along the topological order,
//! correlations among exogenous constructs as estimated. Sources: SRMR (Hu & Bentler 1999; Henseler et
//! al. 2014), d_ULS and d_G with the natural logarithm (Swain 1975; Dijkstra & Henseler 2015).

use nalgebra::DMatrix;

use super::fit::Fit;
use super::linalg;
use super::model::{ConstructType, PathModel};

/// Distances between the observed and an implied correlation matrix.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distances {
    /// Root mean squared residual over the lower triangle with its diagonal, p(p+1)/2 entries.
    pub srmr: f64,
    /// Half the sum of all squared residuals.
    pub d_uls: f64,
    /// Half the sum of the squared natural logarithms of the eigenvalues of S^-1 Σ; `None` where undefined.
    pub d_g: Option<f64>,
}

/// Which construct correlations the implied matrix takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Structure {
    /// All constructs freely correlated: tests the measurement alone.
    Saturated,
    /// As the paths imply.
    Estimated,
}

/// The distances of one structure.
pub fn distances(fit: &Fit, model: &PathModel, structure: Structure) -> Distances {
    let implied = implied_indicators(fit, model, structure);
    let residual = &fit.indicator_correlations - &implied;
    let p = implied.nrows() as f64;
    let total: f64 = residual.iter().map(|r| r * r).sum();
    // The diagonal residuals are zero, so the lower triangle holds half of the sum.
    let srmr = (total / 2.0 / (p * (p + 1.0) / 2.0)).sqrt();
    Distances { srmr, d_uls: total / 2.0, d_g: geodesic(&fit.indicator_correlations, &implied) }
}

/// q x q construct correlations of a structure.
pub fn implied_constructs(fit: &Fit, model: &PathModel, structure: Structure) -> DMatrix<f64> {
    let mut implied = fit.construct_correlations.clone();
    if structure == Structure::Saturated {
        return implied;
    }
    for (position, &k) in model.order.iter().enumerate().filter(|(_, k)| !model.predictors[**k].is_empty()) {
        for &x in &model.order[..position] {
            let r: f64 = model.predictors[k].iter().map(|&l| fit.paths[(k, l)] * implied[(l, x)]).sum();
            implied[(k, x)] = r;
            implied[(x, k)] = r;
        }
    }
    implied
}

/// p x p indicator correlations of a structure, unit diagonal.
pub fn implied_indicators(fit: &Fit, model: &PathModel, structure: Structure) -> DMatrix<f64> {
    let constructs = implied_constructs(fit, model, structure);
    let owner: Vec<usize> = (0..model.indicators.len()).map(|j| model.owner(j)).collect();
    DMatrix::from_fn(owner.len(), owner.len(), |i, j| {
        if i == j {
            1.0
        } else if owner[i] != owner[j] {
            fit.loadings[i] * constructs[(owner[i], owner[j])] * fit.loadings[j]
        } else if model.constructs[owner[i]].kind == ConstructType::Composite {
            fit.indicator_correlations[(i, j)]
        } else {
            fit.loadings[i] * fit.loadings[j]
        }
    })
}

fn geodesic(observed: &DMatrix<f64>, implied: &DMatrix<f64>) -> Option<f64> {
    let eigenvalues = linalg::relative_eigenvalues(observed.clone(), implied).ok()?;
    eigenvalues.iter().all(|e| *e > 0.0).then(|| eigenvalues.iter().map(|e| e.ln().powi(2)).sum::<f64>() / 2.0)
}
