//! HTTP in, HTTP out.
//!
//! Owns: addresses, status codes, headers, pages. Refuses: rules about surveys and statistics; a handler
//! reads the request, calls one function of [`crate::service`] and turns the result into a response.

mod accounts;
mod api;
mod brand;
mod chart_files;
mod comments_view;
mod days_filter;
mod expectations_view;
mod guest;
mod guest_view;
mod head;
mod headers;
mod houses_view;
mod invited;
mod kept;
mod kiosk;
mod limits;
mod measurement_view;
pub mod metrics;
mod operations;
mod overview;
mod overview_view;
mod pages;
mod paths_view;
mod period_filter;
mod problem;
mod question_page_view;
mod question_rows;
mod question_view;
mod reader;
mod receipt;
mod report_view;
mod responses_view;
mod results;
mod routes;
mod satisfiers_view;
mod second_factor;
mod segments_view;
pub mod server;
mod sign_in;
mod staff_form;
mod view;
