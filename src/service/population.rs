//! The population that the demonstration's guests are drawn from, stated in full.
//!
//! Owns: the structural paths, loadings, skew and unit differences from which ratings are simulated.
//! A guest has five standardised constructs,
//!
//! ```text
//! Quality      = 0.50 Expectation                                + property + dip + error
//! Value        = 0.15 Expectation + 0.60 Quality                 + error
//! Satisfaction = 0.05 Expectation + 0.55 Quality + 0.30 Value    + error
//! Loyalty      = 0.70 Satisfaction                               + error
//! ```
//!
//! with errors that give each construct unit variance within a property. A rating is
//! 1 + floor(10 u^a), u = Φ(λ construct + sqrt(1 - λ²) error + ease), a = 0.38: ten points, skewed
//! to the high end as guests' ratings are. A question that offers it is "not applicable" with
//! probability 0.05, which makes 4 % of all 19 ratings. Refuses: to be anything but a demonstration.

use rand_chacha::ChaCha8Rng;

use crate::csi::bootstrap::below;
use crate::csi::data::MISSING;
use crate::csi::dist::{normal_cdf, normal_quantile};

/// Position of each construct among a guest's five.
const EXPECTATION: usize = 0;
const QUALITY: usize = 1;
const VALUE: usize = 2;
const SATISFACTION: usize = 3;
const LOYALTY: usize = 4;

/// One rated question: id, construct, loading, how easily it is rated high, whether "not applicable" is offered.
pub struct Item {
    pub id: &'static str,
    construct: usize,
    loading: f64,
    ease: f64,
    not_applicable: bool,
}

const fn item(id: &'static str, construct: usize, loading: f64, ease: f64, not_applicable: bool) -> Item {
    Item { id, construct, loading, ease, not_applicable }
}

/// The nineteen ratings of `hotel-post-stay`.
pub const ITEMS: [Item; 19] = [
    item("expected_overall", EXPECTATION, 0.86, 0.05, true),
    item("expected_reliability", EXPECTATION, 0.80, -0.05, true),
    item("expected_fit", EXPECTATION, 0.82, 0.00, true),
    item("quality_overall", QUALITY, 0.90, 0.20, false),
    item("quality_reliability", QUALITY, 0.80, 0.05, true),
    item("quality_fit", QUALITY, 0.83, 0.10, true),
    item("quality_room", QUALITY, 0.84, -0.20, true),
    item("quality_cleanliness", QUALITY, 0.78, 0.25, true),
    item("quality_staff", QUALITY, 0.74, 0.55, true),
    item("value_cost", VALUE, 0.82, -0.35, true),
    item("value_benefit", VALUE, 0.84, -0.10, true),
    item("value_quality_for_price", VALUE, 0.90, -0.15, true),
    item("value_price_for_quality", VALUE, 0.88, -0.40, true),
    item("satisfaction_overall", SATISFACTION, 0.92, 0.25, false),
    item("satisfaction_expected", SATISFACTION, 0.84, -0.10, false),
    item("satisfaction_ideal", SATISFACTION, 0.86, -0.20, false),
    item("loyalty_return", LOYALTY, 0.88, 0.10, true),
    item("loyalty_recommend", LOYALTY, 0.92, 0.20, true),
    item("loyalty_price", LOYALTY, 0.70, -0.70, true),
];

/// Probability of "not applicable" where it is offered.
const NOT_APPLICABLE: f64 = 0.05;

/// Exponent that skews the ratings; 1 would make all ten points equally frequent.
const SKEW: f64 = 0.38;

/// Draws the nineteen ratings of one guest; [`MISSING`] is "not applicable".
///
/// `quality_shift` moves perceived quality (in standard deviations), `cleanliness_shift` that rating alone.
pub fn draw_ratings(random: &mut ChaCha8Rng, quality_shift: f64, cleanliness_shift: f64) -> [u8; 19] {
    let mut normal = || normal_quantile(uniform(random));
    let expectation = normal();
    let quality = 0.50 * expectation + residual(0.25) * normal() + quality_shift;
    // Variances explained: 0.15² + 0.60² + 2·0.15·0.60·0.50 and so on along the paths.
    let value = 0.15 * expectation + 0.60 * quality + residual(0.4725) * normal();
    let explained = 0.05 * (0.05 + 0.55 * 0.50 + 0.30 * 0.45)
        + 0.55 * (0.05 * 0.50 + 0.55 + 0.30 * 0.675)
        + 0.30 * (0.05 * 0.45 + 0.55 * 0.675 + 0.30);
    let satisfaction = 0.05 * expectation + 0.55 * quality + 0.30 * value + residual(explained) * normal();
    let loyalty = 0.70 * satisfaction + residual(0.49) * normal();
    let constructs = [expectation, quality, value, satisfaction, loyalty];
    let mut ratings = [0; 19];
    for (rating, item) in ratings.iter_mut().zip(&ITEMS) {
        let own = if item.id == "quality_cleanliness" { cleanliness_shift } else { 0.0 };
        let position = item.loading * constructs[item.construct]
            + residual(item.loading * item.loading) * normal_quantile(uniform(random))
            + item.ease
            + own;
        *rating = point(normal_cdf(position));
        if item.not_applicable && uniform(random) < NOT_APPLICABLE {
            *rating = MISSING;
        }
    }
    ratings
}

/// Standard deviation of what is left when `explained` of a unit variance is.
fn residual(explained: f64) -> f64 {
    (1.0 - explained).sqrt()
}

fn point(u: f64) -> u8 {
    // In 1..=10: u < 1.
    1 + (10.0 * u.powf(SKEW)).floor().min(9.0) as u8
}

/// A uniform number strictly between 0 and 1.
pub fn uniform(random: &mut ChaCha8Rng) -> f64 {
    (below(random, 1 << 31) as f64 + 0.5) / (1_u64 << 31) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csi::bootstrap::stream;

    #[test]
    fn four_percent_are_not_applicable_and_ratings_are_skewed_to_the_high_end() {
        let mut random = stream(5, 0);
        let drawn: Vec<u8> = (0..20_000).flat_map(|_| draw_ratings(&mut random, 0.0, 0.0)).collect();
        let missing = drawn.iter().filter(|r| **r == MISSING).count() as f64 / drawn.len() as f64;
        assert!((missing - 0.04).abs() < 0.002, "{missing}");
        let given: Vec<f64> = drawn.iter().filter(|r| **r != MISSING).map(|r| f64::from(*r)).collect();
        let mean = given.iter().sum::<f64>() / given.len() as f64;
        let third: f64 = given.iter().map(|r| (r - mean).powi(3)).sum::<f64>() / given.len() as f64;
        assert!((7.0..8.3).contains(&mean) && third < 0.0, "{mean} {third}");
        assert!(given.iter().all(|r| (1.0..=10.0).contains(r)));
    }
}
