//! Where properties stand: their ranks, and how far each is from all together.
//!
//! Owns: how sure all of that is at once. Refuses: a rank of a property of a low base.

use super::{LEVEL, Part};
use crate::csi::counts::each_of;
use crate::csi::dist::normal_quantile;
use crate::csi::figures::Figure;
use crate::csi::ranks::rank;
use crate::report::Index;
use crate::report::build::Group;
use crate::report::overview::{CellFigures, Change, PropertyChange, PropertyConstructs, RankFigures};
use crate::report::publication::Base;
use crate::service::estimating::by_property;

impl Part<'_> {
    pub(super) fn ranks(&self, inside: &[bool]) -> Vec<RankFigures> {
        let properties = by_property(self.ratings, self.units, inside, self.language).groups;
        let construct = self.construct;
        let figure = |group| Figure::GroupIndex { grouping: 0, group, construct };
        let full: Vec<usize> =
            (0..properties.len()).filter(|g| self.thresholds.base(properties[*g].responses) == Base::Full).collect();
        let known = |g: &usize| {
            let se = self.analysis.spread(figure(*g)).map_or(f64::NAN, |spread| spread.se);
            let place = self.analysis.figures.place(figure(*g))?;
            let estimate = self.analysis.estimates.groups[0][*g].index[construct];
            Some((properties[*g].code.clone(), (estimate, se), self.analysis.bootstrap.draws[place].clone()))
        };
        ranked(&full.iter().filter_map(known).collect::<Vec<_>>())
    }

    /// The level of each interval of so many properties by construct, where all hold at once.
    pub(in crate::service) fn level_of_cells(&self, properties: usize) -> f64 {
        each_of(properties * self.model.paths.constructs.len(), LEVEL)
    }

    /// The indices of every group of a grouping by construct, where there are enough responses, each beside that of all.
    pub(super) fn by_construct(&self, groups: &[Group], grouping: usize) -> Vec<PropertyConstructs> {
        let enough = |group: &Group| self.thresholds.base(group.responses) >= Base::Low;
        let shown: Vec<(usize, &Group)> = groups.iter().enumerate().filter(|(_, group)| enough(group)).collect();
        let constructs = 0..self.model.paths.constructs.len();
        let level = self.level_of_cells(shown.len());
        let cell = |group: usize, construct: usize| {
            let figure = Figure::GroupIndex { grouping, group, construct };
            let spread = self.analysis.spread(figure);
            let score = self.analysis.estimates.groups[grouping][group].index[construct];
            let index = Index { score, se: spread.map(|s| s.se), ci: spread.and_then(|s| s.ci) };
            let several = shown.len() > 1;
            CellFigures {
                index,
                against: several.then(|| self.less_all((grouping, group), construct, level)).flatten(),
            }
        };
        let of = |(g, group): &(usize, &Group)| PropertyConstructs {
            code: group.code.clone(),
            name: group.name.clone(),
            responses: group.responses,
            base: self.thresholds.base(group.responses),
            constructs: constructs.clone().map(|k| cell(*g, k)).collect(),
        };
        shown.iter().map(of).collect()
    }

    /// How much a group is above all together.
    fn less_all(&self, (grouping, group): (usize, usize), construct: usize, level: f64) -> Option<Change> {
        let figure = Figure::GroupIndex { grouping, group, construct };
        let se = self.analysis.se_of_difference(figure, Figure::Index(construct))?;
        let estimates = &self.analysis.estimates;
        let difference = estimates.groups[grouping][group].index[construct] - estimates.index[construct];
        let reach = normal_quantile(f64::midpoint(1.0, level)) * se;
        Some(Change::new(difference, [difference - reach, difference + reach]))
    }

    /// How much every property is above all together, where there are several with an index.
    pub(super) fn against(&self, properties: &[Group]) -> Vec<PropertyChange> {
        let enough = |(_, group): &(usize, &Group)| self.thresholds.base(group.responses) >= Base::Low;
        let shown: Vec<(usize, &Group)> = properties.iter().enumerate().filter(enough).collect();
        let level = each_of(shown.len(), LEVEL);
        let of = |(place, group): &(usize, &Group)| {
            let change = self.less_all((0, *place), self.construct, level)?;
            Some(PropertyChange { code: group.code.clone(), name: group.name.clone(), change })
        };
        if shown.len() > 1 { shown.iter().filter_map(of).collect() } else { Vec::new() }
    }
}

/// What is known of the ranks of properties: each by its code, estimate with standard error, and draws.
pub(in crate::service) fn ranked(properties: &[(String, (f64, f64), Vec<f64>)]) -> Vec<RankFigures> {
    let estimates: Vec<f64> = properties.iter().map(|(_, (estimate, _), _)| *estimate).collect();
    let ses: Vec<f64> = properties.iter().map(|(_, (_, se), _)| *se).collect();
    let draws: Vec<&[f64]> = properties.iter().map(|(.., draws)| draws.as_slice()).collect();
    let ranked = rank(&estimates, &ses, &draws, LEVEL).unwrap_or_default();
    let of = properties.len();
    let figures = |((code, ..), ranked): (&(String, _, _), &crate::csi::ranks::Ranked)| RankFigures {
        code: code.clone(),
        ranks: ranked.simultaneous_rank,
        of,
    };
    properties.iter().zip(&ranked).map(figures).collect()
}
