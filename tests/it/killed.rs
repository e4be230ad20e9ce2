//! The server is killed without warning while guests hand in. Whoever was thanked is stored, once.

use std::collections::HashSet;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use soundings::store::{StoreError, responses, surveys};

use super::harness::{Backend, Database, Server, backends, hidden, run};

/// Rounds on each backend; `SOUNDINGS_KILL_ROUNDS` asks for more.
const ROUNDS: usize = 3;

/// What guests of one round were told and what they tried.
#[derive(Default)]
struct Told {
    receipts: HashSet<String>,
    attempts: usize,
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_doubled() {
    let rounds = std::env::var("SOUNDINGS_KILL_ROUNDS").ok().and_then(|r| r.parse().ok()).unwrap_or(ROUNDS);
    for backend in backends() {
        let database = Database::new(backend);
        let template = format!("{}/survey-templates/checkout-kiosk.toml", env!("CARGO_MANIFEST_DIR"));
        run(&["survey", "publish", &template, "--database", &database.url]);
        let mut thanked = HashSet::new();
        for round in 0..rounds {
            let told = one_round(&database, Duration::from_millis(150 + 130 * (round as u64 % 5)));
            assert!(!told.receipts.is_empty(), "round {round}: somebody was thanked before the kill");
            thanked.extend(told.receipts);
            check(&database, &thanked, backend);
        }
    }
}

/// Serves, lets eight guests hand in as fast as they can, kills `after` the first was thanked.
fn one_round(database: &Database, after: Duration) -> Told {
    let server = Server::start(&database.url, "127.0.0.1:0");
    let address = server.address.clone();
    let told = Mutex::new(Told::default());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| guests_until_it_dies(&address, &told));
        }
        // From the first thanks on: a busy machine may take its time until then.
        let started = Instant::now();
        while told.lock().unwrap().receipts.is_empty() && started.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(after);
        server.kill();
    });
    told.into_inner().unwrap()
}

/// Hands in, one guest after the other, until the server does not answer.
fn guests_until_it_dies(address: &str, told: &Mutex<Told>) {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(Duration::from_secs(20)));
    let agent: ureq::Agent = config.build().into();
    let url = format!("{address}/s/checkout-kiosk?lang=en");
    loop {
        let Ok(mut page) = agent.get(&url).call() else { return };
        let Ok(page) = page.body_mut().read_to_string() else { return };
        let (attempt, revision) = (hidden(&page, "_attempt"), hidden(&page, "_revision"));
        let fields =
            [("_attempt", attempt.as_str()), ("_revision", revision.as_str()), ("overall", "8"), ("recommend", "9")];
        told.lock().unwrap().attempts += 1;
        let Ok(sent) = agent.post(&url).send_form(fields) else { return };
        assert_eq!(sent.status(), 303);
        let location = sent.headers()["location"].to_str().unwrap().to_owned();
        let receipt = location.split(['/', '?']).nth(4).unwrap().to_owned();
        told.lock().unwrap().receipts.insert(receipt);
    }
}

fn check(database: &Database, thanked: &HashSet<String>, backend: Backend) {
    let store = database.open();
    let rows = store.read_blocking(|db| {
        let survey = surveys::by_slug(db, "checkout-kiosk")?.ok_or(StoreError::Unavailable("no survey".into()))?;
        responses::export_after(db, survey.id, None, 0, i64::MAX)
    });
    let rows = rows.unwrap();
    let stored: HashSet<&str> = rows.iter().map(|r| r.receipt.as_str()).collect();
    let lost: Vec<&String> = thanked.iter().filter(|r| !stored.contains(r.as_str())).collect();
    assert!(lost.is_empty(), "{backend:?}: {} of {} thanked are lost", lost.len(), thanked.len());
    assert_eq!(stored.len(), rows.len(), "{backend:?}: a response is stored twice");
}
