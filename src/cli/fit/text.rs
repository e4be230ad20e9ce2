//! The readable form of a fit: aligned tables, the index first.

use std::fmt::Write as _;

use super::{Missing, Outcome, warnings};
use crate::csi::bootstrap::Spread;
use crate::csi::effects::connected_pairs;
use crate::csi::implied::{Structure, distances};
use crate::csi::quality;
use crate::csi::verdict;
use crate::text::{pad, width};

pub(super) fn render(o: &Outcome<'_>) -> String {
    let mut out = String::new();
    heading(o, &mut out);
    index(o, &mut out);
    structure(o, &mut out);
    effects(o, &mut out);
    measurement(o, &mut out);
    reliability(o, &mut out);
    fit_measures(o, &mut out);
    worries(o, &mut out);
    notes(o, &mut out);
    out
}

fn heading(o: &Outcome<'_>, out: &mut String) {
    let e = &o.analysis.estimates.fit;
    let scheme = format!("{:?}", o.options.inner).to_lowercase();
    let settled = if e.converged { "converged" } else { "NOT CONVERGED" };
    let _ = writeln!(out, "PLS path model, {} rows, {scheme} scheme, {settled} after {} iterations", e.n, e.iterations);
    let cells: usize = o.missing.iter().sum();
    if cells > 0 {
        let treatment = match o.args.missing {
            Missing::Mean => "replaced by the column's mean".to_owned(),
            Missing::Pairwise => "each correlation from the rows that have both".to_owned(),
            Missing::Listwise => format!("{} of {} rows left out", o.rows_read - e.n as usize, o.rows_read),
        };
        let _ = writeln!(out, "Missing: {cells} answers, {treatment}");
    }
    let b = &o.analysis.bootstrap;
    if b.requested > 0 {
        let _ = writeln!(
            out,
            "Bootstrap: {} resamples, {} used, {} failed, seed {}, {} % percentile intervals",
            b.requested,
            b.used,
            b.failed(),
            b.seed,
            b.level * 100.0
        );
        for (reason, count) in &b.failures {
            let _ = writeln!(out, "  {count} x {reason}");
        }
    }
    if o.args.scale.is_none() {
        out.push_str("Scale: each indicator's observed range; give --scale MIN:MAX for an index that compares\n");
    }
}

fn index(o: &Outcome<'_>, out: &mut String) {
    let rows = o.model.constructs.iter().enumerate().map(|(k, c)| {
        let mut row = vec![c.name.clone(), format!("{:.2}", o.analysis.estimates.index[k])];
        row.extend(spread(o.analysis.index_spread(k), 2));
        row.push(o.analysis.estimates.fit.r2[k].map_or(String::new(), |r2| format!("{r2:.3}")));
        row
    });
    table(out, &["Index, 0-100", "score", "se", "low", "high", "R2"], rows);
}

fn structure(o: &Outcome<'_>, out: &mut String) {
    let name = |k: usize| &o.model.constructs[k].name;
    let rows = o.model.paths().map(|(k, l)| {
        let mut row =
            vec![format!("{} -> {}", name(l), name(k)), format!("{:.4}", o.analysis.estimates.fit.paths[(k, l)])];
        row.extend(spread(o.analysis.path_spread(&o.model, k, l), 4));
        row
    });
    table(out, &["Path", "estimate", "se", "low", "high"], rows);
}

fn effects(o: &Outcome<'_>, out: &mut String) {
    let fit = &o.analysis.estimates.fit;
    let name = |k: usize| &o.model.constructs[k].name;
    let rows = connected_pairs(&o.model).into_iter().map(|(k, l)| {
        let (direct, total) = (fit.paths[(k, l)], fit.total_effects[(k, l)]);
        vec![
            format!("{} -> {}", name(l), name(k)),
            format!("{direct:.4}"),
            format!("{:.4}", total - direct),
            format!("{total:.4}"),
        ]
    });
    table(out, &["Effect", "direct", "indirect", "total"], rows);
}

