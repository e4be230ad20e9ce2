//! Everything a report shows, estimated once and then on every resample.
//!
//! Owns: the one path from rows to figures that the shell, the pages and the API share: weights from
//! all rows, the inner model of all rows or of a slice, the index of the whole, of the slice and of
//! every group, each with standard error and interval. Refuses: weights that depend on a filter. A
//! filter chooses whose answers are averaged, never how they are weighted, so that figures compare.

use super::bootstrap::{self, Bootstrap, BootstrapOptions, Spread};
use super::data::{Indicators, ScaleRange};
use super::effects::connected_pairs;
use super::fit::{Fit, FitError, FitOptions, fit, fit_correlations, fit_given};
use super::groups::{GroupSums, Grouping};
use super::index::IndexWeights;
use super::model::PathModel;
use super::second_order::TwoStage;
use super::tally::{self, Rows, Tally};

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
    pub slice: Option<&'a [bool]>,
    /// Further indices, by group.
    pub groupings: &'a [Grouping],
    /// For a model with second-order constructs: both stages. `model` is then the second, while `data` and
    /// `scales` are those of the first; a slice is not supported.
    pub stages: Option<&'a TwoStage>,
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
    pub bootstrap: Bootstrap,
    /// What was drawn: rows or blocks.
    pub unit: Unit,
}

/// What is drawn in a resample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Rows up to [`ROWS_UP_TO`] of them, blocks above.
    #[default]
    Auto,
    /// Single rows: the textbook bootstrap.
    Rows,
    /// [`BLOCKS`] random blocks of rows, summed from their moments: the cost of a resample does not grow with n.
    Blocks,
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

