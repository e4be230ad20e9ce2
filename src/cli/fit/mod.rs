//! `soundings fit`: a model file and a data file in, estimates out.
//!
//! Owns: the way from flags to a plan, and choosing an output. Refuses, in one line with the name of what
//! is wrong: a model or a table that cannot be read or estimated. Prints figures, computes none.

mod args;
mod compared;
mod conflicts;
mod files;
mod html;
mod json;
mod long_csv;
mod margins;
mod measurement;
mod predicted;
mod read;
mod sections;
mod segmented;
mod text;
mod warnings;

pub use args::FitArgs;

use args::{Format, Inner, Missing, Resample};
use compared::Compared;
use read::{By, Models};

use super::Failure;
use super::progress;
use crate::csi::analysis::{Analysis, Correlating, Plan, Unit};
use crate::csi::bootstrap::{BootstrapOptions, Watch};
use crate::csi::data::{Indicators, ScaleRange};
use crate::csi::em::Patterns;
use crate::csi::exact_fit::{ExactFit, exact_fit};
use crate::csi::fimix::Fimix;
use crate::csi::fit::{Fit, FitError, FitOptions};
use crate::csi::groups::Grouping;
use crate::csi::implied::Structure;
use crate::csi::model::PathModel;
use crate::csi::moments;
use crate::csi::polychoric::Ordinal;
use crate::csi::predict::Prediction;
use crate::csi::raking::Raked;
use crate::csi::weights::InnerScheme;

/// Everything an output format needs. What was asked for besides the fit is there, or the reason why not.
struct Outcome<'a> {
    args: &'a FitArgs,
    models: Models,
    options: FitOptions,
    /// Columns that were read, each with its scale and its missing answers.
    indicators: Vec<String>,
    scales: Vec<ScaleRange>,
    rows_read: usize,
    /// Numbers of the rows that are used, from 1.
    kept: Vec<usize>,
    /// Number of clusters, with --cluster.
    clusters: Option<usize>,
    /// Strata of a single row, with --strata.
    lone_strata: usize,
    missing: Vec<usize>,
    by: Vec<By>,
    /// Effective number of rows and design effect.
    effective: (f64, f64),
    /// How the weights were found, with --rake.
    raked: Option<Raked>,
    analysis: Analysis,
    /// With --test-fit: of the saturated and the estimated model.
    exact_fit: Option<Result<[ExactFit; 2], String>>,
    /// With --predict.
    prediction: Option<Result<Prediction, String>>,
    /// With --segments: one, two and more.
    segments: Option<Result<Vec<Fimix>, String>>,
    /// With --compare.
    compared: Option<Result<Compared, String>>,
}

impl Outcome<'_> {
    /// The model as typed, products and all.
    fn full(&self) -> &PathModel {
        &self.models.full
    }

    /// The model without products: what is measured.
    fn main(&self) -> &PathModel {
        self.models.main()
    }

    fn fit(&self) -> &Fit {
        &self.analysis.estimates.fit
    }

    fn main_fit(&self) -> &Fit {
        self.analysis.estimates.main()
    }
}

