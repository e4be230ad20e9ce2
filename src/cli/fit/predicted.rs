//! `--predict`: how well the model predicts rows that it has not seen, as JSON and as tables.

use serde_json::{Map, Value, json};

use super::args::FitArgs;
use super::sections::{Table, p_value};
use super::{Outcome, json};
use crate::cli::progress;
use crate::csi::analysis::Plan;
use crate::csi::bootstrap::Watch;
use crate::csi::fit::FitError;
use crate::csi::predict::{ConstructPrediction, PredictOptions, Prediction, predict};

/// Runs the cross-validation.
pub(super) fn run(args: &FitArgs, plan: &Plan<'_>) -> Result<Prediction, FitError> {
    let options = PredictOptions {
        folds: args.folds as usize,
        repetitions: args.repetitions as usize,
        seed: args.seed,
        direct: args.predict_from == super::args::PredictFrom::Direct,
    };
    let bar = progress::bar((options.folds * options.repetitions) as u64, "folds");
    let found = predict(plan, options, Watch { on_step: &|| bar.inc(1), ..Watch::nobody() })?;
    bar.finish_and_clear();
    Ok(found)
}

/// Everything that was found, or the reason why nothing; `null` where it was not asked for.
pub(super) fn value(o: &Outcome<'_>) -> Value {
    let found = match &o.prediction {
        None => return Value::Null,
        Some(Err(reason)) => return json!({"reason": reason}),
        Some(Ok(found)) => found,
    };
    let indicators = found.indicators.iter().map(|i| (o.main().indicators[i.indicator].clone(), json!(i)));
    let constructs = found.constructs.iter().filter_map(|c| Some((json::name(o, c.construct?), json!(c))));
    json!({
        "options": found.options,
        "indicators": indicators.collect::<Map<_, _>>(),
        "constructs": constructs.collect::<Map<_, _>>(),
        "overall": found.constructs.iter().find(|c| c.construct.is_none()),
    })
}

/// The same for readers.
pub(super) fn tables(o: &Outcome<'_>) -> Vec<Table> {
    let Some(Ok(found)) = &o.prediction else { return Vec::new() };
    let number = |x: f64| if x.is_finite() { format!("{x:.4}") } else { String::new() };
    let indicators = found.indicators.iter().map(|i| {
        let name = o.main().indicators[i.indicator].clone();
        let numbers = [i.q2, i.rmse, i.mae, i.lm_q2, i.lm_rmse, i.lm_mae].map(number);
        [name].into_iter().chain(numbers).collect()
    });
    let construct = |c: &ConstructPrediction| {
        let name = c.construct.map_or_else(|| "all together".to_owned(), |k| json::name(o, k));
        let (mean, lm) = (c.against_mean, c.against_lm);
        let numbers = [number(c.loss), number(mean.difference), p_value(mean.p), number(lm.difference), p_value(lm.p)];
        [name, c.q2.map_or_else(String::new, number)].into_iter().chain(numbers).collect()
    };
    let heading = ["Prediction of", "Q2", "RMSE", "MAE", "LM Q2", "LM RMSE", "LM MAE"];
    let tests = ["Predictive ability", "Q2", "loss", "less the mean's", "p", "less the LM's", "p"];
    let note = "Rows that the model had not seen. Q2 above 0: better than the mean; a loss less a benchmark's below 0: the model predicts better (CVPAT)";
    vec![Table::new(&heading, indicators), Table::new(&tests, found.constructs.iter().map(construct)).noted(note)]
}
