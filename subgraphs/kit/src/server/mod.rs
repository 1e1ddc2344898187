//! Serves a subgraph over HTTP until it is told to stop.
//!
//! | route | what |
//! |---|---|
//! | `POST /graphql` | GraphQL over HTTP: one operation per request |
//! | `GET /graphql` | a page to try queries in, where configured |
//! | `GET /graphql/ws` | operations over a WebSocket, where the service has subscriptions |
//! | `GET /health` | `?live`: the process runs; `?ready` or nothing: the database answers too, and no end is near |
//! | `GET /metrics` | Prometheus text |
//!
//! [`serve`] takes the listener and the signal to stop as arguments, so that tests own both.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_graphql::{Executor, Request};
use axum::Router;
use axum::routing::{get, post};
use tokio::net::TcpListener;

use crate::auth::TokenVerifier;
use crate::config::{RequestArgs, StreamArgs};
use crate::database::Database;
use crate::metrics::Metrics;
use crate::telemetry::traces;

mod answer;
mod authenticate;
mod background;
mod graphql_endpoint;
mod health;
mod playground;
mod request_body;
mod requester;
mod streams;

pub use answer::Refusal;
pub use authenticate::verified as verified_caller;
pub use background::Stop;
pub use requester::{Network, NotANetwork, Requester};
use streams::{Streams, websocket};

/// How long closing the database may take after that.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Adds to each request what only lives as long as it does, such as data loaders.
type RequestData = Arc<dyn Fn(Request) -> Request + Send + Sync>;

/// A subgraph as it is served.
pub struct App<E> {
    schema: E,
    verifier: TokenVerifier,
    database: Database,
    metrics: Arc<Metrics>,
    request_data: RequestData,
    routes: Router,
    trusted_proxies: Vec<Network>,
    tasks: Vec<background::Task>,
    requests: RequestArgs,
    stop: Arc<OnceLock<Stop>>,
    streams: Option<Arc<Streams>>,
}

impl<E> fmt::Debug for App<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

impl<E: Executor> App<E> {
    /// A subgraph called `name` that answers operations with `schema`.
    pub fn new(name: &str, schema: E, verifier: TokenVerifier, database: Database) -> Self {
        App {
            schema,
            verifier,
            metrics: Arc::new(Metrics::new(name, database.statements().clone())),
            database,
            request_data: Arc::new(|request| request),
            routes: Router::new(),
            trusted_proxies: Vec::new(),
            tasks: Vec::new(),
            requests: RequestArgs::default(),
            stop: Arc::default(),
            streams: None,
        }
    }

    /// Believes these proxies when they say whom they forward (see [`Requester`]).
    #[must_use]
    pub fn with_trusted_proxies(mut self, proxies: &[Network]) -> Self {
        self.trusted_proxies = proxies.to_vec();
        self
    }

    /// What a request may cost, and whether there is a playground.
    #[must_use]
    pub fn with_requests(mut self, requests: &RequestArgs) -> Self {
        self.requests = requests.clone();
        self
    }

    /// Answers subscriptions, within these limits.
    #[must_use]
    pub fn with_subscriptions(mut self, limits: &StreamArgs) -> Self {
        self.streams = Some(Arc::new(Streams::new(limits, &self.metrics)));
        self
    }

    /// Has `add` put data into every request: this is where data loaders are made, one set
    /// per request (see [`crate::graphql::batching::per_request`]).
    #[must_use]
    pub fn with_request_data(
        mut self,
        add: impl Fn(Request) -> Request + Send + Sync + 'static,
    ) -> Self {
        self.request_data = Arc::new(add);
        self
    }

    /// Serves these routes too.
    #[must_use]
    pub fn with_routes(mut self, routes: Router) -> Self {
        self.routes = routes;
        self
    }

    /// Has `begin` run beside the server. What it makes is told when the service is about to end,
    /// and may finish what it does, for the drain timeout at most.
    #[must_use]
    pub fn with_task<F>(mut self, begin: impl Fn(Stop) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tasks.push(background::Task::new(begin));
        self
    }

    /// What the service counts about itself, to add to it.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Told when the service is about to end.
    fn stop(&self) -> Stop {
        self.stop.get().cloned().unwrap_or_else(Stop::never)
    }

    /// All routes of the service.
    fn into_router(self) -> Router {
        let routes = self.routes.clone();
        let mut operations = post(graphql_endpoint::answer::<E>).fallback(answer::only_post);
        if self.requests.playground {
            operations = operations.get(playground::page);
        }
        let app = Arc::new(self);
        Router::new()
            .route("/graphql", operations)
            .route("/graphql/ws", get(websocket::upgrade::<E>))
            .route("/health", get(health::health::<E>))
            .route("/metrics", get(health::metrics::<E>))
            .with_state(app)
            .merge(routes)
            .fallback(answer::no_such_path)
    }
}

/// Opens the port a service listens on.
///
/// # Errors
/// When the address is no address or is taken; the error names it.
pub async fn bind(address: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .map_err(|error| anyhow::Error::new(error).context(format!("cannot listen on {address}")))
}

/// Answers requests until `shutdown` resolves, then finishes those in flight and what runs in the
/// background, for the drain timeout at most, and closes the database.
///
/// # Errors
/// When the listener fails for good.
pub async fn serve<E: Executor>(
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
    app: App<E>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    tracing::info!(server.address = %address, "listening");
    let database = app.database.clone();
    let (stopping, stop_seen) = tokio::sync::watch::channel(false);
    let mut stop = Stop::new(stop_seen);
    // Fails when an app is served twice, which takes it by value.
    let _ = app.stop.set(stop.clone());
    let drain_timeout = Duration::from_secs(app.requests.drain_timeout);
    let streams = app.streams.clone();
    let mut tasks = background::begin(&app.tasks, &stop);
    let serving = axum::serve(
        listener,
        app.into_router()
            .into_make_service_with_connect_info::<SocketAddr>(),
    )
    .with_graceful_shutdown(async move {
        shutdown.await;
        tracing::info!("stopping: finishing the requests in flight");
        stopping.send_replace(true);
    });
    let out_of_patience = async move {
        stop.requested().await;
        tokio::time::sleep(drain_timeout).await;
    };
    let drained = async {
        let ended = serving.await;
        while tasks.join_next().await.is_some() {}
        if let Some(streams) = streams {
            streams.closed().await;
        }
        ended
    };
    let ended = tokio::select! {
        ended = drained => ended,
        () = out_of_patience => {
            tracing::warn!("stopped with requests unfinished");
            Ok(())
        }
    };
    drop(tasks);
    // Closing waits for connections in use, which an unfinished request may hold for long.
    if tokio::time::timeout(CLOSE_TIMEOUT, database.close())
        .await
        .is_err()
    {
        tracing::warn!("stopped with the database in use");
    }
    traces::flush().await;
    ended
}

#[cfg(test)]
mod tests;