/// Runs the command and returns what is to be printed.
///
/// # Errors
/// One line that names the file and the thing at fault.
pub fn run(args: &FitArgs) -> Result<String, Failure> {
    let models = read::models(args)?;
    conflicts::check(args, &models)?;
    let (read, raked) = read::data(args, models.indicators())?;
    let (rows_read, missing, indicators) = (read.rows(), read.missing(), read.names().to_vec());
    let listwise = args.treatment() == Missing::Listwise;
    let kept = if listwise { read.complete() } else { vec![true; rows_read] };
    let data = if listwise { read.complete_rows() } else { read };
    let by = read::groups(args, &kept)?;
    let numbers: Vec<usize> = (1..=rows_read).zip(&kept).filter(|(_, kept)| **kept).map(|(i, _)| i).collect();
    let [strata, clusters] =
        [&args.strata, &args.cluster].map(|column| read::every_row_grouped(args, column.as_ref(), &kept));
    let (strata, clusters) = (strata?, clusters?);
    let scales = read::scales(args, &data)?;
    let options = options(args, models.main())?;
    let refuse = |e: &dyn std::fmt::Display| read::refused(&args.data, e);
    let groupings: Vec<Grouping> = by.iter().map(|by| by.grouping.clone()).collect();
    let ordinal = args.ordinal.then(|| Ordinal::of(&data)).transpose().map_err(|e| refuse(&e))?;
    let patterns = em_patterns(args, &data);
    read::check_ranked(args, models.main())?;
    let plan = Plan {
        options: options.clone(),
        groupings: &groupings,
        stages: models.stages.as_ref(),
        products: models.products.as_ref(),
        correlating: match (&ordinal, &patterns) {
            (Some(ordinal), _) => Correlating::Polychoric(ordinal),
            (None, Some(patterns)) => Correlating::Em(patterns),
            (None, None) => Correlating::Moments,
        },
        strata: strata.as_ref(),
        clusters: clusters.as_ref(),
        ..Plan::new(&models.full, &data, &scales)
    };
    let bootstrap = BootstrapOptions {
        resamples: args.bootstrap as usize,
        seed: args.seed,
        level: args.level,
        interval: args.interval(),
        redraw: args.failed == args::OnFailure::Redraw,
        drop_inadmissible: args.inadmissible == args::OnInadmissible::Drop,
        jackknife: args.jackknife,
    };
    let unit = match args.resample {
        Resample::Auto => Unit::Auto,
        Resample::Rows => Unit::Rows,
        Resample::Blocks => Unit::Blocks,
    };
    let bar = progress::bar(u64::from(args.bootstrap), "resamples");
    let analysis =
        plan.run(&bootstrap, unit, Watch { on_step: &|| bar.inc(1), ..Watch::nobody() }).map_err(|e| refuse(&e))?;
    bar.finish_and_clear();
    if let Some(path) = &args.scores {
        files::write_scores(path, &numbers, &plan, &analysis).map_err(|e| read::refused(path, &e))?;
    }
    if let Some(path) = &args.sequence {
        files::write_sequence(path, args, &numbers, &plan, &analysis).map_err(|e| read::refused(path, &e))?;
    }
    let exact_fit = args.test_fit.then(|| test_fit(args, &plan, &analysis).map_err(|e| e.to_string()));
    let prediction = args.predict.then(|| predicted::run(args, &plan).map_err(|e| e.to_string()));
    let find = |most| segmented::run(args, &plan, &analysis.estimates, most).map_err(|e| e.to_string());
    let segments = args.segments.map(find);
    let compared = args.compare.as_ref().map(|column| compared::run(args, column, &plan, &by, &bootstrap));
    let effective = data.effective_rows();
    let outcome = Outcome {
        args,
        models,
        options,
        indicators,
        scales,
        rows_read,
        kept: numbers,
        clusters: clusters.as_ref().map(|c| c.groups),
        lone_strata: strata.map_or(0, |s| s.sizes().iter().filter(|size| **size == 1).count()),
        missing,
        by,
        effective,
        raked,
        analysis,
        exact_fit,
        prediction,
        segments,
        compared,
    };
    match args.format {
        Format::Text => Ok(text::render(&outcome)),
        Format::Json => Ok(json::render(&outcome)),
        Format::Csv => Ok(long_csv::render(&outcome)),
        Format::Html => Ok(html::render(&outcome)),
    }
}

fn options(args: &FitArgs, model: &PathModel) -> Result<FitOptions, Failure> {
    Ok(FitOptions {
        inner: match args.inner {
            Inner::Path => InnerScheme::Path,
            Inner::Factorial => InnerScheme::Factorial,
            Inner::Centroid => InnerScheme::Centroid,
        },
        tolerance: args.tolerance,
        max_iterations: args.max_iterations,
        consistent: args.consistent,
        missing: match args.treatment() {
            Missing::Pairwise => moments::Missing::Pairwise,
            Missing::Mean | Missing::Listwise | Missing::Em => moments::Missing::Mean,
        },
        dominant: read::dominant(args, model)?,
        given: read::outer_weights(args, &model.indicators)?,
    })
}

/// Rows by what they lack, where EM has something to do: without a gap its answer is that of the moments.
fn em_patterns(args: &FitArgs, data: &Indicators) -> Option<Patterns> {
    let gaps: usize = data.missing().iter().sum();
    (args.treatment() == Missing::Em && gaps > 0).then(|| Patterns::of(data))
}

/// Whether the model fits exactly: the saturated and the estimated one.
fn test_fit(args: &FitArgs, plan: &Plan<'_>, analysis: &Analysis) -> Result<[ExactFit; 2], FitError> {
    let bar = progress::bar(2 * u64::from(args.bootstrap), "resamples of a fitting model");
    let watch = Watch { on_step: &|| bar.inc(1), ..Watch::nobody() };
    let test =
        |structure| exact_fit(plan, &analysis.estimates.fit, structure, args.bootstrap as usize, args.seed, watch);
    let tests = [test(Structure::Saturated)?, test(Structure::Estimated)?];
    bar.finish_and_clear();
    Ok(tests)
}
