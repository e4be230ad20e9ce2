//! `soundings simulate`, `power` and `coverage`: data from a population, and studies of what is estimated.
//!
//! Owns: the flags, reading the population, and printing. The arithmetic is [`crate::csi::simulate`]'s and
//! [`crate::csi::study`]'s. Refuses, in one line: what is no population, figures that it does not have.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::Failure;
use super::progress;
use crate::csi::bootstrap::{BootstrapOptions, Watch, stream};
use crate::csi::data::ScaleRange;
use crate::csi::dist::normal_quantile;
use crate::csi::figures::Figure;
use crate::csi::fit::FitOptions;
use crate::csi::model::PathModel;
use crate::csi::simulate::{Population, Ratings};
use crate::csi::study::{FigureStudy, Goal, Study};
use crate::csi::syntax;

/// How answers are made of scores.
#[derive(Debug, Clone, Args)]
struct RatingArgs {
    /// Ends of the response scale.
    #[arg(long, value_name = "MIN:MAX", default_value = "1:10", value_parser = super::parse_scale, allow_hyphen_values = true)]
    scale: ScaleRange,
    /// Mean rating, before rounding and the ends of the scale.
    #[arg(long, default_value_t = Ratings::default().mean, allow_hyphen_values = true)]
    mean: f64,
    /// Standard deviation of a rating, before rounding and the ends of the scale.
    #[arg(long, default_value_t = Ratings::default().sd, value_parser = super::parse_positive, allow_hyphen_values = true)]
    sd: f64,
    /// Skew: 0 for none; 0.3 gives many high answers and few low ones.
    #[arg(long, default_value_t = 0.0, value_parser = parse_share, allow_hyphen_values = true)]
    skew: f64,
    /// Share of answers that are missing completely at random.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = parse_share, allow_hyphen_values = true)]
    missing: f64,
    /// Seed: the same seed gives the same data.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl RatingArgs {
    /// Refuses a mean rating off the scale.
    fn check(&self, mean: Option<f64>) -> Result<(), Failure> {
        let (mean, ScaleRange { min, max }) = (mean.unwrap_or(self.mean), self.scale);
        if (min..=max).contains(&mean) {
            return Ok(());
        }
        Err(Failure::new(format!("a mean rating of {mean} is not on the scale {min}:{max}; give --mean or --scale")))
    }

    fn ratings(&self) -> Ratings {
        Ratings { scale: self.scale, mean: self.mean, sd: self.sd, skew: self.skew, missing: self.missing }
    }
}

/// Draw answers from a population model: a model text with a number on every term.
#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// Population: `Satisfaction ~ 0.5*Quality`, `Quality =~ 0.8*q1 + 0.7*q2`.
    #[arg(long, value_name = "FILE", required_unless_present = "group", conflicts_with = "group")]
    model: Option<PathBuf>,
    /// A group with a population, and if wanted a mean rating, of its own, in place of --model; may be given
    /// several times.
    #[arg(long, value_name = "LABEL=FILE[@MEAN]", value_parser = parse_group)]
    group: Vec<Group>,
    /// Number of rows, of each group.
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    n: u32,
    #[command(flatten)]
    ratings: RatingArgs,
}

/// What is studied by simulation.
#[derive(Debug, Args)]
struct StudyArgs {
    /// Population: a model text with a number on every term.
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// Samples drawn. Default: 500 to study coverage, 4000 to find a number of rows.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(20..=100_000))]
    replications: Option<u32>,
    /// Estimate by consistent PLS.
    #[arg(long)]
    consistent: bool,
    /// Confidence level.
    #[arg(long, default_value_t = 0.95, value_parser = super::parse_level)]
    level: f64,
    #[command(flatten)]
    ratings: RatingArgs,
}

impl StudyArgs {
    fn study<'a>(&self, population: &'a Population, usual: u32) -> Study<'a> {
        Study {
            population,
            ratings: self.ratings.ratings(),
            options: FitOptions { consistent: self.consistent, ..FitOptions::default() },
            replications: self.replications.unwrap_or(usual) as usize,
            seed: self.ratings.seed,
        }
    }
}

/// How many answers are needed for an index of given precision, or to find a path.
#[derive(Debug, Args)]
pub struct PowerArgs {
    #[command(flatten)]
    study: StudyArgs,
    /// Construct whose index is to have an interval no wider than --width.
    #[arg(long, value_name = "CONSTRUCT", requires = "width", required_unless_present = "path")]
    index: Option<String>,
    /// Path, `Satisfaction~Quality`, that is to be told from zero, or to have an interval no wider than --width.
    #[arg(long, value_name = "TO~FROM", conflicts_with = "index")]
    path: Option<String>,
    /// Width of the interval, in index points or as a path coefficient.
    #[arg(long, value_parser = super::parse_positive, allow_hyphen_values = true)]
    width: Option<f64>,
    /// Probability of telling the path from zero.
    #[arg(long, default_value_t = 0.8, value_parser = super::parse_level)]
    power: f64,
}

