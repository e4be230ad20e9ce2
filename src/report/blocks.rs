//! Responses are published in groups, so that subtracting one figure from another never leaves a few guests.
//!
//! Pure. Owns: how responses that are in no group yet are put into groups (microaggregation; Defays and Anwar 1998,
//! here by unit, time and segment instead of by value). A group has at least `size` responses of one unit, is never changed,
//! and is shown whole or not at all. Every figure for those who may not read single responses is a sum over groups; so
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
    /// Whether it came by a personal link. Whoever has a public link can hand in what completes a group, so that guests who
    /// were invited are in no group with others.
    pub invited: bool,
    /// What guests of a segment have in common, as codes; those of one group have it where enough are there.
    pub segments: Segments,
}

/// A code for each segment of a survey, the most important first; [`NO_SEGMENT`] where there is none.
pub type Segments = [u16; 6];

/// No answer; of a group: not the same one.
pub const NO_SEGMENT: u16 = u16::MAX;

/// No answer to anything.
pub const NOBODYS: Segments = [NO_SEGMENT; 6];

/// What all of these have in common.
pub fn in_common(all: impl IntoIterator<Item = Segments>) -> Segments {
    let both = |one: Segments, other: Segments| {
        std::array::from_fn(|place| if one[place] == other[place] { one[place] } else { NO_SEGMENT })
    };
    all.into_iter().reduce(both).unwrap_or(NOBODYS)
}

/// The groups that can be made of `pending` on a day, by unit. The current month keeps back at least `size`, so that what is
/// left at its end is a group too, and whoever shares the first segment with too few; a month that ends with fewer than
/// `size` waits for the next, and the group then belongs to neither.
pub fn cut(pending: &[Pending], size: usize, today: NaiveDate) -> Vec<Vec<i64>> {
    let mut cells: BTreeMap<_, BTreeMap<_, Vec<&Pending>>> = BTreeMap::new();
    for response in pending {
        let months = cells.entry((response.unit, response.flagged, response.invited)).or_default();
        months.entry(month(response.day)).or_default().push(response);
    }
    let mut groups = Vec::new();
    for months in cells.into_values() {
        let mut carried: Vec<i64> = Vec::new();
        for (at, mut responses) in months {
            responses.sort_by_key(|r| (r.day, r.id));
            let over = at < month(today);
            if over && responses.len() < size {
                carried.extend(responses.iter().map(|r| r.id));
                if carried.len() >= size {
                    groups.push(std::mem::take(&mut carried));
                }
                continue;
            }
            let whole = responses.len() / size;
            let most = if over { whole } else { whole.saturating_sub(1) };
            let (mut made, left) = alike(responses, size, most, over);
            // What is left of a month that is over goes with the last group, a mixed one if there is one.
            if over && let Some(last) = made.last_mut() {
                last.extend(left);
            }
            groups.extend(made);
        }
    }
    groups
}

/// At most so many groups, those first that have most in common, the first segments counting most; and who is left of all.
/// Who has nothing in common comes together only once the month is over.
fn alike(mut waiting: Vec<&Pending>, size: usize, most: usize, over: bool) -> (Vec<Vec<i64>>, Vec<i64>) {
    let mut groups: Vec<Vec<i64>> = Vec::new();
    let differ = |place: &usize| waiting.iter().any(|r| r.segments[*place] != waiting[0].segments[*place]);
    let differing: Vec<usize> = (0..NOBODYS.len()).filter(differ).collect();
    // Every choice of what to share, as bits, the first segment the highest.
    let needed = if over { 0 } else { (1_u32 << differing.len()) / 2 };
    for shared in (needed..1 << differing.len()).rev() {
        let is_free = |(at, _): &(usize, &usize)| shared >> (differing.len() - 1 - at) & 1 == 0;
        let free: Vec<usize> = differing.iter().enumerate().filter(is_free).map(|(_, place)| *place).collect();
        let mut open: BTreeMap<Segments, Vec<&Pending>> = BTreeMap::new();
        let mut left = Vec::new();
        for response in waiting {
            if groups.len() == most {
                left.push(response);
                continue;
            }
            let mut common = response.segments;
            for place in &free {
                common[*place] = NO_SEGMENT;
            }
            let group = open.entry(common).or_default();
            group.push(response);
            if group.len() == size {
                groups.push(std::mem::take(group).iter().map(|r| r.id).collect());
            }
        }
        left.extend(open.into_values().flatten());
        left.sort_by_key(|r| (r.day, r.id));
        waiting = left;
        if groups.len() == most || waiting.len() < size {
            break;
        }
    }
    (groups, waiting.iter().map(|r| r.id).collect())
}

fn month(day: NaiveDate) -> (i32, u32) {
    (day.year(), day.month())
}

#[cfg(test)]
mod tests;
