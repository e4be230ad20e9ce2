//! Units: the hierarchy whose satisfaction is measured.

use diesel::prelude::*;

use super::db::Db;
use super::error::StoreError;
use super::schema::units;

/// A unit as stored.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Queryable, Selectable)]
#[diesel(table_name = units)]
pub struct UnitRow {
    pub id: i64,
    /// Name in addresses.
    pub code: String,
    /// `group`, `region` or `property`.
    pub kind: String,
    /// Name for people.
    pub name: String,
    pub parent_id: Option<i64>,
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
    Ok(units::table.select(UnitRow::as_select()).order(units::id).load(db)?)
}
