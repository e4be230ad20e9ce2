//! Webhooks, the messages for them, and how each try went.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::db::{Db, on_each};
use super::error::StoreError;
use super::schema::{audit_entries, deliveries, delivery_attempts, responses, webhook_marks, webhooks};

/// The states of a message.
pub const WAITING: &str = "waiting";
pub const DELIVERED: &str = "delivered";
pub const DEAD: &str = "dead";

/// A webhook to be stored.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = webhooks)]
pub struct NewWebhook {
    pub name: String,
    pub url: String,
    pub secret: String,
    /// Separated by spaces.
    pub events: String,
    pub active: bool,
    pub created_at: NaiveDateTime,
    pub audit_number: i64,
}

/// A webhook as stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = webhooks)]
pub struct WebhookRow {
    pub id: i64,
    pub name: String,
    pub url: String,
    pub secret: String,
    /// Signs beside the secret until then.
    pub former_secret: Option<String>,
    pub former_until: Option<NaiveDateTime>,
    pub events: String,
    pub active: bool,
    pub created_at: NaiveDateTime,
    /// The last audit entry that was looked at.
    pub audit_number: i64,
}

/// What of a webhook is changed.
#[derive(Debug, Clone, Default, AsChangeset)]
#[diesel(table_name = webhooks)]
pub struct WebhookChange {
    pub url: Option<String>,
    pub events: Option<String>,
    pub active: Option<bool>,
    pub secret: Option<String>,
    pub former_secret: Option<String>,
    pub former_until: Option<NaiveDateTime>,
}

/// A message to be stored.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = deliveries)]
pub struct NewDelivery {
    pub webhook_id: i64,
    pub message_id: String,
    pub event: String,
    /// JSON.
    pub body: String,
    pub status: &'static str,
    pub attempts: i64,
    pub next_at: NaiveDateTime,
    pub created_at: NaiveDateTime,
}

/// A message as stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = deliveries)]
pub struct DeliveryRow {
    pub id: i64,
    pub webhook_id: i64,
    pub message_id: String,
    pub event: String,
    pub body: String,
    pub status: String,
    pub attempts: i64,
    pub next_at: NaiveDateTime,
    pub created_at: NaiveDateTime,
}

/// A try.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = delivery_attempts)]
pub struct AttemptRow {
    pub delivery_id: i64,
    pub tried_at: NaiveDateTime,
    /// HTTP status.
    pub answer: Option<i64>,
    pub error: String,
    pub milliseconds: i64,
}

/// Stores a webhook that is told of what happens from now on.
///
/// # Errors
/// [`StoreError::Conflict`] if the name is taken.
pub fn insert(db: &mut Db, mut webhook: NewWebhook) -> Result<(), StoreError> {
    let last = audit_entries::table.select(diesel::dsl::max(audit_entries::number)).first::<Option<i64>>(db)?;
    webhook.audit_number = last.unwrap_or(0);
    let name = webhook.name.clone();
    on_each!(db, c => diesel::insert_into(webhooks::table).values(&webhook).execute(c))?;
    let id: i64 = webhooks::table.filter(webhooks::name.eq(name)).select(webhooks::id).first(db)?;
    for (survey, last) in last_responses(db)? {
        begin_marks(db, id, survey, last)?;
    }
    Ok(())
}

/// All webhooks by name.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn all(db: &mut Db) -> Result<Vec<WebhookRow>, StoreError> {
    Ok(webhooks::table.select(WebhookRow::as_select()).order(webhooks::name).load(db)?)
}

/// The webhook of this name.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn by_name(db: &mut Db, name: &str) -> Result<Option<WebhookRow>, StoreError> {
    let row = webhooks::table.filter(webhooks::name.eq(name)).select(WebhookRow::as_select());
    Ok(row.first(db).optional()?)
}

/// The webhook with this id.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn by_id(db: &mut Db, id: i64) -> Result<Option<WebhookRow>, StoreError> {
    Ok(webhooks::table.find(id).select(WebhookRow::as_select()).first(db).optional()?)
}

