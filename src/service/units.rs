//! The hierarchy of units: added, changed, moved, merged, read from tables.
//!
//! Owns: what a unit may be, and that a table goes in whole or not at all, with every row's fault named. Refuses: rings,
//! parents that are not there, and to forget what was: every change is noted, answers keep their unit.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{App, ServiceError, now};
use crate::store::units::{self, KINDS, UnitRow, UnitValues};
use crate::store::{Db, StoreError};
use crate::survey::ids::Slug;

/// A unit, as tables and programs write it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Name in addresses: lower-case letters, digits, hyphens.
    #[schema(pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", max_length = 64, example = "edelweiss")]
    pub code: String,
    /// `group`, `brand`, `region`, `property` or `outlet`.
    #[schema(example = "property")]
    #[serde(default = "property")]
    pub kind: String,
    /// Name for people.
    #[schema(min_length = 1, max_length = 200, example = "Edelweiss")]
    pub name: String,
    /// Names by language.
    #[serde(default)]
    pub names: BTreeMap<String, String>,
    /// Code of the unit above.
    #[serde(default)]
    pub parent: Option<String>,
    /// IANA, such as `Europe/Vienna`.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// BCP 47, such as `de-AT`.
    #[serde(default)]
    pub locale: Option<String>,
    /// First day in use.
    #[serde(default)]
    pub active_from: Option<NaiveDate>,
    /// Last day in use.
    #[serde(default)]
    pub active_to: Option<NaiveDate>,
    /// Code of the unit that this one became part of.
    #[serde(default)]
    pub merged_into: Option<String>,
}

fn property() -> String {
    "property".to_owned()
}

/// What is wrong with one of many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Fault {
    /// Line of a table, heading included; place in a list, from 1.
    pub line: usize,
    pub reason: String,
}

/// What a table did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Put {
    pub added: usize,
    pub changed: usize,
    pub unchanged: usize,
}

/// What became of a unit.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Change {
    pub at: chrono::DateTime<chrono::Utc>,
    /// By name, what was and what is.
    #[schema(value_type = Object)]
    pub change: serde_json::Value,
}

/// What is wrong with a unit by itself.
fn judge(unit: &Unit) -> Result<(), String> {
    unit.code.parse::<Slug>().map_err(|e| e.to_string())?;
    if !KINDS.contains(&unit.kind.as_str()) {
        return Err(format!("`kind` is `{}`; it is one of {}", unit.kind, KINDS.join(", ")));
    }
    let texts = unit.names.values().chain([&unit.name]);
    if texts
        .into_iter()
        .any(|name| name.trim().is_empty() || name.chars().count() > 200 || name.contains(char::is_control))
    {
        return Err("a name has 1 to 200 characters, none of them a control character".to_owned());
    }
    let tag = |text: &String| text.len() <= 35 && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if let Some(bad) = unit.names.keys().chain(&unit.locale).find(|text| text.is_empty() || !tag(text)) {
        return Err(format!("`{bad}` is no language or locale such as `de` or `de-AT`"));
    }
    let zone =
        |text: &String| text.len() <= 60 && text.chars().all(|c| c.is_ascii_alphanumeric() || "/_+-".contains(c));
    if let Some(bad) = unit.time_zone.iter().find(|text| text.is_empty() || !zone(text)) {
        return Err(format!("`time_zone` is `{bad}`; expected a name such as `Europe/Vienna`"));
    }
    match (unit.active_from, unit.active_to) {
        (Some(from), Some(to)) if from > to => Err(format!("`active_to` {to} is before `active_from` {from}")),
        _ => Ok(()),
    }
}

/// The units as people know them.
fn described(rows: &[UnitRow]) -> Vec<Unit> {
    let codes: HashMap<i64, &String> = rows.iter().map(|row| (row.id, &row.code)).collect();
    let code = |id: Option<i64>| id.and_then(|id| codes.get(&id)).map(|code| (*code).clone());
    let day = |text: &Option<String>| text.as_deref().and_then(|text| text.parse().ok());
    let unit = |row: &UnitRow| Unit {
        code: row.code.clone(),
        kind: row.kind.clone(),
        name: row.name.clone(),
        names: serde_json::from_str(&row.names).unwrap_or_default(),
        parent: code(row.parent_id),
        time_zone: row.time_zone.clone(),
        locale: row.locale.clone(),
        active_from: day(&row.active_from),
        active_to: day(&row.active_to),
        merged_into: code(row.merged_into),
    };
    rows.iter().map(unit).collect()
}

/// What a program sees to have changed: by name, what was and what is.
fn difference(before: &Unit, after: &Unit) -> serde_json::Value {
    let (before, after) = (json!(before), json!(after));
    let names = after.as_object().into_iter().flat_map(serde_json::Map::keys);
    let changed = names.filter(|name| before[*name] != after[*name]);
    changed.map(|name| (name.clone(), json!([before[name], after[name]]))).collect::<serde_json::Map<_, _>>().into()
}

