//! An analysis that is kept ready while its table grows, and given for any slice and grouping at once.
//!
//! Owns: the weights of all rows and of every resample, which no filter changes, and the figures that reports show. What
//! it gives has the bits of [`super::analysis::Plan`] with the same resamples; a test compares both. Refuses: what needs
//! more than moments (products, stages, EM), and intervals other than percentiles.

use std::sync::Arc;

use rayon::prelude::*;

use super::analysis::{Analysis, Estimates, GroupIndex, Unit};
use super::bootstrap::{Bootstrap, BootstrapOptions, Sample};
use super::data::{RATING_ORIGIN, ScaleRange};
use super::figures::{Figure, Figures};
use super::fit::{Fit, FitError, FitOptions, check_shape, fit_correlations, fit_given};
use super::groups::{FEWEST_ROWS, GroupSums, Grouping};
use super::index::IndexWeights;
use super::model::PathModel;
use super::moment_blocks::{Drawn, MomentBlocks, to_group};
use super::moments::Moments;

/// What is estimated, and how it is resampled.
#[derive(Debug, Clone)]
pub struct Setup {
    pub model: PathModel,
    /// Response scales, p entries.
    pub scales: Vec<ScaleRange>,
    pub options: FitOptions,
    /// Of its settings: number of resamples, seed, level.
    pub bootstrap: BootstrapOptions,
    /// Random blocks of rows that are drawn; up to so many rows, rows are.
    pub blocks: usize,
}

/// A table of ratings, its moments in blocks, and the weights of every resample.
#[derive(Debug, Clone)]
pub struct Live {
    setup: Arc<Setup>,
    blocks: MomentBlocks,
    /// Of the table itself and every resample.
    pooled: Vec<Result<Pooled, FitError>>,
}

/// What all rows give, whatever the slice.
#[derive(Debug, Clone)]
struct Pooled {
    fit: Fit,
    index_weights: IndexWeights,
}

/// Groups whose index is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Labels of cells.
    pub grouping: &'a Grouping,
    /// Of this construct; of all if `None`.
    pub construct: Option<usize>,
    /// With the differences of its groups, pair by pair.
    pub compared: bool,
}

impl Live {
    /// Of rows of ratings, p bytes each, in the model's order, and the cell of each row, whatever that is to the caller:
    /// slices and groups are made of whole cells.
    ///
    /// # Panics
    /// If there is no row, or not as many bytes as indicators in each.
    pub fn new(setup: Setup, rows: (&[u8], &[u32])) -> Self {
        let BootstrapOptions { resamples, seed, .. } = setup.bootstrap;
        let blocks = MomentBlocks::new(setup.model.indicators.clone().into(), rows, setup.blocks, resamples, seed);
        Self { setup: Arc::new(setup), blocks, pooled: Vec::new() }.refitted()
    }

    /// With the rows that have come since; ratings and cells are those of all rows.
    #[must_use]
    pub fn grown(self, rows: (&[u8], &[u32])) -> Self {
        if rows.1.len() == self.rows() {
            return self;
        }
        Self { blocks: self.blocks.grown(rows), ..self }.refitted()
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.blocks.rows()
    }

    /// Index points of all rows and the means that stand for missing answers; `None` where no model could be fitted.
    pub fn weights(&self) -> Option<(&IndexWeights, &[f64])> {
        let pooled = self.pooled[0].as_ref().ok().filter(|pooled| pooled.fit.converged)?;
        Some((&pooled.index_weights, &pooled.fit.means))
    }

    fn refitted(mut self) -> Self {
        let pooled = |i: usize| self.pool(&self.blocks.to_moments(&self.blocks.drawn.of(i)));
        let mut all: Vec<Result<Pooled, FitError>> =
            (0..=self.setup.bootstrap.resamples).into_par_iter().map(pooled).collect();
        let (whole, resamples) = all.split_at_mut(1);
        if let Ok(whole) = &whole[0] {
            for pooled in resamples.iter_mut().flatten() {
                pooled.fit.align_signs(&self.setup.model, &whole.fit.loadings);
            }
        }
        self.pooled = all;
        self
    }