/// How well intervals cover the value in the population, kind by kind.
#[derive(Debug, Args)]
pub struct CoverageArgs {
    #[command(flatten)]
    study: StudyArgs,
    /// Rows of a sample; several, separated by commas.
    #[arg(long, value_delimiter = ',', default_value = "250", value_parser = clap::value_parser!(u32).range(5..=100_000))]
    n: Vec<u32>,
    /// Resamples of each sample.
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(20..=100_000))]
    bootstrap: u32,
    /// Study studentised intervals too: 50 times the work.
    #[arg(long)]
    studentised: bool,
}

fn parse_share(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.0..1.0).contains(&value) { Ok(value) } else { Err("must be at least 0 and below 1".into()) }
}

/// A group of a simulation.
#[derive(Debug, Clone)]
struct Group {
    label: Option<String>,
    file: PathBuf,
    mean: Option<f64>,
}

fn parse_group(text: &str) -> Result<Group, String> {
    let (label, file) = text.split_once('=').ok_or("give a label and a file, for instance business=business.lav")?;
    let (file, mean) = match file.rsplit_once('@').map(|(file, mean)| (file, mean.parse::<f64>())) {
        Some((file, Ok(mean))) if mean.is_finite() => (file, Some(mean)),
        _ => (file, None),
    };
    Ok(Group { label: Some(label.to_owned()), file: file.into(), mean })
}

fn read_population(path: &Path) -> Result<Population, Failure> {
    let refuse = |e: &dyn std::fmt::Display| Failure::new(format!("{}: {e}", path.display()));
    let bytes = std::fs::read(path).map_err(|e| refuse(&e))?;
    let text = String::from_utf8(bytes).map_err(|_| refuse(&"the text is not UTF-8"))?;
    let spec = syntax::parse(&text).map_err(|e| refuse(&e))?;
    Population::from_spec(&spec).map_err(|e| refuse(&e))
}

