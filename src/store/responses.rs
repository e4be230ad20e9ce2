//! Responses: one row each, never edited.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::db::{Db, on_each};
use super::error::StoreError;
use super::schema::{quota_counts, response_removals, responses, units, withdrawals};
use super::{seals, waiting};

/// A response to be stored.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = responses)]
// One statement whatever is missing, so that it is prepared once.
#[diesel(treat_none_as_default_value = false)]
pub struct NewResponse {
    pub survey_id: i64,
    pub revision_id: i64,
    pub unit_id: Option<i64>,
    pub attempt_key: String,
    pub receipt: String,
    pub language: String,
    /// UTC, whole microseconds.
    pub submitted_at: NaiveDateTime,
    /// JSON by question id.
    pub answers: String,
    /// One byte per rated question of the revision, 255 for none.
    pub indicators: Vec<u8>,
    /// From the first page to handing in; never for an anonymous survey.
    pub seconds: Option<i64>,
    /// Separated by spaces; see [`crate::survey::flags`].
    pub flags: String,
    /// Whether it came by a personal link; never for an anonymous survey.
    pub invited: bool,
}

/// The part of a response that figures are computed from.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = responses)]
pub struct RatingsRow {
    pub id: i64,
    pub revision_id: i64,
    pub unit_id: Option<i64>,
    pub submitted_at: NaiveDateTime,
    pub indicators: Vec<u8>,
    pub language: String,
    pub flags: String,
    pub invited: bool,
}

/// A whole response, as exported.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct ExportRow {
    pub id: i64,
    pub receipt: String,
    pub submitted_at: NaiveDateTime,
    pub revision_id: i64,
    pub unit: Option<String>,
    pub language: String,
    pub seconds: Option<i64>,
    pub flags: String,
    pub answers: String,
}

/// A response, for what its guest wrote.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct CommentRow {
    pub id: i64,
    pub receipt: String,
    pub submitted_at: NaiveDateTime,
    pub revision_id: i64,
    pub unit: Option<String>,
    pub language: String,
    pub answers: String,
}

/// Which responses are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub survey_id: i64,
    /// Of these units only, if any are given.
    pub units: Option<Vec<i64>>,
    /// First and last day.
    pub from: Option<chrono::NaiveDate>,
    pub to: Option<chrono::NaiveDate>,
    /// Without those that something is odd about.
    pub unflagged: bool,
}

/// A response as its guest comes back to it.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct HeldRow {
    /// None while it waits for others (see [`super::waiting`]).
    pub id: Option<i64>,
    pub survey_id: i64,
    pub revision_id: i64,
    pub unit_id: Option<i64>,
    pub unit: Option<String>,
    pub attempt_key: String,
    pub receipt: String,
    pub language: String,
    pub submitted_at: NaiveDateTime,
    pub answers: String,
    pub invited: bool,
}

/// What became of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Insertion {
    /// Stored, now or by an earlier try of the same attempt in the same survey: the receipt of whichever it is.
    Stored(String),
    /// The attempt key belongs to a response to another survey.
    Foreign,
    /// Not stored: the quota at this place is full.
    Full(usize),
    /// Not stored: the guest has taken this attempt back.
    Withdrawn,
}

/// Stores a response once, and counts it in the quotas (name and limit) that it belongs to.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn insert_once(db: &mut Db, response: &NewResponse, quotas: &[(String, u32)]) -> Result<Insertion, StoreError> {
    if let Some(refused) = refusal(db, response, quotas)? {
        // An attempt that was stored before the quota was full keeps its receipt.
        let earlier = receipt_of_attempt(db, response.survey_id, &response.attempt_key)?;
        return Ok(earlier.map_or(refused, Insertion::Stored));
    }
    // Nothing is asked back: for RETURNING SQLite builds a table of its own each time.
    let inserted = on_each!(db, c => diesel::insert_into(responses::table)
        .values(response)
        .on_conflict(responses::attempt_key)
        .do_nothing()
        .execute(c))?;
    if inserted > 0 {
        for (quota, _) in quotas {
            count_quota(db, response.survey_id, quota)?;
        }
        return Ok(Insertion::Stored(response.receipt.clone()));
    }
    let earlier = receipt_of_attempt(db, response.survey_id, &response.attempt_key)?;
    Ok(earlier.map_or(Insertion::Foreign, Insertion::Stored))
}

