//! Messages on their way to webhooks.
//!
//! Owns: finding out what happened since a webhook was last told, signing (Standard Webhooks: HMAC-SHA256 over id, time
//! and body), sending, and trying again with growing pauses until a message is taken or given up. Nothing here stands
//! in a guest's way: responses are found by their ids afterwards, changes by the audit. A message may arrive twice, with
//! the same id; none is lost by a crash. Refuses: to follow redirects.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{Duration, NaiveDateTime};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use super::cursor::cursor;
use super::metrics::Came;
use super::webhooks::{RESPONSES, TEST, message, wants};
use super::{App, ServiceError, network, now, random_bytes};
use crate::store::audit::{self, Search};
use crate::store::webhooks::{self, AttemptRow, DeliveryRow, WebhookRow};
use crate::store::{StoreError, surveys};

/// How often it is looked for what happened.
const EVERY: std::time::Duration = std::time::Duration::from_secs(2);
/// So many times it is looked before PostgreSQL is believed to have committed every response up to the last one.
const LATE: usize = 6;
/// How long a webhook may take to answer.
const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(15);
/// A message that was taken to be sent is sent again if nothing was heard of it for so long.
const LEASE: Duration = Duration::seconds(60);
/// Messages of one webhook in a row.
const IN_A_ROW: i64 = 100;
/// For how many days messages are kept that were taken or given up.
const KEPT_DAYS: i64 = 30;
/// Audit entries looked at in one step.
const ENTRIES: i64 = 500;

/// How messages are sent.
#[derive(Debug, Clone)]
pub struct Sending {
    /// Seconds before each further try; after the last one a message is given up.
    pub pauses: Vec<u32>,
    /// Hosts that may be in a private network, and without https.
    pub private_hosts: Vec<String>,
}

