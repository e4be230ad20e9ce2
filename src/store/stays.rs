//! Stays and, apart from them, how their guests are reached.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::db::{Db, on_each};
use super::error::StoreError;
use super::schema::{contacts, stays, units};

/// A stay to be stored.
#[derive(Debug, Clone, PartialEq, Eq, Insertable, AsChangeset)]
#[diesel(table_name = stays, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct StayValues {
    /// The property system's own.
    pub stay_key: String,
    pub unit_id: i64,
    /// ISO 8601 days.
    pub arrival: String,
    pub departure: String,
    pub room_type: Option<String>,
    pub rate_plan: Option<String>,
    pub channel: Option<String>,
    pub purpose: Option<String>,
    pub party: Option<i64>,
    pub country: Option<String>,
    pub language: Option<String>,
    pub loyalty_tier: Option<String>,
    /// In hundredths of the currency.
    pub revenue: Option<i64>,
    pub cost: Option<i64>,
    pub currency: Option<String>,
    pub updated_at: NaiveDateTime,
}

/// How a guest is reached.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Contact {
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    /// `yes`, `no` or `unknown`.
    pub consent: String,
}

/// A stay as stored, without how its guest is reached.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = stays)]
pub struct StayRow {
    pub id: i64,
    pub stay_key: String,
    pub unit_id: i64,
    pub arrival: String,
    pub departure: String,
    pub room_type: Option<String>,
    pub rate_plan: Option<String>,
    pub channel: Option<String>,
    pub purpose: Option<String>,
    pub party: Option<i64>,
    pub country: Option<String>,
    pub language: Option<String>,
    pub loyalty_tier: Option<String>,
    pub revenue: Option<i64>,
    pub cost: Option<i64>,
    pub currency: Option<String>,
    pub updated_at: NaiveDateTime,
}

/// What storing a stay did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    Added,
    Changed,
    Unchanged,
}

/// Stores a stay by its unit and key, and how its guest is reached; the same twice changes nothing.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn put(db: &mut Db, stay: &StayValues, contact: &Contact) -> Result<Stored, StoreError> {
    let by_key = stays::table.filter(stays::unit_id.eq(stay.unit_id)).filter(stays::stay_key.eq(&stay.stay_key));
    let Some(row) = by_key.select(StayRow::as_select()).first(db).optional()? else {
        let id: i64 = diesel::insert_into(stays::table).values(stay).returning(stays::id).get_result(db)?;
        put_contact(db, id, contact)?;
        return Ok(Stored::Added);
    };
    let kept: Option<Contact> = contacts::table
        .find(row.id)
        .select((contacts::name, contacts::email, contacts::phone, contacts::consent))
        .first(db)
        .optional()?;
    let same_contact = kept.as_ref() == Some(contact);
    let same = values(&row, stay.updated_at) == *stay;
    if same && same_contact {
        return Ok(Stored::Unchanged);
    }
    if !same {
        diesel::update(stays::table.find(row.id)).set(stay).execute(db)?;
    }
    if !same_contact {
        diesel::delete(contacts::table.find(row.id)).execute(db)?;
        put_contact(db, row.id, contact)?;
    }
    Ok(Stored::Changed)
}

fn values(row: &StayRow, updated_at: NaiveDateTime) -> StayValues {
    let row = row.clone();
    StayValues {
        stay_key: row.stay_key,
        unit_id: row.unit_id,
        arrival: row.arrival,
        departure: row.departure,
        room_type: row.room_type,
        rate_plan: row.rate_plan,
        channel: row.channel,
        purpose: row.purpose,
        party: row.party,
        country: row.country,
        language: row.language,
        loyalty_tier: row.loyalty_tier,
        revenue: row.revenue,
        cost: row.cost,
        currency: row.currency,
        updated_at,
    }
}

fn put_contact(db: &mut Db, stay_id: i64, contact: &Contact) -> Result<(), StoreError> {
    let row = (
        contacts::stay_id.eq(stay_id),
        contacts::name.eq(&contact.name),
        contacts::email.eq(&contact.email),
        contacts::phone.eq(&contact.phone),
        contacts::consent.eq(&contact.consent),
    );
    on_each!(db, c => diesel::insert_into(contacts::table).values(row).execute(c))?;
    Ok(())
}

/// Stays with an id above `after`, by id, each with its unit's code; of these units only, if any are given.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn after(db: &mut Db, of: Option<&[i64]>, after: i64, limit: i64) -> Result<Vec<(StayRow, String)>, StoreError> {
    let rows = stays::table.inner_join(units::table.on(stays::unit_id.eq(units::id))).filter(stays::id.gt(after));
    let rows = rows.select((StayRow::as_select(), units::code)).order(stays::id).limit(limit).into_boxed();
    match of {
        Some(ids) => Ok(rows.filter(stays::unit_id.eq_any(ids.to_vec())).load(db)?),
        None => Ok(rows.load(db)?),
    }
}

/// The stays that a mail address is kept for, each with its unit's code and the contact.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn by_email(db: &mut Db, email: &str) -> Result<Vec<(StayRow, String, Contact)>, StoreError> {
    let rows = stays::table
        .inner_join(contacts::table.on(contacts::stay_id.eq(stays::id)))
        .inner_join(units::table.on(stays::unit_id.eq(units::id)))
        .filter(contacts::email.eq(email))
        .order(stays::id);
    let contact = (contacts::name, contacts::email, contacts::phone, contacts::consent);
    Ok(rows.select((StayRow::as_select(), units::code, contact)).load(db)?)
}

/// Forgets how guests with this mail address are reached; what is left of their stays names nobody.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn forget(db: &mut Db, email: &str) -> Result<usize, StoreError> {
    Ok(diesel::delete(contacts::table.filter(contacts::email.eq(email))).execute(db)?)
}

/// Forgets how guests are reached who left before a day.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn forget_before(db: &mut Db, day: &str) -> Result<usize, StoreError> {
    let left = stays::table.filter(stays::departure.lt(day)).select(stays::id);
    Ok(diesel::delete(contacts::table.filter(contacts::stay_id.eq_any(left))).execute(db)?)
}
