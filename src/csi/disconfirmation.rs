//! What was found less what was expected, and what either side of zero does to satisfaction.
//!
//! Owns: sums over guests by gap, the straight line of satisfaction over the gaps within a range, and whether falling short
//! takes more than exceeding adds. Refuses: to say why; who expected little may also judge mildly.
//!
//! Disconfirmation after Oliver (1980), J. Marketing Research 17(4), as the difference of two ratings; around zero lies a zone
//! of indifference (Woodruff, Cadotte & Jenkins 1983, J. Marketing Research 20(3)). Slopes are those of least squares with the
//! usual standard error.
//!
//! Ratings end at the top of their scale: who found much cannot have found much more than was expected, so that the slope above
//! the zone is flatter than the one below even where satisfaction follows what was found and nothing else. Whether falling
//! short counts for more is therefore asked of guests who found the same: with f what was found and g the gap beyond the zone
//! w, score = a + b f + c min(g + w, 0) + d max(g - w, 0), and c - d with its standard error by least squares.

use nalgebra::{Matrix4, Vector4};

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
    /// The same by what was found as well, from the scale's lowest point: all gaps of the first point, then of the next.
    by_found: Vec<Sums>,
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
        let gaps = 2 * usize::from(widest) + 1;
        let by_found = vec![Sums::default(); gaps * (usize::from(widest) + 1)];
        Self { zero: i32::from(widest), sums: vec![Sums::default(); gaps], by_found }
    }

    /// With one more guest, who found so many points above the lowest of the scale.
    pub fn push(&mut self, gap: i32, found: u8, score: Option<f64>) {
        let place = (self.zero + gap) as usize;
        self.sums[place].push(score);
        self.by_found[usize::from(found) * self.sums.len() + place].push(score);
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

    /// Among guests who found the same: what a point below the zone takes away, what a point above it adds, and the one less the
    /// other; `None` where the guests do not tell them apart.
    pub fn loss_and_gain(&self, zone: u8) -> Option<[Slope; 3]> {
        let zone = f64::from(zone);
        let terms =
            |found: usize, gap: f64| Vector4::new(1.0, found as f64, (gap + zone).min(0.0), (gap - zone).max(0.0));
        let gaps = self.sums.len();
        let cells = self.by_found.iter().enumerate().filter(|(_, sums)| sums.scored > 0.0);
        let (mut xx, mut xy, mut yy, mut n) = (Matrix4::zeros(), Vector4::zeros(), 0.0, 0.0);
        for (place, sums) in cells {
            let x = terms(place / gaps, f64::from(i32::try_from(place % gaps).ok()? - self.zero));
            xx += sums.scored * x * x.transpose();
            xy += sums.score * x;
            (yy, n) = (yy + sums.squares, n + sums.scored);
        }
        // Whether a term follows from the others is a matter of whole numbers: its pivot is then zero but for rounding.
        let factor = xx.cholesky().filter(|factor| n > 4.0 && least_pivot(&xx, &factor.l()) > 1e-9)?;
        let found = factor.solve(&xy);
        let residual = (yy - found.dot(&xy)).max(0.0) / (n - 4.0);
        let slope = |below: f64, above: f64| {
            let contrast = Vector4::new(0.0, 0.0, below, above);
            let variance = residual * contrast.dot(&factor.solve(&contrast));
            Slope { n, estimate: found.dot(&contrast), se: variance.sqrt() }
        };
        Some([slope(1.0, 0.0), slope(0.0, 1.0), slope(1.0, -1.0)])
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

/// Of every column, how much of it the columns before leave unexplained, as a share: the least.
fn least_pivot(xx: &Matrix4<f64>, l: &Matrix4<f64>) -> f64 {
    (0..4).map(|k| l[(k, k)].powi(2) / xx[(k, k)]).fold(f64::INFINITY, f64::min)
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
            gaps.push(gap, 5, Some(score));
        }
        gaps.push(3, 5, None);
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
        assert_eq!(gaps.loss_and_gain(1), None, "all found the same, and nobody much more");
    }

    /// Against R 4.2.2: `lm(y ~ f + pmin(g + 1, 0) + pmax(g - 1, 0))` and its `vcov`.
    #[test]
    fn loss_less_gain_is_that_of_least_squares() {
        let guests = [
            (9, -1, 88.0),
            (5, -4, 40.0),
            (8, 3, 86.0),
            (7, 0, 71.0),
            (4, -5, 24.0),
            (9, 2, 93.0),
            (6, 4, 70.0),
            (3, -3, 30.0),
            (7, -2, 66.0),
            (2, -6, 9.0),
            (8, 5, 85.0),
            (6, -3, 51.0),
            (9, 6, 97.0),
            (5, 1, 57.0),
        ];
        let mut gaps = Gaps::new(9);
        for (found, gap, score) in guests {
            gaps.push(gap, found, Some(score));
        }
        let [_, _, found] = gaps.loss_and_gain(1).unwrap();
        assert!((found.estimate - 3.738_982_293_470_365).abs() < 1e-9, "{found:?}");
        assert!((found.se - 0.777_618_206_915_773).abs() < 1e-9, "{found:?}");
    }

    /// Satisfaction follows what was found and nothing else; what was found stands near the top of its scale.
    #[test]
    fn the_end_of_the_scale_is_no_loss() {
        use crate::csi::bootstrap::{below, stream};
        let mut verdicts = 0;
        for sample in 0..400 {
            let mut random = stream(11, sample);
            let mut gaps = Gaps::new(9);
            for _ in 0..300 {
                let mut point = || {
                    let noise = (0..12).map(|_| below(&mut random, 1000) as f64 / 1000.0).sum::<f64>() - 6.0;
                    (6.8 + 2.2 * noise).round().clamp(0.0, 9.0)
                };
                let (found, expected, noise) = (point(), point(), point());
                gaps.push((found - expected) as i32, found as u8, Some(20.0 + 7.0 * found + 3.0 * noise));
            }
            let [low, high] = gaps.loss_and_gain(1).unwrap()[2].ci(0.95);
            verdicts += usize::from(low > 0.0 || high < 0.0);
        }
        // 5 % of 400 are 20.
        assert!((7..=36).contains(&verdicts), "{verdicts} of 400");
    }
}
