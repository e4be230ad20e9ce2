//! A researcher runs `soundings fit` on a file: what is printed, and what is refused and how.

use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use super::harness::{fixture, refusal, run, soundings};

const MODEL: &str = "B ~ A\nA =~ a1 + a2\nB =~ b1 + b2\n";
const DATA: &str = "a1,a2,b1,b2\n1,2,1,3\n2,2,2,2\n3,4,2,4\n4,3,5,4\n5,5,4,5\n2,3,3,1\n";

/// A model and a data file in a folder of their own.
struct Files {
    folder: TempDir,
}

impl Files {
    fn new(model: &str, data: impl AsRef<[u8]>) -> Self {
        let files = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::write(files.path("model.lav"), model).unwrap();
        std::fs::write(files.path("data.csv"), data).unwrap();
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn arguments<'a>(&self, more: &[&'a str]) -> Vec<String> {
        let path = |name| self.path(name).display().to_string();
        let own = ["fit".to_owned(), "--model".into(), path("model.lav"), "--data".into(), path("data.csv")];
        own.into_iter().chain(more.iter().map(|m: &&'a str| (*m).to_owned())).collect()
    }

    fn json(&self, more: &[&str]) -> Value {
        let arguments = self.arguments(&[&["--format", "json"], more].concat());
        serde_json::from_str(&run(&arguments.iter().map(String::as_str).collect::<Vec<_>>())).unwrap()
    }

    /// The refusal, with the folder's name taken out.
    fn refusal(&self, more: &[&str]) -> String {
        let arguments = self.arguments(more);
        let said = refusal(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(said.lines().count(), 1, "{said}");
        said.replace(&format!("{}/", self.folder.path().display()), "")
    }
}

#[test]
fn the_json_has_the_promised_keys() {
    let found = Files::new(MODEL, DATA).json(&["--bootstrap", "50", "--seed", "9"]);
    for key in ["n", "iterations", "converged", "weights", "loadings", "paths", "r2", "effects", "index", "bootstrap"] {
        assert!(!found[key].is_null(), "{key}");
    }
    for key in ["from", "to", "estimate", "se", "ci"] {
        assert!(!found["paths"][0][key].is_null(), "{key}");
    }
    for key in ["from", "to", "direct", "indirect", "total"] {
        assert!(!found["effects"][0][key].is_null(), "{key}");
    }
    for key in ["score", "se", "ci"] {
        assert!(!found["index"]["B"][key].is_null(), "{key}");
    }
    let bootstrap = &found["bootstrap"];
    assert_eq!((&bootstrap["requested"], &bootstrap["seed"]), (&50.into(), &9.into()));
    assert_eq!(bootstrap["used"].as_u64().unwrap() + bootstrap["failed"].as_u64().unwrap(), 50);
    assert_eq!(found["settings"]["scale_source"], "observed");
    assert_eq!(found["weights"]["A"].as_object().unwrap().len(), 2);
}

#[test]
fn the_same_seed_gives_the_same_bytes_whatever_the_threads() {
    let output = |threads: &str| {
        let arguments =
            ["--model", &fixture("reference/models/csi_modeA.lav"), "--data", &fixture("reference/csi.csv")]
                .map(str::to_owned);
        let mut command = soundings();
        command.arg("fit").args(arguments).args(["--mode-a", "all", "--format", "json"]);
        command.env("RAYON_NUM_THREADS", threads).output().unwrap().stdout
    };
    let one = output("1");
    assert!(one.len() > 1000);
    assert_eq!(one, output("2"));
    assert_eq!(one, output("7"));
}

#[test]
fn the_text_is_the_same_as_when_it_was_last_looked_at() {
    let model = fixture("reference/models/csi_modeA.lav");
    let data = fixture("reference/csi_missing.csv");
    let text =
        run(&["fit", "--model", &model, "--data", &data, "--mode-a", "all", "--scale", "1:10", "--bootstrap", "200"]);
    insta::assert_snapshot!("fit_text", text);
}

#[test]
fn refusals_name_what_is_wrong_in_one_line() {
    let data = |text: &str| Files::new(MODEL, text).refusal(&[]);
    let model = |text: &str| Files::new(text, DATA).refusal(&[]);
    let without_b2 = DATA.lines().map(|l| format!("{}\n", l.rsplit_once(',').unwrap().0)).collect::<String>();
    assert_eq!(data(&without_b2), "soundings: data.csv: column `b2` is not in the file; its columns are a1, a2, b1");
    let constant = "a1,a2,b1,b2\n7,1,2,3\n7,2,2,5\n7,4,1,1\n7,3,5,4\n";
    assert_eq!(data(constant), "soundings: data.csv: indicator `a1` has the same value in every row");
    assert_eq!(
        data(&DATA.replace("3,4,2,4", "3,good,2,4")),
        "soundings: data.csv: line 4, column `a2`: `good` is not a number"
    );
    assert_eq!(
        data("a1,a2,b1,b2\n1,2,3,4\n2,1,4,3\n"),
        "soundings: data.csv: too few rows: 2 where at least 3 are needed"
    );
    assert_eq!(data("a1,a2,b1,b2\n"), "soundings: data.csv: too few rows: 0 where at least 3 are needed");
    assert_eq!(
        data(&DATA.replace("3,4,2,4", "3,1e999,2,4")),
        "soundings: data.csv: line 4, column `a2`: `1e999` is not a number"
    );
    assert_eq!(
        data("a1,a2,b1,b2\n1,2,,4\n2,1,,3\n2,2,,4\n1,4,,2\n"),
        "soundings: data.csv: indicator `b1` was never answered"
    );
    assert!(
        model("B ~ A\nA =~ a1 &").starts_with(
            "soundings: model.lav: line 2, column 9: expected a name, an operator or a comment, found `&`"
        )
    );
    assert!(
        model("B ~ A\nA ~ B\nA =~ a1\nB =~ b1")
            .starts_with("soundings: model.lav: the structural model runs in a circle: ")
    );
    let collinear = "a1,a2,b1,b2\n1,1,1,3\n2,2,2,2\n3,3,2,4\n4,4,5,4\n5,5,4,5\n2,2,3,1\n";
    let mode_b = Files::new("B ~ A\nA <~ a1 + a2\nB =~ b1 + b2\n", collinear).refusal(&[]);
    assert!(mode_b.contains("the indicators of `A` (a1, a2) are collinear, so mode B has no solution"), "{mode_b}");
    let outside = Files::new(MODEL, DATA).refusal(&["--scale", "1:4"]);
    assert_eq!(outside, "soundings: --scale 1:4: column `a1` has values from 1 to 5");
}

/// Weighted by column `w`; without the first two, not.
const WEIGHTED: [&str; 6] = ["--weights", "w", "--scale", "1:5", "--bootstrap", "0"];

#[test]
fn integer_weights_equal_repeated_rows() {
    let times = [1, 0, 3, 1, 2, 1];
    let lines: Vec<&str> = DATA.lines().skip(1).collect();
    let weighted = lines.iter().zip(times).map(|(l, w)| format!("{l},{w}\n")).collect::<String>();
    let repeated = lines.iter().zip(times).map(|(l, w)| format!("{l}\n").repeat(w)).collect::<String>();
    let weighted = Files::new(MODEL, format!("a1,a2,b1,b2,w\n{weighted}")).json(&WEIGHTED);
    let repeated = Files::new(MODEL, format!("a1,a2,b1,b2\n{repeated}")).json(&WEIGHTED[2..]);
    for key in ["n", "weights", "loadings", "paths", "r2", "adj_r2", "index", "reliability", "fit", "vif"] {
        assert_eq!(weighted[key], repeated[key], "{key}");
    }
    assert_eq!(weighted["weighting"]["effective_n"], 64.0 / 16.0);
    // The unit of other weights does not matter: shares of 1 and tens of thousands give the same.
    let scaled = |unit: f64| {
        let rows = lines.iter().zip([1.5, 0.5, 3.25, 1.0, 2.0, 0.75]);
        let rows = rows.map(|(l, w)| format!("{l},{}\n", w * unit)).collect::<String>();
        Files::new(MODEL, format!("a1,a2,b1,b2,w\n{rows}")).json(&WEIGHTED)
    };
    let (small, large) = (scaled(1.0 / 1024.0), scaled(65536.5));
    for fit in [&small, &large] {
        assert!((fit["n"].as_f64().unwrap() - 6.0).abs() < 1e-9);
    }
    let adjusted = |fit: &Value| fit["adj_r2"]["B"].as_f64().unwrap();
    assert!((adjusted(&small) - adjusted(&large)).abs() < 1e-9);
    let bad = Files::new(MODEL, DATA).refusal(&["--weights", "b3"]);
    assert!(bad.contains("column `b3` is not in the file"), "{bad}");
    let negative = Files::new(MODEL, "a1,a2,b1,b2,w\n1,2,1,3,1\n2,2,2,2,-1\n").refusal(&["--weights", "w"]);
    assert_eq!(
        negative,
        "soundings: data.csv: column `w`, row 2: -1 cannot be a weight; weights are numbers from 0 on"
    );
}

#[test]
fn raking_meets_the_margins_and_moves_the_index() {
    let folder = tempfile::tempdir().unwrap();
    let margins = folder.path().join("margins.csv");
    std::fs::write(&margins, "variable,category,share\npurpose,leisure,0.8\npurpose,business,0.2\n").unwrap();
    let (model, data) = (fixture("reference/models/csi_modeA.lav"), fixture("reference/csi.csv"));
    let own = [
        "fit",
        "--model",
        &model,
        "--data",
        &data,
        "--mode-a",
        "all",
        "--scale",
        "1:10",
        "--bootstrap",
        "0",
        "--format",
        "json",
    ];
    let fit = |more: &[&str]| -> Value { serde_json::from_str(&run(&[&own[..], more].concat())).unwrap() };
    let raked = fit(&["--rake", margins.to_str().unwrap()]);
    // 218 leisure and 182 business guests: weights 0.8 / 0.545 and 0.2 / 0.455.
    assert_eq!(raked["weighting"]["raked"]["converged"], true);
    assert!((raked["n"].as_f64().unwrap() - 400.0).abs() < 1e-6, "weights have mean 1");
    let (leisure, business) = (0.8 * 400.0 / 218.0, 0.2 * 400.0 / 182.0);
    let effective = 400.0 * 400.0 / (218.0 * leisure * leisure + 182.0 * business * business);
    assert!((raked["weighting"]["effective_n"].as_f64().unwrap() - effective).abs() < 1e-6);
    let score = |fit: &Value| fit["index"]["Satisfaction"]["score"].as_f64().unwrap();
    assert!(score(&raked) > score(&fit(&[])) + 0.3, "leisure guests are more satisfied");
    std::fs::write(&margins, "variable,category,share\npurpose,leisure,1\n").unwrap();
    let said = refusal(&[&own[..], &["--rake", margins.to_str().unwrap()]].concat());
    assert!(said.contains("`business` has no share in"), "{said}");
}

#[test]
fn the_long_table_has_the_figures_of_the_json() {
    let files = Files::new(MODEL, DATA);
    let json = files.json(&["--bootstrap", "20"]);
    let arguments = files.arguments(&["--bootstrap", "20", "--format", "csv"]);
    let text = run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let keys: std::collections::HashSet<_> = rows.iter().map(|r| (&r[0], &r[1], &r[2], &r[4])).collect();
    assert_eq!(keys.len(), rows.len(), "every figure stands once");
    let value = |figure: &str, construct: &str, indicator: &str| -> f64 {
        let row = rows.iter().find(|r| (&r[0], &r[1], &r[2]) == (figure, construct, indicator));
        row.unwrap_or_else(|| panic!("{figure} {construct} {indicator}"))[3].parse().unwrap()
    };
    assert_eq!(value("path", "B", "A"), json["paths"][0]["estimate"]);
    assert_eq!(value("loadings", "A", "a2"), json["loadings"]["A"]["a2"]);
    assert_eq!(value("index", "B", ""), json["index"]["B"]["score"]);
    assert_eq!(value("index_se", "B", ""), json["index"]["B"]["se"]);
    assert_eq!(value("path_high", "B", "A"), json["paths"][0]["ci"][1]);
    assert_eq!(value("importance_low", "B", "A"), json["intervals"]["ipma"]["B"]["A"]["ci"][0]);
    assert_eq!(value("index_bias", "B", ""), json["index"]["B"]["bias"]);
    assert_eq!(value("rho_c", "A", ""), json["reliability"]["A"]["rho_c"]);
    assert_eq!(value("srmr_estimated", "", ""), json["fit"]["estimated"]["srmr"]);
}

/// A cell of a text table: the line that starts with `row`, split at two spaces or more.
fn cells(text: &str, row: &str) -> Vec<String> {
    let line = text.lines().find(|line| line.starts_with(row)).unwrap_or_else(|| panic!("{row} in {text}"));
    line.split("  ").map(|cell| cell.trim().to_owned()).filter(|cell| !cell.is_empty()).collect()
}

#[test]
fn second_order_models_show_how_dimensions_are_measured() {
    let model = "C ~ A\nC =~ B + D\nA =~ a1 + a2\nB =~ b1 + b2\nD =~ d1 + d2\n";
    let row = |i: i32| {
        let noise = |k: i32| (i * k) % 3;
        let cell = |k: i32| 1 + i % 6 + noise(k);
        format!("{},{},{},{},{},{}\n", cell(1), cell(2), cell(5), cell(7), cell(4), cell(8))
    };
    let data = "a1,a2,b1,b2,d1,d2\n".to_owned() + &(0..40).map(row).collect::<String>();
    let files = Files::new(model, &data);
    for approach in ["disjoint", "embedded"] {
        let more = ["--second-order", approach, "--bootstrap", "0"];
        let json = files.json(&more);
        let text = run(&files.arguments(&more).iter().map(String::as_str).collect::<Vec<_>>());
        let first = &json["first_stage"];
        assert!(text.contains("in the second stage,"), "{text}");
        let index: f64 = cells(&text, "B ")[1].parse().unwrap();
        assert!((index - first["index"]["B"].as_f64().unwrap()).abs() < 0.01, "{text}");
        let alpha: f64 = text.split("Reliability").nth(1).map(|part| cells(part, "A ")[1].parse().unwrap()).unwrap();
        assert!(
            alpha < 0.9999 && (alpha - first["reliability"]["A"]["alpha"].as_f64().unwrap()).abs() < 1e-4,
            "{text}"
        );
        let main = &json["reliability"]["A"];
        assert_eq!(main["alpha"].is_null(), approach == "embedded", "{main}");
    }
}

#[test]
fn names_with_spaces_are_quoted() {
    let files = Files::new(
        "\"Room quality\" =~ \"Room clean\" + a2\nB ~ \"Room quality\"\nB =~ b1 + b2\n",
        DATA.replacen("a1", "Room clean", 1),
    );
    assert!(files.json(&["--bootstrap", "0"])["loadings"]["Room quality"]["Room clean"].is_number());
    let refused = |model: &str| Files::new(model, DATA).refusal(&[]);
    assert!(refused("A =~ \"a1\nB ~ A").contains("line 1, column 6: expected a closing `\"`"));
    assert!(refused("A =~ a1\nB ~ A\na1 ~~ a2\nB =~ b1").contains("covariances are not set in PLS, found `~~`"));
    assert!(refused("A =~ a1\nB ~ A\nB =~ b1\nx := a1").contains("effects are given anyway, found `:=`"));
}

#[test]
fn options_that_do_not_go_together_are_refused() {
    let refused = |model: &str, more: &[&str]| Files::new(model, DATA).refusal(more);
    let product = MODEL.replace("B ~ A", "B ~ A + A:A");
    let second = "C ~ A\nC <~ B + D\nA =~ a1 + a2\nB =~ b1\nD =~ b2\n";
    assert_eq!(
        refused(&product, &["--consistent"]),
        "soundings: model.lav: --consistent cannot be combined with products of constructs"
    );
    assert!(refused(&product, &["--ordinal"]).contains("--ordinal cannot be combined with products"));
    assert!(refused(second, &["--consistent"]).contains("--consistent cannot be combined with second-order"));
    assert!(refused(second, &["--outer-weights", "sum"]).contains("--outer-weights cannot be combined with"));
    assert!(refused(MODEL, &["--ordinal", "--missing", "em"]).contains("--ordinal has no means to put in"));
    assert!(refused(MODEL, &["--outer-weights", "none.csv"]).contains("--outer-weights takes pls, sum or a file"));
    assert!(refused(MODEL, &["--by", "region"]).contains("column `region` is not in the file"));
    let files = Files::new(MODEL, DATA);
    let weights = |text: &str| {
        std::fs::write(files.path("w.csv"), format!("indicator,weight\n{text}")).unwrap();
        files.refusal(&["--outer-weights", files.path("w.csv").to_str().unwrap()])
    };
    assert_eq!(weights("a1,1\na2,1\nb1,1\n"), "soundings: w.csv: the indicator `b2` has no weight");
    assert_eq!(weights("a1,1\nx,1\n"), "soundings: w.csv: row 2: `x` is not an indicator of the model");
    assert_eq!(weights("a1,one\n"), "soundings: w.csv: row 1: `one` is not a number");
    assert_eq!(weights("a1,1\na1,1\n"), "soundings: w.csv: row 2: `a1` stands twice");
    assert!(weights("a1,1\na2,-1\nb1,0\nb2,0\n").contains("the outer weights of `B` vanish"));
}

#[test]
fn a_product_without_its_main_effect_is_warned_of() {
    let model = "B ~ A\nC ~ A + A:B\nA =~ a1\nB =~ a2\nC =~ b1 + b2\n";
    let found = Files::new(model, DATA).json(&["--bootstrap", "0"]);
    let warnings = found["warnings"].to_string();
    assert!(warnings.contains("`A:B` explains `C` while `B` alone does not: write `C ~ B` too"), "{warnings}");
    assert_eq!(found["index"].as_object().unwrap().len(), 3, "a product has no index");
}

#[test]
fn the_page_of_a_fit_holds_everything_and_needs_nothing() {
    let model = MODEL.replace("B ~ A", "B ~ A + A:A");
    let files = Files::new(&model, DATA);
    let arguments = files.arguments(&["--format", "html", "--bootstrap", "20"]);
    let page = run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"));
    assert_eq!(page.matches("<svg").count(), 2, "the diagram for wide and for narrow screens");
    for wanted in ["A:A", "Index, 0-100", "Reliability", "Slope", "Bootstrap: 20 resamples"] {
        assert!(page.contains(wanted), "{wanted}");
    }
    for forbidden in ["<script", "<link", "<img", "src=", "@import", "url(http"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn awkward_files_are_read() {
    let plain = Files::new(MODEL, DATA).json(&["--bootstrap", "0"]);
    let semicolons = format!("\u{feff}{}", DATA.replace(',', ";").replace('\n', "\r\n"));
    let shuffled =
        DATA.lines().map(|l| l.split(',').rev().collect::<Vec<_>>().join("\t") + "\ttext\n").collect::<String>();
    for text in [semicolons, shuffled.replacen("text", "remark", 1)] {
        assert_eq!(Files::new(&MODEL.replace('\n', "\r\n"), text).json(&["--bootstrap", "0"])["paths"], plain["paths"]);
    }
}

#[test]
fn resamples_that_cannot_be_fitted_are_counted() {
    // a1 differs in one row only: about a third of the resamples lack it and have a constant indicator.
    let data = "a1,a2,b1,b2\n1,2,1,3\n1,2,2,2\n1,4,2,4\n2,3,5,4\n1,5,4,5\n1,3,3,1\n";
    let found = Files::new(MODEL, data).json(&["--bootstrap", "300"]);
    let failed = found["bootstrap"]["failed"].as_u64().unwrap();
    assert!((50..180).contains(&failed), "{failed}");
    assert!(found["bootstrap"]["failures"]["indicator `a1` has the same value in every row"].as_u64().unwrap() > 50);
    assert!(found["paths"][0]["se"].as_f64().unwrap().is_finite());
}

/// No number in a JSON text is NaN or infinite; the format has neither, so a leak shows as `null` where a figure was.
fn figures_are_finite(found: &Value) {
    for table in ["weights", "loadings", "index"] {
        for (construct, row) in found[table].as_object().unwrap() {
            for (name, value) in row.as_object().unwrap() {
                assert!(
                    value.as_f64().is_some_and(f64::is_finite) || name == "se" || name == "ci",
                    "{table} {construct} {name}: {value}"
                );
            }
        }
    }
}

#[test]
fn hostile_input_is_refused_by_name_or_fitted_but_never_worse() {
    let rows = |f: &dyn Fn(i32) -> [f64; 4], n: i32| {
        let line = |i| f(i).map(|x| x.to_string()).join(",") + "\n";
        "a1,a2,b1,b2\n".to_owned() + &(0..n).map(line).collect::<String>()
    };
    let wave = |i: i32, k: i32| f64::from((i * k * 7919) % 10 + 1);
    let spread = |i: i32| [wave(i, 1), wave(i, 3), wave(i, 7), wave(i, 9)];
    let tables: Vec<(&str, Vec<u8>)> = vec![
        ("duplicate columns", rows(&|i| [wave(i, 1), wave(i, 1), wave(i, 3), wave(i, 3)], 40).into()),
        ("everything the same", rows(&|_| [5.0; 4], 40).into()),
        ("tiny values", rows(&|i| spread(i).map(|x| x * 1e-11), 40).into()),
        ("huge values", rows(&|i| spread(i).map(|x| x * 1e150), 40).into()),
        ("one enormous value", rows(&|i| if i == 3 { [1e15, 1.0, 1.0, 1.0] } else { spread(i) }, 40).into()),
        ("fewer rows than indicators", rows(&spread, 3).into()),
        ("all missing", "a1,a2,b1,b2\n,,,\n,,,\n,,,\n,,,\n".into()),
        ("one answer each", "a1,a2,b1,b2\n1,,,\n,2,,\n,,3,\n,,,4\n".into()),
        ("no lines", "a1,a2,b1,b2".into()),
        ("only a mark", vec![0xef, 0xbb, 0xbf]),
        ("NUL bytes", b"a1,a2,b1,b2\n1,2,\0,4\n".to_vec()),
        ("not UTF-8", b"a1,a2,b1,b2\n1,2,\xff\xfe,4\n".to_vec()),
        ("an open quote", b"a1,a2,b1,b2\n\"1,2,3,4\n1,2,3,4\n".to_vec()),
        ("a row of commas", rows(&spread, 5).replace("\n1,", &format!("\n{}\n1,", ",".repeat(100_000))).into_bytes()),
    ];
    for (what, table) in tables {
        let with_product = MODEL.replace("B ~ A", "B ~ A + A:A");
        let plain = [["--missing", "mean"], ["--missing", "pairwise"], ["--missing", "listwise"], ["--missing", "em"]];
        let other = [["--missing=pairwise", "--ordinal"], ["--outer-weights", "sum"]];
        let on_products = [(&with_product[..], ["--missing", "em"]), (&with_product, ["--missing", "mean"])];
        let ways = plain.into_iter().chain(other).map(|way| (MODEL, way)).chain(on_products);
        for (model, way) in ways {
            let missing = way.join(" ");
            let files = Files::new(model, &table);
            let arguments = files.arguments(&[&["--format", "json", "--bootstrap", "20"], &way[..]].concat());
            let output = soundings().args(&arguments).output().unwrap();
            match output.status.code() {
                Some(0) => figures_are_finite(&serde_json::from_slice(&output.stdout).unwrap()),
                Some(1) => {
                    let said = String::from_utf8(output.stderr).unwrap();
                    assert!(said.lines().count() == 1 && said.len() < 500, "{what}, {missing}: {said}");
                }
                other => panic!("{what}, {missing}: exit {other:?}"),
            }
        }
    }
    let million = format!("B ~ A\nB =~ b1\nA =~ {}a1", "x + ".repeat(250_000));
    for model in
        [&million[..], "A", "~", "A ~ A", "A =~ A", &"(".repeat(10_000), "A =~ a1\nB <~ A\nC <~ B\nB ~ C", "\u{0}"]
    {
        let said = Files::new(model, DATA).refusal(&[]);
        assert!(said.len() < 500, "{} bytes", said.len());
    }
}

#[test]
fn the_index_over_time_ends_at_the_index_and_its_band_is_wider_than_the_interval() {
    let folder = tempfile::tempdir().unwrap();
    let (path, model) = (folder.path().join("s.csv"), fixture("reference/models/csi_modeA.lav"));
    let data = fixture("reference/csi.csv");
    let own = ["fit", "--model", &model, "--data", &data, "--mode-a", "all", "--scale", "1:10", "--format", "json"];
    let found: Value =
        serde_json::from_str(&run(&[&own[..], &["--sequence", path.to_str().unwrap()]].concat())).unwrap();
    let mut reader = csv::Reader::from_path(&path).unwrap();
    let column = reader.headers().unwrap().iter().position(|h| h == "Satisfaction").unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!((rows.len(), &rows[3][column + 1]), (400, ""));
    let last = [0, 1, 2].map(|i| rows[399][column + i].parse::<f64>().unwrap());
    let index = &found["index"]["Satisfaction"];
    assert!((last[0] - index["score"].as_f64().unwrap()).abs() < 1e-9);
    let interval = index["ci"][1].as_f64().unwrap() - index["ci"][0].as_f64().unwrap();
    assert!((1.2..2.0).contains(&((last[2] - last[1]) / interval)));
}
