//! Accounts: made, signed in, signed out.
//!
//! Owns: passwords (Argon2id with OWASP's parameters of 2023: 19 MiB, two passes), sessions and the links with which
//! a password is set. Refuses: passwords that are guessed early; to say whether there is an account; and to keep
//! anything with which one could sign in: of cookies and links hashes are stored.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use chrono::{Duration, NaiveDateTime};

use super::access::{Account, Role, Viewer};
use super::mailing::with_link;
use super::{App, ServiceError, new_token, now, sha256};
use crate::store::accounts::{self, AccountRow, CODE, DONE, ENROL, GrantRow, SessionRow};
use crate::store::{Db, StoreError, factors};

/// How long a link for setting a password is good.
pub const LINK_HOURS: i64 = 48;
/// A session ends after so many days,
const SESSION_DAYS: i64 = 14;
/// or after so many hours without a request.
const IDLE_HOURS: i64 = 12;
/// Whoever has given the password has so many minutes for what else is wanted.
const HALF_MINUTES: i64 = 15;
/// That it was used is written down at most every so many minutes.
const TOUCH_MINUTES: i64 = 5;
/// Characters of a password.
pub const SHORTEST: usize = 10;
const LONGEST: usize = 200;
/// Addresses and browsers whose tries are counted, before those at rest are forgotten.
const TRIES_KEPT: usize = 50_000;
/// Guesses that a password must withstand (zxcvbn, Wheeler 2016); its list of common passwords is the first 30,000.
const GUESSES: u64 = 100_000_000;

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakness {
    Short,
    Long,
    /// Common, or made of names, dates and patterns.
    Guessable,
}

/// What somebody sees of the own account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    pub sessions: Vec<SessionRow>,
    pub grants: Vec<GrantRow>,
    pub second_factor: bool,
    /// How many are left.
    pub recovery_codes: usize,
}

/// What begins with a right password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// The session's.
    pub cookie: String,
    /// What is wanted before it is one: [`DONE`], [`CODE`] or [`ENROL`].
    pub step: &'static str,
}

/// An account and what it may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub account: AccountRow,
    pub grants: Vec<GrantRow>,
}

/// Judges a password.
///
/// # Errors
/// What is wrong with it.
pub fn judge(password: &str, account: &AccountRow) -> Result<(), Weakness> {
    match password.chars().count() {
        ..SHORTEST => return Err(Weakness::Short),
        n if n > LONGEST => return Err(Weakness::Long),
        _ => {}
    }
    let known: Vec<&str> =
        account.email.split(['@', '.']).chain(account.name.split(' ')).chain(["soundings"]).collect();
    if zxcvbn::zxcvbn(password, &known).guesses() < GUESSES { Err(Weakness::Guessable) } else { Ok(()) }
}

/// An address as it is compared: without spaces around, in lower case. `None` if it is none.
pub fn email_address(typed: &str) -> Option<String> {
    let email = typed.trim().to_lowercase();
    let (name, host) = email.split_once('@')?;
    let good = !name.is_empty() && host.contains('.') && !host.contains('@') && email.len() <= 254;
    (good && !email.contains(|c: char| c.is_whitespace() || c.is_control())).then_some(email)
}

impl App {
    /// Makes an account with roles, or gives roles to one that there is; returns the token of a link with which the
    /// password is set, for an account without one.
    ///
    /// # Errors
    /// [`ServiceError::UnknownUnit`]; [`ServiceError::Store`] if the database fails.
    pub async fn add_account(
        &self,
        email: &str,
        name: &str,
        roles: &[(Role, Option<String>)],
    ) -> Result<Option<String>, ServiceError> {
        let mut wanted = Vec::new();
        for (role, unit) in roles {
            wanted.push((*role, self.exact_unit_id(unit.as_deref()).await?));
        }
        let (email, name, token) = (email.to_owned(), name.to_owned(), new_token());
        let hash = sha256(&token);
        let made = self.store.write(move |db| {
            let (id, ready) = match accounts::by_email(db, &email)? {
                // Who signs in at the provider has no password here.
                Some(account) => (account.id, account.password.is_some() || account.openid.is_some()),
                None => (accounts::insert(db, &email, &name, now())?, false),
            };
            for (role, unit) in wanted {
                accounts::grant(db, id, role.as_str(), unit)?;
            }
            if !ready {
                accounts::insert_link(db, &hash, id, now() + Duration::hours(LINK_HOURS))?;
            }
            Ok(!ready)
        });
        Ok(made.await?.then_some(token))
    }

