//! The rows of a growing table in random blocks, and what resamples of the blocks sum up to.
//!
//! Owns: which block a row is in, the sums of every block, and adding them up for all resamples at once. Sums of ratings
//! are whole numbers, so a resample is a product of two tables of small integers, eight to an instruction, and every
//! figure has the bits that [`super::packed`] gives. Refuses: weights, pairwise treatment of missing answers, and tables
//! whose rows change: a table grows, or is begun anew.

use std::sync::Arc;

use fearless_simd::{Level, dispatch};
use nalgebra::DMatrix;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::bootstrap::{Units, below, stream};
use super::data::{Indicators, MISSING, RATING_ORIGIN};
use super::groups::{GroupSums, Grouping};
use super::moments::Moments;

/// Rows in blocks, each of a cell: slices and groups are made of whole cells. Up to so many rows as there are blocks, every row is a block: then resamples draw rows.
#[derive(Debug, Clone)]
pub struct MomentBlocks {
    names: Arc<[String]>,
    seed: u64,
    resamples: usize,
    most: usize,
    rows: usize,
    blocks: Vec<Members>,
    /// Where the next row goes.
    random: ChaCha8Rng,
    /// How often each block is drawn, resample by resample; before them all blocks once, which is the table itself.
    times: Vec<i16>,
    sums: BlockSums,
    /// Sums of all rows, for the table itself and every resample.
    pub(super) drawn: Drawn,
}

/// The rows of one block.
#[derive(Debug, Clone, Default)]
struct Members {
    /// The cell of each.
    cells: Vec<u32>,
    /// p bytes a row.
    ratings: Vec<u8>,
}

/// Numbers of some blocks, number by number.
#[derive(Debug, Clone)]
pub(super) struct BlockSums {
    /// Which blocks, ascending.
    blocks: Vec<u32>,
    /// One entry per number and block, those of a number together.
    values: Vec<i32>,
    width: usize,
}

/// Numbers for the table itself and then every resample.
#[derive(Debug, Clone)]
pub(super) struct Drawn {
    /// `LANE` numbers of all draws, then the next `LANE`.
    lanes: Vec<Vec<f64>>,
    width: usize,
}

/// Numbers that are added up together: their blocks stay in the first cache.
const LANE: usize = 16;

/// Above so many touched blocks, everything is added up anew.
const FEW: usize = 64;

impl Drawn {
    /// Of draw i; 0 is the table itself.
    pub(super) fn of(&self, i: usize) -> Vec<f64> {
        let mut numbers = Vec::with_capacity(LANE * self.lanes.len());
        for lane in &self.lanes {
            numbers.extend_from_slice(&lane[i * LANE..(i + 1) * LANE]);
        }
        numbers.truncate(self.width);
        numbers
    }

    /// What is left of `all` without these.
    fn out_of(mut self, all: &Self) -> Self {
        for (lane, whole) in self.lanes.iter_mut().zip(&all.lanes) {
            lane.iter_mut().zip(whole).for_each(|(part, whole)| *part = whole - *part);
        }
        self
    }
}

/// Numbers that the moments of p indicators are: rows, products, counts, sums.
fn moment_width(p: usize) -> usize {
    1 + p * (p + 1) + p * p
}

/// Ratings above this do not fit the small integers that sums are made of.
fn deviation(byte: u8) -> i32 {
    if byte == MISSING { 0 } else { i32::from(byte) - RATING_ORIGIN as i32 }
}

impl MomentBlocks {
    /// Rows of ratings, p bytes each, and their cells, in at most `most` blocks, with so many resamples.
    ///
    /// # Panics
    /// If there is no row or no name.
    pub fn new(
        names: Arc<[String]>,
        (ratings, cells): (&[u8], &[u32]),
        most: usize,
        resamples: usize,
        seed: u64,
    ) -> Self {
        let (p, rows) = (names.len(), ratings.len() / names.len());
        assert!(rows > 0, "rows to be resampled");
        let blocks = rows.min(most);
        let mut made = Self {
            seed,
            resamples,
            most,
            rows: 0,
            blocks: vec![Members::default(); blocks],
            // Resamples use the streams from 0 on; this one is theirs never.
            random: stream(seed, u64::MAX),
            times: times(blocks, resamples, seed),
            sums: BlockSums { blocks: Vec::new(), values: Vec::new(), width: moment_width(p) },
            drawn: Drawn { lanes: Vec::new(), width: moment_width(p) },
            names,
        };
        made.put((ratings, cells), rows <= most);
        made.add_up_anew();
        made
    }

