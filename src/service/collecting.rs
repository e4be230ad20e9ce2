//! A guest hands in answers.
//!
//! Owns: the path from a form to a stored response and its receipt, each attempt at most once. Refuses:
//! closed surveys, pages that are not ours, forged fields; and stores nothing of them.

use std::sync::Arc;

use super::authoring::Revision;
use super::{App, ServiceError, now, random_bytes};
use crate::store::responses::{self, Insertion, NewResponse};
use crate::store::{Db, StoreError, invitations, surveys, units, waiting};
use crate::survey::answers::{self, RawAnswers, Rejection};
use crate::survey::check::Survey;
use crate::survey::field::OTHER_LENGTH;
use crate::survey::flags::flags;
use crate::survey::ids::{AttemptKey, Receipt, Slug};
use crate::survey::navigate::{self, Next, Sent};
use crate::survey::question::Question;
use crate::survey::template::Quota;
use crate::survey::text::negotiate;
use crate::survey::walk::{self, Guest, Walk};

/// The form's own fields, beside the answers.
pub const ATTEMPT_FIELD: &str = "_attempt";
pub const REVISION_FIELD: &str = "_revision";
/// Id of the page that was shown.
pub const PAGE_FIELD: &str = "_page";
/// Ids of the questions that were shown.
pub const SHOWN_FIELD: &str = "_shown";
/// Which button was pressed: [`GO_BACK`], a language after [`GO_LANGUAGE`], or nothing for on.
pub const GO_FIELD: &str = "_go";
pub const GO_BACK: &str = "back";
/// The receipt of the response that the form corrects.
pub const CORRECT_FIELD: &str = "_correct";
/// When the first page was opened, in seconds since 1970.
pub const OPENED_FIELD: &str = "_opened";
/// A field that nobody sees: who fills it in is a machine.
pub const TRAP_FIELD: &str = "_website";
pub const GO_LANGUAGE: &str = "language:";

/// The state of what no other process changes.
const UNCHANGING: u64 = 0;

/// What became of a submission.
#[derive(Debug)]
pub enum Outcome {
    /// Stored, now or by an earlier try of the same attempt.
    Stored(Receipt),
    /// Not stored yet: a page to show, the next one or the same again with what is to be mended.
    Show { revision: Arc<Revision>, walk: Walk, place: Option<usize>, rejections: Vec<Rejection>, more: bool },
    /// Not stored: there are enough responses of this kind.
    Full { revision: Arc<Revision>, quota: usize },
}

/// How a submission reached us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Anybody,
    /// A personal link.
    Link(i64),
    /// A kiosk, which may have waited for the network.
    Kiosk,
}

/// Where a guest came from: what the address says, besides the survey.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arrival {
    pub unit: Option<String>,
    pub language: Option<String>,
    /// Whatever else the link holds: hidden fields of a survey are among it.
    pub given: Vec<(String, String)>,
}

/// The guest as conditions know it.
pub fn guest<'a>(attempt: &'a AttemptKey, arrival: &'a Arrival, language: &'a str) -> Guest<'a> {
    Guest { attempt: attempt.as_str(), unit: arrival.unit.as_deref().unwrap_or_default(), language }
}

/// The hidden fields of a survey that the link gives, as a form would hold them.
pub fn hidden_fields(survey: &Survey, arrival: &Arrival) -> RawAnswers {
    let wanted = |question: &Question| {
        let Question::Hidden { id, parameter, .. } = question else { return None };
        let name = parameter.as_ref().unwrap_or(id);
        let (_, value) = arrival.given.iter().find(|(n, _)| n == name)?;
        let short: String = value.chars().take(OTHER_LENGTH).collect();
        Some((id.clone(), short))
    };
    RawAnswers(survey.questions().filter_map(wanted).collect())
}

/// What was typed, with the hidden fields of a personal link in place of what a form says they are.
pub fn of_link(survey: &Survey, arrival: &Arrival, typed: &RawAnswers) -> RawAnswers {
    let hidden = |name: &str| survey.question(name).is_some_and(|question| matches!(question, Question::Hidden { .. }));
    let own = typed.0.iter().filter(|(name, _)| !hidden(name)).cloned();
    RawAnswers(own.chain(hidden_fields(survey, arrival).0).collect())
}

