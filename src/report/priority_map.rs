//! The importance-performance map: what to improve first. Source: Martilla & James (1977), Ringle &
//! Sarstedt (2016).
//!
//! Owns: axes that show the data's range, quadrants at the means, numbered points that keep apart.

use super::Report;
use super::svg::{Element, drawing, element, label, line};
use crate::wording::{Value, Wording};

const SIZE: (f64, f64) = (560.0, 440.0);
/// Left, top, right, bottom of the plot.
const PLOT: (f64, f64, f64, f64) = (58.0, 16.0, 544.0, 384.0);
const RADIUS: f64 = 13.0;

/// Draws the map; `None` with fewer than two ratings.
pub fn draw(report: &Report, words: &Wording) -> Option<Element> {
    let items = &report.priorities;
    if items.len() < 2 {
        return None;
    }
    let x = Axis::around(items.iter().map(|p| p.importance), PLOT.0, PLOT.2);
    let y = Axis::around(items.iter().map(|p| p.performance), PLOT.3, PLOT.1);
    let mut points: Vec<(f64, f64)> = items.iter().map(|p| (x.place(p.importance), y.place(p.performance))).collect();
    keep_apart(&mut points);
    let description =
        words.fill("priority-desc", &[("n", Value::Count(items.len())), ("first", items[0].label.as_str().into())]);
    let middle = (x.place(x.mean), y.place(y.mean));
    let marks = points.iter().enumerate().map(|(i, at)| {
        let class = if at.0 > middle.0 && at.1 > middle.1 { "dot dot-first" } else { "dot" };
        element("g")
            .with("class", class)
            .child(element("circle").at("cx", at.0).at("cy", at.1).with("r", RADIUS))
            .child(label(at.0, at.1 + 5.0, "dot-label", (i + 1).to_string()))
            .child(element("title").text(told(&items[i], words)))
    });
    let first = element("rect")
        .with("class", "quadrant")
        .at("x", middle.0)
        .at("y", middle.1)
        .at("width", PLOT.2 - middle.0)
        .at("height", PLOT.3 - middle.1);
    Some(
        drawing("priorities", SIZE.0, SIZE.1, &words.get("priority-title"), &description)
            .child(first)
            .child(
                element("rect")
                    .with("class", "frame")
                    .at("x", PLOT.0)
                    .at("y", PLOT.1)
                    .at("width", PLOT.2 - PLOT.0)
                    .at("height", PLOT.3 - PLOT.1),
            )
            .child(line((middle.0, PLOT.1), (middle.0, PLOT.3), "mean"))
            .child(line((PLOT.0, middle.1), (PLOT.2, middle.1), "mean"))
            .children(quadrants(words))
            .children(ticks(&x, &y))
            .child(label(
                f64::midpoint(PLOT.0, PLOT.2),
                SIZE.1 - 10.0,
                "axis axis-middle",
                format!("{} →", words.get("priority-importance")),
            ))
            .child(
                label(0.0, 0.0, "axis axis-middle", format!("{} →", words.get("priority-performance")))
                    .with("transform", format!("translate(16 {}) rotate(-90)", f64::midpoint(PLOT.1, PLOT.3))),
            )
            .children(marks),
    )
}

fn quadrants(words: &Wording) -> [Element; 4] {
    let (left, top, right, bottom) = (PLOT.0 + 10.0, PLOT.1 + 20.0, PLOT.2 - 10.0, PLOT.3 - 10.0);
    [
        label(left, top, "quadrant-label", words.get("quadrant-fine")),
        label(right, top, "quadrant-label axis-end", words.get("quadrant-keep")),
        label(left, bottom, "quadrant-label", words.get("quadrant-low")),
        label(right, bottom, "quadrant-label quadrant-label-first axis-end", words.get("quadrant-first")),
    ]
}

fn ticks(x: &Axis, y: &Axis) -> Vec<Element> {
    let across = [x.low, x.high].map(|v| {
        label(x.place(v), PLOT.3 + 20.0, if v == x.low { "axis" } else { "axis axis-end" }, format!("{v:.2}"))
    });
    let up = [y.low, y.high].map(|v| {
        label(PLOT.0 - 6.0, y.place(v) + if v == y.low { 0.0 } else { 12.0 }, "axis axis-end", format!("{v:.0}"))
    });
    across.into_iter().chain(up).collect()
}

struct Axis {
    low: f64,
    high: f64,
    mean: f64,
    from: f64,
    to: f64,
}

impl Axis {
    /// An axis over the values with a margin of an eighth of their range.
    fn around(values: impl Iterator<Item = f64> + Clone, from: f64, to: f64) -> Self {
        let (low, high) = values.clone().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        let count = values.clone().count() as f64;
        let margin = ((high - low) / 8.0).max(1e-3);
        Self { low: low - margin, high: high + margin, mean: values.sum::<f64>() / count, from, to }
    }

    fn place(&self, value: f64) -> f64 {
        self.from + (value - self.low) / (self.high - self.low) * (self.to - self.from)
    }
}

/// The wording of the quadrant that each rating is in: more or less important than their mean, rated lower or higher.
pub fn quadrants_of(report: &Report) -> Vec<&'static str> {
    let items = &report.priorities;
    let mean = |of: fn(&super::Priority) -> f64| items.iter().map(of).sum::<f64>() / items.len() as f64;
    let (importance, performance) = (mean(|p| p.importance), mean(|p| p.performance));
    let of = |p: &super::Priority| match (p.importance > importance, p.performance < performance) {
        (true, true) => "quadrant-first",
        (true, false) => "quadrant-keep",
        (false, true) => "quadrant-low",
        (false, false) => "quadrant-fine",
    };
    items.iter().map(of).collect()
}

/// A rating in words, for whoever points at it.
fn told(item: &super::Priority, words: &Wording) -> String {
    let [colon, importance, performance] =
        ["colon", "priority-importance", "priority-performance"].map(|id| words.get(id));
    format!("{}{colon}{importance} {:.2}, {performance} {:.1}", item.label, item.importance, item.performance)
}

/// Pushes overlapping points apart, a little at a time; bounded, and the same for the same input.
fn keep_apart(points: &mut [(f64, f64)]) {
    let wanted = 2.0 * RADIUS + 1.0;
    for _ in 0..60 {
        for i in 1..points.len() {
            for j in 0..i {
                let (dx, dy) = (points[i].0 - points[j].0, points[i].1 - points[j].1);
                let distance = dx.hypot(dy);
                if distance >= wanted {
                    continue;
                }
                let (ux, uy) = if distance < 1e-6 { (1.0, 0.0) } else { (dx / distance, dy / distance) };
                let push = (wanted - distance) / 2.0;
                points[i] = inside((points[i].0 + ux * push, points[i].1 + uy * push));
                points[j] = inside((points[j].0 - ux * push, points[j].1 - uy * push));
            }
        }
    }
}

fn inside(at: (f64, f64)) -> (f64, f64) {
    (at.0.clamp(PLOT.0 + RADIUS, PLOT.2 - RADIUS), at.1.clamp(PLOT.1 + RADIUS, PLOT.3 - RADIUS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_on_top_of_each_other_come_apart() {
        let mut points = vec![(100.0, 100.0); 6];
        keep_apart(&mut points);
        for i in 1..6 {
            for j in 0..i {
                let distance = (points[i].0 - points[j].0).hypot(points[i].1 - points[j].1);
                assert!(distance > 2.0 * RADIUS - 3.0, "{points:?}");
            }
        }
    }
}
