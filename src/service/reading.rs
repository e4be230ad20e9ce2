//! Single responses for people: the latest first, within what the viewer may read.
//!
//! Owns: which responses those are, and that reading them is noted. Refuses: to show any to whoever may not read all of the
//! unit that is asked for.

use std::sync::Arc;

use serde_json::json;

use super::access::{Action, Viewer};
use super::authoring::Revision;
use super::reporting::{FilterQuery, descendants, read_filter, within};
use super::{App, ServiceError, blocking};
use crate::report::Filter;
use crate::store::StoreError;
use crate::store::responses::{self, Wanted};
use crate::store::units;
use crate::survey::answers::Answers;

/// A response with the questions that it answers.
pub struct Read {
    pub receipt: String,
    pub submitted_at: chrono::NaiveDateTime,
    /// Code.
    pub unit: Option<String>,
    pub language: String,
    /// What is odd about it, in the words of [`crate::survey::flags`].
    pub flags: Vec<String>,
    pub revision: Arc<Revision>,
    pub answers: Answers,
}

/// A page of responses, what was asked for, and the place of the next page.
pub struct ReadPage {
    pub filter: Filter,
    pub responses: Vec<Read>,
    pub next: Option<i64>,
}

impl App {
    /// Single responses with a place below `before` (0 for the latest), at most `limit`.
    ///
    /// # Errors
    /// [`ServiceError::NotSignedIn`], [`ServiceError::NotAllowed`], [`ServiceError::UnknownSurvey`],
    /// [`ServiceError::UnknownUnit`], [`ServiceError::BadFilter`], [`ServiceError::Store`].
    pub async fn read_responses(
        &self,
        viewer: &Viewer,
        slug: &str,
        query: FilterQuery,
        language: &str,
        (before, limit): (i64, i64),
    ) -> Result<ReadPage, ServiceError> {
        let survey_id = self.published(slug).await?.revision.survey_id;
        let (app, reader, language) = (self.clone(), viewer.clone(), language.to_owned());
        let page = blocking(move || {
            let units = app.store.read_blocking(units::all)?;
            let scope = reader.scope(Action::ReadResponses, &units)?;
            let filter = within(&scope, read_filter(&query, &units, &language)?, &units, &language)?;
            let of = Wanted {
                survey_id,
                units: filter.unit.as_ref().map(|unit| descendants(&units, &unit.code)),
                from: filter.from,
                to: filter.to,
                unflagged: filter.unflagged,
            };
            let before = if before == 0 { i64::MAX } else { before };
            let rows = app.store.read_blocking(|db| responses::read_before(db, &of, before, limit))?;
            let full = i64::try_from(rows.len()).is_ok_and(|n| n == limit);
            let next = rows.last().filter(|_| full).map(|row| row.id);
            let read = |row: responses::ExportRow| {
                let revision = app.revision_blocking(row.revision_id)?;
                let broken = |e| ServiceError::Store(StoreError::Broken(Box::new(e)));
                Ok(Read {
                    receipt: row.receipt,
                    submitted_at: row.submitted_at,
                    unit: row.unit,
                    language: row.language,
                    flags: row.flags.split_whitespace().map(str::to_owned).collect(),
                    revision,
                    answers: serde_json::from_str(&row.answers).map_err(broken)?,
                })
            };
            let responses = rows.into_iter().map(read).collect::<Result<_, ServiceError>>()?;
            Ok(ReadPage { filter, responses, next })
        })
        .await?;
        self.note(viewer, "responses.read", slug, json!({"responses": page.responses.len()})).await?;
        Ok(page)
    }
}
