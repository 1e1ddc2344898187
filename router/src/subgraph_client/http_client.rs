//! The one HTTP client of the process: which connections a request goes over.
//!
//! Plain HTTP/1.1, over TCP or a Unix socket, goes through our own [`Connections`]. What needs TLS or
//! HTTP/2 goes through hyper's general client, of which there is one for each set of settings.

use std::collections::HashMap;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, Request, StatusCode, Uri, response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::connections::{Address, Connections};
use super::content_coding::{DecodeError, Decoder};
use super::streams::{self, Dialer};
use super::tls::{self, TlsError};
use super::traffic_shaping::Http2;
use crate::config::SubgraphUrl;
use crate::http::{BodyError, read_body};

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

/// How connections are made and kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ConnectionSettings {
    /// Which version of HTTP is spoken.
    pub(crate) http2: Http2,
    /// How long a connection may take to come about; a host that is gone is not waited for.
    pub(crate) connect_timeout: Duration,
    /// How long a connection may wait for its next request.
    pub(crate) idle_timeout: Duration,
    /// Whom to trust, as PEM; none: the authorities that browsers trust.
    pub(crate) certificate_authorities: Option<Arc<str>>,
}

impl Default for ConnectionSettings {
    fn default() -> Self {
        Self {
            http2: Http2::Enable,
            connect_timeout: Duration::from_secs(5),
            // Shorter than what servers commonly keep, so that a request seldom meets a closing
            // connection.
            idle_timeout: Duration::from_secs(50),
            certificate_authorities: None,
        }
    }
}

type GeneralClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Sends requests over connections that are kept.
#[derive(Clone, Debug)]
pub(crate) struct HttpClient {
    /// For requests that go anywhere, once in a while.
    general: GeneralClient,
    pools: Arc<Mutex<Pools>>,
}

/// What routes share, whichever engine they belong to: so a reload keeps connections warm.
#[derive(Debug, Default)]
struct Pools {
    plain: HashMap<(Host, ConnectionSettings), Arc<Connections>>,
    general: HashMap<ConnectionSettings, Arc<GeneralClient>>,
    streams: HashMap<ConnectionSettings, Arc<HttpsConnector<HttpConnector>>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Host {
    Tcp(Authority),
    Unix(PathBuf),
}

/// An address that many requests go to.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    /// What a request has for its address.
    pub(crate) uri: Uri,
    way: Way,
}

#[derive(Clone, Debug)]
enum Way {
    Plain(Arc<Connections>),
    General(Arc<GeneralClient>),
}

impl HttpClient {
    /// Fails when the TLS library has no usable settings.
    pub(crate) fn new() -> Result<Self, TlsError> {
        Ok(Self {
            general: general(&ConnectionSettings::default())?,
            pools: Arc::default(),
        })
    }

    /// The way to an address that many requests will go to. Fails with a sentence when the settings
    /// do not fit the address.
    pub(crate) fn route(
        &self,
        url: &SubgraphUrl,
        settings: &ConnectionSettings,
    ) -> Result<Route, String> {
        let prior_knowledge = settings.http2 == Http2::Only;
        match url {
            SubgraphUrl::Unix { .. } if prior_knowledge => Err(
                "over a Unix socket only HTTP/1.1 is spoken; `http2: http2only` asks for another"
                    .to_owned(),
            ),
            SubgraphUrl::Unix { socket, path } => {
                let address = Address::Unix(socket.clone());
                let host = Host::Unix(socket.clone());
                Ok(self.plain(host, address, path, settings))
            }
            SubgraphUrl::Http(uri) => match (uri.authority(), uri.path_and_query()) {
                (Some(authority), Some(path))
                    if uri.scheme() == Some(&Scheme::HTTP) && !prior_knowledge =>
                {
                    let address = Address::tcp(authority, settings)
                        .ok_or_else(|| format!("`{uri}` names no host"))?;
                    let host = Host::Tcp(authority.clone());
                    Ok(self.plain(host, address, path, settings))
                }
                _ => Ok(Route {
                    uri: uri.clone(),
                    way: Way::General(self.general(settings).map_err(|error| error.to_string())?),
                }),
            },
        }
    }

    fn plain(
        &self,
        host: Host,
        address: Address,
        path: &PathAndQuery,
        settings: &ConnectionSettings,
    ) -> Route {
        let mut pools = self.pools();
        let connections = pools
            .plain
            .entry((host, settings.clone()))
            .or_insert_with(|| Arc::new(Connections::new(address, settings)));
        Route {
            uri: Uri::from(path.clone()),
            way: Way::Plain(Arc::clone(connections)),
        }
    }

