//! What the music service can be told, by flags and by the environment.

use clap::{Args, Parser, Subcommand};
use kit::config::{KeySetArgs, ServiceArgs, StreamArgs};

use crate::facts::FactsArgs;
use crate::transfer::ImportArgs;

/// Where the service listens when nobody says.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:4002";

/// The music subgraph: the catalogue, and users' favourites.
#[derive(Clone, Debug, Parser)]
#[command(name = "music", version, about)]
pub struct Config {
    /// What every service can be told.
    #[command(flatten)]
    pub service: ServiceArgs,
    /// Where the keys are that verify access tokens.
    #[command(flatten)]
    pub key_set: KeySetArgs,
    /// How much may be listened to at once.
    #[command(flatten)]
    pub streams: StreamArgs,
    /// What an import may cost.
    #[command(flatten)]
    pub imports: ImportArgs,
    /// How fresh the charts are.
    #[command(flatten)]
    pub charts: ChartArgs,
    /// The facts of the users service.
    #[command(flatten)]
    pub facts: FactsArgs,
    /// What to do instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What an operator does, beside running replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Read all facts of the users service again, from the oldest one on, and compare what is kept of users with its graph
    ///
    /// For a database that was brought back from a copy, and when in doubt: it ends where following the facts
    /// leads. Replicas may run meanwhile.
    RebuildFacts,
}

/// How fresh the charts are.
#[derive(Args, Clone, Debug)]
pub struct ChartArgs {
    /// Seconds until what changed is counted in the charts; replicas take turns
    #[arg(long, env = "CHARTS_EVERY_SECONDS", value_name = "SECONDS", default_value_t = DEFAULT_CHARTS_EVERY_SECONDS,
        value_parser = clap::value_parser!(u64).range(1..))]
    pub charts_every_seconds: u64,
}

const DEFAULT_CHARTS_EVERY_SECONDS: u64 = 10;

impl Config {
    /// The address to listen on.
    pub fn listen(&self) -> &str {
        self.service.listen.as_deref().unwrap_or(DEFAULT_LISTEN)
    }
}
