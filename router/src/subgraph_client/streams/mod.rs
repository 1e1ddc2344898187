//! Streams of events from subgraphs: where a subscription's root field runs.
//!
//! A stream has a connection of its own, which is closed when the stream is dropped; so a client
//! that goes away ends the work in the subgraph too. What carries it is configured for each
//! subgraph: an HTTP response that goes on and on (server-sent events or parts of a multipart
//! body, as the subgraph likes better), or a WebSocket.

mod config;
mod dial;
mod event_stream;
mod http_stream;
mod multipart;
mod websocket;

use std::time::Duration;

use bytes::Bytes;
use executor::SendError;
use http::{HeaderMap, Uri};

pub(crate) use config::{ModeConfig, StreamProtocol, SubgraphStream};
pub(crate) use dial::{Dialer, tcp_connector};

use http_stream::HttpStream;
use websocket::WebSocket;

/// How a subgraph streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// In the response to a POST.
    Http,
    /// By `graphql-transport-ws`, the sub-protocol of the `graphql-ws` library, asking so often
    /// whether the other side is still there.
    WebSocket {
        /// How often.
        heartbeat: Duration,
    },
}

/// Where a stream is opened, and how.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) dialer: Dialer,
    /// The path and query that is asked for.
    pub(crate) path: Uri,
    pub(crate) protocol: Protocol,
    /// How long opening may take.
    pub(crate) timeout: Duration,
    /// The largest event in bytes.
    pub(crate) max_event_bytes: usize,
}

/// A subgraph's stream of events.
#[derive(Debug)]
pub(crate) enum Stream {
    /// Over HTTP.
    Http(HttpStream),
    /// Over a WebSocket.
    WebSocket(Box<WebSocket>),
}

impl Source {
    /// Whether streams from here come from there too.
    pub(crate) fn leads_to(&self, other: &Self) -> bool {
        self.dialer.host() == other.dialer.host() && self.path == other.path
    }

    /// Opens a stream: `body` is the request, JSON with `query` and the like.
    pub(crate) async fn open(&self, headers: HeaderMap, body: &Bytes) -> Result<Stream, SendError> {
        let opening = async {
            Ok(match self.protocol {
                Protocol::Http => Stream::Http(http_stream::open(self, headers, body).await?),
                Protocol::WebSocket { heartbeat } => {
                    let socket = websocket::open(self, headers, body, heartbeat).await?;
                    Stream::WebSocket(Box::new(socket))
                }
            })
        };
        tokio::time::timeout(self.timeout, opening)
            .await
            .unwrap_or(Err(SendError::Timeout {
                after: self.timeout,
            }))
    }
}

impl Stream {
    /// The next event, JSON with `data` or `errors`; none when the stream has ended. After an error
    /// nothing more comes. The future may be dropped and asked for again without losing an event.
    pub(crate) async fn next(&mut self) -> Option<Result<Bytes, SendError>> {
        match self {
            Self::Http(stream) => stream.next().await,
            Self::WebSocket(socket) => socket.next().await,
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` hands errors over")]
fn broken(reason: impl ToString) -> SendError {
    SendError::Connection {
        reason: reason.to_string(),
    }
}
