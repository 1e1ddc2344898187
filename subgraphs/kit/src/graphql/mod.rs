//! How every subgraph's schema is built, limited, executed and printed.
//!
//! - [`build`] adds to a schema what all of them need;
//! - [`completion`] makes answers complete as the specification asks;
//! - [`entities`] answers `_entities` one representation at a time;
//! - [`batching`] turns many look-ups of one request into one statement;
//! - [`directives`] are those that async-graphql has no attribute for;
//! - [`sdl`] prints the schema as other parts of the federation read it.

use async_graphql::{EmptySubscription, ObjectType, Schema, SchemaBuilder, SubscriptionType};
use chrono::{DateTime, Utc};

pub mod batching;
pub mod completion;
pub mod directives;
pub mod entities;
mod field_spans;
pub mod sdl;

pub use entities::Entities;

use crate::config::RequestArgs;
use crate::telemetry::traces;

/// Nested selections and values the parser follows.
pub const MAX_RECURSION: usize = 48;

/// Directives on one field.
pub const MAX_DIRECTIVES: usize = 10;

/// What clients read about times; the same in every subgraph, so that their schemas agree.
const DATE_TIME: &str = "A moment in UTC as RFC 3339 writes it, such as 2026-01-05T09:00:00+00:00.";

/// The schema of a subgraph: its query root answers `_entities` through [`Entities`].
pub type SubgraphSchema<Query, Mutation, Subscription = EmptySubscription> =
    Schema<Entities<Query>, Mutation, Subscription>;

/// Begins a subgraph's schema, with the behaviour all of them share and the limits that are
/// configured. Services add their data and call `finish()`.
pub fn build<Query, Mutation>(
    query: Query,
    mutation: Mutation,
    requests: &RequestArgs,
) -> SchemaBuilder<Entities<Query>, Mutation, EmptySubscription>
where
    Query: ObjectType + 'static,
    Mutation: ObjectType + 'static,
{
    build_with_subscription(query, mutation, EmptySubscription, requests)
}

/// As [`build`], with a subscription root.
pub fn build_with_subscription<Query, Mutation, Subscription>(
    query: Query,
    mutation: Mutation,
    subscription: Subscription,
    requests: &RequestArgs,
) -> SchemaBuilder<Entities<Query>, Mutation, Subscription>
where
    Query: ObjectType + 'static,
    Mutation: ObjectType + 'static,
    Subscription: SubscriptionType + 'static,
{
    let mut schema = Schema::build(Entities(query), mutation, subscription)
        .enable_federation()
        .enable_subscription_in_federation()
        .limit_depth(requests.max_depth)
        .limit_complexity(requests.max_fields)
        .limit_recursive_depth(MAX_RECURSION)
        .limit_directives(MAX_DIRECTIVES)
        .override_output_type_description::<DateTime<Utc>>(DATE_TIME)
        .extension(completion::Completion);
    if !requests.introspection {
        schema = schema.disable_introspection();
    }
    if traces::enabled() {
        schema = schema.extension(field_spans::FieldSpans);
    }
    schema
}