    /// Lets somebody in as one of the demonstration's people, where this is a demonstration.
    ///
    /// # Errors
    /// [`ServiceError::NotAllowed`] anywhere else, and for anybody else; [`ServiceError::Store`].
    pub async fn sign_in_to_demo(&self, email: &str) -> Result<Begun, ServiceError> {
        let known = super::demo::PEOPLE.iter().find(|person| person.email == email);
        let person = known.filter(|_| self.settings.demo).ok_or(ServiceError::NotAllowed)?;
        let begun = self.store.write(move |db| match accounts::by_email(db, person.email)? {
            Some(account) => begin_session(db, account.id, DONE).map(Some),
            None => Ok(None),
        });
        let cookie = begun.await?.ok_or(ServiceError::NotAllowed)?;
        Ok(Begun { cookie, step: DONE })
    }

    /// A new link for an account, with which its password is set anew; earlier ones stay good until one is used.
    ///
    /// # Errors
    /// [`ServiceError::UnknownAccount`]; [`ServiceError::Store`] if the database fails.
    pub async fn account_link(&self, email: &str) -> Result<String, ServiceError> {
        let account = self.account(email).await?;
        let (token, id) = (new_token(), account.id);
        let hash = sha256(&token);
        let expires = now() + Duration::hours(LINK_HOURS);
        self.store.write(move |db| accounts::insert_link(db, &hash, id, expires)).await?;
        Ok(token)
    }

    /// Takes a role away.
    ///
    /// # Errors
    /// [`ServiceError::UnknownAccount`], [`ServiceError::UnknownUnit`]; [`ServiceError::Store`] if the database fails.
    pub async fn take_role(&self, email: &str, role: Role, unit: Option<&str>) -> Result<bool, ServiceError> {
        let (id, unit) = (self.account(email).await?.id, self.exact_unit_id(unit).await?);
        Ok(self.store.write(move |db| accounts::revoke(db, id, role.as_str(), unit)).await?)
    }

    /// Removes an account; whoever is signed in with it is signed out.
    ///
    /// # Errors
    /// [`ServiceError::UnknownAccount`]; [`ServiceError::Store`] if the database fails.
    pub async fn remove_account(&self, email: &str) -> Result<(), ServiceError> {
        let id = self.account(email).await?.id;
        Ok(self.store.write(move |db| accounts::remove(db, id)).await?)
    }

    /// All accounts with what they may.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails.
    pub async fn accounts(&self) -> Result<Vec<Listed>, ServiceError> {
        let listed = |db: &mut Db| -> Result<Vec<Listed>, StoreError> {
            let all = accounts::all(db)?;
            all.into_iter()
                .map(|account| Ok(Listed { grants: accounts::grants_of(db, account.id)?, account }))
                .collect()
        };
        Ok(self.store.read(listed).await?)
    }

    pub(super) async fn account(&self, email: &str) -> Result<AccountRow, ServiceError> {
        let wanted = email.to_owned();
        let found = self.store.read(move |db| accounts::by_email(db, &wanted)).await?;
        found.ok_or_else(|| ServiceError::UnknownAccount(email.to_owned()))
    }

    /// The account that a link is for.
    ///
    /// # Errors
    /// [`ServiceError::UnknownAccountLink`] for none, a used or an expired one; [`ServiceError::Store`].
    pub async fn account_of_link(&self, token: &str) -> Result<AccountRow, ServiceError> {
        let hash = sha256(token);
        let found = self.store.read(move |db| accounts::by_link(db, &hash, now())).await?;
        found.ok_or(ServiceError::UnknownAccountLink)
    }

