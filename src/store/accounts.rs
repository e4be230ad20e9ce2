//! Accounts: who they are, what they may, and the sessions and links that belong to them.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::db::{Db, on_each};
use super::error::StoreError;
use super::schema::{account_links, accounts, grants, sessions, units};

/// An account as stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = accounts)]
pub struct AccountRow {
    pub id: i64,
    /// In lower case.
    pub email: String,
    pub name: String,
    /// Argon2id as a PHC string; none until the account's link was followed.
    pub password: Option<String>,
    pub created_at: NaiveDateTime,
    /// Secret of the second factor, in base 32.
    pub totp: Option<String>,
    /// The last step (30 s) whose code was used.
    pub totp_step: Option<i64>,
    /// Issuer and subject at the OpenID provider, separated by a space.
    pub openid: Option<String>,
}

/// A role, and where.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct GrantRow {
    pub role: String,
    /// Everywhere without one.
    pub unit_id: Option<i64>,
    pub unit: Option<String>,
    pub unit_name: Option<String>,
}

/// A signed-in browser.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions)]
pub struct SessionRow {
    /// SHA-256 of the cookie, in hexadecimal.
    pub token_hash: String,
    pub account_id: i64,
    pub created_at: NaiveDateTime,
    pub seen_at: NaiveDateTime,
    /// What is still wanted: [`DONE`], [`CODE`] or [`ENROL`].
    pub step: String,
    /// Wrong codes so far.
    pub tries: i64,
}

/// A session that is one.
pub const DONE: &str = "done";
/// A session that wants a code.
pub const CODE: &str = "code";
/// A session that wants a second factor to be set up.
pub const ENROL: &str = "enrol";

/// Stores an account and returns its id.
///
/// # Errors
/// [`StoreError::Conflict`] if there is one with this address.
pub fn insert(db: &mut Db, email: &str, name: &str, now: NaiveDateTime) -> Result<i64, StoreError> {
    let row = (accounts::email.eq(email), accounts::name.eq(name), accounts::created_at.eq(now));
    Ok(diesel::insert_into(accounts::table).values(row).returning(accounts::id).get_result(db)?)
}

/// The account with this address.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn by_email(db: &mut Db, email: &str) -> Result<Option<AccountRow>, StoreError> {
    Ok(accounts::table.filter(accounts::email.eq(email)).select(AccountRow::as_select()).first(db).optional()?)
}

/// The account with this id.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn by_id(db: &mut Db, id: i64) -> Result<Option<AccountRow>, StoreError> {
    Ok(accounts::table.find(id).select(AccountRow::as_select()).first(db).optional()?)
}

/// How many accounts there are.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn count(db: &mut Db) -> Result<i64, StoreError> {
    Ok(accounts::table.count().get_result(db)?)
}

/// Takes all roles of an account away.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn revoke_all(db: &mut Db, account_id: i64) -> Result<(), StoreError> {
    diesel::delete(grants::table.filter(grants::account_id.eq(account_id))).execute(db)?;
    Ok(())
}

/// All accounts, by address.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn all(db: &mut Db) -> Result<Vec<AccountRow>, StoreError> {
    Ok(accounts::table.select(AccountRow::as_select()).order(accounts::email).load(db)?)
}

/// Removes an account with its grants, links and sessions.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn remove(db: &mut Db, id: i64) -> Result<(), StoreError> {
    diesel::delete(accounts::table.find(id)).execute(db)?;
    Ok(())
}

/// Sets a password; whoever is signed in with the old one is signed out, and no link is good any more.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn set_password(db: &mut Db, id: i64, hash: &str) -> Result<(), StoreError> {
    diesel::update(accounts::table.find(id)).set(accounts::password.eq(hash)).execute(db)?;
    diesel::delete(account_links::table.filter(account_links::account_id.eq(id))).execute(db)?;
    diesel::delete(sessions::table.filter(sessions::account_id.eq(id))).execute(db)?;
    Ok(())
}

/// What an account may, and where.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn grants_of(db: &mut Db, account_id: i64) -> Result<Vec<GrantRow>, StoreError> {
    let rows = grants::table.left_join(units::table.on(grants::unit_id.eq(units::id.nullable())));
    let columns = (grants::role, grants::unit_id, units::code.nullable(), units::name.nullable());
    Ok(rows.filter(grants::account_id.eq(account_id)).select(columns).order(grants::id).load(db)?)
}

