//! A question and a period -> how it was answered.
//!
//! Owns: which answers count for which figure. Refuses: questions that the survey's model does not measure with.

use std::sync::Arc;

use chrono::NaiveDate;

use super::access::Viewer;
use super::authoring::{IndexModel, Revision};
use super::estimating::{Asked, Sorted, by_month, by_property, estimate, slice};
use super::overview::{Compared, PeriodQuery, read_compare, set_period};
use super::reporting::{FilterQuery, Making, Prepared};
use super::{App, ServiceError};
use crate::csi::counts::Counts;
use crate::csi::groups::NO_GROUP;
use crate::csi::live::Live;
use crate::report::publication::Thresholds;
use crate::report::question::{self, Outcome, OutcomeFigures, QuestionFigures, QuestionReport};
use crate::report::{Filter, GroupFigures};
use crate::survey::field::Kind;

/// Which question, and the days that it is compared with.
pub(super) type AboutQuestion = (usize, Option<(NaiveDate, NaiveDate)>);

impl App {
    /// A question of a survey's model in a period, within what the viewer may see.
    ///
    /// # Errors
    /// As [`App::report`], and [`ServiceError::UnknownIndicator`].
    pub async fn question(
        &self,
        viewer: &Viewer,
        slug: &str,
        indicator: &str,
        (query, period): (FilterQuery, PeriodQuery),
        accept_language: Option<&str>,
    ) -> Result<Arc<QuestionReport>, ServiceError> {
        let compare = read_compare(period.compare.as_deref())?;
        let indicator = indicator.to_owned();
        let making = Making {
            finished: |reports| &reports.questions,
            settle: move |app: &Self, revision: &Revision, prepared: &mut Prepared| {
                let of_model = |model: &IndexModel| model.paths.indicators.iter().position(|known| *known == indicator);
                let unknown = || ServiceError::UnknownIndicator(indicator.chars().take(80).collect());
                let j = revision.model.as_ref().and_then(of_model).ok_or_else(unknown)?;
                set_period(prepared, period.period.as_deref(), app.thresholds)?;
                Ok((j, compare.with(&prepared.key.1)))
            },
            make: |app: &Self, revision: &Revision, prepared: &Prepared, about: &AboutQuestion, live: Option<&Live>| {
                app.ask(revision, prepared, *about, live)
            },
        };
        Ok(self.made(viewer, slug, query, accept_language, making).await?.0)
    }

    fn ask(
        &self,
        revision: &Revision,
        prepared: &Prepared,
        (j, other): AboutQuestion,
        live: Option<&Live>,
    ) -> QuestionReport {
        let Prepared { key: (_, filter, language, _, basis), ratings, units, .. } = prepared;
        let days = |from, to| slice(ratings, units, &Filter { from, to, ..filter.clone() });
        let inside = days(filter.from, filter.to);
        let model = revision.model.as_ref().expect("settled with a model");
        let periods = Periods::new(prepared, other);
        let given = |sorted: &Sorted| {
            let columns = ratings.counts(model.paths.indicators.len(), &(j..j + 1), sorted.counted());
            columns.into_iter().next().unwrap_or_default()
        };
        let properties = by_property(ratings, units, &inside, language);
        let months = by_month(ratings, &days(None, None));
        let (of_properties, of_months) = (given(&properties), given(&months));
        let asked = asked(revision, model, j, language);
        let limits = (self.thresholds, *basis);
        let groups = |sorted: &Sorted, counts: &[Counts]| {
            let named = sorted.groups.iter().map(|group| (group.code.clone(), group.name.clone()));
            question::groups(named, counts, asked.scale, limits)
        };
        let mut of_properties_figures: Vec<GroupFigures> = groups(&properties, &of_properties);
        let against = question::against(&of_properties_figures, &of_properties, asked.scale, self.thresholds);
        of_properties_figures.retain(|group| group.responses.is_some_and(|n| n > 0));
        let all = estimate(revision, prepared, live, &Asked::plain(self.thresholds)).0;
        let importance = all.priorities.iter().find(|priority| priority.indicator == asked.indicator);
        let construct = model.paths.constructs.iter().find(|construct| construct.block.contains(&j));
        let construct = construct.map_or_else(String::new, |construct| construct.name.clone());
        QuestionReport {
            importance: importance.map(|priority| priority.importance),
            construct_name: construct_name(revision, &construct, language),
            construct,
            question: periods.questions(prepared, revision, model, &(j..j + 1), self).remove(0),
            outcomes: outcomes(periods.labels(), (prepared, revision), model, self.thresholds)
                .into_iter()
                .filter(|outcome| outcome.indicator == model.paths.indicators[j])
                .collect(),
            compared: other.map(|(from, to)| [from, to]),
            properties: of_properties_figures,
            against,
            months: groups(&months, &of_months),
            survey: all.survey,
            language: all.language,
            filter: all.filter,
            basis: all.basis,
            thresholds: all.thresholds,
        }
    }
}

