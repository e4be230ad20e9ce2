//! Reports that come by themselves: kept when their time has come, and mailed to whoever has a role.
//!
//! Owns: cron expressions, the days that a report is of, who gets which unit's, and trying until a mail is taken. A
//! schedule is put forward in the transaction that writes its mails, so none is lost or written twice; a mail may go out
//! twice if the server dies between sending and noting it. Reports are of whole groups of responses, whoever reads.
//! Refuses: mail to an address that has no account any more.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use chrono::{DateTime, Datelike as _, Duration, Months, NaiveDate, NaiveDateTime, Utc};
use croner::Cron;
use serde_json::json;

use super::access::{Action, Role, Scope, Viewer};
use super::exporting::{report_as_pdf, report_as_workbook};
use super::mailing::Mail;
use super::reporting::FilterQuery;
use super::{App, ServiceError, auditing, now};
use crate::report::Report;
use crate::report::rounding::points;
use crate::report::sentences::{responses, summary};
use crate::store::report_schedules::{self as stored, DEAD, MailRow, NewSchedule, SENT, ScheduleRow};
use crate::store::units::UnitRow;
use crate::store::{StoreError, accounts, surveys, units};
use crate::wording::wording;

/// How often it is looked for what is due.
const EVERY: std::time::Duration = std::time::Duration::from_secs(20);
/// Minutes before each further try of a mail; after the last one it is given up.
const PAUSES: [i64; 5] = [2, 10, 60, 360, 1440];
/// Mails in a row.
const IN_A_ROW: i64 = 100;

/// A schedule as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    pub name: String,
    pub survey: String,
    /// Code of a unit; without it everybody gets that of their own.
    pub unit: Option<String>,
    /// A cron expression, in UTC: minute, hour, day of the month, month, day of the week.
    pub pattern: String,
    /// The last whole one before: `month`, `quarter` or `year`.
    pub days: String,
    /// Who gets it.
    pub role: Role,
    pub language: String,
}

/// A schedule with what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheduled {
    pub schedule: Schedule,
    pub next: DateTime<Utc>,
    /// Mails by status.
    pub mails: Vec<(String, i64)>,
}

impl App {
    /// Sets up a schedule; returns when it is due first.
    ///
    /// # Errors
    /// [`ServiceError::BadFilter`] for what cannot be understood, [`ServiceError::UnknownSurvey`],
    /// [`ServiceError::UnknownUnit`], [`ServiceError::NoMail`] where no mail can be sent, [`ServiceError::Store`].
    pub async fn add_schedule(&self, schedule: &Schedule) -> Result<DateTime<Utc>, ServiceError> {
        let bad = |name, given: &str, expected| ServiceError::BadFilter {
            name,
            given: given.chars().take(80).collect(),
            expected,
        };
        let Schedule { name, survey, unit, pattern, days, role, language } = schedule;
        if name.trim().is_empty() || name.chars().count() > 80 {
            return Err(bad("name", name, "1 to 80 characters"));
        }
        if !matches!(days.as_str(), "month" | "quarter" | "year") {
            return Err(bad("days", days, "`month`, `quarter` or `year`"));
        }
        if !role.allows(Action::ReadReports) {
            return Err(bad("role", role.as_str(), "a role that reads reports"));
        }
        if !crate::wording::languages().contains(language) {
            return Err(bad("lang", language, "a language of the pages, such as en or zh-Hans"));
        }
        let next = next_after(pattern, Utc::now())
            .ok_or_else(|| bad("pattern", pattern, "a cron expression such as `0 7 1 * *`, that comes again"))?;
        let survey_id = self.published(survey).await?.revision.survey_id;
        let all = self.store.read(units::all).await?;
        let unit_id = match unit {
            None => None,
            Some(code) => {
                let found = all.iter().find(|unit| unit.code == *code);
                Some(found.ok_or_else(|| ServiceError::UnknownUnit(code.chars().take(80).collect()))?.id)
            }
        };
        let row = NewSchedule {
            name: name.trim().to_owned(),
            survey_id,
            unit_id,
            pattern: pattern.clone(),
            days: days.clone(),
            role: role.as_str().to_owned(),
            language: language.clone(),
            next_at: next.naive_utc(),
        };
        let detail = json!({"survey": survey, "unit": unit, "pattern": pattern, "role": role.as_str()});
        self.store
            .write(move |db| {
                stored::add(db, &row)?;
                auditing::append(db, auditing::entry("shell", "schedule.add", &row.name, &detail))
            })
            .await?;
        Ok(next)
    }

