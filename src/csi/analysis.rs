//! Everything a report shows, estimated once and then on every resample.
//!
//! Owns: the one path from rows to figures that the shell, the pages and the API share: weights from
//! all rows, the inner model of all rows or of a slice, the index of the whole, of the slice and of
//! every group, each with standard error and interval. Refuses: weights that depend on a filter. A
//! filter chooses whose answers are averaged, never how they are weighted, so that figures compare.

use super::bootstrap::Bootstrap;
use super::data::{Indicators, ScaleRange};
use super::em::{Normal, Patterns};
use super::figures::{Figure, Figures};
use super::fit::{Fit, FitError, FitOptions, check_shape, fit_correlations, fit_given};
use super::groups::{GroupSums, Grouping};
use super::index::IndexWeights;
use super::intervals::Spread;
use super::model::PathModel;
use super::moments::Correlations;
use super::polychoric::Ordinal;
use super::products::Products;
use super::second_order::TwoStage;
use super::tally::{Rows, Tally};

/// What is to be estimated from which rows.
#[derive(Debug, Clone)]
pub struct Plan<'a> {
    pub model: &'a PathModel,
    /// Indicators in the model's order.
    pub data: &'a Indicators,
    pub options: FitOptions,
    /// Response scales, p entries.
    pub scales: &'a [ScaleRange],
    /// Rows whose inner model and index are wanted; all if `None`. Weights come from all rows either way.
    /// Only without stages and products, and with [`Correlating::Moments`].
    pub slice: Option<&'a [bool]>,
    /// Further indices, by group.
    pub groupings: &'a [Grouping],
    /// For a model with second-order constructs: both stages. `model` is then the second (with the products,
    /// if there are any), while `data` and `scales` are those of the first.
    pub stages: Option<&'a TwoStage>,
    /// For a model with products of constructs; `model` is then the full one.
    pub products: Option<&'a Products>,
    pub correlating: Correlating<'a>,
    /// Resamples keep the size of every group of this grouping (by property, say).
    pub strata: Option<&'a Grouping>,
    /// Resamples draw whole groups of this grouping (days, say); every row is in one. Strata are then not kept.
    pub clusters: Option<&'a Grouping>,
}

/// How rows become correlations.
#[derive(Debug, Clone, Copy, Default)]
pub enum Correlating<'a> {
    /// Pearson's, from moments; missing answers as [`FitOptions::missing`] says.
    #[default]
    Moments,
    /// Maximum likelihood under missing answers.
    Em(&'a Patterns),
    /// Polychoric.
    Polychoric(&'a Ordinal),
}

/// The index of one group, with its size.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupIndex {
    pub n: f64,
    /// q entries, NaN for an empty group.
    pub index: Vec<f64>,
}

/// Point estimates.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimates {
    /// Of the slice, under pooled weights, or of all rows.
    pub fit: Fit,
    /// The same without products, where there are products.
    pub main: Option<Fit>,
    /// Outer weights as index points, from all rows.
    pub index_weights: IndexWeights,
    /// Standard deviations of the 0-100 scores within the slice (q).
    pub score_sds: Vec<f64>,
    /// 0-100 index of the slice or of all rows (q).
    pub index: Vec<f64>,
    /// Per grouping, per group.
    pub groups: Vec<Vec<GroupIndex>>,
    /// The first stage, where there are two.
    pub first: Option<FirstStage>,
    /// Means of the data's indicators: what stands for a missing answer.
    pub means: Vec<f64>,
    /// The distribution that EM found.
    pub normal: Option<Normal>,
}

impl Estimates {
    /// The fit of the model without products.
    pub fn main(&self) -> &Fit {
        self.main.as_ref().unwrap_or(&self.fit)
    }

    /// Importance of `source` for `target`, of the slice where there is one: see [`IndexWeights::importance`].
    pub fn importance(&self, target: usize, source: usize) -> f64 {
        self.index_weights.in_points(self.fit.total_effects[(target, source)], target, source, &self.score_sds)
    }
}

