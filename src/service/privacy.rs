//! What a guest may ask for: everything that is kept under an address, and to be forgotten; and forgetting by itself.
//!
//! Owns: contacts of stays, and when what is forgotten (answers go in [`super::retaining`]). What a guest answered is the guest's own by receipt ([`super::receipts`]). Refuses: to look
//! for answers by address: nothing joins the two.

use std::time::Duration;

use serde_json::{Value, json};

use super::accounts::email_address;
use super::{App, ServiceError, now};
use crate::store::stays;

/// How often what is old enough is looked for.
const EVERY: Duration = Duration::from_hours(6);

impl App {
    /// Everything that is kept under a mail address, as JSON.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails.
    pub async fn kept_of(&self, email: &str) -> Result<Value, ServiceError> {
        let wanted = email_address(email).unwrap_or_default();
        let rows = self.store.read(move |db| stays::by_email(db, &wanted)).await?;
        let stay = |(row, unit, contact): (stays::StayRow, String, stays::Contact)| {
            json!({
                "key": row.stay_key, "unit": unit, "arrival": row.arrival, "departure": row.departure,
                "room_type": row.room_type, "rate_plan": row.rate_plan, "channel": row.channel,
                "purpose": row.purpose, "party": row.party, "country": row.country, "language": row.language,
                "loyalty_tier": row.loyalty_tier, "revenue": row.revenue.map(|n| n as f64 / 100.0),
                "cost": row.cost.map(|n| n as f64 / 100.0), "currency": row.currency,
                "name": contact.name, "email": contact.email, "phone": contact.phone, "consent": contact.consent,
            })
        };
        Ok(json!({"stays": rows.into_iter().map(stay).collect::<Vec<_>>()}))
    }

    /// Forgets how a guest is reached; returns for how many stays it was known.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails.
    pub async fn forget_guest(&self, email: &str) -> Result<usize, ServiceError> {
        let wanted = email_address(email).unwrap_or_default();
        Ok(self.store.write(move |db| stays::forget(db, &wanted)).await?)
    }

    /// Forgets how guests are reached who left more than so many days ago; returns how many stays that were.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails.
    pub async fn forget_contacts(&self, days: u32) -> Result<usize, ServiceError> {
        let before = (now().date() - chrono::Days::new(u64::from(days))).to_string();
        Ok(self.store.write(move |db| stays::forget_before(db, &before)).await?)
    }
}

/// How long is kept what a guest gave, in days; for ever if `None`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Retention {
    /// After the guest left.
    pub contacts: Option<u32>,
    /// After the end of the month in which they were given; their moments are kept.
    pub answers: Option<u32>,
}

/// Forgets what has grown old, for as long as the server runs.
pub async fn forget_as_days_pass(app: App, retention: Retention) {
    loop {
        if let Some(days) = retention.contacts {
            told(app.forget_contacts(days).await, "contacts");
        }
        if let Some(days) = retention.answers {
            told(app.forget_answers(days).await, "answers");
        }
        tokio::time::sleep(EVERY).await;
    }
}

fn told(outcome: Result<usize, ServiceError>, what: &'static str) {
    match outcome {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, what, "forgotten, for their time was over"),
        Err(error) => tracing::error!(%error, what, "could not be forgotten"),
    }
}
