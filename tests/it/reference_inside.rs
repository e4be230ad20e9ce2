//! The reference quantities that no command prints, through the library: inner weights, implied construct
//! correlations, uncorrected figures, and the fit of composites taken for factors.

use std::fs;
use std::path::{Path, PathBuf};

use nalgebra::DMatrix;
use serde_json::Value;
use soundings::csi::data::Indicators;
use soundings::csi::fit::{Fit, FitOptions, fit};
use soundings::csi::implied::{Structure, distances, implied_constructs};
use soundings::csi::model::{ConstructType, ModeA, PathModel};
use soundings::csi::moments::Moments;
use soundings::csi::syntax::parse;
use soundings::csi::weights::{InnerScheme, construct_correlations, inner_weights};

use super::harness::{fixture, real_data};
use super::reference::{compare, model_files, named};

fn read(file: &str, columns: &[String]) -> Indicators {
    let mut reader = csv::Reader::from_path(file).unwrap();
    let header = reader.headers().unwrap().clone();
    let positions: Vec<usize> = columns.iter().map(|c| header.iter().position(|h| h == c).unwrap()).collect();
    let mut values = vec![Vec::new(); columns.len()];
    for record in reader.records() {
        let record = record.unwrap();
        for (column, &position) in values.iter_mut().zip(&positions) {
            column.push(record[position].parse::<f64>().ok());
        }
    }
    Indicators::from_columns(columns.to_vec(), &values).unwrap()
}

/// q x q as `{row: {column: value}}`.
fn by_name(model: &PathModel, matrix: &DMatrix<f64>) -> Value {
    let name = |k: usize| model.constructs[k].name.clone();
    let row = |k: usize| -> serde_json::Map<String, Value> {
        (0..matrix.ncols()).map(|l| (name(l), matrix[(k, l)].into())).collect()
    };
    (0..matrix.nrows()).map(|k| (name(k), row(k).into())).collect::<serde_json::Map<_, _>>().into()
}

fn distance(fit: &Fit, model: &PathModel, structure: Structure) -> Value {
    let d = distances(fit, model, structure);
    serde_json::json!({"SRMR": d.srmr, "dULS": d.d_uls, "dG": d.d_g})
}

/// Compares one reference file; returns how many quantities it had.
fn check(folder: &Path, file: &Path) -> usize {
    let reference: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let meta = &reference["meta"];
    let spec = parse(&fs::read_to_string(named(folder, &meta["model_file"])).unwrap()).unwrap();
    let mode_a = meta["modes"].as_object().unwrap().iter().filter(|(_, m)| *m == "A").map(|(c, _)| c.clone()).collect();
    let mut model = PathModel::from_spec(&spec, &ModeA::Named(mode_a)).unwrap();
    let data = read(&named(folder, &meta["dataset"]), &model.indicators);
    let inner = match meta["inner_scheme"].as_str().unwrap() {
        "path" => InnerScheme::Path,
        "factorial" => InnerScheme::Factorial,
        _ => InnerScheme::Centroid,
    };
    let consistent = meta["construct_type"].as_object().unwrap().values().any(|t| t == "factor");
    let options = FitOptions { inner, tolerance: 1e-13, max_iterations: 1000, consistent, ..FitOptions::default() };
    let found = fit(&Moments::of(&data), &model, &options).unwrap();
    let composites = construct_correlations(&found.cross_loadings, &model, &found.weights);
    let inner = inner_weights(&composites, &model, inner).unwrap();
    let own = |c: usize, j: usize| (model.indicators[j].clone(), Value::from(found.cross_loadings[(j, c)]));
    let block = |c: usize| model.constructs[c].block.clone().map(|j| own(c, j)).collect::<serde_json::Map<_, _>>();
    let uncorrected = (0..model.constructs.len()).map(|c| (model.constructs[c].name.clone(), block(c).into()));
    let uncorrected: Value = uncorrected.collect::<serde_json::Map<_, _>>().into();
    let mut quantities = vec![
        ("inner_weights", by_name(&model, &inner)),
        ("construct_correlations_implied", by_name(&model, &implied_constructs(&found, &model, Structure::Estimated))),
        ("composite_correlations", by_name(&model, &composites)),
        ("composite_loadings", uncorrected),
    ];
    for construct in &mut model.constructs {
        construct.kind = ConstructType::Factor;
    }
    let both = serde_json::json!({"estimated": distance(&found, &model, Structure::Estimated), "saturated": distance(&found, &model, Structure::Saturated)});
    quantities.push(("fit_if_blocks_treated_as_reflective", both));
    let (mut differences, mut compared) = (Vec::new(), 0);
    for (name, value) in quantities {
        let mut expected = reference["quantities"][name]["value"].clone();
        if expected.is_null() {
            continue;
        }
        for part in ["estimated", "saturated"] {
            if let Some(object) = expected[part].as_object_mut() {
                object.remove("dG_log10");
            }
        }
        compare(name, &expected, &value, &mut differences);
        compared += 1;
    }
    assert!(differences.is_empty(), "{}:\n{}", file.display(), differences.join("\n"));
    compared
}

#[test]
fn what_no_command_prints_agrees_too() {
    let folder = PathBuf::from(fixture("reference"));
    for file in model_files(&folder.join("expected")) {
        assert!(check(&folder, &file) >= 2, "{}", file.display());
    }
    if let Some(folder) = real_data() {
        for file in model_files(&folder.join("expected")) {
            assert!(check(&folder, &file) >= 2, "{}", file.display());
        }
    }
}
