//! What the router answers: GraphQL, health, metrics and the playground's page.

mod graphql;
mod health;
mod metrics;
mod playground;
mod websocket;

pub(crate) use graphql::GraphqlEndpoint;
pub(crate) use graphql::SupergraphConfig;
pub(crate) use health::HealthCheckConfig;
pub(crate) use health::{HealthEndpoint, Readiness};
pub(crate) use metrics::MetricsEndpoint;
pub(crate) use playground::Playground;
pub(crate) use playground::PlaygroundConfig;
