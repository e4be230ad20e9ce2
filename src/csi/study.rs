//! Simulation studies: how good intervals are, and how many answers are needed.
//!
//! Owns: repeated draws from a population, what each estimates, and the summary. The truth of a figure is the
//! value that the estimator itself has in [`LARGE`] rows of the population: so bias and coverage are those of
//! finite samples, not of the method's idea of a construct. Refuses: to search beyond [`MOST_ROWS`] rows.
//!
//! Replication r has the random stream (seed, 2^60 + r), the population's large sample one of its own.

use rayon::prelude::*;

use super::analysis::{Plan, Unit};
use super::bootstrap::{BootstrapOptions, Watch, stream};
use super::dist::normal_quantile;
use super::figures::{Figure, Figures};
use super::fit::{FitError, FitOptions};
use super::intervals::{Interval, Resampled, Spread};
use super::simulate::{Population, Ratings};

/// Rows that stand for the population.
pub const LARGE: usize = 1_000_000;

/// Rows that a search goes up to.
pub const MOST_ROWS: usize = 200_000;

/// Rows that a search starts with.
const START: usize = 300;

/// Corrections from one standard error to the next number of rows.
const CORRECTIONS: usize = 3;

/// Steps upwards at most, each by this factor.
const MOST_STEPS: usize = 40;
const STEP: f64 = 1.01;

/// What is studied.
#[derive(Debug, Clone)]
pub struct Study<'a> {
    pub population: &'a Population,
    pub ratings: Ratings,
    pub options: FitOptions,
    pub replications: usize,
    pub seed: u64,
}

/// How one kind of interval did.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct KindCoverage {
    pub interval: Interval,
    /// Share of intervals that held the truth, of those that were defined.
    pub coverage: f64,
    pub mean_width: f64,
    pub defined: usize,
}

/// How one figure is estimated.
#[derive(Debug, Clone, PartialEq)]
pub struct FigureStudy {
    pub figure: Figure,
    pub truth: f64,
    /// Mean of the estimates minus the truth.
    pub bias: f64,
    /// Standard deviation of the estimates: the true standard error.
    pub sd: f64,
    /// Mean of the estimated standard errors.
    pub mean_se: f64,
    pub kinds: Vec<KindCoverage>,
}

/// How many rows are needed.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Needed {
    pub rows: usize,
    /// Of the figure, in the population.
    pub truth: f64,
    /// Standard error at that many rows.
    pub se: f64,
    /// Width of the interval, or power, that the simulation has at that many rows.
    pub achieved: f64,
    /// Standard error of `rows` itself from the number of replications, as a share of it.
    pub rows_error: f64,
}

/// What a sample is to be large enough for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    /// An interval (estimate ± z se) no wider than this.
    Width(f64),
    /// Telling the figure from zero with this probability, two-sided at level 1 - `level`.
    Power(f64),
}

