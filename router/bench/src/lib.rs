//! The benchmark: what a router costs above moving the bytes.
//!
//! Reading order: `run` (the whole story), `workloads` (what is asked) over `universe` (the data),
//! `system` (who is asked), `load` (who asks), `mock` (who answers in the end), `floor` (what it is
//! compared with), `measure` and `report`. `count`, `rehearsal` and `instructions` count
//! what one request costs. The floor differs from the router in what it does alone:
//! both use the system's allocator. `plan` is a story of its own: planning, without a request. How to
//! use it all is in `docs/performance.md`.

mod cli;
mod compose;
mod cores;
mod count;
mod floor;
mod histogram;
mod instructions;
mod load;
mod machine;
mod measure;
mod mock;
mod plan;
#[cfg(test)]
mod plan_test;
pub mod rehearsal;
mod report;
mod run;
#[cfg(test)]
mod smoke_test;
mod supergraph;
mod system;
mod universe;
mod workloads;

use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser as _;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use cli::{Cli, Command};

/// The program: what the command line says.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match execute(cli.command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn execute(command: Command) -> anyhow::Result<bool> {
    match command {
        // Both share a core, so more threads would only get into each other's way.
        Command::Run(options) => one_thread()?.block_on(async {
            tokio::select! {
                result = run::run(&options) => result,
                // What runs is killed as it is dropped.
                () = termination() => anyhow::bail!("stopped"),
            }
        }),
        Command::Compose(options) => {
            match &options.only {
                Some(name) => compose::only(name)?,
                None => compose::run(options.rounds)?,
            }
            Ok(true)
        }
        Command::Plan(options) => {
            plan::run(options.samples)?;
            Ok(true)
        }
        Command::Count(options) => one_thread()?.block_on(async {
            count::run(&options).await?;
            Ok(true)
        }),
        Command::Instructions(options) => instructions::run(&options),
        Command::Rehearse(options) => {
            let rehearsal = rehearsal::Rehearsal::of(&options.name)?;
            let start = tokio::time::Instant::now();
            for _ in 0..options.times {
                rehearsal.perform()?;
            }
            let took = start.elapsed().as_secs_f64() / options.times.max(1) as f64;
            println!("{}: {:.2} µs", options.name, took * 1e6);
            Ok(true)
        }
        Command::Mock(options) => one_thread()?.block_on(async {
            let workload =
                workloads::find(&options.workload).context("there is no such workload")?;
            mock::Mock::new(workload.universe)
                .run(&options.listen)
                .await?;
            Ok(true)
        }),
        // As the router has it, but for the turns that its connections take.
        Command::Floor(options) => Runtime::new()?.block_on(async {
            let floor = match (options.role.to, options.role.script) {
                (Some(to), _) => floor::Floor::Proxy(to),
                (None, Some(file)) => {
                    let script = std::fs::read(&file)
                        .with_context(|| format!("reading {}", file.display()))?;
                    let scenes = serde_json::from_slice(&script)
                        .with_context(|| format!("{} is no script", file.display()))?;
                    floor::Floor::Play(scenes)
                }
                (None, None) => anyhow::bail!("--to or --script is needed"),
            };
            floor.serve(listen(options.listen).await?).await?;
            Ok(true)
        }),
    }
}

fn one_thread() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// Listens, or says where it cannot.
async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}"))
}

/// Done when the process is asked to end.
async fn termination() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => return,
                Ok(()) = tokio::signal::ctrl_c() => return,
            }
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        // Without signals there is nothing to wait for.
        std::future::pending::<()>().await;
    }
}
