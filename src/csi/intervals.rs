//! From the resampled values of one figure to its standard error, interval and p-values.
//!
//! Owns: five kinds of interval and their definitions. Refuses: an interval where its kind is undefined
//! (`None`): BCa where every resample lies on one side of the estimate, or where the jackknife gave nothing.
//!
//! With θ the estimate, θ* the resampled values, q their quantiles (definition 7) and α = 1 - level:
//! percentile [q(α/2), q(1-α/2)]; basic [2θ - q(1-α/2), 2θ - q(α/2)]; normal θ ± z se;
//! BCa: percentile with levels shifted by bias z₀ and acceleration a; studentised: θ - t*(1-α/2) se to
//! θ - t*(α/2) se, t* = (θ* - θ)/se*. Source: Efron & Tibshirani (1993); Davison & Hinkley (1997), ch. 5.

use super::dist::{normal_cdf, normal_quantile, quantile};

/// Which interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Interval {
    #[default]
    Percentile,
    Basic,
    Normal,
    /// Bias-corrected and accelerated, the acceleration from a jackknife.
    Bca,
    /// The standard error of every resample from resamples of its own.
    Studentised,
}

/// What resampling says of one figure.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Spread {
    /// Standard deviation over the resamples, denominator R - 1.
    pub se: f64,
    /// Mean of the resamples minus the estimate.
    pub bias: f64,
    /// Lower and upper bound; `None` where this kind of interval is undefined.
    pub ci: Option<[f64; 2]>,
    /// Two-sided p-value of zero: 2 min(b⁻ + 1, b⁺ + 1)/(R + 1), b⁻ and b⁺ the resamples at or below and at or above zero.
    pub p: f64,
    /// One-sided, towards the sign of the estimate.
    pub p_one_sided: f64,
    /// Standard error by the jackknife, where one was run.
    pub jackknife_se: Option<f64>,
}

/// What a jackknife says of one figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Jackknife {
    /// sqrt((n-1)/n Σ (θ₍ᵢ₎ - mean)²).
    pub se: f64,
    /// Σ d³ / (6 (Σ d²)^1.5) with d = mean - θ₍ᵢ₎; 0 where nothing varies.
    pub acceleration: f64,
}

impl Jackknife {
    /// From the figure with each unit left out; `None` where one of them is undefined.
    pub fn of(values: &[f64]) -> Option<Self> {
        let n = values.len() as f64;
        if values.len() < 3 || values.iter().any(|v| !v.is_finite()) {
            return None;
        }
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|v| (mean - v).powi(2)).sum();
        let cubes: f64 = values.iter().map(|v| (mean - v).powi(3)).sum();
        let acceleration = if squares > 0.0 { cubes / (6.0 * squares.powf(1.5)) } else { 0.0 };
        Some(Self { se: ((n - 1.0) / n * squares).sqrt(), acceleration })
    }
}

/// The resampled values of one figure, with what some kinds of interval need besides.
#[derive(Debug, Clone, Copy)]
pub struct Resampled<'a> {
    pub estimate: f64,
    /// Finite or not; what is not is left out.
    pub values: &'a [f64],
    /// The standard error of every value, for studentised intervals.
    pub ses: Option<&'a [f64]>,
    pub jackknife: Option<Jackknife>,
}

