//! The machine-readable form of a fit: stable keys, nested by name, `null` where a figure is undefined.

use serde_json::{Map, Value, json};

use super::{Outcome, measurement, warnings};
use crate::csi::effects::{connected_pairs, specific_indirect};
use crate::csi::figures::Figure;
use crate::csi::implied::{Structure, distances, implied_indicators};
use crate::csi::intervals::Spread;
use crate::csi::products::Moderation;
use crate::csi::quality::{self, Htmt};
use crate::csi::ranks::{Ranked, rank};
use crate::csi::verdict;

pub(super) fn render(o: &Outcome<'_>) -> String {
    format!("{:#}\n", value(o))
}

/// Everything that a fit says.
pub(super) fn value(o: &Outcome<'_>) -> Value {
    let parts = [estimates(o), quality_of(o), context(o)];
    parts.into_iter().flat_map(|part| part.as_object().cloned().unwrap_or_default()).collect::<Map<_, _>>().into()
}

/// What was estimated.
fn estimates(o: &Outcome<'_>) -> Value {
    let fit = o.fit();
    let main = o.main_fit();
    json!({
        "n": if fit.n.fract() == 0.0 { json!(fit.n as u64) } else { json!(fit.n) },
        "iterations": fit.iterations,
        "converged": fit.converged,
        "weights": by_indicator(o, |j| json!(main.weights[j])),
        "unstandardised_weights": by_indicator(o, |j| json!(main.weights[j] / main.sds[j])),
        "loadings": by_indicator(o, |j| json!(main.loadings[j])),
        "descriptives": descriptives(o),
        "indicator_correlations": among_indicators(o, |j, i| main.indicator_correlations[(j, i)]),
        "cross_loadings": cross_loadings(o),
        "paths": o.full().paths().map(|(k, l)| path(o, k, l)).collect::<Vec<_>>(),
        "intercepts": intercepts(o),
        "r2": by_construct(o, |k| fit.r2[k].map(|r2| json!(r2))),
        "adj_r2": by_construct(o, |k| quality::adjusted_r2(fit, o.full(), k).map(|r2| json!(r2))),
        "effects": connected_pairs(o.full()).into_iter().map(|(k, l)| effect(o, k, l)).collect::<Vec<_>>(),
        "indirect": indirect(o),
        "moderation": moderation(o),
        "construct_correlations": construct_correlations(o),
        "score_sds": by_construct(o, |k| Some(json!(o.analysis.estimates.score_sds[k]))),
        "index": by_construct(o, |k| Some(with_spread(json!({"score": o.analysis.estimates.index[k]}), o.analysis.spread(Figure::Index(k))))),
        "groups": groups(o),
        "comparison": super::compared::value(o),
        "ipma": ipma(o),
        "ipma_indicators": ipma_indicators(o),
        "first_stage": first_stage(o),
    })
}

/// How good it is.
fn quality_of(o: &Outcome<'_>) -> Value {
    let fit = o.fit();
    let main = o.main_fit();
    json!({
        "f2": by_predictor(o, |k| quality::f2(fit, o.full(), k)),
        "vif": {"inner": by_predictor(o, |k| quality::inner_vif(fit, o.full(), k)), "outer": outer_vif(o)},
        "reliability": reliability(o),
        "fornell_larcker": lower_triangle(o, true, |k, l| Some(quality::fornell_larcker(main, o.main())[(k, l)])),
        "htmt": lower_triangle(o, false, |k, l| quality::htmt(main, o.main(), k, l, Htmt::Original)),
        "htmt_plus": lower_triangle(o, false, |k, l| quality::htmt(main, o.main(), k, l, Htmt::Plus)),
        "htmt2": lower_triangle(o, false, |k, l| quality::htmt(main, o.main(), k, l, Htmt::Two)),
        "fit": {"saturated": distance(o, Structure::Saturated), "estimated": distance(o, Structure::Estimated)},
        "exact_fit": exact_fit(o),
        "prediction": super::predicted::value(o),
        "segments": super::segmented::value(o),
        "residuals": residuals(o),
        "gof": quality::gof(fit, o.full()),
    })
}

/// How sure it is, and what it was made from.
fn context(o: &Outcome<'_>) -> Value {
    json!({
        "intervals": intervals(o),
        "bootstrap": bootstrap(o),
        "missing": missing(o),
        "weighting": weighting(o),
        "verdicts": verdicts(o),
        "warnings": warnings::all(o),
        "settings": settings(o),
    })
}

