//! The texts of a template file, out to translators and back.
//!
//! Owns: a name for every text that stays the same when questions are moved (`pages/room/questions/bed/text`), the
//! two forms in which texts travel ([`super::xliff`] and CSV), and putting them back into the file with everything
//! else in it, comments too, untouched. Refuses: nothing silently; what could not be put back is listed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use toml_edit::{DocumentMut, Item, TableLike, value};

use super::exchange::one_line;
use super::piping;
use super::source::Source;
use super::text::is_tag;

/// One text of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Stable name.
    pub id: String,
    /// Keys and positions that lead to it in the file.
    path: Vec<String>,
    /// By language.
    pub texts: BTreeMap<String, String>,
}

/// A text that came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translated {
    pub id: String,
    /// The text that was translated; empty where the file does not say.
    pub source: String,
    pub target: String,
}

/// Why a file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TranslationError {
    #[error("the template is not TOML: {0}")]
    Template(String),
    #[error("the template names no languages")]
    NoLanguages,
    #[error("`{0}` is not a language tag such as `fr` or `pt-BR`")]
    Language(String),
    #[error("{}", one_line(.0))]
    File(String),
}

/// The languages of a template file, and all its texts in order.
///
/// # Errors
/// [`TranslationError::Template`], [`TranslationError::NoLanguages`].
pub fn units(template: &str) -> Result<(Vec<String>, Vec<Unit>), TranslationError> {
    let (source, errors) = Source::parse(template);
    if let Some((place, message)) = errors.first() {
        return Err(TranslationError::Template(format!("{}:{}: {message}", place.line, place.column)));
    }
    let languages: Vec<String> = source.value["languages"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    if languages.is_empty() {
        return Err(TranslationError::NoLanguages);
    }
    let mut found = Vec::new();
    collect(&source.value, &languages, &mut Vec::new(), &mut Vec::new(), &mut found);
    // In the order of the file: a table of the parser is sorted by its keys.
    found.sort_by_key(|unit| source.place(&unit.path.join(".")));
    Ok((languages, found))
}

fn collect(value: &Value, languages: &[String], path: &mut Vec<String>, name: &mut Vec<String>, found: &mut Vec<Unit>) {
    match value {
        Value::Object(object) => {
            let is_text = !object.is_empty() && object.iter().all(|(k, v)| v.is_string() && languages.contains(k));
            if is_text {
                let texts = object.iter().filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned()))).collect();
                return found.push(Unit { id: name.join("/"), path: path.clone(), texts });
            }
            for (key, value) in object {
                path.push(key.clone());
                name.push(key.clone());
                collect(value, languages, path, name, found);
                path.pop();
                name.pop();
            }
        }
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                path.push(i.to_string());
                name.push(item["id"].as_str().map_or_else(|| i.to_string(), str::to_owned));
                collect(item, languages, path, name, found);
                path.pop();
                name.pop();
            }
        }
        _ => {}
    }
}

/// The texts as CSV: id, the base language, and the one to translate to.
pub fn to_csv(languages: &[String], units: &[Unit], to: &str) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let text = |unit: &Unit, language: &str| unit.texts.get(language).cloned().unwrap_or_default();
    // Writing to memory cannot fail.
    let _ = writer.write_record(["id", &languages[0], to]);
    for unit in units {
        let _ = writer.write_record([unit.id.clone(), text(unit, &languages[0]), text(unit, to)]);
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// Texts from CSV with a heading `id,SOURCE,TARGET`: the target language and the texts.
///
/// # Errors
/// [`TranslationError::File`].
pub fn from_csv(text: &str) -> Result<(String, Vec<Translated>), TranslationError> {
    let file = |what: String| TranslationError::File(what);
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let heading = reader.headers().map_err(|e| file(e.to_string()))?.clone();
    let (Some("id"), Some(language), 3) = (heading.get(0), heading.get(2), heading.len()) else {
        return Err(file("the first line must be `id`, the source language, the target language".to_owned()));
    };
    let mut found = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| file(e.to_string()))?;
        found.push(Translated {
            id: record[0].trim().to_owned(),
            source: record[1].to_owned(),
            target: record[2].trim().to_owned(),
        });
    }
    Ok((language.trim().to_owned(), found))
}

