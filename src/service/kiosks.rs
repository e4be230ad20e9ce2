//! Kiosks: set up, recognised by their token, left with a code, revoked.
//!
//! Owns: that a device is known by its token alone, and that its exit code cannot be tried out quickly. Refuses:
//! surveys that need the server between pages: a kiosk must work without it for a while.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::collecting::{Arrival, By, Outcome};
use super::{App, ServiceError, new_token, sha256};
use crate::store::kiosks::{self, ACTIVE, KioskRow, NewKiosk};
use crate::survey::answers::RawAnswers;

/// Wrong codes until a kiosk's exit is locked for [`LOCK`].
const WRONG_CODES: u32 = 5;
const LOCK: Duration = Duration::from_mins(1);

/// Wrong exit codes of each kiosk, and since when.
#[derive(Debug, Default)]
pub struct WrongCodes(Mutex<HashMap<i64, (u32, Instant)>>);

impl WrongCodes {
    fn locked(&self, kiosk: i64) -> bool {
        let wrong = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        wrong.get(&kiosk).is_some_and(|(count, since)| *count >= WRONG_CODES && since.elapsed() < LOCK)
    }

    fn count(&self, kiosk: i64) {
        let mut wrong = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = wrong.entry(kiosk).or_insert_with(|| (0, Instant::now()));
        if entry.1.elapsed() >= LOCK {
            *entry = (0, Instant::now());
        }
        entry.0 += 1;
    }
}

/// What a kiosk is to be.
#[derive(Debug, Clone)]
pub struct Setup {
    pub name: String,
    pub survey: String,
    pub unit: Option<String>,
    /// With which staff leave the kiosk.
    pub code: String,
    pub idle_seconds: u16,
}

impl App {
    /// Sets up a kiosk and returns its token, which cannot be had a second time.
    ///
    /// # Errors
    /// [`ServiceError::UnknownSurvey`], [`ServiceError::UnknownUnit`], [`ServiceError::NotForKiosks`];
    /// [`ServiceError::Store`] with a conflict if the name is taken.
    pub async fn add_kiosk(&self, setup: Setup) -> Result<String, ServiceError> {
        let revision = self.published(&setup.survey).await?.revision;
        if revision.survey.one_by_one() {
            return Err(ServiceError::NotForKiosks(setup.survey));
        }
        let token = new_token();
        let token_hash = sha256(&token);
        let kiosk = NewKiosk {
            name: setup.name,
            survey_id: revision.survey_id,
            unit_id: self.unit_id(setup.unit.as_deref()).await?,
            code_hash: sha256(&format!("{token_hash} {}", setup.code)),
            token_hash,
            idle_seconds: setup.idle_seconds.into(),
            status: ACTIVE,
        };
        self.store.write(move |db| kiosks::insert(db, &kiosk)).await?;
        Ok(token)
    }

    /// All kiosks, by name.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails.
    pub async fn kiosks(&self) -> Result<Vec<KioskRow>, ServiceError> {
        Ok(self.store.read(kiosks::all).await?)
    }

    /// Revokes a kiosk; false if there is none with this name.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails.
    pub async fn revoke_kiosk(&self, name: &str) -> Result<bool, ServiceError> {
        let name = name.to_owned();
        Ok(self.store.write(move |db| kiosks::revoke(db, &name)).await?)
    }

    /// The kiosk with this token, which is to show this survey.
    ///
    /// # Errors
    /// [`ServiceError::UnknownKiosk`] if there is none, it is revoked, or it is for another survey.
    pub async fn kiosk(&self, token: &str, survey: &str) -> Result<KioskRow, ServiceError> {
        let wanted = sha256(token);
        let row = self.store.read(move |db| kiosks::by_token_hash(db, &wanted)).await?;
        row.filter(|row| row.status == ACTIVE && row.survey == survey).ok_or(ServiceError::UnknownKiosk)
    }

    /// Whether this is the exit code of a kiosk.
    ///
    /// # Errors
    /// [`ServiceError::WrongCode`] if not, or after too many wrong ones.
    pub fn leave_kiosk(&self, kiosk: &KioskRow, code: &str) -> Result<(), ServiceError> {
        let right = sha256(&format!("{} {}", kiosk.token_hash, code.trim())) == kiosk.code_hash;
        if right && !self.wrong_codes.locked(kiosk.id) {
            return Ok(());
        }
        self.wrong_codes.count(kiosk.id);
        Err(ServiceError::WrongCode)
    }

    /// Takes a submission from a kiosk. What a guest answered there while the survey was open is taken even if it
    /// arrives after the closing: the guest was thanked.
    ///
    /// # Errors
    /// As [`App::submit`], but for [`ServiceError::Closed`].
    pub async fn submit_by_kiosk(
        &self,
        kiosk: &KioskRow,
        language: Option<&str>,
        raw: &RawAnswers,
    ) -> Result<Outcome, ServiceError> {
        let arrival = Arrival { unit: kiosk.unit.clone(), language: language.map(str::to_owned), given: Vec::new() };
        self.take(&kiosk.survey, &arrival, raw, By::Kiosk).await
    }
}
