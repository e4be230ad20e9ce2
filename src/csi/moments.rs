//! Counts, sums and cross-products of the indicators: the only pass over the rows.
//!
//! Owns: [`Moments`], which add up (any slice of the data is a sum of blocks), and the correlation
//! matrix that follows from them with every missing cell replaced by its indicator's mean. For ratings
//! all entries are exact integers below 2^53, so merging in any order gives the same bits. Refuses:
//! a correlation matrix where an indicator is constant or was never answered.

use std::sync::Arc;

use nalgebra::DMatrix;

use super::data::{Columns, Indicators, RATING_ORIGIN, SMALL};
use super::fit::FitError;

/// Pairwise-complete moments of p indicators, as deviations from `origin`.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    pub names: Arc<[String]>,
    /// What was subtracted from every value, p entries.
    pub origin: Vec<f64>,
    /// Number of rows, complete or not.
    pub rows: f64,
    /// p x p: rows in which both j and k were answered; the diagonal counts the answers to j.
    pub counts: DMatrix<f64>,
    /// p x p: `sums[(j, k)]` is the sum of x_j over the rows in which k was answered too.
    pub sums: DMatrix<f64>,
    /// p x p: sum of x_j x_k over the rows in which both were answered.
    pub products: DMatrix<f64>,
    /// p x p: `squares[(j, k)]` is the sum of x_j squared over the rows in which k was answered too.
    pub squares: DMatrix<f64>,
}

/// What stands in for missing answers in the correlations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Missing {
    /// The mean of the indicator's answers, unrounded (seminr's default). Correlations are attenuated.
    #[default]
    Mean,
    /// Nothing: each correlation from the rows that have both answers. The matrix may not be positive definite.
    Pairwise,
}

/// Means, standard deviations and correlations of p indicators, missing cells replaced by means.
#[derive(Debug, Clone, PartialEq)]
pub struct Correlations {
    /// Number of rows.
    pub n: f64,
    /// Arithmetic means of the answers given, on the indicators' own scales.
    pub means: Vec<f64>,
    /// Standard deviations, denominator n - 1, after replacement.
    pub sds: Vec<f64>,
    /// p x p, unit diagonal.
    pub matrix: DMatrix<f64>,
}

/// A column counts as constant when its variance is below this share of its squared distance from the origin:
/// rounding alone makes as much.
const CONSTANT: f64 = 1e-13;

impl Moments {
    /// Moments of all rows.
    pub fn of(data: &Indicators) -> Self {
        Self::resampled(data, None)
    }

    /// Moments of rows taken `times[i]` times each; all rows once if `None`.
    ///
    /// # Panics
    /// If `times` does not have one entry per row.
    pub fn resampled(data: &Indicators, times: Option<&[u32]>) -> Self {
        let p = data.names().len();
        if let Some(times) = times {
            assert_eq!(times.len(), data.rows(), "one count per row");
        }
        let Sums { rows, products, totals } = Sums::of(data, times);
        let mut moments = Self {
            names: data.names().clone(),
            origin: data.origin.clone(),
            rows,
            counts: DMatrix::from_element(p, p, rows),
            sums: DMatrix::from_fn(p, p, |j, _| totals[j]),
            squares: DMatrix::from_fn(p, p, |j, _| products[(j, j)]),
            products,
        };
        moments.take_out_gaps(data, times);
        moments
    }

    /// Missing cells were summed as zeros; what they must not contribute is taken out again.
    fn take_out_gaps(&mut self, data: &Indicators, times: Option<&[u32]>) {
        let p = self.names.len();
        let (mut deviations, mut absent) = (vec![0.0; p], vec![0.0; p]);
        for row in data.gaps.chunk_by(|a, b| a.row == b.row) {
            let i = row[0].row as usize;
            let times = data.taken(i, times);
            if times == 0.0 {
                continue;
            }
            for (j, deviation) in deviations.iter_mut().enumerate() {
                *deviation = data.deviation(i, j);
            }
            for k in row.iter().map(|gap| gap.column as usize) {
                absent[k] += times;
                let column = k * p..(k + 1) * p;
                let sums = &mut self.sums.as_mut_slice()[column.clone()];
                let squares = &mut self.squares.as_mut_slice()[column];
                for ((sum, square), deviation) in sums.iter_mut().zip(squares).zip(&deviations) {
                    *sum -= times * deviation;
                    *square -= times * deviation * deviation;
                }
                for gap in row {
                    self.counts[(gap.column as usize, k)] += times;
                }
            }
        }
        // Of two indicators: the rows less those that lack one or the other; what lacks both was taken out twice.
        for k in 0..p {
            for j in 0..p {
                self.counts[(j, k)] -= absent[j] + absent[k];
            }
        }
    }

