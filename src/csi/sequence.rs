//! Looking every morning: a band for an index that holds at all times at once.
//!
//! Owns: the asymptotic confidence sequence of a running mean. A fixed 95 % interval that is looked at again
//! after every answer misses the truth sooner or later; this band misses it in 5 % of all courses, however
//! often it is looked at. Refuses: bounds before [`FIRST`] values, where the standard deviation is not known.
//!
//! mean_t ± sd_t sqrt(2 (tρ² + 1)/(t²ρ²) ln(sqrt(tρ² + 1)/α)), ρ such that the band is tightest around a chosen t.
//! Source: Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas (2024), Annals of Statistics 52(6). The values are
//! taken as independent and as made under weights that do not change: fix them with given outer weights.

/// Values before the first bounds.
pub const FIRST: usize = 20;

/// The band after one value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Mean of all values so far.
    pub mean: f64,
    /// `None` for the first few values.
    pub band: Option<[f64; 2]>,
}

/// The band after every value, at `level`, tightest around `tightest` values.
///
/// # Panics
/// If `level` is not strictly between 0 and 1 or `tightest` is 0.
pub fn confidence_sequence(values: impl Iterator<Item = f64>, level: f64, tightest: usize) -> Vec<Step> {
    assert!(level > 0.0 && level < 1.0 && tightest > 0, "a level between 0 and 1, and a number of values");
    let alpha = 1.0 - level;
    let shape = -2.0 * alpha.ln();
    let rho_squared = (shape + (shape + 1.0).ln()) / tightest as f64;
    // Welford's running mean and sum of squares.
    let (mut mean, mut squares, mut t) = (0.0, 0.0, 0.0);
    let step = |value: f64| {
        t += 1.0;
        let from_old = value - mean;
        mean += from_old / t;
        squares += from_old * (value - mean);
        let scaled = t * rho_squared + 1.0;
        let reach = (2.0 * scaled / (t * t * rho_squared) * (scaled.sqrt() / alpha).ln()).sqrt();
        let band = (t >= FIRST as f64).then(|| {
            let half = (squares / (t - 1.0)).sqrt() * reach;
            [mean - half, mean + half]
        });
        Step { mean, band }
    };
    values.map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csi::bootstrap::{below, stream};

    /// Ratings 1 to 10, mean 5.5.
    fn course(number: u64) -> Vec<f64> {
        let mut random = stream(31, number);
        (0..1500).map(|_| 1.0 + below(&mut random, 10) as f64).collect()
    }

    #[test]
    fn the_band_holds_at_all_times_where_fixed_intervals_do_not() {
        let (mut band_missed, mut fixed_missed) = (0, 0);
        for number in 0..400 {
            let steps = confidence_sequence(course(number).into_iter(), 0.95, 300);
            let outside = |[low, high]: [f64; 2]| low > 5.5 || high < 5.5;
            band_missed += u32::from(steps.iter().any(|s| s.band.is_some_and(outside)));
            let sd = 8.25_f64.sqrt();
            let fixed = |(i, s): (usize, &Step)| (s.mean - 5.5).abs() > 1.96 * sd / ((i + 1) as f64).sqrt();
            fixed_missed += u32::from(steps.iter().enumerate().skip(FIRST).any(fixed));
        }
        assert!(band_missed <= 30, "{band_missed} of 400");
        assert!(fixed_missed > 100, "{fixed_missed} of 400");
    }

    #[test]
    fn the_band_is_tightest_where_it_was_asked_to_be() {
        let width = |tightest: usize, t: usize| {
            let steps = confidence_sequence(course(1).into_iter(), 0.95, tightest);
            steps[t - 1].band.map(|[low, high]| high - low).unwrap()
        };
        assert!(width(100, 100) < width(1000, 100) && width(1000, 1000) < width(100, 1000));
        // At its best about 1.5 times as wide as a fixed interval.
        let fixed = 2.0 * 1.96 * 8.25_f64.sqrt() / 1000_f64.sqrt();
        assert!((1.3..1.8).contains(&(width(1000, 1000) / fixed)));
        assert_eq!(confidence_sequence(course(1).into_iter(), 0.95, 100)[FIRST - 2].band, None);
    }
}
