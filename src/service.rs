//! One service in this process: what the launcher starts, once per service.

use std::ffi::OsString;
use std::io::Read;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use crate::options::ServiceName;
use crate::signals;

/// How long the service may take to finish once its launcher is gone.
const FINISH_WITHIN: Duration = Duration::from_secs(15);

/// Runs a service with its own flags, until it ends or the launcher does.
pub(crate) fn run(name: ServiceName, arguments: Vec<OsString>) -> ExitCode {
    // A thread of its own, because reading blocks, and because it must not depend on the service's runtime.
    std::thread::spawn(end_with_the_launcher);
    // Every program's arguments begin with its own name.
    let arguments = std::iter::once(name.as_str().into()).chain(arguments);
    match name {
        ServiceName::Users => finish(name, users::run(users::Config::parse_from(arguments))),
        ServiceName::Music => finish(name, music::run(music::Config::parse_from(arguments))),
        // The router has several commands, and reads its arguments and ends by itself.
        ServiceName::Router => router::run_command(arguments),
    }
}

/// Runs a subgraph to its end, and says in one line why it could not run.
fn finish(name: ServiceName, service: impl Future<Output = anyhow::Result<()>>) -> ExitCode {
    match block_on(service) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error:#}", name.as_str());
            ExitCode::FAILURE
        }
    }
}

fn block_on(service: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(service)
}

/// Waits for the end of the standard input. The launcher holds the other side and never writes;
/// the system closes it however the launcher ends, even by a SIGKILL, which it could not tell us of.
fn end_with_the_launcher() {
    let mut input = std::io::stdin().lock();
    let mut ignored = [0; 64];
    while input.read(&mut ignored).is_ok_and(|length| length > 0) {}
    signals::ask_this_process_to_end();
    std::thread::sleep(FINISH_WITHIN);
    std::process::exit(1);
}