impl Resampled<'_> {
    /// Standard error, interval and p-values; `None` below two defined values.
    pub fn spread(&self, kind: Interval, level: f64) -> Option<Spread> {
        let mut values: Vec<f64> = self.values.iter().copied().filter(|v| v.is_finite()).collect();
        if values.len() < 2 {
            return None;
        }
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let se = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt();
        values.sort_unstable_by(f64::total_cmp);
        let below = values.partition_point(|v| *v <= 0.0) as f64;
        let above = count - values.partition_point(|v| *v < 0.0) as f64;
        let share = |b: f64| ((b + 1.0) / (count + 1.0)).min(1.0);
        Some(Spread {
            se,
            bias: mean - self.estimate,
            ci: self.interval(kind, level, &values, se),
            p: (2.0 * share(below).min(share(above))).min(1.0),
            p_one_sided: if self.estimate >= 0.0 { share(below) } else { share(above) },
            jackknife_se: self.jackknife.map(|j| j.se),
        })
    }

    fn interval(&self, kind: Interval, level: f64, sorted: &[f64], se: f64) -> Option<[f64; 2]> {
        let tails = [(1.0 - level) / 2.0, f64::midpoint(1.0, level)];
        let at = |tails: [f64; 2]| tails.map(|tail| quantile(sorted, tail));
        let estimate = self.estimate;
        match kind {
            Interval::Percentile => Some(at(tails)),
            Interval::Basic => {
                let [low, high] = at(tails);
                Some([2.0 * estimate - high, 2.0 * estimate - low])
            }
            Interval::Normal => {
                let reach = normal_quantile(tails[1]) * se;
                Some([estimate - reach, estimate + reach])
            }
            // A figure that never varies has no side.
            Interval::Bca if se == 0.0 => Some(at(tails)),
            Interval::Bca => Some(at(self.shifted(tails, sorted)?)),
            Interval::Studentised => self.studentised(tails, se),
        }
    }

    /// The levels of the BCa interval. Ties with the estimate count half to either side.
    fn shifted(&self, tails: [f64; 2], sorted: &[f64]) -> Option<[f64; 2]> {
        let below = sorted.partition_point(|v| *v < self.estimate) as f64;
        let up_to = sorted.partition_point(|v| *v <= self.estimate) as f64;
        let share = f64::midpoint(below, up_to) / sorted.len() as f64;
        if share <= 0.0 || share >= 1.0 {
            return None;
        }
        let (bias, acceleration) = (normal_quantile(share), self.jackknife?.acceleration);
        let level = |tail: f64| {
            let z = bias + normal_quantile(tail);
            normal_cdf(bias + z / (1.0 - acceleration * z))
        };
        let levels = tails.map(level);
        levels.iter().all(|l| (0.0..=1.0).contains(l)).then_some(levels)
    }

    fn studentised(&self, tails: [f64; 2], se: f64) -> Option<[f64; 2]> {
        let pairs = self.values.iter().zip(self.ses?).filter(|(v, se)| v.is_finite() && **se > 0.0);
        let mut ratios: Vec<f64> = pairs.map(|(v, se)| (v - self.estimate) / se).collect();
        if ratios.len() < 2 {
            return None;
        }
        ratios.sort_unstable_by(f64::total_cmp);
        let [low, high] = tails.map(|tail| quantile(&ratios, tail));
        Some([self.estimate - high * se, self.estimate - low * se])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: [f64; 9] = [0.9, 1.0, 1.1, 1.3, 1.4, 1.6, 1.9, 2.4, 3.0];

    fn resampled(values: &[f64]) -> Resampled<'_> {
        Resampled { estimate: 1.45, values, ses: None, jackknife: Some(Jackknife { se: 0.5, acceleration: 0.0 }) }
    }

    #[test]
    fn intervals_are_what_their_formulas_say() {
        let all = resampled(&VALUES);
        let ci = |kind| all.spread(kind, 0.5).unwrap().ci.unwrap();
        assert_eq!(ci(Interval::Percentile), [1.1, 1.9]);
        let close = |a: [f64; 2], b: [f64; 2]| (a[0] - b[0]).abs() < 1e-12 && (a[1] - b[1]).abs() < 1e-12;
        assert!(close(ci(Interval::Basic), [2.9 - 1.9, 2.9 - 1.1]));
        let (se, z) = (all.spread(Interval::Normal, 0.5).unwrap().se, 0.674_489_750_196_081_7);
        assert!(close(ci(Interval::Normal), [1.45 - z * se, 1.45 + z * se]));
        // z₀ = Φ⁻¹(5/9); without acceleration the levels are Φ(2 z₀ ± z).
        let bias = normal_quantile(5.0 / 9.0);
        let levels = [normal_cdf(2.0 * bias - z), normal_cdf(2.0 * bias + z)];
        assert!(close(ci(Interval::Bca), levels.map(|l| quantile(&VALUES, l))));
        let ses = [0.5; 9];
        let studentised = Resampled { ses: Some(&ses), ..all }.spread(Interval::Studentised, 0.5).unwrap().ci.unwrap();
        assert!(close(studentised, [1.45 - (1.9 - 1.45) / 0.5 * se, 1.45 - (1.1 - 1.45) / 0.5 * se]));
    }

    #[test]
    fn p_values_count_the_data_themselves() {
        let spread = resampled(&VALUES).spread(Interval::Percentile, 0.95).unwrap();
        assert_eq!((spread.p, spread.p_one_sided), (0.2, 0.1));
        let around = [-0.2, -0.1, 0.1, 0.4];
        let spread = Resampled { estimate: 0.05, ..resampled(&around) }.spread(Interval::Percentile, 0.95).unwrap();
        assert_eq!((spread.p, spread.p_one_sided), (1.0, 0.6));
    }

    #[test]
    fn the_jackknife_of_a_mean_is_its_standard_error() {
        let x = [2.0, 4.0, 4.0, 5.0, 9.0];
        let left: Vec<f64> = (0..5).map(|i| (x.iter().sum::<f64>() - x[i]) / 4.0).collect();
        let found = Jackknife::of(&left).unwrap();
        let mean = x.iter().sum::<f64>() / 5.0;
        let exact = (x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 4.0 / 5.0).sqrt();
        assert!((found.se - exact).abs() < 1e-12);
        // A mean's acceleration is a sixth of its skewness over the root of n.
        let moment = |power: i32| x.iter().map(|v| (v - mean).powi(power)).sum::<f64>();
        assert!((found.acceleration - moment(3) / (6.0 * moment(2).powf(1.5))).abs() < 1e-12);
    }

    #[test]
    fn what_is_undefined_has_no_interval() {
        let one_sided = Resampled { estimate: 0.1, ..resampled(&VALUES) };
        assert_eq!(one_sided.spread(Interval::Bca, 0.95).unwrap().ci, None);
        assert_eq!(resampled(&[1.0, f64::NAN]).spread(Interval::Percentile, 0.95), None);
    }
}
