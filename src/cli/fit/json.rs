//! The machine-readable form of a fit: stable keys, nested by name, `null` where a figure is undefined.

use nalgebra::DMatrix;
use serde_json::{Map, Value, json};

use super::{Outcome, warnings};
use crate::csi::bootstrap::Spread;
use crate::csi::effects::{connected_pairs, specific_indirect};
use crate::csi::implied::{Structure, distances};
use crate::csi::quality::{self, Htmt};
use crate::csi::verdict;

pub(super) fn render(o: &Outcome<'_>) -> String {
    format!("{:#}\n", value(o))
}

/// Everything that a fit says.
pub(super) fn value(o: &Outcome<'_>) -> Value {
    let fit = &o.analysis.estimates.fit;
    json!({
        "n": if fit.n.fract() == 0.0 { json!(fit.n as u64) } else { json!(fit.n) },
        "iterations": fit.iterations,
        "converged": fit.converged,
        "weights": by_indicator(o, |j| json!(fit.weights[j])),
        "loadings": by_indicator(o, |j| json!(fit.loadings[j])),
        "cross_loadings": cross_loadings(o),
        "paths": o.model.paths().map(|(k, l)| path(o, k, l)).collect::<Vec<_>>(),
        "r2": by_construct(o, |k| fit.r2[k].map(|r2| json!(r2))),
        "adj_r2": by_construct(o, |k| quality::adjusted_r2(fit, &o.model, k).map(|r2| json!(r2))),
        "f2": by_predictor(o, |k| quality::f2(fit, &o.model, k)),
        "vif": {"inner": by_predictor(o, |k| quality::inner_vif(fit, &o.model, k)), "outer": outer_vif(o)},
        "effects": connected_pairs(&o.model).into_iter().map(|(k, l)| effect(o, k, l)).collect::<Vec<_>>(),
        "indirect": indirect(o),
        "construct_correlations": square(o, &fit.construct_correlations),
        "reliability": reliability(o),
        "fornell_larcker": lower_triangle(o, true, |k, l| Some(quality::fornell_larcker(fit, &o.model)[(k, l)])),
        "htmt": lower_triangle(o, false, |k, l| quality::htmt(fit, &o.model, k, l, Htmt::Original)),
        "htmt_plus": lower_triangle(o, false, |k, l| quality::htmt(fit, &o.model, k, l, Htmt::Plus)),
        "htmt2": lower_triangle(o, false, |k, l| quality::htmt(fit, &o.model, k, l, Htmt::Two)),
        "fit": {"saturated": distance(o, Structure::Saturated), "estimated": distance(o, Structure::Estimated)},
        "gof": quality::gof(fit, &o.model),
        "index": by_construct(o, |k| Some(with_spread(json!({"score": o.analysis.estimates.index[k]}), o.analysis.index_spread(k)))),
        "ipma": ipma(o),
        "first_stage": first_stage(o),
        "bootstrap": bootstrap(o),
        "missing": missing(o),
        "weighting": weighting(o),
        "verdicts": verdicts(o),
        "warnings": warnings::all(o),
        "settings": settings(o),
    })
}

fn name(o: &Outcome<'_>, k: usize) -> String {
    o.model.constructs[k].name.clone()
}

/// `{construct: value}` for the constructs that have one.
fn by_construct(o: &Outcome<'_>, value: impl Fn(usize) -> Option<Value>) -> Value {
    let entries = (0..o.model.constructs.len()).filter_map(|k| Some((name(o, k), value(k)?)));
    entries.collect::<Map<_, _>>().into()
}

/// `{construct: {indicator: value}}`.
fn by_indicator(o: &Outcome<'_>, value: impl Fn(usize) -> Value) -> Value {
    let block = |k: usize| -> Map<String, Value> {
        o.model.constructs[k].block.clone().map(|j| (o.model.indicators[j].clone(), value(j))).collect()
    };
    by_construct(o, |k| Some(block(k).into()))
}

