//! A server that is watched: metrics as Prometheus's own parser reads them, traces as OpenTelemetry's own messages.

use std::io::Write as _;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::harness::{Backend, Database, Peer, Server, hidden, python, run, soundings, tools};

/// What Prometheus makes of a text.
fn parsed(text: &str) -> Option<Value> {
    let mut command = Command::new(python()?);
    command.arg(tools()?.join("watching.py")).arg("metrics").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{text}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// The value of a sample with all of these labels.
fn sample(families: &Value, family: &str, name: &str, labels: &[(&str, &str)]) -> f64 {
    let samples = families[family]["samples"].as_array().unwrap_or_else(|| panic!("no {family} in {families}"));
    let has = |one: &&Value| one[0] == name && labels.iter().all(|(label, value)| one[1][label] == *value);
    samples.iter().find(has).unwrap_or_else(|| panic!("no {name} {labels:?} in {samples:?}"))[2].as_f64().unwrap()
}

#[test]
fn metrics_and_traces_say_what_was_done_and_nothing_of_anybody() {
    let database = Database::new(Backend::Sqlite);
    let template = database.folder.path().join("survey.toml");
    std::fs::write(&template, include_str!("../../survey-templates/hotel-post-stay.toml")).unwrap();
    run(&["survey", "publish", template.to_str().unwrap(), "--database", &database.url]);
    let Some(collector) = Peer::start("watching.py", "traces") else { return };
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let metrics = format!("127.0.0.1:{port}");
    let mut command = soundings();
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://127.0.0.1:{}", collector.port));
    // Long: what is left is sent when the server ends.
    command.env("OTEL_BSP_SCHEDULE_DELAY", "600000").stderr(Stdio::null());
    let server = Server::start_watched(command, &database.url, &["--open-results", "--metrics-bind", &metrics]);

    let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
    let agent: ureq::Agent = config.timeout_global(Some(Duration::from_mins(1))).build().into();
    let survey = format!("{}/s/hotel-post-stay", server.address);
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let begun = agent.get(&survey).header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"));
    let page = begun.call().unwrap().body_mut().read_to_string().unwrap();
    let (attempt, revision) = (hidden(&page, "_attempt"), hidden(&page, "_revision"));
    let fields = [
        ("_attempt", attempt.as_str()),
        ("_revision", &revision),
        ("quality_overall", "9"),
        ("satisfaction_overall", "8"),
        ("satisfaction_expected", "7"),
        ("satisfaction_ideal", "9"),
        ("comment", "the goat in the lobby"),
    ];
    let thanks = agent.post(&survey).send_form(fields).unwrap().headers()["location"].to_str().unwrap().to_owned();
    let receipt = thanks.split(['/', '?']).find(|part| part.len() == 14).unwrap().to_owned();
    for _ in 0..2 {
        assert_eq!(agent.get(format!("{}/r/{receipt}", server.address)).call().unwrap().status(), 200);
    }
    assert_eq!(agent.get(format!("{}/nowhere/{receipt}", server.address)).call().unwrap().status(), 404);
    assert_eq!(agent.get(format!("{}/reports/hotel-post-stay", server.address)).call().unwrap().status(), 200);

    // Not where guests are.
    assert_eq!(agent.get(format!("{}/metrics", server.address)).call().unwrap().status(), 404);
    let mut told = agent.get(format!("http://{metrics}/metrics")).call().unwrap();
    assert!(told.headers()["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
    let text = told.body_mut().read_to_string().unwrap();
    let Some(families) = parsed(&text) else { return };
    let requests = |method, route, status: &str| {
        let labels = [("method", method), ("route", route), ("status", status)];
        sample(&families, "soundings_http_requests", "soundings_http_requests_total", &labels)
    };
    assert_eq!(requests("GET", "/s/{survey}", "200"), 1.0);
    assert_eq!(requests("POST", "/s/{survey}", "303"), 1.0);
    assert_eq!(requests("GET", "/r/{receipt}", "200"), 2.0);
    assert_eq!(requests("GET", "none", "404"), 2.0);
    let durations = "soundings_http_request_duration_seconds";
    assert_eq!(sample(&families, durations, &format!("{durations}_count"), &[("route", "/s/{survey}")]), 2.0);
    assert_eq!(sample(&families, "soundings_responses_stored", "soundings_responses_stored_total", &[]), 1.0);
    let reports = "soundings_report_duration_seconds";
    assert_eq!(sample(&families, reports, &format!("{reports}_count"), &[]), 1.0);
    assert_eq!(
        sample(&families, "soundings_webhook_messages", "soundings_webhook_messages", &[("state", "dead")]),
        0.0
    );

    server.stop();
    let mut spans: Vec<Value> = Vec::new();
    while let Ok(line) = collector.lines.recv_timeout(Duration::from_secs(5)) {
        spans.push(serde_json::from_str(&line).unwrap());
        if spans.len() == 7 {
            break;
        }
    }
    assert_eq!(spans.len(), 7, "{spans:?}");
    assert!(spans.iter().all(|span| span["path"] == "/v1/traces" && span["service"] == "soundings"));
    let first = spans.iter().find(|span| span["trace"] == trace).unwrap();
    assert_eq!(first["parent"], "00f067aa0ba902b7", "it goes on where a proxy began");
    assert_eq!(
        (&first["attributes"]["method"], &first["attributes"]["route"], &first["attributes"]["status"]),
        (&json!("GET"), &json!("/s/{survey}"), &json!(200))
    );
    let all = format!("{text}{spans:?}");
    for secret in ["goat", receipt.as_str(), attempt.as_str(), "nowhere"] {
        assert!(!all.contains(secret), "{secret}: {all}");
    }
}
