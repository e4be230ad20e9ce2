//! A guest's pages: the survey, handing in, thanks.

use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Form, Path, Query};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde::Serialize;

use super::brand::{self, BrandView};
use super::guest_view::{Shown, query};
use super::pages::{GAPS, Pages};
use super::problem::{self, Problem};
use super::{headers, view};
use crate::service::authoring::Revision;
use crate::service::collecting::{self, ATTEMPT_FIELD, Arrival, Outcome};
use crate::service::{App, ServiceError, now, random_bytes};
use crate::survey::answers::{self, RawAnswers};
use crate::survey::ids::AttemptKey;
use crate::survey::piping;
use crate::survey::template::Place;
use crate::survey::text::{direction, negotiate};
use crate::survey::walk::Guest;

/// What a guest's address says: the unit, the language, and whatever else the link holds.
pub(super) fn arrival(request: &HttpRequest) -> Result<Arrival, Problem> {
    let query = Query::<Vec<(String, String)>>::from_query(request.query_string());
    let pairs = query.map_err(|e| problem::unreadable_query(&e.to_string(), request))?.into_inner();
    let mut arrival = Arrival::default();
    for (name, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
        let slot = match name.as_str() {
            "unit" => &mut arrival.unit,
            "lang" => &mut arrival.language,
            _ => {
                arrival.given.push((name, value));
                continue;
            }
        };
        if slot.replace(value).is_some() {
            return Err(problem::unreadable_query(&format!("`{name}` is given twice"), request));
        }
    }
    Ok(arrival)
}

/// `GET /s/{survey}`: the survey's first page.
pub async fn show(
    request: HttpRequest,
    app: Data<App>,
    pages: Data<Pages>,
    slug: Path<String>,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let published = app.published(&slug).await.map_err(problem)?;
    if !published.open {
        return Err(problem(ServiceError::Closed(slug.into_inner())));
    }
    let (revision, arrival) = (&published.revision, arrival(&request)?);
    app.unit_id(arrival.unit.as_deref()).await.map_err(problem)?;
    let survey = &revision.survey;
    let language =
        negotiate(&survey.template.languages, arrival.language.as_deref(), headers::accept_language(&request));
    let typed = collecting::hidden_fields(survey, &arrival);
    let page = |attempt: &str, opened: &str| {
        let guest = Guest { attempt, unit: arrival.unit.as_deref().unwrap_or_default(), language };
        let walk = answers::parse(survey, &typed, guest).map_err(|e| problem(e.into()))?.walk;
        let shown = Shown { opened, ..Shown::first(revision, &arrival, language, guest, &typed, &walk) };
        Ok(view::render("survey", &shown.view()))
    };
    let (attempt, opened) = (AttemptKey::from_random(random_bytes()), now().and_utc().timestamp().to_string());
    let mut response = response(StatusCode::OK, revision);
    if !typed.0.is_empty() || survey.draws_orders() {
        return Ok(view::page(&mut response, page(attempt.as_str(), &opened)?));
    }
    let key = ("survey", revision.id, language.to_owned(), arrival.unit.clone());
    pages.filled(&request, &mut response, key, &[attempt.as_str(), &opened], || page(GAPS[0], GAPS[1]))
}

/// `POST /s/{survey}`: the next page, the same one with what to mend, or, handed in, on to the thanks page.
pub async fn submit(
    request: HttpRequest,
    app: Data<App>,
    slug: Path<String>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (arrival, raw) = (arrival(&request)?, RawAnswers(form.into_inner()));
    let outcome = app.submit(&slug, &arrival, &raw).await.map_err(|e| Problem::new(&e, &request))?;
    answer(&request, &slug, &arrival, &raw, None, outcome)
}

