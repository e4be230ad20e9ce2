//! Where satisfaction stands, whether it moved, what stands out: the page that a week begins with.
//!
//! Pure. Owns: what the overview says beside its report, and the words for it. A move is called one only where its interval
//! leaves out zero. Refuses: an order of houses without what is known of each rank.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::publication::Base;
use super::question::{OutcomeFigures, QuestionFigures};
use super::rounding::points;
use super::{Index, Report};
use crate::wording::{Value, Wording};

/// The overview of a period.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Overview {
    /// Of the period; its months are those of all time.
    pub report: Report,
    /// Against another period; `None` if none was asked for, or there is no index.
    pub comparison: Option<Comparison>,
    /// Properties that were, for some months, surely other than otherwise; the surest first.
    pub standouts: Vec<StandoutFigures>,
    /// How many months of properties had enough responses to be judged.
    pub months_judged: usize,
    /// Of so many months of properties that have responses.
    pub months_answered: usize,
    /// What is known of the ranks of properties, in the order of the report's properties; those of a low base have none.
    pub ranks: Vec<RankFigures>,
    /// The questions of the construct that stands first.
    pub questions: Vec<QuestionFigures>,
    /// Measures that others use, where the survey has their questions.
    pub outcomes: Vec<OutcomeFigures>,
    /// Of the guests who were invited; `None` where too few were, or of parts of the guests.
    pub response_rate: Option<ResponseRate>,
    /// Whether the survey asks for what was expected and the same as it was found, and in Kano's pairs: both have pages.
    pub asks_expectations: bool,
    pub asks_kano: bool,
    /// How indices were put at one mix of guests; `None` where that was not asked for.
    pub adjustment: Option<Adjustment>,
    /// The unit that was asked for above or below all others in the same days, for whoever may see those.
    pub others: Vec<ConstructChange>,
    /// The headline index of every property that has enough responses less that of all together; all of them hold at once at
    /// 95 %. None where there is one property.
    pub against: Vec<PropertyChange>,
    /// Every construct in every property that has enough responses, where that was asked for.
    pub by_construct: Vec<PropertyConstructs>,
}

/// How much a property is above or below all together.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct PropertyChange {
    pub code: String,
    pub name: String,
    pub change: Change,
}

/// How many of those who were invited by personal links in whole months have answered so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, utoipa::ToSchema)]
pub struct ResponseRate {
    /// First and last day of these months.
    pub from: NaiveDate,
    pub to: NaiveDate,
    /// Without those whose links were revoked.
    pub invited: u64,
    pub answered: u64,
    /// To the nearest so many in each unit and month.
    pub nearest: u64,
    /// Whether the last of these months is not over.
    pub so_far: bool,
}

/// How indices, their changes and ranks were put at one mix of guests. Their intervals take weights of indicators and of guests
/// as known. Everything else is of the answers as they came.
#[derive(Debug, Clone, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Adjustment {
    /// Names of the segments whose shares are those of the period throughout.
    pub held: Vec<String>,
    /// Whether the shares of properties are held as well, in what is of several.
    pub properties: bool,
    /// Whether those are shares of the guests that were invited, not of those who answered.
    pub invited: bool,
    /// Properties that have responses and invited nobody in the period, so that none is weighed by guests invited.
    pub without_invited: Vec<String>,
    /// Whether too few guests of the period would carry too much weight if properties weighed by guests invited, so that none
    /// does.
    pub few_by_invited: bool,
    /// Of the mix, the least share that a period, month or property that is shown has guests for.
    pub covered: f64,
    /// Periods, months and properties that have too few guests like these for an index.
    pub dropped: usize,
}

/// A property by construct.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct PropertyConstructs {
    pub code: String,
    pub name: String,
    pub responses: usize,
    pub base: Base,
    /// In the order of the report's constructs.
    pub constructs: Vec<CellFigures>,
}

/// A construct in a property.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct CellFigures {
    #[serde(flatten)]
    pub index: Index,
    /// Against the same construct of all responses within the filter; the intervals of all cells hold at once.
    pub against: Option<Change>,
}

impl Overview {
    /// Of a report, with nothing beside it.
    pub fn of(report: Report) -> Self {
        Self {
            report,
            comparison: None,
            standouts: Vec::new(),
            months_judged: 0,
            months_answered: 0,
            ranks: Vec::new(),
            questions: Vec::new(),
            outcomes: Vec::new(),
            response_rate: None,
            asks_expectations: false,
            asks_kano: false,
            adjustment: None,
            others: Vec::new(),
            against: Vec::new(),
            by_construct: Vec::new(),
        }
    }
}

