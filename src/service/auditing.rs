//! The audit: sign-ins, reads of single responses, exports, changes.
//!
//! Owns: what an entry holds, the chain of hashes (SHA-256 over the hash before and the entry's JSON), and proving it.
//! Refuses: answers, passwords, tokens and contacts: an entry says who did what to which thing, never what was in it.

use serde::Serialize;
use serde_json::{Value, json};

use super::access::{Action, Viewer};
use super::{App, ServiceError, now, sha256};
use crate::store::audit::{self, EntryRow, Search};
use crate::store::{Db, StoreError};

/// Everything that is noted.
pub const ACTIONS: [&str; 35] = [
    "account.add",
    "account.link",
    "account.remove",
    "account.reset-factor",
    "account.revoke",
    "guest.erase",
    "guest.export",
    "invitations.create",
    "invitations.revoke",
    "report.keep",
    "responses.expire",
    "responses.export",
    "responses.read",
    "schedule.add",
    "schedule.remove",
    "second-factor.remove",
    "second-factor.set-up",
    "sign-in",
    "sign-in.code-refused",
    "sign-in.refused",
    "sign-out",
    "stays.import",
    "survey.publish",
    "survey.status",
    "token.add",
    "token.remove",
    "unit.change",
    "unit.merge",
    "units.import",
    "webhook.add",
    "webhook.change",
    "webhook.remove",
    "webhook.replay",
    "webhook.rotate",
    "webhook.test",
];

/// Entries read at a time.
const PAGE: i64 = 1000;

/// An entry.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Entry {
    /// From 1, without gaps.
    pub number: i64,
    pub at: chrono::DateTime<chrono::Utc>,
    /// An account's address, `token NAME`, `shell`, or `anybody`.
    pub actor: String,
    /// Such as `sign-in`, `responses.export`, `unit.change`.
    pub action: String,
    pub subject: String,
    #[schema(value_type = Object)]
    pub detail: Value,
    /// SHA-256 over the hash before and this entry.
    pub hash: String,
}

/// What going through the audit showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Entries that are as they were noted, from the first on.
    pub entries: i64,
    /// Hash of the last of them; keep it elsewhere.
    pub last_hash: String,
    /// Number of the first that is not as it was noted.
    pub bad: Option<i64>,
    /// Whether the hash that was kept elsewhere is one of theirs; also if none was given.
    pub found: bool,
}

/// The hash of an entry after another.
fn chain(before: &str, entry: &EntryRow) -> String {
    let content = json!([
        before,
        entry.number,
        entry.noted_at.and_utc().timestamp_micros(),
        entry.actor,
        entry.action,
        entry.subject,
        entry.detail
    ]);
    sha256(&content.to_string())
}

fn described(row: EntryRow) -> Entry {
    Entry {
        number: row.number,
        at: row.noted_at.and_utc(),
        actor: row.actor,
        action: row.action,
        subject: row.subject,
        detail: serde_json::from_str(&row.detail).unwrap_or_default(),
        hash: row.hash,
    }
}

/// An entry about to be noted.
pub(super) fn entry(actor: &str, action: &'static str, subject: &str, detail: &Value) -> EntryRow {
    debug_assert!(ACTIONS.contains(&action), "{action} is not among the actions that are noted");
    EntryRow {
        number: 0,
        noted_at: now(),
        actor: actor.chars().take(300).collect(),
        action: action.to_owned(),
        subject: subject.chars().take(300).collect(),
        detail: detail.to_string(),
        hash: String::new(),
    }
}

/// Notes an entry in the transaction of what it is about.
pub(super) fn append(db: &mut Db, entry: EntryRow) -> Result<(), StoreError> {
    audit::append(db, entry, chain)
}

impl App {
    /// Notes that somebody did something.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails; what is to be noted must not happen then.
    pub async fn note(
        &self,
        viewer: &Viewer,
        action: &'static str,
        subject: &str,
        detail: Value,
    ) -> Result<(), ServiceError> {
        self.note_of(&viewer.actor(), action, subject, detail).await
    }

    /// As [`App::note`], of an actor by name.
    ///
    /// # Errors
    /// As [`App::note`].
    pub async fn note_of(
        &self,
        actor: &str,
        action: &'static str,
        subject: &str,
        detail: Value,
    ) -> Result<(), ServiceError> {
        let entry = entry(actor, action, subject, &detail);
        Ok(self.store.write(move |db| append(db, entry)).await?)
    }

    /// Entries after a place that are searched for, each with its place.
    ///
    /// # Errors
    /// As [`App::admit_to`].
    pub async fn audit(
        &self,
        viewer: &Viewer,
        search: Search,
        after: i64,
        limit: i64,
    ) -> Result<Vec<(i64, Entry)>, ServiceError> {
        self.admit_to(viewer, Action::Manage, true).await?;
        let rows = self.store.read(move |db| audit::after(db, &search, after, limit)).await?;
        Ok(rows.into_iter().map(|row| (row.number, described(row))).collect())
    }

    /// Goes through all entries. That none was cut off at the end shows by a hash that was kept elsewhere.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails.
    pub async fn prove_audit(&self, kept: Option<&str>) -> Result<Proof, ServiceError> {
        let (mut last, mut before) = (0, String::new());
        let mut found = kept.is_none();
        loop {
            let rows = self.store.read(move |db| audit::after(db, &Search::default(), last, PAGE)).await?;
            if rows.is_empty() {
                return Ok(Proof { entries: last, last_hash: before, bad: None, found });
            }
            for row in rows {
                if row.number != last + 1 || row.hash != chain(&before, &row) {
                    return Ok(Proof { entries: last, last_hash: before, bad: Some(last + 1), found });
                }
                found |= kept == Some(row.hash.as_str());
                (last, before) = (row.number, row.hash);
            }
        }
    }
}
