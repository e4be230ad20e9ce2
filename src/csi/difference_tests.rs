//! Tests of the difference between one figure in two groups, and corrections for testing many.
//!
//! Owns: formulas only, from estimates, standard errors and resamples. Refuses nothing; the p-value of an
//! undefined statistic is NaN.
//!
//! Sources: parametric, Keil et al. (2000) MIS Quarterly 24(2); Welch-type, Sarstedt, Henseler & Ringle
//! (2011); Henseler's probability, Henseler, Ringle & Sinkovics (2009); Holm (1979) Scand. J. Statist. 6;
//! Benjamini & Hochberg (1995) JRSS B 57.

use super::dist::student_t_two_sided;

/// What is known of a figure in one group.
#[derive(Debug, Clone, Copy)]
pub struct InGroup<'a> {
    pub n: f64,
    pub estimate: f64,
    pub se: f64,
    /// Resampled values, finite or not; what is not is left out.
    pub draws: &'a [f64],
}

/// A t-test.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct TTest {
    pub t: f64,
    pub df: f64,
    /// Two-sided.
    pub p: f64,
}

impl TTest {
    fn new(t: f64, df: f64) -> Self {
        Self { t, df, p: student_t_two_sided(t, df) }
    }
}

/// Assumes equal variances: both standard errors are pooled; n₁ + n₂ - 2 degrees of freedom.
pub fn parametric(a: InGroup<'_>, b: InGroup<'_>) -> TTest {
    let df = a.n + b.n - 2.0;
    let part = |g: &InGroup<'_>| (g.n - 1.0).powi(2) / df * g.se * g.se;
    let pooled = (part(&a) + part(&b)).sqrt() * (1.0 / a.n + 1.0 / b.n).sqrt();
    TTest::new((a.estimate - b.estimate) / pooled, df)
}

/// Allows unequal variances; degrees of freedom after Welch and Satterthwaite, less 2, to the nearest whole.
pub fn welch(a: InGroup<'_>, b: InGroup<'_>) -> TTest {
    TTest::new((a.estimate - b.estimate) / welch_variance(a, b).sqrt(), welch_df(a, b).round())
}

fn welch_variance(a: InGroup<'_>, b: InGroup<'_>) -> f64 {
    let part = |g: InGroup<'_>| (g.n - 1.0) / g.n * g.se * g.se;
    part(a) + part(b)
}

fn welch_df(a: InGroup<'_>, b: InGroup<'_>) -> f64 {
    let part = |g: InGroup<'_>| (g.n - 1.0) / (g.n * g.n) * g.se.powi(4);
    welch_variance(a, b).powi(2) / (part(a) + part(b)) - 2.0
}

/// Henseler's probability that the first group's figure is not above the second's: the share of pairs of
/// resamples, reflected at their means, in which it is not. One-sided: near 0 the first is larger, near 1 the second.
pub fn henseler(a: InGroup<'_>, b: InGroup<'_>) -> f64 {
    let reflected = |g: InGroup<'_>| {
        let mean = mean(g.draws);
        g.draws.iter().filter(|x| x.is_finite()).map(|x| 2.0 * mean - x).collect::<Vec<f64>>()
    };
    1.0 - share_above(&reflected(a), reflected(b))
}

fn mean(draws: &[f64]) -> f64 {
    let (sum, count) = draws.iter().filter(|x| x.is_finite()).fold((0.0, 0.0), |(s, c), x| (s + x, c + 1.0));
    sum / count
}

/// The share of pairs in which the first value is above the second.
fn share_above(first: &[f64], mut second: Vec<f64>) -> f64 {
    second.sort_unstable_by(f64::total_cmp);
    let below: usize = first.iter().map(|x| second.partition_point(|y| y < x)).sum();
    below as f64 / (first.len() as f64 * second.len() as f64)
}

/// p-values that hold for all tests at once (Holm's step-down), in the order given; NaN stays out.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let order = ascending(p);
    let count = order.len();
    let mut adjusted = vec![f64::NAN; p.len()];
    let mut largest = 0.0_f64;
    for (rank, &i) in order.iter().enumerate() {
        largest = largest.max((p[i] * (count - rank) as f64).min(1.0));
        adjusted[i] = largest;
    }
    adjusted
}

/// p-values under which the expected share of false findings is held (step-up), in the order given.
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let order = ascending(p);
    let count = order.len() as f64;
    let mut adjusted = vec![f64::NAN; p.len()];
    let mut smallest = 1.0_f64;
    for (rank, &i) in order.iter().enumerate().rev() {
        smallest = smallest.min(p[i] * count / (rank + 1) as f64);
        adjusted[i] = smallest;
    }
    adjusted
}

fn ascending(p: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p.len()).filter(|i| p[*i].is_finite()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reference's `formula_unit_test`, figure by figure.
    #[test]
    fn formulas_agree_with_the_reference() {
        let text = include_str!("../../tests/fixtures/reference/expected/csi_mga_purpose.json");
        let unit = &serde_json::from_str::<serde_json::Value>(text).unwrap()["formula_unit_test"];
        let list = |key: &str| -> Vec<f64> {
            unit["inputs"][key].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
        };
        let sd = |x: &[f64]| {
            let mean = mean(x);
            (x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (x.len() as f64 - 1.0)).sqrt()
        };
        let (first, second) = (list("boot_group1"), list("boot_group2"));
        let number = |part: &str, key: &str| unit[part][key].as_f64().unwrap();
        let group = |n: &str, estimate: &str, draws| InGroup {
            n: number("inputs", n),
            estimate: number("inputs", estimate),
            se: sd(draws),
            draws,
        };
        let (a, b) = (group("n1", "estimate1", &first), group("n2", "estimate2", &second));
        let (pooled, unequal) = (parametric(a, b), welch(a, b));
        for (key, found) in [
            ("se1", a.se),
            ("se2", b.se),
            ("parametric_t", pooled.t),
            ("parametric_df", pooled.df),
            ("parametric_p_two_sided", pooled.p),
            ("welch_t", unequal.t),
            ("welch_df_unrounded", welch_df(a, b)),
            ("welch_df_rounded", unequal.df),
            ("welch_p_two_sided", unequal.p),
            ("henseler_p_seminr", henseler(a, b)),
        ] {
            let expected = number("expected", key);
            assert!((found - expected).abs() < 1e-9 * expected.abs().max(1.0), "{key}: {found}, expected {expected}");
        }
    }

    #[test]
    fn corrections_are_those_of_r() {
        // R: p.adjust(c(.01, .04, .03, .005, NA), "holm"), "BH"
        let p = [0.01, 0.04, 0.03, 0.005, f64::NAN];
        let close = |a: &[f64], b: [f64; 4]| a.iter().zip(b).all(|(x, y)| (x - y).abs() < 1e-12) && a[4].is_nan();
        assert!(close(&holm(&p), [0.03, 0.06, 0.06, 0.02]), "{:?}", holm(&p));
        assert!(close(&benjamini_hochberg(&p), [0.02, 0.04, 0.04, 0.02]), "{:?}", benjamini_hochberg(&p));
    }
}
