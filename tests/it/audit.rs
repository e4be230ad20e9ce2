//! The audit: who did what is noted, found, exported, and cannot be changed without being seen.

use diesel::RunQueryDsl as _;
use serde_json::Value;
use soundings::service::access::Role;

use super::accounts::{PASSWORD, as_somebody, closed, somebody};
use super::harness::{Site, backends, refusal, run};

fn entries(site: &Site) -> Vec<Value> {
    let lines = run(&["audit", "export", "--database", &site.database.url]);
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn sql(site: &Site, statement: &'static str) -> Result<usize, soundings::store::StoreError> {
    site.app.store.write_blocking(move |db| Ok(diesel::sql_query(statement).execute(db)?))
}

#[test]
fn what_was_done_is_noted_and_found() {
    for backend in backends() {
        let site = closed(backend, 60);
        let analyst = somebody(&site, "ana@larkfield.example", Role::Analyst, None);
        let admin = somebody(&site, "greta@larkfield.example", Role::Administrator, None);
        let sign_in = |password: &str| {
            site.post("/sign-in", &[("email", "ana@larkfield.example"), ("password", password)]).status
        };
        assert_eq!((sign_in("wrong wrong wrong"), sign_in(PASSWORD)), (422, 303));
        site.post("/sign-in", &[("email", "my secret pass@word.example"), ("password", "x")]);
        assert_eq!(as_somebody(&site, &analyst, "GET", "/api/v1/surveys/hotel-post-stay/responses.csv").0, 200);
        assert_eq!(as_somebody(&site, &analyst, "GET", "/api/v1/surveys/hotel-post-stay/responses?limit=7").0, 200);
        run(&["unit", "add", "arnika", "--name", "Arnika", "--database", &site.database.url]);
        run(&["survey", "close", "hotel-post-stay", "--database", &site.database.url]);
        let noted: Vec<(String, String, String)> = entries(&site)
            .iter()
            .map(|e| ["actor", "action", "subject"].map(|name| e[name].as_str().unwrap().to_owned()).into())
            .collect();
        let expected = [
            ("ana@larkfield.example", "sign-in.refused", ""),
            ("ana@larkfield.example", "sign-in", ""),
            ("anybody", "sign-in.refused", ""),
            ("ana@larkfield.example", "responses.export", "hotel-post-stay"),
            ("ana@larkfield.example", "responses.read", "hotel-post-stay"),
            ("shell", "unit.change", "arnika"),
            ("shell", "survey.status", "hotel-post-stay"),
        ];
        assert_eq!(noted, expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned())));
        // Found by whoever administers, and by nobody else.
        let found: Value = serde_json::from_str(
            &as_somebody(&site, &admin, "GET", "/api/v1/audit?action=responses.read&actor=ana@larkfield.example").2,
        )
        .unwrap();
        assert_eq!(
            (found["items"].as_array().unwrap().len(), &found["items"][0]["detail"]["responses"]),
            (1, &7.into())
        );
        let lines = as_somebody(&site, &admin, "GET", "/api/v1/audit.jsonl").2;
        assert_eq!(lines.lines().count(), expected.len());
        assert!(!lines.contains("secret"), "{lines}");
        assert_eq!(as_somebody(&site, &analyst, "GET", "/api/v1/audit").0, 403);
    }
}

#[test]
fn nobody_changes_the_audit_unseen() {
    for backend in backends() {
        let site = closed(backend, 0);
        for code in ["a", "b", "c", "d"] {
            run(&["unit", "add", code, "--name", "x", "--database", &site.database.url]);
        }
        let verify = ["audit", "verify", "--database", &site.database.url];
        let said = run(&verify);
        let last = said.strip_prefix("4 entries, all as they were noted\nlast ").unwrap().trim().to_owned();
        assert_eq!(run(&[&verify[..], &["--kept", &last]].concat()), said);
        // The database refuses; whoever takes the refusal away is found out.
        assert!(sql(&site, "UPDATE audit_entries SET actor = 'nobody'").is_err());
        assert!(sql(&site, "DELETE FROM audit_entries").is_err());
        let open: &[&str] = match backend {
            super::harness::Backend::Sqlite => {
                &["DROP TRIGGER audit_entries_never_change", "DROP TRIGGER audit_entries_never_go"]
            }
            super::harness::Backend::Postgres => &["DROP TRIGGER audit_entries_never_change ON audit_entries"],
        };
        for statement in open {
            sql(&site, statement).unwrap();
        }
        // What is cut off at the end fits together still; a hash that was kept is missed.
        sql(&site, "DELETE FROM audit_entries WHERE number = 4").unwrap();
        assert!(run(&verify).starts_with("3 entries, all"));
        assert!(refusal(&[&verify[..], &["--kept", &last]].concat()).contains("entries are missing"));
        sql(&site, "UPDATE audit_entries SET subject = 'z' WHERE number = 2").unwrap();
        assert!(refusal(&verify).contains("entry 2 is not as it was noted; 1 before it are"));
        sql(&site, "DELETE FROM audit_entries WHERE number = 2").unwrap();
        assert!(refusal(&verify).contains("entry 2 is not"));
    }
}