    /// Rows, then counts, sums, products and squares column by column: 1 + 4 p² whole numbers for ratings.
    pub fn to_numbers(&self) -> Vec<f64> {
        let matrices = [&self.counts, &self.sums, &self.products, &self.squares];
        std::iter::once(self.rows).chain(matrices.into_iter().flat_map(|m| m.as_slice().iter().copied())).collect()
    }

    /// The moments of ratings from what [`Moments::to_numbers`] gave.
    ///
    /// # Errors
    /// [`FitError::Shape`] if these are not as many numbers as the names ask for.
    pub fn of_ratings(names: Arc<[String]>, numbers: &[f64]) -> Result<Self, FitError> {
        let p = names.len();
        let (rows, mut rest) = numbers.split_first().ok_or(FitError::Shape { expected: p, found: 0 })?;
        if rest.len() != 4 * p * p {
            return Err(FitError::Shape { expected: p, found: rest.len() / 4 });
        }
        let mut matrix = || {
            let (own, others) = rest.split_at(p * p);
            rest = others;
            DMatrix::from_column_slice(p, p, own)
        };
        let (counts, sums, products, squares) = (matrix(), matrix(), matrix(), matrix());
        Ok(Self { names, origin: vec![RATING_ORIGIN; p], rows: *rows, counts, sums, products, squares })
    }

    /// The moments of these indicators in this order; one that is `None` was answered by nobody.
    #[must_use]
    pub fn select(&self, names: Arc<[String]>, places: &[Option<usize>]) -> Self {
        let p = places.len();
        let pick = |matrix: &DMatrix<f64>| {
            DMatrix::from_fn(p, p, |j, k| places[j].zip(places[k]).map_or(0.0, |place| matrix[place]))
        };
        let origin = places.iter().map(|place| place.map_or(RATING_ORIGIN, |place| self.origin[place])).collect();
        let (counts, sums) = (pick(&self.counts), pick(&self.sums));
        Self {
            names,
            origin,
            rows: self.rows,
            counts,
            sums,
            products: pick(&self.products),
            squares: pick(&self.squares),
        }
    }

    /// Adds the moments of other rows of the same indicators.
    ///
    /// # Errors
    /// [`FitError::Shape`] if names or origins differ.
    pub fn merge(&mut self, other: &Self) -> Result<(), FitError> {
        if self.names != other.names || self.origin != other.origin {
            return Err(FitError::Shape { expected: self.names.len(), found: other.names.len() });
        }
        self.add(other, 1.0);
        Ok(())
    }

    /// Adds the moments of another part of the same table, `times` times.
    pub(super) fn add(&mut self, other: &Self, times: f64) {
        self.rows += times * other.rows;
        let pairs = [
            (&mut self.counts, &other.counts),
            (&mut self.sums, &other.sums),
            (&mut self.products, &other.products),
            (&mut self.squares, &other.squares),
        ];
        for (mine, others) in pairs {
            for (a, b) in mine.as_mut_slice().iter_mut().zip(others.as_slice()) {
                *a += times * b;
            }
        }
    }

    /// Means of the answers given, p entries on the indicators' own scales; `None` where nobody answered.
    pub fn means(&self) -> Vec<Option<f64>> {
        let mean =
            |j: usize| (self.counts[(j, j)] > 0.0).then(|| self.origin[j] + self.sums[(j, j)] / self.counts[(j, j)]);
        (0..self.names.len()).map(mean).collect()
    }

