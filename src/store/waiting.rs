//! Responses to anonymous surveys, until there are enough of them to be stored in another order than they came in.
//!
//! Owns: that a response is on disk before its guest is thanked, and that neither the order of rows nor a time says
//! who came when. Refuses: to keep anything here that leads to an invitation.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::db::{Db, on_each};
use super::error::StoreError;
use super::responses::{self, HeldRow, Insertion, NewResponse};
use super::schema::{units, waiting_responses as waiting};

/// A response that waits.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = waiting)]
struct Row {
    attempt_key: String,
    receipt: String,
    survey_id: i64,
    revision_id: i64,
    unit_id: Option<i64>,
    language: String,
    submitted_at: NaiveDateTime,
    answers: String,
    indicators: Vec<u8>,
    flags: String,
}

impl From<NewResponse> for Row {
    fn from(r: NewResponse) -> Self {
        Self {
            attempt_key: r.attempt_key,
            receipt: r.receipt,
            survey_id: r.survey_id,
            revision_id: r.revision_id,
            unit_id: r.unit_id,
            language: r.language,
            submitted_at: r.submitted_at,
            answers: r.answers,
            indicators: r.indicators,
            flags: r.flags,
        }
    }
}

impl From<Row> for NewResponse {
    fn from(r: Row) -> Self {
        Self {
            survey_id: r.survey_id,
            revision_id: r.revision_id,
            unit_id: r.unit_id,
            attempt_key: r.attempt_key,
            receipt: r.receipt,
            language: r.language,
            submitted_at: r.submitted_at,
            answers: r.answers,
            indicators: r.indicators,
            seconds: None,
            flags: r.flags,
            invited: false,
        }
    }
}

/// As [`responses::insert_once`], for a response that is to wait.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn insert_once(db: &mut Db, response: NewResponse, quotas: &[(String, u32)]) -> Result<Insertion, StoreError> {
    if let Some(receipt) = responses::receipt_of_attempt(db, response.survey_id, &response.attempt_key)? {
        return Ok(Insertion::Stored(receipt));
    }
    if let Some(refused) = responses::refusal(db, &response, quotas)? {
        return Ok(refused);
    }
    let (survey_id, receipt) = (response.survey_id, response.receipt.clone());
    put(db, response)?;
    for (quota, _) in quotas {
        responses::count_quota(db, survey_id, quota)?;
    }
    Ok(Insertion::Stored(receipt))
}

/// Puts a response among those that wait.
pub(super) fn put(db: &mut Db, response: NewResponse) -> Result<(), StoreError> {
    let row = Row::from(response);
    on_each!(db, c => diesel::insert_into(waiting::table).values(&row).execute(c))?;
    Ok(())
}

/// Takes a response out again; false if it does not wait any more.
pub(super) fn take(db: &mut Db, attempt_key: &str) -> Result<bool, StoreError> {
    Ok(diesel::delete(waiting::table.find(attempt_key)).execute(db)? > 0)
}

/// The receipt of an attempt that waits.
pub(super) fn receipt_of_attempt(db: &mut Db, survey_id: i64, attempt_key: &str) -> Result<Option<String>, StoreError> {
    let row = waiting::table.find(attempt_key).filter(waiting::survey_id.eq(survey_id));
    Ok(row.select(waiting::receipt).first(db).optional()?)
}

/// The response with this receipt, while it waits.
pub(super) fn by_receipt(db: &mut Db, receipt: &str) -> Result<Option<HeldRow>, StoreError> {
    let rows = waiting::table.left_join(units::table.on(waiting::unit_id.eq(units::id.nullable())));
    let columns = (Row::as_select(), units::code.nullable());
    let found: Option<(Row, Option<String>)> =
        rows.filter(waiting::receipt.eq(receipt)).select(columns).first(db).optional()?;
    Ok(found.map(|(row, unit)| HeldRow {
        id: None,
        survey_id: row.survey_id,
        revision_id: row.revision_id,
        unit_id: row.unit_id,
        unit,
        attempt_key: row.attempt_key,
        receipt: row.receipt,
        language: row.language,
        submitted_at: row.submitted_at,
        answers: row.answers,
        invited: false,
    }))
}

/// How many responses to a survey wait.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn count(db: &mut Db, survey_id: i64) -> Result<i64, StoreError> {
    Ok(waiting::table.filter(waiting::survey_id.eq(survey_id)).count().get_result(db)?)
}

/// Stores the responses that wait, in an order drawn by `random`, if there are at least `enough`; returns how many.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn release(db: &mut Db, survey_id: i64, enough: usize, random: fn() -> [u8; 16]) -> Result<usize, StoreError> {
    let mut rows: Vec<Row> =
        waiting::table.filter(waiting::survey_id.eq(survey_id)).select(Row::as_select()).load(db)?;
    if rows.is_empty() || rows.len() < enough {
        return Ok(0);
    }
    rows.sort_by_cached_key(|_| random());
    diesel::delete(waiting::table.filter(waiting::survey_id.eq(survey_id))).execute(db)?;
    let rows: Vec<NewResponse> = rows.into_iter().map(NewResponse::from).collect();
    responses::insert_many(db, &rows)?;
    Ok(rows.len())
}