    /// With the rows that have come since; ratings and cells are those of all rows.
    #[must_use]
    pub fn grown(mut self, (ratings, cells): (&[u8], &[u32])) -> Self {
        let rows = ratings.len() / self.names.len();
        if rows > self.rows && self.rows <= self.most {
            return Self::new(self.names, (ratings, cells), self.most, self.resamples, self.seed);
        }
        let mut touched = self.put((ratings, cells), false);
        touched.sort_unstable();
        touched.dedup();
        if touched.len() > FEW {
            self.add_up_anew();
        } else {
            for block in touched {
                self.add_up_again(block);
            }
        }
        self
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Puts the rows from `self.rows` on into blocks; which.
    fn put(&mut self, (ratings, cells): (&[u8], &[u32]), one_each: bool) -> Vec<usize> {
        let p = self.names.len();
        let mut touched = Vec::new();
        for (i, (row, cell)) in ratings.chunks_exact(p).zip(cells).enumerate().skip(self.rows) {
            let block = if one_each { i } else { below(&mut self.random, self.blocks.len() as u64) as usize };
            self.blocks[block].cells.push(*cell);
            self.blocks[block].ratings.extend(row);
            touched.push(block);
        }
        self.rows = ratings.len() / p;
        touched
    }

    fn add_up_anew(&mut self) {
        let every: Vec<Option<Vec<i32>>> =
            self.blocks.par_iter().map(|block| Some(self.moments(&block.ratings))).collect();
        self.sums = BlockSums::of(&every, moment_width(self.names.len()), true);
        self.drawn = self.resampled(&self.sums);
    }

    /// A block has got rows.
    fn add_up_again(&mut self, block: usize) {
        let (now, blocks) = (self.moments(&self.blocks[block].ratings), self.blocks.len());
        for (number, now) in now.into_iter().enumerate() {
            let before = &mut self.sums.values[number * blocks + block];
            let more = f64::from(now - *before);
            *before = now;
            let lane = self.drawn.lanes[number / LANE].iter_mut().skip(number % LANE).step_by(LANE);
            for (sum, times) in lane.zip(self.times.iter().skip(block).step_by(blocks)) {
                *sum += f64::from(*times) * more;
            }
        }
    }

    /// Rows, products, counts and sums of some ratings.
    fn moments(&self, ratings: &[u8]) -> Vec<i32> {
        let p = self.names.len();
        let m = Moments::of(&Indicators::from_bytes(self.names.clone(), ratings));
        let mut numbers = Vec::with_capacity(moment_width(p));
        numbers.push(m.rows as i32);
        for matrix in [&m.products, &m.counts] {
            numbers.extend((0..p).flat_map(|k| (k..p).map(move |j| matrix[(j, k)] as i32)));
        }
        numbers.extend(m.sums.as_slice().iter().map(|x| *x as i32));
        numbers
    }

    /// Moments of the rows of the cells inside, for the table itself and every resample.
    pub(super) fn slice(&self, inside: &[bool]) -> Drawn {
        let chosen = |block: &Members| block.cells.iter().filter(|cell| inside[**cell as usize]).count();
        // What is not wanted is less to look at.
        let wanted = 2 * self.blocks.par_iter().map(chosen).sum::<usize>() <= self.rows;
        let of_block = |block: &Members| {
            let rows = block.cells.iter().zip(block.ratings.chunks_exact(self.names.len()));
            let mut taken = Vec::with_capacity(block.ratings.len());
            for (_, ratings) in rows.filter(|(cell, _)| inside[**cell as usize] == wanted) {
                taken.extend_from_slice(ratings);
            }
            (!taken.is_empty()).then(|| self.moments(&taken))
        };
        let every: Vec<Option<Vec<i32>>> = self.blocks.par_iter().map(of_block).collect();
        let found = self.resampled(&BlockSums::of(&every, moment_width(self.names.len()), false));
        if wanted { found } else { found.out_of(&self.drawn) }
    }

    /// Sizes, sums and missing answers of groups of cells, over these columns alone, for the table itself and every
    /// resample.
    pub(super) fn groups(&self, grouping: &Grouping, columns: &std::ops::Range<usize>) -> Vec<Drawn> {
        let width = 1 + 2 * columns.len();
        let of_block = |block: &Members| {
            let mut all = vec![0; width * grouping.groups];
            for (cell, ratings) in block.cells.iter().zip(block.ratings.chunks_exact(self.names.len())) {
                let group = grouping.labels[*cell as usize] as usize;
                if group >= grouping.groups {
                    continue;
                }
                let (n, numbers) = all[group * width..(group + 1) * width].split_at_mut(1);
                let (sums, missing) = numbers.split_at_mut(columns.len());
                for ((sum, missing), byte) in sums.iter_mut().zip(missing).zip(&ratings[columns.clone()]) {
                    *sum += deviation(*byte);
                    *missing += i32::from(*byte == MISSING);
                }
                n[0] += 1;
            }
            all
        };
        let every: Vec<Vec<i32>> = self.blocks.par_iter().map(of_block).collect();
        let of_group = |g: usize| {
            let of_block = |all: &Vec<i32>| (all[g * width] > 0).then(|| all[g * width..(g + 1) * width].to_vec());
            self.resampled(&BlockSums::of(&every.iter().map(of_block).collect::<Vec<_>>(), width, false))
        };
        (0..grouping.groups).into_par_iter().map(of_group).collect()
    }

    /// Each number added up over blocks, as often as every resample has them.
    fn resampled(&self, sums: &BlockSums) -> Drawn {
        let (all, some) = (self.blocks.len(), sums.blocks.len());
        let gathered: Vec<i16>;
        let times = if some == all {
            &self.times
        } else {
            let of = |times: &[i16]| sums.blocks.iter().map(|b| times[*b as usize]).collect::<Vec<_>>();
            gathered = self.times.chunks_exact(all).flat_map(of).collect();
            &gathered
        };
        let draws = self.resamples + 1;
        let lane = |first: usize| {
            let columns: Vec<&[i32]> = (first..(first + LANE).min(sums.width))
                .map(|number| &sums.values[number * some..(number + 1) * some])
                .collect();
            add_up(times, &columns, draws)
        };
        let firsts: Vec<usize> = (0..sums.width).step_by(LANE).collect();
        Drawn { lanes: firsts.into_par_iter().map(lane).collect(), width: sums.width }
    }

    /// Moments from their numbers; squares, which pairwise correlations need, are left out.
    pub(super) fn to_moments(&self, numbers: &[f64]) -> Moments {
        let p = self.names.len();
        let mut rest = numbers.iter().copied();
        let mut next = || rest.next().unwrap_or_default();
        let rows = next();
        let mut symmetric = || {
            let mut matrix = DMatrix::zeros(p, p);
            for k in 0..p {
                for j in k..p {
                    let x = next();
                    matrix[(j, k)] = x;
                    matrix[(k, j)] = x;
                }
            }
            matrix
        };
        let (products, counts) = (symmetric(), symmetric());
        let sums = DMatrix::from_fn(p, p, |_, _| next());
        let origin = vec![RATING_ORIGIN; p];
        Moments { names: self.names.clone(), origin, rows, counts, sums, products, squares: DMatrix::zeros(0, 0) }
    }
}

/// Sums of a group from its numbers; the columns that were not asked for are NaN.
pub(super) fn to_group(numbers: &[f64], columns: &std::ops::Range<usize>, p: usize) -> GroupSums {
    let (sums, missing) = numbers[1..].split_at(columns.len());
    let mut group = GroupSums { n: numbers[0], sums: vec![f64::NAN; p], missing: vec![f64::NAN; p] };
    group.sums[columns.clone()].copy_from_slice(sums);
    group.missing[columns.clone()].copy_from_slice(missing);
    group
}

impl BlockSums {
    /// Of the blocks that have any; of all if that is `wanted`, or if putting together how often some are drawn would cost
    /// more than adding up nothing for the others, of which some twenty are added in the time.
    fn of(every: &[Option<Vec<i32>>], width: usize, wanted: bool) -> Self {
        let some = every.iter().filter(|numbers| numbers.is_some()).count();
        let all = wanted || width * (every.len() - some) < 20 * some;
        let blocks: Vec<u32> = (0..).zip(every).filter(|(_, n)| all || n.is_some()).map(|(b, _)| b).collect();
        let mut values = vec![0; width * blocks.len()];
        for (place, block) in blocks.iter().enumerate() {
            for (number, x) in every[*block as usize].iter().flatten().enumerate() {
                values[number * blocks.len() + place] = *x;
            }
        }
        Self { blocks, values, width }
    }
}

/// How often each block is drawn: once each, then resample by resample as [`super::bootstrap`] draws.
fn times(blocks: usize, resamples: usize, seed: u64) -> Vec<i16> {
    let units = Units::Simple(blocks);
    let mut all = vec![1; blocks];
    let mut drawn = vec![0; blocks];
    for i in 0..resamples as u64 {
        units.draw(&mut drawn, &mut stream(seed, i));
        // A block is drawn at most as often as there are blocks.
        all.extend(drawn.iter().map(|times| *times as i16));
    }
    all
}

/// What a 16-bit number holds of a larger one: the rest is `SPLIT` times another.
const SPLIT: i32 = 1 << 15;

/// The sums of at most [`LANE`] columns for every draw, `LANE` places each.
fn add_up(times: &[i16], columns: &[&[i32]], draws: usize) -> Vec<f64> {
    let mut found = vec![0.0; draws * LANE];
    let blocks = columns.first().map_or(0, |column| column.len());
    if blocks == 0 {
        return found;
    }
    let halves: Vec<(Vec<i16>, Option<Vec<i16>>)> = columns.iter().map(|column| halves(column)).collect();
    // Compiled for several kinds of processor, of which the best that there is runs: the same whole numbers from each.
    dispatch!(Level::new(), _simd => sums_of_draws(times, &halves, blocks, &mut found));
    found
}

#[expect(clippy::inline_always, reason = "so that it is compiled anew for each kind of processor")]
#[inline(always)]
fn sums_of_draws(times: &[i16], halves: &[(Vec<i16>, Option<Vec<i16>>)], blocks: usize, found: &mut [f64]) {
    for (draw, times) in times.chunks_exact(blocks).enumerate() {
        for (sum, (low, high)) in found[draw * LANE..].iter_mut().zip(halves) {
            let above = high.as_ref().map_or(0.0, |high| f64::from(SPLIT) * f64::from(dot(times, high)));
            *sum = above + f64::from(dot(times, low));
        }
    }
}

/// A column in 16-bit numbers: as it is, or what is left of multiples of [`SPLIT`], and these.
fn halves(column: &[i32]) -> (Vec<i16>, Option<Vec<i16>>) {
    let small: Option<Vec<i16>> = column.iter().map(|x| i16::try_from(*x).ok()).collect();
    // A rest is below 2^15; multiples are of sums below 2^30, as those of 60,000 rows of a block are.
    let part = |of: fn(i32) -> i32| column.iter().map(|x| of(*x) as i16).collect();
    small.map_or_else(|| (part(|x| x.rem_euclid(SPLIT)), Some(part(|x| x.div_euclid(SPLIT)))), |small| (small, None))
}

/// Compiles to packed multiply-add. Blocks are at most 2^15 and drawn that often together, so that no sum leaves 31 bits.
#[expect(clippy::inline_always, reason = "as above")]
#[inline(always)]
fn dot(a: &[i16], b: &[i16]) -> i32 {
    a.iter().zip(b).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
}
