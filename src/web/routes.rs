//! Every route, on one screen.

use actix_web::web::{self, ServiceConfig};

use super::{api, guest, problem, results};

/// The largest body that is read, in bytes.
pub const BODY_LIMIT: usize = 64 * 1024;

/// Registers all routes.
pub fn routes(config: &mut ServiceConfig) {
    config
        .app_data(web::FormConfig::default().limit(BODY_LIMIT).error_handler(problem::bad_form))
        .route("/", web::get().to(results::home))
        .route("/healthz", web::get().to(api::healthz))
        // Guests.
        .route("/s/{survey}", web::get().to(guest::show))
        .route("/s/{survey}", web::post().to(guest::submit))
        .route("/s/{survey}/thanks/{receipt}", web::get().to(guest::thanks))
        // Quality teams.
        .route("/reports/{survey}", web::get().to(results::report))
        // Machines.
        .route("/api/v1/reports/{survey}", web::get().to(api::report))
        .route("/api/v1/surveys/{survey}/responses.csv", web::get().to(api::responses_csv))
        .default_service(web::to(problem::no_such_page));
}
