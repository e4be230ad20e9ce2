//! Reports on paper: a PDF that says what the report says, to those who see it and to those who have it read to them.

use serde_json::Value;
use soundings::service::access::Role;

use super::accounts::{as_somebody, closed, somebody};
use super::harness::{Backend, Site, run, say_skipped};

/// What a reader of PDF sees and hears in one: its text, and its structure.
fn read_aloud(site: &Site, bytes: &[u8]) -> Option<(String, String)> {
    let file = site.database.folder.path().join("report.pdf");
    std::fs::write(&file, bytes).unwrap();
    let said = |program: &str, option: &str| {
        let output = std::process::Command::new(program).arg(option).arg(&file).arg("-").output().ok()?;
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        Some(String::from_utf8(output.stdout).unwrap())
    };
    let structure = std::process::Command::new("pdfinfo").arg("-struct-text").arg(&file).output().ok()?;
    Some((said("pdftotext", "-layout")?, String::from_utf8(structure.stdout).unwrap()))
}

#[test]
fn a_report_leaves_as_paper() {
    let site = closed(Backend::Sqlite, 900);
    let analyst = somebody(&site, "ana@larkfield.example", Role::Analyst, None);
    for (language, words) in [
        (
            "en",
            [
                "Satisfaction report: The whole group",
                "What leads to what",
                "Comfort of the room",
                "How these figures are made",
            ],
        ),
        ("zh-Hans", ["满意度报告：整个集团", "影响路径", "客房舒适度", "计算方法说明"]),
    ] {
        let paper = || {
            let url = format!("{}/api/v1/reports/hotel-post-stay/report.pdf?lang={language}", site.address);
            let mut reply = ureq::get(url).header("cookie", format!("session={analyst}")).call().unwrap();
            assert_eq!(reply.headers()["content-type"], "application/pdf");
            reply.body_mut().read_to_vec().unwrap()
        };
        let bytes = paper();
        assert!(bytes.starts_with(b"%PDF-") && bytes == paper(), "the same report, the same bytes");
        let Some((text, structure)) = read_aloud(&site, &bytes) else {
            return say_skipped("reading a PDF: no pdftotext");
        };
        let report = as_somebody(&site, &analyst, "GET", &format!("/api/v1/reports/hotel-post-stay?lang={language}")).2;
        let report: Value = serde_json::from_str(&report).unwrap();
        for construct in report["constructs"].as_array().unwrap() {
            let (name, score) =
                (construct["name"].as_str().unwrap(), format!("{:.1}", construct["score"].as_f64().unwrap()));
            assert!(text.lines().any(|line| line.contains(name) && line.contains(&score)), "{name} {score}: {text}");
        }
        for path in report["paths"].as_array().unwrap() {
            assert!(text.contains(&format!("{:.2}", path["estimate"].as_f64().unwrap())), "{path}: {text}");
        }
        for house in report["properties"].as_array().unwrap() {
            assert!(text.contains(house["name"].as_str().unwrap()), "{house}: {text}");
        }
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
        assert!(text.contains(report["method"]["data_digest"].as_str().unwrap()), "{text}");
        // Headings, tables with their heads, drawings with what they show.
        for element in ["H1", "H2", "Table", "TH", "TD", "Figure", "Document"] {
            assert!(structure.contains(element), "{element}: {structure}");
        }
    }
    let kept = ureq::post(format!("{}/api/v1/kept-reports", site.address))
        .header("cookie", format!("session={analyst}"))
        .header("origin", &site.address)
        .content_type("application/json")
        .send(r#"{"survey":"hotel-post-stay","lang":"en"}"#)
        .unwrap();
    assert_eq!(kept.status(), 201);
    let file = site.database.folder.path().join("kept.pdf").display().to_string();
    run(&["report", "show", "1", "--pdf", &file, "--database", &site.database.url]);
    let (text, _) = read_aloud(&site, &std::fs::read(&file).unwrap()).unwrap();
    let list = serde_json::from_str::<Value>(&as_somebody(&site, &analyst, "GET", "/api/v1/kept-reports").2).unwrap();
    let hash = list["items"][0]["sha256"].as_str().unwrap();
    assert!(text.contains("Report 1, kept on") && text.replace(['\n', ' '], "").contains(hash), "{hash}: {text}");
}
