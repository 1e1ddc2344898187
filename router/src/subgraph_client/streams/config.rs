//! `subscription.mode` in the configuration: how subgraphs stream.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::config::Time;

/// `subscription.mode`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ModeConfig {
    /// The router keeps a connection to the subgraph for each subscription.
    pub passthrough: PassthroughConfig,
}

/// `subscription.mode.passthrough`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PassthroughConfig {
    /// For every subgraph.
    pub all: SubgraphStream,
    /// For one subgraph, by its name, instead of what holds for all.
    pub subgraphs: BTreeMap<String, SubgraphStream>,
}

/// How one subgraph streams.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SubgraphStream {
    /// What carries the events.
    pub protocol: StreamProtocol,
    /// The path that is asked for, where it is not that of the subgraph's URL.
    pub path: Option<String>,
    /// Over a WebSocket: how often the subgraph is asked whether it is still there.
    pub heartbeat_interval: Time,
}

/// `protocol` of a subgraph's streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StreamProtocol {
    /// A response that goes on: server-sent events or a multipart body.
    #[default]
    Http,
    /// A WebSocket with the sub-protocol `graphql-transport-ws`.
    GraphqlWs,
}

impl Default for SubgraphStream {
    fn default() -> Self {
        Self {
            protocol: StreamProtocol::default(),
            path: None,
            heartbeat_interval: Time::seconds(30),
        }
    }
}

impl ModeConfig {
    /// How the subgraph with this name streams.
    pub(crate) fn subgraph(&self, name: &str) -> &SubgraphStream {
        let passthrough = &self.passthrough;
        passthrough.subgraphs.get(name).unwrap_or(&passthrough.all)
    }
}
