//! What machines read and write, under `/api/v1`.
//!
//! Owns: addresses, JSON shapes and their description ([`openapi`]); a page of a list is asked for by a cursor that means
//! nothing outside. Refuses: to do anything that a use case does not.

pub mod audit;
pub mod files;
pub mod invitations;
pub mod kept_reports;
pub mod openapi;
pub mod people;
pub mod reply;
pub mod reports;
pub mod stays;
pub mod surveys;
pub mod units;
pub mod webhooks;

use actix_web::HttpResponse;
use serde::{Deserialize, Serialize};

/// `GET /healthz`: the process answers.
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

/// How much of a list, and from where.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// `next` of the page before; the first page without it.
    pub cursor: Option<String>,
    /// Entries of a page: 1 to 500; 100 without it.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u16>,
}

/// A page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// The cursor of the next page; none on the last.
    pub next: Option<String>,
}

/// What went wrong (RFC 9457).
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct ProblemSchema {
    /// What kind of problem: an address under `/api#`.
    #[schema(format = "uri-reference")]
    r#type: String,
    title: String,
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What was wrong this time, and what was expected.
    detail: String,
}
