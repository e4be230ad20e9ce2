//! `--rake FILE`: known margins and the rows' categories -> case weights.
//!
//! Owns: reading both files as text. Refuses, by name: a category that has no share, a share that is no
//! number, a row without a category. The arithmetic is [`crate::csi::raking`].

use std::path::Path;

use super::args::FitArgs;
use crate::cli::Failure;
use crate::cli::table::read_text_columns;
use crate::csi::data::Indicators;
use crate::csi::raking::{self, Margin, Raked, RakingOptions};

/// Data weighted so that their shares are those of the margins file.
pub(super) fn rake(file: &Path, args: &FitArgs, data: Indicators) -> Result<(Indicators, Option<Raked>), Failure> {
    let refused = |path: &Path, e: &dyn std::fmt::Display| Failure::new(format!("{}: {e}", path.display()));
    let mut margins = read_margins(file)?;
    let names: Vec<String> = margins.iter().map(|m| m.name.clone()).collect();
    let source = std::fs::File::open(&args.data).map_err(|e| refused(&args.data, &e))?;
    let columns = read_text_columns(source, &names).map_err(|e| refused(&args.data, &e))?;
    for (margin, column) in margins.iter_mut().zip(columns) {
        for (row, cell) in column.iter().enumerate() {
            let position = margin.shares.iter().position(|(category, _)| category == cell);
            let place =
                || format!("column `{}`, row {}: `{cell}` has no share in {}", margin.name, row + 1, file.display());
            margin.categories.push(position.ok_or_else(|| refused(&args.data, &place()))?);
        }
    }
    let options = RakingOptions { trim: args.trim, ..RakingOptions::default() };
    let raked = raking::rake(&margins, &options).map_err(|e| refused(file, &e))?;
    let weighted = data.with_weights("--rake", raked.weights.clone()).map_err(|e| refused(&args.data, &e))?;
    Ok((weighted, Some(raked)))
}

fn read_margins(file: &Path) -> Result<Vec<Margin>, Failure> {
    let refused = |e: &dyn std::fmt::Display| Failure::new(format!("{}: {e}", file.display()));
    let source = std::fs::File::open(file).map_err(|e| refused(&e))?;
    let columns =
        read_text_columns(source, &["variable", "category", "share"].map(str::to_owned)).map_err(|e| refused(&e))?;
    let mut margins: Vec<Margin> = Vec::new();
    for (row, name) in columns[0].iter().enumerate() {
        let (category, text) = (&columns[1][row], &columns[2][row]);
        let share: f64 =
            text.parse().map_err(|_| refused(&format!("row {}: the share `{text}` is not a number", row + 1)))?;
        let known = margins.iter().position(|m| m.name == *name);
        let position = known.unwrap_or_else(|| {
            margins.push(Margin { name: name.clone(), shares: Vec::new(), categories: Vec::new() });
            margins.len() - 1
        });
        if margins[position].shares.iter().any(|(c, _)| c == category) {
            return Err(refused(&format!("row {}: `{category}` of `{name}` stands twice", row + 1)));
        }
        margins[position].shares.push((category.clone(), share));
    }
    Ok(margins)
}
