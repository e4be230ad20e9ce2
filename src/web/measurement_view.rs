//! How well a survey measures -> what its page shows.

use serde::Serialize;

use super::days_filter::{DaysFilter, address_with, of_all_time};
use super::head::{Head, Here, with_language};
use super::report_view::{Absence, Within, days_of};
use super::view::link;
use crate::report::measurement::{ConstructQuality, IndicatorQuality, Judged, Measurement};
use crate::report::rounding::{percent, two_ends};
use crate::report::{Basis, State};
use crate::wording::{Value, Wording, wording};

/// The page of a survey's measurement.
#[derive(Debug, Serialize)]
pub struct MeasurementView {
    language: String,
    head: Head,
    title: String,
    scope: String,
    days: String,
    filter: DaysFilter,
    absence: Option<Absence>,
    verdict: String,
    sound: bool,
    /// Said to whoever sees whole groups of responses.
    caution: String,
    worries: Vec<String>,
    constructs: Vec<ConstructRows>,
    pairs: Vec<PairRow>,
    srmr: Option<Figure>,
    json: String,
}

#[derive(Debug, Serialize)]
struct ConstructRows {
    name: String,
    href: String,
    /// Reliability and the like; none for a construct of one question.
    figures: Vec<Figure>,
    indicators: Vec<IndicatorRow>,
}

#[derive(Debug, Serialize)]
struct Figure {
    name: String,
    value: String,
    /// `met`, `unmet` or nothing where no rule applies.
    class: &'static str,
    rule: String,
}

#[derive(Debug, Serialize)]
struct IndicatorRow {
    label: String,
    href: String,
    loading: Figure,
    interval: String,
    left_out: String,
    lowest: String,
    highest: String,
}

#[derive(Debug, Serialize)]
struct PairRow {
    names: String,
    htmt: Figure,
}

impl MeasurementView {
    /// The page of a survey's measurement.
    pub fn new(measured: &Measurement, within: &Within) -> Self {
        let words = wording(&measured.language);
        let slug = measured.survey.slug.as_str();
        let filter = &measured.filter;
        let asked = address_with(filter, &within.keeps);
        let with = with_language(asked.clone(), &measured.language);
        let links = with_language(of_all_time(asked.clone()), &measured.language);
        let (judged, met) = measured.judged();
        let counts = [("met", Value::Count(met)), ("judged", Value::Count(judged))];
        let name = |id: &str| {
            measured.constructs.iter().find(|c| c.construct == id).map_or_else(|| id.to_owned(), |c| c.name.clone())
        };
        let pair = |pair: &crate::report::measurement::PairQuality| PairRow {
            names: format!("{} – {}", name(&pair.first), name(&pair.second)),
            htmt: figure("htmt", &pair.htmt, words),
        };
        Self {
            head: Head::new(Here::Measurement, slug, &asked, &measured.language, within),
            title: measured.survey.title.clone(),
            scope: filter.scope(words),
            days: days_of(filter.from, filter.to, words),
            filter: DaysFilter::new(filter, &measured.survey, false, &measured.language, within),
            absence: absence(&measured.state, "measurement-too-few", words),
            verdict: words.fill(
                match (judged, met == judged) {
                    (0, _) => "measurement-no-rule",
                    (_, true) => "measurement-sound",
                    (_, false) => "measurement-look",
                },
                &counts,
            ),
            sound: judged > 0 && met == judged,
            caution: if measured.basis == Basis::Groups { words.get("measurement-groups") } else { String::new() },
            worries: worries(measured, name, words),
            constructs: measured.constructs.iter().map(|c| rows(c, slug, &links, words)).collect(),
            pairs: measured.pairs.iter().map(pair).collect(),
            srmr: measured.srmr.map(|srmr| figure("srmr", &srmr, words)),
            json: link(&["api", "v1", "overviews", slug, "measurement"], &with),
            language: measured.language.clone(),
        }
    }
}

