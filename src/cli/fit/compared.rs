//! `--compare COLUMN`: groups compared, as JSON and as tables.

use serde_json::{Map, Value, json};

use super::args::FitArgs;
use super::read::By;
use super::sections::{Table, p_value};
use super::{Outcome, json};
use crate::cli::progress;
use crate::csi::analysis::Plan;
use crate::csi::bootstrap::{BootstrapOptions, Watch};
use crate::csi::comparison::{Comparison, ComparisonOptions, Pair, Verdict, compare};
use crate::csi::figures::Figure;

/// A comparison, and which of the groupings it is of.
pub(super) struct Compared {
    grouping: usize,
    comparison: Comparison,
}

/// Compares the groups of a column, one of `by`.
pub(super) fn run(
    args: &FitArgs,
    column: &str,
    plan: &Plan<'_>,
    by: &[By],
    bootstrap: &BootstrapOptions,
) -> Result<Compared, String> {
    let grouping = by.iter().position(|by| by.column == column).unwrap_or_default();
    let (labels, groups) = (&by[grouping].labels, &by[grouping].grouping);
    let options = ComparisonOptions { bootstrap: *bootstrap, permutations: args.permutations as usize, alpha: 0.05 };
    let pairs = (labels.len() * labels.len().saturating_sub(1) / 2) as u64;
    let steps = pairs * u64::from(args.permutations) + labels.len() as u64 * bootstrap.resamples as u64;
    let bar = progress::bar(steps, "comparisons");
    let watch = Watch { on_step: &|| bar.inc(1), ..Watch::nobody() };
    let comparison = compare(plan, groups, &options, watch).map_err(|error| {
        use crate::csi::comparison::ComparisonError as E;
        match error {
            E::Group { group, error } => format!("column `{column}`, group `{}`: {error}", labels[group]),
            other => format!("column `{column}`: {other}"),
        }
    })?;
    bar.finish_and_clear();
    Ok(Compared { grouping, comparison })
}

/// Everything that a comparison says, or the reason why nothing; `null` where none was asked for.
pub(super) fn value(o: &Outcome<'_>) -> Value {
    let Compared { grouping, comparison } = match &o.compared {
        None => return Value::Null,
        Some(Err(reason)) => return json!({"reason": reason}),
        Some(Ok(compared)) => compared,
    };
    let labels = &o.by[*grouping].labels;
    let group = |(label, analysis): (&String, &crate::csi::analysis::Analysis)| {
        let b = &analysis.bootstrap;
        let paths: Vec<Value> = o.full().paths().map(|(k, l)| {
            let estimate = analysis.estimates.fit.paths[(k, l)];
            json!({"from": json::name(o, l), "to": json::name(o, k), "estimate": estimate, "se": analysis.spread(Figure::Path(k, l)).map(|s| s.se)})
        }).collect();
        let r2: Map<String, Value> = o
            .main()
            .constructs
            .iter()
            .enumerate()
            .filter_map(|(k, c)| Some((c.name.clone(), json!(analysis.estimates.fit.r2[k]?))))
            .collect();
        (label.clone(), json!({"n": analysis.estimates.fit.n, "paths": paths, "r2": r2, "resamples_used": b.used}))
    };
    let omnibus = comparison.omnibus.iter().map(|t| {
        json!({"from": json::name(o, t.predictor), "to": json::name(o, t.dependent), "statistic": t.statistic, "p": t.p})
    });
    json!({
        "column": o.by[*grouping].column,
        "groups": labels.iter().zip(&comparison.groups).map(group).collect::<Map<_, _>>(),
        "permutations": comparison.permutations,
        "pairs": comparison.pairs.iter().map(|pair| pair_value(o, *grouping, pair)).collect::<Vec<_>>(),
        "omnibus": omnibus.collect::<Vec<_>>(),
    })
}

fn pair_value(o: &Outcome<'_>, grouping: usize, pair: &Pair) -> Value {
    let labels = &o.by[grouping].labels;
    let paths = pair.paths.iter().map(|path| {
        json!({
            "from": json::name(o, path.predictor), "to": json::name(o, path.dependent),
            "first": path.estimates[0], "second": path.estimates[1],
            "difference": path.estimates[0] - path.estimates[1],
            "first_se": path.ses[0], "second_se": path.ses[1],
            "parametric": path.parametric, "welch": path.welch, "henseler_p": path.henseler_p,
            "permutation_p": path.permutation_p, "holm_p": path.holm_p,
            "benjamini_hochberg_p": path.benjamini_hochberg_p,
        })
    });
    let of_constructs = |value: &dyn Fn(usize) -> Value| -> Map<String, Value> {
        o.main().constructs.iter().enumerate().map(|(k, c)| (c.name.clone(), value(k))).collect()
    };
    json!({
        "first": labels[pair.first], "second": labels[pair.second], "permutations_used": pair.used,
        "micom": of_constructs(&|k| json!(pair.constructs[k])),
        "paths": paths.collect::<Vec<_>>(),
        "index_difference": of_constructs(&|k| index_difference(o, grouping, pair, k)),
    })
}

