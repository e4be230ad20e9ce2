//! A plan's estimates with the spread of each: what is drawn, how a resample is estimated.
//!
//! Owns: the choice of units (rows, random blocks, clusters), the estimates of a resample, the jackknife by
//! taking a unit's sums out of the whole's. Refuses nothing that [`Plan::estimate`] accepts.

use rayon::prelude::*;

use super::analysis::{Analysis, BLOCKS, Estimates, Plan, Unit};
use super::bootstrap::{self, BootstrapOptions, Sample, Units, Watch};
use super::figures::{Figure, Figures};
use super::fit::FitError;
use super::groups::{FEWEST_ROWS, Grouping};
use super::intervals::{Interval, Jackknife};
use super::packed::PackedTallies;
use super::quality;
use super::tally::{self, Tally};

/// What a resample draws, and how it becomes rows or sums.
enum Drawing {
    /// Single rows.
    Rows,
    /// Sums of blocks or of clusters.
    Tallies(Box<PackedTallies>),
    /// Clusters of rows, where sums do not suffice.
    Clusters { of_row: Vec<u32>, clusters: usize },
}

impl Plan<'_> {
    /// Estimates, then resamples `options.resamples` times. Signs of resamples follow the estimates.
    ///
    /// # Errors
    /// As [`Plan::estimate`] for the data themselves; a resample's failure is counted in the result;
    /// [`FitError::Cancelled`].
    pub fn run(&self, options: &BootstrapOptions, unit: Unit, watch: Watch<'_>) -> Result<Analysis, FitError> {
        let estimates = self.estimate()?;
        let groups: Vec<usize> = self.groupings.iter().map(|g| g.groups).collect();
        let figures = Figures::of(self.model, self.main(), &groups);
        let values = |e: &Estimates| figures.values(self.model, self.main(), e);
        let unit = self.unit(unit);
        let drawing = if options.resamples > 0 { self.drawing(unit, options.seed) } else { Drawing::Rows };
        let units = self.units(&drawing);
        let points = values(&estimates);
        let jackknives = if options.resamples > 0 && (options.jackknife || options.interval == Interval::Bca) {
            self.jackknife(&drawing, &units, &estimates, points.len(), &values, watch)?
        } else {
            Vec::new()
        };
        let statistics = |times: &[u32]| {
            let drawn = self.estimate_drawn(&drawing, times, &estimates)?;
            let inadmissible = self.options.consistent && !quality::inadmissible(&drawn.fit, self.model).is_empty();
            Ok(Sample { values: values(&drawn), inadmissible })
        };
        let mut bootstrap = bootstrap::bootstrap(&units, &points, &jackknives, options, watch, statistics)?;
        for small in self.figures_of_small_groups(&figures) {
            bootstrap.spreads[small] = None;
        }
        Ok(Analysis { estimates, figures, bootstrap, unit })
    }

    /// Places of figures about groups of fewer than [`FEWEST_ROWS`] rows.
    fn figures_of_small_groups(&self, figures: &Figures) -> Vec<usize> {
        let sizes: Vec<Vec<usize>> = self.groupings.iter().map(Grouping::sizes).collect();
        let small = |figure: &Figure| match *figure {
            Figure::GroupIndex { grouping, group, .. } => sizes[grouping][group] < FEWEST_ROWS,
            Figure::GroupDifference { grouping, first, second, .. } => {
                sizes[grouping][first].min(sizes[grouping][second]) < FEWEST_ROWS
            }
            _ => false,
        };
        figures.list().iter().enumerate().filter(|(_, figure)| small(figure)).map(|(place, _)| place).collect()
    }

    /// What is drawn: sums hold moments only, so products, EM and polychoric correlations need rows; strata too.
    fn unit(&self, wanted: Unit) -> Unit {
        match (self.clusters, self.strata) {
            (Some(_), _) => Unit::Clusters,
            (None, None) if self.moments_suffice() => wanted.resolve(self.data.rows()),
            (None, _) => Unit::Rows,
        }
    }

    fn drawing(&self, unit: Unit, seed: u64) -> Drawing {
        match (unit, self.clusters) {
            (Unit::Clusters, Some(clusters)) if self.moments_suffice() => {
                self.packed(&tally::cluster_tallies(self.rows(), &clusters.labels, clusters.groups))
            }
            (Unit::Clusters, Some(clusters)) => {
                Drawing::Clusters { of_row: clusters.labels.clone(), clusters: clusters.groups }
            }
            (Unit::Blocks, _) => self.packed(&tally::random_blocks(self.rows(), BLOCKS, seed)),
            _ => Drawing::Rows,
        }
    }

    fn packed(&self, tallies: &[Tally]) -> Drawing {
        Drawing::Tallies(Box::new(PackedTallies::new(tallies, self.data.missing().iter().all(|m| *m == 0))))
    }

    fn units(&self, drawing: &Drawing) -> Units {
        match (drawing, self.strata) {
            (Drawing::Tallies(tallies), _) => Units::Simple(tallies.len()),
            (Drawing::Clusters { clusters, .. }, _) => Units::Simple(*clusters),
            (Drawing::Rows, None) => Units::Simple(self.data.rows()),
            (Drawing::Rows, Some(strata)) => Units::Strata(strata.members()),
        }
    }

    /// Estimates of a resample.
    fn estimate_drawn(&self, drawing: &Drawing, times: &[u32], reference: &Estimates) -> Result<Estimates, FitError> {
        let drawn = match drawing {
            Drawing::Rows => self.estimate_rows(Some(times), Some(reference)),
            Drawing::Tallies(tallies) => self.estimate_from(&tallies.sum(times), None, Some(reference)),
            Drawing::Clusters { of_row, .. } => {
                let rows: Vec<u32> = of_row.iter().map(|c| times[*c as usize]).collect();
                self.estimate_rows(Some(&rows), Some(reference))
            }
        }?;
        if drawn.fit.converged { Ok(drawn) } else { Err(FitError::NotConverged(self.options.max_iterations)) }
    }

    /// Leaves every unit out once.
    fn jackknife(
        &self,
        drawing: &Drawing,
        units: &Units,
        reference: &Estimates,
        figures: usize,
        values: &(dyn Fn(&Estimates) -> Vec<f64> + Sync),
        watch: Watch<'_>,
    ) -> Result<Vec<Option<Jackknife>>, FitError> {
        let sums = matches!(drawing, Drawing::Rows) && self.moments_suffice();
        let whole = sums.then(|| Tally::of(self.rows(), None));
        // Its steps are not those of the bar.
        let quiet = Watch { on_step: &|| (), ..watch };
        let without = |unit: u64| {
            let unit = unit as usize;
            let estimates = match (&whole, drawing) {
                (_, Drawing::Tallies(tallies)) => self.estimate_from(&tallies.without(unit), None, Some(reference)),
                (Some(whole), _) => {
                    let single = Tally::of_one(self.rows(), unit as u32);
                    self.estimate_from(&whole.without(&single), None, Some(reference))
                }
                (None, _) => {
                    let times: Vec<u32> = (0..units.len()).map(|i| u32::from(i != unit)).collect();
                    self.estimate_drawn(drawing, &times, reference)
                }
            };
            estimates.map_or_else(|_| vec![f64::NAN; figures], |e| values(&e))
        };
        let left = quiet.each(units.len(), without)?;
        let figure = |j: usize| Jackknife::of(&left.iter().map(|values| values[j]).collect::<Vec<f64>>());
        Ok((0..figures).into_par_iter().map(figure).collect())
    }
}
