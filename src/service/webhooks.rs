//! Webhooks: where events are sent, what is said of them, and messages sent anew.
//!
//! Owns: names, addresses and secrets of webhooks, the names of events, and the form of a message (Standard Webhooks).
//! Events say that something happened, never what a guest said: that is fetched with a token. Refuses: addresses
//! without https, or in a private network, unless their host was allowed; sending ([`super::delivering`]).

use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use ureq::http::Uri;

use super::auditing::ACTIONS;
use super::network::is_public;
use super::{App, ServiceError, hex, now, random_bytes};
use crate::store::StoreError;
use crate::store::webhooks::{self, DeliveryRow, NewDelivery, NewWebhook, WebhookChange, WebhookRow};

/// Responses came in.
pub const RESPONSES: &str = "responses.received";
/// Somebody asked for a message, to see whether it arrives.
pub const TEST: &str = "webhook.test";
/// Stands for every event.
pub const EVERYTHING: &str = "*";
/// How long a former secret signs beside the new one.
const BOTH_SECRETS: Duration = Duration::hours(24);
/// Webhooks that a server has at most: each is asked for events of every survey every few seconds.
const MOST: usize = 50;

/// A webhook, without its secret.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Webhook {
    pub name: String,
    pub url: String,
    /// Names of events, or `*`.
    pub events: Vec<String>,
    /// Whether messages are sent; while they are not, they wait.
    pub active: bool,
    pub created_at: DateTime<Utc>,
}

/// A message, and its tries.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Delivery {
    /// The header `webhook-id`.
    pub message: String,
    pub event: String,
    /// `waiting`, `delivered` or `dead`.
    pub status: String,
    pub created_at: DateTime<Utc>,
    /// When it is tried next; none unless it waits.
    pub next_at: Option<DateTime<Utc>>,
    #[schema(value_type = Object)]
    pub body: Value,
    pub tries: Vec<Try>,
}

/// A try.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Try {
    pub at: DateTime<Utc>,
    /// HTTP status, if there was an answer.
    pub answer: Option<i64>,
    /// Why there was none; empty otherwise.
    pub error: String,
    pub milliseconds: i64,
}

/// What of a webhook is to change.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub url: Option<String>,
    pub events: Option<Vec<String>>,
    pub active: Option<bool>,
}

/// A message that is due at once.
pub(super) fn message(webhook_id: i64, event: &str, at: NaiveDateTime, data: &Value) -> NewDelivery {
    let body = json!({"type": event, "timestamp": at.and_utc(), "data": data});
    let now = now();
    NewDelivery {
        webhook_id,
        message_id: format!("msg_{}", hex(&random_bytes::<16>())),
        event: event.to_owned(),
        body: body.to_string(),
        status: webhooks::WAITING,
        attempts: 0,
        next_at: now,
        created_at: now,
    }
}

/// Whether a webhook wants to be told of this.
pub(super) fn wants(webhook: &WebhookRow, event: &str) -> bool {
    webhook.events.split(' ').any(|wanted| wanted == event || wanted == EVERYTHING)
}

fn new_secret() -> String {
    use base64::Engine as _;
    format!("whsec_{}", base64::engine::general_purpose::STANDARD.encode(random_bytes::<24>()))
}

fn described(row: WebhookRow) -> Webhook {
    Webhook {
        name: row.name,
        url: row.url,
        events: row.events.split(' ').map(str::to_owned).collect(),
        active: row.active,
        created_at: row.created_at.and_utc(),
    }
}

/// The names of events as they are stored.
fn events(wanted: &[String]) -> Result<String, ServiceError> {
    let known = |name: &str| name == EVERYTHING || name == RESPONSES || ACTIONS.contains(&name);
    let bad = |given: String| ServiceError::BadFilter {
        name: "events",
        given,
        expected: "`*`, `responses.received` or actions of the audit (docs/webhooks.md)",
    };
    if wanted.is_empty() {
        return Err(bad(String::new()));
    }
    match wanted.iter().find(|name| !known(name)) {
        Some(name) => Err(bad(name.chars().take(40).collect())),
        None => Ok(wanted.join(" ")),
    }
}

