//! Means of a group as they would be if its rows had another mix: so much of each category of some variables.
//!
//! Owns: raking a group's strata to the target, and the standard error of the weighted means. Refuses: categories of which the
//! group has fewer than [`FEWEST`] rows (their share is left to the others, and told), rows of categories that the target has
//! not, and a target that raking does not meet. Groups that are compared have the same categories ([`within_reach`]): what one
//! of them lacks would otherwise count as a difference.
//!
//! With Σ over rows, v the factor that raking gives a row's stratum, ȳ = Σ v y/Σ v. Its variance is that of a weighted mean
//! whose weights are known (Särndal, Swensson & Wretman 1992, section 5.6, linearised), n/(n - 1) Σ v² (y - ȳ)²/(Σ v)², which
//! at equal weights is s²/n; what raking gains where the variables explain y is not taken off, so it is rather too large.
//! Effective rows: (Σ v)²/Σ v² (Kish 1965).

use super::raking::{Margin, RakingOptions, rake_from};
use super::standouts::Cell;

/// Rows that have a category of each variable in common.
#[derive(Debug, Clone, PartialEq)]
pub struct Stratum {
    /// Of each variable, by number.
    pub categories: Vec<usize>,
    /// Of each score, over the same rows.
    pub scores: Vec<Cell>,
}

impl Stratum {
    fn rows(&self) -> f64 {
        self.scores.first().map_or(0.0, |cell| cell.n)
    }

    /// Whether it has rows, of categories that a target has.
    fn counts(&self, target: &[Vec<f64>]) -> bool {
        self.rows() > 0.0 && self.categories.iter().zip(target).all(|(category, target)| target[*category] > 0.0)
    }
}

/// A group at another mix.
#[derive(Debug, Clone, PartialEq)]
pub struct Standardised {
    /// Mean of each score, and its standard error.
    pub means: Vec<(f64, f64)>,
    pub rows: f64,
    pub effective_rows: f64,
    /// At least this share of the target has rows in the group.
    pub covered: f64,
}

/// Largest difference between a share and its target where raking is said to have met it.
const MET: f64 = 1e-6;

/// Rows of a category below which it does not count as there: a few rows that stand for many know their own spread badly.
pub const FEWEST: f64 = 5.0;

/// What all of some groups have of a target: categories of which one of them has too few rows have nothing in it.
pub fn within_reach(groups: &[&[Stratum]], target: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut reach = target.to_vec();
    loop {
        let mut least: Vec<Vec<f64>> = reach.iter().map(|of| vec![f64::INFINITY; of.len()]).collect();
        for strata in groups {
            let mut rows: Vec<Vec<f64>> = reach.iter().map(|of| vec![0.0; of.len()]).collect();
            for stratum in strata.iter().filter(|stratum| stratum.counts(&reach)) {
                for (rows, category) in rows.iter_mut().zip(&stratum.categories) {
                    rows[*category] += stratum.rows();
                }
            }
            let both = least.iter_mut().flatten().zip(rows.iter().flatten());
            both.for_each(|(least, rows)| *least = least.min(*rows));
        }
        // What goes may leave too few of something else.
        let few = |(of, rows): &(&mut f64, &f64)| **of > 0.0 && **rows < FEWEST;
        let gone: Vec<&mut f64> =
            reach.iter_mut().flatten().zip(least.iter().flatten()).filter(few).map(|(of, _)| of).collect();
        if gone.is_empty() {
            return reach;
        }
        for of in gone {
            *of = 0.0;
        }
    }
}

