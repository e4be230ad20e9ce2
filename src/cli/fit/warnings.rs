//! What a reader of a fit should worry about before believing it.

use super::{Outcome, json};
use crate::csi::effects::{MOST_ROUTES, specific_indirect};
use crate::csi::groups::FEWEST_ROWS;
use crate::csi::linalg;
use crate::csi::quality;

/// Share of missing answers above which an indicator is worth a word.
const MUCH_MISSING: f64 = 0.05;

/// Clusters below which the bootstrap of clusters is unsure.
const FEW_CLUSTERS: usize = 20;

/// Columns of `--by` without the ranks that `--rank` asks for.
fn unranked(o: &Outcome<'_>) -> Vec<String> {
    let constructs: Vec<usize> = o.args.rank.iter().filter_map(|name| o.main().construct(name)).collect();
    let missing = |grouping: usize| constructs.iter().any(|k| json::ranked(o, grouping, *k).is_none());
    let columns = o.by.iter().enumerate().filter(|(grouping, _)| missing(*grouping));
    let most = json::MOST_RANKED;
    columns
        .map(|(_, by)| {
            format!("no ranks by {}: they need 2 to {most} groups of {FEWEST_ROWS} rows or more, and resamples in which all of them occur", by.column)
        })
        .collect()
}

/// Groups that are too small to say how sure their index is, and rows in no group.
fn small_groups(o: &Outcome<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for by in &o.by {
        let small = by.sizes.iter().filter(|size| **size < FEWEST_ROWS).count();
        if small > 0 && o.analysis.bootstrap.requested > 0 {
            let (column, groups) = (&by.column, by.sizes.len());
            found.push(format!(
                "{small} of {groups} groups of `{column}` have fewer than {FEWEST_ROWS} rows: too few for a standard error or a rank"
            ));
        }
        if by.unlabelled() > 0 {
            let (rows, column) = (by.unlabelled(), &by.column);
            found.push(format!("{rows} rows have no label in `{column}` and are in none of its groups"));
        }
    }
    if o.lone_strata > 0 {
        let (lone, column) = (o.lone_strata, o.args.strata.as_deref().unwrap_or_default());
        found.push(format!(
            "{lone} groups of --strata {column} have one row, which every resample repeats: standard errors are too small"
        ));
    }
    found
}

/// All warnings, most serious first.
pub(super) fn all(o: &Outcome<'_>) -> Vec<String> {
    let (fit, b) = (o.fit(), &o.analysis.bootstrap);
    let mut found = Vec::new();
    if !fit.converged {
        found.push(format!("the iterations did not converge within {}; do not use these figures", fit.iterations));
    }
    found.extend(quality::inadmissible(fit, o.full()).iter().map(|i| format!("inadmissible: {i}")));
    if let Some(products) = &o.models.products {
        let name = |k: usize| &products.full.constructs[k].name;
        for (product, dependent, factor) in products.without_main_effect() {
            let (product, dependent, factor) = (name(product), name(dependent), name(factor));
            found.push(format!(
                "`{product}` explains `{dependent}` while `{factor}` alone does not: write `{dependent} ~ {factor}` too, or the product stands for both"
            ));
        }
    }
    if linalg::cholesky(o.main_fit().indicator_correlations.clone()).is_err() {
        found.push("the correlations of the indicators are not those of any complete data (not positive definite, or nearly singular)".to_owned());
    }
    if b.unreliable() {
        found.push(format!("{} of {} resamples gave no figures; do not use the intervals", b.failed(), b.requested));
    }
    let asked = [
        o.exact_fit.as_ref().and_then(|r| r.as_ref().err()),
        o.prediction.as_ref().and_then(|r| r.as_ref().err()),
        o.segments.as_ref().and_then(|r| r.as_ref().err()),
        o.compared.as_ref().and_then(|r| r.as_ref().err()),
    ];
    found.extend(asked.into_iter().flatten().cloned());
    if let Some(clusters) = o.clusters.filter(|clusters| *clusters < FEW_CLUSTERS) {
        found.push(format!("{clusters} clusters are few: standard errors from so few are unsure, mostly too small"));
    }
    for segments in o.segments.iter().flatten().flatten().filter(|f| !f.converged) {
        let (count, iterations) = (segments.segments.len(), segments.iterations);
        found.push(format!("the search for {count} segments did not settle within {iterations} iterations"));
    }
    found.extend(small_groups(o));
    found.extend(unranked(o));
    if b.inadmissible > 0 {
        let what = if b.options.drop_inadmissible { "dropped" } else { "kept" };
        found.push(format!(
            "{} of {} resamples have an inadmissible solution and were {what}",
            b.inadmissible, b.requested
        ));
    }
    for (indicator, missing) in o.indicators.iter().zip(&o.missing) {
        let share = *missing as f64 / o.rows_read.max(1) as f64;
        if share > MUCH_MISSING {
            found.push(format!("`{indicator}` is missing in {:.1} % of the rows", 100.0 * share));
        }
    }
    for (indicator, _) in o.main().indicators.iter().zip(&o.main_fit().weights).filter(|(_, w)| **w < 0.0) {
        found.push(format!("the weight of `{indicator}` is negative: single rows may have an index outside 0 to 100"));
    }
    if let Some(raked) = o.raked.as_ref().filter(|r| !r.converged) {
        let percent = 100.0 * raked.largest_difference;
        found.push(format!("the margins are not met: a share is off by {percent:.2} percentage points"));
    }
    if specific_indirect(&fit.paths, o.full()).len() >= MOST_ROUTES {
        found.push(format!("only the first {MOST_ROUTES} specific indirect effects are listed"));
    }
    found
}
