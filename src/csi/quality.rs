//! How good a measurement is: reliability, convergent and discriminant validity, collinearity.
//!
//! Owns: the figures per block and pair of blocks, from a [`Fit`] alone. Refuses: figures that are not
//! defined; those are `None` (mode B blocks have no reliability; a negative mean correlation no HTMT).
//!
//! Sources: standardised alpha (Cronbach 1951); rho_A (Dijkstra & Henseler 2015); rho_C and AVE
//! (Fornell & Larcker 1981) with the model's loadings; HTMT (Henseler, Ringle & Sarstedt 2015), HTMT+
//! (Ringle et al. 2023), HTMT2 (Roemer, Schuberth & Henseler 2021); f2 (Cohen 1988; Chin 1998).

use std::fmt;
use std::ops::Range;

use nalgebra::{DMatrix, DVector};

use super::consistent::rho_a;
use super::fit::Fit;
use super::linalg;
use super::model::{Mode, PathModel};

/// Reliability figures of one block.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Reliability {
    /// Standardised Cronbach alpha: K/(K-1) (1 - K / ΣΣ S). May be negative.
    pub alpha: f64,
    pub rho_a: f64,
    /// (Σλ)² / ((Σλ)² + Σ(1-λ²)).
    pub rho_c: f64,
    /// Mean squared loading.
    pub ave: f64,
}

/// Reliability of every block; `None` for mode B blocks of several indicators, 1 for single indicators.
pub fn reliability(fit: &Fit, model: &PathModel) -> Vec<Option<Reliability>> {
    let figures = |c: &super::model::Construct| {
        let k = c.block.len() as f64;
        if c.block.len() == 1 {
            return Some(Reliability { alpha: 1.0, rho_a: 1.0, rho_c: 1.0, ave: 1.0 });
        }
        if c.mode == Mode::B {
            return None;
        }
        let total =
            fit.indicator_correlations.view((c.block.start, c.block.start), (c.block.len(), c.block.len())).sum();
        let loadings = &fit.loadings[c.block.clone()];
        let (sum, squares) = (loadings.iter().sum::<f64>(), loadings.iter().map(|l| l * l).sum::<f64>());
        Some(Reliability {
            alpha: k / (k - 1.0) * (1.0 - k / total),
            rho_a: rho_a(&fit.indicator_correlations, &fit.weights, c.block.clone()),
            rho_c: sum * sum / (sum * sum + k - squares),
            ave: squares / k,
        })
    };
    model.constructs.iter().map(figures).collect()
}

/// Fornell-Larcker table, q x q, lower triangle: the root of the mean squared loading on the diagonal,
/// construct correlations below it.
pub fn fornell_larcker(fit: &Fit, model: &PathModel) -> DMatrix<f64> {
    let root = |block: Range<usize>| {
        let loadings = &fit.loadings[block];
        (loadings.iter().map(|l| l * l).sum::<f64>() / loadings.len() as f64).sqrt()
    };
    let q = model.constructs.len();
    let entry = |k: usize, l: usize| match k.cmp(&l) {
        std::cmp::Ordering::Equal => root(model.constructs[k].block.clone()),
        std::cmp::Ordering::Greater => fit.construct_correlations[(k, l)],
        std::cmp::Ordering::Less => 0.0,
    };
    DMatrix::from_fn(q, q, entry)
}

/// Which heterotrait-monotrait ratio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Htmt {
    /// Arithmetic means of signed correlations, absolute value of the ratio.
    Original,
    /// Arithmetic means of absolute correlations.
    Plus,
    /// Geometric means.
    Two,
}

/// The ratio for constructs k and l; `None` where a mean correlation within a block is not positive
/// or a geometric mean does not exist.
pub fn htmt(fit: &Fit, model: &PathModel, k: usize, l: usize, kind: Htmt) -> Option<f64> {
    let s = &fit.indicator_correlations;
    let (a, b) = (model.constructs[k].block.clone(), model.constructs[l].block.clone());
    let between: Vec<f64> = a.clone().flat_map(|i| b.clone().map(move |j| s[(i, j)])).collect();
    let within = |block: Range<usize>| -> Vec<f64> {
        let pairs: Vec<f64> = block.clone().flat_map(|i| (block.start..i).map(move |j| s[(i, j)])).collect();
        if pairs.is_empty() { vec![1.0] } else { pairs }
    };
    let mean = |r: &[f64]| match kind {
        Htmt::Original => Some(r.iter().sum::<f64>() / r.len() as f64),
        Htmt::Plus => Some(r.iter().map(|x| x.abs()).sum::<f64>() / r.len() as f64),
        Htmt::Two => geometric_mean(r),
    };
    let (first, second) = (mean(&within(a))?, mean(&within(b))?);
    if first <= 0.0 || second <= 0.0 {
        return None;
    }
    Some(mean(&between)?.abs() / (first * second).sqrt())
}

/// The n-th root of the product, where the product is positive.
fn geometric_mean(r: &[f64]) -> Option<f64> {
    let positive = r.iter().filter(|x| **x < 0.0).count() % 2 == 0 && r.iter().all(|x| *x != 0.0);
    positive.then(|| (r.iter().map(|x| x.abs().ln()).sum::<f64>() / r.len() as f64).exp())
}

/// Variance inflation of every indicator within its block (p); `None` in a block that is collinear.
pub fn outer_vif(fit: &Fit, model: &PathModel) -> Vec<Option<f64>> {
    let of_block = |c: &super::model::Construct| {
        let size = c.block.len();
        let within = fit.indicator_correlations.view((c.block.start, c.block.start), (size, size)).into_owned();
        inverse_diagonal(within, size)
    };
    model.constructs.iter().flat_map(of_block).collect()
}