/// Changes what is given.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn change(db: &mut Db, id: i64, change: &WebhookChange) -> Result<(), StoreError> {
    diesel::update(webhooks::table.find(id)).set(change).execute(db)?;
    Ok(())
}

/// Takes a webhook away, with its messages.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn remove(db: &mut Db, id: i64) -> Result<(), StoreError> {
    diesel::delete(webhooks::table.find(id)).execute(db)?;
    Ok(())
}

/// The id of the last response to each survey that has one.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn last_responses(db: &mut Db) -> Result<Vec<(i64, i64)>, StoreError> {
    let mut found = Vec::new();
    for survey in super::surveys::all(db)? {
        let of = responses::table.filter(responses::survey_id.eq(survey.id));
        let last: Option<i64> = of.select(diesel::dsl::max(responses::id)).first(db)?;
        found.extend(last.map(|last| (survey.id, last)));
    }
    Ok(found)
}

/// The last response of each survey that a webhook was told of.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn marks(db: &mut Db, webhook_id: i64) -> Result<Vec<(i64, i64)>, StoreError> {
    let rows = webhook_marks::table.filter(webhook_marks::webhook_id.eq(webhook_id));
    Ok(rows.select((webhook_marks::survey_id, webhook_marks::response_id)).load(db)?)
}

/// Begins to tell a webhook of a survey's responses, after this one; nothing happens if that was done.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn begin_marks(db: &mut Db, webhook_id: i64, survey_id: i64, response_id: i64) -> Result<(), StoreError> {
    let row = (
        webhook_marks::webhook_id.eq(webhook_id),
        webhook_marks::survey_id.eq(survey_id),
        webhook_marks::response_id.eq(response_id),
    );
    on_each!(db, c => diesel::insert_into(webhook_marks::table).values(row).on_conflict_do_nothing().execute(c))?;
    Ok(())
}

/// How many responses to a survey came after one, up to another.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn responses_between(db: &mut Db, survey_id: i64, after: i64, to: i64) -> Result<i64, StoreError> {
    let rows = responses::table.filter(responses::survey_id.eq(survey_id)).filter(responses::id.gt(after));
    Ok(rows.filter(responses::id.le(to)).count().get_result(db)?)
}

/// Stores a message about the responses up to one, unless another server has done so.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn tell_of_responses(
    db: &mut Db,
    delivery: &NewDelivery,
    survey_id: i64,
    after: i64,
    to: i64,
) -> Result<(), StoreError> {
    let of = webhook_marks::table.find((delivery.webhook_id, survey_id));
    let unchanged = of.filter(webhook_marks::response_id.eq(after));
    if diesel::update(unchanged).set(webhook_marks::response_id.eq(to)).execute(db)? == 0 {
        return Ok(());
    }
    tell(db, delivery)
}

/// Stores messages about what the audit holds up to an entry, unless another server has done so.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn tell_of_entries(db: &mut Db, webhook: &WebhookRow, messages: &[NewDelivery], to: i64) -> Result<(), StoreError> {
    let unchanged = webhooks::table.find(webhook.id).filter(webhooks::audit_number.eq(webhook.audit_number));
    if diesel::update(unchanged).set(webhooks::audit_number.eq(to)).execute(db)? == 0 {
        return Ok(());
    }
    for message in messages {
        tell(db, message)?;
    }
    Ok(())
}

/// Stores a message.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn tell(db: &mut Db, delivery: &NewDelivery) -> Result<(), StoreError> {
    on_each!(db, c => diesel::insert_into(deliveries::table).values(delivery).execute(c))?;
    Ok(())
}

/// Active webhooks that have messages that are due.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn due_hooks(db: &mut Db, now: NaiveDateTime) -> Result<Vec<WebhookRow>, StoreError> {
    let due = deliveries::table.filter(deliveries::status.eq(WAITING)).filter(deliveries::next_at.le(now));
    let of: Vec<i64> = due.select(deliveries::webhook_id).distinct().load(db)?;
    let rows = webhooks::table.filter(webhooks::active.eq(true)).filter(webhooks::id.eq_any(of));
    Ok(rows.select(WebhookRow::as_select()).load(db)?)
}