/// `{dependent: {predictor: value}}`.
fn by_predictor(o: &Outcome<'_>, values: impl Fn(usize) -> Vec<Option<f64>>) -> Value {
    let row = |k: usize| -> Map<String, Value> {
        o.model.predictors[k].iter().zip(values(k)).map(|(&l, value)| (name(o, l), json!(value))).collect()
    };
    by_construct(o, |k| (!o.model.predictors[k].is_empty()).then(|| row(k).into()))
}

/// `{later construct: {earlier construct: value}}`.
fn lower_triangle(o: &Outcome<'_>, diagonal: bool, value: impl Fn(usize, usize) -> Option<f64>) -> Value {
    let row = |k: usize| -> Map<String, Value> {
        (0..k + usize::from(diagonal)).map(|l| (name(o, l), json!(value(k, l)))).collect()
    };
    by_construct(o, |k| (k > 0 || diagonal).then(|| row(k).into()))
}

fn square(o: &Outcome<'_>, matrix: &DMatrix<f64>) -> Value {
    by_construct(o, |k| by_construct(o, |l| Some(json!(matrix[(k, l)]))).into())
}

fn cross_loadings(o: &Outcome<'_>) -> Value {
    let fit = &o.analysis.estimates.fit;
    let column = |k: usize| -> Map<String, Value> {
        o.model.indicators.iter().enumerate().map(|(j, i)| (i.clone(), json!(fit.cross_loadings[(j, k)]))).collect()
    };
    by_construct(o, |k| Some(column(k).into()))
}

fn with_spread(mut object: Value, spread: Option<Spread>) -> Value {
    object["se"] = json!(spread.map(|s| s.se));
    object["ci"] = json!(spread.map(|s| s.ci));
    object
}

fn path(o: &Outcome<'_>, k: usize, l: usize) -> Value {
    let estimate = o.analysis.estimates.fit.paths[(k, l)];
    let path = json!({"from": name(o, l), "to": name(o, k), "estimate": estimate});
    with_spread(path, o.analysis.path_spread(&o.model, k, l))
}

fn effect(o: &Outcome<'_>, k: usize, l: usize) -> Value {
    let fit = &o.analysis.estimates.fit;
    let (direct, total) = (fit.paths[(k, l)], fit.total_effects[(k, l)]);
    let effect = json!({
        "from": name(o, l), "to": name(o, k),
        "direct": direct, "indirect": total - direct, "total": total,
        "unstandardised_total": unstandardised(o, k, l),
    });
    with_spread(effect, o.analysis.total_spread(&o.model, k, l))
}

/// The total effect in index points of the target per index point of the source.
fn unstandardised(o: &Outcome<'_>, target: usize, source: usize) -> f64 {
    let e = &o.analysis.estimates;
    e.index_weights.importance(e.fit.total_effects[(target, source)], target, source)
}

fn indirect(o: &Outcome<'_>) -> Vec<Value> {
    let specific = specific_indirect(&o.analysis.estimates.fit.paths, &o.model);
    let entry = |e: crate::csi::effects::SpecificEffect| json!({"path": e.route.iter().map(|&k| name(o, k)).collect::<Vec<_>>(), "estimate": e.estimate});
    specific.into_iter().map(entry).collect()
}

fn outer_vif(o: &Outcome<'_>) -> Value {
    let vif = quality::outer_vif(&o.analysis.estimates.fit, &o.model);
    by_indicator(o, |j| json!(vif[j]))
}

fn reliability(o: &Outcome<'_>) -> Value {
    let figures = quality::reliability(&o.analysis.estimates.fit, &o.model);
    let undefined = "undefined under mode B: its indicators need not agree";
    by_construct(o, |k| {
        Some(figures[k].map_or_else(
            || json!({"alpha": null, "rho_a": null, "rho_c": null, "ave": null, "reason": undefined}),
            |r| json!({"alpha": r.alpha, "rho_a": r.rho_a, "rho_c": r.rho_c, "ave": r.ave}),
        ))
    })
}

fn distance(o: &Outcome<'_>, structure: Structure) -> Value {
    let d = distances(&o.analysis.estimates.fit, &o.model, structure);
    json!({"srmr": d.srmr, "d_uls": d.d_uls, "d_g": d.d_g})
}

