//! The pages of index reports that are kept.

use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Form, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::overview::within;
use super::problem::Problem;
use super::reader::{Reader, Writer};
use super::report_view::{ReportView, days_of};
use super::{headers, view};
use crate::report::rounding::points;
use crate::service::keeping::KeptReport;
use crate::service::reporting::FilterQuery;
use crate::service::{App, ServiceError};
use crate::survey::text::negotiate;
use crate::wording;

/// Reports of the list.
const MOST: usize = 200;

/// `POST /reports/{survey}/keep`: keeps the report that the page's filter gives now.
pub async fn keep(
    request: HttpRequest,
    app: Data<App>,
    Writer(viewer): Writer,
    slug: Path<String>,
    form: Form<FilterQuery>,
) -> Result<HttpResponse, Problem> {
    let query = form.into_inner();
    let language = query.lang.clone();
    let kept = app.keep_report(&viewer, &slug, query, headers::accept_language(&request)).await;
    let number = kept.map_err(|e| Problem::new(&e, &request))?.to_string();
    let query: Vec<(String, String)> = language.map(|tag| ("lang".to_owned(), tag)).into_iter().collect();
    let to = view::link(&["kept-reports", &number], &query);
    Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, to)).finish())
}

/// `GET /kept-reports`: those that one may see.
pub async fn list(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    query: Query<FilterQuery>,
) -> Result<HttpResponse, Problem> {
    let kept = app.kept_reports(&viewer, i64::MAX, MOST).await.map_err(|e| Problem::new(&e, &request))?;
    let languages = wording::languages();
    let language = negotiate(&languages, query.lang.as_deref(), headers::accept_language(&request)).to_owned();
    let account = viewer.account.as_ref().map_or("", |account| account.name.as_str());
    let rows: Vec<Value> = kept.iter().map(|kept| row(kept, &language)).collect();
    let mut surveys = Vec::new();
    for survey in app.store.read(crate::store::surveys::all).await.map_err(|e| Problem::new(&e.into(), &request))? {
        let revision = app.published(&survey.slug).await.map_err(|e| Problem::new(&e, &request))?.revision;
        if revision.model.is_some() {
            let title =
                revision.survey.template.title.in_language(&language, revision.survey.base_language()).to_owned();
            let lang = [("lang".to_owned(), language.clone())];
            surveys.push(json!({"name": title, "href": view::link(&["overview", &survey.slug], &lang)}));
        }
    }
    let page = json!({"language": language, "account": account, "reports": rows, "surveys": surveys});
    Ok(view::html(&mut view::private(StatusCode::OK), "kept-reports", &page))
}

fn row(kept: &KeptReport, language: &str) -> Value {
    let unit = kept.unit_name.clone().unwrap_or_else(|| wording::wording(language).get("filter-all"));
    let scope = std::iter::once(unit).chain(kept.segments.iter().cloned()).collect::<Vec<_>>().join(" · ");
    json!({
        "number": kept.number,
        "href": view::link(&["kept-reports", &kept.number.to_string()], &[("lang".to_owned(), language.to_owned())]),
        "title": kept.title, "scope": scope, "days": days_of(kept.from, kept.to, wording::wording(language)),
        "score": kept.score.map(points), "by": kept.kept_by, "at": kept.kept_at.format("%Y-%m-%d %H:%M").to_string(),
    })
}

/// Whether a kept report is to be made again.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct AgainQuery {
    again: Option<String>,
}

/// `GET /kept-reports/{number}`: the page of one, as it was; with `again=yes`, and whether it would be the same now.
pub async fn show(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    number: Path<i64>,
    query: Query<AgainQuery>,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let kept = app.kept_report(&viewer, *number).await.map_err(problem)?;
    let Some(report) = kept.report() else {
        // Made by another version: there are its bytes.
        let to = view::link(&["api", "v1", "kept-reports", &number.to_string()], &[]);
        return Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, to)).finish());
    };
    let within = within(&app, &viewer).await.map_err(problem)?;
    let again = match query.again.as_deref() {
        Some("yes") => Some(app.verify_report(&viewer, *number).await.map_err(problem)?),
        _ => None,
    };
    let page = ReportView::new(&report, &within).kept(&kept, &report, again.as_ref());
    Ok(view::html(&mut view::private(StatusCode::OK), "report", &page))
}
