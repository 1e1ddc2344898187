//! Subscriptions: answers that go on, over server-sent events or a WebSocket.
//!
//! Both ways share what is here: how many may be open, who may listen until when, and how a stream
//! ends. Each event is put together like an answer to a request of its own, with its loads taken
//! together (see [`crate::graphql::batching`]). A client that does not take its events is left
//! behind: no more than one event waits for it here, and what brings events drops a listener that
//! is too far behind.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Data, ErrorExtensionValues, Executor, Request, Response, ServerError};
use axum::http::StatusCode;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::{Refusal, Stop};
use crate::config::StreamArgs;
use crate::errors::Code;
use crate::graphql::batching;
use crate::metrics::{Metrics, Value};

pub(super) mod sse;
pub(super) mod websocket;

/// How long a client may take to take one event.
const SEND_TIMEOUT: Duration = Duration::from_secs(20);

/// How often a client without events is told that the service still lives.
const HEARTBEAT: Duration = Duration::from_secs(12);

/// What may be open at once, and how much is.
#[derive(Debug)]
pub(super) struct Streams {
    limits: StreamArgs,
    connections: Arc<Semaphore>,
    subscriptions: Arc<Semaphore>,
    open_connections: Value,
    open_subscriptions: Value,
    refused: Value,
    dropped: Value,
}

/// Something that is open; dropping it makes room.
#[derive(Debug)]
struct Open {
    open: Value,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.open.decrease();
    }
}

impl Streams {
    pub(super) fn new(limits: &StreamArgs, metrics: &Metrics) -> Self {
        let gauge = |name, about| metrics.gauge(name, about, &[]);
        let counter = |name, about| metrics.counter(name, about, &[]);
        Streams {
            limits: limits.clone(),
            connections: Arc::new(Semaphore::new(limits.max_websockets)),
            subscriptions: Arc::new(Semaphore::new(limits.max_subscriptions)),
            open_connections: gauge("graphql_websockets", "WebSockets that are open."),
            open_subscriptions: gauge("graphql_subscriptions", "Subscriptions that are open."),
            refused: counter(
                "graphql_streams_refused_total",
                "WebSockets and subscriptions that were over a limit.",
            ),
            dropped: counter(
                "graphql_streams_dropped_total",
                "Clients that did not take their events, or were not heard of.",
            ),
        }
    }

    fn connection(&self) -> Result<Open, Refusal> {
        self.take(&self.connections, &self.open_connections)
    }

    fn subscription(&self) -> Result<Open, Refusal> {
        self.take(&self.subscriptions, &self.open_subscriptions)
    }

    fn take(&self, room: &Arc<Semaphore>, open: &Value) -> Result<Open, Refusal> {
        let Ok(permit) = Arc::clone(room).try_acquire_owned() else {
            self.refused.increase();
            return Err(Refusal::new(
                StatusCode::TOO_MANY_REQUESTS,
                Code::TooManyRequests,
                "There are too many subscriptions: try again later",
            ));
        };
        open.increase();
        Ok(Open {
            open: open.clone(),
            _permit: permit,
        })
    }

    /// Waits until all WebSockets are closed. What else is open belongs to requests.
    pub(super) async fn closed(&self) {
        let all = u32::try_from(self.limits.max_websockets).unwrap_or(u32::MAX);
        // Fails only when the semaphore is closed, which nobody does.
        let _ = self.connections.acquire_many(all).await;
    }
}

/// The events of one operation, to their end.
struct Events {
    answers: BoxStream<'static, Response>,
    stop: Stop,
    expires_at: Option<Instant>,
    over: bool,
    _open: Open,
}

impl Events {
    /// Begins to execute an operation, of whatever kind.
    fn of<E: Executor>(schema: &E, request: Request, session: EndOf, open: Open) -> Self {
        Events {
            answers: schema.execute_stream(request, Some(Arc::new(Data::default()))),
            stop: session.stop,
            expires_at: session.expires_at,
            over: false,
            _open: open,
        }
    }

    /// The next event; none when there are no more. It is not to be given up while it is waited
    /// for, unless with all of this.
    async fn next(&mut self) -> Option<Response> {
        if self.over {
            return None;
        }
        let answer = tokio::select! {
            biased;
            () = self.stop.requested() => Some(ended(
                Code::SubscriptionServerShutdown,
                "The service is about to end: subscribe again",
            )),
            () = until(self.expires_at) => Some(ended(
                Code::Unauthenticated,
                "The access token has expired: subscribe again with a new one",
            )),
            answer = batching::drive(self.answers.next()) => return answer,
        };
        self.over = true;
        answer
    }
}

/// What ends an operation from without.
#[derive(Clone, Debug)]
struct EndOf {
    stop: Stop,
    expires_at: Option<Instant>,
}

/// Waits for a moment; for ever when there is none.
async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// The last answer of a stream that did not end by itself.
fn ended(code: Code, message: &str) -> Response {
    let mut error = ServerError::new(message, None);
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", code.as_str());
    error.extensions = Some(extensions);
    Response::from_errors(vec![error])
}

#[cfg(test)]
mod tests;
