//! Questionnaires of other programs come in and go out; broken and hostile files are refused.

use std::fs;

use proptest::prelude::*;
use soundings::service::authoring::check_template;
use soundings::survey::check::check;
use soundings::survey::exchange::{ImportError, Imported, limesurvey, surveyjs, surveyjs_export, xlsform};
use soundings::survey::library::INSTRUMENTS;

use super::harness::{fixture, refusal, soundings, tools};

fn sample(name: &str) -> String {
    fixture(&format!("exchange/{name}"))
}

fn imported(name: &str) -> Imported {
    let bytes = fs::read(sample(name)).unwrap();
    let text = || String::from_utf8(bytes.clone()).unwrap();
    match name.rsplit('.').next().unwrap() {
        "json" => surveyjs::import(&text()),
        "lss" => limesurvey::import(&text()),
        "csv" => xlsform::import_csv(&text()),
        _ => xlsform::import_workbook(&bytes),
    }
    .unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// The template as a file, then what was left out.
fn shown(found: &Imported) -> String {
    format!("{}\n# Left out\n{}\n", found.to_toml().unwrap(), found.left_out.join("\n"))
}

/// The file names of all samples of one format.
fn samples(format: &str) -> Vec<String> {
    let files = fs::read_dir(fixture("exchange")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let mut found: Vec<String> = files.filter(|name| name.split('.').nth(1) == Some(format)).collect();
    found.sort();
    assert!(found.len() >= 5, "{format}: {found:?}");
    found
}

#[test]
fn samples_of_every_format_become_templates_that_pass_their_check() {
    for name in ["surveyjs", "xlsform", "limesurvey"].into_iter().flat_map(samples) {
        let text = imported(&name).to_toml().unwrap();
        let checked = check_template(&text);
        let errors: Vec<_> =
            checked.problems.iter().map(ToString::to_string).filter(|p| !p.contains("warning")).collect();
        assert!(errors.is_empty() && checked.survey().unwrap().questions().count() > 0, "{name}: {errors:?}\n{text}");
    }
}

#[test]
fn what_becomes_of_the_samples_is_the_same_as_when_it_was_last_looked_at() {
    for name in ["surveyjs", "xlsform", "limesurvey"].into_iter().flat_map(samples) {
        insta::assert_snapshot!(format!("exchange_{}", name.replace(['.', '-'], "_")), shown(&imported(&name)));
    }
}

#[test]
fn both_shapes_of_a_format_give_the_same() {
    assert_eq!(imported("old.limesurvey.lss"), imported("new.limesurvey.lss"));
    assert_eq!(shown(&imported("visitors.xlsform.csv")), shown(&imported("visitors.xlsform.xlsx")));
}

#[test]
fn the_library_goes_to_surveyjs_and_comes_back() {
    for (name, text) in INSTRUMENTS {
        let survey = check(text).into_survey().unwrap();
        let (json, left_out) = surveyjs_export::export(&survey);
        let back = surveyjs::import(&json.to_string()).unwrap();
        let again = check(&back.to_toml().unwrap()).into_survey().unwrap_or_else(|p| panic!("{name}: {p:?}"));
        assert_eq!(again.template.languages, survey.template.languages, "{name}");
        let lost = |id: &str| left_out.iter().any(|line| line.starts_with(&format!("{id}:")));
        for field in survey.rated() {
            // A table's rows get the table's name before their own.
            let same = again.field(&field.id).or_else(|| again.field(&format!("{}_{}", field.question.id(), field.id)));
            let found = same.unwrap_or_else(|| panic!("{name}: {} is lost", field.id));
            assert!(found.points() == field.points() || lost(&field.id), "{name}: {}", field.id);
        }
        let conditions =
            |s: &soundings::survey::check::Survey| s.questions().filter(|q| q.common().show_if.is_some()).count();
        let listed = left_out.iter().filter(|line| line.contains("the condition")).count();
        assert_eq!(conditions(&again) + listed, conditions(&survey), "{name}: {left_out:?}");
    }
}

#[test]
fn surveyjs_itself_finds_no_fault_in_what_is_exported() {
    let Some(tools) = tools() else { return };
    let judge = |folder: &std::path::Path| {
        let script = tools.join("surveyjs.mjs");
        let out = std::process::Command::new("node").arg(script).arg(folder).output().unwrap();
        (out.status.success(), String::from_utf8(out.stdout).unwrap() + &String::from_utf8_lossy(&out.stderr))
    };
    let folder = tempfile::tempdir().unwrap();
    let every_kind = fs::read_to_string(fixture("surveys/every-kind.toml")).unwrap();
    let texts = INSTRUMENTS.iter().map(|(name, text)| (*name, *text)).chain([("every-kind", every_kind.as_str())]);
    for (name, text) in texts {
        let (json, _) = surveyjs_export::export(&check(text).into_survey().unwrap());
        fs::write(folder.path().join(format!("{name}.json")), json.to_string()).unwrap();
    }
    let (valid, said) = judge(folder.path());
    assert!(valid && said.contains("26 files, 0 faults"), "{said}");
    // The judge does find faults.
    let folder = tempfile::tempdir().unwrap();
    let broken = r#"{"pages":[{"name":"p","elements":[{"type":"nothing","name":"a"}]}],"locale":5}"#;
    fs::write(folder.path().join("broken.json"), broken).unwrap();
    let (valid, said) = judge(folder.path());
    assert!(!valid && said.contains("broken.json: schema: /locale must be string"), "{said}");
}

#[test]
fn broken_and_hostile_files_are_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let said = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let said = refusal(&["survey", "import", path.to_str().unwrap()]);
        assert_eq!(said.lines().count(), 1, "{said}");
        said.rsplit(&format!("{name}: ")).next().unwrap().to_owned()
    };
    assert!(said("a.json", b"{\"pages\": [").starts_with("line 1, column "));
    assert_eq!(said("b.json", b"[]"), "a SurveyJS survey is a JSON object");
    assert_eq!(said("c.json", b"\xff"), "the text is not UTF-8");
    assert_eq!(said("d.xlsx", b"no workbook"), "there is no sheet `survey` with questions");
    assert!(said("e.xlsx", b"PK\x03\x04broken").starts_with("the workbook cannot be read: "));
    assert_eq!(said("f.lss", b"<document></document>"), "this is not a LimeSurvey structure file (.lss)");
    let bomb = b"<!DOCTYPE d [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]><document>&b;</document>";
    assert_eq!(said("g.lss", bomb), "a document type has no place in a LimeSurvey file");
    assert!(said("h.lss", b"<document><LimeSurveyDocType>&boom;</LimeSurveyDocType></document>").contains("`&boom;`"));
    assert!(said("i.lss", "<a>".repeat(50).as_bytes()).contains("nested too deeply"));
    assert!(said("j.lss", b"<document><a></document>").starts_with("byte "));
    assert_eq!(said("k.txt", b"x"), "say with --from which program wrote it");
    let many: Vec<String> = (0..2100).map(|i| format!("{{\"type\":\"comment\",\"name\":\"q{i}\"}}")).collect();
    assert_eq!(said("l.json", format!("{{\"elements\":[{}]}}", many.join(",")).as_bytes()), "more than 2000 questions");
    let deep = format!("{{\"elements\":{}[]{}}}", "[{\"type\":\"panel\",\"elements\":".repeat(40), "}]".repeat(40));
    assert!(said("m.json", deep.as_bytes()).contains("nested too deeply"));
    // Script in a text is text.
    let script = "{\"elements\":[{\"type\":\"html\",\"name\":\"x\",\"html\":\"<script>alert(1)</script>Hi <b>you</b>\"},{\"type\":\"comment\",\"name\":\"y\"}]}";
    let text = surveyjs::import(script).unwrap().to_toml().unwrap();
    assert!(text.contains("\"alert(1) Hi you\"") && !text.contains("<script"), "{text}");
    // Nothing to read, and questions without a wording.
    let bare = "{\"elements\":[{\"type\":\"html\",\"name\":\"a\"},{\"type\":\"comment\",\"name\":\"\",\"title\":{\"de\":\"Warum?\"}}]}";
    let found = surveyjs::import(bare).unwrap();
    assert_eq!(found.left_out, ["a: a text to read without a text"]);
    assert!(check(&found.to_toml().unwrap()).into_survey().is_ok(), "{}", found.to_toml().unwrap());
    let found = xlsform::import_csv("survey,,\n,type,name\n,text,\n,note,x y\n").unwrap();
    assert!(check(&found.to_toml().unwrap()).into_survey().is_ok(), "{}", found.to_toml().unwrap());
    assert_eq!(said("n.json", b"{\"elements\":[{\"type\":\"html\",\"name\":\"a\"}]}"), "there are no questions in it");
    // A workbook that claims to unpack to more than it should.
    assert!(
        matches!(xlsform::import_workbook(&zip_bomb()), Err(ImportError::Broken(why)) if why.contains("unpacks to more than"))
    );
}

