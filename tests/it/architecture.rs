//! The house rules that a compiler does not hold: who may use whom, how long a file may be.

use std::fs;
use std::path::{Path, PathBuf};

/// Folder or file of `src`, and which other parts of the crate it may name.
const RULES: [(&str, &[&str]); 10] = [
    ("survey", &["survey"]),
    ("csi", &["csi"]),
    ("wording.rs", &["survey"]),
    ("text.rs", &[]),
    ("report", &["report", "survey", "csi", "wording", "text"]),
    ("export", &["export", "survey", "report", "wording", "text"]),
    ("store", &["store", "survey"]),
    ("service", &["service", "survey", "csi", "report", "export", "store", "wording"]),
    ("web", &["web", "service", "report", "survey", "store", "wording", "telemetry"]),
    (
        "cli",
        &["cli", "service", "survey", "csi", "report", "export", "store", "web", "load", "config", "telemetry", "text"],
    ),
];

/// Longest file, in lines; a file that needs more is two things.
const LONGEST: usize = 600;

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    if folder.is_file() {
        found.push(folder.to_owned());
        return;
    }
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    rust_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut found);
    found
}

#[test]
fn no_part_uses_what_it_must_not_know() {
    let mut forbidden = Vec::new();
    for (part, allowed) in RULES {
        for file in files(&format!("src/{part}")) {
            let text = fs::read_to_string(&file).unwrap();
            // Tests at the end of a file may look further.
            let code = text.split("#[cfg(test)]").next().unwrap();
            for line in code.lines().filter(|l| !l.trim_start().starts_with("//")) {
                for used in line.split("crate::").skip(1) {
                    let name: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                    if !name.is_empty() && !allowed.contains(&name.as_str()) {
                        forbidden.push(format!("{}: crate::{name}", file.display()));
                    }
                }
            }
        }
    }
    assert!(forbidden.is_empty(), "{}", forbidden.join("\n"));
}

#[test]
fn statistics_and_surveys_do_no_io() {
    for part in ["csi", "survey", "report"] {
        for file in files(&format!("src/{part}")) {
            // A cursor over bytes in memory reads nothing from outside.
            let text = fs::read_to_string(&file).unwrap().replace("use std::io::Cursor;", "");
            for forbidden in ["std::fs", "std::net", "std::io", "std::env", "diesel", "actix", "tokio"] {
                assert!(
                    !text.contains(&format!("use {forbidden}")) && !text.contains(&format!("{forbidden}::")),
                    "{}: {forbidden}",
                    file.display()
                );
            }
        }
    }
}

#[test]
fn files_open_with_what_they_own_and_stay_short() {
    for file in files("src").into_iter().chain(files("tests")) {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("//!"), "{}: begins without a word about itself", file.display());
        let lines = text.lines().count();
        assert!(lines <= LONGEST, "{}: {lines} lines", file.display());
    }
}

#[test]
fn no_snapshot_is_left_behind() {
    let tests: String = files("tests").iter().map(|f| fs::read_to_string(f).unwrap()).collect();
    let names = |folder: &str| {
        let entries = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap();
        entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect::<Vec<String>>()
    };
    let samples = names("tests/fixtures/exchange");
    for name in names("tests/it/snapshots") {
        let id = name.trim_end_matches(".snap").rsplit("__").next().unwrap().to_owned();
        // Those of samples from other programs are named by the sample.
        let of_sample = |sample: &String| id == format!("exchange_{}", sample.replace(['.', '-'], "_"));
        assert!(samples.iter().any(of_sample) || tests.contains(&format!("\"{id}\"")), "{name} belongs to no test");
    }
}
