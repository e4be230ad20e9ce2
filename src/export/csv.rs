//! Responses as CSV (RFC 4180, UTF-8): one row a response, one column a question.
//!
//! Owns: the columns and the form of each kind of answer: a rating as its number, "not applicable" as
//! `NA`, a passed-over question as an empty cell, several choices separated by `;`. A cell of text that a
//! spreadsheet would run as a formula is written with a leading apostrophe.

use std::io::{self, Write};

use chrono::NaiveDateTime;

use crate::survey::answers::{Answer, Answers};
use crate::survey::check::{RESERVED, Survey};
use crate::survey::question::Question;

/// The columns that every export has beside the questions.
pub struct Fixed<'a> {
    pub receipt: &'a str,
    /// UTC.
    pub submitted_at: NaiveDateTime,
    pub survey: &'a str,
    pub revision: &'a str,
    pub unit: Option<&'a str>,
    pub language: &'a str,
}

/// Writes the header line.
///
/// # Errors
/// The writer's.
pub fn write_header(survey: &Survey, out: &mut impl Write) -> io::Result<()> {
    let columns = RESERVED.into_iter().chain(questions(survey).map(Question::id));
    record(columns.map(str::to_owned), out)
}

/// Writes one response.
///
/// # Errors
/// The writer's.
pub fn write_row(survey: &Survey, fixed: &Fixed<'_>, answers: &Answers, out: &mut impl Write) -> io::Result<()> {
    let time = fixed.submitted_at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let first = [fixed.receipt, &time, fixed.survey, fixed.revision, fixed.unit.unwrap_or_default(), fixed.language]
        .map(str::to_owned);
    let cells = questions(survey).map(|q| answers.0.get(q.id()).map_or(String::new(), cell));
    record(first.into_iter().chain(cells), out)
}

fn questions(survey: &Survey) -> impl Iterator<Item = &Question> {
    survey.questions().filter(|q| q.asks())
}

fn cell(answer: &Answer) -> String {
    match answer {
        Answer::Rating(point) => point.to_string(),
        Answer::Text(text) => harmless(text),
        Answer::Choices(choices) => choices.join(";"),
        Answer::NotApplicable(()) => "NA".to_owned(),
    }
}

/// Spreadsheets run a cell that begins with one of these as a formula.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

fn record(cells: impl Iterator<Item = String>, out: &mut impl Write) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    for cell in cells {
        writer.write_field(cell)?;
    }
    writer.write_record(None::<&[u8]>)?;
    writer.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_disarmed_and_quotes_doubled() {
        let mut out = Vec::new();
        record(["=1+1", "a \"b\", c", "-5 stars"].map(harmless).into_iter(), &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "'=1+1,\"a \"\"b\"\", c\",'-5 stars\r\n");
    }
}
