//! Stays from the property system: rows in, each stored once by its own key, faults named with their line.
//!
//! Owns: what a stay may be, tables as they stream, and that a bad row keeps no good one out. Refuses: to keep how a
//! guest is reached with what the guest did; see [`crate::store::stays`].

use std::cell::Cell;
use std::collections::HashMap;
use std::io::Read;
use std::rc::Rc;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::access::{Action, Viewer};
use super::accounts::email_address;
use super::units::Fault;
use super::{App, ServiceError, now};
use crate::store::stays::{self, Contact, StayRow, StayValues, Stored};
use crate::store::{Db, StoreError, units};

/// Rows stored in one transaction: guests wait behind it.
const AT_ONCE: usize = 500;
/// The longest row, in bytes.
const ROW_LIMIT: usize = 256 * 1024;
/// Faults that are told one by one.
const TOLD: usize = 1000;

/// A stay, as tables and programs write it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Stay {
    /// The property system's own key, unique within the property.
    #[schema(min_length = 1, max_length = 100, example = "R-2026-004711")]
    pub key: String,
    /// Code of the property.
    #[schema(example = "edelweiss")]
    pub unit: String,
    pub arrival: NaiveDate,
    pub departure: NaiveDate,
    #[serde(default)]
    pub room_type: Option<String>,
    #[serde(default)]
    pub rate_plan: Option<String>,
    /// Where it was booked.
    #[serde(default)]
    pub channel: Option<String>,
    #[serde(default)]
    pub purpose: Option<String>,
    /// How many travelled together.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 10000)]
    pub party: Option<u16>,
    /// ISO 3166-1, two letters.
    #[serde(default)]
    #[schema(example = "AT")]
    pub country: Option<String>,
    /// BCP 47.
    #[serde(default)]
    pub language: Option<String>,
    #[serde(default)]
    pub loyalty_tier: Option<String>,
    /// In the currency, two decimals at most.
    #[serde(default)]
    pub revenue: Option<f64>,
    #[serde(default)]
    pub cost: Option<f64>,
    /// ISO 4217, three letters.
    #[serde(default)]
    #[schema(example = "EUR")]
    pub currency: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Whether the guest agreed to be asked: `yes`, `no`, or nothing for unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<String>,
}

/// The columns of a table of stays; key, unit, arrival and departure are needed.
pub const COLUMNS: [&str; 19] = [
    "key",
    "unit",
    "arrival",
    "departure",
    "room_type",
    "rate_plan",
    "channel",
    "purpose",
    "party",
    "country",
    "language",
    "loyalty_tier",
    "revenue",
    "cost",
    "currency",
    "name",
    "email",
    "phone",
    "consent",
];

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Imported {
    pub added: usize,
    pub changed: usize,
    pub unchanged: usize,
    /// Rows that did not go in.
    pub rejected: usize,
    /// The first thousand of them.
    pub faults: Vec<Fault>,
}

/// An import under way.
pub struct StayImport {
    app: App,
    /// Ids by code, of units that may be written.
    units: HashMap<String, i64>,
    waiting: Vec<(StayValues, Contact)>,
    imported: Imported,
}

impl App {
    /// Begins an import into the units that somebody administers.
    ///
    /// # Errors
    /// [`ServiceError::NotSignedIn`], [`ServiceError::NotAllowed`]; [`ServiceError::Store`] if the database fails.
    pub fn import_stays(&self, viewer: &Viewer) -> Result<StayImport, ServiceError> {
        let all = self.store.read_blocking(units::all)?;
        let scope = viewer.scope(Action::Manage, &all)?;
        let units = all.into_iter().filter(|unit| scope.holds(Some(unit.id)));
        let units = units.map(|unit| (unit.code, unit.id)).collect();
        Ok(StayImport { app: self.clone(), units, waiting: Vec::new(), imported: Imported::default() })
    }