/// Whether an address may be sent to; a name is looked at again whenever it is.
fn address(url: &str, private_hosts: &[String]) -> Result<String, ServiceError> {
    let bad = |expected| ServiceError::BadFilter { name: "url", given: url.chars().take(80).collect(), expected };
    if url.len() > 500 || !url.is_ascii() {
        return Err(bad("an https address of at most 500 characters"));
    }
    let uri: Uri = url.parse().map_err(|_| bad("an https address"))?;
    let host = uri.host().unwrap_or_default();
    let trusted = private_hosts.iter().any(|known| known.eq_ignore_ascii_case(host));
    if host.is_empty() || !(uri.scheme_str() == Some("https") || (trusted && uri.scheme_str() == Some("http"))) {
        return Err(bad("an address that begins with https://"));
    }
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) || url.contains('#') {
        return Err(bad("an address without a password and without #"));
    }
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse();
    if !trusted && literal.is_ok_and(|address| !is_public(address)) {
        return Err(bad("a host of the public network; --webhooks-private-hosts can allow others by name"));
    }
    Ok(url.to_owned())
}

impl App {
    async fn webhook_row(&self, name: &str) -> Result<WebhookRow, ServiceError> {
        let wanted = name.to_owned();
        let found = self.store.read(move |db| webhooks::by_name(db, &wanted)).await?;
        found.ok_or_else(|| ServiceError::UnknownWebhook(name.chars().take(80).collect()))
    }

    /// Sets up a webhook, which is told of what happens from now on; returns its secret, which cannot be had again.
    ///
    /// # Errors
    /// [`ServiceError::BadFilter`] for an address or event that will not do, [`ServiceError::Taken`],
    /// [`ServiceError::Store`].
    pub async fn add_webhook(&self, name: &str, url: &str, wanted: &[String]) -> Result<String, ServiceError> {
        if name.is_empty() || name.chars().count() > 200 || name.contains(char::is_control) {
            let given = name.chars().filter(|c| !c.is_control()).take(40).collect();
            return Err(ServiceError::BadFilter { name: "name", given, expected: "1 to 200 characters" });
        }
        if self.webhooks().await?.len() >= MOST {
            let given = (MOST + 1).to_string();
            return Err(ServiceError::BadFilter { name: "webhooks", given, expected: "at most 50" });
        }
        let secret = new_secret();
        let row = NewWebhook {
            name: name.to_owned(),
            url: address(url, &self.settings.webhooks.private_hosts)?,
            secret: secret.clone(),
            events: events(wanted)?,
            active: true,
            created_at: now(),
            audit_number: 0,
        };
        match self.store.write(move |db| webhooks::insert(db, row)).await {
            Err(StoreError::Conflict(_)) => Err(ServiceError::Taken(name.to_owned())),
            outcome => Ok(outcome.map(|()| secret)?),
        }
    }

    /// All webhooks by name.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails.
    pub async fn webhooks(&self) -> Result<Vec<Webhook>, ServiceError> {
        Ok(self.store.read(webhooks::all).await?.into_iter().map(described).collect())
    }

    /// The webhook of this name.
    ///
    /// # Errors
    /// [`ServiceError::UnknownWebhook`]; [`ServiceError::Store`].
    pub async fn webhook(&self, name: &str) -> Result<Webhook, ServiceError> {
        Ok(described(self.webhook_row(name).await?))
    }

    /// Changes a webhook.
    ///
    /// # Errors
    /// As [`App::add_webhook`] and [`App::webhook`].
    pub async fn change_webhook(&self, name: &str, wanted: Wanted) -> Result<Webhook, ServiceError> {
        let row = self.webhook_row(name).await?;
        let change = WebhookChange {
            url: wanted.url.map(|url| address(&url, &self.settings.webhooks.private_hosts)).transpose()?,
            events: wanted.events.map(|wanted| events(&wanted)).transpose()?,
            active: wanted.active,
            ..WebhookChange::default()
        };
        let nothing = change.url.is_none() && change.events.is_none() && change.active.is_none();
        if !nothing {
            self.store.write(move |db| webhooks::change(db, row.id, &change)).await?;
        }
        self.webhook(name).await
    }

    /// Gives a webhook a new secret, which cannot be had again; for a day the former one signs beside it.
    ///
    /// # Errors
    /// As [`App::webhook`].
    pub async fn rotate_webhook(&self, name: &str) -> Result<String, ServiceError> {
        let row = self.webhook_row(name).await?;
        let secret = new_secret();
        let change = WebhookChange {
            secret: Some(secret.clone()),
            former_secret: Some(row.secret),
            former_until: Some(now() + BOTH_SECRETS),
            ..WebhookChange::default()
        };
        self.store.write(move |db| webhooks::change(db, row.id, &change)).await?;
        Ok(secret)
    }

