//! What the router tells about itself: logs and metrics.

mod logging;
mod metrics;

use serde::{Deserialize, Serialize};

pub use logging::start as start_logging;
pub(crate) use metrics::{CacheSize, Metrics, Outcome, SubgraphMetrics};

/// `telemetry` in the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TelemetryConfig {
    /// Where it is told.
    pub exporters: ExportersConfig,
}

/// `telemetry.exporters`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ExportersConfig {
    /// Numbers.
    pub metrics: MetricsConfig,
}

/// `telemetry.exporters.metrics`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MetricsConfig {
    /// For Prometheus to fetch.
    pub prometheus: PrometheusConfig,
}

/// `telemetry.exporters.metrics.prometheus`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PrometheusConfig {
    /// Whether the endpoint is there.
    pub enabled: bool,
    /// Its path.
    pub path: String,
}

impl Default for PrometheusConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            path: "/metrics".to_owned(),
        }
    }
}