    /// All schedules, by name.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails.
    pub async fn schedules(&self) -> Result<Vec<Scheduled>, ServiceError> {
        let read = |db: &mut _| {
            let rows = stored::all(db)?;
            let counts = rows.iter().map(|row| stored::counts(db, row.id)).collect::<Result<Vec<_>, _>>()?;
            Ok((rows, counts, surveys::all(db)?, units::all(db)?))
        };
        let (rows, counts, surveys, units) = self.store.read(read).await?;
        let described = |(row, mails): (ScheduleRow, Vec<(String, i64)>)| {
            let survey = surveys.iter().find(|survey| survey.id == row.survey_id);
            let unit = units.iter().find(|unit| Some(unit.id) == row.unit_id);
            let schedule = Schedule {
                name: row.name,
                survey: survey.map_or(String::new(), |survey| survey.slug.clone()),
                unit: unit.map(|unit| unit.code.clone()),
                pattern: row.pattern,
                days: row.days,
                role: row.role.parse().unwrap_or(Role::Viewer),
                language: row.language,
            };
            Scheduled { schedule, next: row.next_at.and_utc(), mails }
        };
        Ok(rows.into_iter().zip(counts).map(described).collect())
    }

    /// Takes a schedule away; whether there was one.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails.
    pub async fn remove_schedule(&self, name: &str) -> Result<bool, ServiceError> {
        let name = name.to_owned();
        let removed = self.store.write(move |db| {
            let removed = stored::remove(db, &name)?;
            if removed {
                auditing::append(db, auditing::entry("shell", "schedule.remove", &name, &json!({})))?;
            }
            Ok(removed)
        });
        Ok(removed.await?)
    }

    /// Keeps the reports whose time has come, and sends the mails that wait.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails; what is due then stays due.
    pub async fn send_due_reports(&self, at: NaiveDateTime) -> Result<(), ServiceError> {
        let Some(mailer) = self.settings.mailer.clone() else { return Ok(()) };
        for schedule in self.store.read(move |db| stored::due(db, at)).await? {
            if let Err(error) = self.run_schedule(&schedule, at).await {
                tracing::error!(%error, schedule = schedule.name, "a scheduled report could not be made; trying again");
            }
        }
        for mail in self.store.read(move |db| stored::waiting(db, at, IN_A_ROW)).await? {
            let pause = usize::try_from(mail.tries).ok().and_then(|tries| PAUSES.get(tries).copied());
            let (taken, again) = (mail.clone(), at + Duration::minutes(pause.unwrap_or(PAUSES[4])));
            if !self.store.write(move |db| stored::take(db, &taken, again)).await? {
                continue;
            }
            let status = match self.mail_of(&mail).await? {
                None => Some(DEAD),
                Some(letter) => match (mailer.send(&letter).await, pause) {
                    (Ok(()), _) => Some(SENT),
                    (Err(error), None) => {
                        tracing::error!(%error, "a report could not be mailed; it is given up");
                        Some(DEAD)
                    }
                    (Err(error), Some(_)) => {
                        tracing::warn!(%error, "a report could not be mailed; trying again");
                        None
                    }
                },
            };
            if let Some(status) = status {
                self.store.write(move |db| stored::set_status(db, mail.id, status)).await?;
            }
        }
        Ok(())
    }

