//! Accounts and tokens.

use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Page, PageQuery, ProblemSchema, reply};
use crate::service::access::{Action, Role};
use crate::service::accounts::{LINK_HOURS, email_address};
use crate::service::mailing::with_link;
use crate::service::{App, ServiceError};
use crate::store::StoreError;
use crate::web::problem::Problem;
use crate::web::reader::{Administrator, Body, Reader};

/// A role, and where.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// `administrator`, `analyst`, `manager`, `viewer` or `export`.
    #[schema(example = "manager")]
    role: String,
    /// Code of the unit; everywhere without one.
    #[serde(default)]
    unit: Option<String>,
}

/// Who asks.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Me {
    /// None for a program.
    email: Option<String>,
    name: Option<String>,
    reads_reports: bool,
    reads_responses: bool,
    manages: bool,
}

/// An account.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AccountEntry {
    email: String,
    name: String,
    roles: Vec<Grant>,
    /// Whether its password has been set.
    ready: bool,
    second_factor: bool,
}

/// An account to be made, or given roles.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    #[schema(example = "mia@example.org")]
    email: String,
    #[serde(default)]
    #[schema(max_length = 200)]
    name: Option<String>,
    roles: Vec<Grant>,
}

/// What came of it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MadeAccount {
    email: String,
    /// Where the password is set, once; none where it was sent by mail, or is set already.
    link: Option<String>,
    sent: bool,
}

/// A token, without its secret.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TokenEntry {
    name: String,
    role: String,
    unit: Option<String>,
    expires_at: DateTime<Utc>,
    used_at: Option<DateTime<Utc>>,
}

/// A token to be made.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What you call the program.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// `administrator`, `analyst`, `manager`, `viewer` or `export`.
    role: String,
    /// Code of the unit; everywhere without one.
    #[serde(default)]
    unit: Option<String>,
    /// For how many days it is good: 1 to 3650; 365 without it.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 3650)]
    days: Option<i64>,
}

/// A token that was made. It cannot be had again.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MadeToken {
    name: String,
    token: String,
}

fn grant_text(role: Role, unit: Option<&str>) -> String {
    unit.map_or_else(|| role.as_str().to_owned(), |unit| format!("{} {unit}", role.as_str()))
}

fn role(text: &str) -> Result<Role, ServiceError> {
    let bad = |_| ServiceError::BadFilter {
        name: "role",
        given: text.chars().take(40).collect(),
        expected: "administrator, analyst, manager, viewer or export",
    };
    text.parse().map_err(bad)
}

/// Who asks, and what they may do somewhere.
#[utoipa::path(get, path = "/api/v1/me", tag = "Accounts",
    responses((status = 200, body = Me), (status = 304), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn me(request: HttpRequest, app: Data<App>, Reader(viewer): Reader) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let mut may = [false; 3];
    let mut signed_in = true;
    for (may, action) in may.iter_mut().zip([Action::ReadReports, Action::ReadResponses, Action::Manage]) {
        match app.admit_to(&viewer, action, false).await {
            Ok(_) => *may = true,
            Err(ServiceError::NotAllowed) => {}
            Err(ServiceError::NotSignedIn) => signed_in = false,
            Err(e) => return Err(problem(e)),
        }
    }
    if !signed_in && may == [false; 3] {
        return Err(problem(ServiceError::NotSignedIn));
    }
    let account = viewer.account.as_ref();
    let me = Me {
        email: account.map(|a| a.email.clone()),
        name: account.map(|a| a.name.clone()),
        reads_reports: may[0],
        reads_responses: may[1],
        manages: may[2],
    };
    Ok(reply::json(&request, &me))
}

