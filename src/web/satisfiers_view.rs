//! What delights and what disappoints -> what its page shows.

use serde::Serialize;

use super::days_filter::{DaysFilter, address, of_all_time};
use super::head::{Head, Here, with_language};
use super::measurement_view::absence;
use super::report_view::{Absence, Within, days_of};
use super::view::link;
use crate::report::overview::signed;
use crate::report::satisfiers::{Attribute, Kind, Satisfiers, Slope, draw};
use crate::report::sentences::points;
use crate::wording::{Value, Wording, wording};

/// The page of satisfiers and dissatisfiers.
#[derive(Debug, Serialize)]
pub struct SatisfiersView {
    language: String,
    head: Head,
    title: String,
    scope: String,
    days: String,
    filter: DaysFilter,
    absence: Option<Absence>,
    lead: String,
    sentences: Vec<Sentence>,
    note: String,
    attributes: Vec<Row>,
    unknown: String,
    json: String,
}

#[derive(Debug, Serialize)]
struct Sentence {
    text: String,
    class: &'static str,
}

#[derive(Debug, Serialize)]
struct Row {
    label: String,
    construct: String,
    href: String,
    penalty: String,
    penalty_interval: String,
    bar: String,
    reward: String,
    reward_interval: String,
    asymmetry: String,
    asymmetry_interval: String,
    verdict: String,
}

impl SatisfiersView {
    /// The page of a survey's satisfiers.
    pub fn new(found: &Satisfiers, within: &Within) -> Self {
        let words = wording(&found.language);
        let slug = found.survey.slug.as_str();
        let filter = &found.filter;
        let asked = address(filter);
        let with = with_language(asked.clone(), &found.language);
        let links = with_language(of_all_time(asked.clone()), &found.language);
        let named = |kind: Kind, id: &str, class: &'static str| {
            let names: Vec<&str> =
                found.attributes.iter().filter(|a| a.kind == kind).map(|attribute| attribute.label.as_str()).collect();
            let listed = names.join(&words.get("list-separator"));
            (!names.is_empty()).then(|| Sentence { text: words.fill(id, &[("names", listed.as_str().into())]), class })
        };
        let ends = found.attributes.iter().flat_map(|a| [a.penalty.estimate, a.reward.estimate]);
        let reach = ends.fold(1.0_f64, f64::max);
        Self {
            head: Head::new(Here::Satisfiers, slug, &asked, &found.language, within),
            title: found.survey.title.clone(),
            scope: filter.scope(words),
            days: days_of(filter.from, filter.to),
            filter: DaysFilter::new(filter, &found.survey, false, &found.language, within),
            absence: absence(&found.state, words),
            lead: if found.attributes.iter().all(|attribute| attribute.kind == Kind::Both) {
                words.get("satisfiers-none")
            } else {
                String::new()
            },
            sentences: [
                named(Kind::Dissatisfier, "satisfiers-basic", "down"),
                named(Kind::Satisfier, "satisfiers-delight", "up"),
            ]
            .into_iter()
            .flatten()
            .collect(),
            note: words.fill("satisfiers-note", &[("name", found.headline.as_str().into())]),
            attributes: found.attributes.iter().map(|a| row(a, slug, (&links, reach), words)).collect(),
            unknown: if found.unknown.is_empty() {
                String::new()
            } else {
                let listed = found.unknown.join(&words.get("list-separator"));
                words.fill("satisfiers-unknown", &[("names", Value::from(listed.as_str()))])
            },
            json: link(&["api", "v1", "overviews", slug, "satisfiers"], &with),
            language: found.language.clone(),
        }
    }
}

fn row(attribute: &Attribute, slug: &str, (with, reach): (&[(String, String)], f64), words: &Wording) -> Row {
    let range = |slope: &Slope, text: fn(f64) -> String| {
        let [low, high] = slope.ci.map(text);
        words.fill("interval-range", &[("low", low.as_str().into()), ("high", high.as_str().into())])
    };
    Row {
        label: attribute.label.clone(),
        construct: attribute.construct.clone(),
        href: link(&Here::Question(&attribute.indicator).path(slug), with),
        penalty: points(attribute.penalty.estimate),
        penalty_interval: range(&attribute.penalty, points),
        bar: draw(attribute, reach).to_string(),
        reward: points(attribute.reward.estimate),
        reward_interval: range(&attribute.reward, points),
        asymmetry: signed(attribute.asymmetry.estimate),
        asymmetry_interval: range(&attribute.asymmetry, signed),
        verdict: words.get(match attribute.kind {
            Kind::Satisfier => "kind-satisfier",
            Kind::Dissatisfier => "kind-dissatisfier",
            Kind::Both => "kind-both",
        }),
    }
}
