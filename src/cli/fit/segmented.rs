//! `--segments K`: do some guests judge by another logic? One to K segments compared, as JSON and as tables.

use serde_json::{Value, json};

use super::args::FitArgs;
use super::sections::Table;
use super::{Outcome, json};
use crate::cli::progress;
use crate::csi::analysis::{Correlating, Estimates, Plan};
use crate::csi::bootstrap::Watch;
use crate::csi::fimix::{Fimix, FimixOptions, fimix};
use crate::csi::fit::FitError;
use crate::csi::scores::scores;

/// Random starts of each number of segments.
const STARTS: usize = 20;

/// Finds one to `most` segments on the construct scores of all rows.
pub(super) fn run(args: &FitArgs, plan: &Plan<'_>, estimates: &Estimates, most: u32) -> Result<Vec<Fimix>, FitError> {
    if plan.products.is_some() {
        return Err(FitError::SegmentsOfProducts);
    }
    let plain = matches!(plan.correlating, Correlating::Moments | Correlating::Em(_));
    if plan.options.consistent || plan.data.is_weighted() || !plain {
        return Err(FitError::SegmentsOfPlain);
    }
    let rows: Vec<Vec<f64>> = scores(plan, estimates).map(|row| row.standardised).collect();
    let bar = progress::bar(1 + (u64::from(most) - 1) * STARTS as u64, "starts");
    let watch = Watch { on_step: &|| bar.inc(1), ..Watch::nobody() };
    let find = |segments| fimix(plan.model, &rows, FimixOptions { segments, starts: STARTS, seed: args.seed }, watch);
    let found = (1..=most as usize).map(find).collect();
    bar.finish_and_clear();
    found
}

/// The solution with the lowest criterion.
fn lowest(found: &[Fimix], criterion: impl Fn(&Fimix) -> f64) -> Option<&Fimix> {
    found.iter().min_by(|a, b| criterion(a).total_cmp(&criterion(b)))
}

/// Everything that was found, or the reason why nothing; `null` where it was not asked for.
pub(super) fn value(o: &Outcome<'_>) -> Value {
    let found = match &o.segments {
        None => return Value::Null,
        Some(Err(reason)) => return json!({"reason": reason}),
        Some(Ok(found)) => found,
    };
    let solution = |f: &Fimix| {
        let segment = |s: &crate::csi::fimix::Segment| {
            let paths = o
                .full()
                .paths()
                .map(|(k, l)| json!({"from": json::name(o, l), "to": json::name(o, k), "estimate": s.paths[(k, l)]}));
            let r2 = o.full().constructs.iter().zip(&s.r2).filter_map(|(c, r2)| Some((c.name.clone(), json!((*r2)?))));
            json!({"share": s.share, "paths": paths.collect::<Vec<_>>(), "r2": r2.collect::<serde_json::Map<_, _>>()})
        };
        json!({
            "segments": f.segments.iter().map(segment).collect::<Vec<_>>(),
            "log_likelihood": f.log_likelihood, "parameters": f.parameters, "aic3": f.aic3, "caic": f.caic,
            "bic": f.bic, "entropy": f.entropy, "converged": f.converged, "iterations": f.iterations,
        })
    };
    json!({
        "solutions": found.iter().map(solution).collect::<Vec<_>>(),
        "lowest_bic": lowest(found, |f| f.bic).map(|f| f.segments.len()),
    })
}

/// The same for readers: the criteria, and the paths of the first solution of several segments that BIC, CAIC or
/// AIC3 prefers.
pub(super) fn tables(o: &Outcome<'_>) -> Vec<Table> {
    let Some(Ok(found)) = &o.segments else { return Vec::new() };
    let criteria = |f: &Fimix| {
        let numbers = [f.log_likelihood, f.aic3, f.caic, f.bic].map(|x| format!("{x:.1}"));
        let entropy = f.entropy.map_or_else(String::new, |e| format!("{e:.3}"));
        [f.segments.len().to_string()].into_iter().chain(numbers).chain([entropy]).collect()
    };
    let heading = ["Segments", "log likelihood", "AIC3", "CAIC", "BIC", "EN"];
    let note = format!("Lower criteria are better; EN above 0.5: rows can be told apart. {}", preferences(found));
    let mut tables = vec![Table::new(&heading, found.iter().map(criteria)).noted(note)];
    let preferred = [lowest(found, |f| f.bic), lowest(found, |f| f.caic), lowest(found, |f| f.aic3)];
    if let Some(shown) = preferred.into_iter().flatten().find(|f| f.segments.len() > 1) {
        tables.push(paths(o, shown));
    }
    tables
}

/// Which number of segments every criterion prefers, in words.
fn preferences(found: &[Fimix]) -> String {
    let most = |of: fn(&Fimix) -> f64| lowest(found, of).map_or(1, |f| f.segments.len());
    let [aic3, caic, bic] = [most(|f| f.aic3), most(|f| f.caic), most(|f| f.bic)];
    if [aic3, caic] == [bic, bic] {
        let verdict =
            if bic == 1 { "all guests judge alike, as far as can be seen" } else { "guests judge by several logics" };
        return format!("All criteria prefer {bic}: {verdict}");
    }
    format!(
        "AIC3 prefers {aic3}, CAIC {caic}, BIC {bic}: they disagree, so segments are not sure. AIC3 tends to find too many, CAIC and BIC too few"
    )
}

fn paths(o: &Outcome<'_>, shown: &Fimix) -> Table {
    let names = shown.segments.iter().enumerate();
    let names: Vec<String> = names.map(|(i, s)| format!("segment {} ({:.0} %)", i + 1, 100.0 * s.share)).collect();
    let heading: Vec<&str> = std::iter::once("Paths by segment").chain(names.iter().map(String::as_str)).collect();
    let row = |(k, l): (usize, usize)| {
        let path = format!("{} -> {}", json::name(o, l), json::name(o, k));
        [path].into_iter().chain(shown.segments.iter().map(|s| format!("{:.4}", s.paths[(k, l)]))).collect()
    };
    Table::new(&heading, o.full().paths().map(row))
}