    /// Stays of units that somebody administers, after a place, each with the place after it; without how guests are
    /// reached.
    ///
    /// # Errors
    /// As [`App::import_stays`].
    pub async fn stays(&self, viewer: &Viewer, after: i64, limit: i64) -> Result<Vec<(i64, Stay)>, ServiceError> {
        let of = self.admit_to(viewer, Action::Manage, false).await?.ids();
        let rows = self.store.read(move |db| stays::after(db, of.as_deref(), after, limit)).await?;
        rows.into_iter().map(|(row, unit)| Ok((row.id, described(row, unit)?))).collect()
    }
}

impl StayImport {
    /// Takes a row; `line` is where it stands.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails; what went in before stays in.
    pub fn push(&mut self, line: usize, row: Result<Stay, String>) -> Result<(), ServiceError> {
        match row.and_then(|stay| self.judged(&stay)) {
            Ok(stay) => self.waiting.push(stay),
            Err(reason) => {
                self.imported.rejected += 1;
                if self.imported.faults.len() < TOLD {
                    self.imported.faults.push(Fault { line, reason });
                }
            }
        }
        if self.waiting.len() >= AT_ONCE { self.store() } else { Ok(()) }
    }

    /// Takes a table (CSV) as it comes.
    ///
    /// # Errors
    /// As [`StayImport::push`]; [`ServiceError::BadTable`] for a heading that cannot be read, or bytes that do not come.
    pub fn push_csv(&mut self, source: impl Read) -> Result<(), ServiceError> {
        let since = Rc::new(Cell::new(0));
        let source = Bounded { source, since: since.clone() };
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(source);
        let heading = reader.headers().map_err(|e| ServiceError::BadTable(e.to_string()))?.clone();
        if let Some(bad) = heading.iter().find(|name| !COLUMNS.contains(name)) {
            let there = COLUMNS.join(", ");
            return Err(ServiceError::BadTable(format!("line 1: there is no column `{bad}`; there are {there}")));
        }
        let mut row = csv::StringRecord::new();
        loop {
            since.set(0);
            let line = reader.position().line() as usize;
            match reader.read_record(&mut row) {
                Ok(true) => self.push(line, row.deserialize(Some(&heading)).map_err(|e| plain(&e)))?,
                Ok(false) => return Ok(()),
                Err(e) if e.is_io_error() => return Err(ServiceError::BadTable(e.to_string())),
                Err(e) => self.push(line, Err(plain(&e)))?,
            }
        }
    }

    /// Stores what waits, and says what was done.
    ///
    /// # Errors
    /// As [`StayImport::push`].
    pub fn finish(mut self) -> Result<Imported, ServiceError> {
        self.store()?;
        Ok(self.imported)
    }

    fn store(&mut self) -> Result<(), ServiceError> {
        let rows = std::mem::take(&mut self.waiting);
        let put = move |db: &mut Db| -> Result<Vec<Stored>, StoreError> {
            rows.iter().map(|(stay, contact)| stays::put(db, stay, contact)).collect()
        };
        for stored in self.app.store.write_blocking(put)? {
            match stored {
                Stored::Added => self.imported.added += 1,
                Stored::Changed => self.imported.changed += 1,
                Stored::Unchanged => self.imported.unchanged += 1,
            }
        }
        Ok(())
    }

