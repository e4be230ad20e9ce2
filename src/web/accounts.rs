//! Signing in and out, setting a password, one's own account.

use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Form, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::json;

use super::problem::Problem;
use super::reader::{Reader, cookie, no_session, same_origin, session};
use super::{headers, view};
use crate::service::accounts::{SHORTEST, Weakness};
use crate::service::{App, ServiceError};
use crate::survey::text::negotiate;
use crate::wording::{self, Value, wording};

/// What the sign-in page is asked with.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Next {
    next: String,
    lang: Option<String>,
}

/// The sign-in form.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub struct Credentials {
    email: String,
    password: String,
    next: String,
}

/// The form that sets a password.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct NewPassword {
    password: String,
}

fn language(request: &HttpRequest, wanted: Option<&str>) -> String {
    negotiate(&wording::languages(), wanted, headers::accept_language(request)).to_owned()
}

/// A page of this server; anything else leads home. A browser reads `//host` and `\` as another server.
fn own_page(next: &str) -> &str {
    let plain =
        next.starts_with('/') && !next.starts_with("//") && !next.contains(|c: char| c == '\\' || c.is_control());
    if plain { next } else { "/" }
}

fn on_to(place: &str) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::SeeOther();
    response.insert_header((header::LOCATION, place)).insert_header((header::CACHE_CONTROL, "no-store"));
    response
}

/// `GET /sign-in`.
pub async fn sign_in_page(request: HttpRequest, query: Query<Next>) -> HttpResponse {
    let page = json!({
        "language": language(&request, query.lang.as_deref()), "next": own_page(&query.next), "email": "", "failed": false,
    });
    view::html(&mut view::private(StatusCode::OK), "sign-in", &page)
}

/// `POST /sign-in`: on to the page that was asked for, or the form again.
pub async fn sign_in(request: HttpRequest, app: Data<App>, form: Form<Credentials>) -> Result<HttpResponse, Problem> {
    same_origin(&request)?;
    match app.sign_in(&form.email, &form.password).await {
        Ok(token) => {
            // Whoever was signed in here before is signed out.
            if let Some(earlier) = cookie(&request) {
                app.sign_out(&earlier).await.map_err(|e| Problem::new(&e, &request))?;
            }
            Ok(on_to(own_page(&form.next)).cookie(session(&request, token)).finish())
        }
        Err(ServiceError::WrongPassword) => {
            let page = json!({
                "language": language(&request, None), "next": own_page(&form.next), "email": form.email, "failed": true,
            });
            Ok(view::html(&mut view::private(StatusCode::UNPROCESSABLE_ENTITY), "sign-in", &page))
        }
        Err(e) => Err(Problem::new(&e, &request)),
    }
}

/// `POST /sign-out`.
pub async fn sign_out(request: HttpRequest, app: Data<App>) -> Result<HttpResponse, Problem> {
    same_origin(&request)?;
    if let Some(token) = cookie(&request) {
        app.sign_out(&token).await.map_err(|e| Problem::new(&e, &request))?;
    }
    Ok(on_to("/").cookie(no_session()).finish())
}

/// `GET /welcome/{token}`: where a password is set.
pub async fn welcome_page(request: HttpRequest, app: Data<App>, token: Path<String>) -> Result<HttpResponse, Problem> {
    let account = app.account_of_link(&token).await.map_err(|e| Problem::new(&e, &request))?;
    Ok(welcome_form(&request, &account.email, None))
}

/// `POST /welcome/{token}`: sets the password and signs in.
pub async fn welcome(
    request: HttpRequest,
    app: Data<App>,
    token: Path<String>,
    form: Form<NewPassword>,
) -> Result<HttpResponse, Problem> {
    same_origin(&request)?;
    match app.set_password(&token, &form.password).await {
        Ok(token) => Ok(on_to("/").cookie(session(&request, token)).finish()),
        Err(ServiceError::WeakPassword(weakness)) => {
            let account = app.account_of_link(&token).await.map_err(|e| Problem::new(&e, &request))?;
            Ok(welcome_form(&request, &account.email, Some(weakness)))
        }
        Err(e) => Err(Problem::new(&e, &request)),
    }
}

fn welcome_form(request: &HttpRequest, email: &str, weakness: Option<Weakness>) -> HttpResponse {
    let language = language(request, None);
    let words = wording(&language);
    let fault = match weakness {
        None => String::new(),
        Some(Weakness::Short) => words.fill("password-short", &[("n", Value::Count(SHORTEST))]),
        Some(Weakness::Long) => words.get("password-long"),
        Some(Weakness::Guessable) => words.get("password-guessable"),
    };
    let status = if weakness.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let help = words.fill("password-help", &[("n", Value::Count(SHORTEST))]);
    let page = json!({"language": language, "email": email, "fault": fault, "help": help});
    view::html(&mut view::private(status), "welcome", &page)
}

/// `GET /account`: roles and sessions of whoever is signed in.
pub async fn account(request: HttpRequest, app: Data<App>, Reader(viewer): Reader) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let account = viewer.account.ok_or_else(|| problem(ServiceError::NotSignedIn))?;
    let (sessions, grants) = app.own_account(&account).await.map_err(problem)?;
    let language = language(&request, None);
    let words = wording(&language);
    let roles: Vec<String> = grants
        .iter()
        .map(|g| {
            let role = words.get(&format!("role-{}", g.role));
            match &g.unit_name {
                Some(unit) => words.fill("role-at", &[("role", role.as_str().into()), ("unit", unit.as_str().into())]),
                None => role,
            }
        })
        .collect();
    let sessions: Vec<_> = sessions
        .iter()
        .map(|s| json!({"since": s.created_at.format("%Y-%m-%d %H:%M").to_string(), "own": s.token_hash == account.session}))
        .collect();
    let others = sessions.len() > 1;
    let page = json!({
        "language": language, "name": account.name, "email": account.email, "roles": roles, "sessions": sessions, "others": others,
    });
    Ok(view::html(&mut view::private(StatusCode::OK), "account", &page))
}

/// `POST /account/end-others`: signs out everywhere else.
pub async fn end_others(request: HttpRequest, app: Data<App>, Reader(viewer): Reader) -> Result<HttpResponse, Problem> {
    same_origin(&request)?;
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let account = viewer.account.ok_or_else(|| problem(ServiceError::NotSignedIn))?;
    app.end_other_sessions(&account).await.map_err(problem)?;
    Ok(on_to("/account").finish())
}

#[cfg(test)]
mod tests {
    use super::own_page;

    #[test]
    fn signing_in_leads_to_no_other_server() {
        assert_eq!(own_page("/reports/x?unit=y"), "/reports/x?unit=y");
        for bad in [
            "",
            "https://example.org",
            "//example.org",
            "/\\example.org",
            "reports",
            "/a\nb",
            "/\u{1}",
            "\t//example.org",
        ] {
            assert_eq!(own_page(bad), "/", "{bad:?}");
        }
    }
}
