//! The one thread that writes to SQLite: group commit.
//!
//! Owns: the queue of writes. Whatever has queued up is committed as one transaction, each write in a
//! savepoint of its own so that one failure undoes nothing else (a single statement needs none, and is spared the
//! copies of pages that a savepoint keeps), and nobody is answered before the commit is on disk. Refuses: more than [`QUEUE`] waiting writes, at once rather than after a long wait.
//!
//! Why: a commit costs a disk flush, so one commit a request caps the rate at the disk's flushes, and
//! pooled writers on SQLite wait for each other's locks for over a second at the 99th percentile.

use std::panic::AssertUnwindSafe;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, TransactionManager as _};
use diesel::{Connection as _, SqliteConnection};
use tokio::sync::oneshot;

use super::db::{Db, Manager};
use super::error::StoreError;

/// Writes that may wait; beyond it a write is refused.
const QUEUE: usize = 4096;

/// Writes in one transaction at most, so that the first in line does not wait for thousands.
const BATCH: usize = 512;

/// What a write does before the commit; it returns what answers its caller after the commit.
type Job = Box<dyn FnOnce(&mut Db) -> Reply + Send>;

/// Tells a caller how the commit went.
type Reply = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// How much a write does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Writes {
    /// Several statements: all or none.
    Statements,
    /// At most one statement that writes, which is all or none by itself.
    OneStatement,
}

pub(super) struct Writer {
    queue: SyncSender<Job>,
}

impl Writer {
    /// Starts the thread on a connection of its own. It ends when the `Writer` is dropped.
    pub(super) fn start(manager: &Manager) -> Result<Self, StoreError> {
        let db = manager.open().map_err(|e| StoreError::Unavailable(e.to_string()))?;
        let manager = manager.clone();
        let (queue, jobs) = sync_channel(QUEUE);
        std::thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || run(db, &manager, &jobs))
            .map_err(|e| StoreError::Unavailable(e.to_string()))?;
        Ok(Self { queue })
    }

    /// Queues `work`; the receiver gets its outcome after the commit.
    pub(super) fn submit<T, F>(
        &self,
        writes: Writes,
        work: F,
    ) -> Result<oneshot::Receiver<Result<T, StoreError>>, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Db) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, receiver) = oneshot::channel();
        let job: Job = Box::new(move |db| {
            let outcome = match writes {
                Writes::Statements => db.transaction(work),
                Writes::OneStatement => work(db),
            };
            // A caller that has gone away is no reason to stop.
            Box::new(move |commit| drop(answer.send(commit.and(outcome))))
        });
        match self.queue.try_send(job) {
            Ok(()) => Ok(receiver),
            Err(TrySendError::Full(_)) => Err(StoreError::Unavailable("too many writes are waiting".into())),
            Err(TrySendError::Disconnected(_)) => Err(StoreError::Unavailable("the writer has stopped".into())),
        }
    }
}

fn run(mut db: Db, manager: &Manager, jobs: &Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let mut batch = vec![first];
        batch.extend(jobs.try_iter().take(BATCH - 1));
        let survived = std::panic::catch_unwind(AssertUnwindSafe(|| commit(&mut db, batch)));
        // A panic leaves a transaction in an unknown state: that connection is given up, and with it
        // what was not committed; its callers see their channel close. The next write gets a new one.
        while survived.is_err() {
            tracing::error!("a write panicked; nothing of its batch was written");
            match manager.open() {
                Ok(fresh) => {
                    db = fresh;
                    break;
                }
                Err(error) => tracing::error!(%error, "the database cannot be reopened; trying again"),
            }
            std::thread::sleep(Duration::from_secs(1));
        }
    }
}

/// Runs a batch in one transaction and answers everybody after it.
fn commit(db: &mut Db, batch: Vec<Job>) {
    let Db::Sqlite(connection) = db else { unreachable!("the writer thread is started for SQLite only") };
    if let Err(error) = begin(connection) {
        tracing::error!(%error, "no write transaction could be begun");
        // Jobs are dropped unrun; their callers see the channel close and answer 503.
        return;
    }
    let replies: Vec<Reply> = batch.into_iter().map(|job| job(db)).collect();
    let Db::Sqlite(connection) = db else { unreachable!("as above") };
    let committed = AnsiTransactionManager::commit_transaction(connection);
    if let Err(error) = &committed {
        tracing::error!(%error, writes = replies.len(), "a commit failed; nothing of it was written");
        let _ = AnsiTransactionManager::rollback_transaction(connection);
    }
    let reason = committed.err().map(|e| e.to_string());
    for reply in replies {
        reply(reason.clone().map_or(Ok(()), |reason| Err(StoreError::Unavailable(reason))));
    }
}

/// Takes the write lock at once: a deferred transaction could fail later, in the middle of a batch.
fn begin(connection: &mut SqliteConnection) -> Result<(), diesel::result::Error> {
    AnsiTransactionManager::begin_transaction_sql(connection, "BEGIN IMMEDIATE")
}

#[cfg(test)]
mod tests {
    use diesel::RunQueryDsl as _;

    use super::super::db::{Location, Store};
    use super::*;

    #[test]
    fn a_panicking_write_does_not_stop_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&Location::Sqlite(folder.path().join("p.db"))).unwrap();
        let failed = store.write_blocking(|_| -> Result<(), StoreError> { panic!("on purpose") });
        assert!(matches!(failed, Err(StoreError::Unavailable(_))));
        assert_eq!(store.write_blocking(|_| Ok(7)).unwrap(), 7);
    }

    #[test]
    fn one_failing_write_undoes_only_itself() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&Location::Sqlite(folder.path().join("w.db"))).unwrap();
        let insert = |id: i64, then_fail: bool| {
            let store = store.clone();
            std::thread::spawn(move || {
                store.write_blocking(move |db| {
                    diesel::sql_query(format!(
                        "INSERT INTO units (id, code, kind, name) VALUES ({id}, 'u{id}', 'group', 'x')"
                    ))
                    .execute(db)?;
                    if then_fail { Err(StoreError::Conflict("test".into())) } else { Ok(()) }
                })
            })
        };
        let threads: Vec<_> = (0..200).map(|id| (id, insert(id, id % 3 == 0))).collect();
        for (id, thread) in threads {
            assert_eq!(thread.join().unwrap().is_err(), id % 3 == 0);
        }
        let count = store.read_blocking(|db| {
            use diesel::prelude::*;
            Ok(super::super::schema::units::table.count().get_result::<i64>(db)?)
        });
        assert_eq!(count.unwrap(), 133);
    }
}
