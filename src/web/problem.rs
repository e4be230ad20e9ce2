//! The only mapping of errors to HTTP: a page in the reader's language, or RFC 9457 JSON under `/api`.
//!
//! Refuses: to show a guest what went wrong inside; that goes to the log, once, here.

use std::fmt;

use actix_web::error::{PathError, QueryPayloadError, UrlencodedError};
use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use serde_json::json;

use super::reader::COOKIE;
use super::routes::BODY_LIMIT;
use super::{headers, view};
use crate::service::ServiceError;
use crate::store::StoreError;
use crate::survey::text::negotiate;
use crate::wording::{self, wording};

/// An error with what is needed to show it.
pub struct Problem {
    status: StatusCode,
    /// Wording ids are `{id}-title` and `{id}-text`.
    id: &'static str,
    /// For machines, and in place of the text where the reader can act on it.
    detail: Box<str>,
    language: Box<str>,
    json: bool,
    /// Whether a quality team reads it, whom the detail helps; a guest never sees it.
    of_team: bool,
    /// A text in place of the product's, from a survey.
    text: Option<Box<str>>,
    /// After how many seconds another try may succeed.
    retry: Option<u16>,
    /// Where the reader can go on.
    back: Option<(&'static str, String)>,
}

/// Pages of guests.
const OF_GUESTS: [&str; 4] = ["/s/", "/i/", "/k/", "/r/"];

/// Pages of quality teams.
const OF_TEAMS: [&str; 3] = ["/overview/", "/reports/", "/kept-reports"];

impl Problem {
    /// From a use case's error, for this request.
    pub fn new(error: &ServiceError, request: &HttpRequest) -> Self {
        let (status, mut id) = classify(error);
        let answers = is_of(request.path(), &OF_GUESTS);
        if id == "busy" && (request.method() != Method::POST || !answers) {
            // Nobody has typed anything that could be lost.
            id = "unavailable";
        }
        if status.is_server_error() {
            let source = std::error::Error::source(error).map(ToString::to_string);
            tracing::error!(%error, source, route = request.match_pattern(), "a request failed");
        }
        let detail = if status.is_server_error() { String::new() } else { error.to_string() };
        let mut problem = Self::plain(status, id, detail, request);
        if let ServiceError::LinkUsed(Some(receipt)) = error {
            let lang: Vec<(String, String)> = kept(request).into_iter().filter(|(name, _)| name == "lang").collect();
            problem.back = Some(("receipt-see", view::link(&["r", receipt], &lang)));
        }
        problem
    }

    fn plain(status: StatusCode, id: &'static str, detail: String, request: &HttpRequest) -> Self {
        let path = request.path();
        // Who has signed in is no guest who lost the way.
        let signed_in = || !is_of(path, &OF_GUESTS) && request.cookie(COOKIE).is_some();
        let of_team = is_of(path, &OF_TEAMS) || signed_in();
        let id = if of_team && id == "not-found" { "no-page" } else { id };
        let language = query_language(request).or_else(|| {
            headers::accept_language(request).map(|h| negotiate(&wording::languages(), None, Some(h)).to_owned())
        });
        let survey = path.strip_prefix("/s/").and_then(|rest| rest.split('/').next());
        let back = match survey {
            _ if id == "not-signed-in" => {
                let asked = matches!(*request.method(), Method::GET | Method::HEAD).then(|| request.uri().to_string());
                let next: Vec<(String, String)> = asked.into_iter().map(|uri| ("next".to_owned(), uri)).collect();
                Some(("sign-in", view::link(&["sign-in"], &next)))
            }
            Some(slug) if matches!(id, "forged" | "expired" | "too-large" | "busy") => {
                Some(("back-to-survey", view::link(&["s", slug], &kept(request))))
            }
            _ if of_team
                && status.is_client_error()
                && *request.method() != Method::POST
                && !request.query_string().is_empty() =>
            {
                Some(("back-without-filter", path.to_owned()))
            }
            _ if of_team && matches!(status, StatusCode::NOT_FOUND | StatusCode::FORBIDDEN) => {
                Some(("back-home", "/".to_owned()))
            }
            _ => None,
        };
        Self {
            status,
            id,
            detail: detail.into(),
            language: language.map_or_else(|| "en".into(), Into::into),
            json: path.starts_with("/api/"),
            of_team,
            text: None,
            retry: (status == StatusCode::SERVICE_UNAVAILABLE).then_some(10),
            back,
        }
    }

    /// Enough responses of a guest's kind; `message` is the survey's own text, if it has one.
    pub fn full(message: &str, request: &HttpRequest) -> Self {
        let text = (!message.is_empty()).then(|| message.into());
        Self { text, ..Self::plain(StatusCode::OK, "full", "the quota is full".to_owned(), request) }
    }

