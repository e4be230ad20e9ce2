//! Group means under pooled replacement: what turns one set of weights into an index per group.
//!
//! Owns: the labels of rows and the mean of every indicator by label. A missing cell counts as the mean
//! of the whole sample, as it does in the pooled scores, so that the index of a group is the average of
//! its rows' scores and the group indices average to the index of the whole. Refuses nothing.

use super::data::Indicators;

/// A label that puts a row in no group.
pub const NO_GROUP: u32 = u32::MAX;

/// Which of `groups` groups each row belongs to; [`NO_GROUP`] for none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grouping {
    /// One entry per row, below `groups` or [`NO_GROUP`].
    pub labels: Vec<u32>,
    pub groups: usize,
}

/// Size and indicator means of one group.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupMeans {
    /// Number of rows, each as often as it was taken.
    pub n: f64,
    /// p means on the indicators' own scales; NaN for an empty group.
    pub means: Vec<f64>,
}

/// Means by group, missing cells replaced by `pooled` (p means of the whole sample).
///
/// `times` says how often each row is taken; once each if `None`.
pub fn group_means(data: &Indicators, grouping: &Grouping, times: Option<&[u32]>, pooled: &[f64]) -> Vec<GroupMeans> {
    let p = data.names().len();
    let taken = |i: usize| times.map_or(1.0, |t| f64::from(t[i]));
    let label = |i: usize| Some(grouping.labels[i] as usize).filter(|g| *g < grouping.groups);
    let mut groups = vec![GroupMeans { n: 0.0, means: vec![0.0; p] }; grouping.groups];
    let members: Vec<(usize, usize, f64)> = (0..data.rows())
        .filter_map(|i| label(i).map(|g| (i, g, taken(i))))
        .filter(|(_, _, times)| *times > 0.0)
        .collect();
    for &(_, g, times) in &members {
        groups[g].n += times;
    }
    for j in 0..p {
        for &(i, g, times) in &members {
            groups[g].means[j] += times * data.deviation(i, j);
        }
    }
    for gap in &data.gaps {
        let (i, j) = (gap.row as usize, gap.column as usize);
        if let Some(g) = label(i) {
            groups[g].means[j] += taken(i) * (pooled[j] - data.origin[j]);
        }
    }
    for group in &mut groups {
        for (mean, origin) in group.means.iter_mut().zip(&data.origin) {
            *mean = origin + *mean / group.n;
        }
    }
    groups
}
