//! Logs and traces: their format, the span of a request, and what is never in them.
//!
//! A request's span holds method, route pattern and status: no query string (it may hold a personal
//! token), no path values (a receipt), no body, no address and no user agent. Traces hold what spans hold.

use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::HeaderMap;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Span;
use tracing_actix_web::RootSpanBuilder;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

/// Keeps logs and traces going; what is left of traces is sent when it ends.
pub struct Telemetry(Option<SdkTracerProvider>);

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Some(provider) = &self.0 {
            let _ = provider.shutdown_with_timeout(Duration::from_secs(5));
        }
    }
}

/// Starts logging to standard error. `RUST_LOG` chooses what; warnings by default. `SOUNDINGS_LOG=json` writes JSON, an
/// object a line. Where `OTEL_EXPORTER_OTLP_ENDPOINT` names a collector, spans are sent there (OTLP over HTTP).
#[must_use = "traces are sent to the end for as long as it is kept"]
pub fn start() -> Telemetry {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    // When a span ends is when a request is answered.
    let log = log.with_span_events(FmtSpan::CLOSE);
    let log = if std::env::var_os("SOUNDINGS_LOG").is_some_and(|kind| kind == "json") {
        log.json().with_filter(filter).boxed()
    } else {
        log.with_filter(filter).boxed()
    };
    let provider = std::env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT").and_then(|_| match tracing_provider() {
        Ok(provider) => Some(provider),
        Err(error) => {
            use std::io::Write as _;
            let _ = writeln!(std::io::stderr(), "soundings: no traces are sent: {error}");
            None
        }
    });
    let traces = provider.as_ref().map(|provider| {
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("soundings"));
        // Of our own alone: what others put into spans is not ours to send.
        layer.with_location(false).with_threads(false).with_filter(EnvFilter::new("off,soundings=info"))
    });
    let _ = tracing_subscriber::registry().with(log).with(traces).try_init();
    Telemetry(provider)
}

/// Sends spans behind the requests, by the standard's own environment variables.
fn tracing_provider() -> Result<SdkTracerProvider, opentelemetry_otlp::ExporterBuildError> {
    let config =
        ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(10)));
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_http_client(Collector(config.build().into()))
        .build()?;
    let mut resource = Resource::builder();
    if std::env::var_os("OTEL_SERVICE_NAME").is_none() {
        resource = resource.with_service_name("soundings");
    }
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build()).build())
}

/// Hands spans to a collector; on the exporter's own thread, which may wait.
#[derive(Debug)]
struct Collector(ureq::Agent);

#[async_trait::async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (parts, body) = request.into_parts();
        let (parts, mut body) = self.0.run(Request::from_parts(parts, body.to_vec()))?.into_parts();
        Ok(Response::from_parts(parts, body.read_to_vec()?.into()))
    }
}

/// The headers of a request, in which a proxy may have begun a trace.
struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(actix_web::http::header::HeaderName::as_str).collect()
    }
}

/// Builds the span of a request.
pub struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        if !tracing::enabled!(tracing::Level::INFO) {
            return Span::none();
        }
        let route = request.match_pattern().unwrap_or_default();
        let span = tracing::info_span!("request", method = %request.method(), route, status = tracing::field::Empty);
        if request.headers().contains_key("traceparent") {
            let begun = TraceContextPropagator::new().extract(&Headers(request.headers()));
            // Without traces there is nothing to go on with.
            let _ = span.set_parent(begun);
        }
        span
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, actix_web::Error>) {
        let status = match outcome {
            Ok(response) => response.status(),
            Err(error) => error.as_response_error().status_code(),
        };
        // Signed, as OpenTelemetry has numbers.
        span.record("status", i64::from(status.as_u16()));
    }
}
