//! Index reports that are kept.

use actix_web::http::header;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use super::{Page, PageQuery, ProblemSchema, reply};
use crate::report::Report;
use crate::service::cursor::cursor;
use crate::service::keeping::{KeptReport, Verified};
use crate::service::reporting::{FilterQuery, Pairs, SEGMENT};
use crate::service::{App, ServiceError};
use crate::web::headers;
use crate::web::problem::Problem;
use crate::web::reader::{Body, Reader, Writer};

/// Which report is to be kept.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ToKeep {
    survey: String,
    /// Code of a unit; with everything below it.
    unit: Option<String>,
    /// First day, such as 2026-11-01.
    from: Option<String>,
    /// Last day.
    to: Option<String>,
    /// `without` leaves out the responses that something is odd about.
    flagged: Option<String>,
    /// Values of segments, by segment: those guests alone.
    segments: std::collections::BTreeMap<String, String>,
    /// Language of names.
    lang: Option<String>,
}

/// What making a report again showed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Verification {
    /// Whether every byte is the same.
    same: bool,
    /// Why not, where that is known, and places that differ.
    differences: Vec<String>,
}

/// Kept reports in one's reach, the latest first.
#[utoipa::path(get, path = "/api/v1/kept-reports", tag = "Reports", params(PageQuery),
    responses((status = 200, body = Page<KeptReport>), (status = 304), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn list(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let (before, limit) = query.place().map_err(problem)?;
    let before = if before == 0 { i64::MAX } else { before };
    let limit = usize::try_from(limit).unwrap_or(1);
    let items = app.kept_reports(&viewer, before, limit).await.map_err(problem)?;
    let next = items.last().filter(|_| items.len() == limit).map(|last| cursor(last.number));
    Ok(reply::json(&request, &Page { items, next }))
}

/// Keeps the report that a filter gives now. It gets a number and never changes.
#[utoipa::path(post, path = "/api/v1/kept-reports", tag = "Reports",
    params(("Idempotency-Key" = Option<String>, Header)), request_body = ToKeep,
    responses((status = 201, body = KeptReport), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn keep(
    request: HttpRequest,
    app: Data<App>,
    keys: Data<reply::Keys>,
    Writer(viewer): Writer,
    Body(body): Body,
) -> Result<HttpResponse, Problem> {
    let work = async {
        let ToKeep { survey, unit, from, to, flagged, segments, lang } = reply::read(&body)?;
        let more = segments.into_iter().map(|(segment, value)| (format!("{SEGMENT}{segment}"), value)).collect();
        let more = Pairs(more);
        let query = FilterQuery { unit, from, to, flagged, lang, more };
        let number = app.keep_report(&viewer, &survey, query, headers::accept_language(&request)).await?;
        Ok(reply::created(&app.kept_report(&viewer, number).await?))
    };
    keys.once(&request, &viewer, &body, work).await
}

/// A kept report, byte by byte as it was made.
#[utoipa::path(get, path = "/api/v1/kept-reports/{number}", tag = "Reports", params(("number" = i64, Path)),
    responses((status = 200, body = Report), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn show(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    number: Path<i64>,
) -> Result<HttpResponse, Problem> {
    let kept = app.kept_report(&viewer, *number).await.map_err(|e| Problem::new(&e, &request))?;
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, "no-store")).content_type("application/json");
    Ok(response.body(kept.content))
}

/// Makes a kept report again from the answers that it knew, and compares the bytes.
#[utoipa::path(get, path = "/api/v1/kept-reports/{number}/verification", tag = "Reports", params(("number" = i64, Path)),
    responses((status = 200, body = Verification), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn verification(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    number: Path<i64>,
) -> Result<HttpResponse, Problem> {
    let verified = app.verify_report(&viewer, *number).await.map_err(|e| Problem::new(&e, &request))?;
    let verification = match verified {
        Verified::Same => Verification { same: true, differences: Vec::new() },
        Verified::Other(differences) => Verification { same: false, differences },
    };
    Ok(reply::json(&request, &verification))
}
