//! How often each point of a rating was given, and what follows from that: mean, shares, net shares, each with its
//! uncertainty.
//!
//! Owns: figures of one question that need no model. Refuses: answers that are no points; [`MISSING`] is counted apart.
//!
//! Sources: the interval of a mean by the normal distribution; that of a share after Wilson (1927), JASA 22, 209-212; the
//! difference of two means after Welch (1947), Biometrika 34, 28-35, with the normal distribution in place of Student's t,
//! as there are tens of answers on either side; that of two shares after Newcombe (1998), Statistics in Medicine 17,
//! 873-890, his tenth method. The net share (Reichheld 2003, HBR 81(12), 46-54) is the mean of a
//! variable that is 1, 0 or -1, and has the variance of one.

use super::data::MISSING;
use super::dist::normal_quantile;

/// How often each value of a rating was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts(Box<[u64; 256]>);

/// A figure and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sure {
    pub value: f64,
    pub ci: [f64; 2],
}

/// A mean of answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mean {
    pub n: f64,
    pub mean: f64,
    /// Of the mean; infinite for one answer.
    pub se: f64,
}

impl Default for Counts {
    fn default() -> Self {
        Self(Box::new([0; 256]))
    }
}

impl Counts {
    /// Counts one more answer.
    pub fn push(&mut self, rating: u8) {
        self.0[rating as usize] += 1;
    }

    /// With those of another.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0.iter()) {
            *mine += theirs;
        }
    }

    /// Without those of a part.
    #[must_use]
    pub fn without(&self, part: &Self) -> Self {
        let mut rest = self.clone();
        for (mine, theirs) in rest.0.iter_mut().zip(part.0.iter()) {
            *mine -= theirs;
        }
        rest
    }

    /// How many gave an answer.
    pub fn given(&self) -> u64 {
        self.0.iter().sum::<u64>() - self.left_out()
    }

    /// How many gave none.
    pub fn left_out(&self) -> u64 {
        self.0[MISSING as usize]
    }

    /// How often a point was given.
    pub fn of(&self, point: u8) -> u64 {
        if point == MISSING { 0 } else { self.0[point as usize] }
    }

    /// How many gave at least this point.
    pub fn at_least(&self, point: u8) -> u64 {
        (point..MISSING).map(|point| self.of(point)).sum()
    }

    /// How many gave at most this point.
    pub fn at_most(&self, point: u8) -> u64 {
        (0..=point).map(|point| self.of(point)).sum()
    }

    /// The mean of the answers; `None` without any. Sums are of whole numbers, so the order of answers changes no bit.
    pub fn mean(&self) -> Option<Mean> {
        let given = || (0..MISSING).map(|point| (u64::from(point), self.of(point)));
        let n = self.given();
        let (sum, squares) =
            given().fold((0, 0), |(s, q), (point, count)| (s + point * count, q + point * point * count));
        if n == 0 {
            return None;
        }
        let (count, mean) = (n as f64, sum as f64 / n as f64);
        // n Σx² - (Σx)² has no rounding as long as it stays within 128 bits.
        let spread = (u128::from(n) * u128::from(squares) - u128::from(sum) * u128::from(sum)) as f64;
        let variance = if n > 1 { spread / (count * (count - 1.0)) } else { f64::INFINITY };
        Some(Mean { n: count, mean, se: (variance / count).sqrt() })
    }

    /// Share of those who gave at least this point, with its interval; `None` without an answer.
    pub fn share_at_least(&self, point: u8, level: f64) -> Option<Sure> {
        share(self.at_least(point), self.given(), level)
    }

    /// The same share less that of others, with an interval that does not collapse where all or none gave it: Newcombe's
    /// hybrid of the two intervals after Wilson.
    pub fn share_at_least_less(&self, other: &Self, point: u8, level: f64) -> Option<Sure> {
        let (a, b) = (self.share_at_least(point, level)?, other.share_at_least(point, level)?);
        let value = a.value - b.value;
        let below = (a.value - a.ci[0]).hypot(b.ci[1] - b.value);
        let above = (a.ci[1] - a.value).hypot(b.value - b.ci[0]);
        Some(Sure { value, ci: [value - below, value + above] })
    }

    /// Share of those who gave at least `top` less that of those who gave at most `bottom`.
    pub fn net_share(&self, top: u8, bottom: u8) -> Option<Mean> {
        let n = self.given() as f64;
        let (up, down) = (self.at_least(top) as f64 / n, self.at_most(bottom) as f64 / n);
        let mean = up - down;
        let variance = (up + down - mean * mean) * n / (n - 1.0);
        (n > 1.0).then(|| Mean { n, mean, se: (variance / n).sqrt() })
    }
}