/// Why a response is not to be stored: its attempt was taken back, or a quota is full.
pub(super) fn refusal(
    db: &mut Db,
    response: &NewResponse,
    quotas: &[(String, u32)],
) -> Result<Option<Insertion>, StoreError> {
    if is_attempt_withdrawn(db, &response.attempt_key)? {
        return Ok(Some(Insertion::Withdrawn));
    }
    for (place, (quota, limit)) in quotas.iter().enumerate() {
        if taken(db, response.survey_id, quota)? >= i64::from(*limit) {
            return Ok(Some(Insertion::Full(place)));
        }
    }
    Ok(None)
}

/// The response with this receipt.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn by_receipt(db: &mut Db, receipt: &str) -> Result<Option<HeldRow>, StoreError> {
    let rows = responses::table.left_join(units::table.on(responses::unit_id.eq(units::id.nullable())));
    let columns = (
        responses::id.nullable(),
        responses::survey_id,
        responses::revision_id,
        responses::unit_id,
        units::code.nullable(),
        responses::attempt_key,
        responses::receipt,
        responses::language,
        responses::submitted_at,
        responses::answers,
        responses::invited,
    );
    match rows.filter(responses::receipt.eq(receipt)).select(columns).first(db).optional()? {
        Some(row) => Ok(Some(row)),
        None => waiting::by_receipt(db, receipt),
    }
}

/// Whether a response with this receipt was taken back.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn is_withdrawn(db: &mut Db, receipt: &str) -> Result<bool, StoreError> {
    let row = withdrawals::table.find(receipt).select(withdrawals::survey_id);
    Ok(row.first::<i64>(db).optional()?.is_some())
}

/// Whether an attempt was taken back.
fn is_attempt_withdrawn(db: &mut Db, attempt_key: &str) -> Result<bool, StoreError> {
    let rows = withdrawals::table.filter(withdrawals::attempt_key.eq(attempt_key));
    Ok(rows.select(withdrawals::survey_id).first::<i64>(db).optional()?.is_some())
}

/// Takes a response back: its row goes, and it counts in these quotas no longer. False if it is not there any more.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn withdraw(db: &mut Db, held: &HeldRow, quotas: &[String]) -> Result<bool, StoreError> {
    if !let_go(db, held, seals::WITHDRAWN)? {
        return Ok(false);
    }
    let row = (
        withdrawals::receipt.eq(&held.receipt),
        withdrawals::attempt_key.eq(&held.attempt_key),
        withdrawals::survey_id.eq(held.survey_id),
    );
    diesel::insert_into(withdrawals::table).values(row).execute(db)?;
    for quota in quotas {
        uncount_quota(db, held.survey_id, quota)?;
    }
    Ok(true)
}

/// Puts a corrected response in the place of the one that it corrects: a new row with the same receipt. Quotas that
/// it counted in before and counts in now are brought up to date; a guest who was let in is not turned away. False if
/// the earlier one is not there any more.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn replace(
    db: &mut Db,
    held: &HeldRow,
    corrected: &NewResponse,
    before: &[String],
    now: &[String],
) -> Result<bool, StoreError> {
    if !let_go(db, held, seals::CORRECTED)? {
        return Ok(false);
    }
    match held.id {
        Some(_) => drop(on_each!(db, c => diesel::insert_into(responses::table).values(corrected).execute(c))?),
        None => waiting::put(db, corrected.clone())?,
    }
    for quota in before.iter().filter(|q| !now.contains(q)) {
        uncount_quota(db, held.survey_id, quota)?;
    }
    for quota in now.iter().filter(|q| !before.contains(q)) {
        count_quota(db, held.survey_id, quota)?;
    }
    Ok(true)
}

/// Removes a response, wherever it is; false if it is not there any more.
fn let_go(db: &mut Db, held: &HeldRow, fate: &str) -> Result<bool, StoreError> {
    let Some(id) = held.id else { return waiting::take(db, &held.attempt_key) };
    if diesel::delete(responses::table.find(id)).execute(db)? == 0 {
        return Ok(false);
    }
    seals::let_go(db, &[id], fate)?;
    Ok(true)
}

