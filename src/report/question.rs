//! How questions were answered: points, means, top boxes, against another period and house by house.
//!
//! Pure. Owns: which of these figures how many answers allow, and the rule for what counts as satisfied on any scale.
//! Refuses: to say that a house differs from the others where its interval does not.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::overview::Change;
use super::publication::{Base, Thresholds};
use super::rounding::{percent, percent_ends, signed_whole_ends};
use super::{Basis, Filter, GroupFigures, Index, SurveyInfo};
use crate::csi::counts::{Counts, Mean, Sure, each_of};
use crate::wording::{Value, Wording};

/// How sure every figure is, where nothing else is said.
pub const LEVEL: f64 = 0.95;
/// Of 0 to 100, from where an answer counts as satisfied: 4 and 5 of 5, 6 and 7 of 7, 8 to 10 of 10.
const SATISFIED: f64 = 75.0;
/// Who would recommend and who would not, on a scale that ends with 10.
const PROMOTERS: u8 = 9;
const DETRACTORS: u8 = 6;

/// How a question was answered.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct QuestionFigures {
    pub indicator: String,
    pub label: String,
    /// As guests were asked.
    pub text: String,
    /// The lowest point and the highest.
    pub scale: [u8; 2],
    /// How many gave an answer; `None` where there are too few to say.
    pub responses: Option<usize>,
    /// How many gave none; `None` for whoever sees whole groups of responses.
    pub left_out: Option<usize>,
    /// What their number allows.
    pub base: Base,
    /// Every point of the scale, the lowest first; empty where there are too few for an index.
    pub points: Vec<PointCount>,
    /// Mean on the question's own scale.
    pub mean: Option<f64>,
    /// The mean as 0-100, with its interval.
    pub score: Option<Index>,
    /// The answers that count as satisfied.
    pub top: Option<TopBox>,
    /// Of the score, against the other period.
    pub change: Option<Change>,
}

/// How often a point was given.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct PointCount {
    pub point: u8,
    pub responses: usize,
    /// Of those who gave an answer.
    pub share: f64,
}

/// The share of answers from a point upwards.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct TopBox {
    pub from: u8,
    pub share: f64,
    /// At 95 %, after Wilson.
    pub ci: [f64; 2],
}

/// A measure that others use, of one question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OutcomeFigures {
    pub outcome: Outcome,
    pub indicator: String,
    pub label: String,
    pub scale: [u8; 2],
    pub responses: usize,
    /// Net promoter score in points from -100 to 100; customer satisfaction score as a share from 0 to 100.
    pub score: f64,
    /// At 95 %.
    pub ci: [f64; 2],
    /// Against the other period.
    pub change: Option<Change>,
}

/// Which measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Net promoter score: 9 and 10 less 6 and below.
    Nps,
    /// Customer satisfaction score: the share of the satisfied.
    Csat,
}

/// A question by itself.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct QuestionReport {
    pub survey: SurveyInfo,
    pub language: String,
    pub filter: Filter,
    pub basis: Basis,
    pub thresholds: Thresholds,
    /// What it measures.
    pub construct: String,
    pub construct_name: String,
    pub question: QuestionFigures,
    /// Points of the headline index per point of this question on 0-100; `None` where it leads nowhere or nothing could
    /// be estimated.
    pub importance: Option<f64>,
    /// The measures that others use of it, if it is theirs.
    pub outcomes: Vec<OutcomeFigures>,
    /// The other period.
    pub compared: Option<[NaiveDate; 2]>,
    /// The score of each property.
    pub properties: Vec<GroupFigures>,
    /// Of properties with enough answers, against all others together; the intervals hold all at once.
    pub against: Vec<AgainstFigures>,
    /// The score month by month, of all time.
    pub months: Vec<GroupFigures>,
}

/// A property beside all others.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct AgainstFigures {
    pub code: String,
    pub change: Change,
}

/// What is asked, for its figures.
pub struct Asked<'a> {
    pub indicator: &'a str,
    pub label: &'a str,
    pub text: &'a str,
    pub scale: [u8; 2],
    /// From one point that can be chosen to the next.
    pub step: u8,
}

