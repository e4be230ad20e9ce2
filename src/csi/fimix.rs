//! Guests who judge by another logic: segments that nobody named (FIMIX-PLS).
//!
//! Owns: a finite mixture of the inner model's regressions on the construct scores, by EM from several seeded
//! starts, and the criteria for the number of segments. Refuses: more segments than rows allow, and models
//! without a path. Measurement is the same in all segments: only paths differ.
//!
//! Density of a row in segment s: Π_k N(y_k; Σ_l b_skl y_l, v_sk) over the endogenous constructs. Source: Hahn,
//! Johnson, Herrmann & Huber (2002) SBR 54; criteria AIC3 (Bozdogan 1994), CAIC (Bozdogan 1987), BIC (Schwarz
//! 1978), normed entropy EN (Ramaswamy et al. 1993); Sarstedt, Becker, Ringle & Schwaiger (2011) SBR 63.

use nalgebra::{DMatrix, DVector};
use rand_core::Rng as _;

use super::bootstrap::{Watch, stream};
use super::fit::FitError;
use super::linalg;
use super::model::PathModel;

/// What is to be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct FimixOptions {
    pub segments: usize,
    /// Random starts; the most likely solution is kept.
    pub starts: usize,
    pub seed: u64,
}

/// The mixture found.
#[derive(Debug, Clone, PartialEq)]
pub struct Fimix {
    pub segments: Vec<Segment>,
    pub log_likelihood: f64,
    /// Free parameters: segments - 1 shares, and a path or a residual variance each in every segment.
    pub parameters: usize,
    pub aic3: f64,
    pub caic: f64,
    pub bic: f64,
    /// 1 where every row surely belongs to one segment, 0 where nothing is known; `None` for one segment.
    pub entropy: Option<f64>,
    /// n x segments: probability that a row belongs to a segment.
    pub membership: Vec<Vec<f64>>,
    pub iterations: usize,
    pub converged: bool,
}

/// One segment.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    pub share: f64,
    /// q x q, `[(dependent, predictor)]`.
    pub paths: DMatrix<f64>,
    /// Unexplained variance of every endogenous construct, as a share of the whole sample's 1.
    pub residual_variances: Vec<f64>,
    /// 1 - unexplained over total mean square within the segment; `None` where nothing points at the construct.
    pub r2: Vec<Option<f64>>,
}

/// Relative change of the log-likelihood that counts as standing still.
const TOLERANCE: f64 = 1e-10;

const MOST_ITERATIONS: usize = 5000;

/// The smallest residual variance: below it a segment would be a few rows on a line, and its likelihood infinite.
const SMALLEST_VARIANCE: f64 = 1e-4;

/// Finds segments in n rows of q standardised scores.
///
/// # Errors
/// [`FitError::TooFewRows`]; [`FitError::NoSegments`] where no start leads anywhere; [`FitError::Cancelled`].
pub fn fimix(
    model: &PathModel,
    scores: &[Vec<f64>],
    options: FimixOptions,
    watch: Watch<'_>,
) -> Result<Fimix, FitError> {
    let per_segment = 1 + model.paths().count() + model.predictors.iter().filter(|p| !p.is_empty()).count();
    let needed = options.segments * 2 * per_segment;
    if options.segments == 0 || scores.len() < needed {
        return Err(FitError::TooFewRows { rows: scores.len(), needed });
    }
    let starts = if options.segments == 1 { 1 } else { options.starts };
    let best = watch.each(starts, |i| climb(model, scores, options, i).ok())?.into_iter().flatten();
    let mut best = best.max_by(|a, b| a.log_likelihood.total_cmp(&b.log_likelihood)).ok_or(FitError::NoSegments)?;
    by_share(&mut best);
    Ok(best)
}

