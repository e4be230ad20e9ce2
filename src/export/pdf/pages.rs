//! Pages as they fill up: texts, tables and drawings, one below the other.
//!
//! Owns: where each thing stands on A4, page breaks, tables that repeat their heading. Refuses: to know what is said.

use super::font::{Weight, lines, width};

/// A4, in points, and the white around what is printed.
pub(super) const PAGE: [f32; 2] = [595.28, 841.89];
pub(super) const MARGIN: f32 = 56.0;
const BOTTOM: f32 = PAGE[1] - 64.0;

/// Width of what is printed.
pub(super) const ROOM: f32 = PAGE[0] - 2.0 * MARGIN;

/// What is not divided: texts of so many lines, and tables below so many points.
const SHORT: usize = 8;
const SMALL: f32 = 300.0;

/// Lines are so many times as high as their letters.
const LEADING: f32 = 1.45;

/// Red, green, blue.
pub(super) type Colour = [u8; 3];
pub(super) const INK: Colour = [0x16, 0x24, 0x3a];
pub(super) const SOFT: Colour = [0x5a, 0x64, 0x75];
pub(super) const ACCENT: Colour = [0x0b, 0x64, 0x70];
const HAIR: Colour = [0xc9, 0xc4, 0xb8];
const GROUND: Colour = [0xf4, 0xf2, 0xed];

/// How a text looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Style {
    pub(super) size: f32,
    pub(super) weight: Weight,
    pub(super) colour: Colour,
}

pub(super) const BODY: Style = Style { size: 10.0, weight: Weight::Regular, colour: INK };
pub(super) const NOTE: Style = Style { size: 8.5, weight: Weight::Regular, colour: SOFT };
pub(super) const HEADING: Style = Style { size: 15.0, weight: Weight::Bold, colour: INK };
pub(super) const TITLE: Style = Style { size: 26.0, weight: Weight::Bold, colour: INK };
const CELL: Style = Style { size: 9.0, weight: Weight::Regular, colour: INK };

/// What a piece of a page is to those who have it read to them.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Role {
    Title,
    Heading,
    Paragraph,
    /// A cell, and whether it names a column or a row.
    Cell {
        row: usize,
        column: usize,
        heads: bool,
    },
    /// A drawing, with what it shows in words.
    Figure(String),
    /// What only decorates.
    Nothing,
}

/// What stands on a page.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Mark {
    /// A line of text, from where it stands on its base line.
    Text { at: [f32; 2], text: String, style: Style },
    /// A filled rectangle: left, top, width, height.
    Block { at: [f32; 4], colour: Colour },
    /// An SVG: left, top, width, height.
    Drawing { at: [f32; 4], svg: String },
}

/// Marks that belong together, and what they are.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Piece {
    pub(super) role: Role,
    /// A text that goes on over the page has one number.
    pub(super) number: usize,
    pub(super) marks: Vec<Mark>,
}

/// A column of a table.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) name: String,
    /// Of the room.
    pub(super) share: f32,
    /// Numbers stand at the right.
    pub(super) right: bool,
}

/// Pages that are being filled.
pub(super) struct Pages {
    pub(super) filled: Vec<Vec<Piece>>,
    /// Where the next thing goes.
    y: f32,
    /// Of texts and tables, so far.
    number: usize,
}

impl Pages {
    pub(super) fn new() -> Self {
        Self { filled: vec![Vec::new()], y: MARGIN, number: 0 }
    }

    pub(super) fn break_page(&mut self) {
        self.filled.push(Vec::new());
        self.y = MARGIN;
    }

    /// White space, unless a page begins.
    pub(super) fn space(&mut self, high: f32) {
        if self.y > MARGIN {
            self.y += high;
        }
    }

    /// Begins a page if there is not so much left on this one, and would be on another.
    pub(super) fn keep_together(&mut self, high: f32) {
        if high < BOTTOM - MARGIN {
            self.make_room(high);
        }
    }

    /// A page that has so much left.
    fn make_room(&mut self, high: f32) {
        if self.y + high > BOTTOM && self.y > MARGIN {
            self.break_page();
        }
    }

    fn put(&mut self, role: Role, marks: Vec<Mark>) {
        let number = self.number;
        if let Some(page) = self.filled.last_mut() {
            page.push(Piece { role, number, marks });
        }
    }

    /// A text over the whole width, on one page if it is short.
    pub(super) fn text(&mut self, text: &str, style: Style, role: Role) {
        self.number += 1;
        let mut marks = Vec::new();
        let lines = lines(text, style.size, style.weight, ROOM);
        if lines.len() <= SHORT {
            self.make_room(lines.len() as f32 * style.size * LEADING);
        }
        for line in lines {
            if self.y + style.size * LEADING > BOTTOM {
                self.put(role.clone(), std::mem::take(&mut marks));
                self.break_page();
            }
            marks.push(Mark::Text { at: [MARGIN, self.y + style.size], text: line, style });
            self.y += style.size * LEADING;
        }
        self.put(role, marks);
    }

