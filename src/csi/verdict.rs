//! Rules of thumb, each with its threshold and source, and what they say of a fit.
//!
//! Owns: the one table of thresholds. Refuses: to be more than rules of thumb; a report may quote them,
//! nothing is decided by them.

use super::fit::Fit;
use super::implied::{Structure, distances};
use super::model::{Mode, PathModel};
use super::quality::{self, Htmt};

/// A rule of thumb.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// The figure that it judges.
    pub figure: &'static str,
    /// Whether more is better.
    pub at_least: bool,
    pub threshold: f64,
    pub source: &'static str,
    /// What to worry about where it is not met.
    pub worry: &'static str,
}

const fn at_least(figure: &'static str, threshold: f64, source: &'static str, worry: &'static str) -> Rule {
    Rule { figure, at_least: true, threshold, source, worry }
}

const fn at_most(figure: &'static str, threshold: f64, source: &'static str, worry: &'static str) -> Rule {
    Rule { figure, at_least: false, threshold, source, worry }
}

/// All rules.
pub const RULES: [Rule; 9] = [
    at_least("alpha", 0.70, "Nunnally (1978)", "the indicators agree too little to be one measure"),
    at_least("rho_a", 0.70, "Dijkstra & Henseler (2015)", "the score is too noisy"),
    at_least("rho_c", 0.70, "Fornell & Larcker (1981)", "the indicators agree too little to be one measure"),
    at_least("ave", 0.50, "Fornell & Larcker (1981)", "the construct explains less than half of its indicators"),
    at_least(
        "loading",
        0.708,
        "Hair, Risher, Sarstedt & Ringle (2019)",
        "the construct explains less than half of this indicator",
    ),
    at_most(
        "htmt",
        0.85,
        "Henseler, Ringle & Sarstedt (2015)",
        "guests may not tell these two constructs apart (0.90 is the lenient limit)",
    ),
    at_most(
        "vif_inner",
        3.3,
        "Diamantopoulos & Siguaw (2006)",
        "the predictors overlap, so their paths are unsure (5 is the lenient limit)",
    ),
    at_most(
        "vif_outer",
        5.0,
        "Hair, Risher, Sarstedt & Ringle (2019)",
        "the indicator repeats the others, so mode B weights are unsure",
    ),
    at_most("srmr", 0.08, "Hu & Bentler (1999)", "the model implies other correlations than were observed"),
];

/// A rule applied to one figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    pub rule: Rule,
    /// What the figure is of: a construct, `construct: indicator`, `dependent ~ predictor`, or the model.
    pub subject: String,
    pub value: f64,
    pub met: bool,
}

/// Every rule applied to everything that it can judge, in the order of [`RULES`].
pub fn verdicts(fit: &Fit, model: &PathModel) -> Vec<Verdict> {
    let mut found: Vec<Verdict> = RULES
        .iter()
        .flat_map(|rule| {
            figures(rule.figure, fit, model).into_iter().map(|(subject, value)| {
                let met = if rule.at_least { value >= rule.threshold } else { value <= rule.threshold };
                Verdict { rule: *rule, subject, value, met }
            })
        })
        .collect();
    found.retain(|v| v.value.is_finite());
    found
}

fn figures(figure: &str, fit: &Fit, model: &PathModel) -> Vec<(String, f64)> {
    let name = |k: usize| model.constructs[k].name.clone();
    let several = |k: &usize| model.constructs[*k].block.len() > 1;
    let constructs = || (0..model.constructs.len()).filter(several);
    let blocks_of = |mode: Mode| constructs().filter(move |k| model.constructs[*k].mode == mode);
    let indicator = |k: usize, j: usize| format!("{}: {}", name(k), model.indicators[j]);
    match figure {
        "alpha" | "rho_a" | "rho_c" | "ave" => {
            let reliability = quality::reliability(fit, model);
            let value = |k: usize| {
                let r = reliability[k]?;
                Some((
                    name(k),
                    match figure {
                        "alpha" => r.alpha,
                        "rho_a" => r.rho_a,
                        "rho_c" => r.rho_c,
                        _ => r.ave,
                    },
                ))
            };
            constructs().filter_map(value).collect()
        }
        "loading" => blocks_of(Mode::A)
            .flat_map(|k| model.constructs[k].block.clone().map(move |j| (k, j)))
            .map(|(k, j)| (indicator(k, j), fit.loadings[j]))
            .collect(),
        "htmt" => {
            let reflective: Vec<usize> = blocks_of(Mode::A).collect();
            let pairs =
                reflective.iter().flat_map(|&k| reflective.iter().filter(move |l| **l < k).map(move |&l| (k, l)));
            pairs
                .filter_map(|(k, l)| {
                    Some((format!("{} and {}", name(l), name(k)), quality::htmt(fit, model, k, l, Htmt::Original)?))
                })
                .collect()
        }
        "vif_inner" => {
            let of = |k: usize| {
                model.predictors[k]
                    .iter()
                    .zip(quality::inner_vif(fit, model, k))
                    .filter_map(move |(&l, vif)| Some((k, l, vif?)))
                    .collect::<Vec<_>>()
            };
            (0..model.constructs.len())
                .flat_map(of)
                .map(|(k, l, vif)| (format!("{} ~ {}", name(k), name(l)), vif))
                .collect()
        }
        "vif_outer" => {
            let vif = quality::outer_vif(fit, model);
            blocks_of(Mode::B)
                .flat_map(|k| model.constructs[k].block.clone().map(move |j| (k, j)))
                .filter_map(|(k, j)| Some((indicator(k, j), vif[j]?)))
                .collect()
        }
        _ => vec![("estimated model".to_owned(), distances(fit, model, Structure::Estimated).srmr)],
    }
}
