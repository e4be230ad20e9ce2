//! How often each point of a question was given, as bars.
//!
//! Owns: the large picture with its numbers, and the small one of a row. Bars of the satisfied stand out by colour and by
//! their place: they are the last ones. Refuses: to draw what is not shown.

use super::question::{PointCount, QuestionFigures, satisfied_from};
use super::rounding::percent;
use super::svg::{Element, drawing, element, label, line};
use crate::wording::{Value, Wording, grouped};

const HEIGHT: f64 = 240.0;
const TOP: f64 = 28.0;
const BOTTOM: f64 = 200.0;

/// Draws the points at a width of `width` units; `None` where they are not shown.
pub fn draw(question: &QuestionFigures, words: &Wording, width: f64) -> Option<Element> {
    let points = &question.points;
    let most = points.iter().map(|point| point.share).fold(0.0_f64, f64::max);
    if points.is_empty() || most <= 0.0 {
        return None;
    }
    let step = width / points.len() as f64;
    // A scale of a hundred points has names at some of them.
    let every = ((34.0 / step).ceil() as usize).max(1);
    let from = satisfied_from(question.scale);
    let bar = |(i, point): (usize, &PointCount)| {
        let (x, height) = (i as f64 * step, point.share / most * (BOTTOM - TOP));
        let class = if point.point >= from { "dist dist-top" } else { "dist" };
        let named = i % every == 0;
        let middle = x + step / 2.0;
        element("g")
            .child(element("title").text(told(point, words)))
            .child(
                element("rect")
                    .with("class", class)
                    .at("x", x + step * 0.1)
                    .at("y", BOTTOM - height)
                    .at("width", step * 0.8)
                    .at("height", height),
            )
            .children(
                (step >= 34.0).then(|| label(middle, BOTTOM - height - 8.0, "axis axis-middle", percent(point.share))),
            )
            .children(named.then(|| label(middle, BOTTOM + 20.0, "axis axis-middle", point.point.to_string())))
    };
    let id = if width > 500.0 { "points-wide" } else { "points-narrow" };
    Some(
        drawing(id, width, HEIGHT, &words.get("points-title"), &description(question, words))
            .child(line((0.0, BOTTOM), (width, BOTTOM), "grid"))
            .children(points.iter().enumerate().map(bar)),
    )
}

/// The same without numbers, for a row that has them beside it: hidden from screen readers.
pub fn small(question: &QuestionFigures) -> Option<Element> {
    const SIZE: (f64, f64) = (120.0, 28.0);
    let points = &question.points;
    let most = points.iter().map(|point| point.share).fold(0.0_f64, f64::max);
    if points.is_empty() || most <= 0.0 {
        return None;
    }
    let step = SIZE.0 / points.len() as f64;
    let from = satisfied_from(question.scale);
    let bar = |(i, point): (usize, &PointCount)| {
        let height = (point.share / most * SIZE.1).max(1.0);
        element("rect")
            .with("class", if point.point >= from { "dist dist-top" } else { "dist" })
            .at("x", i as f64 * step + step * 0.08)
            .at("y", SIZE.1 - height)
            .at("width", step * 0.84)
            .at("height", height)
    };
    let drawn = element("svg")
        .with("xmlns", "http://www.w3.org/2000/svg")
        .with("viewBox", format!("0 0 {} {}", SIZE.0, SIZE.1))
        .with("class", "spark")
        .with("aria-hidden", "true");
    Some(drawn.children(points.iter().enumerate().map(bar)))
}

fn told(point: &PointCount, words: &Wording) -> String {
    let responses = words.fill("responses-count", &[("n", Value::Count(point.responses))]);
    format!("{}{}{}", point.point, words.get("colon"), words.aside(&percent(point.share), &responses))
}

fn description(question: &QuestionFigures, words: &Wording) -> String {
    let told = |point: &PointCount| format!("{}{}{}", point.point, words.get("colon"), percent(point.share));
    let points: Vec<String> = question.points.iter().filter(|point| point.responses > 0).map(told).collect();
    let responses = grouped(question.responses.unwrap_or(0));
    words.fill("points-desc", &[("n", responses.as_str().into()), ("points", words.listed(&points).as_str().into())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_not_nothing() {
        assert_eq!([0.0, 0.001, 0.005, 0.126, 1.0].map(percent), ["0%", "<1%", "0%", "13%", "100%"]);
    }
}
