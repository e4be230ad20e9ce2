//! Index reports that stay as they were made. Only ever added to.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::db::{Db, on_each};
use super::error::StoreError;
use super::schema::kept_reports;

/// A report with what it was made of.
#[derive(Debug, Clone, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = kept_reports)]
pub struct KeptRow {
    /// From 1, without gaps.
    pub number: i64,
    pub survey_id: i64,
    pub revision_id: i64,
    pub kept_at: NaiveDateTime,
    pub kept_by: String,
    /// JSON.
    pub made_of: String,
    /// JSON.
    pub content: String,
}

/// Adds a report under the next number, and returns that.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn add(db: &mut Db, row: &KeptRow) -> Result<i64, StoreError> {
    if let Db::Postgres(c) = db {
        diesel::sql_query("SELECT pg_advisory_xact_lock(7305911003)").execute(c)?;
    }
    let last: Option<i64> = kept_reports::table.select(diesel::dsl::max(kept_reports::number)).first(db)?;
    let row = KeptRow { number: last.unwrap_or(0) + 1, ..row.clone() };
    on_each!(db, c => diesel::insert_into(kept_reports::table).values(&row).execute(c))?;
    Ok(row.number)
}

/// A report by its number.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn by_number(db: &mut Db, number: i64) -> Result<Option<KeptRow>, StoreError> {
    Ok(kept_reports::table.find(number).select(KeptRow::as_select()).first(db).optional()?)
}

/// Reports with a number below `before`, the latest first, at most `limit`.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn before(db: &mut Db, before: i64, limit: i64) -> Result<Vec<KeptRow>, StoreError> {
    let rows = kept_reports::table.filter(kept_reports::number.lt(before)).order(kept_reports::number.desc());
    Ok(rows.limit(limit).select(KeptRow::as_select()).load(db)?)
}
