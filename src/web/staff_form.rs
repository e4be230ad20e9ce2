//! Pages that ask one thing of somebody who has, or gets, an account: a heading, a form, a button.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::Serialize;

use super::view;

/// One such page; what is empty is not shown.
#[derive(Debug, Default, Serialize)]
pub struct StaffForm {
    pub language: String,
    pub title: String,
    pub lead: Vec<String>,
    /// Trusted markup: an SVG of our own.
    pub picture: String,
    /// What is to be typed elsewhere, and where.
    pub code: String,
    pub code_lead: String,
    pub codes: Vec<String>,
    /// What was wrong with what was sent.
    pub fault: String,
    pub action: String,
    pub hidden: Vec<Hidden>,
    pub fields: Vec<Field>,
    /// What the button says.
    pub submit: String,
    pub link: Option<Link>,
    pub home: bool,
}

/// A value that goes along.
#[derive(Debug, Serialize)]
pub struct Hidden {
    pub name: &'static str,
    pub value: String,
}

/// A field.
#[derive(Debug, Default, Serialize)]
pub struct Field {
    pub name: &'static str,
    pub label: String,
    /// `text`, `email`, `password`.
    pub kind: &'static str,
    pub autocomplete: &'static str,
    pub value: String,
    pub help: String,
    pub required: bool,
    /// To choose from, instead of typing.
    pub options: Vec<Choice>,
}

/// What can be chosen.
#[derive(Debug, Serialize)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

/// Where to go on.
#[derive(Debug, Serialize)]
pub struct Link {
    pub href: String,
    pub label: String,
}

impl StaffForm {
    /// The page; 422 where something was wrong.
    pub fn page(&self) -> HttpResponse {
        let status = if self.fault.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        view::html(&mut view::private(status), "staff-form", self)
    }
}
