//! What accounts sign in with besides a password: second factors, recovery codes, known browsers, OpenID.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::accounts::AccountRow;
use super::db::Db;
use super::error::StoreError;
use super::schema::{accounts, devices, openid_attempts, recovery_codes, sessions};

/// Sets up a second factor with its recovery codes, or, without a secret, takes it away.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn set_totp(db: &mut Db, account_id: i64, secret: Option<&str>, codes: &[String]) -> Result<(), StoreError> {
    let none: Option<i64> = None;
    diesel::update(accounts::table.find(account_id))
        .set((accounts::totp.eq(secret), accounts::totp_step.eq(none)))
        .execute(db)?;
    diesel::delete(recovery_codes::table.filter(recovery_codes::account_id.eq(account_id))).execute(db)?;
    for code in codes {
        let row = (recovery_codes::account_id.eq(account_id), recovery_codes::code_hash.eq(code));
        diesel::insert_into(recovery_codes::table).values(row).execute(db)?;
    }
    Ok(())
}

/// Uses the code of a step; false if it, or a later one, was used before.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn take_step(db: &mut Db, account_id: i64, step: i64) -> Result<bool, StoreError> {
    let earlier = accounts::totp_step.is_null().or(accounts::totp_step.lt(step));
    let unused = accounts::table.filter(accounts::id.eq(account_id)).filter(earlier);
    Ok(diesel::update(unused).set(accounts::totp_step.eq(step)).execute(db)? > 0)
}

/// Uses a recovery code up; false if there is no such code.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn take_recovery_code(db: &mut Db, account_id: i64, hash: &str) -> Result<bool, StoreError> {
    Ok(diesel::delete(recovery_codes::table.find((account_id, hash))).execute(db)? > 0)
}

/// How many recovery codes are left.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn recovery_codes_left(db: &mut Db, account_id: i64) -> Result<i64, StoreError> {
    Ok(recovery_codes::table.filter(recovery_codes::account_id.eq(account_id)).count().get_result(db)?)
}

/// Ends a session that wants this; false if it is none any more.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn take_session(db: &mut Db, session: &str, step: &str) -> Result<bool, StoreError> {
    Ok(diesel::delete(sessions::table.find(session).filter(sessions::step.eq(step))).execute(db)? > 0)
}

/// Counts a code that is tried; returns how many there were.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn count_code(db: &mut Db, session: &str) -> Result<i64, StoreError> {
    diesel::update(sessions::table.find(session)).set(sessions::tries.eq(sessions::tries + 1)).execute(db)?;
    Ok(sessions::table.find(session).select(sessions::tries).first(db).optional()?.unwrap_or(i64::MAX))
}

/// Remembers a browser.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn insert_device(db: &mut Db, hash: &str, account_id: i64, now: NaiveDateTime) -> Result<(), StoreError> {
    let row = (devices::token_hash.eq(hash), devices::account_id.eq(account_id), devices::seen_at.eq(now));
    diesel::insert_into(devices::table).values(row).execute(db)?;
    Ok(())
}

/// Whether a browser has signed in to the account with this address.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn knows_device(db: &mut Db, hash: &str, email: &str) -> Result<bool, StoreError> {
    let rows = devices::table.inner_join(accounts::table.on(devices::account_id.eq(accounts::id)));
    let found = rows.filter(devices::token_hash.eq(hash)).filter(accounts::email.eq(email));
    Ok(found.select(devices::account_id).first::<i64>(db).optional()?.is_some())
}

/// A way to the provider that has begun.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = openid_attempts)]
pub struct Attempt {
    /// SHA-256 of the state, in hexadecimal.
    pub state_hash: String,
    /// PKCE's.
    pub verifier: String,
    pub nonce: String,
    /// Where to go then.
    pub next: String,
    pub expires_at: NaiveDateTime,
}

/// Remembers what must come back; forgets what never did.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn insert_attempt(db: &mut Db, attempt: &Attempt, now: NaiveDateTime) -> Result<(), StoreError> {
    diesel::delete(openid_attempts::table.filter(openid_attempts::expires_at.le(now))).execute(db)?;
    diesel::insert_into(openid_attempts::table).values(attempt).execute(db)?;
    Ok(())
}

/// What was remembered, once.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn take_attempt(db: &mut Db, state_hash: &str, now: NaiveDateTime) -> Result<Option<Attempt>, StoreError> {
    let good = openid_attempts::table.find(state_hash).filter(openid_attempts::expires_at.gt(now));
    let found = good.select(Attempt::as_select()).first(db).optional()?;
    let taken = diesel::delete(openid_attempts::table.find(state_hash)).execute(db)? > 0;
    Ok(found.filter(|_| taken))
}

/// The account that somebody at the provider has.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn by_openid(db: &mut Db, openid: &str) -> Result<Option<AccountRow>, StoreError> {
    Ok(accounts::table.filter(accounts::openid.eq(openid)).select(AccountRow::as_select()).first(db).optional()?)
}

/// Notes who an account is at the provider.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn set_openid(db: &mut Db, account_id: i64, openid: &str) -> Result<(), StoreError> {
    diesel::update(accounts::table.find(account_id)).set(accounts::openid.eq(openid)).execute(db)?;
    Ok(())
}
