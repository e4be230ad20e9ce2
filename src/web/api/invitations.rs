//! Personal links.

use std::collections::BTreeMap;

use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Page, PageQuery, ProblemSchema, reply};
use crate::service::inviting::Invitee;
use crate::service::units::Fault;
use crate::service::{App, ServiceError};
use crate::store::invitations::ListedRow;
use crate::web::problem::Problem;
use crate::web::reader::{Administrator, Body};

/// A guest to be invited.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Invitation {
    /// What you know the guest by; with it links are called back.
    #[serde(default)]
    #[schema(max_length = 200)]
    reference: String,
    /// Code of the unit.
    #[serde(default)]
    unit: Option<String>,
    /// BCP 47.
    #[serde(default)]
    language: Option<String>,
    /// Hidden fields of the survey.
    #[serde(default)]
    given: BTreeMap<String, String>,
}

/// What was made: links in the order of the guests. They cannot be had again.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Links {
    links: Vec<String>,
}

/// Whose links.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    reference: String,
}

/// How many open links there were.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Revoked {
    revoked: usize,
}

/// An invitation as it stands. The link itself is known to its guest alone.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct InvitationEntry {
    reference: String,
    /// Code.
    unit: Option<String>,
    language: Option<String>,
    /// `open`, `used` or `revoked`.
    status: String,
    expires_at: Option<DateTime<Utc>>,
}

/// Which invitations.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct InvitationQuery {
    /// What you know the guest by.
    reference: Option<String>,
}

/// Invitations, the earliest first. Links to anonymous surveys become `used` ten at a time.
#[utoipa::path(get, path = "/api/v1/surveys/{survey}/invitations", tag = "Invitations",
    params(("survey" = String, Path), InvitationQuery, PageQuery),
    responses((status = 200, body = Page<InvitationEntry>), (status = 304), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn list(
    request: HttpRequest,
    app: Data<App>,
    _administrator: Administrator,
    slug: Path<String>,
    query: Query<InvitationQuery>,
    page: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let (after, limit) = page.place().map_err(problem)?;
    let rows = app.invitations(&slug, query.into_inner().reference, after, limit).await.map_err(problem)?;
    let entry = |row: ListedRow| InvitationEntry {
        reference: row.reference,
        unit: row.unit,
        language: row.language,
        status: row.status,
        expires_at: row.expires_at.map(|at| at.and_utc()),
    };
    let rows = rows.into_iter().map(|row| (row.id, entry(row))).collect();
    Ok(reply::json(&request, &reply::page(rows, limit)))
}

/// Makes a personal link for each guest. An `Idempotency-Key` makes a repeat get the same ones.
#[utoipa::path(post, path = "/api/v1/surveys/{survey}/invitations", tag = "Invitations",
    params(("survey" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Vec<Invitation>,
    responses((status = 201, body = Links), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn create(
    request: HttpRequest,
    app: Data<App>,
    keys: Data<reply::Keys>,
    Administrator(viewer): Administrator,
    slug: Path<String>,
    Body(body): Body,
) -> Result<HttpResponse, Problem> {
    let work = async {
        let guests: Vec<Invitation> =
            serde_json::from_slice(&body).map_err(|e| ServiceError::BadTable(e.to_string()))?;
        for (line, guest) in (1..).zip(&guests) {
            let texts = guest.given.iter().flat_map(|(name, value)| [name, value]).chain([&guest.reference]);
            let mut texts = texts.chain(&guest.language);
            if texts.any(|text| text.chars().count() > 200 || text.contains(char::is_control)) {
                let reason = "a text has at most 200 characters, none of them a control character".to_owned();
                return Err(ServiceError::BadUnits(vec![Fault { line, reason }]));
            }
        }
        let invitee = |guest: Invitation| Invitee {
            reference: guest.reference,
            unit: guest.unit,
            language: guest.language,
            given: guest.given.into_iter().collect(),
        };
        let guests: Vec<Invitee> = guests.into_iter().map(invitee).collect();
        let tokens = app.invite(&slug, &guests, None).await?;
        app.note(&viewer, "invitations.create", &slug, json!({"invitations": tokens.len()})).await?;
        let links = tokens.iter().map(|token| format!("{}/i/{token}", app.settings.base_url)).collect();
        Ok(reply::created(&Links { links }))
    };
    keys.once(&request, &viewer, &body, work).await
}

/// Calls the open links of a guest back.
#[utoipa::path(post, path = "/api/v1/surveys/{survey}/invitations/revoke", tag = "Invitations",
    params(("survey" = String, Path)), request_body = Revocation,
    responses((status = 200, body = Revoked), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn revoke(
    request: HttpRequest,
    app: Data<App>,
    Administrator(viewer): Administrator,
    slug: Path<String>,
    Body(body): Body,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let given: Revocation = reply::read(&body).map_err(problem)?;
    if given.reference.contains(char::is_control) {
        let bad = given.reference.chars().take(40).filter(|c| !c.is_control()).collect();
        let expected = "no control characters";
        return Err(problem(ServiceError::BadFilter { name: "reference", given: bad, expected }));
    }
    let revoked = app.revoke_links(&slug, &given.reference).await.map_err(problem)?;
    app.note(&viewer, "invitations.revoke", &slug, json!({"revoked": revoked})).await.map_err(problem)?;
    Ok(reply::json(&request, &Revoked { revoked }))
}
