//! A survey, a period and a segment -> its parts beside each other.
//!
//! Owns: which part is set beside the others, and how many of each are drawn for what needs the rows themselves. Refuses:
//! parts of fewer responses than a rank takes.

use std::sync::Arc;

use chrono::NaiveDate;

use super::access::Viewer;
use super::authoring::{IndexModel, Revision};
use super::estimating::{Sorted, slice};
use super::overview::{About, PeriodQuery, make, read_compare, set_period};
use super::questions::Periods;
use super::reporting::{FilterQuery, Making, Prepared};
use super::segments::{by_segment, divided, is_open, offered};
use super::{App, ServiceError};
use crate::csi::analysis::Plan;
use crate::csi::bootstrap::{BootstrapOptions, Watch, below, stream};
use crate::csi::comparison::{ComparisonOptions, compare};
use crate::csi::data::Indicators;
use crate::csi::groups::{Grouping, NO_GROUP};
use crate::csi::live::Live;
use crate::report::comparing::{Contrast, SegmentsCompared};
use crate::report::publication::Base;
use crate::report::segments::{SegmentInfo, SegmentValue};
use crate::wording::wording;

/// Responses of either part that are compared row by row, at most: some fifteen hundred of each show what matters.
const ROWS: usize = 1500;

/// Permutations of who is of which part, and resamples within either.
const PERMUTATIONS: usize = 500;
const RESAMPLES: usize = 200;

/// A segment and a part of it as they came in an address.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct SegmentQuery {
    /// What divides the guests: a segment of the survey; without it the first. `period` for the period and the one that it is
    /// compared with.
    pub by: Option<String>,
    /// The part that is set beside all others; without it the largest.
    pub value: Option<String>,
}

/// What divides the guests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum By {
    /// A segment by its place, and the part, if one was asked for.
    Segment(usize, Option<usize>),
    /// The period and the one that it is compared with.
    Periods(NaiveDate, NaiveDate),
}

/// What names a comparison besides its report: the overview's, and what divides the guests.
pub(super) type AboutSegment = (About, Option<By>);

impl App {
    /// The parts that a segment divides the guests of a period into, within what the viewer may see.
    ///
    /// # Errors
    /// As [`App::report`]; [`ServiceError::BadFilter`] for a segment or a part that there is not.
    pub async fn segments_compared(
        &self,
        viewer: &Viewer,
        slug: &str,
        asked: SegmentQuery,
        (query, period): (FilterQuery, PeriodQuery),
        accept_language: Option<&str>,
    ) -> Result<Arc<SegmentsCompared>, ServiceError> {
        let compared = read_compare(period.compare.as_deref())?;
        let making = Making {
            finished: |reports| &reports.segments,
            settle: move |app: &Self, revision: &Revision, prepared: &mut Prepared| {
                let offered = offered(revision, prepared);
                let periods =
                    asked.by.as_deref() == Some(PERIODS) && !offered.iter().any(|known| known.segment == PERIODS);
                let by = if periods { None } else { find(revision, &asked, &offered)? };
                if let Some(By::Segment(by, _)) = by {
                    // All parts are compared, whichever was looked at before.
                    prepared.key.1.segments.retain(|chosen| chosen.segment != offered[by].segment);
                }
                set_period(prepared, period.period.as_deref(), app.thresholds)?;
                let about = About { wide: true, compared: compared.with(&prepared.key.1), ..About::default() };
                let days = about.compared.filter(|_| periods).map(|(from, to)| By::Periods(from, to));
                Ok((about, by.or(days)))
            },
            make: |app: &Self, revision: &Revision, prepared: &Prepared, about: &AboutSegment, live: Option<&Live>| {
                app.compare_segments(revision, prepared, *about, live)
            },
        };
        Ok(self.made(viewer, slug, query, accept_language, making).await?.0)
    }