fn measurement(o: &Outcome<'_>, out: &mut String) {
    let fit = &o.analysis.estimates.fit;
    let row = |(k, j): (usize, usize)| {
        let c = &o.model.constructs[k];
        vec![
            format!("{} ({:?})", c.name, c.mode),
            o.model.indicators[j].clone(),
            format!("{:.4}", fit.weights[j]),
            format!("{:.4}", fit.loadings[j]),
        ]
    };
    let places = o.model.constructs.iter().enumerate().flat_map(|(k, c)| c.block.clone().map(move |j| (k, j)));
    table(out, &["Construct (mode)", "indicator", "weight", "loading"], places.map(row));
}

fn reliability(o: &Outcome<'_>, out: &mut String) {
    let figures = quality::reliability(&o.analysis.estimates.fit, &o.model);
    let rows = o.model.constructs.iter().zip(figures).map(|(c, figures)| {
        let numbers =
            figures.map_or_else(Default::default, |r| [r.alpha, r.rho_a, r.rho_c, r.ave].map(|x| format!("{x:.4}")));
        [c.name.clone()].into_iter().chain(numbers).collect()
    });
    table(out, &["Reliability", "alpha", "rho_A", "rho_C", "AVE"], rows);
}

fn fit_measures(o: &Outcome<'_>, out: &mut String) {
    let row = |(name, structure)| {
        let d = distances(&o.analysis.estimates.fit, &o.model, structure);
        vec![
            format!("{name} model"),
            format!("{:.4}", d.srmr),
            format!("{:.4}", d.d_uls),
            d.d_g.map_or(String::new(), |d| format!("{d:.4}")),
        ]
    };
    let structures = [("saturated", Structure::Saturated), ("estimated", Structure::Estimated)];
    table(out, &["Fit", "SRMR", "d_ULS", "d_G"], structures.into_iter().map(row));
}

/// Rules of thumb that are not met; silent where all are.
fn worries(o: &Outcome<'_>, out: &mut String) {
    let unmet: Vec<_> = verdict::verdicts(&o.analysis.estimates.fit, &o.model).into_iter().filter(|v| !v.met).collect();
    if unmet.is_empty() {
        return;
    }
    out.push_str("\nRules of thumb that are not met\n");
    for v in unmet {
        let sign = if v.rule.at_least { "below" } else { "above" };
        let (figure, threshold, source) = (v.rule.figure, v.rule.threshold, v.rule.source);
        let _ = writeln!(
            out,
            "  {figure} of {} is {:.3}, {sign} {threshold} ({source}): {}",
            v.subject, v.value, v.rule.worry
        );
    }
}

fn notes(o: &Outcome<'_>, out: &mut String) {
    let warnings = warnings::all(o);
    if !warnings.is_empty() {
        out.push_str("\nWarnings\n");
    }
    for warning in warnings {
        let _ = writeln!(out, "  {warning}");
    }
}

fn spread(spread: Option<Spread>, decimals: usize) -> [String; 3] {
    spread.map_or_else(Default::default, |s| [s.se, s.ci[0], s.ci[1]].map(|x| format!("{x:.decimals$}")))
}

/// A blank line, a heading row, then rows; text to the left, numbers to the right.
fn table(out: &mut String, heading: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    let rows: Vec<Vec<String>> =
        std::iter::once(heading.iter().map(|h| (*h).to_owned()).collect()).chain(rows).collect();
    let widths: Vec<usize> = (0..heading.len()).map(|i| rows.iter().map(|r| width(&r[i])).max().unwrap_or(0)).collect();
    out.push('\n');
    for row in &rows {
        let numeric = |i: usize| i > 0 && rows[1..].iter().all(|r| r[i].is_empty() || r[i].parse::<f64>().is_ok());
        let cells: Vec<String> = row.iter().enumerate().map(|(i, cell)| pad(cell, widths[i], numeric(i))).collect();
        let _ = writeln!(out, "{}", cells.join("  ").trim_end());
    }
}
