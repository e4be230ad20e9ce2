//! `soundings stays`: tables from the property system.

use std::path::PathBuf;

use clap::Subcommand;

use super::audit::noted;
use super::{Failure, print, warn};
use crate::config::Database;
use crate::service::App;
use crate::service::access::Viewer;

/// Stays from the property system.
#[derive(Debug, Subcommand)]
pub enum StaysCommand {
    /// Add and change stays by a table (CSV; docs/stays.md has the columns). Bad rows are named; the others go in. The
    /// same table twice changes nothing.
    Import {
        #[command(flatten)]
        database: Database,
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// Runs a `stays` command.
///
/// # Errors
/// A file that cannot be read, a database that fails; rows that did not go in.
pub fn run(command: &StaysCommand) -> Result<(), Failure> {
    let StaysCommand::Import { database, file } = command;
    let failed = |e: &dyn std::error::Error| Failure::new(e.to_string());
    let source = std::fs::File::open(file).map_err(|e| Failure::new(format!("{}: {e}", file.display())))?;
    let app = App::new(database.open().map_err(|e| failed(&e))?);
    let mut import = app.import_stays(&Viewer::at_the_server()).map_err(|e| failed(&e))?;
    import.push_csv(std::io::BufReader::new(source)).map_err(|e| failed(&e))?;
    let done = import.finish().map_err(|e| failed(&e))?;
    noted(database, "stays.import", &file.display().to_string())?;
    print(&format!("{} added, {} changed, {} unchanged\n", done.added, done.changed, done.unchanged));
    for fault in &done.faults {
        warn(&format!("{}:{}: {}", file.display(), fault.line, fault.reason));
    }
    match done.rejected {
        0 => Ok(()),
        n => Err(Failure::new(format!("{n} rows did not go in"))),
    }
}
