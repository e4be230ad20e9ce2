//! Groups of responses that are published together; see [`crate::report::blocks`]. Only ever added to.

use diesel::prelude::*;

use super::db::Db;
use super::error::StoreError;
use super::schema::publication_blocks;

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Within its survey, from 1.
    pub number: i64,
    /// Ids of responses.
    pub members: Vec<i64>,
    /// What they have in common; `None` for a group that was made before this was kept.
    pub kind: Option<Kind>,
}

/// Unit, and whether something is odd about each.
pub type Kind = (Option<i64>, bool);

/// The groups of a survey with a number above `after`, in order.
///
/// # Errors
/// [`StoreError`] if the database fails, or holds members that are no ids.
pub fn after(db: &mut Db, survey_id: i64, after: i64) -> Result<Vec<Block>, StoreError> {
    let rows = publication_blocks::table
        .filter(publication_blocks::survey_id.eq(survey_id))
        .filter(publication_blocks::number.gt(after))
        .order(publication_blocks::number);
    let columns = (
        publication_blocks::number,
        publication_blocks::members,
        publication_blocks::unit_id,
        publication_blocks::flagged,
    );
    let rows: Vec<(i64, String, Option<i64>, Option<bool>)> = rows.select(columns).load(db)?;
    let block = |(number, members, unit, flagged): (i64, String, Option<i64>, Option<bool>)| {
        let ids: Result<Vec<i64>, _> = members.split(' ').map(str::parse).collect();
        let broken = |e| StoreError::Broken(format!("publication_blocks {number}: `{members}`: {e}").into());
        let kind = flagged.map(|flagged| (unit, flagged));
        Ok(Block { number, members: ids.map_err(broken)?, kind })
    };
    rows.into_iter().map(block).collect()
}

/// Adds groups, numbered on from `after`.
///
/// # Errors
/// [`StoreError::Conflict`] if somebody else added some since; none is added then.
pub fn append(db: &mut Db, survey_id: i64, after: i64, groups: &[(Vec<i64>, Kind)]) -> Result<(), StoreError> {
    let text = |ids: &Vec<i64>| ids.iter().map(i64::to_string).collect::<Vec<_>>().join(" ");
    for (number, (group, (unit, flagged))) in (after + 1..).zip(groups) {
        let row = (
            publication_blocks::survey_id.eq(survey_id),
            publication_blocks::number.eq(number),
            publication_blocks::members.eq(text(group)),
            publication_blocks::unit_id.eq(*unit),
            publication_blocks::flagged.eq(Some(*flagged)),
        );
        diesel::insert_into(publication_blocks::table).values(row).execute(db)?;
    }
    Ok(())
}
