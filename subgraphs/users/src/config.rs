//! How the service is told what to do: the common flags, and where its signing key lies.

use std::path::PathBuf;

use clap::Parser;
use kit::config::ServiceArgs;

/// Where the service listens when nothing else is configured.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:4001";

/// The users service of MusicWallet: accounts, sessions and sign-in.
#[derive(Parser, Clone, Debug, Default)]
#[command(name = "users", version)]
pub struct Config {
    /// What every service understands.
    #[command(flatten)]
    pub service: ServiceArgs,

    /// Ed25519 private key (PKCS#8 PEM) that signs access tokens; made when missing. Replicas need the same one [default: signing-key.pem in the data folder]
    #[arg(long, env = "SIGNING_KEY_FILE", value_name = "FILE")]
    pub signing_key_file: Option<PathBuf>,
}

impl Config {
    /// The address to listen on.
    pub fn listen(&self) -> &str {
        self.service.listen.as_deref().unwrap_or(DEFAULT_LISTEN)
    }

    /// The file of the signing key.
    pub fn signing_key_file(&self) -> PathBuf {
        match &self.signing_key_file {
            Some(file) => file.clone(),
            None => self.service.data_dir.join("signing-key.pem"),
        }
    }
}
