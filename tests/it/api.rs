//! Programs: every call with made-up values, the documentation's own examples, pages, conditions, repeats, limits.

use std::fmt::Write as _;
use std::process::Command;

use serde_json::{Value, json};
use soundings::web::server::Access;

use super::accounts::{PASSWORD, closed};
use super::harness::{Backend, Site, backends, python, run, say_skipped};

fn token(site: &Site, name: &str, role: &str) -> String {
    let said = run(&["token", "add", name, "--role", role, "--database", &site.database.url]);
    said.trim().to_owned()
}

/// A call: status, headers, body.
fn call(
    site: &Site,
    token: &str,
    method: &str,
    path: &str,
    more: &[(&str, &str)],
    body: Option<&str>,
) -> (u16, ureq::http::HeaderMap, String) {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).allow_non_standard_methods(true).build().into();
    let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", site.address));
    request = request.header("authorization", format!("Bearer {token}"));
    for (name, value) in more {
        request = request.header(*name, *value);
    }
    let mut reply = match body {
        Some(body) => agent.run(request.body(body.to_owned()).unwrap()),
        None => agent.run(request.body(()).unwrap()),
    }
    .unwrap();
    (reply.status().as_u16(), reply.headers().clone(), reply.body_mut().read_to_string().unwrap())
}

fn value(body: &str) -> Value {
    serde_json::from_str(body).unwrap_or_else(|e| panic!("{e}: {body}"))
}

const JSON: (&str, &str) = ("content-type", "application/json");

#[test]
fn the_description_is_what_it_was_when_last_looked_at() {
    let site = Site::demo(Backend::Sqlite, 0);
    let description = site.get("/api/v1/openapi.json").json();
    assert_eq!(description["openapi"], "3.1.0");
    let mut shown = serde_json::to_string_pretty(&description).unwrap();
    shown = shown.replace(&format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION")), "\"version\": \"VERSION\"");
    insta::assert_snapshot!("openapi", shown);
    // Every call is described, and every described call is a route.
    let page = site.get("/api").body;
    for (path, methods) in description["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            assert!(page.contains(&format!("{} {path}", method.to_uppercase())), "{method} {path}");
        }
    }
    let routes = include_str!("../../src/web/routes.rs");
    let described = description["paths"].as_object().unwrap().len();
    assert_eq!(
        routes.split('"').filter(|part| part.starts_with("/api/v1/")).count(),
        described + 1,
        "all but the description itself"
    );
}

#[test]
fn made_up_calls_break_nothing() {
    let Some(python) = python() else { return };
    let program = python.with_file_name("schemathesis");
    for backend in backends() {
        let site = closed(backend, 60);
        for role in ["administrator", "analyst"] {
            let header = format!("Authorization: Bearer {}", token(&site, role, role));
            let output = Command::new(&program)
                .args(["run", &format!("{}/api/v1/openapi.json", site.address), "--header", &header])
                .args(["--phases", "examples,coverage,fuzzing", "--max-examples", "15", "--seed", "1", "--continue-on-failure", "--no-color"])
                .args(["--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,unsupported_method,ignored_auth"])
                .current_dir(site.database.folder.path())
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{said}");
            assert!(said.contains("Tested: 57"), "{said}");
        }
        // And the site is as well as before.
        assert_eq!(site.get("/readyz").status, 200);
    }
}

