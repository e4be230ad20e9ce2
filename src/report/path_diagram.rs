//! The path diagram: constructs as boxes with their index, paths as arrows with their estimates.
//!
//! Owns: the layout, by layers from causes to outcomes, in two orientations: across for wide screens,
//! down for phones. Constructs alone in their layer are set off to alternating sides so that arrows
//! which skip a layer stay visible.

use super::svg::{Element, drawing, element, label};
use super::{PathFigures, Report};
use crate::text::width;
use crate::wording::{Value, Wording};

/// Which way causes lead to outcomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Orientation {
    Across,
    Down,
}

/// What is drawn.
#[derive(Debug, Clone)]
pub struct Diagram<'a> {
    pub boxes: Vec<Construct>,
    /// Arrows between boxes, by their ids.
    pub paths: &'a [PathFigures],
    pub title: String,
    pub description: String,
}

/// A box.
#[derive(Debug, Clone)]
pub struct Construct {
    pub id: String,
    pub name: String,
    /// Index, 0-100; `None` where there is none (a product of two constructs).
    pub score: Option<f64>,
    pub headline: bool,
}

/// The diagram of a report; `None` where there is no path.
pub fn of_report<'a>(report: &'a Report, words: &Wording) -> Option<Diagram<'a>> {
    let strongest = report.paths.iter().max_by(|a, b| a.estimate.abs().total_cmp(&b.estimate.abs()))?;
    let description = words.fill(
        "path-desc",
        &[
            ("n", Value::Count(report.paths.len())),
            ("from", report.name_of(&strongest.from).into()),
            ("to", report.name_of(&strongest.to).into()),
            ("estimate", format!("{:.2}", strongest.estimate).as_str().into()),
        ],
    );
    let headline = report.headline.as_ref().map_or("", |h| &h.construct);
    let construct = |c: &super::ConstructFigures| Construct {
        id: c.construct.clone(),
        name: c.name.clone(),
        score: Some(c.index.score),
        headline: c.construct == headline,
    };
    let boxes = report.constructs.iter().map(construct).collect();
    Some(Diagram { boxes, paths: &report.paths, title: words.get("path-title"), description })
}

/// Height of a box; its width follows the longest name.
const HEIGHT: f64 = 66.0;

/// Columns of text that the widest box holds in a line.
const MOST_COLUMNS: usize = 28;

/// Width and height of the boxes: about 7.7 units a column of text, within what a phone can show.
fn box_size(boxes: &[Construct]) -> Point {
    let longest = boxes.iter().flat_map(|c| lines(&c.name)).map(|line| width(&line)).max().unwrap_or(0);
    ((longest as f64 * 7.7 + 24.0).clamp(120.0, 240.0), HEIGHT)
}

/// Draws a diagram.
pub fn draw(diagram: &Diagram<'_>, orientation: Orientation) -> Element {
    let layers = layers(diagram);
    let depth = layers.iter().max().copied().unwrap_or(0) + 1;
    let size = box_size(&diagram.boxes);
    let (places, extent) = places(&layers, depth, orientation, size);
    let id = if orientation == Orientation::Across { "paths-across" } else { "paths-down" };
    let position = |name: &str| diagram.boxes.iter().position(|c| c.id == name).map(|k| places[k]);
    let mut taken: Vec<Area> =
        places.iter().map(|at| Area { middle: *at, half: (size.0 / 2.0, size.1 / 2.0) }).collect();
    let mut arrows = Vec::new();
    for path in diagram.paths {
        if let (Some(from), Some(to)) = (position(&path.from), position(&path.to)) {
            arrows.push(arrow(path, from, to, size, id, &mut taken));
        }
    }
    let boxes = diagram.boxes.iter().zip(&places).map(|(construct, at)| box_at(construct, *at, size));
    drawing(id, extent.0, extent.1, &diagram.title, &diagram.description)
        .child(marker(id))
        .children(arrows)
        .children(boxes)
}

