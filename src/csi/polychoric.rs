//! Polychoric correlations: what the correlation would be if ratings were steps of normal variables.
//!
//! Owns: thresholds from every indicator's own answers, then one maximum-likelihood correlation a pair
//! (two-step). A missing answer is left out pair by pair. Refuses: indicators with more than
//! [`MOST_CATEGORIES`] different values, by name.
//!
//! Source: Olsson (1979), Psychometrika 44(4), 443-460; the derivative of the bivariate normal
//! distribution in its correlation is its density (Plackett 1954).

use nalgebra::DMatrix;
use rayon::prelude::*;

use super::data::Indicators;
use super::dist::{BivariateNormal, normal_cdf, normal_quantile};
use super::fit::FitError;
use super::moments::{Correlations, Missing, Moments};

/// Different values of an indicator at most.
pub const MOST_CATEGORIES: usize = 20;

/// Correlations are searched up to here: beyond, the likelihood is flat where cells are empty.
const LARGEST: f64 = 0.9999;

/// Largest step of a correlation that counts as standing still.
const TOLERANCE: f64 = 1e-12;

/// The rows' answers as categories.
#[derive(Debug, Clone)]
pub struct Ordinal {
    /// Per indicator, per row: which of its values, ascending, was answered.
    codes: Vec<Vec<Option<u8>>>,
    /// Per indicator: how many values there are.
    levels: Vec<usize>,
}

impl Ordinal {
    /// Sorts the answers into categories.
    ///
    /// # Errors
    /// [`FitError::TooManyCategories`].
    pub fn of(data: &Indicators) -> Result<Self, FitError> {
        let p = data.names().len();
        let mut columns = vec![Vec::with_capacity(data.rows()); p];
        for i in 0..data.rows() {
            for (column, value) in columns.iter_mut().zip(data.row(i)) {
                column.push(value);
            }
        }
        let (mut codes, mut levels) = (Vec::with_capacity(p), Vec::with_capacity(p));
        for (name, column) in data.names().iter().zip(columns) {
            let mut values: Vec<f64> = column.iter().flatten().copied().collect();
            values.sort_unstable_by(f64::total_cmp);
            values.dedup();
            if values.len() > MOST_CATEGORIES {
                let (found, most) = (values.len(), MOST_CATEGORIES);
                return Err(FitError::TooManyCategories { indicator: name.clone(), found, most });
            }
            // Below 256: there are at most MOST_CATEGORIES values.
            let code = |x: Option<f64>| x.map(|x| values.partition_point(|v| *v < x) as u8);
            codes.push(column.into_iter().map(code).collect());
            levels.push(values.len());
        }
        Ok(Self { codes, levels })
    }

    /// Correlations of rows taken `times[i]` times (once if `None`), searched from `start`; means and
    /// standard deviations are those of the answers given.
    ///
    /// # Errors
    /// [`FitError::TooFewRows`], [`FitError::NeverAnswered`], [`FitError::Constant`], [`FitError::NoPairs`].
    pub fn correlations(
        &self,
        data: &Indicators,
        moments: &Moments,
        times: Option<&[u32]>,
        start: Option<&DMatrix<f64>>,
    ) -> Result<Correlations, FitError> {
        let p = self.levels.len();
        let (means, sds) = moments.spread(Missing::Pairwise)?;
        let taken: Vec<f64> = (0..data.rows()).map(|i| data.taken(i, times)).collect();
        let thresholds: Vec<Vec<Threshold>> = (0..p).map(|j| self.thresholds(j, &taken)).collect();
        let pairs: Vec<(usize, usize)> = (0..p).flat_map(|k| (k + 1..p).map(move |j| (j, k))).collect();
        let correlation = |&(j, k): &(usize, usize)| {
            let table = self.table(j, k, &taken);
            if !varies(&table, self.levels[k]) {
                return Err(FitError::NoPairs(moments.names[j].clone(), moments.names[k].clone()));
            }
            let guess = start.map_or(0.0, |s| s[(j, k)]);
            Ok(most_likely(&table, &thresholds[j], &thresholds[k], guess))
        };
        let found: Vec<f64> = pairs.par_iter().map(correlation).collect::<Result<_, _>>()?;
        let mut matrix = DMatrix::identity(p, p);
        for ((j, k), r) in pairs.into_iter().zip(found) {
            matrix[(j, k)] = r;
            matrix[(k, j)] = r;
        }
        Ok(Correlations { n: moments.rows, means, sds, matrix })
    }

    /// Normal quantiles of the cumulative shares: levels + 1 entries, from minus to plus infinity.
    fn thresholds(&self, j: usize, taken: &[f64]) -> Vec<Threshold> {
        let mut counts = vec![0.0; self.levels[j]];
        for (code, times) in self.codes[j].iter().zip(taken) {
            if let Some(code) = code {
                counts[usize::from(*code)] += times;
            }
        }
        let total: f64 = counts.iter().sum();
        let mut below = 0.0;
        let mut thresholds = vec![f64::NEG_INFINITY];
        for count in &counts[..counts.len() - 1] {
            below += count;
            let share = below / total;
            thresholds.push(match share {
                share if share <= 0.0 => f64::NEG_INFINITY,
                share if share >= 1.0 => f64::INFINITY,
                share => normal_quantile(share),
            });
        }
        thresholds.push(f64::INFINITY);
        thresholds.into_iter().map(Threshold::new).collect()
    }

