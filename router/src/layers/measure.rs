//! Counts and times every request, and logs it at debug.

use std::sync::Arc;

use tokio::time::Instant;

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
        let described = tracing::enabled!(tracing::Level::DEBUG).then(|| describe(&request));
        let response = self.next.handle(request).await;
        drop(active);
        let duration = started.elapsed();
        self.metrics
            .http_requests
            .record(response.status(), duration);
        if let Some((method, path, id)) = described {
            tracing::debug!(
                http.request.method = %method,
                url.path = %path,
                http.response.status_code = response.status().as_u16(),
                http.request.id = %id,
                duration_ms = duration.as_secs_f64() * 1e3,
                "request answered"
            );
        }
        response
    }
}

/// Method, path and id. Never the query string: it can carry a document with its variables.
fn describe(request: &Request) -> (http::Method, String, String) {
    let id = request
        .headers()
        .get("x-request-id")
        .and_then(|id| id.to_str().ok())
        .unwrap_or_default();
    (
        request.method().clone(),
        request.uri().path().to_owned(),
        id.to_owned(),
    )
}