/// What stage 1 of a second-order model gives.
#[derive(Debug, Clone, PartialEq)]
pub struct FirstStage {
    pub fit: Fit,
    pub index_weights: IndexWeights,
}

/// Point estimates with the spread of each over resamples.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    pub estimates: Estimates,
    pub figures: Figures,
    pub bootstrap: Bootstrap,
    /// What was drawn: rows or blocks.
    pub unit: Unit,
}

/// What is drawn in a resample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Rows up to [`ROWS_UP_TO`] of them, blocks above.
    #[default]
    Auto,
    /// Single rows: the textbook bootstrap.
    Rows,
    /// [`BLOCKS`] random blocks of rows, summed from their moments: the cost of a resample does not grow with n.
    Blocks,
    /// Whole groups of rows, as [`Plan::clusters`] says.
    Clusters,
}

/// Up to so many rows, [`Unit::Auto`] draws rows.
pub const ROWS_UP_TO: usize = 20_000;

/// Number of random blocks. Rows are put into blocks at random, so blocks are exchangeable and their
/// bootstrap estimates the same spread as that of rows, itself with a relative error of about
/// 1/sqrt(2 * 2000) = 1.6 %, about as much as 2,000 resamples have anyway.
pub const BLOCKS: usize = 2000;

impl Unit {
    /// What is drawn from `rows` rows.
    #[must_use]
    pub fn resolve(self, rows: usize) -> Self {
        match self {
            Self::Auto if rows <= ROWS_UP_TO => Self::Rows,
            Self::Auto => Self::Blocks,
            other => other,
        }
    }
}

impl<'a> Plan<'a> {
    /// A plan with default options for all rows of a model of the first order.
    pub fn new(model: &'a PathModel, data: &'a Indicators, scales: &'a [ScaleRange]) -> Self {
        let options = FitOptions::default();
        let correlating = Correlating::Moments;
        let (slice, stages, products, strata, clusters) = (None, None, None, None, None);
        Self { model, data, options, scales, slice, groupings: &[], stages, products, correlating, strata, clusters }
    }