fn uncount_quota(db: &mut Db, survey_id: i64, quota: &str) -> Result<(), StoreError> {
    let row = quota_counts::table.find((survey_id, quota)).filter(quota_counts::taken.gt(0));
    diesel::update(row).set(quota_counts::taken.eq(quota_counts::taken - 1)).execute(db)?;
    Ok(())
}

/// How many responses a quota has taken.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn taken(db: &mut Db, survey_id: i64, quota: &str) -> Result<i64, StoreError> {
    let row = quota_counts::table.find((survey_id, quota));
    Ok(row.select(quota_counts::taken).first(db).optional()?.unwrap_or(0))
}

pub(super) fn count_quota(db: &mut Db, survey_id: i64, quota: &str) -> Result<(), StoreError> {
    let first = (quota_counts::survey_id.eq(survey_id), quota_counts::quota.eq(quota), quota_counts::taken.eq(1_i64));
    on_each!(db, c => diesel::insert_into(quota_counts::table)
        .values(&first)
        .on_conflict((quota_counts::survey_id, quota_counts::quota))
        .do_update()
        .set(quota_counts::taken.eq(quota_counts::taken + 1))
        .execute(c))?;
    Ok(())
}

/// Stores many responses whose attempt keys are known to be new.
///
/// # Errors
/// [`StoreError::Conflict`] if one is not, with none stored.
pub fn insert_many(db: &mut Db, rows: &[NewResponse]) -> Result<(), StoreError> {
    on_each!(db, c => {
        for chunk in rows.chunks(500) {
            diesel::insert_into(responses::table).values(chunk).execute(c)?;
        }
        Ok::<_, diesel::result::Error>(())
    })?;
    Ok(())
}

/// The receipt that an attempt at this survey got, if it was stored.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn receipt_of_attempt(db: &mut Db, survey_id: i64, attempt_key: &str) -> Result<Option<String>, StoreError> {
    let wanted =
        responses::table.filter(responses::attempt_key.eq(attempt_key)).filter(responses::survey_id.eq(survey_id));
    match wanted.select(responses::receipt).first(db).optional()? {
        Some(receipt) => Ok(Some(receipt)),
        None => waiting::receipt_of_attempt(db, survey_id, attempt_key),
    }
}

/// Whether a response to this survey has this receipt.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn has_receipt(db: &mut Db, survey_id: i64, receipt: &str) -> Result<bool, StoreError> {
    let wanted = responses::table.filter(responses::receipt.eq(receipt)).filter(responses::survey_id.eq(survey_id));
    let stored = wanted.select(responses::id).first::<i64>(db).optional()?.is_some();
    Ok(stored || waiting::by_receipt(db, receipt)?.is_some_and(|row| row.survey_id == survey_id))
}

/// Number of responses to a survey.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn count(db: &mut Db, survey_id: i64) -> Result<i64, StoreError> {
    Ok(responses::table.filter(responses::survey_id.eq(survey_id)).count().get_result(db)?)
}

/// Number of responses to a survey with an id above `after` up to `until`.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn count_between(db: &mut Db, survey_id: i64, after: i64, until: i64) -> Result<i64, StoreError> {
    let rows = responses::table.filter(responses::survey_id.eq(survey_id));
    Ok(rows.filter(responses::id.gt(after)).filter(responses::id.le(until)).count().get_result(db)?)
}

/// How many responses to a survey were ever removed; a trigger counts them.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn removed(db: &mut Db, survey_id: i64) -> Result<i64, StoreError> {
    let row = response_removals::table.find(survey_id);
    Ok(row.select(response_removals::removed).first(db).optional()?.unwrap_or(0))
}

/// Ratings of a survey's responses with an id above `after` up to `until`, by id, at most `limit`.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn ratings_between(
    db: &mut Db,
    survey_id: i64,
    (after, until): (i64, i64),
    limit: i64,
) -> Result<Vec<RatingsRow>, StoreError> {
    let rows = responses::table.filter(responses::survey_id.eq(survey_id));
    let rows = rows.filter(responses::id.gt(after)).filter(responses::id.le(until));
    Ok(rows.select(RatingsRow::as_select()).order(responses::id).limit(limit).load(db)?)
}

/// The id of the response to a survey that so many came after; `None` if there are not so many.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn id_before_last(db: &mut Db, survey_id: i64, last: i64) -> Result<Option<i64>, StoreError> {
    let rows = responses::table.filter(responses::survey_id.eq(survey_id)).order(responses::id.desc());
    Ok(rows.select(responses::id).offset(last).first(db).optional()?)
}

