//! Means of a group as they would be if its rows had another mix: so much of each category of some variables.
//!
//! Owns: raking a group's strata to the target, and the standard error of the weighted means. Refuses: categories that the
//! group has not (their share is left to the others, and told), rows of categories that the target has not, and a target that raking does not meet.
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

/// A group at another mix.
#[derive(Debug, Clone, PartialEq)]
pub struct Standardised {
    /// Mean of each score, and its standard error.
    pub means: Vec<(f64, f64)>,
    pub effective_rows: f64,
    /// Share of the target that the group has rows for: the least of all variables.
    pub covered: f64,
}

/// Largest difference between a share and its target where raking is said to have met it.
const MET: f64 = 1e-6;

/// A group at the mix of a target: for each variable, how much of each category, in any unit. `None` for a group of fewer
/// than two rows, and where the target cannot be met.
pub fn standardise(strata: &[Stratum], target: &[Vec<f64>]) -> Option<Standardised> {
    let has_rows = |s: &&Stratum| s.scores.first().is_some_and(|cell| cell.n > 0.0);
    let wanted = |s: &&Stratum| s.categories.iter().zip(target).all(|(category, target)| target[*category] > 0.0);
    let strata: Vec<&Stratum> = strata.iter().filter(has_rows).filter(wanted).collect();
    let sizes: Vec<f64> = strata.iter().map(|s| s.scores[0].n).collect();
    let rows: f64 = sizes.iter().sum();
    if rows < 2.0 {
        return None;
    }
    let mut covered = 1.0_f64;
    let mut margins = Vec::with_capacity(target.len());
    for (variable, wanted) in target.iter().enumerate() {
        let (margin, share) = margin(variable, wanted, &strata)?;
        covered = covered.min(share);
        margins.push(margin);
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
    Some(Standardised { means, effective_rows: total * total / squares, covered })
}

/// The margin of a variable over the strata of a group, and how much of the target it has.
fn margin(variable: usize, wanted: &[f64], strata: &[&Stratum]) -> Option<(Margin, f64)> {
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
    let (all, there) = (wanted.iter().sum::<f64>(), shares.iter().map(|(_, share)| share).sum::<f64>());
    if there <= 0.0 {
        return None;
    }
    for (_, share) in &mut shares {
        *share /= there;
    }
    Some((Margin { name: variable.to_string(), shares, categories }, there / all))
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
        let strata = [stratum(&[0, 1], &[50.0, 70.0, 60.0]), stratum(&[1, 0], &[80.0, 95.0])];
        let own = standardise(&strata, &[vec![3.0, 2.0], vec![2.0, 3.0]]).unwrap();
        let all = cell(&[50.0, 70.0, 60.0, 80.0, 95.0]);
        assert!((own.means[0].0 - all.mean()).abs() < 1e-9);
        assert!((own.means[0].1 - all.variance_of_mean().sqrt()).abs() < 1e-9);
        assert!((own.effective_rows - 5.0).abs() < 1e-9 && (own.covered - 1.0).abs() < 1e-12);
    }

    /// One variable: the mean of the means of its categories, weighted by the target (direct standardisation).
    #[test]
    fn at_another_mix_means_of_categories_are_weighted_by_the_target() {
        let strata = [stratum(&[0], &[50.0, 70.0, 60.0]), stratum(&[1], &[80.0, 96.0])];
        let other = standardise(&strata, &[vec![1.0, 3.0]]).unwrap();
        assert!((other.means[0].0 - (0.25 * 60.0 + 0.75 * 88.0)).abs() < 1e-9);
        // By hand: factors 0.25·5/3 and 0.75·5/2, mean 81.
        let (v, w) = (0.25 * 5.0 / 3.0, 0.75 * 5.0 / 2.0);
        let spread =
            v * v * (31.0_f64.powi(2) + 11.0_f64.powi(2) + 21.0_f64.powi(2)) + w * w * (1.0 + 15.0_f64.powi(2));
        assert!((other.means[0].1 - (1.25 * spread).sqrt() / 5.0).abs() < 1e-9);
        assert!((other.effective_rows - 25.0 / (3.0 * v * v + 2.0 * w * w)).abs() < 1e-9);
    }

    #[test]
    fn what_a_group_has_not_is_told_and_left_to_the_others() {
        let strata = [stratum(&[0], &[50.0, 70.0]), stratum(&[2], &[80.0, 90.0])];
        let found = standardise(&strata, &[vec![1.0, 2.0, 1.0]]).unwrap();
        assert!((found.covered - 0.5).abs() < 1e-12 && (found.means[0].0 - 72.5).abs() < 1e-9);
        assert_eq!(standardise(&strata, &[vec![0.0, 2.0, 0.0]]), None);
        let without = standardise(&strata, &[vec![3.0, 2.0, 0.0]]).unwrap();
        assert!((without.means[0].0 - 60.0).abs() < 1e-9 && (without.effective_rows - 2.0).abs() < 1e-9);
        assert_eq!(
            standardise(
                &strata[..1].iter().map(|s| Stratum { scores: vec![cell(&[1.0])], ..s.clone() }).collect::<Vec<_>>(),
                &[]
            ),
            None
        );
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
