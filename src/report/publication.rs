//! From how many responses what is shown.
//!
//! Pure. Owns: the thresholds, for page, API and export alike, and what a number of responses allows. How responses
//! are kept from being had by subtraction is [`super::blocks`]'s. Refuses: thresholds that contradict each other.

use serde::{Deserialize, Serialize};

/// From how many responses what is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Thresholds {
    /// Counts and means; below it nothing. Also how many responses are published together.
    pub counts: usize,
    /// What guests wrote.
    pub comments: usize,
    /// The index, marked as of a low base.
    pub index: usize,
    /// The index without that mark, and its place among others.
    pub rank: usize,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { counts: 5, comments: 10, index: 30, rank: 100 }
    }
}

/// What a number of responses allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Base {
    /// Not even their number.
    Nothing,
    /// Counts and means.
    Means,
    /// An index that says little, and takes no rank.
    Low,
    Full,
}

impl Thresholds {
    /// What `n` responses allow.
    pub fn base(&self, n: usize) -> Base {
        match n {
            n if n < self.counts => Base::Nothing,
            n if n < self.index => Base::Means,
            n if n < self.rank => Base::Low,
            _ => Base::Full,
        }
    }

    /// These, if they go together.
    ///
    /// # Errors
    /// Which of them does not go with which.
    pub fn checked(self) -> Result<Self, String> {
        let order = [
            ("--publish-counts-from", 1, "1"),
            ("--publish-comments-from", self.counts, "--publish-counts-from"),
            ("--publish-index-from", self.counts, "--publish-counts-from"),
            ("--publish-rank-from", self.index, "--publish-index-from"),
        ];
        let given = [self.counts, self.comments, self.index, self.rank];
        match order.iter().zip(given).find(|((_, least, _), given)| given < least) {
            Some(((name, _, below), given)) => Err(format!("{name} is {given}; it must not be below {below}")),
            None => Ok(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_responses_allow_more() {
        let bases = [0, 4, 5, 29, 30, 99, 100, 1_000_000].map(|n| Thresholds::default().base(n));
        let names = bases.map(|base| format!("{base:?}"));
        assert_eq!(names, ["Nothing", "Nothing", "Means", "Means", "Low", "Low", "Full", "Full"]);
    }

    #[test]
    fn thresholds_that_contradict_each_other_are_refused() {
        let standard = Thresholds::default();
        assert_eq!(standard.checked(), Ok(standard));
        let said = Thresholds { counts: 0, ..standard }.checked().unwrap_err();
        assert_eq!(said, "--publish-counts-from is 0; it must not be below 1");
        assert!(Thresholds { rank: 29, ..standard }.checked().unwrap_err().contains("--publish-index-from"));
        assert!(Thresholds { comments: 4, ..standard }.checked().is_err());
    }
}
