//! The `router` program.

use std::process::ExitCode;

/// Measured on the hot path, it needs less time than the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    router::run_command(std::env::args_os())
}