/// Why there is nothing to say, where there is not.
pub(super) fn absence(state: &State, too_few: &'static str, words: &Wording) -> Option<Absence> {
    let (id, values) = match state {
        State::Ready => return None,
        State::TooFew { needed } => (too_few, vec![("needed", Value::Count(*needed))]),
        State::NotEstimable { reason } => ("not-estimable-text", vec![("reason", reason.as_str().into())]),
        State::NoModel => ("no-model-text", Vec::new()),
    };
    Some(Absence { title: words.get("measurement-none"), text: words.fill(id, &values) })
}

/// What to look at, a sentence each; the constructs first.
fn worries(measured: &Measurement, name: impl Fn(&str) -> String, words: &Wording) -> Vec<String> {
    let unmet = |judged: &Judged| judged.met == Some(false);
    let two = |x: f64| format!("{x:.2}");
    let mut said = Vec::new();
    for construct in &measured.constructs {
        let reliability = [construct.rho_c, construct.rho_a, construct.alpha].into_iter().flatten().find(|j| unmet(j));
        if let Some(low) = reliability {
            let values = [("name", construct.name.as_str().into()), ("value", two(low.value).as_str().into())];
            said.push(words.fill("worry-reliability", &values));
        }
        if let Some(ave) = construct.ave.filter(unmet) {
            let values = [("name", construct.name.as_str().into()), ("share", percent(ave.value).as_str().into())];
            said.push(words.fill("worry-ave", &values));
        }
        for indicator in construct.indicators.iter().filter(|indicator| unmet(&indicator.loading)) {
            let values = [
                ("question", indicator.label.as_str().into()),
                ("name", construct.name.as_str().into()),
                ("value", two(indicator.loading.value).as_str().into()),
            ];
            said.push(words.fill("worry-loading", &values));
        }
    }
    for pair in measured.pairs.iter().filter(|pair| unmet(&pair.htmt)) {
        let (first, second) = (name(&pair.first), name(&pair.second));
        let value = two(pair.htmt.value);
        let values =
            [("first", first.as_str().into()), ("second", second.as_str().into()), ("value", value.as_str().into())];
        said.push(words.fill("worry-htmt", &values));
    }
    if let Some(srmr) = measured.srmr.filter(unmet) {
        said.push(words.fill("worry-srmr", &[("value", format!("{:.3}", srmr.value).as_str().into())]));
    }
    said
}

fn rows(construct: &ConstructQuality, slug: &str, with: &[(String, String)], words: &Wording) -> ConstructRows {
    let figures =
        [("rho_c", construct.rho_c), ("rho_a", construct.rho_a), ("alpha", construct.alpha), ("ave", construct.ave)];
    let share = |share: Option<f64>| share.map_or("–".to_owned(), percent);
    let indicator = |i: &IndicatorQuality| IndicatorRow {
        label: i.label.clone(),
        href: link(&Here::Question(&i.indicator).path(slug), with),
        loading: figure("loading", &i.loading, words),
        interval: i.ci.map_or(String::new(), |ci| words.between(&two_ends(ci))),
        left_out: share(i.left_out),
        lowest: share(i.lowest),
        highest: share(i.highest),
    };
    ConstructRows {
        name: construct.name.clone(),
        href: link(&Here::Construct(&construct.construct).path(slug), with),
        figures: figures.into_iter().filter_map(|(id, judged)| Some(figure(id, &judged?, words))).collect(),
        indicators: construct.indicators.iter().map(indicator).collect(),
    }
}

fn figure(id: &str, judged: &Judged, words: &Wording) -> Figure {
    let at_least = matches!(id, "rho_c" | "rho_a" | "alpha" | "ave" | "loading");
    let threshold = judged.threshold.map(|threshold| format!("{threshold}"));
    let rule = threshold.map_or(String::new(), |threshold| {
        words.fill(if at_least { "rule-least" } else { "rule-most" }, &[("threshold", threshold.as_str().into())])
    });
    Figure {
        name: words.get(&format!("figure-{}", id.replace('_', "-"))),
        value: if id == "srmr" { format!("{:.3}", judged.value) } else { format!("{:.2}", judged.value) },
        class: match judged.met {
            Some(true) => "met",
            Some(false) => "unmet",
            None => "",
        },
        rule,
    }
}
