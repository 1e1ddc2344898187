//! `POST` and `GET` of GraphQL (GraphQL over HTTP), and the streams that answer subscriptions.

use std::sync::Arc;

use bytes::Bytes;
use executor::AnswerBody;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use hyper::Method as HttpMethod;
use serde::{Deserialize, Serialize};

use super::Readiness;
use crate::authentication::{Authenticator, Expiry};
use crate::engine::{Answered, Engine, Method, Planned, Refused, SubscriptionConfig};
use crate::http::{
    Body, BodyError, ErrorResponse, EventBody, GraphqlRequest, Handler, Request, Response,
    ResponseMedia, StreamMedia, from_query_string, is_json_request, is_websocket_upgrade,
    read_body, respond,
};
use crate::telemetry::Metrics;

/// `supergraph` in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SupergraphConfig {
    /// Host and port to listen on, or `unix://` and the path of a socket.
    pub listen: String,
    /// The path of the GraphQL endpoint.
    pub path: String,
    /// Whether clients may ask for the schema.
    pub introspection: bool,
    /// How plans are made and kept.
    pub query_planning: QueryPlanningConfig,
}

impl Default for SupergraphConfig {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:4000".to_owned(),
            path: "/graphql".to_owned(),
            introspection: false,
            query_planning: QueryPlanningConfig::default(),
        }
    }
}

/// `supergraph.query_planning`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct QueryPlanningConfig {
    /// Where plans are kept.
    pub cache: CacheConfig,
    /// How many operations are planned beforehand when the graph is reloaded.
    pub warmed_up_queries: usize,
    /// Whether clients may see plans.
    pub expose_plan: bool,
}

impl Default for QueryPlanningConfig {
    fn default() -> Self {
        Self {
            cache: CacheConfig::default(),
            warmed_up_queries: 100,
            expose_plan: false,
        }
    }
}

/// `supergraph.query_planning.cache`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CacheConfig {
    /// In this process.
    pub in_memory: InMemoryConfig,
}

/// `supergraph.query_planning.cache.in_memory`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct InMemoryConfig {
    /// The most plans.
    pub limit: usize,
    /// Their greatest size together in bytes, by estimation.
    pub limit_bytes: usize,
}

impl Default for InMemoryConfig {
    fn default() -> Self {
        Self {
            limit: 1024,
            limit_bytes: 128 * 1024 * 1024,
        }
    }
}

/// The GraphQL endpoint.
#[derive(Debug)]
pub(crate) struct GraphqlEndpoint {
    /// None until the graph is there.
    pub(crate) engine: Option<Arc<Engine>>,
    /// The largest body in bytes.
    pub(crate) max_body: usize,
    pub(crate) subscription: SubscriptionConfig,
    /// Tells when the token of a subscriber ends.
    pub(crate) authenticator: Option<Arc<Authenticator>>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) readiness: Readiness,
}

/// In which form the client takes an answer.
#[derive(Clone, Copy, Debug)]
enum Accepted {
    /// Alone; few clients of this kind also take streams, so that is asked when it matters.
    Alone(ResponseMedia),
    /// As the only event of a stream, for it takes nothing else.
    InStream(StreamMedia),
}

impl Accepted {
    fn by(headers: &HeaderMap) -> Option<Self> {
        match ResponseMedia::negotiate(headers) {
            Some(media) => Some(Self::Alone(media)),
            None => StreamMedia::negotiate(headers).map(Self::InStream),
        }
    }

    /// The format for several answers.
    fn stream(self, headers: &HeaderMap) -> Option<StreamMedia> {
        match self {
            Self::Alone(_) => StreamMedia::negotiate(headers),
            Self::InStream(stream) => Some(stream),
        }
    }

    /// The media type of what is no GraphQL answer.
    fn media(self) -> ResponseMedia {
        match self {
            Self::Alone(media) => media,
            Self::InStream(_) => ResponseMedia::Json,
        }
    }

    fn respond(self, answer: AnswerBody) -> Response {
        match self {
            Self::Alone(media) => {
                let body = Body::of_answer(answer);
                respond(StatusCode::OK, media.content_type(), body)
            }
            Self::InStream(stream) => {
                let body = [stream.event(&answer.into_bytes()), stream.end()].concat();
                respond(StatusCode::OK, stream.content_type(), body)
            }
        }
    }
}

impl Handler for GraphqlEndpoint {
    async fn handle(&self, request: Request) -> Response {
        if is_websocket_upgrade(&request) {
            return match self.upgrade(request) {
                Ok(response) => response,
                Err(error) => self.refuse(ResponseMedia::Json, error),
            };
        }
        let Some(accepted) = Accepted::by(request.headers()) else {
            return self.refuse(
                ResponseMedia::Json,
                ErrorResponse::new(
                    StatusCode::NOT_ACCEPTABLE,
                    "NOT_ACCEPTABLE",
                    "The answer is application/json or application/graphql-response+json, of a subscription text/event-stream or multipart/mixed; the accept header asks for none.",
                ),
            );
        };
        match self.answer(request, accepted).await {
            Ok(response) => response,
            Err(error) => self.refuse(accepted.media(), error),
        }
    }
}

