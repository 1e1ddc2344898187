//! What is done besides answering: mail, the jobs that send it, and the facts for other services.

use std::path::Path;

use chrono::Duration;
use clap::Args;

use crate::jobs::retry::RetryPolicy;
use crate::mail::delivery::MailTarget;

/// Mail, and the background jobs that send it.
#[derive(Args, Clone, Debug)]
pub struct MailArgs {
    /// Where mail goes: smtp://USER:PASSWORD@HOST:PORT?tls=required, smtps://…, file:FOLDER, or log: with all its secrets, for development [default: file: and the folder mail in the data folder]
    #[arg(long, env = "MAIL_URL", value_name = "URL", hide_env_values = true)]
    pub mail_url: Option<MailTarget>,

    /// Whom mail comes from
    #[arg(
        long,
        env = "MAIL_FROM",
        value_name = "ADDRESS",
        default_value = DEFAULT_MAIL_FROM
    )]
    pub mail_from: String,

    /// How often a background job is begun before it is given up
    #[arg(
        long,
        env = "JOB_ATTEMPTS",
        value_name = "N",
        default_value_t = DEFAULT_ATTEMPTS,
        value_parser = clap::value_parser!(i32).range(1..=100)
    )]
    pub job_attempts: i32,

    /// Seconds after which a job that failed is tried again; twice as many after each further failure, up to six hours
    #[arg(
        long,
        env = "JOB_RETRY_SECONDS",
        value_name = "SECONDS",
        default_value_t = DEFAULT_RETRY_SECONDS,
        value_parser = clap::value_parser!(u32).range(1..=21_600)
    )]
    pub job_retry_seconds: u32,
}

const DEFAULT_MAIL_FROM: &str = "MusicWallet <no-reply@localhost>";
const DEFAULT_ATTEMPTS: i32 = 12;
const DEFAULT_RETRY_SECONDS: u32 = 30;

impl Default for MailArgs {
    /// The same values as a command line without flags.
    fn default() -> Self {
        MailArgs {
            mail_url: None,
            mail_from: DEFAULT_MAIL_FROM.to_owned(),
            job_attempts: DEFAULT_ATTEMPTS,
            job_retry_seconds: DEFAULT_RETRY_SECONDS,
        }
    }
}

impl MailArgs {
    /// Where mail goes.
    pub fn target(&self, data_dir: &Path) -> MailTarget {
        match &self.mail_url {
            Some(target) => target.clone(),
            None => MailTarget::Folder(data_dir.join("mail")),
        }
    }

    /// How often, and when, a job is tried again.
    pub fn retry(&self) -> RetryPolicy {
        RetryPolicy {
            attempts: self.job_attempts,
            first_wait: Duration::seconds(self.job_retry_seconds.into()),
        }
    }
}

/// Facts for other services.
#[derive(Args, Clone)]
pub struct FactArgs {
    /// Tokens that open the feed of facts at /facts, at least 16 characters each; several, so that one can be replaced [default: none, and the feed is closed]
    #[arg(
        long,
        env = "FACTS_TOKENS",
        value_name = "TOKENS",
        value_delimiter = ',',
        hide_env_values = true
    )]
    pub facts_tokens: Vec<String>,

    /// Days after which facts are forgotten; 0 for never
    #[arg(
        long,
        env = "FACTS_RETENTION_DAYS",
        value_name = "DAYS",
        default_value_t = DEFAULT_RETENTION_DAYS
    )]
    pub facts_retention_days: u32,

    /// NATS server to publish facts to, as nats://… or tls://…; needs a program that was built with the feature nats [default: none]
    #[arg(long, env = "NATS_URL", value_name = "URL", hide_env_values = true)]
    pub nats_url: Option<String>,

    /// JetStream stream for the facts, made when missing; for this service alone
    #[arg(long, env = "NATS_STREAM", value_name = "NAME", default_value = DEFAULT_NATS_STREAM)]
    pub nats_stream: String,

    /// What the subjects of facts begin with: PREFIX.user.registered and so on
    #[arg(long, env = "NATS_SUBJECT", value_name = "PREFIX", default_value = DEFAULT_NATS_SUBJECT)]
    pub nats_subject: String,
}

const DEFAULT_RETENTION_DAYS: u32 = 90;
const DEFAULT_NATS_STREAM: &str = "MUSICWALLET_USERS";
const DEFAULT_NATS_SUBJECT: &str = "musicwallet";

impl Default for FactArgs {
    /// The same values as a command line without flags.
    fn default() -> Self {
        FactArgs {
            facts_tokens: Vec::new(),
            facts_retention_days: DEFAULT_RETENTION_DAYS,
            nats_url: None,
            nats_stream: DEFAULT_NATS_STREAM.to_owned(),
            nats_subject: DEFAULT_NATS_SUBJECT.to_owned(),
        }
    }
}

impl std::fmt::Debug for FactArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FactArgs")
            .field("facts_tokens", &self.facts_tokens.len())
            .field("facts_retention_days", &self.facts_retention_days)
            .field("nats", &self.nats_url.is_some())
            .field("nats_stream", &self.nats_stream)
            .field("nats_subject", &self.nats_subject)
            .finish()
    }
}

impl FactArgs {
    /// How long facts are kept; `None` for ever.
    pub fn retention(&self) -> Option<Duration> {
        (self.facts_retention_days > 0).then(|| Duration::days(self.facts_retention_days.into()))
    }
}
