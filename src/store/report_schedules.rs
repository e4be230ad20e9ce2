//! Schedules of reports, and the mails that a report goes out in.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::db::{Db, on_each};
use super::error::StoreError;
use super::schema::{report_mails, report_schedules};

/// A schedule to be stored.
#[derive(Debug, Clone, PartialEq, Eq, Insertable)]
#[diesel(table_name = report_schedules)]
pub struct NewSchedule {
    pub name: String,
    pub survey_id: i64,
    pub unit_id: Option<i64>,
    /// A cron expression, in UTC.
    pub pattern: String,
    /// `month`, `quarter` or `year`.
    pub days: String,
    pub role: String,
    pub language: String,
    pub next_at: NaiveDateTime,
}

/// A schedule as stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = report_schedules)]
pub struct ScheduleRow {
    pub id: i64,
    pub name: String,
    pub survey_id: i64,
    pub unit_id: Option<i64>,
    pub pattern: String,
    pub days: String,
    pub role: String,
    pub language: String,
    pub next_at: NaiveDateTime,
}

/// Waits to be sent; was taken by the mail server; was given up.
pub const WAITING: &str = "waiting";
pub const SENT: &str = "sent";
pub const DEAD: &str = "dead";

/// For how many days it is kept who got what.
const KEPT_DAYS: i64 = 90;

/// A mail of a report.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = report_mails)]
pub struct MailRow {
    pub id: i64,
    pub schedule_id: i64,
    pub due_at: NaiveDateTime,
    pub email: String,
    pub report_number: Option<i64>,
    pub status: String,
    pub tries: i64,
    pub next_try: NaiveDateTime,
}

/// Adds a schedule.
///
/// # Errors
/// [`StoreError::Conflict`] if there is one of this name.
pub fn add(db: &mut Db, schedule: &NewSchedule) -> Result<(), StoreError> {
    on_each!(db, c => diesel::insert_into(report_schedules::table).values(schedule).execute(c))?;
    Ok(())
}

/// All schedules, by name.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn all(db: &mut Db) -> Result<Vec<ScheduleRow>, StoreError> {
    Ok(report_schedules::table.select(ScheduleRow::as_select()).order(report_schedules::name).load(db)?)
}

/// Takes a schedule away, with its mails; whether there was one.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn remove(db: &mut Db, name: &str) -> Result<bool, StoreError> {
    let named = report_schedules::table.filter(report_schedules::name.eq(name)).select(report_schedules::id);
    let Some(id) = named.first::<i64>(db).optional()? else { return Ok(false) };
    diesel::delete(report_mails::table.filter(report_mails::schedule_id.eq(id))).execute(db)?;
    Ok(diesel::delete(report_schedules::table.find(id)).execute(db)? > 0)
}

/// Schedules whose time has come.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn due(db: &mut Db, now: NaiveDateTime) -> Result<Vec<ScheduleRow>, StoreError> {
    let rows = report_schedules::table.filter(report_schedules::next_at.le(now));
    Ok(rows.select(ScheduleRow::as_select()).order(report_schedules::id).load(db)?)
}

/// Puts a schedule forward, and its reports into mails, at once; false if another server did so before.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn put_forward(
    db: &mut Db,
    schedule: &ScheduleRow,
    next_at: NaiveDateTime,
    mails: &[(String, Option<i64>)],
) -> Result<bool, StoreError> {
    let still = report_schedules::table
        .filter(report_schedules::id.eq(schedule.id))
        .filter(report_schedules::next_at.eq(schedule.next_at));
    if diesel::update(still).set(report_schedules::next_at.eq(next_at)).execute(db)? == 0 {
        return Ok(false);
    }
    let old = report_mails::table
        .filter(report_mails::schedule_id.eq(schedule.id))
        .filter(report_mails::status.ne(WAITING))
        .filter(report_mails::due_at.lt(schedule.next_at - chrono::Duration::days(KEPT_DAYS)));
    diesel::delete(old).execute(db)?;
    for (email, number) in mails {
        let row = (
            report_mails::schedule_id.eq(schedule.id),
            report_mails::due_at.eq(schedule.next_at),
            report_mails::email.eq(email),
            report_mails::report_number.eq(*number),
            report_mails::status.eq(WAITING),
            report_mails::tries.eq(0),
            report_mails::next_try.eq(schedule.next_at),
        );
        diesel::insert_into(report_mails::table).values(row).execute(db)?;
    }
    Ok(true)
}

/// Mails that can be tried now.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn waiting(db: &mut Db, now: NaiveDateTime, limit: i64) -> Result<Vec<MailRow>, StoreError> {
    let rows = report_mails::table.filter(report_mails::status.eq(WAITING)).filter(report_mails::next_try.le(now));
    Ok(rows.select(MailRow::as_select()).order(report_mails::id).limit(limit).load(db)?)
}

/// Takes a mail to be tried, so that nobody else tries it before `again`; false if somebody else took it.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn take(db: &mut Db, mail: &MailRow, again: NaiveDateTime) -> Result<bool, StoreError> {
    let still = report_mails::table
        .filter(report_mails::id.eq(mail.id))
        .filter(report_mails::status.eq(WAITING))
        .filter(report_mails::tries.eq(mail.tries));
    let taken = (report_mails::tries.eq(mail.tries + 1), report_mails::next_try.eq(again));
    Ok(diesel::update(still).set(taken).execute(db)? > 0)
}

/// Says what became of a mail.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn set_status(db: &mut Db, id: i64, status: &str) -> Result<(), StoreError> {
    diesel::update(report_mails::table.find(id)).set(report_mails::status.eq(status)).execute(db)?;
    Ok(())
}

/// How many mails of a schedule there are of each status.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn counts(db: &mut Db, schedule_id: i64) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = report_mails::table.filter(report_mails::schedule_id.eq(schedule_id)).group_by(report_mails::status);
    Ok(rows.select((report_mails::status, diesel::dsl::count_star())).order(report_mails::status).load(db)?)
}