    /// Correlations of the indicators, missing answers treated as `missing` says.
    ///
    /// # Errors
    /// [`FitError::TooFewRows`] below 3 rows, [`FitError::NeverAnswered`], [`FitError::Constant`].
    pub fn correlations(&self, missing: Missing) -> Result<Correlations, FitError> {
        let p = self.names.len();
        let (means, sds) = self.spread(missing)?;
        let freedom = self.rows - 1.0;
        let mut matrix = DMatrix::identity(p, p);
        for k in 0..p {
            for j in k + 1..p {
                let r = match missing {
                    Missing::Mean => self.cross(j, k) / (freedom * sds[j] * sds[k]),
                    Missing::Pairwise => self.pairwise(j, k)?,
                };
                matrix[(j, k)] = r;
                matrix[(k, j)] = r;
            }
        }
        Ok(Correlations { n: self.rows, means, sds, matrix })
    }
}

/// Sums and cross-products of the deviations of all rows, missing cells as zeros.
pub(super) struct Sums {
    /// Number of rows.
    pub rows: f64,
    /// p x p.
    pub products: DMatrix<f64>,
    /// p entries.
    pub totals: Vec<f64>,
}

impl Sums {
    /// Row i is taken `times[i]` times; once each if `None`.
    pub(super) fn of(data: &Indicators, times: Option<&[u32]>) -> Self {
        let taken = |i: usize| data.taken(i, times);
        let rows = if data.weights.is_none() && times.is_none() {
            data.rows() as f64
        } else {
            (0..data.rows()).map(taken).sum()
        };
        let few = times.is_none_or(|t| t.iter().all(|c| *c <= MOST_TIMES));
        let (products, totals) = match &data.columns {
            Columns::Small(columns) if few && data.weights.is_none() => small_products(columns, times),
            Columns::Small(columns) => real_products(&widen(columns), taken),
            Columns::Real(columns) => real_products(columns, taken),
        };
        Self { rows, products, totals }
    }
}

impl Moments {
    /// Means on the indicators' own scales and standard deviations, p entries each.
    ///
    /// # Errors
    /// As [`Moments::correlations`].
    pub(super) fn spread(&self, missing: Missing) -> Result<(Vec<f64>, Vec<f64>), FitError> {
        let p = self.names.len();
        if self.rows < 3.0 {
            return Err(FitError::TooFewRows { rows: self.rows as usize, needed: 3 });
        }
        if let Some(j) = (0..p).find(|&j| self.counts[(j, j)] == 0.0) {
            return Err(FitError::NeverAnswered(self.names[j].clone()));
        }
        let freedom = |j: usize| if missing == Missing::Mean { self.rows - 1.0 } else { self.counts[(j, j)] - 1.0 };
        let (mut means, mut sds) = (Vec::with_capacity(p), Vec::with_capacity(p));
        for j in 0..p {
            let (mean, variance) = (self.deviation(j), self.cross(j, j) / freedom(j));
            if variance <= CONSTANT * mean * mean || variance == 0.0 {
                return Err(FitError::Constant(self.names[j].clone()));
            }
            means.push(mean + self.origin[j]);
            sds.push(variance.sqrt());
        }
        Ok((means, sds))
    }

    /// Mean of the answers to j, from the origin.
    fn deviation(&self, j: usize) -> f64 {
        self.sums[(j, j)] / self.counts[(j, j)]
    }

    /// Sum of products of deviations from the means of all answers. Replaced cells deviate by zero, so only
    /// rows with both answers contribute.
    fn cross(&self, j: usize, k: usize) -> f64 {
        let (mean_j, mean_k) = (self.deviation(j), self.deviation(k));
        self.products[(j, k)] - mean_k * self.sums[(j, k)] - mean_j * self.sums[(k, j)]
            + self.counts[(j, k)] * mean_j * mean_k
    }

    /// The correlation of j and k over the rows that have both answers.
    fn pairwise(&self, j: usize, k: usize) -> Result<f64, FitError> {
        let n = self.counts[(j, k)];
        let (mean_j, mean_k) = (self.sums[(j, k)] / n, self.sums[(k, j)] / n);
        let variances = (self.squares[(j, k)] - n * mean_j * mean_j) * (self.squares[(k, j)] - n * mean_k * mean_k);
        let r = (self.products[(j, k)] - n * mean_j * mean_k) / variances.sqrt();
        if n < 2.0 || variances <= 0.0 || !r.is_finite() {
            return Err(FitError::NoPairs(self.names[j].clone(), self.names[k].clone()));
        }
        Ok(r)
    }
}

/// Rows summed at a time: short enough that 127 * 127 * `MOST_TIMES` * `CHUNK` fits an i32, and that a
/// chunk of 24 columns stays in the first-level cache.
const CHUNK: usize = 512;

