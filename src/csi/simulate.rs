//! Data from a population model: for power studies, and to see whether estimates find what was put in.
//!
//! Owns: a population (a model text with a number on every term), its draws, and their way to ratings.
//! Refuses: terms without a number, loadings beyond 1, paths that explain more than all of a construct,
//! second-order constructs and products.
//!
//! Constructs have mean 0 and variance 1; those that nothing points at are uncorrelated. Under `=~` the numbers
//! are loadings: x = λη + sqrt(1 - λ²) ε. Under `<~` they are relative weights of indicators that correlate by
//! 0.5: x has that correlation matrix S and w'x = η, w scaled to w'Sw = 1.

use nalgebra::DMatrix;
use rand_chacha::ChaCha8Rng;
use rand_core::Rng as _;

use super::column::Column;
use super::data::{DataError, Indicators, ScaleRange};
use super::dist::normal_quantile;
use super::model::{ConstructType, ModeA, ModelError, PathModel};
use super::syntax::{ModelSpec, Relation, Statement, Term};

/// Correlation of the indicators within a block written `<~`.
pub const WITHIN_COMPOSITES: f64 = 0.5;

/// A model with all its numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Population {
    pub model: PathModel,
    /// q x q path coefficients, `[(dependent, predictor)]`.
    pub paths: DMatrix<f64>,
    /// Loadings of indicators under `=~`, weights scaled to unit variance under `<~` (p).
    pub numbers: Vec<f64>,
    /// Standard deviations of what paths leave unexplained (q).
    residual_sds: Vec<f64>,
}

/// Why a text is no population.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PopulationError {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("`{0}` needs a number: write `0.5*{0}`")]
    NoNumber(String),
    #[error("the loading of `{0}` must lie between -1 and 1")]
    Loading(String),
    #[error("the weights of `{0}` cancel out")]
    Weights(String),
    #[error("the paths to `{construct}` explain {explained:.2} of its variance, which is 1; make them smaller")]
    Explained { construct: String, explained: f64 },
}

/// How construct scores become ratings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratings {
    /// Ends of the scale; answers are whole numbers on it.
    pub scale: ScaleRange,
    pub mean: f64,
    pub sd: f64,
    /// 0 for none; above, most answers are high and few are low (a shifted lognormal of this shape).
    pub skew: f64,
    /// Share of answers that are missing completely at random.
    pub missing: f64,
}

impl Default for Ratings {
    fn default() -> Self {
        Self { scale: ScaleRange { min: 1.0, max: 10.0 }, mean: 7.5, sd: 1.8, skew: 0.0, missing: 0.0 }
    }
}

impl Population {
    /// Reads a population from a parsed model text.
    ///
    /// # Errors
    /// [`PopulationError`].
    pub fn from_spec(spec: &ModelSpec) -> Result<Self, PopulationError> {
        let plain = |t: &Term| Term { coefficient: None, ..t.clone() };
        let without_numbers = |s: &Statement| Statement { terms: s.terms.iter().map(plain).collect(), ..s.clone() };
        let bare = ModelSpec { statements: spec.statements.iter().map(without_numbers).collect() };
        let model = PathModel::from_spec(&bare, &ModeA::All)?;
        let q = model.constructs.len();
        let (mut paths, mut numbers) = (DMatrix::zeros(q, q), vec![0.0; model.indicators.len()]);
        for statement in &spec.statements {
            for term in &statement.terms {
                let name = &term.factors[0].text;
                let number = term.coefficient.ok_or_else(|| PopulationError::NoNumber(name.clone()))?;
                for target in statement.targets.iter().filter_map(|t| model.construct(&t.text)) {
                    if statement.relation == Relation::Regression {
                        let predictor = model.construct(name).unwrap_or_default();
                        paths[(target, predictor)] = number;
                    } else if let Some(j) = model.indicators.iter().position(|i| i == name) {
                        numbers[j] = number;
                    }
                }
            }
        }
        scale_measurement(&model, &mut numbers)?;
        let residual_sds = residual_sds(&model, &paths)?;
        Ok(Self { model, paths, numbers, residual_sds })
    }

