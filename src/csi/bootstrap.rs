//! Seeded resampling of units: rows, blocks of rows, or clusters.
//!
//! Owns: the random streams, what a resample draws, the parallel run, and the honest count of resamples
//! that gave no figure. Refuses: to hide a failed resample, and to depend on the number of threads.
//! Resample i draws from a ChaCha8 stream of its own (seed, i), so it is the same whatever ran before it or
//! beside it, however many there are.
//!
//! Source: Efron & Tibshirani (1993).

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use rayon::prelude::*;

use super::fit::FitError;
use super::intervals::{Interval, Jackknife, Resampled, Spread};

/// What to run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BootstrapOptions {
    /// Number of resamples.
    pub resamples: usize,
    pub seed: u64,
    /// Confidence level of the intervals, strictly between 0 and 1.
    pub level: f64,
    pub interval: Interval,
    /// A resample that gave no figure is drawn again, at most [`MOST_REDRAWS`] times; otherwise it is dropped.
    pub redraw: bool,
    /// A resample with an inadmissible solution counts as failed; otherwise it is counted and used.
    pub drop_inadmissible: bool,
    /// Leave every unit out once: the standard error of the jackknife beside that of the bootstrap.
    pub jackknife: bool,
}

impl Default for BootstrapOptions {
    fn default() -> Self {
        let interval = Interval::Percentile;
        Self {
            resamples: 1000,
            seed: 1,
            level: 0.95,
            interval,
            redraw: false,
            drop_inadmissible: false,
            jackknife: false,
        }
    }
}

/// How often a resample is drawn again before it is given up.
pub const MOST_REDRAWS: usize = 100;

/// Share of failed resamples above which intervals should not be used.
pub const MANY_FAILED: f64 = 0.1;

/// Resamples of a resample, for the standard error that a studentised interval needs.
const INNER: usize = 50;

/// Who watches a long run: told of every step, and free to end it.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    pub on_step: &'a (dyn Fn() + Sync),
    pub cancelled: &'a AtomicBool,
}

impl Watch<'_> {
    /// Nobody.
    pub const fn nobody() -> Self {
        static NEVER: AtomicBool = AtomicBool::new(false);
        Self { on_step: &|| (), cancelled: &NEVER }
    }

    /// Takes `count` numbered steps on all threads; their results in order.
    ///
    /// # Errors
    /// [`FitError::Cancelled`] once that is asked for: no other step is begun.
    pub(super) fn each<T: Send>(self, count: usize, step: impl Fn(u64) -> T + Sync) -> Result<Vec<T>, FitError> {
        let watched = |i: u64| {
            let found = (!self.cancelled.load(Ordering::Relaxed)).then(|| step(i));
            (self.on_step)();
            found
        };
        let all: Option<Vec<T>> = (0..count as u64).into_par_iter().map(watched).collect();
        all.ok_or(FitError::Cancelled)
    }
}

/// What is drawn from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Units {
    /// So many units, drawn with replacement.
    Simple(usize),
    /// Units by stratum, ascending; each stratum keeps its size.
    Strata(Vec<Vec<u32>>),
}