/// Figures of a question from its answers in a period and, if there is one, in another.
pub fn figures(asked: &Asked<'_>, [now, then]: [&Counts; 2], thresholds: Thresholds, basis: Basis) -> QuestionFigures {
    let base = thresholds.base(now.given() as usize);
    let counted = base > Base::Nothing;
    // Points of a few would be what each of them said.
    let shown = base >= Base::Low;
    let count = |n: u64| (counted || basis == Basis::All).then_some(n as usize);
    let [low, high] = asked.scale;
    let given = now.given() as f64;
    let point = |point: u8| {
        let responses = now.of(point);
        PointCount { point, responses: responses as usize, share: responses as f64 / given }
    };
    QuestionFigures {
        indicator: asked.indicator.to_owned(),
        label: asked.label.to_owned(),
        text: asked.text.to_owned(),
        scale: asked.scale,
        responses: count(now.given()),
        // Where a few of a group answered, the whole group counts as not having done so: that is no figure of guests.
        left_out: count(now.left_out()).filter(|_| basis == Basis::All),
        base,
        points: if shown { (low..=high).step_by(asked.step.max(1).into()).map(point).collect() } else { Vec::new() },
        mean: now.mean().filter(|_| counted).map(|mean| mean.mean),
        score: score(now, asked.scale, thresholds).filter(|_| shown),
        top: now.share_at_least(satisfied_from(asked.scale), LEVEL).filter(|_| shown).map(|share| TopBox {
            from: satisfied_from(asked.scale),
            share: share.value,
            ci: share.ci,
        }),
        change: change([now, then].map(|counts| mean_score(counts, asked.scale)), thresholds),
    }
}

/// Whether an interval can be had: of one answer, or where all gave the same, there is none.
fn varies(mean: &Mean) -> bool {
    mean.se.is_finite() && mean.se > 0.0
}

/// The score of a group of answers; its interval, within the scale, from as many as an index takes, of which a mean is nearly
/// normal.
pub fn score(counts: &Counts, scale: [u8; 2], thresholds: Thresholds) -> Option<Index> {
    let mean = mean_score(counts, scale)?;
    let known = thresholds.base(counts.given() as usize) >= Base::Low && varies(&mean);
    let ci = known.then(|| mean.sure(LEVEL).ci.map(|end| end.clamp(0.0, 100.0)));
    Some(Index { score: mean.mean, se: known.then_some(mean.se), ci })
}

/// Groups with their scores, where their answers are as many as an index takes.
pub fn groups(
    named: impl Iterator<Item = (String, String)>,
    counts: &[Counts],
    scale: [u8; 2],
    (thresholds, basis): (Thresholds, Basis),
) -> Vec<GroupFigures> {
    let group = |((code, name), counts): ((String, String), &Counts)| {
        let responses = counts.given() as usize;
        let base = thresholds.base(responses);
        GroupFigures {
            code,
            name,
            responses: (base > Base::Nothing || basis == Basis::All).then_some(responses),
            base,
            index: score(counts, scale, thresholds).filter(|_| base >= Base::Low),
            of_moments: false,
        }
    };
    named.zip(counts).map(group).collect()
}

/// Every group with enough answers against all others together, with intervals that hold all at once (Bonferroni).
pub fn against(
    groups: &[GroupFigures],
    counts: &[Counts],
    scale: [u8; 2],
    thresholds: Thresholds,
) -> Vec<AgainstFigures> {
    let enough = |counts: &Counts| thresholds.base(counts.given() as usize) >= Base::Low;
    let mut all = Counts::default();
    for counts in counts {
        all.add(counts);
    }
    let pairs: Vec<(&str, Mean, Mean)> = groups
        .iter()
        .zip(counts)
        .filter(|(_, counts)| enough(counts) && enough(&all.without(counts)))
        .filter_map(|(group, counts)| {
            let rest = mean_score(&all.without(counts), scale).filter(varies)?;
            Some((group.code.as_str(), mean_score(counts, scale).filter(varies)?, rest))
        })
        .collect();
    let level = each_of(pairs.len(), LEVEL);
    let figures = |(code, mean, rest): &(&str, Mean, Mean)| {
        let Sure { value, ci } = mean.less(*rest, level);
        AgainstFigures { code: (*code).to_owned(), change: Change::new(value, ci) }
    };
    pairs.iter().map(figures).collect()
}

