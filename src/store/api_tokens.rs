//! Tokens with which programs sign in.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::db::{Db, on_each};
use super::error::StoreError;
use super::schema::{api_tokens, units};

/// A token to be stored.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = api_tokens)]
pub struct NewToken {
    pub name: String,
    /// SHA-256, in hexadecimal.
    pub token_hash: String,
    pub role: &'static str,
    /// Everywhere without one.
    pub unit_id: Option<i64>,
    pub expires_at: NaiveDateTime,
}

/// A token as stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct TokenRow {
    pub id: i64,
    pub name: String,
    pub role: String,
    pub unit_id: Option<i64>,
    pub unit: Option<String>,
    pub expires_at: NaiveDateTime,
    pub used_at: Option<NaiveDateTime>,
}

macro_rules! rows {
    () => {
        api_tokens::table.left_join(units::table.on(api_tokens::unit_id.eq(units::id.nullable()))).select((
            api_tokens::id,
            api_tokens::name,
            api_tokens::role,
            api_tokens::unit_id,
            units::code.nullable(),
            api_tokens::expires_at,
            api_tokens::used_at,
        ))
    };
}

/// Stores a token.
///
/// # Errors
/// [`StoreError::Conflict`] if the name is taken.
pub fn insert(db: &mut Db, token: &NewToken) -> Result<(), StoreError> {
    on_each!(db, c => diesel::insert_into(api_tokens::table).values(token).execute(c))?;
    Ok(())
}

/// The token with this hash.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn by_hash(db: &mut Db, hash: &str) -> Result<Option<TokenRow>, StoreError> {
    Ok(rows!().filter(api_tokens::token_hash.eq(hash)).first(db).optional()?)
}

/// All tokens, by name.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn all(db: &mut Db) -> Result<Vec<TokenRow>, StoreError> {
    Ok(rows!().order(api_tokens::name).load(db)?)
}

/// Notes that a token was used.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn touch(db: &mut Db, id: i64, now: NaiveDateTime) -> Result<(), StoreError> {
    diesel::update(api_tokens::table.find(id)).set(api_tokens::used_at.eq(now)).execute(db)?;
    Ok(())
}

/// Removes a token; false if there is none with this name.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn remove(db: &mut Db, name: &str) -> Result<bool, StoreError> {
    Ok(diesel::delete(api_tokens::table.filter(api_tokens::name.eq(name))).execute(db)? > 0)
}