/// The name of a construct, or of a product of two.
pub(super) fn name(o: &Outcome<'_>, k: usize) -> String {
    o.full().constructs[k].name.clone()
}

/// `{construct: value}` for the constructs that have one.
fn by_construct(o: &Outcome<'_>, value: impl Fn(usize) -> Option<Value>) -> Value {
    let entries = (0..o.main().constructs.len()).filter_map(|k| Some((name(o, k), value(k)?)));
    entries.collect::<Map<_, _>>().into()
}

/// `{construct: {indicator: value}}`.
fn by_indicator(o: &Outcome<'_>, value: impl Fn(usize) -> Value) -> Value {
    let block = |k: usize| -> Map<String, Value> {
        o.main().constructs[k].block.clone().map(|j| (o.main().indicators[j].clone(), value(j))).collect()
    };
    by_construct(o, |k| Some(block(k).into()))
}

/// `{dependent: {predictor: value}}`.
fn by_predictor<V: serde::Serialize>(o: &Outcome<'_>, values: impl Fn(usize) -> Vec<V>) -> Value {
    let row = |k: usize| -> Map<String, Value> {
        o.full().predictors[k].iter().zip(values(k)).map(|(&l, value)| (name(o, l), json!(value))).collect()
    };
    by_construct(o, |k| (!o.full().predictors[k].is_empty()).then(|| row(k).into()))
}

/// `{later construct: {earlier construct: value}}`.
fn lower_triangle<V: serde::Serialize>(o: &Outcome<'_>, diagonal: bool, value: impl Fn(usize, usize) -> V) -> Value {
    let row = |k: usize| -> Map<String, Value> {
        (0..k + usize::from(diagonal)).map(|l| (name(o, l), json!(value(k, l)))).collect()
    };
    by_construct(o, |k| (k > 0 || diagonal).then(|| row(k).into()))
}

/// Of everything that paths run between, products included.
fn construct_correlations(o: &Outcome<'_>) -> Value {
    let all = 0..o.full().constructs.len();
    let row = |k: usize| -> Map<String, Value> {
        all.clone().map(|l| (name(o, l), json!(o.fit().construct_correlations[(k, l)]))).collect()
    };
    all.clone().map(|k| (name(o, k), row(k).into())).collect::<Map<_, _>>().into()
}

fn cross_loadings(o: &Outcome<'_>) -> Value {
    let column = |k: usize| -> Map<String, Value> {
        let names = o.main().indicators.iter().enumerate();
        names.map(|(j, i)| (i.clone(), json!(o.main_fit().cross_loadings[(j, k)]))).collect()
    };
    by_construct(o, |k| Some(column(k).into()))
}

fn with_spread(mut object: Value, spread: Option<Spread>) -> Value {
    object["se"] = json!(spread.map(|s| s.se));
    object["ci"] = json!(spread.and_then(|s| s.ci));
    object["bias"] = json!(spread.map(|s| s.bias));
    if let Some(jackknife_se) = spread.and_then(|s| s.jackknife_se) {
        object["jackknife_se"] = json!(jackknife_se);
    }
    object
}

/// With p-values of zero besides: for figures that zero is a question of.
pub(super) fn tested(mut object: Value, spread: Option<Spread>) -> Value {
    object["p"] = json!(spread.map(|s| s.p));
    object["p_one_sided"] = json!(spread.map(|s| s.p_one_sided));
    with_spread(object, spread)
}

fn path(o: &Outcome<'_>, k: usize, l: usize) -> Value {
    let estimate = o.fit().paths[(k, l)];
    let path = json!({
        "from": name(o, l), "to": name(o, k), "estimate": estimate, "unstandardised": unstandardised(o, k, l, estimate),
    });
    tested(path, o.analysis.spread(Figure::Path(k, l)))
}

fn effect(o: &Outcome<'_>, k: usize, l: usize) -> Value {
    let (direct, total) = (o.fit().paths[(k, l)], o.fit().total_effects[(k, l)]);
    let own_units = |effect: f64| unstandardised(o, k, l, effect);
    let effect = json!({
        "from": name(o, l), "to": name(o, k),
        "direct": direct, "indirect": total - direct, "total": total,
        "unstandardised_direct": own_units(direct), "unstandardised_indirect": own_units(total - direct),
        "unstandardised_total": own_units(total),
        "indirect_spread": o.analysis.spread(Figure::Indirect(k, l)),
    });
    tested(effect, o.analysis.spread(Figure::Total(k, l)))
}

