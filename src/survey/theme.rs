//! How a survey looks: logo, colours and a family of fonts, and whether everybody can read it.
//!
//! Owns: the colours that follow from a theme's four, and the contrast that each pair has. Refuses: pairs below
//! WCAG 2.2 AA (4.5 for text, 3 for the edges of controls), fonts that are not on the guest's device, and logos that would
//! make a page load something or take more than one congestion window.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compress, Compression, FlushCompress};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Checked;
use super::template::Template;
use super::text::Text;

/// Contrast that text needs (success criterion 1.4.3).
const TEXT: f64 = 4.5;
/// Contrast that the edge of a control needs (1.4.11).
const EDGE: f64 = 3.0;
/// The most bytes that a logo may take, compressed, so that the first page still arrives in one go.
pub const LOGO_BYTES: usize = 2400;

/// The look of a survey. What is not said is as without a theme.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Theme {
    /// Colour of buttons, links and chosen answers: `#0b6470`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accent: Option<String>,
    /// Colour of text: `#16243a`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ink: Option<String>,
    /// Colour behind everything: `#f6f4ef`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<String>,
    /// Colour behind a question: `#ffffff`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<String>,
    /// A family of fonts that devices have.
    #[serde(default)]
    pub font: Font,
    /// A picture as a data address, which `soundings survey logo FILE` prints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
    /// What the logo says, for those who do not see it: the house's name.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub logo_text: Text,
}

/// Families that are on guests' devices: nothing is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Font {
    /// What the device itself uses.
    #[default]
    System,
    /// Sans serif, drawn with a pen in mind.
    Humanist,
    /// With serifs, as in books.
    Serif,
    /// Sans serif with round ends.
    Rounded,
}

impl Font {
    /// As a style sheet names it; with Chinese fonts of the same kind.
    pub fn family(self) -> &'static str {
        match self {
            Self::System => "",
            Self::Humanist => {
                "Seravek,\"Gill Sans Nova\",Ubuntu,Calibri,\"DejaVu Sans\",\"PingFang SC\",\"Microsoft YaHei\",\"Noto Sans CJK SC\",sans-serif"
            }
            Self::Serif => {
                "\"Iowan Old Style\",\"Palatino Linotype\",\"URW Palladio L\",P052,\"Noto Serif\",\"Songti SC\",SimSun,\"Noto Serif CJK SC\",serif"
            }
            Self::Rounded => {
                "ui-rounded,\"Hiragino Maru Gothic ProN\",Quicksand,Comfortaa,\"Arial Rounded MT Bold\",\"Yuanti SC\",\"PingFang SC\",\"Microsoft YaHei\",sans-serif"
            }
        }
    }
}

/// A colour in sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour([u8; 3]);

impl std::fmt::Display for Colour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [r, g, b] = self.0;
        write!(f, "#{r:02x}{g:02x}{b:02x}")
    }
}

const WHITE: Colour = Colour([255; 3]);
const BLACK: Colour = Colour([0; 3]);

impl Colour {
    /// From `#rrggbb`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|d| d.len() == 6 && d.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
        Some(Self([part(0)?, part(2)?, part(4)?]))
    }

    /// Relative luminance, 0 for black to 1 for white (WCAG 2.2, definition of the same name).
    pub fn luminance(self) -> f64 {
        let linear = |byte: u8| {
            let x = f64::from(byte) / 255.0;
            if x <= 0.04045 { x / 12.92 } else { ((x + 0.055) / 1.055).powf(2.4) }
        };
        let [r, g, b] = self.0.map(linear);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    /// Contrast ratio, 1 to 21 (WCAG 2.2, definition of the same name).
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// This share of `other` in it, byte by byte.
    fn mixed(self, other: Self, share: f64) -> Self {
        let part = |i: usize| (f64::from(self.0[i]) * (1.0 - share) + f64::from(other.0[i]) * share).round() as u8;
        Self([part(0), part(1), part(2)])
    }

    /// The lowest of its contrasts to `others`.
    fn least(self, others: &[Self]) -> f64 {
        others.iter().map(|other| self.contrast(*other)).fold(f64::INFINITY, f64::min)
    }
}