    /// The model without products.
    pub fn main(&self) -> &'a PathModel {
        self.products.map_or(self.model, |products| &products.main)
    }

    pub(super) fn rows(&self) -> Rows<'a> {
        Rows { data: self.data, slice: self.slice, groupings: self.groupings }
    }

    /// Point estimates.
    ///
    /// # Errors
    /// As [`fit`](super::fit::fit) and [`IndexWeights::new`].
    pub fn estimate(&self) -> Result<Estimates, FitError> {
        self.estimate_rows(None, None)
    }

    /// Estimates of rows taken `times[i]` times; signs follow the `reference`.
    pub(super) fn estimate_rows(
        &self,
        times: Option<&[u32]>,
        reference: Option<&Estimates>,
    ) -> Result<Estimates, FitError> {
        self.estimate_from(&Tally::of(self.rows(), times), times, reference)
    }

    pub(super) fn estimate_from(
        &self,
        tally: &Tally,
        times: Option<&[u32]>,
        reference: Option<&Estimates>,
    ) -> Result<Estimates, FitError> {
        let main_model = self.main();
        let (correlations, normal) = self.correlations(tally, times, reference)?;
        let means = correlations.means.clone();
        let (mut pooled, first) = self.pooled(correlations, reference)?;
        if let (Some(reference), None) = (reference, &tally.slice) {
            pooled.align_signs(main_model, &reference.main().loadings);
        }
        let scales = self.indicator_scales();
        let index_weights = IndexWeights::new(main_model, &pooled.weights, &pooled.sds, &scales)?;
        let index_of = |sums: &GroupSums| {
            let means = self.indicator_values(sums.means(&self.data.origin, &means), first.as_ref());
            index_weights.at(main_model, &means, &scales)
        };
        let group = |sums: &GroupSums| GroupIndex { n: sums.n, index: index_of(sums) };
        let groups = match &normal {
            None => tally.groups.iter().map(|groups| groups.iter().map(group).collect()).collect(),
            Some(normal) => self.groups_under_em(normal, times, |values| {
                index_weights.at(main_model, &self.indicator_values(values, first.as_ref()), &scales)
            }),
        };
        if let Some((moments, sums)) = &tally.slice {
            let mut fit = fit_given(moments, main_model, &pooled.unstandardised_weights(), &self.options)?;
            (fit.iterations, fit.converged) = (pooled.iterations, pooled.converged);
            if let Some(reference) = reference {
                fit.align_signs(main_model, &reference.fit.loadings);
            }
            let score_sds = IndexWeights::new(main_model, &fit.weights, &fit.sds, &scales)?.score_sds;
            let index = index_of(sums);
            return Ok(Estimates { fit, main: None, index_weights, score_sds, index, groups, first, means, normal });
        }
        let index = index_weights.at(main_model, &pooled.means, &scales);
        let score_sds = index_weights.score_sds.clone();
        let mut estimates =
            Estimates { fit: pooled, main: None, index_weights, score_sds, index, groups, first, means, normal };
        if let Some(products) = self.products {
            let row = |i: usize| (self.data.taken(i, times), self.model_row(i, &estimates));
            let taken = (0..self.data.rows()).filter(|i| times.is_none_or(|t| t[*i] > 0));
            let full = products.fit(&estimates.fit, taken.map(row))?;
            estimates.main = Some(std::mem::replace(&mut estimates.fit, full));
        }
        Ok(estimates)
    }

    /// Group indices under EM: a missing answer counts as what its row leads to expect, as in row scores.
    fn groups_under_em(
        &self,
        normal: &Normal,
        times: Option<&[u32]>,
        index: impl Fn(Vec<f64>) -> Vec<f64>,
    ) -> Vec<Vec<GroupIndex>> {
        let p = self.data.names().len();
        let of = |grouping: &Grouping| {
            let mut sums = vec![(0.0, vec![0.0; p]); grouping.groups];
            for (i, label) in grouping.labels.iter().enumerate() {
                let taken = self.data.taken(i, times);
                let Some((n, sum)) = sums.get_mut(*label as usize).filter(|_| taken > 0.0) else { continue };
                *n += taken;
                for (sum, x) in sum.iter_mut().zip(normal.complete(&self.data.row(i))) {
                    *sum += taken * x;
                }
            }
            let group = |(n, sum): (f64, Vec<f64>)| GroupIndex { n, index: index(sum.iter().map(|x| x / n).collect()) };
            sums.into_iter().map(group).collect()
        };
        self.groupings.iter().map(of).collect()
    }

    /// Correlations of the data's indicators, and the distribution behind them where EM found one.
    fn correlations(
        &self,
        tally: &Tally,
        times: Option<&[u32]>,
        reference: Option<&Estimates>,
    ) -> Result<(Correlations, Option<Normal>), FitError> {
        let model = self.main();
        let indicators = self.stages.map_or(&model.indicators, |stages| &stages.indicators);
        check_shape(&tally.all, indicators, self.stages.map_or(model, |stages| &stages.first))?;
        match self.correlating {
            Correlating::Moments => Ok((tally.all.correlations(self.options.missing)?, None)),
            Correlating::Em(patterns) => {
                let normal = patterns.normal(&tally.all, times, reference.and_then(|r| r.normal.as_ref()))?;
                Ok((normal.correlations(tally.all.rows), Some(normal)))
            }
            Correlating::Polychoric(ordinal) => {
                let start = reference.filter(|_| self.stages.is_none()).map(|r| &r.fit.indicator_correlations);
                Ok((ordinal.correlations(self.data, &tally.all, times, start)?, None))
            }
        }
    }

    /// The fit of the main model on all rows, and the first stage where there are two.
    fn pooled(
        &self,
        correlations: Correlations,
        reference: Option<&Estimates>,
    ) -> Result<(Fit, Option<FirstStage>), FitError> {
        let Some(stages) = self.stages else {
            return Ok((fit_correlations(correlations, self.main(), &self.options)?, None));
        };
        let options = FitOptions { dominant: Vec::new(), ..self.options.clone() };
        let mut fit = fit_correlations(stages.repeat_correlations(&correlations), &stages.first, &options)?;
        if let Some(first) = reference.and_then(|r| r.first.as_ref()) {
            fit.align_signs(&stages.first, &first.fit.loadings);
        }
        let index_weights = IndexWeights::new(&stages.first, &fit.weights, &fit.sds, &stages.repeat(self.scales))?;
        let second = stages.correlations(&fit, &index_weights, self.scales);
        let first = FirstStage { fit, index_weights };
        Ok((fit_correlations(second, self.main(), &self.options)?, Some(first)))
    }

    /// Row i's values of the main model's indicators, missing answers filled in.
    pub(super) fn model_row(&self, i: usize, estimates: &Estimates) -> Vec<f64> {
        let row = self.data.row(i);
        let values = match &estimates.normal {
            Some(normal) if row.contains(&None) => normal.complete(&row),
            _ => row.into_iter().zip(&estimates.means).map(|(x, mean)| x.unwrap_or(*mean)).collect(),
        };
        self.indicator_values(values, estimates.first.as_ref())
    }

    /// Values of the data's indicators -> values of the model's, which differ where there are two stages.
    pub fn indicator_values(&self, values: Vec<f64>, first: Option<&FirstStage>) -> Vec<f64> {
        match (self.stages, first) {
            (Some(stages), Some(first)) => stages.values(&values, &first.index_weights, self.scales),
            _ => values,
        }
    }

    /// Response scales of the main model's indicators.
    pub fn indicator_scales(&self) -> Vec<ScaleRange> {
        self.stages.map_or_else(|| self.scales.to_vec(), |stages| stages.scales(self.scales))
    }

    /// Whether the model is of the first order, without products, and estimated from moments.
    pub(super) fn is_plain(&self) -> bool {
        self.stages.is_none() && self.moments_suffice()
    }

    /// Whether rows are drawn one by one, whatever stratum or cluster they are of.
    pub(super) fn rows_are_independent(&self) -> bool {
        self.strata.is_none() && self.clusters.is_none()
    }

    /// Whether sums of moments are all that estimates need.
    pub(super) fn moments_suffice(&self) -> bool {
        self.products.is_none() && matches!(self.correlating, Correlating::Moments)
    }
}

