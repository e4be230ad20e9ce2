//! Personal links: made, followed, resumed on any device, used once, revoked.
//!
//! Owns: that a token is known to its guest alone (only a hash is stored), and what a link that no longer works says.
//! For anonymous surveys a link's use is written down together with those of other guests, after their responses were
//! stored in a drawn order: until then the server remembers it in memory alone, so a restart in between lets a link be
//! used again rather than lead to an answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::authoring::Revision;
use super::collecting::{Arrival, By, Outcome, PAGE_FIELD, attempt_of};
use super::{App, ServiceError, new_token, now, sha256};
use crate::store::invitations::{self, DraftRow, InvitationRow, NewInvitation};
use crate::store::surveys;
use crate::survey::answers::RawAnswers;
use crate::survey::ids::AttemptKey;
use chrono::NaiveDateTime;

/// A guest to invite.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Invitee {
    /// What the inviter calls the guest.
    pub reference: String,
    pub unit: Option<String>,
    pub language: Option<String>,
    /// Hidden fields of the survey.
    pub given: Vec<(String, String)>,
}

/// An open link.
#[derive(Debug, Clone)]
pub struct Link {
    pub id: i64,
    pub slug: String,
    pub arrival: Arrival,
    /// The revision of the draft, else the current one.
    pub revision: Arc<Revision>,
    pub draft: Option<Draft>,
}

/// What a guest has answered so far.
#[derive(Debug, Clone)]
pub struct Draft {
    pub attempt: AttemptKey,
    pub page: String,
    pub typed: RawAnswers,
}

/// Links to anonymous surveys that were used and are not written down yet, by survey.
#[derive(Debug, Default)]
pub struct UsedLinks(Mutex<HashMap<i64, Vec<i64>>>);

impl UsedLinks {
    fn lock(&self) -> MutexGuard<'_, HashMap<i64, Vec<i64>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has(&self, link: i64) -> bool {
        self.lock().values().any(|ids| ids.contains(&link))
    }

    /// Remembers a use; false if it was remembered already.
    pub(super) fn add(&self, survey_id: i64, link: i64) -> bool {
        let mut used = self.lock();
        let ids = used.entry(survey_id).or_default();
        let new = !ids.contains(&link);
        if new {
            ids.push(link);
        }
        new
    }

    /// All that are remembered of a survey, in an order that says nothing.
    pub(super) fn all(&self, survey_id: i64) -> Vec<i64> {
        let mut ids = self.lock().get(&survey_id).cloned().unwrap_or_default();
        ids.sort_unstable();
        ids
    }

    /// Forgets what has been written down.
    pub(super) fn forget(&self, survey_id: i64, written: &[i64]) {
        self.lock().entry(survey_id).or_default().retain(|id| !written.contains(id));
    }
}

impl App {
    /// Makes a personal link for each guest; returns the tokens, which cannot be had a second time.
    ///
    /// # Errors
    /// [`ServiceError::UnknownSurvey`], [`ServiceError::UnknownUnit`]; [`ServiceError::Store`] if the database fails.
    pub async fn invite(
        &self,
        slug: &str,
        guests: &[Invitee],
        expires_at: Option<NaiveDateTime>,
    ) -> Result<Vec<String>, ServiceError> {
        let survey_id = self.published(slug).await?.revision.survey_id;
        let (mut rows, mut tokens) = (Vec::with_capacity(guests.len()), Vec::with_capacity(guests.len()));
        for guest in guests {
            let token = new_token();
            rows.push(NewInvitation {
                survey_id,
                token_hash: sha256(&token),
                reference: guest.reference.clone(),
                unit_id: self.unit_id(guest.unit.as_deref()).await?,
                language: guest.language.clone(),
                given: pairs_to_json(&guest.given),
                status: invitations::OPEN,
                expires_at,
                month: now().format("%Y-%m").to_string(),
            });
            tokens.push(token);
        }
        self.store.write(move |db| invitations::insert_many(db, &rows)).await?;
        Ok(tokens)
    }

    /// Invitations to a survey after a place, each with its place; those with this reference only, if one is given.
    ///
    /// # Errors
    /// [`ServiceError::UnknownSurvey`]; [`ServiceError::Store`] if the database fails.
    pub async fn invitations(
        &self,
        slug: &str,
        reference: Option<String>,
        after: i64,
        limit: i64,
    ) -> Result<Vec<invitations::ListedRow>, ServiceError> {
        let survey_id = self.published(slug).await?.revision.survey_id;
        let listed = move |db: &mut _| invitations::listed(db, survey_id, reference.as_deref(), after, limit);
        Ok(self.store.read(listed).await?)
    }

    /// Revokes the open links of a guest; returns how many there were.
    ///
    /// # Errors
    /// [`ServiceError::UnknownSurvey`]; [`ServiceError::Store`] if the database fails.
    pub async fn revoke_links(&self, slug: &str, reference: &str) -> Result<usize, ServiceError> {
        let (survey_id, reference) = (self.published(slug).await?.revision.survey_id, reference.to_owned());
        Ok(self.store.write(move |db| invitations::revoke(db, survey_id, &reference)).await?)
    }

    /// The invitation of a token, and the survey that it is for.
    async fn invitation(&self, token: &str) -> Result<(InvitationRow, String), ServiceError> {
        let wanted = sha256(token);
        let find = move |db: &mut _| {
            let Some(row) = invitations::by_token_hash(db, &wanted)? else { return Ok(None) };
            Ok(surveys::by_id(db, row.survey_id)?.map(|survey| (row, survey.slug)))
        };
        self.store.read(find).await?.ok_or(ServiceError::UnknownLink)
    }

