//! The `router` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    router::run_command(std::env::args_os())
}
