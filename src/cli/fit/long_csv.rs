//! A fit as a long table: one figure a line, `figure,construct,indicator,value,group`.
//!
//! Figures of two constructs (paths, effects, correlations) have the dependent under `construct` and the predictor
//! under `indicator`; a specific indirect effect has its route. `group` is `column=label`, two labels of a
//! comparison, or a segment; empty for figures of all rows. Undefined figures are left out.

use serde_json::{Map, Value};

use super::{Outcome, json};

/// The keys of the JSON form that are tables of numbers nested by two names.
const NESTED: [&str; 9] = [
    "weights",
    "loadings",
    "cross_loadings",
    "f2",
    "construct_correlations",
    "fornell_larcker",
    "htmt",
    "htmt_plus",
    "htmt2",
];

pub(super) fn render(o: &Outcome<'_>) -> String {
    let json = json::value(o);
    let mut lines = Lines(vec![["figure", "construct", "indicator", "value", "group"].map(str::to_owned)]);
    measurement(&mut lines, &json);
    structure(&mut lines, &json);
    for (column, labels) in entries(&json["groups"]) {
        for (label, group) in entries(labels) {
            groups(&mut lines, &format!("{column}={label}"), group);
        }
    }
    comparison(&mut lines, &json["comparison"]);
    prediction(&mut lines, &json["prediction"]);
    segments(&mut lines, &json["segments"]);
    let mut writer = csv::Writer::from_writer(Vec::new());
    for line in &lines.0 {
        // Writing to memory cannot fail.
        let _ = writer.write_record(line);
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// What a figure is of.
#[derive(Clone, Copy, Default)]
struct Place<'a> {
    construct: &'a str,
    indicator: &'a str,
    group: &'a str,
}

struct Lines(Vec<[String; 5]>);

impl Lines {
    fn add(&mut self, figure: &str, at: Place<'_>, value: &Value) {
        if let Some(number) = value.as_f64() {
            let place = [at.construct, at.indicator, at.group].map(str::to_owned);
            let [construct, indicator, group] = place;
            self.0.push([figure.to_owned(), construct, indicator, number.to_string(), group]);
        }
    }

    /// A figure's standard error, interval, bias and p-values, as far as it has them.
    fn add_spread(&mut self, figure: &str, at: Place<'_>, of: &Value) {
        for key in ["se", "bias", "p", "p_one_sided", "jackknife_se"] {
            self.add(&format!("{figure}_{key}"), at, &of[key]);
        }
        self.add(&format!("{figure}_low"), at, &of["ci"][0]);
        self.add(&format!("{figure}_high"), at, &of["ci"][1]);
    }

    /// Every number of an object, by its key; those within objects with both keys.
    fn add_object(&mut self, prefix: &str, at: Place<'_>, object: &Value) {
        for (key, value) in entries(object) {
            let figure = if prefix.is_empty() { key.clone() } else { format!("{prefix}_{key}") };
            if value.is_object() {
                self.add_object(&figure, at, value);
            } else {
                self.add(&figure, at, value);
            }
        }
    }
}

/// The entries of an object; none for anything else.
fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The place of a path: `to` and `from`.
fn path_place<'a>(path: &'a Value, group: &'a str) -> Place<'a> {
    let text = |key: &str| path[key].as_str().unwrap_or_default();
    Place { construct: text("to"), indicator: text("from"), group }
}

fn measurement(lines: &mut Lines, json: &Value) {
    for figure in ["n", "iterations", "gof"] {
        lines.add(figure, Place::default(), &json[figure]);
    }
    lines.add("effective_n", Place::default(), &json["weighting"]["effective_n"]);
    lines.add("design_effect", Place::default(), &json["weighting"]["design_effect"]);
    for (structure, distances) in entries(&json["fit"]) {
        for (figure, value) in entries(distances) {
            lines.add(&format!("{figure}_{structure}"), Place::default(), value);
        }
    }
    lines.add_object("exact_fit", Place::default(), &json["exact_fit"]);
    for (construct, figures) in entries(&json["reliability"]) {
        lines.add_object("", Place { construct, ..Place::default() }, figures);
    }
    let vifs = [("vif_inner", &json["vif"]["inner"]), ("vif_outer", &json["vif"]["outer"])];
    for (figure, table) in NESTED.map(|key| (key, &json[key])).into_iter().chain(vifs) {
        nested(lines, figure, table);
    }
    let first = &json["first_stage"];
    for key in ["weights", "loadings"] {
        nested(lines, &format!("first_stage_{key}"), &first[key]);
    }
    for (construct, index) in entries(&first["index"]) {
        lines.add("first_stage_index", Place { construct, ..Place::default() }, index);
    }
    for (construct, figures) in entries(&first["reliability"]) {
        lines.add_object("first_stage", Place { construct, ..Place::default() }, figures);
    }
}

/// `{construct: {indicator: value}}`.
fn nested(lines: &mut Lines, figure: &str, table: &Value) {
    for (construct, row) in entries(table) {
        for (indicator, value) in entries(row) {
            lines.add(figure, Place { construct, indicator, group: "" }, value);
        }
    }
}

fn structure(lines: &mut Lines, json: &Value) {
    for figure in ["r2", "adj_r2"] {
        for (construct, value) in entries(&json[figure]) {
            lines.add(figure, Place { construct, ..Place::default() }, value);
        }
    }
    for (construct, index) in entries(&json["index"]) {
        let at = Place { construct, ..Place::default() };
        lines.add("index", at, &index["score"]);
        lines.add_spread("index", at, index);
    }
    for path in list(&json["paths"]) {
        let at = path_place(path, "");
        lines.add("path", at, &path["estimate"]);
        lines.add_spread("path", at, path);
        lines.add("path_unstandardised", at, &path["unstandardised"]);
    }
    for effect in list(&json["effects"]) {
        let at = path_place(effect, "");
        lines.add("total_effect", at, &effect["total"]);
        lines.add_spread("total_effect", at, effect);
        lines.add("indirect_effect", at, &effect["indirect"]);
        lines.add_spread("indirect_effect", at, &effect["indirect_spread"]);
    }
    for effect in list(&json["indirect"]) {
        let route: Vec<&str> = list(&effect["path"]).filter_map(Value::as_str).collect();
        let at =
            Place { construct: route.last().copied().unwrap_or_default(), indicator: &route.join(" -> "), group: "" };
        lines.add("specific_indirect_effect", at, &effect["estimate"]);
        lines.add_spread("specific_indirect_effect", at, effect);
    }
    for (construct, sources) in entries(&json["ipma"]) {
        for (indicator, of) in entries(sources) {
            lines.add_object("", Place { construct, indicator, group: "" }, of);
        }
    }
    for m in list(&json["moderation"]) {
        let text = |key: &str| m[key].as_str().unwrap_or_default();
        // Either side of an interaction has the same change of slope.
        if text("predictor") == text("product").split(':').next().unwrap_or_default() {
            lines.add(
                "slope_change",
                Place { construct: text("to"), indicator: text("product"), group: "" },
                &m["change"],
            );
        }
    }
    spreads(lines, &json["intervals"]);
}

/// Spreads of figures that stand elsewhere as plain numbers.
fn spreads(lines: &mut Lines, intervals: &Value) {
    for (construct, of) in entries(&intervals["r2"]) {
        lines.add_spread("r2", Place { construct, ..Place::default() }, of);
    }
    let names =
        [("weights", "weights"), ("loadings", "loadings"), ("f2", "f2"), ("htmt", "htmt"), ("ipma", "importance")];
    for (key, figure) in names {
        for (construct, row) in entries(&intervals[key]) {
            for (indicator, of) in entries(row) {
                lines.add_spread(figure, Place { construct, indicator, group: "" }, of);
            }
        }
    }
}

fn groups(lines: &mut Lines, name: &str, group: &Value) {
    lines.add("group_n", Place { group: name, ..Place::default() }, &group["n"]);
    for (construct, index) in entries(&group["index"]) {
        let at = Place { construct, indicator: "", group: name };
        lines.add("group_index", at, &index["score"]);
        lines.add_spread("group_index", at, index);
        let ranked = &index["ranked"];
        for key in ["rank", "simultaneous_rank", "simultaneous_ci"] {
            let figure = format!("group_{}", key.trim_end_matches("_ci"));
            lines.add(&format!("{figure}_low"), at, &ranked[key][0]);
            lines.add(&format!("{figure}_high"), at, &ranked[key][1]);
        }
        lines.add("group_shrunken", at, &ranked["shrunken"]);
        lines.add("group_shrunken_se", at, &ranked["shrunken_se"]);
    }
}

fn comparison(lines: &mut Lines, comparison: &Value) {
    for (label, group) in entries(&comparison["groups"]) {
        for path in list(&group["paths"]) {
            lines.add("group_path", path_place(path, label), &path["estimate"]);
            lines.add("group_path_se", path_place(path, label), &path["se"]);
        }
        for (construct, r2) in entries(&group["r2"]) {
            lines.add("group_r2", Place { construct, indicator: "", group: label }, r2);
        }
    }
    for pair in list(&comparison["pairs"]) {
        let [first, second] = ["first", "second"].map(|key| pair[key].as_str().unwrap_or_default());
        let group = &format!("{first} - {second}");
        for path in list(&pair["paths"]) {
            let at = path_place(path, group);
            lines.add("path_difference", at, &path["difference"]);
            for key in ["permutation_p", "holm_p", "benjamini_hochberg_p", "henseler_p"] {
                lines.add(&format!("path_difference_{key}"), at, &path[key]);
            }
            lines.add_object("path_difference_parametric", at, &path["parametric"]);
            lines.add_object("path_difference_welch", at, &path["welch"]);
        }
        for (construct, index) in entries(&pair["index_difference"]) {
            let at = Place { construct, indicator: "", group };
            lines.add("index_difference", at, &index["estimate"]);
            lines.add_spread("index_difference", at, index);
        }
        for (construct, micom) in entries(&pair["micom"]) {
            lines.add_object("micom", Place { construct, indicator: "", group }, micom);
        }
    }
    for test in list(&comparison["omnibus"]) {
        lines.add("omnibus_statistic", path_place(test, ""), &test["statistic"]);
        lines.add("omnibus_p", path_place(test, ""), &test["p"]);
    }
}

fn prediction(lines: &mut Lines, prediction: &Value) {
    for (indicator, figures) in entries(&prediction["indicators"]) {
        lines.add_object("predict", Place { indicator, ..Place::default() }, figures);
    }
    for (construct, figures) in entries(&prediction["constructs"]) {
        lines.add_object("predict", Place { construct, ..Place::default() }, figures);
    }
    lines.add_object("predict", Place::default(), &prediction["overall"]);
}

/// Criteria by number of segments; paths and shares by segment.
fn segments(lines: &mut Lines, segments: &Value) {
    for solution in list(&segments["solutions"]) {
        let count = list(&solution["segments"]).count();
        let group = &format!("{count} segments");
        for key in ["log_likelihood", "parameters", "aic3", "caic", "bic", "entropy"] {
            lines.add(&format!("segments_{key}"), Place { group, ..Place::default() }, &solution[key]);
        }
        for (number, segment) in list(&solution["segments"]).enumerate() {
            let group = &format!("segment {} of {count}", number + 1);
            lines.add("segment_share", Place { group, ..Place::default() }, &segment["share"]);
            for path in list(&segment["paths"]) {
                lines.add("segment_path", path_place(path, group), &path["estimate"]);
            }
            for (construct, r2) in entries(&segment["r2"]) {
                lines.add("segment_r2", Place { construct, indicator: "", group }, r2);
            }
        }
    }
}
