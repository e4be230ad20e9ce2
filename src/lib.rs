//! Soundings: customer satisfaction, measured. One page of map; ARCHITECTURE.md has the walk.
//!
//! ```text
//! survey <- report <- export          survey <- store
//! csi    <- report                    survey, csi, report, export, store <- service <- web, cli
//! wording (product texts) serves report and web
//! ```

pub mod cli;
pub mod config;
pub mod csi;
pub mod export;
pub mod load;
pub mod report;
pub mod service;
pub mod store;
pub mod survey;
pub mod telemetry;
mod text;
pub mod web;
pub mod wording;

/// What a request allocates on one thread is freed on another, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