impl Default for Sending {
    /// The pauses that Standard Webhooks suggests: ten tries in three days and a half.
    fn default() -> Self {
        let pauses = vec![5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
        Self { pauses, private_hosts: Vec::new() }
    }
}

/// Tells webhooks what happens, for as long as the server runs.
pub async fn deliver_as_it_happens(app: App) {
    let agent = network::agent(&app.settings.webhooks.private_hosts, TIMEOUT);
    let busy: std::sync::Arc<std::sync::Mutex<HashSet<i64>>> = std::sync::Arc::default();
    let (mut seen, mut forgotten) = (VecDeque::new(), None::<Instant>);
    loop {
        tokio::time::sleep(EVERY).await;
        if forgotten.is_none_or(|at| at.elapsed() > std::time::Duration::from_hours(1)) {
            let before = now() - Duration::days(KEPT_DAYS);
            if let Err(error) = app.store.write(move |db| webhooks::forget(db, before)).await {
                tracing::warn!(%error, "messages for webhooks could not be forgotten");
            }
            forgotten = Some(Instant::now());
        }
        if let Err(error) = app.collect(&mut seen).await {
            tracing::warn!(%error, "what happened could not be told to webhooks; trying again");
            continue;
        }
        match app.store.read(|db| webhooks::due_hooks(db, now())).await {
            Ok(hooks) => {
                for hook in hooks {
                    if !lock(&busy).insert(hook.id) {
                        continue;
                    }
                    let (app, agent, busy) = (app.clone(), agent.clone(), busy.clone());
                    tokio::spawn(async move {
                        let _busy = Busy { all: busy, id: hook.id };
                        if let Err(error) = app.deliver(&agent, &hook).await {
                            tracing::warn!(%error, "messages could not be sent; trying again");
                        }
                    });
                }
            }
            Err(error) => tracing::warn!(%error, "messages for webhooks could not be read; trying again"),
        }
    }
}

/// A webhook that messages are on their way to; free again whatever ends it.
struct Busy {
    all: std::sync::Arc<std::sync::Mutex<HashSet<i64>>>,
    id: i64,
}

impl Drop for Busy {
    fn drop(&mut self) {
        lock(&self.all).remove(&self.id);
    }
}

fn lock(busy: &std::sync::Mutex<HashSet<i64>>) -> std::sync::MutexGuard<'_, HashSet<i64>> {
    busy.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl App {
    /// Writes messages about what happened since. `seen` holds the last response of each survey some moments ago: only
    /// those are told of, since PostgreSQL may commit a lower id after a higher one.
    async fn collect(&self, seen: &mut VecDeque<HashMap<i64, i64>>) -> Result<(), ServiceError> {
        let moments = if self.store.commits_in_order() { 1 } else { LATE };
        let hooks: Vec<WebhookRow> = self.store.read(webhooks::all).await?;
        if hooks.is_empty() {
            seen.clear();
            return Ok(());
        }
        let (slugs, last) = self
            .store
            .read(|db| {
                let slugs: HashMap<i64, String> = surveys::all(db)?.into_iter().map(|row| (row.id, row.slug)).collect();
                Ok((slugs, webhooks::last_responses(db)?))
            })
            .await?;
        for hook in &hooks {
            if wants(hook, RESPONSES) {
                for (survey, slug) in &slugs {
                    let to = seen.front().filter(|_| seen.len() >= moments).and_then(|then| then.get(survey)).copied();
                    // When answers to an anonymous survey come is nobody's to know.
                    if let Some(to) = to
                        && !self.published(slug).await?.revision.survey.template.anonymous
                    {
                        self.tell_of_responses(hook.id, *survey, slug, to).await?;
                    }
                }
            }
            self.tell_of_entries(hook).await?;
        }
        if seen.len() >= moments {
            seen.pop_front();
        }
        seen.push_back(last.into_iter().collect());
        Ok(())
    }

    async fn tell_of_responses(&self, hook: i64, survey: i64, slug: &str, to: i64) -> Result<(), ServiceError> {
        let slug = slug.to_owned();
        let marks = self.store.read(move |db| webhooks::marks(db, hook)).await?;
        let Some(after) = marks.iter().find(|(of, _)| *of == survey).map(|(_, last)| *last) else {
            self.store.write(move |db| webhooks::begin_marks(db, hook, survey, 0)).await?;
            return Ok(());
        };
        if after >= to {
            return Ok(());
        }
        let count = self.store.read(move |db| webhooks::responses_between(db, survey, after, to)).await?;
        let data = json!({"survey": slug, "responses": count, "cursor": cursor(after)});
        let told = message(hook, RESPONSES, now(), &data);
        Ok(self.store.write(move |db| webhooks::tell_of_responses(db, &told, survey, after, to)).await?)
    }

    async fn tell_of_entries(&self, hook: &WebhookRow) -> Result<(), ServiceError> {
        let after = hook.audit_number;
        let entries = self.store.read(move |db| audit::after(db, &Search::default(), after, ENTRIES)).await?;
        let Some(to) = entries.last().map(|entry| entry.number) else { return Ok(()) };
        // A message that was asked for as a test is on its way by itself.
        let wanted = entries.iter().filter(|entry| entry.action != TEST && wants(hook, &entry.action));
        let told = wanted.map(|entry| {
            let detail: Value = serde_json::from_str(&entry.detail).unwrap_or_default();
            let data =
                json!({"number": entry.number, "actor": entry.actor, "subject": entry.subject, "detail": detail});
            message(hook.id, &entry.action, entry.noted_at, &data)
        });
        let (hook, told) = (hook.clone(), told.collect::<Vec<_>>());
        Ok(self.store.write(move |db| webhooks::tell_of_entries(db, &hook, &told, to)).await?)
    }

    /// Sends what is due to a webhook, one after the other, until one is not taken.
    async fn deliver(&self, agent: &ureq::Agent, hook: &WebhookRow) -> Result<(), ServiceError> {
        let id = hook.id;
        for delivery in self.store.read(move |db| webhooks::due(db, id, now(), IN_A_ROW)).await? {
            // As it is now: an address that was changed, or a secret, is not used once more.
            let hook = match self.store.read(move |db| webhooks::by_id(db, id)).await? {
                Some(hook) if hook.active => hook,
                _ => break,
            };
            let claimed = delivery.clone();
            if !self.store.write(move |db| webhooks::claim(db, &claimed, now() + LEASE)).await? {
                continue;
            }
            let (agent, of, sent) = (agent.clone(), hook.clone(), delivery.clone());
            let outcome = tokio::task::spawn_blocking(move || send(&agent, &of, &sent)).await;
            let outcome = outcome.map_err(|e| StoreError::Broken(Box::new(e)))?;
            let taken = outcome.taken();
            let came = Came { outcome: if taken { "taken" } else { "refused" } };
            self.metrics.webhook_tries.get_or_create(&came).inc();
            self.keep(&hook, &delivery, outcome).await?;
            if !taken {
                break;
            }
        }
        Ok(())
    }

    async fn keep(&self, hook: &WebhookRow, delivery: &DeliveryRow, outcome: Outcome) -> Result<(), ServiceError> {
        let pauses = &self.settings.webhooks.pauses;
        let pause = usize::try_from(delivery.attempts).ok().and_then(|tries| pauses.get(tries));
        let gone = outcome.answer == Some(410);
        let (status, next) = match pause {
            _ if outcome.taken() => (webhooks::DELIVERED, now()),
            Some(seconds) if !gone => (webhooks::WAITING, now() + pause_of(*seconds, outcome.retry_after)),
            _ => (webhooks::DEAD, now()),
        };
        let attempt = AttemptRow {
            delivery_id: delivery.id,
            tried_at: outcome.at,
            answer: outcome.answer,
            error: outcome.error,
            milliseconds: outcome.milliseconds,
        };
        if status == webhooks::DEAD {
            tracing::error!(webhook = hook.name, message = delivery.message_id, "a message was given up");
        }
        let (id, url) = (hook.id, hook.url.clone());
        self.store
            .write(move |db| {
                // The receiver wants no more, if it is still the one.
                if gone && webhooks::by_id(db, id)?.is_some_and(|hook| hook.url == url) {
                    let off = webhooks::WebhookChange { active: Some(false), ..Default::default() };
                    webhooks::change(db, id, &off)?;
                }
                webhooks::tried(db, &attempt, status, next)
            })
            .await?;
        Ok(())
    }
}

/// A pause, up to a fifth longer or shorter so that messages do not come all at once, or as long as the receiver asks.
fn pause_of(seconds: u32, asked: Option<u32>) -> Duration {
    let fifth = i64::from(seconds) * 1000 / 5;
    let drawn = i64::from(u32::from_le_bytes(random_bytes())) * (2 * fifth) / i64::from(u32::MAX);
    let jittered = Duration::milliseconds(i64::from(seconds) * 1000 - fifth + drawn);
    let asked = Duration::seconds(i64::from(asked.unwrap_or(0)).min(86_400));
    jittered.max(asked)
}

/// How a try went.
struct Outcome {
    at: NaiveDateTime,
    answer: Option<i64>,
    error: String,
    milliseconds: i64,
    /// Seconds.
    retry_after: Option<u32>,
}

impl Outcome {
    fn taken(&self) -> bool {
        self.answer.is_some_and(|status| (200..300).contains(&status))
    }
}

/// Sends a message once.
fn send(agent: &ureq::Agent, hook: &WebhookRow, delivery: &DeliveryRow) -> Outcome {
    let (at, begun) = (now(), Instant::now());
    let time = at.and_utc().timestamp();
    let former = hook.former_secret.as_ref().filter(|_| hook.former_until.is_some_and(|until| until > at));
    let signatures: Vec<String> = std::iter::once(&hook.secret)
        .chain(former)
        .map(|secret| signature(secret, &delivery.message_id, time, &delivery.body))
        .collect();
    let answered = agent
        .post(&hook.url)
        .header("content-type", "application/json")
        .header("webhook-id", &delivery.message_id)
        .header("webhook-timestamp", time.to_string())
        .header("webhook-signature", signatures.join(" "))
        .send(delivery.body.as_bytes());
    let milliseconds = i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX);
    match answered {
        Ok(response) => {
            let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
            let answer = Some(i64::from(response.status().as_u16()));
            Outcome { at, answer, error: String::new(), milliseconds, retry_after }
        }
        Err(error) => {
            let error = error.to_string().chars().take(300).collect();
            Outcome { at, answer: None, error, milliseconds, retry_after: None }
        }
    }
}

/// The signature of a message (Standard Webhooks 1.0.0, symmetric).
fn signature(secret: &str, id: &str, time: i64, body: &str) -> String {
    let key = STANDARD.decode(secret.trim_start_matches("whsec_")).unwrap_or_default();
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else { return String::new() };
    mac.update(format!("{id}.{time}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_jittered_by_a_fifth_and_as_long_as_was_asked() {
        let drawn: Vec<i64> = (0..200).map(|_| pause_of(300, None).num_milliseconds()).collect();
        assert!(drawn.iter().all(|ms| (240_000..=360_000).contains(ms)));
        assert!(drawn.iter().max() > drawn.iter().min());
        assert_eq!(pause_of(5, Some(120)).num_seconds(), 120);
        assert_eq!(pause_of(5, Some(u32::MAX)).num_seconds(), 86_400);
    }

    #[test]
    fn a_message_is_signed_as_the_standard_says() {
        // The worked example of the specification's reference libraries.
        let body = r#"{"test": 2432232314}"#;
        let signed =
            signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
