//! `router serve`: answers until it is told to stop.

use std::path::PathBuf;

use clap::Args;
use clap::builder::BoolishValueParser;

use super::Outcome;
use super::environment::{first_of, host_and_port};
use crate::config::Time;
use crate::serve::{ServeError, ServeOptions, Server, termination};

/// Where to find the graph and the configuration, and how to serve it.
#[derive(Debug, Args)]
#[command(
    after_help = "Also read from the environment: APOLLO_ROUTER_SUPERGRAPH_PATH, \
APOLLO_ROUTER_CONFIG_PATH, APOLLO_ROUTER_LISTEN_ADDRESS, APOLLO_ROUTER_HOT_RELOAD, APOLLO_ROUTER_LOG, \
SUPERGRAPH_FILE_PATH, HOST, PORT, LOG_LEVEL. A flag beats the environment, which beats the file."
)]
pub(super) struct Arguments {
    /// Supergraph SDL, composed beforehand [default: supergraph.graphql if it is there]
    #[arg(
        short,
        long,
        value_name = "FILE",
        env = "ROUTER_SUPERGRAPH",
        conflicts_with = "supergraph_config"
    )]
    supergraph: Option<PathBuf>,
    /// A supergraph.yaml; composes at start and on every change [default: supergraph.yaml if it is there]
    #[arg(long, value_name = "FILE", env = "ROUTER_SUPERGRAPH_CONFIG")]
    supergraph_config: Option<PathBuf>,
    /// The router's configuration [default: router.yaml if it is there]
    #[arg(short, long, value_name = "FILE", env = "ROUTER_CONFIG")]
    config: Option<PathBuf>,
    /// Host and port to listen on, or unix:///run/router.sock
    #[arg(long, value_name = "ADDRESS", env = "ROUTER_LISTEN")]
    listen: Option<String>,
    /// Show everything: introspection, playground, subgraphs' error messages
    #[arg(long, env = "ROUTER_DEV", value_parser = BoolishValueParser::new())]
    dev: bool,
    /// Reload the graph and the configuration file when they change [default: true]
    #[arg(
        long,
        visible_alias = "hr",
        value_name = "BOOL",
        env = "ROUTER_HOT_RELOAD",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        value_parser = BoolishValueParser::new()
    )]
    hot_reload: Option<bool>,
    /// How often subgraphs are asked for schemas that are in no file
    #[arg(
        long,
        value_name = "TIME",
        env = "ROUTER_POLL_INTERVAL",
        default_value = "10s"
    )]
    poll_interval: Time,
    /// What to log: a level, or a filter such as info,router=debug [default: info]
    #[arg(long, value_name = "FILTER", env = "ROUTER_LOG")]
    log: Option<String>,
    /// Log lines as JSON
    #[arg(long, env = "ROUTER_LOG_JSON", value_parser = BoolishValueParser::new())]
    log_json: bool,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<Outcome> {
    let log = arguments
        .log
        .clone()
        .or_else(|| first_of(&["APOLLO_ROUTER_LOG", "LOG_LEVEL"]))
        .unwrap_or_else(|| "info".to_owned());
    crate::start_logging(&log, arguments.log_json)?;
    crate::server::raise_limit();
    let stop = async {
        termination().await;
        // Whoever asks twice does not want to wait for what is being answered.
        tokio::spawn(async {
            termination().await;
            eprintln!("stopped without draining");
            std::process::exit(1);
        });
    };
    match Server::bind(arguments.options()).await?.run(stop).await {
        Ok(()) => Ok(Outcome::Clean),
        Err(error @ ServeError::Schema(_)) => {
            eprintln!("error: {error}");
            Ok(Outcome::AtFault)
        }
        Err(error) => Err(error.into()),
    }
}

impl Arguments {
    fn options(self) -> ServeOptions {
        // The aliases name a source only where no flag and no variable of ours does.
        let named = self.supergraph.is_some() || self.supergraph_config.is_some();
        let alias = || {
            first_of(&["APOLLO_ROUTER_SUPERGRAPH_PATH", "SUPERGRAPH_FILE_PATH"]).map(PathBuf::from)
        };
        ServeOptions {
            supergraph: if named { self.supergraph } else { alias() },
            supergraph_config: self.supergraph_config,
            config: self
                .config
                .or_else(|| first_of(&["APOLLO_ROUTER_CONFIG_PATH"]).map(PathBuf::from)),
            listen: self
                .listen
                .or_else(|| first_of(&["APOLLO_ROUTER_LISTEN_ADDRESS"]))
                .or_else(|| host_and_port(first_of(&["HOST"]), first_of(&["PORT"]))),
            dev: self.dev,
            hot_reload: self
                .hot_reload
                .or_else(|| first_of(&["APOLLO_ROUTER_HOT_RELOAD"]).map(|value| value != "false")),
            poll_interval: Some(self.poll_interval.0),
        }
    }
}
