//! Headless Chromium, driven over WebDriver.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::harness::say_skipped;

/// A browser window driven over WebDriver; closed when dropped.
pub struct Browser {
    driver: Child,
    session: String,
    agent: ureq::Agent,
    profile: tempfile::TempDir,
    script: bool,
}

/// How a window is opened.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// In the page's pixels.
    pub width: u32,
    pub height: u32,
    /// Pixels of the screen to one of the page, as zooming in does: at 400 % a window of 1280 by 1024 has 320 by 256.
    pub zoom: u32,
    /// Whether pages run their scripts.
    pub script: bool,
}

impl Default for Window {
    fn default() -> Self {
        Self { width: 1280, height: 900, zoom: 1, script: true }
    }
}

/// The name under which WebDriver returns an element's reference.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

impl Browser {
    /// Opens a window of `width` by 900; `None`, audibly, where there is no Chromium.
    pub fn open(width: u32) -> Option<Self> {
        Self::open_as(Window { width, ..Window::default() })
    }

    /// As [`Browser::open`].
    pub fn open_as(window: Window) -> Option<Self> {
        let Window { width, height, zoom, script } = window;
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
            Self { driver, session: format!("http://127.0.0.1:{port}"), agent: config.build().into(), profile, script };
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
        let mobile = width < 700 && zoom == 1;
        let metrics =
            json!({"deviceMetrics": {"width": width, "height": height, "pixelRatio": zoom, "mobile": mobile}});
        // As a browser's settings turn script off for every page.
        let prefs = json!({"profile.managed_default_content_settings.javascript": if script { 1 } else { 2 }});
        let options = json!({"args": arguments, "mobileEmulation": metrics, "prefs": prefs});
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

    pub fn wait_for_driver(&self) {
        for _ in 0..100 {
            if self.agent.get(format!("{}/status", self.session)).call().is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("chromedriver does not answer");
    }

    pub fn call(&self, method: &str, path: &str, body: &Value) -> Value {
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

    pub fn visit(&self, url: &str) {
        self.call("POST", "/url", &json!({"url": url}));
    }

    /// As somebody whose device is set to dark.
    pub fn prefer_dark(&self, dark: bool) {
        let scheme = if dark { "dark" } else { "light" };
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.call("POST", "/goog/cdp/execute", &json!({"cmd": "Emulation.setEmulatedMedia", "params": media}));
    }

    pub fn find(&self, css: &str) -> String {
        self.call("POST", "/element", &json!({"using": "css selector", "value": css}))[ELEMENT]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Clicks; in a window without script presses the key that does the same, because chromedriver cannot click there.
    pub fn click(&self, css: &str) {
        let element = self.find(css);
        if self.script {
            self.call("POST", &format!("/element/{element}/click"), &json!({}));
            return;
        }
        let is_link = self.script_with("return document.querySelector(arguments[0]).matches('a')", &json!([css]));
        let key = if is_link == true { "\u{e007}" } else { " " };
        self.call("POST", &format!("/element/{element}/value"), &json!({"text": key}));
    }

    pub fn write(&self, css: &str, text: &str) {
        self.call("POST", &format!("/element/{}/value", self.find(css)), &json!({"text": text}));
    }

    pub fn text(&self, css: &str) -> String {
        self.call("GET", &format!("/element/{}/text", self.find(css)), &json!({})).as_str().unwrap().to_owned()
    }

    /// The text of an element, once it has any.
    pub fn wait_for_text(&self, css: &str) -> String {
        for _ in 0..100 {
            let text = self.text(css);
            if !text.is_empty() {
                return text;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("{css} stays empty");
    }

    /// Waits until the page's address has this in it: a click returns before the next page is there.
    pub fn wait_for_url(&self, part: &str) {
        for _ in 0..300 {
            if self.url().contains(part) {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("{} has no {part}", self.url());
    }

    pub fn url(&self) -> String {
        self.call("GET", "/url", &json!({})).as_str().unwrap().to_owned()
    }

    /// Runs script in the page, as the developer's console does: the page's own policy allows none.
    pub fn script(&self, code: &str) -> Value {
        self.call("POST", "/execute/sync", &json!({"script": code, "args": []}))
    }

    /// As [`Browser::script`], with arguments.
    pub fn script_with(&self, code: &str, arguments: &Value) -> Value {
        self.call("POST", "/execute/sync", &json!({"script": code, "args": arguments}))
    }

    /// Runs script that calls its last argument when it is done.
    pub fn script_async(&self, code: &str) -> Value {
        self.call("POST", "/execute/async", &json!({"script": code, "args": []}))
    }

    /// Presses keys at whatever has the focus.
    pub fn press(&self, keys: &[&str]) {
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
