//! [`ModelSpec`] -> [`PathModel`]: blocks, modes and an acyclic inner structure, checked once.
//!
//! Owns: which indicators belong to which construct, how a block is weighted, who points at whom, and
//! the topological order. Refuses: every model that cannot be estimated, with the names involved, so
//! that [`super::fit`] can fail for numerical reasons only.

use std::collections::HashMap;
use std::ops::Range;

use super::syntax::{ModelSpec, Name, Position, Relation};

/// How a block was written: what the construct is thought to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConstructType {
    /// `=~`: a common factor that its indicators reflect.
    Factor,
    /// `<~`: a composite made of its indicators.
    Composite,
}

/// How the outer weights of a block are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Correlation weights: cov(x, inner proxy).
    A,
    /// Regression weights: S_jj^-1 cov(x, inner proxy).
    B,
}

/// Which `<~` blocks are to be weighted by mode A instead of their default, mode B.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ModeA {
    /// No composite: `<~` means mode B.
    #[default]
    None,
    /// Every composite.
    All,
    /// The composites named.
    Named(Vec<String>),
}

/// One construct and its block of indicators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Construct {
    pub name: String,
    pub kind: ConstructType,
    pub mode: Mode,
    /// The block: a range of [`PathModel::indicators`].
    pub block: Range<usize>,
}

/// A model that can be estimated: every construct has a block, no indicator is in two, no cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathModel {
    /// In the order of their blocks in the text.
    pub constructs: Vec<Construct>,
    /// The p indicator names in block order.
    pub indicators: Vec<String>,
    /// `predictors[k]`: the constructs that point at construct k, in the order typed.
    pub predictors: Vec<Vec<usize>>,
    /// Constructs so ordered that every predictor comes before what it predicts.
    pub order: Vec<usize>,
}

/// What makes typed statements no model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    #[error("{at}: construct `{name}` has no indicators; give it a block such as `{name} =~ x1 + x2`")]
    WithoutIndicators { name: String, at: Position },
    #[error("{at}: indicator `{name}` already belongs to `{owner}`; an indicator can be in one block only")]
    IndicatorTwice { name: String, owner: String, at: Position },
    #[error("{at}: construct `{name}` already has a block; write its indicators in one statement")]
    BlockTwice { name: String, at: Position },
    #[error(
        "{at}: `{name}` is a construct and cannot be an indicator of `{owner}` here: second-order blocks are not supported by surveys"
    )]
    SecondOrder { name: String, owner: String, at: Position },
    #[error("{at}: `{name}` is an indicator, but `{owner}` has constructs in its block too; a block has one kind only")]
    MixedBlock { name: String, owner: String, at: Position },
    #[error("{at}: `{name}` is itself made of constructs; `{owner}` would be of third order")]
    ThirdOrder { name: String, owner: String, at: Position },
    #[error("{at}: `{name}` is a dimension of `{owner}` and cannot have paths of its own")]
    DimensionInUse { name: String, owner: String, at: Position },
    #[error("{at}: `{dependent} ~ {predictor}` is written twice")]
    PathTwice { dependent: String, predictor: String, at: Position },
    #[error(
        "{at}: `{term}` cannot stand here: a product is of two constructs, in a regression, and not in a survey's model"
    )]
    Interaction { term: String, at: Position },
    #[error("{at}: the number in front of `{name}` cannot be used here: estimation does not fix coefficients")]
    FixedCoefficient { name: String, at: Position },
    #[error("the structural model runs in a circle: {}", .0.join(" -> "))]
    Cycle(Vec<String>),
    #[error("{at}: construct `{name}` is not connected to any other; add a regression with it or remove its block")]
    Isolated { name: String, at: Position },
    #[error("--mode-a names `{0}`, which is not a construct of the model")]
    UnknownModeA(String),
}

impl ModelError {
    /// Where in the model text the mistake stands, if it stands in one place.
    pub fn place(&self) -> Option<Position> {
        match self {
            Self::WithoutIndicators { at, .. }
            | Self::IndicatorTwice { at, .. }
            | Self::BlockTwice { at, .. }
            | Self::SecondOrder { at, .. }
            | Self::MixedBlock { at, .. }
            | Self::ThirdOrder { at, .. }
            | Self::DimensionInUse { at, .. }
            | Self::PathTwice { at, .. }
            | Self::Interaction { at, .. }
            | Self::FixedCoefficient { at, .. }
            | Self::Isolated { at, .. } => Some(*at),
            Self::Cycle(_) | Self::UnknownModeA(_) => None,
        }
    }

    /// The message alone, for callers that show the place themselves.
    pub fn without_place(&self) -> String {
        let message = self.to_string();
        self.place().and_then(|at| message.strip_prefix(&format!("{at}: ")).map(str::to_owned)).unwrap_or(message)
    }
}