/// What a guest gets for a form.
pub(super) fn answer(
    request: &HttpRequest,
    slug: &str,
    arrival: &Arrival,
    raw: &RawAnswers,
    link: Option<&str>,
    outcome: Outcome,
) -> Result<HttpResponse, Problem> {
    let language_of = |revision: &Revision| {
        let chosen = collecting::chosen_language(raw).or(arrival.language.as_deref());
        negotiate(&revision.survey.template.languages, chosen, headers::accept_language(request)).to_owned()
    };
    match outcome {
        Outcome::Stored(receipt) => {
            let language = arrival.language.clone().unwrap_or_default();
            let thanks = view::link(&["s", slug, "thanks", receipt.as_str()], &query(arrival, &language));
            Ok(HttpResponse::SeeOther()
                .insert_header((header::LOCATION, thanks))
                .insert_header((header::CACHE_CONTROL, "no-store"))
                .finish())
        }
        Outcome::Show { revision, walk, place, rejections, more } => {
            let language = language_of(&revision);
            // The service has read the same key.
            let attempt = raw.first(ATTEMPT_FIELD).and_then(|key| key.parse().ok());
            let attempt: AttemptKey = attempt.unwrap_or_else(|| AttemptKey::from_random(random_bytes()));
            let guest = collecting::guest(&attempt, arrival, &language);
            let first = Shown::first(&revision, arrival, &language, guest, raw, &walk);
            let shown = Shown { rejections: &rejections, place, more, link, ..first };
            let status = if rejections.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
            Ok(view::html(&mut response(status, &revision), "survey", &shown.view()))
        }
        Outcome::Full { revision, quota } => {
            let message = &revision.survey.template.quotas[quota].message;
            let text = message.in_language(&language_of(&revision), revision.survey.base_language());
            Err(Problem::full(text, request))
        }
    }
}

/// A response with the headers of a survey page.
pub(super) fn response(status: StatusCode, revision: &Revision) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header((header::CACHE_CONTROL, cache_control(revision)));
    response.insert_header((header::VARY, "Accept-Language"));
    brand::allow(&mut response, &revision.survey);
    response
}

/// A guest's own browser may keep what was typed for going back; a shared screen must not.
fn cache_control(revision: &Revision) -> &'static str {
    match revision.survey.template.place {
        Place::Link => "private, no-cache",
        Place::Kiosk => "no-store",
    }
}

/// The page after handing in.
#[derive(Debug, Serialize)]
struct ThanksView {
    language: String,
    brand: BrandView,
    direction: &'static str,
    kiosk: bool,
    title: String,
    thanks: String,
    receipt: &'static str,
    /// Where a kiosk starts again.
    restart: String,
}

/// `GET /s/{survey}/thanks/{receipt}`: thanks, with the receipt.
pub async fn thanks(
    request: HttpRequest,
    app: Data<App>,
    pages: Data<Pages>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let (slug, receipt) = path.into_inner();
    let revision = app.published(&slug).await.map_err(problem)?.revision;
    let receipt = app.check_receipt(revision.survey_id, &receipt).await.map_err(problem)?;
    let (template, arrival) = (&revision.survey.template, arrival(&request)?);
    let language = negotiate(&template.languages, arrival.language.as_deref(), headers::accept_language(&request));
    let key = ("thanks", revision.id, language.to_owned(), arrival.unit.clone());
    let mut response = view::private(StatusCode::OK);
    brand::allow(&mut response, &revision.survey);
    pages.filled(&request, &mut response, key, &[receipt.as_str()], || {
        // What is put into a text here has no answer: the receipt is all that is known of the response.
        let text = |t: &crate::survey::text::Text| {
            piping::filled(t.in_language(language, revision.survey.base_language()), |_| None)
        };
        let unit = arrival.unit.iter().map(|u| ("unit".to_owned(), u.clone()));
        let view = ThanksView {
            language: language.to_owned(),
            brand: BrandView::of(&revision.survey, language),
            direction: direction(language),
            kiosk: template.place == Place::Kiosk,
            title: text(&template.title),
            thanks: text(&template.thanks),
            receipt: GAPS[0],
            // The next guest chooses the language anew.
            restart: view::link(&["s", &slug], &unit.collect::<Vec<_>>()),
        };
        Ok(view::render("thanks", &view))
    })
}
