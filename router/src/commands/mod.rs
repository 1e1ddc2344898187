//! The commands of the `router` program, one per file.
//!
//! Exit codes: 0 clean, 100 the schema or the query is at fault, 1 the tool failed, 2 wrong usage.

mod check;
mod compose;
mod config;
mod environment;
mod explain;
mod plan;
mod serve;
mod terminal;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing to complain about.
    Clean,
    /// The schema or the query is at fault.
    AtFault,
}

/// One binary for a federated graph: serve it, compose it, plan queries over it, check changes.
#[derive(Debug, Parser)]
#[command(
    name = "router",
    version,
    about,
    after_help = "Exit codes: 0 clean, 100 the schema or the query is at fault, 1 the tool failed, 2 wrong usage.",
    subcommand_required = true,
    arg_required_else_help = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve a graph over HTTP
    Serve(serve::Arguments),
    /// Compose subgraphs into a supergraph
    Compose(compose::Arguments),
    /// Show how a query would be answered
    Plan(plan::Arguments),
    /// Check the subgraphs against what is published
    Check(check::Arguments),
    /// Explain the code of a problem
    Explain(explain::Arguments),
    /// Validate a configuration file, or show what can stand in it
    Config(config::Arguments),
}

/// Text for people or JSON for tools.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// For tools
    Json,
}

/// Runs the command that the arguments name; the first is the program's name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version go to standard output with 0, wrong usage to standard error with 2.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let runtime = match crate::runtime() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: no threads: {error}");
            return ExitCode::from(1);
        }
    };
    let result = runtime.block_on(async {
        // In a task of its own: the main thread's stack is not ours to size.
        tokio::spawn(execute(arguments.command)).await
    });
    // What still runs in the background (a schema being composed, say) need not be waited for.
    runtime.shutdown_background();
    match result {
        Ok(Ok(Outcome::Clean)) => ExitCode::SUCCESS,
        Ok(Ok(Outcome::AtFault)) => ExitCode::from(100),
        Ok(Err(error)) => {
            eprintln!("error: {error:#}");
            ExitCode::from(1)
        }
        Err(_) => ExitCode::from(1),
    }
}

async fn execute(command: Command) -> anyhow::Result<Outcome> {
    match command {
        Command::Serve(arguments) => serve::run(arguments).await,
        Command::Compose(arguments) => compose::run(arguments).await,
        Command::Plan(arguments) => plan::run(&arguments),
        Command::Check(arguments) => check::run(arguments).await,
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Config(arguments) => config::run(arguments),
    }
}
