//! What is odd about a response: answered in a straight line, too fast, against itself, or by a machine.
//!
//! Owns: the rules. Refuses: to judge: a flag is shown and can be filtered by, and nothing is dropped for it.

use std::collections::BTreeMap;

use super::answers::Answer;
use super::check::Survey;
use super::walk::{self, Guest, Walk};

/// Ratings on the same scale that must all be the same for a straight line (Johnson 2005 calls it a long string).
const STRAIGHT: usize = 8;

/// Seconds that each answer needs: Huang, Curran, Keeney, Poposki and DeShon (2012), Journal of Business and
/// Psychology 27(1), 99-114.
const SECONDS_EACH: i64 = 2;

/// Answers from which on time says anything.
const TIMED: usize = 5;

/// The flags of a response, in a fixed order, separated by spaces: `straight-lining`, `speeding`, `machine` (a field that
/// nobody sees was filled in) and `contradiction:` with the name of each rule of the template that holds.
pub fn flags(survey: &Survey, walk: &Walk, guest: Guest<'_>, seconds: Option<i64>, trapped: bool) -> String {
    let mut found = Vec::new();
    if is_straight(survey, walk) {
        found.push("straight-lining".to_owned());
    }
    let answered = walk.kept.0.len();
    if answered >= TIMED && seconds.is_some_and(|s| s < SECONDS_EACH * i64::try_from(answered).unwrap_or(i64::MAX / 2))
    {
        found.push("speeding".to_owned());
    }
    if trapped {
        found.push("machine".to_owned());
    }
    for (rule, when) in survey.template.contradictions.iter().zip(&survey.logic.contradictions) {
        if walk::holds(survey, when, &walk.kept, guest) {
            found.push(format!("contradiction:{}", rule.id));
        }
    }
    found.join(" ")
}

/// Whether at least [`STRAIGHT`] ratings on one scale are there, and all are the same.
fn is_straight(survey: &Survey, walk: &Walk) -> bool {
    let mut scales: BTreeMap<(u8, u8), Vec<u8>> = BTreeMap::new();
    for field in survey.rated() {
        if let (Some(points), Some(Answer::Rating(x))) = (field.points(), walk.kept.0.get(&field.id)) {
            scales.entry((points.min, points.max)).or_default().push(*x);
        }
    }
    scales.values().any(|all| all.len() >= STRAIGHT && all.iter().all(|x| *x == all[0]))
}
