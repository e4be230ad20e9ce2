//! Penalty and reward: what a better rating of an attribute adds to satisfaction, and what a worse one takes away.
//!
//! Owns: the contrast of low, middle and high ratings of one attribute, each by the mean score of those who gave it. Refuses:
//! to hold other attributes equal: who rates one low often rates others low, and both sides contain that.
//!
//! Source: penalty-reward contrasts, Brandt (1987), *A procedure for identifying value-enhancing service components using
//! customer satisfaction survey data*. Two departures: contrasts are per point of the rating (groups of ratings are not equally
//! far apart, so that a straight line would look bent otherwise), and the two sides are compared by an interval of their
//! difference, where Brandt compares two significances.

use super::dist::normal_quantile;

/// Ratings on 0-100 below this are low, from the other on high.
pub const LOW: f64 = 50.0;
pub const HIGH: f64 = 75.0;

/// Sums of those whose rating is in one of the three ranges.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sums {
    pub n: f64,
    rating: f64,
    score: f64,
    squares: f64,
}

/// Low, middle, high.
pub type Ranges = [Sums; 3];

/// An attribute's two sides, in points of satisfaction per point of its rating.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contrast {
    /// What is lost from the middle down to the low, and won from the middle up to the high, each with its interval.
    pub penalty: Side,
    pub reward: Side,
    /// Reward less penalty: above zero it delights more than it disappoints.
    pub asymmetry: Side,
}

/// A slope with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Side {
    pub estimate: f64,
    pub ci: [f64; 2],
}

impl Sums {
    fn push(&mut self, rating: f64, score: f64) {
        self.n += 1.0;
        self.rating += rating;
        self.score += score;
        self.squares += score * score;
    }

    fn mean(&self) -> f64 {
        self.score / self.n
    }

    fn variance_of_mean(&self) -> f64 {
        ((self.squares - self.score * self.score / self.n) / (self.n - 1.0)).max(0.0) / self.n
    }
}

/// Counts a response with this rating and score, both on 0-100.
pub fn push(ranges: &mut Ranges, rating: f64, score: f64) {
    let range = if rating < LOW {
        0
    } else if rating < HIGH {
        1
    } else {
        2
    };
    ranges[range].push(rating, score);
}

/// The contrast of an attribute at a level; `None` where a range has fewer than `least` responses (at least two).
pub fn contrast(ranges: &Ranges, least: f64, level: f64) -> Option<Contrast> {
    if ranges.iter().any(|sums| sums.n < least.max(2.0)) {
        return None;
    }
    let [low, middle, high] = ranges;
    let rating = |sums: &Sums| sums.rating / sums.n;
    // Ranges do not overlap, so their means differ.
    let (below, above) = (rating(middle) - rating(low), rating(high) - rating(middle));
    let [v_low, v_middle, v_high] = [low, middle, high].map(Sums::variance_of_mean);
    let z = normal_quantile(f64::midpoint(1.0, level));
    let side = |estimate: f64, variance: f64| {
        let reach = z * variance.sqrt();
        Side { estimate, ci: [estimate - reach, estimate + reach] }
    };
    let (penalty, reward) = ((middle.mean() - low.mean()) / below, (high.mean() - middle.mean()) / above);
    let both = 1.0 / below + 1.0 / above;
    Some(Contrast {
        penalty: side(penalty, (v_middle + v_low) / (below * below)),
        reward: side(reward, (v_high + v_middle) / (above * above)),
        asymmetry: side(reward - penalty, v_high / (above * above) + v_low / (below * below) + v_middle * both * both),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csi::bootstrap::{below, stream};

    /// Responses whose score is a function of the rating, with noise.
    fn drawn(seed: u64, of: impl Fn(f64) -> f64) -> Ranges {
        let mut random = stream(seed, 0);
        let mut ranges = Ranges::default();
        for _ in 0..3000 {
            let rating = 100.0 / 9.0 * f64::from(below(&mut random, 10) as u32);
            let noise = f64::from(below(&mut random, 41) as u32) - 20.0;
            push(&mut ranges, rating, of(rating) + noise);
        }
        ranges
    }

    #[test]
    fn a_straight_line_is_the_same_on_both_sides() {
        let mut alarms = 0;
        for seed in 0..200 {
            let found = contrast(&drawn(seed, |rating| 20.0 + 0.5 * rating), 30.0, 0.95).unwrap();
            assert!((found.penalty.estimate - 0.5).abs() < 0.1 && (found.reward.estimate - 0.5).abs() < 0.15);
            alarms += usize::from(found.asymmetry.ci[0] > 0.0 || found.asymmetry.ci[1] < 0.0);
        }
        // 200 draws at 5 %: 10 expected, more than 22 in one of ten thousand runs.
        assert!(alarms <= 22, "{alarms}");
    }

    #[test]
    fn what_only_disappoints_and_what_only_delights_is_told_apart() {
        let basic = contrast(&drawn(1, |rating| 0.8 * rating.min(62.0)), 30.0, 0.95).unwrap();
        assert!(basic.asymmetry.ci[1] < 0.0 && basic.reward.ci[0] < 0.0 + 0.1, "{basic:?}");
        let delight = contrast(&drawn(1, |rating| 0.8 * rating.max(62.0)), 30.0, 0.95).unwrap();
        assert!(delight.asymmetry.ci[0] > 0.0, "{delight:?}");
        assert_eq!(contrast(&Ranges::default(), 0.0, 0.95), None);
    }
}
