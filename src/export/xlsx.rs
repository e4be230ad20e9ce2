//! Tables as a workbook (Office Open XML): one sheet a table, numbers as numbers.
//!
//! Owns: names of sheets as spreadsheets accept them, headings that stay in sight, columns wide enough. Text is text: what begins
//! with an equals sign is no formula. The same tables give the same bytes. Refuses: tables that are longer than a sheet.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};

use crate::report::tables::{Cell, Table};
use crate::text::{shortened, width};

/// What spreadsheets allow of a sheet's name.
const LONGEST_NAME: usize = 31;
const FORBIDDEN: [char; 7] = ['[', ']', ':', '*', '?', '/', '\\'];

/// A workbook of tables.
///
/// # Errors
/// [`XlsxError`] if a table does not fit into a sheet.
pub fn workbook(tables: &[Table]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    // The day would change the bytes.
    book.set_properties(&DocProperties::new().set_creation_datetime(&ExcelDateTime::from_ymd(2000, 1, 1)?));
    let heading = Format::new().set_bold();
    // Shown to two places; the cell has them all.
    let rounded = Format::new().set_num_format("0.00");
    let mut taken: Vec<String> = Vec::new();
    for table in tables {
        let name = sheet_name(&table.name, &taken);
        let sheet = book.add_worksheet();
        sheet.set_name(&name)?;
        taken.push(name);
        let top = u32::from(!table.columns.is_empty());
        for (column, text) in table.columns.iter().enumerate() {
            sheet.write_string_with_format(0, column as u16, text, &heading)?;
        }
        if top > 0 {
            sheet.set_freeze_panes(1, 0)?;
        }
        for (row, cells) in table.rows.iter().enumerate() {
            let row = u32::try_from(row).map_err(|_| XlsxError::RowColumnLimitError)? + top;
            for (column, cell) in cells.iter().enumerate() {
                match cell {
                    Cell::Text(text) => drop(sheet.write_string(row, column as u16, text)?),
                    Cell::Number(number) if number.fract() == 0.0 => {
                        sheet.write_number(row, column as u16, *number)?;
                    }
                    Cell::Number(number) => {
                        sheet.write_number_with_format(row, column as u16, *number, &rounded)?;
                    }
                    Cell::Empty => {}
                }
            }
        }
        for (column, columns) in widths(table).into_iter().enumerate() {
            sheet.set_column_width(column as u16, columns)?;
        }
    }
    book.save_to_buffer()
}

/// Wide enough for what is in each column, and no wider than can be read; a sentence alone in its row may run on.
fn widths(table: &Table) -> Vec<f64> {
    let columns = table.rows.iter().map(Vec::len).chain([table.columns.len()]).max().unwrap_or(0);
    let of = |column: usize| {
        let cells = table.rows.iter().filter(|row| row.len() > 1).filter_map(|row| match row.get(column)? {
            Cell::Text(text) => Some(width(text)),
            Cell::Number(_) => Some(10),
            Cell::Empty => None,
        });
        let longest = cells.chain(table.columns.get(column).map(|name| width(name))).max().unwrap_or(8);
        longest.clamp(8, 48) as f64 + 2.0
    };
    (0..columns).map(of).collect()
}

fn sheet_name(name: &str, taken: &[String]) -> String {
    let plain: String = name.chars().map(|c| if FORBIDDEN.contains(&c) { ' ' } else { c }).collect();
    let plain = plain.trim_matches([' ', '\'']);
    let free = |candidate: &String| !taken.iter().any(|known| known.to_lowercase() == candidate.to_lowercase());
    let first = shortened(plain, LONGEST_NAME);
    let numbered = (2..).map(|i| format!("{} {i}", shortened(plain, LONGEST_NAME - 4)));
    std::iter::once(first).chain(numbered).find(free).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use calamine::{Data, Reader as _, Xlsx};

    use super::*;

    fn read(bytes: Vec<u8>) -> Xlsx<std::io::Cursor<Vec<u8>>> {
        Xlsx::new(std::io::Cursor::new(bytes)).unwrap()
    }

    #[test]
    fn numbers_are_numbers_and_text_is_text() {
        let table = Table {
            name: "What/next: a name that is far too long for a sheet".to_owned(),
            columns: vec!["House".to_owned(), "Index".to_owned()],
            rows: vec![vec!["=1+1".into(), Cell::Number(0.1 + 0.2)], vec!["老城".into(), Cell::Empty]],
        };
        let bytes = workbook(&[table.clone(), table.clone()]).unwrap();
        assert_eq!(bytes, workbook(&[table.clone(), table]).unwrap(), "the same tables, the same bytes");
        let mut book = read(bytes);
        let names = book.sheet_names();
        assert_eq!(names.len(), 2);
        assert!(names[0].starts_with("What next  a name") && names[1].ends_with(" 2"), "{names:?}");
        let sheet = book.worksheet_range(&names[0]).unwrap();
        assert_eq!(sheet.get((1, 0)), Some(&Data::String("=1+1".to_owned())));
        assert_eq!(sheet.get((1, 1)), Some(&Data::Float(0.1 + 0.2)));
        assert_eq!(sheet.get((2, 0)), Some(&Data::String("老城".to_owned())));
    }
}
