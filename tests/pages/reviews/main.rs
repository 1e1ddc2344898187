//! The `reviews` binary: configuration → database → schema → serve.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    kit::process::run("reviews", reviews::run(reviews::Config::parse()))
}
