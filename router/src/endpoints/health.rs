//! Whether the process lives, and whether it should be sent requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::http::{Handler, Request, Response, respond};

/// `health_check` in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct HealthCheckConfig {
    /// Whether the endpoint is there.
    pub enabled: bool,
    /// Its path.
    pub path: String,
}

impl Default for HealthCheckConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            path: "/health".to_owned(),
        }
    }
}

/// Whether the router is shutting down, known to whoever asks for readiness.
#[derive(Clone, Debug, Default)]
pub(crate) struct Readiness(Arc<AtomicBool>);

impl Readiness {
    /// From now on the router is not ready any more.
    pub(crate) fn drain(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_draining(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// `/health`: alive; `?ready`: able to answer GraphQL now.
#[derive(Debug)]
pub(crate) struct HealthEndpoint {
    /// Whether there is a graph.
    pub(crate) has_graph: bool,
    pub(crate) readiness: Readiness,
}

impl Handler for HealthEndpoint {
    async fn handle(&self, request: Request) -> Response {
        let asks_ready = request.uri().query().is_some_and(|query| {
            query
                .split('&')
                .any(|part| part.split('=').next() == Some("ready"))
        });
        let up = !asks_ready || (self.has_graph && !self.readiness.is_draining());
        if up {
            respond(
                StatusCode::OK,
                "application/json",
                &b"{\"status\":\"UP\"}"[..],
            )
        } else {
            respond(
                StatusCode::SERVICE_UNAVAILABLE,
                "application/json",
                &b"{\"status\":\"DOWN\"}"[..],
            )
        }
    }
}