    fn compare_segments(
        &self,
        revision: &Revision,
        prepared: &Prepared,
        (about, by): AboutSegment,
        live: Option<&Live>,
    ) -> SegmentsCompared {
        let Prepared { key: (_, filter, ..), ratings, units, .. } = prepared;
        let (mut segments, undivided) = divided(revision, prepared);
        let (by, parts, value) = match by {
            None => {
                let overview = make(self, revision, prepared, live, about, None);
                return SegmentsCompared { overview, by: None, counted: None, undivided, contrast: None };
            }
            Some(By::Segment(place, value)) => {
                let by = segments.swap_remove(place);
                let parts = by_segment(ratings, &slice(ratings, units, filter), &by);
                (by, parts, value)
            }
            Some(By::Periods(from, to)) => {
                let by = periods(&prepared.key.2);
                let names = by.values.iter().map(|value| (value.value.clone(), value.name.clone())).collect();
                let labels = Periods::new(prepared, Some((from, to))).labels().to_vec();
                (by, Sorted::new(ratings, labels, names), Some(0))
            }
        };
        let sizes: Vec<usize> = parts.groups.iter().map(|group| group.responses).collect();
        let part = value.or_else(|| (0..sizes.len()).rev().max_by_key(|part| sizes[*part])).unwrap_or(0);
        // Who gave no answer is of no part, and not among the others either.
        let label = |label: &u32| match *label {
            NO_GROUP => NO_GROUP,
            label => u32::from(label as usize != part),
        };
        let beside: Vec<u32> = parts.labels.iter().map(label).collect();
        let mut overview = make(self, revision, prepared, live, about, Some((&parts, &beside)));
        if by.segment == PERIODS {
            // A period is not set against itself, nor another against it and its own part.
            overview.by_construct.iter_mut().flat_map(|part| &mut part.constructs).for_each(|cell| cell.against = None);
        }
        let responses = [sizes[part], sizes.iter().sum::<usize>() - sizes[part]];
        let enough = responses.iter().all(|n| self.thresholds.base(*n) == Base::Full);
        let contrast = revision.model.as_ref().filter(|_| enough && !overview.report.constructs.is_empty());
        let contrast = contrast.and_then(|model| {
            let (pair, compared) = pair(prepared, model, &beside)?;
            let named = (by.values[part].value.as_str(), by.values[part].name.as_str());
            Some(Contrast::new(named, responses, compared, (&pair, &model.paths), &overview))
        });
        let all = sizes.iter().sum();
        // Of two periods there is nothing to count: everybody is of one of them.
        let told = by.segment != PERIODS && self.thresholds.base(all) > Base::Nothing;
        let counted = overview.report.responses.filter(|_| told).map(|_| all);
        SegmentsCompared { overview, by: Some(by), counted, undivided, contrast }
    }
}

/// The places of the segment and of the part that were asked for.
fn find(revision: &Revision, asked: &SegmentQuery, offered: &[SegmentInfo]) -> Result<Option<By>, ServiceError> {
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let unknown = |name, text: &str, expected| {
        let given = text.chars().take(40).collect();
        ServiceError::BadFilter { name, given, expected }
    };
    let by = match given(&asked.by) {
        None => (!offered.is_empty()).then_some(0),
        Some(id) => Some(
            offered
                .iter()
                .position(|segment| segment.segment == id)
                .ok_or_else(|| unknown("by", &id, "a segment of this survey"))?,
        ),
    };
    let value = match (given(&asked.value), by) {
        (Some(value), Some(by)) => {
            let place = offered[by].values.iter().position(|known| known.value == value);
            // What links said of guests of another house may be nobody's here.
            let open = is_open(&revision.survey, &offered[by].segment);
            if place.is_none() && !open {
                return Err(unknown("value", &value, "a value of the segment"));
            }
            place
        }
        _ => None,
    };
    Ok(by.map(|by| By::Segment(by, value)))
}

/// Instead of a segment: the period and the one that it is compared with.
pub const PERIODS: &str = "period";

