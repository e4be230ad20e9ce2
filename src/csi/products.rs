//! Interactions and quadratic effects: products of construct scores as further predictors (two-stage).
//!
//! Owns: taking product terms (`Satisfaction:Value`, `Value:Value`) out of a model, and putting them back
//! as constructs of one indicator each once the scores are known. Stage 1 estimates the model without
//! products; stage 2 keeps its weights and regresses on the scores and their products. Weights, scores,
//! indices and fit measures are those of stage 1. Refuses: products of more than two constructs, and
//! products that lead back to one of their own factors.
//!
//! A product enters as it is, the scores being standardised, and is then standardised like every construct;
//! [`Moderation`] gives its coefficient per unit of the plain product, which is how much a slope changes.
//! Source: Chin, Marcolin & Newsted (2003), Inf. Systems Research 14(2); Henseler & Chin (2010), SEM 17(1).

use nalgebra::DMatrix;

use super::fit::{self, Fit, FitError};
use super::model::{Construct, ConstructType, Mode, ModelError, PathModel, topological_order};
use super::moments::Correlations;
use super::syntax::{ModelSpec, Relation, Statement, Term};

/// A model with product terms, and the same model without them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Products {
    /// Stage 1: q constructs, p indicators.
    pub main: PathModel,
    /// Stage 2: the same, then m products, each a construct with one indicator of its own name.
    pub full: PathModel,
    /// The two factors of every product; the same construct twice for a quadratic term.
    pub factors: Vec<[usize; 2]>,
}

/// A product of standardised scores that varies less than this is constant: the square of a score with two
/// values is 1 throughout, but for rounding.
const CONSTANT: f64 = 1e-6;

/// How a product changes the slope of one of its factors.
#[derive(Debug, Clone, PartialEq)]
pub struct Moderation {
    /// Construct number of the product in [`Products::full`].
    pub product: usize,
    pub dependent: usize,
    /// The factor whose slope this is, and the one that changes it (the same for a quadratic term).
    pub predictor: usize,
    pub moderator: usize,
    /// Coefficient per unit of the plain product of standardised scores.
    pub change: f64,
    /// Slope of the predictor where the moderator is one standard deviation below its mean, at it, above it.
    pub slopes: [f64; 3],
}

/// The model text without its product terms; `None` if there are none.
pub fn without_products(spec: &ModelSpec) -> Option<ModelSpec> {
    let is_product = |t: &Term| t.factors.len() > 1;
    let structural = |s: &&Statement| s.relation == Relation::Regression;
    if !spec.statements.iter().filter(structural).flat_map(|s| &s.terms).any(is_product) {
        return None;
    }
    let keep = |s: &Statement| {
        let terms: Vec<Term> =
            s.terms.iter().filter(|t| s.relation != Relation::Regression || !is_product(t)).cloned().collect();
        (!terms.is_empty()).then(|| Statement { terms, ..s.clone() })
    };
    Some(ModelSpec { statements: spec.statements.iter().filter_map(keep).collect() })
}

impl Products {
    /// Adds the products of `spec` to `main`, which was made from [`without_products`].
    ///
    /// # Errors
    /// [`ModelError::Interaction`] for a product of more than two constructs, [`ModelError::WithoutIndicators`]
    /// for a factor that is no construct, [`ModelError::PathTwice`], [`ModelError::Cycle`].
    pub fn new(spec: &ModelSpec, main: PathModel) -> Result<Self, ModelError> {
        let mut products = Self { full: main.clone(), main, factors: Vec::new() };
        for statement in spec.statements.iter().filter(|s| s.relation == Relation::Regression) {
            for term in statement.terms.iter().filter(|t| t.factors.len() > 1) {
                let product = products.product(term)?;
                for target in &statement.targets {
                    let missing = || ModelError::WithoutIndicators { name: target.text.clone(), at: target.at };
                    let dependent = products.main.construct(&target.text).ok_or_else(missing)?;
                    if products.full.predictors[dependent].contains(&product) {
                        let predictor = products.full.constructs[product].name.clone();
                        let at = term.factors[0].at;
                        return Err(ModelError::PathTwice { dependent: target.text.clone(), predictor, at });
                    }
                    products.full.predictors[dependent].push(product);
                }
            }
        }
        products.set_order()?;
        Ok(products)
    }

