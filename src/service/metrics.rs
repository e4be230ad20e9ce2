//! What is counted while the server runs, for Prometheus.
//!
//! Owns: names, units and labels of the metrics. Labels are few and never hold what a guest or a program sent: routes
//! are patterns, methods are the known ones. Refuses: to count by survey, unit or person.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::{App, ServiceError};
use crate::store::webhooks;

/// Upper ends of the steps in which durations are counted, in seconds.
const STEPS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// A request as it is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Request {
    pub method: &'static str,
    /// A pattern such as `/s/{survey}`; `none` where nothing matches.
    pub route: String,
    pub status: u16,
}

/// The route of a request whose duration is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Route {
    pub route: String,
}

/// What came of something.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Came {
    pub outcome: &'static str,
}

/// What state something is in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct State {
    state: &'static str,
}

/// What is counted.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    pub requests: Family<Request, Counter>,
    pub request_seconds: Family<Route, Histogram>,
    pub responses_stored: Counter,
    pub report_seconds: Histogram,
    pub webhook_tries: Family<Came, Counter>,
    connections: Family<State, Gauge>,
    messages: Family<State, Gauge>,
    started: Gauge<f64, AtomicU64>,
}

impl Default for Metrics {
    fn default() -> Self {
        let histogram = || Histogram::new(STEPS);
        let mut made = Self {
            registry: Registry::with_prefix("soundings"),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(histogram),
            responses_stored: Counter::default(),
            report_seconds: histogram(),
            webhook_tries: Family::default(),
            connections: Family::default(),
            messages: Family::default(),
            started: Gauge::default(),
        };
        made.started.set(chrono::Utc::now().timestamp_millis() as f64 / 1000.0);
        let registry = &mut made.registry;
        registry.register("http_requests", "Requests that were answered", made.requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "Time to the first byte of an answer",
            Unit::Seconds,
            made.request_seconds.clone(),
        );
        registry.register("responses_stored", "Responses that guests were thanked for", made.responses_stored.clone());
        registry.register_with_unit(
            "report_duration",
            "Time to estimate a report that was not at hand",
            Unit::Seconds,
            made.report_seconds.clone(),
        );
        registry.register("webhook_tries", "Tries to send a message to a webhook", made.webhook_tries.clone());
        registry.register("database_connections", "Connections of the pool", made.connections.clone());
        registry.register("webhook_messages", "Messages for webhooks that are not delivered", made.messages.clone());
        registry.register_with_unit("start_time", "When the server was started", Unit::Seconds, made.started.clone());
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "Which program this is", version);
        made
    }
}

impl Metrics {
    /// Counts a request.
    pub fn answered(&self, method: &str, route: Option<String>, status: u16, seconds: f64) {
        const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
        let method = METHODS.into_iter().find(|known| *known == method).unwrap_or("other");
        let route = route.unwrap_or_else(|| "none".to_owned());
        self.request_seconds.get_or_create(&Route { route: route.clone() }).observe(seconds);
        self.requests.get_or_create(&Request { method, route, status }).inc();
    }
}

impl App {
    /// Everything that is counted, as OpenMetrics text.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails.
    pub async fn metrics_text(&self) -> Result<String, ServiceError> {
        let set = |family: &Family<State, Gauge>, state, n: i64| {
            family.get_or_create(&State { state }).set(n);
        };
        let (waiting, dead) = self.store.read(webhooks::undelivered).await?;
        set(&self.metrics.messages, "waiting", waiting);
        set(&self.metrics.messages, "dead", dead);
        let (busy, idle) = self.store.connections();
        set(&self.metrics.connections, "busy", i64::from(busy));
        set(&self.metrics.connections, "idle", i64::from(idle));
        let mut text = String::new();
        // Writing to a text cannot fail.
        let _ = encode(&mut text, &self.metrics.registry);
        Ok(text)
    }
}
