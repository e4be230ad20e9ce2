//! The letters of a PDF: how wide a text is, and where its lines break.
//!
//! Owns: two weights of Noto Sans SC, cut down to the 6,763 characters of GB 2312 and the letters of western Europe, and of Noto
//! Sans, cut down to all Latin, Greek and Cyrillic letters, for words that have others (SIL Open Font License,
//! `src/export/fonts/OFL.txt`). Letters stand at their own widths, without kerning. Refuses: scripts that are set from right to left.

use std::sync::{Arc, OnceLock};

use krilla::text::{Font, GlyphId, KrillaGlyph};
use ttf_parser::Face;

/// A weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

/// Regular and bold, of the one for most words and of the one for words that it lacks letters of.
static FILES: [[&[u8]; 2]; 2] = [
    [include_bytes!("../fonts/NotoSansSC-Regular.otf"), include_bytes!("../fonts/NotoSansSC-Bold.otf")],
    [include_bytes!("../fonts/NotoSans-Regular.ttf"), include_bytes!("../fonts/NotoSans-Bold.ttf")],
];

/// A font as it is measured and as it is drawn.
struct Loaded {
    face: Face<'static>,
    font: Font,
}

/// Both fonts of a weight.
fn loaded(weight: Weight) -> [&'static Loaded; 2] {
    static FONTS: OnceLock<[[Loaded; 2]; 2]> = OnceLock::new();
    let fonts = FONTS.get_or_init(|| {
        FILES.map(|weights| {
            weights.map(|bytes| Loaded {
                face: Face::parse(bytes, 0).expect("the font that is built in"),
                font: Font::new(bytes.into(), 0).expect("the font that is built in"),
            })
        })
    });
    fonts.each_ref().map(|weights| &weights[usize::from(weight == Weight::Bold)])
}

/// All of them, for drawings.
pub(super) fn database() -> Arc<usvg::fontdb::Database> {
    static DATABASE: OnceLock<Arc<usvg::fontdb::Database>> = OnceLock::new();
    let database = DATABASE.get_or_init(|| {
        let mut all = usvg::fontdb::Database::new();
        for bytes in FILES.into_iter().flatten() {
            all.load_font_source(usvg::fontdb::Source::Binary(Arc::new(bytes)));
        }
        let family = all.faces().next().map_or_else(String::new, |face| face.families[0].0.clone());
        all.set_serif_family(&family);
        all.set_sans_serif_family(&family);
        Arc::new(all)
    });
    database.clone()
}

/// A character as it is set, in widths of an em.
struct Set {
    /// Place of its font.
    font: usize,
    glyph: u16,
    advance: f32,
    /// How far right of where the last one ended it is drawn.
    offset: f32,
}

/// The characters of a text, set.
fn set_all(text: &str, weight: Weight) -> Vec<(char, Set)> {
    let (faces, ideographic) = (loaded(weight).map(|loaded| &loaded.face), has_ideographs(text));
    let has = |font: usize, c: char| faces[font].glyph_index(c).is_some();
    let mut all = Vec::new();
    for word in text.split_inclusive(char::is_whitespace) {
        // A word is of one font where that is possible.
        let other = word.trim_end().chars().all(|c| has(1, c)) && word.trim_end().chars().any(|c| !has(0, c));
        let font = |c: char| usize::from(other || !has(0, c) && has(1, c));
        all.extend(word.chars().map(|c| (c, set(font(c), faces[font(c)], c, ideographic))));
    }
    all
}

/// Of a text with ideographs in it, or without: quotation marks are as wide as an ideograph only beside some.
fn set(font: usize, face: &Face<'_>, c: char, ideographic: bool) -> Set {
    // Narrow spaces are not in the font.
    let (c, part) = if matches!(c, '\u{2009}' | '\u{202f}') { (' ', 0.6) } else { (c, 1.0) };
    // What the font lacks is seen to be missing.
    let glyph = face.glyph_index(c).or_else(|| face.glyph_index('□')).unwrap_or_default();
    let em = f32::from(face.units_per_em());
    let advance = part * f32::from(face.glyph_hor_advance(glyph).unwrap_or_default()) / em;
    let ink = || face.glyph_bounding_box(glyph);
    match ('\u{2018}'..='\u{201d}').contains(&c).then(ink).flatten() {
        Some(ink) if !ideographic => {
            let [from, to] = [ink.x_min, ink.x_max].map(|x| f32::from(x) / em);
            Set { font, glyph: glyph.0, advance: to - from + 2.0 * BESIDE, offset: BESIDE - from }
        }
        _ => Set { font, glyph: glyph.0, advance, offset: 0.0 },
    }
}

/// White on either side of a quotation mark, in widths of an em.
const BESIDE: f32 = 0.04;

fn has_ideographs(text: &str) -> bool {
    text.chars().any(is_ideographic)
}

/// How wide a text is, in points.
pub(super) fn width(text: &str, size: f32, weight: Weight) -> f32 {
    set_all(text, weight).iter().map(|(_, set)| set.advance).sum::<f32>() * size
}

/// Letters of one font that follow each other.
pub(super) struct Run {
    pub(super) font: Font,
    pub(super) glyphs: Vec<KrillaGlyph>,
    /// In widths of an em.
    pub(super) wide: f32,
}