    /// The construct number of a term, which is added where it is new.
    fn product(&mut self, term: &Term) -> Result<usize, ModelError> {
        let name = term.factors.iter().map(|f| f.text.as_str()).collect::<Vec<_>>().join(":");
        let at = term.factors[0].at;
        if term.coefficient.is_some() {
            return Err(ModelError::FixedCoefficient { name, at });
        }
        let [first, second] = term.factors.as_slice() else { return Err(ModelError::Interaction { term: name, at }) };
        let find = |factor: &super::syntax::Name| {
            let missing = || ModelError::WithoutIndicators { name: factor.text.clone(), at: factor.at };
            self.main.construct(&factor.text).ok_or_else(missing)
        };
        let pair = [find(first)?, find(second)?];
        let (q, p) = (self.main.constructs.len(), self.main.indicators.len());
        if let Some(known) = self.factors.iter().position(|f| *f == pair || *f == [pair[1], pair[0]]) {
            return Ok(q + known);
        }
        let j = p + self.factors.len();
        self.full.constructs.push(Construct {
            name: name.clone(),
            kind: ConstructType::Composite,
            mode: Mode::A,
            block: j..j + 1,
        });
        self.full.indicators.push(name);
        self.full.predictors.push(Vec::new());
        self.factors.push(pair);
        Ok(q + self.factors.len() - 1)
    }

    /// A product depends on its factors, so that `Value ~ Satisfaction:Quality` beside `Satisfaction ~ Value` is a circle.
    fn set_order(&mut self) -> Result<(), ModelError> {
        let q = self.main.constructs.len();
        let mut dependencies = self.full.predictors.clone();
        for (i, factors) in self.factors.iter().enumerate() {
            dependencies[q + i] = factors.to_vec();
        }
        self.full.order = topological_order(&self.full.constructs, &dependencies)?;
        Ok(())
    }

    /// Stage 2: the full model from a fit of the main one and the rows behind it, each with how often it
    /// counts and the values of the main model's indicators (p).
    ///
    /// # Errors
    /// [`FitError::Constant`] for a product without variance, [`FitError::SingularPredictors`].
    pub fn fit(&self, main: &Fit, rows: impl Iterator<Item = (f64, Vec<f64>)>) -> Result<Fit, FitError> {
        let (p, m) = (self.main.indicators.len(), self.factors.len());
        // Sums of products and standardised indicators, and of their cross-products.
        let (mut n, mut sums, mut cross) = (0.0, vec![0.0; m + p], DMatrix::<f64>::zeros(m + p, m));
        let mut scores = vec![0.0; self.main.constructs.len()];
        let mut values = vec![0.0; m + p];
        for (times, row) in rows {
            for (z, ((x, mean), sd)) in values[m..].iter_mut().zip(row.iter().zip(&main.means).zip(&main.sds)) {
                *z = (x - mean) / sd;
            }
            for (score, construct) in scores.iter_mut().zip(&self.main.constructs) {
                *score = construct.block.clone().map(|j| main.weights[j] * values[m + j]).sum();
            }
            for (v, [a, b]) in values.iter_mut().zip(&self.factors) {
                *v = scores[*a] * scores[*b];
            }
            n += times;
            for (sum, value) in sums.iter_mut().zip(&values) {
                *sum += times * value;
            }
            for i in 0..m {
                let weight = times * values[i];
                cross.column_mut(i).iter_mut().zip(&values).for_each(|(c, value)| *c += weight * value);
            }
        }
        let covariance = |a: usize, i: usize| (cross[(a, i)] - sums[a] * sums[i] / n) / (n - 1.0);
        let sds: Vec<f64> = (0..m).map(|i| covariance(i, i).sqrt()).collect();
        if let Some(i) = sds.iter().position(|sd| sd.is_nan() || *sd < CONSTANT) {
            return Err(FitError::Constant(self.full.indicators[p + i].clone()));
        }
        let mut matrix = main.indicator_correlations.clone().resize(p + m, p + m, 0.0);
        for i in 0..m {
            for j in 0..p {
                let r = covariance(m + j, i) / sds[i];
                matrix[(j, p + i)] = r;
                matrix[(p + i, j)] = r;
            }
            for other in 0..m {
                matrix[(p + other, p + i)] = covariance(other, i) / (sds[i] * sds[other]);
            }
            matrix[(p + i, p + i)] = 1.0;
        }
        let chain = |own: &[f64], more: Vec<f64>| own.iter().copied().chain(more).collect::<Vec<f64>>();
        let means = chain(&main.means, sums[..m].iter().map(|s| s / n).collect());
        let correlations = Correlations { n: main.n, means, sds: chain(&main.sds, sds), matrix };
        let mut fit = fit::assemble(correlations, &self.full, chain(&main.weights, vec![1.0; m]), false)?;
        (fit.iterations, fit.converged) = (main.iterations, main.converged);
        Ok(fit)
    }

