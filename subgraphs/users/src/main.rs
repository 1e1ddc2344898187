//! The users service as a process of its own.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    kit::process::run("users", users::run(users::Config::parse()))
}
