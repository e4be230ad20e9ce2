//! A quality team reads the report: the page, the machine-readable form, filters, too few responses.

use serde_json::Value;

use super::harness::{Backend, Site, backends, run};

const API: &str = "/api/v1/reports/hotel-post-stay";

fn score(report: &Value, construct: &str) -> f64 {
    let constructs = report["constructs"].as_array().unwrap();
    constructs.iter().find(|c| c["construct"] == construct).unwrap()["score"].as_f64().unwrap()
}

#[test]
fn the_report_is_what_the_shell_computes_from_the_export() {
    for backend in backends() {
        let site = Site::demo(backend, 700);
        let report = site.get(API).json();
        let folder = site.database.folder.path();
        let (data, model) = (folder.join("responses.csv"), folder.join("model.lav"));
        std::fs::write(&data, site.get("/api/v1/surveys/hotel-post-stay/responses.csv").body).unwrap();
        let exported = run(&["export", "hotel-post-stay", "--database", &site.database.url]);
        assert_eq!(exported, std::fs::read_to_string(&data).unwrap());
        let template = include_str!("../../survey-templates/hotel-post-stay.toml");
        std::fs::write(&model, template.split("\"\"\"").nth(1).unwrap()).unwrap();
        let fit = run(&[
            "fit",
            "--model",
            model.to_str().unwrap(),
            "--data",
            data.to_str().unwrap(),
            "--scale",
            "1:10",
            "--format",
            "json",
        ]);
        let fit: Value = serde_json::from_str(&fit).unwrap();
        assert_eq!(fit["n"], 700);
        for construct in ["Expectation", "Quality", "Value", "Satisfaction", "Loyalty"] {
            let shell = fit["index"][construct]["score"].as_f64().unwrap();
            assert!((score(&report, construct) - shell).abs() < 1e-9, "{construct}");
        }
        assert_eq!(report["headline"]["ci"], fit["index"]["Satisfaction"]["ci"], "the same seed, the same interval");
        assert_eq!(report["paths"][0]["estimate"], fit["paths"][0]["estimate"]);
    }
}

#[test]
fn an_answer_is_in_the_report_at_once() {
    for backend in backends() {
        let site = Site::demo(backend, 200);
        let before = site.get(API).json();
        let opened = site.open("/s/hotel-post-stay?unit=old-town");
        let worst = [("quality_staff", "1"), ("loyalty_return", "1")];
        let mut fields = opened.filled(&worst);
        for field in &mut fields {
            if field.0.starts_with("satisfaction") || field.0 == "quality_overall" {
                field.1 = "1";
            }
        }
        assert_eq!(site.post("/s/hotel-post-stay?unit=old-town", &fields).status, 303);
        let after = site.get(API).json();
        assert_eq!(after["responses"], 201);
        assert!(score(&after, "Satisfaction") < score(&before, "Satisfaction"));
        assert!(site.get("/reports/hotel-post-stay?lang=en").body.contains("201 responses"));
    }
}

#[test]
fn a_property_means_the_same_in_the_table_and_under_a_filter() {
    for backend in backends() {
        let site = Site::demo(backend, 1500);
        let all = site.get(API).json();
        let row = all["properties"].as_array().unwrap().iter().find(|p| p["code"] == "riverside").unwrap().clone();
        let filtered = site.get(&format!("{API}?unit=riverside")).json();
        assert_eq!(filtered["headline"]["score"], row["index"]["score"]);
        assert_eq!(filtered["headline"]["ci"], row["index"]["ci"]);
        assert_eq!(filtered["responses"], row["responses"]);
        assert_eq!(filtered["properties"].as_array().unwrap().len(), 1);
        let region = site.get(&format!("{API}?unit=city&from=2026-01-01&to=2026-06-30")).json();
        let months: Vec<&str> =
            region["months"].as_array().unwrap().iter().map(|m| m["code"].as_str().unwrap()).collect();
        assert_eq!(months, ["2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06"]);
        assert_eq!(region["properties"].as_array().unwrap().len(), 3);
    }
}

