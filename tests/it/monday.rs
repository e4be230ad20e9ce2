//! What the demonstration's three people do on a Monday, in a browser.

use soundings::service::demo;
use soundings::web::server::Access;

use super::harness::{Backend, Site};
use super::webdriver::Browser;

/// The demonstration as `soundings demo` serves it.
fn demonstration() -> Site {
    let access = Access { open_results: false, open_responses: false, ..Access::open() };
    let site = Site::configured(Backend::Sqlite, 6000, access, |address| soundings::service::settings::Settings {
        base_url: address.to_owned(),
        demo: true,
        ..Default::default()
    });
    let app = site.app.clone();
    actix_web::rt::System::new().block_on(async move { demo::open_to_all(app).await.unwrap() });
    site
}

/// Comes in as somebody, from the front page.
fn come_in(browser: &Browser, site: &Site, email: &str) {
    browser.visit(&format!("{}/", site.address));
    assert!(browser.url().ends_with("/sign-in"), "{}", browser.url());
    browser.click(&format!("form:has([value='{email}']) button"));
    browser.wait_for_url("/overview/hotel-post-stay");
    browser.wait_for_text(".pages");
}

#[test]
fn the_director_sees_the_move_finds_the_dip_and_what_to_do_first() {
    let Some(browser) = Browser::open(1280) else { return };
    let site = demonstration();
    come_in(&browser, &site, "director@larkfield.example");
    // Within the first screen: where it stands, whether it moved, what to do.
    let height = "document.querySelector(arguments[0]).getBoundingClientRect().bottom";
    for part in [".big", ".say"] {
        let bottom = browser.script_with(&format!("return {height}"), &serde_json::json!([part])).as_f64().unwrap();
        assert!(bottom < 700.0, "{part}: {bottom}");
    }
    let score: f64 = browser.text(".big strong").parse().unwrap();
    assert!((60.0..90.0).contains(&score));
    let said = browser.text(".say");
    assert!(said.contains("No difference") && said.contains("To improve first"), "{said}");
    // Whether both periods were measured alike comes once the page is there.
    let alike = browser.wait_for_text("#alike");
    assert!(alike.contains("nothing shows that a measure is made up of its questions in another way"), "{alike}");
    // The chart of the months says each of them, with the keyboard alone.
    browser.script("[...document.querySelectorAll('#months ~ div svg')].find((svg) => svg.clientWidth > 0).focus()");
    browser.press(&["\u{e014}", "\u{e014}"]);
    let told = browser.text(".tip");
    assert!(told.starts_with("20") && told.contains(" responses"), "{told}");
    browser.press(&["\u{e00c}"]);
    assert_eq!(browser.text(".tip"), "");
    // The dip, without looking for it; and on to it.
    let standouts = browser.text(".standouts");
    assert!(standouts.contains("Riverside was low from 2026-02 to 2026-04"), "{standouts}");
    assert_eq!(standouts.matches("points").count(), 1, "and nothing else: {standouts}");
    browser.click(".standouts a");
    browser.wait_for_url("unit=riverside");
    let (heading, said) = (browser.text("h1"), browser.text(".say"));
    assert!(heading.starts_with("Riverside") && said.contains("Down by"), "{heading}: {said}");
    browser.click(".pages a[href*=comments]");
    browser.wait_for_url("/comments");
    assert!(browser.text("main").contains("nobody can tell who wrote which"));
    let comments = browser.text(".comments");
    assert!(comments.contains("Drilling from eight") && !comments.contains("2026-10"), "{comments}");
    // Which house is surely below the group, in what, and what guests said of it.
    browser.visit(&format!("{}/overview/hotel-post-stay?period=all", site.address));
    browser.click(".pages a[href*='/properties']");
    browser.wait_for_url("/properties");
    assert!(
        browser.script("return document.querySelectorAll('.only-wide .heat-down').length").as_f64().unwrap() >= 1.0
    );
    browser.visit(&format!("{}/overview/hotel-post-stay?period=all", site.address));
    browser.click("#constructs ~ table a[href*='/constructs/Quality']");
    browser.wait_for_url("/constructs/Quality");
    browser.click("#questions ~ table a[href*='/questions/quality_room']");
    browser.wait_for_url("/questions/quality_room");
    assert!(browser.text("h1").contains("Comfort of the room") && browser.text(".say").contains("count as satisfied"));
    // A chart for the meeting's slides, as a picture that the browser draws.
    let png = "const done = arguments[arguments.length - 1]; const make = URL.createObjectURL; \
        URL.createObjectURL = blob => { done([blob.type, blob.size]); return make(blob); }; \
        document.querySelector('a[data-png]').click()";
    let picture = browser.script_async(png);
    assert_eq!(picture[0], "image/png");
    assert!(picture[1].as_f64().unwrap() > 5000.0, "{picture}");
    // Single responses are not the director's.
    browser.visit(&format!("{}/api/v1/surveys/hotel-post-stay/responses", site.address));
    assert!(browser.text("body").contains("403"));
}

