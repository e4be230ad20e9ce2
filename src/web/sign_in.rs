//! The ways in: password, code, OpenID, a link by mail, the first account.

use actix_web::cookie::{Cookie, SameSite, time};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Path, Query};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde::Deserialize;
use serde_json::json;

use super::accounts::{language, on_to, own_page};
use super::problem::Problem;
use super::reader::{cookie, same_origin, session};
use super::staff_form::{Field, Hidden, Link, StaffForm};
use super::view;
use crate::service::accounts::{Begun, email_address};
use crate::service::demo;
use crate::service::{App, ServiceError};
use crate::store::accounts::{CODE, DONE};
use crate::wording::{Wording, wording};

/// Knows a browser that has signed in before.
const DEVICE: &str = "device";
/// Holds what the provider must bring back to the same browser.
const STATE: &str = "openid";

/// What the sign-in page is asked with.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Next {
    pub next: String,
    pub lang: Option<String>,
}

/// The sign-in form.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Credentials {
    email: String,
    password: String,
    next: String,
}

/// A code, and where to go then.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Code {
    code: String,
    next: String,
}

/// What a provider's answer holds.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Answer {
    state: String,
    code: String,
}

/// Who the first account is for.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct First {
    email: String,
    name: String,
    analyst: String,
}

/// On to what is wanted next, with the session's cookie.
pub async fn begun(request: &HttpRequest, app: &App, begun: Begun, next: &str) -> Result<HttpResponse, ServiceError> {
    let with = |mut response: HttpResponseBuilder| response.cookie(session(request, begun.cookie.clone())).finish();
    let query = [("next".to_owned(), own_page(next).to_owned())];
    Ok(match begun.step {
        DONE => known(request, app, &begun.cookie, next).await?,
        CODE => with(on_to(&view::link(&["sign-in", "code"], &query))),
        _ => with(on_to("/account/second-factor")),
    })
}

/// On to where one wanted to go, signed in; the browser is known from now on.
async fn known(request: &HttpRequest, app: &App, cookie: &str, next: &str) -> Result<HttpResponse, ServiceError> {
    let mut response = on_to(own_page(next));
    response.cookie(session(request, cookie.to_owned()));
    let viewer = app.viewer(cookie).await?;
    app.note(&viewer, "sign-in", "", json!({})).await?;
    if let Some(device) = app.remember_device(cookie).await? {
        response.cookie(lasting(request, DEVICE, device, time::Duration::days(365), SameSite::Strict));
    }
    Ok(response.finish())
}

fn lasting(
    request: &HttpRequest,
    name: &'static str,
    value: String,
    age: time::Duration,
    site: SameSite,
) -> Cookie<'static> {
    let secure = request.connection_info().scheme() == "https";
    Cookie::build(name, value).path("/sign-in").http_only(true).secure(secure).same_site(site).max_age(age).finish()
}

fn form(
    request: &HttpRequest,
    app: &App,
    asked: (&str, Option<&str>),
    email: &str,
    fault: Option<&str>,
) -> HttpResponse {
    let language = language(request, asked.1);
    let words = wording(&language);
    let openid = app.settings.openid.as_ref().map(|provider| {
        let query = [("next".to_owned(), own_page(asked.0).to_owned())];
        let label = words.fill("sign-in-with", &[("name", provider.name.as_str().into())]);
        json!({"href": view::link(&["sign-in", "openid"], &query), "label": label})
    });
    let page = json!({
        "language": language, "next": own_page(asked.0), "email": email, "openid": openid,
        "fault": fault.map_or(String::new(), |id| words.get(id)), "mail": app.settings.mailer.is_some(),
        "people": if app.settings.demo { people(words) } else { Vec::new() },
    });
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    view::html(&mut view::private(status), "sign-in", &page)
}

/// Whom one can be in a demonstration.
fn people(words: &Wording) -> Vec<serde_json::Value> {
    let one = |person: &demo::Person| {
        let [who, sees] = ["", "-sees"].map(|part| words.get(&format!("{}{part}", person.about)));
        json!({"email": person.email, "who": who, "sees": sees})
    };
    demo::PEOPLE.iter().map(one).collect()
}

/// Whom somebody wants to be.
#[derive(Debug, Deserialize)]
pub struct Chosen {
    email: String,
    #[serde(default)]
    next: String,
}

