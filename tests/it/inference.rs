//! What `soundings fit` says of uncertainty: the same for any number of threads, honest where resamples break.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use super::harness::{fixture, soundings};

/// Every method at once.
const EVERYTHING: [&str; 13] = [
    "--bootstrap",
    "100",
    "--jackknife",
    "--test-fit",
    "--predict",
    "--repetitions",
    "2",
    "--folds",
    "4",
    "--compare",
    "g",
    "--permutations",
    "50",
];

/// Exit code, standard output and standard error of a fit.
fn run(model: &str, data: &str, more: &[&str], threads: &str) -> (i32, String, String) {
    let mut command = soundings();
    command.args(["fit", "--model", model, "--data", data, "--format", "json"]).args(more);
    let output = command.env("RAYON_NUM_THREADS", threads).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn every_method_gives_the_same_bytes_on_one_two_and_seven_threads() {
    let (model, data) = (fixture("reference/models/csi_modeA.lav"), fixture("reference/csi.csv"));
    for interval in ["percentile", "bca", "studentised"] {
        let resamples = if interval == "studentised" { "20" } else { "100" };
        let more = [
            "--mode-a",
            "all",
            "--bootstrap",
            resamples,
            "--interval",
            interval,
            "--test-fit",
            "--predict",
            "--repetitions",
            "2",
            "--compare",
            "property",
            "--permutations",
            "40",
            "--by",
            "purpose",
            "--seed",
            "3",
        ];
        let one = run(&model, &data, &more, "1");
        assert_eq!(one.0, 0, "{}", one.2);
        for threads in ["2", "7"] {
            assert_eq!(run(&model, &data, &more, threads).1, one.1, "{interval} on {threads} threads");
        }
    }
}

/// Rows of `a1,a2,b1,b2,b3,g` by a rule.
fn table(rows: usize, cell: impl Fn(usize, usize) -> u32) -> String {
    let line = |i: usize| {
        let cells: Vec<String> = (0..5).map(|j| cell(i, j).to_string()).collect();
        format!("{},{}\n", cells.join(","), ["x", "y"][i % 2])
    };
    "a1,a2,b1,b2,b3,g\n".to_owned() + &(0..rows).map(line).collect::<String>()
}

/// Numbers without a pattern, 0 to `width` - 1.
fn scatter(i: usize, j: usize, width: usize) -> u32 {
    let x = (i * 31 + j * 17 + 11).wrapping_mul(2_654_435_761) >> 7;
    (x % width) as u32
}

#[test]
fn data_built_to_break_resamples_give_an_honest_result_with_every_method() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let usual = |i: usize, j: usize| 1 + i as u32 % 5 + scatter(i, j, 4);
    let tables = [
        ("rare answers", table(40, |i, j| if j == 0 { 1 + u32::from(i % 20 == 0) } else { usual(i, j) })),
        ("near-constant items", table(40, |i, j| if j == 2 { 7 + u32::from(i < 3) } else { usual(i, j) })),
        ("twelve rows", table(12, usual)),
        ("collinear", table(40, |i, j| if j == 1 { usual(i, 0) + u32::from(i == 7) } else { usual(i, j) })),
        ("unreliable", table(40, |i, j| if j == 3 { 12 - usual(i, 2) } else { 1 + scatter(i, j, 9) })),
    ];
    let ways: [(&str, &[&str]); 4] = [
        ("B ~ A\nA =~ a1 + a2\nB =~ b1 + b2 + b3\n", &[]),
        ("B ~ A\nA <~ a1 + a2\nB <~ b1 + b2 + b3\n", &["--interval", "bca"]),
        ("B ~ A\nA =~ a1 + a2\nB =~ b1 + b2 + b3\n", &["--consistent"]),
        ("B ~ A\nA <~ a1 + a2\nB =~ b1 + b2 + b3\n", &["--failed", "redraw", "--strata", "g"]),
    ];
    let (mut fitted, mut broken) = (0, 0);
    for (what, data) in tables {
        fs::write(path("d.csv"), data).unwrap();
        for (model, way) in ways {
            fs::write(path("m.lav"), model).unwrap();
            let mut more = [&EVERYTHING[..], way].concat();
            if way.contains(&"--consistent") {
                more.retain(|flag| !["--predict"].contains(flag));
            }
            let (code, out, said) = run(&path("m.lav"), &path("d.csv"), &more, "2");
            if code != 0 {
                assert!(code == 1 && said.lines().count() == 1 && said.len() < 500, "{what} {way:?}: {said}");
                continue;
            }
            fitted += 1;
            let found: Value = serde_json::from_str(&out).unwrap();
            let b = &found["bootstrap"];
            let count = |key: &str| b[key].as_u64().unwrap();
            assert_eq!(count("used") + count("failed"), 100, "{what}");
            let reasons: u64 = b["failures"].as_object().unwrap().values().map(|v| v.as_u64().unwrap()).sum();
            assert!(reasons >= count("failed"), "{what}: {b}");
            broken += u32::from(count("failed") > 10);
            let warned = found["warnings"].to_string().contains("do not use the intervals");
            assert_eq!(warned, count("failed") > 10, "{what}: {}", found["warnings"]);
            for part in ["exact_fit", "prediction", "comparison"] {
                let asked = part != "prediction" || !way.contains(&"--consistent");
                let reason = found[part]["reason"].as_str();
                assert!(reason.is_none_or(|r| found["warnings"].as_array().unwrap().contains(&r.into())), "{what}");
                assert!(found[part].is_object() == asked, "{what}: {part}");
            }
            for path in found["paths"].as_array().unwrap() {
                let finite = |key: &str| path[key].as_f64().is_some_and(f64::is_finite);
                assert!(finite("estimate") && (finite("se") || count("used") < 2), "{what}: {path}");
            }
        }
    }
    assert!(fitted >= 10 && broken >= 2, "{fitted} fitted, {broken} of them with many broken resamples");
}

