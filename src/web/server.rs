//! The HTTP server: middleware, workers, the listening socket.

use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::middleware::{Compress, from_fn};
use actix_web::web::Data;
use actix_web::{App as Actix, HttpServer};
use tracing_actix_web::TracingLogger;

use super::api::reply::Keys;
use super::limits::{Limits, limit};
use super::pages::Pages;
use super::{headers, metrics, routes};
use crate::service::App;
use crate::telemetry::RequestSpan;

/// Who may see results. Accounts will replace it.
#[derive(Debug, Clone, Copy)]
pub struct Access {
    /// Whether reports are open to everybody who reaches the server.
    pub open_results: bool,
    /// Whether single answers are.
    pub open_responses: bool,
    /// Submissions a minute from one network; 0 for no limit.
    pub submissions_a_minute: u32,
    /// Calls a minute from one network; 0 for no limit.
    pub calls_a_minute: u32,
    /// Whether a proxy says who asks.
    pub behind_proxy: bool,
}

impl Access {
    /// Everything open and nothing limited: for a demonstration on this machine.
    pub fn open() -> Self {
        Self {
            open_results: true,
            open_responses: true,
            submissions_a_minute: 0,
            calls_a_minute: 0,
            behind_proxy: false,
        }
    }
}

/// Serves on `listener` until stopped. The caller awaits the server it gets.
///
/// # Errors
/// If the socket cannot be used.
pub fn serve(app: App, access: Access, listener: TcpListener) -> std::io::Result<Server> {
    let limits = Data::new(Limits::new(access.submissions_a_minute, access.calls_a_minute, access.behind_proxy));
    let (app, access, pages) = (Data::new(app), Data::new(access), Data::new(Pages::default()));
    let keys = Data::new(Keys::default());
    let server = HttpServer::new(move || {
        Actix::new()
            .app_data(app.clone())
            .app_data(access.clone())
            .app_data(pages.clone())
            .app_data(limits.clone())
            .app_data(keys.clone())
            .wrap(from_fn(limit))
            .wrap(headers::security())
            .wrap(Compress::default())
            .wrap(from_fn(metrics::count))
            .wrap(TracingLogger::<RequestSpan>::new())
            .configure(routes::routes)
    });
    Ok(server.shutdown_timeout(10).listen(listener)?.run())
}