/// A period beside another.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Comparison {
    /// First and last day.
    pub from: NaiveDate,
    pub to: NaiveDate,
    /// The first day of the month from which on there are responses, where that is not the first of the period.
    pub begins: Option<NaiveDate>,
    /// `None` where there are too few to say.
    pub responses: Option<usize>,
    pub base: Base,
    /// Of the headline index; `None` where there are too few for an index.
    pub change: Option<Change>,
    /// The change with every property's share held at that of both periods together; `None` where that cannot be had.
    pub same_mix: Option<Change>,
    /// Whether the shares of properties moved so far that the two changes may differ.
    pub mix_moved: bool,
    /// Names of segments whose shares moved so.
    pub segments_moved: Vec<String>,
    /// Whether guests were shown another questionnaire.
    pub questionnaire_changed: bool,
    /// In the order of the report's constructs.
    pub constructs: Vec<ConstructChange>,
}

/// A difference in index points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
// Units have changes too.
#[schema(as = Difference)]
pub struct Change {
    pub difference: f64,
    /// At 95 %.
    pub ci: [f64; 2],
    pub verdict: Verdict,
}

/// What a difference's interval allows to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Up,
    Down,
    /// Zero lies within the interval.
    NotShown,
}

/// How a construct moved.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ConstructChange {
    pub construct: String,
    pub change: Change,
}

/// Months of a property that stand out.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct StandoutFigures {
    pub code: String,
    pub name: String,
    /// First and last month, such as 2026-02.
    pub first: String,
    pub last: String,
    pub responses: usize,
    /// Index in these months, and in the property's ordinary ones.
    pub index: f64,
    pub otherwise: f64,
    /// Its interval is adjusted for all months that were judged.
    pub change: Change,
}

/// What is known of a property's rank.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct RankFigures {
    pub code: String,
    /// Ranks that it could have, 1 the highest; all of them at once at 95 %.
    pub ranks: [usize; 2],
    /// Among so many.
    pub of: usize,
}

impl Change {
    /// A difference with its interval.
    pub fn new(difference: f64, ci: [f64; 2]) -> Self {
        let verdict = match ci {
            [low, _] if low > 0.0 => Verdict::Up,
            [_, high] if high < 0.0 => Verdict::Down,
            _ => Verdict::NotShown,
        };
        Self { difference, ci, verdict }
    }
}

/// A change in words: `+1.2 points, no difference shown`.
pub fn change_words(change: &Change, words: &Wording) -> String {
    let id = match change.verdict {
        Verdict::Up => "change-up",
        Verdict::Down => "change-down",
        Verdict::NotShown => "change-same",
    };
    words.fill(id, &[("difference", text(&change.said()))])
}

/// Whether satisfaction moved, in a sentence that its interval carries.
pub fn verdict_sentence(overview: &Overview, words: &Wording) -> Option<String> {
    let comparison = overview.comparison.as_ref()?;
    let period = [("from", text(&comparison.from.to_string())), ("to", text(&comparison.to.to_string()))];
    let Some(change) = &comparison.change else { return Some(words.fill("overview-not-comparable", &period)) };
    let id = match change.verdict {
        Verdict::Up => "overview-up",
        Verdict::Down => "overview-down",
        Verdict::NotShown => "overview-same",
    };
    let [low, high] = change.ends();
    let values = [("difference", text(&change.size())), ("low", text(&low)), ("high", text(&high))];
    Some(words.fill(id, &[values.as_slice(), &period].concat()))
}

/// Which houses are surely below all together, or how much a unit is above or below all others.
pub fn standing_sentence(overview: &Overview, words: &Wording) -> Option<String> {
    let mut below: Vec<&PropertyChange> =
        overview.against.iter().filter(|house| house.change.verdict == Verdict::Down).collect();
    below.sort_by(|a, b| a.change.difference.total_cmp(&b.change.difference));
    if !below.is_empty() {
        let name = |house: &&PropertyChange| words.aside(&house.name, &house.change.said());
        let names = words.listed(&below.iter().map(name).collect::<Vec<_>>());
        return Some(words.fill("overview-below", &[("names", text(&names))]));
    }
    let headline = &overview.report.headline.as_ref()?.construct;
    let change = &overview.others.iter().find(|other| other.construct == *headline)?.change;
    let id = match change.verdict {
        Verdict::Up => "overview-above-others",
        Verdict::Down => "overview-below-others",
        Verdict::NotShown => return None,
    };
    let [low, high] = change.ends();
    let values = [("difference", text(&change.size())), ("low", text(&low)), ("high", text(&high))];
    Some(words.fill(id, &values))
}

