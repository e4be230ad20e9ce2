//! What the reference programs do not give, against a program of its own in another language.
//!
//! `tests/fixtures/second_opinion/SOURCE.md` says how the numbers were made.

use std::fs;

use serde_json::Value;

use super::harness::{fixture, run};
use super::reference::nested;

const STRUCTURE: &str = "Quality ~ Expectation\nValue ~ Expectation + Quality\nSatisfaction ~ Expectation + Quality + Value\nLoyalty ~ Satisfaction\n";
const BLOCKS: &str = "Expectation <~ e1 + e2 + e3\nQuality <~ q1 + q2 + q3 + q4 + q5 + q6\nValue <~ v1 + v2 + v3 + v4\nSatisfaction <~ s1 + s2 + s3\nLoyalty <~ l1 + l2 + l3\n";

fn expected(part: &str) -> Value {
    let text = fs::read_to_string(fixture("second_opinion/expected.json")).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()[part].clone()
}

fn fit(structure: &str, data: &str, more: &[&str]) -> Value {
    let model = tempfile::NamedTempFile::new().unwrap();
    fs::write(model.path(), format!("{structure}{BLOCKS}")).unwrap();
    let (model, data) = (model.path().display().to_string(), fixture(&format!("reference/{data}")));
    let own = ["fit", "--model", &model, "--data", &data, "--format", "json", "--bootstrap", "0"];
    let exact = ["--tolerance", "1e-13", "--max-iterations", "1000", "--scale", "1:10"];
    serde_json::from_str(&run(&[&own[..], &exact, more].concat())).unwrap()
}

/// Every number of `expected` is in `found`, under the same names, within `tolerance`.
fn agree(place: &str, expected: &Value, found: &Value, tolerance: f64) {
    if let Some(object) = expected.as_object() {
        assert!(!object.is_empty(), "{place}");
        for (name, value) in object {
            agree(&format!("{place}.{name}"), value, &found[name], tolerance);
        }
        return;
    }
    let (want, got) = (expected.as_f64().unwrap(), found.as_f64().unwrap_or(f64::NAN));
    assert!((want - got).abs() <= tolerance * want.abs().max(1.0), "{place}: expected {want}, found {found}");
}

fn agree_on_structure(part: &Value, found: &Value, tolerance: f64) {
    agree("paths", &part["paths"], &nested(&found["paths"], "estimate"), tolerance);
    agree("R2", &part["R2"], &found["r2"], tolerance);
}

#[test]
fn interactions_and_quadratic_effects_agree() {
    let structure = STRUCTURE.replace("+ Value\n", "+ Value + Quality:Value + Value:Value\n");
    let (part, found) = (expected("moderation"), fit(&structure, "csi.csv", &["--mode-a", "all"]));
    agree("standardised", &part["standardised"], &nested(&found["paths"], "estimate")["Satisfaction"], 1e-9);
    agree("R2", &part["R2"], &found["r2"]["Satisfaction"], 1e-9);
    let moderation = found["moderation"].as_array().unwrap();
    assert_eq!(moderation.len(), 3, "either side of the interaction, and the quadratic term");
    for entry in moderation {
        let product = entry["product"].as_str().unwrap();
        agree(product, &part["plain"][product], &entry["change"], 1e-9);
        let change = entry["change"].as_f64().unwrap() * if product == "Value:Value" { 2.0 } else { 1.0 };
        let slopes = ["minus_1_sd", "mean", "plus_1_sd"].map(|at| entry["slopes"][at].as_f64().unwrap());
        let own = &part["plain"][entry["predictor"].as_str().unwrap()];
        agree("slope", own, &slopes[1].into(), 1e-9);
        assert!((slopes[2] - slopes[1] - change).abs() < 1e-12 && (slopes[1] - slopes[0] - change).abs() < 1e-12);
    }
    // Measurement, index and fit are those of the model without products.
    let plain = fit(STRUCTURE, "csi.csv", &["--mode-a", "all"]);
    for key in ["weights", "loadings", "index", "reliability", "htmt", "fit"] {
        assert_eq!(found[key], plain[key], "{key}");
    }
}

