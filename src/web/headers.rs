//! Headers that every response carries, and the language that a request asks for.

use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::middleware::DefaultHeaders;

use super::view;

/// Security headers. The style sheets are inline, so that a page is one request, and allowed by hash.
pub fn security() -> DefaultHeaders {
    let policy = format!(
        "default-src 'none'; style-src {}; script-src {}; connect-src 'self'; worker-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        view::style_hashes().join(" "),
        view::script_hashes().join(" ")
    );
    DefaultHeaders::new()
        .add((header::CONTENT_SECURITY_POLICY, policy))
        .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .add((header::REFERRER_POLICY, "no-referrer"))
        .add(("Cross-Origin-Opener-Policy", "same-origin"))
        .add(("Permissions-Policy", "camera=(), microphone=(), geolocation=()"))
}

/// The request's `Accept-Language`.
pub fn accept_language(request: &HttpRequest) -> Option<&str> {
    request.headers().get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok())
}
