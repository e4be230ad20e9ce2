//! How well a model predicts rows that it has not seen: PLSpredict and CVPAT.
//!
//! Owns: folds, predictions from the model, from a linear model and from the mean, and their losses. The
//! moments of a training set are those of all rows less the fold's. Refuses: models that need more than
//! moments, consistent PLS (its scores are not corrected), and more folds than rows.
//!
//! A row's exogenous scores (or those of the direct predictors) move along the paths to every endogenous
//! construct, and from there by loadings to its indicators, all standardised as in training. The linear model
//! regresses each endogenous indicator on the indicators that the model starts from. Predictions of all
//! repetitions are averaged before losses are taken. Sources: Shmueli, Ray, Velasquez Estrada & Chatla
//! (2016) JBR 69; Shmueli et al. (2019) EJM 53; Liengaard et al. (2021) Decision Sciences 52 [CVPAT];
//! Sharma et al. (2023) EJM 57.

use nalgebra::{DMatrix, DVector};

use super::analysis::Plan;
use super::bootstrap::{Watch, shuffle, stream};
use super::dist::student_t_two_sided;
use super::fit::{Fit, FitError, fit};
use super::linalg;
use super::model::PathModel;
use super::moments::Moments;

/// What is to be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct PredictOptions {
    pub folds: usize,
    pub repetitions: usize,
    pub seed: u64,
    /// Predict from the scores of direct predictors in place of those of exogenous constructs.
    pub direct: bool,
}

/// Losses of one indicator, in its own units.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct IndicatorPrediction {
    #[serde(skip)]
    pub indicator: usize,
    /// 1 - Σ(y - ŷ)²/Σ(y - mean of training)²: above 0, better than the mean.
    pub q2: f64,
    pub rmse: f64,
    pub mae: f64,
    /// The same for the linear model.
    pub lm_q2: f64,
    pub lm_rmse: f64,
    pub lm_mae: f64,
}

/// Average losses of a construct's indicators, tested against both benchmarks.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ConstructPrediction {
    /// `None` for all endogenous constructs together.
    #[serde(skip)]
    pub construct: Option<usize>,
    /// Of the construct's score; `None` for all together.
    pub q2: Option<f64>,
    /// Average squared error of the model's predictions.
    pub loss: f64,
    pub against_mean: Cvpat,
    pub against_lm: Cvpat,
}

/// The cross-validated predictive ability test.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Cvpat {
    /// Average loss of the model less that of the benchmark: below 0, the model predicts better.
    pub difference: f64,
    pub t: f64,
    /// Two-sided, n - 1 degrees of freedom.
    pub p: f64,
}

/// How well a model predicts.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    pub options: PredictOptions,
    pub indicators: Vec<IndicatorPrediction>,
    /// Every endogenous construct, then all together.
    pub constructs: Vec<ConstructPrediction>,
}

/// Predictions of one row's endogenous indicators and constructs.
#[derive(Clone)]
struct Row {
    /// By indicator: model, linear model, mean.
    indicators: Vec<[f64; 3]>,
    /// By construct: the score and its prediction, standardised as in training.
    scores: Vec<[f64; 2]>,
}

