//! A guest with a personal link: the survey, its pages, and what was answered so far on any device.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::guest::{answer, arrival};
use super::guest_view::Shown;
use super::problem::Problem;
use super::{brand, headers, view};
use crate::service::collecting::{guest, of_link};
use crate::service::inviting::with_language;
use crate::service::{App, ServiceError, random_bytes};
use crate::survey::answers::{self, RawAnswers};
use crate::survey::ids::AttemptKey;
use crate::survey::text::negotiate;

/// `GET /i/{token}`: the survey, where the guest left it.
pub async fn show(request: HttpRequest, app: Data<App>, token: Path<String>) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let link = app.link(&token).await.map_err(problem)?;
    let arrival = with_language(link.arrival.clone(), arrival(&request)?.language.as_deref());
    let survey = &link.revision.survey;
    let accepted = headers::accept_language(&request);
    let language = negotiate(&survey.template.languages, arrival.language.as_deref(), accepted);
    let (attempt, typed, page) = match link.draft {
        Some(draft) => (draft.attempt, draft.typed, draft.page),
        None => (AttemptKey::from_random(random_bytes()), RawAnswers::default(), String::new()),
    };
    let resumed = !typed.0.is_empty();
    let typed = of_link(survey, &arrival, &typed);
    let guest = guest(&attempt, &arrival, language);
    let walk = answers::parse(survey, &typed, guest).map_err(|e| problem(e.into()))?.walk;
    let place = walk.pages.iter().position(|seen| survey.template.pages[seen.page].id == page);
    let first = Shown::first(&link.revision, &arrival, language, guest, &typed, &walk);
    let shown = Shown { place: first.place.map(|first| place.unwrap_or(first)), link: Some(&token), resumed, ..first };
    Ok(view::html(brand::allow(&mut view::private(StatusCode::OK), shown.survey()), "survey", &shown.view()))
}

/// `POST /i/{token}`: as a survey without a personal link, and every page is saved.
pub async fn submit(
    request: HttpRequest,
    app: Data<App>,
    token: Path<String>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (asked, raw) = (arrival(&request)?.language, RawAnswers(form.into_inner()));
    let submitted = app.submit_by_link(&token, asked.as_deref(), &raw).await;
    let (arrival, slug, outcome) = submitted.map_err(|e| Problem::new(&e, &request))?;
    answer(&request, &slug, &arrival, &raw, Some(&token), outcome)
}

/// `POST /i/{token}/draft`: saves what was answered so far. Says nothing but whether it is saved.
pub async fn save(
    request: HttpRequest,
    app: Data<App>,
    token: Path<String>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let saved = app.save_draft(&token, &RawAnswers(form.into_inner())).await;
    saved.map_err(|e| Problem::new(&e, &request))?;
    Ok(HttpResponse::NoContent().finish())
}