/// Stores units, all or none.
fn put(db: &mut Db, given: &[Unit]) -> Result<Result<Put, Vec<Fault>>, StoreError> {
    let before = units::all(db)?;
    let known: HashMap<String, Unit> = described(&before).into_iter().map(|unit| (unit.code.clone(), unit)).collect();
    let mut after = known.clone();
    let mut faults = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for (line, unit) in (1..).zip(given) {
        let twice = || if seen.contains(&unit.code) { Err(format!("`{}` is there twice", unit.code)) } else { Ok(()) };
        if let Err(reason) = judge(unit).and_then(|()| twice()) {
            faults.push(Fault { line, reason });
        }
        seen.insert(unit.code.clone());
        after.insert(unit.code.clone(), unit.clone());
    }
    for (line, unit) in (1..).zip(given) {
        for (name, other) in [("parent", &unit.parent), ("merged_into", &unit.merged_into)] {
            if let Some(other) = other.as_ref().filter(|other| !after.contains_key(*other)) {
                faults.push(Fault { line, reason: format!("`{name}`: there is no unit `{other}`") });
            }
        }
        if in_a_ring(&after, &unit.code) {
            faults.push(Fault { line, reason: format!("`{}` would stand below itself", unit.code) });
        }
    }
    if !faults.is_empty() {
        return Ok(Err(faults));
    }
    let mut ids: HashMap<String, i64> = before.into_iter().map(|row| (row.code, row.id)).collect();
    for unit in given.iter().filter(|unit| !known.contains_key(&unit.code)) {
        let new = units::NewUnit { code: &unit.code, kind: &unit.kind, name: &unit.name, parent_id: None };
        ids.insert(unit.code.clone(), units::insert(db, &new)?);
    }
    let mut done = Put::default();
    for unit in given {
        let change = match known.get(&unit.code) {
            Some(before) if before == unit => {
                done.unchanged += 1;
                continue;
            }
            Some(before) => {
                done.changed += 1;
                difference(before, unit)
            }
            None => {
                done.added += 1;
                json!({"added": [null, unit.code]})
            }
        };
        let id = |code: &Option<String>| code.as_ref().and_then(|code| ids.get(code)).copied();
        let values = UnitValues {
            kind: unit.kind.clone(),
            name: unit.name.clone(),
            parent_id: id(&unit.parent),
            names: json!(unit.names).to_string(),
            time_zone: unit.time_zone.clone(),
            locale: unit.locale.clone(),
            active_from: unit.active_from.map(|day| day.to_string()),
            active_to: unit.active_to.map(|day| day.to_string()),
            merged_into: id(&unit.merged_into),
        };
        units::update(db, ids[&unit.code], &values, &change.to_string(), now())?;
    }
    Ok(Ok(done))
}

fn in_a_ring(units: &HashMap<String, Unit>, code: &str) -> bool {
    let above = |code: &String| units.get(code).and_then(|unit| unit.parent.clone());
    let mut at = Some(code.to_owned());
    for _ in 0..=units.len() {
        at = at.as_ref().and_then(above);
        match &at {
            None => return false,
            Some(reached) if reached == code => return true,
            Some(_) => {}
        }
    }
    true
}

impl App {
    /// All units, parents before children.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails.
    pub async fn units(&self) -> Result<Vec<Unit>, ServiceError> {
        Ok(described(&self.store.read(units::all).await?))
    }

    /// Adds units, or changes those that there are; all or none. In any order: parents may come later.
    ///
    /// # Errors
    /// [`ServiceError::BadUnits`] with every fault; [`ServiceError::Store`] if the database fails.
    pub async fn put_units(&self, given: Vec<Unit>) -> Result<Put, ServiceError> {
        self.store.write(move |db| put(db, &given)).await?.map_err(ServiceError::BadUnits)
    }

    /// Makes a unit part of another: its answers stay its own and count for the other, its links lead there, it stands
    /// below it, and is no property of its own any more.
    ///
    /// # Errors
    /// [`ServiceError::UnknownUnit`]; [`ServiceError::BadUnits`] if the other one stands below it.
    pub async fn merge_units(&self, code: &str, into: &str) -> Result<Put, ServiceError> {
        let all = self.units().await?;
        let unknown = |code: &str| ServiceError::UnknownUnit(code.chars().take(80).collect());
        let mut unit = all.iter().find(|unit| unit.code == code).cloned().ok_or_else(|| unknown(code))?;
        let target = all.iter().find(|unit| unit.code == into).ok_or_else(|| unknown(into))?;
        // What became part of this one becomes part of that one.
        let into = target.merged_into.clone().unwrap_or_else(|| target.code.clone());
        unit.parent = Some(into.clone());
        unit.merged_into = Some(into.clone());
        unit.active_to = unit.active_to.or(Some(now().date()));
        let earlier = all.iter().filter(|other| other.merged_into.as_deref() == Some(code));
        let earlier = earlier.cloned().map(|other| Unit { merged_into: Some(into.clone()), ..other });
        let changed = std::iter::once(unit).chain(earlier).collect();
        self.put_units(changed).await
    }

