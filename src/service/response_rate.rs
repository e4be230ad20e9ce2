//! Guests invited in a period -> how many of them answered.
//!
//! Owns: which months and units count. Refuses: a rate of parts of the guests, which only those who answered tell, and one of
//! fewer guests than responses are counted from.

use chrono::{Months, NaiveDate};

use super::authoring::Revision;
use super::reporting::{Prepared, descendants};
use super::{App, ServiceError};
use crate::report::overview::ResponseRate;
use crate::report::{Basis, Filter};
use crate::store::invitation_months::{self, InvitationMonth};
use crate::store::units::UnitRow;

impl App {
    /// Of the guests invited in the whole months of a filter, on this thread; `None` where too few were.
    pub(super) fn response_rate(
        &self,
        revision: &Revision,
        prepared: &Prepared,
    ) -> Result<Option<ResponseRate>, ServiceError> {
        let Prepared { key: (_, filter, .., basis), units, .. } = prepared;
        if !filter.segments.is_empty() {
            return Ok(None);
        }
        let rows = self.store.read_blocking(|db| invitation_months::of(db, revision.survey_id))?;
        // Whoever sees whole groups is not told of every single answer that it has come.
        let step = if *basis == Basis::All { 1 } else { self.thresholds.counts };
        Ok(response_rate(&rows, units, filter, (self.thresholds.counts, step)))
    }
}

/// First and last day of a month.
fn days(month: &str) -> Option<(NaiveDate, NaiveDate)> {
    let first = format!("{month}-01").parse::<NaiveDate>().ok()?;
    Some((first, (first + Months::new(1)).pred_opt()?))
}

/// The counts of the units of a filter in its whole months.
pub(super) fn counted<'a>(
    rows: &'a [InvitationMonth],
    units: &[UnitRow],
    filter: &'a Filter,
) -> impl Iterator<Item = &'a InvitationMonth> {
    let wanted = filter.unit.as_ref().map(|unit| descendants(units, &unit.code));
    let of_units = move |row: &&InvitationMonth| wanted.as_ref().is_none_or(|wanted| wanted.contains(&row.unit_id));
    let inside = |row: &&InvitationMonth| {
        days(&row.month).is_some_and(|(first, last)| {
            filter.from.is_none_or(|from| from <= first) && filter.to.is_none_or(|to| last <= to)
        })
    };
    rows.iter().filter(of_units).filter(inside).filter(|row| row.invited > 0)
}

/// The rate of at least `least` guests; answers of each unit and month to the nearest `step`, where that cannot move it by more
/// than five points.
fn response_rate(
    rows: &[InvitationMonth],
    units: &[UnitRow],
    filter: &Filter,
    (least, step): (usize, usize),
) -> Option<ResponseRate> {
    let step = step.max(1) as u64;
    let mut rate: Option<ResponseRate> = None;
    let mut rounded = 0;
    for row in counted(rows, units, filter) {
        let Some((first, last)) = days(&row.month) else { continue };
        let so_far = rate.unwrap_or(ResponseRate { from: first, to: last, invited: 0, answered: 0, nearest: step });
        rounded += step / 2;
        let answered = ((row.answered.unsigned_abs() + step / 2) / step * step).min(row.invited.unsigned_abs());
        rate = Some(ResponseRate {
            from: so_far.from.min(first),
            to: so_far.to.max(last),
            invited: so_far.invited + row.invited.unsigned_abs(),
            answered: so_far.answered + answered,
            nearest: step,
        });
    }
    // Rounding may all go one way.
    rate.filter(|rate| rate.invited >= least as u64 && 20 * rounded <= rate.invited)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_months_of_the_unit_and_what_is_below_it_count() {
        let units =
            [UnitRow::plain(1, "group", None), UnitRow::plain(2, "inn", Some(1)), UnitRow::plain(3, "spa", Some(2))];
        let row = |unit_id, month: &str, invited, answered| InvitationMonth {
            survey_id: 1,
            unit_id,
            month: month.into(),
            invited,
            answered,
        };
        let rows =
            [row(2, "2026-08", 10, 4), row(3, "2026-09", 20, 5), row(0, "2026-09", 7, 7), row(1, "2026-10", 4, 4)];
        let day = |text: &str| Some(text.parse::<NaiveDate>().unwrap());
        let of = |unit: Option<&str>, from: &str, to: &str, step: usize| {
            let unit = unit.map(|code| crate::report::UnitName { code: code.into(), name: code.into() });
            let filter = Filter { unit, from: day(from), to: day(to), ..Filter::default() };
            response_rate(&rows, &units, &filter, (5, step))
                .map(|rate| (rate.from.to_string(), rate.to.to_string(), rate.invited, rate.answered))
        };
        let rate = |unit, from, to| of(unit, from, to, 1);
        assert_eq!(rate(None, "2026-08-01", "2026-10-31"), Some(("2026-08-01".into(), "2026-10-31".into(), 41, 20)));
        assert_eq!(
            rate(Some("inn"), "2026-08-01", "2026-10-31"),
            Some(("2026-08-01".into(), "2026-09-30".into(), 30, 9))
        );
        assert_eq!(
            rate(Some("inn"), "2026-08-02", "2026-09-30"),
            Some(("2026-09-01".into(), "2026-09-30".into(), 20, 5))
        );
        assert_eq!(rate(None, "2026-10-01", "2026-10-31"), None, "of four guests nothing is said");
        assert_eq!(of(None, "2026-08-01", "2026-10-31", 5), None, "of 41 guests, up to 8 would be rounded away");
        let rows = [row(2, "2026-08", 300, 84), row(3, "2026-09", 20, 5), row(1, "2026-10", 4, 4)];
        let filter = Filter { from: day("2026-08-01"), to: day("2026-10-31"), ..Filter::default() };
        // 84, 5 and 4 to the nearest five, but no more than were invited.
        let rate = response_rate(&rows, &units, &filter, (5, 5)).map(|rate| (rate.invited, rate.answered));
        assert_eq!(rate, Some((324, 85 + 5 + 4)));
    }
}
