//! Many groups side by side: simultaneous intervals, which ranks each could truly have, shrunken figures.
//!
//! Owns: what follows from the estimates of G groups and their joint resamples. Refuses: a rank without its
//! interval. An order of estimates is no order of groups.
//!
//! Simultaneous intervals: x_g ± c se_g, c the quantile of max_g |x*_g - x_g|/se_g. Ranks: g is surely above h
//! where the simultaneous interval of their difference lies above zero; rank interval from 1 + the number
//! surely above to G - the number surely below. Source: Mogstad, Romano, Shaikh & Wilhelm (2024), Rev. Econ.
//! Studies 91, without their stepwise refinement: wider, never wrong more often. Shrinkage: the normal-normal
//! model, variance between groups after Paule & Mandel (1982), J. Res. NBS 87.

use super::dist::quantile;

/// One group's index among others.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Ranked {
    /// Holds for all groups at once.
    pub simultaneous_ci: [f64; 2],
    /// Ranks, 1 the highest, that this group could have; holds for this group alone.
    pub rank: [usize; 2],
    /// The same, holding for all groups at once.
    pub simultaneous_rank: [usize; 2],
    /// The estimate drawn towards the mean of all, the more the less it is known.
    pub shrunken: f64,
    /// Its standard error, the mean of all being estimated and the variance between groups taken as known.
    pub shrunken_se: f64,
}

/// Resamples with every group in them, below which no rank is given.
const FEWEST: usize = 20;

/// Ranks G groups from their estimates, standard errors and joint resamples (G columns of the same length).
/// `None` below two groups, or where a figure or a standard error is missing.
pub fn rank(estimates: &[f64], ses: &[f64], draws: &[&[f64]], level: f64) -> Option<Vec<Ranked>> {
    let groups = estimates.len();
    let usable = estimates.iter().all(|x| x.is_finite()) && ses.iter().all(|se| *se > 0.0);
    // A small group may be absent from a resample: only those with all groups say anything of ranks.
    let with_all: Vec<usize> =
        (0..draws.first()?.len()).filter(|r| draws.iter().all(|column| column[*r].is_finite())).collect();
    if groups < 2 || !usable || with_all.len() < FEWEST {
        return None;
    }
    let kept: Vec<Vec<f64>> = draws.iter().map(|column| with_all.iter().map(|r| column[*r]).collect()).collect();
    let draws: Vec<&[f64]> = kept.iter().map(Vec::as_slice).collect();
    let draws = &draws[..];
    let alone = critical(draws, level, |r| {
        (0..groups).map(|g| ((draws[g][r] - estimates[g]) / ses[g]).abs()).fold(0.0, f64::max)
    });
    let differences = Differences::new(estimates, draws);
    let of_all = critical(draws, level, |r| (0..groups).map(|g| differences.largest(g, r)).fold(0.0, f64::max));
    let (shrunken, shrunken_ses) = shrink(estimates, ses);
    let ranked = |g: usize| Ranked {
        simultaneous_ci: within_scale(estimates[g], alone * ses[g]),
        rank: differences.ranks(g, critical(draws, level, |r| differences.largest(g, r))),
        simultaneous_rank: differences.ranks(g, of_all),
        shrunken: shrunken[g],
        shrunken_se: shrunken_ses[g],
    };
    Some((0..groups).map(ranked).collect())
}

/// Estimate ± reach as far as an index goes, which is 0 to 100.
fn within_scale(estimate: f64, reach: f64) -> [f64; 2] {
    [(estimate - reach).max(estimate.min(0.0)), (estimate + reach).min(estimate.max(100.0))]
}

/// The quantile of a statistic over the resamples.
fn critical(draws: &[&[f64]], level: f64, statistic: impl Fn(usize) -> f64) -> f64 {
    let mut values: Vec<f64> = (0..draws[0].len()).map(statistic).collect();
    values.sort_unstable_by(f64::total_cmp);
    quantile(&values, level)
}

/// Differences of every pair, in their estimates and their resamples.
struct Differences<'a> {
    estimates: &'a [f64],
    draws: &'a [&'a [f64]],
    /// G x G standard errors, row after row.
    ses: Vec<f64>,
}