#[test]
fn kinds_of_interval_agree_where_nothing_is_skewed_and_clusters_widen_them() {
    let (model, data) = (fixture("reference/models/csi_modeA.lav"), fixture("reference/csi.csv"));
    let index = |more: &[&str]| {
        let own = ["--mode-a", "all", "--scale", "1:10", "--bootstrap", "400", "--seed", "2"];
        let (code, out, said) = run(&model, &data, &[&own[..], more].concat(), "2");
        assert_eq!(code, 0, "{said}");
        serde_json::from_str::<Value>(&out).unwrap()["index"]["Satisfaction"].clone()
    };
    let bounds = |of: &Value| [0, 1].map(|i| of["ci"][i].as_f64().unwrap());
    let percentile = bounds(&index(&[]));
    for kind in ["basic", "normal", "bca", "studentised"] {
        let found = bounds(&index(&["--interval", kind]));
        // The index of 400 guests is nearly normal: the kinds differ by a tenth of their width.
        assert!((0..2).all(|i| (found[i] - percentile[i]).abs() < 0.5), "{kind}: {found:?}, {percentile:?}");
    }
    let se = |of: &Value, key: &str| of[key].as_f64().unwrap();
    let both = index(&["--jackknife"]);
    assert!((se(&both, "jackknife_se") / se(&both, "se") - 1.0).abs() < 0.15, "{both}");
    // Guests of a property are alike: four clusters know less than 400 guests.
    assert!(se(&index(&["--cluster", "property"]), "se") > 1.3 * se(&both, "se"));
    let stratified = se(&index(&["--strata", "property"]), "se") / se(&both, "se");
    assert!((0.85..1.12).contains(&stratified), "{stratified}");
}

