//! Filled pages -> the bytes of a tagged PDF.
//!
//! Owns: how marks become PDF, and what is read aloud in which order. The same pages give the same bytes. Refuses: to place
//! anything.

use std::num::NonZeroU16;

use krilla::geom::{PathBuilder, Point, Rect, Size, Transform};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, Node, SpanTag, TableHeaderScope, Tag, TagGroup, TagKind, TagTree,
};
use krilla::{Document, color::rgb};
use krilla_svg::{SurfaceExt as _, SvgSettings};

use super::font::{database, runs};
use super::pages::{Colour, Mark, PAGE, Piece, Role};

/// What the file says of itself.
pub(super) struct About {
    pub(super) title: String,
    pub(super) language: String,
    /// Of what it shows, not of the file.
    pub(super) at: Option<chrono::NaiveDateTime>,
}

/// A piece's number, what it is, and where it is in the file.
type Spoken = (usize, Role, Identifier);

/// The bytes of a PDF.
///
/// # Errors
/// What is wrong with a drawing or the document.
pub(super) fn write(pages: &[Vec<Piece>], about: &About) -> std::io::Result<Vec<u8>> {
    let mut document = Document::new();
    let mut spoken: Vec<Spoken> = Vec::new();
    for pieces in pages {
        let settings = PageSettings::from_wh(PAGE[0], PAGE[1]).ok_or_else(|| broken("a page without a size"))?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        for piece in pieces {
            if piece.role == Role::Nothing {
                surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
                draw(&mut surface, &piece.marks)?;
                surface.end_tagged();
                continue;
            }
            for mark in &piece.marks {
                let tag = if matches!(mark, Mark::Text { .. }) {
                    ContentTag::Span(SpanTag::empty())
                } else {
                    ContentTag::Other
                };
                spoken.push((piece.number, piece.role.clone(), surface.start_tagged(tag)));
                draw(&mut surface, std::slice::from_ref(mark))?;
                surface.end_tagged();
            }
        }
        surface.finish();
        page.finish();
    }
    document.set_tag_tree(tree(spoken).with_lang(Some(about.language.clone())));
    document.set_metadata(metadata(about));
    document.finish().map_err(|error| broken(&format!("{error:?}")))
}

fn metadata(about: &About) -> Metadata {
    use chrono::{Datelike as _, Timelike as _};
    let metadata = Metadata::new().title(about.title.clone()).language(about.language.clone());
    let metadata = metadata.creator(concat!("Soundings ", env!("CARGO_PKG_VERSION")).to_owned());
    let Some(at) = about.at else { return metadata };
    let byte = |part: u32| part as u8;
    let day = DateTime::new(at.year().clamp(0, 9999) as u16).month(byte(at.month())).day(byte(at.day()));
    let time = day.hour(byte(at.hour())).minute(byte(at.minute())).second(byte(at.second()));
    metadata.creation_date(time.utc_offset_hour(0).utc_offset_minute(0))
}

fn fill(colour: Colour) -> Fill {
    let [red, green, blue] = colour;
    Fill { paint: rgb::Color::new(red, green, blue).into(), opacity: NormalizedF32::ONE, rule: FillRule::NonZero }
}

fn draw(surface: &mut Surface<'_>, marks: &[Mark]) -> std::io::Result<()> {
    for mark in marks {
        match mark {
            Mark::Text { at: [x, y], text, style } => {
                surface.set_fill(Some(fill(style.colour)));
                let mut from = *x;
                for run in runs(text, style.weight) {
                    surface.draw_glyphs(Point::from_xy(from, *y), &run.glyphs, run.font, text, style.size, false);
                    from += run.wide * style.size;
                }
            }
            Mark::Block { at: [left, top, wide, high], colour } => {
                let rectangle = Rect::from_xywh(*left, *top, *wide, *high);
                let mut path = PathBuilder::new();
                path.push_rect(rectangle.ok_or_else(|| broken("a rectangle without a size"))?);
                surface.set_fill(Some(fill(*colour)));
                if let Some(path) = path.finish() {
                    surface.draw_path(&path);
                }
            }
            Mark::Drawing { at: [left, top, wide, high], svg } => {
                let options = usvg::Options { fontdb: database(), ..usvg::Options::default() };
                let tree =
                    usvg::Tree::from_str(svg, &options).map_err(|error| broken(&format!("a drawing: {error}")))?;
                let size = Size::from_wh(*wide, *high).ok_or_else(|| broken("a drawing without a size"))?;
                surface.push_transform(&Transform::from_translate(*left, *top));
                let drawn = surface.draw_svg(&tree, size, SvgSettings::default());
                surface.pop();
                drawn.ok_or_else(|| broken("a drawing that cannot be drawn"))?;
            }
        }
    }
    Ok(())
}

/// What is read aloud, in order: lines of a text together, cells in their rows, rows in their tables.
fn tree(spoken: Vec<Spoken>) -> TagTree {
    let mut tree = TagTree::new();
    let mut pieces = spoken.into_iter().peekable();
    while let Some((number, role, identifier)) = pieces.next() {
        let mut all = vec![(number, role.clone(), identifier)];
        while let Some(next) = pieces.next_if(|(next, ..)| *next == number) {
            all.push(next);
        }
        tree.push(group(&role, all));
    }
    tree
}

fn group(role: &Role, all: Vec<Spoken>) -> TagGroup {
    let level = |n: u16| NonZeroU16::new(n).unwrap_or(NonZeroU16::MIN);
    let kind: TagKind = match role {
        Role::Title => Tag::Hn(level(1), None).into(),
        Role::Heading => Tag::Hn(level(2), None).into(),
        Role::Figure(alternative) => Tag::Figure(Some(alternative.clone())).into(),
        Role::Cell { .. } => return table(all),
        Role::Paragraph | Role::Nothing => Tag::P.into(),
    };
    TagGroup::with_children(kind, all.into_iter().map(|(.., identifier)| Node::Leaf(identifier)).collect())
}

fn table(cells: Vec<Spoken>) -> TagGroup {
    let mut table = TagGroup::new(Tag::Table);
    let mut rows: Vec<(usize, Vec<(usize, TagGroup)>)> = Vec::new();
    for (_, role, identifier) in cells {
        let Role::Cell { row, column, heads } = role else { continue };
        let scope = if row == 0 { TableHeaderScope::Column } else { TableHeaderScope::Row };
        let kind: TagKind = if heads { Tag::TH(scope).into() } else { Tag::TD.into() };
        // A heading that stands again on the next page is a row of its own.
        if rows.last().is_none_or(|(last, cells)| *last != row || cells.last().is_some_and(|(last, _)| *last > column))
        {
            rows.push((row, Vec::new()));
        }
        let Some((_, cells)) = rows.last_mut() else { continue };
        match cells.last_mut() {
            Some((last, cell)) if *last == column => cell.push(identifier),
            _ => cells.push((column, TagGroup::with_children(kind, vec![Node::Leaf(identifier)]))),
        }
    }
    for (_, cells) in rows {
        table.push(TagGroup::with_children(Tag::TR, cells.into_iter().map(|(_, cell)| Node::Group(cell)).collect()));
    }
    table
}

fn broken(what: &str) -> std::io::Error {
    std::io::Error::other(what.to_owned())
}