fn box_at(construct: &Construct, at: Point, size: Point) -> Element {
    let class = match construct {
        Construct { headline: true, .. } => "node node-headline",
        Construct { score: None, .. } => "node node-product",
        _ => "node",
    };
    let outline = element("rect")
        .at("x", at.0 - size.0 / 2.0)
        .at("y", at.1 - size.1 / 2.0)
        .at("width", size.0)
        .at("height", size.1)
        .with("rx", 10);
    let lines = lines(&construct.name);
    let shortened = lines.last().is_some_and(|line| line.ends_with('…'));
    let above = 7.5 * (lines.len() as f64 - 1.0);
    let name_at = if construct.score.is_some() { at.1 - 8.0 } else { at.1 + 5.0 } - above;
    let name = |(i, line): (usize, String)| label(at.0, name_at + 15.0 * i as f64, "node-name", line);
    let score = construct.score.map(|score| label(at.0, at.1 + 20.0, "node-score", format!("{score:.1}")));
    element("g")
        .with("class", class)
        .child(outline)
        .children(shortened.then(|| element("title").text(construct.name.clone())))
        .children(lines.into_iter().enumerate().map(name))
        .children(score)
}

/// A name in one line or two, shortened where two do not hold it; the box's title has it in full.
fn lines(name: &str) -> Vec<String> {
    let (first, rest) = cut(name);
    if rest.is_empty() {
        return vec![first];
    }
    let (mut second, more) = cut(&rest);
    if !more.is_empty() {
        second.push('…');
    }
    vec![first, second]
}

/// What fits into a line, cut at a space or an underscore if there is one in its second half, and the rest.
fn cut(text: &str) -> (String, String) {
    let mut columns = 0;
    let fits = |c: &char| {
        columns += width(c.encode_utf8(&mut [0; 4]));
        columns <= MOST_COLUMNS
    };
    let end: usize = text.chars().take_while(fits).map(char::len_utf8).sum();
    if end == text.len() {
        return (text.to_owned(), String::new());
    }
    let breakable = text[..end].rfind([' ', '_']).map(|at| at + 1).filter(|at| *at > end / 2).unwrap_or(end);
    (text[..breakable].trim_end().to_owned(), text[breakable..].trim_start().to_owned())
}

/// The length of the longest route that leads to each construct.
fn layers(diagram: &Diagram<'_>) -> Vec<usize> {
    let mut layers = vec![0; diagram.boxes.len()];
    let position = |name: &str| diagram.boxes.iter().position(|c| c.id == name);
    for _ in 0..diagram.boxes.len() {
        for path in diagram.paths {
            if let (Some(from), Some(to)) = (position(&path.from), position(&path.to)) {
                layers[to] = layers[to].max(layers[from] + 1);
            }
        }
    }
    layers
}

type Point = (f64, f64);

fn places(layers: &[usize], depth: usize, orientation: Orientation, size: Point) -> (Vec<Point>, Point) {
    let widest = (0..depth).map(|l| layers.iter().filter(|x| **x == l).count()).max().unwrap_or(1);
    let (along_step, across_step) =
        if orientation == Orientation::Across { (size.0 + 70.0, 112.0) } else { (132.0, size.0 + 16.0) };
    let lanes = if depth > 3 { widest.max(3) } else { widest };
    let across_middle = (lanes as f64 - 1.0) / 2.0 * across_step;
    let mut seen = vec![0; depth];
    let mut alone = 0;
    let mut points = vec![(0.0, 0.0); layers.len()];
    for layer in 0..depth {
        let members: Vec<usize> = (0..layers.len()).filter(|k| layers[*k] == layer).collect();
        for &k in &members {
            let offset = if members.len() > 1 {
                (f64::from(seen[layer]) - (members.len() as f64 - 1.0) / 2.0) * across_step
            } else if depth > 3 && layer > 0 && layer + 2 < depth {
                alone += 1;
                if alone % 2 == 1 { -across_step } else { across_step }
            } else {
                0.0
            };
            seen[layer] += 1;
            let (along, across) = (layer as f64 * along_step, across_middle + offset);
            points[k] = if orientation == Orientation::Across { (along, across) } else { (across, along) };
        }
    }
    let margin = (size.0 / 2.0 + 4.0, size.1 / 2.0 + 4.0);
    let extent = points.iter().fold((0.0_f64, 0.0_f64), |e, p| (e.0.max(p.0), e.1.max(p.1)));
    let places = points.iter().map(|p| (p.0 + margin.0, p.1 + margin.1)).collect();
    (places, (extent.0 + 2.0 * margin.0, extent.1 + 2.0 * margin.1))
}