/// EM from one random start.
fn climb(model: &PathModel, scores: &[Vec<f64>], options: FimixOptions, start: u64) -> Result<Fimix, FitError> {
    let mut random = stream(options.seed, (1 << 59) | start);
    let k = options.segments;
    let draw = |_: &Vec<f64>| {
        let raw: Vec<f64> = (0..k).map(|_| -(f64::from(random.next_u32()) / 4_294_967_296.0 + 1e-12).ln()).collect();
        let total: f64 = raw.iter().sum();
        raw.into_iter().map(|x| x / total).collect()
    };
    let mut membership: Vec<Vec<f64>> = scores.iter().map(draw).collect();
    let mut before = f64::NEG_INFINITY;
    let (mut iterations, mut converged) = (0, false);
    let mut segments = Vec::new();
    while iterations < MOST_ITERATIONS && !converged {
        iterations += 1;
        segments = (0..k).map(|s| segment(model, scores, &membership, s)).collect::<Result<Vec<_>, _>>()?;
        let likelihood = expect(model, scores, &segments, &mut membership);
        if !likelihood.is_finite() {
            return Err(FitError::NoSegments);
        }
        converged = (likelihood - before).abs() <= TOLERANCE * likelihood.abs().max(1.0);
        before = likelihood;
    }
    Ok(judge(model, segments, membership, before, (iterations, converged)))
}

/// Weighted regressions within one segment.
fn segment(model: &PathModel, scores: &[Vec<f64>], membership: &[Vec<f64>], s: usize) -> Result<Segment, FitError> {
    let q = model.constructs.len();
    let total: f64 = membership.iter().map(|p| p[s]).sum();
    if total < 2.0 {
        return Err(FitError::NoSegments);
    }
    let mut cross = DMatrix::<f64>::zeros(q, q);
    for (row, p) in scores.iter().zip(membership) {
        for a in 0..q {
            for b in 0..=a {
                cross[(a, b)] += p[s] * row[a] * row[b] / total;
            }
        }
    }
    let at = |a: usize, b: usize| cross[(a.max(b), a.min(b))];
    let (mut paths, mut residuals, mut r2) = (DMatrix::zeros(q, q), vec![1.0; q], vec![None; q]);
    for (k, predictors) in model.predictors.iter().enumerate().filter(|(_, p)| !p.is_empty()) {
        let m = predictors.len();
        // Scaled to a unit diagonal, so that the threshold of singularity is that of correlations.
        let scale: Vec<f64> = predictors.iter().map(|l| at(*l, *l).sqrt()).collect();
        let left = DMatrix::from_fn(m, m, |i, j| at(predictors[i], predictors[j]) / (scale[i] * scale[j]));
        let right = DVector::from_fn(m, |i, _| at(k, predictors[i]) / scale[i]);
        let solved = linalg::solve(left, &right).map_err(|_| FitError::NoSegments)?;
        let explained = solved.dot(&right);
        residuals[k] = (at(k, k) - explained).max(SMALLEST_VARIANCE);
        r2[k] = Some(1.0 - residuals[k] / at(k, k));
        for ((&l, b), scale) in predictors.iter().zip(solved.iter()).zip(&scale) {
            paths[(k, l)] = b / scale;
        }
    }
    Ok(Segment { share: total / scores.len() as f64, paths, residual_variances: residuals, r2 })
}

/// Probabilities of the segments for every row; returns the log-likelihood.
fn expect(model: &PathModel, scores: &[Vec<f64>], segments: &[Segment], membership: &mut [Vec<f64>]) -> f64 {
    let mut likelihood = 0.0;
    for (row, p) in scores.iter().zip(membership) {
        for (log, segment) in p.iter_mut().zip(segments) {
            *log = segment.share.ln() + log_density(model, row, segment);
        }
        let highest = p.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = p.iter().map(|log| (log - highest).exp()).sum();
        for log in p.iter_mut() {
            *log = (*log - highest).exp() / total;
        }
        likelihood += highest + total.ln();
    }
    likelihood
}

fn log_density(model: &PathModel, row: &[f64], segment: &Segment) -> f64 {
    let mut sum = 0.0;
    for (k, predictors) in model.predictors.iter().enumerate().filter(|(_, p)| !p.is_empty()) {
        let fitted: f64 = predictors.iter().map(|&l| segment.paths[(k, l)] * row[l]).sum();
        let variance = segment.residual_variances[k];
        sum -= f64::midpoint((std::f64::consts::TAU * variance).ln(), (row[k] - fitted).powi(2) / variance);
    }
    sum
}

