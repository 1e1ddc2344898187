//! How requests reach subgraphs: connections, time limits, headers, and what counts as an answer.
//!
//! [`HttpClient`] owns the connections and lives as long as the process, so that a reload keeps
//! them warm; [`streams`] make their own. [`SubgraphTargets`] is what one engine knows of its subgraphs, and
//! [`targets::RequestSubgraphs`] is the executor's door for one client request.

mod answer;
mod connections;
mod content_coding;
mod headers;
mod http_client;
mod sharing;
mod streams;
mod targets;
mod tls;
mod traffic_shaping;
mod zstd;

pub(crate) use headers::HeaderRules;
pub(crate) use headers::HeadersConfig;
pub(crate) use http_client::{ConnectionSettings, HttpClient, HttpClientError};
pub(crate) use streams::ModeConfig as StreamModeConfig;
pub(crate) use streams::Stream;
pub(crate) use targets::SubgraphTargets;
pub(crate) use tls::TlsConfig;
pub(crate) use traffic_shaping::TrafficShapingConfig;