#[test]
fn the_house_manager_sees_the_own_house_on_a_phone() {
    let Some(browser) = Browser::open(375) else { return };
    let site = demonstration();
    come_in(&browser, &site, "manager@larkfield.example");
    assert!(browser.text("h1").starts_with("Riverside"));
    let options = browser.script("return [...document.querySelector('[name=unit]').options].map(o => o.value)");
    assert_eq!(options, serde_json::json!(["riverside"]));
    let wide = browser.script("return document.documentElement.scrollWidth").as_f64().unwrap();
    assert!(wide <= 375.0, "{wide}");
    assert!(browser.text("#standouts ~ ul").contains("Riverside was low"));
    // Compared with the year before.
    browser.visit(&format!("{}/overview/hotel-post-stay?compare=year&period=month", site.address));
    assert!(browser.text(".say").contains("2025-10-01"), "{}", browser.text(".say"));
    browser.click(".pages a[href*=comments]");
    browser.wait_for_url("/comments");
    assert!(browser.text(".comments").contains("Riverside") && !browser.text(".comments").contains("Old Town"));
    for path in ["/overview/hotel-post-stay?unit=old-town", "/overview/hotel-post-stay/comments?unit=old-town"] {
        browser.visit(&format!("{}{path}", site.address));
        assert!(browser.text("h1").contains("not for you") || !browser.text("body").contains("Old Town"), "{path}");
    }
}

#[test]
fn the_analyst_reads_every_comment_and_goes_on_in_the_full_report() {
    let Some(browser) = Browser::open(1440) else { return };
    let site = demonstration();
    come_in(&browser, &site, "analyst@larkfield.example");
    assert!(browser.text("body").contains("Lin Anqi"));
    browser.visit(&format!("{}/overview/hotel-post-stay?period=all&compare=none", site.address));
    assert!(browser.text(".heading").contains("6,000 responses"), "{}", browser.text(".heading"));
    browser.click(".pages a[href*=comments]");
    browser.wait_for_url("/comments");
    browser.click(".more");
    browser.wait_for_url("cursor=");
    browser.write("[name=search]", "breakfast");
    browser.click("form.filter button");
    browser.wait_for_url("search=breakfast");
    assert!(browser.wait_for_text(".comments").contains("reakfast"));
    let found = browser.script("return [...document.querySelectorAll('.words')].map(e => e.textContent)");
    let found = found.as_array().unwrap();
    assert!(found.len() > 10, "{}", found.len());
    assert!(found.iter().all(|text| text.as_str().unwrap().to_lowercase().contains("breakfast")));
    assert_eq!(browser.text(".receipt").len(), 14);
    browser.click(".pages a[href*='/reports/']");
    browser.wait_for_url("/reports/");
    assert!(browser.text("footer").contains("bootstrap resamples"));
    // What was read is in the audit.
    let entries = site
        .app
        .store
        .read_blocking(|db| soundings::store::audit::after(db, &soundings::store::audit::Search::default(), 0, 100));
    let reads = entries.unwrap().into_iter().filter(|entry| entry.action == "responses.read");
    assert!(reads.count() >= 3);
}
