//! Responses as CSV (RFC 4180, UTF-8): one row a response, one column a question.
//!
//! Owns: the columns and the form of each kind of answer: a number as it is, "not applicable" as
//! `NA`, a passed-over question as an empty cell, several choices separated by `;`. A cell of text that a
//! spreadsheet would run as a formula is written with a leading apostrophe.

use std::io::{self, Write};

use chrono::NaiveDateTime;

use crate::survey::answers::{Answer, Answers};
use crate::survey::check::{RESERVED, Survey};

/// The columns that every export has beside the questions.
pub struct Fixed<'a> {
    pub receipt: &'a str,
    /// UTC.
    pub submitted_at: NaiveDateTime,
    pub survey: &'a str,
    /// Version of the questionnaire, for people.
    pub version: &'a str,
    /// Content hash of the revision that was answered.
    pub revision: &'a str,
    pub unit: Option<&'a str>,
    pub language: &'a str,
    pub seconds: Option<i64>,
    pub flags: &'a str,
}

/// The question columns for responses to several revisions of a survey, the current one first: every
/// field that was ever asked, each once, then every score.
pub fn columns<'a>(revisions: impl Iterator<Item = &'a Survey>) -> Vec<String> {
    let (mut columns, mut scores): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for survey in revisions {
        for field in survey.fields() {
            if !columns.contains(&field.id) {
                columns.push(field.id);
            }
        }
        for score in &survey.template.scores {
            if !scores.contains(&score.id) {
                scores.push(score.id.clone());
            }
        }
    }
    scores.retain(|id| !columns.contains(id));
    columns.into_iter().chain(scores).collect()
}

/// Writes the header line.
///
/// # Errors
/// The writer's.
pub fn write_header(columns: &[String], out: &mut impl Write) -> io::Result<()> {
    record(RESERVED.into_iter().map(str::to_owned).chain(columns.iter().cloned()), out)
}

/// Writes one response.
///
/// # Errors
/// The writer's.
pub fn write_row(columns: &[String], fixed: &Fixed<'_>, answers: &Answers, out: &mut impl Write) -> io::Result<()> {
    let time = fixed.submitted_at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let first = [
        fixed.receipt,
        &time,
        fixed.survey,
        fixed.version,
        fixed.revision,
        fixed.unit.unwrap_or_default(),
        fixed.language,
        &fixed.seconds.map_or_else(String::new, |s| s.to_string()),
        fixed.flags,
    ]
    .map(str::to_owned);
    let cells = columns.iter().map(|id| answers.0.get(id).map_or(String::new(), cell));
    record(first.into_iter().chain(cells), out)
}

fn cell(answer: &Answer) -> String {
    match answer {
        Answer::Rating(point) => point.to_string(),
        Answer::Number(x) => x.to_string(),
        Answer::Ticked(ticked) => if *ticked { "yes" } else { "no" }.to_owned(),
        Answer::Text(text) => harmless(text),
        Answer::Choices(choices) => choices.join(";"),
        Answer::NotApplicable(()) => "NA".to_owned(),
    }
}

/// Spreadsheets run a cell that begins with one of these as a formula.
pub(super) fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

pub(super) fn record(cells: impl Iterator<Item = String>, out: &mut impl Write) -> io::Result<()> {
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
