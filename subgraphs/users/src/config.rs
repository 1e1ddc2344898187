//! How the service is told what to do: the common flags, and its own.

use std::path::PathBuf;

use chrono::Duration;
use clap::{Args, Parser, Subcommand};
use kit::config::ServiceArgs;

use crate::rules::{self, AttemptLimit};

mod background;

pub use background::{FactArgs, MailArgs};

/// Where the service listens when nothing else is configured.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:4001";

/// The users service of MusicWallet: accounts, sessions and sign-in, for people and for apps.
#[derive(Parser, Clone, Debug, Default)]
#[command(name = "users", version)]
pub struct Config {
    /// What every service understands.
    #[command(flatten)]
    pub service: ServiceArgs,

    /// Ed25519 private key (PKCS#8 PEM) that signs tokens; made when missing. Replicas need the same one [default: signing-key.pem in the data folder]
    #[arg(long, env = "SIGNING_KEY_FILE", value_name = "FILE")]
    pub signing_key_file: Option<PathBuf>,

    /// Days after which another key signs, without signing anybody out; 0 for never by itself
    #[arg(
        long,
        env = "SIGNING_KEY_DAYS",
        value_name = "DAYS",
        default_value_t = 0
    )]
    pub signing_key_days: u32,

    /// Where browsers and apps reach this service, as http://… or https://… without a path: the issuer that OpenID Connect clients know, and the beginning of links in mails [default: http:// and the address to listen on]
    #[arg(long, env = "PUBLIC_URL", value_name = "URL", value_parser = rules::public_url)]
    pub public_url: Option<String>,

    /// Apps that may ask for tokens, as a JSON list; each is registered, or changed, at start
    #[arg(long, env = "OAUTH_CLIENTS_FILE", value_name = "FILE")]
    pub oauth_clients_file: Option<PathBuf>,

    /// How often things may be tried.
    #[command(flatten)]
    pub limits: LimitArgs,

    /// Mail and background jobs.
    #[command(flatten)]
    pub mail: MailArgs,

    /// Facts for other services.
    #[command(flatten)]
    pub facts: FactArgs,

    /// What to do instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What an operator does on the command line, with the flags of the service.
#[derive(Subcommand, Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Give an account roles, and take all others: how the first admin becomes one
    SetRoles {
        /// The user name
        username: String,
        /// Any of user, curator, admin; user is always there
        roles: Vec<String>,
    },
    /// List background jobs: those that wait, or those that were given up
    Jobs {
        /// Those that were given up
        #[arg(long)]
        dead: bool,
    },
    /// Do a background job again, now
    RetryJob {
        /// Its number
        id: i64,
    },
    /// Forget a background job
    RemoveJob {
        /// Its number
        id: i64,
    },
    /// Have another key sign tokens, in ten minutes, when everybody knows it; nobody is signed out
    RotateSigningKey {
        /// Let it sign at once and forget all other keys: access tokens end now, sessions go on
        #[arg(long)]
        compromised: bool,
    },
}

/// How often things may be tried. `10/15m` is ten times in a row, and ten more every 15 minutes.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct LimitArgs {
    /// Wrong passwords for one account, or one name that is none
    #[arg(
        long,
        env = "SIGN_IN_LIMIT_PER_ACCOUNT",
        value_name = "N/TIME",
        default_value = "10/15m"
    )]
    pub sign_in_limit_per_account: AttemptLimit,

    /// Wrong passwords from one address, see --trusted-proxies
    #[arg(
        long,
        env = "SIGN_IN_LIMIT_PER_ADDRESS",
        value_name = "N/TIME",
        default_value = "100/15m"
    )]
    pub sign_in_limit_per_address: AttemptLimit,

    /// Mails that can be asked for by or for one account
    #[arg(
        long,
        env = "MAIL_LIMIT_PER_ACCOUNT",
        value_name = "N/TIME",
        default_value = "5/1h"
    )]
    pub mail_limit_per_account: AttemptLimit,

    /// Mails that can be asked for from one address
    #[arg(
        long,
        env = "MAIL_LIMIT_PER_ADDRESS",
        value_name = "N/TIME",
        default_value = "50/1h"
    )]
    pub mail_limit_per_address: AttemptLimit,

    /// Accounts that can be created from one address
    #[arg(
        long,
        env = "REGISTRATION_LIMIT_PER_ADDRESS",
        value_name = "N/TIME",
        default_value = "50/1h"
    )]
    pub registration_limit_per_address: AttemptLimit,
}

impl Default for LimitArgs {
    /// The same values as a command line without flags.
    fn default() -> Self {
        let quarter = Duration::minutes(15);
        let hour = Duration::hours(1);
        LimitArgs {
            sign_in_limit_per_account: AttemptLimit::new(10, quarter),
            sign_in_limit_per_address: AttemptLimit::new(100, quarter),
            mail_limit_per_account: AttemptLimit::new(5, hour),
            mail_limit_per_address: AttemptLimit::new(50, hour),
            registration_limit_per_address: AttemptLimit::new(50, hour),
        }
    }
}

impl Config {
    /// The address to listen on.
    pub fn listen(&self) -> &str {
        self.service.listen.as_deref().unwrap_or(DEFAULT_LISTEN)
    }

    /// Where browsers reach this service, without a slash at its end.
    pub fn public_url(&self) -> String {
        match &self.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://{}", self.listen()),
        }
    }

    /// The file of the signing key.
    pub fn signing_key_file(&self) -> PathBuf {
        match &self.signing_key_file {
            Some(file) => file.clone(),
            None => self.service.data_dir.join("signing-key.pem"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_in_code_is_the_default_of_the_command_line() {
        let parsed = Config::parse_from(["users"]);
        assert_eq!(format!("{parsed:?}"), format!("{:?}", Config::default()));
    }

    #[test]
    fn operators_have_commands() {
        let parsed = Config::parse_from(["users", "--data-dir", "/d", "set-roles", "ada", "admin"]);
        let command = Command::SetRoles {
            username: "ada".to_owned(),
            roles: vec!["admin".to_owned()],
        };
        assert_eq!(parsed.command, Some(command));
    }
}