impl Analysis {
    /// Spread of a figure; `None` if it was not resampled or is not the model's.
    pub fn spread(&self, figure: Figure) -> Option<Spread> {
        self.bootstrap.spreads[self.figures.place(figure)?]
    }

    /// Standard error of a figure less another, over the resamples in which both are; `None` without two of them.
    pub fn se_of_difference(&self, figure: Figure, other: Figure) -> Option<f64> {
        let draws = |figure| Some(&self.bootstrap.draws[self.figures.place(figure)?]);
        let pairs = draws(figure)?.iter().zip(draws(other)?);
        let drawn: Vec<f64> = pairs.map(|(a, b)| a - b).filter(|difference| difference.is_finite()).collect();
        let n = drawn.len() as f64;
        let mean = drawn.iter().sum::<f64>() / n;
        let variance = drawn.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
        (drawn.len() > 1).then(|| variance.sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csi::bootstrap::{self, BootstrapOptions, Watch};
    use crate::csi::model::ModeA;
    use crate::csi::syntax::parse;

    const SCALE: ScaleRange = ScaleRange { min: 1.0, max: 10.0 };

    fn small() -> (PathModel, Indicators) {
        large(200)
    }

    fn large(rows: usize) -> (PathModel, Indicators) {
        let model = PathModel::from_spec(&parse("B ~ A\nA =~ a1 + a2\nB =~ b1 + b2").unwrap(), &ModeA::None).unwrap();
        let mut random = bootstrap::stream(1, 0);
        let bytes: Vec<u8> = (0..rows)
            .flat_map(|_| {
                let level = bootstrap::below(&mut random, 7) as u8;
                [0; 4].map(|_: u8| 1 + level + bootstrap::below(&mut random, 4) as u8)
            })
            .collect();
        let data = Indicators::from_bytes(model.indicators.clone().into(), &bytes);
        (model, data)
    }

    #[test]
    fn group_indices_average_to_the_index_of_the_whole_and_a_slice_is_a_group() {
        let (model, data) = small();
        let labels: Vec<u32> = (0..200).map(|i| i % 3).collect();
        let slice: Vec<bool> = labels.iter().map(|l| *l == 1).collect();
        let groupings = [Grouping { labels, groups: 3 }];
        let plan = Plan { groupings: &groupings, ..Plan::new(&model, &data, &[SCALE; 4]) };
        let all = plan.estimate().unwrap();
        for k in 0..2 {
            let average = all.groups[0].iter().map(|g| g.n * g.index[k]).sum::<f64>() / 200.0;
            assert!((average - all.index[k]).abs() < 1e-10);
        }
        let part = Plan { slice: Some(&slice), ..plan.clone() }.estimate().unwrap();
        assert_eq!(part.index, all.groups[0][1].index);
        assert_ne!(part.fit.paths, all.fit.paths);
        let everyone = vec![true; 200];
        let whole = Plan { slice: Some(&everyone), ..plan }.estimate().unwrap();
        assert!((whole.fit.paths - all.fit.paths).amax() < 1e-12);
    }

    #[test]
    fn every_figure_finds_its_own_spread() {
        let (model, data) = small();
        let groupings = [Grouping { labels: vec![0; 200], groups: 1 }];
        let plan = Plan { groupings: &groupings, ..Plan::new(&model, &data, &[SCALE; 4]) };
        let options = BootstrapOptions { resamples: 200, ..BootstrapOptions::default() };
        let analysis = plan.run(&options, Unit::Auto, Watch::nobody()).unwrap();
        let contains = |spread: Option<Spread>, x: f64| {
            spread.is_some_and(|s| s.ci.is_some_and(|[l, h]| l <= x && x <= h) && s.se > 0.0)
        };
        let e = &analysis.estimates;
        assert!(contains(analysis.spread(Figure::Path(1, 0)), e.fit.paths[(1, 0)]));
        assert!(contains(analysis.spread(Figure::Total(1, 0)), e.fit.total_effects[(1, 0)]));
        // One group of all rows has the spread of the whole.
        assert_eq!(
            analysis.spread(Figure::GroupIndex { grouping: 0, group: 0, construct: 1 }),
            analysis.spread(Figure::Index(1))
        );
        assert_eq!(analysis.spread(Figure::Path(0, 1)), None);
    }

    #[test]
    fn blocks_give_the_spread_that_rows_give() {
        let (model, data) = large(6000);
        let labels: Vec<u32> = (0..6000).map(|i| u32::from(i % 3 == 0)).collect();
        let slice: Vec<bool> = labels.iter().map(|l| *l == 1).collect();
        let groupings = [Grouping { labels, groups: 2 }];
        let scales = [SCALE; 4];
        let plan = Plan { slice: Some(&slice), groupings: &groupings, ..Plan::new(&model, &data, &scales) };
        let options = BootstrapOptions { resamples: 1500, seed: 3, ..BootstrapOptions::default() };
        let run = |unit| plan.run(&options, unit, Watch::nobody()).unwrap().bootstrap.spreads;
        for (rows, blocks) in run(Unit::Rows).into_iter().zip(run(Unit::Blocks)) {
            if let (Some(rows), Some(blocks)) = (rows, blocks) {
                // Each has a Monte-Carlo error of about 2 %, the blocks 1.6 % more.
                // Where there is one predictor, an indirect effect is exactly zero, always.
                let same = rows.se == blocks.se || (blocks.se / rows.se - 1.0).abs() < 0.14;
                assert!(same, "{rows:?} {blocks:?}");
            }
        }
    }
}