impl<'a> Differences<'a> {
    fn new(estimates: &'a [f64], draws: &'a [&'a [f64]]) -> Self {
        let groups = estimates.len();
        let count = draws[0].len() as f64;
        let se = |g: usize, h: usize| {
            let differences = || draws[g].iter().zip(draws[h]).map(|(a, b)| a - b);
            let mean = differences().sum::<f64>() / count;
            (differences().map(|d| (d - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt()
        };
        let ses = (0..groups).flat_map(|g| (0..groups).map(move |h| (g, h))).map(|(g, h)| se(g, h)).collect();
        Self { estimates, draws, ses }
    }

    fn se(&self, g: usize, h: usize) -> f64 {
        self.ses[g * self.estimates.len() + h]
    }

    /// The largest studentised deviation of a difference with group g in resample r.
    fn largest(&self, g: usize, r: usize) -> f64 {
        let deviation = |h: usize| {
            let drawn = self.draws[g][r] - self.draws[h][r];
            ((drawn - (self.estimates[g] - self.estimates[h])) / self.se(g, h)).abs()
        };
        (0..self.estimates.len()).filter(|h| *h != g && self.se(g, *h) > 0.0).map(deviation).fold(0.0, f64::max)
    }

    fn ranks(&self, g: usize, critical: f64) -> [usize; 2] {
        let surely_above = |a: usize, b: usize| self.estimates[a] - self.estimates[b] > critical * self.se(a, b);
        let others = || (0..self.estimates.len()).filter(|h| *h != g);
        let above = others().filter(|h| surely_above(*h, g)).count();
        let below = others().filter(|h| surely_above(g, *h)).count();
        [1 + above, self.estimates.len() - below]
    }
}

/// Estimates drawn towards their mean, and their standard errors.
fn shrink(estimates: &[f64], ses: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let between = between_variance(estimates, ses);
    let (mean, _) = heterogeneity(estimates, ses, between);
    let of_mean = 1.0 / ses.iter().map(|se| 1.0 / (se * se + between)).sum::<f64>();
    let kept = |se: f64| between / (between + se * se);
    let shrunken = estimates.iter().zip(ses).map(|(x, se)| mean + kept(*se) * (x - mean)).collect();
    let error = |se: &f64| (kept(*se) * se * se + (1.0 - kept(*se)).powi(2) * of_mean).sqrt();
    (shrunken, ses.iter().map(error).collect())
}

/// The precision-weighted mean, and Q = Σ (x - mean)²/(se² + between).
fn heterogeneity(estimates: &[f64], ses: &[f64], between: f64) -> (f64, f64) {
    let weight = |se: &f64| 1.0 / (se * se + between);
    let total: f64 = ses.iter().map(weight).sum();
    let mean = estimates.iter().zip(ses).map(|(x, se)| x * weight(se)).sum::<f64>() / total;
    (mean, estimates.iter().zip(ses).map(|(x, se)| (x - mean).powi(2) * weight(se)).sum())
}

/// The variance between groups under which Q has its expectation, G - 1; 0 if Q is below that anyway.
fn between_variance(estimates: &[f64], ses: &[f64]) -> f64 {
    let expected = estimates.len() as f64 - 1.0;
    let excess = |between: f64| heterogeneity(estimates, ses, between).1 - expected;
    if excess(0.0) <= 0.0 {
        return 0.0;
    }
    // Q falls with the variance: double until it is below, then halve the bracket.
    let (mut low, mut high) = (0.0, ses.iter().fold(0.0, |m: f64, se| m.max(se * se)));
    while excess(high) > 0.0 {
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if excess(middle) > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csi::bootstrap::{below, stream};

    /// Nearly normal noise with variance 1.
    fn noise(random: &mut rand_chacha::ChaCha8Rng) -> f64 {
        (0..12).map(|_| below(random, 1 << 20) as f64 / f64::from(1 << 20)).sum::<f64>() - 6.0
    }

    fn resamples(estimates: &[f64], se: f64, seed: u64, count: usize) -> Vec<Vec<f64>> {
        let mut random = stream(seed, 0);
        estimates.iter().map(|x| (0..count).map(|_| x + se * noise(&mut random)).collect()).collect()
    }

    fn run(estimates: &[f64], se: f64) -> Vec<Ranked> {
        let draws = resamples(estimates, se, 1, 2000);
        let columns: Vec<&[f64]> = draws.iter().map(Vec::as_slice).collect();
        rank(estimates, &vec![se; estimates.len()], &columns, 0.95).unwrap()
    }

    #[test]
    fn ranks_are_sure_where_groups_are_far_apart_and_open_where_they_are_not() {
        let found = run(&[90.0, 70.0, 50.0], 1.0);
        assert_eq!(found.iter().map(|r| r.rank).collect::<Vec<_>>(), [[1, 1], [2, 2], [3, 3]]);
        let found = run(&[70.5, 70.0, 50.0], 1.0);
        assert_eq!(found.iter().map(|r| r.simultaneous_rank).collect::<Vec<_>>(), [[1, 2], [1, 2], [3, 3]]);
        // Simultaneous intervals of three are wider than 1.96 standard errors: Šidák gives 2.39.
        let reach = (found[0].simultaneous_ci[1] - 70.5) / 1.0;
        assert!((2.25..2.55).contains(&reach), "{reach}");
    }

    /// The true ranks lie in all intervals at once in about 95 of 100 worlds, here with ties, the hardest case.
    #[test]
    fn rank_intervals_cover() {
        let (truth, se) = ([70.0, 70.0, 70.0, 72.0], 1.0);
        let mut covered = 0;
        for world in 0..300 {
            let mut random = stream(77, world);
            let estimates: Vec<f64> = truth.iter().map(|x| x + se * noise(&mut random)).collect();
            let draws = resamples(&estimates, se, world, 300);
            let columns: Vec<&[f64]> = draws.iter().map(Vec::as_slice).collect();
            let found = rank(&estimates, &[se; 4], &columns, 0.95).unwrap();
            // Tied groups have any of the ranks 2 to 4: an interval must reach one of them.
            let holds = found[3].simultaneous_rank[0] == 1 && found[..3].iter().all(|r| r.simultaneous_rank[1] == 4);
            covered += u32::from(holds);
        }
        assert!(covered >= 270, "{covered} of 300");
    }

    #[test]
    fn shrinkage_keeps_what_is_known_and_drops_what_is_not() {
        let (found, ses) = shrink(&[60.0, 70.0, 80.0], &[0.01, 0.01, 50.0]);
        assert!((found[0] - 60.0).abs() < 0.01 && (found[2] - 65.0).abs() < 2.0, "{found:?}");
        assert!(ses[2] < 50.0);
        // Groups that differ by less than chance are all alike.
        let (found, _) = shrink(&[70.0, 70.1, 69.9], &[1.0, 1.0, 1.0]);
        assert!(found.iter().all(|x| (x - 70.0).abs() < 1e-9), "{found:?}");
    }
}
