//! A table as CSV (RFC 4180, UTF-8): a line of column names, then its rows, numbers at full precision.

use std::io::{self, Write};

use super::csv::{harmless, record};
use crate::report::tables::{Cell, Table};

/// Writes a table.
///
/// # Errors
/// The writer's.
pub fn write(table: &Table, out: &mut impl Write) -> io::Result<()> {
    record(table.columns.iter().map(|name| harmless(name)), out)?;
    table.rows.iter().try_for_each(|row| record(row.iter().map(cell), out))
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => harmless(text),
        Cell::Number(number) => number.to_string(),
        Cell::Empty => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_every_digit_and_formulas_are_disarmed() {
        let columns = vec!["House".to_owned(), "Index".to_owned()];
        let rows = vec![vec!["=A1".into(), Cell::Number(0.1 + 0.2)], vec!["a, b".into(), Cell::Empty]];
        let mut out = Vec::new();
        write(&Table { name: String::new(), columns, rows }, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "House,Index\r\n'=A1,0.30000000000000004\r\n\"a, b\",\r\n");
    }
}
