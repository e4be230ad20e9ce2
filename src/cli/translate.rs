//! `soundings survey translate`: texts out to translators as XLIFF 2 or CSV, and back into the template file.

use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};

use super::survey::read;
use super::{Failure, print};
use crate::survey::text::is_tag;
use crate::survey::translation::{self, TranslationError};
use crate::survey::xliff;

/// Texts of a template, out and back.
#[derive(Debug, Subcommand)]
pub enum TranslateCommand {
    /// Print all texts with their translations so far.
    Export {
        #[arg(value_name = "TEMPLATE")]
        template: PathBuf,
        /// Language tag to translate to, for instance fr.
        #[arg(long, value_name = "LANGUAGE")]
        to: String,
        #[arg(long, value_enum, default_value = "xliff")]
        format: Form,
    },
    /// Print the template with translations put in; what could not be put in is said on standard error.
    Import {
        #[arg(value_name = "TEMPLATE")]
        template: PathBuf,
        /// What came back: XLIFF 2, or CSV if its name ends in .csv.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Form {
    Xliff,
    Csv,
}

/// Runs a `translate` command.
///
/// # Errors
/// What is wrong with either file.
pub fn run(command: &TranslateCommand) -> Result<(), Failure> {
    let refuse = |path: &Path| {
        let name = path.display().to_string();
        move |e: TranslationError| Failure::new(format!("{name}: {e}"))
    };
    match command {
        TranslateCommand::Export { template, to, format } => {
            let (languages, units) = translation::units(&read(template)?).map_err(refuse(template))?;
            if languages.first() == Some(to) {
                return Err(Failure::new(format!("--to {to}: that is the language of the template itself")));
            }
            if !is_tag(to) {
                return Err(Failure::new(format!("--to {to}: this is not a language tag such as fr or pt-BR")));
            }
            let name = template.file_stem().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
            print(&match format {
                Form::Xliff => xliff::write(&name, &languages, &units, to),
                Form::Csv => translation::to_csv(&languages, &units, to),
            });
        }
        TranslateCommand::Import { template, file } => {
            let text = read(file)?;
            let is_csv = file.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
            let came_back = if is_csv { translation::from_csv(&text) } else { xliff::read(&text) };
            let (language, translated) = came_back.map_err(refuse(file))?;
            let put_in = translation::put_in(&read(template)?, &language, &translated);
            let (filled, left) = put_in.map_err(refuse(template))?;
            for line in &left {
                super::warn(line);
            }
            print(&filled);
        }
    }
    Ok(())
}
