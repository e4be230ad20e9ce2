//! Headers that every response carries, and the language that a request asks for.

use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::middleware::DefaultHeaders;

use super::view;

/// The content security policy. The style sheets are inline, so that a page is one request, and allowed by hash;
/// `theme` is the style of a survey's own.
pub fn policy(theme: Option<&str>) -> String {
    let styles: Vec<String> = view::style_hashes().iter().cloned().chain(theme.map(view::hash)).collect();
    format!(
        "default-src 'none'; style-src {}; script-src {}; connect-src 'self'; worker-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        styles.join(" "),
        view::script_hashes().join(" ")
    )
}

/// Security headers. With no referrer at all, browsers would not say either that a form comes from our own page.
pub fn security() -> DefaultHeaders {
    DefaultHeaders::new()
        .add((header::CONTENT_SECURITY_POLICY, policy(None)))
        .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .add((header::REFERRER_POLICY, "same-origin"))
        .add(("Cross-Origin-Opener-Policy", "same-origin"))
        .add(("Permissions-Policy", "camera=(), microphone=(), geolocation=()"))
}

/// The request's `Accept-Language`.
pub fn accept_language(request: &HttpRequest) -> Option<&str> {
    request.headers().get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok())
}
