//! Every reference file is a test: what `soundings fit` prints against what the reference programs give.
//!
//! `tests/fixtures/reference/SOURCE.md` says where the numbers come from and defines each.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::harness::{fixture, real_data, run};

/// Largest difference that is let through where iterations run until nothing moves any more.
const TOLERANCE: f64 = 1e-9;

/// The file that a reference names, without what it says about it (`csi_missing.csv after mean replacement`).
pub fn named(folder: &Path, name: &Value) -> String {
    let name = name.as_str().unwrap().split(' ').next().unwrap();
    folder.join(name.strip_prefix("real/").unwrap_or(name)).display().to_string()
}

/// Runs the program as a reference file's `meta` says.
fn fit(folder: &Path, meta: &Value, more: &[&str]) -> Value {
    let (model, data) = (named(folder, &meta["model_file"]), named(folder, &meta["dataset"]));
    let modes = meta["modes"].as_object().unwrap();
    let mode_a: Vec<&str> = modes.iter().filter(|(_, mode)| *mode == "A").map(|(name, _)| name.as_str()).collect();
    let scheme = meta["inner_scheme"].as_str().unwrap();
    let mut arguments = vec!["fit", "--model", &model, "--data", &data, "--inner", scheme, "--format", "json"];
    let names = mode_a.join(",");
    if !names.is_empty() {
        arguments.extend(["--mode-a", &names]);
    }
    arguments.extend(["--max-iterations", "1000"]);
    if !more.contains(&"--tolerance") {
        arguments.extend(["--tolerance", "1e-13"]);
    }
    if !more.contains(&"--bootstrap") {
        arguments.extend(["--bootstrap", "0"]);
    }
    arguments.extend(more);
    serde_json::from_str(&run(&arguments)).unwrap()
}

/// Compares two nested objects by name; numbers within the tolerance, `null` with absence or `null`.
pub fn compare(place: &str, expected: &Value, found: &Value, differences: &mut Vec<String>) {
    match (expected, found) {
        (Value::Object(expected), found) => {
            for (name, value) in expected {
                compare(&format!("{place}.{name}"), value, &found[name], differences);
            }
        }
        (Value::Number(expected), Value::Number(found)) => {
            let (expected, found) = (expected.as_f64().unwrap(), found.as_f64().unwrap());
            let difference = (expected - found).abs() / expected.abs().max(1.0);
            if difference.is_nan() || difference > TOLERANCE {
                differences.push(format!("{place}: expected {expected}, found {found}"));
            }
        }
        (Value::Null, Value::Null) => {}
        (expected, found) => differences.push(format!("{place}: expected {expected}, found {found}")),
    }
}

/// The list of paths or effects as `[to][from]`.
pub fn nested(list: &Value, field: &str) -> Value {
    let mut out = serde_json::json!({});
    for entry in list.as_array().unwrap() {
        out[entry["to"].as_str().unwrap()][entry["from"].as_str().unwrap()] = entry[field].clone();
    }
    out
}

/// `[b][a]` of `[a][b]`.
fn transposed(nested: &Value) -> Value {
    let mut out = serde_json::json!({});
    for (a, row) in nested.as_object().unwrap() {
        for (b, value) in row.as_object().unwrap() {
            out[b][a] = value.clone();
        }
    }
    out
}

