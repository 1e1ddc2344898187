//! `router serve` as a library: bind, load the graph, answer until told to stop.

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::config::Config;
use crate::endpoints::Readiness;
use crate::graph::Source;
use crate::layers::{Cors, Csrf};
use crate::reload::{Live, LoadError, Setup, Watch, keep_current};
use crate::server::{self, ListenAddress, Listener};
use crate::subgraph_client::{HeaderRules, HttpClient};

/// What a router is started with. What is none is found or has a default.
#[derive(Clone, Debug, Default)]
pub struct ServeOptions {
    /// Supergraph SDL, composed beforehand.
    pub supergraph: Option<PathBuf>,
    /// A `supergraph.yaml`, composed here.
    pub supergraph_config: Option<PathBuf>,
    /// The configuration file; `router.yaml` beside us if there is one.
    pub config: Option<PathBuf>,
    /// Where to listen, as `supergraph.listen` says it; beats the configuration file.
    pub listen: Option<String>,
    /// Turns introspection, the playground and subgraphs' error messages on.
    pub dev: bool,
    /// Whether the graph and the configuration file are reloaded when they change; yes if none.
    pub hot_reload: Option<bool>,
    /// How often subgraphs are asked for their schema, where it is not in a file; 10 s if none.
    pub poll_interval: Option<Duration>,
}

/// Why a router does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The graph's source is not clear, the configuration is not right, or a file cannot be read.
    #[error("{0}")]
    Setup(String),
    /// The schemas make no graph. Rendered problems, several lines.
    #[error("the graph cannot be served:\n{0}")]
    Schema(String),
    /// The address is taken, or is none.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: String,
        /// Why not.
        source: io::Error,
    },
}

impl From<LoadError> for ServeError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Schema(problems) => Self::Schema(problems),
            other => Self::Setup(other.to_string()),
        }
    }
}

/// How long streams may take to say that they end.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// A router that is bound to its address and answers once it is run.
#[derive(Debug)]
pub struct Server {
    listener: Listener,
    address: ListenAddress,
    live: Live,
    readiness: Readiness,
    watch: Watch,
}

impl Server {
    /// Reads the configuration and takes the address. The graph is loaded by [`Server::run`].
    ///
    /// # Errors
    /// When the options contradict each other, the configuration is wrong or the address is taken.
    pub async fn bind(options: ServeOptions) -> Result<Self, ServeError> {
        let source = Source::choose(options.supergraph, options.supergraph_config, Path::new(""))
            .map_err(|error| ServeError::Setup(error.to_string()))?;
        let setup = Setup {
            source,
            config_path: options.config.or_else(find_config),
            dev: options.dev,
            listen: options.listen,
        };
        let config = setup
            .read_config()
            .map_err(|error| ServeError::Setup(error.to_string()))?;
        let client = HttpClient::new().map_err(|error| ServeError::Setup(error.to_string()))?;
        let readiness = Readiness::default();
        let wanted = config.supergraph.listen.clone();
        let listen = |source| ServeError::Listen {
            address: wanted.clone(),
            source,
        };
        let listener = Listener::bind(&wanted).await.map_err(listen)?;
        let address = listener.address().map_err(listen)?;
        let live = Live::start(setup, config, client, readiness.clone())?;
        Ok(Self {
            listener,
            address,
            live,
            readiness,
            watch: Watch {
                files: options.hot_reload.unwrap_or(true),
                poll_interval: options.poll_interval.unwrap_or(Duration::from_secs(10)),
            },
        })
    }

    /// Where it listens; with port 0 asked for, the port that was given.
    pub fn address(&self) -> &ListenAddress {
        &self.address
    }

    /// Answers until `stop` is done, then lets what is being answered end.
    ///
    /// # Errors
    /// When there is no graph at start and trying again would not help.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), ServeError> {
        let Self {
            listener,
            address,
            live,
            readiness,
            watch,
        } = self;
        tracing::info!(
            "listening: GraphQL at {}",
            address.url(&live.config.supergraph.path)
        );
        let app = live.app();
        let most = live.config.limits.max_connections;
        let served = async {
            server::serve(listener, app, most, stop, || readiness.drain()).await;
            // Clients over WebSockets are told, and leave.
            let _ = tokio::time::timeout(LAST_WORDS, readiness.streams_ended()).await;
        };
        let current = keep_current(live, watch);
        tokio::select! {
            () = served => Ok(()),
            error = current => Err(error.into()),
        }
    }
}

/// Binds and runs a router.
///
/// # Errors
/// As [`Server::bind`] and [`Server::run`].
pub async fn serve(
    options: ServeOptions,
    stop: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    Server::bind(options).await?.run(stop).await
}

/// Whether everything in a configuration that is compiled at start can be: header rules, origins,
/// names. Fails with a sentence.
pub(crate) fn check(config: &Config) -> Result<(), String> {
    let token_header = config.authentication.token_header();
    HeaderRules::compile(&config.headers, "", token_header)?;
    for subgraph in config.headers.subgraphs.keys() {
        HeaderRules::compile(&config.headers, subgraph, token_header)?;
    }
    Cors::new((), &config.cors)?;
    Csrf::new((), &config.csrf)?;
    let header = &config.authentication.router.jwt.header_name;
    header
        .parse::<::http::HeaderName>()
        .map(|_| ())
        .map_err(|_| {
            format!("`authentication.router.jwt.header_name`: `{header}` is no header name")
        })
}

/// The configuration file that is used when none is named.
fn find_config() -> Option<PathBuf> {
    ["router.yaml", "router.config.yaml"]
        .into_iter()
        .map(PathBuf::from)
        .find(|path| path.is_file())
}

/// Done when the process is asked to end: Ctrl-C, or SIGTERM where there is one.
pub async fn termination() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => return,
                result = tokio::signal::ctrl_c() => {
                    if result.is_ok() {
                        return;
                    }
                }
            }
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        // Without signals there is nothing to wait for but the end of the process itself.
        std::future::pending::<()>().await;
    }
}