/// An effect in index points of the target per index point of the source; `None` for a product, which has no index.
fn unstandardised(o: &Outcome<'_>, target: usize, source: usize, effect: f64) -> Option<f64> {
    let measured = source < o.main().constructs.len();
    measured.then(|| o.analysis.estimates.index_weights.importance(effect, target, source))
}

/// Index points of a dependent construct where all its predictors stand at 0; none where products are among them.
fn intercepts(o: &Outcome<'_>) -> Value {
    let index = &o.analysis.estimates.index;
    by_construct(o, |k| {
        let predictors = &o.full().predictors[k];
        let term = |l: &usize| Some(unstandardised(o, k, *l, o.fit().paths[(k, *l)])? * index[*l]);
        let explained: Option<f64> = predictors.iter().map(term).sum();
        (!predictors.is_empty()).then(|| json!(explained.map(|explained| index[k] - explained)))
    })
}

fn indirect(o: &Outcome<'_>) -> Vec<Value> {
    let specific = specific_indirect(&o.fit().paths, o.full());
    let entry = |(i, e): (usize, crate::csi::effects::SpecificEffect)| {
        let (source, target) = (e.route[0], e.route[e.route.len() - 1]);
        let path: Vec<String> = e.route.iter().map(|&k| name(o, k)).collect();
        let own_units = unstandardised(o, target, source, e.estimate);
        let effect = json!({"path": path, "estimate": e.estimate, "unstandardised": own_units});
        tested(effect, o.analysis.spread(Figure::Route(i)))
    };
    specific.into_iter().enumerate().map(entry).collect()
}

/// What products do to slopes; empty without products.
fn moderation(o: &Outcome<'_>) -> Vec<Value> {
    let entry = |m: Moderation| {
        json!({
            "product": name(o, m.product), "to": name(o, m.dependent),
            "predictor": name(o, m.predictor), "moderator": name(o, m.moderator), "change": m.change,
            "slopes": {"minus_1_sd": m.slopes[0], "mean": m.slopes[1], "plus_1_sd": m.slopes[2]},
        })
    };
    o.models.products.iter().flat_map(|p| p.moderations(o.fit())).map(entry).collect()
}

/// The test of exact fit, or the reason why there is none; `null` where it was not asked for.
fn exact_fit(o: &Outcome<'_>) -> Value {
    match &o.exact_fit {
        None => Value::Null,
        Some(Err(reason)) => json!({"reason": reason}),
        Some(Ok([saturated, estimated])) => json!({"saturated": saturated, "estimated": estimated}),
    }
}

/// Observed minus implied correlations of the estimated model.
fn residuals(o: &Outcome<'_>) -> Value {
    let implied = implied_indicators(o.main_fit(), o.main(), Structure::Estimated);
    among_indicators(o, |j, i| o.main_fit().indicator_correlations[(j, i)] - implied[(j, i)])
}

/// `{later indicator: {earlier indicator: value}}`.
fn among_indicators(o: &Outcome<'_>, value: impl Fn(usize, usize) -> f64) -> Value {
    let names = &o.main().indicators;
    let row = |j: usize| -> Map<String, Value> { (0..j).map(|i| (names[i].clone(), json!(value(j, i)))).collect() };
    (1..names.len()).map(|j| (names[j].clone(), row(j).into())).collect::<Map<_, _>>().into()
}

/// Mean and standard deviation of every indicator, missing answers treated as the settings say.
fn descriptives(o: &Outcome<'_>) -> Value {
    let fit = o.main_fit();
    let entry = |(j, i): (usize, &String)| (i.clone(), json!({"mean": fit.means[j], "sd": fit.sds[j]}));
    o.main().indicators.iter().enumerate().map(entry).collect::<Map<_, _>>().into()
}

/// `{column: {label: {n, index: {construct: {score, se, ci, rank, …}}}}}`.
fn groups(o: &Outcome<'_>) -> Value {
    let column = |(grouping, by): (usize, &super::By)| {
        let ranks: Vec<_> = (0..o.main().constructs.len()).map(|k| ranked(o, grouping, k)).collect();
        let label = |(group, label): (usize, &String)| {
            let figures = &o.analysis.estimates.groups[grouping][group];
            let index = by_construct(o, |construct| {
                let spread = o.analysis.spread(Figure::GroupIndex { grouping, group, construct });
                let mut entry = with_spread(json!({"score": figures.index[construct]}), spread);
                entry["ranked"] = json!(ranks[construct].as_ref().and_then(|ranks| ranks[group]));
                Some(entry)
            });
            (label.clone(), json!({"n": figures.n, "rows": by.sizes[group], "index": index}))
        };
        (by.column.clone(), by.labels.iter().enumerate().map(label).collect::<Map<_, _>>().into())
    };
    o.by.iter().enumerate().map(column).collect::<Map<_, _>>().into()
}

