//! Tallies laid out for adding up many of them, thousands of times.
//!
//! Owns: the numbers of each tally in one row of a table, without those that follow from others. Where no
//! answer is missing, counts are the number of rows, and sums and squares do not depend on a partner: a
//! tally of p indicators is p(p + 3)/2 + 1 numbers in place of 4p². What is left is one pass over the table
//! for each resample. Refuses nothing.

use super::groups::GroupSums;
use super::moments::Moments;
use super::tally::Tally;

/// Tallies of parts of one table of rows.
#[derive(Debug, Clone)]
pub struct PackedTallies {
    /// Names, origins and shapes; its numbers are the first tally's.
    template: Tally,
    complete: bool,
    width: usize,
    /// One row a tally.
    rows: Vec<f64>,
    /// Sum of all rows.
    total: Vec<f64>,
}

impl PackedTallies {
    /// Packs tallies; `complete` says that no answer is missing in any.
    ///
    /// # Panics
    /// If there is no tally.
    pub fn new(tallies: &[Tally], complete: bool) -> Self {
        let first = pack(&tallies[0], complete);
        let width = first.len();
        let mut rows = Vec::with_capacity(width * tallies.len());
        for tally in tallies {
            rows.extend(pack(tally, complete));
        }
        let mut total = vec![0.0; width];
        for row in rows.chunks_exact(width) {
            add(&mut total, row, 1.0);
        }
        Self { template: tallies[0].clone(), complete, width, rows, total }
    }

    /// Number of tallies.
    pub fn len(&self) -> usize {
        self.rows.len() / self.width
    }

    /// The sum, tally b taken `times[b]` times.
    pub fn sum(&self, times: &[u32]) -> Tally {
        let mut sum = vec![0.0; self.width];
        for (row, &times) in self.rows.chunks_exact(self.width).zip(times).filter(|(_, times)| **times > 0) {
            add(&mut sum, row, f64::from(times));
        }
        self.unpack(&sum)
    }

    /// The sum of all tallies but one.
    pub fn without(&self, left_out: usize) -> Tally {
        let mut sum = self.total.clone();
        add(&mut sum, &self.rows[left_out * self.width..(left_out + 1) * self.width], -1.0);
        self.unpack(&sum)
    }

    fn unpack(&self, numbers: &[f64]) -> Tally {
        let mut tally = self.template.clone();
        let mut rest = numbers.iter().copied();
        let mut next = || rest.next().unwrap_or_default();
        unpack_moments(&mut tally.all, self.complete, &mut next);
        if let Some((moments, sums)) = &mut tally.slice {
            unpack_moments(moments, self.complete, &mut next);
            unpack_group(sums, self.complete, &mut next);
        }
        for group in tally.groups.iter_mut().flatten() {
            unpack_group(group, self.complete, &mut next);
        }
        tally
    }
}

fn add(sum: &mut [f64], row: &[f64], times: f64) {
    for (sum, x) in sum.iter_mut().zip(row) {
        *sum += times * x;
    }
}

fn pack(tally: &Tally, complete: bool) -> Vec<f64> {
    let mut out = Vec::new();
    pack_moments(&tally.all, complete, &mut out);
    if let Some((moments, sums)) = &tally.slice {
        pack_moments(moments, complete, &mut out);
        pack_group(sums, complete, &mut out);
    }
    for group in tally.groups.iter().flatten() {
        pack_group(group, complete, &mut out);
    }
    out
}

fn pack_moments(m: &Moments, complete: bool, out: &mut Vec<f64>) {
    let p = m.names.len();
    out.push(m.rows);
    for k in 0..p {
        out.extend((k..p).map(|j| m.products[(j, k)]));
    }
    if complete {
        out.extend((0..p).map(|j| m.sums[(j, j)]));
        return;
    }
    for k in 0..p {
        out.extend((k..p).map(|j| m.counts[(j, k)]));
    }
    out.extend(m.sums.as_slice());
    out.extend(m.squares.as_slice());
}

fn unpack_moments(m: &mut Moments, complete: bool, next: &mut impl FnMut() -> f64) {
    let p = m.names.len();
    m.rows = next();
    for k in 0..p {
        for j in k..p {
            let product = next();
            m.products[(j, k)] = product;
            m.products[(k, j)] = product;
        }
    }
    if complete {
        m.counts.fill(m.rows);
        for j in 0..p {
            let (sum, square) = (next(), m.products[(j, j)]);
            m.sums.row_mut(j).fill(sum);
            m.squares.row_mut(j).fill(square);
        }
        return;
    }
    for k in 0..p {
        for j in k..p {
            let count = next();
            m.counts[(j, k)] = count;
            m.counts[(k, j)] = count;
        }
    }
    m.sums.as_mut_slice().iter_mut().chain(m.squares.as_mut_slice()).for_each(|x| *x = next());
}

fn pack_group(g: &GroupSums, complete: bool, out: &mut Vec<f64>) {
    out.push(g.n);
    out.extend(&g.sums);
    if !complete {
        out.extend(&g.missing);
    }
}

fn unpack_group(g: &mut GroupSums, complete: bool, next: &mut impl FnMut() -> f64) {
    g.n = next();
    g.sums.iter_mut().for_each(|x| *x = next());
    if complete {
        g.missing.fill(0.0);
    } else {
        g.missing.iter_mut().for_each(|x| *x = next());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csi::data::Indicators;
    use crate::csi::groups::Grouping;
    use crate::csi::tally::{Rows, random_blocks};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn packing_changes_no_bit(
            bytes in proptest::collection::vec(1_u8..=10, 3 * 60),
            gaps in any::<bool>(),
            times in proptest::collection::vec(0_u32..4, 7),
        ) {
            let mut bytes = bytes;
            if gaps {
                bytes.iter_mut().step_by(7).for_each(|b| *b = 255);
            }
            let data = Indicators::from_bytes(["a", "b", "c"].map(String::from).into(), &bytes);
            let slice: Vec<bool> = (0..60).map(|i| i % 4 != 1).collect();
            let groupings = [Grouping { labels: (0..60).map(|i| i % 5).collect(), groups: 4 }];
            let rows = Rows { data: &data, slice: Some(&slice), groupings: &groupings };
            let blocks = random_blocks(rows, 7, 1);
            let packed = PackedTallies::new(&blocks, !gaps);
            prop_assert_eq!(packed.sum(&times), Tally::sum(&blocks, &times));
            let mut but_one = [1; 7];
            but_one[3] = 0;
            prop_assert_eq!(packed.without(3), Tally::sum(&blocks, &but_one));
        }
    }
}
