//! `POST` and `GET` of GraphQL (GraphQL over HTTP).

use std::sync::Arc;

use http::{StatusCode, header};
use hyper::Method as HttpMethod;
use serde::{Deserialize, Serialize};

use crate::engine::{Engine, Method, Refused};
use crate::http::{
    BodyError, ErrorResponse, GraphqlRequest, Handler, Request, Response, ResponseMedia,
    from_query_string, is_json_request, read_body, respond,
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
    pub(crate) metrics: Arc<Metrics>,
}

impl Handler for GraphqlEndpoint {
    async fn handle(&self, request: Request) -> Response {
        let Some(media) = ResponseMedia::negotiate(request.headers()) else {
            return self.refuse(
                ResponseMedia::Json,
                ErrorResponse::new(
                    StatusCode::NOT_ACCEPTABLE,
                    "NOT_ACCEPTABLE",
                    "The answer is application/json or application/graphql-response+json; the accept header asks for neither.",
                ),
            );
        };
        match self.answer(request, media).await {
            Ok(response) => response,
            Err(error) => self.refuse(media, error),
        }
    }
}

impl GraphqlEndpoint {
    async fn answer(
        &self,
        mut request: Request,
        media: ResponseMedia,
    ) -> Result<Response, ErrorResponse> {
        let engine = self.engine.as_ref().ok_or_else(|| {
            ErrorResponse::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "GRAPH_UNAVAILABLE",
                "The graph is not loaded yet. Try again soon.",
            )
            .with_header(header::RETRY_AFTER, "2")
        })?;
        let answer = match *request.method() {
            HttpMethod::POST => {
                if !is_json_request(request.headers()) {
                    return Err(ErrorResponse::new(
                        StatusCode::UNSUPPORTED_MEDIA_TYPE,
                        "UNSUPPORTED_MEDIA_TYPE",
                        "The request body must be JSON in UTF-8: send `content-type: application/json`.",
                    ));
                }
                let body = read_body(request.body_mut(), self.max_body).await;
                let body = body.map_err(|error| unread(&error))?;
                let asked = GraphqlRequest::from_json(&body)?;
                engine.answer(&asked, Method::Post, request.headers()).await
            }
            HttpMethod::GET => {
                let asked = from_query_string(request.uri().query().unwrap_or_default())?;
                engine.answer(&asked, Method::Get, request.headers()).await
            }
            _ => {
                return Err(ErrorResponse::new(
                    StatusCode::METHOD_NOT_ALLOWED,
                    "METHOD_NOT_ALLOWED",
                    "GraphQL is served by POST and GET.",
                )
                .with_header(header::ALLOW, "GET, POST"));
            }
        };
        match answer {
            Ok(answer) => Ok(respond(StatusCode::OK, media.content_type(), answer.body)),
            Err(Refused::Request(errors)) => Err(ErrorResponse::refused(media, errors)),
            Err(Refused::MutationByGet) => Err(ErrorResponse::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "MUTATION_BY_GET",
                "A GET must change nothing: send mutations by POST.",
            )
            .with_header(header::ALLOW, "POST")),
            Err(Refused::Internal) => Err(ErrorResponse::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "INTERNAL_SERVER_ERROR",
                "The router failed; its log says why.",
            )),
        }
    }

    fn refuse(&self, media: ResponseMedia, error: ErrorResponse) -> Response {
        for code in error.codes() {
            self.metrics.graphql_errors.count(code);
        }
        error.into_response(media)
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
