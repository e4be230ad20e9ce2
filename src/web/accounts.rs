//! Setting a password, one's own account, signing out.

use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Form, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::json;

use super::problem::Problem;
use super::reader::{Reader, cookie, no_session, same_origin};
use super::sign_in::begun;
use super::{headers, view};
use crate::service::accounts::{Own, SHORTEST, Weakness};
use crate::service::{App, ServiceError};
use crate::survey::text::negotiate;
use crate::wording::{self, Value, wording};

/// The form that sets a password.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct NewPassword {
    password: String,
}

pub(super) fn language(request: &HttpRequest, wanted: Option<&str>) -> String {
    negotiate(&wording::languages(), wanted, headers::accept_language(request)).to_owned()
}

/// A page of this server; anything else leads home. A browser reads `//host` and `\` as another server.
pub(super) fn own_page(next: &str) -> &str {
    let plain =
        next.starts_with('/') && !next.starts_with("//") && !next.contains(|c: char| c == '\\' || c.is_control());
    if plain { next } else { "/" }
}

pub(super) fn on_to(place: &str) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::SeeOther();
    response.insert_header((header::LOCATION, place)).insert_header((header::CACHE_CONTROL, "no-store"));
    response
}

/// `POST /sign-out`.
pub async fn sign_out(request: HttpRequest, app: Data<App>) -> Result<HttpResponse, Problem> {
    same_origin(&request)?;
    if let Some(token) = cookie(&request) {
        let viewer = app.viewer(&token).await.map_err(|e| Problem::new(&e, &request))?;
        app.sign_out(&token).await.map_err(|e| Problem::new(&e, &request))?;
        app.note(&viewer, "sign-out", "", json!({})).await.map_err(|e| Problem::new(&e, &request))?;
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
        Ok(new) => begun(&request, &app, new, "/").await.map_err(|e| Problem::new(&e, &request)),
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
    let Own { sessions, grants, second_factor, recovery_codes } = app.own_account(&account).await.map_err(problem)?;
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
        "second_factor": second_factor,
        "codes_left": words.fill("recovery-left", &[("n", Value::Count(recovery_codes))]),
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