/// The blocks of a language in docs/api.md.
fn examples(language: &str) -> Vec<String> {
    let page = include_str!("../../docs/api.md");
    let opening = format!("```{language}\n");
    page.split(opening.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn the_documentations_examples_run_as_they_stand() {
    let site = closed(Backend::Sqlite, 700);
    let (analyst, admin) = (token(&site, "reader", "analyst"), token(&site, "writer", "administrator"));
    let folder = tempfile::tempdir().unwrap();
    let example = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(folder.path());
        command.env("BASE", &site.address).env("TOKEN", &analyst).env("ADMIN", &admin);
        let output = command.output().ok()?;
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        Some(String::from_utf8(output.stdout).unwrap())
    };
    for block in examples("sh") {
        example("sh", &["-euc", &block]).expect("sh and curl are there");
    }
    assert!(std::fs::read_to_string(folder.path().join("responses.csv")).unwrap().lines().count() > 700);
    let said = example("python3", &["-c", &examples("python")[0]]).expect("python3 is there");
    assert!(said.starts_with("Satisfaction 7"), "{said}");
    match example("Rscript", &["-e", &examples("r")[0]]) {
        Some(said) => assert!(said.starts_with("701 responses, staff on average"), "{said}"),
        None => say_skipped("docs/api.md in R: Rscript is absent (Debian: apt-get install r-base-core)"),
    }
}

#[test]
fn lists_come_in_pages_and_answers_with_tags() {
    for backend in backends() {
        let site = closed(backend, 60);
        let reader = token(&site, "reader", "analyst");
        let (mut cursor, mut receipts) = (String::new(), Vec::new());
        loop {
            let path = format!("/api/v1/surveys/hotel-post-stay/responses?limit=25{cursor}");
            let page = value(&call(&site, &reader, "GET", &path, &[], None).2);
            receipts
                .extend(page["items"].as_array().unwrap().iter().map(|r| r["receipt"].as_str().unwrap().to_owned()));
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(receipts.iter().collect::<std::collections::BTreeSet<_>>().len(), 60);
        let bad = call(&site, &reader, "GET", "/api/v1/surveys/hotel-post-stay/responses?cursor=x", &[], None);
        assert_eq!((bad.0, bad.1["content-type"].to_str().unwrap()), (400, "application/problem+json"));
        assert!(value(&bad.2)["detail"].as_str().unwrap().starts_with("`cursor` is `x`"), "{}", bad.2);
        // What one has already is not sent again, until it changes.
        let path = "/api/v1/reports/hotel-post-stay";
        let (_, headers, _) = call(&site, &reader, "GET", path, &[], None);
        let tag = headers["etag"].to_str().unwrap().to_owned();
        assert_eq!(call(&site, &reader, "GET", path, &[("if-none-match", &tag)], None).0, 304);
        let opened = site.open("/s/hotel-post-stay?unit=dunes");
        assert_eq!(site.post("/s/hotel-post-stay?unit=dunes", &opened.filled(&[])).status, 303);
        assert_eq!(call(&site, &reader, "GET", path, &[("if-none-match", &tag)], None).0, 200);
    }
}

#[test]
fn writes_are_conditional_and_done_once() {
    for backend in backends() {
        let site = closed(backend, 0);
        let admin = token(&site, "writer", "administrator");
        let unit = |name: &str| json!({"code": "arnika", "name": name, "parent": "coast"}).to_string();
        let put = |more: &[(&str, &str)], name: &str| {
            call(&site, &admin, "PUT", "/api/v1/units/arnika", &[&[JSON], more].concat(), Some(&unit(name)))
        };
        assert_eq!(put(&[("if-match", "*")], "Arnika").0, 412, "nothing there to match");
        let (status, headers, _) = put(&[], "Arnika");
        let tag = headers["etag"].to_str().unwrap().to_owned();
        assert_eq!(status, 200);
        assert_eq!(put(&[("if-match", &tag)], "Arnika Park").0, 200);
        assert_eq!(put(&[("if-match", &tag)], "Arnika Lake").0, 412, "changed since");
        let invite = |key: &str, body: &str| {
            call(
                &site,
                &admin,
                "POST",
                "/api/v1/surveys/hotel-post-stay/invitations",
                &[JSON, ("idempotency-key", key)],
                Some(body),
            )
        };
        let guests = r#"[{"reference": "R-1", "unit": "arnika"}]"#;
        let (first, again, other) = (invite("k-1", guests), invite("k-1", guests), invite("k-2", guests));
        assert_eq!((first.0, again.0, other.0), (201, 201, 201));
        assert_eq!(first.2, again.2);
        assert_eq!(again.1["idempotent-replayed"], "true");
        assert_ne!(first.2, other.2);
        assert_eq!(invite("k-1", "[]").0, 409, "the same key for something else");
        let link = value(&first.2)["links"][0].as_str().unwrap().to_owned();
        assert_eq!(site.get(&link[link.find("/i/").unwrap()..]).status, 200);
        let nul = invite("k-4", "[{\"reference\": \"a\\u0000b\"}]");
        assert!(nul.0 == 422 && nul.2.contains("control character"), "{}", nul.2);
        assert_eq!(call(&site, &admin, "GET", "/api/v1/audit.jsonl?action=%00", &[], None).0, 400);
        assert_eq!(call(&site, &admin, "DELETE", "/api/v1/tokens/%00", &[], None).0, 404);
        // A failure leaves the key free.
        assert_eq!(invite("k-3", r#"[{"unit": "nowhere"}]"#).0, 404);
        assert_eq!(invite("k-3", guests).0, 201);
        let revoked = call(
            &site,
            &admin,
            "POST",
            "/api/v1/surveys/hotel-post-stay/invitations/revoke",
            &[JSON],
            Some(r#"{"reference": "R-1"}"#),
        );
        assert_eq!(value(&revoked.2)["revoked"], 3);
    }
}

#[test]
fn programs_publish_close_and_invite_people() {
    for backend in backends() {
        let site = closed(backend, 0);
        let admin = token(&site, "writer", "administrator");
        let template = include_str!("../../survey-templates/hotel-post-stay.toml")
            .replace("version = \"1.1\"", "version = \"1.2\"");
        let toml = ("content-type", "application/toml");
        let published = call(&site, &admin, "POST", "/api/v1/surveys", &[toml], Some(&template));
        assert_eq!((published.0, value(&published.2)["version"].as_str().unwrap()), (201, "1.2"), "{}", published.2);
        let revisions = value(&call(&site, &admin, "GET", "/api/v1/surveys/hotel-post-stay/revisions", &[], None).2);
        let revisions = revisions["items"].as_array().unwrap();
        assert_eq!(revisions.len(), 2);
        let hash = revisions[1]["revision"].as_str().unwrap();
        let path = format!("/api/v1/surveys/hotel-post-stay/revisions/{hash}");
        assert_eq!(call(&site, &admin, "GET", &path, &[], None).2, template);
        let faulty = call(
            &site,
            &admin,
            "POST",
            "/api/v1/surveys",
            &[toml],
            Some(&template.replace("headline = \"Satisfaction\"", "headline = \"Joy\"")),
        );
        assert!(
            faulty.0 == 422 && value(&faulty.2)["detail"].as_str().unwrap().contains("`Joy` is not a construct"),
            "{}",
            faulty.2
        );
        let close =
            call(&site, &admin, "PATCH", "/api/v1/surveys/hotel-post-stay", &[JSON], Some(r#"{"status": "closed"}"#));
        assert_eq!(value(&close.2)["status"], "closed");
        assert_eq!(site.get("/s/hotel-post-stay").status, 410);
        // A person, whose link comes back because this server sends no mail.
        let new = json!({"email": "Mia@larkfield.example", "name": "Mia Berg", "roles": [{"role": "manager", "unit": "dunes"}]});
        let made = value(&call(&site, &admin, "POST", "/api/v1/accounts", &[JSON], Some(&new.to_string())).2);
        let link = made["link"].as_str().unwrap();
        assert_eq!(site.post(&link[link.find("/welcome/").unwrap()..], &[("password", PASSWORD)]).status, 303);
        let accounts = value(&call(&site, &admin, "GET", "/api/v1/accounts", &[], None).2);
        assert_eq!(accounts["items"][0]["roles"], json!([{"role": "manager", "unit": "dunes"}]));
        assert_eq!(call(&site, &admin, "DELETE", "/api/v1/accounts/mia@larkfield.example", &[], None).0, 204);
        assert_eq!(call(&site, &admin, "DELETE", "/api/v1/accounts/mia@larkfield.example", &[], None).0, 404);
        // A token that a token made.
        let made = call(
            &site,
            &admin,
            "POST",
            "/api/v1/tokens",
            &[JSON],
            Some(r#"{"name": "warehouse", "role": "export", "unit": "dunes"}"#),
        );
        let export = value(&made.2)["token"].as_str().unwrap().to_owned();
        assert_eq!(call(&site, &export, "GET", "/api/v1/surveys/hotel-post-stay/responses", &[], None).0, 200);
        assert_eq!(call(&site, &export, "GET", "/api/v1/tokens", &[], None).0, 403);
        assert_eq!(
            call(&site, &admin, "POST", "/api/v1/tokens", &[JSON], Some(r#"{"name": "warehouse", "role": "export"}"#))
                .0,
            409
        );
        assert_eq!(call(&site, &admin, "DELETE", "/api/v1/tokens/warehouse", &[], None).0, 204);
        assert_eq!(call(&site, &export, "GET", "/api/v1/me", &[], None).0, 401);
        let refused = call(&site, &admin, "DELETE", "/api/v1/units", &[], None);
        assert_eq!((refused.0, refused.1["allow"].to_str().unwrap()), (405, "GET, HEAD, POST"));
    }
}

#[test]
fn a_table_of_stays_streams_into_ones_own_units() {
    for backend in backends() {
        let site = closed(backend, 0);
        let said = run(&[
            "token",
            "add",
            "pms",
            "--role",
            "administrator",
            "--unit",
            "coast",
            "--database",
            &site.database.url,
        ]);
        let coast = said.trim();
        let mut table = "key,unit,arrival,departure,email\n".to_owned();
        for i in 0..20_000 {
            let unit = if i % 1000 == 999 { "old-town" } else { "dunes" };
            writeln!(table, "R-{i},{unit},2026-11-01,2026-11-0{},guest{i}@example.org", 2 + i % 5).unwrap();
        }
        let csv = ("content-type", "text/csv");
        assert!(table.len() > 1024 * 1024 / 2);
        let done = value(&call(&site, coast, "POST", "/api/v1/stays", &[csv], Some(&table)).2);
        assert_eq!((&done["added"], &done["rejected"]), (&json!(19_980), &json!(20)), "a foreign unit is none");
        assert_eq!(done["faults"][0], json!({"line": 1001, "reason": "`unit`: there is no unit `old-town` here"}));
        let again = value(&call(&site, coast, "POST", "/api/v1/stays", &[csv], Some(&table)).2);
        assert_eq!((&again["added"], &again["unchanged"]), (&json!(0), &json!(19_980)));
        let page = call(&site, coast, "GET", "/api/v1/stays?limit=2", &[], None).2;
        assert!(page.contains("R-0") && !page.contains("example.org"), "no contact comes back: {page}");
        let viewer = token(&site, "viewer", "viewer");
        assert_eq!(call(&site, &viewer, "POST", "/api/v1/stays", &[csv], Some(&table)).0, 403);
        let broken = call(&site, coast, "POST", "/api/v1/stays", &[JSON], Some("[{"));
        assert_eq!((broken.0, broken.1["content-type"].to_str().unwrap()), (400, "application/problem+json"));
    }
}

#[test]
fn a_program_that_asks_too_often_is_told_when_to_come_back() {
    let access = Access { open_results: false, open_responses: false, calls_a_minute: 5, ..Access::open() };
    let site = Site::with(Backend::Sqlite, 0, access);
    let (one, other) = (token(&site, "one", "viewer"), token(&site, "other", "viewer"));
    let left: Vec<String> = (0..5)
        .map(|_| {
            call(&site, &one, "GET", "/api/v1/me", &[], None).1["ratelimit-remaining"].to_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(left, ["4", "3", "2", "1", "0"]);
    let refused = call(&site, &one, "GET", "/api/v1/me", &[], None);
    assert!(
        refused.0 == 429 && refused.1["retry-after"].to_str().unwrap().parse::<u16>().unwrap() <= 60,
        "{}",
        refused.2
    );
    assert_eq!(refused.1["ratelimit-limit"], "5");
    assert_eq!(call(&site, &other, "GET", "/api/v1/me", &[], None).0, 200, "others are not held up");
}

#[test]
fn a_program_hands_in_what_a_guest_said_by_the_rules_of_the_page() {
    for backend in backends() {
        let site = closed(backend, 0);
        let hand_in = |body: &Value| {
            let path = "/api/v1/surveys/hotel-post-stay/responses";
            let (status, _, said) = call(&site, "", "POST", path, &[JSON], Some(&body.to_string()));
            (status, value(&said))
        };
        let ratings = json!({"quality_overall": 9, "satisfaction_overall": 8, "satisfaction_expected": 7,
            "satisfaction_ideal": 9, "comment": "by telephone"});
        let attempt = "0123456789abcdef0123456789abcdef";
        let whole = json!({"unit": "dunes", "language": "en", "attempt": attempt, "answers": ratings});
        let (status, first) = hand_in(&whole);
        assert_eq!(status, 201, "{first}");
        // Once, whatever the repeat holds.
        assert_eq!(hand_in(&whole), (201, first.clone()));
        let receipt = first["receipt"].as_str().unwrap();
        assert!(site.get(&format!("/r/{receipt}")).body.contains("by telephone"));
        // Everything that is wrong, at once; nothing is stored.
        let (status, problem) = hand_in(&json!({"answers": {"quality_overall": 9, "comment": "x".repeat(2001)}}));
        assert_eq!((status, &problem["type"]), (422, &json!("/api#bad-answers")));
        let detail = problem["detail"].as_str().unwrap();
        assert!(
            detail.contains("`satisfaction_overall` is required") && detail.contains("`comment` has 2001"),
            "{detail}"
        );
        for (body, status) in [
            (json!({"answers": {"quality_overall": 11}}), 400),
            (json!({"answers": {"no_such_question": 1}}), 400),
            (json!({"answers": ratings, "attempt": "short"}), 400),
            (json!({"answers": ratings, "unit": "nowhere"}), 404),
            (json!({"answers": ratings, "revision": "0".repeat(64)}), 400),
            (json!({"answers": ratings, "more": 1}), 400),
        ] {
            assert_eq!(hand_in(&body).0, status, "{body}");
        }
        let reader = token(&site, "reader", "analyst");
        let path = "/api/v1/surveys/hotel-post-stay/responses";
        let stored = value(&call(&site, &reader, "GET", path, &[], None).2);
        assert_eq!(stored["items"].as_array().unwrap().len(), 1);
        assert_eq!(stored["items"][0]["answers"]["quality_overall"], 9);
        // Who was invited, and whether they answered.
        let admin = token(&site, "writer", "administrator");
        let invitations = "/api/v1/surveys/hotel-post-stay/invitations";
        let guests = json!([{"reference": "R-1", "unit": "dunes"}, {"reference": "R-2", "language": "zh-Hans"}]);
        let links = value(&call(&site, &admin, "POST", invitations, &[JSON], Some(&guests.to_string())).2);
        let link = links["links"][0].as_str().unwrap();
        let path = &link[link.find("/i/").unwrap()..];
        let opened = site.open(path);
        assert_eq!(site.post(path, &opened.filled(&[])).status, 303);
        let listed = value(&call(&site, &admin, "GET", invitations, &[], None).2);
        let states: Vec<&Value> = listed["items"].as_array().unwrap().iter().map(|one| &one["status"]).collect();
        assert_eq!(states, ["used", "open"]);
        let one = value(&call(&site, &admin, "GET", &format!("{invitations}?reference=R-2"), &[], None).2);
        assert_eq!((one["items"].as_array().unwrap().len(), &one["items"][0]["language"]), (1, &json!("zh-Hans")));
    }
}
