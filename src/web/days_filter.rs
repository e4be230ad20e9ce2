//! The form above pages of days: unit, days, segments; and the same as an address has it.

use serde::Serialize;

use super::report_view::{UnitOption, Within, options};
use crate::report::segments::{SegmentFilter, SegmentInfo};
use crate::report::{Filter, SurveyInfo};
use crate::service::reporting::SEGMENT;
use crate::wording::wording;

/// The form, filled in as it was.
#[derive(Debug, Serialize)]
pub struct DaysFilter {
    everywhere: bool,
    units: Vec<UnitOption>,
    from: String,
    to: String,
    segments: Segments,
    /// Offers to leave flagged responses out; empty where there are none.
    odd: String,
    unflagged: bool,
    /// Whether anything is left out.
    filtered: bool,
    /// What pages of a period are asked for besides.
    keeps: Vec<(String, String)>,
}

impl DaysFilter {
    /// Of a page that shows what passes this filter; some of it may be flagged.
    pub fn new(filter: &Filter, survey: &SurveyInfo, some_flagged: bool, language: &str, within: &Within) -> Self {
        let day = |day: Option<chrono::NaiveDate>| day.map_or(String::new(), |day| day.to_string());
        let odd = some_flagged || filter.unflagged;
        Self {
            everywhere: within.everywhere,
            units: options(within, language, filter.unit.as_ref().map(|unit| unit.code.as_str())),
            from: day(filter.from),
            to: day(filter.to),
            segments: Segments::new(&survey.segments, &filter.segments),
            odd: if odd { wording(language).get("filter-unflagged") } else { String::new() },
            unflagged: filter.unflagged,
            filtered: *filter != Filter::default(),
            keeps: within.keeps.clone(),
        }
    }
}

/// What divides guests, each to be chosen from.
#[derive(Debug, Serialize)]
pub struct Segments {
    lists: Vec<SegmentList>,
    /// Whether something is chosen.
    open: bool,
}

#[derive(Debug, Serialize)]
struct SegmentList {
    parameter: String,
    name: String,
    values: Vec<SegmentOption>,
}

#[derive(Debug, Serialize)]
struct SegmentOption {
    value: String,
    name: String,
    selected: bool,
}

impl Segments {
    pub(super) fn new(offered: &[SegmentInfo], chosen: &[SegmentFilter]) -> Self {
        let list = |segment: &SegmentInfo| {
            let is = |value: &str| chosen.iter().any(|c| c.segment == segment.segment && c.value == value);
            let option = |v: &crate::report::segments::SegmentValue| SegmentOption {
                value: v.value.clone(),
                name: v.name.clone(),
                selected: is(&v.value),
            };
            SegmentList {
                parameter: format!("{SEGMENT}{}", segment.segment),
                name: segment.name.clone(),
                values: segment.values.iter().map(option).collect(),
            }
        };
        Self { lists: offered.iter().map(list).collect(), open: !chosen.is_empty() }
    }
}

/// A filter as an address has it.
pub(super) fn address(filter: &Filter) -> Vec<(String, String)> {
    let all = [
        ("unit", filter.unit.as_ref().map(|unit| unit.code.clone())),
        ("from", filter.from.map(|day| day.to_string())),
        ("to", filter.to.map(|day| day.to_string())),
        ("flagged", filter.unflagged.then(|| "without".to_owned())),
    ];
    let given = all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    given.chain(of_segments(filter)).collect()
}

/// What pages of a period are asked for besides days, and pages of days pass on.
pub(super) fn is_passed_on(name: &str) -> bool {
    matches!(name, "compare" | "mix" | "weight")
}

/// The days, units and segments that are shown, and what is passed on of what was asked for.
pub(super) fn address_with(filter: &Filter, asked: &[(String, String)]) -> Vec<(String, String)> {
    let mut address = address(filter);
    address.extend(asked.iter().filter(|(name, _)| is_passed_on(name)).cloned());
    address
}

/// Its segments alone.
pub(super) fn of_segments(filter: &Filter) -> impl Iterator<Item = (String, String)> {
    filter.segments.iter().map(|chosen| (format!("{SEGMENT}{}", chosen.segment), chosen.value.clone()))
}

/// For pages of a period: all time, where no days are given.
pub(super) fn of_all_time(mut asked: Vec<(String, String)>) -> Vec<(String, String)> {
    if !asked.iter().any(|(name, _)| name == "from" || name == "to") {
        asked.push(("period".to_owned(), "all".to_owned()));
    }
    asked
}
