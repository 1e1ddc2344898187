//! Clients that ask one after another, each over its own connection, and check every answer.

mod chunked;
mod connection;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::histogram::Histogram;
use crate::workloads::Exchange;
use connection::Connection;
pub(crate) use connection::ExchangeError;

/// How long a run may go on beyond its time until what is missing is given up.
const GRACE: Duration = Duration::from_secs(30);
/// How much of a wrong answer is shown, in characters.
const SHOWN: usize = 300;

/// When a run ends: whichever comes first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) requests: u64,
    pub(crate) time: Duration,
}

/// What a run came to. Every counted answer was right.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) elapsed: Duration,
    pub(crate) latencies: Histogram,
}

/// Why a run did not end well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("cannot connect: {0}")]
    Connect(std::io::Error),
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    #[error("the answer is wrong: {0}")]
    Wrong(String),
    #[error("there is no answer {} s after the end of the run", GRACE.as_secs())]
    Stalled,
    #[error("a client ended early: {0}")]
    Client(#[from] tokio::task::JoinError),
}

/// Open connections, each with what it asks.
#[derive(Debug)]
pub(crate) struct Load {
    clients: Vec<Client>,
}

#[derive(Debug)]
struct Client {
    connection: Connection,
    /// Head and body.
    request: Bytes,
    expected: Expected,
}

/// What is right, and the last bytes that were found to say the same.
#[derive(Debug)]
struct Expected {
    accepted: Bytes,
    answer: Bytes,
}

impl Load {
    /// Connects one client for each exchange.
    ///
    /// # Errors
    /// When nobody listens there.
    pub(crate) async fn open(
        address: SocketAddr,
        exchanges: &[Exchange],
    ) -> Result<Self, LoadError> {
        let mut clients = Vec::with_capacity(exchanges.len());
        for exchange in exchanges {
            clients.push(Client {
                connection: Connection::open(address)
                    .await
                    .map_err(LoadError::Connect)?,
                request: http_request(address, &exchange.request),
                expected: Expected {
                    accepted: exchange.answer.clone(),
                    answer: exchange.answer.clone(),
                },
            });
        }
        Ok(Self { clients })
    }

    /// Lets one client ask once.
    ///
    /// # Errors
    /// When the answer is wrong or there is none.
    pub(crate) async fn ask_once(&mut self, client: usize) -> Result<(), LoadError> {
        let Some(client) = self.clients.get_mut(client) else {
            return Ok(());
        };
        tokio::time::timeout(GRACE, client.ask())
            .await
            .map_err(|_| LoadError::Stalled)?
    }

    /// Lets all clients ask until a limit is reached. The connections stay open.
    ///
    /// # Errors
    /// When an answer is wrong, a connection breaks or nothing comes any more. Connections may be
    /// lost then.
    pub(crate) async fn run(&mut self, limits: Limits) -> Result<Outcome, LoadError> {
        let left = Arc::new(AtomicI64::new(
            i64::try_from(limits.requests).unwrap_or(i64::MAX),
        ));
        let start = Instant::now();
        let end = start + limits.time;
        let mut running = JoinSet::new();
        for mut client in self.clients.drain(..) {
            let left = Arc::clone(&left);
            running.spawn(async move {
                let mut latencies = Histogram::default();
                let mut before = Instant::now();
                while before < end && left.fetch_sub(1, Ordering::Relaxed) > 0 {
                    client.ask().await?;
                    let after = Instant::now();
                    latencies.record(after - before);
                    before = after;
                }
                Ok::<_, LoadError>((client, latencies))
            });
        }
        let mut latencies = Histogram::default();
        let all = async {
            while let Some(ended) = running.join_next().await {
                let (client, counted) = ended??;
                latencies.merge(&counted);
                self.clients.push(client);
            }
            Ok::<_, LoadError>(())
        };
        tokio::time::timeout_at(end + GRACE, all)
            .await
            .map_err(|_| LoadError::Stalled)??;
        Ok(Outcome {
            elapsed: start.elapsed(),
            latencies,
        })
    }
}

impl Client {
    async fn ask(&mut self) -> Result<(), LoadError> {
        let response = self.connection.exchange(&self.request).await?;
        if response.status == 200 && response.body == self.expected.accepted {
            return Ok(());
        }
        self.expected
            .check(response.status, response.body)
            .map_err(LoadError::Wrong)
    }
}

impl Expected {
    /// Checks an answer that is not byte for byte what was accepted before: the same data may be
    /// written in other ways. Says what is wrong.
    fn check(&mut self, status: u16, body: &[u8]) -> Result<(), String> {
        let shown = || {
            let text = String::from_utf8_lossy(body);
            text.chars().take(SHOWN).collect::<String>()
        };
        if status != 200 {
            return Err(format!("HTTP status {status}: {}", shown()));
        }
        let parsed: Value = serde_json::from_slice(body)
            .map_err(|error| format!("no JSON ({error}): {}", shown()))?;
        if parsed.get("errors").is_some() {
            return Err(format!("it has errors: {}", shown()));
        }
        let right: Value =
            serde_json::from_slice(&self.answer).map_err(|error| error.to_string())?;
        if parsed.get("data") != right.get("data") {
            return Err(format!("other data than expected: {}", shown()));
        }
        self.accepted = Bytes::copy_from_slice(body);
        Ok(())
    }
}

fn http_request(address: SocketAddr, body: &[u8]) -> Bytes {
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         accept: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat().into()
}

/// Asks a mock about itself: a request without a body over a connection of its own.
///
/// # Errors
/// When it does not answer with status 200.
pub(crate) async fn control(
    address: SocketAddr,
    method: &str,
    path: &str,
) -> anyhow::Result<Bytes> {
    let request =
        format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\ncontent-length: 0\r\n\r\n");
    let mut connection = Connection::open(address).await?;
    let response = connection.exchange(request.as_bytes()).await?;
    if response.status != 200 {
        anyhow::bail!(
            "{method} {path} was answered with status {}",
            response.status
        );
    }
    Ok(Bytes::copy_from_slice(response.body))
}

#[cfg(test)]
fn expected(answer: &'static str) -> Expected {
    Expected {
        accepted: Bytes::from_static(answer.as_bytes()),
        answer: Bytes::from_static(answer.as_bytes()),
    }
}

#[test]
fn the_same_data_may_be_written_in_another_way() {
    let mut expected = expected(r#"{"data":{"a":"é","b":[1.5]}}"#);
    let other = "{ \"data\": {\"b\": [1.50], \"a\": \"\\u00e9\"}, \"extensions\": {} }";
    expected.check(200, other.as_bytes()).unwrap();
    assert_eq!(expected.accepted, other);
    // The next comparison is still with what is right.
    assert!(
        expected
            .check(200, br#"{"data":{"a":"e","b":[1.5]}}"#)
            .is_err()
    );
}

#[test]
fn wrong_answers_do_not_count() {
    let mut expected = expected(r#"{"data":{"a":1}}"#);
    let mut problem = |status, body: &str| expected.check(status, body.as_bytes()).unwrap_err();
    assert_eq!(problem(503, "down"), "HTTP status 503: down");
    assert!(problem(200, "{").starts_with("no JSON"));
    assert!(problem(200, r#"{"data":{"a":1},"errors":[]}"#).starts_with("it has errors"));
    assert!(problem(200, r#"{"data":{"a":2}}"#).starts_with("other data"));
    assert!(problem(200, r#"{"data":{"a":1,"b":2}}"#).starts_with("other data"));
    assert!(problem(200, "{}").starts_with("other data"));
}
