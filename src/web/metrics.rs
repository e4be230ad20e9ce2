//! Metrics out: counting requests, and the socket on which Prometheus asks.
//!
//! Owns: a listener of its own, so that what is counted never stands where guests are. Refuses: every other address.

use std::net::TcpListener;
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::{self, Data};
use actix_web::{App as Actix, HttpResponse, HttpServer};

use crate::service::App;

/// Counts a request, and how long its answer took.
///
/// # Errors
/// As what it lets through.
pub async fn count(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let begun = Instant::now();
    let response = next.call(request).await?;
    let asked = response.request();
    if let Some(app) = asked.app_data::<Data<App>>() {
        let status = response.status().as_u16();
        app.metrics.answered(asked.method().as_str(), asked.match_pattern(), status, begun.elapsed().as_secs_f64());
    }
    Ok(response)
}

/// Serves `GET /metrics` on a socket of its own.
///
/// # Errors
/// If the socket cannot be used.
pub fn serve_metrics(app: App, listener: TcpListener) -> std::io::Result<Server> {
    let app = Data::new(app);
    let server = HttpServer::new(move || {
        Actix::new().app_data(app.clone()).service(web::resource("/metrics").route(web::get().to(text)))
    });
    Ok(server.workers(1).disable_signals().listen(listener)?.run())
}

async fn text(app: Data<App>) -> HttpResponse {
    match app.metrics_text().await {
        Ok(text) => {
            HttpResponse::Ok().content_type("application/openmetrics-text; version=1.0.0; charset=utf-8").body(text)
        }
        Err(error) => {
            tracing::error!(%error, "metrics could not be read");
            HttpResponse::ServiceUnavailable().finish()
        }
    }
}
