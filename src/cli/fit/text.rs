//! The readable form of a fit: aligned tables.

use std::fmt::Write as _;

use super::Outcome;
use super::sections::{self, Table};
use crate::text::{pad, width};

pub(super) fn render(o: &Outcome<'_>) -> String {
    let mut out = sections::summary(o).join("\n") + "\n";
    for table in sections::tables(o) {
        write_table(&mut out, &table);
    }
    for (title, lines) in [("Rules of thumb that are not met", sections::worries(o)), ("Warnings", sections::notes(o))]
    {
        if !lines.is_empty() {
            let _ = writeln!(out, "\n{title}");
        }
        for line in lines {
            let _ = writeln!(out, "  {line}");
        }
    }
    out
}

/// A blank line, the heading, then the rows; text to the left, numbers to the right.
fn write_table(out: &mut String, table: &Table) {
    let rows = || std::iter::once(&table.heading).chain(&table.rows);
    let widths: Vec<usize> =
        (0..table.heading.len()).map(|i| rows().map(|r| width(&r[i])).max().unwrap_or(0)).collect();
    out.push('\n');
    for row in rows() {
        let cells: Vec<String> =
            row.iter().enumerate().map(|(i, cell)| pad(cell, widths[i], table.numeric(i))).collect();
        let _ = writeln!(out, "{}", cells.join("  ").trim_end());
    }
    if !table.note.is_empty() {
        let _ = writeln!(out, "{}", table.note);
    }
}
