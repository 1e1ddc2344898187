//! How the users service is found, and how its facts are read.

use clap::Args;

use super::users::{ClientError, UsersService};

/// The facts of the users service.
#[derive(Args, Clone)]
pub struct FactsArgs {
    /// Where the users service is, as http://… or https://… without a path: its facts are at /facts, its graph at /graphql
    #[arg(long, env = "USERS_URL", value_name = "URL", default_value = DEFAULT_USERS_URL)]
    pub users_url: String,

    /// Token that opens the users service's feed of facts, one of its FACTS_TOKENS [default: none, and deletions are not followed]
    #[arg(
        long,
        env = "FACTS_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    pub facts_token: Option<String>,

    /// NATS server to read facts from instead, as nats://… or tls://…; needs a program that was built with the feature nats [default: none]
    #[arg(long, env = "NATS_URL", value_name = "URL", hide_env_values = true)]
    pub nats_url: Option<String>,

    /// JetStream stream to which the users service publishes its facts
    #[arg(long, env = "NATS_STREAM", value_name = "NAME", default_value = DEFAULT_NATS_STREAM)]
    pub nats_stream: String,
}

const DEFAULT_USERS_URL: &str = "http://127.0.0.1:4001";
const DEFAULT_NATS_STREAM: &str = "MUSICWALLET_USERS";

impl std::fmt::Debug for FactsArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FactsArgs")
            .field("users_url", &self.users_url)
            .field("facts_token", &self.facts_token.is_some())
            .field("nats", &self.nats_url.is_some())
            .field("nats_stream", &self.nats_stream)
            .finish()
    }
}

impl FactsArgs {
    /// A client of the users service. An empty token is none.
    pub(super) fn users_service(&self) -> Result<UsersService, ClientError> {
        let token = self.facts_token.as_deref().filter(|it| !it.is_empty());
        UsersService::new(&self.users_url, token)
    }

    /// Ends a service that could not do what it is told.
    pub(super) fn refuse_nats_without_the_feature(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            cfg!(feature = "nats") || self.nats_url.is_none(),
            "a NATS server is configured, but this program was built without the feature nats"
        );
        Ok(())
    }
}