/// All colours of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Palette {
    pub ink: Colour,
    pub paper: Colour,
    pub card: Colour,
    pub accent: Colour,
    /// Text on the accent.
    pub accent_ink: Colour,
    /// The accent under a finger.
    pub press: Colour,
    /// Text that stands back.
    pub soft: Colour,
    /// Edges of controls.
    pub line: Colour,
    /// Rules between rows, which say nothing.
    pub hair: Colour,
    /// What is wrong.
    pub err: Colour,
}

impl Palette {
    /// What follows from a theme; a colour that cannot be read is taken as not given.
    pub fn of(theme: &Theme) -> Self {
        let [accent, ink, paper, card] = given(theme).map(|(_, given, otherwise)| {
            given.and_then(Colour::parse).or_else(|| Colour::parse(otherwise)).unwrap_or(BLACK)
        });
        let behind = [paper, card];
        // As far towards the card as contrast allows, and no further than it looks good.
        let towards = |most: i32, enough: f64| {
            let mut shades = (0..=most).rev().map(|x| ink.mixed(card, f64::from(x) / 100.0));
            shades.find(|c| c.least(&behind) >= enough).unwrap_or(ink)
        };
        let fits = |colour: &Colour, on: &[Colour]| colour.least(on) >= TEXT;
        let accent_ink = [WHITE, ink].into_iter().find(|c| fits(c, &[accent])).unwrap_or(BLACK);
        let away = if accent_ink.luminance() > accent.luminance() { BLACK } else { WHITE };
        let red = ["#a81e2d", "#ffb4b4"].into_iter().filter_map(Colour::parse).find(|c| fits(c, &behind));
        Self {
            accent_ink,
            press: accent.mixed(away, 0.2),
            soft: towards(30, TEXT),
            line: towards(50, EDGE),
            hair: ink.mixed(card, 0.85),
            err: red.unwrap_or(ink),
            ink,
            paper,
            card,
            accent,
        }
    }

    /// Whether it is light on dark.
    pub fn is_dark(&self) -> bool {
        self.card.luminance() < 0.18
    }
}

/// Name, what is given, and what is used otherwise.
fn given(theme: &Theme) -> [(&'static str, Option<&str>, &'static str); 4] {
    [
        ("accent", theme.accent.as_deref(), "#0b6470"),
        ("ink", theme.ink.as_deref(), "#16243a"),
        ("paper", theme.paper.as_deref(), "#f6f4ef"),
        ("card", theme.card.as_deref(), "#ffffff"),
    ]
}

/// Says what is wrong with a template's theme.
pub(super) fn check(template: &Template, checked: &mut Checked) {
    let Some(theme) = &template.theme else { return };
    let mut readable = true;
    for (name, given, _) in given(theme) {
        if let Some(text) = given.filter(|text| Colour::parse(text).is_none()) {
            checked.error(&format!("theme.{name}"), format!("`{text}` is no colour such as `#0b6470`"));
            readable = false;
        }
    }
    if readable {
        contrasts(theme, checked);
    }
    if let Some(logo) = &theme.logo {
        if let Err(fault) = check_logo(logo) {
            checked.error("theme.logo", fault);
        }
        if theme.logo_text.is_empty() {
            checked.error("theme.logo", "a logo needs `logo_text`, its words for those who do not see it");
        }
    }
}

