//! A guest's pages: the survey, handing in, thanks.

use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Form, Path, Query};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde::{Deserialize, Serialize};

use super::guest_view::{Shown, query};
use super::pages::Pages;
use super::problem::Problem;
use super::{headers, view};
use crate::service::authoring::Revision;
use crate::service::collecting::{ATTEMPT_FIELD, Arrival, Outcome};
use crate::service::{App, ServiceError, random_bytes};
use crate::survey::answers::RawAnswers;
use crate::survey::ids::AttemptKey;
use crate::survey::template::Place;
use crate::survey::text::{direction, negotiate};

/// The query of a guest's address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct GuestQuery {
    /// Code of the unit that the answers are about.
    unit: Option<String>,
    /// Language tag; without it the browser's wish decides.
    lang: Option<String>,
}

impl GuestQuery {
    fn arrival(&self) -> Arrival {
        let given = |x: &Option<String>| x.clone().filter(|x| !x.is_empty());
        Arrival { unit: given(&self.unit), language: given(&self.lang) }
    }
}

/// `GET /s/{survey}`: the survey's page.
pub async fn show(
    request: HttpRequest,
    app: Data<App>,
    pages: Data<Pages>,
    slug: Path<String>,
    query: Query<GuestQuery>,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let published = app.published(&slug).await.map_err(problem)?;
    if !published.open {
        return Err(problem(ServiceError::Closed(slug.into_inner())));
    }
    let arrival = query.arrival();
    app.unit_id(arrival.unit.as_deref()).await.map_err(problem)?;
    let language = negotiate(
        &published.revision.survey.template.languages,
        arrival.language.as_deref(),
        headers::accept_language(&request),
    );
    let attempt = AttemptKey::from_random(random_bytes());
    let shown = Shown {
        revision: &published.revision,
        arrival: &arrival,
        language,
        attempt: attempt.as_str(),
        typed: &RawAnswers::default(),
        rejections: &[],
    };
    Ok(pages.fresh(&mut response(StatusCode::OK, shown.revision), &shown))
}

/// `POST /s/{survey}`: hands in; redirects to the thanks page, or shows what to mend.
pub async fn submit(
    request: HttpRequest,
    app: Data<App>,
    slug: Path<String>,
    query: Query<GuestQuery>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (arrival, raw) = (query.arrival(), RawAnswers(form.into_inner()));
    match app.submit(&slug, &arrival, &raw).await.map_err(|e| Problem::new(&e, &request))? {
        Outcome::Stored(receipt) => {
            let language = arrival.language.clone().unwrap_or_default();
            let thanks = view::link(&["s", &slug, "thanks", receipt.as_str()], &self::query(&arrival, &language));
            Ok(HttpResponse::SeeOther()
                .insert_header((header::LOCATION, thanks))
                .insert_header((header::CACHE_CONTROL, "no-store"))
                .finish())
        }
        Outcome::Rejected { revision, rejections } => {
            let language = negotiate(
                &revision.survey.template.languages,
                arrival.language.as_deref(),
                headers::accept_language(&request),
            );
            let attempt = raw.first(ATTEMPT_FIELD).unwrap_or_default();
            let shown = Shown {
                revision: &revision,
                arrival: &arrival,
                language,
                attempt,
                typed: &raw,
                rejections: &rejections,
            };
            Ok(view::html(&mut response(StatusCode::UNPROCESSABLE_ENTITY, &revision), "survey", &shown.view()))
        }
    }
}

/// A response with the headers of a survey page.
fn response(status: StatusCode, revision: &Revision) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header((header::CACHE_CONTROL, cache_control(revision)));
    response.insert_header((header::VARY, "Accept-Language"));
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
    direction: &'static str,
    kiosk: bool,
    title: String,
    thanks: String,
    receipt: String,
    /// Where a kiosk starts again.
    restart: String,
}

/// `GET /s/{survey}/thanks/{receipt}`: thanks, with the receipt.
pub async fn thanks(
    request: HttpRequest,
    app: Data<App>,
    path: Path<(String, String)>,
    query: Query<GuestQuery>,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let (slug, receipt) = path.into_inner();
    let revision = app.published(&slug).await.map_err(problem)?.revision;
    let receipt = app.check_receipt(revision.survey_id, &receipt).await.map_err(problem)?;
    let (template, arrival) = (&revision.survey.template, query.arrival());
    let language = negotiate(&template.languages, arrival.language.as_deref(), headers::accept_language(&request));
    let text = |t: &crate::survey::text::Text| t.in_language(language, revision.survey.base_language()).to_owned();
    let view = ThanksView {
        language: language.to_owned(),
        direction: direction(language),
        kiosk: template.place == Place::Kiosk,
        title: text(&template.title),
        thanks: text(&template.thanks),
        receipt: receipt.to_string(),
        // The next guest chooses the language anew.
        restart: view::link(
            &["s", &slug],
            &arrival.unit.iter().map(|u| ("unit".to_owned(), u.clone())).collect::<Vec<_>>(),
        ),
    };
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    Ok(view::html(&mut response, "thanks", &view))
}
