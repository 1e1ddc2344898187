//! Bodies of subgraphs that somebody made up, read by shapes that somebody made up.
//!
//! What must hold, and the plain executor that says what is right, are those of the executor's own tests.
#![no_main]
#![allow(
    clippy::unwrap_used,
    dead_code,
    reason = "whoever fuzzes wants panics, and the tests use more of these words"
)]

#[path = "../../crates/executor/tests/execution/any_body.rs"]
mod any_body;
#[path = "../../crates/executor/tests/execution/build.rs"]
mod build;
#[path = "../../crates/executor/tests/execution/random.rs"]
mod random;
#[path = "../../crates/executor/tests/execution/shapes/mod.rs"]
mod shapes;

libfuzzer_sys::fuzz_target!(|input: &[u8]| any_body::check(input));
