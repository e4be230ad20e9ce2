//! Second-order constructs by the two-stage approaches.
//!
//! Owns: splitting a model with blocks of constructs (`Offer <~ Quality + Value`) into two first-order
//! models, and the second stage's correlations. No row is read again: the scores' correlations follow from
//! stage 1's weights. Refuses: dimensions that are also used on their own, and constructs of third order.
//!
//! Disjoint: stage 1 puts the dimensions in the place of their construct; stage 2 takes the dimensions'
//! scores as its indicators, while all other constructs keep their own. Embedded: in stage 1 the construct
//! has all its dimensions' indicators once more and paths from (`<~`) or to (`=~`) its dimensions; stage 2
//! takes the scores of everything, so that all other constructs have one indicator.
//!
//! Source: Sarstedt, Hair, Cheah, Becker & Ringle (2019), Australasian Marketing J. 27(3), 197-211.

use nalgebra::{DMatrix, DVector};

use super::data::ScaleRange;
use super::fit::Fit;
use super::index::IndexWeights;
use super::model::{ModeA, ModelError, PathModel};
use super::moments::Correlations;
use super::syntax::{ModelSpec, Name, Relation, Statement, Term};

/// Which two stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Approach {
    #[default]
    Disjoint,
    Embedded,
}

/// The two first-order models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TwoStage {
    pub first: PathModel,
    pub second: PathModel,
    /// The indicators that the data must have; those of `first` but for the repeated ones.
    pub indicators: Vec<String>,
    /// For each indicator of `first`: which of `indicators` it is.
    columns: Vec<usize>,
    /// Where each indicator of `second` comes from.
    sources: Vec<Source>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// An indicator of the first stage.
    Indicator(usize),
    /// The score of a construct of the first stage.
    Construct(usize),
}

impl TwoStage {
    /// Splits a model; `None` if it has no second-order block.
    ///
    /// # Errors
    /// [`ModelError::DimensionInUse`], [`ModelError::MixedBlock`], [`ModelError::ThirdOrder`], or what
    /// makes either stage no model.
    pub fn from_spec(spec: &ModelSpec, mode_a: &ModeA, approach: Approach) -> Result<Option<Self>, ModelError> {
        let targets = || spec.statements.iter().filter(|s| s.relation != Relation::Regression).flat_map(|s| &s.targets);
        let is_construct = |name: &Name| targets().any(|t| t.text == name.text);
        let names = |s: &Statement| s.terms.iter().flat_map(|t| t.factors.clone()).collect::<Vec<Name>>();
        let higher = |s: &&Statement| s.relation != Relation::Regression && names(s).iter().any(is_construct);
        let blocks: Vec<&Statement> = spec.statements.iter().filter(higher).collect();
        if blocks.is_empty() {
            return Ok(None);
        }
        for block in &blocks {
            check_block(spec, block, &blocks, &names(block), is_construct)?;
        }
        let (of_first, of_second) = match approach {
            Approach::Disjoint => (first_stage(spec, &blocks), second_stage(spec, &blocks)),
            Approach::Embedded => embedded_stages(spec, &blocks),
        };
        let known = |name: &String| targets().any(|t| t.text == *name);
        if let ModeA::Named(listed) = mode_a
            && let Some(name) = listed.iter().find(|name| !known(name))
        {
            return Err(ModelError::UnknownModeA(name.clone()));
        }
        let first = PathModel::from_spec(&of_first, &only_its_own(mode_a, &of_first))?;
        let second = PathModel::from_spec(&of_second, &only_its_own(mode_a, &of_second))?;
        let source = |name: &String| match first.construct(name) {
            Some(k) => Source::Construct(k),
            None => Source::Indicator(first.indicators.iter().position(|i| i == name).unwrap_or_default()),
        };
        let sources = second.indicators.iter().map(source).collect();
        let original = |name: &String| name.split_once(REPEATED).map_or(name.as_str(), |(own, _)| own).to_owned();
        let indicators: Vec<String> = first.indicators.iter().filter(|i| !i.contains(REPEATED)).cloned().collect();
        let column = |name: &String| indicators.iter().position(|i| *i == original(name)).unwrap_or_default();
        let columns = first.indicators.iter().map(column).collect();
        Ok(Some(Self { first, second, indicators, columns, sources }))
    }

