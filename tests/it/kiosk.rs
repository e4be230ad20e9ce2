//! A kiosk in a real browser: guest after guest, through loss of network, and out with a code.

use std::time::{Duration, Instant};

use super::harness::{Backend, Database, Server, Site, backends, refusal, run};
use super::webdriver::Browser;

fn prepared(backend: Backend) -> Database {
    let database = Database::new(backend);
    let template = format!("{}/survey-templates/checkout-kiosk.toml", env!("CARGO_MANIFEST_DIR"));
    run(&["unit", "add", "old-town", "--name", "Old Town", "--database", &database.url]);
    run(&["survey", "publish", &template, "--database", &database.url]);
    database
}

fn add(database: &Database, base: &str, name: &str, idle: &str) -> String {
    let arguments = ["kiosk", "add", "checkout-kiosk", "--name", name, "--unit", "old-town", "--exit-code", "4711"];
    let more = ["--idle-seconds", idle, "--base-url", base, "--database", &database.url];
    run(&[&arguments[..], &more].concat()).trim().to_owned()
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(25), "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn stored(database: &Database) -> Vec<String> {
    let csv = run(&["export", "checkout-kiosk", "--database", &database.url]);
    csv.lines().skip(1).map(str::to_owned).collect()
}

fn fresh(browser: &Browser) -> bool {
    let code = "return !!document.querySelector('#survey') && !document.querySelector('#survey :checked') \
        && !document.querySelector('textarea')?.value && document.querySelector('#thanks').hidden";
    browser.script(code) == true
}

fn answer(browser: &Browser, overall: &str) {
    browser.click(&format!("input[name=overall][value=\"{overall}\"]"));
    browser.click("input[name=recommend][value=\"9\"]");
    browser.click("#survey button[type=submit]");
}

#[test]
fn guest_after_guest_through_loss_of_network_each_answer_once() {
    let Some(browser) = Browser::open(800) else { return };
    let database = prepared(Backend::Sqlite);
    let server = Server::start(&database.url, "127.0.0.1:0");
    let link = add(&database, &server.address, "Lobby", "30");
    browser.visit(&link);
    let start = format!("{}/k/checkout-kiosk?unit=old-town", server.address);
    assert_eq!(browser.url(), start, "the token is not in the address");
    let attempt = || browser.script("return document.querySelector('[name=_attempt]').value");
    let first = attempt();
    // A required answer is missing: said at the question, and nothing is sent.
    browser.click("#survey button[type=submit]");
    assert!(!browser.text(".kiosk-err").is_empty());
    assert_eq!(stored(&database).len(), 0);
    answer(&browser, "7");
    until("thanks with a receipt", || {
        browser.text("#thanks").contains("Thank you") && browser.text("#receipt").len() == 14
    });
    assert_eq!(browser.script("return !!document.querySelector('#survey')"), false, "nothing of the answers is left");
    // Back to the start by itself, as another attempt, with nothing to go back to.
    until("the start again", || fresh(&browser));
    assert_ne!(attempt(), first);
    browser.script("history.back()");
    std::thread::sleep(Duration::from_millis(500));
    assert!(browser.script("return !document.querySelector('#survey :checked')") == true, "nothing to go back to");
    browser.visit(&start);
    until("the pages are kept", || {
        browser.script_async(
            "const done = arguments[0]; caches.open('kiosk').then(c => c.match(location.href)).then(r => done(!!r && !!navigator.serviceWorker.controller))",
        ) == true
    });
    // The network goes. Two guests answer, one after the other; the page starts again from the device.
    let bound = server.kill();
    for overall in ["3", "2"] {
        answer(&browser, overall);
        until("thanks without a receipt", || {
            browser.script("return document.querySelector('#thanks')?.hidden") == false
        });
        assert_eq!(browser.script("return !!document.querySelector('#receipt')"), false);
        until("the start again, from the device", || fresh(&browser));
    }
    assert_eq!(stored(&database).len(), 1);
    // And comes back: both arrive, each once, in their order.
    let server = Server::start(&database.url, &bound);
    until("what waited has arrived", || stored(&database).len() == 3);
    std::thread::sleep(Duration::from_secs(1));
    let rows = stored(&database);
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|row| row.contains(",old-town,")), "{rows:?}");
    // Out with the code alone.
    browser.visit(&start);
    browser.click(".staff");
    browser.write("#code", "1111");
    browser.click("#leave form button:not([type])");
    until("a wrong code is said", || browser.script("return document.querySelector('#wrong').hidden") == false);
    assert_eq!(browser.script("return document.querySelector('#offline').hidden"), true);
    browser.script("document.querySelector('#code').value = '4711'");
    browser.click("#leave form button:not([type])");
    until("the kiosk is left", || browser.url() == format!("{}/", server.address));
    browser.visit(&start);
    assert!(browser.text("h1").contains("not set up"), "{}", browser.text("h1"));
    // A revoked device is one no longer.
    let link = add(&database, &server.address, "Bar", "30");
    run(&["kiosk", "revoke", "Bar", "--database", &database.url]);
    browser.visit(&link);
    assert!(browser.text("h1").contains("not set up"));
    let listed = run(&["kiosk", "list", "--database", &database.url]);
    assert_eq!(listed, "Bar  checkout-kiosk  old-town  revoked\nLobby  checkout-kiosk  old-town  active\n");
}

