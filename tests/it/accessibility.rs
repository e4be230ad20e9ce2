//! axe-core in headless Chromium over every page that a guest can come to.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};
use soundings::service::access::Role;

use super::harness::{Backend, Site, run, tools};
use super::questionnaires::{Luck, form};
use super::questionnaires_rendered::{library, stroll};
use super::webdriver::Browser;

#[test]
fn axe_finds_no_violation_on_a_kiosk() {
    let Some(mut judge) = Judge::new(800) else { return };
    let site = Site::demo(Backend::Sqlite, 0);
    let setup =
        ["kiosk", "add", "checkout-kiosk", "--name", "Lobby", "--exit-code", "4711", "--base-url", &site.address];
    let link = run(&[&setup[..], &["--database", &site.database.url]].concat());
    let inject = |judge: &Judge| judge.browser.script_with("window.eval(arguments[0])", &json!([judge.axe]));
    for (name, script) in [
        ("fresh", ""),
        ("errors", "document.querySelector('#survey [type=submit]').click()"),
        ("staff", "document.querySelector('.staff').click()"),
        ("idle", "document.querySelector('#still').showModal()"),
        (
            "thanks",
            "for (const n of ['overall', 'recommend']) document.querySelector(`[name=${n}][value='8']`).click(); \
            document.querySelector('#survey [type=submit]').click()",
        ),
    ] {
        judge.browser.visit(link.trim());
        judge.browser.script(script);
        if name == "thanks" {
            judge.browser.wait_for_text("#receipt");
        }
        // The page's policy forbids what was not written by us; the judge comes in by a door of the browser's.
        inject(&judge);
        judge.run(&format!("kiosk {name}"));
    }
    assert!(judge.faults.is_empty(), "{}", judge.faults.join("\n"));
}

/// Judges pages with axe-core's rules for WCAG 2.2 A and AA and its best practices.
pub(super) struct Judge {
    browser: Browser,
    axe: String,
    pub(super) faults: Vec<String>,
    pages: usize,
}

impl Judge {
    pub(super) fn new(width: u32) -> Option<Self> {
        let axe = fs::read_to_string(tools()?.join("node_modules/axe-core/axe.min.js")).unwrap();
        Some(Self { browser: Browser::open(width)?, axe, faults: Vec::new(), pages: 0 })
    }

    /// Shows a page as it came over the wire, and judges it.
    pub(super) fn judge(&mut self, name: &str, html: &str) {
        self.browser.visit("about:blank");
        self.browser.script_with(
            "document.open(); document.write(arguments[0]); document.close(); window.eval(arguments[1]);",
            &json!([html, self.axe]),
        );
        self.run(name);
    }

    /// Judges what the browser shows now.
    fn run(&mut self, name: &str) {
        let found = self.browser.script_async(
            "const done = arguments[arguments.length - 1]; \
             axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}) \
             .then(r => done(r.violations.map(v => v.id + ': ' + v.help + ' ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(' | '))), \
             e => done(['axe failed: ' + e]))",
        );
        self.pages += 1;
        let found: Vec<&Value> = found.as_array().unwrap().iter().collect();
        self.faults.extend(found.iter().map(|fault| format!("{name}: {fault}")));
    }
}

