//! Handlebars templates and style sheets, embedded in the binary.
//!
//! Owns: rendering a view (plain data) into a page. Strict: a misspelt field is an error, not a blank.

use std::sync::OnceLock;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use handlebars::{Context, Handlebars, Helper, HelperResult, Output, RenderContext};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::wording::wording;

const TEMPLATES: [(&str, &str); 47] = [
    ("layout", include_str!("templates/layout.hbs")),
    ("guest-head", include_str!("templates/guest-head.hbs")),
    ("logo", include_str!("templates/logo.hbs")),
    ("q-head", include_str!("templates/questions/q-head.hbs")),
    ("q-label", include_str!("templates/questions/q-label.hbs")),
    ("q-na", include_str!("templates/questions/q-na.hbs")),
    ("q-scale", include_str!("templates/questions/q-scale.hbs")),
    ("q-choices", include_str!("templates/questions/q-choices.hbs")),
    ("q-select", include_str!("templates/questions/q-select.hbs")),
    ("q-line", include_str!("templates/questions/q-line.hbs")),
    ("q-slider", include_str!("templates/questions/q-slider.hbs")),
    ("q-parts", include_str!("templates/questions/q-parts.hbs")),
    ("q-matrix", include_str!("templates/questions/q-matrix.hbs")),
    ("q-pairs", include_str!("templates/questions/q-pairs.hbs")),
    ("q-kano", include_str!("templates/questions/q-kano.hbs")),
    ("q-consent", include_str!("templates/questions/q-consent.hbs")),
    ("q-statement", include_str!("templates/questions/q-statement.hbs")),
    ("survey", include_str!("templates/survey.hbs")),
    ("kiosk", include_str!("templates/kiosk.hbs")),
    ("thanks", include_str!("templates/thanks.hbs")),
    ("receipt", include_str!("templates/receipt.hbs")),
    ("receipt-find", include_str!("templates/receipt-find.hbs")),
    ("problem", include_str!("templates/problem.hbs")),
    ("report", include_str!("templates/report.hbs")),
    ("kept-reports", include_str!("templates/kept-reports.hbs")),
    ("staff-head", include_str!("templates/staff-head.hbs")),
    ("overview", include_str!("templates/overview.hbs")),
    ("bar-ends", include_str!("templates/bar-ends.hbs")),
    ("chart-files", include_str!("templates/chart-files.hbs")),
    ("comments", include_str!("templates/comments.hbs")),
    ("days-filter", include_str!("templates/days-filter.hbs")),
    ("expectations", include_str!("templates/expectations.hbs")),
    ("houses", include_str!("templates/houses.hbs")),
    ("measurement", include_str!("templates/measurement.hbs")),
    ("paths", include_str!("templates/paths.hbs")),
    ("responses", include_str!("templates/responses.hbs")),
    ("segments", include_str!("templates/segments.hbs")),
    ("segment-filter", include_str!("templates/segment-filter.hbs")),
    ("period-filter", include_str!("templates/period-filter.hbs")),
    ("question", include_str!("templates/question.hbs")),
    ("satisfiers", include_str!("templates/satisfiers.hbs")),
    ("sign-in", include_str!("templates/sign-in.hbs")),
    ("staff-form", include_str!("templates/staff-form.hbs")),
    ("api", include_str!("templates/api.hbs")),
    ("welcome", include_str!("templates/welcome.hbs")),
    ("account", include_str!("templates/account.hbs")),
    ("home", include_str!("templates/home.hbs")),
];

const GUEST_STYLE: &str = include_str!("assets/guest.css");
/// What makes a guest's page better where scripts run; everything works without.
const GUEST_SCRIPT: &str = include_str!("assets/guest.js");
/// What makes a page a kiosk.
const KIOSK_SCRIPT: &str = include_str!("assets/kiosk.js");
const REPORT_STYLE: &str = concat!(include_str!("assets/charts.css"), include_str!("assets/report.css"));
/// Charts alone, in the light colours that `report.css` begins with.
const CHART_STYLE: &str = include_str!("assets/charts.css");
const CHARTS_SCRIPT: &str = include_str!("assets/charts.js");

