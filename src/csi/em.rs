//! Missing answers by maximum likelihood: EM for the mean and covariance of a normal sample.
//!
//! Owns: the rows sorted by which answers they lack, the iteration, and the expected value of what a row
//! lacks. Works on the moments of every pattern; the rows are summed once. Refuses: indicators that are
//! never answered, constant or collinear, and runs that do not settle, by name.
//!
//! Assumes that what is missing does not depend on its own value given the answers there are (missing at
//! random). Source: Dempster, Laird & Rubin (1977), JRSS B 39, 1-38; Little & Rubin (2002), ch. 11.

use std::collections::BTreeMap;

use nalgebra::{DMatrix, DVector};

use super::data::Indicators;
use super::fit::FitError;
use super::linalg;
use super::moments::{Correlations, Missing, Moments, Sums};

/// Rows by which answers they lack.
#[derive(Debug, Clone)]
pub struct Patterns {
    groups: Vec<Pattern>,
}

#[derive(Debug, Clone)]
struct Pattern {
    /// Positions of the rows in the whole table, ascending.
    rows: Vec<u32>,
    data: Indicators,
    missing: Vec<usize>,
    observed: Vec<usize>,
}

/// The normal distribution that the answers are most likely from.
#[derive(Debug, Clone, PartialEq)]
pub struct Normal {
    /// p means on the indicators' own scales.
    pub mean: Vec<f64>,
    /// p x p, maximum likelihood (denominator n).
    pub covariance: DMatrix<f64>,
    pub iterations: usize,
    /// Inverse of the covariance.
    precision: DMatrix<f64>,
}

/// Largest change of a standardised mean or (co)variance that counts as standing still.
const TOLERANCE: f64 = 1e-11;

/// Iterations at most. EM closes in by the share of information that is missing, so even 95 % needs fewer.
const MOST_ITERATIONS: usize = 2000;

impl Patterns {
    /// Sorts the rows of a table.
    pub fn of(data: &Indicators) -> Self {
        let p = data.names().len();
        let mut rows: BTreeMap<Vec<usize>, Vec<u32>> = BTreeMap::new();
        for i in 0..data.rows() {
            rows.entry(data.missing_in(i)).or_default().push(i as u32);
        }
        let pattern = |(missing, rows): (Vec<usize>, Vec<u32>)| {
            let observed = (0..p).filter(|j| !missing.contains(j)).collect();
            Pattern { data: data.take(&rows), rows, missing, observed }
        };
        Self { groups: rows.into_iter().map(pattern).collect() }
    }

    /// The most likely normal distribution of the rows, row i taken `times[i]` times (once if `None`),
    /// searched from `start`, or from the moments with every missing answer replaced by its mean.
    ///
    /// # Errors
    /// As [`Moments::correlations`]; [`FitError::EmSingular`], [`FitError::NotConverged`].
    pub fn normal(&self, moments: &Moments, times: Option<&[u32]>, start: Option<&Normal>) -> Result<Normal, FitError> {
        let Correlations { means, sds, matrix, .. } = moments.correlations(Missing::Mean)?;
        let scale = DVector::from_vec(sds);
        let origin = &moments.origin;
        let mut mean = DVector::from_fn(means.len(), |j, _| start.map_or(means[j], |s| s.mean[j]) - origin[j]);
        let mut covariance = match start {
            Some(start) => start.covariance.clone(),
            None => DMatrix::from_fn(scale.len(), scale.len(), |j, k| matrix[(j, k)] * scale[j] * scale[k]),
        };
        let parts: Vec<Part<'_>> = self.groups.iter().map(|group| group.part(times)).collect();
        let total: f64 = parts.iter().map(|p| p.sums.rows).sum();
        for iterations in 1..=MOST_ITERATIONS {
            let precision = invert(&covariance)?;
            let (mut first, mut second) = (DVector::zeros(mean.len()), DMatrix::zeros(mean.len(), mean.len()));
            for part in parts.iter().filter(|part| part.sums.rows > 0.0) {
                part.expect(&mean, &precision, &mut first, &mut second)?;
            }
            let shift = first / total;
            let next = second / total - &shift * shift.transpose();
            let moved = shift.component_div(&scale).amax();
            let change = (0..scale.len())
                .flat_map(|k| (k..scale.len()).map(move |j| (j, k)))
                .map(|(j, k)| ((next[(j, k)] - covariance[(j, k)]) / (scale[j] * scale[k])).abs())
                .fold(moved, f64::max);
            mean += shift;
            covariance = next;
            if change < TOLERANCE {
                let precision = invert(&covariance)?;
                let mean = mean.iter().zip(origin).map(|(m, o)| m + o).collect();
                return Ok(Normal { mean, covariance, iterations, precision });
            }
        }
        Err(FitError::EmNotConverged(MOST_ITERATIONS))
    }
}