/// The answers of a period, and of another.
pub(super) struct Periods {
    /// Of each cell: 0 for the period, 1 for the other, none for neither.
    labels: Vec<u32>,
}

impl Periods {
    pub(super) fn new(prepared: &Prepared, other: Compared) -> Self {
        let Prepared { key: (_, filter, ..), ratings, units, .. } = prepared;
        let days = |from, to| slice(ratings, units, &Filter { from, to, ..filter.clone() });
        let now = days(filter.from, filter.to);
        let then = other.map(|(from, to)| days(Some(from), Some(to)));
        let label = |i: usize| match (now[i], then.as_ref().is_some_and(|then| then[i])) {
            (true, _) => 0,
            (false, true) => 1,
            (false, false) => NO_GROUP,
        };
        Self { labels: (0..now.len()).map(label).collect() }
    }

    /// As a grouping.
    pub(super) fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// The figures of indicators that stand together.
    pub(super) fn questions(
        &self,
        prepared: &Prepared,
        revision: &Revision,
        model: &IndexModel,
        columns: &std::ops::Range<usize>,
        app: &App,
    ) -> Vec<QuestionFigures> {
        let (language, basis) = (&prepared.key.2, prepared.key.4);
        let counts = prepared.ratings.counts(model.paths.indicators.len(), columns, (&self.labels, 2));
        let figures = |(j, counts): (usize, Vec<Counts>)| {
            let asked = asked(revision, model, j, language);
            question::figures(&asked, [&counts[0], &counts[1]], app.thresholds, basis)
        };
        columns.clone().zip(counts).map(figures).collect()
    }
}

/// The measures that others use, of those questions that they are of: of the cells labelled 0, and against those labelled 1.
pub(super) fn outcomes(
    labels: &[u32],
    (prepared, revision): (&Prepared, &Revision),
    model: &IndexModel,
    thresholds: Thresholds,
) -> Vec<OutcomeFigures> {
    let figures = |(outcome, j): (Outcome, Option<usize>)| {
        let j = j?;
        let counts = prepared.ratings.counts(model.paths.indicators.len(), &(j..j + 1), (labels, 2)).remove(0);
        let asked = asked(revision, model, j, &prepared.key.2);
        question::outcome(outcome, &asked, [&counts[0], &counts[1]], thresholds)
    };
    [(Outcome::Nps, model.nps), (Outcome::Csat, model.csat)].into_iter().filter_map(figures).collect()
}

/// What guests are asked for an indicator.
pub(super) fn asked<'a>(
    revision: &'a Revision,
    model: &'a IndexModel,
    j: usize,
    language: &'a str,
) -> question::Asked<'a> {
    let (survey, indicator) = (&revision.survey, model.paths.indicators[j].as_str());
    let base = survey.base_language();
    let field = survey.field(indicator);
    let scale = model.scales[j];
    question::Asked {
        indicator,
        label: field.as_ref().map_or(indicator, |field| field.label.in_language(language, base)),
        text: field.as_ref().map_or(indicator, |field| field.wording().in_language(language, base)),
        // Points are bytes.
        scale: [scale.min as u8, scale.max as u8],
        step: match field.as_ref().map(|field| field.kind) {
            Some(Kind::Steps { step, .. }) => step,
            _ => 1,
        },
    }
}

/// A construct's name for people.
pub(super) fn construct_name(revision: &Revision, construct: &str, language: &str) -> String {
    let survey = &revision.survey;
    let names = survey.template.model.as_ref().map(|model| &model.names);
    let name = names.and_then(|names| names.get(construct));
    name.map_or(construct, |name| name.in_language(language, survey.base_language())).to_owned()
}