impl Plan<'_> {
    fn rows(&self) -> Rows<'_> {
        Rows { data: self.data, slice: self.slice, groupings: self.groupings }
    }

    /// Point estimates.
    ///
    /// # Errors
    /// As [`fit`] and [`IndexWeights::new`].
    pub fn estimate(&self) -> Result<Estimates, FitError> {
        self.estimate_from(&Tally::of(self.rows(), None), None)
    }

    /// Estimates from a tally; a first stage takes its signs from `reference`.
    fn estimate_from(&self, tally: &Tally, reference: Option<&FirstStage>) -> Result<Estimates, FitError> {
        let (model, origin) = (self.model, &self.data.origin);
        let first = self.stages.map(|stages| self.first_stage(stages, tally, reference)).transpose()?;
        let (pooled, scales) = match (self.stages, &first) {
            (Some(stages), Some(first)) => {
                let correlations = stages.correlations(&first.fit, &first.index_weights, self.scales);
                (fit_correlations(correlations, model, &self.options)?, stages.scales(self.scales))
            }
            _ => (fit(&tally.all, model, &self.options)?, self.scales.to_vec()),
        };
        let index_weights = IndexWeights::new(model, &pooled.weights, &pooled.sds, &scales)?;
        let pooled_means = first.as_ref().map_or(&pooled.means, |f| &f.fit.means);
        let index_of = |sums: &GroupSums| {
            let means = self.indicator_values(sums.means(origin, pooled_means), first.as_ref());
            index_weights.at(model, &means, &scales)
        };
        let group = |sums: &GroupSums| GroupIndex { n: sums.n, index: index_of(sums) };
        let groups = tally.groups.iter().map(|groups| groups.iter().map(group).collect()).collect();
        let Some((moments, sums)) = &tally.slice else {
            let index = index_weights.at(model, &pooled.means, &scales);
            let score_sds = index_weights.score_sds.clone();
            return Ok(Estimates { fit: pooled, index_weights, score_sds, index, groups, first });
        };
        let mut part = fit_given(moments, model, &pooled.unstandardised_weights(), &self.options)?;
        (part.iterations, part.converged) = (pooled.iterations, pooled.converged);
        let score_sds = IndexWeights::new(model, &part.weights, &part.sds, &scales)?.score_sds;
        Ok(Estimates { index: index_of(sums), fit: part, index_weights, score_sds, groups, first })
    }

    fn first_stage(
        &self,
        stages: &TwoStage,
        tally: &Tally,
        reference: Option<&FirstStage>,
    ) -> Result<FirstStage, FitError> {
        let options = FitOptions { dominant: Vec::new(), ..self.options.clone() };
        let mut fit = fit(&tally.all, &stages.first, &options)?;
        if let Some(reference) = reference {
            fit.align_signs(&stages.first, &reference.fit.loadings);
        }
        let index_weights = IndexWeights::new(&stages.first, &fit.weights, &fit.sds, self.scales)?;
        Ok(FirstStage { fit, index_weights })
    }

    /// Values of the data's indicators -> values of the model's, which differ where there are two stages.
    pub fn indicator_values(&self, values: Vec<f64>, first: Option<&FirstStage>) -> Vec<f64> {
        match (self.stages, first) {
            (Some(stages), Some(first)) => stages.values(&values, &first.index_weights, self.scales),
            _ => values,
        }
    }

    /// Response scales of the model's indicators.
    pub fn indicator_scales(&self) -> Vec<ScaleRange> {
        self.stages.map_or_else(|| self.scales.to_vec(), |stages| stages.scales(self.scales))
    }

    /// Estimates, then resamples `options.resamples` times. Signs of resamples follow the estimates.
    ///
    /// # Errors
    /// As [`Plan::estimate`] for the data themselves; a resample's failure is counted in the result.
    pub fn run(
        &self,
        options: &BootstrapOptions,
        unit: Unit,
        progress: &(dyn Fn() + Sync),
    ) -> Result<Analysis, FitError> {
        let estimates = self.estimate()?;
        let layout = Layout::new(self.model);
        let figures = layout.flatten(self.model, &estimates).len();
        let statistics = |tally: &Tally| {
            let outcome = self.estimate_from(tally, estimates.first.as_ref());
            progress();
            let mut drawn = outcome?;
            if !drawn.fit.converged {
                return Err(FitError::NotConverged(self.options.max_iterations));
            }
            drawn.fit.align_signs(self.model, &estimates.fit.loadings);
            Ok(layout.flatten(self.model, &drawn))
        };
        let unit = unit.resolve(self.data.rows());
        let bootstrap = if unit == Unit::Blocks && options.resamples > 0 {
            let blocks = tally::random_blocks(self.rows(), BLOCKS, options.seed);
            bootstrap::bootstrap(BLOCKS, figures, options, |times| statistics(&Tally::sum(&blocks, times)))
        } else {
            bootstrap::bootstrap(self.data.rows(), figures, options, |times| {
                statistics(&Tally::of(self.rows(), Some(times)))
            })
        };
        Ok(Analysis { estimates, bootstrap, unit })
    }
}

/// Where each figure stands in a resample's list of figures.
struct Layout {
    p: usize,
    q: usize,
    paths: Vec<(usize, usize)>,
    totals: Vec<(usize, usize)>,
}

impl Layout {
    fn new(model: &PathModel) -> Self {
        Self {
            p: model.indicators.len(),
            q: model.constructs.len(),
            paths: model.paths().collect(),
            totals: connected_pairs(model),
        }
    }

    fn flatten(&self, model: &PathModel, e: &Estimates) -> Vec<f64> {
        debug_assert_eq!(self.q, model.constructs.len());
        let mut out = Vec::with_capacity(2 * self.p + self.paths.len() + self.totals.len() + 2 * self.q);
        out.extend(&e.index);
        out.extend(self.paths.iter().map(|pair| e.fit.paths[*pair]));
        out.extend(self.totals.iter().map(|pair| e.fit.total_effects[*pair]));
        out.extend(e.fit.r2.iter().map(|r2| r2.unwrap_or(f64::NAN)));
        out.extend(&e.fit.weights);
        out.extend(&e.fit.loadings);
        for group in e.groups.iter().flatten() {
            out.extend(&group.index);
        }
        out
    }
}

