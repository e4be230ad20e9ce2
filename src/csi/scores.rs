//! Construct scores of every row: the only second pass over the data.
//!
//! Owns: standardised scores (unit variance, denominator n - 1) and 0-100 scores. A missing cell counts
//! as its indicator's mean, or under EM as what the row's other answers lead to expect. Refuses nothing: a negative weight may carry a single row's 0-100 score out
//! of its range, which the caller says in a warning.

use super::analysis::{Estimates, Plan};

/// q scores of one row.
#[derive(Debug, Clone, PartialEq)]
pub struct RowScores {
    pub standardised: Vec<f64>,
    /// 0-100.
    pub index: Vec<f64>,
}

/// The scores of rows, in order.
pub fn scores<'a>(plan: &'a Plan<'a>, estimates: &'a Estimates) -> impl Iterator<Item = RowScores> + 'a {
    let (model, fit, scales) = (plan.main(), estimates.main(), plan.indicator_scales());
    (0..plan.data.rows()).map(move |i| {
        let row = plan.model_row(i, estimates);
        let z = |j: usize| fit.weights[j] * (row[j] - fit.means[j]) / fit.sds[j];
        let standardised = model.constructs.iter().map(|c| c.block.clone().map(z).sum()).collect();
        RowScores { standardised, index: estimates.index_weights.at(model, &row, &scales) }
    })
}
