//! Setting up a second factor, and taking it away.

use actix_web::web::{Data, Form};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::json;

use super::accounts::{language, on_to};
use super::problem::Problem;
use super::reader::{Reader, cookie, same_origin, session};
use super::staff_form::{Field, Hidden, Link, StaffForm};
use crate::service::second_factor::offer;
use crate::service::{App, ServiceError};
use crate::store::accounts::{DONE, ENROL};
use crate::wording::wording;

/// The code of the secret that was shown.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Enrolment {
    secret: String,
    code: String,
}

fn form(request: &HttpRequest, email: &str, secret: Option<&str>) -> Result<HttpResponse, ServiceError> {
    let offer = offer(email, secret)?;
    let language = language(request, None);
    let words = wording(&language);
    let code = Field {
        name: "code",
        label: words.get("code"),
        kind: "text",
        autocomplete: "one-time-code",
        required: true,
        ..Field::default()
    };
    let form = StaffForm {
        title: words.get("factor-title"),
        lead: vec![words.get("factor-lead")],
        code_lead: words.get("factor-by-hand"),
        picture: offer.picture,
        // In groups, so that it can be typed.
        code: offer.secret.as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" "),
        fault: if secret.is_some() { words.get("code-failed") } else { String::new() },
        action: "/account/second-factor".to_owned(),
        hidden: vec![Hidden { name: "secret", value: offer.secret }],
        fields: vec![code],
        submit: words.get("factor-submit"),
        home: true,
        language,
        ..StaffForm::default()
    };
    Ok(form.page())
}

/// Whoever is signed in, or has to set up a second factor before.
async fn who(request: &HttpRequest, app: &App) -> Result<(String, String), ServiceError> {
    let token = cookie(request).ok_or(ServiceError::NotSignedIn)?;
    let account = match app.half_signed_in(&token, ENROL).await {
        Ok(account) => account,
        Err(_) => app.half_signed_in(&token, DONE).await?,
    };
    Ok((token, account.email))
}

/// `GET /account/second-factor`: the secret, as a picture and to type.
pub async fn page(request: HttpRequest, app: Data<App>) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let (_, email) = who(&request, &app).await.map_err(problem)?;
    form(&request, &email, None).map_err(problem)
}

/// `POST /account/second-factor`: sets it up, and shows recovery codes, once.
pub async fn enrol(request: HttpRequest, app: Data<App>, given: Form<Enrolment>) -> Result<HttpResponse, Problem> {
    same_origin(&request)?;
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let (token, email) = who(&request, &app).await.map_err(problem)?;
    let (codes, new) = match app.enrol(&token, &given.secret, &given.code).await {
        Ok(done) => done,
        Err(ServiceError::WrongFactor) => return form(&request, &email, Some(&given.secret)).map_err(problem),
        Err(e) => return Err(problem(e)),
    };
    app.note_of(&email, "second-factor.set-up", "", json!({})).await.map_err(problem)?;
    let language = language(&request, None);
    let words = wording(&language);
    let page = StaffForm {
        title: words.get("recovery-title"),
        lead: vec![words.get("recovery-lead")],
        codes,
        link: Some(Link { href: "/".to_owned(), label: words.get("recovery-done") }),
        language,
        ..StaffForm::default()
    };
    let mut response = page.page();
    let _ = response.add_cookie(&session(&request, new));
    Ok(response)
}

/// `POST /account/second-factor/remove`.
pub async fn remove(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    given: Form<Enrolment>,
) -> Result<HttpResponse, Problem> {
    same_origin(&request)?;
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let account = viewer.account.ok_or_else(|| problem(ServiceError::NotSignedIn))?;
    app.remove_factor(&account, &given.code).await.map_err(problem)?;
    app.note_of(&account.email, "second-factor.remove", "", json!({})).await.map_err(problem)?;
    Ok(on_to("/account").finish())
}
