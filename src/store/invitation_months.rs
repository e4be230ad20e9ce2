//! How many guests were invited in a month, and how many of them have answered.
//!
//! Owns: the counts, changed in the transaction that makes, uses or revokes a link. Refuses: to know who it was.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::db::{Db, on_each};
use super::error::StoreError;
use super::schema::{invitation_months, invitations};

/// The guests of a survey who were invited for a unit in a month.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = invitation_months)]
pub struct InvitationMonth {
    pub survey_id: i64,
    /// 0 for none.
    pub unit_id: i64,
    /// Such as `2026-11`.
    pub month: String,
    /// Without those whose links were revoked.
    pub invited: i64,
    pub answered: i64,
}

/// Survey, unit and month of a link.
type Place = (i64, Option<i64>, String);

/// Adds to the counts, or takes from them.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn add(db: &mut Db, rows: &[InvitationMonth]) -> Result<(), StoreError> {
    use invitation_months as table;
    for row in rows {
        let both =
            (table::invited.eq(table::invited + row.invited), table::answered.eq(table::answered + row.answered));
        on_each!(db, c => diesel::insert_into(table::table)
            .values(row)
            .on_conflict((table::survey_id, table::unit_id, table::month))
            .do_update()
            .set(both)
            .execute(c))?;
    }
    Ok(())
}

/// Adds so many invited and answered for each of these links. Links from before months were written down count nowhere.
pub(super) fn count(db: &mut Db, links: Vec<Place>, each: (i64, i64)) -> Result<(), StoreError> {
    // In the same order everywhere, so that no two transactions wait for each other.
    let mut sums: BTreeMap<(i64, i64, String), i64> = BTreeMap::new();
    for (survey_id, unit_id, month) in links.into_iter().filter(|(.., month)| !month.is_empty()) {
        *sums.entry((survey_id, unit_id.unwrap_or(0), month)).or_default() += 1;
    }
    let row = |((survey_id, unit_id, month), n)| InvitationMonth {
        survey_id,
        unit_id,
        month,
        invited: n * each.0,
        answered: n * each.1,
    };
    add(db, &sums.into_iter().map(row).collect::<Vec<_>>())
}

/// Survey, unit and month of links.
pub(super) fn places(db: &mut Db, ids: &[i64]) -> Result<Vec<Place>, StoreError> {
    let rows = invitations::table.filter(invitations::id.eq_any(ids.to_vec()));
    Ok(rows.select((invitations::survey_id, invitations::unit_id, invitations::month)).load(db)?)
}

/// All counts of a survey.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn of(db: &mut Db, survey_id: i64) -> Result<Vec<InvitationMonth>, StoreError> {
    let rows = invitation_months::table.filter(invitation_months::survey_id.eq(survey_id));
    Ok(rows.select(InvitationMonth::as_select()).load(db)?)
}
