//! The music subgraph: artists, albums and tracks, and which user loves which track.
//!
//! In goes a database and the key set that proves callers; out comes a federated schema over
//! HTTP. Of users this service knows ids only: `User` is an entity that the users service
//! completes, and the two share nothing but their schemas.
//!
//! Reading order: [`config`], then [`run`] below, which is the whole life of the service; the
//! schema in [`graphql`], the statements in [`store`], the tables in [`migration`] and
//! [`entity`], what happens in [`events`], favourites as files in [`transfer`], what the users service tells in
//! [`facts`], and the [`demo`] data.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use kit::auth::{KeySource, RemoteKeySet, TokenVerifier};
use kit::config::{RequestArgs, StreamArgs};
use kit::database::Database;
use kit::server::{self, App};
use sea_orm::DbBackend;
use tokio::net::TcpListener;

pub mod config;
pub mod demo;
pub mod entity;
pub mod events;
pub mod facts;
pub mod graphql;
pub mod ids;
pub mod migration;
pub mod order_key;
pub mod search_key;
pub mod search_words;
pub mod store;
pub mod transfer;

pub use config::{ChartArgs, Command, Config};
pub use graphql::{MusicSchema, build_schema, sdl};
pub use store::Store;
use transfer::ImportArgs;

/// Runs the service until the process is asked to stop.
///
/// # Errors
/// When the database cannot be opened, the demo data cannot be written, or the port is taken.
pub async fn run(config: Config) -> anyhow::Result<()> {
    if config.service.print_sdl {
        print!("{}", sdl());
        return Ok(());
    }
    kit::telemetry::init("music", &config.service)?;
    if let Some(Command::RebuildFacts) = config.command {
        let store = Store::new(open(&config).await?);
        println!("{}", facts::rebuild(&config.facts, &store).await?);
        store.database().clone().close().await;
        return Ok(());
    }
    // Before anything is written, so that a second start by mistake changes nothing.
    let listener = server::bind(config.listen()).await?;
    serve(config, listener, kit::process::asked_to_stop()).await
}

/// Serves on a listener until `shutdown` resolves; the listener of the configuration is not
/// looked at.
///
/// # Errors
/// When the database cannot be opened, or the demo data cannot be written.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let database = open(&config).await?;
    let keys = RemoteKeySet::start(config.key_set.jwks_url)?;
    let verifier = TokenVerifier::new(
        KeySource::Remote(keys),
        config.service.token_issuer,
        config.service.token_audience,
    );
    let store = Store::new(database.clone());
    let app = app(
        store.clone(),
        verifier,
        &config.service.requests,
        &config.streams,
        &config.imports,
        &config.charts,
    );
    let app = facts::follow(&config.facts, &store, app)?;
    server::serve(listener, shutdown, app)
        .await
        .context("serving")?;
    database.close().await;
    Ok(())
}

/// Opens the configured database, brings its tables up to date, and fills it with the demo
/// data when asked to.
async fn open(config: &Config) -> anyhow::Result<Database> {
    let database = Database::connect(&config.service.database_url("music")).await?;
    database.migrate::<migration::Migrator>().await?;
    if config.service.demo {
        demo::seed(&database, chrono::Utc::now()).await?;
    }
    Ok(database)
}

/// The service over a store: what [`serve`] serves.
pub fn app(
    store: Store,
    verifier: TokenVerifier,
    requests: &RequestArgs,
    streams: &StreamArgs,
    imports: &ImportArgs,
    charts: &ChartArgs,
) -> App<MusicSchema> {
    let database = store.database().clone();
    let schema = build_schema(store.clone(), requests);
    let in_background = store.in_background();
    let transfer = transfer::routes(store.clone(), verifier.clone(), imports);
    let hub = Arc::clone(store.events());
    let app = App::new("music", schema, verifier, database.clone())
        .with_requests(requests)
        .with_subscriptions(streams)
        .with_routes(transfer)
        .with_request_data(move |request| graphql::with_loaders(request, &store));
    hub.count_in(app.metrics());
    let every = Duration::from_secs(charts.charts_every_seconds);
    let (counting, watching) = (in_background.clone(), in_background.clone());
    let lag = store::charts::lag_in(app.metrics());
    let app = app
        .with_task(move |stop| store::search::catch_up::keep(in_background.clone(), stop))
        .with_task(move |stop| store::charts::keep(counting.clone(), every, stop))
        .with_task(move |stop| store::charts::watch(watching.clone(), lag.clone(), stop));
    if database.backend() != DbBackend::Postgres {
        return app;
    }
    let pool = database.connection().get_postgres_connection_pool().clone();
    app.with_task(move |stop| events::postgres::follow(pool.clone(), Arc::clone(&hub), stop))
}
