//! What guests expected beside what they found, and what a gap does to satisfaction.
//!
//! Pure. Owns: how wide the zone of indifference is, which gap is one, and the drawing of satisfaction by gap. Refuses: gaps
//! between scales that differ.

use serde::Serialize;

use super::overview::Change;
use super::publication::{Base, Thresholds};
use super::question::LEVEL;
use super::rounding::points;
use super::satisfiers::Slope;
use super::svg::{Element, drawing, element, label, line};
use super::{Basis, Filter, Index, SurveyInfo};
use crate::csi::counts::each_of;
use crate::csi::disconfirmation::{Gaps, Sums};
use crate::csi::dist::normal_quantile;
use crate::wording::{Value, Wording};

/// Expectation against performance.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Expectations {
    pub survey: SurveyInfo,
    pub language: String,
    pub filter: Filter,
    pub basis: Basis,
    pub thresholds: Thresholds,
    /// Responses within the filter; `None` where there are too few to say.
    pub responses: Option<usize>,
    /// Whose score is set beside gaps.
    pub headline: String,
    /// In the order of the survey; none where it asks for nothing of the kind.
    pub pairs: Vec<PairFigures>,
}

/// A question of what was expected, and of the same as it was found.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct PairFigures {
    pub expected: String,
    pub found: String,
    /// Of the question of what was found.
    pub label: String,
    /// Who answered both; `None` where there are too few to say.
    pub responses: Option<usize>,
    pub base: Base,
    /// Means on 0-100.
    pub expected_score: Option<f64>,
    pub found_score: Option<f64>,
    /// Found less expected, in points of 0-100; its interval holds for all pairs at once.
    pub gap: Option<Change>,
    /// The zone of indifference: gaps of up to so many points of the question's scale either way.
    pub zone: u8,
    /// Shares of those who found less than they expected, as much (within the zone), and more.
    pub shares: Option<[f64; 3]>,
    /// Satisfaction by gap, from the lowest; rare ones at the ends together.
    pub steps: Vec<GapFigures>,
    /// Points of the headline's score per point of the gap below the zone, within it and above it; with too few guests none.
    pub slopes: [Option<Slope>; 3],
    /// Among guests who found the same: what a point below the zone takes away, less what a point above it adds.
    pub loss_less_gain: Option<Slope>,
    /// Which of the two counts for more, where that is sure.
    pub costlier: Option<Costlier>,
}

/// Whether falling short takes away more than exceeding adds, among guests who found the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Costlier {
    Loss,
    Gain,
    /// The interval of the difference holds zero, or that of the larger of the two does.
    NotShown,
}

impl Costlier {
    /// Of loss, gain, and their difference.
    fn of([loss, gain, difference]: [Slope; 3]) -> Self {
        match difference.ci {
            [low, _] if low > 0.0 && loss.ci[0] > 0.0 => Self::Loss,
            [_, high] if high < 0.0 && gain.ci[0] > 0.0 => Self::Gain,
            _ => Self::NotShown,
        }
    }
}

/// Guests whose gap is from one number of points of the scale to another.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct GapFigures {
    pub from: i32,
    pub to: i32,
    pub responses: usize,
    /// Mean score of the headline; `None` where too few have one.
    pub satisfaction: Option<Index>,
}

/// What a pair is called.
pub struct Named<'a> {
    pub expected: &'a str,
    pub found: &'a str,
    pub label: &'a str,
}

/// How wide the zone of indifference is on a scale: one point either way where a point is little, none where there are few.
pub fn zone_of([low, high]: [u8; 2]) -> u8 {
    u8::from(high - low >= 6)
}

/// The figures of a pair from its gaps; means are on 0-100, `scale` the question's, `pairs` how many there are.
pub fn figures(
    named: &Named<'_>,
    gaps: &Gaps,
    means: [f64; 2],
    (scale, pairs): ([u8; 2], usize),
    thresholds: Thresholds,
) -> PairFigures {
    let n = gaps.n() as usize;
    let base = thresholds.base(n);
    let (some, index) = (base > Base::Nothing, base >= Base::Low);
    let unit = 100.0 / f64::from(scale[1] - scale[0]);
    let zone = zone_of(scale);
    let z = normal_quantile(f64::midpoint(1.0, each_of(pairs, LEVEL)));
    let gap = gaps.mean().filter(|_| index).map(|(mean, se)| {
        let (mean, reach) = (mean * unit, z * se * unit);
        Change::new(mean, [mean - reach, mean + reach])
    });
    let widest = i32::from(scale[1] - scale[0]);
    let edge = i32::from(zone);
    let least = thresholds.index as f64;
    let slope = |from, to| gaps.slope(from, to).filter(|slope| slope.n >= least);
    let found = [slope(-widest, -edge), slope(-edge, edge), slope(edge, widest)];
    let told = |slope: crate::csi::disconfirmation::Slope| Slope { estimate: slope.estimate, ci: slope.ci(LEVEL) };
    // Where enough are on either side.
    let apart = found[0].and(found[2]).and_then(|_| gaps.loss_and_gain(zone)).map(|all| all.map(told));
    PairFigures {
        expected: named.expected.to_owned(),
        found: named.found.to_owned(),
        label: named.label.to_owned(),
        responses: some.then_some(n),
        base,
        expected_score: index.then_some(means[0]),
        found_score: index.then_some(means[1]),
        gap,
        zone,
        shares: index.then(|| gaps.parts(zone).map(|part| part / n as f64)),
        steps: if index { steps(gaps, least) } else { Vec::new() },
        slopes: found.map(|slope| slope.map(told)),
        costlier: apart.map(Costlier::of),
        loss_less_gain: apart.map(|[.., difference]| difference),
    }
}

