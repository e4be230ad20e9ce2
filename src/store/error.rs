//! What can go wrong with the database, as far as a caller acts on it.

use diesel::result::{DatabaseErrorKind, Error};

/// A failed read or write. `Display` never holds data or SQL.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A unique value exists already; `0` names the constraint or columns.
    #[error("a row with the same {0} exists already")]
    Conflict(String),
    /// The database cannot be used now: full disk, lost connection, too much queued. Trying again may help.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The address of the database is not one that can be opened.
    #[error("{0}")]
    Address(String),
    /// The database said something that no caller can act on.
    #[error("the database refused a statement")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match error {
            Error::DatabaseError(DatabaseErrorKind::UniqueViolation, info) => {
                Self::Conflict(info.constraint_name().unwrap_or_else(|| info.message()).to_owned())
            }
            Error::DatabaseError(
                DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand,
                info,
            ) => Self::Unavailable(info.message().to_owned()),
            // SQLITE_FULL, SQLITE_BUSY and SQLITE_IOERR have no kind of their own in diesel.
            Error::DatabaseError(_, info) if PASSING.iter().any(|text| info.message().contains(text)) => {
                Self::Unavailable(info.message().to_owned())
            }
            other => Self::Broken(Box::new(other)),
        }
    }
}

const PASSING: [&str; 4] =
    ["database or disk is full", "database is locked", "disk I/O error", "could not extend file"];

impl From<diesel::r2d2::PoolError> for StoreError {
    fn from(error: diesel::r2d2::PoolError) -> Self {
        Self::Unavailable(error.to_string())
    }
}
