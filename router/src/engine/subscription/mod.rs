//! A subscription's life: its stream is opened, and each event completed until one side has enough.
//!
//! Streams live for hours, so the world changes under them. When another graph takes this one's
//! place, a subscription goes on with the new graph if that would open the same stream, and tells
//! its client to subscribe again if not. When the client's token ends, so does the stream.

mod config;
mod events;

use std::sync::Arc;

use bytes::Bytes;
use executor::{SendError, SubgraphRequest};
use http::HeaderMap;
use schema::{Name, SubgraphId};
use serde_json::value::RawValue;
use tokio::sync::watch;

pub(crate) use config::{SubscriptionConfig, WebSocketConfig};
pub(crate) use events::Events;

use super::{Engine, Planned, Refused};
use crate::authentication::Expiry;
use crate::http::{GraphqlError, GraphqlRequest};
use crate::subgraph_client::Stream;
use crate::telemetry::Metrics;

/// What a subscriber is told.
#[derive(Debug)]
pub(crate) enum Event {
    /// The answer to an event: JSON, `{"data", "errors"}`.
    Answer(Bytes),
    /// The stream ends here, and not because it was complete.
    Broken(GraphqlError),
}

/// What the client asked.
#[derive(Debug)]
struct Asked {
    text: String,
    operation_name: Option<String>,
    variables: Option<Box<RawValue>>,
    headers: HeaderMap,
}

/// A subscription that is under way.
#[derive(Debug)]
struct Subscription {
    engine: Arc<Engine>,
    superseded: watch::Receiver<Option<Arc<Engine>>>,
    asked: Asked,
    planned: Arc<Planned>,
    variables: Vec<(Name, Bytes)>,
    opening: SubgraphRequest,
    source: Source,
    /// When the client's token ends.
    expiry: Expiry,
    _open: Open,
}

#[derive(Debug)]
enum Source {
    Stream(Box<Stream>),
    /// It could not be opened.
    Failed(SendError),
    Ended,
}

/// What comes next.
enum Next {
    Event(Option<Result<Bytes, SendError>>),
    Superseded,
    Expired,
}

/// Counts a subscription as long as it lives.
#[derive(Debug)]
struct Open(Arc<Metrics>);

impl Open {
    /// None when there are so many already.
    fn one_of(metrics: &Arc<Metrics>, most: usize) -> Option<Self> {
        metrics.open_subscriptions.increment();
        let open = Self(Arc::clone(metrics));
        (metrics.open_subscriptions.get() <= i64::try_from(most).unwrap_or(i64::MAX))
            .then_some(open)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open_subscriptions.decrement();
    }
}

impl Engine {
    /// Opens the stream of a subscription. When its subgraph refuses, that is the first event and
    /// the last.
    pub(crate) async fn subscribe(
        self: &Arc<Self>,
        planned: Arc<Planned>,
        request: &GraphqlRequest<'_>,
        headers: &HeaderMap,
        expiry: Expiry,
    ) -> Result<Events, Refused> {
        let refuse = |code, message| Refused::Request(vec![GraphqlError::new(code, message)]);
        if !self.subscriptions.enabled {
            return Err(refuse(
                "SUBSCRIPTIONS_DISABLED",
                "Subscriptions are turned off; `subscription.enabled: true` in the router's configuration turns them on.",
            ));
        }
        let most = self.subscriptions.max_opened_subscriptions;
        let open = Open::one_of(&self.metrics, most).ok_or_else(|| {
            refuse(
                "TOO_MANY_SUBSCRIPTIONS",
                "The router has as many subscriptions open as it may have. Try again later.",
            )
        })?;
        let variables = self.variables(&planned, request)?;
        let opening = self
            .opening(&planned, &variables)
            .ok_or(Refused::Internal)?;
        let superseded = self.successor.subscribe();
        let subgraphs = self.subgraphs.for_request(headers);
        let source = match subgraphs.open_stream(&opening).await {
            Ok(stream) => Source::Stream(Box::new(stream)),
            Err(error) => Source::Failed(error),
        };
        let asked = Asked {
            text: request.query.clone().into_owned(),
            operation_name: request.operation_name.as_deref().map(ToOwned::to_owned),
            variables: request.variables.as_deref().map(ToOwned::to_owned),
            headers: headers.clone(),
        };
        Ok(Events::of(Subscription {
            engine: Arc::clone(self),
            superseded,
            asked,
            planned,
            variables,
            opening,
            source,
            expiry,
            _open: open,
        }))
    }