/// Runs k-fold cross-validation.
///
/// # Errors
/// [`FitError::NoPrediction`]; as [`fit`] where a training set cannot be estimated; [`FitError::Cancelled`].
pub fn predict(plan: &Plan<'_>, options: PredictOptions, watch: Watch<'_>) -> Result<Prediction, FitError> {
    if !plan.is_plain() || plan.options.consistent {
        let reason = "it takes a model of the first order without products or --consistent, from moments";
        return Err(FitError::NoPrediction(reason));
    }
    if !plan.rows_are_independent() || plan.data.is_weighted() {
        return Err(FitError::NoPrediction("it deals single rows of equal weight, without strata and clusters"));
    }
    let n = plan.data.rows();
    if options.folds < 2 || options.repetitions == 0 || n < options.folds {
        return Err(FitError::NoPrediction("it takes two folds or more, and a row for each"));
    }
    let whole = Moments::of(plan.data);
    let reference = fit(&whole, plan.model, &plan.options)?;
    let folds: Vec<Vec<u32>> = (0..options.repetitions as u64).flat_map(|r| folds(n, options, r)).collect();
    let outcomes =
        watch.each(folds.len(), |i| predict_fold(plan, (&whole, &reference), &folds[i as usize], options.direct))?;
    let mut rows: Vec<Option<Row>> = vec![None; n];
    let share = 1.0 / options.repetitions as f64;
    for (members, outcome) in folds.iter().zip(outcomes) {
        for (&i, predicted) in members.iter().zip(outcome?) {
            let row = rows[i as usize].get_or_insert_with(|| Row {
                indicators: vec![[0.0; 3]; predicted.indicators.len()],
                scores: vec![[0.0; 2]; predicted.scores.len()],
            });
            for (sum, x) in row.indicators.iter_mut().flatten().zip(predicted.indicators.iter().flatten()) {
                *sum += share * x;
            }
            for (sum, x) in row.scores.iter_mut().flatten().zip(predicted.scores.iter().flatten()) {
                *sum += share * x;
            }
        }
    }
    let rows: Vec<Row> = rows.into_iter().flatten().collect();
    Ok(judge(plan, &rows, options))
}

/// Rows in random order, dealt to folds in turn.
fn folds(n: usize, options: PredictOptions, repetition: u64) -> Vec<Vec<u32>> {
    let mut random = stream(options.seed, (1 << 61) | repetition);
    let mut order: Vec<u32> = (0..n as u32).collect();
    shuffle(&mut order, &mut random);
    let mut folds = vec![Vec::new(); options.folds];
    for (i, row) in order.into_iter().enumerate() {
        folds[i % options.folds].push(row);
    }
    for fold in &mut folds {
        fold.sort_unstable();
    }
    folds
}

/// Indicators and constructs of the model, by their part in prediction.
struct Parts {
    endogenous: Vec<usize>,
    /// Indicators of the endogenous constructs.
    targets: Vec<usize>,
    /// Indicators that the linear model starts from, per endogenous construct.
    sources: Vec<Vec<usize>>,
}

fn parts(model: &PathModel, direct: bool) -> Parts {
    let is_endogenous = |k: &usize| !model.predictors[*k].is_empty();
    let endogenous: Vec<usize> = model.order.iter().copied().filter(is_endogenous).collect();
    let exogenous: Vec<usize> = (0..model.constructs.len()).filter(|k| !is_endogenous(k)).collect();
    let indicators =
        |constructs: &[usize]| constructs.iter().flat_map(|k| model.constructs[*k].block.clone()).collect();
    let sources = |k: &usize| indicators(if direct { &model.predictors[*k] } else { &exogenous });
    Parts { targets: indicators(&endogenous), sources: endogenous.iter().map(sources).collect(), endogenous }
}

fn predict_fold(
    plan: &Plan<'_>,
    (whole, reference): (&Moments, &Fit),
    rows: &[u32],
    direct: bool,
) -> Result<Vec<Row>, FitError> {
    let model = plan.model;
    let mut training = whole.clone();
    training.add(&Moments::of(&plan.data.take(rows)), -1.0);
    let mut found = fit(&training, model, &plan.options)?;
    if !found.converged {
        return Err(FitError::NotConverged(plan.options.max_iterations));
    }
    found.align_signs(model, &reference.loadings);
    let parts = parts(model, direct);
    let linear: Vec<DMatrix<f64>> = parts
        .endogenous
        .iter()
        .zip(&parts.sources)
        .map(|(k, x)| regressions(&found, model, *k, x))
        .collect::<Result<_, _>>()?;
    Ok(rows.iter().map(|&i| predict_row(plan, &found, &parts, &linear, i as usize, direct)).collect())
}

/// Standardised coefficients (sources x indicators of construct k).
fn regressions(found: &Fit, model: &PathModel, k: usize, sources: &[usize]) -> Result<DMatrix<f64>, FitError> {
    let s = &found.indicator_correlations;
    let among = DMatrix::from_fn(sources.len(), sources.len(), |a, b| s[(sources[a], sources[b])]);
    let block = model.constructs[k].block.clone();
    let with = DMatrix::from_fn(sources.len(), block.len(), |a, b| s[(sources[a], block.start + b)]);
    let singular = |_| FitError::NoPrediction("the indicators that the linear model starts from are collinear");
    Ok(linalg::cholesky(among).map_err(singular)?.solve(&with))
}

