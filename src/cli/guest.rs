//! `soundings guest`: what a guest may ask for.

use clap::Subcommand;

use super::audit::noted;
use super::invite::with_app;
use super::{Failure, print};
use crate::config::Database;

/// What is kept of a guest, by mail address (docs/privacy.md).
#[derive(Debug, Subcommand)]
pub enum GuestCommand {
    /// Print everything that is kept under an address, as JSON.
    Export {
        #[command(flatten)]
        database: Database,
        email: String,
    },
    /// Forget name, address and telephone number; what is left of the stays names nobody.
    Erase {
        #[command(flatten)]
        database: Database,
        email: String,
    },
}

/// Runs a `guest` command.
///
/// # Errors
/// A database that fails.
pub fn run(command: &GuestCommand) -> Result<(), Failure> {
    match command {
        GuestCommand::Export { database, email } => {
            let kept = with_app(database, async |app| app.kept_of(email).await)?;
            // The address itself stays out of the audit.
            noted(database, "guest.export", "")?;
            print(&format!("{kept:#}\n"));
        }
        GuestCommand::Erase { database, email } => {
            let stays = with_app(database, async |app| app.forget_guest(email).await)?;
            noted(database, "guest.erase", "")?;
            print(&format!("forgotten for {stays} stays\n"));
        }
    }
    Ok(())
}
