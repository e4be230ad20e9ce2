//! Copies of an SQLite database, made while it is used.

use std::path::Path;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::db::{Db, Location, Store};
use super::error::StoreError;

/// Copies the database into a new file, as of one moment; whoever writes goes on.
///
/// # Errors
/// [`StoreError::Address`] for PostgreSQL, which has tools of its own; [`StoreError`] if the file cannot be written.
pub fn copy(db: &mut Db, target: &Path) -> Result<(), StoreError> {
    let Db::Sqlite(connection) = db else {
        return Err(StoreError::Address("this is PostgreSQL: back it up with pg_dump".to_owned()));
    };
    diesel::sql_query("VACUUM INTO ?").bind::<Text, _>(target.to_string_lossy()).execute(connection)?;
    Ok(())
}

#[derive(QueryableByName)]
struct Said {
    #[diesel(sql_type = Text)]
    integrity_check: String,
}

/// Whether a file is a whole database: SQLite's own check of every page and index.
///
/// # Errors
/// [`StoreError::Address`] with what SQLite found; [`StoreError`] for a file that is none.
pub fn check(file: &Path) -> Result<(), StoreError> {
    let address = format!("file:{}?mode=ro", file.display());
    let mut connection = SqliteConnection::establish(&address).map_err(|e| StoreError::Address(e.to_string()))?;
    connection.batch_execute("PRAGMA query_only = ON")?;
    let said: Vec<Said> = diesel::sql_query("PRAGMA integrity_check").load(&mut connection)?;
    match said.first() {
        Some(said) if said.integrity_check == "ok" => Ok(()),
        Some(said) => Err(StoreError::Address(format!("{}: {}", file.display(), said.integrity_check))),
        None => Err(StoreError::Address(format!("{} cannot be checked", file.display()))),
    }
}

/// Opens a copy as a database of its own.
///
/// # Errors
/// As [`Store::open`].
pub fn open(file: &Path) -> Result<Store, StoreError> {
    Store::open(&Location::Sqlite(file.to_path_buf()))
}

/// Whether another process has a database open.
pub fn is_in_use(file: &Path) -> bool {
    let Ok(mut connection) = SqliteConnection::establish(&file.to_string_lossy()) else { return false };
    // Whoever has it open holds a lock that this one needs; a file that is broken is not in use.
    let alone = connection
        .batch_execute("PRAGMA busy_timeout = 500; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; ROLLBACK");
    alone.is_err_and(|e| e.to_string().contains("locked"))
}