fn predict_row(plan: &Plan<'_>, found: &Fit, parts: &Parts, linear: &[DMatrix<f64>], i: usize, direct: bool) -> Row {
    let model = plan.model;
    let row = plan.data.row(i);
    let z: Vec<f64> = row
        .iter()
        .zip(&found.means)
        .zip(&found.sds)
        .map(|((x, mean), sd)| x.map_or(0.0, |x| (x - mean) / sd))
        .collect();
    let score = |k: usize| model.constructs[k].block.clone().map(|j| found.weights[j] * z[j]).sum::<f64>();
    let actual: Vec<f64> = (0..model.constructs.len()).map(score).collect();
    let mut reached = actual.clone();
    let (mut indicators, mut scores) = (Vec::with_capacity(parts.targets.len()), Vec::new());
    for ((&k, sources), coefficients) in parts.endogenous.iter().zip(&parts.sources).zip(linear) {
        let from = if direct { &actual } else { &reached };
        let predicted: f64 = model.predictors[k].iter().map(|&l| found.paths[(k, l)] * from[l]).sum();
        reached[k] = predicted;
        scores.push([actual[k], predicted]);
        let start = DVector::from_fn(sources.len(), |a, _| z[sources[a]]);
        for (b, j) in model.constructs[k].block.clone().enumerate() {
            let own_scale = |z: f64| found.means[j] + found.sds[j] * z;
            let by_line = coefficients.column(b).dot(&start);
            indicators.push([own_scale(found.loadings[j] * predicted), own_scale(by_line), found.means[j]]);
        }
    }
    Row { indicators, scores }
}

fn judge(plan: &Plan<'_>, rows: &[Row], options: PredictOptions) -> Prediction {
    let (model, parts) = (plan.model, parts(plan.model, options.direct));
    let answers: Vec<Vec<Option<f64>>> = (0..rows.len()).map(|i| plan.data.row(i)).collect();
    // Errors of model, linear model and mean, per row and target; none where the answer is missing.
    let errors = |i: usize, a: usize| {
        let y = answers[i][parts.targets[a]]?;
        Some(rows[i].indicators[a].map(|predicted| y - predicted))
    };
    let indicator = |(a, &j): (usize, &usize)| {
        let (mut n, mut squares, mut sizes) = (0.0, [0.0; 3], [0.0; 3]);
        for error in (0..rows.len()).filter_map(|i| errors(i, a)) {
            n += 1.0;
            for (way, e) in error.iter().enumerate() {
                squares[way] += e * e;
                sizes[way] += e.abs();
            }
        }
        let (rmse, mae) = (squares.map(|s| (s / n).sqrt()), sizes.map(|s| s / n));
        IndicatorPrediction {
            indicator: j,
            q2: 1.0 - squares[0] / squares[2],
            rmse: rmse[0],
            mae: mae[0],
            lm_q2: 1.0 - squares[1] / squares[2],
            lm_rmse: rmse[1],
            lm_mae: mae[1],
        }
    };
    let of_targets = |construct: Option<usize>, own: Vec<usize>| {
        let losses: Vec<[f64; 3]> =
            (0..rows.len()).filter_map(|i| loss(own.iter().filter_map(|a| errors(i, *a)))).collect();
        let q2 = construct.map(|k| {
            let place = parts.endogenous.iter().position(|e| *e == k).unwrap_or_default();
            let (missed, all) = rows
                .iter()
                .map(|r| r.scores[place])
                .fold((0.0, 0.0), |(missed, all), [y, p]| (missed + (y - p).powi(2), all + y * y));
            1.0 - missed / all
        });
        let average = losses.iter().map(|l| l[0]).sum::<f64>() / losses.len() as f64;
        ConstructPrediction {
            construct,
            q2,
            loss: average,
            against_mean: cvpat(&losses, 2),
            against_lm: cvpat(&losses, 1),
        }
    };
    let own = |k: usize| {
        (0..parts.targets.len()).filter(|a| model.constructs[k].block.contains(&parts.targets[*a])).collect()
    };
    let mut constructs: Vec<ConstructPrediction> =
        parts.endogenous.iter().map(|&k| of_targets(Some(k), own(k))).collect();
    constructs.push(of_targets(None, (0..parts.targets.len()).collect()));
    Prediction { options, indicators: parts.targets.iter().enumerate().map(indicator).collect(), constructs }
}

