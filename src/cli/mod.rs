//! The command line: clap in, exit code out.
//!
//! Owns: flags, what is printed, and the exit code (0 done, 1 refused with one line, 2 wrong usage).

mod fit;
mod progress;
mod serve;
mod survey;
pub mod table;

use clap::{Parser, Subcommand};

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
    #[command(subcommand)]
    Survey(survey::SurveyCommand),
    Unit(survey::UnitArgs),
    Export(survey::ExportArgs),
}

/// Parses the process's arguments and runs the command.
pub fn run() -> std::process::ExitCode {
    let cli = Cli::parse();
    let outcome = match &cli.command {
        Command::Demo(args) => serve::run_demo(args),
        Command::Serve(args) => serve::run(args),
        Command::Fit(args) => fit::run(args).map(|text| print(&text)),
        Command::Survey(command) => survey::run(command),
        Command::Unit(args) => survey::run_unit(args),
        Command::Export(args) => survey::run_export(args),
    };
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
