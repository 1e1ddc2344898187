//! The shell every subgraph shares: everything around a schema, and nothing about a domain.
//!
//! A subgraph is configuration → database → schema → serve, and each step is a module here:
//!
//! 1. [`config`]: the flags and environment variables all services understand;
//! 2. [`telemetry`] sets up logs;
//! 3. [`database`]: connect, migrate, and count statements;
//! 4. [`graphql`]: limits, complete responses, entity look-ups and batching;
//! 5. [`errors`]: [`Failure`], the one error a resolver returns, with its stable code;
//! 6. [`auth`]: who is calling, proved by a token and a published key set;
//! 7. [`relay`]: pages and opaque cursors;
//! 8. [`server`]: HTTP, health, metrics, and an orderly end;
//! 9. [`process`]: what `main` does with the result of all that.
//!
//! The kit knows no type of any schema, no table and no other service. It is the only crate
//! that subgraphs share with each other, and the router shares none of it.

pub mod auth;
pub mod config;
pub mod database;
pub mod errors;
pub mod graphql;
pub mod lists;
pub mod metrics;
pub mod migrate;
pub mod process;
pub mod relay;
pub mod server;
pub mod telemetry;

pub use errors::{Code, Failure};

/// What resolvers and the functions below them return.
pub type Result<T, E = Failure> = std::result::Result<T, E>;