    /// An address that leads nowhere.
    pub fn nothing_here(request: &HttpRequest) -> Self {
        Self::plain(StatusCode::NOT_FOUND, "not-found", "no such address".to_owned(), request)
    }

    /// A body that is too large.
    pub fn too_large(request: &HttpRequest) -> Self {
        let detail = format!("at most {BODY_LIMIT} bytes are read");
        Self::plain(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail, request)
    }

    /// More requests than a limit allows.
    pub fn too_many(seconds: u16, request: &HttpRequest) -> Self {
        let plain = Self::plain(StatusCode::TOO_MANY_REQUESTS, "too-many", "too many requests".to_owned(), request);
        Self { retry: Some(seconds), ..plain }
    }
}

fn is_of(path: &str, places: &[&str]) -> bool {
    places.iter().any(|place| path.starts_with(place))
}

fn query_language(request: &HttpRequest) -> Option<String> {
    let query = actix_web::web::Query::<Vec<(String, String)>>::from_query(request.query_string()).ok()?;
    let (_, tag) = query.iter().find(|(name, _)| name == "lang")?;
    Some(negotiate(&wording::languages(), Some(tag), headers::accept_language(request)).to_owned())
}

/// The parts of a guest's address that another visit needs.
fn kept(request: &HttpRequest) -> Vec<(String, String)> {
    let query = actix_web::web::Query::<Vec<(String, String)>>::from_query(request.query_string());
    query.map_or_else(
        |_| Vec::new(),
        |q| q.into_inner().into_iter().filter(|(name, _)| name == "unit" || name == "lang").collect(),
    )
}

fn classify(error: &ServiceError) -> (StatusCode, &'static str) {
    match error {
        ServiceError::UnknownSurvey(_)
        | ServiceError::UnknownUnit(_)
        | ServiceError::UnknownReceipt
        | ServiceError::UnknownAccount(_)
        | ServiceError::NoSuchToken
        | ServiceError::NoSuchReport
        | ServiceError::UnknownWebhook(_)
        | ServiceError::UnknownRevision => (StatusCode::NOT_FOUND, "not-found"),
        ServiceError::UnknownConstruct(_) | ServiceError::UnknownIndicator(_) | ServiceError::NoSuchChart => {
            (StatusCode::NOT_FOUND, "no-figures")
        }
        ServiceError::UnknownKiosk => (StatusCode::FORBIDDEN, "kiosk-unknown"),
        ServiceError::WrongCode => (StatusCode::FORBIDDEN, "kiosk-wrong"),
        ServiceError::NotForKiosks(_) => (StatusCode::CONFLICT, "kiosk-unknown"),
        ServiceError::UnknownLink => (StatusCode::NOT_FOUND, "link-unknown"),
        ServiceError::LinkUsed(_) => (StatusCode::GONE, "link-used"),
        ServiceError::LinkRevoked => (StatusCode::GONE, "link-revoked"),
        ServiceError::LinkExpired => (StatusCode::GONE, "link-expired"),
        ServiceError::UnknownToken => (StatusCode::UNAUTHORIZED, "token-unknown"),
        ServiceError::NotSignedIn => (StatusCode::UNAUTHORIZED, "not-signed-in"),
        ServiceError::NotAllowed => (StatusCode::FORBIDDEN, "not-allowed"),
        ServiceError::ForeignOrigin => (StatusCode::FORBIDDEN, "foreign-origin"),
        ServiceError::UnknownAccountLink => (StatusCode::GONE, "welcome-gone"),
        // The pages that these come from show them themselves.
        ServiceError::Changed => (StatusCode::PRECONDITION_FAILED, "changed"),
        ServiceError::KeyReused => (StatusCode::CONFLICT, "key-reused"),
        // Of a conflict: somebody else was quicker; again, it changes what there is.
        ServiceError::Taken(_) | ServiceError::Store(StoreError::Conflict(_)) => (StatusCode::CONFLICT, "taken"),
        ServiceError::NothingToKeep => (StatusCode::CONFLICT, "nothing-to-keep"),
        ServiceError::BadTemplate(_) => (StatusCode::UNPROCESSABLE_ENTITY, "bad-template"),
        ServiceError::BadAnswers(_) => (StatusCode::UNPROCESSABLE_ENTITY, "bad-answers"),
        ServiceError::BadTable(_) => (StatusCode::BAD_REQUEST, "bad-table"),
        ServiceError::BadUnits(_) => (StatusCode::UNPROCESSABLE_ENTITY, "bad-units"),
        ServiceError::NoProvider => (StatusCode::BAD_GATEWAY, "no-provider"),
        ServiceError::NoMail => (StatusCode::NOT_FOUND, "no-mail"),
        ServiceError::WrongFactor => (StatusCode::FORBIDDEN, "factor-wrong"),
        ServiceError::WrongPassword | ServiceError::WeakPassword(_) | ServiceError::TooManyTries => {
            (StatusCode::UNPROCESSABLE_ENTITY, "not-allowed")
        }
        ServiceError::Withdrawn => (StatusCode::GONE, "withdrawn"),
        ServiceError::TooLate => (StatusCode::GONE, "too-late"),
        ServiceError::Closed(_) => (StatusCode::GONE, "closed"),
        ServiceError::UnknownPage(_) => (StatusCode::BAD_REQUEST, "expired"),
        ServiceError::Forged(_) => (StatusCode::BAD_REQUEST, "forged"),
        ServiceError::BadFilter { .. } => (StatusCode::BAD_REQUEST, "bad-filter"),
        ServiceError::Store(StoreError::Unavailable(_)) => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
        ServiceError::Store(_) | ServiceError::BrokenRevision(..) | ServiceError::NotADemo => {
            (StatusCode::INTERNAL_SERVER_ERROR, "broken")
        }
    }
}

/// What reaches a log: no detail, which may hold what a guest typed, and no address.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status.as_u16(), self.id)
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        if let Some(seconds) = self.retry {
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            // Who reads pages is led to where one signs in; a program is told.
            if let Some((_, to)) = self.back.as_ref().filter(|_| !self.json) {
                let mut response = HttpResponse::SeeOther();
                response.insert_header((header::LOCATION, to.clone()));
                return response.insert_header((header::CACHE_CONTROL, "no-store")).finish();
            }
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        let words = wording(&self.language);
        let title = words.get(&format!("{}-title", self.id));
        if self.json {
            let body = json!({"type": format!("/api#{}", self.id), "title": title, "status": self.status.as_u16(), "detail": self.detail});
            return response.content_type("application/problem+json").body(body.to_string());
        }
        let text = self.text.as_ref().map_or_else(|| words.get(&format!("{}-text", self.id)), ToString::to_string);
        let back = self.back.as_ref().map(|(id, href)| json!({"label": words.get(id), "href": href}));
        let detail = if self.of_team && self.status != StatusCode::FORBIDDEN { &self.detail } else { "" };
        let page = json!({"of_team": self.of_team, "language": words.language, "title": title, "text": text, "back": back, "detail": detail});
        view::html(&mut response, "problem", &page)
    }
}