    /// Counts of every combination of categories of j (rows) and k (columns), row after row.
    fn table(&self, j: usize, k: usize, taken: &[f64]) -> Vec<f64> {
        let width = self.levels[k];
        let mut table = vec![0.0; self.levels[j] * width];
        for ((a, b), times) in self.codes[j].iter().zip(&self.codes[k]).zip(taken) {
            if let (Some(a), Some(b)) = (a, b) {
                table[usize::from(*a) * width + usize::from(*b)] += times;
            }
        }
        table
    }
}

/// Whether more than one row and more than one column of a table are taken.
fn varies(table: &[f64], width: usize) -> bool {
    let rows = table.chunks(width).filter(|row| row.iter().any(|x| *x > 0.0)).count();
    let columns = (0..width).filter(|j| table.iter().skip(*j).step_by(width).any(|x| *x > 0.0)).count();
    rows > 1 && columns > 1
}

/// The correlation under which a table is most likely: Fisher scoring, kept inside a bracket that the sign
/// of the derivative closes.
fn most_likely(table: &[f64], rows: &[Threshold], columns: &[Threshold], start: f64) -> f64 {
    let (mut low, mut high) = (-LARGEST, LARGEST);
    let mut r = start.clamp(-0.9, 0.9);
    for _ in 0..100 {
        let (slope, information) = score(table, rows, columns, r);
        if slope > 0.0 {
            low = r;
        } else {
            high = r;
        }
        let mut next = r + slope / information;
        if !(next > low && next < high) {
            next = f64::midpoint(low, high);
        }
        let moved = (next - r).abs();
        r = next;
        if moved < TOLERANCE {
            break;
        }
    }
    r
}

/// First derivative of the log-likelihood in r, and its expected second (information).
fn score(table: &[f64], rows: &[Threshold], columns: &[Threshold], r: f64) -> (f64, f64) {
    let width = columns.len();
    let normal = BivariateNormal::new(r);
    let corners = || rows.iter().flat_map(|a| columns.iter().map(move |b| (a, b)));
    let mass: Vec<f64> = corners().map(|(a, b)| cdf(&normal, a, b)).collect();
    let density: Vec<f64> = corners().map(|(a, b)| pdf(&normal, a, b)).collect();
    let cell = |corners: &[f64], i: usize, j: usize| {
        let at = |i: usize, j: usize| corners[i * width + j];
        at(i + 1, j + 1) - at(i, j + 1) - at(i + 1, j) + at(i, j)
    };
    let total: f64 = table.iter().sum();
    let (mut slope, mut information) = (0.0, 0.0);
    for i in 0..rows.len() - 1 {
        for j in 0..width - 1 {
            let (probability, change) = (cell(&mass, i, j), cell(&density, i, j));
            if probability > 1e-300 {
                slope += table[i * (width - 1) + j] * change / probability;
                information += total * change * change / probability;
            }
        }
    }
    (slope, information)
}

/// Where a category ends, and the share of answers below it.
#[derive(Debug, Clone, Copy)]
struct Threshold {
    at: f64,
    below: f64,
}

impl Threshold {
    fn new(at: f64) -> Self {
        Self { at, below: normal_cdf(at) }
    }
}

fn cdf(normal: &BivariateNormal, a: &Threshold, b: &Threshold) -> f64 {
    let excess = if a.at.is_finite() && b.at.is_finite() { normal.excess(a.at, b.at) } else { 0.0 };
    a.below * b.below + excess
}

fn pdf(normal: &BivariateNormal, a: &Threshold, b: &Threshold) -> f64 {
    if a.at.is_finite() && b.at.is_finite() { normal.pdf(a.at, b.at) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_halved_variables_have_a_closed_solution() {
        // With both thresholds at 0, the share of the first quadrant is 1/4 + asin(r)/2π.
        let share: f64 = 0.35;
        let table = [share, 0.5 - share, 0.5 - share, share].map(|s| s * 1000.0);
        let thresholds = [f64::NEG_INFINITY, 0.0, f64::INFINITY].map(Threshold::new);
        let r = most_likely(&table, &thresholds, &thresholds, 0.0);
        assert!((r - (std::f64::consts::TAU * (share - 0.25)).sin()).abs() < 1e-10, "{r}");
    }

    #[test]
    fn a_table_that_a_correlation_implies_gives_it_back() {
        let rows = [f64::NEG_INFINITY, -1.2, -0.3, 0.4, 1.1, f64::INFINITY].map(Threshold::new);
        let columns = [f64::NEG_INFINITY, -0.8, 0.9, f64::INFINITY].map(Threshold::new);
        for r in [-0.95, -0.4, 0.0, 0.3, 0.77, 0.985] {
            let mut table = Vec::new();
            for i in 0..5 {
                for j in 0..3 {
                    let normal = BivariateNormal::new(r);
                    let c = |a: usize, b: usize| cdf(&normal, &rows[a], &columns[b]);
                    table.push(1e4 * (c(i + 1, j + 1) - c(i, j + 1) - c(i + 1, j) + c(i, j)));
                }
            }
            let found = most_likely(&table, &rows, &columns, 0.0);
            assert!((found - r).abs() < 1e-9, "{r}: {found}");
        }
    }
}