/// One figure of every construct's reliability.
fn reliability(found: &Value, figure: &str) -> Value {
    let figures = found["reliability"].as_object().unwrap();
    figures
        .iter()
        .map(|(construct, r)| (construct.clone(), r[figure].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// What the program prints, under the names of the reference files.
fn quantities(found: &Value) -> Vec<(&'static str, Value)> {
    let distances = |structure: &str| {
        let d = &found["fit"][structure];
        serde_json::json!({"SRMR": d["srmr"], "dULS": d["d_uls"], "dG": d["d_g"]})
    };
    let indirect = |value: &Value| {
        let list = value.as_array().unwrap().iter().filter(|e| e["indirect"] != 0.0).cloned().collect::<Vec<_>>();
        nested(&list.into(), "indirect")
    };
    vec![
        ("outer_weights", found["weights"].clone()),
        ("loadings", found["loadings"].clone()),
        ("cross_loadings", transposed(&found["cross_loadings"])),
        ("path_coefficients", nested(&found["paths"], "estimate")),
        ("R2", found["r2"].clone()),
        ("R2_adjusted", found["adj_r2"].clone()),
        ("total_effects", nested(&found["effects"], "total")),
        ("indirect_effects", indirect(&found["effects"])),
        ("f2", found["f2"].clone()),
        ("vif_inner", found["vif"]["inner"].clone()),
        ("vif_outer", found["vif"]["outer"].clone()),
        ("construct_correlations", found["construct_correlations"].clone()),
        ("cronbach_alpha", reliability(found, "alpha")),
        ("rho_A", reliability(found, "rho_a")),
        ("rho_C", reliability(found, "rho_c")),
        ("AVE", reliability(found, "ave")),
        ("fornell_larcker", found["fornell_larcker"].clone()),
        ("HTMT", found["htmt"].clone()),
        ("HTMT_plus", found["htmt_plus"].clone()),
        ("HTMT2", found["htmt2"].clone()),
        ("fit_saturated", distances("saturated")),
        ("fit_estimated", distances("estimated")),
        ("GoF", found["gof"].clone()),
    ]
}

/// Checks one reference file of a model; returns how many quantities were compared.
fn check_model(folder: &Path, file: &Path) -> usize {
    let text = fs::read_to_string(file).unwrap();
    let reference: Value = serde_json::from_str(&text).unwrap();
    let scores = tempfile::NamedTempFile::new().unwrap();
    let mut more = vec!["--scores", scores.path().to_str().unwrap()];
    if reference["meta"]["construct_type"].as_object().unwrap().values().any(|t| t == "factor") {
        more.push("--consistent");
    }
    let found = fit(folder, &reference["meta"], &more);
    let (mut differences, mut compared) = (Vec::new(), 0);
    for (name, value) in quantities(&found) {
        let mut expected = reference["quantities"][name]["value"].clone();
        if expected.is_null() {
            // Real data have no HTMT2: some of their correlations are negative.
            assert_eq!(name, "HTMT2", "{}: no {name}", file.display());
            continue;
        }
        if let Some(object) = expected.as_object_mut() {
            // The same distance with the decimal logarithm.
            object.remove("dG_log10");
        }
        compare(name, &expected, &value, &mut differences);
        compared += 1;
    }
    let rows = &reference["quantities"]["scores_first10"]["value"];
    compare("scores", rows, &first_scores(scores.path()), &mut differences);
    assert!(differences.is_empty(), "{}:\n{}", file.display(), differences.join("\n"));
    assert_eq!(found["n"], reference["meta"]["n"]);
    compared
}

/// `{row1: {construct: standardised score}}` of the first ten rows of a scores file.
fn first_scores(file: &Path) -> Value {
    let mut reader = csv::Reader::from_path(file).unwrap();
    let names = reader.headers().unwrap().clone();
    let mut out = serde_json::json!({});
    for (i, record) in reader.records().take(10).enumerate() {
        for (name, cell) in names.iter().zip(&record.unwrap()).skip(1) {
            out[format!("row{}", i + 1)][name] = cell.parse::<f64>().unwrap().into();
        }
    }
    out
}

/// The reference files of one fitted model each.
pub fn model_files(folder: &Path) -> Vec<PathBuf> {
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|f| ["_path.json", "_factorial.json", "_centroid.json"].iter().any(|end| name(f).ends_with(end)));
    files.sort();
    files
}

#[test]
fn models_agree_with_the_reference_programs() {
    let folder = PathBuf::from(fixture("reference"));
    let files = model_files(&folder.join("expected"));
    assert_eq!(files.len(), 16, "{files:?}");
    for file in files {
        assert_eq!(check_model(&folder, &file), 23, "{}", file.display());
    }
}

#[test]
fn real_data_agree_with_the_reference_programs() {
    let Some(folder) = real_data() else { return };
    let files = model_files(&folder.join("expected"));
    assert_eq!(files.len(), 4, "{files:?}");
    for file in files {
        assert!(check_model(&folder, &file) >= 22, "{}", file.display());
    }
    check_index(&folder, &folder.join("expected/mobi_index_ipma.json"), "mobi.csv", "mobi_modeA.lav", true);
}

fn check_index(folder: &Path, file: &Path, data: &str, model: &str, all_a: bool) {
    let reference: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let path = |name: &str| folder.join(name).display().to_string();
    let (data, model) = (path(data), path(model));
    let mut arguments = vec!["fit", "--model", &model, "--data", &data, "--scale", "1:10", "--format", "json"];
    arguments.extend(["--tolerance", "1e-13", "--bootstrap", "0"]);
    if all_a {
        arguments.extend(["--mode-a", "all"]);
    }
    let found: Value = serde_json::from_str(&run(&arguments)).unwrap();
    let expected = &reference["quantities"]["index_0_100"]["value"];
    let mut differences = Vec::new();
    for (construct, score) in expected.as_object().unwrap() {
        compare(construct, score, &found["index"][construct]["score"], &mut differences);
    }
    assert!(differences.is_empty(), "{}:\n{}", file.display(), differences.join("\n"));
    assert_eq!(found["settings"]["scale_source"], "given");
}

#[test]
fn the_index_agrees() {
    let folder = PathBuf::from(fixture("reference"));
    check_index(&folder, &folder.join("expected/csi_index_ipma.json"), "csi.csv", "models/csi_modeA.lav", true);
}

#[test]
fn listwise_deletion_agrees() {
    let folder = PathBuf::from(fixture("reference"));
    let text = fs::read_to_string(folder.join("expected/csi_missing_treatments.json")).unwrap();
    let expected = &serde_json::from_str::<Value>(&text).unwrap()["listwise"];
    let meta = serde_json::json!({"model_file": "models/csi_modeA.lav", "dataset": "csi_missing.csv", "inner_scheme": "path",
        "modes": {"Expectation": "A", "Quality": "A", "Value": "A", "Satisfaction": "A", "Loyalty": "A"}});
    let found = fit(&folder, &meta, &["--missing", "listwise"]);
    let mut differences = Vec::new();
    compare("paths", &expected["paths"]["value"], &nested(&found["paths"], "estimate"), &mut differences);
    compare("R2", &expected["R2"], &found["r2"], &mut differences);
    compare("weights", &expected["weights"], &found["weights"], &mut differences);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert_eq!((&found["n"], &found["missing"]["rows_read"]), (&expected["n"], &serde_json::json!(400)));
}

#[test]
fn pairwise_correlations_agree() {
    let folder = PathBuf::from(fixture("reference"));
    let text = fs::read_to_string(folder.join("expected/csi_missing_treatments.json")).unwrap();
    let expected = &serde_json::from_str::<Value>(&text).unwrap()["pairwise_correlation"];
    let found = fit(&folder, &csi_mode_a("csi_missing.csv"), &["--missing", "pairwise"]);
    let mut differences = Vec::new();
    compare("paths", &expected["paths"], &nested(&found["paths"], "estimate"), &mut differences);
    compare("R2", &expected["R2"], &found["r2"], &mut differences);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// The `meta` of the composite model of csi.csv, on another data file.
fn csi_mode_a(data: &str) -> Value {
    serde_json::json!({"model_file": "models/csi_modeA.lav", "dataset": data, "inner_scheme": "path",
        "modes": {"Expectation": "A", "Quality": "A", "Value": "A", "Satisfaction": "A", "Loyalty": "A"}})
}

#[test]
fn missing_answers_are_counted_and_means_replaced() {
    let folder = PathBuf::from(fixture("reference"));
    let text = fs::read_to_string(folder.join("expected/csi_missing_treatments.json")).unwrap();
    let reference = serde_json::from_str::<Value>(&text).unwrap();
    let found = fit(&folder, &csi_mode_a("csi_missing.csv"), &["--scale", "1:10"]);
    let expected = &reference["mean_replacement"];
    let mut differences = Vec::new();
    compare("paths", &expected["paths"], &nested(&found["paths"], "estimate"), &mut differences);
    compare("missing", &reference["meta"]["missing_per_item"], &found["missing"]["per_indicator"], &mut differences);
    for (construct, index) in expected["index_0_100"].as_object().unwrap() {
        compare(construct, index, &found["index"][construct]["score"], &mut differences);
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    let warnings = found["warnings"].as_array().unwrap();
    assert!(warnings.contains(&"`e3` is missing in 7.0 % of the rows".into()), "{warnings:?}");
}

#[test]
fn importance_and_performance_agree() {
    let folder = PathBuf::from(fixture("reference"));
    let text = fs::read_to_string(folder.join("expected/csi_index_ipma.json")).unwrap();
    let quantities = &serde_json::from_str::<Value>(&text).unwrap()["quantities"];
    let reference = &quantities["ipma"];
    let scores = tempfile::NamedTempFile::new().unwrap();
    let scores_path = scores.path().to_str().unwrap();
    let by = ["--by", "property", "--by", "purpose", "--scores", scores_path];
    let found = fit(&folder, &csi_mode_a("csi.csv"), &[&["--scale", "1:10"], &by[..]].concat());
    let mut differences = Vec::new();
    for (target, sources) in reference["importance_construct"]["value"].as_object().unwrap() {
        for (source, importance) in sources.as_object().unwrap() {
            let entry = &found["ipma"][target][source];
            compare(&format!("{target}.{source}"), importance, &entry["importance"], &mut differences);
            compare(source, &reference["performance"][source], &entry["performance"], &mut differences);
        }
    }
    for (target, indicators) in reference["importance_indicator"]["value"].as_object().unwrap() {
        for (indicator, importance) in indicators.as_object().unwrap() {
            let entry = &found["ipma_indicators"][target][indicator];
            compare(&format!("{target}.{indicator}"), importance, &entry["importance"], &mut differences);
            compare(indicator, &reference["performance_indicator"][indicator], &entry["performance"], &mut differences);
        }
    }
    let direct = nested(&found["paths"], "unstandardised");
    compare("direct", &reference["direct_unstandardised"]["value"], &direct, &mut differences);
    compare("score_sds", &quantities["index_score_sd"]["value"], &found["score_sds"], &mut differences);
    let weights = &quantities["unstandardised_weights"]["value"];
    compare("weights", weights, &found["unstandardised_weights"], &mut differences);
    for (item, mean) in quantities["item_mean"]["value"].as_object().unwrap() {
        compare(item, mean, &found["descriptives"][item]["mean"], &mut differences);
        compare(item, &quantities["item_sd"]["value"][item], &found["descriptives"][item]["sd"], &mut differences);
    }
    for (column, groups) in quantities["index_by_group_pooled_weights"].as_object().unwrap() {
        for (label, figures) in groups.as_object().unwrap() {
            let group = &found["groups"][column][label];
            for (name, figure) in figures.as_object().unwrap() {
                let own = if name == "n" { &group["n"] } else { &group["index"][name]["score"] };
                compare(&format!("{column}.{label}.{name}"), figure, own, &mut differences);
            }
        }
    }
    let rows = first_scores(scores.path());
    for (row, constructs) in quantities["index_scores_first10"]["value"].as_object().unwrap() {
        for (construct, score) in constructs.as_object().unwrap() {
            compare(&format!("{row}.{construct}"), score, &rows[row][format!("{construct}_index")], &mut differences);
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn second_order_constructs_agree() {
    let folder = PathBuf::from(fixture("reference"));
    let text = fs::read_to_string(folder.join("expected/csi_second_order.json")).unwrap();
    let reference = serde_json::from_str::<Value>(&text).unwrap();
    let first_order = ["Expectation", "Quality", "Value", "Satisfaction", "Loyalty"];
    for (variant, mode) in [("disjoint_two_stage_modeB", "B"), ("disjoint_two_stage_modeA", "A")] {
        let expected = &reference["quantities"][variant];
        let mut modes: serde_json::Map<String, Value> =
            first_order.iter().map(|c| ((*c).to_owned(), "A".into())).collect();
        modes.insert("Offer".into(), mode.into());
        let meta = serde_json::json!({"model_file": "models/csi_second_order.lav", "dataset": "csi.csv", "inner_scheme": "path", "modes": modes});
        let found = fit(&folder, &meta, &["--scale", "1:10"]);
        let mut differences = Vec::new();
        compare("stage 1", &expected["stage1_weights"]["value"], &found["first_stage"]["weights"], &mut differences);
        compare(
            "weights",
            &expected["stage2_weights_of_second_order"]["value"],
            &found["weights"]["Offer"],
            &mut differences,
        );
        compare(
            "loadings",
            &expected["stage2_loadings_of_second_order"]["value"],
            &found["loadings"]["Offer"],
            &mut differences,
        );
        compare("paths", &expected["paths"]["value"], &nested(&found["paths"], "estimate"), &mut differences);
        compare("R2", &expected["R2"]["value"], &found["r2"], &mut differences);
        assert!(differences.is_empty(), "{variant}:\n{}", differences.join("\n"));
        let index = found["index"]["Offer"]["score"].as_f64().unwrap();
        assert!((60.0..80.0).contains(&index), "between those of its dimensions: {index}");
    }
}

#[test]
fn passes_are_counted_as_the_notes_say() {
    let folder = PathBuf::from(fixture("reference"));
    for file in model_files(&folder.join("expected")) {
        let reference: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let counts = &reference["iterations"]["own_max_abs_change_of_standardised_weights"];
        for (key, tolerance) in [("tol_1e_5", "1e-5"), ("tol_1e_7", "1e-7"), ("tol_1e_10", "1e-10")] {
            let Some(expected) = counts[key].as_u64() else { panic!("{}: no {key}", file.display()) };
            let found = fit(&folder, &reference["meta"], &["--tolerance", tolerance]);
            assert_eq!(found["iterations"], expected, "{} at {tolerance}", file.display());
        }
    }
}

#[test]
fn standard_errors_and_intervals_agree_within_their_monte_carlo_error() {
    let folder = PathBuf::from(fixture("reference"));
    let text = fs::read_to_string(folder.join("expected/csi_bootstrap.json")).unwrap();
    let expected = &serde_json::from_str::<Value>(&text).unwrap()["own"];
    let meta = serde_json::json!({"model_file": "models/csi_modeA.lav", "dataset": "csi.csv", "inner_scheme": "path",
        "modes": {"Expectation": "A", "Quality": "A", "Value": "A", "Satisfaction": "A", "Loyalty": "A"}});
    let found = fit(&folder, &meta, &["--bootstrap", "5000", "--seed", "7", "--scale", "1:10"]);
    assert_eq!(found["bootstrap"]["used"], 5000);
    let mut compared = 0;
    let mut check = |expected: &Value, found: &Value, what: &str| {
        let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{what}: {value}"));
        let ratio = number(&found["se"]) / number(&expected["se"]);
        assert!((ratio - 1.0).abs() < 0.055, "{what}: standard errors differ by {ratio}");
        let allowed = |key: &str| {
            4.0 * std::f64::consts::SQRT_2 * expected[key].as_f64().unwrap_or(number(&expected["mc_se_of_q025"])) + 1e-6
        };
        for (i, bound) in ["q025", "q975"].into_iter().enumerate() {
            let difference = (number(&found["ci"][i]) - number(&expected[bound])).abs();
            assert!(difference < allowed(&format!("mc_se_of_{bound}")), "{what}: {bound} differs by {difference}");
        }
        compared += 1;
    };
    for path in found["paths"].as_array().unwrap() {
        let name = format!("{} ~ {}", path["to"].as_str().unwrap(), path["from"].as_str().unwrap());
        check(&expected["path"][&name], path, &name);
    }
    for effect in found["effects"].as_array().unwrap() {
        let name = format!("{} ~ {}", effect["to"].as_str().unwrap(), effect["from"].as_str().unwrap());
        check(&expected["total"][&name], effect, &name);
    }
    for (name, index) in found["index"].as_object().unwrap() {
        check(&expected["index"][name], index, name);
    }
    assert_eq!(compared, 7 + 10 + 5);
}

/// A group comparison of csi.csv by purpose, business guests first.
fn by_purpose(more: &[&str]) -> Value {
    let folder = PathBuf::from(fixture("reference"));
    fit(&folder, &csi_mode_a("csi.csv"), &[&["--compare", "purpose", "--seed", "5"], more].concat())
}

#[test]
fn invariance_of_groups_agrees() {
    let text = fs::read_to_string(fixture("reference/expected/csi_micom_purpose.json")).unwrap();
    let reference = &serde_json::from_str::<Value>(&text).unwrap()["quantities"];
    let found = by_purpose(&["--permutations", "2000"]);
    let pair = &found["comparison"]["pairs"][0];
    assert_eq!((&pair["first"], &pair["second"]), (&"business".into(), &"leisure".into()));
    assert_eq!(pair["permutations_used"], 2000);
    let (mut differences, mut compared) = (Vec::new(), 0);
    for (construct, own) in pair["micom"].as_object().unwrap() {
        for (key, name) in [
            ("c", "step2_c"),
            ("mean_difference", "step3_mean_difference"),
            ("log_variance_ratio", "step3_log_variance_ratio"),
        ] {
            compare(construct, &reference[name]["value"][construct], &own[key], &mut differences);
            compared += 1;
        }
        let (step2, step3) = (&reference["step2_permutation"], &reference["step3_permutation"]);
        for (key, expected) in [
            ("p_compositional", &step2["p_value"][construct]),
            ("p_mean", &step3["p_mean"][construct]),
            ("p_variance", &step3["p_logvar"][construct]),
        ] {
            // Both are Monte-Carlo of 2,000; ours counts the data too.
            let (p, own) = (expected.as_f64().unwrap(), own[key].as_f64().unwrap());
            let allowed = 4.0 * (2.0 * p.max(0.001) * (1.0 - p) / 2000.0).sqrt() + 1.0 / 2000.0;
            assert!((p - own).abs() < allowed, "{construct} {key}: {own}, expected {p}");
            compared += 1;
        }
        let quantile = step2["quantile_05"][construct].as_f64().unwrap();
        assert!((own["c_quantile_05"].as_f64().unwrap() - quantile).abs() < 0.15 * (1.0 - quantile), "{construct}");
        let verdict = if own["p_mean"].as_f64() < Some(0.05) || own["p_variance"].as_f64() < Some(0.05) {
            "partial"
        } else {
            "full"
        };
        assert_eq!(own["invariance"], verdict, "{construct}");
        assert_eq!(pair["index_difference"][construct]["comparable"], true);
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert_eq!(compared, 30);
}

#[test]
fn path_differences_between_groups_agree() {
    let text = fs::read_to_string(fixture("reference/expected/csi_mga_purpose.json")).unwrap();
    let reference = &serde_json::from_str::<Value>(&text).unwrap()["quantities"];
    let found = by_purpose(&["--permutations", "2000", "--bootstrap", "5000"]);
    let pair = &found["comparison"]["pairs"][0];
    let mut compared = 0;
    for path in pair["paths"].as_array().unwrap() {
        let (to, from) = (path["to"].as_str().unwrap(), path["from"].as_str().unwrap());
        let name = format!("{to} ~ {from}");
        let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{name}: {value}"));
        for (own, key) in [("first", "paths_group1"), ("second", "paths_group2")] {
            assert!((number(&path[own]) - number(&reference[key]["value"][to][from])).abs() < TOLERANCE, "{name}");
        }
        let expected = &reference["tests_from_bootstrap"][&name];
        for (own, key) in [("first_se", "se1"), ("second_se", "se2")] {
            assert!((number(&path[own]) / number(&expected[key]) - 1.0).abs() < 0.055, "{name} {key}");
        }
        for (test, t) in [("parametric", "parametric_t"), ("welch", "welch_t")] {
            assert!((number(&path[test]["t"]) / number(&expected[t]) - 1.0).abs() < 0.055, "{name} {t}");
        }
        for (own, key) in [
            (&path["parametric"]["p"], "parametric_p_two_sided"),
            (&path["welch"]["p"], "welch_p_two_sided"),
            (&path["henseler_p"], "henseler_p_seminr"),
        ] {
            assert!((number(own) - number(&expected[key])).abs() < 0.02, "{name} {key}");
        }
        let p = number(&reference["permutation_test"]["p_two_sided"][&name]);
        let allowed = 4.0 * (2.0 * p.max(0.001) * (1.0 - p) / 2000.0).sqrt() + 1.0 / 2000.0;
        assert!((number(&path["permutation_p"]) - p).abs() < allowed, "{name}");
        assert!(number(&path["holm_p"]) >= number(&path["benjamini_hochberg_p"]));
        compared += 1;
    }
    assert_eq!(compared, 7);
    // Built into the data: only the path of value differs.
    let significant = pair["paths"].as_array().unwrap().iter().filter(|p| p["holm_p"].as_f64().unwrap() < 0.05);
    assert_eq!(significant.map(|p| p["from"].as_str().unwrap()).collect::<Vec<_>>(), ["Value"]);
}
