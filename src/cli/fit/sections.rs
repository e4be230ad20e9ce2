//! What a fit says to a reader: lines and tables, the index first, the same for every readable format.

use super::args::Missing;
use super::{Outcome, compared, json, measurement, predicted, segmented, warnings};
use crate::csi::effects::connected_pairs;
use crate::csi::exact_fit::Tested;
use crate::csi::figures::Figure;
use crate::csi::implied::{Structure, distances};
use crate::csi::intervals::{Interval, Spread};
use crate::csi::quality;
use crate::csi::verdict;

/// A table: its heading row, whose first cell names it, then its rows; the first column is text.
pub(super) struct Table {
    pub title: String,
    pub heading: Vec<String>,
    pub rows: Vec<Vec<String>>,
    /// What a reader should know about it; may be empty.
    pub note: String,
}

impl Table {
    pub fn new(heading: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Self {
        let title = heading[0].to_owned();
        Self {
            title,
            heading: heading.iter().map(|h| (*h).to_owned()).collect(),
            rows: rows.collect(),
            note: String::new(),
        }
    }

    /// With a title of its own in place of its first heading.
    pub fn titled(mut self, title: String) -> Self {
        self.title = title;
        self
    }

    /// With a note below.
    pub fn noted(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Whether a column holds numbers only.
    pub fn numeric(&self, column: usize) -> bool {
        let number = |cell: &str| cell.is_empty() || cell.trim_start_matches('<').parse::<f64>().is_ok();
        column > 0 && self.rows.iter().all(|r| number(&r[column]))
    }
}

/// All tables in reading order.
pub(super) fn tables(o: &Outcome<'_>) -> Vec<Table> {
    let mut tables = vec![index(o)];
    tables.extend(groups(o));
    tables.extend(ranks(o));
    tables.extend(compared::tables(o));
    tables.push(structure(o));
    tables.extend(moderation(o));
    tables.push(effects(o));
    tables.extend(importance(o));
    tables.extend(measurement::tables(o));
    tables.push(fit_measures(o));
    tables.extend(exact_fit(o));
    tables.extend(predicted::tables(o));
    tables.extend(segmented::tables(o));
    tables
}

/// What was estimated from what, one line each.
pub(super) fn summary(o: &Outcome<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let e = o.fit();
    let scheme = format!("{:?}", o.options.inner).to_lowercase();
    let first = o
        .analysis
        .estimates
        .first
        .as_ref()
        .map_or_else(String::new, |first| format!(" in the second stage, {} in the first", first.fit.iterations));
    let settled = match (&o.options.given, e.converged) {
        (Some(_), _) => format!("outer weights given ({})", o.args.outer_weights),
        (None, true) => format!("{scheme} scheme, converged after {} iterations{first}", e.iterations),
        (None, false) => format!("{scheme} scheme, NOT CONVERGED after {} iterations", e.iterations),
    };
    let kind = if o.args.ordinal { ", polychoric correlations" } else { "" };
    lines.push(format!("PLS path model, {} rows{kind}, {settled}", rows_text(e.n)));
    if o.args.weights.is_some() || o.args.rake.is_some() {
        let (rows, effect) = o.effective;
        lines.push(format!("Case weights: worth {rows:.1} rows of equal weight, design effect {effect:.3}"));
    }
    let cells: usize = o.missing.iter().sum();
    if cells > 0 {
        let treatment = match o.args.treatment() {
            Missing::Em => "maximum likelihood (EM) from all answers there are".to_owned(),
            Missing::Mean => "replaced by the column's mean".to_owned(),
            Missing::Pairwise => "each correlation from the rows that have both".to_owned(),
            Missing::Listwise => format!("{} of {} rows left out", o.rows_read - o.kept.len(), o.rows_read),
        };
        lines.push(format!("Missing: {cells} answers, {treatment}"));
    }
    let b = &o.analysis.bootstrap;
    let interval = match b.options.interval {
        Interval::Bca => "BCa".to_owned(),
        other => format!("{other:?}").to_lowercase(),
    };
    if b.requested > 0 {
        lines.push(format!(
            "Bootstrap: {} resamples, {} used, {} failed, seed {}, {} % {} intervals",
            b.requested,
            b.used,
            b.failed(),
            b.options.seed,
            b.options.level * 100.0,
            interval
        ));
        for (reason, count) in &b.failures {
            lines.push(format!("  {count} x {reason}"));
        }
    }
    if o.args.scale.is_none() {
        lines
            .push("Scale: each indicator's observed range; give --scale MIN:MAX for an index that compares".to_owned());
    }
    lines
}

fn index(o: &Outcome<'_>) -> Table {
    let rows = o.main().constructs.iter().enumerate().map(|(k, c)| {
        let mut row = vec![c.name.clone(), format!("{:.2}", o.analysis.estimates.index[k])];
        row.extend(spread(o.analysis.spread(Figure::Index(k)), 2));
        row.push(o.fit().r2[k].map_or(String::new(), |r2| format!("{r2:.3}")));
        row.extend(jackknife(o, o.analysis.spread(Figure::Index(k)), 2));
        row
    });
    Table::new(&with_jackknife(o, &["Index, 0-100", "score", "se", "low", "high", "R2"]), rows)
}

/// The index of every group of the `--by` columns, one construct a column.
fn groups(o: &Outcome<'_>) -> Vec<Table> {
    let of = |(grouping, by): (usize, &super::By)| {
        let names = o.main().constructs.iter().map(|c| c.name.as_str());
        let heading: Vec<&str> = [by.column.as_str(), "n"].into_iter().chain(names).collect();
        let row = |(group, label): (usize, &String)| {
            let figures = &o.analysis.estimates.groups[grouping][group];
            let cell = |(construct, index): (usize, &f64)| {
                let spread = o.analysis.spread(Figure::GroupIndex { grouping, group, construct });
                spread.map_or_else(|| format!("{index:.2}"), |s| format!("{index:.2} ({:.2})", s.se))
            };
            let first = [label.clone(), rows_text(figures.n)].into_iter();
            first.chain(figures.index.iter().enumerate().map(cell)).collect()
        };
        let table = Table::new(&heading, by.labels.iter().enumerate().map(row));
        let brackets = if o.analysis.bootstrap.requested > 0 { "; in brackets its standard error" } else { "" };
        table
            .titled(format!("Index by {}", by.column))
            .noted(format!("Index of every group under the weights of all rows{brackets}"))
    };
    o.by.iter().enumerate().map(of).collect()
}

/// Which ranks the groups could have, for the constructs of `--rank`.
fn ranks(o: &Outcome<'_>) -> Vec<Table> {
    let mut tables = Vec::new();
    for construct in o.args.rank.iter().filter_map(|name| o.main().construct(name)) {
        for (grouping, by) in o.by.iter().enumerate() {
            let Some(ranked) = json::ranked(o, grouping, construct) else { continue };
            let index = |g: usize| o.analysis.estimates.groups[grouping][g].index[construct];
            let mut order: Vec<usize> = (0..by.labels.len()).filter(|g| ranked[*g].is_some()).collect();
            order.sort_by(|a, b| index(*b).total_cmp(&index(*a)));
            let row = |g: usize| {
                let r = ranked[g]?;
                let numbers = [index(g), r.simultaneous_ci[0], r.simultaneous_ci[1], r.shrunken];
                let ranks = format!("{} to {}", r.rank[0], r.rank[1]);
                let numbers = numbers.map(|x| format!("{x:.2}"));
                Some([by.labels[g].clone()].into_iter().chain(numbers).chain([ranks]).collect())
            };
            let name = &o.main().constructs[construct].name;
            let title = format!("{name} by {}", by.column);
            let table = Table::new(
                &[&title, "index", "low", "high", "shrunken", "could rank"],
                order.into_iter().filter_map(row),
            );
            let note = "Intervals hold for all groups at once. Groups whose ranks overlap cannot be told apart; shrunken figures allow for what chance does to small groups";
            tables.push(table.noted(note));
        }
    }
    tables
}

/// What products do to slopes.
fn moderation(o: &Outcome<'_>) -> Option<Table> {
    let products = o.models.products.as_ref()?;
    let name = |k: usize| &o.full().constructs[k].name;
    let rows = products.moderations(o.fit()).into_iter().map(|m| {
        let slope = format!("{} -> {}, by {}", name(m.predictor), name(m.dependent), name(m.moderator));
        let slopes = m.slopes.map(|s| format!("{s:.4}"));
        [slope, format!("{:.4}", m.change)].into_iter().chain(slopes).collect()
    });
    Some(Table::new(&["Slope", "change", "at -1 sd", "at mean", "at +1 sd"], rows))
}

fn structure(o: &Outcome<'_>) -> Table {
    let name = |k: usize| &o.full().constructs[k].name;
    let optional = |x: Option<f64>| x.map_or_else(String::new, |x| format!("{x:.3}"));
    let rows = o.full().paths().map(|(k, l)| {
        let found = o.analysis.spread(Figure::Path(k, l));
        let mut row = vec![format!("{} -> {}", name(l), name(k)), format!("{:.4}", o.fit().paths[(k, l)])];
        row.extend(spread(found, 4));
        row.push(found.map_or_else(String::new, |s| p_value(s.p)));
        let place = o.full().predictors[k].iter().position(|other| *other == l).unwrap_or_default();
        row.push(optional(quality::f2(o.fit(), o.full(), k)[place]));
        row.push(optional(quality::inner_vif(o.fit(), o.full(), k)[place]));
        row.extend(jackknife(o, found, 4));
        row
    });
    Table::new(&with_jackknife(o, &["Path", "estimate", "se", "low", "high", "p", "f2", "VIF"]), rows)
}

/// Importance and performance of everything that leads to the constructs that lead nowhere further.
fn importance(o: &Outcome<'_>) -> Vec<Table> {
    let pairs = connected_pairs(o.full());
    let measured = o.main().constructs.len();
    let last = (0..measured).filter(|k| !pairs.iter().any(|(_, l)| l == k) && pairs.iter().any(|(t, _)| t == k));
    let of = |target: usize| {
        let e = &o.analysis.estimates;
        let sources = pairs.iter().filter(move |(t, l)| *t == target && *l < measured).map(|(_, l)| *l);
        let rows = sources.map(|l| {
            let importance = e.importance(target, l);
            let mut row = vec![o.main().constructs[l].name.clone(), format!("{importance:.3}")];
            row.extend(spread(o.analysis.spread(Figure::Importance(target, l)), 3));
            row.push(format!("{:.2}", e.index[l]));
            row
        });
        let title = format!("What moves {}", o.main().constructs[target].name);
        Table::new(&[&title, "importance", "se", "low", "high", "performance"], rows)
            .noted("Importance: index points that it moves when this moves by one; performance: this one's own index")
    };
    last.map(of).collect()
}

/// Row counts and sums of weights, without the last digits that sums of fractions leave.
pub(super) fn rows_text(n: f64) -> String {
    if (n - n.round()).abs() < 1e-6 { format!("{n:.0}") } else { format!("{n:.1}") }
}

/// A p-value in four digits; nothing for one that is undefined.
pub(super) fn p_value(p: f64) -> String {
    if p.is_nan() {
        String::new()
    } else if p < 0.0001 {
        "<0.0001".to_owned()
    } else {
        format!("{p:.4}")
    }
}

/// One column more, with --jackknife.
fn with_jackknife<'a>(o: &Outcome<'_>, heading: &[&'a str]) -> Vec<&'a str> {
    heading.iter().copied().chain(o.args.jackknife.then_some("jackknife se")).collect()
}

fn jackknife(o: &Outcome<'_>, spread: Option<Spread>, decimals: usize) -> Option<String> {
    let se = spread.and_then(|s| s.jackknife_se).map_or_else(String::new, |se| format!("{se:.decimals$}"));
    o.args.jackknife.then_some(se)
}

fn effects(o: &Outcome<'_>) -> Table {
    let fit = o.fit();
    let name = |k: usize| &o.full().constructs[k].name;
    let rows = connected_pairs(o.full()).into_iter().map(|(k, l)| {
        let (direct, total) = (fit.paths[(k, l)], fit.total_effects[(k, l)]);
        vec![
            format!("{} -> {}", name(l), name(k)),
            format!("{direct:.4}"),
            format!("{:.4}", total - direct),
            format!("{total:.4}"),
        ]
    });
    Table::new(&["Effect", "direct", "indirect", "total"], rows)
}

fn fit_measures(o: &Outcome<'_>) -> Table {
    let row = |(name, structure)| {
        let d = distances(o.main_fit(), o.main(), structure);
        vec![
            format!("{name} model"),
            format!("{:.4}", d.srmr),
            format!("{:.4}", d.d_uls),
            d.d_g.map_or(String::new(), |d| format!("{d:.4}")),
        ]
    };
    let structures = [("saturated", Structure::Saturated), ("estimated", Structure::Estimated)];
    Table::new(&["Fit", "SRMR", "d_ULS", "d_G"], structures.into_iter().map(row))
}

/// Distances beside what chance leads to where the model holds.
fn exact_fit(o: &Outcome<'_>) -> Option<Table> {
    let [saturated, estimated] = *o.exact_fit.as_ref()?.as_ref().ok()?;
    let row = |model: &str, name: &str, t: Tested| {
        let numbers = [t.value, t.hi95, t.hi99].map(|x| format!("{x:.4}"));
        [format!("{model} model, {name}")].into_iter().chain(numbers).chain([p_value(t.p)]).collect::<Vec<_>>()
    };
    let rows = [("saturated", saturated), ("estimated", estimated)].into_iter().flat_map(|(model, t)| {
        let d_g = t.d_g.map(|d_g| row(model, "d_G", d_g));
        [row(model, "SRMR", t.srmr), row(model, "d_ULS", t.d_uls)].into_iter().chain(d_g)
    });
    Some(Table::new(&["Exact fit", "value", "HI95", "HI99", "p"], rows))
}

/// Rules of thumb that are not met, one line each.
pub(super) fn worries(o: &Outcome<'_>) -> Vec<String> {
    let unmet = verdict::verdicts(o.main_fit(), o.main()).into_iter().filter(|v| !v.met);
    let line = |v: verdict::Verdict| {
        let sign = if v.rule.at_least { "below" } else { "above" };
        let (figure, threshold, source) = (v.rule.figure, v.rule.threshold, v.rule.source);
        format!("{figure} of {} is {:.3}, {sign} {threshold} ({source}): {}", v.subject, v.value, v.rule.worry)
    };
    unmet.map(line).collect()
}

/// What to know before believing the figures, one line each.
pub(super) fn notes(o: &Outcome<'_>) -> Vec<String> {
    warnings::all(o)
}

fn spread(spread: Option<Spread>, decimals: usize) -> [String; 3] {
    let Some(spread) = spread else { return Default::default() };
    let number = |x: f64| format!("{x:.decimals$}");
    let bound = |i: usize| spread.ci.map_or_else(String::new, |ci| number(ci[i]));
    [number(spread.se), bound(0), bound(1)]
}