/// Variance inflation of the predictors of construct k, in their order.
pub fn inner_vif(fit: &Fit, model: &PathModel, k: usize) -> Vec<Option<f64>> {
    let predictors = &model.predictors[k];
    let size = predictors.len();
    let among = DMatrix::from_fn(size, size, |i, j| fit.construct_correlations[(predictors[i], predictors[j])]);
    inverse_diagonal(among, size)
}

fn inverse_diagonal(matrix: DMatrix<f64>, size: usize) -> Vec<Option<f64>> {
    match linalg::cholesky(matrix) {
        Ok(factor) => factor.inverse().diagonal().iter().map(|x| Some(*x)).collect(),
        Err(_) => vec![None; size],
    }
}

/// f2 of every predictor of construct k, in their order: (R2 - R2 without it) / (1 - R2), construct
/// correlations held fixed. `None` where R2 is 1 or the rest is collinear.
pub fn f2(fit: &Fit, model: &PathModel, k: usize) -> Vec<Option<f64>> {
    let predictors = &model.predictors[k];
    let Some(r2) = fit.r2[k] else { return Vec::new() };
    let without = |left_out: usize| {
        let rest: Vec<usize> = predictors.iter().copied().filter(|l| *l != left_out).collect();
        if rest.is_empty() {
            return Some(0.0);
        }
        let c = &fit.construct_correlations;
        let right = DVector::from_fn(rest.len(), |i, _| c[(k, rest[i])]);
        let left = DMatrix::from_fn(rest.len(), rest.len(), |i, j| c[(rest[i], rest[j])]);
        Some(linalg::solve(left, &right).ok()?.dot(&right))
    };
    let effect = |l: &usize| without(*l).map(|r2_without| (r2 - r2_without) / (1.0 - r2)).filter(|f2| f2.is_finite());
    predictors.iter().map(effect).collect()
}

/// What makes a solution inadmissible: figures that no population has.
#[derive(Debug, Clone, PartialEq)]
pub enum Inadmissible {
    RhoA { construct: String, value: f64 },
    Loading { indicator: String, value: f64 },
    Correlation { first: String, second: String, value: f64 },
    NotPositiveDefinite,
}

impl fmt::Display for Inadmissible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RhoA { construct, value } => write!(f, "rho_A of `{construct}` is {value:.4}, above 1"),
            Self::Loading { indicator, value } => write!(f, "the loading of `{indicator}` is {value:.4}, beyond 1"),
            Self::Correlation { first, second, value } => {
                write!(f, "the correlation of `{first}` and `{second}` is {value:.4}, beyond 1")
            }
            Self::NotPositiveDefinite => {
                f.write_str("the correlation matrix of the constructs is not positive definite")
            }
        }
    }
}

/// Everything inadmissible in a solution; empty for a proper one.
pub fn inadmissible(fit: &Fit, model: &PathModel) -> Vec<Inadmissible> {
    let mut found = Vec::new();
    let name = |k: usize| model.constructs[k].name.clone();
    for (k, figures) in reliability(fit, model).into_iter().enumerate() {
        if let Some(value) = figures.map(|r| r.rho_a).filter(|rho_a| *rho_a > 1.0 + ROUNDING) {
            found.push(Inadmissible::RhoA { construct: name(k), value });
        }
    }
    for (indicator, &value) in model.indicators.iter().zip(&fit.loadings).filter(|(_, l)| l.abs() > 1.0 + ROUNDING) {
        found.push(Inadmissible::Loading { indicator: indicator.clone(), value });
    }
    let c = &fit.construct_correlations;
    for k in 0..model.constructs.len() {
        for l in (0..k).filter(|l| c[(k, *l)].abs() > 1.0 + ROUNDING) {
            found.push(Inadmissible::Correlation { first: name(l), second: name(k), value: c[(k, l)] });
        }
    }
    if linalg::cholesky(c.clone()).is_err() {
        found.push(Inadmissible::NotPositiveDefinite);
    }
    found
}

/// How far beyond 1 rounding alone may carry a figure.
const ROUNDING: f64 = 1e-9;

/// Adjusted R2 of construct k: 1 - (1 - R2)(n - 1) / (n - m - 1) with m predictors.
pub fn adjusted_r2(fit: &Fit, model: &PathModel, k: usize) -> Option<f64> {
    let m = model.predictors[k].len() as f64;
    fit.r2[k].map(|r2| 1.0 - (1.0 - r2) * (fit.n - 1.0) / (fit.n - m - 1.0))
}

/// Goodness of fit of Tenenhaus et al. (2005), descriptive only: the root of mean squared loading (over
/// the indicators of blocks of several) times mean R2. `None` without such a block or a path.
pub fn gof(fit: &Fit, model: &PathModel) -> Option<f64> {
    let blocks = model.constructs.iter().filter(|c| c.block.len() > 1);
    let squares: Vec<f64> = blocks.flat_map(|c| c.block.clone()).map(|j| fit.loadings[j] * fit.loadings[j]).collect();
    let r2: Vec<f64> = fit.r2.iter().flatten().copied().collect();
    let mean = |x: &[f64]| (!x.is_empty()).then(|| x.iter().sum::<f64>() / x.len() as f64);
    Some((mean(&squares)? * mean(&r2)?).sqrt())
}