impl Units {
    /// Number of units.
    pub fn len(&self) -> usize {
        match self {
            Self::Simple(units) => *units,
            Self::Strata(strata) => strata.iter().map(Vec::len).sum(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fills `times` with how often each unit is drawn.
    pub(super) fn draw(&self, times: &mut [u32], random: &mut ChaCha8Rng) {
        times.fill(0);
        match self {
            Self::Simple(units) => {
                for _ in 0..*units {
                    times[below(random, *units as u64) as usize] += 1;
                }
            }
            Self::Strata(strata) => {
                for members in strata {
                    for _ in members {
                        times[members[below(random, members.len() as u64) as usize] as usize] += 1;
                    }
                }
            }
        }
    }

    /// Draws again from a resample: from every unit as often as it was drawn.
    fn draw_within(&self, outer: &[u32], inner: &mut [u32], random: &mut ChaCha8Rng) {
        inner.fill(0);
        let repeat = |unit: u32| std::iter::repeat_n(unit, outer[unit as usize] as usize);
        let mut from = |drawn: Vec<u32>| {
            for _ in 0..drawn.len() {
                inner[drawn[below(random, drawn.len() as u64) as usize] as usize] += 1;
            }
        };
        match self {
            Self::Simple(units) => from((0..*units as u32).flat_map(repeat).collect()),
            Self::Strata(strata) => strata.iter().for_each(|s| from(s.iter().copied().flat_map(repeat).collect())),
        }
    }
}

/// The figures of one resample.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// m values; NaN where this resample does not define a figure.
    pub values: Vec<f64>,
    /// Whether the solution is one that no population has.
    pub inadmissible: bool,
}

/// The outcome of a run over m figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Bootstrap {
    pub requested: usize,
    pub used: usize,
    /// Why resamples gave no figure, each with its count; with redrawing, every attempt counts.
    pub failures: BTreeMap<String, usize>,
    /// Resamples used although, or dropped because, their solution is inadmissible.
    pub inadmissible: usize,
    pub options: BootstrapOptions,
    /// m columns of `used` values, in the order of the resamples.
    pub draws: Vec<Vec<f64>>,
    /// m entries; `None` where fewer than two resamples gave that figure.
    pub spreads: Vec<Option<Spread>>,
}

impl Bootstrap {
    /// What came of resamples, each drawn once.
    pub(super) fn of(samples: Vec<Result<Sample, FitError>>, estimates: &[f64], options: &BootstrapOptions) -> Self {
        let outcome = |sample: Result<Sample, FitError>| match sample {
            Ok(sample) => Outcome { inadmissible: sample.inadmissible, sample: Some(sample), ..Outcome::default() },
            Err(error) => Outcome { failures: vec![error.kind()], ..Outcome::default() },
        };
        gather(samples.into_iter().map(outcome).collect(), estimates, &[], options)
    }

    /// Number of resamples that gave no figure.
    pub fn failed(&self) -> usize {
        self.requested - self.used
    }