/// The letters of a line, at their widths.
pub(super) fn runs(text: &str, weight: Weight) -> Vec<Run> {
    let fonts = loaded(weight).map(|loaded| &loaded.font);
    let glyph = |(at, c): (usize, char), Set { glyph, advance, offset, .. }: &Set| {
        KrillaGlyph::new(GlyphId::new((*glyph).into()), *advance, *offset, 0.0, 0.0, at..at + c.len_utf8(), None)
    };
    let all: Vec<_> = text.char_indices().zip(set_all(text, weight)).map(|(at, (_, set))| (at, set)).collect();
    let run = |letters: &[((usize, char), Set)]| Run {
        font: fonts[letters[0].1.font].clone(),
        glyphs: letters.iter().map(|(at, set)| glyph(*at, set)).collect(),
        wide: letters.iter().map(|(_, set)| set.advance).sum(),
    };
    all.chunk_by(|(_, one), (_, other)| one.font == other.font).map(run).collect()
}

/// Characters that are set without spaces between words.
fn is_ideographic(c: char) -> bool {
    matches!(c as u32, 0x2e80..=0x9fff | 0xf900..=0xfaff | 0xff00..=0xffef)
}

/// What may not begin a line, and what may not end one (GB/T 15834).
const NOT_FIRST: &str = "，。、；：？！）】》”’％·,.;:?!)%…—”";
const NOT_LAST: &str = "（【《“‘(";

/// Whether a line may break between two characters.
fn breaks(before: char, after: char) -> bool {
    if NOT_FIRST.contains(after) || NOT_LAST.contains(before) || after == ' ' {
        return false;
    }
    before == ' ' || is_ideographic(before) || is_ideographic(after)
}

/// A text in lines that are no wider than `room`; a word that is wider is broken where it must.
pub(super) fn lines(text: &str, size: f32, weight: Weight, room: f32) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let letters: Vec<(char, f32)> =
            set_all(paragraph, weight).into_iter().map(|(c, set)| (c, set.advance * size)).collect();
        let mut start = 0;
        while start < letters.len() {
            let mut taken = 0.0;
            let mut fits = |(_, wide): &(char, f32)| {
                taken += wide;
                taken <= room
            };
            let mut end = start + letters[start..].iter().take_while(|letter| fits(letter)).count().max(1);
            if end < letters.len() {
                let can = |at: &usize| breaks(letters[at - 1].0, letters[*at].0);
                // A space at the end of a line takes no room.
                let last = if letters[end].0 == ' ' { Some(end) } else { (start + 1..=end).rev().find(can) };
                end = last.unwrap_or(end);
            }
            let line: String = letters[start..end].iter().map(|(c, _)| c).collect();
            lines.push(line.trim_end().to_owned());
            start = end + letters[end..].iter().take_while(|(c, _)| *c == ' ').count();
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_where_people_expect() {
        let room = width("Perceived quality", 10.0, Weight::Regular);
        let broken = |text: &str, room: f32| lines(text, 10.0, Weight::Regular, room);
        assert_eq!(
            broken("Perceived quality moves satisfaction.", room),
            ["Perceived quality", "moves", "satisfaction."]
        );
        let chinese = "总体不错，电梯等得有点久。";
        assert_eq!(broken(chinese, 40.5), ["总体不", "错，电梯", "等得有点", "久。"]);
        assert_eq!(broken(chinese, 50.5), ["总体不错，", "电梯等得有", "点久。"]);
        // A word that is wider than the line is broken; nothing is lost.
        let digest = "0123456789abcdef".repeat(4);
        assert_eq!(broken(&digest, room).concat(), digest);
        assert!(broken("a\nb", room).len() == 2 && broken("", room).is_empty() && broken("x", 0.0) == ["x"]);
    }

    #[test]
    fn quotation_marks_and_narrow_spaces_are_as_narrow_as_the_letters_beside_them() {
        let wide = |text: &str| width(text, 10.0, Weight::Regular);
        assert!(wide("“a”") < wide("a") + 9.0 && wide("“总”") > wide("总") + 19.0);
        assert!(wide("74\u{202f}%") < wide("74 %") && wide("<\u{2009}5") > wide("<5"));
        let runs = runs("“a”", Weight::Regular);
        assert!(runs.len() == 1 && runs[0].glyphs.iter().all(|glyph| glyph.x_advance < 0.6));
    }

    #[test]
    fn names_of_all_of_europe_are_set_and_each_word_in_one_font() {
        for weight in [Weight::Regular, Weight::Bold] {
            let name = "Pokój Łódź · Škoda Plzeň · İstanbul Ağrı · Πόλη Ἀθῆναι · Київ Ђорђе · Hà Nội · Őrség · Țară";
            let is_box = |(_, set): &(char, Set)| {
                let face = &loaded(weight)[set.font].face;
                set.glyph == 0 || face.glyph_index('□').is_some_and(|missing| missing.0 == set.glyph)
            };
            let boxes: String = set_all(name, weight).iter().filter(|one| is_box(one)).map(|(c, _)| c).collect();
            assert_eq!(boxes, "");
            let fonts: Vec<usize> = set_all("Łódź Hotel", weight).iter().map(|(_, set)| set.font).collect();
            assert_eq!(fonts, [1, 1, 1, 1, 1, 0, 0, 0, 0, 0]);
            let all: f32 = runs(name, weight).iter().map(|run| run.wide * 10.0).sum();
            assert!((all - width(name, 10.0, weight)).abs() < 1e-3);
            assert!(set_all("喜", weight).iter().all(|(_, set)| set.font == 0));
        }
    }

    #[test]
    fn every_character_of_the_wordings_is_in_the_fonts() {
        for text in [include_str!("../../wording/en.ftl"), include_str!("../../wording/zh-Hans.ftl")] {
            for weight in [Weight::Regular, Weight::Bold] {
                let [Loaded { face, .. }, _] = loaded(weight);
                let missing: String =
                    text.chars().filter(|c| !c.is_control() && face.glyph_index(*c).is_none()).collect();
                assert!(missing.is_empty(), "{missing}");
            }
        }
    }
}
