//! Connections to one host over plain HTTP/1.1, kept open between requests.
//!
//! Subgraphs mostly stand behind plain HTTP in the same network, and a query can cost a dozen
//! requests to them. hyper's general client finds its pool by hashing scheme and host, writes each
//! request's address anew and spawns a task to take the connection back. Here the host is known
//! beforehand, and whoever has read a response to its end puts the connection back.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use http::uri::{Authority, PathAndQuery};
use http::{HeaderValue, Request, Uri, header, response};
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::client::legacy::connect::HttpConnector;
use tokio::time::Instant;
use tower_service::Service as _;

use super::http_client::{HttpClientError, causes, read_answer};

/// Shorter than what servers commonly keep, so that a request seldom meets a closing connection.
pub(super) const IDLE_TIMEOUT: Duration = Duration::from_secs(50);
/// How often connections that were idle for too long are looked for.
const SWEEP: Duration = Duration::from_secs(10);

/// The connections to one host.
#[derive(Debug)]
pub(crate) struct Connections {
    /// Where to connect to.
    address: Uri,
    host: HeaderValue,
    connector: HttpConnector,
    idle: Mutex<Idle>,
}

/// Connections that wait for a request.
#[derive(Debug, Default)]
struct Idle {
    /// The one that was used last stands at the end, and is used next: so the others may expire.
    waiting: VecDeque<(SendRequest<Full<Bytes>>, Instant)>,
    /// Whether a task looks after them.
    is_swept: bool,
}

impl Connections {
    /// None yet. Fails when the address is no plain one.
    pub(super) fn new(authority: &Authority, connector: HttpConnector) -> Option<Self> {
        let address = Uri::builder()
            .scheme("http")
            .authority(authority.clone())
            .path_and_query(PathAndQuery::from_static("/"))
            .build()
            .ok()?;
        // As any client writes it: without what is for the server alone, and without the usual port.
        let host = match authority.port_u16() {
            Some(port) if port != 80 => format!("{}:{port}", authority.host()),
            _ => authority.host().to_owned(),
        };
        Some(Self {
            address,
            host: HeaderValue::try_from(host).ok()?,
            connector,
            idle: Mutex::default(),
        })
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
            headers.insert(header::HOST, self.host.clone());
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
            tokio::spawn(sweep(Arc::downgrade(self)));
        }
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, HttpClientError> {
        let stream = self
            .connector
            .clone()
            .call(self.address.clone())
            .await
            .map_err(|error| HttpClientError::Connect(causes(&error)))?;
        let (sender, connection) = http1::handshake(stream)
            .await
            .map_err(|error| HttpClientError::Connect(causes(&error)))?;
        // Ends when the other side closes it, or when nobody can send over it any more.
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!("a connection to a subgraph ended: {error}");
            }
        });
        Ok(sender)
    }

    /// Closes what was idle for too long; says whether anything is left.
    fn expire(&self) -> bool {
        let mut idle = self.idle();
        idle.waiting.retain(|(connection, since)| {
            since.elapsed() < IDLE_TIMEOUT && !connection.is_closed()
        });
        idle.is_swept = !idle.waiting.is_empty();
        idle.is_swept
    }
}

/// Runs while there are idle connections.
async fn sweep(connections: Weak<Connections>) {
    loop {
        tokio::time::sleep(SWEEP).await;
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
        Arc::new(Connections::new(&authority, HttpConnector::new()).unwrap())
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
            *since = since.checked_sub(IDLE_TIMEOUT).unwrap();
        }
        assert!(!connections.expire());
        assert!(connections.idle().waiting.is_empty() && !connections.idle().is_swept);
    }
}
