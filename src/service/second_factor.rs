//! The second factor: a code by an app, or one of ten that were written down.
//!
//! Owns: TOTP (RFC 6238: SHA-1, six digits, 30 s, one step of tolerance; each step once) and recovery codes, of which
//! hashes are stored. Refuses: a sixth try with the same password.

use totp_rs::{Builder, Secret, Totp};

use super::accounts::begin_session;
use super::{App, ServiceError, new_token, now, random_bytes, sha256};
use crate::service::access::Account;
use crate::store::accounts::{self, AccountRow, CODE, DONE, ENROL};
use crate::store::{Db, StoreError, factors};

/// Wrong codes before the password is asked for again.
const TRIES: i64 = 5;
/// Recovery codes of an account.
const RECOVERY_CODES: usize = 10;

/// A secret that is offered, and how an app takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// In base 32.
    pub secret: String,
    /// `otpauth://…`, what the picture says.
    pub address: String,
    /// The picture, as SVG.
    pub picture: String,
}

/// A new secret, or the same one again.
///
/// # Errors
/// [`ServiceError::WrongCode`] for a secret that is none.
pub fn offer(email: &str, secret: Option<&str>) -> Result<Offer, ServiceError> {
    let secret = match secret {
        Some(given) => Secret::try_from_base32(given).map_err(|_| ServiceError::WrongFactor)?,
        None => Secret::from(random_bytes::<20>()),
    };
    let text = secret.to_base32();
    let address = app(secret, email)?.to_url().map_err(|_| ServiceError::WrongFactor)?;
    let drawn = qrcode::QrCode::new(&address).map_err(|_| ServiceError::WrongFactor)?;
    let picture = drawn
        .render::<qrcode::render::svg::Color<'_>>()
        .min_dimensions(220, 220)
        .dark_color(qrcode::render::svg::Color("#000"))
        .light_color(qrcode::render::svg::Color("#fff"))
        .build();
    // Without the XML declaration it stands in a page.
    let picture = picture.split_once("?>").map_or(picture.clone(), |(_, svg)| svg.to_owned());
    Ok(Offer { secret: text, address, picture })
}

fn app(secret: Secret, email: &str) -> Result<Totp, ServiceError> {
    // A colon would end the account's name.
    let name = email.replace(':', " ");
    let built = Builder::new().with_secret(secret).with_issuer(Some("Soundings")).with_account_name(name).build();
    built.map_err(|_| ServiceError::WrongFactor)
}

/// The step that a code is of, if it is of about now.
fn step(secret: &str, code: &str) -> Option<i64> {
    let secret = Secret::try_from_base32(secret).ok()?;
    let digits: String = code.chars().filter(char::is_ascii_digit).collect();
    let at = u64::try_from(now().and_utc().timestamp()).ok()?;
    let step = app(secret, "x").ok()?.check(&digits, at)?;
    i64::try_from(step).ok()
}

/// A recovery code as it is hashed: lower case, no dashes or spaces.
fn recovery_hash(code: &str) -> String {
    sha256(&code.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase())
}

impl App {
    /// The account whose session wants a code or a second factor.
    ///
    /// # Errors
    /// [`ServiceError::NotSignedIn`]; [`ServiceError::Store`] if the database fails.
    pub async fn half_signed_in(&self, cookie: &str, step: &'static str) -> Result<AccountRow, ServiceError> {
        let hash = sha256(cookie);
        let found = self.store.read(move |db| accounts::session(db, &hash)).await?;
        let half = found.filter(|(session, _)| session.step == step && !super::accounts::is_over(session, now()));
        half.map(|(_, account)| account).ok_or(ServiceError::NotSignedIn)
    }

    /// Takes the code that a session wants; returns the cookie of the session that begins.
    ///
    /// # Errors
    /// [`ServiceError::WrongFactor`]; [`ServiceError::NotSignedIn`] also after too many wrong ones.
    pub async fn pass_code(&self, cookie: &str, code: &str) -> Result<String, ServiceError> {
        let account = self.half_signed_in(cookie, CODE).await?;
        let (hash, code) = (sha256(cookie), code.to_owned());
        let step = account.totp.as_deref().and_then(|secret| step(secret, &code));
        let passed = self.store.write(move |db| {
            // Counted before it is looked at, so that tries at the same moment are tries as well.
            if factors::count_code(db, &hash)? > TRIES {
                accounts::end_session(db, &hash)?;
                return Ok(Err(ServiceError::NotSignedIn));
            }
            let good = match step {
                Some(step) => factors::take_step(db, account.id, step)?,
                None => factors::take_recovery_code(db, account.id, &recovery_hash(&code))?,
            };
            // The session may have ended meanwhile.
            if good && factors::take_session(db, &hash, CODE)? {
                return Ok(Ok(begin_session(db, account.id, DONE)?));
            }
            Ok(Err(ServiceError::WrongFactor))
        });
        passed.await?
    }

