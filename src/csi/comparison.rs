//! Groups compared: invariance, differences of paths, differences of everything among many groups.
//!
//! Owns: the estimates and resamples of every group alone, the permutations of labels, and which pairs may
//! be compared. A permutation takes one group's moments out of both groups' together, so it costs one pass
//! over the rows. Refuses: more than [`MOST_COMPARED`] groups, and models that need more than moments.
//!
//! Sources: [`super::micom`], [`super::difference_tests`]; permutation test of paths, Chin & Dibbern (2010).
//! The omnibus statistic is the weighted between-group sum of squares of a path, Σ n_g (b_g - mean)², under
//! permutation of all labels. p-values are (b + 1)/(R + 1) over the permutations that could be estimated.

use rand_chacha::ChaCha8Rng;

use super::analysis::{Analysis, Plan, Unit};
use super::bootstrap::{BootstrapOptions, Watch, shuffle, stream};
use super::data::Indicators;
use super::difference_tests::{InGroup, TTest, benjamini_hochberg, henseler, holm, parametric, welch};
use super::dist::quantile;
use super::figures::{Figure, MOST_COMPARED};
use super::fit::{Fit, FitError, fit};
use super::groups::Grouping;
use super::micom::{Invariance, invariance};
use super::moments::Moments;

/// What is to be run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ComparisonOptions {
    /// Resampling within every group.
    pub bootstrap: BootstrapOptions,
    pub permutations: usize,
    /// Error probability of the verdicts on invariance.
    pub alpha: f64,
}

/// All comparisons of one grouping.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Every group alone.
    pub groups: Vec<Analysis>,
    /// Every pair of groups, in order.
    pub pairs: Vec<Pair>,
    /// One test a path over all groups; empty for two groups.
    pub omnibus: Vec<Omnibus>,
    pub permutations: usize,
}

/// Two groups compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    pub first: usize,
    pub second: usize,
    /// Per construct.
    pub constructs: Vec<ConstructComparison>,
    /// Per path of the model.
    pub paths: Vec<PathComparison>,
    /// Permutations in which both groups could be estimated.
    pub used: usize,
}

/// May a construct be compared between two groups?
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ConstructComparison {
    pub c: f64,
    /// What c lies below in one permutation of twenty.
    pub c_quantile_05: f64,
    /// Share of permutations with a smaller c.
    pub p_compositional: f64,
    pub mean_difference: f64,
    pub p_mean: f64,
    pub log_variance_ratio: f64,
    pub p_variance: f64,
    pub invariance: Verdict,
}

/// What invariance allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Too few permutations could be estimated to say.
    Unknown,
    /// The construct is made up otherwise in either group: compare nothing.
    None,
    /// Made up the same: paths and indices may be compared.
    Partial,
    /// With equal means and variances besides: the groups may be pooled.
    Full,
}

/// A path in two groups.
#[derive(Debug, Clone, PartialEq)]
pub struct PathComparison {
    pub dependent: usize,
    pub predictor: usize,
    pub estimates: [f64; 2],
    pub ses: [f64; 2],
    pub parametric: TTest,
    pub welch: TTest,
    /// One-sided: near 0 the first is larger, near 1 the second.
    pub henseler_p: f64,
    /// Two-sided.
    pub permutation_p: f64,
    /// The permutation p-values of all paths and pairs, corrected.
    pub holm_p: f64,
    pub benjamini_hochberg_p: f64,
}

/// A path over all groups.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Omnibus {
    pub dependent: usize,
    pub predictor: usize,
    pub statistic: f64,
    pub p: f64,
}

/// Permutations below which nothing is said of invariance.
const FEWEST_PERMUTATIONS: usize = 20;

/// Why groups cannot be compared.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ComparisonError {
    #[error("{0} groups: between 2 and {MOST_COMPARED} can be compared")]
    Groups(usize),
    #[error("groups are compared by single rows, without strata and clusters")]
    Dependent,
    #[error(
        "groups are compared for models of the first order without products, from moments (not EM or polychoric correlations)"
    )]
    NeedsMoments,
    #[error("group {}: {error}", .group + 1)]
    Group { group: usize, error: FitError },
    #[error(transparent)]
    Pooled(#[from] FitError),
}

