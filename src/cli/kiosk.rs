//! `soundings kiosk`: devices on which guests answer one after the other.

use clap::Subcommand;

use super::invite::with_app;
use super::{Failure, print};
use crate::config::Database;
use crate::service::ServiceError;
use crate::service::kiosks::Setup;
use crate::store::StoreError;

/// Set up, list and revoke kiosks.
#[derive(Debug, Subcommand)]
pub enum KioskCommand {
    /// Print the link that makes a device a kiosk; open it there once. It cannot be printed a second time.
    Add {
        #[command(flatten)]
        database: Database,
        survey: String,
        /// What you call the device: `Lobby, left`.
        #[arg(long)]
        name: String,
        /// Code of the unit that is judged on it.
        #[arg(long)]
        unit: Option<String>,
        /// With which staff leave the kiosk: four digits or more.
        #[arg(long)]
        exit_code: String,
        /// After how many seconds without a touch it starts again.
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u16).range(5..=600))]
        idle_seconds: u16,
        /// Where the device reaches this server: `https://survey.example.org`.
        #[arg(long, value_name = "URL")]
        base_url: String,
    },
    /// List the kiosks.
    List {
        #[command(flatten)]
        database: Database,
    },
    /// Take no more answers from a device.
    Revoke {
        #[command(flatten)]
        database: Database,
        name: String,
    },
}

/// Runs a `kiosk` command.
///
/// # Errors
/// An unknown survey or unit, a survey of several pages, a name that is taken, a database that fails.
pub fn run(command: &KioskCommand) -> Result<(), Failure> {
    match command {
        KioskCommand::Add { database, survey, name, unit, exit_code, idle_seconds, base_url } => {
            if exit_code.trim().len() < 4 {
                return Err(Failure::new("the exit code needs at least four characters"));
            }
            let setup = Setup {
                name: name.clone(),
                survey: survey.clone(),
                unit: unit.clone(),
                code: exit_code.trim().to_owned(),
                idle_seconds: *idle_seconds,
            };
            let token = with_app(database, async |app| match app.add_kiosk(setup).await {
                Err(ServiceError::Store(StoreError::Conflict(_))) => Ok(None),
                outcome => outcome.map(Some),
            })?;
            let token = token.ok_or_else(|| Failure::new(format!("there is a kiosk `{name}` already")))?;
            print(&format!("{}/k/{survey}?device={token}\n", base_url.trim_end_matches('/')));
            Ok(())
        }
        KioskCommand::List { database } => {
            let rows = with_app(database, async |app| app.kiosks().await)?;
            let line = |k: &crate::store::kiosks::KioskRow| {
                format!("{}  {}  {}  {}\n", k.name, k.survey, k.unit.as_deref().unwrap_or("-"), k.status)
            };
            print(&rows.iter().map(line).collect::<String>());
            Ok(())
        }
        KioskCommand::Revoke { database, name } => {
            if !with_app(database, async |app| app.revoke_kiosk(name).await)? {
                return Err(Failure::new(format!("there is no kiosk `{name}`")));
            }
            print("revoked\n");
            Ok(())
        }
    }
}
