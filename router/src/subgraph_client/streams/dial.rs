//! Connections that belong to one stream.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use executor::SendError;
use http::{HeaderValue, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tower_service::Service as _;

use crate::config::SubgraphUrl;
use crate::subgraph_client::ConnectionSettings;
use crate::subgraph_client::http_client::{causes, tcp_connector};
use crate::subgraph_client::tls;
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
    Tcp {
        uri: Uri,
        connector: HttpsConnector<HttpConnector>,
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
    /// The way to a subgraph. Fails with a sentence when the settings do not fit the address.
    pub(crate) fn new(url: &SubgraphUrl, settings: &ConnectionSettings) -> Result<Self, String> {
        let (to, host) = match url {
            SubgraphUrl::Unix { socket, .. } => (
                To::Unix(socket.clone()),
                HeaderValue::from_static("localhost"),
            ),
            SubgraphUrl::Http(uri) => {
                let authority = uri
                    .authority()
                    .ok_or_else(|| format!("`{uri}` names no host"))?;
                // Without what is for the server alone.
                let host = match authority.port() {
                    Some(port) => format!("{}:{port}", authority.host()),
                    None => authority.host().to_owned(),
                };
                let host = HeaderValue::try_from(host).map_err(|error| error.to_string())?;
                let connector = connector(settings).map_err(|error| error.to_string())?;
                let uri = uri.clone();
                (To::Tcp { uri, connector }, host)
            }
        };
        Ok(Self {
            to,
            host,
            speaks_http2: settings.http2 == Http2::Only,
            connect_timeout: settings.connect_timeout,
        })
    }

    /// The host as requests name it.
    pub(super) fn host(&self) -> HeaderValue {
        self.host.clone()
    }

    /// Makes a connection.
    pub(super) async fn dial(&self) -> Result<Box<dyn Io>, SendError> {
        let connecting = async {
            match &self.to {
                To::Tcp { uri, connector } => match connector.clone().call(uri.clone()).await {
                    Ok(stream) => Ok(Box::new(TokioIo::new(stream)) as Box<dyn Io>),
                    Err(error) => Err(causes(&*error)),
                },
                #[cfg(unix)]
                To::Unix(path) => match tokio::net::UnixStream::connect(path).await {
                    Ok(stream) => Ok(Box::new(stream) as Box<dyn Io>),
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

fn connector(
    settings: &ConnectionSettings,
) -> Result<HttpsConnector<HttpConnector>, tls::TlsError> {
    let mut tcp = tcp_connector(settings.connect_timeout);
    tcp.enforce_http(false);
    tcp.set_keepalive(Some(KEEP_ALIVE));
    let tls = tls::client(settings.certificate_authorities.as_deref())?;
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http();
    Ok(match settings.http2 {
        Http2::Only => connector.enable_http2().wrap_connector(tcp),
        // A stream has its connection for itself: there is nothing to share it with.
        Http2::Enable | Http2::Disable => connector.enable_http1().wrap_connector(tcp),
    })
}
