//! What stands out: groups that were, for some periods, surely other than in their other periods.
//!
//! Owns: testing every cell of groups by periods against the same group's other cells, so that a dip is found without being
//! looked for, and not by chance. Refuses: cells of too few rows; an alarm for what a group always is (a house that is
//! low all the time does not stand out from itself).
//!
//! For cell c of a group and its other cells o: t = (x_c - x_o)/sqrt(s²_c/n_c + s²_o/n_o) with the degrees of freedom of
//! Welch (1947), Biometrika 34; the p-values of all cells by Holm (1979), Scand. J. Statistics 6, so that an error among
//! all of them is as rare as the level says. Neighbouring cells on the same side are one standout; its difference is to
//! the cells of the group that do not stand out, its interval ± z of 1 - α/2k over k tests (Bonferroni), simultaneous.

use super::dist::{normal_quantile, student_t_two_sided};

/// Sums over the 0-100 scores of the rows of a cell.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cell {
    pub n: f64,
    pub sum: f64,
    pub squares: f64,
}

impl Cell {
    /// With one more row.
    pub fn push(&mut self, score: f64) {
        self.n += 1.0;
        self.sum += score;
        self.squares += score * score;
    }

    fn plus(self, other: Self) -> Self {
        Self { n: self.n + other.n, sum: self.sum + other.sum, squares: self.squares + other.squares }
    }

    fn minus(self, other: Self) -> Self {
        Self { n: self.n - other.n, sum: self.sum - other.sum, squares: self.squares - other.squares }
    }

    /// The mean; NaN without rows.
    pub fn mean(&self) -> f64 {
        self.sum / self.n
    }

    /// Squared standard error of the mean; NaN below two rows.
    pub fn variance_of_mean(&self) -> f64 {
        let spread = (self.squares - self.sum * self.sum / self.n).max(0.0);
        spread / (self.n - 1.0) / self.n
    }
}

/// Neighbouring periods of a group that stand out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standout {
    pub group: usize,
    /// First and last period.
    pub periods: (usize, usize),
    pub rows: f64,
    /// Mean of these periods.
    pub mean: f64,
    /// Mean of the group's periods that do not stand out.
    pub otherwise: f64,
    /// `mean - otherwise`, with its interval.
    pub difference: f64,
    pub ci: [f64; 2],
}

