//! A guest hands in answers.
//!
//! Owns: the path from a form to a stored response and its receipt, each attempt at most once. Refuses:
//! closed surveys, pages that are not ours, forged fields; and stores nothing of them.

use std::sync::Arc;

use super::authoring::Revision;
use super::{App, ServiceError, now, random_bytes};
use crate::store::responses::{self, NewResponse};
use crate::store::units;
use crate::survey::answers::{self, RawAnswers, Rejection};
use crate::survey::ids::{AttemptKey, Receipt, Slug};
use crate::survey::text::negotiate;

/// The form's own fields, beside the answers.
pub const ATTEMPT_FIELD: &str = "_attempt";
pub const REVISION_FIELD: &str = "_revision";

/// What became of a submission.
#[derive(Debug)]
pub enum Outcome {
    /// Stored, now or by an earlier try of the same attempt.
    Stored(Receipt),
    /// Not stored: the guest can mend it.
    Rejected { revision: Arc<Revision>, rejections: Vec<Rejection> },
}

/// Where a guest came from: what the address says, besides the survey.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arrival {
    pub unit: Option<String>,
    pub language: Option<String>,
}

impl App {
    /// Stores a submission and returns its receipt once it is on disk. A repeat of the same attempt
    /// returns the first one's receipt, whatever it holds and even if the survey has closed since.
    ///
    /// # Errors
    /// [`ServiceError::UnknownSurvey`], [`ServiceError::Closed`], [`ServiceError::UnknownUnit`],
    /// [`ServiceError::UnknownPage`], [`ServiceError::Forged`], [`ServiceError::Store`].
    pub async fn submit(&self, slug: &str, arrival: &Arrival, raw: &RawAnswers) -> Result<Outcome, ServiceError> {
        let published = self.published(slug).await?;
        let attempt: AttemptKey = raw
            .first(ATTEMPT_FIELD)
            .and_then(|key| key.parse().ok())
            .ok_or(ServiceError::UnknownPage("it carries no attempt key"))?;
        if !published.open {
            return self
                .earlier(published.revision.survey_id, &attempt)
                .await?
                .ok_or_else(|| ServiceError::Closed(slug.to_owned()));
        }
        let hash = raw.first(REVISION_FIELD).ok_or(ServiceError::UnknownPage("it carries no revision"))?;
        let revision = if hash == published.revision.content_hash {
            published.revision
        } else {
            self.revision_by_hash(published.revision.survey_id, hash).await?
        };
        let parsed = answers::parse(&revision.survey, raw)?;
        if !parsed.rejections.is_empty() {
            return match self.earlier(revision.survey_id, &attempt).await? {
                Some(outcome) => Ok(outcome),
                None => Ok(Outcome::Rejected { revision, rejections: parsed.rejections }),
            };
        }
        let unit_id = self.unit_id(arrival.unit.as_deref()).await?;
        let response = NewResponse {
            survey_id: revision.survey_id,
            revision_id: revision.id,
            unit_id,
            attempt_key: attempt.to_string(),
            receipt: Receipt::from_random(random_bytes()).to_string(),
            language: negotiate(&revision.survey.template.languages, arrival.language.as_deref(), None).to_owned(),
            submitted_at: now(),
            indicators: revision.ratings(&parsed.answers),
            answers: parsed.answers.to_json(),
        };
        let receipt = self.store.write(move |db| responses::insert_once(db, &response)).await?;
        let receipt = receipt.ok_or(ServiceError::UnknownPage("its attempt key belongs to another survey"))?;
        Ok(Outcome::Stored(receipt.parse().map_err(|_| ServiceError::UnknownReceipt)?))
    }

    async fn earlier(&self, survey_id: i64, attempt: &AttemptKey) -> Result<Option<Outcome>, ServiceError> {
        let key = attempt.to_string();
        let receipt = self.store.read(move |db| responses::receipt_of_attempt(db, survey_id, &key)).await?;
        Ok(receipt.and_then(|r| r.parse().ok()).map(Outcome::Stored))
    }

    /// The id of a unit by its code; `None` for no code.
    ///
    /// # Errors
    /// [`ServiceError::UnknownUnit`]; [`ServiceError::Store`] if the database fails.
    pub async fn unit_id(&self, code: Option<&str>) -> Result<Option<i64>, ServiceError> {
        let Some(code) = code else { return Ok(None) };
        let unknown = || ServiceError::UnknownUnit(code.chars().take(80).collect());
        let wanted: Slug = code.parse().map_err(|_| unknown())?;
        let unit = self.store.read(move |db| units::by_code(db, wanted.as_str())).await?;
        unit.map(|u| Some(u.id)).ok_or_else(unknown)
    }

    /// Whether a receipt belongs to a response to this survey.
    ///
    /// # Errors
    /// [`ServiceError::UnknownReceipt`] if not; [`ServiceError::Store`] if the database fails.
    pub async fn check_receipt(&self, survey_id: i64, receipt: &str) -> Result<Receipt, ServiceError> {
        let receipt: Receipt = receipt.parse().map_err(|_| ServiceError::UnknownReceipt)?;
        let wanted = receipt.to_string();
        let known = self.store.read(move |db| responses::has_receipt(db, survey_id, &wanted)).await?;
        if known { Ok(receipt) } else { Err(ServiceError::UnknownReceipt) }
    }
}
