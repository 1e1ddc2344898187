//! Connections to one host, or to one Unix socket, over plain HTTP/1.1, kept open between requests.
//!
//! Subgraphs mostly stand behind plain HTTP in the same network, and a query can cost a dozen
//! requests to them. hyper's general client finds its pool by hashing scheme and host, writes each
//! request's address anew and spawns a task to take the connection back. Here the host is known
//! beforehand, and whoever has read a response to its end puts the connection back.

use std::collections::VecDeque;
use std::error::Error;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use http::uri::{Authority, PathAndQuery};
use http::{HeaderValue, Request, Uri, header, response};
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::client::legacy::connect::HttpConnector;
#[cfg(unix)]
use hyper_util::rt::TokioIo;
use tokio::time::Instant;
use tower_service::Service as _;

use super::http_client::{ConnectionSettings, HttpClientError, causes, read_answer, tcp_connector};
use crate::turns::in_turn;

/// How often connections that were idle for too long are looked for, at the least and at the most.
const SWEEP: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));

/// The connections to one host.
#[derive(Debug)]
pub(crate) struct Connections {
    address: Address,
    idle: Mutex<Idle>,
    connect_timeout: Duration,
    idle_timeout: Duration,
}

/// Where to connect to.
#[derive(Debug)]
pub(super) enum Address {
    /// A host.
    Tcp {
        /// Scheme, host and port.
        uri: Uri,
        /// The host as requests name it.
        host: HeaderValue,
        /// Makes the connections.
        connector: HttpConnector,
    },
    /// A socket in the file system.
    Unix(PathBuf),
}

/// Connections that wait for a request.
#[derive(Debug, Default)]
struct Idle {
    /// The one that was used last stands at the end, and is used next: so the others may expire.
    waiting: VecDeque<(SendRequest<Full<Bytes>>, Instant)>,
    /// Whether a task looks after them.
    is_swept: bool,
}

impl Address {
    /// None when the authority names no host.
    pub(super) fn tcp(authority: &Authority, settings: &ConnectionSettings) -> Option<Self> {
        let uri = Uri::builder()
            .scheme("http")
            .authority(authority.clone())
            .path_and_query(PathAndQuery::from_static("/"))
            .build()
            .ok()?;
        Some(Self::Tcp {
            uri,
            host: host(authority, 80)?,
            connector: tcp_connector(settings.connect_timeout),
        })
    }

    fn host(&self) -> HeaderValue {
        match self {
            Self::Tcp { host, .. } => host.clone(),
            Self::Unix(_) => HeaderValue::from_static("localhost"),
        }
    }
}

/// The host as any client writes it: without what is for the server alone, and without the usual port.
/// None when the authority names no host.
pub(super) fn host(authority: &Authority, usual_port: u16) -> Option<HeaderValue> {
    let host = match authority.port_u16() {
        Some(port) if port != usual_port => format!("{}:{port}", authority.host()),
        _ => authority.host().to_owned(),
    };
    HeaderValue::try_from(host).ok()
}

impl Connections {
    /// None yet.
    pub(super) fn new(address: Address, settings: &ConnectionSettings) -> Self {
        Self {
            address,
            idle: Mutex::default(),
            connect_timeout: settings.connect_timeout,
            idle_timeout: settings.idle_timeout,
        }
    }