/// Mean squared errors of a row over some indicators; `None` where it answered none of them.
fn loss(errors: impl Iterator<Item = [f64; 3]>) -> Option<[f64; 3]> {
    let (count, sums) = errors.fold((0.0, [0.0; 3]), |(count, mut sums), error| {
        for (sum, e) in sums.iter_mut().zip(error) {
            *sum += e * e;
        }
        (count + 1.0, sums)
    });
    (count > 0.0).then(|| sums.map(|s| s / count))
}

/// A paired t-test of the model's losses with those of a benchmark.
fn cvpat(losses: &[[f64; 3]], benchmark: usize) -> Cvpat {
    let n = losses.len() as f64;
    let differences: Vec<f64> = losses.iter().map(|l| l[0] - l[benchmark]).collect();
    let mean = differences.iter().sum::<f64>() / n;
    let variance = differences.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let t = mean / (variance / n).sqrt();
    Cvpat { difference: mean, t, p: student_t_two_sided(t, n - 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csi::bootstrap::below;
    use crate::csi::data::{Indicators, ScaleRange};
    use crate::csi::model::ModeA;
    use crate::csi::syntax::parse;

    fn data(model: &PathModel, signal: f64) -> Indicators {
        let mut random = stream(9, 0);
        let mut noise = |width: u64| below(&mut random, width) as f64;
        let mut columns: Vec<Vec<Option<f64>>> = vec![Vec::new(); 6];
        for _ in 0..240 {
            let a = noise(8);
            let b = signal * a + noise(8);
            let c = signal * b + noise(8);
            for (column, level) in columns.iter_mut().zip([a, a, b, b, c, c]) {
                column.push(Some(level + noise(4)));
            }
        }
        Indicators::from_columns(model.indicators.clone(), &columns).unwrap()
    }

    fn run(signal: f64, direct: bool) -> Prediction {
        let text = "B ~ A\nC ~ B\nA =~ a1 + a2\nB =~ b1 + b2\nC =~ c1 + c2";
        let model = PathModel::from_spec(&parse(text).unwrap(), &ModeA::None).unwrap();
        let data = data(&model, signal);
        let scales = [ScaleRange { min: 0.0, max: 40.0 }; 6];
        let options = PredictOptions { folds: 10, repetitions: 2, seed: 1, direct };
        predict(&Plan::new(&model, &data, &scales), options, Watch::nobody()).unwrap()
    }

    #[test]
    fn a_signal_is_predicted_and_noise_is_not() {
        let found = run(1.0, false);
        assert_eq!(found.indicators.len(), 4);
        for indicator in &found.indicators {
            assert!(indicator.q2 > 0.1 && indicator.rmse > indicator.mae, "{indicator:?}");
        }
        let all = found.constructs.last().unwrap();
        assert!(all.against_mean.difference < 0.0 && all.against_mean.p < 1e-6, "{all:?}");
        let noise = run(0.0, false);
        assert!(noise.indicators.iter().all(|i| i.q2 < 0.02));
        assert!(noise.constructs.last().unwrap().against_mean.p > 0.01);
        // From its direct predictor a construct is known better than from far away.
        let direct = run(1.0, true);
        assert!(direct.constructs[1].q2 > found.constructs[1].q2);
    }

    #[test]
    fn every_row_is_left_out_once_a_repetition() {
        let options = PredictOptions { folds: 7, repetitions: 3, seed: 4, direct: false };
        let mut rows: Vec<u32> = folds(100, options, 0).concat();
        rows.sort_unstable();
        assert_eq!(rows, (0..100).collect::<Vec<u32>>());
        assert_ne!(folds(100, options, 0), folds(100, options, 1));
    }
}
