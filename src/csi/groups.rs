//! Group sums, and group means under pooled replacement: what turns one set of weights into an index per group.
//!
//! Owns: the labels of rows and the sums of every indicator by label, which add up over parts of the
//! data. A missing cell counts as the mean of the whole sample, as it does in the pooled scores, so that
//! the index of a group is the average of its rows' scores and the group indices average to the index of
//! the whole. Refuses nothing.

use super::data::Indicators;
use super::moments::Moments;

/// A label that puts a row in no group.
pub const NO_GROUP: u32 = u32::MAX;

/// Rows that a group needs for a standard error: the bootstrap of fewer is mostly far too small.
pub const FEWEST_ROWS: usize = 10;

/// Which of `groups` groups each row belongs to; [`NO_GROUP`] for none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grouping {
    /// One entry per row, below `groups` or [`NO_GROUP`].
    pub labels: Vec<u32>,
    pub groups: usize,
}

impl Grouping {
    /// The number of rows of every group.
    pub fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![0; self.groups];
        for label in self.labels.iter().filter(|label| **label != NO_GROUP) {
            sizes[*label as usize] += 1;
        }
        sizes
    }

    /// The rows of every group, ascending.
    pub fn members(&self) -> Vec<Vec<u32>> {
        let mut members = vec![Vec::new(); self.groups];
        for (row, label) in self.labels.iter().enumerate().filter(|(_, label)| **label != NO_GROUP) {
            members[*label as usize].push(row as u32);
        }
        members
    }
}

/// Size and indicator sums of one group.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupSums {
    /// Number of rows, each as often as it was taken.
    pub n: f64,
    /// p sums of deviations from the indicators' origins, over the answers given.
    pub sums: Vec<f64>,
    /// p counts of missing answers.
    pub missing: Vec<f64>,
}

impl GroupSums {
    /// p means on the indicators' own scales, missing answers counted as `pooled` (p means); NaN for an
    /// empty group.
    pub fn means(&self, origin: &[f64], pooled: &[f64]) -> Vec<f64> {
        let mean = |j: usize| origin[j] + (self.sums[j] + self.missing[j] * (pooled[j] - origin[j])) / self.n;
        (0..self.sums.len()).map(mean).collect()
    }

    /// Of all rows of moments.
    pub(super) fn of_moments(moments: &Moments) -> Self {
        let p = moments.names.len();
        let missing = (0..p).map(|j| moments.rows - moments.counts[(j, j)]).collect();
        Self { n: moments.rows, sums: (0..p).map(|j| moments.sums[(j, j)]).collect(), missing }
    }

    /// Adds another part's sums `times` times.
    pub fn add(&mut self, other: &Self, times: f64) {
        self.n += times * other.n;
        for (a, b) in self.sums.iter_mut().zip(&other.sums).chain(self.missing.iter_mut().zip(&other.missing)) {
            *a += times * b;
        }
    }
}

/// Sums by group. `times` says how often each row is taken; once each if `None`.
pub fn group_sums(data: &Indicators, grouping: &Grouping, times: Option<&[u32]>) -> Vec<GroupSums> {
    let p = data.names().len();
    let taken = |i: usize| data.taken(i, times);
    let label = |i: usize| Some(grouping.labels[i] as usize).filter(|g| *g < grouping.groups);
    let mut groups = vec![GroupSums { n: 0.0, sums: vec![0.0; p], missing: vec![0.0; p] }; grouping.groups];
    let members: Vec<(usize, usize, f64)> = (0..data.rows())
        .filter_map(|i| label(i).map(|g| (i, g, taken(i))))
        .filter(|(_, _, times)| *times > 0.0)
        .collect();
    for &(_, g, times) in &members {
        groups[g].n += times;
    }
    for j in 0..p {
        for &(i, g, times) in &members {
            groups[g].sums[j] += times * data.deviation(i, j);
        }
    }
    for gap in &data.gaps {
        if let Some(g) = label(gap.row as usize) {
            groups[g].missing[gap.column as usize] += taken(gap.row as usize);
        }
    }
    groups
}