impl Normal {
    /// Means, standard deviations (scaled to n - 1) and correlations of `rows` rows.
    pub fn correlations(&self, rows: f64) -> Correlations {
        let root = |j: usize| self.covariance[(j, j)].sqrt();
        let p = self.mean.len();
        let mut matrix = DMatrix::from_fn(p, p, |j, k| self.covariance[(j, k)] / (root(j) * root(k)));
        matrix.fill_diagonal(1.0);
        let unbiased = (rows / (rows - 1.0)).sqrt();
        Correlations { n: rows, means: self.mean.clone(), sds: (0..p).map(|j| root(j) * unbiased).collect(), matrix }
    }

    /// A row with every missing answer at its expected value given the others.
    pub fn complete(&self, row: &[Option<f64>]) -> Vec<f64> {
        let missing: Vec<usize> = (0..row.len()).filter(|j| row[*j].is_none()).collect();
        let deviation = |j: usize| row[j].map_or(0.0, |x| x - self.mean[j]);
        let mut values: Vec<f64> = (0..row.len()).map(|j| row[j].unwrap_or(self.mean[j])).collect();
        // E(x_m | x_o) = μ_m - K_mm^-1 K_mo (x_o - μ_o), K the inverse covariance.
        let pull = DVector::from_fn(missing.len(), |a, _| {
            (0..row.len()).map(|j| self.precision[(missing[a], j)] * deviation(j)).sum::<f64>()
        });
        let among = DMatrix::from_fn(missing.len(), missing.len(), |a, b| self.precision[(missing[a], missing[b])]);
        if let Some(shift) = among.cholesky().map(|factor| factor.solve(&pull)) {
            for (&j, shift) in missing.iter().zip(shift.iter()) {
                values[j] -= shift;
            }
        }
        values
    }
}

/// One pattern's rows, summed.
struct Part<'a> {
    pattern: &'a Pattern,
    sums: Sums,
}

impl Pattern {
    fn part(&self, times: Option<&[u32]>) -> Part<'_> {
        let own: Option<Vec<u32>> = times.map(|t| self.rows.iter().map(|i| t[*i as usize]).collect());
        Part { pattern: self, sums: Sums::of(&self.data, own.as_deref()) }
    }
}

impl Part<'_> {
    /// Adds the expected sums and cross-products of this part's deviations from `mean` (p, from the origin).
    fn expect(
        &self,
        mean: &DVector<f64>,
        precision: &DMatrix<f64>,
        first: &mut DVector<f64>,
        second: &mut DMatrix<f64>,
    ) -> Result<(), FitError> {
        let (o, m) = (&self.pattern.observed, &self.pattern.missing);
        let Sums { rows: n, totals, products } = &self.sums;
        let sum = DVector::from_fn(o.len(), |a, _| totals[o[a]] - n * mean[o[a]]);
        // Cross-products about the origin -> about the current mean.
        let cross = DMatrix::from_fn(o.len(), o.len(), |a, b| {
            let (j, k) = (o[a], o[b]);
            products[(j, k)] - mean[j] * totals[k] - mean[k] * totals[j] + n * mean[j] * mean[k]
        });
        for (a, &j) in o.iter().enumerate() {
            first[j] += sum[a];
            for (b, &k) in o.iter().enumerate() {
                second[(j, k)] += cross[(a, b)];
            }
        }
        if m.is_empty() {
            return Ok(());
        }
        let among = DMatrix::from_fn(m.len(), m.len(), |a, b| precision[(m[a], m[b])]);
        let with = DMatrix::from_fn(m.len(), o.len(), |a, b| precision[(m[a], o[b])]);
        let factor = among.cholesky().ok_or(FitError::EmSingular)?;
        // Regression of the missing on the observed, and what it leaves unexplained.
        let slopes = -factor.solve(&with);
        let left = factor.inverse() * *n;
        let expected = &slopes * &sum;
        let between = &slopes * &cross;
        let within = &between * slopes.transpose() + left;
        for (a, &j) in m.iter().enumerate() {
            first[j] += expected[a];
            for (b, &k) in o.iter().enumerate() {
                second[(j, k)] += between[(a, b)];
                second[(k, j)] += between[(a, b)];
            }
            for (b, &k) in m.iter().enumerate() {
                second[(j, k)] += within[(a, b)];
            }
        }
        Ok(())
    }
}