    fn opening(&self, planned: &Planned, variables: &[(Name, Bytes)]) -> Option<SubgraphRequest> {
        let expose_errors = |subgraph| self.exposure.of(subgraph);
        let request = executor::Request {
            variables,
            introspection: &[],
            expose_errors: &expose_errors,
        };
        executor::opening_request(&planned.executable, request)
    }
}

impl Subscription {
    /// What the client is told next; none when the stream is complete.
    async fn next(&mut self) -> Option<Event> {
        loop {
            match self.wait().await {
                Next::Event(None) => return None,
                Next::Event(Some(event)) => {
                    if event.is_err() {
                        self.source = Source::Ended;
                    }
                    return Some(Event::Answer(self.complete(event).await));
                }
                Next::Superseded if self.goes_on().await => {}
                Next::Superseded => {
                    return Some(Event::Broken(GraphqlError::new(
                        "SUBSCRIPTION_SCHEMA_RELOAD",
                        "The graph has changed in what this subscription asks for. Subscribe again.",
                    )));
                }
                Next::Expired => {
                    return Some(Event::Broken(GraphqlError::new(
                        "UNAUTHENTICATED",
                        "The token has expired. Subscribe again with a new one.",
                    )));
                }
            }
        }
    }

    async fn wait(&mut self) -> Next {
        let Source::Stream(stream) = &mut self.source else {
            return Next::Event(match std::mem::replace(&mut self.source, Source::Ended) {
                Source::Failed(error) => Some(Err(error)),
                Source::Stream(_) | Source::Ended => None,
            });
        };
        let superseded = &mut self.superseded;
        let superseded = async { superseded.wait_for(Option::is_some).await.map(drop) };
        tokio::select! {
            event = stream.next() => Next::Event(event),
            // The engine is ours, so its sender lives.
            _ = superseded => Next::Superseded,
            () = self.expiry.passed() => Next::Expired,
        }
    }

    /// The answer to an event.
    async fn complete(&self, event: Result<Bytes, SendError>) -> Bytes {
        let engine = &self.engine;
        let expose_errors = |subgraph: SubgraphId| engine.exposure.of(subgraph);
        let request = executor::Request {
            variables: &self.variables,
            introspection: &[],
            expose_errors: &expose_errors,
        };
        let subgraphs = engine.subgraphs.for_request(&self.asked.headers);
        let executable = &self.planned.executable;
        let answer = executor::execute_event(executable, request, event, &subgraphs).await;
        engine.count_errors(&answer);
        answer.body.into_bytes()
    }

    /// Goes over to the engine that is in place now, if it would open the same stream.
    async fn goes_on(&mut self) -> bool {
        let engine = self.engine.current();
        let asked = &self.asked;
        let request = GraphqlRequest {
            query: asked.text.as_str().into(),
            operation_name: asked.operation_name.as_deref().map(Into::into),
            variables: asked.variables.as_deref().map(std::borrow::Cow::Borrowed),
        };
        let Ok(planned) = engine.plan(&request).await else {
            return false;
        };
        let Ok(variables) = engine.variables(&planned, &request) else {
            return false;
        };
        let Some(opening) = engine.opening(&planned, &variables) else {
            return false;
        };
        let is_same = engine.subscriptions.enabled
            && opening.body == self.opening.body
            && self.engine.subgraphs.streams_alike(
                self.opening.subgraph,
                &engine.subgraphs,
                opening.subgraph,
            );
        if is_same {
            self.superseded = engine.successor.subscribe();
            self.engine = engine;
            self.planned = planned;
            self.variables = variables;
            self.opening = opening;
        }
        is_same
    }
}
