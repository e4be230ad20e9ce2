//! A guest comes back with a receipt: sees, corrects or withdraws the answers, without an account.
//!
//! Owns: for how long answers can be corrected, and that a corrected response keeps its receipt and its time.
//! Refuses: receipts that it does not know, in the same words whether they never were or cannot be.

use std::sync::Arc;

use chrono::{NaiveDateTime, TimeDelta};

use super::authoring::Revision;
use super::collecting::{self, Arrival, CORRECT_FIELD, Outcome, attempt_of, quotas, sent};
use super::{App, ServiceError, now};
use crate::store::StoreError;
use crate::store::responses::{self, HeldRow, NewResponse};
use crate::survey::answers::{self, Answers, RawAnswers};
use crate::survey::flags::flags;
use crate::survey::ids::{AttemptKey, Receipt};
use crate::survey::navigate::{self, Next};
use crate::survey::walk::{self, Guest, Walk};

/// For how many hours answers can be corrected where the template does not say.
const CORRECT_WITHIN: u16 = 48;

/// A response as its guest sees it.
#[derive(Debug, Clone)]
pub struct Held {
    pub receipt: Receipt,
    pub attempt: AttemptKey,
    pub revision: Arc<Revision>,
    pub answers: Answers,
    pub language: String,
    pub unit: Option<String>,
    pub submitted_at: NaiveDateTime,
    /// Until when it can be corrected; `None` if it cannot, or the survey has closed.
    pub correct_until: Option<NaiveDateTime>,
    row: HeldRow,
}

impl Held {
    /// Where the guest came from, as far as it was stored.
    pub fn arrival(&self) -> Arrival {
        Arrival { unit: self.unit.clone(), language: Some(self.language.clone()), given: Vec::new() }
    }

    fn guest(&self) -> Guest<'_> {
        let unit = self.unit.as_deref().unwrap_or_default();
        Guest { attempt: self.attempt.as_str(), unit, language: &self.language }
    }

    /// The way that led to the answers.
    pub fn walk(&self) -> Walk {
        walk::walk(&self.revision.survey, &self.answers, self.guest())
    }

    fn quotas(&self) -> Vec<String> {
        let counted = quotas(&self.revision.survey, &self.walk(), self.guest());
        counted.into_iter().map(|(_, quota)| quota.id.clone()).collect()
    }
}

/// A receipt as people type it: in small letters, with spaces or without hyphens, O for 0, I and L for 1.
pub fn typed_receipt(text: &str) -> Option<Receipt> {
    let plain = |c: char| match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let code: Vec<char> = text.chars().filter(char::is_ascii_alphanumeric).map(plain).collect();
    let groups: Vec<String> = code.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join("-").parse().ok()
}

impl App {
    /// The response with this receipt.
    ///
    /// # Errors
    /// [`ServiceError::UnknownReceipt`], [`ServiceError::Withdrawn`]; [`ServiceError::Store`] if the database fails.
    pub async fn held(&self, receipt: &str) -> Result<Held, ServiceError> {
        let receipt = typed_receipt(receipt).ok_or(ServiceError::UnknownReceipt)?;
        let wanted = receipt.to_string();
        let find = move |db: &mut _| match responses::by_receipt(db, &wanted)? {
            Some(row) => Ok((Some(row), false)),
            None => Ok((None, responses::is_withdrawn(db, &wanted)?)),
        };
        let row = match self.store.read(find).await? {
            (Some(row), _) => row,
            (None, true) => return Err(ServiceError::Withdrawn),
            (None, false) => return Err(ServiceError::UnknownReceipt),
        };
        let revision = self.revision(row.revision_id).await?;
        let open = self.published(revision.survey.slug.as_str()).await?.open;
        let hours = revision.survey.template.correct_within_hours.unwrap_or(CORRECT_WITHIN);
        let until = row.submitted_at + TimeDelta::hours(i64::from(hours));
        let broken = |what: String| ServiceError::BrokenRevision(row.revision_id, what);
        Ok(Held {
            receipt,
            attempt: row.attempt_key.parse().map_err(|_| broken("the attempt of a response".to_owned()))?,
            answers: serde_json::from_str(&row.answers)
                .map_err(|e| broken(format!("the answers of a response: {e}")))?,
            revision,
            language: row.language.clone(),
            unit: row.unit.clone(),
            submitted_at: row.submitted_at,
            correct_until: (open && now() < until).then_some(until),
            row,
        })
    }

