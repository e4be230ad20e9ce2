//! The product's own texts, in Fluent, one file per language beside this one.
//!
//! Owns: looking a text up and filling in its values. Refuses: texts of surveys, which are in their
//! templates. A language that is not here reads English; tests hold that no text is missing in any.

use std::borrow::Cow;
use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

use crate::survey::text::negotiate;

const FILES: [(&str, &str); 2] =
    [("en", include_str!("wording/en.ftl")), ("zh-Hans", include_str!("wording/zh-Hans.ftl"))];

/// The product's texts in one language.
pub struct Wording {
    pub language: &'static str,
    bundle: FluentBundle<FluentResource>,
}

/// The tags of the product's languages, English first.
pub fn languages() -> Vec<String> {
    FILES.iter().map(|(tag, _)| (*tag).to_owned()).collect()
}

/// The wording that fits a language tag best; English if none does.
///
/// # Panics
/// If a file beside this one is not Fluent, which a test excludes.
pub fn wording(tag: &str) -> &'static Wording {
    static ALL: OnceLock<Vec<Wording>> = OnceLock::new();
    let all = ALL.get_or_init(|| FILES.iter().map(|(language, text)| load(language, text)).collect());
    let language = negotiate(&languages(), Some(tag), None).to_owned();
    all.iter().find(|w| w.language == language).unwrap_or(&all[0])
}

fn load(language: &'static str, text: &str) -> Wording {
    let resource =
        FluentResource::try_new(text.to_owned()).unwrap_or_else(|(_, errors)| panic!("{language}.ftl: {errors:?}"));
    let mut bundle = FluentBundle::new_concurrent(vec![language.parse().expect("a language tag")]);
    // The isolation marks would stand in page titles, snapshots and exports; all our values are plain.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(format_number));
    bundle.add_resource(resource).unwrap_or_else(|errors| panic!("{language}.ftl: {errors:?}"));
    Wording { language, bundle }
}

impl Wording {
    /// The text `id`.
    pub fn get(&self, id: &str) -> String {
        self.fill(id, &[])
    }

    /// The text `id` with values filled in. An unknown id is returned as it is; a test finds it.
    pub fn fill(&self, id: &str, values: &[(&str, Value)]) -> String {
        let Some(pattern) = self.bundle.get_message(id).and_then(|m| m.value()) else {
            return id.to_owned();
        };
        let mut arguments = FluentArgs::new();
        for (name, value) in values {
            arguments.set(Cow::Owned((*name).to_owned()), value.fluent());
        }
        let text = self.bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned();
        // A name that is filled in may be of either script.
        if self.language.starts_with("zh") && !values.is_empty() { spaced(&text) } else { text }
    }

    /// From one value to another: `70.1 to 74.3`.
    pub fn between(&self, [low, high]: &[String; 2]) -> String {
        self.fill("interval-range", &[("low", low.as_str().into()), ("high", high.as_str().into())])
    }

    /// A text with another in brackets.
    pub fn aside(&self, text: &str, more: &str) -> String {
        self.fill("aside", &[("text", text.into()), ("more", more.into())])
    }

    /// Names, one after the other.
    pub fn listed<T: AsRef<str>>(&self, names: &[T]) -> String {
        names.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(&self.get("list-separator"))
    }

    /// A day as the language writes it: `21 November 2026`, `2026年11月21日`.
    pub fn day(&self, day: chrono::NaiveDate) -> String {
        let form = if self.language.starts_with("zh") { "%Y年%-m月%-d日" } else { "%-d %B %Y" };
        day.format(form).to_string()
    }

    /// Whether the text exists.
    pub fn has(&self, id: &str) -> bool {
        self.bundle.has_message(id)
    }
}

/// With a space between Chinese characters and the letters and digits beside them, as Chinese texts here are written.
fn spaced(text: &str) -> String {
    let mut all = String::with_capacity(text.len());
    let mut last = ' ';
    for c in text.chars() {
        let (chinese, latin) = (is_chinese(c) || is_chinese(last), c.is_alphanumeric() && last.is_alphanumeric());
        if chinese && latin && is_chinese(c) != is_chinese(last) {
            all.push(' ');
        }
        all.push(c);
        last = c;
    }
    all
}

fn is_chinese(c: char) -> bool {
    ('\u{3400}'..='\u{9fff}').contains(&c)
}

/// Whole numbers with their thousands separated; anything else as Fluent has it.
fn format_number<M: fluent_bundle::memoizer::MemoizerKind>(value: &FluentValue<'_>, _: &M) -> Option<String> {
    match value {
        FluentValue::Number(n) if n.value.fract() == 0.0 && n.value >= 0.0 => Some(grouped(n.value as usize)),
        _ => None,
    }
}

/// A value for a text.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A whole number: chooses plural forms, shown with thousands separated.
    Count(usize),
    Text(String),
}

impl Value {
    fn fluent(&self) -> FluentValue<'static> {
        match self {
            Self::Count(n) => FluentValue::from(*n),
            Self::Text(text) => FluentValue::String(Cow::Owned(text.clone())),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// A whole number with its thousands separated by commas, as English and Chinese have it.
pub fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|g| std::str::from_utf8(g).unwrap_or_default()).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(text: &str) -> Vec<&str> {
        text.lines()
            .filter_map(|l| l.split_once(" ="))
            .map(|(id, _)| id)
            .filter(|id| !id.starts_with([' ', '#']))
            .collect()
    }

    #[test]
    fn chinese_stands_apart_from_other_letters() {
        assert_eq!(spaced("Riverside在 2026-02 偏低"), "Riverside 在 2026-02 偏低");
        assert_eq!(spaced("老城在A、B，95%的"), "老城在 A、B，95%的");
        assert_eq!(spaced("Łódź指数"), "Łódź 指数");
    }

    #[test]
    fn days_are_written_as_the_language_does() {
        let day = chrono::NaiveDate::from_ymd_opt(2026, 3, 7).unwrap();
        assert_eq!(wording("en").day(day), "7 March 2026");
        assert_eq!(wording("zh-Hans").day(day), "2026年3月7日");
    }

    #[test]
    fn every_language_has_every_text() {
        let english = ids(FILES[0].1);
        for (language, text) in FILES {
            assert_eq!(ids(text), english, "{language}: the same texts in the same order");
            assert!(english.iter().all(|id| wording(language).has(id)));
        }
    }

    #[test]
    fn plural_and_thousands() {
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(wording("en").fill("responses-count", &[("n", Value::Count(1))]), "1 response");
        assert_eq!(wording("en-GB").fill("responses-count", &[("n", Value::Count(6000))]), "6,000 responses");
        assert_eq!(wording("zh").fill("responses-count", &[("n", Value::Count(6000))]), "6,000 份答卷");
    }
}
