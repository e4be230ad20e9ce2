//! `soundings invite`: personal links out, and called back.

use std::path::PathBuf;

use chrono::{NaiveDate, NaiveDateTime};
use clap::Subcommand;

use super::survey::read;
use super::{Failure, print};
use crate::config::Database;
use crate::service::inviting::Invitee;
use crate::service::{App, ServiceError};

/// Make personal links, or call them back.
#[derive(Debug, Subcommand)]
pub enum InviteCommand {
    /// Print a personal link for each guest, as CSV. The links cannot be printed a second time.
    Create {
        #[command(flatten)]
        database: Database,
        survey: String,
        /// CSV with a row a guest: `reference` (what you call the guest), `unit`, `language`, and the survey's hidden
        /// fields by name. All columns but the first row can be left out.
        #[arg(value_name = "FILE")]
        guests: PathBuf,
        /// Where guests reach this server: `https://survey.example.org`.
        #[arg(long, value_name = "URL")]
        base_url: String,
        /// The last day on which the links work, UTC: 2026-12-31. Without it they do not expire.
        #[arg(long, value_name = "DAY")]
        until: Option<NaiveDate>,
    },
    /// Call back the links of one guest that are not used yet.
    Revoke {
        #[command(flatten)]
        database: Database,
        survey: String,
        reference: String,
    },
}

/// Runs an `invite` command.
///
/// # Errors
/// A file that cannot be read, an unknown survey or unit, a database that fails.
pub fn run(command: &InviteCommand) -> Result<(), Failure> {
    match command {
        InviteCommand::Create { database, survey, guests, base_url, until } => {
            let text = read(guests)?;
            let (table, invitees) = invitees(&text).map_err(|e| Failure::new(format!("{}: {e}", guests.display())))?;
            let expires = until.and_then(|day| day.succ_opt()).map(NaiveDateTime::from);
            let tokens = with_app(database, async |app| app.invite(survey, &invitees, expires).await)?;
            print(&links(&table, base_url.trim_end_matches('/'), &tokens));
            Ok(())
        }
        InviteCommand::Revoke { database, survey, reference } => {
            let revoked = with_app(database, async |app| app.revoke_links(survey, reference).await)?;
            if revoked == 0 {
                return Err(Failure::new(format!("`{reference}` has no open link to `{survey}`")));
            }
            print(&format!("{revoked} called back\n"));
            Ok(())
        }
    }
}

/// Runs a use case on a database.
pub(super) fn with_app<T>(
    database: &Database,
    work: impl AsyncFnOnce(&App) -> Result<T, ServiceError>,
) -> Result<T, Failure> {
    let app = App::new(database.open().map_err(|e| Failure::new(e.to_string()))?);
    actix_web::rt::System::new().block_on(work(&app)).map_err(|e| Failure::new(e.to_string()))
}

/// The rows as they are, heading first, and what they say.
fn invitees(text: &str) -> Result<(Vec<csv::StringRecord>, Vec<Invitee>), String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).trim(csv::Trim::All).from_reader(text.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().map_err(|e| e.to_string())?;
    let heading = rows.first().ok_or("there is no heading")?.clone();
    let mut names = std::collections::BTreeSet::new();
    if let Some(twice) = heading.iter().find(|name| !names.insert(*name)) {
        return Err(format!("line 1: the column `{twice}` is there twice"));
    }
    let invitee = |row: &csv::StringRecord| {
        let mut found = Invitee::default();
        for (name, value) in heading.iter().zip(row).filter(|(_, value)| !value.is_empty()) {
            match name {
                "reference" => value.clone_into(&mut found.reference),
                "unit" => found.unit = Some(value.to_owned()),
                "language" => found.language = Some(value.to_owned()),
                _ => found.given.push((name.to_owned(), value.to_owned())),
            }
        }
        found
    };
    let invitees = rows[1..].iter().map(invitee).collect();
    Ok((rows, invitees))
}

/// The rows with the link in a last column.
fn links(table: &[csv::StringRecord], base: &str, tokens: &[String]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let last = std::iter::once("link".to_owned()).chain(tokens.iter().map(|token| format!("{base}/i/{token}")));
    for (row, link) in table.iter().zip(last) {
        // Writing to memory cannot fail.
        let _ = writer.write_record(row.iter().chain([link.as_str()]));
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}