impl Analysis {
    /// Spread of the index of construct `k`.
    pub fn index_spread(&self, k: usize) -> Option<Spread> {
        self.bootstrap.spreads[k]
    }

    /// Spread of the path from `predictor` to `dependent`.
    pub fn path_spread(&self, model: &PathModel, dependent: usize, predictor: usize) -> Option<Spread> {
        let layout = Layout::new(model);
        let i = layout.paths.iter().position(|pair| *pair == (dependent, predictor))?;
        self.bootstrap.spreads[layout.q + i]
    }

    /// Spread of the total effect of `source` on `dependent`.
    pub fn total_spread(&self, model: &PathModel, dependent: usize, source: usize) -> Option<Spread> {
        let layout = Layout::new(model);
        let i = layout.totals.iter().position(|pair| *pair == (dependent, source))?;
        self.bootstrap.spreads[layout.q + layout.paths.len() + i]
    }

    /// Spread of the index of construct `k` in one group of one grouping.
    pub fn group_spread(&self, model: &PathModel, grouping: usize, group: usize, k: usize) -> Option<Spread> {
        let layout = Layout::new(model);
        let before: usize = self.estimates.groups[..grouping].iter().map(Vec::len).sum();
        let start = 2 * layout.q + layout.paths.len() + layout.totals.len() + 2 * layout.p;
        self.bootstrap.spreads[start + (before + group) * layout.q + k]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let plan = Plan {
            model: &model,
            data: &data,
            options: FitOptions::default(),
            scales: &[SCALE; 4],
            slice: None,
            groupings: &groupings,
            stages: None,
        };
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
        let plan = Plan {
            model: &model,
            data: &data,
            options: FitOptions::default(),
            scales: &[SCALE; 4],
            slice: None,
            groupings: &groupings,
            stages: None,
        };
        let options = BootstrapOptions { resamples: 200, seed: 1, level: 0.95 };
        let analysis = plan.run(&options, Unit::Auto, &|| ()).unwrap();
        let contains =
            |spread: Option<Spread>, x: f64| spread.is_some_and(|s| s.ci[0] <= x && x <= s.ci[1] && s.se > 0.0);
        let e = &analysis.estimates;
        assert!(contains(analysis.path_spread(&model, 1, 0), e.fit.paths[(1, 0)]));
        assert!(contains(analysis.total_spread(&model, 1, 0), e.fit.total_effects[(1, 0)]));
        // One group of all rows has the spread of the whole.
        assert_eq!(analysis.group_spread(&model, 0, 0, 1), analysis.index_spread(1));
        assert_eq!(analysis.path_spread(&model, 0, 1), None);
    }

    #[test]
    fn blocks_give_the_spread_that_rows_give() {
        let (model, data) = large(6000);
        let labels: Vec<u32> = (0..6000).map(|i| u32::from(i % 3 == 0)).collect();
        let slice: Vec<bool> = labels.iter().map(|l| *l == 1).collect();
        let groupings = [Grouping { labels, groups: 2 }];
        let scales = [SCALE; 4];
        let plan = Plan {
            model: &model,
            data: &data,
            options: FitOptions::default(),
            scales: &scales,
            slice: Some(&slice),
            groupings: &groupings,
            stages: None,
        };
        let options = BootstrapOptions { resamples: 1500, seed: 3, level: 0.95 };
        let run = |unit| plan.run(&options, unit, &|| ()).unwrap().bootstrap.spreads;
        for (rows, blocks) in run(Unit::Rows).into_iter().zip(run(Unit::Blocks)) {
            if let (Some(rows), Some(blocks)) = (rows, blocks) {
                // Each has a Monte-Carlo error of about 2 %, the blocks 1.6 % more.
                assert!((blocks.se / rows.se - 1.0).abs() < 0.14, "{rows:?} {blocks:?}");
            }
        }
    }
}
