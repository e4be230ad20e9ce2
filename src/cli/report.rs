//! `soundings report`: index reports that are kept.

use clap::Subcommand;

use super::invite::with_app;
use super::{Failure, print};
use crate::config::Database;
use crate::service::access::Viewer;
use crate::service::exporting::report_as_pdf;
use crate::service::keeping::Verified;
use crate::service::reporting::FilterQuery;
use crate::service::scheduling::Schedule;

/// Keep index reports, print them, and prove that they can be made again.
#[derive(Debug, Subcommand)]
pub enum ReportCommand {
    /// Keep the report that a filter gives now, and print its number.
    Keep {
        #[command(flatten)]
        database: Database,
        survey: String,
        /// Code of a unit; with everything below it.
        #[arg(long)]
        unit: Option<String>,
        /// First day, such as 2026-11-01.
        #[arg(long)]
        from: Option<String>,
        /// Last day.
        #[arg(long)]
        to: Option<String>,
        /// Language of names.
        #[arg(long)]
        lang: Option<String>,
    },
    /// List the kept reports, the latest first.
    List {
        #[command(flatten)]
        database: Database,
    },
    /// Print a kept report as JSON, byte by byte as it was made.
    Show {
        #[command(flatten)]
        database: Database,
        number: i64,
        /// As a PDF, into this file, in place of JSON.
        #[arg(long, value_name = "FILE")]
        pdf: Option<std::path::PathBuf>,
    },
    /// Make a kept report again from the answers that it knew, and compare the bytes.
    Verify {
        #[command(flatten)]
        database: Database,
        number: i64,
    },
    /// Keep and mail reports by themselves, while `soundings serve` runs with a mail server.
    #[command(subcommand)]
    Schedule(ScheduleCommand),
}

/// Set up, list and remove scheduled reports.
#[derive(Debug, Subcommand)]
pub enum ScheduleCommand {
    /// Set up a schedule, and print when it is due first.
    Add {
        #[command(flatten)]
        database: Database,
        /// What you call it.
        name: String,
        survey: String,
        /// When, as a cron expression in UTC: `0 7 1 * *` is at seven on the first of each month.
        #[arg(long, value_name = "CRON")]
        at: String,
        /// The last whole month, quarter or year before.
        #[arg(long, default_value = "month")]
        days: String,
        /// Who gets it, by mail: administrator, analyst, manager or viewer.
        #[arg(long)]
        role: String,
        /// Code of a unit; without it everybody gets that of their own role.
        #[arg(long)]
        unit: Option<String>,
        #[arg(long, default_value = "en")]
        lang: String,
    },
    /// List schedules.
    List {
        #[command(flatten)]
        database: Database,
    },
    /// Take a schedule away.
    Remove {
        #[command(flatten)]
        database: Database,
        name: String,
    },
}

fn schedule(command: &ScheduleCommand) -> Result<(), Failure> {
    match command {
        ScheduleCommand::Add { database, name, survey, at, days, role, unit, lang } => {
            let role = role.parse().map_err(|e| Failure::new(format!("--role: {e}")))?;
            let schedule = Schedule {
                name: name.clone(),
                survey: survey.clone(),
                unit: unit.clone(),
                pattern: at.clone(),
                days: days.clone(),
                role,
                language: lang.clone(),
            };
            let next = with_app(database, async |app| app.add_schedule(&schedule).await)?;
            print(&format!("due first at {} UTC\n", next.format("%Y-%m-%d %H:%M")));
        }
        ScheduleCommand::List { database } => {
            for found in with_app(database, async |app| app.schedules().await)? {
                let Schedule { name, survey, unit, pattern, days, role, .. } = &found.schedule;
                let unit = unit.as_deref().map_or_else(String::new, |unit| format!(" of {unit}"));
                let mails: Vec<String> = found.mails.iter().map(|(status, n)| format!("{n} {status}")).collect();
                let mails = if mails.is_empty() { String::new() } else { format!("; mails: {}", mails.join(", ")) };
                let next = found.next.format("%Y-%m-%d %H:%M");
                print(&format!(
                    "{name}: {survey}{unit}, last {days}, to {}, `{pattern}`, next {next} UTC{mails}\n",
                    role.as_str()
                ));
            }
        }
        ScheduleCommand::Remove { database, name } => {
            if !with_app(database, async |app| app.remove_schedule(name).await)? {
                return Err(Failure::new(format!("there is no schedule `{name}`; `report schedule list` has them")));
            }
            print(&format!("{name} is removed\n"));
        }
    }
    Ok(())
}

/// Runs a `report` command.
///
/// # Errors
/// A filter that is not understood, a number that no report has, a report that is not the same any more, a database that
/// fails.
pub fn run(command: &ReportCommand) -> Result<(), Failure> {
    let viewer = Viewer::at_the_server();
    match command {
        ReportCommand::Schedule(command) => schedule(command)?,
        ReportCommand::Keep { database, survey, unit, from, to, lang } => {
            let (unit, from, to, lang) = (unit.clone(), from.clone(), to.clone(), lang.clone());
            let query = FilterQuery { unit, from, to, flagged: None, lang, ..FilterQuery::default() };
            let number = with_app(database, async |app| app.keep_report(&viewer, survey, query, None).await)?;
            print(&format!("{number}\n"));
        }
        ReportCommand::List { database } => {
            for kept in with_app(database, async |app| app.kept_reports(&viewer, i64::MAX, usize::MAX).await)? {
                let unit = kept.unit.as_deref().unwrap_or("everything");
                let score = kept.score.map_or_else(String::new, |score| format!("{score:.1}"));
                let at = kept.kept_at.format("%Y-%m-%d %H:%M");
                print(&format!("{} {} {unit} {score} kept {at} by {}\n", kept.number, kept.survey, kept.kept_by));
            }
        }
        ReportCommand::Show { database, number, pdf } => {
            let kept = with_app(database, async |app| app.kept_report(&viewer, *number).await)?;
            let Some(file) = pdf else {
                print(&kept.content);
                return Ok(());
            };
            let other = || Failure::new(format!("report {number} was made by another version; it is JSON alone"));
            let bytes = report_as_pdf(&kept.report().ok_or_else(other)?, Some(&kept));
            let bytes = bytes.map_err(|e| Failure::new(e.to_string()))?;
            std::fs::write(file, bytes).map_err(|e| Failure::new(format!("{}: {e}", file.display())))?;
        }
        ReportCommand::Verify { database, number } => {
            match with_app(database, async |app| app.verify_report(&viewer, *number).await)? {
                Verified::Same => print(&format!("report {number}: made again, the same to the last byte\n")),
                Verified::Other(differences) => {
                    let what = differences.join("\n  ");
                    return Err(Failure::new(format!("report {number} is another when it is made again:\n  {what}")));
                }
            }
        }
    }
    Ok(())
}