#[test]
fn the_dip_of_the_renovated_house_is_seen() {
    let site = Site::demo(Backend::Sqlite, 6000);
    let months = site.get(&format!("{API}?unit=riverside")).json()["months"].clone();
    let score = |i: usize| months[i]["index"]["score"].as_f64().unwrap();
    let works = (9..12).map(score).fold(f64::MIN, f64::max);
    let before = (0..9).map(score).fold(f64::MAX, f64::min);
    assert!(works + 5.0 < before, "during the works at most {works}, before at least {before}");
}

#[test]
fn below_thirty_responses_there_is_a_count_and_no_index() {
    for backend in backends() {
        let site = Site::demo(backend, 700);
        let report = site.get(API).json();
        for property in report["properties"].as_array().unwrap() {
            let few = property["responses"].as_u64().unwrap() < 30;
            assert_eq!(property["index"].is_null(), few, "{property}");
        }
        assert!(report["properties"].as_array().unwrap().iter().any(|p| p["index"].is_null()));
        let small = site.get(&format!("{API}?unit=summit-lodge")).json();
        assert_eq!(small["state"]["state"], "too_few");
        assert!(small["headline"].is_null() && small["constructs"].as_array().unwrap().is_empty());
        let page = site.get("/reports/hotel-post-stay?unit=summit-lodge&lang=en").body;
        assert!(page.contains("Not enough responses for an index"));
        let empty = Site::demo(backend, 0);
        assert!(empty.get("/reports/hotel-post-stay?lang=en").body.contains("So far there are none."));
        assert_eq!(empty.get(API).json()["months"], serde_json::json!([]));
    }
}

#[test]
fn filters_that_make_no_sense_are_named() {
    for backend in backends() {
        let site = Site::demo(backend, 40);
        let bad = site.get(&format!("{API}?from=yesterday"));
        assert_eq!((bad.status, bad.header("content-type")), (400, "application/problem+json"));
        assert_eq!(bad.json()["detail"], "`from` is `yesterday`; expected a day such as 2026-11-21");
        assert_eq!(site.get("/reports/hotel-post-stay?from=2026-02-01&to=2026-01-01").status, 400);
        for days in ["from=2026-01-01&to=%2B262142-12-31", "from=-262143-02-01&to=2026-01-01", "to=9901-01-01"] {
            for page in [
                "/overview/hotel-post-stay?compare=year&",
                "/overview/hotel-post-stay/comments?",
                "/reports/hotel-post-stay?",
            ] {
                assert_eq!(site.get(&format!("{page}{days}")).status, 400, "{page}{days}");
            }
        }
        assert_eq!(site.get("/overview/hotel-post-stay?compare=tomorrow").status, 400);
        assert_eq!(site.get("/overview/hotel-post-stay?period=decade").status, 400);
        assert_eq!(site.get(&format!("{API}?unit=nowhere")).status, 404);
        assert_eq!(site.get("/api/v1/reports/nothing").status, 404);
        assert_eq!(site.get("/api/v1/reports/checkout-kiosk").json()["state"]["state"], "no_model");
        assert!(site.get("/reports/checkout-kiosk?lang=en").body.contains("This survey has no index"));
    }
}

#[test]
fn the_report_is_the_same_as_when_it_was_last_looked_at() {
    let site = Site::demo(Backend::Sqlite, 400);
    // The engine's version changes with every release; the page does not for that.
    let version = concat!("soundings ", env!("CARGO_PKG_VERSION"));
    insta::assert_snapshot!(
        "report_en",
        site.get("/reports/hotel-post-stay?lang=en").body.replace(version, "soundings VERSION")
    );
    insta::assert_snapshot!("report_zh_too_few", site.get("/reports/hotel-post-stay?lang=zh&unit=summit-lodge").body);
    let json = site.get(&format!("{API}?lang=en")).json();
    let keys: Vec<&String> = json.as_object().unwrap().keys().collect();
    insta::assert_snapshot!("report_keys", format!("{keys:#?}"));
}

