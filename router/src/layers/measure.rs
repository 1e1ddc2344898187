//! Counts and times every request, and opens the span that its log lines stand in.

use std::pin::pin;
use std::sync::Arc;

use tokio::time::Instant;
use tracing::Instrument as _;

use crate::http::{Handler, Request, Response};
use crate::telemetry::Metrics;

/// Counts requests by status and times them.
#[derive(Debug)]
pub(crate) struct Measure<H> {
    next: H,
    metrics: Arc<Metrics>,
}

impl<H> Measure<H> {
    pub(crate) fn new(next: H, metrics: Arc<Metrics>) -> Self {
        Self { next, metrics }
    }
}

/// Keeps the number of active requests right even when the client leaves and the future is dropped.
struct Active<'m>(&'m Metrics);

impl Drop for Active<'_> {
    fn drop(&mut self) {
        self.0.active_requests.decrement();
    }
}

impl<H: Handler> Handler for Measure<H> {
    async fn handle(&self, request: Request) -> Response {
        let started = Instant::now();
        self.metrics.active_requests.increment();
        let active = Active(&self.metrics);
        // Never the query string: it can carry a document with its variables. Where nobody listens
        // to this level, the span is none and costs nothing.
        let span = tracing::debug_span!(
            "request",
            http.request.id = request_id(&request),
            http.request.method = %request.method(),
            url.path = request.uri().path(),
            http.response.status_code = tracing::field::Empty,
        );
        // Pinned here, because moving the future of a whole request about is not free.
        let work = pin!(self.next.handle(request));
        let response = work.instrument(span.clone()).await;
        drop(active);
        let duration = started.elapsed();
        let status = response.status();
        self.metrics.http_requests.record(status, duration);
        span.record("http.response.status_code", status.as_u16());
        span.in_scope(|| {
            tracing::debug!(
                duration_ms = duration.as_secs_f64() * 1e3,
                "request answered"
            );
        });
        response
    }
}

fn request_id(request: &Request) -> &str {
    request
        .headers()
        .get("x-request-id")
        .and_then(|id| id.to_str().ok())
        .unwrap_or_default()
}