/// A form that cannot be read: too large, or not a form.
#[expect(clippy::needless_pass_by_value, reason = "the signature that actix's form configuration asks for")]
pub fn bad_form(error: UrlencodedError, request: &HttpRequest) -> actix_web::Error {
    let too_large = matches!(error, UrlencodedError::Overflow { .. });
    let (status, id) =
        if too_large { (StatusCode::PAYLOAD_TOO_LARGE, "too-large") } else { (StatusCode::BAD_REQUEST, "forged") };
    Problem::plain(status, id, "the form cannot be read".to_owned(), request).into()
}

/// A part of an address that is no text.
#[expect(clippy::needless_pass_by_value, reason = "the signature that actix's path configuration asks for")]
pub fn bad_path(error: PathError, request: &HttpRequest) -> actix_web::Error {
    Problem::plain(StatusCode::NOT_FOUND, "not-found", error.to_string(), request).into()
}

/// A known address with another method.
pub fn no_such_method(request: &HttpRequest, allowed: &'static str) -> HttpResponse {
    let detail = format!("{} is not answered here, but {allowed}", request.method());
    let problem = Problem::plain(StatusCode::METHOD_NOT_ALLOWED, "no-method", detail, request);
    let mut response = problem.error_response();
    response.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static(allowed));
    response
}

/// A query that cannot be read, for instance one that names a field twice.
#[expect(clippy::needless_pass_by_value, reason = "the signature that actix's query configuration asks for")]
pub fn bad_query(error: QueryPayloadError, request: &HttpRequest) -> actix_web::Error {
    unreadable_query(&error.to_string(), request).into()
}

/// A query that cannot be read, and why.
pub fn unreadable_query(reason: &str, request: &HttpRequest) -> Problem {
    let id = if request.path().starts_with("/s/") { "not-found" } else { "bad-filter" };
    Problem::plain(StatusCode::BAD_REQUEST, id, reason.to_owned(), request)
}

/// No route matches.
pub async fn no_such_page(request: HttpRequest) -> Result<HttpResponse, Problem> {
    Err(Problem::nothing_here(&request))
}