/// Publishes a changed hotel template on a running site.
fn republish(site: &Site, change: impl Fn(&str) -> String) {
    let text = change(include_str!("../../survey-templates/hotel-post-stay.toml"));
    let (survey, _) = soundings::service::authoring::read_template(&text).unwrap();
    site.app.store.write_blocking(move |db| soundings::service::authoring::publish(db, &survey, &text)).unwrap();
}

#[test]
fn a_question_that_was_dropped_stays_in_the_export() {
    for backend in backends() {
        let site = Site::demo(backend, 100);
        republish(&site, |text| text.split("[[pages.questions]]\nid = \"comment\"").next().unwrap().to_owned());
        let csv = site.get("/api/v1/surveys/hotel-post-stay/responses.csv").body;
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let comment = reader.headers().unwrap().iter().position(|h| h == "comment").unwrap();
        assert!(reader.records().any(|r| !r.unwrap()[comment].is_empty()));
    }
}

#[test]
fn ratings_on_another_scale_are_not_mixed() {
    for backend in backends() {
        let site = Site::demo(backend, 300);
        let before = site.get(API).json();
        republish(&site, |text| text.replacen("id = \"quality_room\"\n", "id = \"quality_room\"\nmax = 5\n", 1));
        let opened = site.open("/s/hotel-post-stay");
        assert_eq!(site.post("/s/hotel-post-stay", &opened.filled(&[("quality_room", "3")])).status, 303);
        let after = site.get(API).json();
        assert_eq!(after["state"]["state"], "not_estimable", "one rating on the new scale is no measurement");
        assert_eq!((&before["responses"], &after["responses"]), (&300.into(), &301.into()));
    }
}

#[test]
fn months_without_responses_are_shown_as_such() {
    for backend in backends() {
        let site = Site::demo(backend, 700);
        let deleted = site.app.store.write_blocking(|db| {
            use diesel::RunQueryDsl as _;
            Ok(diesel::sql_query(
                "DELETE FROM responses WHERE submitted_at >= '2025-12-01' AND submitted_at < '2026-02-01'",
            )
            .execute(db)?)
        });
        assert!(deleted.unwrap() > 20);
        let months = site.get(API).json()["months"].clone();
        let codes: Vec<&str> = months.as_array().unwrap().iter().map(|m| m["code"].as_str().unwrap()).collect();
        assert_eq!((codes.len(), codes[0], codes[17]), (18, "2025-05", "2026-10"));
        assert_eq!((&months[7]["responses"], &months[8]["responses"]), (&0.into(), &0.into()));
        assert!(months[7]["index"].is_null());
    }
}

#[test]
fn a_new_unit_is_seen_at_once() {
    for backend in backends() {
        let site = Site::demo(backend, 100);
        assert!(!site.get(API).body.contains("New House"));
        run(&[
            "unit",
            "add",
            "new-house",
            "--name",
            "New House",
            "--parent",
            "coast",
            "--database",
            &site.database.url,
        ]);
        assert!(site.get(API).body.contains("New House"));
        let kiosk = site.open("/s/checkout-kiosk");
        let fields = [
            ("_attempt", kiosk.attempt.as_str()),
            ("_revision", kiosk.revision.as_str()),
            ("overall", "9"),
            ("recommend", "9"),
        ];
        assert_eq!(site.post("/s/checkout-kiosk?unit=dunes", &fields).status, 303);
        assert_eq!(site.get("/api/v1/reports/checkout-kiosk?unit=dunes").json()["responses"], 1);
    }
}

#[test]
fn the_export_is_whole_and_in_order() {
    for backend in backends() {
        let site = Site::demo(backend, 2500);
        let csv = site.get("/api/v1/surveys/hotel-post-stay/responses.csv");
        assert!(csv.header("content-disposition").contains("hotel-post-stay-responses.csv"));
        let mut reader = csv::Reader::from_reader(csv.body.as_bytes());
        assert_eq!(reader.headers().unwrap().len(), 9 + 24);
        let receipts: std::collections::HashSet<String> = reader.records().map(|r| r.unwrap()[0].to_owned()).collect();
        assert_eq!(receipts.len(), 2500);
    }
}
