//! The form above pages of a period: unit, period, comparison, days; and the same as an address has it.

use serde::Serialize;

use super::days_filter::{Segments, of_segments};
use super::report_view::{UnitOption, Within, options};
use crate::report::{Filter, SurveyInfo};
use crate::service::overview::PeriodQuery;
use crate::service::reporting::FilterQuery;
use crate::wording::{Wording, wording};

/// What a page of a period was asked for.
pub type Asked = (FilterQuery, PeriodQuery);

/// A choice of a list.
#[derive(Debug, Serialize)]
struct Choice {
    value: &'static str,
    name: String,
    selected: bool,
}

fn choices(words: &Wording, all: &[(&'static str, &str)], chosen: &str) -> Vec<Choice> {
    let choice = |(value, id): &(&'static str, &str)| Choice { value, name: words.get(id), selected: *value == chosen };
    all.iter().map(choice).collect()
}

/// The form, filled in as it was.
#[derive(Debug, Serialize)]
pub struct PeriodFilter {
    everywhere: bool,
    units: Vec<UnitOption>,
    periods: Vec<Choice>,
    compares: Vec<Choice>,
    segments: Segments,
    days_open: bool,
    from: String,
    to: String,
    /// Offers to leave flagged responses out; empty where there are none.
    odd: String,
    unflagged: bool,
    /// Whether the mix of guests can be held, and houses be weighed, on this page.
    adjustable: bool,
    mix: bool,
    weight: bool,
    /// What else the page was asked for.
    keeps: Vec<(String, String)>,
}

impl PeriodFilter {
    /// Of a page that shows what passes this filter; some of it may be flagged.
    pub fn new(
        asked: &Asked,
        shown: (&Filter, &SurveyInfo),
        some_flagged: bool,
        language: &str,
        within: &Within,
    ) -> Self {
        let (filter, survey) = shown;
        let words = wording(language);
        let of_days = [&asked.0.from, &asked.0.to].iter().any(|day| is_given(day.as_ref()));
        let chosen = asked.1.period.as_deref().unwrap_or_default();
        let of_days = of_days && matches!(chosen, "" | "days");
        let periods = [
            if of_days { ("days", "period-own") } else { ("", "period-default") },
            ("month", "period-month"),
            ("quarter", "period-quarter"),
            ("year", "period-year"),
            ("all", "period-all"),
        ];
        let compares = [("previous", "compare-previous"), ("year", "compare-year"), ("none", "compare-none")];
        let given = |given: &Option<String>| given.clone().unwrap_or_default();
        let compare = asked.1.compare.as_deref().filter(|compare| !compare.is_empty());
        Self {
            everywhere: within.everywhere,
            units: options(within, language, filter.unit.as_ref().map(|unit| unit.code.as_str())),
            periods: choices(words, &periods, if of_days { "days" } else { chosen }),
            compares: choices(words, &compares, compare.unwrap_or("previous")),
            segments: Segments::new(&survey.segments, &filter.segments),
            days_open: of_days,
            from: if of_days { given(&asked.0.from) } else { String::new() },
            to: if of_days { given(&asked.0.to) } else { String::new() },
            odd: if some_flagged || filter.unflagged { words.get("filter-unflagged") } else { String::new() },
            unflagged: filter.unflagged,
            adjustable: false,
            mix: is_given(asked.1.mix.as_ref()),
            weight: is_given(asked.1.weight.as_ref()),
            keeps: adjustment(asked),
        }
    }

    /// On a page whose indices may be at one mix of guests.
    #[must_use]
    pub fn adjustable(self) -> Self {
        Self { adjustable: true, keeps: Vec::new(), ..self }
    }

    /// With what else the page was asked for.
    #[must_use]
    pub fn keeping(self, keeps: Vec<(String, String)>) -> Self {
        Self { keeps: self.keeps.into_iter().chain(keeps).collect(), ..self }
    }
}

fn is_given(value: Option<&String>) -> bool {
    value.is_some_and(|value| !value.is_empty())
}

/// At which mix of guests, as an address has it: kept by pages that do not ask for it.
fn adjustment((_, period): &Asked) -> Vec<(String, String)> {
    let given = [("mix", &period.mix), ("weight", &period.weight)];
    given
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value.clone().filter(|v| !v.is_empty())?)))
        .collect()
}

/// What was asked for, as an address has it.
pub fn pairs((filter, period): &Asked, shown: &Filter) -> Vec<(String, String)> {
    // Days that a period has taken the place of are not kept.
    let of_days = period.period.as_deref().is_none_or(|period| matches!(period, "" | "days"));
    let all = [
        ("unit", shown.unit.as_ref().map(|unit| unit.code.clone())),
        ("period", period.period.clone()),
        ("compare", period.compare.clone()),
        ("from", filter.from.clone().filter(|_| of_days)),
        ("to", filter.to.clone().filter(|_| of_days)),
        ("flagged", filter.flagged.clone()),
        ("mix", period.mix.clone()),
        ("weight", period.weight.clone()),
    ];
    let given = all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    given.filter(|(_, value)| !value.is_empty()).chain(of_segments(shown)).collect()
}

/// The days that are shown, in words.
pub fn period(filter: &Filter, words: &Wording) -> String {
    match (filter.from, filter.to) {
        (Some(from), Some(to)) => {
            let days = [from.to_string(), to.to_string()];
            words.fill("overview-period", &[("from", days[0].as_str().into()), ("to", days[1].as_str().into())])
        }
        (None, None) => words.get("overview-all-time"),
        (Some(from), None) => words.fill("period-since", &[("from", from.to_string().as_str().into())]),
        (None, Some(to)) => words.fill("period-until", &[("to", to.to_string().as_str().into())]),
    }
}
