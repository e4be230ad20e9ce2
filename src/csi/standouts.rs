//! What stands out: groups that were, for some periods, surely other than in their other periods.
//!
//! Owns: testing every cell of groups by periods against the same group's other cells, so that a dip is found without being
//! looked for, and not by chance. Refuses: cells of too few rows; an alarm for what a group always is (a house that is
//! low all the time does not stand out from itself).
//!
//! For cell c of a group and its other cells o: t = (x_c - x_o)/sqrt(s²_c/n_c + s²_o/n_o) with the degrees of freedom of
//! Welch (1947), Biometrika 34; s²_c no less than s²_o, or skewed scores would alarm far more often than the level says (a
//! simulation with three quarters of the scores at the top is among the tests). The surest cell of all is taken out and the rest of its group tested anew, as in Rosner
//! (1983), Technometrics 25, so that a deep dip does not make the ordinary cells look high; the i-th of k must have
//! p <= α/(k - i + 1), the steps of Holm (1979), Scand. J. Statistics 6. The first step holds the level for all cells
//! together; the tests count alarms. Neighbouring cells on the same side are one standout; its difference is to the cells
//! of the group that do not stand out, its interval ± z of 1 - α/2k. Since the run was chosen from the same data, the
//! interval is adjusted for the k tests and no more.

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

    /// With all rows of another.
    pub fn add(&mut self, other: Self) {
        *self = self.plus(other);
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

    /// Sample variance; NaN below two rows.
    pub fn variance(&self) -> f64 {
        (self.squares - self.sum * self.sum / self.n).max(0.0) / (self.n - 1.0)
    }

    /// Squared standard error of the mean; NaN below two rows.
    pub fn variance_of_mean(&self) -> f64 {
        self.variance() / self.n
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

/// What stands out among groups (rows) by periods (columns), the surest first, and how many cells could be judged: those
/// of at least `fewest` rows, beside two others and as many rows in them.
pub fn standouts(cells: &[Vec<Cell>], fewest: f64, level: f64) -> (Vec<Standout>, usize) {
    let mut out: Vec<Vec<Option<f64>>> = cells.iter().map(|periods| vec![None; periods.len()]).collect();
    let judged = |group: usize, out: &[Option<f64>]| tests(&cells[group], out, fewest);
    let mut surest: Vec<Option<(f64, f64, usize)>> = Vec::with_capacity(cells.len());
    let mut count = 0;
    for group in 0..cells.len() {
        let tests = judged(group, &out[group]);
        count += tests.len();
        surest.push(tests.into_iter().min_by(|a, b| a.0.total_cmp(&b.0)));
    }
    for taken in 0..count {
        let best = (0..cells.len()).filter_map(|g| surest[g].map(|test| (g, test)));
        let Some((group, (p, t, period))) = best.min_by(|a, b| a.1.0.total_cmp(&b.1.0)) else { break };
        if p > (1.0 - level) / (count - taken) as f64 {
            break;
        }
        out[group][period] = Some(t.signum());
        surest[group] = judged(group, &out[group]).into_iter().min_by(|a, b| a.0.total_cmp(&b.0));
    }
    let z = if count == 0 { 0.0 } else { normal_quantile(1.0 - (1.0 - level) / 2.0 / count as f64) };
    let mut found: Vec<(f64, Standout)> =
        (0..cells.len()).flat_map(|group| runs(group, &cells[group], &out[group], z)).collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    (found.into_iter().map(|(_, standout)| standout).collect(), count)
}

/// Each ordinary cell of a group against its other ordinary cells: p, t, period.
fn tests(cells: &[Cell], out: &[Option<f64>], fewest: f64) -> Vec<(f64, f64, usize)> {
    let ordinary = || cells.iter().enumerate().filter(|(period, cell)| out[*period].is_none() && cell.n > 0.0);
    let all = ordinary().fold(Cell::default(), |all, (_, cell)| all.plus(*cell));
    if ordinary().count() < 3 {
        return Vec::new();
    }
    let test = |(period, cell): (usize, &Cell)| {
        let others = all.minus(*cell);
        let (t, p) = welch(*cell, others).filter(|_| cell.n >= fewest && others.n >= fewest)?;
        Some((p, t, period))
    };
    ordinary().filter_map(test).collect()
}

/// Neighbouring periods of a group that stand out on the same side, each with how surely; those whose interval says nothing
/// of the side are left out.
fn runs(group: usize, cells: &[Cell], out: &[Option<f64>], z: f64) -> Vec<(f64, Standout)> {
    let sum = |cells: &mut dyn Iterator<Item = &Cell>| cells.fold(Cell::default(), |sum, cell| sum.plus(*cell));
    let ordinary = sum(&mut cells.iter().zip(out).filter(|(_, side)| side.is_none()).map(|(cell, _)| cell));
    let sides: Vec<(usize, f64)> =
        out.iter().enumerate().filter_map(|(period, side)| Some((period, (*side)?))).collect();
    let run = |run: &[(usize, f64)]| {
        let (first, last, side) = (run[0].0, run[run.len() - 1].0, run[0].1);
        let cell = sum(&mut cells[first..=last].iter());
        let difference = cell.mean() - ordinary.mean();
        let se = (cell.variance().max(ordinary.variance()) / cell.n + ordinary.variance_of_mean()).sqrt();
        let ci = [difference - z * se, difference + z * se];
        let standout = Standout {
            group,
            periods: (first, last),
            rows: cell.n,
            mean: cell.mean(),
            otherwise: ordinary.mean(),
            difference,
            ci,
        };
        (ci[0] * ci[1] > 0.0 && difference * side > 0.0).then_some((difference.abs() / se, standout))
    };
    sides.chunk_by(|a, b| a.0 + 1 == b.0 && a.1 == b.1).filter_map(run).collect()
}

/// Welch's t of a cell and the others and its two-sided p; `None` without any spread. Scores are skewed: a cell whose mean is
/// high by chance has little spread by the same chance, so that its variance is taken to be no less than that of the others,
/// and then known as well as theirs.
fn welch(cell: Cell, others: Cell) -> Option<(f64, f64)> {
    let (own, vb) = (cell.variance_of_mean(), others.variance_of_mean());
    let least = others.variance() / cell.n;
    let variance = own.max(least) + vb;
    let t = (cell.mean() - others.mean()) / variance.sqrt();
    let df = if own < least {
        others.n - 1.0
    } else {
        variance * variance / (own * own / (cell.n - 1.0) + vb * vb / (others.n - 1.0))
    };
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
        let (found, _) = standouts(&cells(1, 4, 12, 60, dip), 30.0, 0.95);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].group, found[0].periods, found[0].rows), (2, (5, 7), 180.0));
        let [low, high] = found[0].ci;
        assert!(low < -18.0 && -18.0 < high && high < -10.0, "{found:?}");
    }

    #[test]
    fn a_deep_dip_among_many_rows_or_few_periods_leaves_the_ordinary_ones_alone() {
        for (periods, rows) in [(18, 4000), (3, 60), (5, 400)] {
            let dip = |g: usize, m: usize| if g == 1 && m == 1 { 50.0 } else { 70.0 };
            // A draw in which chance adds no alarm of its own; how often it does is counted below.
            let (found, judged) = standouts(&cells(5, 2, periods, rows, dip), 30.0, 0.95);
            assert_eq!((found.len(), judged), (1, 2 * periods), "{periods} {rows}: {found:?}");
            assert_eq!((found[0].group, found[0].periods), (1, (1, 1)));
            assert!(found[0].difference < 0.0 && found[0].ci[1] < 0.0);
        }
    }

    #[test]
    fn an_alarm_where_nothing_happened_is_as_rare_as_the_level_says() {
        let alarms =
            (0..400).filter(|seed| !standouts(&cells(*seed, 8, 18, 40, |_, _| 66.0), 30.0, 0.95).0.is_empty()).count();
        // 5 % of 400 are 20; more than 33 would come once in 300 such tests. Cells are tested against what they are
        // part of the rest of, so a little less is to be expected.
        assert!((4..=33).contains(&alarms), "{alarms} of 400");
    }

    /// Most guests are content and few are not at all: three quarters of the scores at the top.
    #[test]
    fn skewed_scores_alarm_no_more_often() {
        let cells = |seed: u64| -> Vec<Vec<Cell>> {
            let mut random = stream(seed, 0);
            let mut cell = || {
                let mut cell = Cell::default();
                (0..40).for_each(|_| {
                    let drawn = below(&mut random, 8) as usize;
                    cell.push([100.0, 100.0, 100.0, 75.0, 40.0, 0.0][drawn.saturating_sub(2)]);
                });
                cell
            };
            (0..8).map(|_| (0..18).map(|_| cell()).collect()).collect()
        };
        let alarms = (0..400).filter(|seed| !standouts(&cells(*seed), 30.0, 0.95).0.is_empty()).count();
        assert!(alarms <= 33, "{alarms} of 400");
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
        assert_eq!(standouts(&cells(1, 1, 3, 29, low), 30.0, 0.95), (Vec::new(), 0));
        // Of two periods nobody can say which is the odd one.
        assert_eq!(standouts(&cells(1, 1, 2, 90, low), 30.0, 0.95), (Vec::new(), 0));
        let mut same = Cell::default();
        (0..50).for_each(|_| same.push(70.0));
        assert_eq!(standouts(&[vec![same, same, same]], 30.0, 0.95), (Vec::new(), 0));
        assert_eq!(standouts(&[], 30.0, 0.95), (Vec::new(), 0));
    }
}
