//! A real browser: headless Chromium answers as a guest and finds the answer in the report.

use serde_json::json;

use super::harness::{Backend, Site};
use super::webdriver::Browser;

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
            "return [...document.querySelectorAll('input:not([type=hidden]):not(#_website),button,textarea,select,nav a,.button,summary')].filter(e => { const r = e.getBoundingClientRect(); \
             return e.checkVisibility() && r.height > 0 && (r.height < 44 || r.width < 44) }).map(e => e.outerHTML.slice(0, 80))",
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
    browser.press(&[tab, enter]);
    let focused = || {
        browser
            .script("return document.activeElement.name || document.activeElement.type || ''")
            .as_str()
            .unwrap()
            .to_owned()
    };
    // On a busy machine the skip link may take a moment: what is focused says where the keys go.
    let tab_to = |name: &str| {
        let found = (0..14).any(|_| {
            focused() == name || {
                browser.press(&[tab]);
                false
            }
        });
        assert!(found || focused() == name, "the keyboard does not reach {name}");
    };
    tab_to("overall");
    browser.press(&[space, right, right]);
    tab_to("recommend");
    browser.press(&[space, right]);
    tab_to("submit");
    assert_eq!(browser.script("return document.querySelector('[name=overall]:checked').value"), "3");
    browser.press(&[enter]);
    assert_eq!(browser.text(".receipt dd").len(), 14);
}
