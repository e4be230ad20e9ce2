//! Which figures an analysis gives, in a fixed order, so that each can be resampled and found again.
//!
//! Owns: the names of single figures ([`Figure`]), their list for a model, and their values in estimates.
//! Refuses nothing: a figure that estimates do not define is NaN in the list of values, and has no spread.

use std::collections::HashMap;

use super::analysis::Estimates;
use super::effects::{MOST_ROUTES, connected_pairs, specific_indirect};
use super::model::PathModel;
use super::quality::{self, Htmt};

/// One figure. Constructs and indicators by their number in the model; pairs as (dependent, source).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Figure {
    /// 0-100 index of a construct.
    Index(usize),
    Path(usize, usize),
    Total(usize, usize),
    Indirect(usize, usize),
    /// A specific indirect effect, by its place in [`specific_indirect`].
    Route(usize),
    R2(usize),
    F2(usize, usize),
    /// Unstandardised total effect on the index scale.
    Importance(usize, usize),
    Weight(usize),
    Loading(usize),
    /// Later construct, earlier construct.
    Htmt(usize, usize),
    /// Index of a construct in one group of one grouping.
    GroupIndex {
        grouping: usize,
        group: usize,
        construct: usize,
    },
    /// Index of a construct in a group minus that in another group of the same grouping.
    GroupDifference {
        grouping: usize,
        first: usize,
        second: usize,
        construct: usize,
    },
}

/// How many groups of a grouping are compared pair by pair at most.
pub const MOST_COMPARED: usize = 12;

/// Above so many specific indirect effects, none is resampled.
const MOST_RESAMPLED_ROUTES: usize = 500;

/// The figures of a model in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    list: Vec<Figure>,
    place: HashMap<Figure, usize>,
}

impl Figures {
    /// All figures of `model`, whose part without products is `main`, with groupings of so many groups.
    pub fn of(model: &PathModel, main: &PathModel, groupings: &[usize]) -> Self {
        let (p, q) = (main.indicators.len(), main.constructs.len());
        let pairs = connected_pairs(model);
        let mut list: Vec<Figure> = (0..q).map(Figure::Index).collect();
        list.extend(model.paths().map(|(k, l)| Figure::Path(k, l)));
        list.extend(pairs.iter().map(|&(k, l)| Figure::Total(k, l)));
        list.extend(pairs.iter().map(|&(k, l)| Figure::Indirect(k, l)));
        list.extend((0..routes(model)).map(Figure::Route));
        list.extend((0..q).filter(|k| !model.predictors[*k].is_empty()).map(Figure::R2));
        list.extend(model.paths().map(|(k, l)| Figure::F2(k, l)));
        list.extend(pairs.iter().filter(|(_, l)| *l < q).map(|&(k, l)| Figure::Importance(k, l)));
        list.extend((0..p).map(Figure::Weight));
        list.extend((0..p).map(Figure::Loading));
        list.extend((0..q).flat_map(|k| (0..k).map(move |l| Figure::Htmt(k, l))));
        for (grouping, &groups) in groupings.iter().enumerate() {
            let index = |group| (0..q).map(move |construct| Figure::GroupIndex { grouping, group, construct });
            list.extend((0..groups).flat_map(index));
            if groups <= MOST_COMPARED {
                let pairs = (0..groups).flat_map(|first| (first + 1..groups).map(move |second| (first, second)));
                list.extend(pairs.flat_map(|(first, second)| {
                    (0..q).map(move |construct| Figure::GroupDifference { grouping, first, second, construct })
                }));
            }
        }
        Self::listed(list)
    }

    /// These figures and no other.
    pub(super) fn listed(list: Vec<Figure>) -> Self {
        let place = list.iter().enumerate().map(|(i, figure)| (*figure, i)).collect();
        Self { list, place }
    }

    /// The figures in order.
    pub fn list(&self) -> &[Figure] {
        &self.list
    }

    /// Where a figure stands; `None` if the model does not have it.
    pub fn place(&self, figure: Figure) -> Option<usize> {
        self.place.get(&figure).copied()
    }

    /// The values of all figures in estimates of the same model.
    pub fn values(&self, model: &PathModel, main: &PathModel, e: &Estimates) -> Vec<f64> {
        let fit = &e.fit;
        let resampled = self.place.contains_key(&Figure::Route(0));
        let specific = if resampled { specific_indirect(&fit.paths, model) } else { Vec::new() };
        let wanted = model.paths().next().is_some_and(|(k, l)| self.place.contains_key(&Figure::F2(k, l)));
        let constructs = if wanted { model.constructs.len() } else { 0 };
        let f2: Vec<Vec<Option<f64>>> = (0..constructs).map(|k| quality::f2(fit, model, k)).collect();
        let value = |figure: &Figure| match *figure {
            Figure::Index(k) => e.index[k],
            Figure::Path(k, l) => fit.paths[(k, l)],
            Figure::Total(k, l) => fit.total_effects[(k, l)],
            Figure::Indirect(k, l) => fit.total_effects[(k, l)] - fit.paths[(k, l)],
            Figure::Route(i) => specific[i].estimate,
            Figure::R2(k) => fit.r2[k].unwrap_or(f64::NAN),
            Figure::F2(k, l) => {
                let place = model.predictors[k].iter().position(|other| *other == l);
                place.and_then(|i| f2[k][i]).unwrap_or(f64::NAN)
            }
            Figure::Importance(k, l) => e.importance(k, l),
            Figure::Weight(j) => fit.weights[j],
            Figure::Loading(j) => fit.loadings[j],
            Figure::Htmt(k, l) => quality::htmt(fit, main, k, l, Htmt::Original).unwrap_or(f64::NAN),
            Figure::GroupIndex { grouping, group, construct } => e.groups[grouping][group].index[construct],
            Figure::GroupDifference { grouping, first, second, construct } => {
                e.groups[grouping][first].index[construct] - e.groups[grouping][second].index[construct]
            }
        };
        self.list.iter().map(value).collect()
    }
}

/// Number of specific indirect effects, 0 if there are too many to resample.
fn routes(model: &PathModel) -> usize {
    let q = model.constructs.len();
    let count = specific_indirect(&nalgebra::DMatrix::zeros(q, q), model).len();
    debug_assert!(count <= MOST_ROUTES + 1);
    if count <= MOST_RESAMPLED_ROUTES { count } else { 0 }
}
