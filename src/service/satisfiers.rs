//! A survey and a filter -> what delights and what disappoints.
//!
//! Owns: which ratings are contrasted, those that can be acted on and are not the headline's own, and the score of a response.
//! Refuses: to count a response for a question that it left out.

use std::sync::Arc;

use rayon::prelude::*;

use super::access::Viewer;
use super::authoring::{IndexModel, Revision};
use super::estimating::{Asked, estimate, pool, slice};
use super::questions::asked;
use super::reporting::{FilterQuery, Making, Prepared};
use super::{App, ServiceError};
use crate::csi::contrasts::{Ranges, contrast, push};
use crate::csi::counts::each_of;
use crate::csi::data::MISSING;
use crate::csi::live::Live;
use crate::report::question::LEVEL;
use crate::report::satisfiers::{Attribute, KanoFigures, Satisfiers};
use crate::survey::template::Score;

impl App {
    /// What delights and what disappoints, within a filter and within what the viewer may see.
    ///
    /// # Errors
    /// As [`App::report`].
    pub async fn satisfiers(
        &self,
        viewer: &Viewer,
        slug: &str,
        query: FilterQuery,
        accept_language: Option<&str>,
    ) -> Result<Arc<Satisfiers>, ServiceError> {
        let making = Making {
            finished: |reports| &reports.satisfiers,
            settle: |_: &Self, _: &Revision, _: &mut Prepared| Ok(()),
            make: |app: &Self, revision: &Revision, prepared: &Prepared, (): &(), live: Option<&Live>| {
                app.contrasts(revision, prepared, live)
            },
        };
        Ok(self.made(viewer, slug, query, accept_language, making).await?.0)
    }

    fn contrasts(&self, revision: &Revision, prepared: &Prepared, live: Option<&Live>) -> Satisfiers {
        let (report, analysis) = estimate(revision, prepared, live, &Asked::plain(self.thresholds));
        let mut found = Satisfiers {
            headline: report.headline.as_ref().map_or_else(String::new, |headline| headline.name.clone()),
            survey: report.survey.clone(),
            language: report.language.clone(),
            filter: report.filter.clone(),
            basis: report.basis,
            responses: report.responses,
            state: report.state.clone(),
            attributes: Vec::new(),
            unknown: Vec::new(),
            kano: kano(revision, &report),
        };
        let (Some(model), Some(analysis)) = (&revision.model, &analysis) else { return found };
        let headline = model.paths.constructs[model.headline].block.clone();
        let acted_on = |priority: &&crate::report::Priority| {
            let place = model.paths.indicators.iter().position(|known| *known == priority.indicator);
            place.is_some_and(|j| !headline.contains(&j))
        };
        let ratings: Vec<_> = report.priorities.iter().filter(acted_on).collect();
        let columns: Vec<usize> = ratings
            .iter()
            .filter_map(|priority| model.paths.indicators.iter().position(|known| *known == priority.indicator))
            .collect();
        let sums = self.sums(prepared, model, &columns, &analysis.estimates.index_weights.points);
        let (least, level) = (self.thresholds.index as f64, each_of(columns.len(), LEVEL));
        for (j, ranges) in columns.iter().zip(&sums) {
            let label = asked(revision, model, *j, &report.language).label;
            let construct = model.paths.constructs.iter().find(|construct| construct.block.contains(j));
            let construct = construct.map_or("", |construct| report.name_of(&construct.name));
            match (contrast(ranges, least, LEVEL), contrast(ranges, least, level)) {
                (Some(single), Some(of_all)) => {
                    let names = [model.paths.indicators[*j].as_str(), label, construct];
                    found.attributes.push(Attribute::new(names, &single, &of_all));
                }
                _ => found.unknown.push(label.to_owned()),
            }
        }
        found.attributes.sort_by(|a, b| b.sureness().total_cmp(&a.sureness()));
        found
    }

    /// For every column, the headline's score of those who rated it low, middling or high. A response without an answer to
    /// one of the headline's questions has no score.
    fn sums(&self, prepared: &Prepared, model: &IndexModel, columns: &[usize], points: &[f64]) -> Vec<Ranges> {
        let Prepared { ratings, units, .. } = prepared;
        let inside = slice(ratings, units, &prepared.key.1);
        let block = model.paths.constructs[model.headline].block.clone();
        let scales = &model.scales;
        let width = model.paths.indicators.len();
        let score = |row: &[u8]| block.clone().map(|j| points[j] * (f64::from(row[j]) - scales[j].min)).sum::<f64>();
        let of = |j: &usize| {
            let has = |row: &[u8]| row[*j] != MISSING && block.clone().all(|j| row[j] != MISSING);
            let having = ratings.having(width, has, self.thresholds.counts);
            let mut ranges = Ranges::default();
            let rows = ratings.cell_of().iter().zip(ratings.rows(width)).zip(&having);
            for ((_, row), _) in rows.filter(|((cell, _), has)| **has && inside[**cell as usize]) {
                let rating = 100.0 * (f64::from(row[*j]) - scales[*j].min) / (scales[*j].max - scales[*j].min);
                push(&mut ranges, rating, score(row));
            }
            ranges
        };
        pool().install(|| columns.par_iter().map(of).collect())
    }
}

/// What guests made of the attributes that were asked in pairs.
fn kano(revision: &Revision, report: &crate::report::Report) -> Vec<KanoFigures> {
    let of_pair = |id: &str| revision.survey.template.scores.iter().any(|score| score.id == id && is_of_pair(score));
    report.scores.iter().filter(|score| of_pair(&score.score)).map(KanoFigures::new).collect()
}

fn is_of_pair(score: &Score) -> bool {
    score.formula.trim_start().starts_with("kano(")
}

/// Whether a survey has scores that are categories of Kano's pairs.
pub(super) fn asks_kano(revision: &Revision) -> bool {
    revision.survey.template.scores.iter().any(is_of_pair)
}
