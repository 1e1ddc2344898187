//! The flags and environment variables that every subgraph understands.
//!
//! A service flattens [`ServiceArgs`] into its own clap parser, and [`KeySetArgs`] too when it
//! verifies tokens that another service signs. This is the only place, with the services' own
//! `config.rs`, where the environment is read; clap does the reading.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};

use crate::server::Network;
use crate::telemetry::traces::TraceArgs;

/// The issuer that tokens name when nothing else is configured.
pub const DEFAULT_TOKEN_ISSUER: &str = "musicwallet-users";

/// The audience that tokens name when nothing else is configured.
pub const DEFAULT_TOKEN_AUDIENCE: &str = "musicwallet";

/// What every subgraph can be told.
#[derive(Args, Clone, Debug)]
pub struct ServiceArgs {
    /// Address to listen on, as host:port; port 0 picks a free one [default: the service's own port on 127.0.0.1]
    #[arg(long, env = "LISTEN", value_name = "HOST:PORT")]
    pub listen: Option<String>,

    /// Database to use: postgres://… or sqlite://… [default: a SQLite file in the data folder]
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<String>,

    /// Folder for what the service keeps on disk; created when missing
    #[arg(long, env = "DATA_DIR", value_name = "FOLDER", default_value = "data")]
    pub data_dir: PathBuf,

    /// Fill an empty database with demo data
    #[arg(long, env = "DEMO", default_value_t = false)]
    pub demo: bool,

    /// What to log: a level, or directives such as info,kit=debug
    #[arg(long, env = "LOG", value_name = "FILTER", default_value = "info")]
    pub log: String,

    /// How to write the log
    #[arg(long, env = "LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,

    /// Issuer that access tokens must name
    #[arg(long, env = "TOKEN_ISSUER", value_name = "NAME", default_value = DEFAULT_TOKEN_ISSUER)]
    pub token_issuer: String,

    /// Audience that access tokens must name
    #[arg(long, env = "TOKEN_AUDIENCE", value_name = "NAME", default_value = DEFAULT_TOKEN_AUDIENCE)]
    pub token_audience: String,

    /// Proxies that are believed when they say in X-Forwarded-For whom they forward, as addresses or ranges such as 10.0.0.0/8; the router is one. Without any, limits by address count only clients that connect from a public address [default: none]
    #[arg(
        long,
        env = "TRUSTED_PROXIES",
        value_name = "NETWORKS",
        value_delimiter = ','
    )]
    pub trusted_proxies: Vec<Network>,

    /// What a request may cost, and what is shown to whom.
    #[command(flatten)]
    pub requests: RequestArgs,

    /// Where traces go.
    #[command(flatten)]
    pub traces: TraceArgs,

    /// Print the subgraph's schema (SDL) and exit; needs no database
    #[arg(long, default_value_t = false)]
    pub print_sdl: bool,
}

/// What a request may cost, and what is shown to whom.
#[derive(Args, Clone, Debug)]
pub struct RequestArgs {
    /// Bytes of a request body at most
    #[arg(long, env = "MAX_BODY_BYTES", value_name = "BYTES", default_value_t = DEFAULT_BODY_BYTES)]
    pub max_body_bytes: usize,

    /// Bytes of an operation's text at most; large inputs belong into variables
    #[arg(long, env = "MAX_OPERATION_BYTES", value_name = "BYTES", default_value_t = DEFAULT_OPERATION_BYTES)]
    pub max_operation_bytes: usize,

    /// Fields below each other in one operation at most; introspection needs 15
    #[arg(long, env = "MAX_DEPTH", value_name = "N", default_value_t = DEFAULT_DEPTH)]
    pub max_depth: usize,

    /// Fields in one operation at most
    #[arg(long, env = "MAX_FIELDS", value_name = "N", default_value_t = DEFAULT_FIELDS)]
    pub max_fields: usize,

    /// Seconds that a request may take
    #[arg(long, env = "REQUEST_TIMEOUT", value_name = "SECONDS", default_value_t = DEFAULT_REQUEST_SECONDS)]
    pub request_timeout: u64,

    /// Seconds that requests in flight may take to finish once the service is told to stop
    #[arg(long, env = "DRAIN_TIMEOUT", value_name = "SECONDS", default_value_t = DEFAULT_DRAIN_SECONDS)]
    pub drain_timeout: u64,

    /// Whether clients may ask for the schema; the router reads it in another way
    #[arg(long, env = "INTROSPECTION", value_name = "BOOL", default_value_t = true, action = ArgAction::Set)]
    pub introspection: bool,

    /// Serve a page to try queries in, at /graphql for browsers
    #[arg(long, env = "PLAYGROUND", default_value_t = false)]
    pub playground: bool,
}

/// How much may be listened to at once.
#[derive(Args, Clone, Debug)]
pub struct StreamArgs {
    /// WebSockets that may be open at once
    #[arg(long, env = "MAX_WEBSOCKETS", value_name = "N", default_value_t = DEFAULT_WEBSOCKETS)]
    pub max_websockets: usize,

