//! Reports and responses.

use actix_web::http::header;
use actix_web::web::{Bytes, Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Page, PageQuery, ProblemSchema, reply};
use crate::report::Report;
use crate::report::comparing::SegmentsCompared;
use crate::report::expectations::Expectations;
use crate::report::measurement::Measurement;
use crate::report::overview::Overview;
use crate::report::question::QuestionReport;
use crate::report::satisfiers::Satisfiers;
use crate::service::commenting::{Comment, CommentQuery};
use crate::service::comparing::SegmentQuery;
use crate::service::cursor::cursor;
use crate::service::exporting::Exported;
use crate::service::handing_in::HandedIn;
use crate::service::overview::{PeriodQuery, Subject};
use crate::service::reporting::FilterQuery;
use crate::service::{App, ServiceError};
use crate::web::headers;
use crate::web::problem::Problem;
use crate::web::reader::{Body, Reader};

/// The index report of a survey: the same content as its page. Of which responses, and from how many what is shown,
/// docs/publication.md says.
#[utoipa::path(get, path = "/api/v1/reports/{survey}", tag = "Reports",
    params(("survey" = String, Path), FilterQuery),
    responses((status = 200, body = Report), (status = 304), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn report(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    slug: Path<String>,
    query: Query<FilterQuery>,
) -> Result<HttpResponse, Problem> {
    let report = app
        .report(&viewer, &slug, query.into_inner(), headers::accept_language(&request))
        .await
        .map_err(|e| Problem::new(&e, &request))?;
    Ok(reply::json(&request, &*report))
}

/// Which construct an overview is about.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct ConstructQuery {
    /// A construct of the model, in place of its headline.
    pub(super) construct: Option<String>,
}