#[test]
fn a_simulated_second_logic_is_found_and_the_population_comes_back() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let population = |a: f64, b: f64| {
        format!(
            "C ~ {a}*A + {b}*B\nA =~ 0.95*a1 + 0.95*a2 + 0.95*a3\nB =~ 0.95*b1 + 0.95*b2 + 0.95*b3\nC =~ 0.95*c1 + 0.95*c2 + 0.95*c3\n"
        )
    };
    fs::write(path("one.lav"), population(0.9, 0.0)).unwrap();
    fs::write(path("two.lav"), population(0.0, 0.9)).unwrap();
    fs::write(path("model.lav"), "C ~ A + B\nA =~ a1 + a2 + a3\nB =~ b1 + b2 + b3\nC =~ c1 + c2 + c3\n").unwrap();
    let groups = [format!("one={}", path("one.lav")), format!("two={}", path("two.lav"))];
    let simulate =
        ["simulate", "--group", &groups[0], "--group", &groups[1], "--n", "400", "--mean", "6", "--seed", "4"];
    let data = super::harness::run(&simulate);
    assert_eq!(data, super::harness::run(&simulate), "the same seed gives the same data");
    assert_eq!(data.lines().count(), 801);
    fs::write(path("data.csv"), data).unwrap();
    let fit = |more: &[&str]| -> Value {
        let (code, out, said) =
            run(&path("model.lav"), &path("data.csv"), &[&["--bootstrap", "0"], more].concat(), "2");
        assert_eq!(code, 0, "{said}");
        serde_json::from_str(&out).unwrap()
    };
    let segments = &fit(&["--segments", "3"])["segments"];
    let found = fit(&["--compare", "group", "--permutations", "100", "--consistent"]);
    assert_eq!(segments["lowest_bic"], 2, "{segments}");
    let shares: Vec<f64> =
        segments["solutions"][1]["segments"].as_array().unwrap().iter().map(|s| s["share"].as_f64().unwrap()).collect();
    assert!(shares.iter().all(|s| (s - 0.5).abs() < 0.1), "{shares:?}");
    // The groups that were put in differ in just these paths.
    for path in found["comparison"]["pairs"][0]["paths"].as_array().unwrap() {
        let [first, second] = ["first", "second"].map(|side| path[side].as_f64().unwrap());
        let wanted = if path["from"] == "A" { [0.9, 0.0] } else { [0.0, 0.9] };
        assert!((first - wanted[0]).abs() < 0.1 && (second - wanted[1]).abs() < 0.1, "{path}");
        assert!(path["holm_p"].as_f64().unwrap() < 0.05);
    }
}

/// `soundings fit` on a table made from csi.csv, as JSON.
fn fitted(data: &str, more: &[&str]) -> Value {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), data).unwrap();
    let model = fixture("reference/models/csi_modeA.lav");
    let none: &[&str] = if more.contains(&"--bootstrap") { &[] } else { &["--bootstrap", "0"] };
    let own = [&["--mode-a", "all", "--scale", "1:10"], none].concat();
    let (code, out, said) = run(&model, file.path().to_str().unwrap(), &[&own[..], more].concat(), "2");
    assert_eq!(code, 0, "{said}");
    serde_json::from_str(&out).unwrap()
}

/// A file's rows with one more column, from the row's number.
fn with_column(name: &str, file: &str, cell: impl Fn(usize) -> String) -> String {
    let text = fs::read_to_string(fixture(file)).unwrap();
    let line =
        |(i, line): (usize, &str)| if i == 0 { format!("{line},{name}\n") } else { format!("{line},{}\n", cell(i)) };
    text.lines().enumerate().map(line).collect()
}

#[test]
fn an_index_that_runs_against_its_score_keeps_effects_on_the_index_scale() {
    let text = fs::read_to_string(fixture("reference/csi.csv")).unwrap();
    let q1 = text.lines().next().unwrap().split(',').position(|name| name == "q1").unwrap();
    let turn = |(i, line): (usize, &str)| {
        let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
        if i > 0 {
            cells[q1] = (11 - cells[q1].parse::<i32>().unwrap()).to_string();
        }
        cells.join(",") + "\n"
    };
    let reversed: String = text.lines().enumerate().map(turn).collect();
    let scores = tempfile::NamedTempFile::new().unwrap();
    let path = scores.path().to_str().unwrap();
    let found = fitted(&reversed, &["--sign", "dominant:q1", "--scores", path]);
    let mut reader = csv::Reader::from_path(path).unwrap();
    let header = reader.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|h| h == name).unwrap();
    let places = (column("Expectation_index"), column("Quality_index"));
    let rows: Vec<(f64, f64)> = reader
        .records()
        .map(|r| r.unwrap())
        .map(|r| (r[places.0].parse().unwrap(), r[places.1].parse().unwrap()))
        .collect();
    let n = rows.len() as f64;
    let mean = rows.iter().fold((0.0, 0.0), |m, r| (m.0 + r.0 / n, m.1 + r.1 / n));
    let cross: f64 = rows.iter().map(|r| (r.0 - mean.0) * (r.1 - mean.1)).sum();
    let slope = cross / rows.iter().map(|r| (r.0 - mean.0).powi(2)).sum::<f64>();
    let own = found["paths"].as_array().unwrap().iter().find(|p| p["from"] == "Expectation" && p["to"] == "Quality");
    assert!((own.unwrap()["unstandardised"].as_f64().unwrap() - slope).abs() < 1e-9, "{own:?} {slope}");
    let intercept = found["intercepts"]["Quality"].as_f64().unwrap();
    assert!((intercept - (mean.1 - slope * mean.0)).abs() < 1e-9);
}

