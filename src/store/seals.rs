//! The chain of seals: its leaves, one a response, and the seals over them.

use chrono::NaiveDateTime;
use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::db::{Db, on_each};
use super::error::StoreError;
use super::schema::{responses, revisions, seal_leaves, seals, surveys, units};

/// What a leaf stands for while its response is there.
pub const KEPT: &str = "kept";
/// What it stands for once a corrected response took its place.
pub const CORRECTED: &str = "corrected";
/// What it stands for once the response was taken back.
pub const WITHDRAWN: &str = "withdrawn";
/// What it stands for once the time that answers are kept was over.
pub const EXPIRED: &str = "expired";

/// A seal.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = seals)]
pub struct SealRow {
    pub number: i64,
    /// Day of sealing, UTC: `2026-11-22`.
    pub sealed_on: String,
    /// Position of the last leaf that it covers.
    pub last_position: i64,
    /// SHA-256 in hexadecimal.
    pub hash: String,
}

/// A leaf.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = seal_leaves)]
pub struct LeafRow {
    pub position: i64,
    /// SHA-256 over salt and content, in hexadecimal.
    pub hash: String,
    pub salt: Option<String>,
    pub response_id: Option<i64>,
    pub fate: String,
}

/// What a leaf's hash is made of.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct ContentRow {
    pub id: i64,
    pub receipt: String,
    pub survey: String,
    /// Content hash of the revision.
    pub revision: String,
    pub unit: Option<String>,
    pub language: String,
    pub submitted_at: NaiveDateTime,
    pub answers: String,
}

macro_rules! contents {
    () => {
        responses::table
            .inner_join(surveys::table.on(responses::survey_id.eq(surveys::id)))
            .inner_join(revisions::table.on(responses::revision_id.eq(revisions::id)))
            .left_join(units::table.on(responses::unit_id.eq(units::id.nullable())))
            .select((
                responses::id,
                responses::receipt,
                surveys::slug,
                revisions::content_hash,
                units::code.nullable(),
                responses::language,
                responses::submitted_at,
                responses::answers,
            ))
    };
}

/// The last seal.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn last(db: &mut Db) -> Result<Option<SealRow>, StoreError> {
    Ok(seals::table.order(seals::number.desc()).first(db).optional()?)
}

/// All seals, oldest first.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn all(db: &mut Db) -> Result<Vec<SealRow>, StoreError> {
    Ok(seals::table.order(seals::number).load(db)?)
}

/// Responses without a leaf, by id, at most `limit`.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn unsealed(db: &mut Db, limit: i64) -> Result<Vec<ContentRow>, StoreError> {
    let leaf = seal_leaves::table.filter(seal_leaves::response_id.eq(responses::id.nullable()));
    Ok(contents!().filter(not(exists(leaf))).order(responses::id).limit(limit).load(db)?)
}

/// Number of responses without a leaf.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn count_unsealed(db: &mut Db) -> Result<usize, StoreError> {
    let leaf = seal_leaves::table.filter(seal_leaves::response_id.eq(responses::id.nullable()));
    let count: i64 = responses::table.filter(not(exists(leaf))).count().get_result(db)?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Adds leaves. Two that seal at once: the second fails with [`StoreError::Conflict`].
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn add_leaves(db: &mut Db, leaves: &[LeafRow]) -> Result<(), StoreError> {
    on_each!(db, c => {
        for chunk in leaves.chunks(500) {
            diesel::insert_into(seal_leaves::table).values(chunk).execute(c)?;
        }
        Ok::<_, diesel::result::Error>(())
    })?;
    Ok(())
}

/// Adds a seal.
///
/// # Errors
/// [`StoreError`] if the database fails, or there is one with this number.
pub fn add(db: &mut Db, seal: &SealRow) -> Result<(), StoreError> {
    diesel::insert_into(seals::table).values(seal).execute(db)?;
    Ok(())
}

/// Leaves after `after`, by position, at most `limit`, each with the content of its response while that is there.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn leaves_after(db: &mut Db, after: i64, limit: i64) -> Result<Vec<(LeafRow, Option<ContentRow>)>, StoreError> {
    let page: Vec<LeafRow> = seal_leaves::table
        .filter(seal_leaves::position.gt(after))
        .order(seal_leaves::position)
        .limit(limit)
        .load(db)?;
    let ids: Vec<i64> = page.iter().filter_map(|leaf| leaf.response_id).collect();
    let mut found = std::collections::HashMap::new();
    for chunk in ids.chunks(500) {
        let rows: Vec<ContentRow> = contents!().filter(responses::id.eq_any(chunk.to_vec())).load(db)?;
        found.extend(rows.into_iter().map(|row| (row.id, row)));
    }
    Ok(page
        .into_iter()
        .map(|leaf| {
            let content = leaf.response_id.and_then(|id| found.remove(&id));
            (leaf, content)
        })
        .collect())
}

/// Position of the last leaf; 0 without any.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn last_position(db: &mut Db) -> Result<i64, StoreError> {
    let last: Option<i64> = seal_leaves::table.select(diesel::dsl::max(seal_leaves::position)).first(db)?;
    Ok(last.unwrap_or(0))
}

/// Positions and hashes of the leaves after `after`, at most `limit`.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn hashes_after(db: &mut Db, after: i64, limit: i64) -> Result<Vec<(i64, String)>, StoreError> {
    let rows = seal_leaves::table.filter(seal_leaves::position.gt(after)).order(seal_leaves::position).limit(limit);
    Ok(rows.select((seal_leaves::position, seal_leaves::hash)).load(db)?)
}

/// Position of the leaf of the response with this receipt.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn position_of(db: &mut Db, receipt: &str) -> Result<Option<i64>, StoreError> {
    let rows = seal_leaves::table
        .inner_join(responses::table.on(seal_leaves::response_id.eq(responses::id.nullable())))
        .filter(responses::receipt.eq(receipt));
    Ok(rows.select(seal_leaves::position).first(db).optional()?)
}

/// Lets go of responses: their leaves keep their hashes, and nothing that leads to what they were made of.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub(super) fn let_go(db: &mut Db, response_ids: &[i64], fate: &str) -> Result<(), StoreError> {
    let ids: Vec<Option<i64>> = response_ids.iter().copied().map(Some).collect();
    diesel::update(seal_leaves::table.filter(seal_leaves::response_id.eq_any(ids)))
        .set((
            seal_leaves::response_id.eq(None::<i64>),
            seal_leaves::salt.eq(None::<String>),
            seal_leaves::fate.eq(fate),
        ))
        .execute(db)?;
    Ok(())
}
