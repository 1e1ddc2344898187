//! The one HTTP client of the process: hyper with pooled connections, TLS by rustls.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::uri::{Authority, Scheme};
use http::{HeaderMap, Request, StatusCode, Uri, response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::connections::{Connections, IDLE_TIMEOUT};
use super::content_coding::{DecodeError, Decoder};
use crate::http::{BodyError, read_body};

/// How long a connection may take to come about; a host that is gone is not waited for.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a request has no response.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpClientError {
    /// It took too long.
    #[error("no answer within {} ms", after.as_millis())]
    Timeout {
        /// How long was waited.
        after: Duration,
    },
    /// No connection could be made.
    #[error("could not connect: {0}")]
    Connect(String),
    /// The connection broke before anything of the response came.
    #[error("the connection failed: {0}")]
    NoResponse(String),
    /// The connection broke within the response.
    #[error("the connection failed: {0}")]
    Broken(String),
    /// The response is compressed in a way that cannot be undone.
    #[error("{0}")]
    Undecodable(String),
    /// The response is too large.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
}

/// Sends requests over pooled connections: HTTP/1.1 with keep-alive, HTTP/2 where TLS offers it.
#[derive(Clone, Debug)]
pub(crate) struct HttpClient {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    tcp: HttpConnector,
    /// Connections for routes over plain HTTP.
    plain: Arc<Mutex<HashMap<Authority, Arc<Connections>>>>,
}

/// A URL that many requests go to.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    /// What a request has for its address.
    pub(crate) uri: Uri,
    /// None: as any request.
    connections: Option<Arc<Connections>>,
}

impl HttpClient {
    /// Fails when the TLS library has no usable settings.
    pub(crate) fn new() -> Result<Self, rustls::Error> {
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        // Whether the scheme is https is for the connector around it to decide.
        tcp.enforce_http(false);
        let provider = rustls::crypto::ring::default_provider();
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(provider)?
            .https_or_http()
            .enable_http1()
            .enable_http2()
            .wrap_connector(tcp.clone());
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .build(connector);
        Ok(Self {
            client,
            tcp,
            plain: Arc::default(),
        })
    }

    /// The way to a URL that many requests will go to.
    pub(crate) fn route(&self, url: &Uri) -> Route {
        let connections = match (url.scheme(), url.authority()) {
            (Some(scheme), Some(authority)) if *scheme == Scheme::HTTP => {
                self.connections(authority)
            }
            _ => None,
        };
        match (connections, url.path_and_query()) {
            (Some(connections), Some(path)) => Route {
                uri: Uri::from(path.clone()),
                connections: Some(connections),
            },
            _ => Route {
                uri: url.clone(),
                connections: None,
            },
        }
    }

    fn connections(&self, authority: &Authority) -> Option<Arc<Connections>> {
        let mut plain = self.plain.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = plain.get(authority) {
            return Some(Arc::clone(known));
        }
        let connections = Arc::new(Connections::new(authority, self.tcp.clone())?);
        plain.insert(authority.clone(), Arc::clone(&connections));
        Some(connections)
    }

    /// Sends a request, made for this route, and reads the whole response.
    pub(crate) async fn send_along(
        &self,
        route: &Route,
        request: Request<Full<Bytes>>,
        timeout: Duration,
        limit: usize,
    ) -> Result<(response::Parts, Bytes), HttpClientError> {
        let Some(connections) = &route.connections else {
            return self.send(request, timeout, limit).await;
        };
        // Pinned here, because moving the future of a whole exchange about is not free.
        tokio::time::timeout(timeout, pin!(connections.send(request, limit)))
            .await
            .unwrap_or(Err(HttpClientError::Timeout { after: timeout }))
    }

    /// Sends a request and reads the whole response.
    pub(crate) async fn send(
        &self,
        request: Request<Full<Bytes>>,
        timeout: Duration,
        limit: usize,
    ) -> Result<(response::Parts, Bytes), HttpClientError> {
        let exchange = async {
            let response = self.client.request(request).await.map_err(|error| {
                let reason = causes(&error);
                if error.is_connect() {
                    HttpClientError::Connect(reason)
                } else {
                    HttpClientError::NoResponse(reason)
                }
            })?;
            let (head, mut body) = response.into_parts();
            let body = read_answer(&head.headers, &mut body, limit).await?;
            Ok((head, body))
        };
        // Pinned here, because moving the future of a whole exchange about is not free.
        tokio::time::timeout(timeout, pin!(exchange))
            .await
            .unwrap_or(Err(HttpClientError::Timeout { after: timeout }))
    }

    /// Gets a document that must be there.
    pub(crate) async fn get(
        &self,
        url: &http::Uri,
        timeout: Duration,
        limit: usize,
    ) -> Result<Bytes, String> {
        let request = Request::get(url)
            .header(http::header::ACCEPT, "application/json")
            .body(Full::default())
            .map_err(|error| error.to_string())?;
        let (head, body) = self
            .send(request, timeout, limit)
            .await
            .map_err(|error| error.to_string())?;
        if head.status == StatusCode::OK {
            Ok(body)
        } else {
            Err(format!("the answer has HTTP status {}", head.status))
        }
    }
}

/// Reads a response's body to its end, and takes its coding off on the way. The limit is one of what
/// there is then.
pub(super) async fn read_answer(
    headers: &HeaderMap,
    body: &mut Incoming,
    limit: usize,
) -> Result<Bytes, HttpClientError> {
    let undecodable = |error| match error {
        DecodeError::TooLarge => HttpClientError::TooLarge { limit },
        error => HttpClientError::Undecodable(error.to_string()),
    };
    let Some(mut decoder) = Decoder::of(headers, limit).map_err(undecodable)? else {
        return match read_body(body, limit).await {
            Ok(body) => Ok(body),
            Err(BodyError::TooLarge { limit }) => Err(HttpClientError::TooLarge { limit }),
            Err(BodyError::Broken(error)) => Err(HttpClientError::Broken(causes(&error))),
        };
    };
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| HttpClientError::Broken(causes(&error)))?;
        if let Ok(piece) = frame.into_data() {
            decoder.write(&piece).map_err(undecodable)?;
        }
    }
    decoder.finish().map_err(undecodable)
}

/// An error with its causes on one line; hyper's own text alone says little.
pub(super) fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}
