//! Surveys and their revisions.

use actix_web::http::header;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::json;

use super::{Page, PageQuery, ProblemSchema, reply};
use crate::service::surveys::{RevisionEntry, SurveyEntry};
use crate::service::{App, ServiceError};
use crate::web::problem::Problem;
use crate::web::reader::{Administrator, Body, Reader};

/// Whether a survey takes answers.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SurveyChange {
    /// `published` or `closed`.
    #[schema(pattern = "^(published|closed)$")]
    status: String,
}

/// The surveys of this server.
#[utoipa::path(get, path = "/api/v1/surveys", tag = "Surveys", params(PageQuery),
    responses((status = 200, body = Page<SurveyEntry>), (status = 304), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn list(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let all = app.surveys(&viewer).await.and_then(|all| reply::page_of(all, &query));
    Ok(reply::json(&request, &all.map_err(|e| Problem::new(&e, &request))?))
}

/// One survey.
#[utoipa::path(get, path = "/api/v1/surveys/{survey}", tag = "Surveys", params(("survey" = String, Path)),
    responses((status = 200, body = SurveyEntry), (status = 304), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn show(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    slug: Path<String>,
) -> Result<HttpResponse, Problem> {
    let survey = app.survey(&viewer, &slug).await.map_err(|e| Problem::new(&e, &request))?;
    Ok(reply::json(&request, &survey))
}

/// Publishes a template (TOML): a new survey, or a new revision of one. The same content again changes nothing.
#[utoipa::path(post, path = "/api/v1/surveys", tag = "Surveys",
    request_body(content((String = "application/toml"), (String = "text/plain")), description = "A template; docs/questions.md"),
    responses((status = 201, body = SurveyEntry), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn publish(
    request: HttpRequest,
    app: Data<App>,
    Administrator(viewer): Administrator,
    Body(body): Body,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let text = String::from_utf8(body.to_vec()).map_err(|e| problem(ServiceError::BadTable(e.to_string())))?;
    let survey = app.publish_text(&viewer, text).await.map_err(problem)?;
    let revision = json!({"revision": survey.revision});
    app.note(&viewer, "survey.publish", &survey.survey, revision).await.map_err(problem)?;
    Ok(reply::created(&survey))
}

/// Closes a survey, or opens it again.
#[utoipa::path(patch, path = "/api/v1/surveys/{survey}", tag = "Surveys", params(("survey" = String, Path)),
    request_body = SurveyChange,
    responses((status = 200, body = SurveyEntry), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn change(
    request: HttpRequest,
    app: Data<App>,
    Administrator(viewer): Administrator,
    slug: Path<String>,
    Body(body): Body,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let change: SurveyChange = reply::read(&body).map_err(problem)?;
    let survey = app.set_status(&viewer, &slug, &change.status).await.map_err(problem)?;
    let status = json!({"status": survey.status});
    app.note(&viewer, "survey.status", &slug, status).await.map_err(problem)?;
    Ok(reply::json(&request, &survey))
}

/// The revisions of a survey, the earliest first.
#[utoipa::path(get, path = "/api/v1/surveys/{survey}/revisions", tag = "Surveys",
    params(("survey" = String, Path), PageQuery),
    responses((status = 200, body = Page<RevisionEntry>), (status = 304), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn revisions(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    slug: Path<String>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let all = app.revisions(&viewer, &slug).await.and_then(|all| reply::page_of(all, &query));
    Ok(reply::json(&request, &all.map_err(|e| Problem::new(&e, &request))?))
}

/// The template of a revision, as it was published.
#[utoipa::path(get, path = "/api/v1/surveys/{survey}/revisions/{revision}", tag = "Surveys",
    params(("survey" = String, Path), ("revision" = String, Path, description = "Content hash")),
    responses((status = 200, body = String, content_type = "application/toml"), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn template(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (slug, hash) = path.into_inner();
    let text = app.template(&viewer, &slug, &hash).await.map_err(|e| Problem::new(&e, &request))?;
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, "private, no-cache"));
    Ok(response.content_type("application/toml").body(text))
}