    /// Keeps the reports of a schedule, one for each unit that somebody gets, and puts them into mails.
    async fn run_schedule(&self, schedule: &ScheduleRow, at: NaiveDateTime) -> Result<(), ServiceError> {
        let all = self.store.read(units::all).await?;
        let (survey, people) = {
            let (role, survey_id) = (schedule.role.clone(), schedule.survey_id);
            let read = move |db: &mut _| {
                let slug = surveys::all(db)?.into_iter().find(|survey| survey.id == survey_id).map(|row| row.slug);
                let mut people = Vec::new();
                for account in accounts::all(db)? {
                    let grants = accounts::grants_of(db, account.id)?;
                    let of_role = grants.into_iter().filter(|grant| grant.role == role).map(|grant| grant.unit_id);
                    people.push((account.email, of_role.collect::<Vec<_>>()));
                }
                Ok((slug, people))
            };
            self.store.read(read).await?
        };
        let role = schedule.role.parse().unwrap_or(Role::Viewer);
        let mut by_unit: BTreeMap<Of, Vec<String>> = BTreeMap::new();
        for (email, roots) in people {
            if let Some(unit) = unit_for(schedule.unit_id, role, &roots, &all) {
                by_unit.entry(unit).or_default().push(email);
            }
        }
        let (from, to) = days_before(schedule.next_at.date(), &schedule.days);
        let mut mails = Vec::new();
        for (Of(unit), people) in by_unit {
            let query = FilterQuery {
                unit: unit.and_then(|id| all.iter().find(|unit| unit.id == id)).map(|unit| unit.code.clone()),
                from: Some(from.to_string()),
                to: Some(to.to_string()),
                lang: Some(schedule.language.clone()),
                ..FilterQuery::default()
            };
            // As somebody who may read reports of this unit, and no single response.
            let viewer = Viewer::of_token(format!("schedule {}", schedule.name), Role::Viewer, unit);
            let number = match self.keep_report(&viewer, survey.as_deref().unwrap_or_default(), query, None).await {
                Ok(number) => Some(number),
                Err(ServiceError::NothingToKeep) => None,
                Err(error) => return Err(error),
            };
            mails.extend(people.into_iter().map(|email| (email, number)));
        }
        let next = next_after(&schedule.pattern, at.and_utc().max(schedule.next_at.and_utc()));
        // What never comes again waits for a century.
        let next = next.map_or(at + Duration::days(36_500), |next| next.naive_utc());
        let row = schedule.clone();
        self.store.write(move |db| stored::put_forward(db, &row, next, &mails)).await?;
        Ok(())
    }

