//! The use cases: the one layer that sees surveys, statistics, reports and the database together.
//!
//! Owns: what a guest, a quality team and an administrator can do, each as one function, and the
//! caches that make it fast. Refuses: HTTP and terminals; errors here say what happened, not how to show it.

pub mod access;
pub mod accounts;
pub mod analysing;
pub mod auditing;
pub mod authoring;
pub mod collecting;
pub mod commenting;
pub mod comments;
pub mod comparing;
pub mod cursor;
pub mod delivering;
pub mod demo;
mod estimating;
pub mod expectations;
pub mod exporting;
mod finished;
pub mod handing_in;
pub mod inviting;
pub mod keeping;
pub mod kiosks;
pub mod mailing;
pub mod measuring;
pub mod metrics;
mod mixing;
pub mod network;
pub mod openid;
pub mod overview;
pub mod population;
pub mod privacy;
mod publishing;
pub mod questions;
pub mod reading;
pub mod receipts;
mod remembered;
pub mod reporting;
mod response_rate;
pub mod retaining;
pub mod satisfiers;
pub mod scheduling;
pub mod sealing;
pub mod second_factor;
mod segments;
pub mod settings;
pub mod stays;
pub mod surveys;
pub mod terms;
pub mod tokens;
pub mod units;
pub mod webhooks;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::report::publication::Thresholds;
use crate::store::{Store, StoreError};
use crate::survey::answers::Forged;
use authoring::Revision;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use remembered::Remembered;
use settings::Settings;
use sha2::{Digest as _, Sha256};

/// Everything a use case needs. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub store: Store,
    /// Revisions by id, read and checked once: they never change.
    revisions: Arc<Mutex<HashMap<i64, Arc<Revision>>>>,
    published: Arc<Remembered<String, authoring::Published>>,
    units: Arc<Remembered<String, i64>>,
    /// Surveys by the receipt that was given out a moment ago.
    thanked: Arc<Remembered<String, i64>>,
    reports: Arc<reporting::Reports>,
    /// From how many responses what is shown.
    pub thresholds: Thresholds,
    used_links: Arc<inviting::UsedLinks>,
    /// One password at a time: each takes 19 MiB and a core.
    hashing: Arc<tokio::sync::Semaphore>,
    /// And so many in line for it.
    hashing_line: Arc<tokio::sync::Semaphore>,
    wrong_codes: Arc<kiosks::WrongCodes>,
    /// Passwords tried, by address or known browser.
    password_tries: Arc<DefaultKeyedRateLimiter<String>>,
    pub settings: Arc<Settings>,
    pub metrics: Arc<metrics::Metrics>,
    /// The token with which the first account is made, while there is none.
    pub setup_token: Arc<str>,
}

impl App {
    /// The use cases on an open database.
    pub fn new(store: Store) -> Self {
        Self {
            store,
            revisions: Arc::default(),
            published: Arc::default(),
            units: Arc::default(),
            thanked: Arc::default(),
            reports: Arc::default(),
            thresholds: Thresholds::default(),
            used_links: Arc::default(),
            hashing: Arc::new(tokio::sync::Semaphore::new(1)),
            hashing_line: Arc::new(tokio::sync::Semaphore::new(100)),
            wrong_codes: Arc::default(),
            password_tries: Arc::new(RateLimiter::keyed(password_tries())),
            settings: Arc::default(),
            metrics: Arc::default(),
            setup_token: new_token().into(),
        }
    }

    /// With settings of one's own; before it is used.
    #[must_use]
    pub fn configured(self, settings: Settings) -> Self {
        Self { settings: Arc::new(settings), ..self }
    }

    /// With thresholds of one's own; before it is used.
    #[must_use]
    pub fn publishing(self, thresholds: Thresholds) -> Self {
        Self { thresholds, ..self }
    }
}

/// Passwords that may be tried for an address by browsers that are not known: ten, and then one in six minutes.
fn password_tries() -> Quota {
    const TEN: std::num::NonZeroU32 = std::num::NonZeroU32::new(10).expect("above 0");
    Quota::per_hour(TEN)
}