impl PathModel {
    /// Checks a typed model. Blocks written `=~` get mode A, blocks written `<~` mode B unless `mode_a`
    /// says otherwise; a block of one indicator has weight 1 whatever its mode.
    ///
    /// # Errors
    /// The first [`ModelError`] in reading order.
    pub fn from_spec(spec: &ModelSpec, mode_a: &ModeA) -> Result<Self, ModelError> {
        refuse_unsupported_terms(spec)?;
        let (constructs, indicators, places) = blocks(spec, mode_a)?;
        let predictors = regressions(spec, &constructs)?;
        if let ModeA::Named(names) = mode_a
            && let Some(name) = names.iter().find(|name| !constructs.iter().any(|c| c.name == **name))
        {
            return Err(ModelError::UnknownModeA(name.clone()));
        }
        let used = |k: usize| !predictors[k].is_empty() || predictors.iter().any(|p| p.contains(&k));
        if let Some(k) = (0..constructs.len()).find(|&k| !used(k)) {
            return Err(ModelError::Isolated { name: constructs[k].name.clone(), at: places[k] });
        }
        let order = topological_order(&constructs, &predictors)?;
        Ok(Self { constructs, indicators, predictors, order })
    }

    /// Position of a construct by name.
    pub fn construct(&self, name: &str) -> Option<usize> {
        self.constructs.iter().position(|c| c.name == name)
    }

    /// `(dependent, predictor)` of every path, dependents in block order.
    pub fn paths(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.predictors.iter().enumerate().flat_map(|(k, from)| from.iter().map(move |&l| (k, l)))
    }

    /// The fewest rows with which every regression of the model has a residual: predictors (or, in mode B,
    /// indicators of a block) plus 2, and never below 3.
    pub fn smallest_sample(&self) -> usize {
        let regressors = self.predictors.iter().map(Vec::len);
        let mode_b = self.constructs.iter().filter(|c| c.mode == Mode::B).map(|c| c.block.len());
        regressors.chain(mode_b).max().unwrap_or(1) + 2
    }

    /// The construct whose block holds indicator `j`.
    ///
    /// # Panics
    /// If `j` is not an indicator position.
    pub fn owner(&self, j: usize) -> usize {
        self.constructs.iter().position(|c| c.block.contains(&j)).expect("blocks cover all indicators")
    }
}

fn refuse_unsupported_terms(spec: &ModelSpec) -> Result<(), ModelError> {
    for term in spec.statements.iter().flat_map(|s| &s.terms) {
        let first = &term.factors[0];
        if term.factors.len() > 1 {
            let names: Vec<_> = term.factors.iter().map(|n| n.text.as_str()).collect();
            return Err(ModelError::Interaction { term: names.join(":"), at: first.at });
        }
        if term.coefficient.is_some() {
            return Err(ModelError::FixedCoefficient { name: first.text.clone(), at: first.at });
        }
    }
    Ok(())
}

type Blocks = (Vec<Construct>, Vec<String>, Vec<Position>);

fn blocks(spec: &ModelSpec, mode_a: &ModeA) -> Result<Blocks, ModelError> {
    let measurement = || spec.statements.iter().filter(|s| s.relation != Relation::Regression);
    let names: Vec<&str> = measurement().flat_map(|s| &s.targets).map(|n| n.text.as_str()).collect();
    let (mut constructs, mut indicators, mut places) = (Vec::<Construct>::new(), Vec::new(), Vec::new());
    let mut owner: HashMap<&str, &str> = HashMap::new();
    for statement in measurement() {
        let kind =
            if statement.relation == Relation::Reflective { ConstructType::Factor } else { ConstructType::Composite };
        for target in &statement.targets {
            if constructs.iter().any(|c| c.name == target.text) {
                return Err(ModelError::BlockTwice { name: target.text.clone(), at: target.at });
            }
            let start = indicators.len();
            for Name { text, at } in statement.terms.iter().map(|t| &t.factors[0]) {
                if names.contains(&text.as_str()) && *text != target.text {
                    return Err(ModelError::SecondOrder { name: text.clone(), owner: target.text.clone(), at: *at });
                }
                if let Some(owner) = owner.insert(text, &target.text) {
                    return Err(ModelError::IndicatorTwice { name: text.clone(), owner: owner.into(), at: *at });
                }
                indicators.push(text.clone());
            }
            let named = match mode_a {
                ModeA::None => false,
                ModeA::All => true,
                ModeA::Named(names) => names.contains(&target.text),
            };
            let mode = if kind == ConstructType::Factor || named { Mode::A } else { Mode::B };
            constructs.push(Construct { name: target.text.clone(), kind, mode, block: start..indicators.len() });
            places.push(target.at);
        }
    }
    Ok((constructs, indicators, places))
}

