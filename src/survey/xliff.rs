//! Texts as XLIFF 2.0 (OASIS 2014), the format of translation tools.
//!
//! Owns: one file with one unit a text, its id the text's name. Refuses: XLIFF 1, other root elements, entities of
//! a document's own (which is how small files become huge), more than [`MOST_BYTES`].

use quick_xml::escape::escape;
use quick_xml::events::{BytesStart, Event};
use std::fmt::Write as _;

use quick_xml::{Reader, XmlVersion};

use super::translation::{Translated, TranslationError, Unit};
use super::xml;

/// The largest file that is read.
pub const MOST_BYTES: usize = 8 << 20;

/// The texts, translated or to be translated.
pub fn write(name: &str, languages: &[String], units: &[Unit], to: &str) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xliff xmlns=\"urn:oasis:names:tc:xliff:document:2.0\" version=\"2.0\" srcLang=\"{}\" trgLang=\"{}\">\n<file id=\"{}\">\n",
        escape(languages[0].as_str()),
        escape(to),
        escape(name)
    );
    for (i, unit) in units.iter().enumerate() {
        let text = |language: &str| unit.texts.get(language).map_or("", String::as_str);
        let state = if text(to).is_empty() { "initial" } else { "translated" };
        let target = if text(to).is_empty() {
            String::new()
        } else {
            format!("<target xml:space=\"preserve\">{}</target>", escape(text(to)))
        };
        // An id must be a name token; the text's own name has slashes and stands beside it.
        let _ = writeln!(
            out,
            "<unit id=\"u{i}\" name=\"{}\"><segment state=\"{state}\"><source xml:space=\"preserve\">{}</source>{target}</segment></unit>",
            escape(unit.id.as_str()),
            escape(text(&languages[0])),
        );
    }
    out.push_str("</file>\n</xliff>\n");
    out
}

/// The target language and the texts of a file; several segments of a unit are put together.
///
/// # Errors
/// [`TranslationError::File`], with the place in bytes where the parser stopped.
pub fn read(text: &str) -> Result<(String, Vec<Translated>), TranslationError> {
    let fail = |what: &str| TranslationError::File(what.to_owned());
    if text.len() > MOST_BYTES {
        return Err(fail("the file is larger than 8 MiB"));
    }
    let mut reader = Reader::from_str(text);
    let (mut language, mut found): (Option<String>, Vec<Translated>) = (None, Vec::new());
    // Which of source and target the text belongs to.
    let mut inside: Option<bool> = None;
    loop {
        let event = reader.read_event();
        let broken =
            |e: &dyn std::fmt::Display| TranslationError::File(format!("byte {}: {e}", reader.buffer_position()));
        match event.map_err(|e| broken(&e))? {
            Event::Start(tag) => match tag.local_name().as_ref() {
                "xliff" => {
                    let version = attribute(&tag, "version").unwrap_or_default();
                    if !version.starts_with("2.") {
                        return Err(fail(&format!("this is XLIFF `{version}`; version 2 is read")));
                    }
                    language = attribute(&tag, "trgLang");
                }
                _ if language.is_none() => return Err(fail("this is not an XLIFF file with a target language")),
                "unit" => {
                    let id = attribute(&tag, "name").or_else(|| attribute(&tag, "id")).unwrap_or_default();
                    found.push(Translated { id, source: String::new(), target: String::new() });
                }
                "source" => inside = Some(false),
                "target" => inside = Some(true),
                _ => {}
            },
            Event::End(tag) if matches!(tag.local_name().as_ref(), "source" | "target") => inside = None,
            Event::Text(text) => {
                let text = text.xml_content(XmlVersion::Explicit1_0);
                add(&mut found, inside, &text);
            }
            Event::CData(data) => {
                let text = data.xml_content(XmlVersion::Explicit1_0);
                add(&mut found, inside, &text);
            }
            Event::GeneralRef(entity) => {
                let text = xml::entity(&entity).map_err(TranslationError::File)?;
                add(&mut found, inside, &text);
            }
            Event::DocType(_) => return Err(fail("a document type has no place in XLIFF")),
            Event::Eof => break,
            _ => {}
        }
    }
    let language = language.ok_or_else(|| fail("this is not an XLIFF file with a target language"))?;
    for text in &mut found {
        text.target = text.target.trim().to_owned();
    }
    Ok((language, found))
}

fn add(found: &mut [Translated], inside: Option<bool>, text: &str) {
    if let (Some(is_target), Some(unit)) = (inside, found.last_mut()) {
        if is_target { &mut unit.target } else { &mut unit.source }.push_str(text);
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag.attributes().flatten().find(|a| a.key.local_name().as_ref() == name)?;
    found.normalized_value(XmlVersion::Explicit1_0).ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_and_foreign_files_are_refused() {
        let said = |text: &str| read(text).unwrap_err().to_string();
        assert!(said("<xliff version=\"1.2\" trgLang=\"fr\"/>").contains("not an XLIFF file"));
        assert!(said("<xliff version=\"1.2\" trgLang=\"fr\"></xliff>").contains("XLIFF `1.2`"));
        assert!(said("<html></html>").contains("not an XLIFF file"));
        let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\">]><xliff version=\"2.0\" trgLang=\"fr\"></xliff>";
        assert!(said(bomb).contains("document type"));
        let entity = "<xliff version=\"2.0\" trgLang=\"fr\"><unit name=\"t\"><source>&boom;</source></unit></xliff>";
        assert!(said(entity).contains("`&boom;`"));
        assert!(said("<xliff version=\"2.0\" trgLang=\"fr\"><unit></xliff>").starts_with("byte "));
        assert!(said("").contains("not an XLIFF file"));
    }

    #[test]
    fn what_other_tools_write_is_read() {
        let text = "<?xml version='1.0'?><xliff version='2.1' srcLang='en' trgLang='de-AT' xmlns='urn:oasis:names:tc:xliff:document:2.0'>\n<file id='f'><notes><note>for you</note></notes><unit id='u1' name='title'><segment><source>How &lt;was&gt; it? </source><target>Wie </target></segment><segment><source>More</source><target><![CDATA[war's?]]></target></segment></unit></file></xliff>";
        let (language, found) = read(text).unwrap();
        assert_eq!((language.as_str(), found.len()), ("de-AT", 1));
        assert_eq!((found[0].source.as_str(), found[0].target.as_str()), ("How <was> it? More", "Wie war's?"));
    }
}
