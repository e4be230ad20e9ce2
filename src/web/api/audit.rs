//! The audit.

use actix_web::http::header;
use actix_web::web::{Bytes, Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

use super::{Page, PageQuery, ProblemSchema, reply};
use crate::service::access::Viewer;
use crate::service::auditing::Entry;
use crate::service::{App, ServiceError};
use crate::store::audit::Search;
use crate::web::problem::Problem;
use crate::web::reader::Administrator;

/// Entries at a time, of an export.
const AT_ONCE: i64 = 1000;

/// What is searched for: exactly this.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// An account's address, `token NAME`, `shell`, or `anybody`.
    actor: Option<String>,
    action: Option<String>,
    subject: Option<String>,
}

impl AuditQuery {
    fn search(self) -> Search {
        Search { actor: self.actor, action: self.action, subject: self.subject }
    }
}

/// Who did what, the earliest first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "Audit", params(AuditQuery, PageQuery),
    responses((status = 200, body = Page<Entry>), (status = 304), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn list(
    request: HttpRequest,
    app: Data<App>,
    Administrator(viewer): Administrator,
    query: Query<AuditQuery>,
    page: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let (after, limit) = page.place().map_err(problem)?;
    let rows = app.audit(&viewer, query.into_inner().search(), after, limit).await.map_err(problem)?;
    Ok(reply::json(&request, &reply::page(rows, limit)))
}

/// All of it, an entry a line (JSON), as it streams.
#[utoipa::path(get, path = "/api/v1/audit.jsonl", tag = "Audit", params(AuditQuery),
    responses((status = 200, body = String, content_type = "application/jsonl"), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn lines(app: Data<App>, Administrator(viewer): Administrator, query: Query<AuditQuery>) -> HttpResponse {
    let begin = (app.get_ref().clone(), viewer, query.into_inner().search(), 0_i64);
    let parts = futures_util::stream::try_unfold(begin, |state| async move { part(state).await });
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    response.content_type("application/jsonl").streaming(parts)
}

type State = (App, Viewer, Search, i64);

async fn part((app, viewer, search, after): State) -> Result<Option<(Bytes, State)>, actix_web::Error> {
    let rows = app.audit(&viewer, search.clone(), after, AT_ONCE).await;
    let rows = rows.map_err(|error| {
        tracing::error!(%error, "an export of the audit broke off");
        actix_web::error::ErrorInternalServerError("the export broke off")
    })?;
    let Some((last, _)) = rows.last() else { return Ok(None) };
    let last = *last;
    let line = |(_, entry): &(i64, Entry)| serde_json::to_string(entry).unwrap_or_default() + "\n";
    let text: String = rows.iter().map(line).collect();
    Ok(Some((Bytes::from(text), (app, viewer, search, last))))
}