    /// Sets up the second factor of the account that is signed in, or that has to before it is; returns recovery
    /// codes, and the cookie of a new session. All other sessions end. One that there is has to be removed first, with a
    /// code of it.
    ///
    /// # Errors
    /// [`ServiceError::WrongFactor`] if the code is not the secret's; [`ServiceError::NotSignedIn`];
    /// [`ServiceError::NotAllowed`] over one that there is.
    pub async fn enrol(&self, cookie: &str, secret: &str, code: &str) -> Result<(Vec<String>, String), ServiceError> {
        let (account, half) = match self.half_signed_in(cookie, ENROL).await {
            Ok(account) => (account, ENROL),
            Err(_) => (self.half_signed_in(cookie, DONE).await?, DONE),
        };
        let step = step(secret, code).ok_or(ServiceError::WrongFactor)?;
        let codes: Vec<String> = (0..RECOVERY_CODES)
            .map(|_| {
                let token = new_token();
                format!("{}-{}-{}", &token[..5], &token[5..10], &token[10..15])
            })
            .collect();
        let (hashes, secret): (Vec<String>, _) = (codes.iter().map(|c| recovery_hash(c)).collect(), secret.to_owned());
        let session = sha256(cookie);
        let done = self.store.write(move |db| {
            let has_one = accounts::by_id(db, account.id)?.is_none_or(|account| account.totp.is_some());
            if has_one || !factors::take_session(db, &session, half)? {
                return Ok(None);
            }
            factors::set_totp(db, account.id, Some(&secret), &hashes)?;
            factors::take_step(db, account.id, step)?;
            accounts::end_other_sessions(db, account.id, "")?;
            begin_session(db, account.id, DONE).map(Some)
        });
        Ok((codes, done.await?.ok_or(ServiceError::NotAllowed)?))
    }

    /// Takes the second factor of an account away: by its owner, with a code. Where a role needs one all sessions end, and
    /// the next begins with setting one up.
    ///
    /// # Errors
    /// [`ServiceError::WrongFactor`]; [`ServiceError::Store`] if the database fails.
    pub async fn remove_factor(&self, account: &Account, code: &str) -> Result<(), ServiceError> {
        let id = account.id;
        let (row, needed) = self
            .store
            .read(move |db| {
                let grants = accounts::grants_of(db, id)?;
                Ok((accounts::by_id(db, id)?, grants))
            })
            .await?;
        let end_all = self.needs_second_factor(&needed);
        let secret = row.and_then(|row| row.totp).ok_or(ServiceError::WrongFactor)?;
        let step = step(&secret, code);
        let code = code.to_owned();
        let gone = self.store.write(move |db| {
            let good = match step {
                Some(step) => factors::take_step(db, id, step)?,
                None => factors::take_recovery_code(db, id, &recovery_hash(&code))?,
            };
            if good {
                factors::set_totp(db, id, None, &[])?;
                if end_all {
                    accounts::end_other_sessions(db, id, "")?;
                }
            }
            Ok(good)
        });
        if gone.await? { Ok(()) } else { Err(ServiceError::WrongFactor) }
    }

    /// Takes the second factor of an account away: by whoever has the server, for somebody who lost everything.
    ///
    /// # Errors
    /// [`ServiceError::UnknownAccount`]; [`ServiceError::Store`] if the database fails.
    pub async fn reset_factor(&self, email: &str) -> Result<(), ServiceError> {
        let id = self.account(email).await?.id;
        let reset = move |db: &mut Db| -> Result<(), StoreError> {
            factors::set_totp(db, id, None, &[])?;
            accounts::end_other_sessions(db, id, "")
        };
        Ok(self.store.write(reset).await?)
    }

    /// Whether a role among these needs a second factor.
    pub(super) fn needs_second_factor(&self, grants: &[accounts::GrantRow]) -> bool {
        let needed = &self.settings.second_factor_for;
        grants.iter().any(|grant| needed.iter().any(|role| role.as_str() == grant.role))
    }
}
