//! Personal links, and what their guests have answered so far.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::db::{Db, on_each};
use super::error::StoreError;
use super::invitation_months::{count, places};
use super::schema::{drafts, invitations, units};

/// The states of an invitation.
pub const OPEN: &str = "open";
pub const USED: &str = "used";
pub const REVOKED: &str = "revoked";

/// An invitation to be stored.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = invitations)]
pub struct NewInvitation {
    pub survey_id: i64,
    /// SHA-256 of the token, in hexadecimal.
    pub token_hash: String,
    /// What the inviter calls the guest; empty for nothing.
    pub reference: String,
    pub unit_id: Option<i64>,
    pub language: Option<String>,
    /// Hidden fields, as JSON pairs.
    pub given: String,
    pub status: &'static str,
    pub expires_at: Option<NaiveDateTime>,
    /// When it was made, such as `2026-11`.
    pub month: String,
}

/// An invitation as stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct InvitationRow {
    pub id: i64,
    pub survey_id: i64,
    pub unit: Option<String>,
    pub language: Option<String>,
    pub given: String,
    pub status: String,
    pub expires_at: Option<NaiveDateTime>,
    /// Of the response; never kept for an anonymous survey.
    pub receipt: Option<String>,
}

/// What a guest has answered so far.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = drafts)]
pub struct DraftRow {
    pub invitation_id: i64,
    pub revision_id: i64,
    pub attempt_key: String,
    /// Id of the page that was shown; empty where all are shown at once.
    pub page: String,
    /// Field names and values, as JSON pairs.
    pub answers: String,
}

/// Stores invitations.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn insert_many(db: &mut Db, rows: &[NewInvitation]) -> Result<(), StoreError> {
    on_each!(db, c => {
        for chunk in rows.chunks(500) {
            diesel::insert_into(invitations::table).values(chunk).execute(c)?;
        }
        Ok::<_, diesel::result::Error>(())
    })?;
    count(db, rows.iter().map(|row| (row.survey_id, row.unit_id, row.month.clone())).collect(), (1, 0))
}

/// The invitation with this token.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn by_token_hash(db: &mut Db, hash: &str) -> Result<Option<InvitationRow>, StoreError> {
    let rows = invitations::table.left_join(units::table.on(invitations::unit_id.eq(units::id.nullable())));
    let columns = (
        invitations::id,
        invitations::survey_id,
        units::code.nullable(),
        invitations::language,
        invitations::given,
        invitations::status,
        invitations::expires_at,
        invitations::receipt,
    );
    Ok(rows.filter(invitations::token_hash.eq(hash)).select(columns).first(db).optional()?)
}

/// An invitation in a list.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct ListedRow {
    pub id: i64,
    pub reference: String,
    pub unit: Option<String>,
    pub language: Option<String>,
    pub status: String,
    pub expires_at: Option<NaiveDateTime>,
}

/// Invitations to a survey with an id above `after`, the earliest first, at most `limit`; with this reference only, if one
/// is given.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn listed(
    db: &mut Db,
    survey_id: i64,
    reference: Option<&str>,
    after: i64,
    limit: i64,
) -> Result<Vec<ListedRow>, StoreError> {
    let rows = invitations::table
        .left_join(units::table.on(invitations::unit_id.eq(units::id.nullable())))
        .filter(invitations::survey_id.eq(survey_id))
        .filter(invitations::id.gt(after));
    let columns = (
        invitations::id,
        invitations::reference,
        units::code.nullable(),
        invitations::language,
        invitations::status,
        invitations::expires_at,
    );
    let mut rows = rows.select(columns).order(invitations::id).limit(limit).into_boxed();
    if let Some(reference) = reference {
        rows = rows.filter(invitations::reference.eq(reference.to_owned()));
    }
    Ok(rows.load(db)?)
}

/// State and receipt of an invitation, within the transaction that is to use it.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn state(db: &mut Db, id: i64) -> Result<(String, Option<String>), StoreError> {
    Ok(invitations::table.find(id).select((invitations::status, invitations::receipt)).first(db)?)
}

/// Marks invitations as used; their drafts go. `receipt` is none for an anonymous survey.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn mark_used(db: &mut Db, ids: &[i64], receipt: Option<&str>) -> Result<(), StoreError> {
    diesel::delete(drafts::table.filter(drafts::invitation_id.eq_any(ids.to_vec()))).execute(db)?;
    let these = || invitations::table.filter(invitations::id.eq_any(ids.to_vec()));
    let new: Vec<i64> = these().filter(invitations::status.ne(USED)).select(invitations::id).load(db)?;
    let of_new = places(db, &new)?;
    count(db, of_new, (0, 1))?;
    diesel::update(these()).set((invitations::status.eq(USED), invitations::receipt.eq(receipt))).execute(db)?;
    Ok(())
}

/// Revokes the open invitations of a survey with this reference; returns how many there were.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn revoke(db: &mut Db, survey_id: i64, reference: &str) -> Result<usize, StoreError> {
    let open = invitations::table
        .filter(invitations::survey_id.eq(survey_id))
        .filter(invitations::reference.eq(reference))
        .filter(invitations::status.eq(OPEN));
    let ids: Vec<i64> = open.select(invitations::id).load(db)?;
    diesel::delete(drafts::table.filter(drafts::invitation_id.eq_any(ids.clone()))).execute(db)?;
    let of_open = places(db, &ids)?;
    count(db, of_open, (-1, 0))?;
    let revoked = diesel::update(invitations::table.filter(invitations::id.eq_any(ids)));
    Ok(revoked.set(invitations::status.eq(REVOKED)).execute(db)?)
}

/// Saves what a guest has answered so far, unless the invitation is no longer open.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn save_draft(db: &mut Db, draft: &DraftRow) -> Result<(), StoreError> {
    if state(db, draft.invitation_id)?.0 != OPEN {
        return Ok(());
    }
    diesel::delete(drafts::table.find(draft.invitation_id)).execute(db)?;
    on_each!(db, c => diesel::insert_into(drafts::table).values(draft).execute(c))?;
    Ok(())
}

/// What the guest of this invitation has answered so far.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn draft(db: &mut Db, invitation_id: i64) -> Result<Option<DraftRow>, StoreError> {
    Ok(drafts::table.find(invitation_id).first(db).optional()?)
}
