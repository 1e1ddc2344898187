//! Facts about users, followed: so that this service knows from where users listen, and keeps
//! nothing of those who are gone.
//!
//! ```text
//!  users ── feed of facts (HTTP, or NATS JetStream) ──▶ Feed ──▶ Consumer ──▶ Store::act_upon
//!  users ◀── `_entities`: what is true of them now ── Consumer     (effect and cursor together)
//! ```
//!
//! A fact says what happened to whom, and nothing about them; so the country of whom it is about
//! is asked of the users service's graph. Thus no copy of the feed holds anything personal, and
//! reading it again from its beginning gives what is true now.
//!
//! Reading order: [`fact`] (what is told), [`feed`] and [`http`] (how it comes), [`consumer`]
//! (what is done with it), [`compare`] (what is done where facts are missing), [`rebuild`].
//! `docs/facts.md` is the contract.

use anyhow::Context as _;
use kit::server::App;

use crate::graphql::MusicSchema;
use crate::store::Store;

pub mod backoff;
pub mod compare;
mod config;
pub mod consumer;
pub mod fact;
pub mod feed;
pub mod http;
#[cfg(feature = "nats")]
pub mod jetstream;
mod numbers;
pub mod rebuild;
pub mod users;

pub use config::FactsArgs;
use consumer::Consumer;
use feed::Feed;
use numbers::Numbers;
use users::UsersService;

/// Has the service follow the facts, where it is told how to read them.
///
/// # Errors
/// When the configuration does not allow it.
pub(crate) fn follow(
    args: &FactsArgs,
    store: &Store,
    app: App<MusicSchema>,
) -> anyhow::Result<App<MusicSchema>> {
    let users = args.users_service()?;
    #[cfg(feature = "nats")]
    if let Some(url) = &args.nats_url {
        let (url, stream) = (url.clone(), args.nats_stream.clone());
        let feed = move || jetstream::JetStreamFeed::new(&url, &stream);
        return Ok(follow_feed(feed, users, store, app));
    }
    args.refuse_nats_without_the_feature()?;
    match http::HttpFeed::new(&users) {
        Some(feed) => Ok(follow_feed(move || feed.clone(), users, store, app)),
        None => {
            tracing::warn!(
                "FACTS_TOKEN is not set: what users delete in the users service stays here"
            );
            Ok(app)
        }
    }
}

fn follow_feed<F: Feed + 'static>(
    feed: impl Fn() -> F + Send + Sync + 'static,
    users: UsersService,
    store: &Store,
    app: App<MusicSchema>,
) -> App<MusicSchema> {
    let numbers = Numbers::in_metrics(app.metrics());
    let store = store.in_background();
    app.with_task(move |stop| {
        Consumer::new(store.clone(), feed(), users.clone(), Some(numbers.clone())).run(stop)
    })
}

/// Reads all facts again, from the oldest one there is, and compares with what the users service
/// says now. Says what was done.
///
/// # Errors
/// When facts cannot be read, or the database fails. Doing it again goes on.
pub(crate) async fn rebuild(args: &FactsArgs, store: &Store) -> anyhow::Result<String> {
    let users = args.users_service()?;
    #[cfg(feature = "nats")]
    if let Some(url) = &args.nats_url {
        let feed = jetstream::JetStreamFeed::new(url, &args.nats_stream);
        return rebuild::run(Consumer::new(store.clone(), feed, users, None)).await;
    }
    args.refuse_nats_without_the_feature()?;
    let feed = http::HttpFeed::new(&users)
        .context("facts cannot be read without a token: set FACTS_TOKEN, as it is in FACTS_TOKENS of the users service")?;
    rebuild::run(Consumer::new(store.clone(), feed, users, None)).await
}
