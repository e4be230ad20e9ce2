//! Journeys through the whole product, over real HTTP, on real databases.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected should stop there")]

mod accessibility;
mod accounts;
mod anonymous;
mod api;
mod architecture;
mod audit;
mod browser;
mod dependencies;
mod exchange;
mod faults;
mod flags;
mod guest_fills_in;
mod harness;
mod identity;
mod inference;
mod invited;
mod journeys;
mod killed;
mod kiosk;
mod limits;
mod monday;
mod operations;
mod overload;
mod publication;
mod questionnaires;
mod questionnaires_rendered;
mod readme;
mod receipts;
mod reference;
mod reference_edge_cases;
mod reference_inside;
mod researcher_fits;
mod researcher_simulates;
mod sealed;
mod second_opinion;
mod shell;
mod team_reads;
mod themes;
mod two_backends;
mod units_and_stays;
mod watched;
mod webdriver;
mod webhooks;
mod weight;
