//! A survey and a filter -> how well it measures.
//!
//! Owns: what [`crate::report::measurement`] is made from. Refuses: to judge fewer responses than an index takes.

use std::sync::Arc;

use super::access::Viewer;
use super::authoring::Revision;
use super::estimating::{Asked, estimate, slice};
use super::questions::asked;
use super::reporting::{FilterQuery, Making, Prepared};
use super::{App, ServiceError};
use crate::csi::groups::NO_GROUP;
use crate::csi::live::Live;
use crate::report::measurement::{Measurement, Named, constructs, pairs, srmr};

impl App {
    /// How well a survey measures, within a filter and within what the viewer may see.
    ///
    /// # Errors
    /// As [`App::report`].
    pub async fn measurement(
        &self,
        viewer: &Viewer,
        slug: &str,
        query: FilterQuery,
        accept_language: Option<&str>,
    ) -> Result<Arc<Measurement>, ServiceError> {
        let making = Making {
            finished: |reports| &reports.measurements,
            settle: |_: &Self, _: &Revision, _: &mut Prepared| Ok(()),
            make: |app: &Self, revision: &Revision, prepared: &Prepared, (): &(), live: Option<&Live>| {
                app.measure(revision, prepared, live)
            },
        };
        Ok(self.made(viewer, slug, query, accept_language, making).await?.0)
    }

    fn measure(&self, revision: &Revision, prepared: &Prepared, live: Option<&Live>) -> Measurement {
        let (report, analysis) = estimate(revision, prepared, live, &Asked::plain(self.thresholds));
        let mut measurement = Measurement {
            survey: report.survey.clone(),
            language: report.language.clone(),
            filter: report.filter.clone(),
            basis: report.basis,
            responses: report.responses,
            state: report.state.clone(),
            constructs: Vec::new(),
            pairs: Vec::new(),
            srmr: None,
        };
        let (Some(model), Some(analysis)) = (&revision.model, &analysis) else { return measurement };
        let width = model.paths.indicators.len();
        let inside = slice(&prepared.ratings, &prepared.units, &prepared.key.1);
        let labels: Vec<u32> = inside.iter().map(|inside| if *inside { 0 } else { NO_GROUP }).collect();
        let counts: Vec<_> = prepared.ratings.counts(width, &(0..width), (&labels, 1)).into_iter().flatten().collect();
        let questions: Vec<_> = (0..width).map(|j| asked(revision, model, j, &report.language)).collect();
        let labels: Vec<String> = questions.iter().map(|question| question.label.to_owned()).collect();
        let scales: Vec<[u8; 2]> = questions.iter().map(|question| question.scale).collect();
        let names: Vec<String> = report.constructs.iter().map(|construct| construct.name.clone()).collect();
        let named = Named {
            model: &model.paths,
            constructs: &names,
            indicators: &labels,
            counts: &counts,
            scales: &scales,
            least: self.thresholds.index,
            basis: report.basis,
        };
        measurement.constructs = constructs(analysis, &named);
        measurement.pairs = pairs(analysis, &model.paths);
        measurement.srmr = srmr(analysis, &model.paths);
        measurement
    }
}