    /// One entry per indicator of the data -> one per indicator of the first stage.
    pub fn repeat<T: Copy>(&self, values: &[T]) -> Vec<T> {
        self.columns.iter().map(|&j| values[j]).collect()
    }

    /// Correlations of the data's indicators -> those of the first stage's.
    pub fn repeat_correlations(&self, correlations: &Correlations) -> Correlations {
        let p = self.columns.len();
        Correlations {
            n: correlations.n,
            means: self.repeat(&correlations.means),
            sds: self.repeat(&correlations.sds),
            matrix: DMatrix::from_fn(p, p, |j, k| correlations.matrix[(self.columns[j], self.columns[k])]),
        }
    }

    /// Means, standard deviations and correlations of the second stage's indicators. Scores of
    /// dimensions stand on 0-100; `scales` are those of the data's indicators.
    pub fn correlations(&self, first: &Fit, index: &IndexWeights, scales: &[ScaleRange]) -> Correlations {
        let p = first.weights.len();
        let column = |source: &Source| match *source {
            Source::Indicator(j) => DVector::from_fn(p, |i, _| f64::from(u8::from(i == j))),
            Source::Construct(k) => {
                let block = &self.first.constructs[k].block;
                // As the index runs: its values are what the second stage's indicators are.
                let sign = index.signs[k];
                DVector::from_fn(p, |i, _| if block.contains(&i) { sign * first.weights[i] } else { 0.0 })
            }
        };
        let columns: Vec<DVector<f64>> = self.sources.iter().map(column).collect();
        let weights = DMatrix::from_columns(&columns);
        let mut matrix = weights.transpose() * &first.indicator_correlations * &weights;
        matrix.fill_diagonal(1.0);
        let sd = |source: &Source| match *source {
            Source::Indicator(j) => first.sds[j],
            Source::Construct(k) => index.score_sds[k],
        };
        Correlations {
            n: first.n,
            means: self.values_of_first(&first.means, index, scales),
            sds: self.sources.iter().map(sd).collect(),
            matrix,
        }
    }

    /// The second stage's indicators at these values of the data's.
    pub fn values(&self, values: &[f64], index: &IndexWeights, scales: &[ScaleRange]) -> Vec<f64> {
        self.values_of_first(&self.repeat(values), index, scales)
    }

    fn values_of_first(&self, values: &[f64], index: &IndexWeights, scales: &[ScaleRange]) -> Vec<f64> {
        let scores = index.at(&self.first, values, &self.repeat(scales));
        let value = |source: &Source| match *source {
            Source::Indicator(j) => values[j],
            Source::Construct(k) => scores[k],
        };
        self.sources.iter().map(value).collect()
    }

    /// Response scales of the second stage's indicators, from those of the data's.
    pub fn scales(&self, scales: &[ScaleRange]) -> Vec<ScaleRange> {
        let scale = |source: &Source| match *source {
            Source::Indicator(j) => scales[self.columns[j]],
            Source::Construct(_) => ScaleRange { min: 0.0, max: 100.0 },
        };
        self.sources.iter().map(scale).collect()
    }
}

fn check_block(
    spec: &ModelSpec,
    block: &Statement,
    blocks: &[&Statement],
    dimensions: &[Name],
    is_construct: impl Fn(&Name) -> bool,
) -> Result<(), ModelError> {
    let owner = block.targets[0].text.clone();
    for name in dimensions {
        if !is_construct(name) {
            return Err(ModelError::MixedBlock { name: name.text.clone(), owner, at: name.at });
        }
        if blocks.iter().any(|b| b.targets.iter().any(|t| t.text == name.text)) {
            return Err(ModelError::ThirdOrder { name: name.text.clone(), owner, at: name.at });
        }
        let regressions = spec.statements.iter().filter(|s| s.relation == Relation::Regression);
        let mut used = regressions.flat_map(|s| s.targets.iter().chain(s.terms.iter().flat_map(|t| &t.factors)));
        if let Some(use_) = used.find(|n| n.text == name.text) {
            return Err(ModelError::DimensionInUse { name: name.text.clone(), owner, at: use_.at });
        }
    }
    Ok(())
}

