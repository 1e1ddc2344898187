//! The flags and environment variables that every subgraph understands.
//!
//! A service flattens [`ServiceArgs`] into its own clap parser, and [`KeySetArgs`] too when it
//! verifies tokens that another service signs. This is the only place, with the services' own
//! `config.rs`, where the environment is read; clap does the reading.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::server::Network;

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

    /// Print the subgraph's schema (SDL) and exit; needs no database
    #[arg(long, default_value_t = false)]
    pub print_sdl: bool,
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
    }

    #[test]
    fn the_default_in_code_is_the_default_of_the_command_line() {
        let parsed = Cli::parse_from(["service"]).service;
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
