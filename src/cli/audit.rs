//! `soundings audit`: who did what.

use clap::Subcommand;

use super::invite::with_app;
use super::{Failure, print};
use crate::config::Database;
use crate::service::access::Viewer;
use crate::store::audit::Search;

/// Who did what: sign-ins, reads of single responses, exports, changes.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Print all entries as JSON lines.
    Export {
        #[command(flatten)]
        database: Database,
    },
    /// Prove that no entry was changed, added between others or taken away, and print the last one's hash. Keep it
    /// elsewhere: with it, entries that were cut off at the end are missed.
    Verify {
        #[command(flatten)]
        database: Database,
        /// The hash that an earlier proof printed.
        #[arg(long, value_name = "HASH")]
        kept: Option<String>,
    },
}

/// Notes what was done at the shell.
///
/// # Errors
/// A database that fails.
pub(super) fn noted(database: &Database, action: &'static str, subject: &str) -> Result<(), Failure> {
    let nothing = serde_json::json!({});
    with_app(database, async |app| app.note(&Viewer::at_the_server(), action, subject, nothing).await)
}

/// Runs an `audit` command.
///
/// # Errors
/// A database that fails; an entry that is not as it was noted.
pub fn run(command: &AuditCommand) -> Result<(), Failure> {
    match command {
        AuditCommand::Export { database } => with_app(database, async |app| {
            let mut after = 0;
            loop {
                let rows = app.audit(&Viewer::at_the_server(), Search::default(), after, 1000).await?;
                let Some((last, _)) = rows.last() else { return Ok(()) };
                after = *last;
                for (_, entry) in &rows {
                    print(&(serde_json::to_string(entry).unwrap_or_default() + "\n"));
                }
            }
        }),
        AuditCommand::Verify { database, kept } => {
            let proof = with_app(database, async |app| app.prove_audit(kept.as_deref()).await)?;
            if let Some(bad) = proof.bad {
                let good = proof.entries;
                return Err(Failure::new(format!("entry {bad} is not as it was noted; {good} before it are")));
            }
            if !proof.found {
                return Err(Failure::new("no entry has the hash that was kept: entries are missing"));
            }
            print(&format!("{} entries, all as they were noted\nlast {}\n", proof.entries, proof.last_hash));
            Ok(())
        }
    }
}