    /// Sends a request, whose address is a path alone, and reads the whole response.
    ///
    /// A request that a connection refused to take, because it was closed while it was idle, goes
    /// to the next one: it has not been sent.
    pub(super) async fn send(
        self: &Arc<Self>,
        mut request: Request<Full<Bytes>>,
        limit: usize,
    ) -> Result<(response::Parts, Bytes), HttpClientError> {
        let headers = request.headers_mut();
        if !headers.contains_key(header::HOST) {
            headers.insert(header::HOST, self.address.host());
        }
        loop {
            let (mut connection, is_fresh) = match self.take() {
                Some(idle) => (idle, false),
                None => (self.connect().await?, true),
            };
            if let Err(error) = connection.ready().await {
                if is_fresh {
                    return Err(HttpClientError::NoResponse(causes(&error)));
                }
                continue;
            }
            let response = match connection.try_send_request(request).await {
                Ok(response) => response,
                Err(mut failed) => match failed.take_message() {
                    Some(unsent) if !is_fresh => {
                        request = unsent;
                        continue;
                    }
                    _ => return Err(HttpClientError::NoResponse(causes(failed.error()))),
                },
            };
            let (head, mut body) = response.into_parts();
            // After an error what is left of the response is not read: the connection is of no more
            // use, and closed.
            let body = read_answer(&head.headers, &mut body, limit).await?;
            self.put_back(connection);
            return Ok((head, body));
        }
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Option<SendRequest<Full<Bytes>>> {
        let mut idle = self.idle();
        while let Some((connection, _)) = idle.waiting.pop_back() {
            if !connection.is_closed() {
                return Some(connection);
            }
        }
        None
    }

    fn put_back(self: &Arc<Self>, connection: SendRequest<Full<Bytes>>) {
        if connection.is_closed() {
            return;
        }
        let mut idle = self.idle();
        idle.waiting.push_back((connection, Instant::now()));
        if !idle.is_swept {
            idle.is_swept = true;
            let every = (self.idle_timeout / 4).clamp(SWEEP.0, SWEEP.1);
            tokio::spawn(sweep(Arc::downgrade(self), every));
        }
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, HttpClientError> {
        let failed = |error: &dyn Error| HttpClientError::Connect(causes(error));
        match &self.address {
            Address::Tcp { uri, connector, .. } => {
                let stream = connector.clone().call(uri.clone()).await;
                begin(stream.map_err(|error| failed(&error))?).await
            }
            #[cfg(unix)]
            Address::Unix(path) => {
                let connecting = tokio::net::UnixStream::connect(path);
                match tokio::time::timeout(self.connect_timeout, connecting).await {
                    Ok(Ok(stream)) => begin(TokioIo::new(stream)).await,
                    Ok(Err(error)) => Err(failed(&error)),
                    Err(error) => Err(failed(&error)),
                }
            }
            #[cfg(not(unix))]
            Address::Unix(_) => Err(HttpClientError::Connect(
                "this system has no Unix sockets".to_owned(),
            )),
        }
    }

    /// Closes what was idle for too long; says whether anything is left.
    fn expire(&self) -> bool {
        let mut idle = self.idle();
        idle.waiting.retain(|(connection, since)| {
            since.elapsed() < self.idle_timeout && !connection.is_closed()
        });
        idle.is_swept = !idle.waiting.is_empty();
        idle.is_swept
    }
}

/// Begins to speak HTTP over a connection.
async fn begin<T>(stream: T) -> Result<SendRequest<Full<Bytes>>, HttpClientError>
where
    T: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let (sender, connection) = http1::handshake(stream)
        .await
        .map_err(|error| HttpClientError::Connect(causes(&error)))?;
    // Ends when the other side closes it, or when nobody can send over it any more.
    tokio::spawn(in_turn(async move {
        if let Err(error) = connection.await {
            tracing::debug!("a connection to a subgraph ended: {error}");
        }
    }));
    Ok(sender)
}

/// Runs while there are idle connections.
async fn sweep(connections: Weak<Connections>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        match connections.upgrade() {
            Some(connections) if connections.expire() => {}
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// A server that gives each connection a number and answers with it; it closes a connection
    /// after so many answers. What it says of a body's length is true or not.
    async fn serve(answers: usize, told_length: usize) -> Arc<Connections> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            for number in 0.. {
                let (mut stream, _) = listener.accept().await.unwrap();
                tokio::spawn(async move {
                    for _ in 0..answers {
                        let mut head = Vec::new();
                        while !head.ends_with(b"\r\n\r\n") {
                            head.push(stream.read_u8().await.unwrap());
                        }
                        assert!(head.starts_with(b"POST /graphql HTTP/1.1\r\n"));
                        let body = format!("{number:<told_length$}");
                        let answer = format!(
                            "HTTP/1.1 200 OK\r\ncontent-length: {told_length}\r\n\r\n{body}"
                        );
                        stream.write_all(answer.as_bytes()).await.unwrap();
                    }
                });
            }
        });
        let authority = address.to_string().parse().unwrap();
        let settings = ConnectionSettings::default();
        let address = Address::tcp(&authority, &settings).unwrap();
        Arc::new(Connections::new(address, &settings))
    }

    /// The number of the connection that answers.
    async fn ask(connections: &Arc<Connections>, limit: usize) -> Result<String, HttpClientError> {
        let request = Request::post("/graphql").body(Full::default()).unwrap();
        let (_, body) = connections.send(request, limit).await?;
        Ok(String::from_utf8_lossy(&body).trim().to_owned())
    }

    #[tokio::test]
    async fn a_connection_is_used_again() {
        let connections = serve(usize::MAX, 1).await;
        for _ in 0..3 {
            assert_eq!(ask(&connections, 10).await.unwrap(), "0");
        }
        assert_eq!(connections.idle().waiting.len(), 1);
        let (one, two) = tokio::join!(ask(&connections, 10), ask(&connections, 10));
        assert_eq!((&*one.unwrap(), &*two.unwrap()), ("0", "1"));
        assert_eq!(connections.idle().waiting.len(), 2);
    }

    #[tokio::test]
    async fn a_connection_that_was_closed_is_replaced() {
        let connections = serve(1, 1).await;
        assert_eq!(ask(&connections, 10).await.unwrap(), "0");
        // Once the closing has been seen; before, the request may be lost with the connection.
        while connections
            .idle()
            .waiting
            .iter()
            .any(|(it, _)| !it.is_closed())
        {
            tokio::task::yield_now().await;
        }
        assert_eq!(ask(&connections, 10).await.unwrap(), "1");
    }

    #[tokio::test]
    async fn a_response_that_is_not_read_to_its_end_costs_its_connection() {
        let connections = serve(usize::MAX, 100).await;
        assert!(matches!(
            ask(&connections, 10).await,
            Err(HttpClientError::TooLarge { limit: 10 })
        ));
        assert!(connections.idle().waiting.is_empty());
        assert_eq!(ask(&connections, 100).await.unwrap(), "1");
    }

    #[tokio::test]
    async fn what_was_idle_for_too_long_is_closed() {
        let connections = serve(usize::MAX, 1).await;
        ask(&connections, 10).await.unwrap();
        assert!(connections.expire(), "it was used just now");
        for (_, since) in &mut connections.idle().waiting {
            *since = since.checked_sub(connections.idle_timeout).unwrap();
        }
        assert!(!connections.expire());
        assert!(connections.idle().waiting.is_empty() && !connections.idle().is_swept);
    }
}
