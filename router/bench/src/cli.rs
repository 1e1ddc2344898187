//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::{rehearsal, workloads};

/// Measures the router against a bare proxy and against other routers.
#[derive(Debug, Parser)]
#[command(name = "bench", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Measure, and print a table in Markdown
    Run(Run),
    /// Measure composing alone, and print a table in Markdown
    Compose(Compose),
    /// Measure planning alone, and print a table in Markdown
    Plan(Plan),
    /// Count instructions and allocations for one request, with valgrind
    Count(Count),
    /// Count the executor's instructions for one answer, with valgrind, and compare them
    Instructions(Instructions),
    /// Execute one query many times without a network, for a profiler
    Rehearse(Rehearse),
    /// Be the bare proxy that routers are compared with
    Floor(Floor),
    /// Be the subgraphs of a workload
    Mock(Mock),
}

#[derive(Debug, Args)]
#[command(
    after_help = "Figures of different machines and days cannot be compared; the ratios to the floor \
can. Leave the machine alone while it runs, and build everything with --release."
)]
pub(crate) struct Run {
    /// What to measure; may be given several times [default: all]
    #[arg(long = "workload", value_name = "NAME", value_parser = workload_names())]
    pub(crate) workloads: Vec<String>,
    /// Another router: its name and the shell command that runs it in the foreground. {listen},
    /// {host}, {port} and {supergraph} are filled in; it must answer POST /graphql. May be given
    /// several times
    #[arg(long = "router", value_name = "NAME=COMMAND", value_parser = named_command)]
    pub(crate) routers: Vec<(String, String)>,
    /// Our router's program [default: `router` beside this program]
    #[arg(long, value_name = "FILE")]
    pub(crate) router_binary: Option<PathBuf>,
    /// Leave our router out
    #[arg(long)]
    pub(crate) without_ours: bool,
    /// How often each system is measured, in turn
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) rounds: u32,
    /// How long a measurement takes
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub(crate) seconds: u64,
    /// How long a system is warmed up before
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub(crate) warm_up: u64,
    /// The most requests of a measurement and of a warm-up
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub(crate) requests: u64,
    /// Let the kernel decide which process runs where
    #[arg(long)]
    pub(crate) no_pin: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Compose {
    /// How often each graph is composed, each time by a new process; the median counts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) rounds: u32,
    /// Compose this graph once, here, and print the figures as JSON
    #[arg(long, value_name = "NAME", conflicts_with = "rounds")]
    pub(crate) only: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Plan {
    /// How often each query is planned; the mean counts
    #[arg(long, default_value_t = 101, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) samples: u32,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Counts do not depend on what else the machine does, so those of two commits can be compared: \
build both routers and give both files."
)]
pub(crate) struct Count {
    /// What to ask; may be given several times [default: small, magazine, joined]
    #[arg(long = "workload", value_name = "NAME", value_parser = workload_names())]
    pub(crate) workloads: Vec<String>,
    /// Our router's program; may be given several times [default: `router` beside this program]
    #[arg(long = "router-binary", value_name = "FILE")]
    pub(crate) router_binaries: Vec<PathBuf>,
    /// How many requests the difference is taken over
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) requests: u64,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Builds of one compiler are compared. The exit code is 1 when an answer takes more instructions \
than is tolerated."
)]
pub(crate) struct Instructions {
    /// Compare with the counts in this file
    #[arg(long, value_name = "FILE")]
    pub(crate) against: Option<PathBuf>,
    /// How much more is tolerated
    #[arg(long, value_name = "PERCENT", default_value_t = 2.0)]
    pub(crate) tolerance: f64,
    /// Write the counts to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) save: Option<PathBuf>,
    /// How many answers the difference is taken over
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) times: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Rehearse {
    /// The query: a workload, or a kind of work
    #[arg(value_name = "NAME", value_parser = clap::builder::PossibleValuesParser::new(rehearsal::NAMES))]
    pub(crate) name: String,
    /// How often
    #[arg(long, default_value_t = 1_000)]
    pub(crate) times: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Floor {
    /// Host and port to listen on
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: SocketAddr,
    #[command(flatten)]
    pub(crate) role: FloorRole,
}

/// One of the two.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct FloorRole {
    /// Pass every request on to this host and port
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) to: Option<SocketAddr>,
    /// Send what this file says for each request (JSON, as `run` writes it)
    #[arg(long, value_name = "FILE")]
    pub(crate) script: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Mock {
    /// Whose subgraphs
    #[arg(long, value_name = "NAME", value_parser = workload_names())]
    pub(crate) workload: String,
    /// Host and port to listen on, once for each subgraph
    #[arg(long, value_name = "ADDRESS", required = true)]
    pub(crate) listen: Vec<SocketAddr>,
}

fn workload_names() -> clap::builder::PossibleValuesParser {
    workloads::ALL.map(|it| it.name).into()
}

/// A name is part of a file's name and of a table.
fn named_command(text: &str) -> Result<(String, String), String> {
    let (name, command) = text.split_once('=').ok_or("expected NAME=COMMAND")?;
    let fits = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.');
    if name.is_empty() || name.len() > 40 || !name.chars().all(fits) {
        return Err("a name has 1 to 40 letters, digits, `-`, `_` or `.`".to_owned());
    }
    if ["floor", "ours", "mock"].contains(&name) {
        return Err(format!("`{name}` is taken"));
    }
    if command.trim().is_empty() {
        return Err("the command is empty".to_owned());
    }
    Ok((name.to_owned(), command.to_owned()))
}

#[cfg(test)]
fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(std::iter::once("bench").chain(line.split(' ')))
}

#[test]
fn the_command_line_is_sound() {
    use clap::CommandFactory as _;
    Cli::command().debug_assert();
}

#[test]
fn other_routers_have_a_name_and_a_command() {
    assert_eq!(
        named_command("other=run --x=y"),
        Ok(("other".to_owned(), "run --x=y".to_owned()))
    );
    for bad in ["x", "=x", "a/b=x", "floor=x", "a= "] {
        assert!(named_command(bad).is_err(), "{bad}");
    }
}

#[test]
fn wrong_usage_is_refused() {
    assert!(parse("floor --listen 127.0.0.1:1 --to 127.0.0.1:2").is_ok());
    for bad in [
        "run --rounds 0",
        "run --workload nope",
        "floor --listen 127.0.0.1:1",
        "floor --listen 127.0.0.1:1 --to 127.0.0.1:2 --script x",
        "floor --listen nowhere --to 127.0.0.1:2",
        "mock --workload small",
    ] {
        assert!(parse(bad).is_err(), "{bad}");
    }
}
