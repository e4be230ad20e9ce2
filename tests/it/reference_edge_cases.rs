//! The reference's edge cases: negative chains, reversed items, two constructs, collinear and constant items.
//!
//! Each modifies csi.csv in memory as `csi_edge_cases.json` describes.

use std::fs;

use serde_json::Value;

use super::harness::{fixture, refusal, run};
use super::reference::{compare, nested};

const STRUCTURE: &str = "Quality ~ Expectation\nValue ~ Expectation + Quality\nSatisfaction ~ Expectation + Quality + Value\nLoyalty ~ Satisfaction\n";
const BLOCKS: &str = "Expectation <~ e1 + e2 + e3\nQuality <~ q1 + q2 + q3 + q4 + q5 + q6\nValue <~ v1 + v2 + v3 + v4\nSatisfaction <~ s1 + s2 + s3\nLoyalty <~ l1 + l2 + l3\n";

fn cases() -> Value {
    let text = fs::read_to_string(fixture("reference/expected/csi_edge_cases.json")).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["cases"].clone()
}

/// csi.csv with each cell of the named columns replaced by 11 minus itself.
fn reversed(columns: &[&str]) -> String {
    let text = fs::read_to_string(fixture("reference/csi.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let mut out = header.iter().collect::<Vec<_>>().join(",") + "\n";
    for record in reader.records() {
        let record = record.unwrap();
        let cell = |(name, value): (&str, &str)| {
            if columns.contains(&name) { (11 - value.parse::<i32>().unwrap()).to_string() } else { value.to_owned() }
        };
        out += &(header.iter().zip(&record).map(cell).collect::<Vec<_>>().join(",") + "\n");
    }
    out
}

fn fit(model: &str, data: &str, more: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(path("m.lav"), model).unwrap();
    fs::write(path("d.csv"), data).unwrap();
    let (model, data) = (path("m.lav"), path("d.csv"));
    let own = [
        "fit",
        "--model",
        &model,
        "--data",
        &data,
        "--mode-a",
        "all",
        "--format",
        "json",
        "--bootstrap",
        "0",
        "--tolerance",
        "1e-13",
        "--max-iterations",
        "1000",
    ];
    serde_json::from_str(&run(&[&own[..], more].concat())).unwrap()
}

/// Compares the quantities that a case gives; returns how many there were.
fn check(case: &Value, found: &Value) -> usize {
    let known = [
        ("weights", found["weights"].clone()),
        ("loadings", found["loadings"].clone()),
        ("paths", nested(&found["paths"], "estimate")),
        ("total_effects", nested(&found["effects"], "total")),
        ("HTMT", found["htmt"].clone()),
        ("HTMT_plus", found["htmt_plus"].clone()),
        ("alpha_Satisfaction", found["reliability"]["Satisfaction"]["alpha"].clone()),
        ("rho_C_Satisfaction", found["reliability"]["Satisfaction"]["rho_c"].clone()),
        ("rho_A_Satisfaction", found["reliability"]["Satisfaction"]["rho_a"].clone()),
    ];
    let (mut differences, mut compared) = (Vec::new(), 0);
    for (name, value) in known {
        // Either { value, engines } or the figures themselves.
        let expected = if case[name]["value"].is_null() { &case[name] } else { &case[name]["value"] };
        if !expected.is_null() {
            compare(name, expected, &value, &mut differences);
            compared += 1;
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    compared
}

#[test]
fn negative_and_reversed_items_keep_their_signs() {
    let cases = cases();
    let chain = "Quality ~ Expectation\nSatisfaction ~ Quality\nDisloyalty ~ Satisfaction\nExpectation <~ e1 + e2 + e3\nQuality <~ q1 + q2 + q3 + q4 + q5 + q6\nSatisfaction <~ s1 + s2 + s3\nDisloyalty <~ l1 + l2 + l3\n";
    let full = format!("{STRUCTURE}{BLOCKS}");
    assert_eq!(check(&cases["negative_chain"], &fit(chain, &reversed(&["l1", "l2", "l3"]), &[])), 2);
    let majority = &cases["majority_reversed_block"];
    let turned = reversed(&["s2", "s3"]);
    assert!(check(majority, &fit(&full, &turned, &[])) >= 3);
    let dominant = fit(&full, &turned, &["--sign", "dominant:s1"]);
    assert!(check(&majority["with_dominant_indicator_s1"], &dominant) >= 1);
    assert!(dominant["loadings"]["Satisfaction"]["s1"].as_f64().unwrap() > 0.0);
    let one = fit(&full, &reversed(&["s3"]), &[]);
    assert!(check(&cases["one_reversed_item"], &one) >= 6);
    let warned = one["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .any(|w| w.as_str().unwrap().starts_with("the weight of `s3` is negative"));
    assert!(warned, "{}", one["warnings"]);
}

#[test]
fn two_constructs_and_a_block_keyed_both_ways() {
    let cases = cases();
    let two = "Loyalty ~ Satisfaction\nSatisfaction <~ s1 + s2 + s3\nLoyalty <~ l1 + l2 + l3\n";
    for scheme in ["path", "factorial", "centroid"] {
        assert!(
            check(&cases["two_constructs"][scheme], &fit(two, &reversed(&[]), &["--inner", scheme])) >= 1,
            "{scheme}"
        );
    }
    let keyed = "Satisfaction ~ Value\nValue <~ v1 + v2\nSatisfaction <~ s1 + s2 + s3\n";
    let found = fit(keyed, &reversed(&["v2"]), &[]);
    assert_eq!(check(&cases["two_item_block_opposite_keying"], &found), 2);
    assert_eq!(found["iterations"], cases["two_item_block_opposite_keying"]["iterations_own"]);
}

#[test]
fn constant_and_collinear_items_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(path("m.lav"), format!("{STRUCTURE}{BLOCKS}")).unwrap();
    let cell = |line: &str, column: usize, value: &dyn Fn(&[&str]) -> String| {
        let mut cells: Vec<&str> = line.split(',').collect();
        let replaced = value(&cells);
        cells[column] = &replaced;
        cells.join(",") + "\n"
    };
    let plain = reversed(&[]);
    let (header, rows) = plain.split_once('\n').unwrap();
    let position = |name: &str| header.split(',').position(|h| h == name).unwrap();
    let constant: String = rows.lines().map(|l| cell(l, position("q3"), &|_| "7".into())).collect();
    fs::write(path("d.csv"), format!("{header}\n{constant}")).unwrap();
    let said = refusal(&["fit", "--model", &path("m.lav"), "--data", &path("d.csv"), "--mode-a", "all"]);
    assert!(said.ends_with("indicator `q3` has the same value in every row"), "{said}");
    let q1 = position("q1");
    let collinear: String = rows.lines().map(|l| cell(l, position("q6"), &|cells| cells[q1].to_owned())).collect();
    fs::write(path("d.csv"), format!("{header}\n{collinear}")).unwrap();
    let said = refusal(&["fit", "--model", &path("m.lav"), "--data", &path("d.csv")]);
    assert!(said.contains("the indicators of `Quality` (q1, q2, q3, q4, q5, q6) are collinear"), "{said}");
}
