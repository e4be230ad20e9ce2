//! Kiosks: the devices on which guests answer one after the other.

use diesel::prelude::*;

use super::db::{Db, on_each};
use super::error::StoreError;
use super::schema::{kiosks, surveys, units};

pub const ACTIVE: &str = "active";
pub const REVOKED: &str = "revoked";

/// A kiosk to be stored.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = kiosks)]
pub struct NewKiosk {
    pub name: String,
    pub survey_id: i64,
    pub unit_id: Option<i64>,
    /// SHA-256 of the device's token, in hexadecimal.
    pub token_hash: String,
    /// SHA-256 of token hash and exit code.
    pub code_hash: String,
    /// After how many seconds without a touch it starts again.
    pub idle_seconds: i64,
    pub status: &'static str,
}

/// A kiosk as stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct KioskRow {
    pub id: i64,
    pub name: String,
    pub survey: String,
    pub unit: Option<String>,
    pub token_hash: String,
    pub code_hash: String,
    pub idle_seconds: i64,
    pub status: String,
}

macro_rules! rows {
    () => {
        kiosks::table
            .inner_join(surveys::table.on(kiosks::survey_id.eq(surveys::id)))
            .left_join(units::table.on(kiosks::unit_id.eq(units::id.nullable())))
            .select((
                kiosks::id,
                kiosks::name,
                surveys::slug,
                units::code.nullable(),
                kiosks::token_hash,
                kiosks::code_hash,
                kiosks::idle_seconds,
                kiosks::status,
            ))
    };
}

/// Stores a kiosk.
///
/// # Errors
/// [`StoreError::Conflict`] if the name is taken.
pub fn insert(db: &mut Db, kiosk: &NewKiosk) -> Result<(), StoreError> {
    on_each!(db, c => diesel::insert_into(kiosks::table).values(kiosk).execute(c))?;
    Ok(())
}

/// The kiosk with this token.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn by_token_hash(db: &mut Db, hash: &str) -> Result<Option<KioskRow>, StoreError> {
    Ok(rows!().filter(kiosks::token_hash.eq(hash)).first(db).optional()?)
}

/// All kiosks, by name.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn all(db: &mut Db) -> Result<Vec<KioskRow>, StoreError> {
    Ok(rows!().order(kiosks::name).load(db)?)
}

/// Revokes a kiosk; false if there is none with this name.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn revoke(db: &mut Db, name: &str) -> Result<bool, StoreError> {
    let kiosk = diesel::update(kiosks::table.filter(kiosks::name.eq(name)));
    Ok(kiosk.set(kiosks::status.eq(REVOKED)).execute(db)? > 0)
}
