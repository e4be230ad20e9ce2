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
use super::groups::GroupSums;
use super::model::PathModel;
use super::moments::Moments;

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

/// The index of a construct over the rows of moments, and its standard error with the weights taken as known: Σ u_j u_l
/// cov(j, l) / n. A missing answer counts as the mean of all (p `means`), as in the index of a group. `None` below two rows, and
/// where one of its indicators was answered by nobody.
pub fn of_moments(
    model: &PathModel,
    weights: &IndexWeights,
    scales: &[ScaleRange],
    means: &[f64],
    moments: &Moments,
    construct: usize,
) -> Option<(f64, f64)> {
    let n = moments.rows;
    if n < 2.0 || model.constructs[construct].block.clone().any(|j| moments.counts[(j, j)] == 0.0) {
        return None;
    }
    let values = GroupSums::of_moments(moments).means(&moments.origin, means);
    let index = weights.at(model, &values, scales)[construct];
    let centre = |j: usize| values[j] - moments.origin[j];
    let filled = |j: usize| means[j] - moments.origin[j];
    let covariance = |j: usize, l: usize| {
        let (alone, other) = (moments.sums[(j, j)] - moments.sums[(j, l)], moments.sums[(l, l)] - moments.sums[(l, j)]);
        let neither = n - moments.counts[(j, j)] - moments.counts[(l, l)] + moments.counts[(j, l)];
        let cross = moments.products[(j, l)] + filled(l) * alone + filled(j) * other + neither * filled(j) * filled(l);
        (cross - n * centre(j) * centre(l)) / (n - 1.0)
    };
    let block = || model.constructs[construct].block.clone();
    let pairs = block().flat_map(|j| block().map(move |l| (j, l)));
    let variance: f64 = pairs.map(|(j, l)| weights.points[j] * weights.points[l] * covariance(j, l)).sum();
    Some((index, (variance.max(0.0) / n).sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csi::analysis::Plan;
    use crate::csi::bootstrap::{below, stream};
    use crate::csi::data::{Indicators, MISSING};
    use crate::csi::model::ModeA;
    use crate::csi::scores::scores;
    use crate::csi::syntax::parse;

    #[test]
    fn moments_give_the_mean_of_the_scores_and_its_standard_error() {
        let model = PathModel::from_spec(&parse("B ~ A\nA =~ a1 + a2\nB =~ b1 + b2 + b3").unwrap(), &ModeA::None);
        let (model, mut random) = (model.unwrap(), stream(3, 0));
        let bytes: Vec<u8> = (0..120)
            .flat_map(|_| {
                let level = below(&mut random, 7) as u8;
                [0; 5].map(|_: u8| match below(&mut random, 9) {
                    0 => MISSING,
                    _ => 1 + level + below(&mut random, 4) as u8,
                })
            })
            .collect();
        let names: std::sync::Arc<[String]> = model.indicators.clone().into();
        let data = Indicators::from_bytes(names.clone(), &bytes);
        let scales = [ScaleRange { min: 1.0, max: 10.0 }; 5];
        let plan = Plan::new(&model, &data, &scales);
        let found = plan.estimate().unwrap();
        // Of the first forty rows, under weights and means of all.
        let part = Moments::of(&Indicators::from_bytes(names.clone(), &bytes[..5 * 40]));
        let kept = Moments::of_ratings(names, &part.to_numbers()).unwrap();
        assert_eq!(kept, part);
        let (index, se) = of_moments(&model, &found.index_weights, &scales, &found.means, &kept, 1).unwrap();
        let rows: Vec<f64> = scores(&plan, &found).take(40).map(|row| row.index[1]).collect();
        let mean = rows.iter().sum::<f64>() / 40.0;
        let variance = rows.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 39.0;
        assert!((index - mean).abs() < 1e-9 && (se - (variance / 40.0).sqrt()).abs() < 1e-9, "{index} {mean} {se}");
    }
}