fn regressions(spec: &ModelSpec, constructs: &[Construct]) -> Result<Vec<Vec<usize>>, ModelError> {
    let find = |name: &Name| {
        let missing = || ModelError::WithoutIndicators { name: name.text.clone(), at: name.at };
        constructs.iter().position(|c| c.name == name.text).ok_or_else(missing)
    };
    let mut predictors = vec![Vec::new(); constructs.len()];
    for statement in spec.statements.iter().filter(|s| s.relation == Relation::Regression) {
        for target in &statement.targets {
            let k = find(target)?;
            for name in statement.terms.iter().map(|t| &t.factors[0]) {
                let l = find(name)?;
                if predictors[k].contains(&l) {
                    let (dependent, predictor) = (target.text.clone(), name.text.clone());
                    return Err(ModelError::PathTwice { dependent, predictor, at: name.at });
                }
                predictors[k].push(l);
            }
        }
    }
    Ok(predictors)
}

/// Kahn's algorithm, always taking the first ready construct so that the order is stable.
pub(super) fn topological_order(constructs: &[Construct], predictors: &[Vec<usize>]) -> Result<Vec<usize>, ModelError> {
    let mut order: Vec<usize> = Vec::with_capacity(constructs.len());
    while order.len() < constructs.len() {
        let ready = |k: &usize| !order.contains(k) && predictors[*k].iter().all(|l| order.contains(l));
        let Some(k) = (0..constructs.len()).find(ready) else {
            return Err(ModelError::Cycle(cycle_names(constructs, predictors, &order)));
        };
        order.push(k);
    }
    Ok(order)
}

/// Walks predictors backwards from an unplaced construct until one comes round again.
fn cycle_names(constructs: &[Construct], predictors: &[Vec<usize>], placed: &[usize]) -> Vec<String> {
    let mut walk: Vec<usize> = (0..constructs.len()).find(|k| !placed.contains(k)).into_iter().collect();
    while let Some(next) = walk.last().and_then(|&k| predictors[k].iter().copied().find(|l| !placed.contains(l))) {
        let seen = walk.iter().position(|&k| k == next);
        walk.push(next);
        if let Some(start) = seen {
            return walk[start..].iter().rev().map(|&k| constructs[k].name.clone()).collect();
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csi::syntax::parse;

    fn model(text: &str) -> Result<PathModel, ModelError> {
        PathModel::from_spec(&parse(text).unwrap(), &ModeA::None)
    }

    fn failure(text: &str) -> String {
        model(text).unwrap_err().to_string()
    }

    #[test]
    fn orders_predictors_first_and_sets_modes() {
        let model = model("C ~ B + A\nB ~ A\nC =~ c1+c2\nB <~ b1\nA <~ a1+a2").unwrap();
        let name = |k: &usize| model.constructs[*k].name.as_str();
        assert_eq!(model.order.iter().map(name).collect::<Vec<_>>(), ["A", "B", "C"]);
        assert_eq!(model.constructs.iter().map(|c| c.mode).collect::<Vec<_>>(), [Mode::A, Mode::B, Mode::B]);
        assert_eq!(model.constructs[2].block, 3..5);
    }

    #[test]
    fn mode_a_is_chosen_by_name() {
        let spec = parse("B ~ A\nA <~ a1\nB <~ b1").unwrap();
        let named = PathModel::from_spec(&spec, &ModeA::Named(vec!["B".into()])).unwrap();
        assert_eq!((named.constructs[0].mode, named.constructs[1].mode), (Mode::B, Mode::A));
        let unknown = PathModel::from_spec(&spec, &ModeA::Named(vec!["X".into()])).unwrap_err();
        assert_eq!(unknown.to_string(), "--mode-a names `X`, which is not a construct of the model");
    }

    #[test]
    fn refuses_with_names_and_places() {
        assert_eq!(
            failure("B ~ A\nB =~ b1"),
            "line 1, column 5: construct `A` has no indicators; give it a block such as `A =~ x1 + x2`"
        );
        assert!(failure("B ~ A\nA =~ x\nB =~ x").starts_with("line 3, column 6: indicator `x` already belongs to `A`"));
        assert!(failure("B ~ A\nA =~ x\nB =~ y\nA =~ z").contains("construct `A` already has a block"));
        assert!(failure("B ~ A\nA =~ x\nB =~ y\nC =~ z").contains("construct `C` is not connected"));
        assert_eq!(
            failure("B ~ A\nC ~ B\nA ~ C\nA=~a\nB=~b\nC=~c"),
            "the structural model runs in a circle: A -> B -> C -> A"
        );
        assert_eq!(failure("A ~ A\nA=~a"), "the structural model runs in a circle: A -> A");
        assert!(failure("B ~ A + A\nA =~ x\nB =~ y").contains("`B ~ A` is written twice"));
    }
}
