//! Opening a database by its address, and the two ways to use it: [`Store::read`] and [`Store::write`].
//!
//! Owns: the choice of backend by URL scheme (an unknown one is refused, never taken for a file name),
//! pools, pragmas and migrations. On SQLite every write goes through one thread ([`super::writer`]).

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::r2d2::{self, ManageConnection, Pool};
use diesel::{Connection, MultiConnection, PgConnection, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};

use super::error::StoreError;
use super::writer::{Writer, Writes};

/// A connection to either backend.
#[derive(MultiConnection)]
pub enum Db {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

/// Runs the same expression on the connection of either backend, for statements that diesel's
/// `MultiConnection` does not take.
macro_rules! on_each {
    ($db:expr, $connection:ident => $body:expr) => {
        match $db {
            $crate::store::Db::Postgres($connection) => $body,
            $crate::store::Db::Sqlite($connection) => $body,
        }
    };
}
pub(super) use on_each;

const SQLITE_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Where the data are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    Sqlite(PathBuf),
    /// A `postgres://` address, password included: never log it.
    Postgres(String),
}

impl Location {
    /// From `sqlite:path/to/file.db`, `postgres://…` or `postgresql://…`.
    ///
    /// # Errors
    /// [`StoreError::Address`] for any other scheme, so that a slip does not create an empty SQLite file.
    pub fn parse(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        let file = url
            .strip_prefix("sqlite://")
            .or_else(|| url.strip_prefix("sqlite:"))
            .filter(|f| !f.is_empty() && *f != ":memory:");
        file.map(|f| Self::Sqlite(f.into())).ok_or_else(|| {
            let scheme: String = url.chars().take_while(|c| *c != ':' && *c != '/').take(30).collect();
            StoreError::Address(format!(
                "the database address begins with `{scheme}`; use sqlite:FILE or postgres://USER@HOST/NAME"
            ))
        })
    }
}

/// Makes connections for the pool. diesel's own manager tries backend after backend and drops the first
/// error; this one knows which backend it is for.
#[derive(Debug, Clone)]
pub(super) struct Manager(pub(super) Location);

impl Manager {
    pub(super) fn open(&self) -> Result<Db, diesel::ConnectionError> {
        match &self.0 {
            Location::Postgres(url) => PgConnection::establish(url).map(Db::Postgres),
            Location::Sqlite(path) => {
                let mut connection = SqliteConnection::establish(&path.to_string_lossy())?;
                connection.batch_execute(PRAGMAS).map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
                Ok(Db::Sqlite(connection))
            }
        }
    }
}

/// busy_timeout first: switching to WAL may itself have to wait. FULL makes a commit wait for the disk. The log is copied
/// into the database every 1000 pages, as SQLite does by itself: at 8000 the p99 at half load was twice as long, and no
/// more was stored.
const PRAGMAS: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
    PRAGMA foreign_keys = ON; PRAGMA cache_size = -8000; PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON;";

impl ManageConnection for Manager {
    type Connection = Db;
    type Error = r2d2::Error;

    fn connect(&self) -> Result<Db, r2d2::Error> {
        self.open().map_err(r2d2::Error::ConnectionError)
    }

    fn is_valid(&self, db: &mut Db) -> Result<(), r2d2::Error> {
        on_each!(db, c => c.batch_execute("SELECT 1")).map_err(r2d2::Error::QueryError)
    }

    fn has_broken(&self, db: &mut Db) -> bool {
        std::thread::panicking() || on_each!(db, c => diesel::r2d2::R2D2Connection::is_broken(c))
    }
}

/// The database. Cheap to clone; all clones share pool and writer.
#[derive(Clone)]
pub struct Store {
    pool: Pool<Manager>,
    /// `None` on PostgreSQL, which groups commits itself.
    writer: Option<Arc<Writer>>,
}

/// Read connections (SQLite) or all connections (PostgreSQL).
const POOL_SIZE: u32 = 8;

impl Store {
    /// Opens the database, creating an SQLite file if there is none, and runs pending migrations.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] with the reason if it cannot be reached, [`StoreError::Broken`] if a
    /// migration fails.
    pub fn open(location: &Location) -> Result<Self, StoreError> {
        let manager = Manager(location.clone());
        let mut first = manager.open().map_err(|e| StoreError::Unavailable(e.to_string()))?;
        let migrated = match &mut first {
            Db::Sqlite(c) => migrate_sqlite(c),
            Db::Postgres(c) => migrate_postgres(c),
        };
        migrated.map_err(StoreError::Broken)?;
        drop(first);
        let writer = match location {
            Location::Sqlite(_) => Some(Arc::new(Writer::start(&manager)?)),
            Location::Postgres(_) => None,
        };
        let pool = Pool::builder()
            .max_size(POOL_SIZE)
            .connection_timeout(Duration::from_secs(5))
            .test_on_check_out(writer.is_none())
            .build(manager)?;
        Ok(Self { pool, writer })
    }

