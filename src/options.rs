//! The launcher's command line. The environment is read here, by clap, and nowhere else.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

/// What `musicwallet` was told.
#[derive(Debug, Parser)]
#[command(
    name = "musicwallet",
    version,
    about = "Starts the MusicWallet federation on this machine: users, music, and the router that joins them",
    long_about = "Starts the MusicWallet federation on this machine: users, music, and the router that joins \
                  them, each as a process of its own.\n\nA service that dies is started again. Ctrl-C stops them all.",
    after_help = "In a folder with supergraph.yaml and router/router.yaml (this repository) the router uses these \
                  files and reloads when they change. Anywhere else it uses the copies built into this program, \
                  which are written into the data folder.",
    args_conflicts_with_subcommands = true
)]
pub(crate) struct CommandLine {
    /// What to do instead of starting everything.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// How to start everything.
    #[command(flatten)]
    pub(crate) options: Options,
}

/// What the program does besides starting everything.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run one service in this process, as the launcher does for each
    ///
    /// The service ends when its standard input does, so that none outlives its launcher.
    #[command(hide = true)]
    Service {
        /// Which service.
        #[arg(value_enum)]
        name: ServiceName,

        /// The service's own flags, as its own program takes them.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

/// The services the launcher knows how to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ServiceName {
    /// Accounts, sessions and sign-in.
    Users,
    /// The catalogue and favourites.
    Music,
    /// The router that joins them.
    Router,
}

impl ServiceName {
    /// The name in logs and on the command line.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            ServiceName::Users => "users",
            ServiceName::Music => "music",
            ServiceName::Router => "router",
        }
    }
}

/// How everything is started.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// Folder for the databases, the signing key and the rest; created when missing
    #[arg(
        long,
        env = "MUSICWALLET_DATA_DIR",
        value_name = "FOLDER",
        default_value = "data"
    )]
    pub(crate) data_dir: PathBuf,

    /// Port of the router: the playground and the endpoint
    #[arg(long, env = "MUSICWALLET_ROUTER_PORT", value_name = "PORT", default_value_t = 4000,
          value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) router_port: u16,

    /// Port of the users service
    #[arg(long, env = "MUSICWALLET_USERS_PORT", value_name = "PORT", default_value_t = 4001,
          value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) users_port: u16,

    /// Port of the music service
    #[arg(long, env = "MUSICWALLET_MUSIC_PORT", value_name = "PORT", default_value_t = 4002,
          value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) music_port: u16,

    /// Database of the users service: postgres://… or sqlite://… [default: a SQLite file in the data folder]
    #[arg(
        long,
        env = "MUSICWALLET_USERS_DATABASE_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    pub(crate) users_database_url: Option<String>,

    /// Database of the music service, which must be another one [default: a SQLite file in the data folder]
    #[arg(
        long,
        env = "MUSICWALLET_MUSIC_DATABASE_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    pub(crate) music_database_url: Option<String>,

    /// Tokens that open the users service's feed of facts to others than music, which gets one of its own; separated by commas
    #[arg(
        long,
        env = "FACTS_TOKENS",
        value_name = "TOKENS",
        value_delimiter = ',',
        hide_env_values = true
    )]
    pub(crate) facts_tokens: Vec<String>,

    /// Start without demo users, without the demo catalogue
    #[arg(long, env = "MUSICWALLET_NO_DEMO", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) no_demo: bool,

    /// What the services log: a level, or directives such as info,users=debug
    #[arg(
        long,
        env = "MUSICWALLET_LOG",
        value_name = "FILTER",
        default_value = "info"
    )]
    pub(crate) log: String,

    /// Show no colours
    #[arg(long, env = "NO_COLOR", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) no_color: bool,

    /// Seconds until a service that is not ready is reported
    #[arg(long, env = "MUSICWALLET_READY_WITHIN", value_name = "SECONDS", default_value_t = 60,
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) ready_within: u64,
}

impl Options {
    /// The port of a service.
    pub(crate) fn port(&self, service: ServiceName) -> u16 {
        match service {
            ServiceName::Users => self.users_port,
            ServiceName::Music => self.music_port,
            ServiceName::Router => self.router_port,
        }
    }

    /// The database of a service, when it is not a file in the data folder.
    pub(crate) fn database_url(&self, service: ServiceName) -> Option<&str> {
        match service {
            ServiceName::Users => self.users_database_url.as_deref(),
            ServiceName::Music => self.music_database_url.as_deref(),
            ServiceName::Router => None,
        }
    }

    /// How long a service may take to become ready.
    pub(crate) fn ready_within(&self) -> Duration {
        Duration::from_secs(self.ready_within)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use clap::error::ErrorKind;

    use super::*;

    fn parse(arguments: &[&str]) -> Result<CommandLine, clap::Error> {
        CommandLine::try_parse_from([&["musicwallet"], arguments].concat())
    }

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn without_flags_the_ports_are_those_of_the_documents() {
        let options = parse(&[]).expect("no flag is required").options;
        assert_eq!(
            [ServiceName::Router, ServiceName::Users, ServiceName::Music]
                .map(|it| options.port(it)),
            [4000, 4001, 4002]
        );
        assert!(!options.no_demo);
    }

    #[test]
    fn a_service_gets_the_flags_behind_its_name() {
        let parsed = parse(&["service", "music", "--listen", "127.0.0.1:5002", "--demo"]);
        let Some(Command::Service { name, arguments }) = parsed.expect("it is valid").command
        else {
            panic!("not read as a service");
        };
        assert_eq!(name, ServiceName::Music);
        assert_eq!(arguments, ["--listen", "127.0.0.1:5002", "--demo"]);
    }

    #[test]
    fn a_port_that_is_none_is_refused_by_name() {
        for port in ["0", "65536", "http"] {
            let refused = parse(&["--router-port", port]).expect_err("it is no port to listen on");
            assert_eq!(refused.kind(), ErrorKind::ValueValidation);
            assert!(refused.to_string().contains("--router-port"), "{refused}");
        }
    }
}