fn contrasts(theme: &Theme, checked: &mut Checked) {
    let palette = Palette::of(theme);
    let grounds = [("paper", palette.paper), ("card", palette.card)];
    for (name, colour, said) in
        [("ink", palette.ink, theme.ink.is_some()), ("accent", palette.accent, theme.accent.is_some())]
    {
        let worst = grounds.iter().map(|(ground, on)| (colour.contrast(*on), *ground, *on));
        let Some((contrast, ground, on)) = worst.min_by(|a, b| a.0.total_cmp(&b.0)).filter(|(c, ..)| *c < TEXT) else {
            continue;
        };
        // At the colour that the theme gives: the other one may be the product's own.
        let place = if said || theme_gives(theme, ground).is_none() { name } else { ground };
        let remedy = nearest(colour, &[palette.paper, palette.card]).map_or_else(
            || "choose a darker or a lighter ground".to_owned(),
            |c| format!("`{name} = \"{c}\"` would do"),
        );
        checked.error(
            &format!("theme.{place}"),
            format!(
                "`{name}` {colour} on `{ground}` {on} has a contrast of {:.1}; text needs {TEXT} to be read (WCAG 2.2 AA): {remedy}",
                // Never rounded up to what is needed.
                (contrast * 10.0).floor() / 10.0
            ),
        );
    }
}

fn theme_gives<'a>(theme: &'a Theme, name: &str) -> Option<&'a str> {
    given(theme).into_iter().find(|(n, ..)| *n == name)?.1
}

/// The colour nearest to this one, darker or lighter, that can be read on all of these.
fn nearest(colour: Colour, on: &[Colour]) -> Option<Colour> {
    let mut shades = (1..=100).flat_map(|x| [BLACK, WHITE].map(|end| colour.mixed(end, f64::from(x) / 100.0)));
    shades.find(|shade| shade.least(on) >= TEXT)
}

/// Whether a data address can be a logo.
///
/// # Errors
/// The reason, for people.
pub fn check_logo(logo: &str) -> Result<(), String> {
    let kinds =
        ["data:image/svg+xml,", "data:image/svg+xml;base64,", "data:image/png;base64,", "data:image/webp;base64,"];
    let Some(data) = kinds.iter().find_map(|kind| logo.strip_prefix(kind)) else {
        return Err(
            "a logo is a data address of an SVG, PNG or WebP picture, as `soundings survey logo FILE` prints it"
                .to_owned(),
        );
    };
    let address = |c: char| c.is_ascii_alphanumeric() || "-._~:/?@!$&'()*+,;=% ".contains(c);
    if let Some(odd) = data.chars().find(|c| !address(*c)) {
        return Err(format!("`{odd}` cannot stand in a data address; let `soundings survey logo FILE` write it"));
    }
    let mut packed = Vec::with_capacity(logo.len() + 1024);
    let done =
        Compress::new(Compression::best(), false).compress_vec(logo.as_bytes(), &mut packed, FlushCompress::Finish);
    if done.is_err() || packed.len() > LOGO_BYTES {
        return Err(format!(
            "the logo takes {} bytes compressed, {LOGO_BYTES} at most, so that the first page arrives at once: simplify the drawing or make the picture smaller",
            packed.len()
        ));
    }
    Ok(())
}

/// A picture's bytes as a data address; `None` if they are no SVG, PNG or WebP picture.
pub fn logo_address(bytes: &[u8]) -> Option<String> {
    if let Ok(text) = std::str::from_utf8(bytes)
        && text.contains("<svg")
    {
        let from = text.find("<svg").unwrap_or(0);
        let drawing = text[from..].lines().map(str::trim).collect::<Vec<_>>().join(" ").replace('"', "'");
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/=' ,;()".contains(&b);
        let encoded =
            drawing.trim().bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") });
        return Some(format!("data:image/svg+xml,{}", encoded.collect::<String>()));
    }
    let kind = match bytes {
        [0x89, b'P', b'N', b'G', ..] => "png",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "webp",
        _ => return None,
    };
    Some(format!("data:image/{kind};base64,{}", STANDARD.encode(bytes)))
}

#[cfg(test)]
mod tests {
    use super::super::check::check;
    use super::*;

