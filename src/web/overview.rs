//! The pages that a week begins with: the overview of a survey, what is behind its figures, and what guests wrote.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};

use super::api::PageQuery;
use super::comments_view::{Comments, CommentsView};
use super::expectations_view::ExpectationsView;
use super::houses_view::HousesView;
use super::measurement_view::MeasurementView;
use super::overview_view::OverviewView;
use super::paths_view::PathsView;
use super::period_filter::Asked;
use super::problem::Problem;
use super::question_page_view::QuestionView;
use super::reader::Reader;
use super::report_view::Within;
use super::responses_view::ResponsesView;
use super::satisfiers_view::SatisfiersView;
use super::segments_view::SegmentsView;
use super::{headers, view};
use crate::report::overview::Overview;
use crate::service::access::{Action, Scope, Viewer};
use crate::service::commenting::CommentQuery;
use crate::service::comparing::SegmentQuery;
use crate::service::overview::{PeriodQuery, Subject};
use crate::service::reporting::FilterQuery;
use crate::service::{App, ServiceError};
use crate::survey::text::negotiate;
use crate::wording;

/// Comments on a page.
const COMMENTS: usize = 50;
/// Responses on a page.
const RESPONSES: usize = 20;

/// What a viewer may see besides.
///
/// # Errors
/// As [`App::report`].
pub(super) async fn within(app: &App, viewer: &Viewer) -> Result<Within, ServiceError> {
    let all = app.store.read(crate::store::units::all).await?;
    let scope = viewer.scope(Action::ReadReports, &all)?;
    let responses = viewer.scope(Action::ReadResponses, &all).is_ok();
    Ok(Within {
        everywhere: scope == Scope::Everywhere,
        responses,
        comments: responses || viewer.scope(Action::ReadComments, &all).is_ok(),
        units: all.into_iter().filter(|unit| scope.holds(Some(unit.id))).collect(),
        account: viewer.account.as_ref().map(|account| account.name.clone()),
        keeps: Vec::new(),
    })
}

/// Filter and period of an address.
type PeriodOf = (Query<FilterQuery>, Query<PeriodQuery>);

/// `GET /overview/{survey}`: where satisfaction stands.
pub async fn overview(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    slug: Path<String>,
    query: PeriodOf,
) -> Result<HttpResponse, Problem> {
    about(request, &app, &viewer, (&slug, None), query).await
}

/// `GET /overview/{survey}/constructs/{construct}`: a construct and its questions.
pub async fn construct(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    path: Path<(String, String)>,
    query: PeriodOf,
) -> Result<HttpResponse, Problem> {
    let (slug, construct) = path.into_inner();
    about(request, &app, &viewer, (&slug, Some(&construct)), query).await
}

async fn about(
    request: HttpRequest,
    app: &App,
    viewer: &Viewer,
    (slug, construct): (&str, Option<&str>),
    query: PeriodOf,
) -> Result<HttpResponse, Problem> {
    let subject = construct.map_or(Subject::Headline, |construct| Subject::Construct(construct.to_owned()));
    let view = |o: &Overview, asked: &Asked, within: &Within| OverviewView::new(o, asked, construct, within);
    page_of(request, app, viewer, (slug, subject), query, ("overview", view)).await
}

/// A page of an overview, by its template and what that shows.
async fn page_of<V: serde::Serialize>(
    request: HttpRequest,
    app: &App,
    viewer: &Viewer,
    (slug, subject): (&str, Subject),
    query: PeriodOf,
    (template, view): (&str, impl FnOnce(&Overview, &Asked, &Within) -> V),
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let query = (query.0.into_inner(), query.1.into_inner());
    let accepted = headers::accept_language(&request);
    let overview = app.overview(viewer, slug, subject, query.clone(), accepted).await.map_err(problem)?;
    let within = within(app, viewer).await.map_err(problem)?;
    Ok(view::html(&mut view::private(StatusCode::OK), template, &view(&overview, &query, &within)))
}

/// `GET /overview/{survey}/properties`: houses by construct.
pub async fn properties(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    slug: Path<String>,
    query: PeriodOf,
) -> Result<HttpResponse, Problem> {
    page_of(request, &app, &viewer, (&slug, Subject::Properties), query, ("houses", HousesView::new)).await
}

/// `GET /overview/{survey}/paths`: what drives what.
pub async fn paths(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    slug: Path<String>,
    query: PeriodOf,
) -> Result<HttpResponse, Problem> {
    page_of(request, &app, &viewer, (&slug, Subject::Headline), query, ("paths", PathsView::new)).await
}

