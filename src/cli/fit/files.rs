//! What a fit writes to files of its own: scores of every row, and the index over time.

use std::fs::File;
use std::io::{BufWriter, Result, Write as _};
use std::path::Path;

use super::args::FitArgs;
use crate::csi::analysis::{Analysis, Plan};
use crate::csi::scores::scores;
use crate::csi::sequence::confidence_sequence;

/// One line a row: its number, then every construct's standardised and 0-100 score.
pub(super) fn write_scores(path: &Path, numbers: &[usize], plan: &Plan<'_>, analysis: &Analysis) -> Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    let names: Vec<String> = plan.main().constructs.iter().map(|c| format!(",{0},{0}_index", c.name)).collect();
    writeln!(out, "row{}", names.concat())?;
    for (i, row) in scores(plan, &analysis.estimates).enumerate() {
        let cells: String = row.standardised.iter().zip(&row.index).map(|(s, x)| format!(",{s},{x}")).collect();
        writeln!(out, "{}{cells}", numbers[i])?;
    }
    out.flush()
}

/// One line a row: its number, then every construct's index so far and the band that holds at all times.
pub(super) fn write_sequence(
    path: &Path,
    args: &FitArgs,
    numbers: &[usize],
    plan: &Plan<'_>,
    analysis: &Analysis,
) -> Result<()> {
    let rows: Vec<Vec<f64>> = scores(plan, &analysis.estimates).map(|row| row.index).collect();
    let tightest = args.tightest.map_or(rows.len(), |rows| rows as usize);
    let columns: Vec<_> = (0..plan.main().constructs.len())
        .map(|k| confidence_sequence(rows.iter().map(|row| row[k]), args.level, tightest))
        .collect();
    let mut out = BufWriter::new(File::create(path)?);
    let names: Vec<String> = plan.main().constructs.iter().map(|c| format!(",{0},{0}_low,{0}_high", c.name)).collect();
    writeln!(out, "row{}", names.concat())?;
    for i in 0..rows.len() {
        write!(out, "{}", numbers[i])?;
        for steps in &columns {
            let [low, high] = [0, 1].map(|side| steps[i].band.map_or_else(String::new, |band| band[side].to_string()));
            write!(out, ",{},{low},{high}", steps[i].mean)?;
        }
        writeln!(out)?;
    }
    out.flush()
}
