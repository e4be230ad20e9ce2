//! Both files of `soundings fit`, read and checked.
//!
//! Owns: model text -> the models to estimate, data text -> indicators, weights, groups. Refuses, with the
//! file and the thing at fault, what cannot be read and options that do not go together.

use std::fs::{self, File};
use std::path::Path;

use super::args::{FitArgs, Missing, SecondOrder};
use super::margins;
use crate::cli::Failure;
use crate::cli::table;
use crate::csi::data::{Indicators, ScaleRange};
use crate::csi::figures::MOST_COMPARED;
use crate::csi::groups::{Grouping, NO_GROUP};
use crate::csi::model::{ModeA, ModelError, PathModel};
use crate::csi::products::{Products, without_products};
use crate::csi::raking::Raked;
use crate::csi::second_order::{Approach, TwoStage};
use crate::csi::syntax;

/// A model as typed, and the stages that it is estimated in.
pub(super) struct Models {
    /// With its products, and the second stage where there are two.
    pub full: PathModel,
    pub products: Option<Products>,
    pub stages: Option<TwoStage>,
}

impl Models {
    /// The model without products.
    pub fn main(&self) -> &PathModel {
        self.products.as_ref().map_or(&self.full, |p| &p.main)
    }

    /// The columns that the data must have.
    pub fn indicators(&self) -> &[String] {
        self.stages.as_ref().map_or(&self.main().indicators, |s| &s.indicators)
    }
}

/// A refusal that names the file.
pub(super) fn refused(path: &Path, reason: &dyn std::fmt::Display) -> Failure {
    Failure::new(format!("{}: {reason}", path.display()))
}

/// Reads the model file.
pub(super) fn models(args: &FitArgs) -> Result<Models, Failure> {
    let refuse = |reason: &dyn std::fmt::Display| refused(&args.model, reason);
    let bytes = fs::read(&args.model).map_err(|e| refuse(&e))?;
    let text = String::from_utf8(bytes).map_err(|_| refuse(&"the text is not UTF-8"))?;
    let spec = syntax::parse(&text).map_err(|e| refuse(&e))?;
    let mode_a = match args.mode_a.as_deref() {
        None => ModeA::None,
        Some("all") => ModeA::All,
        Some(names) => ModeA::Named(names.split(',').map(|n| n.trim().to_owned()).collect()),
    };
    let approach = match args.second_order {
        SecondOrder::Disjoint => Approach::Disjoint,
        SecondOrder::Embedded => Approach::Embedded,
    };
    let models = split(&spec, &mode_a, approach).map_err(|e| refuse(&e))?;
    let combined = |with: &str| {
        [("--consistent", args.consistent), ("--outer-weights", args.outer_weights != "pls")]
            .into_iter()
            .find(|(_, given)| *given)
            .map(|(flag, _)| refuse(&format!("{flag} cannot be combined with {with}")))
    };
    let in_stages = models.stages.as_ref().and_then(|_| combined("second-order constructs"));
    let unlike = || {
        let flag = if args.ordinal { "--ordinal" } else { "--consistent" };
        refuse(&format!("{flag} cannot be combined with products of constructs"))
    };
    let multiplied = models.products.as_ref().filter(|_| args.ordinal || args.consistent).map(|_| unlike());
    in_stages.or(multiplied).map_or(Ok(models), Err)
}

fn split(spec: &syntax::ModelSpec, mode_a: &ModeA, approach: Approach) -> Result<Models, ModelError> {
    let plain = without_products(spec);
    let main_spec = plain.as_ref().unwrap_or(spec);
    let stages = TwoStage::from_spec(main_spec, mode_a, approach)?;
    let main = match &stages {
        Some(stages) => stages.second.clone(),
        None => PathModel::from_spec(main_spec, mode_a)?,
    };
    let products = plain.is_some().then(|| Products::new(spec, main.clone())).transpose()?;
    Ok(Models { full: products.as_ref().map_or(main, |p| p.full.clone()), products, stages })
}