    /// Whether so many failed that the intervals should not be used.
    pub fn unreliable(&self) -> bool {
        self.failed() as f64 > MANY_FAILED * self.requested as f64
    }
}

/// What one resample came to, with the failures on the way.
#[derive(Default)]
struct Outcome {
    sample: Option<Sample>,
    /// Standard errors of the values, for studentised intervals.
    ses: Vec<f64>,
    failures: Vec<String>,
    inadmissible: bool,
}

/// Runs `statistics` on `options.resamples` resamples of the units. `estimates` are the m figures of the
/// data themselves, `jackknives` what leaving units out says of them (empty if that was not asked for).
///
/// `statistics` receives how often each unit was drawn and returns the same m figures every time.
///
/// # Errors
/// [`FitError::Cancelled`] once the watch says so: no other resample is begun.
pub fn bootstrap<F>(
    units: &Units,
    estimates: &[f64],
    jackknives: &[Option<Jackknife>],
    options: &BootstrapOptions,
    watch: Watch<'_>,
    statistics: F,
) -> Result<Bootstrap, FitError>
where
    F: Fn(&[u32]) -> Result<Sample, FitError> + Sync,
{
    let outcomes = watch.each(options.resamples, |i| resample(units, options, i, &statistics))?;
    Ok(gather(outcomes, estimates, jackknives, options))
}

fn gather(
    outcomes: Vec<Outcome>,
    estimates: &[f64],
    jackknives: &[Option<Jackknife>],
    options: &BootstrapOptions,
) -> Bootstrap {
    let figures = estimates.len();
    let mut found = Bootstrap {
        requested: options.resamples,
        used: 0,
        failures: BTreeMap::new(),
        inadmissible: outcomes.iter().filter(|o| o.inadmissible).count(),
        options: *options,
        draws: vec![Vec::with_capacity(outcomes.len()); figures],
        spreads: Vec::new(),
    };
    let mut ses = vec![Vec::new(); figures];
    for outcome in outcomes {
        for reason in outcome.failures {
            *found.failures.entry(reason).or_insert(0) += 1;
        }
        let Some(sample) = outcome.sample else { continue };
        found.used += 1;
        for (column, value) in found.draws.iter_mut().zip(sample.values) {
            column.push(value);
        }
        for (column, se) in ses.iter_mut().zip(outcome.ses) {
            column.push(se);
        }
    }
    let spread = |j: usize| {
        let ses = (options.interval == Interval::Studentised).then_some(&ses[j][..]);
        let jackknife = jackknives.get(j).copied().flatten();
        Resampled { estimate: estimates[j], values: &found.draws[j], ses, jackknife }
            .spread(options.interval, options.level)
    };
    found.spreads = (0..figures).into_par_iter().map(spread).collect();
    found
}

fn resample<F>(units: &Units, options: &BootstrapOptions, i: u64, statistics: &F) -> Outcome
where
    F: Fn(&[u32]) -> Result<Sample, FitError> + Sync,
{
    let times = &mut vec![0; units.len()][..];
    let mut random = stream(options.seed, i);
    let mut outcome = Outcome::default();
    let tries = if options.redraw { 1 + MOST_REDRAWS } else { 1 };
    for _ in 0..tries {
        units.draw(times, &mut random);
        match statistics(times) {
            Ok(sample) if sample.inadmissible && options.drop_inadmissible => {
                outcome.inadmissible = true;
                outcome.failures.push("inadmissible solution".to_owned());
            }
            Ok(sample) => {
                outcome.inadmissible |= sample.inadmissible;
                if options.interval == Interval::Studentised {
                    outcome.ses = inner_ses(units, times, &mut random, sample.values.len(), statistics);
                }
                outcome.sample = Some(sample);
                break;
            }
            Err(error) => outcome.failures.push(error.kind()),
        }
    }
    outcome
}

/// Standard deviations of the figures over resamples of a resample; NaN where too few gave the figure.
fn inner_ses<F>(units: &Units, outer: &[u32], random: &mut ChaCha8Rng, figures: usize, statistics: &F) -> Vec<f64>
where
    F: Fn(&[u32]) -> Result<Sample, FitError> + Sync,
{
    let mut inner = vec![0; outer.len()];
    // Welford's running mean and sum of squares.
    let (mut counts, mut means, mut squares) = (vec![0.0; figures], vec![0.0; figures], vec![0.0; figures]);
    for _ in 0..INNER {
        units.draw_within(outer, &mut inner, random);
        let Ok(sample) = statistics(&inner) else { continue };
        for (j, value) in sample.values.into_iter().enumerate().filter(|(_, v)| v.is_finite()) {
            counts[j] += 1.0;
            let from_old = value - means[j];
            means[j] += from_old / counts[j];
            squares[j] += from_old * (value - means[j]);
        }
    }
    let se = |(count, squares): (&f64, &f64)| if *count < 2.0 { f64::NAN } else { (squares / (count - 1.0)).sqrt() };
    counts.iter().zip(&squares).map(se).collect()
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

/// Puts items in random order. Source: Fisher & Yates (1938).
pub(super) fn shuffle<T>(items: &mut [T], random: &mut ChaCha8Rng) {
    for i in (1..items.len()).rev() {
        items.swap(i, below(random, i as u64 + 1) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean_of(values: &'static [f64]) -> impl Fn(&[u32]) -> Result<Sample, FitError> + Sync {
        move |times| {
            let sum = values.iter().zip(times).map(|(v, c)| v * f64::from(*c)).sum::<f64>();
            Ok(Sample { values: vec![sum / values.len() as f64], inadmissible: false })
        }
    }

    const VALUES: &[f64] = &[1.0, 2.0, 3.0, 4.0, 10.0, 12.0, 15.0, 18.0, 21.0, 40.0];

    fn options(resamples: usize) -> BootstrapOptions {
        BootstrapOptions { resamples, seed: 7, ..BootstrapOptions::default() }
    }

    fn run(units: &Units, options: &BootstrapOptions) -> Bootstrap {
        bootstrap(units, &[12.6], &[], options, Watch::nobody(), mean_of(VALUES)).unwrap()
    }

    #[test]
    fn the_standard_error_of_a_mean_is_known() {
        let result = run(&Units::Simple(10), &options(4000)).spreads[0].unwrap();
        let mean = VALUES.iter().sum::<f64>() / 10.0;
        let exact = (VALUES.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 100.0).sqrt();
        assert!((result.se / exact - 1.0).abs() < 0.04, "{} against {exact}", result.se);
    }

    #[test]
    fn strata_keep_their_sizes_and_narrow_what_lies_between_them() {
        let units = Units::Strata(vec![(0..5).collect(), (5..10).collect()]);
        let mut times = vec![0; 10];
        units.draw(&mut times, &mut stream(1, 0));
        assert_eq!((times[..5].iter().sum::<u32>(), times[5..].iter().sum::<u32>()), (5, 5));
        let within = |part: &[f64]| {
            let mean = part.iter().sum::<f64>() / 5.0;
            part.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 5.0
        };
        let exact = ((within(&VALUES[..5]) + within(&VALUES[5..])) / 4.0 / 5.0).sqrt();
        let found = run(&units, &options(4000)).spreads[0].unwrap().se;
        assert!((found / exact - 1.0).abs() < 0.04, "{found} against {exact}");
    }

    #[test]
    fn threads_and_the_number_of_resamples_do_not_change_a_resample() {
        let studentised = BootstrapOptions { interval: Interval::Studentised, ..options(300) };
        for options in [options(4000), studentised] {
            let on = |threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| run(&Units::Simple(10), &options))
            };
            assert_eq!(on(1), on(7));
        }
        let (few, many) = (run(&Units::Simple(10), &options(50)), run(&Units::Simple(10), &options(400)));
        assert_eq!(few.draws[0][..], many.draws[0][..50]);
    }

    fn without_the_first(times: &[u32]) -> Result<Sample, FitError> {
        if times[0] == 0 {
            return Err(FitError::Constant("x".into()));
        }
        Ok(Sample { values: vec![f64::from(times[0])], inadmissible: times[0] > 1 })
    }

    #[test]
    fn failed_resamples_are_counted_by_reason_and_drawn_again_if_that_is_asked() {
        let run = |options: &BootstrapOptions| {
            bootstrap(&Units::Simple(4), &[1.0], &[], options, Watch::nobody(), without_the_first).unwrap()
        };
        let dropped = run(&options(4000));
        assert_eq!(dropped.used + dropped.failed(), 4000);
        let reason = "indicator `x` has the same value in every row";
        assert_eq!(dropped.failures[reason], dropped.failed());
        // A row is missing from a resample of 4 with probability (3/4)^4, and taken once with 4/4 (3/4)^3.
        assert!((dropped.failed() as f64 / 4000.0 - 0.316).abs() < 0.03);
        assert!((dropped.inadmissible as f64 / 4000.0 - (1.0 - 0.316 - 0.422)).abs() < 0.03);
        assert!(dropped.unreliable());
        let redrawn = run(&BootstrapOptions { redraw: true, ..options(4000) });
        assert_eq!((redrawn.used, redrawn.failed()), (4000, 0));
        assert!(redrawn.failures[reason] > 1000 && !redrawn.unreliable());
        let proper = run(&BootstrapOptions { drop_inadmissible: true, ..options(4000) });
        assert!(proper.draws[0].iter().all(|v| *v == 1.0));
        assert_eq!(proper.failures["inadmissible solution"], proper.inadmissible);
    }

    #[test]
    fn a_run_that_is_cancelled_stops() {
        use std::sync::atomic::AtomicUsize;
        let (begun, cancelled) = (AtomicUsize::new(0), AtomicBool::new(false));
        let on_step = || {
            if begun.fetch_add(1, Ordering::Relaxed) > 20 {
                cancelled.store(true, Ordering::Relaxed);
            }
        };
        let watch = Watch { on_step: &on_step, cancelled: &cancelled };
        let outcome = bootstrap(&Units::Simple(10), &[12.6], &[], &options(1_000_000), watch, mean_of(VALUES));
        assert_eq!(outcome, Err(FitError::Cancelled));
        assert!(begun.load(Ordering::Relaxed) < 10_000);
    }
}
