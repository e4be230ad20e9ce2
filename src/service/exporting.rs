//! Responses leave, a page of rows at a time; reports and charts leave as files.
//!
//! Owns: reading the rows in pages, so that a million need no more memory than a page does, and giving
//! them to [`crate::export`] for their form.

use std::io::Write;
use std::sync::Arc;

use serde::Serialize;

use super::access::{Action, Viewer};
use super::authoring::Revision;
use super::keeping::KeptReport;
use super::{App, ServiceError};
use crate::export::{csv, pdf, table_csv, xlsx};
use crate::report::Report;
use crate::report::tables::{self, Table};
use crate::store::{responses, surveys};
use crate::survey::answers::{Answer, Answers};
use crate::survey::check::Survey;
use crate::survey::logic::Value;
use crate::survey::walk::{self, Guest};
use crate::wording::wording;

/// Rows in memory at a time.
const PAGE: i64 = 1000;

/// An export under way: call [`CsvExport::next_part`] until it gives nothing.
pub struct CsvExport {
    app: App,
    revision: Arc<Revision>,
    columns: Vec<String>,
    /// Of these units only.
    units: Option<Vec<i64>>,
    after: i64,
    header: bool,
}

impl App {
    /// Begins the export, as CSV, of those of a survey's responses that the viewer may read.
    ///
    /// # Errors
    /// [`ServiceError::NotSignedIn`], [`ServiceError::NotAllowed`], [`ServiceError::UnknownSurvey`]; [`ServiceError::Store`] if the database fails.
    pub async fn export_csv(&self, viewer: &Viewer, slug: &str) -> Result<CsvExport, ServiceError> {
        let units = self.admit_to(viewer, Action::ReadResponses, false).await?.ids();
        let revision = self.published(slug).await?.revision;
        let survey_id = revision.survey_id;
        let rows = self.store.read(move |db| surveys::revisions_of(db, survey_id)).await?;
        let older: Vec<Arc<Revision>> =
            rows.into_iter().rev().map(|row| self.remember(row)).collect::<Result<_, _>>()?;
        let columns = csv::columns(std::iter::once(&revision).chain(&older).map(|r| &r.survey));
        Ok(CsvExport { columns, app: self.clone(), revision, units, after: 0, header: true })
    }
}

/// A single response, for programs.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Exported {
    pub receipt: String,
    pub submitted_at: chrono::DateTime<chrono::Utc>,
    /// Of the questionnaire that was shown.
    pub version: String,
    /// Its content hash.
    pub revision: String,
    /// Code.
    pub unit: Option<String>,
    pub language: String,
    /// From the first page to handing in.
    pub seconds: Option<i64>,
    /// What is odd about it.
    pub flags: Vec<String>,
    /// By question; with scores.
    #[schema(value_type = Object)]
    pub answers: serde_json::Value,
}

impl App {
    /// Those of a survey's responses that the viewer may read, after a place, each with the place after it.
    ///
    /// # Errors
    /// As [`App::export_csv`].
    pub async fn responses(
        &self,
        viewer: &Viewer,
        slug: &str,
        after: i64,
        limit: i64,
    ) -> Result<Vec<(i64, Exported)>, ServiceError> {
        let of = self.admit_to(viewer, Action::ReadResponses, false).await?.ids();
        let survey_id = self.published(slug).await?.revision.survey_id;
        let read = move |db: &mut _| responses::export_after(db, survey_id, of.as_deref(), after, limit);
        let mut exported = Vec::new();
        for row in self.store.read(read).await? {
            let revision = self.revision(row.revision_id).await?;
            let broken = |e| ServiceError::Store(crate::store::StoreError::Broken(Box::new(e)));
            let mut answers: Answers = serde_json::from_str(&row.answers).map_err(broken)?;
            let unit = row.unit.as_deref().unwrap_or_default();
            add_scores(&revision.survey, &mut answers, Guest { attempt: "", unit, language: &row.language });
            let response = Exported {
                submitted_at: row.submitted_at.and_utc(),
                version: revision.survey.template.version.clone(),
                revision: revision.content_hash.clone(),
                flags: row.flags.split_whitespace().map(str::to_owned).collect(),
                answers: serde_json::to_value(&answers).map_err(broken)?,
                receipt: row.receipt,
                unit: row.unit,
                language: row.language,
                seconds: row.seconds,
            };
            exported.push((row.id, response));
        }
        Ok(exported)
    }
}

