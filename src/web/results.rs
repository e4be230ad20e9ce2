//! The quality team's pages.

use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::overview::within;
use super::problem::Problem;
use super::reader::Reader;
use super::report_view::ReportView;
use super::{headers, view};
use crate::service::access::Action;
use crate::service::reporting::FilterQuery;
use crate::service::{App, ServiceError};
use crate::survey::text::negotiate;
use crate::wording;

/// `GET /reports/{survey}`: the index report.
pub async fn report(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    slug: Path<String>,
    query: Query<FilterQuery>,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let accepted = headers::accept_language(&request);
    let report = app.report(&viewer, &slug, query.0.clone(), accepted).await.map_err(problem)?;
    let within = within(&app, &viewer).await.map_err(problem)?.passing_on(&query);
    Ok(view::html(&mut view::private(StatusCode::OK), "report", &ReportView::new(&report, &within)))
}

/// `GET /`: the surveys of this server, each with its pages.
pub async fn home(request: HttpRequest, app: Data<App>, Reader(viewer): Reader) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let read = |db: &mut _| Ok((crate::store::surveys::all(db)?, crate::store::units::all(db)?));
    let (surveys, units) = app.store.read(read).await.map_err(|e| problem(e.into()))?;
    let language = negotiate(&wording::languages(), None, headers::accept_language(&request)).to_owned();
    let may = viewer.scope(Action::ReadReports, &units).is_ok();
    if app.settings.demo && viewer.account.is_none() {
        return Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, "/sign-in")).finish());
    }
    let comments = [Action::ReadComments, Action::ReadResponses].iter().any(|a| viewer.scope(*a, &units).is_ok());
    let mut entries = Vec::new();
    for row in surveys.iter().filter(|_| may) {
        let published = app.published(&row.slug).await.map_err(problem)?;
        let survey = &published.revision.survey;
        let title = survey.template.title.in_language(&language, survey.base_language());
        entries.push(json!({"slug": row.slug, "title": title, "has_report": published.revision.model.is_some()}));
    }
    let account = viewer.account.as_ref().map_or("", |account| account.name.as_str());
    let page = json!({"language": language, "surveys": entries, "account": account, "comments": comments, "sign_in": !may && account.is_empty()});
    Ok(view::html(&mut view::private(StatusCode::OK), "home", &page))
}
