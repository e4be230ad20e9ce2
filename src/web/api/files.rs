//! Reports and charts as files: workbooks, SVG, CSV.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};

use super::ProblemSchema;
use super::reports::ConstructQuery;
use crate::report::Report;
use crate::report::charts::{self, Chart};
use crate::report::svg::Element;
use crate::service::exporting::{figures_as_csv, report_as_pdf, report_as_workbook};
use crate::service::keeping::KeptReport;
use crate::service::overview::{PeriodQuery, Subject};
use crate::service::reporting::FilterQuery;
use crate::service::{App, ServiceError};
use crate::web::problem::Problem;
use crate::web::reader::Reader;
use crate::web::{headers, view};
use crate::wording::wording;

/// Which question a chart is of.
#[derive(Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct QuestionQuery {
    /// A question of the model, for `points`, or for `months` and `houses` in place of an index.
    question: Option<String>,
}

/// The index report of a survey as a workbook: one sheet a table, numbers at full precision.
#[utoipa::path(get, path = "/api/v1/reports/{survey}/report.xlsx", tag = "Reports",
    params(("survey" = String, Path), FilterQuery),
    responses((status = 200, body = Vec<u8>, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn report_xlsx(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    slug: Path<String>,
    query: Query<FilterQuery>,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let accepted = headers::accept_language(&request);
    let report = app.report(&viewer, &slug, query.into_inner(), accepted).await.map_err(problem)?;
    Ok(workbook(&report, None, &file_name(&report)))
}

/// The index report of a survey as a PDF: a title page, what it says, figures, tables, and how it was made.
#[utoipa::path(get, path = "/api/v1/reports/{survey}/report.pdf", tag = "Reports",
    params(("survey" = String, Path), FilterQuery),
    responses((status = 200, body = Vec<u8>, content_type = "application/pdf"), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn report_pdf(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    slug: Path<String>,
    query: Query<FilterQuery>,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let accepted = headers::accept_language(&request);
    let report = app.report(&viewer, &slug, query.into_inner(), accepted).await.map_err(problem)?;
    let name = file_name(&report);
    Ok(paper(report, None, name).await)
}

/// A kept report as a PDF.
#[utoipa::path(get, path = "/api/v1/kept-reports/{number}/report.pdf", tag = "Reports", params(("number" = i64, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/pdf"), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn kept_pdf(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    number: Path<i64>,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let kept = app.kept_report(&viewer, *number).await.map_err(problem)?;
    let report = kept.report().ok_or_else(|| problem(ServiceError::NoSuchReport))?;
    Ok(paper(Arc::new(report), Some(kept), format!("report-{number}")).await)
}

/// Of a report that is not kept: survey, unit and days.
fn file_name(report: &Report) -> String {
    let filter = &report.filter;
    let unit = filter.unit.as_ref().map(|unit| unit.code.clone());
    let day = |day: Option<chrono::NaiveDate>| day.map(|day| day.to_string());
    let parts = [Some(report.survey.slug.clone()), unit, day(filter.from), day(filter.to), Some("report".to_owned())];
    parts.into_iter().flatten().collect::<Vec<_>>().join("-")
}

/// Set on a thread of its own: fonts and drawings take a moment.
async fn paper(report: Arc<Report>, kept: Option<KeptReport>, name: String) -> HttpResponse {
    let made = actix_web::web::block(move || report_as_pdf(&report, kept.as_ref())).await;
    match made.map_err(std::io::Error::other).flatten() {
        Ok(bytes) => attachment("application/pdf", &format!("{}.pdf", plain(&name)), bytes),
        Err(error) => {
            tracing::error!(%error, "a PDF could not be made");
            view::broken()
        }
    }
}

/// A kept report as a workbook.
#[utoipa::path(get, path = "/api/v1/kept-reports/{number}/report.xlsx", tag = "Reports", params(("number" = i64, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn kept_xlsx(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    number: Path<i64>,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let kept = app.kept_report(&viewer, *number).await.map_err(problem)?;
    // One that another version made may not be read by this one.
    let report = kept.report().ok_or_else(|| problem(ServiceError::NoSuchReport))?;
    Ok(workbook(&report, Some(&kept), &format!("report-{number}")))
}

fn workbook(report: &Report, kept: Option<&KeptReport>, name: &str) -> HttpResponse {
    match report_as_workbook(report, kept) {
        Ok(bytes) => {
            let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
            attachment(kind, &format!("{}.xlsx", plain(name)), bytes)
        }
        Err(error) => {
            tracing::error!(%error, "a workbook could not be made");
            view::broken()
        }
    }
}

/// A chart of a page, `months.svg` or `months.csv`: `months`, `houses`, `priorities`, `paths`, `measures` (houses by
/// construct) or, of a question, `points`.
#[utoipa::path(get, path = "/api/v1/overviews/{survey}/charts/{chart}", tag = "Reports",
    params(("survey" = String, Path), ("chart" = String, Path), FilterQuery, PeriodQuery, ConstructQuery, QuestionQuery),
    responses((status = 200, content((String = "image/svg+xml"), (String = "text/csv"))), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn chart(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    path: Path<(String, String)>,
    query: (Query<FilterQuery>, Query<PeriodQuery>, Query<ConstructQuery>, Query<QuestionQuery>),
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let ((slug, file), accepted) = (path.into_inner(), headers::accept_language(&request));
    let named = file.rsplit_once('.').and_then(|(name, kind)| Some((Chart::named(name)?, kind)));
    let (chart, kind) =
        named.filter(|(_, kind)| matches!(*kind, "svg" | "csv")).ok_or_else(|| problem(ServiceError::NoSuchChart))?;
    let (construct, question) = (query.2.into_inner().construct, query.3.into_inner().question);
    let asked = (query.0.into_inner(), query.1.into_inner());
    let chart_name = file.rsplit_once('.').map_or("", |(name, _)| name);
    // A file says whose answers it is of.
    let of: Vec<String> = asked.0.unit.iter().cloned().chain(asked.0.segments().into_iter().map(|(_, v)| v)).collect();
    let given = |name: Option<String>| name.filter(|name| !name.is_empty());
    let drawn = if let Some(question) = given(question) {
        let report = app.question(&viewer, &slug, &question, asked, accepted).await.map_err(problem)?;
        charts::of_question(chart, &report, wording(&report.language))
    } else {
        let subject = match given(construct) {
            _ if chart == Chart::Heat => Subject::Properties,
            Some(construct) => Subject::Construct(construct),
            None => Subject::Headline,
        };
        let overview = app.overview(&viewer, &slug, subject, asked, accepted).await.map_err(problem)?;
        charts::of_overview(chart, &overview, wording(&overview.report.language))
    };
    let drawn = drawn.ok_or_else(|| problem(ServiceError::NoSuchChart))?;
    let name = [slug.as_str(), chart_name].into_iter().chain(of.iter().map(String::as_str)).map(plain);
    let name = format!("{}.{kind}", name.collect::<Vec<_>>().join("-"));
    if kind == "csv" {
        return Ok(attachment("text/csv; charset=utf-8", &name, figures_as_csv(&drawn.table)));
    }
    Ok(picture(&name, drawn.svg.ok_or_else(|| problem(ServiceError::NoSuchChart))?))
}

fn picture(name: &str, svg: Element) -> HttpResponse {
    let mut reply = attachment("image/svg+xml", name, charts::file(svg, view::chart_style()).into_bytes());
    // The drawing's own style, and nothing else.
    let policy = header::HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'");
    reply.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    reply
}

fn attachment(kind: &str, name: &str, bytes: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(kind)
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(bytes)
}

/// What may stand in a file's name.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect()
}
