//! Connections that belong to one stream.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use executor::SendError;
use http::uri::Scheme;
use http::{HeaderValue, Uri};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tower_service::Service as _;

use crate::config::SubgraphUrl;
use crate::subgraph_client::ConnectionSettings;
use crate::subgraph_client::connections::host;
use crate::subgraph_client::http_client::{self, causes};
use crate::subgraph_client::traffic_shaping::Http2;

/// After so long without a word the system asks whether the other side is still there. Streams can
/// be silent for hours, and a host that is gone says nothing.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// Both directions of a connection.
pub(super) trait Io: AsyncRead + AsyncWrite + Unpin + Send + Sync {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + Sync> Io for T {}

/// Makes connections to one subgraph.
#[derive(Clone)]
pub(crate) struct Dialer {
    to: To,
    host: HeaderValue,
    /// Whether HTTP/2 is spoken at once.
    pub(super) speaks_http2: bool,
    connect_timeout: Duration,
}

#[derive(Clone)]
enum To {
    Plain {
        uri: Uri,
        connector: HttpConnector,
    },
    Secure {
        uri: Uri,
        connector: Arc<HttpsConnector<HttpConnector>>,
    },
    Unix(PathBuf),
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialer")
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

impl Dialer {
    /// The way to a subgraph; `secure` is asked for what puts TLS on it. Fails with a sentence when the
    /// settings do not fit the address.
    pub(in crate::subgraph_client) fn new(
        url: &SubgraphUrl,
        settings: &ConnectionSettings,
        secure: impl FnOnce() -> Result<Arc<HttpsConnector<HttpConnector>>, String>,
    ) -> Result<Self, String> {
        let (to, host) = match url {
            SubgraphUrl::Unix { socket, .. } => {
                let host = HeaderValue::from_static("localhost");
                (To::Unix(socket.clone()), Some(host))
            }
            SubgraphUrl::Http(uri) => {
                let is_secure = uri.scheme() == Some(&Scheme::HTTPS);
                let usual_port = if is_secure { 443 } else { 80 };
                let host = uri.authority().and_then(|it| host(it, usual_port));
                let uri = uri.clone();
                let to = if is_secure {
                    let connector = secure()?;
                    To::Secure { uri, connector }
                } else {
                    let connector = tcp_connector(settings);
                    To::Plain { uri, connector }
                };
                (to, host)
            }
        };
        Ok(Self {
            to,
            host: host.ok_or("the URL names no host")?,
            speaks_http2: settings.http2 == Http2::Only,
            connect_timeout: settings.connect_timeout,
        })
    }

    /// The scheme of what is asked over it.
    pub(super) fn scheme(&self) -> Scheme {
        match self.to {
            To::Secure { .. } => Scheme::HTTPS,
            To::Plain { .. } | To::Unix(_) => Scheme::HTTP,
        }
    }

    /// The host as requests name it.
    pub(super) fn host(&self) -> HeaderValue {
        self.host.clone()
    }

    /// Makes a connection.
    pub(super) async fn dial(&self) -> Result<Box<dyn Io>, SendError> {
        let connecting = async {
            match &self.to {
                To::Plain { uri, connector } => {
                    let connected = connector.clone().call(uri.clone()).await;
                    Ok(boxed(
                        connected.map_err(|error| causes(&error))?.into_inner(),
                    ))
                }
                To::Secure { uri, connector } => {
                    let mut connector = HttpsConnector::clone(connector);
                    let connected = connector.call(uri.clone()).await;
                    Ok(boxed(TokioIo::new(
                        connected.map_err(|error| causes(&*error))?,
                    )))
                }
                #[cfg(unix)]
                To::Unix(path) => match tokio::net::UnixStream::connect(path).await {
                    Ok(stream) => Ok(boxed(stream)),
                    Err(error) => Err(format!("{}: {error}", path.display())),
                },
                #[cfg(not(unix))]
                To::Unix(_) => Err("this system has no Unix sockets".to_owned()),
            }
        };
        let after = self.connect_timeout;
        tokio::time::timeout(after, connecting)
            .await
            .map_err(|_| SendError::Connect {
                reason: format!("no connection within {} ms", after.as_millis()),
            })?
            .map_err(|reason| SendError::Connect { reason })
    }
}

fn boxed(stream: impl Io + 'static) -> Box<dyn Io> {
    Box::new(stream)
}

/// Makes plain connections that may be silent for long.
pub(crate) fn tcp_connector(settings: &ConnectionSettings) -> HttpConnector {
    let mut tcp = http_client::tcp_connector(settings.connect_timeout);
    tcp.set_keepalive(Some(KEEP_ALIVE));
    tcp
}
