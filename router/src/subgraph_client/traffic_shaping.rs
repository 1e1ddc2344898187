//! `traffic_shaping`: how long things may take, how large answers may be, and how they travel.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ConnectionSettings;
use crate::config::Time;
use crate::layers::CompressionConfig;

/// `traffic_shaping` in the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TrafficShapingConfig {
    /// Client requests.
    pub router: RouterTraffic,
    /// Requests to every subgraph.
    pub all: SubgraphTraffic,
    /// Requests to one subgraph, by its name; what is not said here is as for all.
    pub subgraphs: BTreeMap<String, SubgraphTrafficOverride>,
}

/// `traffic_shaping.router`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RouterTraffic {
    /// How long a client request may take altogether.
    pub timeout: Time,
    /// How answers are compressed.
    pub compression: CompressionConfig,
}

impl Default for RouterTraffic {
    fn default() -> Self {
        Self {
            timeout: Time::seconds(60),
            compression: CompressionConfig::default(),
        }
    }
}

/// What holds for requests to a subgraph.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SubgraphTraffic {
    /// How long one request may take, connecting included.
    pub timeout: Time,
    /// The largest answer in bytes.
    pub max_response_bytes: usize,
    /// Whether equal queries in flight share one request.
    #[serde(alias = "dedupe_enabled")]
    pub deduplicate_query: bool,
    /// Which version of HTTP is spoken.
    #[serde(alias = "experimental_http2")]
    pub http2: Http2,
    /// How long a connection may take to come about.
    pub connect_timeout: Time,
    /// How long a connection is kept without a request.
    pub pool_idle_timeout: Time,
}

/// `traffic_shaping.*.http2`: when HTTP/2 is spoken with a subgraph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Http2 {
    /// Where TLS offers it.
    #[default]
    Enable,
    /// Never.
    Disable,
    /// Always, over plain connections too: the subgraph is known to speak it.
    #[serde(rename = "http2only")]
    Only,
}

impl Default for SubgraphTraffic {
    fn default() -> Self {
        Self {
            timeout: Time::seconds(30),
            max_response_bytes: 64 * 1024 * 1024,
            deduplicate_query: true,
            http2: Http2::Enable,
            connect_timeout: Time(ConnectionSettings::default().connect_timeout),
            pool_idle_timeout: Time(ConnectionSettings::default().idle_timeout),
        }
    }
}

/// `traffic_shaping.subgraphs.<name>`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SubgraphTrafficOverride {
    /// How long one request may take.
    pub timeout: Option<Time>,
    /// The largest answer in bytes.
    pub max_response_bytes: Option<usize>,
    /// Whether equal queries in flight share one request.
    #[serde(alias = "dedupe_enabled")]
    pub deduplicate_query: Option<bool>,
    /// Which version of HTTP is spoken.
    #[serde(alias = "experimental_http2")]
    pub http2: Option<Http2>,
    /// How long a connection may take to come about.
    pub connect_timeout: Option<Time>,
    /// How long a connection is kept without a request.
    pub pool_idle_timeout: Option<Time>,
}

impl TrafficShapingConfig {
    /// What holds for the subgraph with this name.
    pub(crate) fn subgraph(&self, name: &str) -> SubgraphTraffic {
        let all = &self.all;
        let Some(special) = self.subgraphs.get(name) else {
            return all.clone();
        };
        SubgraphTraffic {
            timeout: special.timeout.unwrap_or(all.timeout),
            max_response_bytes: special.max_response_bytes.unwrap_or(all.max_response_bytes),
            deduplicate_query: special.deduplicate_query.unwrap_or(all.deduplicate_query),
            http2: special.http2.unwrap_or(all.http2),
            connect_timeout: special.connect_timeout.unwrap_or(all.connect_timeout),
            pool_idle_timeout: special.pool_idle_timeout.unwrap_or(all.pool_idle_timeout),
        }
    }
}
