//! What delights and what disappoints -> what its page shows.

use serde::Serialize;

use super::days_filter::{DaysFilter, address_with, of_all_time};
use super::head::{Head, Here, with_language};
use super::measurement_view::absence;
use super::report_view::{Absence, Within, days_of};
use super::view::link;
use crate::report::State;
use crate::report::rounding::{percent, percent_ends, signed, signed_ends};
use crate::report::satisfiers::{Attribute, Category, KanoFigures, Kind, Satisfiers, Slope, draw};
use crate::wording::{Value, Wording, grouped, wording};

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
    /// Whether ratings were contrasted.
    contrasted: bool,
    lead: String,
    sentences: Vec<Sentence>,
    note: String,
    attributes: Vec<Row>,
    unknown: String,
    kano: Vec<KanoRow>,
    json: String,
}

/// An attribute that was asked in a pair.
#[derive(Debug, Serialize)]
struct KanoRow {
    label: String,
    responses: String,
    verdict: String,
    counts: Vec<String>,
    better: String,
    better_interval: String,
    worse: String,
    worse_interval: String,
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
        let asked = address_with(filter, &within.keeps);
        let with = with_language(asked.clone(), &found.language);
        let links = with_language(of_all_time(asked.clone()), &found.language);
        let named = |kind: Kind, id: &str, class: &'static str| {
            let names: Vec<&str> =
                found.attributes.iter().filter(|a| a.kind == kind).map(|attribute| attribute.label.as_str()).collect();
            let listed = words.listed(&names);
            (!names.is_empty()).then(|| Sentence { text: words.fill(id, &[("names", listed.as_str().into())]), class })
        };
        let ends = found.attributes.iter().flat_map(|a| [a.penalty.estimate, a.reward.estimate]);
        let reach = ends.fold(1.0_f64, f64::max);
        Self {
            head: Head::new(Here::Satisfiers, slug, &asked, &found.language, within),
            title: found.survey.title.clone(),
            scope: filter.scope(words),
            days: days_of(filter.from, filter.to, words),
            filter: DaysFilter::new(filter, &found.survey, false, &found.language, within),
            absence: absence(&found.state, "satisfiers-too-few", words).filter(|_| found.kano.is_empty()),
            contrasted: found.state == State::Ready,
            lead: if found.attributes.is_empty() && found.unknown.is_empty() {
                String::new()
            } else if found.attributes.iter().all(|attribute| attribute.kind == Kind::Both) {
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
                let listed = words.listed(&found.unknown);
                words.fill("satisfiers-unknown", &[("names", Value::from(listed.as_str()))])
            },
            kano: found.kano.iter().map(|attribute| kano_row(attribute, words)).collect(),
            json: link(&["api", "v1", "overviews", slug, "satisfiers"], &with),
            language: found.language.clone(),
        }
    }
}

fn row(attribute: &Attribute, slug: &str, (with, reach): (&[(String, String)], f64), words: &Wording) -> Row {
    let range = |slope: &Slope, sign: bool| {
        let plain = |text: String| if sign { text } else { text.trim_start_matches('+').to_owned() };
        words.between(&signed_ends(slope.ci).map(plain))
    };
    Row {
        label: attribute.label.clone(),
        construct: attribute.construct.clone(),
        href: link(&Here::Question(&attribute.indicator).path(slug), with),
        penalty: plain(attribute.penalty.estimate),
        penalty_interval: range(&attribute.penalty, false),
        bar: draw(attribute, reach).to_string(),
        reward: plain(attribute.reward.estimate),
        reward_interval: range(&attribute.reward, false),
        asymmetry: signed(attribute.asymmetry.estimate),
        asymmetry_interval: range(&attribute.asymmetry, true),
        verdict: words.get(match attribute.kind {
            Kind::Satisfier => "kind-satisfier",
            Kind::Dissatisfier => "kind-dissatisfier",
            Kind::Both => "kind-both",
        }),
    }
}

/// With a sign only where it is a minus.
fn plain(x: f64) -> String {
    signed(x).trim_start_matches('+').to_owned()
}

fn kano_row(attribute: &KanoFigures, words: &Wording) -> KanoRow {
    let share = |slope: &Option<Slope>| slope.map_or_else(|| "–".to_owned(), |slope| percent(slope.estimate));
    let interval =
        |slope: &Option<Slope>| slope.map_or_else(String::new, |slope| words.between(&percent_ends(slope.ci)));
    KanoRow {
        label: attribute.label.clone(),
        responses: grouped(attribute.responses),
        verdict: words.get(attribute.category.map_or("kano-open", category_id)),
        counts: attribute.categories.iter().map(|count| grouped(count.responses)).collect(),
        better: share(&attribute.better),
        better_interval: interval(&attribute.better),
        worse: share(&attribute.worse),
        worse_interval: interval(&attribute.worse),
    }
}

fn category_id(category: Category) -> &'static str {
    match category {
        Category::Attractive => "kano-attractive",
        Category::OneDimensional => "kano-one-dimensional",
        Category::MustBe => "kano-must-be",
        Category::Indifferent => "kano-indifferent",
        Category::Reverse => "kano-reverse",
        Category::Questionable => "kano-questionable",
    }
}