/// Compares the groups of a grouping; rows of no group are left out. `options` of the plan hold for all.
///
/// # Errors
/// [`ComparisonError`]; a permutation that cannot be estimated is left out and shows in [`Pair::used`].
pub fn compare(
    plan: &Plan<'_>,
    grouping: &Grouping,
    options: &ComparisonOptions,
    watch: Watch<'_>,
) -> Result<Comparison, ComparisonError> {
    if !(2..=MOST_COMPARED).contains(&grouping.groups) {
        return Err(ComparisonError::Groups(grouping.groups));
    }
    if !plan.is_plain() {
        return Err(ComparisonError::NeedsMoments);
    }
    if !plan.rows_are_independent() {
        return Err(ComparisonError::Dependent);
    }
    let members = grouping.members();
    let alone = |(group, rows): (usize, &Vec<u32>)| {
        let data = plan.data.take(rows);
        let own = Plan { data: &data, groupings: &[], slice: None, ..plan.clone() };
        let seed = options.bootstrap.seed.wrapping_add(1 + group as u64);
        let bootstrap = BootstrapOptions { seed, ..options.bootstrap };
        own.run(&bootstrap, Unit::Auto, watch).map_err(|error| ComparisonError::Group { group, error })
    };
    let groups: Vec<Analysis> = members.iter().enumerate().map(alone).collect::<Result<_, _>>()?;
    let mut pairs = Vec::new();
    for first in 0..members.len() {
        for second in first + 1..members.len() {
            let both = Both::new(plan, &members[first], &members[second])?;
            let number = pairs.len() as u64;
            pairs.push(both.compare([first, second], &groups, number, options, watch)?);
        }
    }
    correct(&mut pairs);
    let omnibus = if members.len() > 2 { omnibus(plan, &members, options, watch)? } else { Vec::new() };
    Ok(Comparison { groups, pairs, omnibus, permutations: options.permutations })
}

/// Holm's and Benjamini and Hochberg's corrections over all paths of all pairs.
fn correct(pairs: &mut [Pair]) {
    let p: Vec<f64> = pairs.iter().flat_map(|pair| &pair.paths).map(|path| path.permutation_p).collect();
    let (family, discovery) = (holm(&p), benjamini_hochberg(&p));
    for (path, (holm, bh)) in pairs.iter_mut().flat_map(|pair| &mut pair.paths).zip(family.into_iter().zip(discovery)) {
        (path.holm_p, path.benjamini_hochberg_p) = (holm, bh);
    }
}

/// The rows of two groups together.
struct Both<'a> {
    plan: &'a Plan<'a>,
    data: Indicators,
    /// Which rows of `data` are the first group's.
    first: Vec<bool>,
    pooled: Moments,
    pooled_fit: Fit,
}

impl<'a> Both<'a> {
    fn new(plan: &'a Plan<'a>, first: &[u32], second: &[u32]) -> Result<Self, FitError> {
        let mut rows: Vec<(u32, bool)> =
            first.iter().map(|i| (*i, true)).chain(second.iter().map(|i| (*i, false))).collect();
        rows.sort_unstable();
        let data = plan.data.take(&rows.iter().map(|(i, _)| *i).collect::<Vec<_>>());
        let pooled = Moments::of(&data);
        let pooled_fit = fit(&pooled, plan.model, &plan.options)?;
        Ok(Self { plan, data, first: rows.into_iter().map(|(_, first)| first).collect(), pooled, pooled_fit })
    }

    /// The statistics where the marked rows are the first group.
    fn statistics(&self, marked: &[bool]) -> Result<Invariance, FitError> {
        let times: Vec<u32> = marked.iter().map(|m| u32::from(*m)).collect();
        let first = Moments::resampled(&self.data, Some(&times));
        let mut second = self.pooled.clone();
        second.add(&first, -1.0);
        invariance([&first, &second], &self.pooled_fit, self.plan.model, &self.plan.options)
    }

    fn compare(
        &self,
        numbers: [usize; 2],
        groups: &[Analysis],
        pair: u64,
        options: &ComparisonOptions,
        watch: Watch<'_>,
    ) -> Result<Pair, FitError> {
        let observed = self.statistics(&self.first)?;
        let permuted = |r: u64| {
            let mut marked = self.first.clone();
            shuffle(&mut marked, &mut permutation(options.bootstrap.seed, (pair << 32) | r));
            self.statistics(&marked).ok()
        };
        let permuted: Vec<Invariance> = watch.each(options.permutations, permuted)?.into_iter().flatten().collect();
        let constructs =
            (0..self.plan.model.constructs.len()).map(|k| construct(&observed, &permuted, k, options.alpha));
        let paths = self.plan.model.paths().map(|path| compare_path(path, &observed, &permuted, numbers, groups));
        Ok(Pair {
            first: numbers[0],
            second: numbers[1],
            constructs: constructs.collect(),
            paths: paths.collect(),
            used: permuted.len(),
        })
    }
}

/// (b + 1)/(R + 1) of `count` among `of`.
fn share(count: usize, of: usize) -> f64 {
    (count + 1) as f64 / (of + 1) as f64
}

fn construct(observed: &Invariance, permuted: &[Invariance], k: usize, alpha: f64) -> ConstructComparison {
    let count = |holds: &dyn Fn(&Invariance) -> bool| permuted.iter().filter(|i| holds(i)).count();
    let p_compositional = share(count(&|i| i.c[k] <= observed.c[k]), permuted.len());
    let p_mean = share(count(&|i| i.mean_difference[k].abs() >= observed.mean_difference[k].abs()), permuted.len());
    let p_variance =
        share(count(&|i| i.log_variance_ratio[k].abs() >= observed.log_variance_ratio[k].abs()), permuted.len());
    let mut sorted: Vec<f64> = permuted.iter().map(|i| i.c[k]).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    ConstructComparison {
        c: observed.c[k],
        c_quantile_05: if sorted.is_empty() { f64::NAN } else { quantile(&sorted, 0.05) },
        p_compositional,
        mean_difference: observed.mean_difference[k],
        p_mean,
        log_variance_ratio: observed.log_variance_ratio[k],
        p_variance,
        invariance: match p_compositional < alpha {
            _ if permuted.len() < FEWEST_PERMUTATIONS => Verdict::Unknown,
            true => Verdict::None,
            false if p_mean < alpha || p_variance < alpha => Verdict::Partial,
            false => Verdict::Full,
        },
    }
}

