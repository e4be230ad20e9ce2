//! Groups as dots with their intervals, one under the other.
//!
//! Owns: a scale of whole tens around all intervals, so that rows compare by eye. Refuses: groups without an index.

use super::rounding::{ends, points};
use super::svg::{Element, drawing, element, label, line};
use super::{GroupFigures, Index};
use crate::text::shortened;
use crate::wording::{Value, Wording};

const ROW: f64 = 34.0;
const TOP: f64 = 8.0;

/// Draws groups in the order given at a width of `width` units; `None` with fewer than two that have an index.
pub fn draw<'a>(groups: impl Iterator<Item = &'a GroupFigures>, words: &Wording, width: f64) -> Option<Element> {
    let shown: Vec<(&GroupFigures, Index)> = groups.filter_map(|group| Some((group, group.index?))).collect();
    if shown.len() < 2 {
        return None;
    }
    let ends = shown.iter().flat_map(|(_, index)| index.ci.unwrap_or([index.score; 2]));
    let (low, high) = ends.fold((100.0_f64, 0.0_f64), |(l, h), x| (l.min(x), h.max(x)));
    let (low, high) = ((low / 10.0).floor() * 10.0, ((high / 10.0).ceil() * 10.0).max(low + 10.0));
    let names = (width * 0.28).clamp(96.0, 240.0);
    let (left, right) = (names + 12.0, width - 60.0);
    let x = |score: f64| left + (score - low) / (high - low) * (right - left);
    let bottom = TOP + ROW * shown.len() as f64;
    let steps = ((high - low) / 10.0).round() as usize;
    let grid = (0..=steps).flat_map(|i| {
        let value = low + (high - low) * i as f64 / steps as f64;
        [
            line((x(value), TOP), (x(value), bottom), "grid"),
            label(x(value), bottom + 18.0, "axis axis-middle", format!("{value:.0}")),
        ]
    });
    let row = |(i, (group, index)): (usize, &(&GroupFigures, Index))| {
        let y = TOP + ROW * (i as f64 + 0.5);
        let range = index.ci.map(|[from, to]| {
            let bar = element("rect").with("class", "range").at("x", x(from)).at("y", y - 5.0);
            bar.at("width", x(to) - x(from)).with("height", 10).with("rx", 5)
        });
        element("g")
            .child(element("title").text(told(group, index, words)))
            .child(label(0.0, y + 5.0, "heat-name", shortened(&group.name, (names / 7.4) as usize)))
            .children(range)
            .child(element("circle").with("class", "point").at("cx", x(index.score)).at("cy", y).with("r", 6))
            .child(label(width - 4.0, y + 5.0, "axis axis-end", points(index.score)))
    };
    let description = words.fill("houses-desc", &[("n", Value::Count(shown.len()))]);
    Some(
        drawing("houses-dots", width, bottom + 28.0, &words.get("houses-title"), &description)
            .children(grid)
            .children(shown.iter().enumerate().map(row)),
    )
}

fn told(group: &GroupFigures, index: &Index, words: &Wording) -> String {
    let score = points(index.score);
    let told = index.ci.map_or_else(|| score.clone(), |ci| words.aside(&score, &words.between(&ends(ci))));
    format!("{}{}{told}", group.name, words.get("colon"))
}
