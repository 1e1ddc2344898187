//! Subscriptions from end to end: a subgraph that streams, the router, a client that listens.

mod http;
mod life;
mod websocket;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Response};
use axum::routing::post;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server as upgrade;

use crate::support::{LINK, Subgraph, eventually};

const MUSIC: &str = "type Query { top: Int } type Subscription { trackLoved(id: ID!): Track } type Track @key(fields: \"id\") { id: ID! }";
const CATALOGUE: &str =
    "type Query { albums: Int } type Track @key(fields: \"id\") { id: ID! title: String }";

/// What the router asks for and what it is answered, in JSON.
const SUBSCRIPTION: &str = "subscription { loved: trackLoved(id: 7) { title } }";

fn answer(title: &str) -> Value {
    json!({ "data": { "loved": { "title": title } } })
}

fn event(id: &str) -> String {
    json!({ "data": { "loved": { "id": id } } }).to_string()
}

/// The subgraph that knows titles: that of track 7, whoever asks.
async fn catalogue() -> Subgraph {
    let data = json!({ "_entities": [{ "title": "So What" }] });
    Subgraph::with_data("catalogue", CATALOGUE, data).await
}

/// A subgraph whose streams a test feeds by hand.
struct Streaming {
    subgraph: Subgraph,
    streams: Arc<Mutex<Vec<Opened>>>,
}

/// A stream that was opened.
struct Opened {
    headers: HeaderMap,
    /// The request, or what a WebSocket said first and then.
    asked: Value,
    feed: mpsc::UnboundedSender<String>,
}

impl Streaming {
    /// Streams over HTTP, with this content type.
    async fn over_http(content_type: &'static str) -> Self {
        let streams: Arc<Mutex<Vec<Opened>>> = Arc::default();
        let opened = Arc::clone(&streams);
        let handler = move |headers: HeaderMap, body: Bytes| async move {
            let (feed, queue) = mpsc::unbounded_channel::<String>();
            let asked: Value = serde_json::from_slice(&body).unwrap();
            if !asked["query"].as_str().unwrap().starts_with("subscription") {
                let answer = json!({ "data": { "top": 1 } }).to_string();
                return Response::builder()
                    .header("content-type", "application/json")
                    .body(Body::from(answer))
                    .unwrap();
            }
            opened.lock().unwrap().push(Opened {
                headers,
                asked,
                feed,
            });
            let pieces = futures_util::stream::unfold(queue, |mut queue| async {
                let piece = queue.recv().await?;
                Some((Ok::<_, std::io::Error>(piece), queue))
            });
            Response::builder()
                .header("content-type", content_type)
                .body(Body::from_stream(pieces))
                .unwrap()
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let app = Router::new().route("/graphql", post(handler));
        Self {
            subgraph: Subgraph::around(listener, "music", format!("{LINK}\n{MUSIC}"), app),
            streams,
        }
    }

    /// Streams over WebSockets, on a port of their own, which is given too. A test feeds whole messages.
    async fn over_websocket() -> (Self, u16) {
        let streams: Arc<Mutex<Vec<Opened>>> = Arc::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let opened = Arc::clone(&streams);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve_websocket(stream, Arc::clone(&opened)));
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sdl = format!("{LINK}\n{MUSIC}");
        let streaming = Self {
            subgraph: Subgraph::around(listener, "music", sdl, Router::new()),
            streams,
        };
        (streaming, port)
    }

    /// Waits until so many streams are open.
    async fn opened(&self, count: usize) {
        eventually("the stream is open", || async {
            self.streams.lock().unwrap().len() == count
        })
        .await;
    }

    /// Sends something on the last stream.
    fn feed(&self, text: impl Into<String>) {
        let streams = self.streams.lock().unwrap();
        streams.last().unwrap().feed.send(text.into()).unwrap();
    }

    /// Breaks the last stream off.
    fn end(&self) {
        self.streams.lock().unwrap().pop();
    }

    /// Waits until whoever opened the stream has gone.
    async fn left(&self) {
        eventually("the stream is left", || async {
            let streams = self.streams.lock().unwrap();
            streams.iter().all(|opened| opened.feed.is_closed())
        })
        .await;
    }
}

#[expect(
    clippy::result_large_err,
    reason = "the library wants the refusal as a response"
)]
async fn serve_websocket(stream: tokio::net::TcpStream, opened: Arc<Mutex<Vec<Opened>>>) {
    let mut headers = HeaderMap::new();
    let accepted = tokio_tungstenite::accept_hdr_async(
        stream,
        |request: &upgrade::Request, mut response: upgrade::Response| {
            headers = request.headers().clone();
            let protocol = headers["sec-websocket-protocol"].clone();
            response
                .headers_mut()
                .insert("sec-websocket-protocol", protocol);
            Ok(response)
        },
    )
    .await;
    let Ok(mut socket) = accepted else { return };
    let Some(Ok(Message::Text(init))) = socket.next().await else {
        return;
    };
    socket
        .send(Message::text("{\"type\":\"connection_ack\"}"))
        .await
        .unwrap();
    let Some(Ok(Message::Text(subscribe))) = socket.next().await else {
        return;
    };
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let (feed, mut queue) = mpsc::unbounded_channel();
    opened.lock().unwrap().push(Opened {
        headers,
        asked: json!([parse(&init), parse(&subscribe)]),
        feed,
    });
    loop {
        tokio::select! {
            text = queue.recv() => match text {
                Some(text) => socket.send(Message::text(text)).await.unwrap(),
                None => return,
            },
            heard = socket.next() => match heard {
                Some(Ok(_)) => {}
                _ => return,
            },
        }
    }
}

/// What a response brings, piece by piece.
struct Listening {
    response: reqwest::Response,
    heard: String,
}

impl Listening {
    fn to(response: reqwest::Response) -> Self {
        Self {
            response,
            heard: String::new(),
        }
    }

    /// Waits until this has come.
    async fn until(&mut self, text: &str) {
        while !self.heard.contains(text) {
            let piece = tokio::time::timeout(Duration::from_secs(10), self.response.chunk());
            let piece = piece.await;
            let piece = piece.unwrap_or_else(|_| panic!("no {text} in {}", self.heard));
            let piece = piece.unwrap();
            let piece = piece.unwrap_or_else(|| panic!("no {text} in {}", self.heard));
            self.heard.push_str(std::str::from_utf8(&piece).unwrap());
        }
    }

    /// All of it, to its end.
    async fn whole(mut self) -> String {
        while let Some(piece) = self.response.chunk().await.unwrap() {
            self.heard.push_str(std::str::from_utf8(&piece).unwrap());
        }
        self.heard
    }
}
