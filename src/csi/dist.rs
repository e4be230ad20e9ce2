//! The only caller of statrs: the normal distribution, and the sample quantile.
//!
//! Owns: quantiles with a stated definition and a guarded range. Refuses: probabilities outside (0, 1).

use statrs::distribution::{ContinuousCDF, Normal};

/// The standard normal quantile of `probability`.
///
/// # Panics
/// If `probability` is not strictly between 0 and 1.
pub fn normal_quantile(probability: f64) -> f64 {
    assert!(probability > 0.0 && probability < 1.0, "a probability lies strictly between 0 and 1");
    Normal::standard().inverse_cdf(probability)
}

/// The standard normal distribution function at `x`.
pub fn normal_cdf(x: f64) -> f64 {
    Normal::standard().cdf(x)
}

/// The sample quantile of an ascending, non-empty slice, linear between order statistics.
///
/// `probability` lies in 0..=1. Source: Hyndman & Fan (1996), definition 7 (R's default).
///
/// # Panics
/// If `sorted` is empty.
pub fn quantile(sorted: &[f64], probability: f64) -> f64 {
    let position = (sorted.len() - 1) as f64 * probability;
    let below = position.floor();
    // In range: 0 <= position <= len - 1.
    let (low, high) = (sorted[below as usize], sorted[position.ceil() as usize]);
    low + (position - below) * (high - low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_r() {
        // R 4.2: quantile(c(1,2,4,8), c(0,.1,.5,.9,1))
        let x = [1.0, 2.0, 4.0, 8.0];
        for (p, want) in [(0.0, 1.0), (0.1, 1.3), (0.5, 3.0), (0.9, 6.8), (1.0, 8.0)] {
            assert!((quantile(&x, p) - want).abs() < 1e-12);
        }
        assert!((normal_quantile(0.975) - 1.959_963_984_540_054).abs() < 1e-9);
    }
}
