//! The clients: so many connections, each with one request after the other; some leave early.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::CONNECTIONS;
use crate::data;
use crate::judge::Tally;
use crate::random::Random;

/// Sends so many requests over all connections together, and judges the answers.
pub(crate) async fn run(router: SocketAddr, requests: usize, seed: u64) -> Tally {
    let begun = Arc::new(AtomicUsize::new(0));
    let mut clients = JoinSet::new();
    for number in 0..CONNECTIONS {
        let random = Random::new(seed, number as u64);
        let begun = Arc::clone(&begun);
        clients.spawn(async move {
            let mut client = Client {
                router,
                random,
                connection: None,
                tally: Tally::default(),
            };
            while begun.fetch_add(1, Ordering::Relaxed) < requests {
                client.ask().await;
            }
            client.tally
        });
    }
    let mut tally = Tally::default();
    while let Some(one) = clients.join_next().await {
        tally += one.unwrap();
    }
    tally
}

struct Client {
    router: SocketAddr,
    random: Random,
    connection: Option<SendRequest<Full<Bytes>>>,
    tally: Tally,
}

impl Client {
    async fn ask(&mut self) {
        let ids = self.ids();
        let body = json!({ "query": data::QUERY, "variables": { "ids": ids } }).to_string();
        let request = hyper::Request::post("/graphql")
            .header("host", "router")
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body)))
            .unwrap();
        let mut connection = match self.connection.take() {
            Some(open) if !open.is_closed() => open,
            _ => self.connect().await,
        };
        let asking = async {
            let response = connection.send_request(request).await?;
            let (head, body) = response.into_parts();
            let body = body.collect().await?.to_bytes();
            Ok::<_, hyper::Error>((head.status.as_u16(), body))
        };
        let patience = if self.random.below(50) == 0 {
            // Leaves while the router works; the connection is closed as it is dropped.
            Duration::from_micros(self.random.below(20_000) as u64)
        } else {
            Duration::from_secs(120)
        };
        match tokio::time::timeout(patience, asking).await {
            Err(_) if patience < Duration::from_secs(1) => self.tally.left += 1,
            Err(_) => self.tally.wrong.push("no answer at all".to_owned()),
            Ok(Err(error)) => self.tally.wrong.push(format!("no answer: {error}")),
            Ok(Ok((status, body))) => {
                self.tally.judge(&ids, status, &body);
                self.connection = Some(connection);
            }
        }
    }

    /// Whom to ask for. Often the same as others at the same time.
    fn ids(&mut self) -> Vec<String> {
        let (first, many) = match self.random.below(4) {
            0 => (1, 3),
            _ => (self.random.below(100_000), 1 + self.random.below(4)),
        };
        (first..first + many).map(|id| id.to_string()).collect()
    }

    async fn connect(&self) -> SendRequest<Full<Bytes>> {
        let stream = TcpStream::connect(self.router).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        sender
    }
}
