//! What was found less what was expected, and what either side of zero does to satisfaction.
//!
//! Owns: sums over guests by gap, and the straight line of satisfaction over the gaps within a range. Refuses: to say why; who
//! expected little may also judge mildly.
//!
//! Disconfirmation after Oliver (1980), J. Marketing Research 17(4), as the difference of two ratings; around zero lies a zone
//! of indifference (Woodruff, Cadotte & Jenkins 1983, J. Marketing Research 20(3)). Slopes are those of least squares with the
//! usual standard error.

use super::dist::normal_quantile;

/// Sums over guests with a gap, and with a score where there is one.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sums {
    /// Guests, and those with a score.
    pub n: f64,
    pub scored: f64,
    score: f64,
    squares: f64,
}

impl Sums {
    /// With one more guest.
    pub fn push(&mut self, score: Option<f64>) {
        self.n += 1.0;
        if let Some(score) = score {
            self.scored += 1.0;
            self.score += score;
            self.squares += score * score;
        }
    }

    /// With all guests of another.
    pub fn add(&mut self, other: &Self) {
        self.n += other.n;
        self.scored += other.scored;
        self.score += other.score;
        self.squares += other.squares;
    }

    /// Mean score and its standard error, from two scores.
    pub fn mean(&self) -> Option<(f64, f64)> {
        let mean = self.score / self.scored;
        let variance = ((self.squares - mean * self.score) / (self.scored - 1.0)).max(0.0);
        (self.scored >= 2.0).then(|| (mean, (variance / self.scored).sqrt()))
    }
}

/// Guests by gap: those of gap `i - zero` in place `i`.
#[derive(Debug, Clone, PartialEq)]
pub struct Gaps {
    pub zero: i32,
    pub sums: Vec<Sums>,
}

/// A slope with its standard error, of so many guests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slope {
    pub n: f64,
    pub estimate: f64,
    pub se: f64,
}

impl Gaps {
    /// None yet; gaps lie between `-widest` and `widest`.
    pub fn new(widest: u8) -> Self {
        Self { zero: i32::from(widest), sums: vec![Sums::default(); 2 * usize::from(widest) + 1] }
    }

    /// With one more guest.
    pub fn push(&mut self, gap: i32, score: Option<f64>) {
        self.sums[(self.zero + gap) as usize].push(score);
    }

    /// Number of guests.
    pub fn n(&self) -> f64 {
        self.sums.iter().map(|sums| sums.n).sum()
    }

    /// Sums by gap, from the lowest.
    pub fn each(&self) -> impl DoubleEndedIterator<Item = (i32, &Sums)> {
        let places = self.sums.iter().enumerate();
        places.map(|(place, sums)| (i32::try_from(place).unwrap_or(i32::MAX) - self.zero, sums))
    }

    fn by_gap(&self) -> impl Iterator<Item = (f64, &Sums)> {
        self.each().map(|(gap, sums)| (f64::from(gap), sums))
    }

    /// Mean gap and its standard error, from two guests.
    pub fn mean(&self) -> Option<(f64, f64)> {
        let n = self.n();
        let mean = self.by_gap().map(|(gap, sums)| gap * sums.n).sum::<f64>() / n;
        let spread: f64 = self.by_gap().map(|(gap, sums)| (gap - mean).powi(2) * sums.n).sum();
        (n >= 2.0).then(|| (mean, (spread / (n - 1.0) / n).sqrt()))
    }

    /// How many guests have a gap below the zone, within it, above it; the zone reaches from `-zone` to `zone`.
    pub fn parts(&self, zone: u8) -> [f64; 3] {
        let mut parts = [0.0; 3];
        for (gap, sums) in self.by_gap() {
            let part = 1 + usize::from(gap > f64::from(zone)) - usize::from(gap < -f64::from(zone));
            parts[part] += sums.n;
        }
        parts
    }

    /// Points of the score per point of the gap, among gaps from `from` to `to`; `None` with scores of fewer than two gaps or of
    /// fewer than three guests.
    pub fn slope(&self, from: i32, to: i32) -> Option<Slope> {
        let inside = || self.by_gap().filter(|(gap, _)| *gap >= f64::from(from) && *gap <= f64::from(to));
        let n: f64 = inside().map(|(_, sums)| sums.scored).sum();
        let (x, y) = inside().fold((0.0, 0.0), |(x, y), (gap, sums)| (x + gap * sums.scored, y + sums.score));
        let (x, y) = (x / n, y / n);
        let xx: f64 = inside().map(|(gap, sums)| (gap - x).powi(2) * sums.scored).sum();
        let xy: f64 = inside().map(|(gap, sums)| (gap - x) * (sums.score - y * sums.scored)).sum();
        let yy: f64 = inside().map(|(_, sums)| sums.squares - 2.0 * y * sums.score + y * y * sums.scored).sum();
        if n < 3.0 || xx <= 0.0 {
            return None;
        }
        let estimate = xy / xx;
        Some(Slope { n, estimate, se: ((yy - estimate * xy).max(0.0) / (n - 2.0) / xx).sqrt() })
    }
}

impl Slope {
    /// Its interval.
    pub fn ci(&self, level: f64) -> [f64; 2] {
        let reach = normal_quantile(f64::midpoint(1.0, level)) * self.se;
        [self.estimate - reach, self.estimate + reach]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against R: `summary(lm(y ~ x))` of these, and `t.test(x)`.
    #[test]
    fn slopes_and_means_are_those_of_least_squares() {
        let mut gaps = Gaps::new(9);
        for (gap, score) in
            [(-4, 30.0), (-3, 45.0), (-2, 50.0), (-2, 58.0), (-1, 61.0), (0, 70.0), (1, 71.0), (2, 72.0)]
        {
            gaps.push(gap, Some(score));
        }
        gaps.push(3, None);
        let slope = gaps.slope(-9, -1).unwrap();
        assert!((slope.estimate - 10.307_692_307_692_31).abs() < 1e-9, "{slope:?}");
        assert!((slope.se - 1.795_787_312_296_73).abs() < 1e-9, "{slope:?}");
        let (mean, se) = gaps.mean().unwrap();
        assert!(
            (mean + 0.666_666_666_666_667).abs() < 1e-12 && (se - 0.781_735_959_970_572).abs() < 1e-9,
            "{mean} {se}"
        );
        assert_eq!(gaps.parts(1), [4.0, 3.0, 2.0]);
        assert_eq!((gaps.slope(0, 0), gaps.slope(3, 9)), (None, None));
        let (mean, se) = gaps.sums[7].mean().unwrap();
        assert!((mean - 54.0).abs() < 1e-12 && (se - 4.0).abs() < 1e-12);
    }
}