    /// Takes a webhook away, with its messages.
    ///
    /// # Errors
    /// As [`App::webhook`].
    pub async fn remove_webhook(&self, name: &str) -> Result<(), ServiceError> {
        let id = self.webhook_row(name).await?.id;
        Ok(self.store.write(move |db| webhooks::remove(db, id)).await?)
    }

    /// Has a message sent that means nothing; returns its id.
    ///
    /// # Errors
    /// As [`App::webhook`].
    pub async fn test_webhook(&self, name: &str) -> Result<String, ServiceError> {
        let id = self.webhook_row(name).await?.id;
        let test = message(id, TEST, now(), &json!({"webhook": name}));
        let sent = test.message_id.clone();
        self.store.write(move |db| webhooks::tell(db, &test)).await?;
        Ok(sent)
    }

    /// Messages of a webhook after a place, each with its place.
    ///
    /// # Errors
    /// As [`App::webhook`]; [`ServiceError::BadFilter`] for a status that there is not.
    pub async fn deliveries(
        &self,
        name: &str,
        status: Option<String>,
        after: i64,
        limit: i64,
    ) -> Result<Vec<(i64, Delivery)>, ServiceError> {
        let id = self.webhook_row(name).await?.id;
        let all = [webhooks::WAITING, webhooks::DELIVERED, webhooks::DEAD];
        if let Some(given) = status.as_deref().filter(|status| !all.contains(status)) {
            let given = given.chars().take(40).collect();
            let expected = "`waiting`, `delivered` or `dead`";
            return Err(ServiceError::BadFilter { name: "status", given, expected });
        }
        let read = move |db: &mut _| {
            let rows = webhooks::of_webhook(db, id, status.as_deref(), after, limit)?;
            let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
            Ok((rows, webhooks::attempts(db, &ids)?))
        };
        let (rows, tries) = self.store.read(read).await?;
        let delivery = |row: DeliveryRow| Delivery {
            next_at: (row.status == webhooks::WAITING).then(|| row.next_at.and_utc()),
            message: row.message_id,
            event: row.event,
            status: row.status,
            created_at: row.created_at.and_utc(),
            body: serde_json::from_str(&row.body).unwrap_or_default(),
            tries: tries
                .iter()
                .filter(|one| one.delivery_id == row.id)
                .map(|one| Try {
                    at: one.tried_at.and_utc(),
                    answer: one.answer,
                    error: one.error.clone(),
                    milliseconds: one.milliseconds,
                })
                .collect(),
        };
        Ok(rows.into_iter().map(|row| (row.id, delivery(row))).collect())
    }

    /// Has one message sent anew, whatever became of it, or all that were given up; returns how many.
    ///
    /// # Errors
    /// As [`App::webhook`].
    pub async fn replay(&self, name: &str, message: Option<String>) -> Result<usize, ServiceError> {
        let id = self.webhook_row(name).await?.id;
        Ok(self.store.write(move |db| webhooks::replay(db, id, message.as_deref(), now())).await?)
    }

    /// How many messages were given up, on any webhook.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails.
    pub async fn dead_letters(&self) -> Result<i64, ServiceError> {
        Ok(self.store.read(webhooks::undelivered).await?.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_https_addresses_are_taken_but_for_allowed_hosts() {
        let none: [String; 0] = [];
        assert!(address("https://hooks.example.org/soundings?key=1", &none).is_ok());
        for bad in [
            "",
            "example.org",
            "http://example.org/",
            "ftp://example.org/",
            "https://",
            "https://user:pass@example.org/",
            "https://example.org/#x",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://169.254.169.254/latest",
            "https://exämple.org/",
            "file:///etc/passwd",
        ] {
            assert!(address(bad, &none).is_err(), "{bad}");
        }
        let allowed = ["crm.internal".to_owned(), "127.0.0.1".to_owned()];
        assert!(address("http://CRM.internal:8080/x", &allowed).is_ok());
        assert!(address("http://127.0.0.1:9/", &allowed).is_ok());
        assert!(address("http://127.0.0.2:9/", &allowed).is_err());
    }
}
