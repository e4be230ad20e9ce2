//! A researcher draws data from a population, asks how many answers are needed, and how good intervals are.

use std::fs;

use super::harness::{fixture, refusal, run};

fn population() -> String {
    fixture("populations/factors.lav")
}

#[test]
fn simulated_answers_are_ratings_with_the_gaps_that_were_asked_for() {
    let text = run(&["simulate", "--model", &population(), "--n", "2000", "--missing", "0.1", "--skew", "0.3"]);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(reader.headers().unwrap().len(), 9);
    let cells: Vec<String> =
        reader.records().flat_map(|r| r.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()).collect();
    assert_eq!(cells.len(), 18_000);
    let gaps = cells.iter().filter(|c| c.is_empty()).count();
    assert!((1600..2000).contains(&gaps), "{gaps}");
    assert!(cells.iter().filter(|c| !c.is_empty()).all(|c| (1..=10).contains(&c.parse::<i32>().unwrap())));
}

#[test]
fn groups_have_means_of_their_own() {
    let groups = [("low", "6"), ("high", "8")].map(|(label, mean)| format!("{label}={}@{mean}", population()));
    let text = run(&["simulate", "--group", &groups[0], "--group", &groups[1], "--n", "500"]);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut sums = [0.0, 0.0];
    for record in reader.records().map(Result::unwrap) {
        sums[usize::from(&record[9] == "high")] += record[0].parse::<f64>().unwrap() / 500.0;
    }
    assert!((sums[0] - 6.0).abs() < 0.3 && (sums[1] - 7.9).abs() < 0.3, "{sums:?}");
}

#[test]
fn power_says_how_many_answers_are_needed() {
    let rows = |more: &[&str]| -> f64 {
        let own = ["power", "--model", &population(), "--replications", "200"];
        let said = run(&[&own[..], more].concat());
        said.split(' ').next().unwrap().parse().unwrap_or_else(|_| panic!("{said}"))
    };
    let (coarse, fine) =
        (rows(&["--index", "Satisfaction", "--width", "4"]), rows(&["--index", "Satisfaction", "--width", "2"]));
    assert!((3.0..5.0).contains(&(fine / coarse)), "half the width takes four times the answers: {coarse}, {fine}");
    assert!(rows(&["--path", "Satisfaction~Quality"]) < rows(&["--path", "Loyalty~Quality"]));
    let refused = |more: &[&str]| refusal(&[&["power", "--model", &population()], more].concat());
    assert!(refused(&["--path", "Quality~Loyalty"]).contains("the population has no such path"));
    assert!(refused(&["--index", "Price", "--width", "1"]).contains("no construct `Price`"));
}

#[test]
fn coverage_is_a_table() {
    let said =
        run(&["coverage", "--model", &population(), "--n", "60,80", "--replications", "20", "--bootstrap", "50"]);
    assert!(
        said.starts_with("| n | figure | truth | bias | sd | mean se | percentile | basic | normal | bca |"),
        "{said}"
    );
    assert!(said.contains("| 60 | index of Satisfaction |") && said.contains("| 80 | index of Satisfaction |"));
}

#[test]
fn what_is_no_population_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.lav").display().to_string();
    fs::write(&path, "B ~ A\nA =~ 0.8*a1\nB =~ 0.8*b1\n").unwrap();
    assert!(refusal(&["simulate", "--model", &path]).ends_with("p.lav: `A` needs a number: write `0.5*A`"));
}