    /// The mail, as its reader may see the report now; `None` for who has no account or may not see it any more.
    async fn mail_of(&self, mail: &MailRow) -> Result<Option<Mail>, ServiceError> {
        let (id, email) = (mail.schedule_id, mail.email.clone());
        let read = move |db: &mut _| {
            let schedule = stored::all(db)?.into_iter().find(|schedule| schedule.id == id);
            let Some(account) = accounts::by_email(db, &email)? else { return Ok((schedule, None)) };
            let grants = accounts::grants_of(db, account.id)?;
            Ok((schedule, Some((account, grants))))
        };
        let (Some(schedule), Some((account, grants))) = self.store.read(read).await? else { return Ok(None) };
        let words = wording(&schedule.language);
        let (from, to) = days_before(mail.due_at.date(), &schedule.days);
        let days = [("from", from.to_string()), ("to", to.to_string())];
        let Some(number) = mail.report_number else {
            let values = days.each_ref().map(|(name, day)| (*name, day.as_str().into()));
            return Ok(Some(Mail {
                to: mail.email.clone(),
                subject: words.fill("mail-report-none-subject", &values),
                text: words.fill("mail-report-none-body", &values).replace('\n', "\r\n"),
                attachments: Vec::new(),
            }));
        };
        let viewer = Viewer::with_grants(account, &grants, String::new());
        let kept = match self.kept_report(&viewer, number).await {
            Ok(kept) => kept,
            Err(ServiceError::NoSuchReport | ServiceError::NotAllowed | ServiceError::NotSignedIn) => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(report) = kept.report() else { return Ok(None) };
        let link = format!("{}/kept-reports/{number}?lang={}", self.settings.base_url, schedule.language);
        let files = [
            (format!("report-{number}.pdf"), report_as_pdf(&report, Some(&kept))),
            (format!("report-{number}.xlsx"), report_as_workbook(&report, Some(&kept))),
        ];
        let broken = |e| ServiceError::Store(StoreError::Broken(Box::new(e)));
        let files = files.into_iter().map(|(name, bytes)| Ok((name, bytes.map_err(broken)?)));
        let files = files.collect::<Result<Vec<_>, ServiceError>>()?;
        Ok(Some(letter(&mail.email, &report, &days, &link, files)))
    }
}

/// A report as a mail: what it says in sentences, a link, and the workbook.
fn letter(
    to: &str,
    report: &Report,
    days: &[(&'static str, String); 2],
    link: &str,
    attachments: Vec<(String, Vec<u8>)>,
) -> Mail {
    let words = wording(&report.language);
    let score = report.headline.as_ref().map_or(String::new(), |headline| points(headline.index.score));
    let scope = report.filter.scope(words);
    let name = report.headline.as_ref().map_or("", |headline| headline.name.as_str());
    let said = summary(report, words).join("\n");
    let responses = responses(report, words);
    let values = [
        ("scope", scope.as_str().into()),
        ("name", name.into()),
        ("score", score.as_str().into()),
        ("from", days[0].1.as_str().into()),
        ("to", days[1].1.as_str().into()),
        ("responses", responses.as_str().into()),
        ("summary", said.as_str().into()),
        ("link", link.into()),
    ];
    Mail {
        to: to.to_owned(),
        subject: words.fill("mail-report-subject", &values),
        text: words.fill("mail-report-body", &values).replace('\n', "\r\n"),
        attachments,
    }
}

/// When a cron expression comes next; `None` for one that cannot be understood, or never comes.
fn next_after(pattern: &str, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
    Cron::from_str(pattern).ok()?.find_next_occurrence(&after, false).ok()
}

/// The last whole month, quarter or year before a day.
fn days_before(day: NaiveDate, which: &str) -> (NaiveDate, NaiveDate) {
    let months = match which {
        "year" => 12,
        "quarter" => 3,
        _ => 1,
    };
    let begun = day.month0() / months * months;
    let end = day.with_day(1).and_then(|day| day.with_month0(begun)).unwrap_or(day);
    (end - Months::new(months), end.pred_opt().unwrap_or(end))
}

/// The unit that a report is of; without one, all together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Of(Option<i64>);

/// What somebody with a role on these units gets the report of, if they get it.
fn unit_for(wanted: Option<i64>, role: Role, roots: &[Option<i64>], all: &[UnitRow]) -> Option<Of> {
    if roots.is_empty() {
        return None;
    }
    let viewers = roots.iter().map(|unit| Viewer::of_token(String::new(), role, *unit));
    let scopes: Vec<Scope> = viewers.filter_map(|viewer| viewer.scope(Action::ReadReports, all).ok()).collect();
    match wanted {
        Some(unit) => scopes.iter().any(|scope| scope.holds(Some(unit))).then_some(Of(wanted)),
        None => scopes.first().map(|scope| match scope {
            Scope::Everywhere => Of(None),
            Scope::Units { roots, .. } => Of(roots.first().copied()),
        }),
    }
}

/// Keeps and mails reports as their time comes, for as long as the server runs.
pub async fn mail_reports_as_they_are_due(app: App) {
    if app.settings.mailer.is_none() {
        return;
    }
    loop {
        if let Err(error) = app.send_due_reports(now()).await {
            tracing::warn!(%error, "scheduled reports could not be looked for; trying again");
        }
        tokio::time::sleep(EVERY).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_of_the_last_whole_days() {
        let of = |day: &str, which: &str| {
            let (from, to) = days_before(day.parse().unwrap(), which);
            format!("{from} {to}")
        };
        assert_eq!(of("2026-03-31", "month"), "2026-02-01 2026-02-28");
        assert_eq!(of("2026-01-01", "month"), "2025-12-01 2025-12-31");
        assert_eq!(of("2026-05-20", "quarter"), "2026-01-01 2026-03-31");
        assert_eq!(of("2026-01-05", "quarter"), "2025-10-01 2025-12-31");
        assert_eq!(of("2028-02-29", "year"), "2027-01-01 2027-12-31");
    }

    #[test]
    fn cron_expressions_come_in_utc_or_are_refused() {
        let after = "2026-11-23T05:00:00Z".parse().unwrap();
        let next = |pattern| next_after(pattern, after).map(|at| at.to_rfc3339());
        assert_eq!(next("0 7 1 * *").as_deref(), Some("2026-12-01T07:00:00+00:00"));
        assert_eq!(next("30 6 * * MON").as_deref(), Some("2026-11-23T06:30:00+00:00"));
        for wrong in ["", "every monday", "61 * * * *", "0 0 30 2 *"] {
            assert_eq!(next(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn everybody_gets_their_own_house() {
        let unit = |id: i64, parent| UnitRow::plain(id, &id.to_string(), parent);
        let all = [unit(1, None), unit(2, Some(1)), unit(3, Some(1))];
        let to = |wanted, roots: &[Option<i64>]| unit_for(wanted, Role::Manager, roots, &all);
        assert_eq!(to(None, &[Some(2)]), Some(Of(Some(2))));
        assert_eq!(to(None, &[None]), Some(Of(None)));
        assert_eq!((to(Some(3), &[Some(2)]), to(Some(3), &[Some(1)])), (None, Some(Of(Some(3)))));
        assert_eq!(to(None, &[]), None);
    }
}
