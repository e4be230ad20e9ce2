//! The command line: clap in, exit code out.
//!
//! Owns: flags, what is printed, and the exit code (0 done, 1 refused with one line, 2 wrong usage).

mod account;
mod audit;
mod config_file;
mod exchange;
mod fit;
mod guest;
mod invite;
mod kiosk;
mod library;
mod load;
mod operations;
mod progress;
mod report;
mod seal;
mod serve;
mod settings;
mod simulate;
mod stays;
mod survey;
pub mod table;
mod translate;
mod unit;
mod webhook;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::csi::data::ScaleRange;

/// A refusal, in one line for the person at the shell.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failure(String);

impl Failure {
    fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

#[derive(Debug, Parser)]
#[command(name = "soundings", version, about = "Customer satisfaction, measured.", max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(serve::DemoArgs),
    Serve(serve::ServeArgs),
    Fit(Box<fit::FitArgs>),
    Simulate(simulate::SimulateArgs),
    Power(simulate::PowerArgs),
    Coverage(simulate::CoverageArgs),
    #[command(subcommand)]
    Survey(survey::SurveyCommand),
    #[command(subcommand)]
    Unit(unit::UnitCommand),
    #[command(subcommand)]
    Stays(stays::StaysCommand),
    Export(survey::ExportArgs),
    #[command(subcommand)]
    Admin(account::AdminCommand),
    #[command(subcommand)]
    Account(account::AccountCommand),
    #[command(subcommand)]
    Token(account::TokenCommand),
    #[command(subcommand)]
    Report(report::ReportCommand),
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    #[command(subcommand)]
    Webhook(webhook::WebhookCommand),
    #[command(subcommand)]
    Kiosk(kiosk::KioskCommand),
    #[command(subcommand)]
    Invite(invite::InviteCommand),
    Backup(operations::BackupArgs),
    Restore(operations::RestoreArgs),
    Doctor(operations::DoctorArgs),
    /// Check the settings of `serve`: file, environment and flags together.
    #[command(subcommand)]
    Config(serve::ConfigCommand),
    #[command(subcommand)]
    Guest(guest::GuestCommand),
    Load(load::LoadArgs),
    Seal(seal::SealArgs),
    Verify(seal::VerifyArgs),
}

/// Parses the process's arguments and runs the command.
pub fn run() -> std::process::ExitCode {
    let arguments: Result<Vec<String>, _> = std::env::args_os().map(std::ffi::OsString::into_string).collect();
    // What is no text is clap's to refuse.
    let cli = match arguments.map(|given| config_file::with_file(&Cli::command(), given)) {
        Ok(Ok(arguments)) => Cli::parse_from(arguments),
        Ok(Err(failure)) => return exit(Err(failure)),
        Err(_) => Cli::parse(),
    };
    exit(done(&cli.command))
}

fn done(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Demo(args) => serve::run_demo(args),
        Command::Serve(args) => serve::run(args),
        Command::Fit(args) => fit::run(args).map(|text| print(&text)),
        Command::Simulate(args) => simulate::simulate(args).map(|text| print(&text)),
        Command::Power(args) => simulate::power(args).map(|text| print(&text)),
        Command::Coverage(args) => simulate::coverage(args).map(|text| print(&text)),
        Command::Survey(command) => survey::run(command),
        Command::Unit(command) => unit::run(command),
        Command::Admin(command) => account::run_admin(command),
        Command::Account(command) => account::run(command),
        Command::Audit(command) => audit::run(command),
        Command::Report(command) => report::run(command),
        Command::Webhook(command) => webhook::run(command),
        Command::Token(command) => account::run_token(command),
        Command::Kiosk(command) => kiosk::run(command),
        Command::Invite(command) => invite::run(command),
        Command::Load(args) => load::run(args),
        Command::Seal(args) => seal::seal(args),
        Command::Verify(args) => seal::verify(args),
        Command::Stays(command) => stays::run(command),
        Command::Export(args) => survey::run_export(args),
        Command::Guest(command) => guest::run(command),
        Command::Backup(args) => operations::backup(args),
        Command::Restore(args) => operations::restore(args),
        Command::Doctor(args) => operations::doctor(args),
        Command::Config(command) => serve::check(command),
    }
}

fn exit(outcome: Result<(), Failure>) -> std::process::ExitCode {
    match outcome {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(failure) => {
            use std::io::Write as _;
            let _ = writeln!(std::io::stderr(), "soundings: {failure}");
            std::process::ExitCode::FAILURE
        }
    }
}

/// Writes to standard output; a closed pipe (`| head`) is not an error.
fn print(text: &str) {
    use std::io::Write as _;
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// One line on standard error that stops nothing.
fn warn(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn parse_level(text: &str) -> Result<f64, String> {
    let level: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if level > 0.0 && level < 1.0 { Ok(level) } else { Err("must lie between 0 and 1, for instance 0.95".into()) }
}

fn parse_positive(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if value > 0.0 && value.is_finite() { Ok(value) } else { Err("must be above 0".into()) }
}

fn parse_scale(text: &str) -> Result<ScaleRange, String> {
    let ends = text.split_once(':').and_then(|(min, max)| Some((min.parse::<f64>().ok()?, max.parse::<f64>().ok()?)));
    match ends {
        Some((min, max)) if min < max && min.is_finite() && max.is_finite() => Ok(ScaleRange { min, max }),
        _ => Err("give the two ends of the scale, for instance 1:10".into()),
    }
}