/// The data as CSV.
///
/// # Errors
/// One line that names the file and the thing at fault.
pub fn simulate(args: &SimulateArgs) -> Result<String, Failure> {
    let groups: Vec<Group> = match &args.model {
        Some(model) => vec![Group { label: None, file: model.clone(), mean: None }],
        None => args.group.clone(),
    };
    for (i, group) in groups.iter().enumerate() {
        if let Some(label) = group.label.as_ref().filter(|_| groups[..i].iter().any(|g| g.label == group.label)) {
            return Err(Failure::new(format!("--group {label}: two groups have this label")));
        }
        args.ratings.check(group.mean)?;
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut header: Vec<String> = Vec::new();
    for (number, Group { label, file, mean }) in groups.into_iter().enumerate() {
        let population = read_population(&file)?;
        let names = population.model.indicators.iter().cloned().chain(label.as_ref().map(|_| "group".to_owned()));
        let names: Vec<String> = names.collect();
        if number == 0 {
            header.clone_from(&names);
            let _ = writer.write_record(&header);
        } else if header != names {
            return Err(Failure::new(format!("{}: its indicators are not those of the first group", file.display())));
        }
        let mut random = stream(args.ratings.seed, number as u64);
        let ratings = Ratings { mean: mean.unwrap_or(args.ratings.mean), ..args.ratings.ratings() };
        let data = population.ratings(args.n as usize, &ratings, &mut random);
        let data = data.map_err(|e| Failure::new(format!("{}: {e}", file.display())))?;
        for i in 0..data.rows() {
            let cell = |x: Option<f64>| x.map_or_else(String::new, |x| x.to_string());
            let cells = data.row(i).into_iter().map(cell).chain(label.clone());
            // Writing to memory cannot fail.
            let _ = writer.write_record(cells);
        }
    }
    Ok(String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default())
}

/// The number of rows needed, in words.
///
/// # Errors
/// One line that names what is at fault.
pub fn power(args: &PowerArgs) -> Result<String, Failure> {
    let population = read_population(&args.study.model)?;
    let figure = figure(args, &population.model)?;
    args.study.ratings.check(None)?;
    let chance = 1.0 - args.study.level;
    if args.width.is_none() && args.power <= chance {
        let reason = format!("--power {}: chance alone finds a path with {chance:.2}; ask for more", args.power);
        return Err(Failure::new(reason));
    }
    // An index lies between 0 and 100, a path between -1 and 1: wider intervals say nothing.
    let most = if args.index.is_some() { 100.0 } else { 2.0 };
    if let Some(width) = args.width.filter(|width| *width >= most) {
        return Err(Failure::new(format!("--width {width}: give a width below {most}, which is all that can be")));
    }
    let goal = args.width.map_or(Goal::Power(args.power), Goal::Width);
    let study = args.study.study(&population, 4000);
    let bar = progress::spinner("samples");
    let watch = Watch { on_step: &|| bar.inc(1), ..Watch::nobody() };
    let found = study.needed(figure, goal, args.study.level, watch);
    let found = found.map_err(|e| Failure::new(format!("{}: {e}", args.study.model.display())))?;
    bar.finish_and_clear();
    let percent = args.study.level * 100.0;
    let what = args.index.as_deref().or(args.path.as_deref()).unwrap_or_default();
    let achieved = match goal {
        Goal::Width(_) => format!("a {percent} % interval about {:.3} wide", found.achieved),
        Goal::Power(_) => format!("a power of {:.2} at the {percent} % level", found.achieved),
    };
    let margin = 100.0 * normal_quantile(f64::midpoint(1.0, args.study.level)) * found.rows_error;
    Ok(format!(
        "{} rows: {what} is {:.3} in this population, with a standard error of {:.4} and {achieved}\n\
         The number of rows is from {} samples and sure to ±{margin:.0} %; more --replications make it surer.\n",
        found.rows, found.truth, found.se, study.replications
    ))
}

fn figure(args: &PowerArgs, model: &PathModel) -> Result<Figure, Failure> {
    let construct = |name: &str| {
        let unknown = || Failure::new(format!("the population has no construct `{name}`"));
        model.construct(name.trim()).ok_or_else(unknown)
    };
    if let Some(name) = &args.index {
        return Ok(Figure::Index(construct(name)?));
    }
    let path = args.path.as_deref().unwrap_or_default();
    let (to, from) = path
        .split_once('~')
        .ok_or_else(|| Failure::new(format!("--path {path}: write it as in the model, `Satisfaction~Quality`")))?;
    let (to, from) = (construct(to)?, construct(from)?);
    if !model.predictors[to].contains(&from) {
        return Err(Failure::new(format!("--path {path}: the population has no such path")));
    }
    Ok(Figure::Path(to, from))
}

/// A table of coverage for every sample size.
///
/// # Errors
/// One line that names what is at fault.
pub fn coverage(args: &CoverageArgs) -> Result<String, Failure> {
    let population = read_population(&args.study.model)?;
    args.study.ratings.check(None)?;
    let study = args.study.study(&population, 500);
    let level = args.study.level;
    let bootstrap = BootstrapOptions { resamples: args.bootstrap as usize, level, ..BootstrapOptions::default() };
    let mut out = String::from("| n | figure | truth | bias | sd | mean se |");
    for (i, &n) in args.n.iter().enumerate() {
        let bar = progress::bar(study.replications as u64, "samples");
        let watch = Watch { on_step: &|| bar.inc(1), ..Watch::nobody() };
        let found = study.coverage(n as usize, &bootstrap, args.studentised, watch);
        let found = found.map_err(|e| Failure::new(format!("{}: {e}", args.study.model.display())))?;
        bar.finish_and_clear();
        if i == 0 {
            let kinds = found.first().map_or(&[][..], |f| &f.kinds);
            for kind in kinds {
                let _ = write!(out, " {} |", format!("{:?}", kind.interval).to_lowercase());
            }
            let _ = writeln!(out, "\n|{}", " --- |".repeat(6 + kinds.len()));
        }
        for row in found.iter().filter_map(|f| row(n, f, &population.model)) {
            let _ = writeln!(out, "{row}");
        }
    }
    let (replications, seed) = (study.replications, study.seed);
    let error = (level * (1.0 - level) / replications as f64).sqrt();
    let _ = writeln!(
        out,
        "\nShare of {} % intervals that hold the value in the population; {replications} samples each, so a share has a standard error of {error:.3}; {} resamples, seed {seed}",
        level * 100.0,
        args.bootstrap
    );
    Ok(out)
}

/// One line of the table; none for figures that repeat others.
fn row(n: u32, f: &FigureStudy, model: &PathModel) -> Option<String> {
    let name = |k: usize| &model.constructs[k].name;
    let what = match f.figure {
        Figure::Index(k) => format!("index of {}", name(k)),
        Figure::Path(k, l) => format!("{} ~ {}", name(k), name(l)),
        Figure::Indirect(k, l) if !model.predictors[k].contains(&l) => format!("{} → {}, indirect", name(l), name(k)),
        Figure::R2(k) => format!("R2 of {}", name(k)),
        Figure::F2(k, l) => format!("f2 of {} on {}", name(l), name(k)),
        Figure::Htmt(k, l) => format!("HTMT of {} and {}", name(l), name(k)),
        Figure::Weight(j) if model.owner(j) == 0 => format!("weight of {}", model.indicators[j]),
        Figure::Loading(j) if model.owner(j) == 0 => format!("loading of {}", model.indicators[j]),
        _ => return None,
    };
    let kinds: String = f.kinds.iter().map(|k| format!(" {:.3} |", k.coverage)).collect();
    Some(format!("| {n} | {what} | {:.3} | {:.4} | {:.4} | {:.4} |{kinds}", f.truth, f.bias, f.sd, f.mean_se))
}
