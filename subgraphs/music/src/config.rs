//! What the music service can be told, by flags and by the environment.

use clap::Parser;
use kit::config::{KeySetArgs, ServiceArgs, StreamArgs};

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
}

impl Config {
    /// The address to listen on.
    pub fn listen(&self) -> &str {
        self.service.listen.as_deref().unwrap_or(DEFAULT_LISTEN)
    }
}
