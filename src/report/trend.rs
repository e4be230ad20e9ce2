//! The headline index month by month, with its interval and the number of responses.
//!
//! Owns: a line that breaks where a month has no index, never one drawn across a gap; bars for the
//! counts below; fewer month names where there is less width.

use super::rounding::{ends, points};
use super::svg::{Element, drawing, element, label, line};
use super::{GroupFigures, Index};
use crate::wording::{Value, Wording};

const HEIGHT: f64 = 300.0;
const TOP: f64 = 18.0;
/// Lower end of the line's area and of the bars.
const LINE_BOTTOM: f64 = 205.0;
const BAR_BOTTOM: f64 = 262.0;
const LEFT: f64 = 40.0;

/// Draws the months at a width of `width` units; `None` with fewer than two months, or none that has an index.
pub fn draw(months: &[GroupFigures], words: &Wording, width: f64) -> Option<Element> {
    if months.len() < 2 || months.iter().all(|month| month.index.is_none()) {
        return None;
    }
    let step = (width - LEFT - 12.0) / months.len() as f64;
    let x = |i: usize| LEFT + (i as f64 + 0.5) * step;
    let (low, high) = range(months);
    let y = |score: f64| LINE_BOTTOM - (score - low) / (high - low) * (LINE_BOTTOM - TOP);
    let most = months.iter().filter_map(|m| m.responses).max().unwrap_or(1).max(1) as f64;
    let bars = months.iter().enumerate().map(|(i, m)| {
        let responses = m.responses.unwrap_or(0);
        let height = (responses as f64 / most * 44.0).max(if responses > 0 { 1.0 } else { 0.0 });
        element("rect")
            .with("class", "bar")
            .at("x", x(i) - step * 0.3)
            .at("y", BAR_BOTTOM - height)
            .at("width", step * 0.6)
            .at("height", height)
    });
    let every = ((58.0 / step).ceil() as usize).max(1);
    let names = (0..months.len())
        .filter(|i| i % every == 0)
        .map(|i| label(x(i), HEIGHT - 16.0, "axis axis-middle", months[i].name.clone()));
    let grid = [low, f64::midpoint(low, high), high].into_iter().flat_map(|v| {
        [
            line((LEFT, y(v)), (width - 8.0, y(v)), "grid"),
            label(LEFT - 6.0, y(v) + 4.0, "axis axis-end", format!("{v:.0}")),
        ]
    });
    let id = if width > 500.0 { "months-wide" } else { "months-narrow" };
    Some(
        drawing(id, width, HEIGHT, &words.get("months-title"), &description(months, words))
            .children(grid)
            .children(bars)
            .children(runs(months).iter().map(|run| band(run, x, y)))
            .children(runs(months).iter().map(|run| curve(run, x, y)))
            .children(runs(months).iter().flatten().map(|(i, index)| {
                element("circle").with("class", "month").at("cx", x(*i)).at("cy", y(index.score)).with("r", 3.5)
            }))
            .children(names)
            .children(months.iter().enumerate().map(|(i, month)| {
                let hit = element("rect").with("fill", "transparent").at("x", x(i) - step / 2.0).at("y", TOP);
                hit.at("width", step).at("height", BAR_BOTTOM - TOP).child(element("title").text(told(month, words)))
            })),
    )
}

/// A month in words, for whoever points at it.
fn told(month: &GroupFigures, words: &Wording) -> String {
    let index = month.index.map(|index| {
        let score = points(index.score);
        index.ci.map_or_else(|| score.clone(), |ci| words.aside(&score, &words.between(&ends(ci))))
    });
    let responses = month.responses.map(|n| words.fill("responses-count", &[("n", Value::Count(n))]));
    let parts: Vec<String> = [index, responses].into_iter().flatten().collect();
    format!("{}{}{}", month.name, words.get("colon"), words.listed(&parts))
}

/// Unbroken runs of months that have an index, each with its position.
fn runs(months: &[GroupFigures]) -> Vec<Vec<(usize, Index)>> {
    let indexed: Vec<(usize, Index)> = months.iter().enumerate().filter_map(|(i, m)| m.index.map(|x| (i, x))).collect();
    indexed.chunk_by(|a, b| a.0 + 1 == b.0).map(<[_]>::to_vec).collect()
}

/// Whole tens around all scores and bounds.
fn range(months: &[GroupFigures]) -> (f64, f64) {
    let bounds = months.iter().filter_map(|m| m.index).flat_map(|i| i.ci.unwrap_or([i.score; 2]));
    let (low, high) = bounds.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if low > high {
        (0.0, 100.0)
    } else {
        ((low / 10.0).floor() * 10.0, ((high / 10.0).ceil() * 10.0).max((low / 10.0).floor() * 10.0 + 10.0))
    }
}

fn band(run: &[(usize, Index)], x: impl Fn(usize) -> f64, y: impl Fn(f64) -> f64) -> Element {
    let bound = |which: usize| run.iter().map(move |(i, index)| (*i, index.ci.unwrap_or([index.score; 2])[which]));
    let upper = bound(1).map(|(i, v)| (x(i), y(v)));
    let lower = bound(0).map(|(i, v)| (x(i), y(v))).collect::<Vec<_>>();
    let outline: Vec<String> = upper.chain(lower.into_iter().rev()).map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
    element("path").with("class", "band").with("d", format!("M{} Z", outline.join(" L")))
}

fn curve(run: &[(usize, Index)], x: impl Fn(usize) -> f64, y: impl Fn(f64) -> f64) -> Element {
    let points: Vec<String> = run.iter().map(|(i, index)| format!("{:.1} {:.1}", x(*i), y(index.score))).collect();
    element("path").with("class", "curve").with("d", format!("M{}", points.join(" L")))
}

fn description(months: &[GroupFigures], words: &Wording) -> String {
    let mut ranked: Vec<(f64, &str)> =
        months.iter().filter_map(|m| m.index.map(|i| (i.score, m.name.as_str()))).collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (Some(low), Some(high), Some(first), Some(last)) =
        (ranked.first(), ranked.last(), months.first(), months.last())
    else {
        return words.get("months-title");
    };
    words.fill(
        "months-desc",
        &[
            ("first", first.name.as_str().into()),
            ("last", last.name.as_str().into()),
            ("low", format!("{:.1}", low.0).as_str().into()),
            ("lowmonth", low.1.into()),
            ("high", format!("{:.1}", high.0).as_str().into()),
            ("highmonth", high.1.into()),
        ],
    )
}
