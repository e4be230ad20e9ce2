//! The n x p indicators: names, values as the engine reads them, and which cells are missing.
//!
//! Owns: the compact column storage that makes one cross-product pass cheap, and exact where it can be.
//! Refuses: infinities, NaN posing as a value, columns of unequal length. Knows no questions: an
//! indicator is a name and numbers.
//!
//! Values are kept as deviations from a whole-numbered `origin` per column. For ratings these
//! deviations are small integers, so every sum of products is an exact integer and does not depend on
//! the order of the rows; for other data the shift keeps cancellation away (values near 1e9 lose nothing).

use std::sync::Arc;

use super::column::{Column, GAP, Values};

/// The lower and upper end of an indicator's response scale, for instance 1 and 10. Never observed
/// extremes unless the caller says so: NOTES on the index explain how much that changes the figure.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct ScaleRange {
    pub min: f64,
    pub max: f64,
}

/// What is wrong with a table of indicators.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DataError {
    #[error("column `{0}` is missing from the data")]
    MissingColumn(String),
    #[error("column `{column}` has {found} values where {expected} were expected")]
    Length { column: String, expected: usize, found: usize },
    #[error("column `{column}`, row {row}: the value is not a finite number")]
    NotFinite { column: String, row: usize },
    #[error("column `{column}`, row {row}: {value} cannot be a weight; weights are numbers from 0 on")]
    Weight { column: String, row: usize, value: f64 },
    #[error("the weights in column `{0}` are all zero")]
    NoWeight(String),
    #[error("the data have {0} rows; at most 4294967295 can be read")]
    TooManyRows(usize),
}

/// Column storage: deviations from the origin, 0 where missing.
#[derive(Debug, Clone)]
pub(super) enum Columns {
    /// Every deviation is an integer within -127..=127: the fast and exact path.
    Small(Vec<Vec<i16>>),
    Real(Vec<Vec<f64>>),
}

/// A cell without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Gap {
    pub row: u32,
    pub column: u32,
}

/// n rows of p named indicators, some cells missing.
#[derive(Debug, Clone)]
pub struct Indicators {
    names: Arc<[String]>,
    rows: usize,
    pub(super) origin: Vec<f64>,
    pub(super) columns: Columns,
    /// Missing cells, by row and then by column.
    pub(super) gaps: Vec<Gap>,
    /// Case weights, one per row; `None` where all rows count the same.
    pub(super) weights: Option<Vec<f64>>,
}

/// The largest deviation from the origin that the small-integer storage holds.
pub(super) const SMALL: f64 = 127.0;

impl Indicators {
    /// Builds from p columns of n values each; `None` is a missing answer.
    ///
    /// # Errors
    /// As [`Indicators::from_answers`].
    ///
    /// # Panics
    /// If `names` and `columns` differ in number.
    pub fn from_columns(names: Vec<String>, columns: &[Vec<Option<f64>>]) -> Result<Self, DataError> {
        Self::from_answers(names, columns.iter().map(|column| column.iter().copied().collect()).collect())
    }

    /// Builds from p columns of n answers each, in the memory that they already have.
    ///
    /// # Errors
    /// [`DataError::Length`] if columns differ in length, [`DataError::NotFinite`] with the row counted
    /// from 1, [`DataError::TooManyRows`] above 2^32 - 1.
    ///
    /// # Panics
    /// If `names` and `columns` differ in number.
    pub fn from_answers(names: Vec<String>, mut columns: Vec<Column>) -> Result<Self, DataError> {
        assert_eq!(names.len(), columns.len(), "one name per column");
        let rows = columns.first().map_or(0, Column::len);
        if u32::try_from(rows).is_err() {
            return Err(DataError::TooManyRows(rows));
        }
        for (name, column) in names.iter().zip(&columns) {
            if column.len() != rows {
                return Err(DataError::Length { column: name.clone(), expected: rows, found: column.len() });
            }
            if let Some(row) = column.not_finite {
                return Err(DataError::NotFinite { column: name.clone(), row: row + 1 });
            }
        }
        let ranges: Vec<Option<(f64, f64)>> = columns.iter().map(range).collect();
        let near = |origin: f64| move |&(low, high): &(f64, f64)| low >= origin - SMALL && high <= origin + SMALL;
        let whole = columns.iter().all(|c| matches!(c.values, Values::Small(_)));
        // Ratings share one origin with the compact form, so that the same answers give the same bits.
        let ratings = whole && ranges.iter().flatten().all(near(RATING_ORIGIN));
        let origin: Vec<f64> = ranges.iter().map(|r| if ratings { RATING_ORIGIN } else { middle(*r) }).collect();
        let small = whole && ranges.iter().zip(&origin).all(|(r, o)| r.as_ref().is_none_or(near(*o)));
        let gaps = gaps(&columns);
        if !small {
            columns.iter_mut().for_each(Column::widen);
        }
        let (mut compact, mut wide) = (Vec::new(), Vec::new());
        for (column, origin) in columns.into_iter().zip(&origin) {
            match column.values {
                Values::Small(mut values) => {
                    // Lossless: a whole number within 127 of any value.
                    let origin = *origin as i16;
                    for x in &mut values {
                        *x = if *x == GAP { 0 } else { *x - origin };
                    }
                    compact.push(values);
                }
                Values::Real(mut values) => {
                    for x in &mut values {
                        *x = if x.is_nan() { 0.0 } else { *x - origin };
                    }
                    wide.push(values);
                }
            }
        }
        let columns = if small { Columns::Small(compact) } else { Columns::Real(wide) };
        Ok(Self { names: names.into(), rows, origin, columns, gaps, weights: None })
    }