    /// Sets the password of the account that a link is for, and signs in; returns the session's cookie.
    ///
    /// # Errors
    /// As [`App::account_of_link`]; [`ServiceError::WeakPassword`].
    pub async fn set_password(&self, token: &str, password: &str) -> Result<Begun, ServiceError> {
        let account = self.account_of_link(token).await?;
        judge(password, &account).map_err(ServiceError::WeakPassword)?;
        let typed = password.to_owned();
        let hash =
            self.hashing(move || Argon2::default().hash_password(typed.as_bytes()).map(|h| h.to_string())).await?;
        let hash = hash.map_err(|e| ServiceError::Store(StoreError::Broken(e.to_string().into())))?;
        let (link, this) = (sha256(token), self.clone());
        let set = self.store.write(move |db| {
            // Once: whoever follows it a second time at the same moment finds it gone.
            if !accounts::take_link(db, &link, now())? {
                return Ok(None);
            }
            accounts::set_password(db, account.id, &hash)?;
            // Whoever reads the mails is not yet who has the second factor.
            let step = this.wanted(db, account.id)?;
            Ok(Some(Begun { cookie: begin_session(db, account.id, step)?, step }))
        });
        set.await?.ok_or(ServiceError::UnknownAccountLink)
    }

    /// Signs in; returns the session's cookie. It takes as long for an unknown account as for a wrong password.
    ///
    /// # Errors
    /// [`ServiceError::WrongPassword`]; [`ServiceError::Store`] if the database fails.
    pub async fn sign_in(&self, email: &str, password: &str, device: Option<&str>) -> Result<Begun, ServiceError> {
        let wanted = email_address(email).unwrap_or_default();
        self.admit(&wanted, device).await?;
        let account = self.store.read(move |db| accounts::by_email(db, &wanted)).await?;
        let stored = account.as_ref().and_then(|account| account.password.clone());
        let (typed, hash): (String, _) = (password.chars().take(LONGEST + 1).collect(), stored.clone());
        let right = self.hashing(move || matches(&typed, hash.as_deref())).await?;
        let Some((account, hash)) = account.zip(stored).filter(|_| right) else {
            return Err(ServiceError::WrongPassword);
        };
        let this = self.clone();
        // The password may have been set anew while this one was judged.
        let begun = self.store.write(move |db| {
            if !accounts::holds_password(db, account.id, &hash)? {
                return Ok(None);
            }
            let step = this.wanted(db, account.id)?;
            Ok(Some(Begun { cookie: begin_session(db, account.id, step)?, step }))
        });
        begun.await?.ok_or(ServiceError::WrongPassword)
    }