/// What stands out among groups (rows) by periods (columns), the surest first. Cells of fewer than `fewest` rows
/// are not judged.
pub fn standouts(cells: &[Vec<Cell>], fewest: f64, level: f64) -> Vec<Standout> {
    let mut tests: Vec<(f64, f64, usize, usize)> = Vec::new();
    for (group, periods) in cells.iter().enumerate() {
        let all = periods.iter().fold(Cell::default(), |all, cell| all.plus(*cell));
        for (period, cell) in periods.iter().enumerate() {
            let others = all.minus(*cell);
            if cell.n >= fewest
                && others.n >= fewest
                && let Some((t, p)) = welch(*cell, others)
            {
                tests.push((p, t, group, period));
            }
        }
    }
    let count = tests.len();
    tests.sort_by(|a, b| a.0.total_cmp(&b.0));
    let sure = tests.iter().enumerate().take_while(|(i, test)| test.0 <= (1.0 - level) / (count - i) as f64);
    let mut sides = vec![Vec::new(); cells.len()];
    for (_, (_, t, group, period)) in sure {
        sides[*group].push((*period, t.signum()));
    }
    let z = if count == 0 { 0.0 } else { normal_quantile(1.0 - (1.0 - level) / 2.0 / count as f64) };
    let mut found: Vec<(f64, Standout)> = Vec::new();
    for (group, sides) in sides.iter_mut().enumerate() {
        sides.sort_by_key(|(period, _)| *period);
        let out = sides.iter().fold(Cell::default(), |sum, (period, _)| sum.plus(cells[group][*period]));
        let ordinary = cells[group].iter().fold(Cell::default(), |all, cell| all.plus(*cell)).minus(out);
        for run in sides.chunk_by(|a, b| a.0 + 1 == b.0 && a.1 == b.1) {
            let (first, last) = (run[0].0, run[run.len() - 1].0);
            let cell = cells[group][first..=last].iter().fold(Cell::default(), |sum, cell| sum.plus(*cell));
            // Where every period stands out from the others there is nothing ordinary to compare with.
            if ordinary.n < fewest {
                continue;
            }
            let difference = cell.mean() - ordinary.mean();
            let se = (cell.variance_of_mean() + ordinary.variance_of_mean()).sqrt();
            let standout = Standout {
                group,
                periods: (first, last),
                rows: cell.n,
                mean: cell.mean(),
                otherwise: ordinary.mean(),
                difference,
                ci: [difference - z * se, difference + z * se],
            };
            found.push((difference.abs() / se, standout));
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.into_iter().map(|(_, standout)| standout).collect()
}

/// Welch's t and its two-sided p; `None` without any spread.
fn welch(a: Cell, b: Cell) -> Option<(f64, f64)> {
    let (va, vb) = (a.variance_of_mean(), b.variance_of_mean());
    let variance = va + vb;
    let t = (a.mean() - b.mean()) / variance.sqrt();
    let df = variance * variance / (va * va / (a.n - 1.0) + vb * vb / (b.n - 1.0));
    let p = student_t_two_sided(t, df);
    p.is_finite().then_some((t, p))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csi::bootstrap::{below, stream};

    /// Groups by periods of rows drawn around a level.
    fn cells(
        seed: u64,
        groups: usize,
        periods: usize,
        rows: usize,
        level: impl Fn(usize, usize) -> f64,
    ) -> Vec<Vec<Cell>> {
        let mut random = stream(seed, 0);
        let mut noise = || (0..12).map(|_| below(&mut random, 1001) as f64 / 1000.0).sum::<f64>() - 6.0;
        (0..groups)
            .map(|g| {
                (0..periods)
                    .map(|m| {
                        let mut cell = Cell::default();
                        (0..rows).for_each(|_| cell.push(level(g, m) + 20.0 * noise()));
                        cell
                    })
                    .collect()
            })
            .collect()
    }

    #[test]
    fn a_dip_is_found_with_its_length_and_depth() {
        let dip = |g: usize, m: usize| if g == 2 && (5..8).contains(&m) { 50.0 } else { 70.0 - g as f64 };
        let found = standouts(&cells(1, 4, 12, 60, dip), 30.0, 0.95);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].group, found[0].periods, found[0].rows), (2, (5, 7), 180.0));
        let [low, high] = found[0].ci;
        assert!(low < -18.0 && -18.0 < high && high < -10.0, "{found:?}");
    }

    #[test]
    fn an_alarm_where_nothing_happened_is_as_rare_as_the_level_says() {
        let alarms =
            (0..400).filter(|seed| !standouts(&cells(*seed, 8, 18, 40, |_, _| 66.0), 30.0, 0.95).is_empty()).count();
        // 5 % of 400 are 20; more than 33 would come once in 300 such tests. Cells are tested against what they are
        // part of the rest of, so a little less is to be expected.
        assert!((4..=33).contains(&alarms), "{alarms} of 400");
    }

    #[test]
    fn t_and_p_are_those_of_a_worked_example() {
        // R 4.2.2: t.test(c(1,2,3,4,10), c(5,6,7,9,9,12)).
        let cell = |values: &[f64]| {
            let mut cell = Cell::default();
            for x in values {
                cell.push(*x);
            }
            cell
        };
        let (t, p) = welch(cell(&[1.0, 2.0, 3.0, 4.0, 10.0]), cell(&[5.0, 6.0, 7.0, 9.0, 9.0, 12.0])).unwrap();
        assert!((t + 2.118_013_528_85).abs() < 1e-10 && (p - 0.071_343_160_457).abs() < 1e-10, "{t} {p}");
    }

    #[test]
    fn a_few_rows_and_constant_rows_are_not_judged() {
        let low = |_: usize, m: usize| if m == 1 { 10.0 } else { 70.0 };
        assert!(standouts(&cells(1, 1, 3, 29, low), 30.0, 0.95).is_empty());
        let mut same = Cell::default();
        (0..50).for_each(|_| same.push(70.0));
        assert!(standouts(&[vec![same, same]], 30.0, 0.95).is_empty());
        assert!(standouts(&[], 30.0, 0.95).is_empty());
    }
}
