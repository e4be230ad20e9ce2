//! The 0-100 index: a construct's indicators on their response scales, weighted by what PLS found.
//!
//! Owns: the transformation from standardised outer weights to index points per rating step, for a
//! whole sample, for a group under pooled weights and for one row; importance on the index scale.
//! Refuses: a scale without width and weights that cancel out.
//!
//! index = 100 (Σ u m - Σ u min) / Σ u (max - min), u_j = w_j / sd_j. Source: Fornell et al. (1996).
//! Different scales within a block are put on 0-100 first by the same formula.

use super::data::ScaleRange;
use super::fit::FitError;
use super::model::PathModel;

/// Index points per unit of every indicator.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexWeights {
    /// p entries: how many index points of its construct one step on the indicator is worth.
    pub points: Vec<f64>,
    /// q entries: standard deviation of the construct's 0-100 scores.
    pub score_sds: Vec<f64>,
    /// q entries: 1, or -1 where the index runs against the standardised score (its weights add up to less
    /// than nothing, as where most indicators of a block are reversed).
    pub signs: Vec<f64>,
}

impl IndexWeights {
    /// From standardised outer weights and the standard deviations that standardised them (p each).
    ///
    /// # Errors
    /// [`FitError::ScaleEmpty`] unless min < max for every indicator; [`FitError::WeightsCancel`] if the
    /// weights of a block add up to nothing over their scales, so that the index has no direction.
    pub fn new(model: &PathModel, weights: &[f64], sds: &[f64], scales: &[ScaleRange]) -> Result<Self, FitError> {
        if let Some(j) = scales.iter().position(|s| s.min.partial_cmp(&s.max) != Some(std::cmp::Ordering::Less)) {
            let ScaleRange { min, max } = scales[j];
            return Err(FitError::ScaleEmpty { indicator: model.indicators[j].clone(), min, max });
        }
        let mut points: Vec<f64> = weights.iter().zip(sds).map(|(w, sd)| w / sd).collect();
        let mut score_sds = Vec::with_capacity(model.constructs.len());
        let mut signs = Vec::with_capacity(model.constructs.len());
        for construct in &model.constructs {
            let span: f64 = construct.block.clone().map(|j| points[j] * (scales[j].max - scales[j].min)).sum();
            if span.abs() < 1e-12 || !span.is_finite() {
                return Err(FitError::WeightsCancel(construct.name.clone()));
            }
            // Σ u x has unit variance, so its 0-100 version has standard deviation 100 / span.
            score_sds.push((100.0 / span).abs());
            signs.push(span.signum());
            for u in &mut points[construct.block.clone()] {
                *u *= 100.0 / span;
            }
        }
        Ok(Self { points, score_sds, signs })
    }

    /// The index of every construct (q entries, 0-100) at these p indicator means.
    pub fn at(&self, model: &PathModel, means: &[f64], scales: &[ScaleRange]) -> Vec<f64> {
        let term = |j: usize| self.points[j] * (means[j] - scales[j].min);
        model.constructs.iter().map(|c| c.block.clone().map(term).sum()).collect()
    }

    /// Importance on the index scale: how many points `target` moves when `source` moves by one.
    ///
    /// `total` is the standardised total effect. Source: Ringle & Sarstedt (2016).
    pub fn importance(&self, total: f64, target: usize, source: usize) -> f64 {
        self.in_points(total, target, source, &self.score_sds)
    }

    /// As [`IndexWeights::importance`], where the 0-100 scores have other standard deviations (q), as in a slice.
    pub fn in_points(&self, total: f64, target: usize, source: usize, score_sds: &[f64]) -> f64 {
        self.signs[target] * self.signs[source] * total * score_sds[target] / score_sds[source]
    }
}