    /// One row of indicators with mean 0 and variance 1 (p).
    pub fn row(&self, random: &mut ChaCha8Rng) -> Vec<f64> {
        let mut scores = vec![0.0; self.model.constructs.len()];
        for &k in &self.model.order {
            let explained: f64 = self.model.predictors[k].iter().map(|&l| self.paths[(k, l)] * scores[l]).sum();
            scores[k] = explained + self.residual_sds[k] * normal(random);
        }
        let mut row = vec![0.0; self.numbers.len()];
        for (construct, score) in self.model.constructs.iter().zip(scores) {
            let block = construct.block.clone();
            if construct.kind == ConstructType::Factor {
                for j in block {
                    let loading = self.numbers[j];
                    row[j] = loading * score + (1.0 - loading * loading).sqrt() * normal(random);
                }
                continue;
            }
            // With e ~ N(0, S): x = e + S w (η - w'e) has covariance S and w'x = η.
            let common = WITHIN_COMPOSITES.sqrt() * normal(random);
            for j in block.clone() {
                row[j] = common + (1.0 - WITHIN_COMPOSITES).sqrt() * normal(random);
            }
            let total: f64 = self.numbers[block.clone()].iter().sum();
            let off = score - block.clone().map(|j| self.numbers[j] * row[j]).sum::<f64>();
            for j in block {
                row[j] += (WITHIN_COMPOSITES * total + (1.0 - WITHIN_COMPOSITES) * self.numbers[j]) * off;
            }
        }
        row
    }

    /// `rows` rows of ratings.
    ///
    /// # Errors
    /// As [`Indicators::from_answers`].
    pub fn ratings(&self, rows: usize, ratings: &Ratings, random: &mut ChaCha8Rng) -> Result<Indicators, DataError> {
        let mut columns = vec![Column::default(); self.numbers.len()];
        for _ in 0..rows {
            for (column, x) in columns.iter_mut().zip(self.row(random)) {
                column.push(ratings.answer(x, random));
            }
        }
        Indicators::from_answers(self.model.indicators.clone(), columns)
    }
}

impl Ratings {
    /// The rating that a standard normal value becomes; `None` for a missing answer.
    fn answer(&self, x: f64, random: &mut ChaCha8Rng) -> Option<f64> {
        if self.missing > 0.0 && uniform(random) < self.missing {
            return None;
        }
        let s = self.skew;
        let shaped = if s > 0.0 {
            let square = (s * s).exp();
            ((s * s / 2.0).exp() - (-s * x).exp()) / (square * (square - 1.0)).sqrt()
        } else {
            x
        };
        Some((self.mean + self.sd * shaped).round().clamp(self.scale.min, self.scale.max))
    }
}

/// Checks loadings and scales weights to unit variance.
fn scale_measurement(model: &PathModel, numbers: &mut [f64]) -> Result<(), PopulationError> {
    for construct in &model.constructs {
        let block = construct.block.clone();
        if construct.kind == ConstructType::Factor {
            if let Some(j) = block.into_iter().find(|j| numbers[*j].abs() > 1.0) {
                return Err(PopulationError::Loading(model.indicators[j].clone()));
            }
            continue;
        }
        let (sum, squares) = numbers[block.clone()].iter().fold((0.0, 0.0), |(s, q), w| (s + w, q + w * w));
        let variance = WITHIN_COMPOSITES * sum * sum + (1.0 - WITHIN_COMPOSITES) * squares;
        if variance <= 0.0 {
            return Err(PopulationError::Weights(construct.name.clone()));
        }
        for weight in &mut numbers[block] {
            *weight /= variance.sqrt();
        }
    }
    Ok(())
}

/// What paths leave unexplained, along the order of the model.
fn residual_sds(model: &PathModel, paths: &DMatrix<f64>) -> Result<Vec<f64>, PopulationError> {
    let q = model.constructs.len();
    let mut correlations = DMatrix::<f64>::identity(q, q);
    let mut sds = vec![1.0; q];
    for (position, &k) in model.order.iter().enumerate() {
        let predictors = &model.predictors[k];
        for &x in &model.order[..position] {
            let r: f64 = predictors.iter().map(|&l| paths[(k, l)] * correlations[(l, x)]).sum();
            correlations[(k, x)] = r;
            correlations[(x, k)] = r;
        }
        let explained: f64 = predictors.iter().map(|&l| paths[(k, l)] * correlations[(k, l)]).sum();
        if explained > 1.0 {
            return Err(PopulationError::Explained { construct: model.constructs[k].name.clone(), explained });
        }
        sds[k] = (1.0 - explained).sqrt();
    }
    Ok(sds)
}