    /// Takes a response back: nothing of its answers stays. A repeat is refused as [`ServiceError::Withdrawn`].
    ///
    /// # Errors
    /// As [`App::held`].
    pub async fn withdraw(&self, receipt: &str) -> Result<(), ServiceError> {
        for _ in 0..TRIES {
            let held = self.held(receipt).await?;
            let quotas = held.quotas();
            if self.store.write(move |db| responses::withdraw(db, &held.row, &quotas)).await? {
                return Ok(());
            }
        }
        Err(moved_on())
    }

    /// Reads a corrected form: the next page, or the corrected response with the receipt that it had.
    pub(super) async fn correct(
        &self,
        slug: &str,
        arrival: &Arrival,
        raw: &RawAnswers,
    ) -> Result<Outcome, ServiceError> {
        for _ in 0..TRIES {
            let held = self.held(raw.first(CORRECT_FIELD).unwrap_or_default()).await?;
            if let Some(outcome) = self.correct_once(held, slug, arrival, raw).await? {
                return Ok(outcome);
            }
        }
        Err(moved_on())
    }

    /// `None` if the response was moved or replaced since it was read: another click, or the end of its wait.
    async fn correct_once(
        &self,
        held: Held,
        slug: &str,
        arrival: &Arrival,
        raw: &RawAnswers,
    ) -> Result<Option<Outcome>, ServiceError> {
        if held.revision.survey.slug.as_str() != slug || attempt_of(raw)? != held.attempt {
            return Err(ServiceError::UnknownPage("it corrects another response"));
        }
        if held.correct_until.is_none() {
            return Err(ServiceError::TooLate);
        }
        let revision = held.revision.clone();
        let language = collecting::language_of(&revision, arrival, raw);
        let guest = Guest { language: &language, ..held.guest() };
        let parsed = answers::parse(&revision.survey, raw, guest)?;
        if let Next::Show { place, rejections, more } = navigate::next(&revision.survey, &parsed, sent(raw)) {
            return Ok(Some(Outcome::Show { revision, walk: parsed.walk, place, rejections, more }));
        }
        let (before, counted) = (held.quotas(), quotas(&revision.survey, &parsed.walk, guest));
        let counted: Vec<String> = counted.into_iter().map(|(_, quota)| quota.id.clone()).collect();
        let corrected = NewResponse {
            survey_id: held.row.survey_id,
            revision_id: revision.id,
            unit_id: held.row.unit_id,
            attempt_key: held.row.attempt_key.clone(),
            receipt: held.row.receipt.clone(),
            submitted_at: held.submitted_at,
            indicators: revision.ratings(&parsed.walk.kept),
            answers: parsed.walk.kept.to_json(),
            seconds: None,
            flags: flags(&revision.survey, &parsed.walk, guest, None, collecting::trapped(raw)),
            invited: held.row.invited,
            language,
        };
        let receipt = held.receipt.clone();
        let replace = move |db: &mut _| responses::replace(db, &held.row, &corrected, &before, &counted);
        Ok(self.store.write(replace).await?.then_some(Outcome::Stored(receipt)))
    }
}

/// How often something is read anew that was moved while it was looked at.
const TRIES: usize = 5;

fn moved_on() -> ServiceError {
    ServiceError::Store(StoreError::Unavailable("the response was changed at the same moment".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipts_are_read_as_people_type_them() {
        for typed in ["K7QF-2MXD-9RTA", "k7qf2mxd9rta", " k7qf 2mxd 9rta ", "K7QF–2MXD–9RTA"] {
            assert_eq!(typed_receipt(typed).unwrap().as_str(), "K7QF-2MXD-9RTA", "{typed}");
        }
        assert_eq!(typed_receipt("oil0-oooo-1111").unwrap().as_str(), "0110-0000-1111");
        for bad in ["", "K7QF", "K7QF-2MXD-9RTA-X", "U7QF-2MXD-9RTA", "' OR 1=1"] {
            assert!(typed_receipt(bad).is_none(), "{bad}");
        }
    }
}