/// `GET /overview/{survey}/responses`: single responses.
pub async fn responses(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    slug: Path<String>,
    query: (Query<FilterQuery>, Query<PageQuery>),
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let (before, _) = query.1.place().map_err(problem)?;
    let languages = wording::languages();
    let asked = query.0.into_inner();
    let language = negotiate(&languages, asked.lang.as_deref(), headers::accept_language(&request)).to_owned();
    let page =
        app.read_responses(&viewer, &slug, asked.clone(), &language, (before, RESPONSES)).await.map_err(problem)?;
    let within = within(&app, &viewer).await.map_err(problem)?.passing_on(&asked);
    let revision = app.published(&slug).await.map_err(problem)?.revision;
    let view = ResponsesView::new(&revision.survey, &language, &page, &within);
    Ok(view::html(&mut view::private(StatusCode::OK), "responses", &view))
}

/// `GET /overview/{survey}/segments`: parts of the guests beside each other.
pub async fn segments(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    slug: Path<String>,
    query: (Query<FilterQuery>, Query<PeriodQuery>, Query<SegmentQuery>),
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let (asked, query) = (query.2.into_inner(), (query.0.into_inner(), query.1.into_inner()));
    let accepted = headers::accept_language(&request);
    let compared = app.segments_compared(&viewer, &slug, asked, query.clone(), accepted).await.map_err(problem)?;
    let within = within(&app, &viewer).await.map_err(problem)?;
    Ok(view::html(&mut view::private(StatusCode::OK), "segments", &SegmentsView::new(&compared, &query, &within)))
}

/// `GET /overview/{survey}/questions/{question}`: how a question was answered.
pub async fn question(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    path: Path<(String, String)>,
    query: PeriodOf,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let (slug, question) = path.into_inner();
    let query = (query.0.into_inner(), query.1.into_inner());
    let accepted = headers::accept_language(&request);
    let report = app.question(&viewer, &slug, &question, query.clone(), accepted).await.map_err(problem)?;
    let within = within(&app, &viewer).await.map_err(problem)?;
    Ok(view::html(&mut view::private(StatusCode::OK), "question", &QuestionView::new(&report, &query, &within)))
}

/// `GET /overview/{survey}/measurement`: whether the questionnaire measures what it should.
pub async fn measurement(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    slug: Path<String>,
    query: Query<FilterQuery>,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let accepted = headers::accept_language(&request);
    let measured = app.measurement(&viewer, &slug, query.0.clone(), accepted).await.map_err(problem)?;
    let within = within(&app, &viewer).await.map_err(problem)?.passing_on(&query);
    Ok(view::html(&mut view::private(StatusCode::OK), "measurement", &MeasurementView::new(&measured, &within)))
}

/// `GET /overview/{survey}/satisfiers`: what delights and what disappoints.
pub async fn satisfiers(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    slug: Path<String>,
    query: Query<FilterQuery>,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let accepted = headers::accept_language(&request);
    let found = app.satisfiers(&viewer, &slug, query.0.clone(), accepted).await.map_err(problem)?;
    let within = within(&app, &viewer).await.map_err(problem)?.passing_on(&query);
    Ok(view::html(&mut view::private(StatusCode::OK), "satisfiers", &SatisfiersView::new(&found, &within)))
}

/// `GET /overview/{survey}/expectations`: expectation against performance.
pub async fn expectations(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    slug: Path<String>,
    query: Query<FilterQuery>,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let accepted = headers::accept_language(&request);
    let found = app.expectations(&viewer, &slug, query.0.clone(), accepted).await.map_err(problem)?;
    let within = within(&app, &viewer).await.map_err(problem)?.passing_on(&query);
    Ok(view::html(&mut view::private(StatusCode::OK), "expectations", &ExpectationsView::new(&found, &within)))
}

/// `GET /overview/{survey}/comments`: what guests wrote.
pub async fn comments(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    slug: Path<String>,
    query: (Query<FilterQuery>, Query<CommentQuery>, Query<PageQuery>),
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let (before, _) = query.2.place().map_err(problem)?;
    let mut query = (query.0.into_inner(), query.1.into_inner());
    let accepted = headers::accept_language(&request);
    let language = negotiate(&wording::languages(), query.0.lang.as_deref(), accepted).to_owned();
    query.0.lang = Some(language.clone());
    let found = app.comments(&viewer, &slug, query.clone(), before, COMMENTS).await.map_err(problem)?;
    let within = within(&app, &viewer).await.map_err(problem)?.passing_on(&query.0);
    let revision = app.published(&slug).await.map_err(problem)?.revision;
    let page = Comments {
        survey: &revision.survey,
        language: &language,
        query: &query,
        found,
        together: app.thresholds.comments,
    };
    Ok(view::html(&mut view::private(StatusCode::OK), "comments", &CommentsView::new(page, &within)))
}
