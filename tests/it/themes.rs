//! A house's own look: logo, colours and font on every page of its guests, readable or refused.

use serde_json::json;
use soundings::service::authoring::{publish, read_template};

use super::accessibility::Judge;
use super::harness::{Backend, Site, refusal, run};
use super::webdriver::Browser;

const LOGO: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 160 40\"><circle cx=\"20\" cy=\"20\" r=\"18\" \
    fill=\"#7a1f3d\"/><path d=\"M50 28c10-16 20-16 30 0s20 16 30 0\" fill=\"none\" stroke=\"#7a1f3d\" stroke-width=\"4\"/></svg>";

const LIGHT: &str = "accent = \"#7a1f3d\"\nink = \"#2b1d17\"\npaper = \"#f7efe6\"\nfont = \"serif\"\n";
const DARK: &str =
    "accent = \"#ffb454\"\nink = \"#eef2f6\"\npaper = \"#10151c\"\ncard = \"#1b232e\"\nfont = \"rounded\"\n";

/// A template of the library under another name, with a theme.
fn themed(instrument: &str, theme: &str) -> String {
    let text = soundings::survey::library::instrument(instrument).unwrap();
    let text = text.replacen(&format!("id = \"{instrument}\""), &format!("id = \"themed-{instrument}\""), 1);
    let at = text.find("\n[").unwrap();
    format!("{}\n[theme]\n{theme}{}", &text[..at], &text[at..])
}

fn publish_themed(site: &Site, instrument: &str, theme: &str) -> String {
    let text = themed(instrument, theme);
    let (survey, _) = read_template(&text).unwrap_or_else(|e| panic!("{e:?}"));
    let slug = survey.slug.to_string();
    site.app.store.write_blocking(move |db| publish(db, &survey, &text)).unwrap();
    slug
}

/// The logo as the shell prints it, with its words.
fn logo(site: &Site) -> String {
    let file = site.database.folder.path().join("logo.svg");
    std::fs::write(&file, LOGO).unwrap();
    let line = run(&["survey", "logo", &file.display().to_string()]);
    format!("{line}logo_text.en = \"Seaside Hotels\"\nlogo_text.zh-Hans = \"海滨酒店\"\n")
}

#[test]
fn every_page_of_a_themed_survey_can_be_read_and_is_allowed_its_style() {
    let Some(mut judge) = Judge::new(375) else { return };
    let Some(browser) = Browser::open(375) else { return };
    let site = Site::demo(Backend::Sqlite, 0);
    let logo = logo(&site);
    for (theme, accent) in [(LIGHT, "rgb(122, 31, 61)"), (DARK, "rgb(255, 180, 84)")] {
        for instrument in ["hotel-post-stay", "checkout-kiosk"] {
            let slug = publish_themed(&site, instrument, &format!("{theme}{logo}"));
            let address = format!("/s/{slug}?lang=en");
            let opened = site.open(&address);
            let own = [("_attempt", opened.attempt.as_str()), ("_revision", opened.revision.as_str())];
            let errors = site.post(&address, &own);
            assert_eq!(errors.status, 422);
            let wanted: &[(&str, &str)] = if instrument == "checkout-kiosk" {
                &[("overall", "9"), ("recommend", "9")]
            } else {
                &[
                    ("quality_overall", "9"),
                    ("satisfaction_overall", "9"),
                    ("satisfaction_expected", "9"),
                    ("satisfaction_ideal", "9"),
                ]
            };
            let sent = site.post(&address, &[&own[..], wanted].concat());
            assert_eq!(sent.status, 303, "{}", sent.body);
            let receipt = sent.location.split(['/', '?']).nth(4).unwrap().to_owned();
            let paths = [
                address.clone(),
                sent.location.clone(),
                format!("/r/{receipt}?lang=en"),
                format!("/r/{receipt}/correct?lang=en"),
            ];
            for path in &paths {
                let page = site.get(path);
                assert!(page.body.contains("alt=\"Seaside Hotels\""), "{path}");
                judge.judge(&format!("{path} {accent}"), &page.body);
                // The policy lets the browser use the style: what is painted is the theme's.
                browser.visit(&format!("{}{path}", site.address));
                let painted = browser.script(
                    "const e = document.querySelector('button[type=submit]:not(.second), .button') || document.querySelector('a'); \
                     const s = getComputedStyle(e); return [s.backgroundColor, s.color]",
                );
                assert!(painted.as_array().unwrap().contains(&json!(accent)), "{path}: {painted}");
                let shown = browser.script("return document.querySelector('.logo img').naturalWidth > 0");
                assert_eq!(shown, true, "{path}: the logo is shown");
            }
            judge.judge(&format!("{address} {accent} errors"), &errors.body);
            let wire = site.raw_get(&address);
            assert!(wire.len() <= 14 * 1024, "{address}: {} bytes", wire.len());
        }
    }
    assert!(judge.faults.is_empty(), "{}", judge.faults.join("\n"));
}

#[test]
fn a_theme_that_cannot_be_read_is_refused_when_it_is_saved() {
    let site = Site::demo(Backend::Sqlite, 0);
    let file = site.database.folder.path().join("pale.toml");
    std::fs::write(&file, themed("hotel-post-stay", "accent = \"#9ccc9c\"\n")).unwrap();
    let file = file.display().to_string();
    let said = refusal(&["survey", "publish", &file, "--database", &site.database.url]);
    assert!(said.contains("`accent` #9ccc9c on `paper` #f6f4ef has a contrast of 1.6; text needs 4.5"), "{said}");
    assert_eq!(site.get("/s/themed-hotel-post-stay").status, 404);
    let none = site.database.folder.path().join("logo.gif");
    std::fs::write(&none, "GIF89a").unwrap();
    assert!(refusal(&["survey", "logo", &none.display().to_string()]).contains("no SVG, PNG or WebP picture"));
}