    fn colour(text: &str) -> Colour {
        Colour::parse(text).unwrap()
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        // The examples that W3C's understanding documents and techniques give.
        assert_eq!(WHITE.contrast(BLACK), 21.0);
        for (a, ratio) in [("#767676", 4.54), ("#949494", 3.03), ("#ff0000", 4.0), ("#0000ff", 8.59)] {
            let found = colour(a).contrast(WHITE);
            assert!((found - ratio).abs() < 0.005, "{a}: {found}");
        }
        for bad in ["", "0b6470", "#0b647", "#0b64700", "#0b64é", "#+b6470", "red"] {
            assert_eq!(Colour::parse(bad), None, "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_a_theme_derives_can_be_read(bytes: [[u8; 3]; 4]) {
            let [accent, ink, paper, card] = bytes.map(|b| Some(Colour(b).to_string()));
            let theme = Theme { accent, ink, paper, card, ..Theme::default() };
            let p = Palette::of(&theme);
            assert!(p.accent_ink.contrast(p.accent) >= TEXT && p.accent_ink.contrast(p.press) >= TEXT);
            if p.ink.least(&[p.paper, p.card]) >= TEXT {
                for text in [p.soft, p.err] {
                    assert!(text.least(&[p.paper, p.card]) >= TEXT);
                }
                assert!(p.line.least(&[p.paper, p.card]) >= EDGE);
            }
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_at_its_place_with_a_colour_that_can() {
        let template = super::super::library::instrument("checkout-kiosk").unwrap();
        let faults = |theme: &str| -> Vec<String> {
            // A table of its own, before the first of the file's.
            let at = template.find("\n[").unwrap();
            let text = format!("{}\n[theme]\n{theme}\n{}", &template[..at], &template[at..]);
            check(&text).problems.iter().map(|p| p.message.clone()).collect()
        };
        assert_eq!(faults("accent = \"#7a1f3d\"\nfont = \"serif\""), Vec::<String>::new());
        let found = faults("accent = \"#ffcc00\"");
        assert!(
            found[0].starts_with("`accent` #ffcc00 on `paper` #f6f4ef has a contrast of 1.3; text needs 4.5"),
            "{found:?}"
        );
        let remedy = found[0].split('"').nth(1).unwrap();
        assert_eq!(faults(&format!("accent = \"{remedy}\"")), Vec::<String>::new());
        assert!(faults("paper = \"#0b6470\"")[0].starts_with("`ink` #16243a on `paper` #0b6470"));
        assert_eq!(faults("accent = \"teal\""), ["`teal` is no colour such as `#0b6470`"]);
        assert!(faults("font = \"comic\"")[0].contains("comic"), "{:?}", faults("font = \"comic\""));
        let svg = "data:image/svg+xml,%3Csvg/%3E";
        assert_eq!(faults(&format!("logo = \"{svg}\"")).len(), 1);
        assert_eq!(
            faults(&format!("logo = \"{svg}\"\nlogo_text.en = \"Seaside\"\nlogo_text.zh-Hans = \"海滨\"")),
            Vec::<String>::new()
        );
        for bad in ["https://example.org/logo.png", "data:text/html,x", "data:image/svg+xml,<svg>"] {
            let found = faults(&format!("logo = '{bad}'\nlogo_text.en = \"Seaside\"\nlogo_text.zh-Hans = \"海滨\""));
            assert_eq!(found.len(), 1, "{bad}: {found:?}");
        }
    }

    #[test]
    fn pictures_become_addresses() {
        let drawing = "<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"\n  viewBox=\"0 0 9 9\"><path fill=\"#fff\" d=\"M0 0h9\"/></svg>\n";
        let address = logo_address(drawing.as_bytes()).unwrap();
        assert_eq!(check_logo(&address), Ok(()));
        assert!(
            address.starts_with("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'%3E"),
            "{address}"
        );
        assert!(logo_address(b"\x89PNG\r\n\x1a\n").unwrap().starts_with("data:image/png;base64,iVBORw0K"));
        assert_eq!(logo_address(b"GIF89a"), None);
        let noise: Vec<u8> = (0..6000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        let large = logo_address(&[b"\x89PNG".as_slice(), &noise].concat()).unwrap();
        assert!(check_logo(&large).unwrap_err().contains("2400 at most"));
    }
}
