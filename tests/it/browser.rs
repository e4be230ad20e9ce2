//! A real browser: headless Chromium answers as a guest and finds the answer in the report.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::harness::{Backend, Site, say_skipped};

/// A browser window driven over WebDriver; closed when dropped.
struct Browser {
    driver: Child,
    session: String,
    agent: ureq::Agent,
    profile: tempfile::TempDir,
}

/// The name under which WebDriver returns an element's reference.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

impl Browser {
    /// Opens a window of `width` by 900; `None`, audibly, where there is no Chromium.
    fn open(width: u32) -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let started = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(driver) = started else {
            say_skipped("the browser's journeys: chromedriver is not installed (Debian: chromium chromium-driver)");
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        let config =
            ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_mins(1)));
        let mut browser =
            Self { driver, session: format!("http://127.0.0.1:{port}"), agent: config.build().into(), profile };
        browser.wait_for_driver();
        let mut arguments: Vec<String> = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ]
        .map(str::to_owned)
        .to_vec();
        arguments.push(format!("--user-data-dir={}", browser.profile.path().display()));
        let metrics = json!({"deviceMetrics": {"width": width, "height": 900, "pixelRatio": 1, "mobile": width < 700}});
        let options = json!({"args": arguments, "mobileEmulation": metrics});
        let session = browser.call(
            "POST",
            "/session",
            &json!({"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}}),
        );
        let id = session["sessionId"].as_str().unwrap_or_else(|| panic!("{session}")).to_owned();
        browser.session = format!("{}/session/{id}", browser.session);
        // A click returns before the next page is there: what is looked for may take a moment to appear.
        browser.call("POST", "/timeouts", &json!({"implicit": 10_000}));
        Some(browser)
    }

    fn wait_for_driver(&self) {
        for _ in 0..100 {
            if self.agent.get(format!("{}/status", self.session)).call().is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("chromedriver does not answer");
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.session);
        let mut response = match method {
            "GET" => self.agent.get(url).call(),
            _ => self.agent.post(url).send_json(body),
        }
        .unwrap();
        let answer: Value = response.body_mut().read_json().unwrap();
        assert!(answer["value"]["error"].is_null(), "{method} {path}: {answer}");
        answer["value"].clone()
    }

    fn visit(&self, url: &str) {
        self.call("POST", "/url", &json!({"url": url}));
    }

    fn find(&self, css: &str) -> String {
        self.call("POST", "/element", &json!({"using": "css selector", "value": css}))[ELEMENT]
            .as_str()
            .unwrap()
            .to_owned()
    }

    fn click(&self, css: &str) {
        self.call("POST", &format!("/element/{}/click", self.find(css)), &json!({}));
    }

    fn write(&self, css: &str, text: &str) {
        self.call("POST", &format!("/element/{}/value", self.find(css)), &json!({"text": text}));
    }

    fn text(&self, css: &str) -> String {
        self.call("GET", &format!("/element/{}/text", self.find(css)), &json!({})).as_str().unwrap().to_owned()
    }

    fn url(&self) -> String {
        self.call("GET", "/url", &json!({})).as_str().unwrap().to_owned()
    }

    /// Runs script in the page, as the developer's console does: the page's own policy allows none.
    fn script(&self, code: &str) -> Value {
        self.call("POST", "/execute/sync", &json!({"script": code, "args": []}))
    }

    /// Presses keys at whatever has the focus.
    fn press(&self, keys: &[&str]) {
        let presses: Vec<Value> = keys
            .iter()
            .flat_map(|k| [json!({"type": "keyDown", "value": k}), json!({"type": "keyUp", "value": k})])
            .collect();
        self.call("POST", "/actions", &json!({"actions": [{"type": "key", "id": "keyboard", "actions": presses}]}));
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn choose(browser: &Browser, question: &str, value: &str) {
    browser.click(&format!("input[name={question}][value=\"{value}\"]"));
}

#[test]
fn a_guest_without_script_answers_on_a_phone_and_the_report_has_it() {
    let Some(browser) = Browser::open(320) else { return };
    let site = Site::demo(Backend::Sqlite, 120);
    browser.visit(&format!("{}/s/hotel-post-stay?unit=old-town&lang=en", site.address));
    assert_eq!(browser.script("return document.scripts.length"), 0, "the page has no script to turn off");
    assert!(site.get("/s/hotel-post-stay").header("content-security-policy").starts_with("default-src 'none';"));
    choose(&browser, "quality_overall", "9");
    choose(&browser, "quality_room", "na");
    browser.write("#comment", "The view! 很好。");
    browser.click("button[type=submit]");
    // Three required answers are missing; what was given is still there.
    assert_eq!(browser.text("#errors-title"), "3 answers need your attention");
    assert!(browser.find("input[name=quality_overall][value=\"9\"]:checked").len() > 1);
    browser.click(".errors a[href=\"#satisfaction_overall\"]");
    for question in ["satisfaction_overall", "satisfaction_expected", "satisfaction_ideal"] {
        choose(&browser, question, "8");
    }
    browser.click("button[type=submit]");
    let receipt = browser.text(".receipt dd");
    assert_eq!(browser.text("h1"), "Thank you");
    assert!(browser.url().contains(&receipt));
    browser.visit(&format!("{}/reports/hotel-post-stay?lang=en", site.address));
    assert!(browser.text(".figure").contains("121 responses"), "{}", browser.text(".figure"));
    let csv = site.get("/api/v1/surveys/hotel-post-stay/responses.csv").body;
    assert!(csv.lines().any(|l| l.starts_with(&receipt) && l.contains("The view! 很好。")));
}

#[test]
fn pages_fit_narrow_screens_and_targets_are_large_enough() {
    let Some(browser) = Browser::open(320) else { return };
    let site = Site::demo(Backend::Sqlite, 120);
    let paths = [
        "/s/hotel-post-stay?lang=en",
        "/s/hotel-post-stay?lang=zh",
        "/s/checkout-kiosk?lang=en",
        "/reports/hotel-post-stay?lang=en",
        "/reports/hotel-post-stay?lang=zh",
        "/s/nothing",
    ];
    for path in paths {
        browser.visit(&format!("{}{path}", site.address));
        let overflow =
            browser.script("return document.documentElement.scrollWidth - document.documentElement.clientWidth");
        assert_eq!(overflow, 0, "{path} scrolls sideways");
        let small = browser.script(
            "return [...document.querySelectorAll('input:not([type=hidden]),button,textarea,select,nav a,.button,summary')].filter(e => { const r = e.getBoundingClientRect(); \
             return r.height > 0 && (r.height < 44 || r.width < 44) }).map(e => e.outerHTML.slice(0, 80))",
        );
        assert_eq!(small, json!([]), "{path} has targets under 44 px");
    }
}

#[test]
fn the_keyboard_is_enough() {
    let Some(browser) = Browser::open(1440) else { return };
    let site = Site::demo(Backend::Sqlite, 0);
    browser.visit(&format!("{}/s/checkout-kiosk?lang=en", site.address));
    let (tab, right, enter, space) = ("\u{e004}", "\u{e014}", "\u{e007}", " ");
    // Skip link, two languages, then the questions: space chooses, arrows move, tab goes on.
    browser.press(&[tab, enter, tab]);
    browser.press(&[space, right, right, tab, tab]);
    let focused = || {
        browser.script("return document.activeElement.name || document.activeElement.type").as_str().unwrap().to_owned()
    };
    for _ in 0..12 {
        if focused() == "recommend" {
            break;
        }
        browser.press(&[tab]);
    }
    browser.press(&[space, right]);
    for _ in 0..4 {
        if focused() == "submit" {
            break;
        }
        browser.press(&[tab]);
    }
    assert_eq!(browser.script("return document.querySelector('[name=overall]:checked').value"), "3");
    browser.press(&[enter]);
    assert_eq!(browser.text(".receipt dd").len(), 14);
}