#[test]
fn em_agrees() {
    let part = expected("em");
    let found = fit(STRUCTURE, "csi_missing.csv", &["--mode-a", "all", "--missing", "em"]);
    for (name, mean) in part["means"].as_object().unwrap() {
        agree(name, mean, &found["descriptives"][name]["mean"], 1e-8);
        agree(name, &part["sds"][name], &found["descriptives"][name]["sd"], 1e-8);
    }
    agree_on_structure(&part, &found, 1e-8);
    assert!(found["missing"]["em_iterations"].as_u64().unwrap() > 3);
    // Nothing missing, nothing to expect: the same bits as the plain fit.
    let whole = fit(STRUCTURE, "csi.csv", &["--mode-a", "all", "--missing", "em"]);
    assert_eq!(whole["paths"], fit(STRUCTURE, "csi.csv", &["--mode-a", "all"])["paths"]);
}

#[test]
fn polychoric_correlations_agree() {
    let (part, found) = (expected("polychoric"), fit(STRUCTURE, "csi.csv", &["--mode-a", "all", "--ordinal"]));
    for (pair, r) in part["correlations"].as_object().unwrap() {
        let (j, k) = pair.split_once(',').unwrap();
        let (correlations, r) = (&found["indicator_correlations"], r.as_f64().unwrap());
        let own = correlations[j][k].as_f64().or(correlations[k][j].as_f64()).unwrap();
        assert!((own - r).abs() < 1e-8, "{pair}: expected {r}, found {own}");
    }
    agree_on_structure(&part, &found, 1e-8);
}

#[test]
fn the_embedded_second_order_approach_agrees() {
    let structure =
        "Offer ~ Expectation\nSatisfaction ~ Expectation + Offer\nLoyalty ~ Satisfaction\nOffer <~ Quality + Value\n";
    let part = expected("embedded");
    let found = fit(structure, "csi.csv", &["--mode-a", "all", "--second-order", "embedded"]);
    agree("weights", &part["weights"], &found["weights"]["Offer"], 1e-9);
    agree_on_structure(&part, &found, 1e-9);
}

#[test]
fn sum_scores_and_given_weights_agree() {
    let (part, found) = (expected("sum"), fit(STRUCTURE, "csi.csv", &["--outer-weights", "sum"]));
    agree_on_structure(&part, &found, 1e-9);
    for (construct, index) in part["index"].as_object().unwrap() {
        agree(construct, index, &found["index"][construct]["score"], 1e-9);
    }
    // The weights of one fit, given to another, are that fit.
    let plain = fit(STRUCTURE, "csi.csv", &["--mode-a", "all"]);
    let weights = tempfile::NamedTempFile::new().unwrap();
    let lines: String = plain["unstandardised_weights"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|block| block.as_object().unwrap())
        .map(|(indicator, weight)| format!("{indicator},{weight}\n"))
        .collect();
    fs::write(weights.path(), format!("indicator,weight\n{lines}")).unwrap();
    let given = fit(STRUCTURE, "csi.csv", &["--outer-weights", weights.path().to_str().unwrap()]);
    agree("weights", &plain["weights"], &given["weights"], 1e-12);
    agree("paths", &nested(&plain["paths"], "estimate"), &nested(&given["paths"], "estimate"), 1e-12);
}

#[test]
fn prediction_of_every_row_from_all_others_agrees() {
    let part = expected("prediction");
    let found = fit(STRUCTURE, "csi.csv", &["--mode-a", "all", "--predict", "--folds", "400", "--repetitions", "1"]);
    agree("indicators", &part["indicators"], &found["prediction"]["indicators"], 1e-9);
    agree("overall", &part["overall"], &found["prediction"]["overall"], 1e-9);
}