    /// What became of a unit, the earliest first.
    ///
    /// # Errors
    /// [`ServiceError::UnknownUnit`]; [`ServiceError::Store`] if the database fails.
    pub async fn unit_changes(&self, code: &str) -> Result<Vec<Change>, ServiceError> {
        let wanted = code.to_owned();
        let rows = self.store.read(move |db| match units::by_code(db, &wanted)? {
            Some(unit) => Ok(Some(units::changes_of(db, unit.id)?)),
            None => Ok(None),
        });
        let rows = rows.await?.ok_or_else(|| ServiceError::UnknownUnit(code.chars().take(80).collect()))?;
        let change = |(at, text): (chrono::NaiveDateTime, String)| Change {
            at: at.and_utc(),
            change: serde_json::from_str(&text).unwrap_or_default(),
        };
        Ok(rows.into_iter().map(change).collect())
    }
}

/// Units of a table: the columns of [`COLUMNS`], names by language as `name:de`. What a table has no column for stays as
/// it is in `known`; an empty cell clears it.
///
/// # Errors
/// Every row's fault.
pub fn from_csv(text: &str, known: &[Unit]) -> Result<Vec<Unit>, Vec<Fault>> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(false).from_reader(text.as_bytes());
    let fault = |line, reason: String| vec![Fault { line, reason }];
    let heading = reader.headers().map_err(|e| fault(1, e.to_string()))?.clone();
    if let Some(bad) = heading.iter().find(|name| !COLUMNS.contains(name) && !name.starts_with("name:")) {
        return Err(fault(1, format!("there is no column `{bad}`; there are {}, name:LANGUAGE", COLUMNS.join(", "))));
    }
    let (mut units, mut faults) = (Vec::new(), Vec::new());
    for (line, row) in (2..).zip(reader.records()) {
        match row.map_err(|e| e.to_string()).and_then(|row| of_row(&heading, &row, known)) {
            Ok(unit) => units.push(unit),
            Err(reason) => faults.push(Fault { line, reason }),
        }
    }
    if faults.is_empty() { Ok(units) } else { Err(faults) }
}

/// The columns of a table of units.
pub const COLUMNS: [&str; 9] =
    ["code", "kind", "name", "parent", "time_zone", "locale", "active_from", "active_to", "merged_into"];

fn of_row(heading: &csv::StringRecord, row: &csv::StringRecord, known: &[Unit]) -> Result<Unit, String> {
    let code = heading.iter().zip(row).find(|(name, _)| *name == "code").map_or("", |(_, code)| code);
    let before = known.iter().find(|unit| unit.code == code).cloned();
    let mut unit = before.unwrap_or_else(|| Unit { code: code.to_owned(), kind: property(), ..Unit::default() });
    let day = |name: &str, text: &Option<String>| match text {
        None => Ok(None),
        Some(text) => {
            text.parse().map(Some).map_err(|_| format!("`{name}` is `{text}`; expected a day such as 2026-11-21"))
        }
    };
    for (name, value) in heading.iter().zip(row) {
        let own = Some(value.to_owned()).filter(|value| !value.is_empty());
        match name {
            "code" => {}
            "kind" => unit.kind = own.unwrap_or_else(property),
            "name" => value.clone_into(&mut unit.name),
            "parent" => unit.parent = own,
            "time_zone" => unit.time_zone = own,
            "locale" => unit.locale = own,
            "active_from" => unit.active_from = day(name, &own)?,
            "active_to" => unit.active_to = day(name, &own)?,
            "merged_into" => unit.merged_into = own,
            other => {
                let language = other.trim_start_matches("name:").to_owned();
                match own {
                    Some(name) => drop(unit.names.insert(language, name)),
                    None => drop(unit.names.remove(&language)),
                }
            }
        }
    }
    Ok(unit)
}

/// A table of units, as [`from_csv`] reads it.
pub fn to_csv(units: &[Unit]) -> String {
    let languages: std::collections::BTreeSet<&String> = units.iter().flat_map(|unit| unit.names.keys()).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let heading = COLUMNS.map(str::to_owned).into_iter().chain(languages.iter().map(|tag| format!("name:{tag}")));
    // Writing to memory cannot fail.
    let _ = writer.write_record(heading);
    for unit in units {
        let day = |day: Option<NaiveDate>| day.map_or(String::new(), |day| day.to_string());
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let fixed = [
            unit.code.clone(),
            unit.kind.clone(),
            unit.name.clone(),
            text(&unit.parent),
            text(&unit.time_zone),
            text(&unit.locale),
            day(unit.active_from),
            day(unit.active_to),
            text(&unit.merged_into),
        ];
        let named = languages.iter().map(|tag| unit.names.get(*tag).cloned().unwrap_or_default());
        let _ = writer.write_record(fixed.into_iter().chain(named));
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}