/// The template file with translations put in, and what could not be, line by line.
///
/// # Errors
/// [`TranslationError`].
pub fn put_in(
    template: &str,
    language: &str,
    translated: &[Translated],
) -> Result<(String, Vec<String>), TranslationError> {
    let (languages, units) = units(template)?;
    if !is_tag(language) {
        return Err(TranslationError::Language(language.to_owned()));
    }
    let mut document: DocumentMut =
        template.parse().map_err(|e: toml_edit::TomlError| TranslationError::Template(e.message().to_owned()))?;
    let mut left = Vec::new();
    for text in translated.iter().filter(|t| !t.target.is_empty()) {
        let Some(unit) = units.iter().find(|u| u.id == text.id) else {
            left.push(format!("{}: the template has no such text", text.id));
            continue;
        };
        let base = unit.texts.get(&languages[0]);
        if !text.source.is_empty() && base.is_some_and(|base| *base != text.source) {
            left.push(format!(
                "{}: put in, but it translates “{}”, and the text is now “{}”",
                text.id,
                text.source,
                base.map_or("", String::as_str)
            ));
        }
        let names = |text: &str| piping::names(text).map(str::to_owned).collect::<BTreeSet<String>>();
        let (wanted, given) = (base.map_or_else(BTreeSet::new, |b| names(b)), names(&text.target));
        if wanted != given {
            let list =
                |names: &BTreeSet<String>| names.iter().map(|n| format!("{{{n}}}")).collect::<Vec<_>>().join(", ");
            left.push(format!(
                "{}: put in, but it holds [{}] where the text has [{}]: names in braces are not translated",
                text.id,
                list(&given),
                list(&wanted)
            ));
        }
        if !set(document.as_table_mut(), &unit.path, language, &text.target) {
            left.push(format!("{}: the text could not be written", text.id));
        }
    }
    for unit in &units {
        let given = translated.iter().any(|t| t.id == unit.id && !t.target.is_empty());
        if !given && !unit.texts.contains_key(language) {
            left.push(format!("{}: not translated; guests read it in {}", unit.id, languages[0]));
        }
    }
    if !languages.iter().any(|l| l == language)
        && let Some(list) = document["languages"].as_array_mut()
    {
        list.push(language);
    }
    Ok((document.to_string(), left))
}

/// Sets a text in one language; false where the path leads nowhere.
fn set(table: &mut dyn TableLike, path: &[String], language: &str, text: &str) -> bool {
    let Some((first, rest)) = path.split_first() else {
        table.insert(language, value(text));
        return true;
    };
    table.get_mut(first).is_some_and(|item| set_in(item, rest, language, text))
}

fn set_in(item: &mut Item, path: &[String], language: &str, text: &str) -> bool {
    let position = |path: &[String]| path.first().and_then(|p| p.parse::<usize>().ok());
    match item {
        Item::ArrayOfTables(tables) => {
            position(path).and_then(|i| tables.get_mut(i)).is_some_and(|table| set(table, &path[1..], language, text))
        }
        Item::Value(toml_edit::Value::Array(values)) => position(path)
            .and_then(|i| values.get_mut(i))
            .and_then(toml_edit::Value::as_inline_table_mut)
            .is_some_and(|table| set(table, &path[1..], language, text)),
        other => other.as_table_like_mut().is_some_and(|table| set(table, path, language, text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survey::check::check;
    use crate::survey::library::INSTRUMENTS;
    use crate::survey::xliff;

    #[test]
    fn every_text_of_the_library_leaves_and_comes_back() {
        for (name, template) in INSTRUMENTS {
            let (languages, all) = units(template).unwrap();
            assert!(all.len() > 10 && all.iter().all(|u| u.texts.len() == 2), "{name}: {}", all.len());
            let filled: Vec<Unit> = all
                .iter()
                .map(|u| {
                    let mut unit = u.clone();
                    unit.texts.insert("fr".into(), format!("« {} » & <b>", u.texts["en"]));
                    unit
                })
                .collect();
            let csv = from_csv(&to_csv(&languages, &filled, "fr")).unwrap();
            let xml = xliff::read(&xliff::write(name, &languages, &filled, "fr")).unwrap();
            assert_eq!(csv, xml, "{name}");
            let (text, left) = put_in(template, "fr", &csv.1).unwrap();
            assert_eq!(left, Vec::<String>::new(), "{name}");
            let checked = check(&text);
            assert_eq!(checked.problems, [], "{name}");
            // Nothing but the new language differs.
            let mut again = units(&text).unwrap();
            assert_eq!(again.0, ["en", "zh-Hans", "fr"]);
            for (unit, before) in again.1.iter_mut().zip(&all) {
                assert_eq!(unit.texts.remove("fr").unwrap(), format!("« {} » & <b>", before.texts["en"]));
                assert_eq!((&unit.id, &unit.texts), (&before.id, &before.texts));
            }
            let comments = |text: &str| text.lines().filter(|l| l.starts_with('#')).count();
            assert_eq!(comments(&text), comments(template), "{name}");
        }
    }

    #[test]
    fn what_cannot_be_put_back_is_listed() {
        let template = INSTRUMENTS[0].1;
        let text =
            |id: &str, source: &str| Translated { id: id.into(), source: source.into(), target: "Bonjour".into() };
        let (_, left) = put_in(template, "fr", &[text("title", "How was your flight?"), text("gone", "x")]).unwrap();
        assert!(
            left[0].contains("it translates “How was your flight?”, and the text is now “How was your stay?”"),
            "{}",
            left[0]
        );
        assert_eq!(left[1], "gone: the template has no such text");
        assert!(left[2].ends_with("not translated; guests read it in en"), "{}", left[2]);
        assert!(put_in(template, "not a tag", &[]).unwrap_err().to_string().contains("is not a language tag"));
        assert!(from_csv("a,b\n1,2").unwrap_err().to_string().contains("the first line must be"));
    }
}
