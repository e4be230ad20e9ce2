//! `soundings unit`: the hierarchy, one by one or as a table.

use std::path::PathBuf;

use clap::Subcommand;

use super::audit::noted;
use super::invite::with_app;
use super::survey::read;
use super::{Failure, print};
use crate::config::Database;
use crate::service::ServiceError;
use crate::service::units::{Fault, Put, Unit, from_csv, to_csv};

/// Groups, brands, regions, properties, outlets.
#[derive(Debug, Subcommand)]
pub enum UnitCommand {
    /// Add a unit.
    Add {
        #[command(flatten)]
        database: Database,
        /// Name in addresses: lower-case letters, digits, hyphens.
        code: String,
        /// Name for people.
        #[arg(long)]
        name: String,
        /// group, brand, region, property or outlet.
        #[arg(long, default_value = "property")]
        kind: String,
        /// Code of the unit above it.
        #[arg(long, value_name = "CODE")]
        parent: Option<String>,
    },
    /// Put a unit, with everything below it, below another; without one at the top.
    Move {
        #[command(flatten)]
        database: Database,
        code: String,
        /// Code of the unit above it.
        #[arg(long, value_name = "CODE")]
        parent: Option<String>,
    },
    /// Make a unit part of another: its answers count for the other, and its links lead there.
    Merge {
        #[command(flatten)]
        database: Database,
        code: String,
        /// Code of the other unit.
        #[arg(long, value_name = "CODE")]
        into: String,
    },
    /// Add and change units by a table (CSV); all of its rows or none.
    Import {
        #[command(flatten)]
        database: Database,
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Print all units as a table (CSV) that `import` takes.
    Export {
        #[command(flatten)]
        database: Database,
    },
    /// Print what became of a unit.
    History {
        #[command(flatten)]
        database: Database,
        code: String,
    },
}

/// Runs a `unit` command.
///
/// # Errors
/// A code that is taken, malformed or unknown; a table's faults.
pub fn run(command: &UnitCommand) -> Result<(), Failure> {
    match command {
        UnitCommand::Add { database, code, name, kind, parent } => add(database, code, name, kind, parent.as_deref()),
        UnitCommand::Move { database, code, parent } => done(with_app(database, async |app| {
            let all = app.units().await?;
            let unit = all.into_iter().find(|unit| unit.code == *code);
            let unit = unit.ok_or_else(|| ServiceError::UnknownUnit(code.clone()))?;
            Ok(app.put_units(vec![Unit { parent: parent.clone(), ..unit }]).await)
        })?),
        UnitCommand::Merge { database, code, into } => {
            noted(database, "unit.merge", code)?;
            done(with_app(database, async |app| Ok(app.merge_units(code, into).await))?)
        }
        UnitCommand::Import { database, file } => {
            let known = with_app(database, async |app| app.units().await)?;
            let units = from_csv(&read(file)?, &known).map_err(|faults| faulty(&faults, 0))?;
            match with_app(database, async |app| Ok(app.put_units(units).await))? {
                Err(ServiceError::BadUnits(faults)) => Err(faulty(&faults, 1)),
                outcome => {
                    noted(database, "units.import", &file.display().to_string())?;
                    done(outcome)
                }
            }
        }
        UnitCommand::Export { database } => {
            print(&to_csv(&with_app(database, async |app| app.units().await)?));
            Ok(())
        }
        UnitCommand::History { database, code } => {
            for change in with_app(database, async |app| app.unit_changes(code).await)? {
                print(&format!("{} {}\n", change.at.format("%Y-%m-%d %H:%M"), change.change));
            }
            Ok(())
        }
    }
}

fn add(database: &Database, code: &str, name: &str, kind: &str, parent: Option<&str>) -> Result<(), Failure> {
    let unit = Unit {
        code: code.to_owned(),
        kind: kind.to_owned(),
        name: name.to_owned(),
        parent: parent.map(str::to_owned),
        ..Unit::default()
    };
    let put = with_app(database, async |app| {
        let taken = app.units().await?.iter().any(|unit| unit.code == code);
        Ok(if taken { None } else { Some(app.put_units(vec![unit]).await) })
    })?;
    match put {
        None => Err(Failure::new(format!("there is a unit `{code}` already"))),
        Some(Err(ServiceError::BadUnits(faults))) => {
            Err(Failure::new(faults.into_iter().map(|fault| fault.reason).collect::<Vec<_>>().join("; ")))
        }
        Some(outcome) => {
            outcome.map_err(|e| Failure::new(e.to_string()))?;
            noted(database, "unit.change", code)
        }
    }
}

fn done(outcome: Result<Put, ServiceError>) -> Result<(), Failure> {
    let put = outcome.map_err(|e| Failure::new(e.to_string()))?;
    print(&format!("{} added, {} changed, {} unchanged\n", put.added, put.changed, put.unchanged));
    Ok(())
}

/// Faults with their lines; `before` is how many lines stand before the first.
fn faulty(faults: &[Fault], before: usize) -> Failure {
    let lines: Vec<String> = faults.iter().map(|f| format!("line {}: {}", f.line + before, f.reason)).collect();
    Failure::new(format!("nothing was imported\n{}", lines.join("\n")))
}
