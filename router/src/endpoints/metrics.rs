//! The router's numbers, for Prometheus to fetch.

use std::sync::Arc;

use http::StatusCode;

use crate::http::{Handler, Request, Response, respond};
use crate::telemetry::Metrics;

/// `/metrics`.
#[derive(Debug)]
pub(crate) struct MetricsEndpoint {
    pub(crate) metrics: Arc<Metrics>,
}

impl Handler for MetricsEndpoint {
    async fn handle(&self, _: Request) -> Response {
        respond(
            StatusCode::OK,
            "text/plain; version=0.0.4; charset=utf-8",
            self.metrics.render(),
        )
    }
}