    /// Runs `work` on a connection, off the async threads.
    ///
    /// # Errors
    /// What `work` returns; [`StoreError::Unavailable`] if no connection is to be had within 5 s.
    pub async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Db) -> Result<T, StoreError> + Send + 'static,
    {
        let store = self.clone();
        let task = tokio::task::spawn_blocking(move || store.read_blocking(work));
        task.await.map_err(|e| StoreError::Broken(Box::new(e)))?
    }

    /// As [`Store::read`], on this thread.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn read_blocking<T>(&self, work: impl FnOnce(&mut Db) -> Result<T, StoreError>) -> Result<T, StoreError> {
        work(&mut *self.pool.get()?)
    }

    /// Whether a response with a lower id is always there before one with a higher: there is one writer.
    pub fn commits_in_order(&self) -> bool {
        self.writer.is_some()
    }

    /// Connections of the pool that are in use, and that are not.
    pub fn connections(&self) -> (u32, u32) {
        let state = self.pool.state();
        (state.connections - state.idle_connections, state.idle_connections)
    }

    /// Runs `work` as one transaction and returns once it is on disk.
    ///
    /// # Errors
    /// What `work` returns, with nothing written; [`StoreError::Unavailable`] if the disk is full or
    /// too much is queued.
    pub async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Db) -> Result<T, StoreError> + Send + 'static,
    {
        match &self.writer {
            Some(writer) => writer.submit(Writes::Statements, work)?.await.unwrap_or_else(|_| Err(writer_gone())),
            None => self.read(move |db| db.transaction(work)).await,
        }
    }

    /// As [`Store::write`], for work in which at most one statement writes: it is all or none by itself.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn write_one<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Db) -> Result<T, StoreError> + Send + 'static,
    {
        match &self.writer {
            Some(writer) => writer.submit(Writes::OneStatement, work)?.await.unwrap_or_else(|_| Err(writer_gone())),
            None => self.read(work).await,
        }
    }

    /// Empties SQLite's write-ahead log, in which the order of writes can be read. PostgreSQL's is no part of the
    /// database.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails; a log that is in use is left for the next time.
    pub async fn forget_order(&self) -> Result<(), StoreError> {
        self.read(|db| match db {
            Db::Sqlite(c) => Ok(c.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")?),
            Db::Postgres(_) => Ok(()),
        })
        .await
    }

    /// As [`Store::write`], on this thread; not for async code.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn write_blocking<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Db) -> Result<T, StoreError> + Send + 'static,
    {
        match &self.writer {
            Some(writer) => {
                writer.submit(Writes::Statements, work)?.blocking_recv().unwrap_or_else(|_| Err(writer_gone()))
            }
            None => self.read_blocking(|db| db.transaction(work)),
        }
    }
}

fn writer_gone() -> StoreError {
    StoreError::Unavailable("the writer has stopped".into())
}

/// Two processes may start at once on a new file: the second finds it locked, and tries again.
fn migrate_sqlite(connection: &mut SqliteConnection) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut tries = 0;
    loop {
        match connection.run_pending_migrations(SQLITE_MIGRATIONS).map(drop) {
            Err(e) if tries < 20 && e.to_string().contains("locked") => {
                tries += 1;
                std::thread::sleep(Duration::from_millis(250));
            }
            outcome => return outcome,
        }
    }
}

/// Two processes may start at once: an advisory lock makes the second wait instead of failing.
fn migrate_postgres(connection: &mut PgConnection) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    connection.batch_execute("SELECT pg_advisory_lock(7305911001)")?;
    let outcome = connection.run_pending_migrations(POSTGRES_MIGRATIONS).map(drop);
    connection.batch_execute("SELECT pg_advisory_unlock(7305911001)")?;
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_scheme_is_refused() {
        assert_eq!(Location::parse("sqlite:a/b.db").unwrap(), Location::Sqlite("a/b.db".into()));
        assert!(matches!(Location::parse("postgresql://x/y"), Ok(Location::Postgres(_))));
        for bad in ["postgress://x", "mysql://x", "soundings.db", "sqlite:", "sqlite::memory:"] {
            assert!(Location::parse(bad).is_err(), "{bad}");
        }
    }
}