    pub(super) fn paragraph(&mut self, text: &str, style: Style) {
        self.text(text, style, Role::Paragraph);
        self.y += style.size * 0.5;
    }

    /// A heading, with so much of what follows on the same page.
    pub(super) fn heading(&mut self, text: &str, follows: f32) {
        self.space(22.0);
        self.make_room(HEADING.size * 2.0 + follows);
        self.text(text, HEADING, Role::Heading);
        self.y += 6.0;
    }

    /// A line across.
    pub(super) fn rule(&mut self) {
        let at = [MARGIN, self.y + 4.0, ROOM, 0.75];
        self.put(Role::Nothing, vec![Mark::Block { at, colour: HAIR }]);
        self.y += 14.0;
    }

    /// A drawing as wide as the page, or smaller where `most` high; `size` is its own.
    pub(super) fn drawing(&mut self, svg: String, alternative: &str, size: [f64; 2], most: f32) {
        let [wide, high] = size.map(|side| side as f32);
        let scale = (ROOM / wide).min(most / high);
        let [wide, high] = [wide * scale, high * scale];
        self.make_room(high);
        let at = [MARGIN + (ROOM - wide) / 2.0, self.y, wide, high];
        self.number += 1;
        self.put(Role::Figure(alternative.to_owned()), vec![Mark::Drawing { at, svg }]);
        self.y += high + 10.0;
    }

    /// How much room a drawing takes.
    pub(super) fn height_of(size: [f64; 2], most: f32) -> f32 {
        let [wide, high] = size.map(|side| side as f32);
        (high * (ROOM / wide)).min(most)
    }

    /// How much room a table takes.
    pub(super) fn height_of_table(columns: &[Column], rows: &[Vec<String>]) -> f32 {
        rows.iter().map(|cells| row_height(columns, cells, CELL)).sum::<f32>() + 20.0
    }

    /// A table, on one page if it is small; its heading stands again on every page that it reaches.
    pub(super) fn table(&mut self, columns: &[Column], rows: &[Vec<String>]) {
        let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        let bold = Style { weight: Weight::Bold, size: 8.5, ..CELL };
        let whole = Self::height_of_table(columns, rows);
        // Of a larger one, the heading and two rows at least.
        self.make_room(if whole < SMALL { whole } else { 60.0 });
        self.number += 1;
        self.row(0, columns, &names, (bold, true));
        for (row, cells) in (1..).zip(rows) {
            if self.y + row_height(columns, cells, CELL) > BOTTOM {
                self.break_page();
                self.row(0, columns, &names, (bold, true));
            }
            self.row(row, columns, cells, (CELL, false));
        }
        self.y += 8.0;
    }

    fn row(&mut self, row: usize, columns: &[Column], cells: &[String], (style, heads): (Style, bool)) {
        let high = row_height(columns, cells, style);
        let ground = [MARGIN, self.y, ROOM, high];
        let under = [MARGIN, self.y + high - 0.5, ROOM, 0.5];
        let mut marks = vec![Mark::Block { at: under, colour: HAIR }];
        marks.extend(heads.then_some(Mark::Block { at: ground, colour: GROUND }));
        self.put(Role::Nothing, marks);
        let mut left = MARGIN;
        for (number, (column, cell)) in columns.iter().zip(cells).enumerate() {
            let wide = column.share * ROOM;
            let mut base = self.y + PAD + style.size;
            let mut marks = Vec::new();
            for line in lines(cell, style.size, style.weight, wide - 2.0 * PAD) {
                let from =
                    if column.right { left + wide - PAD - width(&line, style.size, style.weight) } else { left + PAD };
                marks.push(Mark::Text { at: [from, base], text: line, style });
                base += style.size * LEADING;
            }
            self.put(Role::Cell { row, column: number, heads: heads || number == 0 }, marks);
            left += wide;
        }
        self.y += high;
    }
}

/// White within a cell.
const PAD: f32 = 4.0;

fn row_height(columns: &[Column], cells: &[String], style: Style) -> f32 {
    let lines_of = |(column, cell): (&Column, &String)| {
        lines(cell, style.size, style.weight, column.share * ROOM - 2.0 * PAD).len()
    };
    let most = columns.iter().zip(cells).map(lines_of).max().unwrap_or(1).max(1);
    most as f32 * style.size * LEADING + 2.0 * PAD - 2.0
}
