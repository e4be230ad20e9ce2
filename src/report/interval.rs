//! A figure on its scale: a track, the interval on it, the point. Decoration beside a number that is
//! written out, so it is hidden from screen readers.

use super::Index;
use super::overview::{Change, Verdict};
use super::svg::{Element, element, line};

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
        .child(mark(x(index.score)))
}

/// The estimate: narrow, so that a short interval is seen beside it.
fn mark(x: f64) -> Element {
    element("rect").with("class", "point").at("x", x - 1.5).with("width", 3).with("height", 16).with("rx", 1.5)
}

/// Draws a difference between `-reach` and `reach`, with its interval and where zero is.
pub fn draw_change(change: &Change, reach: f64) -> Element {
    let x = |points: f64| (points / reach / 2.0 + 0.5).clamp(0.0, 1.0) * (WIDTH - 12.0) + 6.0;
    let class = match change.verdict {
        Verdict::Up => "range range-up",
        Verdict::Down => "range range-down",
        Verdict::NotShown => "range range-unsure",
    };
    let bar = element("rect").with("class", class).at("x", x(change.ci[0])).with("y", 4).with("rx", 4);
    element("svg")
        .with("xmlns", "http://www.w3.org/2000/svg")
        .with("viewBox", format!("0 0 {WIDTH} 16"))
        .with("class", "interval")
        .with("aria-hidden", "true")
        .child(element("rect").with("class", "track").with("y", 6).with("width", WIDTH).with("height", 4).with("rx", 2))
        .child(bar.at("width", x(change.ci[1]) - x(change.ci[0])).with("height", 8))
        .child(line((x(0.0), 0.0), (x(0.0), 16.0), "zero"))
        .child(mark(x(change.difference)))
}
