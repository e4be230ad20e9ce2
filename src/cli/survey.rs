//! `soundings survey` and `soundings export`: files in, files out.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::audit::noted;
use super::exchange::{self, ImportArgs};
use super::library::{self, LibraryArgs};
use super::serve::PreviewArgs;
use super::translate::{self, TranslateCommand};
use super::{Failure, print, serve};
use crate::config::Database;
use crate::export::codebook::codebook;
use crate::service::App;
use crate::service::access::Viewer;
use crate::service::authoring::{check_template, publish, read_template};
use crate::store::surveys;
use crate::survey::check::{Problem, Survey};
use crate::survey::difference;
use crate::survey::{template, theme};

/// Check and publish survey templates.
#[derive(Debug, Subcommand)]
pub enum SurveyCommand {
    /// Say everything that is wrong with a template file; exit 1 if it cannot be used.
    Check {
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Say what changed from one template file to another, and whether trends across it remain comparable.
    Diff {
        #[arg(value_name = "OLD")]
        old: PathBuf,
        #[arg(value_name = "NEW")]
        new: PathBuf,
    },
    /// Print the codebook of a template as CSV: every column of its export, with range and value labels.
    Codebook {
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Language of the labels. Default: the template's first.
        #[arg(long, value_name = "LANGUAGE")]
        language: Option<String>,
    },
    /// Print a template made of another program's questionnaire; what could not be carried over is said on standard
    /// error.
    Import(ImportArgs),
    /// Print a template for another program; what could not be carried over is said on standard error.
    Export(exchange::ExportArgs),
    /// Send a template's texts to translators, and put them back.
    #[command(subcommand)]
    Translate(TranslateCommand),
    /// List the instruments that come with the product, or print one to start from.
    Library(LibraryArgs),
    /// Show a template file as guests see it, on this machine; answers go nowhere.
    Preview(PreviewArgs),
    /// Print the JSON Schema of template files, for editors.
    Schema,
    /// Print a picture as a template's `[theme]` takes it, ready to be pasted.
    Logo {
        /// SVG, PNG or WebP.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Publish a template: guests see it from now on.
    Publish {
        #[command(flatten)]
        database: Database,
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Take no more answers.
    Close {
        #[command(flatten)]
        database: Database,
        survey: String,
    },
    /// Take answers again.
    Reopen {
        #[command(flatten)]
        database: Database,
        survey: String,
    },
}

/// Write all responses to a survey as CSV.
#[derive(Debug, Args)]
pub struct ExportArgs {
    #[command(flatten)]
    database: Database,
    /// The survey's name in addresses.
    survey: String,
    /// File to write; standard output without it.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Runs a `survey` command.
///
/// # Errors
/// What is wrong with the file or the database.
pub fn run(command: &SurveyCommand) -> Result<(), Failure> {
    match command {
        SurveyCommand::Check { files } => check(files),
        SurveyCommand::Diff { old, new } => diff(old, new),
        SurveyCommand::Codebook { file, language } => {
            let survey = survey_of(file)?;
            let language = language.as_deref().unwrap_or_else(|| survey.base_language());
            print(&codebook(&survey, language));
            Ok(())
        }
        SurveyCommand::Import(args) => exchange::import(args),
        SurveyCommand::Export(args) => exchange::export(args),
        SurveyCommand::Translate(command) => translate::run(command),
        SurveyCommand::Library(args) => library::run(args).map(|text| print(&text)),
        SurveyCommand::Preview(args) => serve::run_preview(args),
        SurveyCommand::Schema => {
            print(&format!("{:#}\n", template::schema()));
            Ok(())
        }
        SurveyCommand::Logo { file } => logo(file),
        SurveyCommand::Publish { database, file } => publish_file(database, file),
        SurveyCommand::Close { database, survey } => close(database, survey),
        SurveyCommand::Reopen { database, survey } => reopen(database, survey),
    }
}

pub(super) fn read(path: &Path) -> Result<String, Failure> {
    let bytes = fs::read(path).map_err(|e| Failure::new(format!("{}: {e}", path.display())))?;
    String::from_utf8(bytes).map_err(|_| Failure::new(format!("{}: the text is not UTF-8", path.display())))
}

fn logo(path: &Path) -> Result<(), Failure> {
    let at = |what: String| Failure::new(format!("{}: {what}", path.display()));
    let bytes = fs::read(path).map_err(|e| at(e.to_string()))?;
    let address = theme::logo_address(&bytes).ok_or_else(|| at("this is no SVG, PNG or WebP picture".to_owned()))?;
    theme::check_logo(&address).map_err(at)?;
    print(&format!("logo = \"{address}\"\n"));
    Ok(())
}

fn lines(path: &Path, problems: &[Problem]) -> String {
    problems.iter().map(|p| format!("{}:{p}\n", path.display())).collect()
}

fn check(files: &[PathBuf]) -> Result<(), Failure> {
    let mut broken = 0;
    for path in files {
        let checked = check_template(&read(path)?);
        print(&lines(path, &checked.problems));
        if checked.has_errors() {
            broken += 1;
        } else {
            print(&format!("{}: good\n", path.display()));
        }
    }
    if broken == 0 {
        Ok(())
    } else {
        Err(Failure::new(format!("{broken} of {} templates cannot be used", files.len())))
    }
}

/// A template that can be used.
pub(super) fn usable(path: &Path, text: &str) -> Result<Survey, Failure> {
    let read = read_template(text);
    read.map(|(survey, _)| survey).map_err(|problems| Failure::new(lines(path, &problems).trim_end().to_owned()))
}

pub(super) fn survey_of(path: &Path) -> Result<Survey, Failure> {
    usable(path, &read(path)?)
}

fn diff(old: &Path, new: &Path) -> Result<(), Failure> {
    let changes = difference::differences(&survey_of(old)?, &survey_of(new)?);
    let listed: String = changes.iter().map(|change| format!("{change}\n")).collect();
    print(&format!("{}\n{listed}", difference::verdict(&changes)));
    Ok(())
}

fn open(database: &Database) -> Result<crate::store::Store, Failure> {
    database.open().map_err(|e| Failure::new(e.to_string()))
}

fn publish_file(database: &Database, path: &Path) -> Result<(), Failure> {
    let text = read(path)?;
    let survey = usable(path, &text)?;
    let slug = survey.slug.clone();
    open(database)?.write_blocking(move |db| publish(db, &survey, &text)).map_err(|e| Failure::new(e.to_string()))?;
    noted(database, "survey.publish", slug.as_str())?;
    print(&format!("{slug} is published: /s/{slug}\n"));
    Ok(())
}

fn close(database: &Database, slug: &str) -> Result<(), Failure> {
    let app = App::new(open(database)?);
    let closed = actix_web::rt::System::new().block_on(app.close(slug));
    let released = closed.map_err(|e| Failure::new(e.to_string()))?;
    noted(database, "survey.status", slug)?;
    print(&format!("{slug} is closed\n"));
    if released > 0 {
        print(&format!("{released} anonymous responses waited for others and are in the figures now\n"));
    }
    Ok(())
}

fn reopen(database: &Database, slug: &str) -> Result<(), Failure> {
    let wanted = slug.to_owned();
    let reopened = open(database)?.write_blocking(move |db| surveys::set_status(db, &wanted, "published"));
    if !reopened.map_err(|e| Failure::new(e.to_string()))? {
        return Err(Failure::new(format!("there is no survey `{slug}`")));
    }
    noted(database, "survey.status", slug)?;
    print(&format!("{slug} is published\n"));
    Ok(())
}

/// Runs `export`.
///
/// # Errors
/// An unknown survey, a file that cannot be written.
pub fn run_export(args: &ExportArgs) -> Result<(), Failure> {
    noted(&args.database, "responses.export", &args.survey)?;
    let app = App::new(open(&args.database)?);
    serve::block_on(async {
        let export = app.export_csv(&Viewer::at_the_server(), &args.survey).await.map_err(std::io::Error::other)?;
        let mut target: Box<dyn std::io::Write> = match &args.output {
            Some(path) => {
                Box::new(fs::File::create(path).map_err(|e| std::io::Error::other(format!("{}: {e}", path.display())))?)
            }
            None => Box::new(std::io::stdout().lock()),
        };
        export.write_to(&mut target).await.map_err(std::io::Error::other)?;
        target.flush()
    })
}
