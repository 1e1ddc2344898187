//! Users and music agree in the end: two real processes, one of which hears of the other by its facts.
//!
//! Each case runs on SQLite and, where a Postgres is given, on Postgres; over HTTP and, where a NATS
//! server is given and the program has the feature, over NATS.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
#![cfg(unix)]

mod agreement;
mod books;
mod crashes;
mod nats;
mod people;
mod services;
#[path = "../support/mod.rs"]
mod support;