/// The overview of a survey, or of a construct of its model: the same content as its page.
#[utoipa::path(get, path = "/api/v1/overviews/{survey}", tag = "Reports",
    params(("survey" = String, Path), FilterQuery, PeriodQuery, ConstructQuery),
    responses((status = 200, body = Overview), (status = 304), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn overview(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    slug: Path<String>,
    query: (Query<FilterQuery>, Query<PeriodQuery>, Query<ConstructQuery>),
) -> Result<HttpResponse, Problem> {
    let subject = query.2.into_inner().construct.filter(|construct| !construct.is_empty());
    let subject = subject.map_or(Subject::Headline, Subject::Construct);
    let query = (query.0.into_inner(), query.1.into_inner());
    let overview = app.overview(&viewer, &slug, subject, query, headers::accept_language(&request)).await;
    Ok(reply::json(&request, &*overview.map_err(|e| Problem::new(&e, &request))?))
}

/// The overview of a survey with every construct in every property.
#[utoipa::path(get, path = "/api/v1/overviews/{survey}/properties", tag = "Reports",
    params(("survey" = String, Path), FilterQuery, PeriodQuery),
    responses((status = 200, body = Overview), (status = 304), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn properties(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    slug: Path<String>,
    query: (Query<FilterQuery>, Query<PeriodQuery>),
) -> Result<HttpResponse, Problem> {
    let query = (query.0.into_inner(), query.1.into_inner());
    let overview = app.overview(&viewer, &slug, Subject::Properties, query, headers::accept_language(&request)).await;
    Ok(reply::json(&request, &*overview.map_err(|e| Problem::new(&e, &request))?))
}

/// The parts that a segment divides the guests into, beside each other: the same content as the page.
#[utoipa::path(get, path = "/api/v1/overviews/{survey}/segments", tag = "Reports",
    params(("survey" = String, Path), FilterQuery, PeriodQuery, SegmentQuery),
    responses((status = 200, body = SegmentsCompared), (status = 304), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn segments(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    slug: Path<String>,
    query: (Query<FilterQuery>, Query<PeriodQuery>, Query<SegmentQuery>),
) -> Result<HttpResponse, Problem> {
    let (asked, query) = (query.2.into_inner(), (query.0.into_inner(), query.1.into_inner()));
    let compared = app.segments_compared(&viewer, &slug, asked, query, headers::accept_language(&request)).await;
    Ok(reply::json(&request, &*compared.map_err(|e| Problem::new(&e, &request))?))
}

/// How a question of the survey's model was answered: the same content as its page.
#[utoipa::path(get, path = "/api/v1/overviews/{survey}/questions/{question}", tag = "Reports",
    params(("survey" = String, Path), ("question" = String, Path), FilterQuery, PeriodQuery),
    responses((status = 200, body = QuestionReport), (status = 304), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn question(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    path: Path<(String, String)>,
    query: (Query<FilterQuery>, Query<PeriodQuery>),
) -> Result<HttpResponse, Problem> {
    let (slug, question) = path.into_inner();
    let query = (query.0.into_inner(), query.1.into_inner());
    let report = app.question(&viewer, &slug, &question, query, headers::accept_language(&request)).await;
    Ok(reply::json(&request, &*report.map_err(|e| Problem::new(&e, &request))?))
}

/// How well a survey measures: the same content as its page.
#[utoipa::path(get, path = "/api/v1/overviews/{survey}/measurement", tag = "Reports",
    params(("survey" = String, Path), FilterQuery),
    responses((status = 200, body = Measurement), (status = 304), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn measurement(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    slug: Path<String>,
    query: Query<FilterQuery>,
) -> Result<HttpResponse, Problem> {
    let measured = app.measurement(&viewer, &slug, query.into_inner(), headers::accept_language(&request)).await;
    Ok(reply::json(&request, &*measured.map_err(|e| Problem::new(&e, &request))?))
}

/// What delights and what disappoints: the same content as its page.
#[utoipa::path(get, path = "/api/v1/overviews/{survey}/satisfiers", tag = "Reports",
    params(("survey" = String, Path), FilterQuery),
    responses((status = 200, body = Satisfiers), (status = 304), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn satisfiers(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    slug: Path<String>,
    query: Query<FilterQuery>,
) -> Result<HttpResponse, Problem> {
    let found = app.satisfiers(&viewer, &slug, query.into_inner(), headers::accept_language(&request)).await;
    Ok(reply::json(&request, &*found.map_err(|e| Problem::new(&e, &request))?))
}

/// Expectation against performance: the same content as its page.
#[utoipa::path(get, path = "/api/v1/overviews/{survey}/expectations", tag = "Reports",
    params(("survey" = String, Path), FilterQuery),
    responses((status = 200, body = Expectations), (status = 304), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn expectations(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    slug: Path<String>,
    query: Query<FilterQuery>,
) -> Result<HttpResponse, Problem> {
    let found = app.expectations(&viewer, &slug, query.into_inner(), headers::accept_language(&request)).await;
    Ok(reply::json(&request, &*found.map_err(|e| Problem::new(&e, &request))?))
}

/// Single responses, the oldest first, with what the template computes from each.
#[utoipa::path(get, path = "/api/v1/surveys/{survey}/responses", tag = "Responses",
    params(("survey" = String, Path), PageQuery),
    responses((status = 200, body = Page<Exported>), (status = 304), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn responses(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    slug: Path<String>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let (after, limit) = query.place().map_err(problem)?;
    let rows = app.responses(&viewer, &slug, after, limit).await.map_err(problem)?;
    let read = json!({"responses": rows.len()});
    app.note(&viewer, "responses.read", &slug, read).await.map_err(problem)?;
    Ok(reply::json(&request, &reply::page(rows, limit)))
}

/// What a response got.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Received {
    /// With it the guest sees, corrects and withdraws the answers.
    receipt: String,
}

/// Hands in a response, judged by the same rules as a form, and as open: whoever can answer on the page can here.
#[utoipa::path(post, path = "/api/v1/surveys/{survey}/responses", tag = "Responses",
    params(("survey" = String, Path)), request_body = HandedIn, security(()),
    responses((status = 201, body = Received), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn hand_in(
    request: HttpRequest,
    app: Data<App>,
    slug: Path<String>,
    Body(body): Body,
) -> Result<HttpResponse, Problem> {
    let work = async { app.hand_in(&slug, reply::read(&body)?).await };
    let receipt = work.await.map_err(|e| Problem::new(&e, &request))?;
    Ok(reply::created(&Received { receipt: receipt.to_string() }))
}

/// What guests wrote, the latest first. Those who may read single responses get each with its receipt; others get
/// comments of whole groups of responses, ten of them and more together, with a month and nothing else.
#[utoipa::path(get, path = "/api/v1/surveys/{survey}/comments", tag = "Responses",
    params(("survey" = String, Path), FilterQuery, CommentQuery, PageQuery),
    responses((status = 200, body = Page<Comment>), (status = 304), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn comments(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    slug: Path<String>,
    query: (Query<FilterQuery>, Query<CommentQuery>, Query<PageQuery>),
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let (filter, wanted, page) = (query.0.into_inner(), query.1.into_inner(), query.2);
    let (before, limit) = page.place().map_err(problem)?;
    let limit = usize::try_from(limit).unwrap_or(1);
    let found = app.comments(&viewer, &slug, (filter, wanted), before, limit).await.map_err(problem)?;
    if found.undivided {
        let expected = "nothing: comments are shown of many guests together, whatever divides them";
        return Err(problem(ServiceError::BadFilter {
            name: "segment",
            given: "a part of the guests".into(),
            expected,
        }));
    }
    Ok(reply::json(&request, &Page { items: found.comments, next: found.next.map(cursor) }))
}

/// Every response, as a table that streams.
#[utoipa::path(get, path = "/api/v1/surveys/{survey}/responses.csv", tag = "Responses",
    params(("survey" = String, Path)),
    responses((status = 200, body = String, content_type = "text/csv"), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn responses_csv(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    slug: Path<String>,
) -> Result<HttpResponse, Problem> {
    let export = app.export_csv(&viewer, &slug).await.map_err(|e| Problem::new(&e, &request))?;
    app.note(&viewer, "responses.export", &slug, json!({})).await.map_err(|e| Problem::new(&e, &request))?;
    let parts = futures_util::stream::try_unfold(export, |mut export| async move {
        let part = export.next_part().await.inspect_err(|error| tracing::error!(%error, "an export broke off"))?;
        Ok::<_, ServiceError>(part.map(|part| (Bytes::from(part), export)))
    });
    // Once the stream has begun the status is sent; an error then cuts the connection, which a client notices.
    let parts = futures_util::TryStreamExt::map_err(parts, |_| {
        actix_web::error::ErrorInternalServerError("the export broke off")
    });
    let name = format!(
        "attachment; filename=\"{}-responses.csv\"",
        slug.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', "")
    );
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, name))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .streaming(parts))
}