/// `POST /sign-in/demo`: on as one of the demonstration's people.
pub async fn demo(request: HttpRequest, app: Data<App>, given: Form<Chosen>) -> Result<HttpResponse, Problem> {
    same_origin(&request)?;
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let new = app.sign_in_to_demo(&given.email).await.map_err(problem)?;
    if let Some(earlier) = cookie(&request) {
        app.sign_out(&earlier).await.map_err(problem)?;
    }
    let overview = format!("/overview/{}", demo::SURVEY);
    let next = if matches!(own_page(&given.next), "/") { &overview } else { &given.next };
    begun(&request, &app, new, next).await.map_err(problem)
}

/// `GET /sign-in`.
pub async fn page(request: HttpRequest, app: Data<App>, query: Query<Next>) -> HttpResponse {
    form(&request, &app, (&query.next, query.lang.as_deref()), "", None)
}

/// `POST /sign-in`: on to the page that was asked for, or to what is still wanted, or the form again.
pub async fn sign_in(request: HttpRequest, app: Data<App>, given: Form<Credentials>) -> Result<HttpResponse, Problem> {
    same_origin(&request)?;
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let device = request.cookie(DEVICE).map(|c| c.value().to_owned());
    // Whose account was tried, if there is one; what else was typed could be a password.
    let tried = app.account_name(&given.email).await.map_err(problem)?;
    let fault = match app.sign_in(&given.email, &given.password, device.as_deref()).await {
        Ok(new) => {
            // Whoever was signed in here before is signed out.
            if let Some(earlier) = cookie(&request) {
                app.sign_out(&earlier).await.map_err(problem)?;
            }
            return begun(&request, &app, new, &given.next).await.map_err(problem);
        }
        Err(ServiceError::WrongPassword) => "sign-in-failed",
        Err(ServiceError::TooManyTries) => "sign-in-too-many",
        Err(e) => return Err(problem(e)),
    };
    app.note_of(&tried, "sign-in.refused", "", json!({})).await.map_err(problem)?;
    Ok(form(&request, &app, (&given.next, None), &given.email, Some(fault)))
}

fn code_form(request: &HttpRequest, next: &str, failed: bool) -> HttpResponse {
    let language = language(request, None);
    let words = wording(&language);
    let code = Field {
        name: "code",
        label: words.get("code"),
        kind: "text",
        autocomplete: "one-time-code",
        help: words.get("code-help"),
        required: true,
        ..Field::default()
    };
    StaffForm {
        title: words.get("code-title"),
        fault: if failed { words.get("code-failed") } else { String::new() },
        action: "/sign-in/code".to_owned(),
        hidden: vec![Hidden { name: "next", value: own_page(next).to_owned() }],
        fields: vec![code],
        submit: words.get("sign-in"),
        language,
        ..StaffForm::default()
    }
    .page()
}

/// `GET /sign-in/code`: where the second factor's code is given.
pub async fn code_page(request: HttpRequest, query: Query<Next>) -> HttpResponse {
    code_form(&request, &query.next, false)
}

/// `POST /sign-in/code`.
pub async fn code(request: HttpRequest, app: Data<App>, given: Form<Code>) -> Result<HttpResponse, Problem> {
    same_origin(&request)?;
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let half = cookie(&request).ok_or_else(|| problem(ServiceError::NotSignedIn))?;
    match app.pass_code(&half, &given.code).await {
        Ok(new) => known(&request, &app, &new, &given.next).await.map_err(problem),
        Err(ServiceError::WrongFactor) => {
            app.note_of("anybody", "sign-in.code-refused", "", json!({})).await.map_err(problem)?;
            Ok(code_form(&request, &given.next, true))
        }
        Err(e) => Err(problem(e)),
    }
}

/// `GET /sign-in/openid`: off to the provider.
pub async fn openid(request: HttpRequest, app: Data<App>, query: Query<Next>) -> Result<HttpResponse, Problem> {
    let (url, state) = app.begin_openid(own_page(&query.next)).await.map_err(|e| Problem::new(&e, &request))?;
    let age = time::Duration::minutes(15);
    Ok(on_to(&url).cookie(lasting(&request, STATE, state, age, SameSite::Lax)).finish())
}

/// `GET /sign-in/openid/back`: back from the provider.
pub async fn openid_back(request: HttpRequest, app: Data<App>, query: Query<Answer>) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    // Another browser's way is not this one's.
    if query.state.is_empty() || request.cookie(STATE).is_none_or(|c| c.value() != query.state) {
        return Err(problem(ServiceError::NoProvider));
    }
    let (new, next) = app.finish_openid(&query.state, &query.code).await.map_err(problem)?;
    known(&request, &app, &new, &next).await.map_err(problem)
}

