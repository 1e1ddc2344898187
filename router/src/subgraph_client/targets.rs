//! What an engine knows of its subgraphs, and the executor's door to them.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use executor::{SendError, SubgraphClient, SubgraphRequest};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Request, header, response};
use http_body_util::Full;
use schema::{OperationKind, SubgraphId};
use tokio::time::Instant;
use tracing::Instrument as _;

use super::http_client::Route;
use super::sharing::{Lead, Part, Question, Sharing};
use super::streams::{self, Dialer, Protocol, Stream, StreamProtocol, SubgraphStream};
use super::traffic_shaping::SubgraphTraffic;
use super::{ConnectionSettings, HeaderRules, HttpClient, HttpClientError, answer, content_coding};
use crate::config::{Config, SubgraphUrl};
use crate::telemetry::{Metrics, Outcome, SubgraphMetrics};

/// The subgraphs of one engine, by id.
#[derive(Debug)]
pub(crate) struct SubgraphTargets {
    client: HttpClient,
    targets: Vec<Target>,
}

/// One subgraph.
#[derive(Debug)]
struct Target {
    name: String,
    /// None when the supergraph's text is no URL; then every request to it fails with this reason.
    route: Result<Route, String>,
    /// Where its events come from; fails as `route` does.
    stream: Result<streams::Source, String>,
    headers: HeaderRules,
    timeout: Duration,
    max_response_bytes: usize,
    /// Queries in flight, where equal ones share a request.
    sharing: Option<Sharing<Exchanged>>,
    metrics: Arc<SubgraphMetrics>,
}

/// How a request ended, for us and for the executor.
type Exchanged = (Outcome, Result<Bytes, SendError>);

impl SubgraphTargets {
    /// The targets for the subgraphs of a supergraph, in the order of their ids.
    ///
    /// Fails with a sentence when the configuration's rules make no sense.
    pub(crate) fn new<'g>(
        graphs: impl Iterator<Item = (&'g str, &'g str)>,
        config: &Config,
        client: HttpClient,
        metrics: &Metrics,
    ) -> Result<Self, String> {
        let token_header = config.authentication.token_header();
        let mut targets = Vec::new();
        for (name, url) in graphs {
            let traffic = config.traffic_shaping.subgraph(name);
            let settings = ConnectionSettings {
                http2: traffic.http2,
                connect_timeout: traffic.connect_timeout.0,
                idle_timeout: traffic.pool_idle_timeout.0,
                certificate_authorities: config.tls.authorities_for(name),
            };
            let url = address(name, url, &config.override_subgraph_url);
            targets.push(Target {
                name: name.to_owned(),
                stream: url.as_ref().map_err(Clone::clone).and_then(|url| {
                    let dialer = client.dialer(url, &settings)?;
                    let stream = config.subscription.mode.subgraph(name);
                    stream_source(dialer, url, &traffic, stream)
                }),
                route: url.and_then(|url| client.route(&url, &settings)),
                headers: HeaderRules::compile(&config.headers, name, token_header)?,
                timeout: traffic.timeout.0,
                max_response_bytes: traffic.max_response_bytes,
                sharing: traffic.deduplicate_query.then(Sharing::default),
                metrics: metrics.subgraph(name),
            });
        }
        for target in &targets {
            if let Err(reason) = &target.route {
                tracing::warn!(
                    subgraph.name = target.name,
                    "the subgraph cannot be reached: {reason}"
                );
            }
        }
        warn_of_strangers(config, &targets);
        Ok(Self { client, targets })
    }
}

/// A setting for a subgraph that does not exist is probably a misspelt name. It is no error: the
/// subgraph may come with the next reload of the graph.
fn warn_of_strangers(config: &Config, targets: &[Target]) {
    let settings = [
        (
            "override_subgraph_url",
            config.override_subgraph_url.keys().collect::<Vec<_>>(),
        ),
        (
            "headers.subgraphs",
            config.headers.subgraphs.keys().collect(),
        ),
        (
            "traffic_shaping.subgraphs",
            config.traffic_shaping.subgraphs.keys().collect(),
        ),
        (
            "subscription.mode.passthrough.subgraphs",
            config
                .subscription
                .mode
                .passthrough
                .subgraphs
                .keys()
                .collect(),
        ),
        (
            "tls.subgraph.subgraphs",
            config.tls.subgraph.subgraphs.keys().collect(),
        ),
        (
            "include_subgraph_errors.subgraphs",
            config.include_subgraph_errors.subgraphs.keys().collect(),
        ),
    ];
    for (key, names) in settings {
        for name in names {
            if !targets.iter().any(|target| target.name == *name) {
                tracing::warn!("`{key}` names `{name}`, which is no subgraph of this graph");
            }
        }
    }
}

