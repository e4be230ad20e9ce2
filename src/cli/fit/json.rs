//! The machine-readable form of a fit: stable keys, nested by name, `null` where a figure is undefined.

use serde_json::{Map, Value, json};

use super::Outcome;
use crate::csi::bootstrap::Spread;
use crate::csi::effects::connected_pairs;

pub(super) fn render(o: &Outcome<'_>) -> String {
    let (model, e) = (&o.model, &o.analysis.estimates);
    let name = |k: usize| model.constructs[k].name.clone();
    let by_indicator = |values: &[f64]| -> Value {
        let block = |c: &crate::csi::model::Construct| {
            c.block.clone().map(|j| (model.indicators[j].clone(), json!(values[j]))).collect::<Map<_, _>>()
        };
        model.constructs.iter().map(|c| (c.name.clone(), block(c).into())).collect::<Map<_, _>>().into()
    };
    let with_spread = |mut object: Value, spread: Option<Spread>| {
        object["se"] = json!(spread.map(|s| s.se));
        object["ci"] = json!(spread.map(|s| s.ci));
        object
    };
    let path = |(k, l)| {
        with_spread(
            json!({"from": name(l), "to": name(k), "estimate": e.fit.paths[(k, l)]}),
            o.analysis.path_spread(model, k, l),
        )
    };
    let effect = |(k, l)| {
        let (direct, total) = (e.fit.paths[(k, l)], e.fit.total_effects[(k, l)]);
        let effect =
            json!({"from": name(l), "to": name(k), "direct": direct, "indirect": total - direct, "total": total});
        with_spread(effect, o.analysis.total_spread(model, k, l))
    };
    let index = |k: usize| (name(k), with_spread(json!({"score": e.index[k]}), o.analysis.index_spread(k)));
    let constructs = 0..model.constructs.len();
    let out = json!({
        "n": e.fit.n as u64,
        "iterations": e.fit.iterations,
        "converged": e.fit.converged,
        "weights": by_indicator(&e.fit.weights),
        "loadings": by_indicator(&e.fit.loadings),
        "paths": model.paths().map(path).collect::<Vec<_>>(),
        "r2": constructs.clone().filter_map(|k| Some((name(k), json!(e.fit.r2[k]?)))).collect::<Map<_, _>>(),
        "effects": connected_pairs(model).into_iter().map(effect).collect::<Vec<_>>(),
        "index": constructs.map(index).collect::<Map<_, _>>(),
        "bootstrap": bootstrap(o),
        "missing": missing(o),
        "settings": settings(o),
    });
    format!("{out:#}\n")
}

fn bootstrap(o: &Outcome<'_>) -> Value {
    let b = &o.analysis.bootstrap;
    json!({
        "requested": b.requested, "used": b.used, "failed": b.failed(), "seed": b.seed,
        "level": b.level, "unit": o.analysis.unit, "failures": b.failures,
    })
}

fn missing(o: &Outcome<'_>) -> Value {
    let counts: Map<String, Value> =
        o.model.indicators.iter().cloned().zip(o.missing.iter().map(|c| json!(c))).collect();
    json!({"treatment": o.args.missing, "rows_read": o.rows_read, "per_indicator": counts})
}

fn settings(o: &Outcome<'_>) -> Value {
    let scale = |(name, s): (&String, &crate::csi::data::ScaleRange)| (name.clone(), json!([s.min, s.max]));
    json!({
        "engine": concat!("soundings ", env!("CARGO_PKG_VERSION")),
        "inner": o.options.inner,
        "tolerance": o.options.tolerance,
        "max_iterations": o.options.max_iterations,
        "modes": o.model.constructs.iter().map(|c| (c.name.clone(), json!(format!("{:?}", c.mode)))).collect::<Map<_, _>>(),
        "scale_source": if o.args.scale.is_some() { "given" } else { "observed" },
        "scales": o.model.indicators.iter().zip(&o.scales).map(scale).collect::<Map<_, _>>(),
    })
}