#[test]
fn a_group_of_everyone_has_the_index_of_the_whole_whatever_becomes_of_gaps() {
    let data = with_column("one", "reference/csi_missing.csv", |_| "all".into());
    for missing in ["mean", "pairwise", "em"] {
        let found = fitted(&data, &["--missing", missing, "--by", "one"]);
        for (construct, index) in found["index"].as_object().unwrap() {
            let group = &found["groups"]["one"]["all"]["index"][construct]["score"];
            assert!((group.as_f64().unwrap() - index["score"].as_f64().unwrap()).abs() < 1e-8, "{missing} {construct}");
        }
    }
}

#[test]
fn listwise_deletion_keeps_row_numbers_and_weights_their_mean() {
    let data = with_column("w", "reference/csi_missing.csv", |i| format!("{}", 0.5 + (i % 3) as f64));
    let scores = tempfile::NamedTempFile::new().unwrap();
    let found =
        fitted(&data, &["--missing", "listwise", "--weights", "w", "--scores", scores.path().to_str().unwrap()]);
    assert!((found["n"].as_f64().unwrap() - 134.0).abs() < 1e-9, "{}", found["n"]);
    let complete = |line: &str| line.split(',').all(|cell| !cell.is_empty() && cell != "NA");
    let first = data.lines().skip(1).position(complete).unwrap() + 1;
    let text = fs::read_to_string(scores.path()).unwrap();
    assert!(text.lines().nth(1).unwrap().starts_with(&format!("{first},")), "row {first}");
}

#[test]
fn analyses_that_a_flag_rules_out_are_refused_by_both_names() {
    let (model, folder) = (fixture("reference/models/csi_modeA.lav"), TempDir::new().unwrap());
    let data = folder.path().join("d.csv").display().to_string();
    fs::write(&data, with_column("day", "reference/csi.csv", |i| format!("d{}", i % 40))).unwrap();
    let refused = |more: &[&str]| {
        let (code, out, said) = run(&model, &data, more, "2");
        assert!(code == 1 && out.is_empty(), "{more:?}");
        said.trim().trim_start_matches("soundings: ").to_owned()
    };
    for analysis in [&["--compare", "purpose"][..], &["--test-fit"], &["--predict"], &["--resample", "blocks"]] {
        let said = refused(&[&["--cluster", "day"], analysis].concat());
        assert!(said.contains(analysis[0]) && said.ends_with("with --cluster; leave one of them out"), "{said}");
    }
    let said = refused(&["--predict", "--weights", "exp1"]);
    assert_eq!(said, "--predict cannot be combined with --weights; leave one of them out");
    assert!(refused(&["--compare", "day"]).contains("it has 40 groups; between 2 and 12"));
    assert_eq!(refused(&["--by", "day", "--by", "day"]), "--by day is given twice");
    assert!(refused(&["--bootstrap", "1"]).contains("a single resample has no spread"));
}

#[test]
fn small_groups_have_no_standard_error_and_no_rank() {
    let label = |i: usize| {
        if i < 3 {
            "few".into()
        } else if i < 8 {
            String::new()
        } else {
            format!("g{}", i % 2)
        }
    };
    let data = with_column("g", "reference/csi.csv", label);
    let found = fitted(&data, &["--by", "g", "--rank", "Satisfaction", "--bootstrap", "200"]);
    let group = |name: &str| &found["groups"]["g"][name]["index"]["Satisfaction"];
    assert!(group("few")["score"].is_number() && group("few")["se"].is_null() && group("few")["ranked"].is_null());
    assert!(group("g0")["se"].is_number() && group("g0")["ranked"]["rank"].is_array());
    let warnings = found["warnings"].to_string();
    assert!(warnings.contains("1 of 3 groups of `g` have fewer than 10 rows"), "{warnings}");
    assert!(warnings.contains("5 rows have no label in `g`"), "{warnings}");
    let found = fitted(&data, &["--by", "g", "--rank", "Satisfaction"]);
    assert!(found["warnings"].to_string().contains("no ranks by g"), "{}", found["warnings"]);
    // Strata of one row each repeat themselves in every resample.
    let data = with_column("s", "reference/csi.csv", |i| if i < 3 { format!("lone{i}") } else { "rest".into() });
    let found = fitted(&data, &["--strata", "s", "--bootstrap", "50"]);
    assert!(found["warnings"].to_string().contains("2 groups of --strata s have one row"), "{}", found["warnings"]);
}
