//! The users subgraph: accounts, sessions and sign-in.
//!
//! ```text
//! Config ──▶ open ──▶ kit's server
//!             │
//!             ├─ store      accounts, sessions, outbox (SQLite or Postgres)
//!             ├─ security   password hashes, the signing key, tokens
//!             ├─ rules      what names, addresses and passwords may be
//!             ├─ flows      register, sign in, refresh, … : rules, then store
//!             └─ graphql    who may ask what, and how it looks
//! ```
//!
//! The service signs access tokens and publishes the keys to verify them at
//! `/.well-known/jwks.json`; nobody has to ask it who is calling. It knows nothing of music:
//! what others must learn of a user, it writes into its outbox.
//!
//! Read [`rules`], then [`flows`], then [`graphql`].

use std::time::Duration;

use anyhow::Context as _;
use async_graphql::dataloader::DataLoader;
use chrono::Utc;
use kit::auth::{KeySource, TokenVerifier};
use kit::database::Database;
use kit::graphql::{SubgraphSchema, batching, sdl as schema_text};
use kit::server::App;

pub mod account;
mod config;
pub mod demo;
mod entity;
pub mod flows;
pub mod graphql;
mod key_set_endpoint;
pub mod mail;
mod migration;
pub mod rules;
pub mod security;
mod services;
pub mod store;

pub use config::{Config, DEFAULT_LISTEN};
pub use services::Services;

use graphql::{AccountLoader, Mutation, Query};
use security::access_token::TokenIssuer;
use security::password_hasher::PasswordHasher;
use security::signing_key::SigningKey;
use store::Store;

/// The name of this subgraph.
pub const NAME: &str = "users";

/// How often sessions that ended by themselves are removed.
const CLEANING_INTERVAL: Duration = Duration::from_secs(3600);

/// The schema of this subgraph.
pub type UsersSchema = SubgraphSchema<Query, Mutation>;

/// The schema over these services. Requests to it need an [`AccountLoader`] each, which
/// [`open`] has the server add.
pub fn build_schema(services: Services) -> UsersSchema {
    kit::graphql::build(Query, Mutation).data(services).finish()
}

/// The schema as text, as `--print-sdl` prints it. Needs no database.
pub fn sdl() -> String {
    schema_text::print(&kit::graphql::build(Query, Mutation).finish())
}

/// Runs the service until it is asked to stop.
///
/// # Errors
/// When the address is taken, or what [`open`] opens cannot be opened.
pub async fn run(config: Config) -> anyhow::Result<()> {
    if config.service.print_sdl {
        print!("{}", sdl());
        return Ok(());
    }
    kit::telemetry::init(&config.service.log, config.service.log_format)?;
    // First of all, so that a second instance ends before it touches anything.
    let listener = kit::server::bind(config.listen()).await?;
    let app = open(&config).await?;
    kit::server::serve(listener, kit::process::asked_to_stop(), app).await?;
    Ok(())
}

/// Opens the database and the signing key, and makes of them what the server serves.
///
/// # Errors
/// When the database or the key file cannot be opened or brought up to date.
pub async fn open(config: &Config) -> anyhow::Result<App<UsersSchema>> {
    let key = SigningKey::load_or_create(&config.signing_key_file())?;
    let database = Database::connect(&config.service.database_url(NAME)).await?;
    database.migrate::<migration::Migrator>().await?;
    let store = Store::new(database.clone());
    let hasher = PasswordHasher::new()
        .map_err(|failure| explain(&failure))
        .context("preparing to hash passwords")?;
    if config.service.demo {
        let created = demo::seed(&store, &hasher)
            .await
            .map_err(|failure| explain(&failure))
            .context("creating the demo users")?;
        tracing::info!(users = created, "demo users created");
    }
    tokio::spawn(clean_up(store.clone()));

    let args = &config.service;
    let routes = key_set_endpoint::routes(key.published())?;
    let keys = KeySource::Fixed(key.published().clone().into());
    let verifier = TokenVerifier::new(keys, &args.token_issuer, &args.token_audience);
    let issuer = TokenIssuer::new(key, &args.token_issuer, &args.token_audience);
    let schema = build_schema(Services {
        store: store.clone(),
        hasher,
        issuer,
    });
    Ok(App::new(NAME, schema, verifier, database)
        .with_request_data(move |request| {
            let loader: DataLoader<AccountLoader> =
                batching::per_request(AccountLoader(store.clone()));
            request.data(loader)
        })
        .with_routes(routes))
}

/// Removes sessions that ended by themselves, now and then, for as long as the process runs.
async fn clean_up(store: Store) {
    let mut interval = tokio::time::interval(CLEANING_INTERVAL);
    loop {
        interval.tick().await;
        match store.forget_expired_sessions(Utc::now()).await {
            Ok(0) => {}
            Ok(rows) => tracing::debug!(rows, "expired sessions and tokens removed"),
            Err(failure) => {
                let error = explain(&failure);
                tracing::warn!(
                    error = kit::errors::chain(error.as_ref()),
                    "cleaning up failed"
                );
            }
        }
    }
}

/// A failure outside of a request, for whoever reads the log or the terminal.
fn explain(failure: &kit::Failure) -> anyhow::Error {
    match failure.cause() {
        Some(cause) => anyhow::anyhow!("{}", kit::errors::chain(cause.as_ref())),
        None => anyhow::anyhow!("{}", failure.message()),
    }
}
