//! Path coefficients and R2 from the construct correlations.
//!
//! Owns: the least-squares regressions of the inner model. Refuses: collinear predictors, by name.

use nalgebra::{DMatrix, DVector};

use super::fit::FitError;
use super::linalg;
use super::model::PathModel;

/// The estimated inner model.
#[derive(Debug, Clone, PartialEq)]
pub struct InnerModel {
    /// q x q standardised path coefficients, `[(dependent, predictor)]`, zero where there is no path.
    pub paths: DMatrix<f64>,
    /// R2 of every construct; `None` where nothing points at it.
    pub r2: Vec<Option<f64>>,
}

/// Regresses every dependent construct on its predictors.
///
/// # Errors
/// [`FitError::SingularPredictors`] with the names of dependent and predictors.
pub fn inner_model(constructs: &DMatrix<f64>, model: &PathModel) -> Result<InnerModel, FitError> {
    let q = model.constructs.len();
    let (mut paths, mut r2) = (DMatrix::zeros(q, q), vec![None; q]);
    for (k, predictors) in model.predictors.iter().enumerate().filter(|(_, p)| !p.is_empty()) {
        let coefficients = regress(constructs, k, predictors, model)?;
        let mut explained = 0.0;
        for (&l, b) in predictors.iter().zip(coefficients.iter()) {
            paths[(k, l)] = *b;
            explained += b * constructs[(k, l)];
        }
        r2[k] = Some(explained);
    }
    Ok(InnerModel { paths, r2 })
}

/// Standardised coefficients of construct `k` on `predictors`, in their order.
///
/// # Errors
/// [`FitError::SingularPredictors`].
pub(super) fn regress(
    constructs: &DMatrix<f64>,
    k: usize,
    predictors: &[usize],
    model: &PathModel,
) -> Result<DVector<f64>, FitError> {
    let m = predictors.len();
    let right = DVector::from_fn(m, |i, _| constructs[(k, predictors[i])]);
    if m == 1 {
        return Ok(right);
    }
    let left = DMatrix::from_fn(m, m, |i, j| constructs[(predictors[i], predictors[j])]);
    linalg::solve(left, &right).map_err(|_| FitError::SingularPredictors {
        dependent: model.constructs[k].name.clone(),
        predictors: predictors.iter().map(|&l| model.constructs[l].name.clone()).collect(),
    })
}
