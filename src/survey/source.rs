//! TOML text -> plain values, with the place of every key and value.
//!
//! Owns: where things stand in the file, so that a mistake found anywhere later can be shown there.

use std::collections::HashMap;

use serde_json::{Map, Value};
use toml::de::{DeTable, DeValue};

/// A place in a file: line and column, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

/// A parsed file: its values, and where each path (`pages.0.questions.2.text.en`) stands.
#[derive(Debug)]
pub struct Source {
    pub value: Value,
    text: String,
    offsets: HashMap<String, usize>,
}

impl Source {
    /// Parses TOML; whatever could be read, and every syntax error with its place.
    pub fn parse(text: &str) -> (Self, Vec<(Place, String)>) {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut source = Self { value: Value::Null, text: text.to_owned(), offsets: HashMap::new() };
        let value = source.table(table.get_ref(), "");
        source.value = value;
        let place = |e: &toml::de::Error| source.place_at(e.span().map_or(0, |s| s.start));
        let errors = errors.iter().map(|e| (place(e), e.message().to_owned())).collect();
        (source, errors)
    }

    /// Where `path` stands; for a path that is not in the file, where its nearest ancestor stands.
    pub fn place(&self, path: &str) -> Place {
        let mut path = path;
        loop {
            if let Some(offset) = self.offsets.get(path) {
                return self.place_at(*offset);
            }
            match path.rsplit_once('.') {
                Some((parent, _)) => path = parent,
                None => return Place { line: 1, column: 1 },
            }
        }
    }

    /// The line on which the content of the string at `path` begins: for `"""` it is the next line.
    pub fn content_line(&self, path: &str) -> usize {
        let place = self.place(path);
        let rest = self.offsets.get(path).map_or("", |o| &self.text[*o..]);
        let opens = |quotes: &str| rest.strip_prefix(quotes).is_some_and(|r| r.starts_with(['\n', '\r']));
        place.line + usize::from(opens("\"\"\"") || opens("'''"))
    }

    /// Whether the string at `path` is written over several lines.
    pub fn spans_lines(&self, path: &str) -> bool {
        let rest = self.offsets.get(path).map_or("", |o| &self.text[*o..]);
        rest.starts_with("\"\"\"") || rest.starts_with("'''")
    }

    fn place_at(&self, offset: usize) -> Place {
        let before = &self.text[..offset.min(self.text.len())];
        let start = before.rfind('\n').map_or(0, |i| i + 1);
        Place { line: before.matches('\n').count() + 1, column: before[start..].chars().count() + 1 }
    }

    fn table(&mut self, table: &DeTable<'_>, path: &str) -> Value {
        let mut object = Map::new();
        for (key, value) in table {
            let path = join(path, key.get_ref());
            // The first mention wins: a dotted key (`text.en = …`) opens its table at that key.
            self.offsets.entry(format!("{path}#key")).or_insert(key.span().start);
            object.insert(key.get_ref().to_string(), self.value(value.get_ref(), value.span().start, &path));
        }
        Value::Object(object)
    }

    fn value(&mut self, value: &DeValue<'_>, offset: usize, path: &str) -> Value {
        let offset = match value {
            DeValue::Table(_) => self.offsets.get(&format!("{path}#key")).copied().unwrap_or(offset),
            _ => offset,
        };
        self.offsets.insert(path.to_owned(), offset);
        match value {
            DeValue::String(s) => Value::String(s.to_string()),
            DeValue::Integer(i) => {
                i64::from_str_radix(&i.as_str().replace('_', ""), i.radix()).map_or(Value::Null, Value::from)
            }
            DeValue::Float(f) => f.as_str().replace('_', "").parse::<f64>().map_or(Value::Null, Value::from),
            DeValue::Boolean(b) => Value::Bool(*b),
            // No field of a template is a date; the shape check says what was expected instead.
            DeValue::Datetime(_) => Value::Null,
            DeValue::Array(items) => items
                .iter()
                .enumerate()
                .map(|(i, item)| self.value(item.get_ref(), item.span().start, &join(path, &i.to_string())))
                .collect(),
            DeValue::Table(table) => self.table(table, path),
        }
    }
}

/// `path` extended by one key or position.
pub fn join(path: &str, next: &str) -> String {
    if path.is_empty() { next.to_owned() } else { format!("{path}.{next}") }
}
