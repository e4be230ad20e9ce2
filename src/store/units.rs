//! Units: the hierarchy whose satisfaction is measured, and what became of it.

use diesel::prelude::*;

use super::db::Db;
use super::error::StoreError;
use super::schema::{unit_changes, units};

/// A unit as stored.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Queryable, Selectable, serde::Serialize, serde::Deserialize)]
#[diesel(table_name = units)]
pub struct UnitRow {
    pub id: i64,
    /// Name in addresses.
    pub code: String,
    /// One of [`KINDS`].
    pub kind: String,
    /// Name for people.
    pub name: String,
    pub parent_id: Option<i64>,
    /// Names by language, JSON.
    pub names: String,
    /// IANA.
    pub time_zone: Option<String>,
    /// BCP 47.
    pub locale: Option<String>,
    /// First and last day in use, ISO 8601.
    pub active_from: Option<String>,
    pub active_to: Option<String>,
    /// What the unit became part of.
    pub merged_into: Option<i64>,
}

/// Kinds of units, from the top down.
pub const KINDS: [&str; 5] = ["group", "brand", "region", "property", "outlet"];

impl UnitRow {
    /// A unit with nothing but its place, for tests.
    #[cfg(test)]
    pub fn plain(id: i64, code: &str, parent_id: Option<i64>) -> Self {
        Self {
            id,
            code: code.to_owned(),
            kind: String::new(),
            name: String::new(),
            parent_id,
            names: "{}".to_owned(),
            time_zone: None,
            locale: None,
            active_from: None,
            active_to: None,
            merged_into: None,
        }
    }

    /// The name in a language, or the unit's own.
    pub fn name_in(&self, language: &str) -> String {
        let names: serde_json::Value = serde_json::from_str(&self.names).unwrap_or_default();
        names[language].as_str().map_or_else(|| self.name.clone(), str::to_owned)
    }
}

/// What a unit is besides its code.
#[derive(Debug, Clone, PartialEq, Eq, AsChangeset)]
#[diesel(table_name = units, treat_none_as_null = true)]
pub struct UnitValues {
    pub kind: String,
    pub name: String,
    pub parent_id: Option<i64>,
    pub names: String,
    pub time_zone: Option<String>,
    pub locale: Option<String>,
    pub active_from: Option<String>,
    pub active_to: Option<String>,
    pub merged_into: Option<i64>,
}

/// A unit to be stored.
#[derive(Debug, Insertable)]
#[diesel(table_name = units)]
pub struct NewUnit<'a> {
    pub code: &'a str,
    pub kind: &'a str,
    pub name: &'a str,
    pub parent_id: Option<i64>,
}

/// Stores a unit and returns its id.
///
/// # Errors
/// [`StoreError::Conflict`] if the code is taken.
pub fn insert(db: &mut Db, unit: &NewUnit<'_>) -> Result<i64, StoreError> {
    super::surveys::changed();
    Ok(diesel::insert_into(units::table).values(unit).returning(units::id).get_result(db)?)
}

/// The unit with this code.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn by_code(db: &mut Db, code: &str) -> Result<Option<UnitRow>, StoreError> {
    Ok(units::table.filter(units::code.eq(code)).select(UnitRow::as_select()).first(db).optional()?)
}

/// All units, parents before children.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn all(db: &mut Db) -> Result<Vec<UnitRow>, StoreError> {
    Ok(sorted(units::table.select(UnitRow::as_select()).order(units::id).load(db)?))
}

/// Parents before children; otherwise as they come.
fn sorted(mut rows: Vec<UnitRow>) -> Vec<UnitRow> {
    let mut done: Vec<UnitRow> = Vec::with_capacity(rows.len());
    let mut placed = std::collections::BTreeSet::new();
    while !rows.is_empty() {
        let (now, later): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|row| row.parent_id.is_none_or(|parent| placed.contains(&parent)));
        // Units in a ring cannot be stored; were they, they would all be shown at the end.
        if now.is_empty() {
            done.extend(later);
            break;
        }
        placed.extend(now.iter().map(|row| row.id));
        done.extend(now);
        rows = later;
    }
    done
}

/// Changes a unit, and notes what was and what is.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn update(
    db: &mut Db,
    id: i64,
    values: &UnitValues,
    change: &str,
    now: chrono::NaiveDateTime,
) -> Result<(), StoreError> {
    super::surveys::changed();
    diesel::update(units::table.find(id)).set(values).execute(db)?;
    note(db, id, change, now)
}

/// Notes what became of a unit.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn note(db: &mut Db, id: i64, change: &str, now: chrono::NaiveDateTime) -> Result<(), StoreError> {
    let row = (unit_changes::unit_id.eq(id), unit_changes::changed_at.eq(now), unit_changes::change.eq(change));
    diesel::insert_into(unit_changes::table).values(row).execute(db)?;
    Ok(())
}

/// What became of a unit, the earliest first: when, and the change as JSON.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn changes_of(db: &mut Db, id: i64) -> Result<Vec<(chrono::NaiveDateTime, String)>, StoreError> {
    let rows = unit_changes::table.filter(unit_changes::unit_id.eq(id)).order(unit_changes::id);
    Ok(rows.select((unit_changes::changed_at, unit_changes::change)).load(db)?)
}
