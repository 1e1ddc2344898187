//! What a subgraph can say of itself, said by services that run: each directive of the federation, and the other
//! points by which subgraphs are called compatible.
//!
//! | what | who says it | where it is tested |
//! |---|---|---|
//! | `_service`, `@link`, introspection off by choice | users, music | [`services`] |
//! | `_entities` | all | [`services`], `users` and `music` themselves |
//! | `@key`: single; several on a type | users, music; users | [`services`] |
//! | `@key`: on an interface | music | [`services`] |
//! | `@key`: compound and nested | the pair | [`pair`] |
//! | `@shareable`, `@external`, `@requires` | users, music | [`services`] |
//! | `@tag`, `@composeDirective` | users, music | [`supergraph_schema`] |
//! | `@provides`, `@inaccessible` | the pair | [`pair`] |
//! | `@override`, with a label and without | jukebox and plays | `tests/leaving_a_monolith` |
//! | `@interfaceObject` | reviews | `tests/adding_a_subgraph` |
//! | traces of OpenTelemetry through the federation | users, music | [`traces`] |
//!
//! Users and music own their types alone and keep no copies of each other's data, so in them nothing is there to be
//! provided, overridden or hidden; two small services that share an inheritance have it all.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
#![cfg(unix)]

use clap::Parser as _;

use support::service_process::asked_to_serve;

mod pair;
#[path = "../pages/row_service.rs"]
mod row_service;
mod services;
mod supergraph_schema;
#[path = "../support/mod.rs"]
mod support;
mod traces;

#[tokio::test]
async fn is_a_service_where_it_is_asked_to() {
    if let Some(arguments) = asked_to_serve() {
        row_service::run(row_service::Config::parse_from(arguments)).await;
    }
}