    fn pool(&self, all: &Moments) -> Result<Pooled, FitError> {
        let Setup { model, scales, options, .. } = &*self.setup;
        check_shape(all, &model.indicators, model)?;
        let fit = fit_correlations(all.correlations(options.missing)?, model, options)?;
        let index_weights = IndexWeights::new(model, &fit.weights, &fit.sds, scales)?;
        Ok(Pooled { fit, index_weights })
    }

    /// Estimates with the spread of each, of the cells inside a slice or of all rows, and of groups of cells.
    ///
    /// # Errors
    /// As [`super::analysis::Plan::run`].
    pub fn analyse(&self, slice: Option<&[bool]>, wanted: &[Wanted<'_>]) -> Result<Analysis, FitError> {
        let setup = &*self.setup;
        let model = &setup.model;
        let parts = Parts {
            slice: slice.map(|slice| self.blocks.slice(slice)),
            groups: wanted.iter().map(|w| self.blocks.groups(w.grouping, &columns(model, *w))).collect(),
        };
        let estimates = self.estimate(0, &parts, wanted, None)?;
        let figures = figures(model, wanted);
        let values = |e: &Estimates| figures.values(model, model, e);
        let drawn = |i: usize| {
            let drawn = self.estimate(i + 1, &parts, wanted, Some(&estimates))?;
            if !drawn.fit.converged {
                return Err(FitError::NotConverged(setup.options.max_iterations));
            }
            Ok(Sample { values: values(&drawn), inadmissible: false })
        };
        let samples = (0..setup.bootstrap.resamples).into_par_iter().map(drawn).collect();
        let mut bootstrap = Bootstrap::of(samples, &values(&estimates), &setup.bootstrap);
        for (place, _) in figures.list().iter().enumerate().filter(|(_, figure)| is_of_few(figure, &estimates.groups)) {
            bootstrap.spreads[place] = None;
        }
        let unit = if self.rows() <= setup.blocks { Unit::Rows } else { Unit::Blocks };
        Ok(Analysis { estimates, figures, bootstrap, unit })
    }

    /// Estimates of the table itself (0) or of a resample.
    fn estimate(
        &self,
        i: usize,
        parts: &Parts,
        wanted: &[Wanted<'_>],
        reference: Option<&Estimates>,
    ) -> Result<Estimates, FitError> {
        let Setup { model, scales, options, .. } = &*self.setup;
        let Pooled { fit: pooled, index_weights } = self.pooled[i].as_ref().map_err(Clone::clone)?;
        let (means, origin) = (&pooled.means, vec![RATING_ORIGIN; model.indicators.len()]);
        let index_of = |sums: &GroupSums| index_weights.at(model, &sums.means(&origin, means), scales);
        let groups = parts.groups.iter().zip(wanted).map(|(groups, wanted)| {
            let columns = columns(model, *wanted);
            let group = |drawn: &Drawn| {
                let sums = to_group(&drawn.of(i), &columns, model.indicators.len());
                GroupIndex { n: sums.n, index: index_of(&sums) }
            };
            groups.iter().map(group).collect()
        });
        let groups = groups.collect();
        let (fit, score_sds, index) = match &parts.slice {
            None => (pooled.clone(), index_weights.score_sds.clone(), index_weights.at(model, &pooled.means, scales)),
            Some(slice) => {
                let moments = self.blocks.to_moments(&slice.of(i));
                let mut fit = fit_given(&moments, model, &pooled.unstandardised_weights(), options)?;
                (fit.iterations, fit.converged) = (pooled.iterations, pooled.converged);
                if let Some(reference) = reference {
                    fit.align_signs(model, &reference.fit.loadings);
                }
                let score_sds = IndexWeights::new(model, &fit.weights, &fit.sds, scales)?.score_sds;
                (fit, score_sds, index_of(&GroupSums::of_moments(&moments)))
            }
        };
        let (index_weights, means) = (index_weights.clone(), means.clone());
        Ok(Estimates { fit, main: None, index_weights, score_sds, index, groups, first: None, means, normal: None })
    }
}

/// Sums of what was asked for, for the table itself and every resample.
struct Parts {
    slice: Option<Drawn>,
    groups: Vec<Vec<Drawn>>,
}

/// The indicators that an index needs.
fn columns(model: &PathModel, wanted: Wanted<'_>) -> std::ops::Range<usize> {
    wanted.construct.map_or(0..model.indicators.len(), |k| model.constructs[k].block.clone())
}

/// The figures that reports show.
fn figures(model: &PathModel, wanted: &[Wanted<'_>]) -> Figures {
    let (p, q) = (model.indicators.len(), model.constructs.len());
    let pairs = super::effects::connected_pairs(model);
    let mut list: Vec<Figure> = (0..q).map(Figure::Index).collect();
    list.extend(model.paths().map(|(k, l)| Figure::Path(k, l)));
    list.extend(pairs.iter().map(|&(k, l)| Figure::Total(k, l)));
    list.extend(pairs.iter().map(|&(k, l)| Figure::Importance(k, l)));
    list.extend((0..p).map(Figure::Weight));
    list.extend((0..p).map(Figure::Loading));
    for (grouping, wanted) in wanted.iter().enumerate() {
        let constructs = wanted.construct.map_or(0..q, |k| k..k + 1);
        let index = |group| constructs.clone().map(move |construct| Figure::GroupIndex { grouping, group, construct });
        list.extend((0..wanted.grouping.groups).flat_map(index));
        let groups = if wanted.compared { wanted.grouping.groups } else { 0 };
        let pairs = (0..groups).flat_map(|first| (first + 1..groups).map(move |second| (first, second)));
        list.extend(pairs.flat_map(|(first, second)| {
            constructs.clone().map(move |construct| Figure::GroupDifference { grouping, first, second, construct })
        }));
    }
    Figures::listed(list)
}

/// Whether a figure is of a group of so few rows that resamples say little.
fn is_of_few(figure: &Figure, groups: &[Vec<GroupIndex>]) -> bool {
    let few = |grouping: usize, group: usize| groups[grouping][group].n < FEWEST_ROWS as f64;
    match *figure {
        Figure::GroupIndex { grouping, group, .. } => few(grouping, group),
        Figure::GroupDifference { grouping, first, second, .. } => few(grouping, first) || few(grouping, second),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csi::analysis::{BLOCKS, Plan};
    use crate::csi::bootstrap::{Watch, below, stream};
    use crate::csi::data::{Indicators, MISSING};
    use crate::csi::groups::NO_GROUP;
    use crate::csi::model::ModeA;
    use crate::csi::syntax::parse;

    const SCALE: ScaleRange = ScaleRange { min: 1.0, max: 10.0 };

    fn setup() -> Setup {
        let model = parse("C ~ A + B\nB ~ A\nA =~ a1 + a2\nB =~ b1 + b2\nC =~ c1 + c2 + c3").unwrap();
        let model = PathModel::from_spec(&model, &ModeA::None).unwrap();
        let bootstrap = BootstrapOptions { resamples: 60, seed: 5, ..BootstrapOptions::default() };
        Setup { scales: vec![SCALE; 7], model, options: FitOptions::default(), bootstrap, blocks: BLOCKS }
    }

    fn ratings(rows: usize) -> Vec<u8> {
        let mut random = stream(1, 0);
        let row = |_| {
            let level = below(&mut random, 7) as u8;
            [0; 7].map(
                |_: u8| {
                    if below(&mut random, 20) == 0 { MISSING } else { 1 + level + below(&mut random, 4) as u8 }
                },
            )
        };
        (0..rows).flat_map(row).collect()
    }

    /// What the general way gives for the same rows.
    fn plainly(setup: &Setup, ratings: &[u8], slice: Option<&[bool]>, groupings: &[Grouping]) -> Analysis {
        let data = Indicators::from_bytes(setup.model.indicators.clone().into(), ratings);
        let unit = if data.rows() <= setup.blocks { Unit::Rows } else { Unit::Blocks };
        let plan = Plan { slice, groupings, ..Plan::new(&setup.model, &data, &setup.scales) };
        plan.run(&setup.bootstrap, unit, Watch::nobody()).unwrap()
    }

    #[test]
    fn every_bit_is_that_of_the_general_way() {
        for rows in [150, BLOCKS + 900] {
            let (setup, ratings) = (setup(), ratings(rows));
            let labels =
                |groups: u32| (0..rows as u32).map(|i| if i % 7 == 0 { NO_GROUP } else { i % groups }).collect();
            let groupings = [Grouping { labels: labels(3), groups: 3 }, Grouping { labels: labels(2), groups: 2 }];
            let wanted = [
                Wanted { grouping: &groupings[0], construct: Some(2), compared: false },
                Wanted { grouping: &groupings[1], construct: None, compared: true },
            ];
            // Grown in steps of one row, of some and of many.
            let cells: Vec<u32> = (0..rows as u32).collect();
            let until = |rows: usize| (&ratings[..7 * rows], &cells[..rows]);
            let mut live = Live::new(setup.clone(), until(120));
            for rows in [121, 130, rows - 20, rows - 1, rows] {
                live = live.grown(until(rows));
            }
            let most: Vec<bool> = (0..rows).map(|i| i % 5 != 1).collect();
            let few: Vec<bool> = (0..rows).map(|i| i % 3 == 1).collect();
            for slice in [None, Some(&most[..]), Some(&few[..])] {
                let (mine, plain) =
                    (live.analyse(slice, &wanted).unwrap(), plainly(&setup, &ratings, slice, &groupings));
                assert_eq!(mine.unit, plain.unit);
                assert_eq!(mine.estimates.fit.paths, plain.estimates.fit.paths);
                assert_eq!(mine.estimates.index, plain.estimates.index);
                assert_eq!(mine.estimates.groups[1], plain.estimates.groups[1]);
                assert_eq!(mine.bootstrap.used, plain.bootstrap.used);
                for figure in mine.figures.list() {
                    assert_eq!(mine.spread(*figure), plain.spread(*figure), "{rows} rows, {figure:?}");
                }
                let headline = Figure::GroupIndex { grouping: 0, group: 1, construct: 2 };
                assert!(mine.spread(headline).is_some_and(|spread| spread.se > 0.0));
            }
        }
    }

    #[test]
    fn sums_that_leave_sixteen_bits_lose_nothing() {
        let mut setup = setup();
        (setup.blocks, setup.scales) = (4, vec![ScaleRange { min: 0.0, max: 132.0 }; 7]);
        let wide: Vec<u8> = ratings(900).into_iter().map(|x| if x == MISSING { x } else { x * 12 }).collect();
        let live = Live::new(setup.clone(), (&wide, &[0; 900])).analyse(None, &[]).unwrap();
        let data = Indicators::from_bytes(setup.model.indicators.clone().into(), &wide);
        let plain = Plan::new(&setup.model, &data, &setup.scales).estimate().unwrap();
        assert_eq!((live.estimates.fit.paths, live.estimates.index), (plain.fit.paths, plain.index));
    }

    #[test]
    fn what_cannot_be_estimated_is_said() {
        let constant = [7; 7 * 40];
        assert_eq!(
            Live::new(setup(), (&constant, &[0; 40])).analyse(None, &[]).unwrap_err(),
            FitError::Constant("a1".into())
        );
        let live = Live::new(setup(), (&ratings(50), &[0; 50]));
        let nobody = vec![false];
        assert!(matches!(live.analyse(Some(&nobody), &[]), Err(FitError::TooFewRows { .. })));
    }
}