/// All accounts.
#[utoipa::path(get, path = "/api/v1/accounts", tag = "Accounts", params(PageQuery),
    responses((status = 200, body = Page<AccountEntry>), (status = 304), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn accounts(
    request: HttpRequest,
    app: Data<App>,
    _administrator: Administrator,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let entry = |listed: crate::service::accounts::Listed| AccountEntry {
        email: listed.account.email,
        name: listed.account.name,
        roles: listed.grants.into_iter().map(|g| Grant { role: g.role, unit: g.unit }).collect(),
        ready: listed.account.password.is_some() || listed.account.openid.is_some(),
        second_factor: listed.account.totp.is_some(),
    };
    let all: Vec<AccountEntry> = app.accounts().await.map_err(problem)?.into_iter().map(entry).collect();
    Ok(reply::json(&request, &reply::page_of(all, &query).map_err(problem)?))
}

/// Makes an account, or gives roles to one that there is. Its link goes out by mail where this server sends mails, and
/// comes back otherwise.
#[utoipa::path(post, path = "/api/v1/accounts", tag = "Accounts",
    params(("Idempotency-Key" = Option<String>, Header)), request_body = NewAccount,
    responses((status = 201, body = MadeAccount), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn add_account(
    request: HttpRequest,
    app: Data<App>,
    keys: Data<reply::Keys>,
    Administrator(viewer): Administrator,
    Body(body): Body,
) -> Result<HttpResponse, Problem> {
    let work = async {
        let new: NewAccount = reply::read(&body)?;
        let email = email_address(&new.email).ok_or_else(|| ServiceError::BadFilter {
            name: "email",
            given: new.email.chars().take(40).collect(),
            expected: "an address such as mia@example.org",
        })?;
        let name = new.name.as_deref().map_or(Ok(email.clone()), reply::named)?;
        let roles = new.roles.into_iter().map(|g| Ok((role(&g.role)?, g.unit)));
        let roles: Vec<(Role, Option<String>)> = roles.collect::<Result<_, ServiceError>>()?;
        let token = app.add_account(&email, &name, &roles).await?;
        let given: Vec<String> = roles.iter().map(|(role, unit)| grant_text(*role, unit.as_deref())).collect();
        app.note(&viewer, "account.add", &email, json!({"roles": given})).await?;
        let link = token.map(|token| format!("{}/welcome/{token}", app.settings.base_url));
        let mail = app.settings.mailer.as_ref().zip(link.as_ref());
        let sent = mail.is_some();
        if let Some((mailer, link)) = mail {
            mailer.send_behind(with_link("mail-invitation", &email, "en", link, LINK_HOURS));
        }
        Ok(reply::created(&MadeAccount { email, link: link.filter(|_| !sent), sent }))
    };
    keys.once(&request, &viewer, &body, work).await
}

/// Removes an account, and signs it out.
#[utoipa::path(delete, path = "/api/v1/accounts/{email}", tag = "Accounts", params(("email" = String, Path)),
    responses((status = 204), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn remove_account(
    request: HttpRequest,
    app: Data<App>,
    Administrator(viewer): Administrator,
    email: Path<String>,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    app.remove_account(&email.to_lowercase()).await.map_err(problem)?;
    app.note(&viewer, "account.remove", &email, json!({})).await.map_err(problem)?;
    Ok(reply::done())
}

/// All tokens.
#[utoipa::path(get, path = "/api/v1/tokens", tag = "Accounts", params(PageQuery),
    responses((status = 200, body = Page<TokenEntry>), (status = 304), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn tokens(
    request: HttpRequest,
    app: Data<App>,
    _administrator: Administrator,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let entry = |row: crate::store::api_tokens::TokenRow| TokenEntry {
        name: row.name,
        role: row.role,
        unit: row.unit,
        expires_at: row.expires_at.and_utc(),
        used_at: row.used_at.map(|at| at.and_utc()),
    };
    let all: Vec<TokenEntry> = app.tokens().await.map_err(problem)?.into_iter().map(entry).collect();
    Ok(reply::json(&request, &reply::page_of(all, &query).map_err(problem)?))
}

/// Makes a token for a program.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "Accounts",
    params(("Idempotency-Key" = Option<String>, Header)), request_body = NewToken,
    responses((status = 201, body = MadeToken), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn add_token(
    request: HttpRequest,
    app: Data<App>,
    keys: Data<reply::Keys>,
    Administrator(viewer): Administrator,
    Body(body): Body,
) -> Result<HttpResponse, Problem> {
    let work = async {
        let new: NewToken = reply::read(&body)?;
        let (name, days) = (reply::named(&new.name)?, new.days.unwrap_or(365));
        if !(1..=3650).contains(&days) {
            return Err(ServiceError::BadFilter { name: "days", given: days.to_string(), expected: "1 to 3650" });
        }
        let token = app.add_token(&name, role(&new.role)?, new.unit.as_deref(), days).await;
        match token {
            Ok(token) => {
                let grant = grant_text(role(&new.role)?, new.unit.as_deref());
                app.note(&viewer, "token.add", &name, json!({"role": grant, "days": days})).await?;
                Ok(reply::created(&MadeToken { name, token }))
            }
            Err(ServiceError::Store(StoreError::Conflict(_))) => Err(ServiceError::Taken(name)),
            Err(e) => Err(e),
        }
    };
    keys.once(&request, &viewer, &body, work).await
}

/// Removes a token.
#[utoipa::path(delete, path = "/api/v1/tokens/{name}", tag = "Accounts", params(("name" = String, Path)),
    responses((status = 204), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn remove_token(
    request: HttpRequest,
    app: Data<App>,
    Administrator(viewer): Administrator,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    if app.remove_token(&name).await.map_err(problem)? {
        app.note(&viewer, "token.remove", &name, json!({})).await.map_err(problem)?;
        Ok(reply::done())
    } else {
        Err(problem(ServiceError::NoSuchToken))
    }
}