    /// What is wanted after the password.
    fn wanted(&self, db: &mut Db, account_id: i64) -> Result<&'static str, StoreError> {
        // As it is now: judging the password took its time.
        Ok(match accounts::by_id(db, account_id)?.and_then(|account| account.totp) {
            Some(_) => CODE,
            None if self.needs_second_factor(&accounts::grants_of(db, account_id)?) => ENROL,
            None => DONE,
        })
    }

    /// Lets so many passwords be tried for an address: by browsers that have signed in to it each for itself, so that
    /// nobody is kept out by what others try.
    async fn admit(&self, email: &str, device: Option<&str>) -> Result<(), ServiceError> {
        let known = match device.map(sha256) {
            None => None,
            Some(hash) => {
                let (wanted, email) = (hash.clone(), email.to_owned());
                let knows = self.store.read(move |db| factors::knows_device(db, &wanted, &email)).await?;
                knows.then_some(hash)
            }
        };
        if self.password_tries.len() > TRIES_KEPT {
            self.password_tries.retain_recent();
        }
        let key = known.unwrap_or_else(|| sha256(email));
        self.password_tries.check_key(&key).map_err(|_| ServiceError::TooManyTries)
    }

    /// Remembers the browser that a session has begun in; returns the cookie that it is known by.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails.
    pub async fn remember_device(&self, cookie: &str) -> Result<Option<String>, ServiceError> {
        let (session, device) = (sha256(cookie), new_token());
        let hash = sha256(&device);
        let known = self.store.write(move |db| {
            let Some((session, account)) = accounts::session(db, &session)? else { return Ok(false) };
            if session.step == DONE {
                factors::insert_device(db, &hash, account.id, now())?;
            }
            Ok(session.step == DONE)
        });
        Ok(known.await?.then_some(device))
    }

    /// What the audit calls whoever tries to sign in with this address.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails.
    pub async fn account_name(&self, email: &str) -> Result<String, ServiceError> {
        let wanted = email_address(email).unwrap_or_default();
        let known = self.store.read(move |db| accounts::by_email(db, &wanted)).await?;
        Ok(known.map_or_else(|| "anybody".to_owned(), |account| account.email))
    }

    /// Sends a link with which the password is set anew, if there is such an account; nobody is told whether.
    ///
    /// # Errors
    /// [`ServiceError::NoMail`] where none can be sent.
    pub fn send_reset(&self, email: &str, language: &str) -> Result<(), ServiceError> {
        let mailer = self.settings.mailer.clone().ok_or(ServiceError::NoMail)?;
        let Some(email) = email_address(email) else { return Ok(()) };
        let (app, language) = (self.clone(), language.to_owned());
        // Behind the answer, so that time does not tell either.
        tokio::spawn(async move {
            let account = app.account(&email).await;
            // Who signs in at the provider has no password here.
            if account.is_err() || account.is_ok_and(|account| account.openid.is_some()) {
                return;
            }
            match app.account_link(&email).await {
                Ok(token) => {
                    let link = format!("{}/welcome/{token}", app.settings.base_url);
                    mailer.send_behind(with_link("mail-reset", &email, &language, &link, LINK_HOURS));
                }
                Err(error) => tracing::error!(%error, "a link could not be made"),
            }
        });
        Ok(())
    }

    /// Makes the first account, everywhere administrator and, if wanted, analyst; returns the token of the link with
    /// which its password is set.
    ///
    /// # Errors
    /// [`ServiceError::UnknownAccountLink`] once there is an account; [`ServiceError::Store`].
    pub async fn add_first_account(&self, email: &str, name: &str, analyst: bool) -> Result<String, ServiceError> {
        let (email, name, token) = (email.to_owned(), name.to_owned(), new_token());
        let hash = sha256(&token);
        let made = self.store.write(move |db| {
            if accounts::count(db)? > 0 {
                return Ok(false);
            }
            let id = accounts::insert(db, &email, &name, now())?;
            accounts::grant(db, id, Role::Administrator.as_str(), None)?;
            if analyst {
                accounts::grant(db, id, Role::Analyst.as_str(), None)?;
            }
            accounts::insert_link(db, &hash, id, now() + Duration::hours(LINK_HOURS))?;
            Ok(true)
        });
        if made.await? { Ok(token) } else { Err(ServiceError::UnknownAccountLink) }
    }

    /// Runs what takes 19 MiB and a core: one at a time, off the threads that serve guests, and only so many in line.
    async fn hashing<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, ServiceError> {
        let full = || ServiceError::Store(StoreError::Unavailable("too many passwords wait to be judged".into()));
        let _place = self.hashing_line.clone().try_acquire_owned().map_err(|_| full())?;
        let turn = self.hashing.clone().acquire_owned().await;
        let task = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        task.await.map_err(|e| ServiceError::Store(StoreError::Broken(Box::new(e))))
    }

    /// Who a session's cookie belongs to; nobody if it is unknown or over.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails.
    pub async fn viewer(&self, cookie: &str) -> Result<Viewer, ServiceError> {
        let hash = sha256(cookie);
        let wanted = hash.clone();
        let found = self.store.read(move |db| {
            let Some((session, account)) = accounts::session(db, &wanted)? else { return Ok(None) };
            let grants = accounts::grants_of(db, account.id)?;
            Ok(Some((session, account, grants)))
        });
        let Some((session, account, grants)) = found.await? else { return Ok(Viewer::default()) };
        let at = now();
        if session.step != DONE {
            return Ok(Viewer::default());
        }
        if is_over(&session, at) {
            self.store.write(move |db| accounts::end_session(db, &hash)).await?;
            return Ok(Viewer::default());
        }
        // A clock that was set back makes a session neither over nor new.
        if at - session.seen_at > Duration::minutes(TOUCH_MINUTES) {
            let touched = hash.clone();
            self.store.write(move |db| accounts::touch_session(db, &touched, at)).await?;
        }
        Ok(Viewer::with_grants(account, &grants, hash))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails.
    pub async fn sign_out(&self, cookie: &str) -> Result<(), ServiceError> {
        let hash = sha256(cookie);
        Ok(self.store.write(move |db| accounts::end_session(db, &hash)).await?)
    }

    /// The sessions of an account that are not over, and what it may.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails.
    pub async fn own_account(&self, account: &Account) -> Result<Own, ServiceError> {
        let id = account.id;
        let own = move |db: &mut Db| {
            let left = factors::recovery_codes_left(db, id)?;
            Ok(Own {
                sessions: accounts::sessions_of(db, id)?,
                grants: accounts::grants_of(db, id)?,
                second_factor: accounts::by_id(db, id)?.is_some_and(|account| account.totp.is_some()),
                recovery_codes: usize::try_from(left).unwrap_or(0),
            })
        };
        let mut own = self.store.read(own).await?;
        own.sessions.retain(|session| session.step == DONE && !is_over(session, now()));
        Ok(own)
    }

    /// Ends all sessions of an account but this one.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails.
    pub async fn end_other_sessions(&self, account: &Account) -> Result<(), ServiceError> {
        let (id, own) = (account.id, account.session.clone());
        Ok(self.store.write(move |db| accounts::end_other_sessions(db, id, &own)).await?)
    }
}

