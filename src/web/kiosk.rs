//! A kiosk's pages: the device is known by a cookie that its link set; the script in them talks to the same addresses.

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Form, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::guest::{answer, arrival};
use super::guest_view::Shown;
use super::problem::Problem;
use super::{brand, headers, view};
use crate::service::collecting::{Arrival, Outcome, guest};
use crate::service::{App, ServiceError, random_bytes};
use crate::store::kiosks::KioskRow;
use crate::survey::answers::{self, RawAnswers};
use crate::survey::ids::AttemptKey;
use crate::survey::text::negotiate;

/// Holds the device's token.
const COOKIE: &str = "kiosk";
/// Keeps pages for when there is no network, and sends nothing itself.
const WORKER: &str = include_str!("assets/kiosk-worker.js");

async fn kiosk(request: &HttpRequest, app: &App, survey: &str) -> Result<KioskRow, Problem> {
    let cookie = request.cookie(COOKIE);
    let token = cookie.as_ref().map_or("", Cookie::value);
    app.kiosk(token, survey).await.map_err(|e| Problem::new(&e, request))
}

/// `GET /k/{survey}`: the survey on a device that is set up; with `?device=` it is set up, and shown on a clean address.
pub async fn show(request: HttpRequest, app: Data<App>, slug: Path<String>) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let arrival = arrival(&request)?;
    if let Some((_, token)) = arrival.given.iter().find(|(name, _)| name == "device") {
        let kiosk = app.kiosk(token, &slug).await.map_err(problem)?;
        let query: Vec<(String, String)> = kiosk.unit.iter().map(|unit| ("unit".to_owned(), unit.clone())).collect();
        let secure = request.connection_info().scheme() == "https";
        let cookie = Cookie::build(COOKIE, token.clone()).path("/k/").http_only(true).secure(secure);
        let cookie = cookie.same_site(SameSite::Strict).max_age(Duration::days(400)).finish();
        // The address with the token is not kept in the history: the page replaces it.
        let mut response = HttpResponse::SeeOther();
        return Ok(response
            .cookie(cookie)
            .insert_header((header::LOCATION, view::link(&["k", &slug], &query)))
            .finish());
    }
    let kiosk = kiosk(&request, &app, &slug).await?;
    let published = app.published(&slug).await.map_err(problem)?;
    if !published.open {
        return Err(problem(ServiceError::Closed(slug.into_inner())));
    }
    let arrival = Arrival { unit: kiosk.unit.clone(), given: Vec::new(), ..arrival };
    let survey = &published.revision.survey;
    let language =
        negotiate(&survey.template.languages, arrival.language.as_deref(), headers::accept_language(&request));
    let attempt = AttemptKey::from_random(random_bytes());
    let guest = guest(&attempt, &arrival, language);
    let typed = RawAnswers::default();
    let walk = answers::parse(survey, &typed, guest).map_err(|e| problem(e.into()))?.walk;
    // Without a time of opening: the page may come from the device's own store, where it would be old.
    let first = Shown::first(&published.revision, &arrival, language, guest, &typed, &walk);
    let shown = Shown { idle_seconds: u16::try_from(kiosk.idle_seconds).ok(), ..first };
    Ok(view::html(brand::allow(&mut view::private(StatusCode::OK), shown.survey()), "survey", &shown.view()))
}

/// `POST /k/{survey}`: as any survey; for the page's script, which asks for JSON, the receipt or what is to be mended.
pub async fn submit(
    request: HttpRequest,
    app: Data<App>,
    slug: Path<String>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let kiosk = kiosk(&request, &app, &slug).await?;
    let (mut arrival, raw) = (arrival(&request)?, RawAnswers(form.into_inner()));
    let outcome = app.submit_by_kiosk(&kiosk, arrival.language.as_deref(), &raw).await;
    let outcome = outcome.map_err(|e| Problem::new(&e, &request))?;
    let accepts = request.headers().get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !accepts.contains("application/json") {
        arrival.unit.clone_from(&kiosk.unit);
        return answer(&request, &slug, &arrival, &raw, None, outcome);
    }
    Ok(match outcome {
        Outcome::Stored(receipt) => HttpResponse::Ok().json(json!({"receipt": receipt.as_str()})),
        Outcome::Show { rejections, .. } => {
            let fields: Vec<&str> = rejections.iter().map(|r| r.field.as_str()).collect();
            HttpResponse::UnprocessableEntity().json(json!({"fields": fields}))
        }
        Outcome::Full { .. } => HttpResponse::Ok().json(json!({"receipt": null})),
    })
}

/// `POST /k/{survey}/exit`: with the code the device is a kiosk no longer.
pub async fn exit(
    request: HttpRequest,
    app: Data<App>,
    slug: Path<String>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let kiosk = kiosk(&request, &app, &slug).await?;
    let raw = RawAnswers(form.into_inner());
    app.leave_kiosk(&kiosk, raw.first("code").unwrap_or_default()).map_err(|e| Problem::new(&e, &request))?;
    let mut gone = Cookie::build(COOKIE, "").path("/k/").http_only(true).finish();
    gone.make_removal();
    Ok(HttpResponse::NoContent().cookie(gone).finish())
}

/// `GET /k/worker.js`.
pub async fn worker() -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, "no-cache"));
    response.content_type("text/javascript; charset=utf-8").body(WORKER)
}