/// A group at the mix of a target: for each variable, how much of each category, in any unit. `None` for a group of fewer
/// than two rows, and where the target cannot be met.
pub fn standardise(strata: &[Stratum], target: &[Vec<f64>]) -> Option<Standardised> {
    let reach = within_reach(&[strata], target);
    let strata: Vec<&Stratum> = strata.iter().filter(|stratum| stratum.counts(&reach)).collect();
    let sizes: Vec<f64> = strata.iter().map(|s| s.rows()).collect();
    let rows: f64 = sizes.iter().sum();
    if rows < 2.0 {
        return None;
    }
    // What is missing of one variable may be there of another: together they miss no more than the sum.
    let mut covered = 1.0;
    let mut margins = Vec::with_capacity(target.len());
    for (variable, (wanted, there)) in target.iter().zip(&reach).enumerate() {
        let (all, share) = (wanted.iter().sum::<f64>(), there.iter().sum::<f64>());
        if share <= 0.0 {
            return None;
        }
        covered -= 1.0 - share / all;
        margins.push(margin(variable, there, &strata));
    }
    let options = RakingOptions { tolerance: MET, ..RakingOptions::default() };
    let weights = if margins.is_empty() {
        sizes.clone()
    } else {
        let raked = rake_from(sizes.clone(), &margins, &options).ok().filter(|raked| raked.converged)?;
        raked.weights
    };
    let factors: Vec<f64> = weights.iter().zip(&sizes).map(|(w, n)| w / n).collect();
    let total: f64 = weights.iter().sum();
    let squares: f64 = factors.iter().zip(&sizes).map(|(v, n)| v * v * n).sum();
    let mean = |k: usize| {
        let cells = || strata.iter().map(|s| s.scores[k]).zip(&factors);
        let mean = cells().map(|(cell, v)| v * cell.sum).sum::<f64>() / total;
        let around = |cell: Cell| (cell.squares - 2.0 * mean * cell.sum + cell.n * mean * mean).max(0.0);
        let spread: f64 = cells().map(|(cell, v)| v * v * around(cell)).sum();
        (mean, (rows / (rows - 1.0) * spread).sqrt() / total)
    };
    let means = (0..strata[0].scores.len()).map(mean).collect();
    Some(Standardised { means, rows, effective_rows: total * total / squares, covered: covered.max(0.0) })
}