/// What a box or a label covers.
#[derive(Debug, Clone, Copy)]
struct Area {
    middle: Point,
    half: Point,
}

impl Area {
    fn overlaps(&self, other: &Self) -> bool {
        (self.middle.0 - other.middle.0).abs() < self.half.0 + other.half.0
            && (self.middle.1 - other.middle.1).abs() < self.half.1 + other.half.1
    }
}

/// Where on a line from `start` to `end` a label of this half size covers nothing: near the start of long
/// lines, which cross others in their middle.
fn free_place(start: Point, end: Point, half: Point, taken: &[Area]) -> Area {
    let long = (end.0 - start.0).hypot(end.1 - start.1) > 260.0;
    let tries: &[f64] = if long { &[0.22, 0.3, 0.16, 0.4, 0.5, 0.6] } else { &[0.42, 0.5, 0.34, 0.6] };
    let area = |along: &f64| {
        let at = |from: f64, to: f64| from + along * (to - from);
        Area { middle: (at(start.0, end.0), at(start.1, end.1)), half }
    };
    tries.iter().map(area).find(|area| !taken.iter().any(|t| t.overlaps(area))).unwrap_or_else(|| area(&tries[0]))
}

fn arrow(path: &PathFigures, from: Point, to: Point, size: Point, id: &str, taken: &mut Vec<Area>) -> Element {
    let uncertain = path.ci.is_some_and(|[low, high]| low <= 0.0 && high >= 0.0);
    let width = 1.2 + 5.0 * path.estimate.abs().min(1.0);
    let (start, end) = (edge(from, to, size, 2.0), edge(to, from, size, 8.0));
    let text = format!("{:.2}", path.estimate);
    let half = 5.0 + 4.2 * text.len() as f64;
    let place = free_place(start, end, (half, 11.0), taken);
    taken.push(place);
    let at = place.middle;
    element("g")
        .with("class", if uncertain { "path path-uncertain" } else { "path" })
        .child(
            element("line")
                .at("x1", start.0)
                .at("y1", start.1)
                .at("x2", end.0)
                .at("y2", end.1)
                .at("stroke-width", width)
                .with("marker-end", format!("url(#{id}-head)")),
        )
        .child(
            element("rect")
                .with("class", "path-plate")
                .at("x", at.0 - half)
                .at("y", at.1 - 11.0)
                .at("width", 2.0 * half)
                .at("height", 22.0)
                .with("rx", 6),
        )
        .child(label(at.0, at.1 + 5.0, "path-label", text))
}

/// Where the line from the middle of one box to another leaves the first, and `gap` further.
fn edge(from: Point, to: Point, size: Point, gap: f64) -> Point {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy).max(1.0);
    let reach = (size.0 / 2.0 / dx.abs().max(1e-9)).min(size.1 / 2.0 / dy.abs().max(1e-9)) + gap / length;
    (from.0 + dx * reach, from.1 + dy * reach)
}

fn marker(id: &str) -> Element {
    let head = element("marker")
        .with("id", format!("{id}-head"))
        .with("viewBox", "0 0 8 8")
        .with("refX", 5)
        .with("refY", 4)
        .with("markerWidth", 11)
        .with("markerHeight", 11)
        .with("markerUnits", "userSpaceOnUse")
        .with("orient", "auto");
    element("defs").child(head.child(element("path").with("class", "arrow-head").with("d", "M0 0 L8 4 L0 8 Z")))
}
