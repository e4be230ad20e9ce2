//! The flags of `soundings fit`.
//!
//! Owns: their names, defaults, help, and what each accepts. Refuses, through clap: values out of range
//! and flags that contradict each other.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::csi::data::ScaleRange;
use crate::csi::fit::FitOptions;
use crate::csi::intervals::Interval;

/// Estimate a model from a data file.
#[derive(Debug, Clone, Args)]
pub struct FitArgs {
    /// Model in lavaan syntax: `Satisfaction ~ Quality`, `Quality =~ q1 + q2` (`<~` for a composite).
    #[arg(long, value_name = "FILE")]
    pub(super) model: PathBuf,
    /// Data: delimited text with a header line; only the model's columns are read.
    #[arg(long, value_name = "FILE")]
    pub(super) data: PathBuf,
    /// How neighbours enter a construct's inner proxy.
    #[arg(long, value_enum, default_value = "path")]
    pub(super) inner: Inner,
    /// Composites (`<~`) to weight by mode A: `all`, or names separated by commas. Default: mode B.
    #[arg(long, value_name = "all|NAME,…")]
    pub(super) mode_a: Option<String>,
    /// Correct blocks written `=~` for attenuation (consistent PLS).
    #[arg(long)]
    pub(super) consistent: bool,
    /// Sign rule: `none`, or `dominant:INDICATOR` to turn its construct so that it loads positively.
    #[arg(long, value_name = "none|dominant:INDICATOR")]
    pub(super) sign: Vec<String>,
    /// Weight rows to known margins: a CSV file with the columns variable, category, share.
    #[arg(long, value_name = "FILE", conflicts_with = "weights")]
    pub(super) rake: Option<PathBuf>,
    /// With --rake: no weight above this many times the mean.
    #[arg(long, value_name = "TIMES", requires = "rake", value_parser = crate::cli::parse_positive)]
    pub(super) trim: Option<f64>,
    /// Write the construct scores of every row, standardised and on 0-100, to this file.
    #[arg(long, value_name = "FILE")]
    pub(super) scores: Option<PathBuf>,
    /// Write the running index of every construct, rows in the order of the file, with a band that holds at all
    /// times at once (a confidence sequence), to this file.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["weights", "rake"])]
    pub(super) sequence: Option<PathBuf>,
    /// With --sequence: the number of rows at which the band is tightest. Default: all.
    #[arg(long, value_name = "ROWS", requires = "sequence", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) tightest: Option<u32>,
    /// How constructs of constructs (`Offer <~ Quality + Value`) are estimated, in two stages.
    #[arg(long, value_enum, default_value = "disjoint")]
    pub(super) second_order: SecondOrder,
    /// Outer weights: `pls` estimates them; `sum` counts every answer the same; a CSV file with the columns
    /// indicator and weight gives them, for answers as they are.
    #[arg(long, value_name = "pls|sum|FILE", default_value = "pls", conflicts_with_all = ["consistent", "mode_a"])]
    pub(super) outer_weights: String,
    /// Polychoric correlations: ratings are taken for steps, not for numbers.
    #[arg(long)]
    pub(super) ordinal: bool,
    /// Give the index of every group of this column too, under the same weights; may be given several times.
    #[arg(long, value_name = "COLUMN")]
    pub(super) by: Vec<String>,
    /// Test whether the model fits exactly (Bollen-Stine type bootstrap), with as many resamples as --bootstrap.
    #[arg(long)]
    pub(super) test_fit: bool,
    /// Judge how well the model predicts rows that it has not seen (PLSpredict, CVPAT).
    #[arg(long)]
    pub(super) predict: bool,
    /// Parts that rows are dealt to, with --predict.
    #[arg(long, value_name = "K", default_value_t = 10, value_parser = clap::value_parser!(u32).range(2..=1000))]
    pub(super) folds: u32,
    /// How often rows are dealt anew, with --predict.
    #[arg(long, value_name = "TIMES", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(super) repetitions: u32,
    /// What predictions start from.
    #[arg(long, value_enum, default_value = "exogenous")]
    pub(super) predict_from: PredictFrom,
    /// Look for guests who judge by another logic (FIMIX-PLS): one to K segments.
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(2..=10))]
    pub(super) segments: Option<u32>,
    /// Show which ranks the groups of --by could have on this construct; may be given several times.
    #[arg(long, value_name = "CONSTRUCT", requires = "by")]
    pub(super) rank: Vec<String>,
    /// Compare the groups of this column: may they be compared (MICOM), which paths and indices differ.
    #[arg(long, value_name = "COLUMN")]
    pub(super) compare: Option<String>,
    /// Permutations of the labels, with --compare.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(20..=1_000_000))]
    pub(super) permutations: u32,
    /// What becomes of missing answers: empty cells, NA, NaN, a full stop, and every --missing-code.
    /// Default: mean, with --ordinal pairwise.
    #[arg(long, value_enum)]
    pub(super) missing: Option<Missing>,
    /// A value that means "no answer" or "not applicable", for instance 99; may be given several times.
    #[arg(long, value_name = "VALUE")]
    pub(super) missing_code: Vec<String>,
    /// Column with case weights: a row counts as that many rows.
    #[arg(long, value_name = "COLUMN")]
    pub(super) weights: Option<String>,
    /// Number of bootstrap resamples; 0 for none.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    pub(super) bootstrap: u32,
    /// Seed of the resampling: the same seed gives the same figures.
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
    /// Kind of interval.
    #[arg(long, value_enum, default_value = "percentile")]
    pub(super) interval: IntervalKind,
    /// Leave every row out once: the standard error of the jackknife beside that of the bootstrap.
    #[arg(long)]
    pub(super) jackknife: bool,
    /// Resamples keep the size of every group of this column, for instance the property.
    #[arg(long, value_name = "COLUMN", conflicts_with = "cluster")]
    pub(super) strata: Option<String>,
    /// Resamples draw whole groups of this column, for instance days: rows of a group are alike.
    #[arg(long, value_name = "COLUMN")]
    pub(super) cluster: Option<String>,
    /// What becomes of a resample that gives no figures.
    #[arg(long, value_enum, default_value = "drop")]
    pub(super) failed: OnFailure,
    /// What becomes of a resample whose solution is inadmissible, with --consistent.
    #[arg(long, value_enum, default_value = "keep")]
    pub(super) inadmissible: OnInadmissible,
    /// What a resample draws: single rows, or random blocks of rows, which cost the same for any n.
    #[arg(long, value_enum, default_value = "auto")]
    pub(super) resample: Resample,
    /// Confidence level of the intervals.
    #[arg(long, default_value_t = 0.95, value_parser = crate::cli::parse_level)]
    pub(super) level: f64,
    /// Ends of the response scale for the index. Default: each column's own smallest and largest value.
    #[arg(long, value_name = "MIN:MAX", value_parser = crate::cli::parse_scale, allow_hyphen_values = true)]
    pub(super) scale: Option<ScaleRange>,
    /// Stop when no standardised weight moves by this much.
    #[arg(long, default_value_t = FitOptions::default().tolerance, value_parser = crate::cli::parse_positive)]
    pub(super) tolerance: f64,
    /// Give up after so many passes.
    #[arg(long, default_value_t = FitOptions::default().max_iterations)]
    pub(super) max_iterations: usize,
    /// Output format.
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Inner {
    Path,
    Factorial,
    Centroid,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum IntervalKind {
    /// Quantiles of the resamples.
    Percentile,
    /// The quantiles reflected at the estimate.
    Basic,
    /// The estimate and standard errors.
    Normal,
    /// Bias-corrected and accelerated: leaves every row out once, too.
    Bca,
    /// By the standard error of every resample: 50 times the work.
    Studentised,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PredictFrom {
    /// The indicators of exogenous constructs.
    Exogenous,
    /// The indicators of the direct predictors.
    Direct,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum OnFailure {
    /// It is left out, and counted.
    Drop,
    /// It is drawn again, up to 100 times, and counted.
    Redraw,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum OnInadmissible {
    /// It is used, and counted.
    Keep,
    /// It counts as failed.
    Drop,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum SecondOrder {
    /// Dimensions first in the place of their construct, then their scores as its indicators.
    Disjoint,
    /// The construct first with all indicators of its dimensions, then the scores of everything.
    Embedded,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Resample {
    /// Rows up to 20,000 of them, blocks above.
    Auto,
    Rows,
    Blocks,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Missing {
    /// Replace each missing answer by the mean of its column.
    Mean,
    /// Leave out every row with a missing answer.
    Listwise,
    /// Each correlation from the rows that have both answers.
    Pairwise,
    /// The most likely means and correlations of normal variables, given all answers there are.
    Em,
}

impl FitArgs {
    /// The kind of interval as the engine names it.
    pub(super) fn interval(&self) -> Interval {
        match self.interval {
            IntervalKind::Percentile => Interval::Percentile,
            IntervalKind::Basic => Interval::Basic,
            IntervalKind::Normal => Interval::Normal,
            IntervalKind::Bca => Interval::Bca,
            IntervalKind::Studentised => Interval::Studentised,
        }
    }

    /// What becomes of missing answers, said or not.
    pub(super) fn treatment(&self) -> Missing {
        self.missing.unwrap_or(if self.ordinal { Missing::Pairwise } else { Missing::Mean })
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Format {
    /// Aligned tables for reading.
    Text,
    /// Everything, for programs.
    Json,
    /// Long: figure, construct, indicator, value.
    Csv,
    /// A page of its own, with the path diagram.
    Html,
}
