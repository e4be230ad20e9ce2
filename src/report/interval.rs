//! A figure on its scale: a track, the interval on it, the point. Decoration beside a number that is
//! written out, so it is hidden from screen readers.

use super::Index;
use super::svg::{Element, element};

const WIDTH: f64 = 200.0;

/// Draws an index between `bounds` (in index points).
pub fn draw(index: &Index, bounds: (f64, f64)) -> Element {
    let x = |score: f64| ((score - bounds.0) / (bounds.1 - bounds.0)).clamp(0.0, 1.0) * (WIDTH - 12.0) + 6.0;
    let [low, high] = index.ci.unwrap_or([index.score; 2]);
    let bar = |class: &'static str, from: f64, to: f64, height: f64| {
        element("rect")
            .with("class", class)
            .at("x", from)
            .at("y", 8.0 - height / 2.0)
            .at("width", (to - from).max(0.0))
            .at("height", height)
            .with("rx", height / 2.0)
    };
    element("svg")
        .with("xmlns", "http://www.w3.org/2000/svg")
        .with("viewBox", format!("0 0 {WIDTH} 16"))
        .with("class", "interval")
        .with("aria-hidden", "true")
        .child(bar("track", 0.0, WIDTH, 4.0))
        .child(bar("range", x(low), x(high), 8.0))
        .child(element("circle").with("class", "point").at("cx", x(index.score)).with("cy", 8).with("r", 5))
}