/// Uniform in the open interval from 0 to 1.
fn uniform(random: &mut ChaCha8Rng) -> f64 {
    ((random.next_u64() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
}

/// A standard normal value, by inversion: one value of the stream each.
fn normal(random: &mut ChaCha8Rng) -> f64 {
    normal_quantile(uniform(random))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csi::bootstrap::stream;
    use crate::csi::fit::{FitOptions, fit};
    use crate::csi::moments::Moments;
    use crate::csi::syntax::parse;

    fn population(text: &str) -> Result<Population, PopulationError> {
        Population::from_spec(&parse(text).unwrap())
    }

    const FACTORS: &str = "B ~ 0.5*A\nC ~ 0.3*A + 0.4*B\nA =~ 0.8*a1 + 0.7*a2 + 0.9*a3\nB =~ 0.8*b1 + 0.8*b2 + 0.6*b3\nC =~ 0.9*c1 + 0.7*c2 + 0.8*c3";

    /// Consistent PLS finds the loadings and paths of a factor model, within what chance leaves at 60,000 rows.
    #[test]
    fn what_is_put_in_is_found_again() {
        let wanted = population(FACTORS).unwrap();
        let mut random = stream(5, 0);
        let columns: Vec<Vec<Option<f64>>> = {
            let rows: Vec<Vec<f64>> = (0..60_000).map(|_| wanted.row(&mut random)).collect();
            (0..9).map(|j| rows.iter().map(|r| Some(r[j])).collect()).collect()
        };
        let data = Indicators::from_columns(wanted.model.indicators.clone(), &columns).unwrap();
        let options = FitOptions { consistent: true, ..FitOptions::default() };
        let found = fit(&Moments::of(&data), &wanted.model, &options).unwrap();
        for (loading, number) in found.loadings.iter().zip(&wanted.numbers) {
            assert!((loading - number).abs() < 0.02, "{loading} {number}");
        }
        for (k, l) in wanted.model.paths() {
            assert!((found.paths[(k, l)] - wanted.paths[(k, l)]).abs() < 0.02);
        }
        assert!(found.means.iter().all(|m| m.abs() < 0.02) && found.sds.iter().all(|sd| (sd - 1.0).abs() < 0.02));
    }

    /// Mode B finds the weights of composites.
    #[test]
    fn composites_are_made_of_their_indicators() {
        let text = "B ~ 0.6*A\nA <~ 0.6*a1 + 0.2*a2 + 0.4*a3\nB <~ 0.5*b1 + 0.5*b2";
        let wanted = population(text).unwrap();
        let ratings =
            Ratings { sd: 40.0, mean: 500.0, scale: ScaleRange { min: 0.0, max: 1000.0 }, ..Ratings::default() };
        let data = wanted.ratings(60_000, &ratings, &mut stream(6, 0)).unwrap();
        let spec = parse("B ~ A\nA <~ a1 + a2 + a3\nB <~ b1 + b2").unwrap();
        let model = PathModel::from_spec(&spec, &ModeA::None).unwrap();
        let found = fit(&Moments::of(&data), &model, &FitOptions::default()).unwrap();
        assert!(found.weights.iter().zip(&wanted.numbers).all(|(w, n)| (w - n).abs() < 0.03), "{:?}", found.weights);
        assert!((found.paths[(1, 0)] - 0.6).abs() < 0.02);
    }

    #[test]
    fn ratings_keep_to_their_scale_and_gaps() {
        let ratings = Ratings { skew: 0.5, missing: 0.2, ..Ratings::default() };
        let data = population(FACTORS).unwrap().ratings(3000, &ratings, &mut stream(7, 0)).unwrap();
        let range = data.observed_ranges()[0].unwrap();
        assert!(range.min >= 1.0 && range.max == 10.0);
        assert!(data.missing().iter().all(|m| (500..700).contains(m)), "{:?}", data.missing());
        let means = Moments::of(&data).means();
        assert!(means.iter().flatten().all(|m| (m - 7.4).abs() < 0.2), "{means:?}");
    }

    #[test]
    fn what_is_no_population_is_refused_by_name() {
        let failure = |from: &str, to: &str| population(&FACTORS.replace(from, to)).unwrap_err().to_string();
        assert_eq!(failure("0.5*A", "A"), "`A` needs a number: write `0.5*A`");
        assert_eq!(failure("0.8*a1", "1.8*a1"), "the loading of `a1` must lie between -1 and 1");
        assert!(failure("0.4*B", "1.2*B").contains("explain"));
        assert!(failure("0.4*B", "0.4*A:B").contains("cannot stand here"));
    }
}