/// Under the weights of all rows, as the group indices are.
fn index_difference(o: &Outcome<'_>, grouping: usize, pair: &Pair, construct: usize) -> Value {
    let (first, second) = (pair.first, pair.second);
    let groups = &o.analysis.estimates.groups[grouping];
    let difference = groups[first].index[construct] - groups[second].index[construct];
    let spread = o.analysis.spread(Figure::GroupDifference { grouping, first, second, construct });
    let comparable = matches!(pair.constructs[construct].invariance, Verdict::Partial | Verdict::Full);
    json::tested(json!({"estimate": difference, "comparable": comparable}), spread)
}

/// The same for readers.
pub(super) fn tables(o: &Outcome<'_>) -> Vec<Table> {
    let Some(Ok(Compared { grouping, comparison })) = &o.compared else { return Vec::new() };
    let by = &o.by[*grouping];
    let mut tables = Vec::from_iter(omnibus(o, comparison, &by.column));
    for pair in &comparison.pairs {
        let title = format!("{} and {}", by.labels[pair.first], by.labels[pair.second]);
        tables.extend([constructs(o, *grouping, pair, &title), paths(o, *grouping, pair, &title)]);
    }
    tables
}

/// Whether any of more than two groups differs, before pairs are looked at.
fn omnibus(o: &Outcome<'_>, comparison: &Comparison, column: &str) -> Option<Table> {
    let row = |t: &crate::csi::comparison::Omnibus| {
        let path = format!("{} -> {}", json::name(o, t.predictor), json::name(o, t.dependent));
        vec![path, format!("{:.4}", t.statistic), p_value(t.p)]
    };
    let table = Table::new(&["All groups", "between groups", "p"], comparison.omnibus.iter().map(row));
    (!comparison.omnibus.is_empty()).then(|| {
        table.titled(format!("Paths by {column}: does any group differ?")).noted("p: share of permuted labels under which the groups lie as far apart. Look at pairs only where this is small")
    })
}

fn constructs(o: &Outcome<'_>, grouping: usize, pair: &Pair, title: &str) -> Table {
    let row = |(k, c): (usize, &crate::csi::comparison::ConstructComparison)| {
        let (first, second) = (pair.first, pair.second);
        let spread = o.analysis.spread(Figure::GroupDifference { grouping, first, second, construct: k });
        let groups = &o.analysis.estimates.groups[grouping];
        let mut cells = vec![json::name(o, k), format!("{:.2}", groups[first].index[k] - groups[second].index[k])];
        let ci = spread.and_then(|s| s.ci);
        cells.extend([0, 1].map(|i| ci.map_or_else(String::new, |ci| format!("{:.2}", ci[i]))));
        cells.extend([format!("{:.5}", c.c), format!("{:.5}", c.c_quantile_05)]);
        cells.extend([c.p_compositional, c.p_mean, c.p_variance].map(p_value));
        cells.push(
            match c.invariance {
                Verdict::Unknown => "unknown",
                Verdict::None => "not comparable",
                Verdict::Partial => "comparable",
                Verdict::Full => "comparable, alike",
            }
            .to_owned(),
        );
        cells
    };
    let heading =
        [title, "index difference", "low", "high", "c", "5 % of c", "p(c)", "p(mean)", "p(variance)", "verdict"];
    let table = Table::new(&heading, pair.constructs.iter().enumerate().map(row));
    let note = if pair.first == 0 && pair.second == 1 { NOTE } else { "" };
    table.titled(format!("{title}: may they be compared?")).noted(note)
}

const NOTE: &str = "Index difference under the weights of all rows. c: correlation of the scores under either group's weights; where it is lower than under permuted labels (p(c) below 0.05) the construct is made up otherwise and should not be compared";

const PATHS_NOTE: &str = "p that a path is the same in both groups: by permuted labels (then corrected after Holm for the number of paths), by the parametric and the Welch test; p(Henseler): share of resamples in which the first group's path is not the larger, one-sided, so near 0 or near 1 where they differ";

fn paths(o: &Outcome<'_>, grouping: usize, pair: &Pair, title: &str) -> Table {
    let row = |path: &crate::csi::comparison::PathComparison| {
        let name = format!("{} -> {}", json::name(o, path.predictor), json::name(o, path.dependent));
        let [a, b] = path.estimates;
        let tests = [path.permutation_p, path.holm_p, path.parametric.p, path.welch.p, path.henseler_p];
        let numbers = [a, b, a - b].map(|x| format!("{x:.4}"));
        [name].into_iter().chain(numbers).chain(tests.map(p_value)).collect()
    };
    let labels = &o.by[grouping].labels;
    let heading = [
        title,
        &labels[pair.first],
        &labels[pair.second],
        "difference",
        "p(permutation)",
        "p(Holm)",
        "p(t)",
        "p(Welch)",
        "p(Henseler)",
    ];
    let note = if pair.first == 0 && pair.second == 1 { PATHS_NOTE } else { "" };
    Table::new(&heading, pair.paths.iter().map(row)).titled(format!("{title}: paths")).noted(note)
}