impl CsvExport {
    /// The next part of the file; `None` at its end.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails.
    pub async fn next_part(&mut self) -> Result<Option<Vec<u8>>, ServiceError> {
        let mut part = Vec::new();
        if std::mem::take(&mut self.header) {
            csv::write_header(&self.columns, &mut part).map_err(broken)?;
        }
        let (survey_id, after) = (self.revision.survey_id, self.after);
        let units = self.units.clone();
        let page = move |db: &mut _| responses::export_after(db, survey_id, units.as_deref(), after, PAGE);
        let rows = self.app.store.read(page).await?;
        if let Some(last) = rows.last() {
            self.after = last.id;
            for row in &rows {
                let revision = self.app.revision(row.revision_id).await?;
                let fixed = csv::Fixed {
                    receipt: &row.receipt,
                    submitted_at: row.submitted_at,
                    survey: self.revision.survey.slug.as_str(),
                    version: &revision.survey.template.version,
                    revision: &revision.content_hash,
                    unit: row.unit.as_deref(),
                    language: &row.language,
                    seconds: row.seconds,
                    flags: &row.flags,
                };
                let mut answers = serde_json::from_str(&row.answers)
                    .map_err(|e| ServiceError::Store(crate::store::StoreError::Broken(Box::new(e))))?;
                let unit = row.unit.as_deref().unwrap_or_default();
                add_scores(&revision.survey, &mut answers, Guest { attempt: "", unit, language: &row.language });
                csv::write_row(&self.columns, &fixed, &answers, &mut part).map_err(broken)?;
            }
        }
        Ok(Some(part).filter(|p| !p.is_empty()))
    }

    /// Writes the whole file.
    ///
    /// # Errors
    /// As [`CsvExport::next_part`], or the writer's error.
    pub async fn write_to(mut self, target: &mut impl Write) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        while let Some(part) = self.next_part().await? {
            target.write_all(&part)?;
        }
        Ok(target.flush()?)
    }
}

/// Adds what the template computes from a response.
fn add_scores(survey: &Survey, answers: &mut Answers, guest: Guest<'_>) {
    let scores: Vec<(String, Value)> = (0..survey.template.scores.len())
        .map(|place| (survey.template.scores[place].id.clone(), walk::score(survey, place, answers, guest)))
        .collect();
    for (id, value) in scores {
        let answer = match value {
            Value::Number(x) => Answer::Number(x),
            Value::Text(text) => Answer::Text(text),
            Value::Bool(b) => Answer::Ticked(b),
            Value::List(_) | Value::Null => continue,
        };
        answers.0.insert(id, answer);
    }
}

fn broken(error: std::io::Error) -> ServiceError {
    ServiceError::Store(crate::store::StoreError::Broken(Box::new(error)))
}

/// A report as a workbook: the bytes of an XLSX file, in the report's language; of one that is kept, with what proves it.
///
/// # Errors
/// If a table is too long for a sheet.
pub fn report_as_workbook(report: &Report, kept: Option<&KeptReport>) -> std::io::Result<Vec<u8>> {
    let kept = kept.map(|kept| kept_line(kept, report));
    xlsx::workbook(&tables::of_report(report, kept.as_deref(), wording(&report.language)))
        .map_err(std::io::Error::other)
}

/// A report as a PDF, in the report's language; of one that is kept, with what proves it.
///
/// # Errors
/// What is wrong with a drawing or with the document.
pub fn report_as_pdf(report: &Report, kept: Option<&KeptReport>) -> std::io::Result<Vec<u8>> {
    pdf::report(report, kept.map(|kept| kept_line(kept, report)).as_deref())
}

fn kept_line(kept: &KeptReport, report: &Report) -> String {
    let (number, at) = (kept.number.to_string(), kept.kept_at.format("%Y-%m-%d %H:%M").to_string());
    let values = [("number", number.as_str().into()), ("at", at.as_str().into()), ("by", kept.kept_by.as_str().into())];
    format!("{} SHA-256 {}", wording(&report.language).fill("kept-said", &values), kept.sha256)
}

/// The numbers behind a chart as the bytes of a CSV file.
pub fn figures_as_csv(table: &Table) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A vector takes whatever is written.
    drop(table_csv::write(table, &mut bytes));
    bytes
}
