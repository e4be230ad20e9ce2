//! Construct scores of every row: the only second pass over the data.
//!
//! Owns: standardised scores (unit variance, denominator n - 1) and 0-100 scores. A missing cell counts
//! as its indicator's mean. Refuses nothing: a negative weight may carry a single row's 0-100 score out
//! of its range, which the caller says in a warning.

use super::data::{Indicators, ScaleRange};
use super::fit::Fit;
use super::index::IndexWeights;
use super::model::PathModel;

/// q scores of one row.
#[derive(Debug, Clone, PartialEq)]
pub struct RowScores {
    pub standardised: Vec<f64>,
    /// 0-100.
    pub index: Vec<f64>,
}

/// The scores of rows, in order.
pub fn scores<'a>(
    data: &'a Indicators,
    model: &'a PathModel,
    fit: &'a Fit,
    index: &'a IndexWeights,
    scales: &'a [ScaleRange],
) -> impl Iterator<Item = RowScores> + 'a {
    (0..data.rows()).map(move |i| {
        let row: Vec<f64> = data.row(i).into_iter().zip(&fit.means).map(|(x, mean)| x.unwrap_or(*mean)).collect();
        let z = |j: usize| fit.weights[j] * (row[j] - fit.means[j]) / fit.sds[j];
        let standardised = model.constructs.iter().map(|c| c.block.clone().map(z).sum()).collect();
        RowScores { standardised, index: index.at(model, &row, scales) }
    })
}