    fn general(&self, settings: &ConnectionSettings) -> Result<Arc<GeneralClient>, TlsError> {
        let mut pools = self.pools();
        if let Some(known) = pools.general.get(settings) {
            return Ok(Arc::clone(known));
        }
        let client = Arc::new(general(settings)?);
        pools.general.insert(settings.clone(), Arc::clone(&client));
        Ok(client)
    }

    /// The way to an address from which events will come. Fails as [`HttpClient::route`] does.
    pub(crate) fn dialer(
        &self,
        url: &SubgraphUrl,
        settings: &ConnectionSettings,
    ) -> Result<Dialer, String> {
        let secure = || {
            self.for_streams(settings)
                .map_err(|error| error.to_string())
        };
        Dialer::new(url, settings, secure)
    }

    fn for_streams(
        &self,
        settings: &ConnectionSettings,
    ) -> Result<Arc<HttpsConnector<HttpConnector>>, TlsError> {
        let settings = ConnectionSettings {
            http2: match settings.http2 {
                Http2::Only => Http2::Only,
                // A stream has its connection for itself: there is nothing to share it with.
                Http2::Enable | Http2::Disable => Http2::Disable,
            },
            ..settings.clone()
        };
        let mut pools = self.pools();
        if let Some(known) = pools.streams.get(&settings) {
            return Ok(Arc::clone(known));
        }
        let connector = Arc::new(secure(&settings, streams::tcp_connector(&settings))?);
        pools.streams.insert(settings, Arc::clone(&connector));
        Ok(connector)
    }

    /// The pools, without those that no route leads to any more.
    fn pools(&self) -> MutexGuard<'_, Pools> {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        pools.plain.retain(|_, it| Arc::strong_count(it) > 1);
        pools.general.retain(|_, it| Arc::strong_count(it) > 1);
        pools.streams.retain(|_, it| Arc::strong_count(it) > 1);
        pools
    }

    /// Sends a request, made for this route, and reads the whole response.
    pub(crate) async fn send_along(
        &self,
        route: &Route,
        request: Request<Full<Bytes>>,
        timeout: Duration,
        limit: usize,
    ) -> Result<(response::Parts, Bytes), HttpClientError> {
        let connections = match &route.way {
            Way::Plain(connections) => connections,
            Way::General(client) => return send(client, request, timeout, limit).await,
        };
        // Pinned here, because moving the future of a whole exchange about is not free.
        tokio::time::timeout(timeout, pin!(connections.send(request, limit)))
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
        let (head, body) = send(&self.general, request, timeout, limit)
            .await
            .map_err(|error| error.to_string())?;
        if head.status == StatusCode::OK {
            Ok(body)
        } else {
            Err(format!("the answer has HTTP status {}", head.status))
        }
    }
}

/// hyper's client with these settings.
fn general(settings: &ConnectionSettings) -> Result<GeneralClient, TlsError> {
    let tcp = tcp_connector(settings.connect_timeout);
    Ok(Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(settings.idle_timeout)
        .http2_only(settings.http2 == Http2::Only)
        .build(secure(settings, tcp)?))
}

/// Puts TLS on connections where the scheme asks for it. Costly to make: there is one for each set of
/// settings.
fn secure(
    settings: &ConnectionSettings,
    mut tcp: HttpConnector,
) -> Result<HttpsConnector<HttpConnector>, TlsError> {
    // Whether the scheme is https is for the connector around it to decide.
    tcp.enforce_http(false);
    let tls = tls::client(settings.certificate_authorities.as_deref())?;
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http();
    Ok(match settings.http2 {
        Http2::Enable => connector.enable_http1().enable_http2().wrap_connector(tcp),
        Http2::Disable => connector.enable_http1().wrap_connector(tcp),
        Http2::Only => connector.enable_http2().wrap_connector(tcp),
    })
}

/// Makes plain connections.
pub(super) fn tcp_connector(connect_timeout: Duration) -> HttpConnector {
    let mut tcp = HttpConnector::new();
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(connect_timeout));
    tcp
}

async fn send(
    client: &GeneralClient,
    request: Request<Full<Bytes>>,
    timeout: Duration,
    limit: usize,
) -> Result<(response::Parts, Bytes), HttpClientError> {
    let exchange = async {
        let response = client.request(request).await.map_err(|error| {
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
