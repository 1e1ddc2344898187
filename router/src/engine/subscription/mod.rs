//! A subscription's life: its stream is opened, and each event completed until one side has enough.
//!
//! Streams live for hours, so the world changes under them. When another graph takes this one's
//! place, a subscription goes on with the new graph if that would open the same stream, and tells
//! its client to subscribe again if not. When the client's token ends, so does the stream.

mod config;
mod events;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use executor::{SendError, SubgraphRequest};
use http::HeaderMap;
use schema::{Name, SubgraphId};
use serde_json::value::RawValue;
use tokio::sync::watch;
use tokio::time::Instant;

pub(crate) use config::{SubscriptionConfig, WebSocketConfig};
pub(crate) use events::Events;

use super::plan_cache::PlanKey;
use super::{Engine, Planned, Refused, override_labels};
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
    until: Option<Instant>,
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
    /// the last. `expires` is when the client's token does, in seconds of Unix time.
    pub(crate) async fn subscribe(
        self: &Arc<Self>,
        request: &GraphqlRequest<'_>,
        headers: &HeaderMap,
        expires: Option<u64>,
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
        let planned = self
            .plan(PlanKey {
                text: &request.query,
                operation_name: request.operation_name.as_deref(),
                variant: self.labels.choose(override_labels::draw),
            })
            .await?;
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
            until: expires.map(instant_of),
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

/// When a second of Unix time is.
pub(crate) fn instant_of(second: u64) -> Instant {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    // Tokens can be valid for ages; no clock need reach as far.
    let left = Duration::from_secs(second).saturating_sub(now);
    Instant::now() + left.min(Duration::from_secs(u64::from(u32::MAX)))
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
        let stream = match std::mem::replace(&mut self.source, Source::Ended) {
            Source::Failed(error) => return Next::Event(Some(Err(error))),
            Source::Ended => return Next::Event(None),
            Source::Stream(stream) => {
                self.source = Source::Stream(stream);
                match &mut self.source {
                    Source::Stream(stream) => stream,
                    Source::Failed(_) | Source::Ended => return Next::Event(None),
                }
            }
        };
        let superseded = &mut self.superseded;
        let superseded = async { superseded.wait_for(Option::is_some).await.map(drop) };
        let until = self.until;
        let expired = async {
            match until {
                Some(until) => tokio::time::sleep_until(until).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            event = stream.next() => Next::Event(event),
            // The engine is ours, so its sender lives.
            _ = superseded => Next::Superseded,
            () = expired => Next::Expired,
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
        if answer.errors > 0 {
            let errors = &engine.metrics.graphql_errors;
            errors.add("EXECUTION", answer.errors as u64);
        }
        answer.body
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
        let planned = engine
            .plan(PlanKey {
                text: &asked.text,
                operation_name: asked.operation_name.as_deref(),
                variant: engine.labels.choose(override_labels::draw),
            })
            .await;
        let Ok(planned) = planned else { return false };
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
