//! Houses by constructs: a table with colour where a house is surely above or below all together.
//!
//! Owns: that colour means a difference that its interval carries, all cells at once, and never a rank. Refuses: houses
//! that have too few responses; they are not in the figures.

use super::ConstructFigures;
use super::overview::{CellFigures, Overview, PropertyConstructs, Verdict};
use super::rounding::points;
use super::svg::{Element, drawing, element, label};
use crate::text::{shortened, wrapped};
use crate::wording::Wording;

const ROW: f64 = 40.0;
/// Above the rows: for lines of a name, or for a name that is set aslant.
const HEAD: f64 = 20.0;
const HEAD_ASLANT: f64 = 92.0;
/// Columns that are narrower have their names aslant.
const UPRIGHT: f64 = 90.0;

/// Ids of the title and of the description: of houses, or of segments of guests.
pub const HOUSES: [&str; 2] = ["heat-title", "heat-desc"];
pub const SEGMENTS: [&str; 2] = ["segments-heat-title", "segments-heat-desc"];

/// Draws the cells at a width of `width` units; `None` with fewer than two rows.
pub fn draw(overview: &Overview, [title, described]: [&str; 2], words: &Wording, width: f64) -> Option<Element> {
    let (rows, constructs) = (&overview.by_construct, &overview.report.constructs);
    if rows.len() < 2 || constructs.is_empty() {
        return None;
    }
    let names = (width * 0.26).clamp(96.0, 260.0);
    let step = (width - names) / constructs.len() as f64;
    // A character takes some 7 units at this size.
    let lines = |construct: &ConstructFigures| wrapped(&construct.name, (step / 7.2) as usize);
    let most_lines = constructs.iter().map(|construct| lines(construct).len()).max().unwrap_or(1).min(3);
    let head = if step < UPRIGHT { HEAD_ASLANT } else { HEAD + 16.0 * (most_lines as f64 - 1.0) };
    let heads = constructs.iter().enumerate().flat_map(|(k, construct)| {
        let x = names + (k as f64 + 0.5) * step;
        let upright = move |(i, line)| label(x, 14.0 + 16.0 * i as f64, "axis axis-middle", line);
        if step < UPRIGHT {
            let (x, y) = (x + 8.0, head - 6.0);
            let name = label(x, y, "axis axis-end", shortened(&construct.name, 16));
            return vec![name.with("transform", format!("rotate(40 {x:.1} {y:.1})"))];
        }
        lines(construct).into_iter().take(3).enumerate().map(upright).collect()
    });
    let row = |(i, house): (usize, &PropertyConstructs)| {
        let y = head + i as f64 * ROW;
        let name = shortened(&house.name, (names / 7.4) as usize);
        let cells = house.constructs.iter().enumerate().map(|(k, cell)| {
            let told = format!("{}, {}{}{}", house.name, constructs[k].name, words.get("colon"), told(cell, words));
            drawn(cell, (names + k as f64 * step, y), step).child(element("title").text(told))
        });
        element("g").child(label(0.0, y + 25.0, "heat-name", name)).children(cells)
    };
    let height = head + rows.len() as f64 * ROW;
    let id = if width > 500.0 { "heat-wide" } else { "heat-narrow" };
    Some(
        drawing(id, width, height, &words.get(title), &description(overview, described, words))
            .children(heads)
            .children(rows.iter().enumerate().map(row)),
    )
}

fn drawn(cell: &CellFigures, (x, y): (f64, f64), step: f64) -> Element {
    let verdict = cell.against.map(|against| against.verdict);
    let class = match verdict {
        Some(Verdict::Up) => "heat heat-up",
        Some(Verdict::Down) => "heat heat-down",
        _ => "heat",
    };
    // A mark besides the colour, for whoever does not see it.
    let mark = match verdict {
        Some(Verdict::Up) => "▲\u{2009}",
        Some(Verdict::Down) => "▼\u{2009}",
        _ => "",
    };
    let score = points(cell.index.score);
    let text = if step < 60.0 { format!("{mark}{:.0}", cell.index.score) } else { format!("{mark}{score}") };
    element("g")
        .with("class", class)
        .child(
            element("rect")
                .at("x", x + 2.0)
                .at("y", y + 2.0)
                .at("width", step - 4.0)
                .at("height", ROW - 4.0)
                .with("rx", 6),
        )
        .child(label(x + step / 2.0, y + 25.0, "axis-middle", text))
}

/// A cell in words.
fn told(cell: &CellFigures, words: &Wording) -> String {
    let score = points(cell.index.score);
    let Some(against) = cell.against else { return score };
    let [low, high] = against.ends();
    let values = [against.said(), low, high];
    let said = words.fill(
        "heat-against",
        &[
            ("difference", values[0].as_str().into()),
            ("low", values[1].as_str().into()),
            ("high", values[2].as_str().into()),
        ],
    );
    format!("{score}; {said}")
}

fn description(overview: &Overview, id: &str, words: &Wording) -> String {
    let cells = overview.by_construct.iter().flat_map(|house| house.constructs.iter().map(move |cell| (house, cell)));
    let count = |verdict| cells.clone().filter(|(_, cell)| cell.against.is_some_and(|a| a.verdict == verdict)).count();
    let (up, down) = (count(Verdict::Up).to_string(), count(Verdict::Down).to_string());
    words.fill(id, &[("up", up.as_str().into()), ("down", down.as_str().into())])
}