    /// What every product does to the slopes of its factors, from a fit of the full model.
    pub fn moderations(&self, fit: &Fit) -> Vec<Moderation> {
        let (q, p) = (self.main.constructs.len(), self.main.indicators.len());
        let mut found = Vec::new();
        for (i, &[a, b]) in self.factors.iter().enumerate() {
            for dependent in (0..q).filter(|k| self.full.predictors[*k].contains(&(q + i))) {
                let change = fit.paths[(dependent, q + i)] / fit.sds[p + i];
                // The slope of x in βx + γx² is β + 2γx.
                let steepening = if a == b { 2.0 * change } else { change };
                let sides = if a == b { vec![(a, b)] } else { vec![(a, b), (b, a)] };
                for (predictor, moderator) in sides {
                    let slope = fit.paths[(dependent, predictor)];
                    let slopes = [slope - steepening, slope, slope + steepening];
                    found.push(Moderation { product: q + i, dependent, predictor, moderator, change, slopes });
                }
            }
        }
        found
    }

    /// `(product, dependent, factor)` where a factor of a product has no path of its own to the dependent:
    /// such a product cannot be told from that path.
    pub fn without_main_effect(&self) -> Vec<(usize, usize, usize)> {
        let q = self.main.constructs.len();
        let mut found = Vec::new();
        for (k, predictors) in self.full.predictors[..q].iter().enumerate() {
            for &product in predictors.iter().filter(|l| **l >= q) {
                let [a, b] = self.factors[product - q];
                let bare = |factor: &usize| !predictors.contains(factor);
                found.extend([a, b][..if a == b { 1 } else { 2 }].iter().filter(|f| bare(f)).map(|f| (product, k, *f)));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csi::model::ModeA;
    use crate::csi::syntax::parse;

    fn products(text: &str) -> Result<Products, ModelError> {
        let spec = parse(text).unwrap();
        let main = PathModel::from_spec(&without_products(&spec).expect("a product"), &ModeA::None)?;
        Products::new(&spec, main)
    }

    const BLOCKS: &str = "\nA =~ a1 + a2\nB =~ b1\nC =~ c1";

    #[test]
    fn products_become_constructs_behind_the_others() {
        let found = products(&format!("C ~ A + B + A:B + A:A\nB ~ A{BLOCKS}")).unwrap();
        assert_eq!(found.factors, [[0, 1], [0, 0]]);
        assert_eq!(found.full.indicators, ["a1", "a2", "b1", "c1", "A:B", "A:A"]);
        assert_eq!(found.full.predictors[2], [0, 1, 3, 4]);
        assert_eq!(found.without_main_effect(), []);
        let bare = products(&format!("C ~ A + A:B\nB ~ A{BLOCKS}")).unwrap();
        assert_eq!(bare.without_main_effect(), [(3, 2, 1)]);
        assert_eq!(without_products(&parse(&format!("C ~ A + B\nB ~ A{BLOCKS}")).unwrap()), None);
    }

    #[test]
    fn what_is_no_product_is_refused_by_name() {
        let failure = |text: &str| products(&format!("{text}{BLOCKS}")).unwrap_err().to_string();
        assert_eq!(
            failure("C ~ A + B + A:B:C"),
            "line 1, column 13: `A:B:C` cannot stand here: a product is of two constructs, in a regression, and not in a survey's model"
        );
        assert!(failure("C ~ A + B + A:D").contains("construct `D` has no indicators"));
        assert_eq!(failure("C ~ A + B\nB ~ A + C:A"), "the structural model runs in a circle: B -> C -> C:A -> B");
        assert!(failure("C ~ A + B + A:B + B:A").contains("`C ~ A:B` is written twice"));
    }
}