/// A workbook of zeros: 80 MiB in some kilobytes.
fn zip_bomb() -> Vec<u8> {
    use std::io::Write as _;
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file("xl/workbook.xml", zip::write::SimpleFileOptions::default()).unwrap();
    for _ in 0..80 {
        writer.write_all(&vec![b'0'; 1 << 20]).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn export_and_import_through_the_shell() {
    let folder = tempfile::tempdir().unwrap();
    let template = concat!(env!("CARGO_MANIFEST_DIR"), "/survey-templates/lost-customer.toml");
    let out = soundings().args(["survey", "export", template]).output().unwrap();
    assert!(out.status.success());
    assert!(String::from_utf8_lossy(&out.stderr).contains("survey: scores"));
    let path = folder.path().join("lost.json");
    fs::write(&path, &out.stdout).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(json["pages"][0]["elements"][1]["visibleIf"], "({still} = 'decided')");
    let back = super::harness::run(&["survey", "import", path.to_str().unwrap()]);
    assert!(back.contains("show_if = \"(still == 'decided')\""), "{back}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    /// Samples with a piece cut out or doubled: a template that passes, or a refusal; never anything else.
    #[test]
    fn damaged_samples_are_read_or_refused(which in 0_usize..4, from in 0.0..1.0_f64, length in 0_usize..60, twice: bool) {
        let name = ["stay.surveyjs.json", "visitors.xlsform.csv", "old.limesurvey.lss", "visitors.xlsform.xlsx"][which];
        let bytes = fs::read(sample(name)).unwrap();
        let start = (from * bytes.len() as f64) as usize;
        let end = (start + length).min(bytes.len());
        let piece = if twice { [&bytes[start..end], &bytes[start..end]].concat() } else { Vec::new() };
        let damaged = [&bytes[..start], &piece, &bytes[end..]].concat();
        let text = String::from_utf8_lossy(&damaged).into_owned();
        let found = match which {
            0 => surveyjs::import(&text),
            1 => xlsform::import_csv(&text),
            2 => limesurvey::import(&text),
            _ => xlsform::import_workbook(&damaged),
        };
        if let Ok(found) = found {
            let text = found.to_toml().unwrap();
            let checked = check(&text);
            let errors: Vec<_> = checked.problems.iter().map(ToString::to_string).filter(|p| !p.contains("warning: ")).collect();
            let known = |e: &String| e.contains("asks nothing");
            prop_assert!(errors.iter().all(known), "{:?}\n{}", errors, text);
        }
    }
}
