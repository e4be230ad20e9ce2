//! What a survey's theme puts on its guests' pages: colours and font as a style of their own, and the logo.
//!
//! Refuses: anything from a theme in a style sheet but colours that were read and fonts from the list.

use actix_web::HttpResponseBuilder;
use actix_web::http::header;
use serde::Serialize;

use super::headers;
use crate::survey::check::Survey;
use crate::survey::theme::{Palette, Theme};

/// A theme as the pages' templates have it; all empty without one.
#[derive(Debug, Default, Serialize)]
pub struct BrandView {
    style: String,
    logo: String,
    logo_text: String,
}

impl BrandView {
    /// The look of a survey, in a language.
    pub fn of(survey: &Survey, language: &str) -> Self {
        let Some(theme) = &survey.template.theme else { return Self::default() };
        Self {
            style: style(theme),
            logo: theme.logo.clone().unwrap_or_default(),
            logo_text: theme.logo_text.in_language(language, survey.base_language()).to_owned(),
        }
    }
}

/// Lets a browser use the style of a survey's theme.
pub fn allow<'a>(response: &'a mut HttpResponseBuilder, survey: &Survey) -> &'a mut HttpResponseBuilder {
    if let Some(theme) = &survey.template.theme {
        response.insert_header((header::CONTENT_SECURITY_POLICY, headers::policy(Some(&style(theme)))));
    }
    response
}

fn style(theme: &Theme) -> String {
    let p = Palette::of(theme);
    let names = [
        ("ink", p.ink),
        ("soft", p.soft),
        ("paper", p.paper),
        ("card", p.card),
        ("line", p.line),
        ("hair", p.hair),
        ("accent", p.accent),
        ("accent-ink", p.accent_ink),
        ("press", p.press),
        ("err", p.err),
    ];
    let colours: String = names.map(|(name, colour)| format!("--{name}:{colour};")).concat();
    let scheme = if p.is_dark() { "color-scheme:dark;" } else { "" };
    let family = Some(theme.font.family()).filter(|family| !family.is_empty());
    let font = family.map_or_else(String::new, |family| format!("body{{font-family:{family}}}"));
    format!(":root{{{colours}{scheme}}}{font}")
}