/// Why a use case did not happen.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error("there is no survey `{0}`")]
    UnknownSurvey(String),
    #[error("the survey `{0}` is closed")]
    Closed(String),
    #[error("there is no unit `{0}`")]
    UnknownUnit(String),
    #[error("the survey's model has no construct `{0}`")]
    UnknownConstruct(String),
    #[error("the survey's model has no question `{0}`")]
    UnknownIndicator(String),
    #[error("there is no such chart, or nothing to draw in it")]
    NoSuchChart,
    /// The page was not one of ours, or is of a revision that was never published.
    #[error("the page cannot be recognised: {0}")]
    UnknownPage(&'static str),
    #[error("the submission does not come from the survey's page: {0}")]
    Forged(#[from] Forged),
    #[error("there is no response with this receipt")]
    UnknownReceipt,
    #[error("the guest has taken this response back")]
    Withdrawn,
    #[error("there is no such personal link")]
    UnknownLink,
    /// With the receipt of the response, unless the survey is anonymous.
    #[error("this personal link has been used")]
    LinkUsed(Option<String>),
    #[error("this personal link has been revoked")]
    LinkRevoked,
    #[error("this personal link has expired")]
    LinkExpired,
    #[error("the device is not set up as a kiosk for this survey")]
    UnknownKiosk,
    #[error("this is not the kiosk's exit code, or too many wrong ones were tried; wait a minute")]
    WrongCode,
    #[error("the survey `{0}` is shown page by page; a kiosk needs one that fits on a single page")]
    NotForKiosks(String),
    #[error("sign in to see this")]
    NotSignedIn,
    /// Also an expired one.
    #[error("this token is not good: unknown, removed or expired")]
    UnknownToken,
    #[error("this account may not do that here")]
    NotAllowed,
    #[error("there is no account `{0}`")]
    UnknownAccount(String),
    /// Also a used or an expired one.
    #[error("this link is not good any more")]
    UnknownAccountLink,
    #[error("it has changed since; read it again")]
    Changed,
    #[error("this idempotency key belongs to another request, or to one that is being done")]
    KeyReused,
    #[error("there is one called `{0}` already")]
    Taken(String),
    #[error("there is no such report")]
    NoSuchReport,
    #[error("there is no index here that could be kept")]
    NothingToKeep,
    #[error("there is no such token")]
    NoSuchToken,
    #[error("there is no webhook `{0}`")]
    UnknownWebhook(String),
    #[error("there is no such revision")]
    UnknownRevision,
    /// With every fault and its place.
    #[error("the template has faults: {0}")]
    BadTemplate(String),
    /// With everything that is wrong; nothing was stored.
    #[error("{0}")]
    BadAnswers(String),
    #[error("what was sent cannot be read: {0}")]
    BadTable(String),
    /// With every fault; nothing was stored.
    #[error("{}", .0.iter().map(|f| format!("{}: {}", f.line, f.reason)).collect::<Vec<_>>().join("; "))]
    BadUnits(Vec<units::Fault>),
    #[error("this is not the code, or it has been used")]
    WrongFactor,
    #[error("there is no sign-in by OpenID, or the provider does not answer as it should")]
    NoProvider,
    #[error("this server sends no mail")]
    NoMail,
    #[error("too many passwords were tried for this address; wait some minutes")]
    TooManyTries,
    #[error("address and password do not belong together")]
    WrongPassword,
    #[error("this password is too easily guessed: {0:?}")]
    WeakPassword(accounts::Weakness),
    #[error("the request comes from another site")]
    ForeignOrigin,
    #[error("these answers can no longer be corrected")]
    TooLate,
    /// A filter that cannot be understood: its name, what was given, what is expected.
    #[error("`{name}` is `{given}`; expected {expected}")]
    BadFilter { name: &'static str, given: String, expected: &'static str },
    #[error(
        "this database is not a demonstration's: it has surveys or units of its own; choose another --data-dir or --database"
    )]
    NotADemo,
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored revision no longer reads as a survey: the program and the database disagree.
    #[error("revision {0} in the database is not a survey: {1}")]
    BrokenRevision(i64, String),
}

/// Runs work that waits or computes off the threads that serve guests.
///
/// # Errors
/// What `work` returns; [`ServiceError::Store`] if it panics.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ServiceError> + Send + 'static,
) -> Result<T, ServiceError> {
    tokio::task::spawn_blocking(work).await.map_err(|e| StoreError::Broken(Box::new(e)))?
}

/// Now, in UTC and whole microseconds: what both backends can keep.
pub fn now() -> chrono::NaiveDateTime {
    use chrono::Timelike as _;
    let now = chrono::Utc::now().naive_utc();
    now.with_nanosecond(now.nanosecond() / 1000 * 1000).unwrap_or(now)
}

/// Bytes in hexadecimal.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// SHA-256 in hexadecimal.
pub fn sha256(text: &str) -> String {
    hex(&Sha256::digest(text))
}

/// Whether two secrets are the same; how long it takes does not tell how far they are.
pub fn same_secret(one: &str, other: &str) -> bool {
    Sha256::digest(one) == Sha256::digest(other)
}

/// 130 random bits in 26 letters and digits: a secret for an address.
fn new_token() -> String {
    const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    random_bytes::<26>().iter().map(|b| char::from(DIGITS[usize::from(b & 31)])).collect()
}

/// `N` random bytes from the operating system.
///
/// # Panics
/// If the operating system has none; nothing can be kept secret or unique then.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}
