//! A fit as a long table: one figure a line, `figure,construct,indicator,value`.
//!
//! Figures of two constructs (paths, effects, correlations) have the dependent under `construct` and the
//! predictor under `indicator`; of a group `column=label` stands under `indicator`. Undefined figures are left out.

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
    let mut lines = vec![["figure", "construct", "indicator", "value"].map(str::to_owned)];
    let mut add = |figure: &str, construct: &str, indicator: &str, value: &serde_json::Value| {
        if let Some(number) = value.as_f64() {
            lines.push([figure.to_owned(), construct.to_owned(), indicator.to_owned(), number.to_string()]);
        }
    };
    for figure in ["n", "iterations", "gof"] {
        add(figure, "", "", &json[figure]);
    }
    for (structure, distances) in json["fit"].as_object().into_iter().flatten() {
        for (figure, value) in distances.as_object().into_iter().flatten() {
            add(&format!("{figure}_{structure}"), "", "", value);
        }
    }
    for figure in ["r2", "adj_r2"] {
        for (construct, value) in json[figure].as_object().into_iter().flatten() {
            add(figure, construct, "", value);
        }
    }
    for (construct, figures) in json["index"].as_object().into_iter().flatten() {
        for (name, value) in figures.as_object().into_iter().flatten() {
            let figure = if name == "score" { "index".to_owned() } else { format!("index_{name}") };
            add(&figure, construct, "", value);
        }
    }
    for (construct, figures) in json["reliability"].as_object().into_iter().flatten() {
        for (figure, value) in figures.as_object().into_iter().flatten() {
            add(figure, construct, "", value);
        }
    }
    for (figure, table) in NESTED
        .map(|key| (key, &json[key]))
        .into_iter()
        .chain([("vif_inner", &json["vif"]["inner"]), ("vif_outer", &json["vif"]["outer"])])
    {
        for (construct, row) in table.as_object().into_iter().flatten() {
            for (indicator, value) in row.as_object().into_iter().flatten() {
                add(figure, construct, indicator, value);
            }
        }
    }
    for path in json["paths"].as_array().into_iter().flatten() {
        let (to, from) = (path["to"].as_str().unwrap_or_default(), path["from"].as_str().unwrap_or_default());
        add("path", to, from, &path["estimate"]);
        add("path_se", to, from, &path["se"]);
        add("path_unstandardised", to, from, &path["unstandardised"]);
    }
    for effect in json["effects"].as_array().into_iter().flatten() {
        let (to, from) = (effect["to"].as_str().unwrap_or_default(), effect["from"].as_str().unwrap_or_default());
        add("total_effect", to, from, &effect["total"]);
        add("indirect_effect", to, from, &effect["indirect"]);
    }
    for m in json["moderation"].as_array().into_iter().flatten() {
        let (to, product) = (m["to"].as_str().unwrap_or_default(), m["product"].as_str().unwrap_or_default());
        // Either side of an interaction has the same change of slope.
        if m["predictor"] == product.split(':').next().unwrap_or_default() {
            add("slope_change", to, product, &m["change"]);
        }
    }
    for (column, labels) in json["groups"].as_object().into_iter().flatten() {
        for (label, group) in labels.as_object().into_iter().flatten() {
            for (construct, index) in group["index"].as_object().into_iter().flatten() {
                add("group_index", construct, &format!("{column}={label}"), &index["score"]);
                add("group_index_se", construct, &format!("{column}={label}"), &index["se"]);
            }
        }
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    for line in &lines {
        // Writing to memory cannot fail.
        let _ = writer.write_record(line);
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}