impl Study<'_> {
    /// Estimates of all figures in `rows` rows, and the plan's figures.
    fn estimates(&self, figures: &Figures, rows: usize, number: u64) -> Result<Vec<f64>, FitError> {
        self.with_plan(rows, number, |plan| {
            let found = plan.estimate()?;
            if !found.fit.converged {
                return Err(FitError::NotConverged(plan.options.max_iterations));
            }
            Ok(figures.values(plan.model, plan.model, &found))
        })
    }

    fn with_plan<T>(
        &self,
        rows: usize,
        number: u64,
        run: impl FnOnce(&Plan<'_>) -> Result<T, FitError>,
    ) -> Result<T, FitError> {
        let model = &self.population.model;
        let data = self.population.ratings(rows, &self.ratings, &mut stream(self.seed, (1 << 60) | number));
        let data = data.map_err(|_| FitError::NotConverged(0))?;
        let scales = vec![self.ratings.scale; model.indicators.len()];
        run(&Plan { options: self.options.clone(), ..Plan::new(model, &data, &scales) })
    }

    fn figures(&self) -> Figures {
        Figures::of(&self.population.model, &self.population.model, &[])
    }

    /// The figures in the population.
    fn truth(&self, figures: &Figures) -> Result<Vec<f64>, FitError> {
        self.estimates(figures, LARGE, u64::from(u32::MAX))
    }

    /// Bias, standard errors and coverage of every figure in samples of `rows` rows. With `studentised`, that
    /// kind is studied too, at 50 times the work.
    ///
    /// # Errors
    /// As [`Plan::estimate`] for the population; replications that cannot be estimated are left out.
    pub fn coverage(
        &self,
        rows: usize,
        bootstrap: &BootstrapOptions,
        studentised: bool,
        watch: Watch<'_>,
    ) -> Result<Vec<FigureStudy>, FitError> {
        let figures = self.figures();
        let truth = self.truth(&figures)?;
        let replicate = |r: u64| {
            let found = self.with_plan(rows, r, |plan| {
                let options = |interval| BootstrapOptions { interval, seed: r, ..*bootstrap };
                let first = plan.run(&options(Interval::Bca), Unit::Rows, Watch { on_step: &|| (), ..watch })?;
                let second = if studentised {
                    Some(plan.run(&options(Interval::Studentised), Unit::Rows, Watch { on_step: &|| (), ..watch })?)
                } else {
                    None
                };
                let points = figures.values(plan.model, plan.model, &first.estimates);
                let spreads = |j: usize| {
                    let resampled = Resampled {
                        estimate: points[j],
                        values: &first.bootstrap.draws[j],
                        ses: None,
                        jackknife: None,
                    };
                    let plain = [Interval::Percentile, Interval::Basic, Interval::Normal];
                    let plain = plain.map(|kind| (kind, resampled.spread(kind, bootstrap.level)));
                    let bca = [(Interval::Bca, first.bootstrap.spreads[j])];
                    let other = second.as_ref().map(|s| (Interval::Studentised, s.bootstrap.spreads[j]));
                    plain.into_iter().chain(bca).chain(other).collect()
                };
                Ok(Replication { spreads: (0..points.len()).map(spreads).collect(), points })
            });
            (watch.on_step)();
            found.ok()
        };
        let all: Vec<Replication> = (0..self.replications as u64).into_par_iter().filter_map(replicate).collect();
        let summary = |(j, figure): (usize, &Figure)| summarise(*figure, truth[j], &all, j);
        Ok(figures.list().iter().enumerate().map(summary).collect())
    }

    /// Rows at which a figure reaches a goal in the replications: from standard errors, which fall with the root
    /// of n, then upwards by [`STEP`] until the goal is met. [`Needed::rows_error`] says how sure the number is.
    ///
    /// # Errors
    /// [`FitError::TooManyRows`]; as [`Plan::estimate`] for the population.
    pub fn needed(&self, figure: Figure, goal: Goal, level: f64, watch: Watch<'_>) -> Result<Needed, FitError> {
        let figures = self.figures();
        let place = figures.place(figure).ok_or(FitError::NoFigure)?;
        let truth = self.truth(&figures)?[place];
        let z = normal_quantile(f64::midpoint(1.0, level));
        let wanted = match goal {
            Goal::Width(width) => width / (2.0 * z),
            Goal::Power(power) => truth.abs() / (z + normal_quantile(power)),
        };
        let mut rows = START;
        for step in 0..CORRECTIONS + MOST_STEPS {
            let estimates = self.replicate(&figures, place, rows, watch);
            let count = estimates.len() as f64;
            if estimates.len() < 2 {
                return Err(FitError::TooFewRows { rows, needed: 2 * rows });
            }
            let mean = estimates.iter().sum::<f64>() / count;
            let se = (estimates.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt();
            let (achieved, met) = match goal {
                Goal::Width(width) => (2.0 * z * se, 2.0 * z * se <= width),
                Goal::Power(power) => {
                    let found = estimates.iter().filter(|x| x.abs() > z * se).count() as f64 / count;
                    (found, found >= power)
                }
            };
            if step >= CORRECTIONS && met {
                // Variance of a variance of nearly normal estimates: 2/(count - 1), relative.
                let rows_error = (2.0 / (count - 1.0)).sqrt();
                return Ok(Needed { rows, truth, se, achieved, rows_error });
            }
            let next = if step < CORRECTIONS {
                (rows as f64 * (se / wanted).powi(2)).ceil()
            } else {
                (rows as f64 * STEP).ceil()
            };
            if !next.is_finite() || next > MOST_ROWS as f64 {
                return Err(FitError::TooManyRows { most: MOST_ROWS, truth });
            }
            rows = (next as usize).max(self.population.model.smallest_sample() + 2);
        }
        Err(FitError::TooManyRows { most: rows, truth })
    }

    /// One figure in every replication that can be estimated.
    fn replicate(&self, figures: &Figures, place: usize, rows: usize, watch: Watch<'_>) -> Vec<f64> {
        let one = |r: u64| {
            (watch.on_step)();
            self.estimates(figures, rows, r).ok().map(|values| values[place]).filter(|x| x.is_finite())
        };
        (0..self.replications as u64).into_par_iter().filter_map(one).collect()
    }
}

/// What one sample gave.
struct Replication {
    points: Vec<f64>,
    /// Per figure, per kind of interval.
    spreads: Vec<Vec<(Interval, Option<Spread>)>>,
}

fn summarise(figure: Figure, truth: f64, all: &[Replication], j: usize) -> FigureStudy {
    let points: Vec<f64> = all.iter().map(|r| r.points[j]).filter(|x| x.is_finite()).collect();
    let count = points.len() as f64;
    let mean = points.iter().sum::<f64>() / count;
    let sd = (points.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt();
    let ses: Vec<f64> = all.iter().filter_map(|r| Some(r.spreads[j].first()?.1?.se)).collect();
    let kind = |i: usize| {
        let intervals: Vec<[f64; 2]> = all.iter().filter_map(|r| r.spreads[j][i].1?.ci).collect();
        let of = intervals.len() as f64;
        KindCoverage {
            interval: all[0].spreads[j][i].0,
            coverage: intervals.iter().filter(|[low, high]| *low <= truth && truth <= *high).count() as f64 / of,
            mean_width: intervals.iter().map(|[low, high]| high - low).sum::<f64>() / of,
            defined: intervals.len(),
        }
    };
    let kinds = if all.is_empty() { 0 } else { all[0].spreads[j].len() };
    let mean_se = ses.iter().sum::<f64>() / ses.len() as f64;
    FigureStudy { figure, truth, bias: mean - truth, sd, mean_se, kinds: (0..kinds).map(kind).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csi::syntax::parse;

    const POPULATION: &str = "B ~ 0.5*A\nA =~ 0.8*a1 + 0.7*a2 + 0.9*a3\nB =~ 0.8*b1 + 0.8*b2 + 0.6*b3";

    fn study(population: &Population, replications: usize) -> Study<'_> {
        let (ratings, options) = (Ratings::default(), FitOptions::default());
        Study { population, ratings, options, replications, seed: 1 }
    }

    #[test]
    fn the_index_is_unbiased_and_its_intervals_cover() {
        let population = Population::from_spec(&parse(POPULATION).unwrap()).unwrap();
        let bootstrap = BootstrapOptions { resamples: 200, ..BootstrapOptions::default() };
        let found = study(&population, 200).coverage(150, &bootstrap, false, Watch::nobody()).unwrap();
        let index = found.iter().find(|f| f.figure == Figure::Index(1)).unwrap();
        assert!(index.bias.abs() < 3.0 * index.sd / 200_f64.sqrt(), "{index:?}");
        assert!((index.mean_se / index.sd - 1.0).abs() < 0.2, "{index:?}");
        assert_eq!(index.kinds.len(), 4);
        for kind in &index.kinds {
            // 95 % of 200, four standard errors wide.
            assert!((0.885..=1.0).contains(&kind.coverage), "{kind:?}");
        }
    }

    #[test]
    fn the_number_of_rows_follows_the_goal() {
        let population = Population::from_spec(&parse(POPULATION).unwrap()).unwrap();
        let study = study(&population, 300);
        let width = study.needed(Figure::Index(1), Goal::Width(3.0), 0.95, Watch::nobody()).unwrap();
        assert!(width.achieved <= 3.0 && width.achieved > 2.7, "{width:?}");
        assert!((width.rows_error - 0.08).abs() < 0.01, "{width:?}");
        let half = study.needed(Figure::Index(1), Goal::Width(1.5), 0.95, Watch::nobody()).unwrap();
        assert!((half.rows as f64 / width.rows as f64 / 4.0 - 1.0).abs() < 0.25, "{width:?} {half:?}");
        let power = study.needed(Figure::Path(1, 0), Goal::Power(0.9), 0.95, Watch::nobody()).unwrap();
        assert!((0.9..0.98).contains(&power.achieved), "{power:?}");
        assert!(study.needed(Figure::Index(1), Goal::Width(1e-3), 0.95, Watch::nobody()).is_err());
    }
}
