//! The database, and nothing that is not: diesel on SQLite or PostgreSQL.
//!
//! Owns: [`Store`], the only way to the data; tables, migrations, connections, and the promise that a
//! write which returned is on disk. Refuses: to know statistics, pages or what an answer means.
//! Functions in here take `&mut Db`, so the caller decides what is one transaction.

pub mod accounts;
pub mod api_tokens;
pub mod audit;
pub mod backup;
pub mod blocks;
mod db;
mod error;
pub mod factors;
pub mod invitation_months;
pub mod invitations;
pub mod kept_moments;
pub mod kept_reports;
pub mod kiosks;
pub mod packed_ratings;
pub mod report_schedules;
pub mod responses;
mod schema;
pub mod seals;
pub mod stays;
pub mod surveys;
pub mod units;
pub mod waiting;
pub mod webhooks;
mod writer;

pub use db::{Db, Location, Store};
pub use error::StoreError;