/// Groups that are ranked at most: the work grows with the square of their number.
pub(super) const MOST_RANKED: usize = 100;

/// The groups of a column ranked on a construct, those without a standard error left out; `None` without resamples.
pub(super) fn ranked(o: &Outcome<'_>, grouping: usize, construct: usize) -> Option<Vec<Option<Ranked>>> {
    let groups = &o.analysis.estimates.groups[grouping];
    let figure = |group| Figure::GroupIndex { grouping, group, construct };
    let se = |g: usize| o.analysis.spread(figure(g)).map(|s| s.se).filter(|se| *se > 0.0);
    let known: Vec<usize> = (0..groups.len()).filter(|g| se(*g).is_some()).collect();
    if known.len() > MOST_RANKED {
        return None;
    }
    let estimates: Vec<f64> = known.iter().map(|g| groups[*g].index[construct]).collect();
    let ses: Vec<f64> = known.iter().filter_map(|g| se(*g)).collect();
    let column = |g: &usize| Some(&o.analysis.bootstrap.draws[o.analysis.figures.place(figure(*g))?][..]);
    let draws: Option<Vec<&[f64]>> = known.iter().map(column).collect();
    let ranked = rank(&estimates, &ses, &draws?, o.analysis.bootstrap.options.level)?;
    let of = |g: usize| known.iter().position(|k| *k == g).map(|place| ranked[place]);
    Some((0..groups.len()).map(of).collect())
}

/// Standard errors and intervals of what stands elsewhere as plain numbers; `null` without resampling.
fn intervals(o: &Outcome<'_>) -> Value {
    if o.analysis.bootstrap.requested == 0 {
        return Value::Null;
    }
    let spread = |figure: Figure| o.analysis.spread(figure);
    let pairs = connected_pairs(o.full());
    let importance = |k: usize| -> Map<String, Value> {
        let sources = pairs.iter().filter(|(target, l)| *target == k && *l < o.main().constructs.len());
        sources.map(|&(_, l)| (name(o, l), json!(spread(Figure::Importance(k, l))))).collect()
    };
    json!({
        "weights": by_indicator(o, |j| json!(spread(Figure::Weight(j)))),
        "loadings": by_indicator(o, |j| json!(spread(Figure::Loading(j)))),
        "r2": by_construct(o, |k| o.fit().r2[k].map(|_| json!(spread(Figure::R2(k))))),
        "f2": by_predictor(o, |k| o.full().predictors[k].iter().map(|l| spread(Figure::F2(k, *l))).collect()),
        "htmt": lower_triangle(o, false, |k, l| spread(Figure::Htmt(k, l))),
        "ipma": by_construct(o, |k| Some(importance(k)).filter(|row| !row.is_empty()).map(Value::from)),
    })
}

fn outer_vif(o: &Outcome<'_>) -> Value {
    let vif = quality::outer_vif(o.main_fit(), o.main());
    by_indicator(o, |j| json!(vif[j]))
}

fn reliability(o: &Outcome<'_>) -> Value {
    let figures = quality::reliability(o.main_fit(), o.main());
    by_construct(o, |k| {
        let undefined = if measurement::is_score(o, k) {
            return Some(json!({"alpha": null, "rho_a": null, "rho_c": null, "ave": null,
                "reason": "the second stage knows its score only: see first_stage"}));
        } else {
            "undefined under mode B: its indicators need not agree"
        };
        Some(figures[k].map_or_else(
            || json!({"alpha": null, "rho_a": null, "rho_c": null, "ave": null, "reason": undefined}),
            |r| json!({"alpha": r.alpha, "rho_a": r.rho_a, "rho_c": r.rho_c, "ave": r.ave}),
        ))
    })
}

fn distance(o: &Outcome<'_>, structure: Structure) -> Value {
    let d = distances(o.main_fit(), o.main(), structure);
    json!({"srmr": d.srmr, "d_uls": d.d_uls, "d_g": d.d_g})
}

fn ipma(o: &Outcome<'_>) -> Value {
    let e = &o.analysis.estimates;
    let pairs = connected_pairs(o.full());
    let row = |target: usize| -> Map<String, Value> {
        let sources = pairs.iter().filter(|(k, _)| *k == target).map(|(_, l)| *l);
        let entry = |l: usize| {
            let importance = unstandardised(o, target, l, o.fit().total_effects[(target, l)])?;
            Some((name(o, l), json!({"importance": importance, "performance": e.index[l]})))
        };
        sources.filter_map(entry).collect()
    };
    by_construct(o, |k| Some(row(k)).filter(|row| !row.is_empty()).map(Value::from))
}

