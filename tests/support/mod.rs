//! What the end-to-end tests share: the whole federation in real processes, and a real browser.
#![allow(dead_code, reason = "every test program uses its own part of this")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

pub(crate) mod browser;
pub(crate) mod client;
pub(crate) mod databases;
pub(crate) mod environment;
pub(crate) mod federation;
pub(crate) mod folder;
pub(crate) mod http;
pub(crate) mod metrics;
pub(crate) mod page;
pub(crate) mod service_process;
