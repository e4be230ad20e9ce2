//! Delimited text files -> named columns of numbers.
//!
//! Owns: what real files look like: a byte-order mark, commas, semicolons or tabs, CRLF, quoted cells,
//! decimal commas in semicolon files, empty cells. Refuses: text where a number belongs, infinities, ragged rows, bytes
//! that are not UTF-8, a column named twice; each with its line and column name.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};

use crate::csi::column::Column;

/// What is wrong with a table, and where.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    #[error("the file is empty; the first line must name the columns")]
    Empty,
    #[error("column `{0}` is not in the file; its columns are {1}")]
    MissingColumn(String, String),
    #[error("the column name `{0}` stands twice in the first line")]
    ColumnTwice(String),
    #[error("line {line}, column `{column}`: `{value}` is not a number")]
    NotANumber { line: u64, column: String, value: String },
    #[error("line {line}: {found} cells where the first line has {expected}")]
    Ragged { line: u64, expected: u64, found: u64 },
    #[error("line {line}: the text is not UTF-8; save the file as UTF-8")]
    NotUtf8 { line: u64 },
    #[error("the file cannot be read: {0}")]
    Io(#[from] std::io::Error),
    #[error("the file cannot be read as delimited text: {0}")]
    Csv(csv::Error),
}

/// Cells that mean "no answer" besides the empty cell.
pub const MISSING_CELLS: [&str; 3] = ["NA", "NaN", "."];

/// Whether a cell means "no answer".
pub fn is_missing(cell: &str, codes: &[String]) -> bool {
    cell.is_empty() || MISSING_CELLS.contains(&cell) || codes.iter().any(|code| code == cell)
}

/// Reads the named columns; `None` where a cell is empty, one of [`MISSING_CELLS`] or of `codes`.
///
/// # Errors
/// The first [`TableError`] in reading order.
pub fn read_columns(source: impl Read, wanted: &[String], codes: &[String]) -> Result<Vec<Column>, TableError> {
    let parse = |line: u64, delimiter: u8, name: &String, cell: &str| {
        let number = if is_missing(cell, codes) { Ok(None) } else { parse_cell(cell, delimiter) };
        number.map_err(|()| TableError::NotANumber { line, column: name.clone(), value: shorten(cell) })
    };
    read(source, wanted, parse, Column::push)
}

/// Reads the named columns as they are, trimmed.
///
/// # Errors
/// As [`read_columns`].
pub fn read_text_columns(source: impl Read, wanted: &[String]) -> Result<Vec<Vec<String>>, TableError> {
    read(source, wanted, |_, _, _, cell| Ok(cell.to_owned()), Vec::push)
}

/// Reads the named columns, each cell parsed and pushed to its column.
fn read<T, C: Default + Clone>(
    source: impl Read,
    wanted: &[String],
    parse: impl Fn(u64, u8, &String, &str) -> Result<T, TableError>,
    push: impl Fn(&mut C, T),
) -> Result<Vec<C>, TableError> {
    let mut source = BufReader::with_capacity(1 << 16, source);
    let delimiter = sniff_delimiter(&mut source)?;
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(source);
    let positions = locate(&mut reader, wanted)?;
    let mut columns = vec![C::default(); wanted.len()];
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(explain)? {
        let line = record.position().map_or(0, csv::Position::line);
        for ((column, &position), name) in columns.iter_mut().zip(&positions).zip(wanted) {
            let cell = std::str::from_utf8(&record[position]).map_err(|_| TableError::NotUtf8 { line })?.trim();
            push(column, parse(line, delimiter, name, cell)?);
        }
    }
    Ok(columns)
}

fn locate(reader: &mut csv::Reader<impl Read>, wanted: &[String]) -> Result<Vec<usize>, TableError> {
    let header = reader.byte_headers().map_err(explain)?;
    let names: Result<Vec<&str>, _> = header.iter().map(std::str::from_utf8).collect();
    let names: Vec<String> = names
        .map_err(|_| TableError::NotUtf8 { line: 1 })?
        .iter()
        .map(|n| n.trim_start_matches('\u{feff}').trim().to_owned())
        .collect();
    if names.iter().all(String::is_empty) {
        return Err(TableError::Empty);
    }
    let mut position = HashMap::new();
    for (i, name) in names.iter().enumerate() {
        if position.insert(name.as_str(), i).is_some() && wanted.contains(name) {
            return Err(TableError::ColumnTwice(name.clone()));
        }
    }
    let find = |name: &String| {
        position
            .get(name.as_str())
            .copied()
            .ok_or_else(|| TableError::MissingColumn(name.clone(), shorten(&names.join(", "))))
    };
    wanted.iter().map(find).collect()
}

fn parse_cell(cell: &str, delimiter: u8) -> Result<Option<f64>, ()> {
    let parsed = match cell.parse::<f64>() {
        Err(_) if delimiter == b';' => cell.replacen(',', ".", 1).parse(),
        other => other,
    };
    parsed.ok().filter(|x| x.is_finite()).map(Some).ok_or(())
}

/// The one of `, ; tab` that the first line has most of; a comma where it has none.
fn sniff_delimiter(source: &mut impl BufRead) -> Result<u8, TableError> {
    let start = source.fill_buf()?;
    if start.is_empty() {
        return Err(TableError::Empty);
    }
    let line = start.split(|b| *b == b'\n').next().unwrap_or_default();
    let count = |d: &u8| line.iter().filter(|b| *b == d).count();
    Ok([b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b','))
}

fn explain(error: csv::Error) -> TableError {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => TableError::Ragged {
            line: pos.as_ref().map_or(0, csv::Position::line),
            expected: *expected_len,
            found: *len,
        },
        _ => TableError::Csv(error),
    }
}

/// At most 60 characters of something that goes into a message.
fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: impl AsRef<[u8]>) -> Result<Vec<Vec<Option<f64>>>, String> {
        let columns = read_columns(text.as_ref(), &["a".into(), "b".into()], &["99".into()]);
        columns.map(|c| c.iter().map(|c| c.iter().collect()).collect()).map_err(|e| e.to_string())
    }

    #[test]
    fn reads_what_spreadsheets_write() {
        let expected = Ok(vec![vec![Some(1.0), None], vec![Some(2.5), Some(3.0)]]);
        assert_eq!(read("a,b\n1,2.5\nNA,3\n"), expected);
        assert_eq!(read("\u{feff}b;x;a\r\n2,5;text;1\r\n3;;\r\n"), expected);
        assert_eq!(read("a,b\n1,2.5\n99,3\n"), expected);
        assert_eq!(read("a\tb\n 1 \t\"2.5\"\n\t3"), expected);
    }

    #[test]
    fn names_the_place_of_what_is_wrong() {
        assert_eq!(read("").unwrap_err(), "the file is empty; the first line must name the columns");
        assert_eq!(read("a,c\n1,2").unwrap_err(), "column `b` is not in the file; its columns are a, c");
        assert_eq!(read("a,b\n1,2\n1,good").unwrap_err(), "line 3, column `b`: `good` is not a number");
        assert_eq!(read("a,b\n1,inf").unwrap_err(), "line 2, column `b`: `inf` is not a number");
        assert_eq!(read("a,b\n1,2\n1").unwrap_err(), "line 3: 1 cells where the first line has 2");
        assert_eq!(read(b"a,b\n1,\xff").unwrap_err(), "line 2: the text is not UTF-8; save the file as UTF-8");
        assert_eq!(read("a,b,a\n1,2,3").unwrap_err(), "the column name `a` stands twice in the first line");
    }
}
