//! `subscription` in the configuration.

use serde::{Deserialize, Serialize};

use crate::config::Time;
use crate::subgraph_client::StreamModeConfig;

/// `subscription` in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SubscriptionConfig {
    /// Whether clients may subscribe.
    pub enabled: bool,
    /// How many subscriptions may be open at once.
    pub max_opened_subscriptions: usize,
    /// How often a stream without events tells its client that it still lives.
    pub heartbeat_interval: Time,
    /// How subgraphs stream.
    pub mode: StreamModeConfig,
    /// Clients over WebSockets.
    pub websocket: WebSocketConfig,
}

/// `subscription.websocket`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct WebSocketConfig {
    /// Whether clients may come over a WebSocket.
    pub enabled: bool,
    /// How long a client may take to introduce itself.
    pub init_timeout: Time,
    /// How many operations one connection may have under way.
    pub max_operations: usize,
}

impl Default for SubscriptionConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            max_opened_subscriptions: 10_000,
            heartbeat_interval: Time::seconds(10),
            mode: StreamModeConfig::default(),
            websocket: WebSocketConfig::default(),
        }
    }
}

impl Default for WebSocketConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            init_timeout: Time::seconds(10),
            max_operations: 100,
        }
    }
}
