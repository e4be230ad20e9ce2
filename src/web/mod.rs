//! HTTP in, HTTP out.
//!
//! Owns: addresses, status codes, headers, pages. Refuses: rules about surveys and statistics; a handler
//! reads the request, calls one function of [`crate::service`] and turns the result into a response.

mod accounts;
mod api;
mod brand;
mod guest;
mod guest_view;
mod head;
mod headers;
mod invited;
mod kept;
mod kiosk;
mod limits;
pub mod metrics;
mod operations;
mod overview;
mod overview_view;
mod pages;
mod problem;
mod question_view;
mod reader;
mod receipt;
mod report_view;
mod results;
mod routes;
mod second_factor;
pub mod server;
mod sign_in;
mod staff_form;
mod view;