    /// Builds from n rows of p ratings in 0..=132, row after row; 255 marks a missing answer.
    ///
    /// The origin does not depend on the data, so that moments of tables built apart can be merged.
    ///
    /// # Panics
    /// If `bytes` is not a multiple of the number of names long, or a rating is above 132.
    pub fn from_bytes(names: Arc<[String]>, bytes: &[u8]) -> Self {
        let p = names.len();
        assert!(p > 0 && bytes.len().is_multiple_of(p), "whole rows of {p} ratings");
        let rows = bytes.len() / p;
        let mut columns = vec![Vec::with_capacity(rows); p];
        let mut gaps = Vec::new();
        for (row, ratings) in bytes.chunks_exact(p).enumerate() {
            for (column, &rating) in ratings.iter().enumerate() {
                let missing = rating == MISSING;
                if missing {
                    gaps.push(Gap { row: row as u32, column: column as u32 });
                }
                let deviation = if missing { 0 } else { i16::from(rating) - RATING_ORIGIN as i16 };
                assert!(deviation.abs() <= 127, "{rating} is no rating");
                columns[column].push(deviation);
            }
        }
        Self { names, rows, origin: vec![RATING_ORIGIN; p], columns: Columns::Small(columns), gaps, weights: None }
    }

    /// With case weights. Whole numbers: row i counts as `weights[i]` rows, so that they equal repeated
    /// rows. Any other weights are scaled to mean 1, so that their unit does not matter and n stays the
    /// number of rows. Weights that are all equal are dropped: they change nothing, not even a bit.
    ///
    /// # Errors
    /// [`DataError::Length`] unless there is one weight per row, [`DataError::Weight`] with the row counted
    /// from 1 if one is negative or not finite, [`DataError::NoWeight`] if all are zero.
    pub fn with_weights(mut self, name: &str, mut weights: Vec<f64>) -> Result<Self, DataError> {
        if weights.len() != self.rows {
            return Err(DataError::Length { column: name.to_owned(), expected: self.rows, found: weights.len() });
        }
        if let Some(row) = weights.iter().position(|w| !w.is_finite() || *w < 0.0) {
            return Err(DataError::Weight { column: name.to_owned(), row: row + 1, value: weights[row] });
        }
        if !weights.is_empty() && weights.iter().all(|w| *w == 0.0) {
            return Err(DataError::NoWeight(name.to_owned()));
        }
        let equal = weights.windows(2).all(|pair| pair[0] == pair[1]);
        scale_to_mean_one(&mut weights);
        self.weights = Some(weights).filter(|_| !equal);
        Ok(self)
    }

    /// Whether rows count differently.
    pub fn is_weighted(&self) -> bool {
        self.weights.is_some()
    }

    /// Effective number of rows, (Σw)² / Σw² (Kish 1965), and the design effect n Σw² / (Σw)².
    pub fn effective_rows(&self) -> (f64, f64) {
        let Some(weights) = &self.weights else { return (self.rows as f64, 1.0) };
        let (sum, squares) = (weights.iter().sum::<f64>(), weights.iter().map(|w| w * w).sum::<f64>());
        (sum * sum / squares, self.rows as f64 * squares / (sum * sum))
    }

    /// How much row i counts when it is drawn `times[i]` times; once if `None`.
    pub(super) fn taken(&self, i: usize, times: Option<&[u32]>) -> f64 {
        times.map_or(1.0, |t| f64::from(t[i])) * self.weights.as_ref().map_or(1.0, |w| w[i])
    }

    /// Number of rows, n.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The p indicator names.
    pub fn names(&self) -> &Arc<[String]> {
        &self.names
    }

    /// Missing cells per indicator (p counts).
    pub fn missing(&self) -> Vec<usize> {
        let mut counts = vec![0; self.names.len()];
        for gap in &self.gaps {
            counts[gap.column as usize] += 1;
        }
        counts
    }

    /// Which rows have no missing cell (n entries).
    pub fn complete(&self) -> Vec<bool> {
        let mut complete = vec![true; self.rows];
        for gap in &self.gaps {
            complete[gap.row as usize] = false;
        }
        complete
    }