/// A measure of its question; `None` where there are too few answers for its interval.
pub fn outcome(
    outcome: Outcome,
    asked: &Asked<'_>,
    counts: [&Counts; 2],
    thresholds: Thresholds,
) -> Option<OutcomeFigures> {
    let enough = |counts: &Counts| thresholds.base(counts.given() as usize) >= Base::Low;
    let [now, then] = counts;
    if !enough(now) {
        return None;
    }
    let from = satisfied_from(asked.scale);
    let points = |sure: Sure| Sure { value: 100.0 * sure.value, ci: sure.ci.map(|end| 100.0 * end) };
    let (found, difference) = match outcome {
        Outcome::Nps => {
            let net =
                |counts: &Counts| Some(counts.net_share(PROMOTERS, DETRACTORS)?.scaled(0.0, 100.0)).filter(varies);
            let Sure { value, ci } = net(now)?.sure(LEVEL);
            let found = Sure { value, ci: ci.map(|end| end.clamp(-100.0, 100.0)) };
            (found, net(now).zip(net(then)).map(|(now, then)| now.less(then, LEVEL)))
        }
        Outcome::Csat => {
            (points(now.share_at_least(from, LEVEL)?), now.share_at_least_less(then, from, LEVEL).map(points))
        }
    };
    Some(OutcomeFigures {
        outcome,
        indicator: asked.indicator.to_owned(),
        label: asked.label.to_owned(),
        scale: asked.scale,
        responses: now.given() as usize,
        score: found.value,
        ci: found.ci,
        change: difference.filter(|_| enough(then)).map(|sure| Change::new(sure.value, sure.ci)),
    })
}

/// A measure in words.
pub struct OutcomeWords {
    pub name: String,
    /// How it is made, in a sentence.
    pub about: String,
    pub score: String,
    pub interval: String,
}

impl OutcomeFigures {
    /// In words: a net score with its sign, a share in per cent.
    pub fn in_words(&self, words: &Wording) -> OutcomeWords {
        let (name, about) = match self.outcome {
            Outcome::Nps => ("nps-name", "nps-about"),
            Outcome::Csat => ("csat-name", "csat-about"),
        };
        let values = [
            ("question", Value::from(self.label.as_str())),
            ("low", Value::Count(self.scale[0].into())),
            ("from", Value::Count(satisfied_from(self.scale).into())),
            ("high", Value::Count(self.scale[1].into())),
            ("n", Value::Count(self.responses)),
        ];
        let figure = |x: f64| match self.outcome {
            Outcome::Nps => signed_whole(x),
            Outcome::Csat => percent(x / 100.0),
        };
        let ends = match self.outcome {
            Outcome::Nps => signed_whole_ends(self.ci),
            Outcome::Csat => percent_ends(self.ci.map(|x| x / 100.0)),
        };
        OutcomeWords {
            name: words.get(name),
            about: words.fill(about, &values),
            score: figure(self.score),
            interval: words.between(&ends),
        }
    }
}

/// With a sign, whole: `+32`, `−4`, `0`.
fn signed_whole(x: f64) -> String {
    match x.round() {
        0.0 => "0".to_owned(),
        x if x < 0.0 => format!("−{:.0}", -x),
        x => format!("+{x:.0}"),
    }
}

/// The first point that counts as satisfied.
pub fn satisfied_from([low, high]: [u8; 2]) -> u8 {
    let width = f64::from(high - low);
    low + (SATISFIED / 100.0 * width).ceil() as u8
}

fn mean_score(counts: &Counts, [low, high]: [u8; 2]) -> Option<Mean> {
    Some(counts.mean()?.scaled(f64::from(low), 100.0 / f64::from(high - low)))
}