/// Reads the indicators, with case weights if there are any.
pub(super) fn data(args: &FitArgs, indicators: &[String]) -> Result<(Indicators, Option<Raked>), Failure> {
    let refuse = |e: &dyn std::fmt::Display| refused(&args.data, e);
    let file = File::open(&args.data).map_err(|e| refuse(&e))?;
    let wanted: Vec<String> = indicators.iter().chain(&args.weights).cloned().collect();
    let mut columns = table::read_columns(file, &wanted, &args.missing_code).map_err(|e| refuse(&e))?;
    let weights = args.weights.as_ref().and_then(|name| Some((name, columns.pop()?)));
    let data = Indicators::from_answers(indicators.to_vec(), columns).map_err(|e| refuse(&e))?;
    if args.ordinal && matches!(args.treatment(), Missing::Mean | Missing::Em) {
        return Err(Failure::new("--ordinal has no means to put in: use --missing pairwise or listwise"));
    }
    if let Some(file) = &args.rake {
        if args.treatment() == Missing::Listwise {
            let reason = "--rake weights all rows, and --missing listwise would leave some out; use mean or pairwise";
            return Err(Failure::new(reason));
        }
        return margins::rake(file, args, data);
    }
    let Some((name, weights)) = weights else { return Ok((data, None)) };
    // A missing weight is refused as NaN, by its row.
    let weights = weights.iter().map(|w| w.unwrap_or(f64::NAN)).collect();
    Ok((data.with_weights(name, weights).map_err(|e| refuse(&e))?, None))
}

/// One `--by` column: its labels in order, and which row has which.
pub(super) struct By {
    pub column: String,
    pub labels: Vec<String>,
    pub grouping: Grouping,
    /// Rows of every group.
    pub sizes: Vec<usize>,
}

impl By {
    /// Rows that have no label, and so are in no group.
    pub fn unlabelled(&self) -> usize {
        self.grouping.labels.len() - self.sizes.iter().sum::<usize>()
    }
}

/// Reads the columns of `--by` and `--compare`; rows without a label are in no group. `kept` says which
/// rows are used.
pub(super) fn groups(args: &FitArgs, kept: &[bool]) -> Result<Vec<By>, Failure> {
    let more = args.compare.iter().filter(|column| !args.by.contains(column));
    let found = grouped(args, &args.by.iter().chain(more).cloned().collect::<Vec<_>>(), kept)?;
    let compared = found.iter().find(|by| args.compare.as_ref() == Some(&by.column));
    match compared.map(|by| by.labels.len()) {
        Some(groups) if !(2..=MOST_COMPARED).contains(&groups) => Err(Failure::new(format!(
            "--compare {}: it has {groups} groups; between 2 and {MOST_COMPARED} can be compared",
            args.compare.as_deref().unwrap_or_default()
        ))),
        _ => Ok(found),
    }
}

fn grouped(args: &FitArgs, names: &[String], kept: &[bool]) -> Result<Vec<By>, Failure> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let refuse = |e: &dyn std::fmt::Display| refused(&args.data, e);
    let file = File::open(&args.data).map_err(|e| refuse(&e))?;
    let columns = table::read_text_columns(file, names).map_err(|e| refuse(&e))?;
    let group = |(column, cells): (&String, Vec<String>)| {
        let cells: Vec<String> = cells.into_iter().zip(kept).filter(|(_, kept)| **kept).map(|(c, _)| c).collect();
        let is_label = |cell: &&String| !table::is_missing(cell, &args.missing_code);
        let mut labels: Vec<String> = cells.iter().filter(is_label).cloned().collect();
        labels.sort_unstable();
        labels.dedup();
        let label = |cell: &String| labels.binary_search(cell).map_or(NO_GROUP, |i| i as u32);
        let grouping = Grouping { labels: cells.iter().map(label).collect(), groups: labels.len() };
        By { column: column.clone(), labels, sizes: grouping.sizes(), grouping }
    };
    Ok(names.iter().zip(columns).map(group).collect())
}

