//! Earlier answers in later texts: `Thank you, {name|dear guest}`.
//!
//! Owns: the notation: a name in braces, after a bar what stands there without an answer; `{{` is a brace. Refuses
//! nothing: what is put in is plain text, which pages escape.

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    Text(&'a str),
    /// A name, and what stands there without an answer.
    Name(&'a str, &'a str),
}

/// Splits a text. A brace without its end is text.
pub fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        if rest[open + 1..].starts_with('{') {
            parts.push(Part::Text(&rest[..=open]));
            rest = &rest[open + 2..];
            continue;
        }
        let Some(length) = rest[open..].find('}') else { break };
        let inside = &rest[open + 1..open + length];
        let (name, fallback) = inside.split_once('|').unwrap_or((inside, ""));
        parts.push(Part::Text(&rest[..open]));
        parts.push(Part::Name(name.trim(), fallback.trim()));
        rest = &rest[open + length + 1..];
    }
    parts.push(Part::Text(rest));
    parts.retain(|part| *part != Part::Text(""));
    parts
}

/// The names that a text holds.
pub fn names(text: &str) -> impl Iterator<Item = &str> {
    parts(text).into_iter().filter_map(|part| if let Part::Name(name, _) = part { Some(name) } else { None })
}

/// The text with answers put in.
pub fn filled(text: &str, answer: impl Fn(&str) -> Option<String>) -> String {
    if !text.contains('{') {
        return text.to_owned();
    }
    let part = |part: Part<'_>| match part {
        Part::Text(text) => text.to_owned(),
        Part::Name(name, fallback) => answer(name).unwrap_or_else(|| fallback.to_owned()),
    };
    parts(text).into_iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_filled_and_braces_kept() {
        let answer = |name: &str| (name == "name").then(|| "Zoë {x}".to_owned());
        assert_eq!(filled("Thank you, {name}!", answer), "Thank you, Zoë {x}!");
        assert_eq!(filled("Dear {who|guest}{{1}", answer), "Dear guest{1}");
        assert_eq!(filled("{ open", answer), "{ open");
        assert_eq!(names("{a} and {b|c}").collect::<Vec<_>>(), ["a", "b"]);
    }
}
