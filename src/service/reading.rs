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
use crate::report::segments::SegmentInfo;
use crate::store::StoreError;
use crate::store::responses::{self, Wanted};
use crate::store::units;
use crate::survey::answers::Answers;

/// Rows that are looked at for a page, at most, and at a time.
const LOOKED_AT: usize = 20_000;
const AT_ONCE: usize = 1_000;

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
    /// What else can be asked for.
    pub segments: Vec<SegmentInfo>,
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
        (before, limit): (i64, usize),
    ) -> Result<ReadPage, ServiceError> {
        let revision = self.published(slug).await?.revision;
        let (app, reader, language) = (self.clone(), viewer.clone(), language.to_owned());
        let page = blocking(move || {
            let units = app.store.read_blocking(units::all)?;
            let scope = reader.scope(Action::ReadResponses, &units)?;
            let mut filter = within(&scope, read_filter(&query, &units, &language)?, &units, &language)?;
            let of_segments = app.of_segments(&revision, &units, (&mut filter, &query.segments()), &language)?;
            let of = Wanted {
                survey_id: revision.survey_id,
                units: filter.unit.as_ref().map(|unit| descendants(&units, &unit.code)),
                from: filter.from,
                to: filter.to,
                unflagged: filter.unflagged,
            };
            let mut next = Some(if before == 0 { i64::MAX } else { before });
            let (mut rows, mut looked_at) = (Vec::new(), 0);
            while let Some(place) = next.filter(|_| rows.len() < limit && looked_at < LOOKED_AT) {
                // Of a segment that few are of, many have to be looked at.
                let at_once = if filter.segments.is_empty() { limit } else { AT_ONCE };
                let most = i64::try_from(at_once).unwrap_or(i64::MAX);
                let found = app.store.read_blocking(|db| responses::read_before(db, &of, place, most))?;
                looked_at += found.len();
                next = found.last().filter(|_| found.len() == at_once).map(|row| row.id);
                rows.extend(found.into_iter().filter(|row| of_segments.has(row.id)));
                if rows.len() > limit {
                    rows.truncate(limit);
                    next = rows.last().map(|row| row.id);
                }
            }
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
            Ok(ReadPage { filter, segments: of_segments.offered, responses, next })
        })
        .await?;
        self.note(viewer, "responses.read", slug, json!({"responses": page.responses.len()})).await?;
        Ok(page)
    }
}
