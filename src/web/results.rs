//! The quality team's pages.

use actix_web::http::header;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::problem::Problem;
use super::report_view::ReportView;
use super::server::Access;
use super::{headers, view};
use crate::service::reporting::FilterQuery;
use crate::service::{App, ServiceError};
use crate::survey::text::negotiate;
use crate::wording;

/// `GET /reports/{survey}`: the index report.
pub async fn report(
    request: HttpRequest,
    app: Data<App>,
    access: Data<Access>,
    slug: Path<String>,
    query: Query<FilterQuery>,
) -> Result<HttpResponse, Problem> {
    if !access.open_results {
        return Err(Problem::closed_results(&request));
    }
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let report = app.report(&slug, query.into_inner(), headers::accept_language(&request)).await.map_err(problem)?;
    let units = app.store.read(crate::store::units::all).await.map_err(|e| problem(e.into()))?;
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, "private, no-cache"));
    Ok(view::html(&mut response, "report", &ReportView::new(&report, &units, access.open_responses)))
}

/// `GET /`: the surveys of this server, each with its pages.
pub async fn home(request: HttpRequest, app: Data<App>, access: Data<Access>) -> Result<HttpResponse, Problem> {
    let surveys = app.store.read(crate::store::surveys::all).await.map_err(|e| Problem::new(&e.into(), &request))?;
    let language = negotiate(&wording::languages(), None, headers::accept_language(&request)).to_owned();
    let mut entries = Vec::new();
    for row in surveys.iter().filter(|_| access.open_results) {
        let published = app.published(&row.slug).await.map_err(|e| Problem::new(&e, &request))?;
        let survey = &published.revision.survey;
        let title = survey.template.title.in_language(&language, survey.base_language());
        entries.push(json!({"slug": row.slug, "title": title, "has_report": published.revision.model.is_some()}));
    }
    Ok(view::html(&mut HttpResponse::Ok(), "home", &json!({"language": language, "surveys": entries})))
}
