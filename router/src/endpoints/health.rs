//! Whether the process lives, and whether it should be sent requests.

use std::sync::Arc;

use http::StatusCode;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

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

/// Whether the router is shutting down, known to whoever asks for readiness, and to streams, which
/// would not end by themselves.
#[derive(Clone, Debug, Default)]
pub(crate) struct Readiness(Arc<watch::Sender<bool>>);

/// A stream's part in a shutdown: it is told, and as long as this lives, waited for.
#[derive(Debug)]
pub(crate) struct UntilStop(watch::Receiver<bool>);

impl Readiness {
    /// From now on the router is not ready any more.
    pub(crate) fn drain(&self) {
        self.0.send_replace(true);
    }

    fn is_draining(&self) -> bool {
        *self.0.borrow()
    }

    /// Takes part in the shutdown.
    pub(crate) fn until_stop(&self) -> UntilStop {
        UntilStop(self.0.subscribe())
    }

    /// Done when no stream is left.
    pub(crate) async fn streams_ended(&self) {
        self.0.closed().await;
    }
}

impl UntilStop {
    /// Done when the router is told to stop.
    pub(crate) async fn stopped(&mut self) {
        // The sender lives as long as the process serves.
        let _ = self.0.wait_for(|stopping| *stopping).await;
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