fn ipma(o: &Outcome<'_>) -> Value {
    let e = &o.analysis.estimates;
    let pairs = connected_pairs(&o.model);
    let row = |target: usize| -> Map<String, Value> {
        let sources = pairs.iter().filter(|(k, _)| *k == target).map(|(_, l)| *l);
        let entry =
            |l: usize| (name(o, l), json!({"importance": unstandardised(o, target, l), "performance": e.index[l]}));
        sources.map(entry).collect()
    };
    by_construct(o, |k| Some(row(k)).filter(|row| !row.is_empty()).map(Value::from))
}

/// Weights and loadings of the first stage of a second-order model; `null` for any other.
fn first_stage(o: &Outcome<'_>) -> Value {
    let (Some(stages), Some(first)) = (&o.stages, &o.analysis.estimates.first) else { return Value::Null };
    let by_block = |values: &[f64]| -> Map<String, Value> {
        let block = |c: &crate::csi::model::Construct| -> Map<String, Value> {
            c.block.clone().map(|j| (stages.first.indicators[j].clone(), json!(values[j]))).collect()
        };
        stages.first.constructs.iter().map(|c| (c.name.clone(), block(c).into())).collect()
    };
    json!({
        "iterations": first.fit.iterations,
        "converged": first.fit.converged,
        "weights": by_block(&first.fit.weights),
        "loadings": by_block(&first.fit.loadings),
    })
}

fn verdicts(o: &Outcome<'_>) -> Vec<Value> {
    let entry = |v: crate::csi::verdict::Verdict| {
        json!({
            "figure": v.rule.figure, "subject": v.subject, "value": v.value, "met": v.met,
            "threshold": v.rule.threshold, "at_least": v.rule.at_least, "source": v.rule.source,
        })
    };
    verdict::verdicts(&o.analysis.estimates.fit, &o.model).into_iter().map(entry).collect()
}

fn weighting(o: &Outcome<'_>) -> Value {
    let raked = o.raked.as_ref().map(
        |r| json!({"iterations": r.iterations, "converged": r.converged, "largest_difference": r.largest_difference}),
    );
    json!({"column": o.args.weights, "raked": raked, "effective_n": o.effective.0, "design_effect": o.effective.1})
}

fn bootstrap(o: &Outcome<'_>) -> Value {
    let b = &o.analysis.bootstrap;
    json!({
        "requested": b.requested, "used": b.used, "failed": b.failed(), "seed": b.seed,
        "level": b.level, "unit": o.analysis.unit, "failures": b.failures,
    })
}

fn missing(o: &Outcome<'_>) -> Value {
    let counts: Map<String, Value> = o.indicators.iter().cloned().zip(o.missing.iter().map(|c| json!(c))).collect();
    json!({"treatment": o.args.missing, "rows_read": o.rows_read, "per_indicator": counts, "codes": o.args.missing_code})
}

fn settings(o: &Outcome<'_>) -> Value {
    let scale = |(name, s): (&String, &crate::csi::data::ScaleRange)| (name.clone(), json!([s.min, s.max]));
    json!({
        "engine": concat!("soundings ", env!("CARGO_PKG_VERSION")),
        "inner": o.options.inner,
        "tolerance": o.options.tolerance,
        "max_iterations": o.options.max_iterations,
        "consistent": o.options.consistent,
        "second_order": o.stages.as_ref().map(|_| "disjoint two-stage"),
        "dominant_indicators": o.options.dominant.iter().map(|&j| &o.model.indicators[j]).collect::<Vec<_>>(),
        "modes": by_construct(o, |k| Some(json!(format!("{:?}", o.model.constructs[k].mode)))),
        "within_block_fit": by_construct(o, |k| Some(json!(format!("{:?}", o.model.constructs[k].kind).to_lowercase()))),
        "scale_source": if o.args.scale.is_some() { "given" } else { "observed" },
        "scales": o.indicators.iter().zip(&o.scales).map(scale).collect::<Map<_, _>>(),
    })
}