/// Reads the column of `--strata` or `--cluster`, in which every row must have a label.
pub(super) fn every_row_grouped(
    args: &FitArgs,
    column: Option<&String>,
    kept: &[bool],
) -> Result<Option<Grouping>, Failure> {
    let Some(column) = column else { return Ok(None) };
    let grouping = grouped(args, std::slice::from_ref(column), kept)?.remove(0).grouping;
    if let Some(row) = grouping.labels.iter().position(|label| *label == NO_GROUP) {
        return Err(refused(&args.data, &format!("column `{column}`, row {}: every row needs a group", row + 1)));
    }
    if grouping.sizes().iter().all(|size| *size == 1) {
        let reason = "every group has one row; a resample needs groups of several";
        return Err(refused(&args.data, &format!("column `{column}`: {reason}")));
    }
    if grouping.groups < 2 {
        return Err(refused(
            &args.data,
            &format!("column `{column}`: every row has the same group; two are the least"),
        ));
    }
    Ok(Some(grouping))
}

/// Given outer weights in the indicators' order; `None` if they are to be estimated.
pub(super) fn outer_weights(args: &FitArgs, indicators: &[String]) -> Result<Option<Vec<f64>>, Failure> {
    let path = match args.outer_weights.as_str() {
        "pls" => return Ok(None),
        "sum" => return Ok(Some(vec![1.0; indicators.len()])),
        file => Path::new(file),
    };
    let refuse = |e: &dyn std::fmt::Display| refused(path, e);
    let file = File::open(path).map_err(|e| refuse(&format!("{e}; --outer-weights takes pls, sum or a file")))?;
    let columns =
        table::read_text_columns(file, &["indicator", "weight"].map(str::to_owned)).map_err(|e| refuse(&e))?;
    let mut weights = vec![None; indicators.len()];
    for (row, (name, text)) in columns[0].iter().zip(&columns[1]).enumerate() {
        let number = text.parse::<f64>().ok().filter(|w| w.is_finite());
        let weight = number.ok_or_else(|| refuse(&format!("row {}: `{text}` is not a number", row + 1)))?;
        let unknown = || refuse(&format!("row {}: `{name}` is not an indicator of the model", row + 1));
        let place = indicators.iter().position(|i| i == name).ok_or_else(unknown)?;
        if weights[place].replace(weight).is_some() {
            return Err(refuse(&format!("row {}: `{name}` stands twice", row + 1)));
        }
    }
    let missing = |j: usize| refuse(&format!("the indicator `{}` has no weight", indicators[j]));
    weights.iter().enumerate().map(|(j, w)| w.ok_or_else(|| missing(j))).collect::<Result<_, _>>().map(Some)
}

/// Scales of the indicators, given or observed.
pub(super) fn scales(args: &FitArgs, data: &Indicators) -> Result<Vec<ScaleRange>, Failure> {
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

/// Whether `--rank` names constructs.
pub(super) fn check_ranked(args: &FitArgs, model: &PathModel) -> Result<(), Failure> {
    let unknown = args.rank.iter().find(|name| model.construct(name).is_none());
    unknown.map_or(Ok(()), |name| Err(Failure::new(format!("--rank {name}: the model has no construct of this name"))))
}

/// Positions of the indicators that `--sign dominant:` names.
pub(super) fn dominant(args: &FitArgs, model: &PathModel) -> Result<Vec<usize>, Failure> {
    let position = |rule: &String| {
        let name = rule
            .strip_prefix("dominant:")
            .ok_or_else(|| Failure::new(format!("--sign {rule}: use none or dominant:INDICATOR")))?;
        let unknown = || Failure::new(format!("--sign {rule}: `{name}` is not an indicator of the model"));
        model.indicators.iter().position(|i| i == name).ok_or_else(unknown)
    };
    args.sign.iter().filter(|rule| *rule != "none").map(position).collect()
}