/// From one period to the other, where both have as many answers as an index takes.
fn change([now, then]: [Option<Mean>; 2], thresholds: Thresholds) -> Option<Change> {
    let enough = |mean: &Mean| thresholds.base(mean.n as usize) >= Base::Low && varies(mean);
    let Sure { value, ci } = now.filter(enough)?.less(then.filter(enough)?, LEVEL);
    Some(Change::new(value, ci))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Asked<'_> = Asked { indicator: "q", label: "Q", text: "Q?", scale: [1, 10], step: 1 };

    fn of(ratings: &[(u8, usize)]) -> Counts {
        let mut counts = Counts::default();
        for (point, times) in ratings {
            (0..*times).for_each(|_| counts.push(*point));
        }
        counts
    }

    #[test]
    fn the_satisfied_are_the_upper_quarter_of_any_scale() {
        let from = [[1, 5], [1, 7], [0, 10], [1, 10], [0, 100]].map(satisfied_from);
        assert_eq!(from, [4, 6, 8, 8, 75]);
    }

    #[test]
    fn few_answers_say_nothing_and_some_say_no_change() {
        let thresholds = Thresholds::default();
        let none = Counts::default();
        let few = figures(&ASKED, [&of(&[(9, 4)]), &none], thresholds, Basis::Groups);
        assert_eq!(few.mean, None);
        assert_eq!((few.responses, few.points.len(), few.score, few.top.is_none()), (None, 0, None, true));
        let some = figures(&ASKED, [&of(&[(9, 10), (2, 10)]), &of(&[(9, 40)])], thresholds, Basis::Groups);
        assert_eq!((some.responses, some.mean, some.change), (Some(20), Some(5.5), None));
        assert!(some.score.is_none() && some.points.is_empty() && some.top.is_none());
        let many = figures(&ASKED, [&of(&[(9, 40), (8, 40)]), &of(&[(3, 40), (2, 40)])], thresholds, Basis::Groups);
        let share: f64 = many.points.iter().map(|point| point.share).sum();
        assert!((share - 1.0).abs() < 1e-12 && many.points.len() == 10);
        assert!(many.change.is_some_and(|c| c.ci[0] > 50.0 && (c.difference - 600.0 / 9.0).abs() < 1e-9));
        // Who left it out is known of single responses alone.
        let left = of(&[(9, 40), (255, 3)]);
        let told = |basis| figures(&ASKED, [&left, &none], thresholds, basis).left_out;
        assert_eq!((told(Basis::All), told(Basis::Groups)), (Some(3), None));
    }

    #[test]
    fn a_house_is_beside_the_others_with_intervals_that_hold_at_once() {
        let counts = [of(&[(9, 50), (8, 50)]), of(&[(5, 50), (6, 50)]), of(&[(5, 3)])];
        let named = (0..3).map(|i| (i.to_string(), i.to_string()));
        let found = groups(named, &counts, ASKED.scale, (Thresholds::default(), Basis::Groups));
        assert_eq!((found[2].index, found[2].responses), (None, None));
        let beside = against(&found, &counts, ASKED.scale, Thresholds::default());
        assert_eq!(beside.len(), 2);
        assert!(beside[0].change.ci[0] > 0.0 && beside[1].change.ci[1] < 0.0);
    }

    #[test]
    fn the_measures_that_others_use() {
        let none = Counts::default();
        let counts = of(&[(10, 50), (8, 30), (3, 20)]);
        let of = |kind| outcome(kind, &ASKED, [&counts, &none], Thresholds::default()).unwrap();
        let (nps, csat) = (of(Outcome::Nps), of(Outcome::Csat));
        assert!((nps.score - 30.0).abs() < 1e-9 && nps.ci[0] < 30.0 && nps.change.is_none());
        assert!((csat.score - 80.0).abs() < 1e-9 && csat.ci[0] > 70.0 && csat.ci[1] < 90.0);
        assert!(outcome(Outcome::Nps, &ASKED, [&none, &counts], Thresholds::default()).is_none());
    }
}
