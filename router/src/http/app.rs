//! The stack: every layer a request passes, from the outside in, each with its reason.

use std::sync::Arc;

use http::{HeaderName, HeaderValue, Method, StatusCode, header};

use super::{ErrorResponse, Handler, Request, Response, ResponseMedia};
use crate::authentication::Authenticator;
use crate::config::Config;
use crate::endpoints::{GraphqlEndpoint, HealthEndpoint, MetricsEndpoint, Playground, Readiness};
use crate::engine::Engine;
use crate::layers::{Authenticate, Compress, Cors, Csrf, Deadline, Measure, RequestId};
use crate::telemetry::Metrics;

/// Answers requests with all layers.
#[derive(Debug)]
pub(crate) struct App {
    stack: Stack,
    /// Whether a subgraph is to learn from which address a request came.
    passes_addresses_on: bool,
}

/// All layers. Being one type, they need no allocation to pass a request on.
type Stack = RequestId<
    // Around all that can answer, so that refusals are counted and timed too.
    Measure<
        // Before anything that refuses: a page must be able to read why it was refused.
        Cors<
            // Whatever answers; outside the deadline, for an answer that is there is given.
            Compress<
                // Around all work, the reading of bodies included.
                Deadline<Routes>,
            >,
        >,
    >,
>;

/// Who a request came from, each proxy adding the address that it saw.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The stack of the GraphQL path alone.
type GraphqlPath = Csrf<
    // Before the body is read: who may not ask need not be listened to.
    Authenticate<GraphqlEndpoint>,
>;

/// What an app is made of beside its configuration.
#[derive(Debug)]
pub(crate) struct Parts {
    /// None until the graph is there.
    pub(crate) engine: Option<Arc<Engine>>,
    pub(crate) authenticator: Option<Arc<Authenticator>>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) readiness: Readiness,
}

/// Builds the stack. Fails with a sentence when the configuration makes no sense.
pub(crate) fn app(config: &Config, parts: Parts) -> Result<App, String> {
    let Parts {
        engine,
        authenticator,
        metrics,
        readiness,
    } = parts;
    let health = HealthEndpoint {
        has_graph: engine.is_some(),
        readiness: readiness.clone(),
    };
    let graphql = GraphqlEndpoint {
        engine,
        max_body: config.limits.http_max_request_bytes,
        subscription: config.subscription.clone(),
        authenticator: authenticator.clone(),
        metrics: Arc::clone(&metrics),
        readiness,
    };
    let graphql = Authenticate::new(graphql, authenticator, Arc::clone(&metrics));
    let graphql = Csrf::new(graphql, &config.csrf)?;
    let prometheus = &config.telemetry.exporters.metrics.prometheus;
    let routes = Routes {
        graphql_path: config.supergraph.path.clone(),
        graphql,
        health: config
            .health_check
            .enabled
            .then(|| (config.health_check.path.clone(), health)),
        metrics: prometheus.enabled.then(|| {
            let endpoint = MetricsEndpoint {
                metrics: Arc::clone(&metrics),
            };
            (prometheus.path.clone(), endpoint)
        }),
        playground: Playground::new(&config.playground, &config.supergraph),
    };
    let app = Deadline::new(routes, config.traffic_shaping.router.timeout.0);
    let app = Compress::new(app, &config.traffic_shaping.router.compression);
    let app = Cors::new(app, &config.cors)?;
    let app = Measure::new(app, metrics);
    Ok(App {
        stack: RequestId::new(app),
        passes_addresses_on: config.headers.pass_on(&FORWARDED_FOR),
    })
}

impl App {
    /// Answers a request that came from this address, unless it came over a Unix socket.
    pub(crate) async fn answer(&self, mut request: Request, from: Option<HeaderValue>) -> Response {
        if let Some(from) = from.filter(|_| self.passes_addresses_on) {
            // As every proxy does: who is passed the header reads it from its end, as far as the
            // proxies are trusted. Where it cannot be told who is at the end, nothing is told.
            let headers = request.headers_mut();
            if headers.try_append(FORWARDED_FOR, from).is_err() {
                headers.remove(FORWARDED_FOR);
            }
        }
        self.stack.handle(request).await
    }
}

/// Which endpoint answers which path.
#[derive(Debug)]
pub(crate) struct Routes {
    graphql_path: String,
    graphql: GraphqlPath,
    health: Option<(String, HealthEndpoint)>,
    metrics: Option<(String, MetricsEndpoint)>,
    playground: Option<Playground>,
}

impl Handler for Routes {
    async fn handle(&self, request: Request) -> Response {
        let path = request.uri().path();
        if path == self.graphql_path {
            // Somebody who opens the endpoint in a browser wants to see something.
            if let Some(playground) = self.playground.as_ref().filter(|_| opens_page(&request)) {
                return playground.page();
            }
            return self.graphql.handle(request).await;
        }
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        match (&self.health, &self.metrics) {
            (Some((at, health)), _) if path == at && reads => health.handle(request).await,
            (_, Some((at, metrics))) if path == at && reads => metrics.handle(request).await,
            _ if reads => self.page_or_asset(&request),
            _ => not_found(&request),
        }
    }
}

impl Routes {
    fn page_or_asset(&self, request: &Request) -> Response {
        let Some(playground) = &self.playground else {
            return not_found(request);
        };
        match request.uri().path() {
            "/" => playground.page(),
            path => path
                .strip_prefix("/playground/")
                .and_then(|name| playground.asset(name))
                .unwrap_or_else(|| not_found(request)),
        }
    }
}

/// Whether a browser navigates here, rather than a client asking.
fn opens_page(request: &Request) -> bool {
    request.method() == Method::GET
        && request.uri().query().is_none()
        && request
            .headers()
            .get(header::ACCEPT)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.contains("text/html"))
}

fn not_found(request: &Request) -> Response {
    let media = ResponseMedia::negotiate(request.headers()).unwrap_or(ResponseMedia::Json);
    ErrorResponse::new(
        StatusCode::NOT_FOUND,
        "NOT_FOUND",
        "There is nothing at this path.",
    )
    .into_response(media)
}

#[test]
fn a_requests_whole_state_is_one_small_future() {
    fn size<F: Future>(_: impl FnOnce(&'static Stack, Request) -> F) -> usize {
        size_of::<F>()
    }
    // It is moved a few times before it is first polled. When a layer makes it grow, it probably
    // holds its arguments twice, or awaits the next handler in several places.
    let size = size(Handler::handle);
    assert!(size < 5 * 1024, "{size}");
}