/// What to keep in mind when the two periods are compared.
pub fn cautions(overview: &Overview, words: &Wording) -> Vec<String> {
    let Some(comparison) = &overview.comparison else { return Vec::new() };
    let mut cautions = Vec::new();
    if let (Some(begins), Some(_)) = (comparison.begins, comparison.change) {
        cautions.push(words.fill("overview-begins", &[("month", text(&begins.format("%Y-%m").to_string()))]));
    }
    if comparison.questionnaire_changed {
        cautions.push(words.get("overview-questionnaire"));
    }
    let adjusted = overview.adjustment.as_ref().is_some_and(|adjustment| adjustment.properties);
    let mix_moved = comparison.mix_moved && !adjusted;
    if mix_moved && comparison.same_mix.is_none() {
        cautions.push(words.get("overview-mix-alone"));
    }
    if let (true, Some(same)) = (mix_moved, &comparison.same_mix) {
        let [low, high] = same.ends();
        let values = [("difference", text(&same.said())), ("low", text(&low)), ("high", text(&high))];
        cautions.push(words.fill("overview-mix", &values));
    }
    let held = overview.adjustment.as_ref().map_or(&[][..], |adjustment| &adjustment.held);
    let moved: Vec<&str> =
        comparison.segments_moved.iter().filter(|name| !held.contains(name)).map(String::as_str).collect();
    if !moved.is_empty() {
        let names = words.listed(&moved);
        cautions.push(words.fill("overview-segments-moved", &[("names", text(&names))]));
    }
    if comparison.base == Base::Low && comparison.change.is_some() {
        cautions.push(words.get("overview-low"));
    }
    cautions
}

/// At which mix of guests the figures are.
pub fn adjustment_sentences(overview: &Overview, words: &Wording) -> Vec<String> {
    let Some(adjustment) = &overview.adjustment else { return Vec::new() };
    let mut sentences = Vec::new();
    let list = |names: &[String]| words.listed(names);
    let houses = adjustment.properties.then(|| words.get("adjusted-houses"));
    let held: Vec<String> = adjustment.held.iter().cloned().chain(houses.filter(|_| !adjustment.invited)).collect();
    if !held.is_empty() {
        sentences.push(words.fill("adjusted-held", &[("what", text(&list(&held)))]));
    }
    if adjustment.invited {
        sentences.push(words.get("adjusted-invited"));
    }
    if !adjustment.without_invited.is_empty() {
        sentences.push(words.fill("adjusted-without", &[("names", text(&list(&adjustment.without_invited)))]));
    }
    if adjustment.few_by_invited {
        sentences.push(words.get("adjusted-few"));
    }
    if sentences.is_empty() {
        sentences.push(words.get("adjusted-nothing"));
    }
    if adjustment.covered < 0.995 {
        let lacking = super::rounding::percent(1.0 - adjustment.covered);
        sentences.push(words.fill("adjusted-covered", &[("share", text(&lacking))]));
    }
    if adjustment.dropped > 0 {
        sentences.push(words.fill("adjusted-dropped", &[("n", Value::Count(adjustment.dropped))]));
    }
    sentences.push(words.get("adjusted-rest"));
    sentences
}

/// What stands out, each in a sentence.
pub fn standout_sentences(overview: &Overview, words: &Wording) -> Vec<String> {
    let one = |standout: &StandoutFigures| {
        let id = match (standout.change.difference < 0.0, standout.first == standout.last) {
            (true, true) => "standout-low-month",
            (true, false) => "standout-low-months",
            (false, true) => "standout-high-month",
            (false, false) => "standout-high-months",
        };
        let [low, high] = standout.change.ends();
        let values = [
            ("name", text(&standout.name)),
            ("first", text(&standout.first)),
            ("last", text(&standout.last)),
            ("index", text(&points(standout.index))),
            ("otherwise", text(&points(standout.otherwise))),
            ("low", text(&low)),
            ("high", text(&high)),
        ];
        words.fill(id, &values)
    };
    overview.standouts.iter().map(one).collect()
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_move_is_one_only_if_zero_is_left_out() {
        assert_eq!(Change::new(1.0, [0.1, 1.9]).verdict, Verdict::Up);
        assert_eq!(Change::new(-1.0, [-1.9, -0.1]).verdict, Verdict::Down);
        for ci in [[-0.1, 2.0], [0.0, 2.0], [-2.0, 0.0]] {
            assert_eq!(Change::new(1.0, ci).verdict, Verdict::NotShown, "{ci:?}");
        }
    }
}