/// Begins a session; returns its cookie.
pub(super) fn begin_session(db: &mut Db, account_id: i64, step: &str) -> Result<String, StoreError> {
    let token = new_token();
    let session = SessionRow {
        token_hash: sha256(&token),
        account_id,
        created_at: now(),
        seen_at: now(),
        step: step.to_owned(),
        tries: 0,
    };
    accounts::insert_session(db, &session)?;
    Ok(token)
}

pub(super) fn is_over(session: &SessionRow, at: NaiveDateTime) -> bool {
    if session.step != DONE {
        return at - session.created_at > Duration::minutes(HALF_MINUTES);
    }
    at - session.created_at > Duration::days(SESSION_DAYS) || at - session.seen_at > Duration::hours(IDLE_HOURS)
}

/// Whether a password is the stored one. Without one a hash is computed all the same, so that time tells nothing.
fn matches(typed: &str, stored: Option<&str>) -> bool {
    let Some(hash) = stored.and_then(|text| PasswordHash::new(text).ok()) else {
        let _ = Argon2::default().hash_password(typed.as_bytes());
        return false;
    };
    Argon2::default().verify_password(typed.as_bytes(), &hash).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> AccountRow {
        AccountRow {
            id: 1,
            email: "greta.lund@larkfield.example".into(),
            name: "Greta Lund".into(),
            password: None,
            created_at: now(),
            totp: None,
            totp_step: None,
            openid: None,
        }
    }

    #[test]
    fn what_is_guessed_early_is_refused() {
        for bad in ["password12", "1234567890", "qwertyuiop", "Larkfield1", "gretalund1", "soundings1", "aaaaaaaaaaaa"]
        {
            assert_eq!(judge(bad, &account()), Err(Weakness::Guessable), "{bad}");
        }
        assert_eq!(judge("tall-fog", &account()), Err(Weakness::Short));
        assert_eq!(judge(&"x".repeat(201), &account()), Err(Weakness::Long));
        assert_eq!(judge("tall fog over Larkfield pier", &account()), Ok(()));
        assert_eq!(judge("海边的雾很高很高很高呢", &account()), Ok(()));
    }

    #[test]
    fn addresses_are_compared_without_case_and_spaces() {
        assert_eq!(email_address(" Greta@Larkfield.Example ").as_deref(), Some("greta@larkfield.example"));
        for bad in ["", "greta", "@x.y", "a@b", "a b@c.d", "a@b@c.d", "a\0@b.c"] {
            assert_eq!(email_address(bad), None, "{bad}");
        }
    }
}