/// Satisfaction by gap: from either end, gaps of too few guests go with the next towards zero.
fn steps(gaps: &Gaps, least: f64) -> Vec<GapFigures> {
    let mut ends: Vec<(i32, i32, Sums)> = Vec::new();
    let mut put_together = |from_end: &mut dyn Iterator<Item = (i32, Sums)>| {
        let mut held: Option<(i32, i32, Sums)> = None;
        for (gap, sums) in from_end {
            let mut one = held.take().unwrap_or((gap, gap, Sums::default()));
            one.2.add(&sums);
            (one.0, one.1) = (one.0.min(gap), one.1.max(gap));
            if one.2.scored >= least { ends.push(one) } else { held = Some(one) }
        }
        held
    };
    let all = || gaps.each().map(|(gap, sums)| (gap, *sums));
    let below = put_together(&mut all().take_while(|(gap, _)| *gap < 0));
    let above = put_together(&mut all().rev().take_while(|(gap, _)| *gap > 0));
    let mut middle = (0, 0, all().find(|(gap, _)| *gap == 0).map_or(Sums::default(), |(_, sums)| sums));
    for (from, to, sums) in [below, above].into_iter().flatten() {
        middle.2.add(&sums);
        (middle.0, middle.1) = (middle.0.min(from), middle.1.max(to));
    }
    ends.push(middle);
    ends.sort_by_key(|(from, ..)| *from);
    let z = normal_quantile(f64::midpoint(1.0, LEVEL));
    let figures = |(from, to, sums): (i32, i32, Sums)| GapFigures {
        from,
        to,
        responses: sums.n as usize,
        satisfaction: sums.mean().filter(|_| sums.scored >= least).map(|(score, se)| Index {
            score,
            se: Some(se),
            ci: Some([score - z * se, score + z * se]),
        }),
    };
    ends.into_iter().filter(|(.., sums)| sums.n > 0.0).map(figures).collect()
}

/// The gaps of a step in words: `−2`, `+3 and more`.
pub fn step_name(step: &GapFigures, widest: bool, words: &Wording) -> String {
    let sign = |gap: i32| match gap {
        0 => "0".to_owned(),
        gap if gap < 0 => format!("−{}", -gap),
        gap => format!("+{gap}"),
    };
    match (step.from == step.to, widest, step.to < 0) {
        (true, ..) => sign(step.from),
        (false, true, true) => words.fill("gap-and-less", &[("gap", sign(step.to).as_str().into())]),
        (false, true, false) => words.fill("gap-and-more", &[("gap", sign(step.from).as_str().into())]),
        (false, false, _) => words.between(&[sign(step.from), sign(step.to)]),
    }
}

/// Names of all steps of a pair.
pub fn step_names(pair: &PairFigures, words: &Wording) -> Vec<String> {
    let last = pair.steps.len().saturating_sub(1);
    pair.steps.iter().enumerate().map(|(place, step)| step_name(step, place == 0 || place == last, words)).collect()
}

const HEIGHT: f64 = 260.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = 206.0;
const LEFT: f64 = 40.0;