fn compare_path(
    (dependent, predictor): (usize, usize),
    observed: &Invariance,
    permuted: &[Invariance],
    numbers: [usize; 2],
    groups: &[Analysis],
) -> PathComparison {
    let figure = Figure::Path(dependent, predictor);
    let path = (dependent, predictor);
    let draws = [0, 1].map(|side| aligned_draws(&groups[numbers[side]], figure, path, observed.fits[side].paths[path]));
    let in_group = |side: usize| {
        let analysis = &groups[numbers[side]];
        let se = analysis.spread(figure).map_or(f64::NAN, |s| s.se);
        InGroup { n: analysis.estimates.fit.n, estimate: observed.fits[side].paths[path], se, draws: &draws[side] }
    };
    let (a, b) = (in_group(0), in_group(1));
    let difference =
        |i: &Invariance| (i.fits[0].paths[(dependent, predictor)] - i.fits[1].paths[(dependent, predictor)]).abs();
    let at_least = permuted.iter().filter(|i| difference(i) >= difference(observed)).count();
    PathComparison {
        dependent,
        predictor,
        estimates: [a.estimate, b.estimate],
        ses: [a.se, b.se],
        parametric: parametric(a, b),
        welch: welch(a, b),
        henseler_p: henseler(a, b),
        permutation_p: share(at_least, permuted.len()),
        holm_p: f64::NAN,
        benjamini_hochberg_p: f64::NAN,
    }
}

/// The resamples of a path in one group, turned where the group alone came out the other way round than beside
/// the pooled model.
fn aligned_draws(analysis: &Analysis, figure: Figure, path: (usize, usize), aligned: f64) -> Vec<f64> {
    let sign = if analysis.estimates.fit.paths[path] * aligned < 0.0 { -1.0 } else { 1.0 };
    let draws = analysis.figures.place(figure).map_or(&[][..], |place| &analysis.bootstrap.draws[place]);
    draws.iter().map(|x| sign * x).collect()
}

fn omnibus(
    plan: &Plan<'_>,
    members: &[Vec<u32>],
    options: &ComparisonOptions,
    watch: Watch<'_>,
) -> Result<Vec<Omnibus>, FitError> {
    let paths: Vec<(usize, usize)> = plan.model.paths().collect();
    let pooled = fit(&Moments::of(plan.data), plan.model, &plan.options)?;
    let statistics = |groups: &[Vec<u32>]| -> Result<Vec<f64>, FitError> {
        let estimate = |rows: &Vec<u32>| {
            let mut own = fit(&Moments::of(&plan.data.take(rows)), plan.model, &plan.options)?;
            own.align_signs(plan.model, &pooled.loadings);
            Ok(own)
        };
        let fits: Vec<Fit> = groups.iter().map(estimate).collect::<Result<_, FitError>>()?;
        let total: f64 = fits.iter().map(|f| f.n).sum();
        let between = |path: &(usize, usize)| {
            let mean = fits.iter().map(|f| f.n * f.paths[*path]).sum::<f64>() / total;
            fits.iter().map(|f| f.n * (f.paths[*path] - mean).powi(2)).sum()
        };
        Ok(paths.iter().map(between).collect())
    };
    let observed = statistics(members)?;
    let everyone: Vec<u32> = members.concat();
    let permuted = |r: u64| {
        let mut rows = everyone.clone();
        shuffle(&mut rows, &mut permutation(options.bootstrap.seed, (0x7fff << 32) | r));
        let mut rest = &rows[..];
        let mut groups = Vec::with_capacity(members.len());
        for group in members {
            let (own, others) = rest.split_at(group.len());
            let mut own = own.to_vec();
            own.sort_unstable();
            groups.push(own);
            rest = others;
        }
        statistics(&groups).ok()
    };
    let permuted: Vec<Vec<f64>> = watch.each(options.permutations, permuted)?.into_iter().flatten().collect();
    let test = |(i, (dependent, predictor)): (usize, (usize, usize))| {
        let at_least = permuted.iter().filter(|p| p[i] >= observed[i]).count();
        Omnibus { dependent, predictor, statistic: observed[i], p: share(at_least, permuted.len()) }
    };
    Ok(paths.iter().copied().enumerate().map(test).collect())
}

/// Permutations have the streams of a seed from 2^63 on; resamples those below.
fn permutation(seed: u64, number: u64) -> ChaCha8Rng {
    stream(seed, (1 << 63) | number)
}
