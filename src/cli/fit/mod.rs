//! `soundings fit`: a model file and a data file in, estimates out.
//!
//! Owns: the flags, reading both files, and choosing an output. Refuses, in one line with the name of
//! what is wrong: a model or a table that cannot be read or estimated. Prints figures, computes none.

mod json;
mod long_csv;
mod margins;
mod text;
mod warnings;

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Failure;
use super::progress;
use super::table;
use crate::csi::analysis::{Analysis, Plan, Unit};
use crate::csi::bootstrap::BootstrapOptions;
use crate::csi::data::{Indicators, ScaleRange};
use crate::csi::fit::FitOptions;
use crate::csi::model::{ModeA, PathModel};
use crate::csi::raking::Raked;
use crate::csi::second_order::TwoStage;
use crate::csi::syntax;
use crate::csi::weights::InnerScheme;
use crate::csi::{moments, scores};

/// Estimate a model from a data file.
#[derive(Debug, Args)]
pub struct FitArgs {
    /// Model in lavaan syntax: `Satisfaction ~ Quality`, `Quality =~ q1 + q2` (`<~` for a composite).
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// Data: delimited text with a header line; only the model's columns are read.
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
    /// How neighbours enter a construct's inner proxy.
    #[arg(long, value_enum, default_value = "path")]
    inner: Inner,
    /// Composites (`<~`) to weight by mode A: `all`, or names separated by commas. Default: mode B.
    #[arg(long, value_name = "all|NAME,…")]
    mode_a: Option<String>,
    /// Correct blocks written `=~` for attenuation (consistent PLS).
    #[arg(long)]
    consistent: bool,
    /// Sign rule: `none`, or `dominant:INDICATOR` to turn its construct so that it loads positively.
    #[arg(long, value_name = "none|dominant:INDICATOR")]
    sign: Vec<String>,
    /// Weight rows to known margins: a CSV file with the columns variable, category, share.
    #[arg(long, value_name = "FILE", conflicts_with = "weights")]
    rake: Option<PathBuf>,
    /// With --rake: no weight above this many times the mean.
    #[arg(long, value_name = "TIMES", requires = "rake", value_parser = parse_positive)]
    trim: Option<f64>,
    /// Write the construct scores of every row, standardised and on 0-100, to this file.
    #[arg(long, value_name = "FILE")]
    scores: Option<PathBuf>,
    /// What becomes of missing answers: empty cells, NA, NaN, a full stop, and every --missing-code.
    #[arg(long, value_enum, default_value = "mean")]
    missing: Missing,
    /// A value that means "no answer" or "not applicable", for instance 99; may be given several times.
    #[arg(long, value_name = "VALUE")]
    missing_code: Vec<String>,
    /// Column with case weights: a row counts as that many rows.
    #[arg(long, value_name = "COLUMN")]
    weights: Option<String>,
    /// Number of bootstrap resamples; 0 for none.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    bootstrap: u32,
    /// Seed of the resampling: the same seed gives the same figures.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// What a resample draws: single rows, or random blocks of rows, which cost the same for any n.
    #[arg(long, value_enum, default_value = "auto")]
    resample: Resample,
    /// Confidence level of the intervals.
    #[arg(long, default_value_t = 0.95, value_parser = parse_level)]
    level: f64,
    /// Ends of the response scale for the index. Default: each column's own smallest and largest value.
    #[arg(long, value_name = "MIN:MAX", value_parser = parse_scale, allow_hyphen_values = true)]
    scale: Option<ScaleRange>,
    /// Stop when no standardised weight moves by this much.
    #[arg(long, default_value_t = FitOptions::default().tolerance, value_parser = parse_positive)]
    tolerance: f64,
    /// Give up after so many passes.
    #[arg(long, default_value_t = FitOptions::default().max_iterations)]
    max_iterations: usize,
    /// Output format.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Inner {
    Path,
    Factorial,
    Centroid,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Resample {
    /// Rows up to 20,000 of them, blocks above.
    Auto,
    Rows,
    Blocks,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
enum Missing {
    /// Replace each missing answer by the mean of its column.
    Mean,
    /// Leave out every row with a missing answer.
    Listwise,
    /// Each correlation from the rows that have both answers.
    Pairwise,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// Aligned tables for reading.
    Text,
    /// Everything, for programs.
    Json,
    /// Long: figure, construct, indicator, value.
    Csv,
}

/// Everything an output format needs.
struct Outcome<'a> {
    args: &'a FitArgs,
    model: PathModel,
    stages: Option<TwoStage>,
    options: FitOptions,
    /// Columns that were read, each with its scale and its missing answers.
    indicators: Vec<String>,
    scales: Vec<ScaleRange>,
    rows_read: usize,
    missing: Vec<usize>,
    /// Effective number of rows and design effect.
    effective: (f64, f64),
    /// How the weights were found, with --rake.
    raked: Option<Raked>,
    analysis: Analysis,
}

/// Runs the command and returns what is to be printed.
///
/// # Errors
/// One line that names the file and the thing at fault.
pub fn run(args: &FitArgs) -> Result<String, Failure> {
    let (model, stages) = read_model(args)?;
    let (read, raked) = read_data(args, stages.as_ref().map_or(&model, |s| &s.first))?;
    let (rows_read, missing, indicators) = (read.rows(), read.missing(), read.names().to_vec());
    let data = if args.missing == Missing::Listwise { read.complete_rows() } else { read };
    let scales = scales(args, &data)?;
    let inner = match args.inner {
        Inner::Path => InnerScheme::Path,
        Inner::Factorial => InnerScheme::Factorial,
        Inner::Centroid => InnerScheme::Centroid,
    };
    let options = FitOptions {
        inner,
        tolerance: args.tolerance,
        max_iterations: args.max_iterations,
        consistent: args.consistent,
        missing: if args.missing == Missing::Pairwise { moments::Missing::Pairwise } else { moments::Missing::Mean },
        dominant: dominant(args, &model)?,
    };
    let plan = Plan {
        model: &model,
        data: &data,
        options: options.clone(),
        scales: &scales,
        slice: None,
        groupings: &[],
        stages: stages.as_ref(),
    };
    let bootstrap = BootstrapOptions { resamples: args.bootstrap as usize, seed: args.seed, level: args.level };
    let unit = match args.resample {
        Resample::Auto => Unit::Auto,
        Resample::Rows => Unit::Rows,
        Resample::Blocks => Unit::Blocks,
    };
    let bar = progress::bar(u64::from(args.bootstrap), "resamples");
    let analysis = plan
        .run(&bootstrap, unit, &|| bar.inc(1))
        .map_err(|e| Failure::new(format!("{}: {e}", args.data.display())))?;
    bar.finish_and_clear();
    if let Some(path) = &args.scores {
        write_scores(path, &plan, &analysis).map_err(|e| Failure::new(format!("{}: {e}", path.display())))?;
    }
    let effective = data.effective_rows();
    let outcome =
        Outcome { args, model, stages, options, indicators, scales, rows_read, missing, effective, raked, analysis };
    match args.format {
        Format::Text => Ok(text::render(&outcome)),
        Format::Json => Ok(json::render(&outcome)),
        Format::Csv => Ok(long_csv::render(&outcome)),
    }
}

/// One line a row: its number, then every construct's standardised and 0-100 score.
fn write_scores(path: &PathBuf, plan: &Plan<'_>, analysis: &Analysis) -> std::io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    let names: Vec<String> = plan.model.constructs.iter().map(|c| format!(",{0},{0}_index", c.name)).collect();
    writeln!(out, "row{}", names.concat())?;
    for (i, row) in scores::scores(plan, &analysis.estimates).enumerate() {
        let cells: String = row.standardised.iter().zip(&row.index).map(|(s, x)| format!(",{s},{x}")).collect();
        writeln!(out, "{}{cells}", i + 1)?;
    }
    out.flush()
}

/// The model, and both stages where it has second-order constructs; the model is then the second stage.
fn read_model(args: &FitArgs) -> Result<(PathModel, Option<TwoStage>), Failure> {
    let path = args.model.display();
    let bytes = fs::read(&args.model).map_err(|e| Failure::new(format!("{path}: {e}")))?;
    let text = String::from_utf8(bytes).map_err(|_| Failure::new(format!("{path}: the text is not UTF-8")))?;
    let spec = syntax::parse(&text).map_err(|e| Failure::new(format!("{path}: {e}")))?;
    let mode_a = match args.mode_a.as_deref() {
        None => ModeA::None,
        Some("all") => ModeA::All,
        Some(names) => ModeA::Named(names.split(',').map(|n| n.trim().to_owned()).collect()),
    };
    let refused = |e| Failure::new(format!("{path}: {e}"));
    let Some(stages) = TwoStage::from_spec(&spec, &mode_a).map_err(refused)? else {
        return Ok((PathModel::from_spec(&spec, &mode_a).map_err(refused)?, None));
    };
    if args.consistent {
        return Err(Failure::new(format!("{path}: --consistent cannot be combined with second-order constructs")));
    }
    Ok((stages.second.clone(), Some(stages)))
}

fn read_data(args: &FitArgs, model: &PathModel) -> Result<(Indicators, Option<Raked>), Failure> {
    let path = args.data.display();
    let file = File::open(&args.data).map_err(|e| Failure::new(format!("{path}: {e}")))?;
    let failure = |e: &dyn std::fmt::Display| Failure::new(format!("{path}: {e}"));
    let wanted: Vec<String> = model.indicators.iter().chain(&args.weights).cloned().collect();
    let mut columns = table::read_columns(file, &wanted, &args.missing_code).map_err(|e| failure(&e))?;
    let weights = args.weights.as_ref().and_then(|name| Some((name, columns.pop()?)));
    let data = Indicators::from_columns(model.indicators.clone(), &columns).map_err(|e| failure(&e))?;
    if let Some(file) = &args.rake {
        if args.missing == Missing::Listwise {
            let reason = "--rake weights all rows, and --missing listwise would leave some out; use mean or pairwise";
            return Err(Failure::new(reason));
        }
        return margins::rake(file, args, data);
    }
    let Some((name, weights)) = weights else { return Ok((data, None)) };
    // A missing weight is refused as NaN, by its row.
    let weights = weights.into_iter().map(|w| w.unwrap_or(f64::NAN)).collect();
    Ok((data.with_weights(name, weights).map_err(|e| failure(&e))?, None))
}

fn scales(args: &FitArgs, data: &Indicators) -> Result<Vec<ScaleRange>, Failure> {
    let observed = data.observed_ranges();
    if let Some(scale) = args.scale {
        let outside = observed.iter().position(|r| r.is_some_and(|r| r.min < scale.min || r.max > scale.max));
        if let Some(j) = outside {
            let (name, ScaleRange { min, max }) = (&data.names()[j], observed[j].unwrap_or(scale));
            return Err(Failure::new(format!(
                "--scale {}:{}: column `{name}` has values from {min} to {max}",
                scale.min, scale.max
            )));
        }
        return Ok(vec![scale; observed.len()]);
    }
    // A column without answers fails later, by name; any width will do here.
    Ok(observed.into_iter().map(|r| r.unwrap_or(ScaleRange { min: 0.0, max: 1.0 })).collect())
}

fn dominant(args: &FitArgs, model: &PathModel) -> Result<Vec<usize>, Failure> {
    let position = |rule: &String| {
        let name = rule
            .strip_prefix("dominant:")
            .ok_or_else(|| Failure::new(format!("--sign {rule}: use none or dominant:INDICATOR")))?;
        let unknown = || Failure::new(format!("--sign {rule}: `{name}` is not an indicator of the model"));
        model.indicators.iter().position(|i| i == name).ok_or_else(unknown)
    };
    args.sign.iter().filter(|rule| *rule != "none").map(position).collect()
}

fn parse_level(text: &str) -> Result<f64, String> {
    let level: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if level > 0.0 && level < 1.0 { Ok(level) } else { Err("must lie between 0 and 1, for instance 0.95".into()) }
}

fn parse_positive(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if value > 0.0 && value.is_finite() { Ok(value) } else { Err("must be above 0".into()) }
}

fn parse_scale(text: &str) -> Result<ScaleRange, String> {
    let ends = text.split_once(':').and_then(|(min, max)| Some((min.parse::<f64>().ok()?, max.parse::<f64>().ok()?)));
    match ends {
        Some((min, max)) if min < max && min.is_finite() && max.is_finite() => Ok(ScaleRange { min, max }),
        _ => Err("give the two ends of the scale, for instance 1:10".into()),
    }
}
