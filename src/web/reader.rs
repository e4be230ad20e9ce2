//! Who sends a request: the account whose session the cookie is, or nobody; and that a form comes from our own page.

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::{Bytes, Data};
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;

use super::problem::Problem;
use super::routes::BODY_LIMIT;
use super::server::Access;
use crate::service::access::{Action, Viewer};
use crate::service::{App, ServiceError};

/// Holds a session's token.
pub(super) const COOKIE: &str = "session";

/// Who reads, with what the server's own settings open to everybody.
pub struct Reader(pub Viewer);

impl FromRequest for Reader {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            // No name holds it, and PostgreSQL takes no text that does.
            let api = request.path().starts_with("/api/");
            if api && request.path().contains("%00") {
                return Err(Problem::nothing_here(&request));
            }
            if api && request.query_string().contains("%00") {
                let bad = ServiceError::BadFilter { name: "query", given: "%00".to_owned(), expected: "text" };
                return Err(Problem::new(&bad, &request));
            }
            let found = (request.app_data::<Data<App>>(), request.app_data::<Data<Access>>());
            let (Some(app), Some(access)) = found else { return Ok(Self(Viewer::default())) };
            let viewer = match (bearer(&request), cookie(&request)) {
                (Some(token), _) => app.viewer_of_token(token).await,
                (None, Some(token)) => app.viewer(&token).await,
                (None, None) => Ok(Viewer::default()),
            };
            let viewer = viewer.map_err(|e| Problem::new(&e, &request))?;
            let viewer = viewer.and(Action::ReadReports, access.open_results);
            Ok(Self(viewer.and(Action::ReadResponses, access.open_responses)))
        })
    }
}

/// Who writes: not in somebody's name from another site. What may be written, the use case says.
pub struct Writer(pub Viewer);

/// Who writes, and manages everything.
pub struct Administrator(pub Viewer);

impl FromRequest for Administrator {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let writer = Writer::from_request(&request, payload);
        Box::pin(async move {
            let viewer = writer.await?.0;
            if let Some(app) = request.app_data::<Data<App>>() {
                let admitted = app.admit_to(&viewer, Action::Manage, true).await;
                admitted.map_err(|e| Problem::new(&e, &request))?;
            }
            Ok(Self(viewer))
        })
    }
}

impl FromRequest for Writer {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let reader = Reader::from_request(&request, payload);
        Box::pin(async move {
            // A token is not sent by a browser of its own accord.
            if bearer(&request).is_none() {
                same_origin(&request)?;
            }
            Ok(Self(reader.await?.0))
        })
    }
}

/// A body of at most [`BODY_LIMIT`] bytes, with a refusal as a problem.
pub struct Body(pub Bytes);

impl FromRequest for Body {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (taken, request) = (actix_web::web::Payload::from_request(request, payload), request.clone());
        Box::pin(async move {
            let unread = |e: String| Problem::new(&ServiceError::BadTable(e), &request);
            let payload = taken.await.map_err(|e| unread(e.to_string()))?;
            match payload.to_bytes_limited(BODY_LIMIT).await {
                Ok(Ok(bytes)) => Ok(Self(bytes)),
                Ok(Err(e)) => Err(unread(e.to_string())),
                Err(_) => Err(Problem::too_large(&request)),
            }
        })
    }
}

/// The token of a program that asks the API.
fn bearer(request: &HttpRequest) -> Option<&str> {
    let said = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let token = said.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("bearer ")).map(|_| said[7..].trim());
    token.filter(|_| request.path().starts_with("/api/"))
}

/// The session's token, if there is one.
pub fn cookie(request: &HttpRequest) -> Option<String> {
    request.cookie(COOKIE).map(|cookie| cookie.value().to_owned())
}

/// The cookie of a session that begins; gone when the browser's days are over, or the server's.
pub fn session(request: &HttpRequest, token: String) -> Cookie<'static> {
    let secure = request.connection_info().scheme() == "https";
    let cookie = Cookie::build(COOKIE, token).path("/").http_only(true).secure(secure);
    cookie.same_site(SameSite::Lax).max_age(Duration::days(14)).finish()
}

/// What takes the cookie away.
pub fn no_session() -> Cookie<'static> {
    let mut gone = Cookie::build(COOKIE, "").path("/").http_only(true).finish();
    gone.make_removal();
    gone
}

/// Refuses what another site's page sends in a browser's name. A browser says where a form comes from; what says
/// nothing is no browser, and has no cookie that it was not given.
///
/// # Errors
/// [`ServiceError::ForeignOrigin`] as a page.
pub fn same_origin(request: &HttpRequest) -> Result<(), Problem> {
    let said = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let own = match (said("sec-fetch-site"), said(header::ORIGIN.as_str())) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            origin.split_once("://").is_some_and(|(_, host)| host == request.connection_info().host())
        }
        (None, None) => true,
    };
    if own { Ok(()) } else { Err(Problem::new(&ServiceError::ForeignOrigin, request)) }
}