/// The margin of a variable over the strata of a group, each of a category that is wanted.
fn margin(variable: usize, wanted: &[f64], strata: &[&Stratum]) -> Margin {
    let mut shares: Vec<(String, f64)> = Vec::new();
    let mut place = vec![None; wanted.len()];
    let mut categories = Vec::with_capacity(strata.len());
    for stratum in strata {
        let category = stratum.categories[variable];
        let at = *place[category].get_or_insert_with(|| {
            shares.push((category.to_string(), wanted[category]));
            shares.len() - 1
        });
        categories.push(at);
    }
    let there: f64 = shares.iter().map(|(_, share)| share).sum();
    for (_, share) in &mut shares {
        *share /= there;
    }
    Margin { name: variable.to_string(), shares, categories }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(scores: &[f64]) -> Cell {
        let mut cell = Cell::default();
        for score in scores {
            cell.push(*score);
        }
        cell
    }

    fn stratum(categories: &[usize], scores: &[f64]) -> Stratum {
        Stratum { categories: categories.to_vec(), scores: vec![cell(scores)] }
    }

    #[test]
    fn at_its_own_mix_a_group_has_its_own_mean_and_standard_error() {
        let (low, high) = ([50.0, 70.0, 60.0].repeat(3), [80.0, 95.0].repeat(3));
        let strata = [stratum(&[0, 1], &low), stratum(&[1, 0], &high)];
        let own = standardise(&strata, &[vec![3.0, 2.0], vec![2.0, 3.0]]).unwrap();
        let all = cell(&[low, high].concat());
        assert!((own.means[0].0 - all.mean()).abs() < 1e-9);
        assert!((own.means[0].1 - all.variance_of_mean().sqrt()).abs() < 1e-9);
        assert!((own.effective_rows - 15.0).abs() < 1e-9 && (own.covered - 1.0).abs() < 1e-12);
    }

    /// One variable: the mean of the means of its categories, weighted by the target (direct standardisation).
    #[test]
    fn at_another_mix_means_of_categories_are_weighted_by_the_target() {
        let strata = [stratum(&[0], &[50.0, 70.0, 60.0].repeat(2)), stratum(&[1], &[80.0, 96.0].repeat(3))];
        let other = standardise(&strata, &[vec![1.0, 3.0]]).unwrap();
        assert!((other.means[0].0 - (0.25 * 60.0 + 0.75 * 88.0)).abs() < 1e-9);
        // By hand: factors 0.25·12/6 and 0.75·12/6, mean 81.
        let (v, w) = (0.5, 1.5);
        let of_low = 2.0 * (31.0_f64.powi(2) + 11.0_f64.powi(2) + 21.0_f64.powi(2));
        let spread = v * v * of_low + w * w * 3.0 * (1.0 + 15.0_f64.powi(2));
        assert!((other.means[0].1 - (12.0 / 11.0 * spread).sqrt() / 12.0).abs() < 1e-9);
        assert!((other.effective_rows - 144.0 / (6.0 * v * v + 6.0 * w * w)).abs() < 1e-9);
    }

    #[test]
    fn what_a_group_has_not_is_told_and_left_to_the_others() {
        let strata = [stratum(&[0], &[50.0, 70.0].repeat(3)), stratum(&[2], &[80.0, 90.0].repeat(3))];
        let found = standardise(&strata, &[vec![1.0, 2.0, 1.0]]).unwrap();
        assert!((found.covered - 0.5).abs() < 1e-12 && (found.means[0].0 - 72.5).abs() < 1e-9);
        assert_eq!(standardise(&strata, &[vec![0.0, 2.0, 0.0]]), None);
        let without = standardise(&strata, &[vec![3.0, 2.0, 0.0]]).unwrap();
        assert!((without.means[0].0 - 60.0).abs() < 1e-9 && (without.effective_rows - 6.0).abs() < 1e-9);
        assert_eq!(
            standardise(
                &strata[..1].iter().map(|s| Stratum { scores: vec![cell(&[1.0])], ..s.clone() }).collect::<Vec<_>>(),
                &[]
            ),
            None
        );
    }

    #[test]
    fn a_few_rows_of_a_category_do_not_stand_for_it() {
        let strata = [stratum(&[0], &[50.0; 9]), stratum(&[1], &[90.0; 4])];
        let found = standardise(&strata, &[vec![1.0, 1.0]]).unwrap();
        assert!((found.covered - 0.5).abs() < 1e-12 && (found.means[0].0 - 50.0).abs() < 1e-9);
    }

    /// A house opens: nothing changed in the other, and nothing is said to have.
    #[test]
    fn groups_that_are_compared_have_the_same_categories() {
        let now = [stratum(&[0, 0], &[70.0, 72.0].repeat(5)), stratum(&[1, 1], &[90.0, 92.0].repeat(5))];
        let then = [stratum(&[0, 0], &[70.0, 72.0].repeat(9)), stratum(&[0, 1], &[70.0, 72.0].repeat(2))];
        let target = [vec![7.0, 3.0], vec![1.0, 1.0]];
        let reach = within_reach(&[&now, &then], &target);
        // Without the new house nobody is left who is of the second category of the other variable.
        assert_eq!(reach, [vec![7.0, 0.0], vec![1.0, 0.0]]);
        let [now, then] = [&now, &then].map(|strata| standardise(strata, &reach).unwrap().means[0].0);
        assert!((now - 71.0).abs() < 1e-9 && (then - 71.0).abs() < 1e-9);
    }

    /// Of samples drawn with another mix than the population's, the interval at the population's mix holds its mean.
    #[test]
    fn intervals_hold_what_is_true_at_the_target() {
        use crate::csi::bootstrap::{below, stream};
        let (mut random, mut held, samples) = (stream(7, 0), 0, 400);
        for _ in 0..samples {
            // Categories 0 and 1 of two variables: means 50, 60, 65, 75; the sample has 80 % and 30 % of 0.
            let mut strata: Vec<Stratum> = (0..4).map(|c| stratum(&[c / 2, c % 2], &[])).collect();
            for _ in 0..200 {
                let (a, b) = (usize::from(below(&mut random, 10) >= 8), usize::from(below(&mut random, 10) >= 3));
                let noise = (0..12).map(|_| below(&mut random, 1000) as f64 / 1000.0).sum::<f64>() - 6.0;
                strata[2 * a + b].scores[0].push(50.0 + 15.0 * a as f64 + 10.0 * b as f64 + 12.0 * noise);
            }
            let (mean, se) = standardise(&strata, &[vec![0.5, 0.5], vec![0.5, 0.5]]).unwrap().means[0];
            held += usize::from((mean - 62.5).abs() <= 1.96 * se);
        }
        assert!((370..=398).contains(&held), "{held} of {samples}");
    }
}