fn email_field(words: &crate::wording::Wording, value: &str) -> Field {
    Field {
        name: "email",
        label: words.get("email"),
        kind: "email",
        autocomplete: "username",
        value: value.to_owned(),
        required: true,
        ..Field::default()
    }
}

/// `GET /sign-in/forgot`: where a link by mail is asked for.
pub async fn forgot_page(request: HttpRequest, app: Data<App>) -> Result<HttpResponse, Problem> {
    if app.settings.mailer.is_none() {
        return Err(Problem::new(&ServiceError::NoMail, &request));
    }
    let language = language(&request, None);
    let words = wording(&language);
    let form = StaffForm {
        title: words.get("forgot-title"),
        lead: vec![words.get("forgot-lead")],
        action: "/sign-in/forgot".to_owned(),
        fields: vec![email_field(words, "")],
        submit: words.get("forgot-submit"),
        language,
        ..StaffForm::default()
    };
    Ok(form.page())
}

/// `POST /sign-in/forgot`: the same answer whether there is an account or not.
pub async fn forgot(request: HttpRequest, app: Data<App>, given: Form<Credentials>) -> Result<HttpResponse, Problem> {
    same_origin(&request)?;
    let language = language(&request, None);
    app.send_reset(&given.email, &language).map_err(|e| Problem::new(&e, &request))?;
    let words = wording(&language);
    let link = Some(Link { href: "/sign-in".to_owned(), label: words.get("sign-in") });
    let lead = vec![words.get("forgot-sent")];
    Ok(StaffForm { title: words.get("forgot-title"), lead, link, language, ..StaffForm::default() }.page())
}

fn setup_form(request: &HttpRequest, token: &str, given: &First, failed: bool) -> HttpResponse {
    let language = language(request, None);
    let words = wording(&language);
    let name = Field {
        name: "name",
        label: words.get("name"),
        kind: "text",
        autocomplete: "name",
        value: given.name.clone(),
        ..Field::default()
    };
    let choice = |value: &str, id: &str| super::staff_form::Choice { value: value.to_owned(), label: words.get(id) };
    let analyst = Field {
        name: "analyst",
        label: words.get("setup-analyst"),
        options: vec![choice("yes", "setup-analyst-yes"), choice("no", "setup-analyst-no")],
        ..Field::default()
    };
    StaffForm {
        title: words.get("setup-title"),
        lead: vec![words.get("setup-lead")],
        fault: if failed { words.get("email-failed") } else { String::new() },
        action: view::link(&["setup", token], &[]),
        fields: vec![email_field(words, &given.email), name, analyst],
        submit: words.get("setup-submit"),
        language,
        ..StaffForm::default()
    }
    .page()
}

/// Whether this is the token that was printed when the server was started.
fn is_setup(app: &App, token: &str) -> Result<(), ServiceError> {
    // Compared by their hashes, so that time does not tell.
    if crate::service::same_secret(&app.setup_token, token) { Ok(()) } else { Err(ServiceError::UnknownAccountLink) }
}

/// `GET /setup/{token}`: where the first account is made.
pub async fn setup_page(request: HttpRequest, app: Data<App>, token: Path<String>) -> Result<HttpResponse, Problem> {
    is_setup(&app, &token).map_err(|e| Problem::new(&e, &request))?;
    Ok(setup_form(&request, &token, &First::default(), false))
}

/// `POST /setup/{token}`: makes it, and leads to where its password is set. Once.
pub async fn setup(
    request: HttpRequest,
    app: Data<App>,
    token: Path<String>,
    given: Form<First>,
) -> Result<HttpResponse, Problem> {
    same_origin(&request)?;
    let problem = |e: ServiceError| Problem::new(&e, &request);
    is_setup(&app, &token).map_err(problem)?;
    let Some(email) = email_address(&given.email) else { return Ok(setup_form(&request, &token, &given, true)) };
    let name = if given.name.trim().is_empty() { email.clone() } else { given.name.trim().to_owned() };
    let link = app.add_first_account(&email, &name, given.analyst == "yes").await.map_err(problem)?;
    Ok(on_to(&format!("/welcome/{link}")).finish())
}
