//! Responses are published in groups, so that subtracting one figure from another never leaves a few guests.
//!
//! Pure. Owns: how responses that are in no group yet are put into groups (microaggregation; Defays and Anwar 1998,
//! here by unit and time instead of by value). A group has at least `size` responses of one unit, is never changed, and
//! is shown whole or not at all. Every figure for those who may not read single responses is a sum over groups; so
//! whatever they add and subtract, over filters and over time, is about whole groups. Refuses: groups across units.

use std::collections::BTreeMap;

use chrono::{Datelike as _, NaiveDate};

/// A response that is in no group yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    pub id: i64,
    pub day: NaiveDate,
    /// Filters that can be asked for: responses of one group have these in common.
    pub unit: Option<i64>,
    pub flagged: bool,
}

/// The groups that can be made of `pending` on a day, by unit. The current month keeps back fewer than twice `size`, so
/// that what is left at its end is a group too; a month that ends with fewer than `size` waits for the next, and the
/// group then belongs to neither.
pub fn cut(pending: &[Pending], size: usize, today: NaiveDate) -> Vec<Vec<i64>> {
    let mut cells: BTreeMap<_, BTreeMap<_, Vec<&Pending>>> = BTreeMap::new();
    for response in pending {
        let months = cells.entry((response.unit, response.flagged)).or_default();
        months.entry(month(response.day)).or_default().push(response);
    }
    let mut groups = Vec::new();
    for months in cells.into_values() {
        let mut carried: Vec<i64> = Vec::new();
        for (at, mut responses) in months {
            responses.sort_by_key(|r| (r.day, r.id));
            let ids: Vec<i64> = responses.iter().map(|r| r.id).collect();
            let over = at < month(today);
            if over && ids.len() < size {
                carried.extend(ids);
                if carried.len() >= size {
                    groups.push(std::mem::take(&mut carried));
                }
                continue;
            }
            // Those that are shown now: whole groups, the last with what is left of a month that is over.
            let whole = ids.len() / size;
            let now = if over { whole } else { whole.saturating_sub(1) };
            for group in 0..now {
                let end = if over && group + 1 == now { ids.len() } else { (group + 1) * size };
                groups.push(ids[group * size..end].to_vec());
            }
        }
    }
    groups
}

fn month(day: NaiveDate) -> (i32, u32) {
    (day.year(), day.month())
}

#[cfg(test)]
mod tests;
