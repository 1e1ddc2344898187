//! Tells browsers which web pages of other origins may ask and read (Fetch standard, CORS).

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde::{Deserialize, Serialize};

use crate::config::Time;
use crate::http::{
    Body, ErrorResponse, Handler, Request, Response, ResponseMedia, is_websocket_upgrade,
};

/// `cors` in the configuration. The first policy that names the origin counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CorsConfig {
    /// Lets every page ask, without credentials.
    pub allow_any_origin: bool,
    /// What is allowed to which origins; none: only pages of the router's own origin.
    pub policies: Vec<CorsPolicy>,
}

/// What some origins may do.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CorsPolicy {
    /// The origins, such as `https://app.example`.
    pub origins: Vec<String>,
    /// Whether cookies and the like are sent along.
    pub allow_credentials: bool,
    /// The headers a page may send; none: those it asks for.
    pub allow_headers: Vec<String>,
    /// The response headers a page may read.
    pub expose_headers: Vec<String>,
    /// The methods a page may use.
    pub methods: Vec<String>,
    /// How long a browser may remember the answer.
    pub max_age: Time,
}

impl Default for CorsPolicy {
    fn default() -> Self {
        Self {
            origins: Vec::new(),
            allow_credentials: false,
            allow_headers: Vec::new(),
            expose_headers: Vec::new(),
            methods: vec!["GET".to_owned(), "POST".to_owned()],
            max_age: Time::seconds(7200),
        }
    }
}

/// Answers preflights and adds the headers that let pages read.
#[derive(Debug)]
pub(crate) struct Cors<H> {
    next: H,
    policies: Vec<Policy>,
}

/// A policy with its header values ready.
#[derive(Debug)]
struct Policy {
    /// None: any.
    origins: Option<Vec<String>>,
    allow_credentials: bool,
    allow_headers: Option<HeaderValue>,
    expose_headers: Option<HeaderValue>,
    methods: HeaderValue,
    max_age: HeaderValue,
}

impl<H> Cors<H> {
    /// Fails with a sentence when a policy makes no sense.
    pub(crate) fn new(next: H, config: &CorsConfig) -> Result<Self, String> {
        let mut policies = config
            .policies
            .iter()
            .map(|policy| Policy::new(policy, Some(policy.origins.clone())))
            .collect::<Result<Vec<_>, _>>()?;
        if config.allow_any_origin {
            policies.push(Policy::new(&CorsPolicy::default(), None)?);
        }
        Ok(Self { next, policies })
    }

    fn policy(&self, origin: &HeaderValue) -> Option<&Policy> {
        let origin = origin.to_str().ok()?;
        self.policies.iter().find(|policy| {
            policy
                .origins
                .as_ref()
                .is_none_or(|allowed| allowed.iter().any(|it| it == origin))
        })
    }
}

impl Policy {
    fn new(config: &CorsPolicy, origins: Option<Vec<String>>) -> Result<Self, String> {
        for origin in origins.iter().flatten() {
            let well_formed = origin
                .split_once("://")
                .is_some_and(|(_, host)| !host.is_empty() && !host.contains('/'));
            if !well_formed {
                return Err(format!(
                    "`cors.policies`: `{origin}` is no origin; write scheme, host and port, such as https://app.example"
                ));
            }
        }
        let list = |key: &str, names: &[String]| {
            if names.is_empty() {
                return Ok(None);
            }
            HeaderValue::try_from(names.join(", "))
                .map(Some)
                .map_err(|_| format!("`cors.policies.{key}` cannot be sent as a header"))
        };
        Ok(Self {
            origins,
            allow_credentials: config.allow_credentials,
            allow_headers: list("allow_headers", &config.allow_headers)?,
            expose_headers: list("expose_headers", &config.expose_headers)?,
            methods: list("methods", &config.methods)?.ok_or("`cors.policies.methods` is empty")?,
            max_age: HeaderValue::from(config.max_age.0.as_secs()),
        })
    }

