//! Ratings and the weights of all of them -> sums of the index of every cell.
//!
//! Owns: making them once for each construct, and keeping them as long as no rating comes: what a filter or a grouping needs
//! of single responses is added up from cells. Refuses: weights of a part of the ratings.

use std::sync::OnceLock;

use super::Ratings;
use crate::csi::data::MISSING;
use crate::csi::index::IndexWeights;
use crate::csi::standouts::Cell as Sums;
use crate::service::authoring::IndexModel;

/// Of each construct, once they were asked for, of each cell.
#[derive(Debug, Clone, Default)]
pub(super) struct IndexSums(OnceLock<Vec<OnceLock<Vec<Sums>>>>);

impl Ratings {
    /// Number, sum and sum of squares of the index of a construct, 0-100, of the responses of each cell. Points and means are
    /// those of all these ratings, which no filter changes. A missing answer counts as the mean of all, as it does in the index.
    pub(in crate::service) fn index_sums(
        &self,
        model: &IndexModel,
        (weights, means): (&IndexWeights, &[f64]),
        construct: usize,
    ) -> &[Sums] {
        let constructs = &model.paths.constructs;
        let kept = self.index_sums.0.get_or_init(|| vec![OnceLock::new(); constructs.len()]);
        kept[construct].get_or_init(|| {
            let block = constructs[construct].block.clone();
            let points_of = |j: usize, rating: usize| {
                let given = if rating == usize::from(MISSING) { means[j] } else { rating as f64 };
                weights.points[j] * (given - model.scales[j].min)
            };
            let points: Vec<[f64; 256]> =
                block.clone().map(|j| std::array::from_fn(|rating| points_of(j, rating))).collect();
            self.summed(model.paths.indicators.len(), |row| {
                let given = points.iter().zip(&row[block.clone()]);
                given.map(|(points, rating)| points[usize::from(*rating)]).sum()
            })
        })
    }

    /// Sums of what each response gives, of each cell.
    fn summed(&self, width: usize, of_row: impl Fn(&[u8]) -> f64 + Sync) -> Vec<Sums> {
        let cells = self.cells().len();
        let parts = self.in_parts(width, |of, ratings| {
            let mut sums = vec![Sums::default(); cells];
            for (cell, row) in of.iter().zip(ratings.chunks_exact(width)) {
                sums[*cell as usize].push(of_row(row));
            }
            sums
        });
        let add = |mut all: Vec<Sums>, part: Vec<Sums>| {
            all.iter_mut().zip(part).for_each(|(all, part)| all.add(part));
            all
        };
        parts.into_iter().reduce(add).unwrap_or_else(|| vec![Sums::default(); cells])
    }
}