/// The dimensions in the place of their construct, in every regression.
fn first_stage(spec: &ModelSpec, blocks: &[&Statement]) -> ModelSpec {
    let dimensions = |name: &Name| -> Vec<Name> {
        let block = blocks.iter().find(|b| b.targets.iter().any(|t| t.text == name.text));
        let inside = |b: &&Statement| {
            b.terms.iter().flat_map(|t| t.factors.clone()).map(|n| Name { at: name.at, ..n }).collect()
        };
        block.map_or_else(|| vec![name.clone()], inside)
    };
    let expand_term = |term: &Term| -> Vec<Term> {
        match term.factors.as_slice() {
            [only] => {
                dimensions(only).into_iter().map(|n| Term { coefficient: term.coefficient, factors: vec![n] }).collect()
            }
            _ => vec![term.clone()],
        }
    };
    let rewrite = |s: &Statement| Statement {
        targets: if s.relation == Relation::Regression {
            s.targets.iter().flat_map(dimensions).collect()
        } else {
            s.targets.clone()
        },
        relation: s.relation,
        terms: if s.relation == Relation::Regression {
            s.terms.iter().flat_map(expand_term).collect()
        } else {
            s.terms.clone()
        },
    };
    ModelSpec { statements: spec.statements.iter().filter(|s| !blocks.contains(s)).map(rewrite).collect() }
}

/// What sets a repeated indicator apart: no name that can be typed holds it.
const REPEATED: &str = " of ";

/// Both stages of the embedded approach.
fn embedded_stages(spec: &ModelSpec, blocks: &[&Statement]) -> (ModelSpec, ModelSpec) {
    let measurement = |s: &&Statement| s.relation != Relation::Regression;
    let own_block = |name: &Name| {
        let block = spec.statements.iter().filter(measurement).find(|s| s.targets.iter().any(|t| t.text == name.text));
        block.map_or(&[][..], |s| &s.terms)
    };
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for statement in &spec.statements {
        if !blocks.contains(&statement) {
            first.push(statement.clone());
            let single = |target: &Name| Statement {
                targets: vec![target.clone()],
                relation: statement.relation,
                terms: vec![Term { coefficient: None, factors: vec![target.clone()] }],
            };
            let is_dimension =
                |t: &&Name| blocks.iter().flat_map(|b| &b.terms).flat_map(|d| &d.factors).any(|d| d.text == t.text);
            match statement.relation {
                Relation::Regression => second.push(statement.clone()),
                _ => second.extend(statement.targets.iter().filter(|t| !is_dimension(t)).map(single)),
            }
            continue;
        }
        second.push(statement.clone());
        for target in &statement.targets {
            let dimensions: Vec<&Name> = statement.terms.iter().flat_map(|t| &t.factors).collect();
            let repeat = |term: &Term| {
                let alias = |n: &Name| Name { text: format!("{}{REPEATED}{}", n.text, target.text), at: n.at };
                Term { coefficient: term.coefficient, factors: term.factors.iter().map(alias).collect() }
            };
            let terms = dimensions.iter().flat_map(|d| own_block(d)).map(repeat).collect();
            first.push(Statement { targets: vec![target.clone()], relation: statement.relation, terms });
            let term = |name: &Name| Term { coefficient: None, factors: vec![name.clone()] };
            let names = || dimensions.iter().copied().cloned();
            let (targets, terms) = match statement.relation {
                Relation::Reflective => (names().collect(), vec![term(target)]),
                _ => (vec![target.clone()], dimensions.iter().map(|d| term(d)).collect()),
            };
            first.push(Statement { targets, relation: Relation::Regression, terms });
        }
    }
    (ModelSpec { statements: first }, ModelSpec { statements: second })
}