impl GraphqlEndpoint {
    async fn answer(
        &self,
        mut request: Request,
        accepted: Accepted,
    ) -> Result<Response, ErrorResponse> {
        let engine = self.engine()?;
        let body = if may_have_body(&request)? {
            let body = read_body(request.body_mut(), self.max_body).await;
            body.map_err(|error| unread(&error))?
        } else {
            Bytes::new()
        };
        let (asked, method) = parse(&request, &body)?;
        let refused = match engine.answer(&asked, method, request.headers()).await {
            Ok(Answered::With(answer)) => return Ok(accepted.respond(answer.body)),
            Ok(Answered::ByEvents(planned)) => {
                let stream = accepted.stream(request.headers()).ok_or_else(|| {
                    ErrorResponse::new(
                        StatusCode::NOT_ACCEPTABLE,
                        "SUBSCRIPTION_NEEDS_STREAM",
                        "A subscription is answered by a stream: accept text/event-stream or multipart/mixed, or ask over a WebSocket.",
                    )
                })?;
                let subscribing =
                    self.subscribe(engine, planned, &asked, request.headers(), stream);
                // In a box, because few requests come here and every request's future holds it.
                match Box::pin(subscribing).await {
                    Ok(response) => return Ok(response),
                    Err(refused) => refused,
                }
            }
            Err(refused) => refused,
        };
        match (refused, accepted) {
            // A client that only reads streams cannot read why one is refused.
            (Refused::Request(errors), Accepted::InStream(_)) => {
                let error = ErrorResponse::refused(accepted.media(), errors);
                self.count(&error);
                Ok(accepted.respond(error.body().into()))
            }
            (Refused::Request(errors), Accepted::Alone(media)) => {
                Err(ErrorResponse::refused(media, errors))
            }
            (Refused::MutationByGet, _) => Err(ErrorResponse::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "MUTATION_BY_GET",
                "A GET must change nothing: send mutations by POST.",
            )
            .with_header(header::ALLOW, "POST")),
            (Refused::Internal, _) => Err(ErrorResponse::internal()),
        }
    }

    /// Begins a stream of events.
    async fn subscribe(
        &self,
        engine: &Arc<Engine>,
        planned: Arc<Planned>,
        asked: &GraphqlRequest<'_>,
        headers: &HeaderMap,
        stream: StreamMedia,
    ) -> Result<Response, Refused> {
        let expiry = match &self.authenticator {
            // The token was good when the request came.
            Some(authenticator) => authenticator.check(headers).await.unwrap_or_default(),
            None => Expiry::default(),
        };
        let events = engine.subscribe(planned, asked, headers, expiry).await?;
        let mut until = self.readiness.until_stop();
        let stop = async move { until.stopped().await };
        let heartbeat = self.subscription.heartbeat_interval.0;
        let body = EventBody::new(stream, events, heartbeat, stop);
        let body = Body::Events(Box::new(body));
        let mut response = respond(StatusCode::OK, stream.content_type(), body);
        let response_headers = response.headers_mut();
        response_headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // Proxies that collect a response before they pass it on would keep the events.
        response_headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
        Ok(response)
    }

    pub(super) fn engine(&self) -> Result<&Arc<Engine>, ErrorResponse> {
        self.engine.as_ref().ok_or_else(|| {
            ErrorResponse::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "GRAPH_UNAVAILABLE",
                "The graph is not loaded yet. Try again soon.",
            )
            .with_header(header::RETRY_AFTER, "2")
        })
    }

    fn count(&self, error: &ErrorResponse) {
        for code in error.codes() {
            self.metrics.graphql_errors.count(code);
        }
    }

    fn refuse(&self, media: ResponseMedia, error: ErrorResponse) -> Response {
        self.count(&error);
        error.into_response(media)
    }
}

/// Whether it is a POST, and one that we read.
fn may_have_body(request: &Request) -> Result<bool, ErrorResponse> {
    if request.method() != HttpMethod::POST || is_json_request(request.headers()) {
        return Ok(request.method() == HttpMethod::POST);
    }
    Err(ErrorResponse::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "UNSUPPORTED_MEDIA_TYPE",
        "The request body must be JSON in UTF-8: send `content-type: application/json`.",
    ))
}

/// What is asked; no await in between, for what is held across one makes each request's future larger.
fn parse<'r>(
    request: &'r Request,
    body: &'r Bytes,
) -> Result<(GraphqlRequest<'r>, Method), ErrorResponse> {
    match *request.method() {
        HttpMethod::POST => Ok((GraphqlRequest::from_json(body)?, Method::Post)),
        HttpMethod::GET => {
            let query_string = request.uri().query().unwrap_or_default();
            Ok((from_query_string(query_string)?, Method::Get))
        }
        _ => Err(ErrorResponse::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "METHOD_NOT_ALLOWED",
            "GraphQL is served by POST and GET.",
        )
        .with_header(header::ALLOW, "GET, POST")),
    }
}

fn unread(error: &BodyError) -> ErrorResponse {
    match error {
        BodyError::TooLarge { limit } => ErrorResponse::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "REQUEST_TOO_LARGE",
            format!("The request body is over the limit of {limit} bytes."),
        )
        // What is left of the body is not read, so the connection is of no more use.
        .with_header(header::CONNECTION, "close"),
        BodyError::Broken(_) => ErrorResponse::bad_request("The request body broke off."),
    }
}