    /// Only the rows without a missing cell (casewise deletion).
    #[must_use]
    pub fn complete_rows(&self) -> Self {
        let complete: Vec<u32> = (0..).zip(self.complete()).filter(|(_, complete)| *complete).map(|(i, _)| i).collect();
        let mut rest = self.take(&complete);
        if let Some(weights) = &mut rest.weights {
            scale_to_mean_one(weights);
        }
        rest
    }

    /// The rows at these ascending positions, as a table of their own.
    #[must_use]
    pub fn take(&self, rows: &[u32]) -> Self {
        fn pick<T: Copy>(columns: &[Vec<T>], rows: &[u32]) -> Vec<Vec<T>> {
            columns.iter().map(|c| rows.iter().map(|&i| c[i as usize]).collect()).collect()
        }
        let columns = match &self.columns {
            Columns::Small(columns) => Columns::Small(pick(columns, rows)),
            Columns::Real(columns) => Columns::Real(pick(columns, rows)),
        };
        let gaps_of = |(position, &row): (usize, &u32)| {
            let start = self.gaps.partition_point(|gap| gap.row < row);
            let own = self.gaps[start..].iter().take_while(move |gap| gap.row == row);
            own.map(move |gap| Gap { row: position as u32, column: gap.column })
        };
        let gaps = rows.iter().enumerate().flat_map(gaps_of).collect();
        let weights = self.weights.as_ref().map(|w| rows.iter().map(|&i| w[i as usize]).collect());
        Self { names: self.names.clone(), rows: rows.len(), origin: self.origin.clone(), columns, gaps, weights }
    }

    /// Smallest and largest observed value of every indicator; `None` where nothing was observed.
    pub fn observed_ranges(&self) -> Vec<Option<ScaleRange>> {
        let mut missing: Vec<Vec<bool>> = vec![Vec::new(); self.names.len()];
        for gap in &self.gaps {
            let column = &mut missing[gap.column as usize];
            column.resize(self.rows, false);
            column[gap.row as usize] = true;
        }
        let range = |j: usize| {
            let observed = |i: &usize| !missing[j].get(*i).copied().unwrap_or(false);
            (0..self.rows).filter(observed).map(|i| self.origin[j] + self.deviation(i, j)).fold(None, |range, x| {
                let ScaleRange { min, max } = range.unwrap_or(ScaleRange { min: x, max: x });
                Some(ScaleRange { min: min.min(x), max: max.max(x) })
            })
        };
        (0..self.names.len()).map(range).collect()
    }

    /// The p values of row i on their own scales; `None` where missing.
    pub fn row(&self, i: usize) -> Vec<Option<f64>> {
        let mut row: Vec<Option<f64>> =
            (0..self.names.len()).map(|j| Some(self.origin[j] + self.deviation(i, j))).collect();
        for j in self.missing_in(i) {
            row[j] = None;
        }
        row
    }

    /// Which indicators row i lacks, ascending.
    pub(super) fn missing_in(&self, i: usize) -> Vec<usize> {
        let start = self.gaps.partition_point(|gap| (gap.row as usize) < i);
        self.gaps[start..].iter().take_while(|gap| gap.row as usize == i).map(|gap| gap.column as usize).collect()
    }

    /// Row i, column j as a deviation from the origin; 0 where missing.
    pub(super) fn deviation(&self, i: usize, j: usize) -> f64 {
        match &self.columns {
            Columns::Small(columns) => f64::from(columns[j][i]),
            Columns::Real(columns) => columns[j][i],
        }
    }
}

/// What is subtracted from every rating: a whole number near the middle of 1 to 10 and of 0 to 10.
pub(super) const RATING_ORIGIN: f64 = 5.0;

/// The byte that stands for "no answer" in a compact row of ratings.
pub const MISSING: u8 = u8::MAX;

/// Smallest and largest answer.
fn range(column: &Column) -> Option<(f64, f64)> {
    column.iter().flatten().fold(None, |range, x| {
        let (low, high) = range.unwrap_or((x, x));
        Some((x.min(low), x.max(high)))
    })
}

/// A whole number near the middle of a range.
fn middle(range: Option<(f64, f64)>) -> f64 {
    range.map_or(0.0, |(low, high)| (low / 2.0 + high / 2.0).round())
}

fn gaps(columns: &[Column]) -> Vec<Gap> {
    let holes = |(j, column): (usize, &Column)| {
        let empty = column.iter().enumerate().filter(|(_, x)| x.is_none());
        empty.map(|(i, _)| Gap { row: i as u32, column: j as u32 }).collect::<Vec<_>>()
    };
    let mut gaps: Vec<Gap> = columns.iter().enumerate().flat_map(holes).collect();
    gaps.sort_unstable();
    gaps
}

/// Weights that are not whole numbers have mean 1 over the rows that are used.
fn scale_to_mean_one(weights: &mut [f64]) {
    if weights.iter().any(|w| w.fract() != 0.0) {
        let mean = weights.iter().sum::<f64>() / weights.len() as f64;
        for weight in weights {
            *weight /= mean;
        }
    }
}
