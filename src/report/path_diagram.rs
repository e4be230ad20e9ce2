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

/// Height of a box; its width follows the longest name.
const HEIGHT: f64 = 66.0;

/// Width and height of the boxes: about 7.7 units a column of text, within what a phone can show.
fn box_size(report: &Report) -> Point {
    let longest = report.constructs.iter().map(|c| width(&c.name)).max().unwrap_or(0);
    ((longest as f64 * 7.7 + 24.0).clamp(120.0, 240.0), HEIGHT)
}

/// Draws the diagram; `None` where there is no path.
pub fn draw(report: &Report, words: &Wording, orientation: Orientation) -> Option<Element> {
    let strongest = report.paths.iter().max_by(|a, b| a.estimate.abs().total_cmp(&b.estimate.abs()))?;
    let layers = layers(report);
    let depth = layers.iter().max().copied().unwrap_or(0) + 1;
    let size = box_size(report);
    let (places, extent) = places(&layers, depth, orientation, size);
    let description = words.fill(
        "path-desc",
        &[
            ("n", Value::Count(report.paths.len())),
            ("from", report.name_of(&strongest.from).into()),
            ("to", report.name_of(&strongest.to).into()),
            ("estimate", format!("{:.2}", strongest.estimate).as_str().into()),
        ],
    );
    let id = if orientation == Orientation::Across { "paths-across" } else { "paths-down" };
    let position = |name: &str| report.constructs.iter().position(|c| c.construct == name).map(|k| places[k]);
    let arrows = report.paths.iter().filter_map(|p| Some(arrow(p, position(&p.from)?, position(&p.to)?, size, id)));
    let headline = report.headline.as_ref().map_or("", |h| &h.construct);
    let boxes = report.constructs.iter().zip(&places).map(|(c, at)| {
        let class = if c.construct == headline { "node node-headline" } else { "node" };
        element("g")
            .with("class", class)
            .child(
                element("rect")
                    .at("x", at.0 - size.0 / 2.0)
                    .at("y", at.1 - size.1 / 2.0)
                    .at("width", size.0)
                    .at("height", size.1)
                    .with("rx", 10),
            )
            .child(label(at.0, at.1 - 8.0, "node-name", c.name.clone()))
            .child(label(at.0, at.1 + 20.0, "node-score", format!("{:.1}", c.index.score)))
    });
    Some(
        drawing(id, extent.0, extent.1, &words.get("path-title"), &description)
            .child(marker(id))
            .children(arrows)
            .children(boxes),
    )
}

/// The length of the longest route that leads to each construct.
fn layers(report: &Report) -> Vec<usize> {
    let mut layers = vec![0; report.constructs.len()];
    let position = |name: &str| report.constructs.iter().position(|c| c.construct == name);
    for _ in 0..report.constructs.len() {
        for path in &report.paths {
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

fn arrow(path: &PathFigures, from: Point, to: Point, size: Point, id: &str) -> Element {
    let uncertain = path.ci.is_some_and(|[low, high]| low <= 0.0 && high >= 0.0);
    let width = 1.2 + 5.0 * path.estimate.abs().min(1.0);
    let (start, end) = (edge(from, to, size, 2.0), edge(to, from, size, 8.0));
    // Long arrows cross others in their middle; their label keeps near the start.
    let long = (to.0 - from.0).hypot(to.1 - from.1) > 260.0;
    let along = if long { 0.22 } else { 0.42 };
    let at = (start.0 + along * (end.0 - start.0), start.1 + along * (end.1 - start.1));
    let text = format!("{:.2}", path.estimate);
    let half = 5.0 + 4.2 * text.len() as f64;
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