/// `{target: {indicator: {importance, performance}}}`: index points of the target per point of the indicator on 0-100.
fn ipma_indicators(o: &Outcome<'_>) -> Value {
    let e = &o.analysis.estimates;
    let scales = o.models.stages.as_ref().map_or_else(|| o.scales.clone(), |stages| stages.scales(&o.scales));
    let entry = |target: usize, j: usize| {
        let owner = o.main().owner(j);
        let effect = if owner == target { 1.0 } else { o.fit().total_effects[(target, owner)] };
        let steps = (scales[j].max - scales[j].min) / 100.0;
        let importance = e.index_weights.points[j] * steps * e.index_weights.importance(effect, target, owner);
        let performance = (o.main_fit().means[j] - scales[j].min) / steps;
        (o.main().indicators[j].clone(), json!({"importance": importance, "performance": performance}))
    };
    let row =
        |target: usize| -> Map<String, Value> { (0..o.main().indicators.len()).map(|j| entry(target, j)).collect() };
    by_construct(o, |target| Some(row(target).into()))
}

/// What the first stage of a second-order model measured, and the index of every dimension; `null` for any other.
fn first_stage(o: &Outcome<'_>) -> Value {
    let (Some(stages), Some(first)) = (&o.models.stages, &o.analysis.estimates.first) else { return Value::Null };
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
        "reliability": stages.first.constructs.iter().zip(quality::reliability(&first.fit, &stages.first))
            .map(|(c, r)| (c.name.clone(), json!(r))).collect::<Map<_, _>>(),
        "index": measurement::dimension_indices(o).into_iter().map(|(name, x)| (name, json!(x))).collect::<Map<_, _>>(),
    })
}

fn verdicts(o: &Outcome<'_>) -> Vec<Value> {
    let entry = |v: crate::csi::verdict::Verdict| {
        json!({
            "figure": v.rule.figure, "subject": v.subject, "value": v.value, "met": v.met,
            "threshold": v.rule.threshold, "at_least": v.rule.at_least, "source": v.rule.source,
        })
    };
    verdict::verdicts(o.main_fit(), o.main()).into_iter().map(entry).collect()
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
        "requested": b.requested, "used": b.used, "failed": b.failed(), "seed": b.options.seed,
        "level": b.options.level, "interval": b.options.interval, "unit": o.analysis.unit, "failures": b.failures,
        "policy": if b.options.redraw { "redraw" } else { "drop" }, "inadmissible": b.inadmissible,
        "unreliable": b.unreliable(),
    })
}

fn missing(o: &Outcome<'_>) -> Value {
    let counts: Map<String, Value> = o.indicators.iter().cloned().zip(o.missing.iter().map(|c| json!(c))).collect();
    let em = o.analysis.estimates.normal.as_ref().map(|normal| normal.iterations);
    json!({"treatment": o.args.treatment(), "em_iterations": em, "rows_read": o.rows_read, "per_indicator": counts, "codes": o.args.missing_code})
}

fn settings(o: &Outcome<'_>) -> Value {
    let scale = |(name, s): (&String, &crate::csi::data::ScaleRange)| (name.clone(), json!([s.min, s.max]));
    json!({
        "engine": concat!("soundings ", env!("CARGO_PKG_VERSION")),
        "inner": o.options.inner,
        "tolerance": o.options.tolerance,
        "max_iterations": o.options.max_iterations,
        "consistent": o.options.consistent,
        "second_order": o.models.stages.as_ref().map(|_| format!("{:?} two-stage", o.args.second_order).to_lowercase()),
        "products": o.models.products.as_ref().map(|_| "two-stage"),
        "correlations": if o.args.ordinal { "polychoric" } else { "pearson" },
        "outer_weights": o.args.outer_weights,
        "dominant_indicators": o.options.dominant.iter().map(|&j| &o.main().indicators[j]).collect::<Vec<_>>(),
        "modes": by_construct(o, |k| Some(json!(format!("{:?}", o.main().constructs[k].mode)))),
        "within_block_fit": by_construct(o, |k| Some(json!(format!("{:?}", o.main().constructs[k].kind).to_lowercase()))),
        "scale_source": if o.args.scale.is_some() { "given" } else { "observed" },
        "scales": o.indicators.iter().zip(&o.scales).map(scale).collect::<Map<_, _>>(),
    })
}