#[test]
fn axe_finds_no_violation_on_any_page_of_any_template_in_any_language() {
    let Some(mut judge) = Judge::new(375) else { return };
    let site = Site::demo(Backend::Sqlite, 0);
    let mut pages: BTreeMap<String, String> = BTreeMap::new();
    for survey in &library(&site) {
        let slug = survey.slug.as_str();
        for language in &survey.template.languages {
            for seed in 1..3_u32 {
                let numbers = (0..97_u32).map(|i| (seed * 97 + i).wrapping_mul(2_246_822_519) >> 3).collect();
                stroll(&site, survey, language, &mut Luck { numbers, next: 0 }, &mut |page, _| {
                    let shown = form(&page.body).into_iter().find(|(name, _)| name == "_page").map(|(_, id)| id);
                    let name = format!("{slug} {language} {} {}", shown.unwrap_or_default(), page.status);
                    pages.insert(name, page.body.clone());
                });
            }
            // Nothing answered: the page with all its errors.
            let address = format!("/s/{slug}?lang={language}");
            let empty = form(&site.get(&address).body);
            let fields: Vec<(&str, &str)> = empty.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            let errors = site.post(&address, &fields);
            if errors.status == 422 {
                pages.insert(format!("{slug} {language} errors"), errors.body);
            }
        }
    }
    let opened = site.open("/s/hotel-post-stay?lang=en");
    let sent = site.post("/s/hotel-post-stay?lang=en", &opened.filled(&[("comment", "x")]));
    let receipt = sent.location.split(['/', '?']).nth(4).unwrap().to_owned();
    for path in ["", "/correct"] {
        for language in ["en", "zh-Hans"] {
            let path = format!("/r/{receipt}{path}?lang={language}");
            pages.insert(path.clone(), site.get(&path).body);
        }
    }
    for path in [
        "/r?lang=en",
        "/r?lang=zh-Hans&code=x",
        "/s/nothing?lang=en",
        "/s/nothing?lang=zh-Hans",
        "/",
        "/reports/hotel-post-stay?lang=en",
        "/overview/hotel-post-stay?lang=en",
        "/overview/hotel-post-stay/comments?lang=en",
    ] {
        pages.insert(path.to_owned(), site.get(path).body);
    }
    let app = site.app.clone();
    let token = actix_web::rt::System::new().block_on(async move {
        let roles = [(Role::Manager, Some("old-town".to_owned()))];
        app.add_account("mia@larkfield.example", "Mia Berg", &roles).await.unwrap().unwrap()
    });
    let welcome = format!("/welcome/{token}");
    for language in ["en", "zh-CN"] {
        for path in ["/sign-in", welcome.as_str()] {
            pages.insert(format!("{path} {language}"), site.get_in(path, language).body);
        }
    }
    pages.insert("weak password".to_owned(), site.post(&welcome, &[("password", "password12")]).body);
    let wrong = [("email", "mia@larkfield.example"), ("password", "x")];
    pages.insert("wrong password".to_owned(), site.post("/sign-in", &wrong).body);
    assert_eq!(site.post(&welcome, &[("password", "three hats on a goat")]).status, 303);
    pages.insert("account".to_owned(), site.get("/account").body);
    for path in ["/account/second-factor", "/sign-in/code", "/api"] {
        pages.insert(path.to_owned(), site.get(path).body);
    }
    let setup = format!("/setup/{}", site.app.setup_token);
    pages.insert("setup".to_owned(), site.get(&setup).body);
    let write = |db: &mut _| soundings::store::surveys::set_status(db, "hotel-post-stay", "closed");
    site.app.store.write_blocking(write).unwrap();
    for language in ["en", "zh-Hans"] {
        pages.insert(format!("closed {language}"), site.get(&format!("/s/hotel-post-stay?lang={language}")).body);
    }
    assert!(pages.len() > 140, "{}", pages.len());
    for (name, html) in &pages {
        judge.judge(name, html);
    }
    assert!(
        judge.faults.is_empty(),
        "{} faults on {} pages:\n{}",
        judge.faults.len(),
        judge.pages,
        judge.faults.join("\n")
    );
    // The judge does find faults.
    judge.judge("bad", "<!doctype html><html><body><img src=x><input></body></html>");
    assert!(judge.faults.len() > 2, "{:?}", judge.faults);
}

#[test]
fn axe_finds_no_violation_on_the_pages_of_a_quality_team() {
    for (width, dark) in [(375, false), (768, false), (1440, false), (1440, true)] {
        let Some(mut judge) = Judge::new(width) else { return };
        let site = Site::demo(Backend::Sqlite, 1500);
        run(&["report", "keep", "hotel-post-stay", "--unit", "dunes", "--database", &site.database.url]);
        judge.browser.prefer_dark(dark);
        for language in ["en", "zh-Hans"] {
            for page in [
                "/overview/hotel-post-stay?lang=",
                "/overview/hotel-post-stay?unit=riverside&from=2026-02-01&to=2026-04-30&lang=",
                "/overview/hotel-post-stay?unit=summit-lodge&lang=",
                "/overview/hotel-post-stay/properties?lang=",
                "/overview/hotel-post-stay/constructs/Quality?lang=",
                "/overview/hotel-post-stay/questions/quality_staff?lang=",
                "/overview/hotel-post-stay/questions/quality_staff?unit=summit-lodge&period=month&lang=",
                "/overview/hotel-post-stay/measurement?lang=",
                "/overview/hotel-post-stay/satisfiers?lang=",
                "/overview/hotel-post-stay/expectations?lang=",
                "/overview/hotel-post-stay?mix=same&weight=invited&lang=",
                "/overview/hotel-post-stay/segments?lang=",
                "/overview/hotel-post-stay/segments?by=country&segment.purpose=business&lang=",
                "/overview/hotel-post-stay/paths?lang=",
                "/overview/hotel-post-stay/responses?lang=",
                "/overview/hotel-post-stay/comments?lang=",
                "/overview/hotel-post-stay/comments?search=nothing-like-it&lang=",
                "/reports/hotel-post-stay?lang=",
                "/kept-reports?lang=",
                "/kept-reports/1?lang=",
            ] {
                judge.browser.visit(&format!("{}{page}{language}", site.address));
                judge.browser.script_with("window.eval(arguments[0])", &json!([judge.axe]));
                judge.run(&format!("{page}{language} {width} dark {dark}"));
                let wide = judge.browser.script("return document.documentElement.scrollWidth").as_f64().unwrap();
                assert!(wide <= f64::from(width), "{page}{language}: {wide} wide");
            }
        }
        assert!(judge.faults.is_empty(), "{}", judge.faults.join("\n"));
    }
}