fn stream_source(
    dialer: Dialer,
    url: &SubgraphUrl,
    traffic: &SubgraphTraffic,
    stream: &SubgraphStream,
) -> Result<streams::Source, String> {
    let own_path = match url {
        SubgraphUrl::Http(uri) => uri.path_and_query().map_or("/", PathAndQuery::as_str),
        SubgraphUrl::Unix { path, .. } => path.as_str(),
    };
    let path = stream.path.as_deref().unwrap_or(own_path);
    Ok(streams::Source {
        dialer,
        path: path
            .parse()
            .map_err(|error| format!("`{path}` is no path: {error}"))?,
        protocol: match stream.protocol {
            StreamProtocol::Http => Protocol::Http,
            StreamProtocol::GraphqlWs => Protocol::WebSocket {
                heartbeat: stream.heartbeat_interval.0.max(SHORTEST_HEARTBEAT),
            },
        },
        timeout: traffic.timeout.0,
        max_event_bytes: traffic.max_response_bytes,
    })
}

fn address(
    name: &str,
    url: &str,
    overrides: &BTreeMap<String, SubgraphUrl>,
) -> Result<SubgraphUrl, String> {
    overrides.get(name).cloned().map_or_else(|| url.parse(), Ok)
}

/// More often no subgraph is asked whether it is still there.
const SHORTEST_HEARTBEAT: Duration = Duration::from_secs(1);

/// The executor's door for one client request: it knows the client's headers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestSubgraphs<'r> {
    targets: &'r SubgraphTargets,
    client_headers: &'r HeaderMap,
}

impl SubgraphTargets {
    /// Whether a stream from a subgraph of ours would come from the other's subgraph all the same.
    pub(crate) fn streams_alike(&self, id: SubgraphId, other: &Self, other_id: SubgraphId) -> bool {
        let ours = self.targets.get(id.index());
        let theirs = other.targets.get(other_id.index());
        ours.zip(theirs).is_some_and(|(ours, theirs)| {
            let (Ok(source), Ok(other)) = (&ours.stream, &theirs.stream) else {
                return false;
            };
            ours.name == theirs.name && source.leads_to(other)
        })
    }

    /// The door for a client request with these headers.
    pub(crate) fn for_request<'r>(&'r self, client_headers: &'r HeaderMap) -> RequestSubgraphs<'r> {
        RequestSubgraphs {
            targets: self,
            client_headers,
        }
    }
}

impl RequestSubgraphs<'_> {
    /// Opens the stream that a subscription's first request asks for.
    pub(crate) async fn open_stream(&self, request: &SubgraphRequest) -> Result<Stream, SendError> {
        let unreachable = |reason: &str| SendError::Connect {
            reason: reason.to_owned(),
        };
        let target = self.targets.targets.get(request.subgraph.index());
        let target = target.ok_or_else(|| unreachable("there is no such subgraph"))?;
        let source = target.stream.as_ref().map_err(|it| unreachable(it))?;
        let mut headers = HeaderMap::new();
        target.headers.apply(self.client_headers, &mut headers);
        source.open(headers, &request.body).await
    }
}

/// One question to one subgraph.
struct Asked<'a> {
    target: &'a Target,
    route: &'a Route,
    request: &'a SubgraphRequest,
    started: Instant,
}

/// What comes of joining those who ask the same.
enum Joined<'s> {
    /// The question is to be put, and the answer told to whom it concerns.
    Asks(Option<Lead<'s, Exchanged>>),
    /// Somebody else had put it.
    IsTold(Exchanged),
}

impl Asked<'_> {
    /// How long its answer may still take.
    fn left(&self) -> Duration {
        self.target.timeout.saturating_sub(self.started.elapsed())
    }

    /// Waits for the answer to an equal question, if one is on its way.
    async fn join<'s>(&self, sharing: &'s Sharing<Exchanged>, question: Question) -> Joined<'s> {
        loop {
            let answer = match sharing.join(&question) {
                Part::Lead(lead) => return Joined::Asks(Some(lead)),
                Part::Alone => return Joined::Asks(None),
                Part::Follow(answer) => answer,
            };
            match tokio::time::timeout(self.left(), answer).await {
                Ok(Ok((_, result))) => return Joined::IsTold((Outcome::Shared, result)),
                // Whom it followed went away.
                Ok(Err(_)) => {}
                Err(_) => return Joined::IsTold(self.timed_out()),
            }
        }
    }

    fn timed_out(&self) -> Exchanged {
        let after = self.target.timeout;
        (Outcome::TimedOut, Err(SendError::Timeout { after }))
    }
}

