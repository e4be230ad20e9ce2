//! The audit: who did what, when. Only ever added to, each entry chained to the one before.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::db::{Db, on_each};
use super::error::StoreError;
use super::schema::audit_entries;

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_entries)]
pub struct EntryRow {
    /// From 1, without gaps.
    pub number: i64,
    pub noted_at: NaiveDateTime,
    pub actor: String,
    pub action: String,
    pub subject: String,
    /// JSON.
    pub detail: String,
    pub hash: String,
}

/// What of the audit is wanted.
#[derive(Debug, Clone, Default)]
pub struct Search {
    pub actor: Option<String>,
    pub action: Option<String>,
    pub subject: Option<String>,
}

/// Holds up others that add entries until the transaction ends; on SQLite there is one writer anyway.
fn take_turn(db: &mut Db) -> Result<(), StoreError> {
    if let Db::Postgres(c) = db {
        diesel::sql_query("SELECT pg_advisory_xact_lock(7305911002)").execute(c)?;
    }
    Ok(())
}

/// Adds an entry; `chain` makes its hash of the one before.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn append(
    db: &mut Db,
    mut entry: EntryRow,
    chain: impl FnOnce(&str, &EntryRow) -> String,
) -> Result<(), StoreError> {
    take_turn(db)?;
    let last = audit_entries::table.order(audit_entries::number.desc());
    let last: Option<(i64, String)> = last.select((audit_entries::number, audit_entries::hash)).first(db).optional()?;
    let (number, hash) = last.unwrap_or_default();
    entry.number = number + 1;
    entry.hash = chain(&hash, &entry);
    on_each!(db, c => diesel::insert_into(audit_entries::table).values(&entry).execute(c))?;
    Ok(())
}

/// Entries with a number above `after`, in order.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn after(db: &mut Db, search: &Search, after: i64, limit: i64) -> Result<Vec<EntryRow>, StoreError> {
    let mut rows = audit_entries::table
        .filter(audit_entries::number.gt(after))
        .select(EntryRow::as_select())
        .order(audit_entries::number)
        .limit(limit)
        .into_boxed();
    if let Some(actor) = &search.actor {
        rows = rows.filter(audit_entries::actor.eq(actor.clone()));
    }
    if let Some(action) = &search.action {
        rows = rows.filter(audit_entries::action.eq(action.clone()));
    }
    if let Some(subject) = &search.subject {
        rows = rows.filter(audit_entries::subject.eq(subject.clone()));
    }
    Ok(rows.load(db)?)
}
