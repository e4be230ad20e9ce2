//! A survey and a filter -> expectation against performance.
//!
//! Owns: who counts, those who answered both questions of a pair, and the score beside each gap. Refuses: a gap of a guest who
//! left one of the two out.

use std::sync::Arc;

use super::access::Viewer;
use super::authoring::Revision;
use super::estimating::{Asked, estimate, slice};
use super::questions::asked;
use super::reporting::{FilterQuery, Making, Prepared};
use super::{App, ServiceError};
use crate::csi::data::MISSING;
use crate::csi::disconfirmation::Gaps;
use crate::csi::live::Live;
use crate::report::expectations::{Expectations, Named, figures};

impl App {
    /// Expectation against performance, within a filter and within what the viewer may see.
    ///
    /// # Errors
    /// As [`App::report`].
    pub async fn expectations(
        &self,
        viewer: &Viewer,
        slug: &str,
        query: FilterQuery,
        accept_language: Option<&str>,
    ) -> Result<Arc<Expectations>, ServiceError> {
        let making = Making {
            finished: |reports| &reports.expectations,
            settle: |_: &Self, _: &Revision, _: &mut Prepared| Ok(()),
            make: |app: &Self, revision: &Revision, prepared: &Prepared, (): &(), live: Option<&Live>| {
                app.gaps(revision, prepared, live)
            },
        };
        Ok(self.made(viewer, slug, query, accept_language, making).await?.0)
    }

    fn gaps(&self, revision: &Revision, prepared: &Prepared, live: Option<&Live>) -> Expectations {
        let (report, analysis) = estimate(revision, prepared, live, &Asked::plain(self.thresholds));
        let Prepared { ratings, units, .. } = prepared;
        let inside = slice(ratings, units, &prepared.key.1);
        let mut pairs = Vec::new();
        if let Some(model) = &revision.model {
            let width = model.paths.indicators.len();
            let block = model.paths.constructs[model.headline].block.clone();
            let points = analysis.as_ref().map(|analysis| &analysis.estimates.index_weights.points);
            let score = |row: &[u8]| {
                let points = points.filter(|_| block.clone().all(|j| row[j] != MISSING))?;
                Some(block.clone().map(|j| points[j] * (f64::from(row[j]) - model.scales[j].min)).sum::<f64>())
            };
            for (e, p) in model.disconfirmation.iter().copied() {
                let asked = asked(revision, model, p, &report.language);
                let mut gaps = Gaps::new(asked.scale[1] - asked.scale[0]);
                let mut sums = [0.0; 2];
                let both = ratings.having(width, |row| row[e] != MISSING && row[p] != MISSING, self.thresholds.counts);
                // A score needs the headline's questions as well: again those of whole groups alone.
                let scored = |row: &[u8]| [e, p].into_iter().chain(block.clone()).all(|j| row[j] != MISSING);
                let scored = ratings.having(width, scored, self.thresholds.counts);
                let rows = ratings.cell_of().iter().zip(ratings.rows(width)).zip(both.iter().zip(&scored));
                for ((_, row), (_, scored)) in rows.filter(|((cell, _), (both, _))| **both && inside[**cell as usize]) {
                    let gap = i32::from(row[p]) - i32::from(row[e]);
                    gaps.push(gap, row[p] - asked.scale[0], score(row).filter(|_| *scored));
                    sums = [sums[0] + f64::from(row[e]), sums[1] + f64::from(row[p])];
                }
                let [low, high] = asked.scale.map(f64::from);
                let means = sums.map(|sum| 100.0 * (sum / gaps.n() - low) / (high - low));
                let named = Named { expected: &model.paths.indicators[e], found: asked.indicator, label: asked.label };
                pairs.push(figures(&named, &gaps, means, (asked.scale, model.disconfirmation.len()), self.thresholds));
            }
        }
        Expectations {
            headline: report.headline.as_ref().map_or_else(String::new, |headline| headline.name.clone()),
            survey: report.survey,
            language: report.language,
            filter: report.filter,
            basis: report.basis,
            thresholds: report.thresholds,
            responses: report.responses,
            pairs,
        }
    }
}
