//! Guests invited in a period -> how many of them answered.
//!
//! Owns: which months and units count. Refuses: a rate of parts of the guests, which only those who answered tell, and one of
//! fewer guests than responses are counted from.

use chrono::{Months, NaiveDate};

use super::authoring::Revision;
use super::reporting::{Prepared, descendants};
use super::{App, ServiceError, now};
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
        let today = now().date();
        let rows = if *basis == Basis::All { rows } else { rounded(rows, self.thresholds.counts, today) };
        let nearest = if *basis == Basis::All { 1 } else { self.thresholds.counts as u64 };
        let rate = response_rate(&rows, units, filter, self.thresholds.counts);
        Ok(rate.map(|rate| ResponseRate { nearest, so_far: rate.to >= today, ..rate }))
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

/// Counts for whoever sees whole groups: of months that are over, to the nearest `step` in each unit and month, where rounding
/// cannot move the rate by more than five points, so that neither a link that is used nor one that is revoked shows by itself.
pub(super) fn rounded(rows: Vec<InvitationMonth>, step: usize, today: NaiveDate) -> Vec<InvitationMonth> {
    let step = i64::try_from(step.max(1)).unwrap_or(i64::MAX);
    let nearest = |count: i64| (count + step / 2) / step * step;
    let over = |row: &InvitationMonth| days(&row.month).is_some_and(|(_, last)| last < today);
    let large = |row: &InvitationMonth| row.invited >= 20 * (step / 2);
    let round = |row: InvitationMonth| InvitationMonth {
        invited: nearest(row.invited),
        answered: nearest(row.answered),
        ..row
    };
    rows.into_iter().filter(|row| over(row) && large(row)).map(round).collect()
}

/// The rate of at least `least` guests.
fn response_rate(rows: &[InvitationMonth], units: &[UnitRow], filter: &Filter, least: usize) -> Option<ResponseRate> {
    let mut rate: Option<ResponseRate> = None;
    for row in counted(rows, units, filter) {
        let Some((first, last)) = days(&row.month) else { continue };
        let none = ResponseRate { from: first, to: last, invited: 0, answered: 0, nearest: 1, so_far: false };
        let before = rate.unwrap_or(none);
        rate = Some(ResponseRate {
            from: before.from.min(first),
            to: before.to.max(last),
            invited: before.invited + row.invited.unsigned_abs(),
            answered: before.answered + row.answered.unsigned_abs(),
            ..none
        });
    }
    let capped = |rate: ResponseRate| ResponseRate { answered: rate.answered.min(rate.invited), ..rate };
    rate.filter(|rate| rate.invited >= least as u64).map(capped)
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
        let rate = |unit: Option<&str>, from: &str, to: &str| {
            let unit = unit.map(|code| crate::report::UnitName { code: code.into(), name: code.into() });
            let filter = Filter { unit, from: day(from), to: day(to), ..Filter::default() };
            response_rate(&rows, &units, &filter, 5)
                .map(|rate| (rate.from.to_string(), rate.to.to_string(), rate.invited, rate.answered))
        };
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
    }

    #[test]
    fn what_whole_groups_show_tells_of_no_single_link() {
        let row = |month: &str, invited, answered| InvitationMonth {
            survey_id: 1,
            unit_id: 2,
            month: month.into(),
            invited,
            answered,
        };
        let rows = vec![row("2026-08", 300, 84), row("2026-09", 20, 5), row("2026-10", 44, 44), row("2026-11", 90, 30)];
        let today = "2026-11-20".parse().unwrap();
        let shown: Vec<_> =
            rounded(rows, 5, today).into_iter().map(|row| (row.month, row.invited, row.answered)).collect();
        // Too few were invited in September, and November is not over.
        assert_eq!(shown, [("2026-08".to_owned(), 300, 85), ("2026-10".to_owned(), 45, 45)]);
    }
}