/// Inverse of a covariance matrix, by way of its correlations.
fn invert(covariance: &DMatrix<f64>) -> Result<DMatrix<f64>, FitError> {
    let p = covariance.nrows();
    let roots: Vec<f64> = (0..p).map(|j| covariance[(j, j)].sqrt()).collect();
    let correlation = DMatrix::from_fn(p, p, |j, k| covariance[(j, k)] / (roots[j] * roots[k]));
    let mut inverse = linalg::cholesky(correlation).map_err(|_| FitError::EmSingular)?.inverse();
    for k in 0..p {
        for j in 0..p {
            inverse[(j, k)] /= roots[j] * roots[k];
        }
    }
    Ok(inverse)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn normal_of(columns: &[Vec<Option<f64>>]) -> (Indicators, Normal) {
        let names = (0..columns.len()).map(|j| format!("x{j}")).collect();
        let data = Indicators::from_columns(names, columns).unwrap();
        let normal = Patterns::of(&data).normal(&Moments::of(&data), None, None).unwrap();
        (data, normal)
    }

    /// Two variables, the second missing for some: the likelihood factors, so the solution is closed
    /// (Anderson 1957): regress the second on the first where both are known.
    #[test]
    fn a_monotone_pattern_has_the_solution_of_anderson() {
        let x: [f64; 8] = [1.0, 4.0, 2.0, 7.0, 5.0, 9.0, 3.0, 8.0];
        let y = [Some(2.0), Some(3.0), Some(2.5), Some(6.0), Some(7.0), None, None, None];
        let (_, found) = normal_of(&[x.map(Some).to_vec(), y.to_vec()]);
        let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
        let known: Vec<f64> = y.iter().flatten().copied().collect();
        let (x5, y5) = (mean(&x[..5]), mean(&known));
        let sxy: f64 = x[..5].iter().zip(&known).map(|(a, b)| (a - x5) * (b - y5)).sum::<f64>() / 5.0;
        let sxx: f64 = x[..5].iter().map(|a| (a - x5).powi(2)).sum::<f64>() / 5.0;
        let syy: f64 = known.iter().map(|b| (b - y5).powi(2)).sum::<f64>() / 5.0;
        let (slope, all) = (sxy / sxx, x.iter().map(|a| (a - mean(&x)).powi(2)).sum::<f64>() / 8.0);
        assert!((found.mean[1] - (y5 + slope * (mean(&x) - x5))).abs() < 1e-9);
        assert!((found.covariance[(0, 0)] - all).abs() < 1e-9);
        assert!((found.covariance[(1, 1)] - (syy - slope * sxy + slope * slope * all)).abs() < 1e-9);
        assert!((found.covariance[(0, 1)] - slope * all).abs() < 1e-9);
        let completed = found.complete(&[Some(9.0), None]);
        assert!((completed[1] - (y5 + slope * (9.0 - x5))).abs() < 1e-9);
    }

    /// Log-likelihood of the answers given, up to a constant.
    fn log_likelihood(columns: &[Vec<Option<f64>>], mean: &[f64], covariance: &DMatrix<f64>) -> f64 {
        let row = |i: usize| {
            let o: Vec<usize> = (0..columns.len()).filter(|j| columns[*j][i].is_some()).collect();
            let part = DMatrix::from_fn(o.len(), o.len(), |a, b| covariance[(o[a], o[b])]);
            let x = DVector::from_fn(o.len(), |a, _| columns[o[a]][i].unwrap() - mean[o[a]]);
            let factor = part.cholesky().unwrap();
            -factor.ln_determinant() / 2.0 - x.dot(&factor.solve(&x)) / 2.0
        };
        (0..columns[0].len()).map(row).sum()
    }

    proptest! {
        #[test]
        fn complete_answers_give_their_own_moments_and_no_step_raises_the_likelihood(
            rows in proptest::collection::vec(proptest::collection::vec(1_u8..=10, 3), 25..40),
            gaps in proptest::collection::vec(0_u8..6, 40),
        ) {
            let whole: Vec<Vec<Option<f64>>> =
                (0..3).map(|j| rows.iter().map(|r| Some(f64::from(r[j]))).collect()).collect();
            let (data, found) = normal_of(&whole);
            let (n, plain) = (rows.len() as f64, Moments::of(&data).correlations(Missing::Mean).unwrap());
            prop_assert!((found.correlations(n).matrix - plain.matrix).amax() < 1e-9);
            let mut holed = whole.clone();
            for (i, gap) in gaps.iter().take(rows.len()).enumerate().filter(|(_, gap)| **gap < 3) {
                holed[*gap as usize][i] = None;
            }
            let (_, found) = normal_of(&holed);
            let best = log_likelihood(&holed, &found.mean, &found.covariance);
            for step in [-1e-3, 1e-3] {
                for j in 0..3 {
                    let mut mean = found.mean.clone();
                    mean[j] += step;
                    prop_assert!(log_likelihood(&holed, &mean, &found.covariance) <= best);
                    for k in 0..=j {
                        let mut covariance = found.covariance.clone();
                        covariance[(j, k)] += step;
                        covariance[(k, j)] = covariance[(j, k)];
                        prop_assert!(log_likelihood(&holed, &found.mean, &covariance) <= best);
                    }
                }
            }
        }
    }
}
