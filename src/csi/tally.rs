//! Everything additive that an analysis needs from rows: moments of all, of a slice, sums by group.
//!
//! Owns: that a tally of a whole is the sum of tallies of its parts. So a resample of rows is one pass,
//! and a resample of blocks of rows is a sum of finished tallies that never looks at a row again.
//! Refuses: to estimate.

use rayon::prelude::*;

use super::bootstrap::{below, stream};
use super::data::Indicators;
use super::groups::{GroupSums, Grouping, group_sums};
use super::moments::Moments;

/// The rows behind a tally.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    pub data: &'a Indicators,
    /// One entry per row; all rows are inside if `None`.
    pub slice: Option<&'a [bool]>,
    pub groupings: &'a [Grouping],
}

/// Sums over rows, each as often as it was taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    pub all: Moments,
    /// Of the slice; `None` where it is everything.
    pub slice: Option<(Moments, GroupSums)>,
    /// Per grouping, per group.
    pub groups: Vec<Vec<GroupSums>>,
}

impl Tally {
    /// One pass over the rows, row i taken `times[i]` times; once each if `None`.
    pub fn of(rows: Rows<'_>, times: Option<&[u32]>) -> Self {
        let slice = rows.slice.map(|slice| {
            let taken = |i: usize| times.map_or(1, |t| t[i]);
            let inside: Vec<u32> =
                slice.iter().enumerate().map(|(i, &inside)| if inside { taken(i) } else { 0 }).collect();
            let whole = Grouping { labels: slice.iter().map(|inside| u32::from(!inside)).collect(), groups: 1 };
            (Moments::resampled(rows.data, Some(&inside)), group_sums(rows.data, &whole, times).remove(0))
        });
        let groups = rows.groupings.iter().map(|g| group_sums(rows.data, g, times)).collect();
        Self { all: Moments::resampled(rows.data, times), slice, groups }
    }

    /// Adds another part's tally `times` times.
    fn add(&mut self, other: &Self, times: f64) {
        self.all.add(&other.all, times);
        if let (Some((moments, sums)), Some((more, more_sums))) = (&mut self.slice, &other.slice) {
            moments.add(more, times);
            sums.add(more_sums, times);
        }
        for (a, b) in self.groups.iter_mut().flatten().zip(other.groups.iter().flatten()) {
            a.add(b, times);
        }
    }

    /// What is left when another part's rows are taken out.
    #[must_use]
    pub fn without(&self, part: &Self) -> Self {
        let mut rest = self.clone();
        rest.add(part, -1.0);
        rest
    }

    /// The tally of one row.
    pub fn of_one(rows: Rows<'_>, row: u32) -> Self {
        of_members(rows, &[row])
    }

    /// The sum of block tallies, block b taken `times[b]` times: what packed tallies must equal.
    ///
    /// # Panics
    /// If there is no block.
    #[cfg(test)]
    pub fn sum(blocks: &[Self], times: &[u32]) -> Self {
        let mut sum = blocks[0].clone();
        sum.add(&blocks[0], f64::from(times[0]) - 1.0);
        for (block, times) in blocks.iter().zip(times).skip(1).filter(|(_, times)| **times > 0) {
            sum.add(block, f64::from(*times));
        }
        sum
    }
}

/// Puts every row into one of `count` blocks at random (seeded) and tallies each.
pub fn random_blocks(rows: Rows<'_>, count: usize, seed: u64) -> Vec<Tally> {
    // Resamples use the streams from 0 on; this one is theirs never.
    let mut random = stream(seed, u64::MAX);
    let mut members: Vec<Vec<u32>> = vec![Vec::new(); count];
    for row in 0..rows.data.rows() as u32 {
        members[below(&mut random, count as u64) as usize].push(row);
    }
    members.into_par_iter().map(|members| of_members(rows, &members)).collect()
}

/// One tally per cluster of rows; every row is in one.
pub fn cluster_tallies(rows: Rows<'_>, labels: &[u32], clusters: usize) -> Vec<Tally> {
    let grouping = Grouping { labels: labels.to_vec(), groups: clusters };
    grouping.members().into_par_iter().map(|members| of_members(rows, &members)).collect()
}

/// The tally of some rows, ascending.
fn of_members(rows: Rows<'_>, members: &[u32]) -> Tally {
    let data = rows.data.take(members);
    let slice: Option<Vec<bool>> = rows.slice.map(|s| members.iter().map(|&i| s[i as usize]).collect());
    let take =
        |g: &Grouping| Grouping { labels: members.iter().map(|&i| g.labels[i as usize]).collect(), groups: g.groups };
    let groupings: Vec<Grouping> = rows.groupings.iter().map(take).collect();
    Tally::of(Rows { data: &data, slice: slice.as_deref(), groupings: &groupings }, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn blocks_add_up_to_the_whole(bytes in proptest::collection::vec(prop_oneof![9 => 1_u8..=10, 1 => Just(255_u8)], 3 * 60), seed in any::<u64>()) {
            let data = Indicators::from_bytes(["a", "b", "c"].map(String::from).into(), &bytes);
            let slice: Vec<bool> = (0..60).map(|i| i % 4 != 1).collect();
            let groupings = [Grouping { labels: (0..60).map(|i| i % 5).collect(), groups: 4 }];
            let rows = Rows { data: &data, slice: Some(&slice), groupings: &groupings };
            let blocks = random_blocks(rows, 7, seed);
            prop_assert_eq!(Tally::sum(&blocks, &[1; 7]), Tally::of(rows, None));
        }
    }
}