/// How often a row may be taken for count * deviation to fit an i16.
const MOST_TIMES: u32 = 255;

fn small_products(columns: &[Vec<i16>], times: Option<&[u32]>) -> (DMatrix<f64>, Vec<f64>) {
    let (p, n) = (columns.len(), columns.first().map_or(0, Vec::len));
    let (mut products, mut totals) = (vec![0_i64; p * p], vec![0_i64; p]);
    let mut weighted = [0_i16; CHUNK];
    for start in (0..n).step_by(CHUNK) {
        let rows = start..(start + CHUNK).min(n);
        for j in 0..p {
            let x = &columns[j][rows.clone()];
            let y = match times {
                None => x,
                Some(times) => {
                    for ((y, x), c) in weighted.iter_mut().zip(x).zip(&times[rows.clone()]) {
                        *y = x * (*c as i16); // |x| <= 127 and c <= 255
                    }
                    &weighted[..x.len()]
                }
            };
            totals[j] += i64::from(y.iter().map(|y| i32::from(*y)).sum::<i32>());
            for k in j..p {
                products[j * p + k] += i64::from(dot(y, &columns[k][rows.clone()]));
            }
        }
    }
    let product = |j: usize, k: usize| products[j.min(k) * p + j.max(k)] as f64;
    (DMatrix::from_fn(p, p, product), totals.iter().map(|t| *t as f64).collect())
}

/// Compiles to packed multiply-add on every x86-64 and ARM64.
fn dot(a: &[i16], b: &[i16]) -> i32 {
    a.iter().zip(b).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
}

fn widen(columns: &[Vec<i16>]) -> Vec<Vec<f64>> {
    debug_assert!(columns.iter().flatten().all(|x| f64::from(*x).abs() <= SMALL));
    columns.iter().map(|c| c.iter().map(|x| f64::from(*x)).collect()).collect()
}