    fn judged(&self, stay: &Stay) -> Result<(StayValues, Contact), String> {
        let text = |name: &str, value: &Option<String>, longest: usize| match value.as_deref().map(str::trim) {
            None | Some("") => Ok(None),
            Some(text) if text.chars().count() > longest || text.contains(char::is_control) => {
                Err(format!("`{name}` is longer than {longest} characters, or holds a control character"))
            }
            Some(text) => Ok(Some(text.to_owned())),
        };
        let key = text("key", &Some(stay.key.clone()), 100)?.ok_or("`key` is empty")?;
        let unit =
            *self.units.get(&stay.unit).ok_or_else(|| format!("`unit`: there is no unit `{}` here", stay.unit))?;
        if stay.departure < stay.arrival {
            return Err(format!("`departure` {} is before `arrival` {}", stay.departure, stay.arrival));
        }
        let letters = |name: &str, value: &Option<String>, n: usize| match text(name, value, 10)? {
            Some(code) if code.len() != n || !code.chars().all(|c| c.is_ascii_alphabetic()) => {
                Err(format!("`{name}` is `{code}`; expected {n} letters"))
            }
            code => Ok(code.map(|code| code.to_uppercase())),
        };
        let email = match text("email", &stay.email, 254)? {
            Some(typed) => Some(email_address(&typed).ok_or_else(|| format!("`email`: `{typed}` is no address"))?),
            None => None,
        };
        let consent = match stay.consent.as_deref().map(str::trim) {
            None | Some("" | "unknown") => "unknown",
            Some("yes") => "yes",
            Some("no") => "no",
            Some(other) => return Err(format!("`consent` is `{other}`; expected yes, no or nothing")),
        };
        if stay.party == Some(0) {
            return Err("`party` is 0; expected 1 or more".to_owned());
        }
        let values = StayValues {
            stay_key: key,
            unit_id: unit,
            arrival: stay.arrival.to_string(),
            departure: stay.departure.to_string(),
            room_type: text("room_type", &stay.room_type, 100)?,
            rate_plan: text("rate_plan", &stay.rate_plan, 100)?,
            channel: text("channel", &stay.channel, 100)?,
            purpose: text("purpose", &stay.purpose, 100)?,
            party: stay.party.map(i64::from),
            country: letters("country", &stay.country, 2)?,
            language: text("language", &stay.language, 35)?,
            loyalty_tier: text("loyalty_tier", &stay.loyalty_tier, 100)?,
            revenue: hundredths("revenue", stay.revenue)?,
            cost: hundredths("cost", stay.cost)?,
            currency: letters("currency", &stay.currency, 3)?,
            updated_at: now(),
        };
        let contact = Contact {
            name: text("name", &stay.name, 200)?,
            email,
            phone: text("phone", &stay.phone, 40)?,
            consent: consent.to_owned(),
        };
        Ok((values, contact))
    }
}

/// A table, of which no row takes more than [`ROW_LIMIT`] bytes: an open quote would else take all memory.
struct Bounded<R> {
    source: R,
    /// Bytes since the row began.
    since: Rc<Cell<usize>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, target: &mut [u8]) -> std::io::Result<usize> {
        if self.since.get() > ROW_LIMIT {
            return Err(std::io::Error::other(format!("a row is longer than {ROW_LIMIT} bytes; is a quote open?")));
        }
        let n = self.source.read(target)?;
        self.since.set(self.since.get() + n);
        Ok(n)
    }
}

/// Why a row of a table cannot be read, without its position, which is told beside it.
fn plain(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => match err.field() {
            Some(field) => format!("column {}: {}", field + 1, err.kind()),
            None => err.kind().to_string(),
        },
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} columns; the heading has {expected_len}")
        }
        _ => error.to_string(),
    }
}

fn hundredths(name: &str, value: Option<f64>) -> Result<Option<i64>, String> {
    let Some(value) = value else { return Ok(None) };
    let hundredths = (value * 100.0).round();
    if !value.is_finite() || value.abs() > 1e12 || (value * 100.0 - hundredths).abs() > 1e-3 {
        return Err(format!("`{name}` is {value}; expected an amount with at most two decimals"));
    }
    Ok(Some(hundredths as i64))
}

fn described(row: StayRow, unit: String) -> Result<Stay, ServiceError> {
    let day = |text: &str| {
        let broken = |e| StoreError::Broken(format!("stays: `{text}` is no day: {e}").into());
        text.parse::<NaiveDate>().map_err(broken)
    };
    Ok(Stay {
        arrival: day(&row.arrival)?,
        departure: day(&row.departure)?,
        key: row.stay_key,
        unit,
        room_type: row.room_type,
        rate_plan: row.rate_plan,
        channel: row.channel,
        purpose: row.purpose,
        party: row.party.and_then(|n| u16::try_from(n).ok()),
        country: row.country,
        language: row.language,
        loyalty_tier: row.loyalty_tier,
        revenue: row.revenue.map(|n| n as f64 / 100.0),
        cost: row.cost.map(|n| n as f64 / 100.0),
        currency: row.currency,
        ..Stay::default()
    })
}
