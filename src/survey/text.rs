//! Wording in several languages, and which language a guest gets.
//!
//! Owns: [`Text`] with its fallback to the base language, and negotiation from a link and the
//! `Accept-Language` header. Refuses: to invent a wording; a missing one falls back, a check reports it.

use std::collections::BTreeMap;

/// One wording per language tag (BCP 47, for instance `en` or `zh-Hans`).
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct Text(pub BTreeMap<String, String>);

impl Text {
    /// Whether there is no wording in any language.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The wording in `language`, else in `base`, else in any language, else nothing.
    pub fn in_language(&self, language: &str, base: &str) -> &str {
        let wording = self.0.get(language).or_else(|| self.0.get(base)).or_else(|| self.0.values().next());
        wording.map_or("", String::as_str)
    }
}

/// Whether a text looks like a language tag (BCP 47): `en`, `zh-Hans`, `pt-BR`.
pub fn is_tag(text: &str) -> bool {
    let part = |(i, part): (usize, &str)| {
        let length = if i == 0 { 2..=3 } else { 1..=8 };
        length.contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric())
    };
    text.split('-').enumerate().all(part)
}

/// The survey language that fits best: the one in the link, else the guest's most wanted in
/// `accept_language` that the survey has, else the survey's first.
///
/// A tag fits when it is equal, or when its primary language is: `zh-CN` is served `zh-Hans`. A wanted
/// `zh-TW` or `zh-Hant` is served `zh-Hant` where there is one.
pub fn negotiate<'a>(languages: &'a [String], link: Option<&str>, accept_language: Option<&str>) -> &'a str {
    let wanted = accept_language.map(by_preference).unwrap_or_default();
    link.into_iter()
        .chain(wanted)
        .find_map(|tag| fit(languages, tag))
        .unwrap_or_else(|| languages.first().map_or("en", String::as_str))
}

fn fit<'a>(languages: &'a [String], tag: &str) -> Option<&'a str> {
    let script = match tag.to_ascii_lowercase().as_str() {
        "zh-tw" | "zh-hk" | "zh-mo" => "zh-Hant".to_owned(),
        "zh-cn" | "zh-sg" => "zh-Hans".to_owned(),
        _ => tag.to_owned(),
    };
    let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    let exact = languages.iter().find(|l| l.eq_ignore_ascii_case(&script));
    exact.or_else(|| languages.iter().find(|l| primary(l) == primary(tag))).map(String::as_str)
}

/// The tags of an `Accept-Language` header, most wanted first; those with weight 0 are left out.
fn by_preference(header: &str) -> Vec<&str> {
    // A header is as long as a stranger likes; nobody wants more than a few languages.
    let weighted = header.split(',').take(20).filter_map(|item| {
        let (tag, weight) = item.split_once(';').unwrap_or((item, "q=1"));
        let weight: f32 = weight.trim().strip_prefix("q=")?.parse().ok()?;
        Some((weight, tag.trim())).filter(|(weight, tag)| *weight > 0.0 && *tag != "*")
    });
    let mut tags: Vec<(f32, &str)> = weighted.collect();
    tags.sort_by(|a, b| b.0.total_cmp(&a.0));
    tags.into_iter().map(|(_, tag)| tag).collect()
}

/// Writing direction of a language: `rtl` for Arabic, Hebrew, Persian and Urdu, else `ltr`.
pub fn direction(language: &str) -> &'static str {
    match language.split('-').next().unwrap_or_default() {
        "ar" | "he" | "fa" | "ur" => "rtl",
        _ => "ltr",
    }
}

/// A language's name in itself.
pub fn own_name(tag: &str) -> &str {
    match tag {
        "en" => "English",
        "zh-Hans" => "简体中文",
        "zh-Hant" => "繁體中文",
        "de" => "Deutsch",
        "fr" => "Français",
        "es" => "Español",
        "it" => "Italiano",
        "ja" => "日本語",
        "ko" => "한국어",
        "ar" => "العربية",
        "he" => "עברית",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_wins_then_the_header_then_the_base() {
        let languages: Vec<String> = ["en", "zh-Hans", "de"].map(String::from).to_vec();
        let get = |link, header| negotiate(&languages, link, header);
        assert_eq!(get(Some("zh"), Some("de")), "zh-Hans");
        assert_eq!(get(None, Some("fr, de;q=0.8, zh-CN;q=0.9")), "zh-Hans");
        assert_eq!(get(Some("xx"), Some("de-AT;q=0.5,en;q=0")), "de");
        assert_eq!(get(None, Some("*;q=,,;;q=1")), "en");
        assert_eq!(get(None, None), "en");
    }

    #[test]
    fn a_missing_wording_falls_back() {
        let text = Text([("en".to_owned(), "Room".to_owned())].into());
        assert_eq!(text.in_language("de", "en"), "Room");
        assert_eq!(Text::default().in_language("de", "en"), "");
    }
}
