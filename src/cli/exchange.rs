//! `soundings survey import` and `export`: questionnaires of other programs.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::survey::survey_of;
use super::{Failure, print, warn};
use crate::survey::exchange::{ImportError, Imported, limesurvey, surveyjs, surveyjs_export, xlsform};

/// A questionnaire of another program.
#[derive(Debug, Args)]
pub struct ImportArgs {
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Which program wrote it. Default: by the file's name.
    #[arg(long, value_enum)]
    from: Option<Format>,
}

/// A template for another program.
#[derive(Debug, Args)]
pub struct ExportArgs {
    #[arg(value_name = "TEMPLATE")]
    file: PathBuf,
    /// Which program is to read it.
    #[arg(long, value_enum, default_value = "surveyjs")]
    to: Target,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// SurveyJS, JSON.
    Surveyjs,
    /// XLSForm, .xlsx or .csv.
    Xlsform,
    /// LimeSurvey structure, .lss.
    Limesurvey,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Target {
    /// SurveyJS, JSON.
    Surveyjs,
}

/// Runs `import`.
///
/// # Errors
/// A file that cannot be read, or is not what it should be.
pub fn import(args: &ImportArgs) -> Result<(), Failure> {
    let name = args.file.display();
    let bytes = std::fs::read(&args.file).map_err(|e| Failure::new(format!("{name}: {e}")))?;
    let refuse = |e: ImportError| Failure::new(format!("{name}: {e}"));
    let extension = args.file.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let format = match (args.from, extension.as_str()) {
        (Some(format), _) => format,
        (None, "json") => Format::Surveyjs,
        (None, "xlsx" | "csv") => Format::Xlsform,
        (None, "lss") => Format::Limesurvey,
        (None, _) => return Err(Failure::new(format!("{name}: say with --from which program wrote it"))),
    };
    let text = || String::from_utf8(bytes.clone()).map_err(|_| Failure::new(format!("{name}: the text is not UTF-8")));
    let imported: Result<Imported, ImportError> = match format {
        Format::Surveyjs => surveyjs::import(&text()?),
        Format::Xlsform if bytes.starts_with(b"PK") => xlsform::import_workbook(&bytes),
        Format::Xlsform => xlsform::import_csv(&text()?),
        Format::Limesurvey => limesurvey::import(&text()?),
    };
    let imported = imported.map_err(refuse)?;
    for line in &imported.left_out {
        warn(line);
    }
    print(&imported.to_toml().map_err(refuse)?);
    Ok(())
}

/// Runs `export`.
///
/// # Errors
/// What is wrong with the template.
pub fn export(args: &ExportArgs) -> Result<(), Failure> {
    let survey = survey_of(&args.file)?;
    let (json, left_out) = match args.to {
        Target::Surveyjs => surveyjs_export::export(&survey),
    };
    for line in &left_out {
        warn(line);
    }
    print(&format!("{json:#}\n"));
    Ok(())
}