impl SubgraphClient for RequestSubgraphs<'_> {
    async fn send(&self, request: SubgraphRequest) -> Result<Bytes, SendError> {
        let Some(target) = self.targets.targets.get(request.subgraph.index()) else {
            // Plans and targets come from the same supergraph.
            return Err(SendError::Connect {
                reason: "there is no such subgraph".to_owned(),
            });
        };
        let started = Instant::now();
        let span = tracing::debug_span!("fetch", subgraph.name = target.name);
        let exchange = pin!(self.exchange(target, &request, started));
        let (outcome, result) = exchange.instrument(span.clone()).await;
        let duration = started.elapsed();
        target.metrics.record(outcome, duration);
        span.in_scope(|| {
            tracing::debug!(
                fetch.duration_ms = duration.as_secs_f64() * 1e3,
                fetch.outcome = outcome.label(),
                "subgraph request ended"
            );
        });
        result
    }
}

impl RequestSubgraphs<'_> {
    async fn exchange(
        &self,
        target: &Target,
        request: &SubgraphRequest,
        started: Instant,
    ) -> Exchanged {
        let route = match &target.route {
            Ok(route) => route,
            Err(reason) => {
                let reason = reason.clone();
                return (Outcome::Unreachable, Err(SendError::Connect { reason }));
            }
        };
        let asked = Asked {
            target,
            route,
            request,
            started,
        };
        let http_request = self.http_request(target, route, &request.body);
        let lead = match &target.sharing {
            // A mutation does its work each time.
            Some(sharing) if request.kind == OperationKind::Query => {
                let question = Question {
                    body: request.body.clone(),
                    headers: target.headers.of_client(http_request.headers()),
                };
                match asked.join(sharing, question).await {
                    Joined::Asks(lead) => lead,
                    Joined::IsTold(exchanged) => return exchanged,
                }
            }
            _ => None,
        };
        let exchanged = self.ask(&asked, http_request).await;
        match lead {
            // Who came later has time left: the leader's time being up is not theirs.
            Some(lead) if exchanged.0 != Outcome::TimedOut => lead.tell(&exchanged),
            _ => {}
        }
        exchanged
    }

    async fn ask(&self, asked: &Asked<'_>, http_request: Request<Full<Bytes>>) -> Exchanged {
        match self.send_once_or_again(asked, http_request).await {
            Ok((head, body)) => match answer::body(&head, body) {
                Ok(body) => (Outcome::Answered, Ok(body)),
                Err(error) => (Outcome::Failed, Err(error)),
            },
            Err(HttpClientError::Timeout { .. }) => asked.timed_out(),
            Err(HttpClientError::Connect(reason)) => {
                (Outcome::Unreachable, Err(SendError::Connect { reason }))
            }
            Err(
                HttpClientError::NoResponse(reason)
                | HttpClientError::Broken(reason)
                | HttpClientError::Undecodable(reason),
            ) => (Outcome::Failed, Err(SendError::Connection { reason })),
            Err(HttpClientError::TooLarge { limit }) => (
                Outcome::Failed,
                Err(SendError::BodyTooLarge {
                    limit: limit as u64,
                }),
            ),
        }
    }

    /// Servers close connections that are idle, and a request may just be on its way then. A query
    /// that got no response at all is sent once more; a mutation never, for it may have been done.
    async fn send_once_or_again(
        &self,
        asked: &Asked<'_>,
        http_request: Request<Full<Bytes>>,
    ) -> Result<(response::Parts, Bytes), HttpClientError> {
        let client = &self.targets.client;
        let limit = asked.target.max_response_bytes;
        match client
            .send_along(asked.route, http_request, asked.left(), limit)
            .await
        {
            Err(HttpClientError::NoResponse(reason))
                if asked.request.kind == OperationKind::Query =>
            {
                tracing::debug!(
                    subgraph.name = asked.target.name,
                    "sending a query again: {reason}"
                );
                let again = self.http_request(asked.target, asked.route, &asked.request.body);
                client
                    .send_along(asked.route, again, asked.left(), limit)
                    .await
            }
            result => result,
        }
    }

    fn http_request(&self, target: &Target, route: &Route, body: &Bytes) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(body.clone()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = route.uri.clone();
        let headers = request.headers_mut();
        headers.reserve(8);
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        headers.insert(
            header::ACCEPT,
            HeaderValue::from_static("application/graphql-response+json, application/json"),
        );
        headers.insert(header::ACCEPT_ENCODING, content_coding::ACCEPTED);
        target.headers.apply(self.client_headers, headers);
        request
    }
}
