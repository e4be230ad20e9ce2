//! The whole way of a guest in a real browser: script on and off, narrow and wide, left to right and right to left,
//! magnified, by keyboard alone.

use serde_json::json;

use super::harness::{Backend, Site};
use super::invited::invite;
use super::questionnaires::site_of_every_kind;
use super::webdriver::{Browser, Window};

/// A personal link to the survey with every kind of question, for another guest each time.
fn link(site: &Site, language: &str) -> String {
    let rows = format!("reference,language\n{language}-{},{language}\n", lines(site));
    format!("{}{}", site.address, invite(site, "every-kind", &rows, &[])[0])
}

/// Of the export: a heading, and a line a response.
fn lines(site: &Site) -> usize {
    site.get("/api/v1/surveys/every-kind/responses.csv").body.lines().count()
}

fn page(browser: &Browser) -> String {
    browser.script("return document.querySelector('[name=_page]')?.value || ''").as_str().unwrap().to_owned()
}

fn send(browser: &Browser) {
    let before = browser.script("return performance.timeOrigin");
    browser.click("#survey .go button[type=submit]");
    loaded(browser, &before);
}

/// Waits for the page after the one that was loaded at this time.
fn loaded(browser: &Browser, before: &serde_json::Value) {
    for _ in 0..100 {
        if browser.script("return document.readyState == 'complete' ? performance.timeOrigin : 0") != json!(0)
            && browser.script("return performance.timeOrigin") != *before
        {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("no page follows");
}

fn choose(browser: &Browser, name: &str, value: &str) {
    browser.click(&format!("[name={name}][value=\"{value}\"]"));
}

/// What holds on every page of a survey.
fn sound(browser: &Browser, language: &str) {
    fits(browser);
    let said = browser.script("return [document.documentElement.lang, document.documentElement.dir]");
    assert_eq!(said, json!([language, if language == "ar" { "rtl" } else { "ltr" }]), "{}", page(browser));
}

/// What holds on every page: nothing beyond the edge, targets large enough, nothing that moves.
fn fits(browser: &Browser) {
    let at = page(browser);
    let overflow = browser.script("return document.documentElement.scrollWidth - document.documentElement.clientWidth");
    assert_eq!(overflow, 0, "{at} scrolls sideways");
    let small = browser.script(
        "return [...document.querySelectorAll('input:not([type=hidden]):not(#_website),button,textarea,select,nav a,.button,summary')]\
         .filter(e => { const r = e.getBoundingClientRect(); return r.height > 0 && (r.height < 44 || r.width < 44) })\
         .map(e => e.outerHTML.slice(0, 80))",
    );
    assert_eq!(small, json!([]), "{at} has targets under 44 px");
    assert_eq!(browser.script("return document.getAnimations().length"), 0, "{at} moves");
}

/// From a personal link to the answers seen again by receipt: with a mistake, a way back and a break in between.
fn whole_way(browser: &Browser, site: &Site, language: &str, script: bool) {
    let link = link(site, language);
    browser.visit(&link);
    sound(browser, language);
    assert_eq!(page(browser), "ratings");
    // Nothing answered: what is missing is listed, has the focus, and leads to the question.
    send(browser);
    sound(browser, language);
    let focused = "return document.activeElement.matches(arguments[0])";
    assert_eq!(browser.script_with(focused, &json!([".errors"])), true, "the list of errors has the focus");
    let title = browser.script("return document.title").as_str().unwrap().to_owned();
    assert!(title.starts_with(&browser.text("#errors-title")), "{title}");
    browser.click(".errors a[href=\"#overall\"]");
    assert_eq!(browser.script_with(focused, &json!(["[name=overall]"])), true, "the link leads to the question");
    choose(browser, "overall", "9");
    choose(browser, "nps", "9");
    send(browser);
    assert_eq!(page(browser), "choices");
    sound(browser, language);
    choose(browser, "purpose", "leisure");
    // Back and on: nothing is lost.
    let before = browser.script("return performance.timeOrigin");
    browser.click("#survey button[value=back]");
    loaded(browser, &before);
    assert_eq!(page(browser), "ratings");
    assert_eq!(browser.script("return document.querySelector('[name=overall]:checked').value"), "9");
    send(browser);
    assert_eq!(browser.script("return document.querySelector('[name=purpose]:checked').value"), "leisure");
    send(browser);
    // A break: the link leads to where the guest was.
    let there = page(browser);
    browser.visit("about:blank");
    browser.visit(&link);
    assert_eq!(page(browser), there, "resumed");
    while page(browser) != "last" {
        sound(browser, language);
        if page(browser) == "tables" {
            for row in ["bed", "bath", "view"] {
                choose(browser, row, "4");
            }
        } else {
            assert_eq!(browser.script("return document.querySelectorAll('[type=range]').length"), usize::from(script));
            browser.write("input[type=text][name=slide]", "70");
        }
        send(browser);
    }
    sound(browser, language);
    browser.write("[name=comment]", "The view! 很好。 رائع");
    if script {
        // Saved without sending, and there again.
        browser.wait_for_text("#saved");
        browser.visit(&link);
        assert_eq!(browser.script("return document.querySelector('[name=comment]').value"), "The view! 很好。 رائع");
    }
    send(browser);
    let receipt = browser.text(".receipt dd");
    assert_eq!(receipt.len(), 14);
    sound(browser, language);
    browser.click(&format!("a[href^=\"/r/{receipt}\"]"));
    assert!(browser.text(".held").contains("The view! 很好。 رائع"));
    sound(browser, language);
    browser.visit(&link);
    browser.find(&format!("main a[href*=\"/r/{receipt}\"]"));
    fits(browser);
}

#[test]
fn whole_ways_with_and_without_script_narrow_and_wide_in_three_languages() {
    let site = site_of_every_kind(Backend::Sqlite);
    for script in [true, false] {
        for width in [320, 1440] {
            let Some(browser) = Browser::open_as(Window { width, script, ..Window::default() }) else { return };
            for language in ["en", "zh-Hans", "ar"] {
                whole_way(&browser, &site, language, script);
            }
        }
    }
    assert_eq!(lines(&site), 1 + 12);
}

#[test]
fn a_whole_way_at_four_hundred_percent() {
    let site = site_of_every_kind(Backend::Sqlite);
    let window = Window { width: 320, height: 256, zoom: 4, script: false };
    let Some(browser) = Browser::open_as(window) else { return };
    for language in ["en", "ar"] {
        whole_way(&browser, &site, language, false);
    }
}

#[test]
fn the_keyboard_alone_mends_what_is_missing_and_goes_on() {
    let (tab, enter, space) = ("\u{e004}", "\u{e007}", " ");
    let site = site_of_every_kind(Backend::Sqlite);
    let Some(browser) = Browser::open_as(Window { script: false, ..Window::default() }) else { return };
    browser.visit(&link(&site, "en"));
    let at =
        |css: &str| browser.script_with("return document.activeElement.matches(arguments[0])", &json!([css])) == true;
    let reach = |css: &str| {
        for _ in 0..60 {
            if at(css) {
                return;
            }
            browser.press(&[tab]);
            let seen = "const r = document.activeElement.getBoundingClientRect(); \
                return r.bottom > 0 && r.top < innerHeight";
            assert_eq!(browser.script(seen), true, "what has the focus is to be seen");
        }
        panic!("{css} is not reached");
    };
    let press_and_wait = |key: &str| {
        let before = browser.script("return performance.timeOrigin");
        browser.press(&[key]);
        loaded(&browser, &before);
    };
    reach("#survey .go button[type=submit]");
    press_and_wait(enter);
    assert!(at(".errors"));
    browser.press(&[tab, enter]);
    assert!(at("[name=overall]"), "the list leads to the question");
    browser.press(&[space]);
    reach("#survey .go button[type=submit]");
    press_and_wait(enter);
    assert_ne!(page(&browser), "ratings");
    // The way back is reached the same way, and keeps what was answered.
    reach("#survey button[value=back]");
    press_and_wait(space);
    assert_eq!(browser.script("return document.querySelector('[name=overall]:checked').value"), "1");
}
