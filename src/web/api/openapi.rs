//! The description of the API (OpenAPI 3.1), from the code, and the page that shows it.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::{audit, files, invitations, kept_reports, people, reply, reports, stays, surveys, units, webhooks};
use crate::web::view;

/// The API.
#[derive(OpenApi)]
#[openapi(
    info(title = "Soundings", description = "Surveys, responses, the satisfaction index and who may see what.", license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT")),
    paths(
        people::me,
        surveys::list, surveys::publish, surveys::show, surveys::change, surveys::revisions, surveys::template,
        reports::report, reports::overview, reports::properties, reports::segments, reports::question, reports::measurement, reports::satisfiers, reports::expectations,
        files::chart, files::report_xlsx, files::kept_xlsx, files::report_pdf, files::kept_pdf,
        reports::responses, reports::responses_csv, reports::hand_in, reports::comments,
        units::list, units::table, units::show, units::put_all, units::put, units::merge, units::changes,
        stays::list, stays::import,
        kept_reports::list, kept_reports::keep, kept_reports::show, kept_reports::verification,
        invitations::list, invitations::create, invitations::revoke,
        people::accounts, people::add_account, people::remove_account,
        people::tokens, people::add_token, people::remove_token,
        webhooks::list, webhooks::add, webhooks::show, webhooks::change, webhooks::remove, webhooks::rotate,
        webhooks::test, webhooks::deliveries, webhooks::replay,
        audit::list, audit::lines,
    ),
    modifiers(&Security),
    security(("token" = []), ("session" = []))
)]
pub struct Api;

struct Security;

impl Modify for Security {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let session = ApiKey::Cookie(ApiKeyValue::new("session"));
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(token));
        components.add_security_scheme("session", SecurityScheme::ApiKey(session));
    }
}

/// `GET /api/v1/openapi.json`.
pub async fn description(request: HttpRequest) -> HttpResponse {
    reply::json(&request, &Api::openapi())
}

/// `GET /api`: the same, to read.
pub async fn reference() -> HttpResponse {
    let description = serde_json::to_value(Api::openapi()).unwrap_or_default();
    let operations: Vec<Value> = description["paths"]
        .as_object()
        .into_iter()
        .flatten()
        .flat_map(|(path, methods)| methods.as_object().into_iter().flatten().map(move |(method, o)| (path, method, o)))
        .map(|(path, method, operation)| {
            let told = operation["summary"].as_str().unwrap_or_default();
            let parameters: Vec<Value> = operation["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|p| json!({"name": p["name"], "place": p["in"], "about": p["description"].as_str().unwrap_or_default()}))
                .collect();
            let more = operation["description"].as_str().unwrap_or_default();
            json!({
                "method": method.to_uppercase(), "path": path, "about": told, "more": more, "parameters": parameters,
                "body": schemas(&operation["requestBody"]), "answer": answers(&operation["responses"]),
            })
        })
        .collect();
    let shapes: Vec<Value> = description["components"]["schemas"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, shape)| {
            let text = serde_json::to_string_pretty(shape).unwrap_or_default();
            json!({"name": name, "text": text, "about": shape["description"].as_str().unwrap_or_default()})
        })
        .collect();
    let page = json!({"language": "en", "operations": operations, "shapes": shapes});
    view::html(&mut HttpResponse::build(StatusCode::OK), "api", &page)
}

/// The names of the shapes in a body, or of its kind of text.
fn schemas(body: &Value) -> String {
    let contents = body["content"].as_object().into_iter().flatten();
    let name = |(kind, content): (&String, &Value)| {
        let schema = &content["schema"];
        let item = schema["$ref"].as_str().or_else(|| schema["items"]["$ref"].as_str());
        let list = if schema["items"].is_object() { "list of " } else { "" };
        item.and_then(|r| r.rsplit('/').next()).map_or_else(|| kind.clone(), |name| format!("{list}{name}"))
    };
    contents.map(name).collect::<Vec<_>>().join(", or ")
}

fn answers(responses: &Value) -> String {
    let all = responses.as_object().into_iter().flatten();
    let one = |(status, response): (&String, &Value)| format!("{status} {}", schemas(response)).trim().to_owned();
    all.map(one).collect::<Vec<_>>().join("; ")
}
