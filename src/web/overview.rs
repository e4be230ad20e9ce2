//! The pages that a week begins with: the overview of a survey, and what guests wrote.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};

use super::api::PageQuery;
use super::overview_view::{Comments, CommentsView, OverviewView};
use super::problem::Problem;
use super::reader::Reader;
use super::report_view::Within;
use super::{headers, view};
use crate::service::access::{Action, Scope, Viewer};
use crate::service::commenting::CommentQuery;
use crate::service::overview::PeriodQuery;
use crate::service::reporting::FilterQuery;
use crate::service::{App, ServiceError};
use crate::survey::text::negotiate;
use crate::wording;

/// Comments on a page.
const COMMENTS: usize = 50;

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
    })
}

/// `GET /overview/{survey}`: where satisfaction stands.
pub async fn overview(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    slug: Path<String>,
    query: (Query<FilterQuery>, Query<PeriodQuery>),
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let query = (query.0.into_inner(), query.1.into_inner());
    let accepted = headers::accept_language(&request);
    let overview = app.overview(&viewer, &slug, query.clone(), accepted).await.map_err(problem)?;
    let within = within(&app, &viewer).await.map_err(problem)?;
    Ok(view::html(&mut view::private(StatusCode::OK), "overview", &OverviewView::new(&overview, &query, &within)))
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
    let query = (query.0.into_inner(), query.1.into_inner());
    let found = app.comments(&viewer, &slug, query.clone(), before, COMMENTS).await.map_err(problem)?;
    let within = within(&app, &viewer).await.map_err(problem)?;
    let revision = app.published(&slug).await.map_err(problem)?.revision;
    let languages = wording::languages();
    let language = negotiate(&languages, query.0.lang.as_deref(), headers::accept_language(&request));
    let page = Comments { survey: &revision.survey, language, query: &query, found, together: app.thresholds.comments };
    Ok(view::html(&mut view::private(StatusCode::OK), "comments", &CommentsView::new(page, &within)))
}