impl Mean {
    /// On another scale: `(x - origin) * step`.
    #[must_use]
    pub fn scaled(self, origin: f64, step: f64) -> Self {
        Self { mean: (self.mean - origin) * step, se: self.se * step.abs(), ..self }
    }

    /// With its interval at a level.
    pub fn sure(self, level: f64) -> Sure {
        let reach = normal_quantile(f64::midpoint(1.0, level)) * self.se;
        Sure { value: self.mean, ci: [self.mean - reach, self.mean + reach] }
    }

    /// This less another that shares no answer with it, with its interval at a level.
    pub fn less(self, other: Self, level: f64) -> Sure {
        let n = self.n + other.n;
        Self { n, mean: self.mean - other.mean, se: self.se.hypot(other.se) }.sure(level)
    }
}

/// A share with Wilson's interval.
pub(super) fn share(count: u64, of: u64, level: f64) -> Option<Sure> {
    if of == 0 {
        return None;
    }
    let (n, p) = (of as f64, count as f64 / of as f64);
    let z = normal_quantile(f64::midpoint(1.0, level));
    let middle = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let reach = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    Some(Sure { value: p, ci: [(middle - reach).max(0.0), (middle + reach).min(1.0)] })
}

/// The level of each of `comparisons` intervals that are right all at once at `level` (Bonferroni).
pub fn each_of(comparisons: usize, level: f64) -> f64 {
    1.0 - (1.0 - level) / comparisons.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(ratings: &[u8]) -> Counts {
        let mut counts = Counts::default();
        for rating in ratings {
            counts.push(*rating);
        }
        counts
    }

    #[test]
    fn means_and_shares_are_those_of_the_answers() {
        let counts = of(&[1, 5, 10, 10, MISSING]);
        let mean = counts.mean().unwrap();
        assert_eq!((counts.given(), counts.left_out(), mean.mean), (4, 1, 6.5));
        assert!((mean.se - 2.179_449_471_770_337).abs() < 1e-12, "{}", mean.se);
        assert_eq!((counts.at_least(10), counts.at_most(5), counts.at_least(0)), (2, 2, 4));
        assert_eq!(of(&[]).mean(), None);
        assert_eq!(of(&[MISSING]).share_at_least(1, 0.95), None);
        assert_eq!(counts.without(&of(&[1, MISSING])), of(&[5, 10, 10]));
        assert!((mean.scaled(1.0, 100.0 / 9.0).mean - 5.5 * 100.0 / 9.0).abs() < 1e-12);
    }

    #[test]
    fn a_share_has_wilsons_interval_and_a_net_share_that_of_its_mean() {
        // Eight of ten: Wilson's formula, worked out in another language.
        let share = of(&[9, 9, 9, 9, 9, 9, 9, 9, 1, 1]).share_at_least(9, 0.95).unwrap();
        assert!((share.ci[0] - 0.490_162_471_536_642_2).abs() < 1e-9, "{share:?}");
        assert!((share.ci[1] - 0.943_317_848_545_624_8).abs() < 1e-9, "{share:?}");
        // Of 1, 1, 1, 0, -1.
        let net = of(&[10, 9, 9, 8, 2]).net_share(9, 6).unwrap();
        assert!((net.mean - 0.4).abs() < 1e-12 && (net.se - 0.4).abs() < 1e-12, "{net:?}");
        assert_eq!(of(&[10]).net_share(9, 6), None);
        // Newcombe's own example: 56 of 70 against 48 of 80 is 0.2 (0.0524 to 0.3339).
        let of_share = |yes: usize, no: usize| of(&[vec![9; yes], vec![1; no]].concat());
        let difference = of_share(56, 14).share_at_least_less(&of_share(48, 32), 9, 0.95).unwrap();
        assert!((difference.ci[0] - 0.0524).abs() < 1e-4 && (difference.ci[1] - 0.3339).abs() < 1e-4, "{difference:?}");
        let sure = of_share(30, 0).share_at_least_less(&of_share(2880, 120), 9, 0.95).unwrap();
        assert!(sure.ci[0] < 0.0 && sure.ci[1] > 0.0, "{sure:?}");
        let (a, b) = (Mean { n: 40.0, mean: 3.0, se: 3.0 }, Mean { n: 40.0, mean: 1.0, se: 4.0 });
        assert!((a.less(b, 0.95).ci[1] - (2.0 + 5.0 * 1.959_963_984_540_054)).abs() < 1e-9);
        assert!((each_of(5, 0.95) - 0.99).abs() < 1e-12);
    }
}