/// The blocks of the dimensions left out: their scores are indicators now.
fn second_stage(spec: &ModelSpec, blocks: &[&Statement]) -> ModelSpec {
    let is_dimension =
        |name: &Name| blocks.iter().flat_map(|b| &b.terms).flat_map(|t| &t.factors).any(|n| n.text == name.text);
    let keep = |s: &&Statement| s.relation == Relation::Regression || !s.targets.iter().any(is_dimension);
    ModelSpec { statements: spec.statements.iter().filter(keep).cloned().collect() }
}

/// `--mode-a` as far as it names constructs of this stage.
fn only_its_own(mode_a: &ModeA, stage: &ModelSpec) -> ModeA {
    let ModeA::Named(names) = mode_a else { return mode_a.clone() };
    let blocks = || stage.statements.iter().filter(|s| s.relation != Relation::Regression);
    let inside = |name: &&String| blocks().flat_map(|s| &s.targets).any(|t| t.text == **name);
    ModeA::Named(names.iter().filter(inside).cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csi::syntax::parse;

    fn split(text: &str) -> Result<Option<TwoStage>, ModelError> {
        TwoStage::from_spec(&parse(text).unwrap(), &ModeA::All, Approach::Disjoint)
    }

    const MODEL: &str = "Offer ~ E\nS ~ E + Offer\nOffer <~ Q + V\nE <~ e1\nQ <~ q1 + q2\nV <~ v1 + v2\nS <~ s1";

    #[test]
    fn dimensions_take_the_place_of_their_construct() {
        let stages = split(MODEL).unwrap().unwrap();
        let names = |model: &PathModel| -> Vec<String> {
            let name = |k: usize| model.constructs[k].name.clone();
            model.paths().map(|(k, l)| format!("{}~{}", name(k), name(l))).collect()
        };
        assert_eq!(names(&stages.first), ["Q~E", "V~E", "S~E", "S~Q", "S~V"]);
        assert_eq!(names(&stages.second), ["Offer~E", "S~E", "S~Offer"]);
        assert_eq!(stages.second.indicators, ["Q", "V", "e1", "s1"]);
        assert_eq!(split("B~A\nA=~a\nB=~b").unwrap(), None);
    }

    #[test]
    fn the_embedded_approach_repeats_indicators_and_then_takes_scores() {
        let embedded =
            |text: &str| TwoStage::from_spec(&parse(text).unwrap(), &ModeA::All, Approach::Embedded).unwrap().unwrap();
        let paths = |model: &PathModel| -> Vec<String> {
            let name = |k: usize| model.constructs[k].name.clone();
            model.paths().map(|(k, l)| format!("{}~{}", name(k), name(l))).collect()
        };
        let stages = embedded(MODEL);
        assert_eq!(paths(&stages.first), ["Offer~E", "Offer~Q", "Offer~V", "S~E", "S~Offer"]);
        assert_eq!(stages.first.indicators[..4], ["q1 of Offer", "q2 of Offer", "v1 of Offer", "v2 of Offer"]);
        assert_eq!(stages.indicators, ["e1", "q1", "q2", "v1", "v2", "s1"]);
        assert_eq!(stages.repeat(&[0, 1, 2, 3, 4, 5]), [1, 2, 3, 4, 0, 1, 2, 3, 4, 5]);
        assert_eq!(stages.second.indicators, ["Q", "V", "E", "S"]);
        let reflective = embedded(&MODEL.replace("Offer <~", "Offer =~"));
        assert_eq!(paths(&reflective.first), ["Offer~E", "Q~Offer", "V~Offer", "S~E", "S~Offer"]);
    }

    #[test]
    fn what_cannot_be_split_is_refused_by_name() {
        let failure = |from: &str, to: &str| split(&MODEL.replace(from, to)).unwrap_err().to_string();
        assert!(failure("S ~ E + Offer", "S ~ E + Q").contains("`Q` is a dimension of `Offer`"));
        assert!(failure("Q + V\nE", "Q + x1\nE").contains("`x1` is an indicator"));
        assert!(failure("S <~ s1", "S <~ s1\nTop <~ Offer + Q").contains("`Offer` is itself"));
    }
}
