//! The router from outside: real HTTP on both sides, real processes for the commands.
//!
//! One binary for all topics, so that the router is linked once. Each topic is a file.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, its helpers included"
)]

mod authentication;
mod check;
mod commands;
mod composing;
mod compression;
mod headers;
mod limits;
mod pages;
mod plans;
mod protocol;
mod reload;
mod secrets;
mod sharing;
mod strangers;
mod subgraphs;
mod subscriptions;
mod support;
mod transport;
