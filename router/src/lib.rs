//! The router: serves a federated graph over HTTP, and composes, plans and checks it.
//!
//! All input and output of the router lives in this crate: HTTP on both sides, files, the
//! environment, clocks. What happens between a document and an answer is in the core crates.
//!
//! Reading order: [`mod@serve`] (a router's life), `server` (connections), `http::app` (the layers
//! a request passes), `endpoints`, `engine` (a query's life), `subgraph_client`, then `graph` and
//! `reload` (where the graph comes from and how it changes). [`commands`] are the other doors.

mod authentication;
pub mod commands;
mod config;
mod endpoints;
mod engine;
mod graph;
mod http;
mod layers;
mod reload;
pub mod serve;
mod server;
mod subgraph_client;
mod telemetry;
mod turns;

pub use commands::run as run_command;
pub use serve::{ServeError, ServeOptions, Server, serve, termination};
pub use server::ListenAddress;
pub use telemetry::start_logging;

/// The runtime that the router is meant to run on.
///
/// # Errors
/// When the system gives no threads.
pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // Documents nest as deep as the limits allow, and every stage recurses as deep. The
        // memory is only used when it is needed.
        .thread_stack_size(8 * 1024 * 1024)
        .on_thread_park(turns::pause)
        .build()
}