/// The language that a button of the form chose.
pub fn chosen_language(raw: &RawAnswers) -> Option<&str> {
    raw.first(GO_FIELD).and_then(|go| go.strip_prefix(GO_LANGUAGE))
}

/// The language of a form: the one that a button chose, else the address's.
pub(super) fn language_of(revision: &Revision, arrival: &Arrival, raw: &RawAnswers) -> String {
    let wanted = chosen_language(raw).or(arrival.language.as_deref());
    negotiate(&revision.survey.template.languages, wanted, None).to_owned()
}

/// What a form says about itself.
pub(super) fn sent(raw: &RawAnswers) -> Sent<'_> {
    let go = raw.first(GO_FIELD).unwrap_or_default();
    Sent {
        page: raw.first(PAGE_FIELD),
        shown: raw.first(SHOWN_FIELD),
        back: go == GO_BACK,
        stay: go.starts_with(GO_LANGUAGE),
    }
}

/// The quotas that a response counts in, with their numbers.
pub(super) fn quotas<'a>(survey: &'a Survey, walk: &Walk, guest: Guest<'_>) -> Vec<(usize, &'a Quota)> {
    let all = survey.template.quotas.iter().enumerate().zip(&survey.logic.quotas);
    all.filter(|(_, when)| walk::holds(survey, when, &walk.kept, guest)).map(|(quota, _)| quota).collect()
}

/// Whether the field that nobody sees was filled in.
pub(super) fn trapped(raw: &RawAnswers) -> bool {
    raw.first(TRAP_FIELD).is_some_and(|text| !text.is_empty())
}

/// Seconds from the first page to now, where the form says when that was and it can be.
fn seconds(raw: &RawAnswers) -> Option<i64> {
    let opened: i64 = raw.first(OPENED_FIELD)?.parse().ok()?;
    Some(now().and_utc().timestamp().checked_sub(opened)?).filter(|s| (0..=86_400).contains(s))
}

/// The attempt that a form belongs to.
pub(super) fn attempt_of(raw: &RawAnswers) -> Result<AttemptKey, ServiceError> {
    let key = raw.first(ATTEMPT_FIELD).and_then(|key| key.parse().ok());
    key.ok_or(ServiceError::UnknownPage("it carries no attempt key"))
}

/// How many responses to an anonymous survey are stored together, in a drawn order.
pub const ANONYMOUS_BATCH: usize = 10;

/// Stores a response once, by attempt and by link: a link that was used meanwhile gives the receipt that it got.
fn insert_by_link(
    db: &mut Db,
    response: &NewResponse,
    limits: &[(String, u32)],
    link: Option<i64>,
) -> Result<Insertion, StoreError> {
    let Some(link) = link else { return responses::insert_once(db, response, limits) };
    if let (_, Some(receipt)) = invitations::state(db, link)? {
        return Ok(Insertion::Stored(receipt));
    }
    let inserted = responses::insert_once(db, response, limits)?;
    if let Insertion::Stored(receipt) = &inserted {
        invitations::mark_used(db, &[link], Some(receipt))?;
    }
    Ok(inserted)
}

impl App {
    /// Stores a submission and returns its receipt once it is on disk, or says which page follows. A repeat of the same attempt
    /// returns the first one's receipt, whatever it holds and even if the survey has closed since.
    ///
    /// # Errors
    /// [`ServiceError::UnknownSurvey`], [`ServiceError::Closed`], [`ServiceError::UnknownUnit`],
    /// [`ServiceError::UnknownPage`], [`ServiceError::Forged`], [`ServiceError::Store`].
    pub async fn submit(&self, slug: &str, arrival: &Arrival, raw: &RawAnswers) -> Result<Outcome, ServiceError> {
        if raw.first(CORRECT_FIELD).is_some() {
            return self.correct(slug, arrival, raw).await;
        }
        self.take(slug, arrival, raw, By::Anybody).await
    }

