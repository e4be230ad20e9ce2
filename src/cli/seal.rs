//! `soundings seal` and `soundings verify`: the chain that proves what was stored.

use clap::Args;

use super::{Failure, print};
use crate::config::Database;
use crate::service::sealing::Verdict;
use crate::service::{App, ServiceError, now};
use crate::store::StoreError;
use crate::store::seals::SealRow;

/// Seal all responses that are not sealed yet, now rather than tonight, and print the seal.
#[derive(Debug, Args)]
pub struct SealArgs {
    #[command(flatten)]
    database: Database,
}

/// Recompute all seals from what is stored; exit 1 if anything was changed, added or removed.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    #[command(flatten)]
    database: Database,
    /// A seal that you kept: it must be in the chain. Can be given several times.
    #[arg(long, value_name = "SEAL")]
    seal: Vec<String>,
    /// Also say under which seal this response is.
    #[arg(long, value_name = "RECEIPT")]
    receipt: Option<String>,
}

/// Runs `seal`.
///
/// # Errors
/// If the database cannot be used, or another process seals at the same moment.
pub fn seal(args: &SealArgs) -> Result<(), Failure> {
    let app = App::new(args.database.open().map_err(|e| Failure::new(e.to_string()))?);
    let sealed = run(async move { app.seal(now().date()).await }).map_err(|e| match e {
        ServiceError::Store(StoreError::Conflict(_)) => Failure::new("another process is sealing; try again"),
        other => Failure::new(other.to_string()),
    })?;
    match sealed {
        Some(seal) => print(&line(&seal)),
        None => print("Everything is sealed already.\n"),
    }
    Ok(())
}

/// Runs `verify`.
///
/// # Errors
/// If the database cannot be used; if anything does not fit.
pub fn verify(args: &VerifyArgs) -> Result<(), Failure> {
    let app = App::new(args.database.open().map_err(|e| Failure::new(e.to_string()))?);
    let (held, receipt) = (args.seal.iter().map(|s| s.trim().to_lowercase()).collect(), args.receipt.clone());
    let (verdict, found) = run(async move {
        let verdict = app.verify(held).await?;
        let found = match &receipt {
            Some(receipt) => Some(app.seal_of(receipt).await?),
            None => None,
        };
        Ok((verdict, found))
    })
    .map_err(|e| Failure::new(e.to_string()))?;
    print(&shown(&verdict));
    match found {
        Some(Some((position, seal))) => {
            print(&format!("This response is leaf {position}, under seal {} of {}.\n", seal.number, seal.sealed_on));
        }
        Some(None) => print("This response is not sealed yet.\n"),
        None => {}
    }
    match verdict.faults.len() {
        0 => Ok(()),
        1 => Err(Failure::new("the chain does not fit: one fault")),
        n => Err(Failure::new(format!("the chain does not fit: {n} faults"))),
    }
}

fn line(seal: &SealRow) -> String {
    format!("seal {} of {}, {} responses in all: {}\n", seal.number, seal.sealed_on, seal.last_position, seal.hash)
}

fn shown(verdict: &Verdict) -> String {
    let expired = Some(verdict.expired).filter(|n| *n > 0);
    let expired = expired.map_or_else(String::new, |n| format!("{n} forgotten when their time was over, "));
    let counts = format!(
        "{} responses unchanged, {} corrected and {} withdrawn by their guests, {}{} not sealed yet\n",
        verdict.kept, verdict.corrected, verdict.withdrawn, expired, verdict.unsealed
    );
    let faults = verdict.faults.iter().map(|fault| format!("FAULT {fault}\n"));
    verdict.seals.iter().map(line).chain([counts]).chain(faults).collect()
}

fn run<T>(work: impl Future<Output = Result<T, ServiceError>>) -> Result<T, ServiceError> {
    actix_web::rt::System::new().block_on(work)
}
