//! `soundings survey library`: the instruments that come with the product, listed or printed.

use std::fmt::Write as _;

use clap::Args;

use super::Failure;
use crate::service::authoring::{IndexModel, read_template};
use crate::survey::check::Survey;
use crate::survey::library::{INSTRUMENTS, instrument};
use crate::survey::text::Text;
use crate::text::pad;

/// What to print.
#[derive(Debug, Args)]
pub struct LibraryArgs {
    /// Name of an instrument: prints its template, to be changed and published.
    name: Option<String>,
    /// The list with everything about each instrument, as Markdown.
    #[arg(long, conflicts_with = "name")]
    markdown: bool,
}

/// The list, or a template.
///
/// # Errors
/// An unknown name.
pub fn run(args: &LibraryArgs) -> Result<String, Failure> {
    if let Some(name) = &args.name {
        let unknown =
            || Failure::new(format!("there is no instrument `{name}`; `soundings survey library` lists them"));
        return instrument(name).map(str::to_owned).ok_or_else(unknown);
    }
    let mut out = String::new();
    if args.markdown {
        out.push_str(HEAD);
    }
    for (name, text) in INSTRUMENTS {
        let broken = |problems: Vec<_>| Failure::new(format!("{name}: {problems:?}"));
        let (survey, model) = read_template(text).map_err(broken)?;
        if args.markdown {
            describe(&mut out, &survey, model.as_ref());
        } else {
            let _ = writeln!(out, "{}  {}", pad(name, 28, false), english(&survey.template.about));
        }
    }
    Ok(out)
}

const HEAD: &str = "# The library of instruments\n\nEvery instrument is a template in English and Simplified Chinese. `soundings survey library NAME > mine.toml` gives\nyou one to change; `soundings survey check mine.toml` says what is wrong with it; `soundings survey preview mine.toml`\nshows it. This page is printed by `soundings survey library --markdown`.\n";

fn english(text: &Text) -> &str {
    text.in_language("en", "en")
}

fn describe(out: &mut String, survey: &Survey, model: Option<&IndexModel>) {
    let template = &survey.template;
    let _ = writeln!(out, "\n## {}\n\n**{}** {}", survey.slug, english(&template.title), english(&template.about));
    let asked = survey.questions().filter(|q| q.asks()).count();
    let _ = writeln!(
        out,
        "\n- {asked} questions on {} pages, {} rated items",
        template.pages.len(),
        survey.rated().count()
    );
    if let (Some(model), Some(names)) = (model, template.model.as_ref()) {
        let name = |id: &str| names.names.get(id).map_or_else(|| id.to_owned(), |t| english(t).to_owned());
        let paths: Vec<String> = model
            .paths
            .paths()
            .map(|(k, l)| {
                format!("{} → {}", name(&model.paths.constructs[l].name), name(&model.paths.constructs[k].name))
            })
            .collect();
        let _ = writeln!(out, "- Index of {}: {}", name(&names.headline), paths.join(", "));
    }
    for score in &template.scores {
        let _ = writeln!(out, "- `{}` {}: `{}`", score.id, english(&score.label), score.formula);
    }
    for source in &template.literature {
        let _ = writeln!(out, "- {source}");
    }
}