#[test]
fn an_idle_kiosk_asks_and_then_starts_again() {
    let Some(browser) = Browser::open(800) else { return };
    let database = prepared(Backend::Sqlite);
    let server = Server::start(&database.url, "127.0.0.1:0");
    browser.visit(&add(&database, &server.address, "Lobby", "5"));
    browser.click("input[name=overall][value=\"4\"]");
    until("a word before", || browser.script("return document.querySelector('#still').open") == true);
    browser.click("#still button");
    assert_eq!(
        browser.script("return document.querySelector('#survey :checked').value"),
        "4",
        "whoever is there goes on"
    );
    until("the start again", || fresh(&browser));
    assert_eq!(stored(&database).len(), 0);
}

#[test]
fn kiosks_refuse_strangers_other_surveys_and_those_who_guess() {
    for backend in backends() {
        let site = Site::demo(backend, 0);
        let add = |survey: &'static str, name: &'static str| {
            let what = ["kiosk", "add", survey, "--name", name, "--exit-code", "4711"];
            [&what[..], &["--base-url", &site.address, "--database", &site.database.url]].concat()
        };
        let link = run(&add("checkout-kiosk", "One"));
        assert!(refusal(&add("checkout-kiosk", "One")).contains("there is a kiosk `One` already"));
        let kano = format!("{}/survey-templates/kano-hotel.toml", env!("CARGO_MANIFEST_DIR"));
        run(&["survey", "publish", &kano, "--database", &site.database.url]);
        assert!(refusal(&add("kano-hotel", "Two")).contains("a kiosk needs one that fits on a single page"));
        assert_eq!(site.get("/k/checkout-kiosk").status, 403);
        assert_eq!(site.post("/k/checkout-kiosk", &[]).status, 403);
        assert_eq!(site.get("/k/checkout-kiosk?device=nonsense").status, 403);
        let token = link.trim().split("device=").nth(1).unwrap();
        assert_eq!(site.get(&format!("/k/hotel-post-stay?device={token}")).status, 403, "another survey");
        let (app, token) = (site.app.clone(), token.to_owned());
        actix_web::rt::System::new().block_on(async move {
            let kiosk = app.kiosk(&token, "checkout-kiosk").await.unwrap();
            assert!(app.leave_kiosk(&kiosk, "4711").is_ok());
            for _ in 0..5 {
                assert!(app.leave_kiosk(&kiosk, "0000").is_err());
            }
            assert!(app.leave_kiosk(&kiosk, "4711").is_err(), "locked after five wrong ones");
        });
    }
}
