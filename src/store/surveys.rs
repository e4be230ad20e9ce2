//! Surveys and their published revisions.

use std::sync::atomic::{AtomicU64, Ordering};

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::db::Db;
use super::error::StoreError;
use super::schema::{
    account_links, accounts, api_tokens, contacts, devices, drafts, grants, invitation_months, invitations,
    kept_moments, kept_reports, kiosks, openid_attempts, packed_ratings, publication_blocks, quota_counts,
    recovery_codes, report_mails, report_schedules, response_removals, responses, revisions, seal_leaves, seals,
    sessions, stays, surveys, unit_changes, units, waiting_responses, webhooks, withdrawals,
};

/// A survey as stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = surveys)]
pub struct SurveyRow {
    pub id: i64,
    pub slug: String,
    /// `published` or `closed`.
    pub status: String,
    /// The revision that guests are shown now.
    pub revision_id: Option<i64>,
}

/// A published revision as stored. It never changes.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = revisions)]
pub struct RevisionRow {
    pub id: i64,
    pub survey_id: i64,
    /// SHA-256 of the template, in hexadecimal.
    pub content_hash: String,
    pub version: String,
    /// The template file.
    pub template: String,
    pub published_at: NaiveDateTime,
}

/// The survey with this slug.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn by_slug(db: &mut Db, slug: &str) -> Result<Option<SurveyRow>, StoreError> {
    Ok(surveys::table.filter(surveys::slug.eq(slug)).select(SurveyRow::as_select()).first(db).optional()?)
}

/// A survey by id.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn by_id(db: &mut Db, id: i64) -> Result<Option<SurveyRow>, StoreError> {
    Ok(surveys::table.find(id).select(SurveyRow::as_select()).first(db).optional()?)
}

/// All published surveys, by slug.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn all(db: &mut Db) -> Result<Vec<SurveyRow>, StoreError> {
    let published = surveys::table.filter(surveys::revision_id.is_not_null());
    Ok(published.select(SurveyRow::as_select()).order(surveys::slug).load(db)?)
}

/// One revision.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn revision(db: &mut Db, id: i64) -> Result<Option<RevisionRow>, StoreError> {
    Ok(revisions::table.find(id).select(RevisionRow::as_select()).first(db).optional()?)
}

/// Changes whenever this process may have changed a survey or a unit: what was read at another state is read again.
static STATE: AtomicU64 = AtomicU64::new(0);

/// The state of surveys and units, as far as this process knows.
pub fn state() -> u64 {
    STATE.load(Ordering::Acquire)
}

/// To be called by everything that writes surveys or units.
pub(super) fn changed() {
    STATE.fetch_add(1, Ordering::Release);
}

/// All revisions of a survey, oldest first.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn revisions_of(db: &mut Db, survey_id: i64) -> Result<Vec<RevisionRow>, StoreError> {
    Ok(revisions::table
        .filter(revisions::survey_id.eq(survey_id))
        .select(RevisionRow::as_select())
        .order(revisions::id)
        .load(db)?)
}

/// The revision of a survey with this content.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn revision_by_hash(db: &mut Db, survey_id: i64, content_hash: &str) -> Result<Option<RevisionRow>, StoreError> {
    let wanted =
        revisions::table.filter(revisions::survey_id.eq(survey_id)).filter(revisions::content_hash.eq(content_hash));
    Ok(wanted.select(RevisionRow::as_select()).first(db).optional()?)
}

/// Makes `template` the current revision of the survey `slug`, creating either where needed.
/// Publishing the same content again changes nothing. Returns the revision's id.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn publish(
    db: &mut Db,
    slug: &str,
    version: &str,
    template: &str,
    content_hash: &str,
    now: NaiveDateTime,
) -> Result<i64, StoreError> {
    changed();
    let survey_id = match by_slug(db, slug)? {
        Some(row) => row.id,
        None => diesel::insert_into(surveys::table)
            .values((surveys::slug.eq(slug), surveys::status.eq("published"), surveys::created_at.eq(now)))
            .returning(surveys::id)
            .get_result(db)?,
    };
    let revision_id = match revision_by_hash(db, survey_id, content_hash)? {
        Some(row) => row.id,
        None => diesel::insert_into(revisions::table)
            .values((
                revisions::survey_id.eq(survey_id),
                revisions::content_hash.eq(content_hash),
                revisions::version.eq(version),
                revisions::template.eq(template),
                revisions::published_at.eq(now),
            ))
            .returning(revisions::id)
            .get_result(db)?,
    };
    diesel::update(surveys::table.find(survey_id)).set(surveys::revision_id.eq(revision_id)).execute(db)?;
    Ok(revision_id)
}

/// Removes every response, survey, revision, unit and account.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn clear_everything(db: &mut Db) -> Result<(), StoreError> {
    changed();
    diesel::delete(responses::table).execute(db)?;
    diesel::delete(response_removals::table).execute(db)?;
    diesel::delete(packed_ratings::table).execute(db)?;
    diesel::delete(publication_blocks::table).execute(db)?;
    diesel::delete(kept_moments::table).execute(db)?;
    diesel::delete(report_mails::table).execute(db)?;
    diesel::delete(report_schedules::table).execute(db)?;
    diesel::delete(kept_reports::table).execute(db)?;
    diesel::delete(waiting_responses::table).execute(db)?;
    diesel::delete(drafts::table).execute(db)?;
    diesel::delete(invitations::table).execute(db)?;
    diesel::delete(invitation_months::table).execute(db)?;
    diesel::delete(kiosks::table).execute(db)?;
    diesel::delete(seal_leaves::table).execute(db)?;
    diesel::delete(seals::table).execute(db)?;
    diesel::delete(withdrawals::table).execute(db)?;
    diesel::delete(quota_counts::table).execute(db)?;
    diesel::update(surveys::table).set(surveys::revision_id.eq(None::<i64>)).execute(db)?;
    diesel::delete(revisions::table).execute(db)?;
    diesel::delete(surveys::table).execute(db)?;
    diesel::delete(openid_attempts::table).execute(db)?;
    diesel::delete(devices::table).execute(db)?;
    diesel::delete(recovery_codes::table).execute(db)?;
    diesel::delete(sessions::table).execute(db)?;
    diesel::delete(account_links::table).execute(db)?;
    diesel::delete(api_tokens::table).execute(db)?;
    diesel::delete(grants::table).execute(db)?;
    diesel::delete(accounts::table).execute(db)?;
    diesel::delete(contacts::table).execute(db)?;
    diesel::delete(stays::table).execute(db)?;
    diesel::delete(unit_changes::table).execute(db)?;
    diesel::delete(webhooks::table).execute(db)?;
    let none: Option<i64> = None;
    diesel::update(units::table).set((units::parent_id.eq(none), units::merged_into.eq(none))).execute(db)?;
    diesel::delete(units::table).execute(db)?;
    Ok(())
}

/// Opens or closes a survey. Returns whether there was one.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn set_status(db: &mut Db, slug: &str, status: &str) -> Result<bool, StoreError> {
    changed();
    let changed =
        diesel::update(surveys::table.filter(surveys::slug.eq(slug))).set(surveys::status.eq(status)).execute(db)?;
    Ok(changed > 0)
}
