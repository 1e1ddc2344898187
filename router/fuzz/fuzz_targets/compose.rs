//! Subgraphs that somebody made up.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| router_fuzz::compose(text));