/// The two periods as parts.
fn periods(language: &str) -> SegmentInfo {
    let words = wording(language);
    let value = |value: &str, name| SegmentValue { value: value.to_owned(), name: words.get(name) };
    let values = vec![value("now", "period-this"), value("before", "period-before")];
    SegmentInfo { segment: PERIODS.to_owned(), name: words.get("period"), values }
}

/// Two groups of cells compared row by row, and how many rows of each; `None` where the model fits either not.
fn pair(prepared: &Prepared, model: &IndexModel, labels: &[u32]) -> Option<(crate::csi::comparison::Pair, [usize; 2])> {
    let ratings = &prepared.ratings;
    let width = model.paths.indicators.len();
    let mut chosen: Vec<(usize, u32)> = Vec::new();
    for group in 0..2 {
        let of = |(row, cell): (usize, &u32)| (labels[*cell as usize] == group).then_some(row);
        let rows: Vec<usize> = ratings.cell_of().iter().enumerate().filter_map(of).collect();
        chosen.extend(drawn(rows, ratings.groups(), u64::from(group)).into_iter().map(|row| (row, group)));
    }
    chosen.sort_unstable();
    let bytes: Vec<u8> =
        chosen.iter().flat_map(|(row, _)| &ratings.bytes()[row * width..(row + 1) * width]).copied().collect();
    let data = Indicators::from_bytes(model.paths.indicators.clone().into(), &bytes);
    let grouping = Grouping { labels: chosen.iter().map(|(_, group)| *group).collect(), groups: 2 };
    let plan = Plan::new(&model.paths, &data, &model.scales);
    let bootstrap = BootstrapOptions { resamples: RESAMPLES, ..BootstrapOptions::default() };
    let options = ComparisonOptions { bootstrap, permutations: PERMUTATIONS, alpha: 0.05 };
    let compared = compare(&plan, &grouping, &options, Watch::nobody()).ok()?;
    let of = |group| chosen.iter().filter(|(_, of)| *of == group).count();
    Some((compared.pairs.into_iter().next()?, [of(0), of(1)]))
}

/// At most [`ROWS`] of these, drawn without replacement, the same ones of the same rows; whole groups where rows are in some,
/// or a figure would be about less than a group.
fn drawn(mut rows: Vec<usize>, groups: &[u32], number: u64) -> Vec<usize> {
    if rows.len() <= ROWS {
        return rows;
    }
    // A response that is in no group is drawn alone.
    let group = |row: &usize| groups.get(*row).copied();
    rows.sort_by_key(group);
    let together = rows.chunk_by(|a, b| group(a).is_some() && group(a) == group(b));
    let mut together: Vec<&[usize]> = together.collect();
    let mut random = stream(1, number);
    let mut found = Vec::new();
    for place in 0..together.len() {
        let other = place + below(&mut random, (together.len() - place) as u64) as usize;
        together.swap(place, other);
        if found.len() + together[place].len() > ROWS {
            break;
        }
        found.extend_from_slice(together[place]);
    }
    found
}

/// Parts of the guests, and which cells are of the first and of the second of two that are set beside each other.
pub(super) type Divided<'a> = Option<(&'a Sorted, &'a [u32])>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_drawn_whole_and_the_same_ones_each_time() {
        let rows: Vec<usize> = (0..4000).step_by(2).collect();
        let groups: Vec<u32> = (0..4000).map(|row| row / 14).collect();
        let found = drawn(rows.clone(), &groups, 0);
        assert!((ROWS - 7..=ROWS).contains(&found.len()), "{}", found.len());
        for group in found.iter().map(|row| groups[*row]) {
            let here = found.iter().filter(|row| groups[**row] == group).count();
            assert_eq!(here, rows.iter().filter(|row| groups[**row] == group).count());
        }
        assert_eq!(found, drawn(rows.clone(), &groups, 0));
        let mut single = drawn(rows.clone(), &[], 1);
        single.sort_unstable();
        single.dedup();
        assert_eq!(single.len(), ROWS);
        assert_eq!(drawn(rows[..100].to_vec(), &groups, 0), rows[..100]);
    }
}
