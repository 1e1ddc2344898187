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

use anyhow::Context as _;
use async_graphql::dataloader::DataLoader;
use chrono::Utc;
use kit::auth::{KeySource, TokenVerifier};
use kit::config::RequestArgs;
use kit::database::Database;
use kit::graphql::{SubgraphSchema, batching, sdl as schema_text};
use kit::server::App;

pub mod account;
mod background;
mod config;
pub mod demo;
mod entity;
pub mod facts;
pub mod flows;
pub mod graphql;
pub mod jobs;
mod key_set_endpoint;
pub mod limits;
pub mod mail;
pub mod migration;
pub mod oauth;
mod operator;
pub mod rules;
pub mod security;
mod services;
pub mod store;

pub use config::{Command, Config, DEFAULT_LISTEN, FactArgs, LimitArgs, MailArgs};
pub use services::Services;

use facts::feed::FeedTokens;
use flows::rotate_signing_key;
use graphql::{AccountLoader, Mutation, Query};
use oauth::Provider;
use security::access_token::TokenIssuer;
use security::keyring::Keyring;
use security::password_hasher::PasswordHasher;
use security::signing_key::SigningKey;
use store::Store;

/// The name of this subgraph.
pub const NAME: &str = "users";

/// The schema of this subgraph.
pub type UsersSchema = SubgraphSchema<Query, Mutation>;

/// The schema over these services. Requests to it need an [`AccountLoader`] each, which
/// [`open`] has the server add.
pub fn build_schema(services: Services, requests: &RequestArgs) -> UsersSchema {
    kit::graphql::build(Query::default(), Mutation::default(), requests)
        .data(services)
        .finish()
}

/// The schema as text, as `--print-sdl` prints it. Needs no database.
pub fn sdl() -> String {
    let requests = RequestArgs::default();
    schema_text::print(
        &kit::graphql::build(Query::default(), Mutation::default(), &requests).finish(),
    )
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
    kit::telemetry::init(NAME, &config.service)?;
    if let Some(command) = &config.command {
        println!("{}", operator::run(&config, command).await?);
        return Ok(());
    }
    // First of all, so that a second instance ends before it touches anything.
    let listener = kit::server::bind(config.listen()).await?;
    let app = open(&config).await?;
    kit::server::serve(listener, kit::process::asked_to_stop(), app).await?;
    Ok(())
}

/// Opens the database and the signing keys, and makes of them what the server serves.
///
/// # Errors
/// When the database or the key file cannot be opened or brought up to date.
pub async fn open(config: &Config) -> anyhow::Result<App<UsersSchema>> {
    let keys = Keyring::new(SigningKey::load_or_create(&config.signing_key_file())?);
    let store = open_store(config).await?;
    rotate_signing_key::follow(&store, &keys, Utc::now())
        .await
        .map_err(anyhow::Error::from)
        .context("reading the signing keys")?;
    let hasher = PasswordHasher::new()
        .map_err(anyhow::Error::from)
        .context("preparing to hash passwords")?;
    fill(config, &store, &hasher).await?;

    let args = &config.service;
    let verifier = |audience: &str| {
        let source = KeySource::Changing(keys.published());
        TokenVerifier::new(source, &args.token_issuer, audience)
    };
    let for_services = verifier(&args.token_audience);
    let for_userinfo = verifier(&config.public_url());
    let key_set = key_set_endpoint::routes(keys.published());
    let services = Services {
        store: store.clone(),
        hasher,
        issuer: TokenIssuer::new(keys.clone(), &args.token_issuer, &args.token_audience),
        limits: config.limits.clone(),
        public_url: config.public_url().into(),
    };
    let provider = Provider::new(
        services.clone(),
        for_services.clone(),
        for_userinfo,
        &args.trusted_proxies,
    );
    let routes = key_set.merge(oauth::routes(provider));
    let database = store.database().clone();
    let routes = routes.merge(facts::feed::routes(
        &store,
        FeedTokens::new(&config.facts.facts_tokens)?,
    ));
    let background = store.clone();
    let schema = build_schema(services, &args.requests);
    let app = App::new(NAME, schema, for_services, database)
        .with_requests(&args.requests)
        .with_request_data(move |request| {
            let loader: DataLoader<AccountLoader> =
                batching::per_request(AccountLoader(store.clone()));
            request.data(loader)
        })
        .with_trusted_proxies(&args.trusted_proxies)
        .with_routes(routes);
    background::add(config, &background, keys, app)
}

/// Opens the database and brings its tables up to date.
async fn open_store(config: &Config) -> anyhow::Result<Store> {
    let database = Database::connect(&config.service.database_url(NAME)).await?;
    database.migrate::<migration::Migrator>().await?;
    Ok(Store::new(database))
}

/// Writes what the configuration says should be there: demo users, and apps.
async fn fill(config: &Config, store: &Store, hasher: &PasswordHasher) -> anyhow::Result<()> {
    if config.service.demo {
        let created = demo::seed(store, hasher)
            .await
            .map_err(anyhow::Error::from)
            .context("creating the demo users")?;
        tracing::info!(users = created, "demo users created");
    }
    if let Some(file) = &config.oauth_clients_file {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("reading the list of apps {}", file.display()))?;
        let apps = oauth::registration::register_listed(store, &text, Utc::now())
            .await
            .map_err(anyhow::Error::from)
            .with_context(|| format!("registering the apps of {}", file.display()))?;
        tracing::info!(apps, "apps registered");
    }
    audiences_differ(config, store).await
}

/// Whom a token is for is told by its audience: MusicWallet's services, `userinfo` alone, or an app.
/// Were two of them one, a token for one would open the other.
async fn audiences_differ(config: &Config, store: &Store) -> anyhow::Result<()> {
    let audience = &config.service.token_audience;
    anyhow::ensure!(
        *audience != config.public_url(),
        "the token audience and the public URL must differ, and are both {audience}"
    );
    let app = store.client(audience).await?;
    anyhow::ensure!(
        app.is_none(),
        "the token audience {audience} is the client_id of an app"
    );
    Ok(())
}