/// Draws satisfaction by gap at a width, the zone of indifference behind it; `None` with fewer than three steps that have a
/// score.
pub fn draw(pair: &PairFigures, words: &Wording, width: f64) -> Option<Element> {
    let known: Vec<(usize, Index)> =
        pair.steps.iter().enumerate().filter_map(|(place, step)| Some((place, step.satisfaction?))).collect();
    if known.len() < 3 {
        return None;
    }
    let step = (width - LEFT - 12.0) / pair.steps.len() as f64;
    let x = |place: usize| LEFT + (place as f64 + 0.5) * step;
    let ends = known.iter().flat_map(|(_, index)| index.ci.unwrap_or([index.score; 2]));
    let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), end| (low.min(end), high.max(end)));
    let (low, high) =
        ((low / 10.0).floor() * 10.0, ((high / 10.0).ceil() * 10.0).max((low / 10.0).floor() * 10.0 + 10.0));
    let y = |score: f64| BOTTOM - (score - low) / (high - low) * (BOTTOM - TOP);
    let inside: Vec<usize> = pair
        .steps
        .iter()
        .enumerate()
        .filter(|(_, step)| step.from >= -i32::from(pair.zone) && step.to <= i32::from(pair.zone))
        .map(|(place, _)| place)
        .collect();
    let zone = inside.first().zip(inside.last()).map(|(first, last)| {
        let from = x(*first) - step / 2.0;
        let band = element("rect").with("class", "zone").at("x", from).at("y", TOP);
        band.at("width", x(*last) + step / 2.0 - from).at("height", BOTTOM - TOP)
    });
    let grid = [low, f64::midpoint(low, high), high].into_iter().flat_map(|score| {
        [
            line((LEFT, y(score)), (width - 8.0, y(score)), "grid"),
            label(LEFT - 6.0, y(score) + 4.0, "axis axis-end", format!("{score:.0}")),
        ]
    });
    let corners: Vec<String> =
        known.iter().map(|(place, index)| format!("{:.1} {:.1}", x(*place), y(index.score))).collect();
    let curve = element("path").with("class", "curve").with("d", format!("M{}", corners.join(" L")));
    let reach = known.iter().filter_map(|(place, index)| {
        let [low, high] = index.ci?;
        Some(line((x(*place), y(low)), (x(*place), y(high)), "whisker"))
    });
    let names = step_names(pair, words);
    let told = |place: usize, index: &Index| {
        let score = points(index.score);
        let score = index
            .ci
            .map_or_else(|| score.clone(), |ci| words.aside(&score, &words.between(&super::rounding::ends(ci))));
        let n = words.fill("responses-count", &[("n", Value::Count(pair.steps[place].responses))]);
        format!("{}{}{}", names[place], words.get("colon"), words.listed(&[score, n]))
    };
    let narrow = step < 44.0;
    let short = |place: usize, step: &GapFigures| {
        // Where there is little room, ends are their inner number with a sign of more.
        let whole = names[place].clone();
        match (narrow && step.from != step.to, step.to < 0) {
            (false, _) => whole,
            (true, true) => format!("≤\u{2009}−{}", -step.to),
            (true, false) => format!("≥\u{2009}+{}", step.from),
        }
    };
    let last = pair.steps.len() - 1;
    let is_named = |place: usize, step: &GapFigures| {
        let inner = step.from % 2 == 0 && place > 1 && place + 1 < last;
        !narrow || place == 0 || place == last || inner
    };
    let shown = pair.steps.iter().enumerate().filter(|(place, step)| is_named(*place, step));
    let axis = shown.map(|(place, step)| label(x(place), BOTTOM + 20.0, "axis axis-middle", short(place, step)));
    let id = format!("gap-{}-{}", pair.found, if width > 500.0 { "wide" } else { "narrow" });
    let description = known.iter().map(|(place, index)| told(*place, index)).collect::<Vec<_>>().join("; ");
    Some(
        drawing(&id, width, HEIGHT, &words.fill("gap-chart", &[("name", pair.label.as_str().into())]), &description)
            .children(zone)
            .children(grid)
            .child(curve)
            .children(reach)
            .children(known.iter().map(|(place, index)| {
                let dot = element("circle").with("class", "month").at("cx", x(*place)).at("cy", y(index.score));
                dot.with("r", 4).child(element("title").text(told(*place, index)))
            }))
            .children(axis)
            .child(label(f64::midpoint(LEFT, width - 8.0), BOTTOM + 44.0, "axis axis-middle", words.get("gap-axis"))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_gaps_at_the_ends_go_together_and_nobody_is_lost() {
        let mut gaps = Gaps::new(9);
        for (gap, n) in [(-9, 3), (-5, 4), (-4, 30), (-3, 40), (-1, 50), (0, 200), (1, 60), (2, 10), (3, 5), (9, 1)] {
            for i in 0..n {
                gaps.push(gap, 5, Some(70.0 + f64::from(gap) + f64::from(i % 5)));
            }
        }
        let named = Named { expected: "e", found: "f", label: "Overall" };
        let found = figures(&named, &gaps, [70.0, 71.0], ([1, 10], 3), Thresholds::default());
        let steps: Vec<(i32, i32, usize)> =
            found.steps.iter().map(|step| (step.from, step.to, step.responses)).collect();
        // Sixteen with two and more are too few: they go with those at zero's side.
        assert_eq!(steps, [(-9, -4, 37), (-3, -3, 40), (-2, -1, 50), (0, 0, 200), (1, 9, 76)]);
        let shares = found.shares.unwrap();
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12 && (shares[0] - 77.0 / 403.0).abs() < 1e-12);
        assert_eq!(found.slopes.map(|slope| slope.is_some()), [true, true, true]);
        assert!(figures(&named, &Gaps::new(9), [f64::NAN; 2], ([1, 10], 3), Thresholds::default()).gap.is_none());
    }
}