/// Messages of a webhook that are due, the earliest first.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn due(db: &mut Db, webhook_id: i64, now: NaiveDateTime, limit: i64) -> Result<Vec<DeliveryRow>, StoreError> {
    let rows = deliveries::table
        .filter(deliveries::webhook_id.eq(webhook_id))
        .filter(deliveries::status.eq(WAITING))
        .filter(deliveries::next_at.le(now))
        .select(DeliveryRow::as_select());
    Ok(rows.order((deliveries::next_at, deliveries::id)).limit(limit).load(db)?)
}

/// Takes a message to be sent, until then; false if another server has.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn claim(db: &mut Db, delivery: &DeliveryRow, until: NaiveDateTime) -> Result<bool, StoreError> {
    let row = deliveries::table
        .find(delivery.id)
        .filter(deliveries::status.eq(WAITING))
        .filter(deliveries::next_at.eq(delivery.next_at));
    Ok(diesel::update(row).set(deliveries::next_at.eq(until)).execute(db)? == 1)
}

/// Keeps how a try went, and what follows for the message.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn tried(db: &mut Db, attempt: &AttemptRow, status: &str, next_at: NaiveDateTime) -> Result<(), StoreError> {
    let row = deliveries::table.find(attempt.delivery_id);
    let set = (
        deliveries::status.eq(status),
        deliveries::next_at.eq(next_at),
        deliveries::attempts.eq(deliveries::attempts + 1),
    );
    // Taken away meanwhile, with its webhook.
    if diesel::update(row).set(set).execute(db)? == 0 {
        return Ok(());
    }
    on_each!(db, c => diesel::insert_into(delivery_attempts::table).values(attempt).execute(c))?;
    Ok(())
}

/// Messages of a webhook with an id above `after`, the earliest first; of this status only, if one is given.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn of_webhook(
    db: &mut Db,
    webhook_id: i64,
    status: Option<&str>,
    after: i64,
    limit: i64,
) -> Result<Vec<DeliveryRow>, StoreError> {
    let mut rows = deliveries::table
        .filter(deliveries::webhook_id.eq(webhook_id))
        .filter(deliveries::id.gt(after))
        .select(DeliveryRow::as_select())
        .order(deliveries::id)
        .limit(limit)
        .into_boxed();
    if let Some(status) = status {
        rows = rows.filter(deliveries::status.eq(status.to_owned()));
    }
    Ok(rows.load(db)?)
}

/// The tries of messages, the earliest first.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn attempts(db: &mut Db, of: &[i64]) -> Result<Vec<AttemptRow>, StoreError> {
    let rows = delivery_attempts::table.filter(delivery_attempts::delivery_id.eq_any(of.to_vec()));
    Ok(rows.select(AttemptRow::as_select()).order(delivery_attempts::id).load(db)?)
}

/// Has messages of a webhook sent anew: one by its message id, or all that were given up. Returns how many.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn replay(db: &mut Db, webhook_id: i64, message_id: Option<&str>, now: NaiveDateTime) -> Result<usize, StoreError> {
    let set = (deliveries::status.eq(WAITING), deliveries::next_at.eq(now), deliveries::attempts.eq(0_i64));
    let of = deliveries::table.filter(deliveries::webhook_id.eq(webhook_id));
    Ok(match message_id {
        Some(id) => diesel::update(of.filter(deliveries::message_id.eq(id))).set(set).execute(db)?,
        None => diesel::update(of.filter(deliveries::status.eq(DEAD))).set(set).execute(db)?,
    })
}

/// How many messages wait, and how many were given up.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn undelivered(db: &mut Db) -> Result<(i64, i64), StoreError> {
    let mut count = |status: &str| deliveries::table.filter(deliveries::status.eq(status)).count().get_result(db);
    Ok((count(WAITING)?, count(DEAD)?))
}

/// Forgets messages of before then: taken, given up, or waiting for a webhook that is not active.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn forget(db: &mut Db, before: NaiveDateTime) -> Result<usize, StoreError> {
    Ok(diesel::delete(deliveries::table.filter(deliveries::created_at.lt(before))).execute(db)?)
}