    /// An open personal link.
    ///
    /// # Errors
    /// Why it does not work: [`ServiceError::UnknownLink`], [`ServiceError::LinkUsed`], [`ServiceError::LinkRevoked`],
    /// [`ServiceError::LinkExpired`], [`ServiceError::Closed`]; [`ServiceError::Store`] if the database fails.
    pub async fn link(&self, token: &str) -> Result<Link, ServiceError> {
        let (row, slug) = self.invitation(token).await?;
        self.check_open(&row)?;
        let published = self.published(&slug).await?;
        if !published.open {
            return Err(ServiceError::Closed(slug));
        }
        let id = row.id;
        let draft = self.store.read(move |db| invitations::draft(db, id)).await?;
        let broken = |what: &str| ServiceError::BrokenRevision(published.revision.id, what.to_owned());
        let (draft, revision) = match draft {
            Some(row) => {
                let attempt = row.attempt_key.parse().map_err(|_| broken("the attempt of a draft"))?;
                let typed = RawAnswers(pairs_from_json(&row.answers).ok_or_else(|| broken("the answers of a draft"))?);
                (Some(Draft { attempt, page: row.page, typed }), self.revision(row.revision_id).await?)
            }
            None => (None, published.revision.clone()),
        };
        let given = pairs_from_json(&row.given).ok_or_else(|| broken("the hidden fields of a link"))?;
        let arrival = Arrival { unit: row.unit, language: row.language, given };
        Ok(Link { id: row.id, slug, arrival, revision, draft })
    }

    fn check_open(&self, row: &InvitationRow) -> Result<(), ServiceError> {
        match row.status.as_str() {
            invitations::USED => Err(ServiceError::LinkUsed(row.receipt.clone())),
            invitations::REVOKED => Err(ServiceError::LinkRevoked),
            _ if self.used_links.has(row.id) => Err(ServiceError::LinkUsed(None)),
            _ if row.expires_at.is_some_and(|end| now() >= end) => Err(ServiceError::LinkExpired),
            _ => Ok(()),
        }
    }

    /// Stores a submission by a personal link, or says which page follows and saves what was answered so far. A link
    /// that was used gives the receipt that it got.
    ///
    /// # Errors
    /// As [`App::link`] and [`App::submit`].
    pub async fn submit_by_link(
        &self,
        token: &str,
        language: Option<&str>,
        raw: &RawAnswers,
    ) -> Result<(Arrival, String, Outcome), ServiceError> {
        let (row, slug) = self.invitation(token).await?;
        // A second click: the receipt of the first. Another device: what was sent first counts.
        let earlier = self.earlier(row.survey_id, &attempt_of(raw)?).await?;
        let earlier = earlier.or_else(|| row.receipt.as_deref()?.parse().ok().map(Outcome::Stored));
        if let Some(stored) = earlier {
            let arrival = Arrival { unit: row.unit, language: row.language, given: Vec::new() };
            return Ok((with_language(arrival, language), slug, stored));
        }
        let link = self.link(token).await?;
        let arrival = with_language(link.arrival.clone(), language);
        let outcome = self.take(&link.slug, &arrival, raw, By::Link(link.id)).await?;
        if let Outcome::Show { revision, place, walk, .. } = &outcome {
            let page =
                place.and_then(|p| walk.pages.get(p)).map(|seen| revision.survey.template.pages[seen.page].id.clone());
            self.keep_draft(link.id, revision, page.unwrap_or_default(), raw).await?;
        }
        Ok((arrival, link.slug, outcome))
    }

    /// Saves what a guest has answered so far, without looking at whether it is right.
    ///
    /// # Errors
    /// As [`App::link`]; [`ServiceError::UnknownPage`] if it is no page of ours.
    pub async fn save_draft(&self, token: &str, raw: &RawAnswers) -> Result<(), ServiceError> {
        let link = self.link(token).await?;
        let page = raw.first(PAGE_FIELD).unwrap_or_default().to_owned();
        self.keep_draft(link.id, &link.revision, page, raw).await
    }

    /// An anonymous survey keeps no drafts: they would name who answered what.
    async fn keep_draft(
        &self,
        link: i64,
        revision: &Revision,
        page: String,
        raw: &RawAnswers,
    ) -> Result<(), ServiceError> {
        if revision.survey.template.anonymous {
            return Ok(());
        }
        let known = |name: &str| revision.survey.field(name).is_some();
        let typed = raw.0.iter().filter(|(name, value)| !value.is_empty() && known(name));
        let draft = DraftRow {
            invitation_id: link,
            revision_id: revision.id,
            attempt_key: attempt_of(raw)?.to_string(),
            page,
            answers: pairs_to_json(&typed.cloned().collect::<Vec<_>>()),
        };
        Ok(self.store.write(move |db| invitations::save_draft(db, &draft)).await?)
    }
}

/// The arrival of a link, in the language that the address asks for.
pub fn with_language(mut arrival: Arrival, language: Option<&str>) -> Arrival {
    if let Some(language) = language {
        arrival.language = Some(language.to_owned());
    }
    arrival
}

fn pairs_to_json(pairs: &[(String, String)]) -> String {
    let pairs = pairs.iter().map(|(name, value)| vec![name.clone(), value.clone()]);
    pairs.collect::<serde_json::Value>().to_string()
}

fn pairs_from_json(text: &str) -> Option<Vec<(String, String)>> {
    serde_json::from_str(text).ok()
}