/// Gives a role; once is enough.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn grant(db: &mut Db, account_id: i64, role: &str, unit_id: Option<i64>) -> Result<(), StoreError> {
    if grants_of(db, account_id)?.iter().any(|g| g.role == role && g.unit_id == unit_id) {
        return Ok(());
    }
    let row = (grants::account_id.eq(account_id), grants::role.eq(role), grants::unit_id.eq(unit_id));
    on_each!(db, c => diesel::insert_into(grants::table).values(row).execute(c))?;
    Ok(())
}

/// Takes a role away; false if it was not there.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn revoke(db: &mut Db, account_id: i64, role: &str, unit_id: Option<i64>) -> Result<bool, StoreError> {
    let rows = grants::table.filter(grants::account_id.eq(account_id)).filter(grants::role.eq(role));
    let gone = match unit_id {
        Some(unit) => diesel::delete(rows.filter(grants::unit_id.eq(unit))).execute(db)?,
        None => diesel::delete(rows.filter(grants::unit_id.is_null())).execute(db)?,
    };
    Ok(gone > 0)
}

/// Stores a link with which the account's password can be set.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn insert_link(db: &mut Db, hash: &str, account_id: i64, expires_at: NaiveDateTime) -> Result<(), StoreError> {
    let row = (
        account_links::token_hash.eq(hash),
        account_links::account_id.eq(account_id),
        account_links::expires_at.eq(expires_at),
    );
    diesel::insert_into(account_links::table).values(row).execute(db)?;
    Ok(())
}

/// The account that a link belongs to, while it is good.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn by_link(db: &mut Db, hash: &str, now: NaiveDateTime) -> Result<Option<AccountRow>, StoreError> {
    let rows = account_links::table.inner_join(accounts::table.on(account_links::account_id.eq(accounts::id)));
    let good = rows.filter(account_links::token_hash.eq(hash)).filter(account_links::expires_at.gt(now));
    Ok(good.select(AccountRow::as_select()).first(db).optional()?)
}

/// Uses a link up; false if it is not good, or somebody was quicker.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn take_link(db: &mut Db, hash: &str, now: NaiveDateTime) -> Result<bool, StoreError> {
    let good =
        account_links::table.filter(account_links::token_hash.eq(hash)).filter(account_links::expires_at.gt(now));
    Ok(diesel::delete(good).execute(db)? > 0)
}

/// Whether an account still has this password's hash; it stays so until the transaction ends, because the row is
/// written.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn holds_password(db: &mut Db, id: i64, hash: &str) -> Result<bool, StoreError> {
    let same = accounts::table.find(id).filter(accounts::password.eq(hash));
    Ok(diesel::update(same).set(accounts::password.eq(hash)).execute(db)? > 0)
}

/// Stores a session.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn insert_session(db: &mut Db, session: &SessionRow) -> Result<(), StoreError> {
    diesel::insert_into(sessions::table).values(session).execute(db)?;
    Ok(())
}

/// A session and its account.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn session(db: &mut Db, hash: &str) -> Result<Option<(SessionRow, AccountRow)>, StoreError> {
    let rows = sessions::table.inner_join(accounts::table.on(sessions::account_id.eq(accounts::id)));
    let wanted = rows.filter(sessions::token_hash.eq(hash));
    Ok(wanted.select((SessionRow::as_select(), AccountRow::as_select())).first(db).optional()?)
}

/// The sessions of an account, the latest first.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn sessions_of(db: &mut Db, account_id: i64) -> Result<Vec<SessionRow>, StoreError> {
    let rows = sessions::table.filter(sessions::account_id.eq(account_id));
    Ok(rows.select(SessionRow::as_select()).order(sessions::seen_at.desc()).load(db)?)
}

/// Notes that a session was used.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn touch_session(db: &mut Db, hash: &str, now: NaiveDateTime) -> Result<(), StoreError> {
    diesel::update(sessions::table.find(hash)).set(sessions::seen_at.eq(now)).execute(db)?;
    Ok(())
}

/// Ends a session.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn end_session(db: &mut Db, hash: &str) -> Result<(), StoreError> {
    diesel::delete(sessions::table.find(hash)).execute(db)?;
    Ok(())
}

/// Ends all sessions of an account but one.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn end_other_sessions(db: &mut Db, account_id: i64, but: &str) -> Result<(), StoreError> {
    let others = sessions::table.filter(sessions::account_id.eq(account_id)).filter(sessions::token_hash.ne(but));
    diesel::delete(others).execute(db)?;
    Ok(())
}
