//! Responses whose time is over, and the moments that are kept of them.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::db::{Db, on_each};
use super::error::StoreError;
use super::responses::RatingsRow;
use super::schema::{invitations, kept_moments, responses};
use super::seals;

/// Sums over the ratings of some responses.
#[derive(Debug, Clone, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = kept_moments)]
pub struct MomentsRow {
    pub survey_id: i64,
    pub revision_id: i64,
    pub unit_id: Option<i64>,
    /// Such as `2026-03`.
    pub month: String,
    pub flagged: bool,
    /// Ids separated by spaces.
    pub indicators: String,
    /// JSON, as [`crate::csi::moments::Moments::to_numbers`] gives them.
    pub numbers: String,
}

/// Rows that one statement names.
const AT_ONCE: usize = 500;

/// When the first response to a survey before `end` was handed in.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn first_before(db: &mut Db, survey_id: i64, end: NaiveDateTime) -> Result<Option<NaiveDateTime>, StoreError> {
    let rows = responses::table.filter(responses::survey_id.eq(survey_id)).filter(responses::submitted_at.lt(end));
    Ok(rows.select(diesel::dsl::min(responses::submitted_at)).first(db)?)
}

/// Puts what `sums` makes of them in the place of the responses to a survey before `end`; returns how many those were.
///
/// # Errors
/// [`StoreError`] if the database fails; nothing has changed then.
pub fn put_in_place(
    db: &mut Db,
    survey_id: i64,
    end: NaiveDateTime,
    sums: impl FnOnce(&[RatingsRow]) -> Vec<MomentsRow>,
) -> Result<usize, StoreError> {
    if let Db::Postgres(c) = db {
        // Another server does not put the same away at the same moment.
        diesel::sql_query("SELECT pg_advisory_xact_lock(7305911004)").execute(c)?;
    }
    let rows = responses::table.filter(responses::survey_id.eq(survey_id)).filter(responses::submitted_at.lt(end));
    let gone: Vec<RatingsRow> = rows.select(RatingsRow::as_select()).order(responses::id).load(db)?;
    for row in sums(&gone) {
        on_each!(db, c => diesel::insert_into(kept_moments::table).values(&row).execute(c))?;
    }
    let ids: Vec<i64> = gone.iter().map(|row| row.id).collect();
    for ids in ids.chunks(AT_ONCE) {
        seals::let_go(db, ids, seals::EXPIRED)?;
        let these = || responses::table.filter(responses::id.eq_any(ids.to_vec()));
        let receipts: Vec<String> = these().select(responses::receipt).load(db)?;
        let receipts: Vec<Option<String>> = receipts.into_iter().map(Some).collect();
        let links = invitations::table.filter(invitations::receipt.eq_any(receipts));
        diesel::update(links).set(invitations::receipt.eq(None::<String>)).execute(db)?;
        if diesel::delete(these()).execute(db)? != ids.len() {
            // A guest took one back or corrected it meanwhile: its sums must not stay.
            return Err(StoreError::Unavailable(
                "responses changed while they were put away; tried again later".into(),
            ));
        }
    }
    Ok(gone.len())
}

/// Everything that is kept of a survey, in the order of the months.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn of(db: &mut Db, survey_id: i64) -> Result<Vec<MomentsRow>, StoreError> {
    let rows = kept_moments::table.filter(kept_moments::survey_id.eq(survey_id));
    Ok(rows.order((kept_moments::month, kept_moments::id)).select(MomentsRow::as_select()).load(db)?)
}
