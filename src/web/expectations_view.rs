//! Expectation against performance -> what its page shows.

use serde::Serialize;

use super::days_filter::{DaysFilter, address_with};
use super::head::{Head, Here, with_language};
use super::overview_view::{class, range};
use super::report_view::{Within, days_of};
use super::view::link;
use crate::report::expectations::{Costlier, Expectations, PairFigures, draw, step_names};
use crate::report::overview::Verdict;
use crate::report::rounding::{percent, points, signed, signed_ends};
use crate::report::satisfiers::Slope;
use crate::wording::{Value, Wording, grouped, wording};

/// The page of expectation against performance.
#[derive(Debug, Serialize)]
pub struct ExpectationsView {
    language: String,
    head: Head,
    title: String,
    scope: String,
    days: String,
    filter: DaysFilter,
    /// What is said where there is nothing to show.
    none: String,
    sentences: Vec<Sentence>,
    pairs: Vec<Pair>,
    json: String,
}

#[derive(Debug, Serialize)]
struct Sentence {
    text: String,
    class: &'static str,
}

#[derive(Debug, Serialize)]
struct Pair {
    id: String,
    label: String,
    href: String,
    responses: String,
    /// Empty where there are too few.
    expected: String,
    found: String,
    gap: String,
    gap_interval: String,
    class: &'static str,
    /// Below the zone, within, above: as text and as a width.
    parts: Vec<Part>,
    sentences: Vec<String>,
    wide: String,
    narrow: String,
    steps: Vec<Step>,
}

#[derive(Debug, Serialize)]
struct Part {
    name: String,
    share: String,
    x: String,
    width: String,
    class: &'static str,
}

#[derive(Debug, Serialize)]
struct Step {
    gap: String,
    responses: String,
    score: String,
    interval: String,
}

impl ExpectationsView {
    /// The page of a survey's expectations.
    pub fn new(found: &Expectations, within: &Within) -> Self {
        let words = wording(&found.language);
        let slug = found.survey.slug.as_str();
        let asked = address_with(&found.filter, &within.keeps);
        let with = with_language(asked.clone(), &found.language);
        let none = match found.pairs.is_empty() {
            true => words.get("expectations-none"),
            false if found.pairs.iter().all(|pair| pair.gap.is_none()) => {
                words.fill("expectations-few", &[("n", Value::Count(found.thresholds.index))])
            }
            false => String::new(),
        };
        Self {
            head: Head::new(Here::Expectations, slug, &asked, &found.language, within),
            title: found.survey.title.clone(),
            scope: found.filter.scope(words),
            days: days_of(found.filter.from, found.filter.to, words),
            filter: DaysFilter::new(&found.filter, &found.survey, false, &found.language, within),
            none,
            sentences: sentences(found, words),
            pairs: found.pairs.iter().map(|pair| self::pair(pair, found, &with, words)).collect(),
            json: link(&["api", "v1", "overviews", slug, "expectations"], &with),
            language: found.language.clone(),
        }
    }
}

/// Which were found worse than expected, which better, and of which these answers show no difference.
fn sentences(found: &Expectations, words: &Wording) -> Vec<Sentence> {
    let of = |verdict: Verdict, id: &str| {
        let is = |pair: &&PairFigures| pair.gap.is_some_and(|gap| gap.verdict == verdict);
        let names: Vec<&str> = found.pairs.iter().filter(is).map(|pair| pair.label.as_str()).collect();
        let listed = words.listed(&names);
        let text = words.fill(id, &[("names", listed.as_str().into())]);
        (!names.is_empty()).then(|| Sentence { text, class: class(verdict) })
    };
    let all = [
        (Verdict::Down, "expectations-less"),
        (Verdict::Up, "expectations-more"),
        (Verdict::NotShown, "expectations-same"),
    ];
    all.into_iter().filter_map(|(verdict, id)| of(verdict, id)).collect()
}

fn pair(pair: &PairFigures, found: &Expectations, with: &[(String, String)], words: &Wording) -> Pair {
    let parts = ["gap-below", "gap-within", "gap-above"].into_iter().zip(["down", "unsure", "up"]);
    let part = |(place, ((id, class), share)): (usize, ((&str, &'static str), f64))| Part {
        name: words.get(id),
        share: percent(share),
        x: format!("{:.2}", 100.0 * pair.shares.map_or(0.0, |shares| shares[..place].iter().sum())),
        width: format!("{:.2}", 100.0 * share),
        class,
    };
    let names = step_names(pair, words);
    let svg = |width: f64| draw(pair, words, width).map_or_else(String::new, |drawn| drawn.to_string());
    Pair {
        id: pair.found.clone(),
        label: pair.label.clone(),
        href: link(&Here::Question(&pair.found).path(&found.survey.slug), with),
        responses: pair.responses.map_or_else(|| format!("<\u{2009}{}", found.thresholds.counts), grouped),
        expected: pair.expected_score.map_or_else(|| "–".to_owned(), points),
        found: pair.found_score.map_or_else(|| "–".to_owned(), points),
        gap: pair.gap.map_or_else(|| "–".to_owned(), |gap| gap.said()),
        gap_interval: pair.gap.map_or_else(String::new, |gap| range(&gap, words)),
        class: pair.gap.map_or("", |gap| class(gap.verdict)),
        parts: pair.shares.map_or_else(Vec::new, |shares| parts.zip(shares).enumerate().map(part).collect()),
        sentences: of_slopes(pair, found, words),
        wide: svg(1080.0),
        narrow: svg(380.0),
        steps: pair
            .steps
            .iter()
            .zip(names)
            .map(|(step, gap)| Step {
                gap,
                responses: grouped(step.responses),
                score: step.satisfaction.map_or_else(|| "–".to_owned(), |index| points(index.score)),
                interval: step
                    .satisfaction
                    .map_or_else(String::new, |index| super::report_view::interval_text(&index, words)),
            })
            .collect(),
    }
}

/// What a point less or more than expected does, as far as it is known.
fn of_slopes(pair: &PairFigures, found: &Expectations, words: &Wording) -> Vec<String> {
    let filled = |id: &str, slope: &Slope| {
        let plain = |text: &str| text.trim_start_matches('+').to_owned();
        let [low, high] = signed_ends(slope.ci);
        let values = [plain(&signed(slope.estimate)), plain(&low), plain(&high)];
        let named = [("slope", &values[0]), ("low", &values[1]), ("high", &values[2]), ("name", &found.headline)];
        words.fill(id, &named.map(|(name, value)| (name, value.as_str().into())))
    };
    let ids = ["slope-below", "slope-within", "slope-above"];
    let mut all: Vec<String> =
        ids.iter().zip(&pair.slopes).filter_map(|(id, slope)| Some(filled(id, slope.as_ref()?))).collect();
    if let Some(costlier) = pair.costlier {
        all.push(words.get(match costlier {
            Costlier::Loss => "loss-more",
            Costlier::Gain => "gain-more",
            Costlier::NotShown => "loss-as-gain",
        }));
    }
    all
}