fn judge(
    model: &PathModel,
    segments: Vec<Segment>,
    membership: Vec<Vec<f64>>,
    log_likelihood: f64,
    (iterations, converged): (usize, bool),
) -> Fimix {
    let (k, n) = (segments.len(), membership.len() as f64);
    let endogenous = model.predictors.iter().filter(|p| !p.is_empty()).count();
    let parameters = (k - 1) + k * (model.paths().count() + endogenous);
    let free = parameters as f64;
    let unsure: f64 = membership.iter().flatten().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum();
    Fimix {
        log_likelihood,
        parameters,
        aic3: 3.0 * free - 2.0 * log_likelihood,
        caic: free * (n.ln() + 1.0) - 2.0 * log_likelihood,
        bic: free * n.ln() - 2.0 * log_likelihood,
        entropy: (k > 1).then(|| 1.0 - unsure / (n * (k as f64).ln())),
        segments,
        membership,
        iterations,
        converged,
    }
}

/// The largest segment first.
fn by_share(found: &mut Fimix) {
    let mut order: Vec<usize> = (0..found.segments.len()).collect();
    order.sort_by(|a, b| found.segments[*b].share.total_cmp(&found.segments[*a].share));
    found.segments = order.iter().map(|&s| found.segments[s].clone()).collect();
    for row in &mut found.membership {
        *row = order.iter().map(|&s| row[s]).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csi::model::ModeA;
    use crate::csi::simulate::Population;
    use crate::csi::syntax::parse;

    /// Scores of rows of which `first` follow one logic and the others another.
    fn scores(first: usize, rows: usize) -> (PathModel, Vec<Vec<f64>>) {
        let text = |a: f64, b: f64| format!("C ~ {a}*A + {b}*B\nA =~ 1*a\nB =~ 1*b\nC =~ 1*c");
        let population = |a, b| Population::from_spec(&parse(&text(a, b)).unwrap()).unwrap();
        let (one, other) = (population(0.85, 0.05), population(0.05, 0.85));
        let mut random = stream(11, 0);
        let rows = (0..rows).map(|i| if i < first { one.row(&mut random) } else { other.row(&mut random) }).collect();
        let model = PathModel::from_spec(&parse("C ~ A + B\nA =~ a\nB =~ b\nC =~ c").unwrap(), &ModeA::None).unwrap();
        (model, rows)
    }

    fn run(model: &PathModel, rows: &[Vec<f64>], segments: usize) -> Fimix {
        fimix(model, rows, FimixOptions { segments, starts: 10, seed: 1 }, Watch::nobody()).unwrap()
    }

    #[test]
    fn two_logics_are_found_and_told_apart() {
        let (model, rows) = scores(700, 1000);
        let (one, two, three) = (run(&model, &rows, 1), run(&model, &rows, 2), run(&model, &rows, 3));
        assert!(two.bic < one.bic && two.bic < three.bic, "{} {} {}", one.bic, two.bic, three.bic);
        assert!((two.segments[0].share - 0.7).abs() < 0.05, "{}", two.segments[0].share);
        let paths = |s: usize| (two.segments[s].paths[(2, 0)], two.segments[s].paths[(2, 1)]);
        assert!((paths(0).0 - 0.85).abs() < 0.06 && (paths(0).1 - 0.05).abs() < 0.06, "{:?}", paths(0));
        assert!((paths(1).0 - 0.05).abs() < 0.08 && (paths(1).1 - 0.85).abs() < 0.08, "{:?}", paths(1));
        let right = two.membership.iter().enumerate().filter(|(i, p)| (p[0] > 0.5) == (*i < 700)).count();
        assert!(right > 780 && two.entropy.is_some_and(|e| e > 0.4), "{right} {:?}", two.entropy);
        assert!(three.log_likelihood >= two.log_likelihood && two.log_likelihood > one.log_likelihood);
    }

    #[test]
    fn one_segment_is_the_plain_regression() {
        let (model, rows) = scores(400, 400);
        let found = run(&model, &rows, 1);
        assert_eq!((found.parameters, found.entropy, found.segments[0].share), (3, None, 1.0));
        let n = rows.len() as f64;
        let variance = found.segments[0].residual_variances[2];
        let by_hand = -n / 2.0 * ((std::f64::consts::TAU * variance).ln() + 1.0);
        assert!((found.log_likelihood - by_hand).abs() < 1e-8);
        assert!((found.bic - (3.0 * n.ln() - 2.0 * by_hand)).abs() < 1e-8);
        let few = fimix(&model, &rows[..10], FimixOptions { segments: 3, starts: 2, seed: 1 }, Watch::nobody());
        assert!(matches!(few, Err(FitError::TooFewRows { .. })));
    }
}
