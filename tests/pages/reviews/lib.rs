//! The reviews subgraph: what users think of what is in the catalogue.
//!
//! It knows users and items of the catalogue by their ids only.

use anyhow::Context as _;
use clap::Parser;
use kit::auth::{KeySource, RemoteKeySet, TokenVerifier};
use kit::config::{KeySetArgs, ServiceArgs};
use kit::database::Database;
use kit::graphql::batching::per_request;
use kit::server::{self, App};

pub mod graphql;
pub mod migration;
pub mod store;

pub use graphql::sdl;
use store::Store;

/// The reviews subgraph.
#[derive(Clone, Debug, Parser)]
#[command(name = "reviews", version, about)]
pub struct Config {
    /// What every service can be told.
    #[command(flatten)]
    pub service: ServiceArgs,
    /// Where the keys are that verify access tokens.
    #[command(flatten)]
    pub key_set: KeySetArgs,
}

/// Runs the service until the process is asked to stop.
///
/// # Errors
/// When the port is taken or the database cannot be opened.
pub async fn run(config: Config) -> anyhow::Result<()> {
    if config.service.print_sdl {
        print!("{}", sdl());
        return Ok(());
    }
    kit::telemetry::init("reviews", &config.service)?;
    let listen = config.service.listen.as_deref().unwrap_or("127.0.0.1:4003");
    let listener = server::bind(listen).await?;

    let database = Database::connect(&config.service.database_url("reviews")).await?;
    database.migrate::<migration::Migrator>().await?;
    let store = Store::new(database.clone());
    let schema = graphql::schema(store.clone(), &config.service.requests);

    let keys = RemoteKeySet::start(config.key_set.jwks_url)?;
    let verifier = TokenVerifier::new(
        KeySource::Remote(keys),
        config.service.token_issuer,
        config.service.token_audience,
    );
    let app = App::new("reviews", schema, verifier, database)
        .with_requests(&config.service.requests)
        // Loaders live as long as a request: see `kit::graphql::batching`.
        .with_request_data(move |request| request.data(per_request(store.clone())));
    server::serve(listener, kit::process::asked_to_stop(), app)
        .await
        .context("serving")
}
