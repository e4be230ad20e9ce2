//! Logs: their format, the span of a request, and what is never logged.
//!
//! A request's span holds method, route pattern and status: no query string (it may hold a personal
//! token), no path values (a receipt), no body, no address and no user agent.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use tracing::Span;
use tracing_actix_web::RootSpanBuilder;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

/// Starts logging to standard error. `RUST_LOG` chooses what; warnings by default. `SOUNDINGS_LOG=json` writes JSON, an
/// object a line.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // When a span ends is when a request is answered.
    let log = log.with_span_events(FmtSpan::CLOSE);
    let _ = if std::env::var_os("SOUNDINGS_LOG").is_some_and(|kind| kind == "json") {
        log.json().try_init()
    } else {
        log.try_init()
    };
}

/// Builds the span of a request.
pub struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        if !tracing::enabled!(tracing::Level::INFO) {
            return Span::none();
        }
        let route = request.match_pattern().unwrap_or_default();
        tracing::info_span!("request", method = %request.method(), route, status = tracing::field::Empty)
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, actix_web::Error>) {
        let status = match outcome {
            Ok(response) => response.status(),
            Err(error) => error.as_response_error().status_code(),
        };
        span.record("status", status.as_u16());
    }
}
