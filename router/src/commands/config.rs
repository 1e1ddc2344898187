//! `router config`: validates a configuration file, or shows what can stand in one.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Outcome;
use super::compose::write;
use crate::config::{Config, DEFAULT_YAML};

/// What to do.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say whether a configuration file can be used, and where it cannot
    Validate {
        /// The file
        #[arg(value_name = "FILE", default_value = "router.yaml")]
        file: PathBuf,
    },
    /// Print every key with its default and what it is for
    Schema,
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<Outcome> {
    match arguments.command {
        Command::Schema => write(None, DEFAULT_YAML)?,
        Command::Validate { file } => {
            let config = Config::read(&file)?;
            crate::serve::check(&config)
                .map_err(|reason| anyhow::anyhow!("{}: {reason}", file.display()))?;
            println!("{} is valid", file.display());
        }
    }
    Ok(Outcome::Clean)
}
