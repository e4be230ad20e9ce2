//! The only caller of statrs: normal distributions, of one and two variables, and the sample quantile.
//!
//! Owns: quantiles with a stated definition and a guarded range. Refuses: probabilities outside (0, 1).

use std::f64::consts::{PI, SQRT_2, TAU};
use std::sync::LazyLock;

use statrs::distribution::{ChiSquared, ContinuousCDF, Normal, StudentsT};

/// The standard normal quantile of `probability`.
///
/// # Panics
/// If `probability` is not strictly between 0 and 1.
pub fn normal_quantile(probability: f64) -> f64 {
    assert!(probability > 0.0 && probability < 1.0, "a probability lies strictly between 0 and 1");
    let x = Normal::standard().inverse_cdf(probability);
    // One step of Newton's makes it as exact as the distribution function.
    x - (normal_cdf(x) - probability) / ((-x * x / 2.0).exp() / TAU.sqrt())
}

/// The standard normal distribution function at `x`, to the last digits: statrs' own is off by 1e-11 near 1.
pub fn normal_cdf(x: f64) -> f64 {
    libm::erfc(-x / SQRT_2) / 2.0
}

/// The probability that Student's t with `df` degrees of freedom is as far from zero as `t`; NaN where undefined.
pub fn student_t_two_sided(t: f64, df: f64) -> f64 {
    match StudentsT::new(0.0, 1.0, df) {
        Ok(distribution) if t.is_finite() => 2.0 * distribution.sf(t.abs()),
        _ => f64::NAN,
    }
}

/// The probability that a chi-squared variable with `df` degrees of freedom exceeds `x`; NaN where undefined.
pub fn chi_squared_upper(x: f64, df: f64) -> f64 {
    match ChiSquared::new(df) {
        Ok(distribution) if x.is_finite() => distribution.sf(x),
        _ => f64::NAN,
    }
}

/// Two standard normal variables with one correlation: what does not depend on where they are looked at.
#[derive(Debug, Clone)]
pub struct BivariateNormal {
    r: f64,
    /// Nodes of the quadrature: sine, 1/(2 cosine²), weight.
    nodes: Vec<(f64, f64, f64)>,
}

impl BivariateNormal {
    /// With correlation `r`, -1 < r < 1.
    pub fn new(r: f64) -> Self {
        let end = r.asin();
        // More nodes, and panels that shorten towards the end, where the integrand bends.
        let (rule, cuts): (&[(f64, f64)], &[f64]) = match r.abs() {
            r if r < 0.7 => (&LEGENDRE[0], &[0.0, 1.0]),
            r if r < 0.9 => (&LEGENDRE[1], &[0.0, 1.0]),
            _ => (&LEGENDRE[1], &[0.0, 0.5, 0.8, 0.95, 1.0]),
        };
        let node = |from: f64, to: f64, x: f64, weight: f64| {
            let (sine, cosine) = (f64::midpoint(from, to) + (to - from) / 2.0 * x).sin_cos();
            (sine, 1.0 / (2.0 * cosine * cosine), (to - from) / 2.0 * weight / TAU)
        };
        let panel = |cut: &[f64]| {
            let (from, to) = (cut[0] * end, cut[1] * end);
            rule.iter().map(move |&(x, weight)| node(from, to, x, weight)).collect::<Vec<_>>()
        };
        Self { r, nodes: cuts.windows(2).flat_map(panel).collect() }
    }

    /// The density at `(h, k)`.
    pub fn pdf(&self, h: f64, k: f64) -> f64 {
        let rest = 1.0 - self.r * self.r;
        (-(h * h - 2.0 * self.r * h * k + k * k) / (2.0 * rest)).exp() / (TAU * rest.sqrt())
    }

    /// P(X <= h, Y <= k) - P(X <= h) P(Y <= k) for finite h and k.
    ///
    /// The density integrated over the correlation from 0, with r = sin t so that the integrand stays
    /// bounded: 1/2π ∫ exp(-(h² - 2hk sin t + k²) / 2cos²t) dt. Source: Plackett (1954), Biometrika 41.
    pub fn excess(&self, h: f64, k: f64) -> f64 {
        let (squares, product) = (h * h + k * k, 2.0 * h * k);
        self.nodes.iter().map(|(sine, scale, weight)| weight * ((product * sine - squares) * scale).exp()).sum()
    }
}

/// Gauss-Legendre quadrature on -1..1, of 12 and of 20 nodes.
static LEGENDRE: LazyLock<[Rule; 2]> = LazyLock::new(|| [legendre(12), legendre(20)]);

/// Nodes and weights.
type Rule = Vec<(f64, f64)>;

/// Nodes (roots of the Legendre polynomial, by Newton's method) and weights.
fn legendre(nodes: u32) -> Rule {
    let n = f64::from(nodes);
    let node = |i: u32| {
        let mut x = (PI * (f64::from(i) + 0.75) / (n + 0.5)).cos();
        let mut slope = 1.0;
        for _ in 0..8 {
            let (mut before, mut value) = (1.0, x);
            for degree in 2..=nodes {
                let d = f64::from(degree);
                (before, value) = (value, ((2.0 * d - 1.0) * x * value - (d - 1.0) * before) / d);
            }
            slope = n * (x * value - before) / (x * x - 1.0);
            x -= value / slope;
        }
        (x, 2.0 / ((1.0 - x * x) * slope * slope))
    };
    (0..nodes).map(node).collect()
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
        assert!((normal_cdf(1.0) - 0.841_344_746_068_542_9).abs() < 1e-15);
        assert!((normal_cdf(-8.0) / 6.220_960_574_271_785e-16 - 1.0).abs() < 1e-13);
        assert!((normal_quantile(0.975) - 1.959_963_984_540_054).abs() < 1e-13);
    }

    #[test]
    fn two_normal_variables_agree_with_closed_forms_and_with_brute_force() {
        let bivariate_normal_cdf =
            |h: f64, k: f64, r: f64| normal_cdf(h) * normal_cdf(k) + BivariateNormal::new(r).excess(h, k);
        // Sheppard: at the origin, 1/4 + asin(r)/2π.
        for r in [-0.999_9, -0.7, -0.2, 0.0, 0.5, 0.95, 0.999_9] {
            assert!((bivariate_normal_cdf(0.0, 0.0, r) - (0.25 + r.asin() / TAU)).abs() < 1e-14);
        }
        // Integrating the conditional distribution over x by Simpson's rule.
        let brute = |h: f64, k: f64, r: f64| {
            let (steps, from) = (40_000, -9.0);
            let width = (h - from) / f64::from(steps);
            let density = |x: f64| (-x * x / 2.0).exp() / TAU.sqrt() * normal_cdf((k - r * x) / (1.0 - r * r).sqrt());
            let weight = |i: i32| {
                if i == 0 || i == steps {
                    1.0
                } else if i % 2 == 1 {
                    4.0
                } else {
                    2.0
                }
            };
            (0..=steps).map(|i| weight(i) * density(from + f64::from(i) * width)).sum::<f64>() * width / 3.0
        };
        for (h, k) in [(-2.5, -1.0), (0.3, 0.31), (1.5, -0.7), (2.0, 2.2), (-0.1, 0.1)] {
            for r in [-0.98, -0.69, -0.3, 0.2, 0.69, 0.71, 0.89, 0.95, 0.99] {
                let (found, want) = (bivariate_normal_cdf(h, k, r), brute(h, k, r));
                assert!((found - want).abs() < 1e-11, "{h} {k} {r}: {found} {want}");
            }
        }
    }
}