    /// Takes a submission that corrects nothing.
    pub(super) async fn take(
        &self,
        slug: &str,
        arrival: &Arrival,
        raw: &RawAnswers,
        by: By,
    ) -> Result<Outcome, ServiceError> {
        let link = if let By::Link(id) = by { Some(id) } else { None };
        let published = self.published(slug).await?;
        let attempt = attempt_of(raw)?;
        if !published.open && by != By::Kiosk {
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
        let language = language_of(&revision, arrival, raw);
        let guest = guest(&attempt, arrival, &language);
        let of_link = link.map(|_| of_link(&revision.survey, arrival, raw));
        let raw = of_link.as_ref().unwrap_or(raw);
        let parsed = answers::parse(&revision.survey, raw, guest)?;
        let next = navigate::next(&revision.survey, &parsed, sent(raw));
        let quotas = quotas(&revision.survey, &parsed.walk, guest);
        if let Next::Show { place, rejections, more } = next {
            if let Some(earlier) = self.earlier(revision.survey_id, &attempt).await? {
                return Ok(earlier);
            }
            if let Some(quota) = self.full_quota(&revision, &quotas).await? {
                return Ok(Outcome::Full { revision, quota });
            }
            return Ok(Outcome::Show { revision, walk: parsed.walk, place, rejections, more });
        }
        let anonymous = revision.survey.template.anonymous;
        let seconds = seconds(raw);
        let flags = flags(&revision.survey, &parsed.walk, guest, seconds, trapped(raw));
        let response = NewResponse {
            survey_id: revision.survey_id,
            revision_id: revision.id,
            unit_id: self.unit_id(arrival.unit.as_deref()).await?,
            attempt_key: attempt.to_string(),
            receipt: Receipt::from_random(random_bytes()).to_string(),
            language,
            submitted_at: if anonymous { now().date().into() } else { now() },
            indicators: revision.ratings(&parsed.walk.kept),
            answers: parsed.walk.kept.to_json(),
            seconds: seconds.filter(|_| !anonymous),
            flags,
            invited: link.is_some() && !anonymous,
        };
        let limits: Vec<(String, u32)> = quotas.iter().map(|(_, q)| (q.id.clone(), q.limit)).collect();
        let places: Vec<usize> = quotas.iter().map(|(place, _)| *place).collect();
        let inserted = if anonymous {
            self.insert_anonymous(response, limits, link).await?
        } else if limits.is_empty() && link.is_none() {
            self.store.write_one(move |db| responses::insert_once(db, &response, &[])).await?
        } else {
            self.store.write(move |db| insert_by_link(db, &response, &limits, link)).await?
        };
        match inserted {
            Insertion::Stored(receipt) => {
                let stored = receipt.parse().map_err(|_| ServiceError::UnknownReceipt)?;
                self.thanked.keep(receipt, revision.survey_id, UNCHANGING);
                self.metrics.responses_stored.inc();
                Ok(Outcome::Stored(stored))
            }
            Insertion::Foreign => Err(ServiceError::UnknownPage("its attempt key belongs to another survey")),
            Insertion::Withdrawn => Err(ServiceError::Withdrawn),
            Insertion::Full(at) => Ok(Outcome::Full { quota: places[at], revision }),
        }
    }

    /// Stores a response to an anonymous survey among those that wait, and lets them go once there are enough.
    async fn insert_anonymous(
        &self,
        response: NewResponse,
        limits: Vec<(String, u32)>,
        link: Option<i64>,
    ) -> Result<Insertion, ServiceError> {
        let survey_id = response.survey_id;
        let work = move |db: &mut _| {
            let inserted = waiting::insert_once(db, response, &limits)?;
            Ok((inserted, waiting::release(db, survey_id, ANONYMOUS_BATCH, random_bytes::<16>)?))
        };
        if link.is_some_and(|link| !self.used_links.add(survey_id, link)) {
            return Err(ServiceError::LinkUsed(None));
        }
        let outcome = self.store.write(work).await;
        if !matches!(outcome, Ok((Insertion::Stored(_), _))) {
            self.used_links.forget(survey_id, &link.into_iter().collect::<Vec<_>>());
        }
        let (inserted, released) = outcome?;
        if released > 0 {
            let used = self.used_links.all(survey_id);
            let ids = used.clone();
            self.store.write(move |db| invitations::mark_used(db, &ids, None)).await?;
            self.used_links.forget(survey_id, &used);
            if let Err(error) = self.store.forget_order().await {
                tracing::warn!(%error, "the write-ahead log keeps the order of the last responses until the next batch");
            }
        }
        Ok(inserted)
    }

    /// The first of these quotas that is full, by its number in the template.
    async fn full_quota(&self, revision: &Revision, quotas: &[(usize, &Quota)]) -> Result<Option<usize>, ServiceError> {
        for (place, quota) in quotas {
            let (survey_id, id) = (revision.survey_id, quota.id.clone());
            let taken = self.store.read(move |db| responses::taken(db, survey_id, &id)).await?;
            if taken >= i64::from(quota.limit) {
                return Ok(Some(*place));
            }
        }
        Ok(None)
    }

    pub(super) async fn earlier(&self, survey_id: i64, attempt: &AttemptKey) -> Result<Option<Outcome>, ServiceError> {
        let key = attempt.to_string();
        let receipt = self.store.read(move |db| responses::receipt_of_attempt(db, survey_id, &key)).await?;
        Ok(receipt.and_then(|r| r.parse().ok()).map(Outcome::Stored))
    }

    /// The id of exactly this unit; `None` for no code.
    ///
    /// # Errors
    /// As [`App::unit_id`].
    pub async fn exact_unit_id(&self, code: Option<&str>) -> Result<Option<i64>, ServiceError> {
        let Some(code) = code.map(str::to_owned) else { return Ok(None) };
        let wanted = code.clone();
        let unit = self.store.read(move |db| units::by_code(db, &wanted)).await?;
        let unknown = || ServiceError::UnknownUnit(code.chars().take(80).collect());
        unit.map(|unit| Some(unit.id)).ok_or_else(unknown)
    }

    /// The id of a unit by its code, or of what it became part of: where its guests' answers belong. `None` for no code.
    ///
    /// # Errors
    /// [`ServiceError::UnknownUnit`]; [`ServiceError::Store`] if the database fails.
    pub async fn unit_id(&self, code: Option<&str>) -> Result<Option<i64>, ServiceError> {
        let Some(code) = code else { return Ok(None) };
        let state = surveys::state();
        if let Some(id) = self.units.get(code, state) {
            return Ok(Some(id));
        }
        let unknown = || ServiceError::UnknownUnit(code.chars().take(80).collect());
        let wanted: Slug = code.parse().map_err(|_| unknown())?;
        let unit = self.store.read(move |db| units::by_code(db, wanted.as_str())).await?;
        let unit = unit.ok_or_else(unknown)?;
        // Links to a unit that became part of another lead to that one.
        let id = unit.merged_into.unwrap_or(unit.id);
        self.units.keep(unit.code, id, state);
        Ok(Some(id))
    }

    /// Whether a receipt belongs to a response to this survey.
    ///
    /// # Errors
    /// [`ServiceError::UnknownReceipt`] if not; [`ServiceError::Store`] if the database fails.
    pub async fn check_receipt(&self, survey_id: i64, receipt: &str) -> Result<Receipt, ServiceError> {
        let receipt: Receipt = receipt.parse().map_err(|_| ServiceError::UnknownReceipt)?;
        let wanted = receipt.to_string();
        // The browser that was just told of it asks at once.
        if self.thanked.get(&wanted, UNCHANGING) == Some(survey_id) {
            return Ok(receipt);
        }
        let known = self.store.read(move |db| responses::has_receipt(db, survey_id, &wanted)).await?;
        if known { Ok(receipt) } else { Err(ServiceError::UnknownReceipt) }
    }
}
