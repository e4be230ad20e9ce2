//! Answers to Kano pairs, counted by category -> what an attribute is, and what it can do.
//!
//! Owns: the category that most guests put an attribute in, where it is surely ahead of the next, and the two coefficients.
//! Refuses: to name a category where two are as likely.
//!
//! Sources: Kano, Seraku, Takahashi & Tsuji (1984), J. Japanese Society for Quality Control 14(2); better = (A + O)/(A + O + M + I)
//! and worse = -(O + M)/(A + O + M + I), Berger et al. (1993), Center for Quality of Management Journal 2(4). Two counts a and b
//! differ surely if a - b > z √(a + b), the standard error of their difference if both were as likely (McNemar 1947, Psychometrika
//! 12); attribute by attribute, without a correction for many.

use serde::{Deserialize, Serialize};

use super::counts::{Sure, share};
use super::dist::normal_quantile;

/// What an attribute is to a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    Attractive,
    OneDimensional,
    MustBe,
    Indifferent,
    Reverse,
    Questionable,
}

impl Category {
    /// All, with their names in scores.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Attractive, "attractive"),
        (Self::OneDimensional, "one-dimensional"),
        (Self::MustBe, "must-be"),
        (Self::Indifferent, "indifferent"),
        (Self::Reverse, "reverse"),
        (Self::Questionable, "questionable"),
    ];
}

/// What guests made of an attribute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// The most frequent category; `None` where the next is not surely less frequent.
    pub category: Option<Category>,
    /// Share of those whom its presence satisfies, and of those whom its absence dissatisfies; `None` without anybody of the
    /// four categories.
    pub better: Option<Sure>,
    pub worse: Option<Sure>,
}

/// Judges an attribute by the counts of [`Category::ALL`].
pub fn judge(counts: &[usize; 6], level: f64) -> Judged {
    let mut order: Vec<usize> = (0..6).collect();
    order.sort_by_key(|place| std::cmp::Reverse(counts[*place]));
    let (a, b) = (counts[order[0]] as f64, counts[order[1]] as f64);
    let sure = a - b > normal_quantile(f64::midpoint(1.0, level)) * (a + b).sqrt();
    let [attractive, one_dimensional, must_be, indifferent, ..] = counts.map(|n| n as u64);
    let all = attractive + one_dimensional + must_be + indifferent;
    Judged {
        category: sure.then(|| Category::ALL[order[0]].0),
        better: share(attractive + one_dimensional, all, level),
        worse: share(one_dimensional + must_be, all, level),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_is_what_surely_most_take_it_for() {
        let judged = judge(&[40, 25, 10, 20, 3, 2], 0.95);
        // 40 - 25 = 15 < 1.96 √65.
        assert_eq!(judged.category, None);
        let judged = judge(&[60, 25, 10, 20, 3, 2], 0.95);
        assert_eq!(judged.category, Some(Category::Attractive));
        let (better, worse) = (judged.better.unwrap(), judged.worse.unwrap());
        assert!((better.value - 85.0 / 115.0).abs() < 1e-12 && (worse.value - 35.0 / 115.0).abs() < 1e-12);
        assert!(better.ci[0] < better.value && better.value < better.ci[1]);
        assert_eq!(judge(&[0; 6], 0.95), Judged { category: None, better: None, worse: None });
        assert_eq!(judge(&[0, 0, 0, 0, 30, 0], 0.95).category, Some(Category::Reverse));
        assert_eq!(judge(&[3, 0, 0, 0, 0, 0], 0.95).category, None, "three guests are not surely more than none");
    }
}
