//! Webhooks: where events are sent, and how that went.

use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Page, PageQuery, ProblemSchema, reply};
use crate::service::webhooks::{Delivery, Wanted, Webhook};
use crate::service::{App, ServiceError};
use crate::web::problem::Problem;
use crate::web::reader::{Administrator, Body};

/// A webhook to be set up.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhook {
    /// What you call it.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// An https address in the public network.
    #[schema(max_length = 500)]
    url: String,
    /// Names of events, or `*` for all.
    #[schema(min_items = 1)]
    events: Vec<String>,
}

/// What was made. The secret cannot be had again.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MadeWebhook {
    name: String,
    /// Signs messages: `whsec_` and 24 bytes in base 64.
    secret: String,
}

/// What is to change.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookPatch {
    #[serde(default)]
    #[schema(max_length = 500)]
    url: Option<String>,
    #[serde(default)]
    #[schema(min_items = 1)]
    events: Option<Vec<String>>,
    /// While it is not active, messages wait.
    #[serde(default)]
    active: Option<bool>,
}

/// Which messages.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct DeliveryQuery {
    /// `waiting`, `delivered` or `dead`.
    status: Option<String>,
}

/// Which messages are sent anew.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Replay {
    /// A message's id; without it all that were given up.
    #[serde(default)]
    message: Option<String>,
}

/// How many messages there were.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Replayed {
    replayed: usize,
}

/// A message that was asked for.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Asked {
    message: String,
}

/// What the audit keeps of an address: the rest may be as good as a password.
fn host(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    format!("{scheme}://{}", rest.split(['/', '?', '#']).next().unwrap_or_default())
}

/// All webhooks.
#[utoipa::path(get, path = "/api/v1/webhooks", tag = "Webhooks", params(PageQuery),
    responses((status = 200, body = Page<Webhook>), (status = 304), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn list(
    request: HttpRequest,
    app: Data<App>,
    _administrator: Administrator,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let page = app.webhooks().await.and_then(|all| reply::page_of(all, &query));
    Ok(reply::json(&request, &page.map_err(|e| Problem::new(&e, &request))?))
}

/// Sets up a webhook, which is told of what happens from now on.
#[utoipa::path(post, path = "/api/v1/webhooks", tag = "Webhooks",
    params(("Idempotency-Key" = Option<String>, Header)), request_body = NewWebhook,
    responses((status = 201, body = MadeWebhook), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn add(
    request: HttpRequest,
    app: Data<App>,
    keys: Data<reply::Keys>,
    Administrator(viewer): Administrator,
    Body(body): Body,
) -> Result<HttpResponse, Problem> {
    let work = async {
        let new: NewWebhook = reply::read(&body)?;
        let name = new.name.trim().to_owned();
        let secret = app.add_webhook(&name, &new.url, &new.events).await?;
        app.note(&viewer, "webhook.add", &name, json!({"host": host(&new.url), "events": new.events})).await?;
        Ok(reply::created(&MadeWebhook { name, secret }))
    };
    keys.once(&request, &viewer, &body, work).await
}

/// One webhook.
#[utoipa::path(get, path = "/api/v1/webhooks/{webhook}", tag = "Webhooks", params(("webhook" = String, Path)),
    responses((status = 200, body = Webhook), (status = 304), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn show(
    request: HttpRequest,
    app: Data<App>,
    _administrator: Administrator,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let webhook = app.webhook(&name).await.map_err(|e| Problem::new(&e, &request))?;
    Ok(reply::json(&request, &webhook))
}

/// Changes a webhook.
#[utoipa::path(patch, path = "/api/v1/webhooks/{webhook}", tag = "Webhooks", params(("webhook" = String, Path)),
    request_body = WebhookPatch,
    responses((status = 200, body = Webhook), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn change(
    request: HttpRequest,
    app: Data<App>,
    Administrator(viewer): Administrator,
    name: Path<String>,
    Body(body): Body,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let patch: WebhookPatch = reply::read(&body).map_err(problem)?;
    let WebhookPatch { url, events, active } = patch;
    let detail = json!({"host": url.as_deref().map(host), "events": events, "active": active});
    let webhook = app.change_webhook(&name, Wanted { url, events, active }).await.map_err(problem)?;
    app.note(&viewer, "webhook.change", &name, detail).await.map_err(problem)?;
    Ok(reply::json(&request, &webhook))
}

/// Takes a webhook away, with its messages.
#[utoipa::path(delete, path = "/api/v1/webhooks/{webhook}", tag = "Webhooks", params(("webhook" = String, Path)),
    responses((status = 204), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn remove(
    request: HttpRequest,
    app: Data<App>,
    Administrator(viewer): Administrator,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    app.remove_webhook(&name).await.map_err(problem)?;
    app.note(&viewer, "webhook.remove", &name, json!({})).await.map_err(problem)?;
    Ok(reply::done())
}

/// Gives a webhook a new secret; for a day messages are signed with both.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook}/secret", tag = "Webhooks", params(("webhook" = String, Path)),
    responses((status = 201, body = MadeWebhook), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn rotate(
    request: HttpRequest,
    app: Data<App>,
    Administrator(viewer): Administrator,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let secret = app.rotate_webhook(&name).await.map_err(problem)?;
    app.note(&viewer, "webhook.rotate", &name, json!({})).await.map_err(problem)?;
    Ok(reply::created(&MadeWebhook { name: name.into_inner(), secret }))
}

/// Has a message sent that means nothing (`webhook.test`).
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook}/test", tag = "Webhooks", params(("webhook" = String, Path)),
    responses((status = 201, body = Asked), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn test(
    request: HttpRequest,
    app: Data<App>,
    Administrator(viewer): Administrator,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let message = app.test_webhook(&name).await.map_err(problem)?;
    app.note(&viewer, "webhook.test", &name, json!({})).await.map_err(problem)?;
    Ok(reply::created(&Asked { message }))
}

/// The messages of a webhook, the earliest first, each with its tries. They are kept for thirty days.
#[utoipa::path(get, path = "/api/v1/webhooks/{webhook}/deliveries", tag = "Webhooks",
    params(("webhook" = String, Path), DeliveryQuery, PageQuery),
    responses((status = 200, body = Page<Delivery>), (status = 304), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn deliveries(
    request: HttpRequest,
    app: Data<App>,
    _administrator: Administrator,
    name: Path<String>,
    query: Query<DeliveryQuery>,
    page: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let (after, limit) = page.place().map_err(problem)?;
    let rows = app.deliveries(&name, query.into_inner().status, after, limit).await.map_err(problem)?;
    Ok(reply::json(&request, &reply::page(rows, limit)))
}

/// Has a message sent anew, or all that were given up.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook}/replay", tag = "Webhooks", params(("webhook" = String, Path)),
    request_body = Replay,
    responses((status = 200, body = Replayed), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn replay(
    request: HttpRequest,
    app: Data<App>,
    Administrator(viewer): Administrator,
    name: Path<String>,
    Body(body): Body,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let given: Replay = reply::read(&body).map_err(problem)?;
    let message = given.message;
    if message.as_ref().is_some_and(|id| id.contains('\0')) {
        return Err(problem(ServiceError::BadTable("no message has this id".to_owned())));
    }
    let replayed = app.replay(&name, message).await.map_err(problem)?;
    app.note(&viewer, "webhook.replay", &name, json!({"messages": replayed})).await.map_err(problem)?;
    Ok(reply::json(&request, &Replayed { replayed }))
}