fn registry() -> &'static Handlebars<'static> {
    static REGISTRY: OnceLock<Handlebars<'static>> = OnceLock::new();
    REGISTRY.get_or_init(|| {
        let mut registry = Handlebars::new();
        registry.set_strict_mode(true);
        for (name, text) in TEMPLATES {
            registry.register_template_string(name, squeeze(text)).unwrap_or_else(|e| panic!("template {name}: {e}"));
        }
        let assets = [
            ("guest_style", GUEST_STYLE),
            ("report_style", REPORT_STYLE),
            ("guest_script", GUEST_SCRIPT),
            ("kiosk_script", KIOSK_SCRIPT),
            ("charts_script", CHARTS_SCRIPT),
        ];
        for (name, style) in assets {
            registry.register_partial(name, squeeze(style)).unwrap_or_else(|e| panic!("style {name}: {e}"));
        }
        registry.register_helper("t", Box::new(translate));
        registry
    })
}

/// Without indentation, empty lines and a script's comments: a guest on a phone pays for every byte.
fn squeeze(text: &str) -> String {
    text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// `{{t "id"}}`: a product text in the page's language, escaped.
fn translate(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    context: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    let id = helper.param(0).and_then(|p| p.value().as_str()).unwrap_or_default();
    let language = context.data()["language"].as_str().unwrap_or("en");
    out.write(&handlebars::html_escape(&wording(language).get(id)))?;
    Ok(())
}

/// A rendered page; `None` for a template that cannot be rendered, which is logged.
pub fn render(template: &str, view: &impl Serialize) -> Option<String> {
    let rendered = registry().render(template, view);
    rendered.inspect_err(|error| tracing::error!(%error, template, "a page could not be rendered")).ok()
}

/// A page as a response; 500, without a word about why, if it cannot be rendered.
pub fn html(response: &mut HttpResponseBuilder, template: &str, view: &impl Serialize) -> HttpResponse {
    page(response, render(template, view))
}

/// What was rendered as a response; 500 if it could not be.
pub fn page(response: &mut HttpResponseBuilder, rendered: Option<String>) -> HttpResponse {
    match rendered {
        Some(page) => response.content_type("text/html; charset=utf-8").body(page),
        None => broken(),
    }
}

/// A response that no cache keeps.
pub fn private(status: StatusCode) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    response
}

/// What is answered when a page cannot be rendered.
pub fn broken() -> HttpResponse {
    let text = wording("en").get("broken-text");
    HttpResponse::InternalServerError().content_type("text/plain; charset=utf-8").body(text)
}

/// The style of a chart in a file of its own: always in the light colours.
pub fn chart_style() -> &'static str {
    static STYLE: OnceLock<String> = OnceLock::new();
    STYLE.get_or_init(|| {
        let light = include_str!("assets/report.css").lines().next().unwrap_or_default();
        format!("{}\n{}", light.replace("color-scheme:light dark;", ""), squeeze(CHART_STYLE))
    })
}

/// The style sheets as sources of a content security policy.
pub fn style_hashes() -> &'static [String; 2] {
    static HASHES: OnceLock<[String; 2]> = OnceLock::new();
    HASHES.get_or_init(|| [GUEST_STYLE, REPORT_STYLE].map(|style| hash(&squeeze(style))))
}

/// The scripts as sources of a content security policy.
pub fn script_hashes() -> &'static [String; 3] {
    static HASHES: OnceLock<[String; 3]> = OnceLock::new();
    HASHES.get_or_init(|| [GUEST_SCRIPT, KIOSK_SCRIPT, CHARTS_SCRIPT].map(|script| hash(&squeeze(script))))
}

/// A source of a content security policy: what is written in the page exactly so.
pub fn hash(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// An address from path segments and a query, percent-encoded.
pub fn link(segments: &[&str], query: &[(String, String)]) -> String {
    let path: String = segments.iter().map(|s| format!("/{}", encode(s))).collect();
    let pairs: Vec<String> = query.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    if pairs.is_empty() { path } else { format!("{path}?{}", pairs.join("&")) }
}

fn encode(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wording;

    #[test]
    fn links_are_encoded() {
        assert_eq!(link(&["s", "a b"], &[("unit".into(), "x&y".into())]), "/s/a%20b?unit=x%26y");
    }

    #[test]
    fn templates_use_texts_that_exist() {
        for (name, text) in TEMPLATES {
            for id in text.split("{{t \"").skip(1).filter_map(|rest| rest.split('"').next()) {
                assert!(wording::wording("en").has(id), "{name}: {id}");
            }
        }
    }
}
