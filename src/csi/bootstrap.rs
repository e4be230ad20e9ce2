//! Seeded resampling: standard errors and percentile intervals of whatever is computed from rows.
//!
//! Owns: the random streams, the parallel run, and the honest count of resamples that gave no figure.
//! Refuses: to hide a failed resample, and to depend on the number of threads. Resample i draws from a
//! ChaCha8 stream of its own (seed, i), so it is the same whatever ran before it or beside it.
//!
//! Source: Efron & Tibshirani (1993); percentile interval with quantile definition 7.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use rayon::prelude::*;

use super::dist::quantile;
use super::fit::FitError;

/// What to run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BootstrapOptions {
    /// Number of resamples.
    pub resamples: usize,
    pub seed: u64,
    /// Confidence level of the intervals, strictly between 0 and 1.
    pub level: f64,
}

/// Standard error and interval of one figure.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Spread {
    /// Standard deviation over the resamples, denominator R - 1.
    pub se: f64,
    /// Percentile interval, lower and upper bound.
    pub ci: [f64; 2],
}

/// The outcome of a run over m figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Bootstrap {
    pub requested: usize,
    pub used: usize,
    /// Why resamples gave no figure, each with its count.
    pub failures: BTreeMap<String, usize>,
    pub seed: u64,
    pub level: f64,
    /// m entries; `None` where fewer than two resamples gave that figure.
    pub spreads: Vec<Option<Spread>>,
}

impl Bootstrap {
    /// Number of resamples that gave no figure.
    pub fn failed(&self) -> usize {
        self.requested - self.used
    }
}

/// Runs `statistics` on `options.resamples` resamples of n rows.
///
/// `statistics` receives how often each row was drawn and returns the same m figures every time; a
/// figure that this resample does not define is NaN and is left out of that figure's spread only.
pub fn bootstrap<F>(rows: usize, figures: usize, options: &BootstrapOptions, statistics: F) -> Bootstrap
where
    F: Fn(&[u32]) -> Result<Vec<f64>, FitError> + Sync,
{
    let draws: Vec<Result<Vec<f64>, FitError>> = (0..options.resamples as u64)
        .into_par_iter()
        .map_init(
            || vec![0; rows],
            |times, i| {
                draw(times, options.seed, i);
                statistics(times)
            },
        )
        .collect();
    let mut failures = BTreeMap::new();
    let mut columns = vec![Vec::with_capacity(draws.len()); figures];
    let mut used = 0;
    for outcome in draws {
        match outcome {
            Ok(values) => {
                used += 1;
                for (column, value) in columns.iter_mut().zip(values) {
                    if value.is_finite() {
                        column.push(value);
                    }
                }
            }
            Err(error) => *failures.entry(error.to_string()).or_insert(0) += 1,
        }
    }
    let spreads = columns.into_par_iter().map(|column| spread(column, options.level)).collect();
    Bootstrap { requested: options.resamples, used, failures, seed: options.seed, level: options.level, spreads }
}

/// Standard error and percentile interval of resampled values; `None` below two values.
fn spread(mut values: Vec<f64>, level: f64) -> Option<Spread> {
    if values.len() < 2 {
        return None;
    }
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (count - 1.0);
    values.sort_unstable_by(f64::total_cmp);
    let tail = (1.0 - level) / 2.0;
    Some(Spread { se: variance.sqrt(), ci: [quantile(&values, tail), quantile(&values, 1.0 - tail)] })
}

/// Fills `times` with how often each of n rows is drawn in resample `i`: n draws with replacement.
fn draw(times: &mut [u32], seed: u64, i: u64) {
    times.fill(0);
    let mut random = stream(seed, i);
    let rows = times.len() as u64;
    for _ in 0..rows {
        times[below(&mut random, rows) as usize] += 1;
    }
}

/// The random stream number `i` of a seed: independent of every other stream of the same seed.
pub fn stream(seed: u64, i: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    let mut random = ChaCha8Rng::from_seed(key);
    random.set_stream(i);
    random
}

/// A uniform whole number below `bound` (which is below 2^32), without bias. Source: Lemire (2019).
pub fn below(random: &mut ChaCha8Rng, bound: u64) -> u64 {
    let reject_under = (1_u64 << 32) % bound;
    loop {
        let wide = u64::from(random.next_u32()) * bound;
        if wide & 0xffff_ffff >= reject_under {
            return wide >> 32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean_of(values: &'static [f64]) -> impl Fn(&[u32]) -> Result<Vec<f64>, FitError> + Sync {
        move |times| {
            Ok(vec![values.iter().zip(times).map(|(v, c)| v * f64::from(*c)).sum::<f64>() / values.len() as f64])
        }
    }

    const VALUES: &[f64] = &[1.0, 2.0, 3.0, 4.0, 10.0, 12.0, 15.0, 18.0, 21.0, 40.0];
    const OPTIONS: BootstrapOptions = BootstrapOptions { resamples: 4000, seed: 7, level: 0.95 };

    #[test]
    fn the_standard_error_of_a_mean_is_known() {
        let result = bootstrap(VALUES.len(), 1, &OPTIONS, mean_of(VALUES)).spreads[0].unwrap();
        let mean = VALUES.iter().sum::<f64>() / 10.0;
        let exact = (VALUES.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 100.0).sqrt();
        assert!((result.se / exact - 1.0).abs() < 0.04, "{} against {exact}", result.se);
    }

    #[test]
    fn threads_and_the_number_of_resamples_do_not_change_a_resample() {
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| bootstrap(VALUES.len(), 1, &OPTIONS, mean_of(VALUES)))
        };
        assert_eq!(run(1), run(7));
        let (mut a, mut b) = (vec![0; 50], vec![0; 50]);
        draw(&mut a, 3, 11);
        draw(&mut b, 3, 12);
        assert_ne!(a, b);
        assert_eq!(a.iter().sum::<u32>(), 50);
    }

    #[test]
    fn failed_resamples_are_counted_by_reason() {
        let result = bootstrap(4, 1, &OPTIONS, |times| {
            if times[0] == 0 { Err(FitError::Constant("x".into())) } else { Ok(vec![f64::from(times[0])]) }
        });
        assert_eq!(result.used + result.failed(), 4000);
        assert_eq!(result.failures["indicator `x` has the same value in every row"], result.failed());
        // A row is missing from a resample of 4 with probability (3/4)^4.
        assert!((result.failed() as f64 / 4000.0 - 0.316).abs() < 0.03);
    }
}
