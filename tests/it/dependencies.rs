//! What we build on: licences that go with ours, and nothing from anywhere but the registry.

use std::process::Command;

use serde_json::Value;

/// Licences that allow what ours allow; anything else is looked at by a person first.
const ALLOWED: [&str; 14] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "PostgreSQL",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Whether an SPDX expression can be met with allowed licences alone: every part of an AND, one part of an OR.
fn met(expression: &str) -> bool {
    let plain = expression.replace('/', " OR ").replace(['(', ')'], " ");
    let words: Vec<&str> = plain.split_whitespace().collect();
    let ands: Vec<String> = words.split(|word| *word == "AND").map(|part| part.join(" ")).collect();
    ands.iter().all(|part| part.split(" OR ").any(|one| ALLOWED.contains(&one.trim())))
}

#[test]
fn every_dependency_has_a_licence_that_goes_with_ours() {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args([
        "metadata",
        "--format-version",
        "1",
        "--locked",
        "--manifest-path",
        concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
    ]);
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 100);
    for package in packages {
        let name = &package["name"];
        let licence = package["license"].as_str().unwrap_or_default();
        assert!(met(licence), "{name}: {licence}");
        let source = package["source"].as_str();
        assert!(source.is_none_or(|source| source.starts_with("registry+")), "{name} is not from the registry");
    }
}

#[test]
fn nothing_we_build_on_was_taken_back_by_its_authors() {
    // Packing looks every locked version up in the registry, and warns of what was yanked.
    let folder = tempfile::tempdir().unwrap();
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["package", "--no-verify", "--locked", "--allow-dirty", "--target-dir"]).arg(folder.path());
    cargo.args(["--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")]);
    let output = cargo.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() && (said.contains("registry") || said.contains("index") || said.contains("network")) {
        return super::harness::say_skipped("the registry cannot be asked what was yanked");
    }
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("yanked"), "{said}");
    // It was asked.
    assert!(said.contains("Packaged"), "{said}");
}

#[test]
fn expressions_are_read() {
    for good in
        ["MIT OR Apache-2.0", "MIT/Apache-2.0", "(Apache-2.0 OR MIT) AND BSD-3-Clause", "MIT OR LGPL-2.1-or-later"]
    {
        assert!(met(good), "{good}");
    }
    for bad in ["", "GPL-3.0-or-later", "MIT AND GPL-3.0-only", "LGPL-2.1-or-later"] {
        assert!(!met(bad), "{bad}");
    }
}
