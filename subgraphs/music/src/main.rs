//! The `music` binary: configuration → database → schema → serve.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    kit::process::run("music", music::run(music::Config::parse()))
}
