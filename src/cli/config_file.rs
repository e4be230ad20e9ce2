//! A file of settings: each key is a flag without its dashes. What a flag or the environment says counts before it.
//!
//! Owns: reading the file, and which of its keys are flags of the command. Refuses: keys that are none.

use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{ArgMatches, Command};

use super::Failure;

/// The flag and the variable that name the file.
const FLAG: &str = "--config";
const VARIABLE: &str = "SOUNDINGS_CONFIG";

/// The arguments, with those of the file that nothing else sets.
///
/// # Errors
/// A file that cannot be read; a key that is no flag, or has no value that a flag can have.
pub fn with_file(command: &Command, mut arguments: Vec<String>) -> Result<Vec<String>, Failure> {
    let Some(path) = file(&mut arguments) else { return Ok(arguments) };
    let at = |what: String| Failure::new(format!("{}: {what}", path.display()));
    let text = std::fs::read_to_string(&path).map_err(|e| at(e.to_string()))?;
    let table: toml::Table = text.parse().map_err(|e: toml::de::Error| at(e.to_string()))?;
    let Some(serve) = command.find_subcommand("serve") else { return Ok(arguments) };
    let known: Vec<&str> = serve.get_arguments().filter_map(clap::Arg::get_long).collect();
    if let Some(bad) = table.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(at(format!("there is no setting `{bad}`; there are {}", known.join(", "))));
    }
    // Only what this command has a flag for; `doctor` has fewer than `serve`.
    let Ok(mut matches) = command.clone().try_get_matches_from(&arguments) else { return Ok(arguments) };
    let mut asked = command;
    while let Some((name, below)) = matches.subcommand().map(|(name, below)| (name.to_owned(), below.clone())) {
        let Some(subcommand) = asked.find_subcommand(name) else { break };
        (asked, matches) = (subcommand, below);
    }
    for (key, value) in &table {
        let argument = asked.get_arguments().find(|argument| argument.get_long() == Some(key));
        if argument.is_some_and(|argument| unset(&matches, argument.get_id().as_str())) {
            arguments.extend(flag(key, value).map_err(&at)?);
        }
    }
    Ok(arguments)
}

fn unset(matches: &ArgMatches, id: &str) -> bool {
    matches!(matches.value_source(id), None | Some(ValueSource::DefaultValue))
}

/// The file that is named; its flag is taken out.
fn file(arguments: &mut Vec<String>) -> Option<PathBuf> {
    let named = arguments.iter().position(|a| a == FLAG || a.starts_with("--config="));
    if let Some(place) = named {
        let flag = arguments.remove(place);
        return match flag.split_once('=') {
            Some((_, path)) => Some(path.into()),
            None if place < arguments.len() => Some(arguments.remove(place).into()),
            None => None,
        };
    }
    std::env::var_os(VARIABLE).map(PathBuf::from)
}

fn flag(key: &str, value: &toml::Value) -> Result<Option<String>, String> {
    let text = match value {
        toml::Value::Boolean(true) => return Ok(Some(format!("--{key}"))),
        toml::Value::Boolean(false) => return Ok(None),
        toml::Value::String(text) => text.clone(),
        toml::Value::Integer(n) => n.to_string(),
        toml::Value::Array(list) => {
            let texts: Option<Vec<&str>> = list.iter().map(toml::Value::as_str).collect();
            texts.ok_or_else(|| format!("`{key}`: expected a list of texts"))?.join(",")
        }
        _ => return Err(format!("`{key}`: expected a text, a whole number, true, false or a list of texts")),
    };
    Ok(Some(format!("--{key}={text}")))
}