    /// What both the preflight's answer and the real one say.
    fn allow(&self, origin: HeaderValue, headers: &mut HeaderMap) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if let Some(exposed) = &self.expose_headers {
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed.clone());
        }
        if self.allow_credentials {
            headers.insert(
                header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
                HeaderValue::from_static("true"),
            );
        }
    }

    fn preflight(&self, asked: &HeaderMap, headers: &mut HeaderMap) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, self.methods.clone());
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, self.max_age.clone());
        let allowed = self
            .allow_headers
            .as_ref()
            .or_else(|| asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS));
        if let Some(allowed) = allowed {
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed.clone());
        }
    }
}

impl<H: Handler> Handler for Cors<H> {
    async fn handle(&self, request: Request) -> Response {
        let origin = request.headers().get(header::ORIGIN).cloned();
        let policy = origin.as_ref().and_then(|origin| self.policy(origin));
        let mut response = if origin.is_some() && self.is_preflight(&request) {
            let mut response = http::Response::new(Body::default());
            *response.status_mut() = StatusCode::NO_CONTENT;
            if let Some(policy) = policy {
                policy.preflight(request.headers(), response.headers_mut());
            }
            response
        } else if is_foreign_websocket(&request, policy) {
            ErrorResponse::new(
                StatusCode::FORBIDDEN,
                "ORIGIN_NOT_ALLOWED",
                "Pages of this origin may not open a WebSocket here; `cors.policies` in the router's configuration says which may.",
            )
            .into_response(ResponseMedia::Json)
        } else {
            self.next.handle(request).await
        };
        if self.policies.is_empty() {
            return response;
        }
        if let (Some(policy), Some(origin)) = (policy, origin) {
            policy.allow(origin, response.headers_mut());
        }
        vary(&mut response);
        response
    }
}

impl<H> Cors<H> {
    /// Whether a browser asks beforehand. Where there is no policy, it is not us whom it asks.
    fn is_preflight(&self, request: &Request) -> bool {
        !self.policies.is_empty()
            && request.method() == Method::OPTIONS
            && request
                .headers()
                .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
    }
}

/// Whether a page of an origin that nothing is allowed to opens a WebSocket. The browser sends the user's
/// cookies along and lets the page read whatever comes, without asking as it does elsewhere; so pages
/// of other origins need a policy, and one that allows credentials where there are cookies.
fn is_foreign_websocket(request: &Request, policy: Option<&Policy>) -> bool {
    let headers = request.headers();
    let Some(origin) = headers.get(header::ORIGIN) else {
        return false;
    };
    if !is_websocket_upgrade(request) {
        return false;
    }
    let has_cookies = headers.contains_key(header::COOKIE);
    let is_allowed = policy.is_some_and(|policy| policy.allow_credentials || !has_cookies);
    !is_allowed && !is_own(origin, headers.get(header::HOST))
}

/// Whether a page of this origin was loaded from the host that it asks.
fn is_own(origin: &HeaderValue, host: Option<&HeaderValue>) -> bool {
    let origin = origin.to_str().ok().and_then(|it| it.split_once("://"));
    let (Some((_, origin)), Some(host)) = (origin, host) else {
        return false;
    };
    host.as_bytes().eq_ignore_ascii_case(origin.as_bytes())
}

/// Caches must not give one origin's answer to another.
fn vary(response: &mut Response) {
    response.headers_mut().append(
        header::VARY,
        HeaderValue::from_static("origin, access-control-request-headers"),
    );
}

#[test]
fn origins_must_be_origins() {
    let policy = |origin: &str| CorsConfig {
        allow_any_origin: false,
        policies: vec![CorsPolicy {
            origins: vec![origin.to_owned()],
            ..CorsPolicy::default()
        }],
    };
    assert!(Cors::new((), &policy("https://app.example:8080")).is_ok());
    assert!(Cors::new((), &policy("app.example")).is_err());
    assert!(Cors::new((), &policy("https://app.example/path")).is_err());
}