    /// Subscriptions that may be open at once, over all ways
    #[arg(long, env = "MAX_SUBSCRIPTIONS", value_name = "N", default_value_t = DEFAULT_SUBSCRIPTIONS)]
    pub max_subscriptions: usize,

    /// Operations that one WebSocket may have under way
    #[arg(long, env = "MAX_SUBSCRIPTIONS_PER_CONNECTION", value_name = "N", default_value_t = DEFAULT_PER_CONNECTION)]
    pub max_subscriptions_per_connection: usize,

    /// Seconds after which a WebSocket is closed when nothing is heard of its client, which is asked from time to time
    #[arg(long, env = "STREAM_IDLE_TIMEOUT", value_name = "SECONDS", default_value_t = DEFAULT_STREAM_IDLE_SECONDS)]
    pub stream_idle_timeout: u64,
}

const DEFAULT_WEBSOCKETS: usize = 5_000;
const DEFAULT_SUBSCRIPTIONS: usize = 20_000;
const DEFAULT_PER_CONNECTION: usize = 100;
const DEFAULT_STREAM_IDLE_SECONDS: u64 = 60;

impl Default for StreamArgs {
    /// The same values as a command line without flags.
    fn default() -> Self {
        StreamArgs {
            max_websockets: DEFAULT_WEBSOCKETS,
            max_subscriptions: DEFAULT_SUBSCRIPTIONS,
            max_subscriptions_per_connection: DEFAULT_PER_CONNECTION,
            stream_idle_timeout: DEFAULT_STREAM_IDLE_SECONDS,
        }
    }
}

const DEFAULT_BODY_BYTES: usize = 1024 * 1024;
const DEFAULT_OPERATION_BYTES: usize = 128 * 1024;
const DEFAULT_DEPTH: usize = 30;
const DEFAULT_FIELDS: usize = 2_000;
const DEFAULT_REQUEST_SECONDS: u64 = 30;
const DEFAULT_DRAIN_SECONDS: u64 = 10;

impl Default for RequestArgs {
    /// The same values as a command line without flags.
    fn default() -> Self {
        RequestArgs {
            max_body_bytes: DEFAULT_BODY_BYTES,
            max_operation_bytes: DEFAULT_OPERATION_BYTES,
            max_depth: DEFAULT_DEPTH,
            max_fields: DEFAULT_FIELDS,
            request_timeout: DEFAULT_REQUEST_SECONDS,
            drain_timeout: DEFAULT_DRAIN_SECONDS,
            introspection: true,
            playground: false,
        }
    }
}

/// Where a service that does not sign tokens finds the keys to verify them.
#[derive(Args, Clone, Debug)]
pub struct KeySetArgs {
    /// Where the key set (JWKS) that signs access tokens is published
    #[arg(
        long,
        env = "JWKS_URL",
        value_name = "URL",
        default_value = "http://127.0.0.1:4001/.well-known/jwks.json"
    )]
    pub jwks_url: String,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One readable line per event.
    #[default]
    Text,
    /// One JSON object per line, for collectors.
    Json,
}

impl Default for ServiceArgs {
    /// The same values as a command line without flags, for callers that build a
    /// configuration in code.
    fn default() -> Self {
        ServiceArgs {
            listen: None,
            database_url: None,
            data_dir: PathBuf::from("data"),
            demo: false,
            log: "info".to_owned(),
            log_format: LogFormat::Text,
            token_issuer: DEFAULT_TOKEN_ISSUER.to_owned(),
            token_audience: DEFAULT_TOKEN_AUDIENCE.to_owned(),
            trusted_proxies: Vec::new(),
            requests: RequestArgs::default(),
            traces: TraceArgs::default(),
            print_sdl: false,
        }
    }
}

impl ServiceArgs {
    /// The database to open: the one configured, else `<service>.sqlite` in the data folder.
    pub fn database_url(&self, service: &str) -> String {
        match &self.database_url {
            Some(url) => url.clone(),
            None => {
                let file = self.data_dir.join(format!("{service}.sqlite"));
                // In a URL these two would begin something else.
                let path = file
                    .display()
                    .to_string()
                    .replace('%', "%25")
                    .replace('?', "%3F");
                format!("sqlite://{path}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        service: ServiceArgs,
        #[command(flatten)]
        streams: StreamArgs,
    }

    #[test]
    fn the_default_in_code_is_the_default_of_the_command_line() {
        let parsed = Cli::parse_from(["service"]);
        assert_eq!(
            format!("{:?}", parsed.streams),
            format!("{:?}", StreamArgs::default())
        );
        let parsed = parsed.service;
        assert_eq!(
            format!("{parsed:?}"),
            format!("{:?}", ServiceArgs::default())
        );
    }

    #[test]
    fn without_a_url_the_database_is_a_file_in_the_data_folder() {
        let args = Cli::parse_from(["service", "--data-dir", "/var/lib/wallet"]).service;
        assert_eq!(
            args.database_url("users"),
            "sqlite:///var/lib/wallet/users.sqlite"
        );
    }
}
