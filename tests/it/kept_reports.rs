//! Index reports that are kept: unchanging, for whoever may see them, and made again to the last byte.

use serde_json::{Value, json};

use super::harness::{Site, backends, refusal, run};

const SURVEY: &str = "hotel-post-stay";

fn on<'a>(url: &'a str, arguments: &[&'a str]) -> Vec<&'a str> {
    [arguments, &["--database", url]].concat()
}

#[test]
fn a_kept_report_is_made_again_to_the_last_byte() {
    for backend in backends() {
        let site = Site::demo(backend, 1500);
        let url = site.database.url.as_str();
        let whole = run(&on(url, &["report", "keep", SURVEY]));
        let house = run(&on(
            url,
            &[
                "report",
                "keep",
                SURVEY,
                "--unit",
                "dunes",
                "--from",
                "2025-08-01",
                "--to",
                "2026-05-31",
                "--lang",
                "zh-Hans",
            ],
        ));
        assert_eq!((whole.as_str(), house.as_str()), ("1\n", "2\n"));
        let shown = run(&on(url, &["report", "show", "1"]));
        // Houses that get other names, and answers that come later, change nothing.
        let rename = |db: &mut _| {
            let sql = "UPDATE units SET name = 'Renamed', parent_id = NULL WHERE code = 'dunes'";
            Ok(diesel::RunQueryDsl::execute(diesel::sql_query(sql), db)?)
        };
        assert_eq!(site.app.store.write_blocking(rename).unwrap(), 1);
        for _ in 0..3 {
            let path = format!("/s/{SURVEY}?unit=dunes");
            assert_eq!(site.post(&path, &site.open(&path).filled(&[])).status, 303);
        }
        for number in ["1", "2"] {
            let said = run(&on(url, &["report", "verify", number]));
            assert_eq!(said, format!("report {number}: made again, the same to the last byte\n"));
        }
        assert_eq!(run(&on(url, &["report", "show", "1"])), shown);
        let report: Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(report["responses"], 1500);
        let list = run(&on(url, &["report", "list"]));
        assert!(list.starts_with("2 hotel-post-stay dunes ") && list.lines().count() == 2, "{list}");
        // Nobody changes one, not even at the database.
        let change = |db: &mut _| {
            Ok(diesel::RunQueryDsl::execute(diesel::sql_query("UPDATE kept_reports SET content = '{}'"), db)?)
        };
        let refused = site.app.store.write_blocking(change).unwrap_err();
        assert!(format!("{refused:?}").contains("never change"), "{refused:?}");
        // An answer that is gone shows.
        let gone = |db: &mut _| {
            let sql = "DELETE FROM responses WHERE id = (SELECT MIN(id) FROM responses)";
            Ok(diesel::RunQueryDsl::execute(diesel::sql_query(sql), db)?)
        };
        site.app.store.write_blocking(gone).unwrap();
        let said = refusal(&on(url, &["report", "verify", "1"]));
        assert!(
            said.contains("withdrawn, corrected or forgotten") && said.contains("/responses: 1500 then, 1499 now"),
            "{said}"
        );
        assert!(refusal(&on(url, &["report", "verify", "9"])).contains("no such report"));
        assert!(refusal(&on(url, &["report", "keep", SURVEY, "--from", "2030-01-01"])).contains("no index"));
    }
}

#[test]
fn everybody_sees_the_kept_reports_of_their_own_reach() {
    for backend in backends() {
        let site = super::accounts::closed(backend, 1500);
        let token = |name: &str, role: &str, more: &[&str]| {
            let command = ["token", "add", name, "--role", role, "--database", &site.database.url];
            run(&[&command[..], more].concat()).trim().to_owned()
        };
        let analyst = token("analyst", "analyst", &[]);
        let manager = token("manager", "manager", &["--unit", "dunes"]);
        let viewer = token("viewer", "viewer", &[]);
        let ask = |who: &str, path: &str| {
            let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
            let url = format!("{}/api/v1/kept-reports{path}", site.address);
            let mut response = agent.get(url).header("authorization", format!("Bearer {who}")).call().unwrap();
            (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
        };
        let keep = |who: &str, body: Value| {
            let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
            let url = format!("{}/api/v1/kept-reports", site.address);
            let request = agent.post(url).header("authorization", format!("Bearer {who}"));
            let mut response = request.send(body.to_string()).unwrap();
            let text = response.body_mut().read_to_string().unwrap();
            (response.status().as_u16(), serde_json::from_str::<Value>(&text).unwrap())
        };
        let (status, whole) = keep(&analyst, json!({"survey": SURVEY}));
        assert_eq!((status, &whole["number"], &whole["kept_by"]), (201, &json!(1), &json!("token analyst")), "{whole}");
        assert_eq!(keep(&viewer, json!({"survey": SURVEY})).1["number"], 2);
        let (status, own) = keep(&manager, json!({"survey": SURVEY, "lang": "en"}));
        assert_eq!((status, &own["unit"]), (201, &json!("dunes")), "{own}");
        assert_eq!(keep(&manager, json!({"survey": SURVEY, "unit": "old-town"})).0, 403);
        assert_eq!(keep(&manager, json!({"survey": SURVEY, "units": "x"})).0, 400);
        assert_eq!(keep("nobody", json!({"survey": SURVEY})).0, 401);
        let numbers = |who: &str| {
            let list: Value = serde_json::from_str(&ask(who, "").1).unwrap();
            list["items"].as_array().unwrap().iter().map(|kept| kept["number"].as_i64().unwrap()).collect::<Vec<_>>()
        };
        // What was made of single responses is for those who may read them; a house's manager sees the house.
        assert_eq!((numbers(&analyst), numbers(&viewer), numbers(&manager)), (vec![3, 2, 1], vec![3, 2], vec![3]));
        for (who, number, status) in
            [(&analyst, 1, 200), (&viewer, 1, 404), (&viewer, 2, 200), (&manager, 2, 404), (&manager, 3, 200)]
        {
            let (found, body) = ask(who, &format!("/{number}"));
            assert_eq!(found, status, "{number}: {body}");
        }
        assert_eq!(soundings::service::sha256(&ask(&analyst, "/1").1), whole["sha256"].as_str().unwrap());
        for (who, number) in [(&analyst, 1), (&viewer, 2), (&manager, 3)] {
            assert_eq!(
                ask(who, &format!("/{number}/verification")),
                (200, r#"{"same":true,"differences":[]}"#.to_owned())
            );
        }
        let audit = run(&["audit", "export", "--database", &site.database.url]);
        assert_eq!(audit.matches(r#""report.keep","subject":"hotel-post-stay""#).count(), 3, "{audit}");
    }
}