fn real_products(columns: &[Vec<f64>], taken: impl Fn(usize) -> f64) -> (DMatrix<f64>, Vec<f64>) {
    let p = columns.len();
    let mut products = DMatrix::zeros(p, p);
    let mut totals = vec![0.0; p];
    for j in 0..p {
        let y: Vec<f64> = columns[j].iter().enumerate().map(|(i, x)| x * taken(i)).collect();
        totals[j] = y.iter().sum();
        for k in j..p {
            let product: f64 = y.iter().zip(&columns[k]).map(|(a, b)| a * b).sum();
            products[(j, k)] = product;
            products[(k, j)] = product;
        }
    }
    (products, totals)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(p: usize) -> Arc<[String]> {
        (0..p).map(|j| format!("x{j}")).collect()
    }

    fn rating() -> impl Strategy<Value = u8> {
        prop_oneof![9 => 1_u8..=10, 1 => Just(super::super::data::MISSING)]
    }

    /// The definition, slowly: replace by means, then the textbook correlation.
    fn by_hand(bytes: &[u8], p: usize) -> (Vec<f64>, DMatrix<f64>) {
        let column = |j: usize| {
            bytes.iter().skip(j).step_by(p).map(|b| (*b != u8::MAX).then(|| f64::from(*b))).collect::<Vec<_>>()
        };
        let columns: Vec<Vec<f64>> = (0..p)
            .map(|j| {
                let answers = column(j);
                let given: Vec<f64> = answers.iter().flatten().copied().collect();
                let mean = given.iter().sum::<f64>() / given.len() as f64;
                answers.iter().map(|x| x.unwrap_or(mean) - mean).collect()
            })
            .collect();
        let n = columns[0].len() as f64;
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let sds: Vec<f64> = columns.iter().map(|c| (dot(c, c) / (n - 1.0)).sqrt()).collect();
        let matrix = DMatrix::from_fn(p, p, |j, k| dot(&columns[j], &columns[k]) / ((n - 1.0) * sds[j] * sds[k]));
        (sds, matrix)
    }

    proptest! {
        #[test]
        fn merging_in_any_order_gives_the_same_bits(bytes in proptest::collection::vec(rating(), 3 * 30), cut in 1_usize..29, turn in any::<bool>()) {
            let whole = Moments::of(&Indicators::from_bytes(names(3), &bytes));
            let (a, b) = bytes.split_at(3 * cut);
            let (first, second) = if turn { (b, a) } else { (a, b) };
            let mut merged = Moments::of(&Indicators::from_bytes(names(3), first));
            merged.merge(&Moments::of(&Indicators::from_bytes(names(3), second))).unwrap();
            prop_assert_eq!(merged, whole);
        }

        #[test]
        fn taking_a_row_twice_is_writing_it_twice(bytes in proptest::collection::vec(rating(), 4 * 20), times in proptest::collection::vec(0_u32..4, 20)) {
            let repeated: Vec<u8> = bytes.chunks(4).zip(&times).flat_map(|(row, c)| row.repeat(*c as usize)).collect();
            let counted = Moments::resampled(&Indicators::from_bytes(names(4), &bytes), Some(&times));
            prop_assert_eq!(counted, Moments::of(&Indicators::from_bytes(names(4), &repeated)));
        }

        #[test]
        fn correlations_follow_the_definition(bytes in proptest::collection::vec(rating(), 3 * 40)) {
            let moments = Moments::of(&Indicators::from_bytes(names(3), &bytes));
            if let Ok(correlations) = moments.correlations(Missing::Mean) {
                let (sds, matrix) = by_hand(&bytes, 3);
                prop_assert!((correlations.matrix - matrix).amax() < 1e-12);
                prop_assert!(correlations.sds.iter().zip(sds).all(|(a, b)| (a - b).abs() < 1e-12));
            }
        }
    }

    #[test]
    fn large_values_with_a_small_spread_lose_nothing() {
        let column = |shift: f64| [1.0, 4.0, 2.0, 8.0, 5.0].map(|x| Some(x + shift)).to_vec();
        let other = [2.0, 3.5, 2.0, 9.0, 4.0].map(Some).to_vec();
        let correlation = |shift| {
            let data = Indicators::from_columns(vec!["a".into(), "b".into()], &[column(shift), other.clone()]).unwrap();
            Moments::of(&data).correlations(Missing::Mean).unwrap().matrix[(0, 1)]
        };
        assert!((correlation(0.0) - correlation(1e9)).abs() < 1e-12);
    }

    #[test]
    fn a_row_taken_more_often_than_the_fast_path_holds_is_still_exact() {
        let data = Indicators::from_bytes(names(2), &[1, 10, 7, 3]);
        let moments = Moments::resampled(&data, Some(&[1000, 1]));
        assert_eq!(moments.products[(0, 1)], 1000.0 * -4.0 * 5.0 + 2.0 * -2.0);
    }

    proptest! {
        #[test]
        fn integer_weights_are_repeated_rows_and_equal_weights_are_none(
            bytes in proptest::collection::vec(rating(), 4 * 20),
            weights in proptest::collection::vec(0_u32..4, 20),
        ) {
            prop_assume!(weights.iter().any(|w| *w > 0));
            let weighted = |w: Vec<f64>| Moments::of(&Indicators::from_bytes(names(4), &bytes).with_weights("w", w).unwrap());
            let repeated: Vec<u8> = bytes.chunks(4).zip(&weights).flat_map(|(row, c)| row.repeat(*c as usize)).collect();
            let all_equal = weights.windows(2).all(|pair| pair[0] == pair[1]);
            if !all_equal {
                let integers = weights.iter().map(|w| f64::from(*w)).collect();
                prop_assert_eq!(weighted(integers), Moments::of(&Indicators::from_bytes(names(4), &repeated)));
            }
            prop_assert_eq!(weighted(vec![0.3; 20]), Moments::of(&Indicators::from_bytes(names(4), &bytes)));
        }
    }

    #[test]
    fn says_which_indicator_is_constant_or_empty() {
        let fails = |a: [Option<f64>; 4]| {
            let b = [Some(1.0), Some(2.0), Some(4.0), Some(3.0)];
            let data = Indicators::from_columns(vec!["a".into(), "b".into()], &[a.to_vec(), b.to_vec()]).unwrap();
            Moments::of(&data).correlations(Missing::Mean).unwrap_err().to_string()
        };
        assert_eq!(fails([Some(7.0); 4]), "indicator `a` has the same value in every row");
        assert_eq!(fails([None; 4]), "indicator `a` was never answered");
    }
}