/// The ids of a survey's responses up to one, rising.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn ids_until(db: &mut Db, survey_id: i64, last: i64) -> Result<Vec<i64>, StoreError> {
    let rows = responses::table.filter(responses::survey_id.eq(survey_id)).filter(responses::id.le(last));
    Ok(rows.select(responses::id).order(responses::id).load(db)?)
}

/// The answers of a survey's responses with an id above `after` up to `until`, as JSON by id.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn answers_between(
    db: &mut Db,
    survey_id: i64,
    after: i64,
    until: i64,
) -> Result<std::collections::HashMap<i64, String>, StoreError> {
    let rows = responses::table.filter(responses::survey_id.eq(survey_id));
    let rows = rows.filter(responses::id.gt(after)).filter(responses::id.le(until));
    let found: Vec<(i64, String)> = rows.select((responses::id, responses::answers)).load(db)?;
    Ok(found.into_iter().collect())
}

macro_rules! export_rows {
    () => {
        responses::table.left_join(units::table.on(responses::unit_id.eq(units::id.nullable()))).select((
            responses::id,
            responses::receipt,
            responses::submitted_at,
            responses::revision_id,
            units::code.nullable(),
            responses::language,
            responses::seconds,
            responses::flags,
            responses::answers,
        ))
    };
}

/// Whole responses of a survey with an id above `after`, by id, at most `limit`; of these units only, if any are given.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn export_after(
    db: &mut Db,
    survey_id: i64,
    of: Option<&[i64]>,
    after: i64,
    limit: i64,
) -> Result<Vec<ExportRow>, StoreError> {
    let rows = export_rows!().filter(responses::survey_id.eq(survey_id)).filter(responses::id.gt(after));
    let rows = rows.order(responses::id).limit(limit).into_boxed();
    match of {
        Some(ids) => {
            Ok(rows.filter(responses::unit_id.eq_any(ids.iter().map(|id| Some(*id)).collect::<Vec<_>>())).load(db)?)
        }
        None => Ok(rows.load(db)?),
    }
}

/// The rows of a statement over responses that are wanted, below a place, the latest first.
macro_rules! wanted_before {
    ($rows:expr, $of:expr, $before:expr, $limit:expr) => {{
        let rows = $rows.filter(responses::survey_id.eq($of.survey_id)).filter(responses::id.lt($before));
        let mut rows = rows.order(responses::id.desc()).limit($limit).into_boxed();
        if let Some(ids) = &$of.units {
            rows = rows.filter(responses::unit_id.eq_any(ids.iter().map(|id| Some(*id)).collect::<Vec<_>>()));
        }
        if let Some(from) = $of.from {
            rows = rows.filter(responses::submitted_at.ge(from.and_time(chrono::NaiveTime::MIN)));
        }
        if let Some(after) = $of.to.and_then(|to| to.succ_opt()) {
            rows = rows.filter(responses::submitted_at.lt(after.and_time(chrono::NaiveTime::MIN)));
        }
        if $of.unflagged {
            rows = rows.filter(responses::flags.eq(""));
        }
        rows
    }};
}

/// Whole responses with an id below `before`, the latest first, at most `limit`.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn read_before(db: &mut Db, of: &Wanted, before: i64, limit: i64) -> Result<Vec<ExportRow>, StoreError> {
    Ok(wanted_before!(export_rows!(), of, before, limit).load(db)?)
}

macro_rules! comment_rows {
    () => {
        responses::table.left_join(units::table.on(responses::unit_id.eq(units::id.nullable()))).select((
            responses::id,
            responses::receipt,
            responses::submitted_at,
            responses::revision_id,
            units::code.nullable(),
            responses::language,
            responses::answers,
        ))
    };
}

/// Responses with an id below `before`, the latest first, at most `limit`.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn comments_before(db: &mut Db, of: &Wanted, before: i64, limit: i64) -> Result<Vec<CommentRow>, StoreError> {
    Ok(wanted_before!(comment_rows!(), of, before, limit).load(db)?)
}

/// These responses.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn comments_of(db: &mut Db, ids: &[i64]) -> Result<Vec<CommentRow>, StoreError> {
    Ok(comment_rows!().filter(responses::id.eq_any(ids.to_vec())).load(db)?)
}
