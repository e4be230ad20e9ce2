//! Units.

use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::json;

use super::{Page, PageQuery, ProblemSchema, reply};
use crate::service::access::Action;
use crate::service::units::{Change, Put, Unit, from_csv, to_csv};
use crate::service::{App, ServiceError};
use crate::web::problem::Problem;
use crate::web::reader::{Administrator, Body, Reader};

/// Which unit another becomes part of.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Merge {
    /// Code.
    into: String,
}

async fn seen(app: &App, viewer: &crate::service::access::Viewer) -> Result<Vec<Unit>, ServiceError> {
    let scope = app.admit_to(viewer, Action::ReadReports, false).await?;
    let rows = app.store.read(crate::store::units::all).await?;
    let codes: std::collections::BTreeSet<String> =
        rows.into_iter().filter(|row| scope.holds(Some(row.id))).map(|row| row.code).collect();
    Ok(app.units().await?.into_iter().filter(|unit| codes.contains(&unit.code)).collect())
}

/// The units in one's reach, parents before children.
#[utoipa::path(get, path = "/api/v1/units", tag = "Units", params(PageQuery),
    responses((status = 200, body = Page<Unit>), (status = 304), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn list(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let page = seen(&app, &viewer).await.and_then(|all| reply::page_of(all, &query));
    Ok(reply::json(&request, &page.map_err(|e| Problem::new(&e, &request))?))
}

/// The same as a table.
#[utoipa::path(get, path = "/api/v1/units.csv", tag = "Units",
    responses((status = 200, body = String, content_type = "text/csv"), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn table(request: HttpRequest, app: Data<App>, Reader(viewer): Reader) -> Result<HttpResponse, Problem> {
    let units = seen(&app, &viewer).await.map_err(|e| Problem::new(&e, &request))?;
    Ok(HttpResponse::Ok().content_type("text/csv; charset=utf-8").body(to_csv(&units)))
}

/// One unit.
#[utoipa::path(get, path = "/api/v1/units/{unit}", tag = "Units", params(("unit" = String, Path, description = "Code")),
    responses((status = 200, body = Unit), (status = 304), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn show(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    code: Path<String>,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let unit = seen(&app, &viewer).await.map_err(problem)?.into_iter().find(|unit| unit.code == *code);
    let unknown = || problem(ServiceError::UnknownUnit(code.chars().take(80).collect()));
    Ok(reply::json(&request, &unit.ok_or_else(unknown)?))
}

/// Adds and changes units, in any order, all of them or none: JSON, or a table with `content-type: text/csv`.
#[utoipa::path(post, path = "/api/v1/units", tag = "Units",
    request_body(content((Vec<Unit> = "application/json"), (String = "text/csv"))),
    responses((status = 200, body = Put), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn put_all(
    request: HttpRequest,
    app: Data<App>,
    Administrator(viewer): Administrator,
    Body(body): Body,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let bad = |e: String| problem(ServiceError::BadTable(e));
    let units = if actix_web::HttpMessage::content_type(&request) == "text/csv" {
        let text = std::str::from_utf8(&body).map_err(|e| bad(e.to_string()))?;
        let known = app.units().await.map_err(problem)?;
        from_csv(text, &known).map_err(|faults| problem(ServiceError::BadUnits(faults)))?
    } else {
        serde_json::from_slice(&body).map_err(|e| bad(e.to_string()))?
    };
    let put: Put = app.put_units(units).await.map_err(problem)?;
    app.note(&viewer, "units.import", "", json!(put)).await.map_err(problem)?;
    Ok(reply::json(&request, &put))
}

/// Adds or changes one unit; with `If-Match`, only what there was.
#[utoipa::path(put, path = "/api/v1/units/{unit}", tag = "Units", params(("unit" = String, Path, description = "Code")),
    request_body = Unit,
    responses((status = 200, body = Unit), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn put(
    request: HttpRequest,
    app: Data<App>,
    Administrator(viewer): Administrator,
    code: Path<String>,
    Body(body): Body,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let unit: Unit = reply::read(&body).map_err(problem)?;
    if unit.code != *code {
        let given = unit.code.chars().take(80).collect();
        return Err(problem(ServiceError::BadFilter { name: "code", given, expected: "the same as in the address" }));
    }
    let now = app.units().await.map_err(problem)?.into_iter().find(|known| known.code == *code);
    reply::matches(&request, now.as_ref()).map_err(problem)?;
    app.put_units(vec![unit.clone()]).await.map_err(problem)?;
    app.note(&viewer, "unit.change", &code, json!({})).await.map_err(problem)?;
    Ok(reply::json(&request, &unit))
}

/// Makes a unit part of another.
#[utoipa::path(post, path = "/api/v1/units/{unit}/merge", tag = "Units", params(("unit" = String, Path, description = "Code")),
    request_body = Merge,
    responses((status = 200, body = Put), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn merge(
    request: HttpRequest,
    app: Data<App>,
    Administrator(viewer): Administrator,
    code: Path<String>,
    Body(body): Body,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let merge: Merge = reply::read(&body).map_err(problem)?;
    let merged = app.merge_units(&code, &merge.into).await.map_err(problem)?;
    app.note(&viewer, "unit.merge", &code, json!({"into": merge.into})).await.map_err(problem)?;
    Ok(reply::json(&request, &merged))
}

/// What became of a unit, the earliest first.
#[utoipa::path(get, path = "/api/v1/units/{unit}/changes", tag = "Units",
    params(("unit" = String, Path, description = "Code"), PageQuery),
    responses((status = 200, body = Page<Change>), (status = 304), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn changes(
    request: HttpRequest,
    app: Data<App>,
    _administrator: Administrator,
    code: Path<String>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let all = app.unit_changes(&code).await.and_then(|all| reply::page_of(all, &query));
    Ok(reply::json(&request, &all.map_err(problem)?))
}
