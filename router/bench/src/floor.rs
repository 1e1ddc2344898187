//! The floor: what it costs to move the bytes, and nothing more.
//!
//! For a workload with one subgraph it is a reverse proxy of axum and hyper that streams both
//! bodies. For one with several it does what a router must do at the least: it sends the requests
//! that a router was seen to send, round by round, reads the answers, and writes the final answer,
//! which it knows beforehand. It reads no GraphQL and no JSON while it serves.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::serve::ListenerExt as _;
use bytes::Bytes;
use futures_util::future::try_join_all;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

/// The largest request that is read whole, in bytes.
const MAX_REQUEST: usize = 2 * 1024 * 1024;

/// What the floor does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Floor {
    /// Passes it on to this host and port.
    Proxy(SocketAddr),
    /// Plays what is written for it.
    Play(Vec<Scene>),
}

/// What is to be done for one request of a client.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Scene {
    /// The client's body, byte for byte.
    pub(crate) request: String,
    /// Requests to subgraphs; those of a round go out together.
    pub(crate) rounds: Vec<Vec<Line>>,
    /// The body of the answer.
    pub(crate) answer: String,
}

/// One request to a subgraph.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Line {
    pub(crate) url: String,
    pub(crate) body: String,
}

impl Floor {
    /// Serves on `listener` until the process ends.
    ///
    /// # Errors
    /// When a URL in a scene is none.
    pub(crate) async fn serve(self, listener: TcpListener) -> anyhow::Result<()> {
        let app = match self {
            Self::Proxy(to) => Router::new().fallback(pass_on).with_state(Proxy {
                to,
                client: client(),
            }),
            Self::Play(scenes) => Router::new()
                .fallback(play)
                .with_state(Arc::new(Stage::new(scenes)?)),
        };
        let listener = listener.tap_io(|stream| {
            // Without it nothing fails, it only gets slower.
            let _ = stream.set_nodelay(true);
        });
        axum::serve(listener, app).await.context("serving")
    }
}

fn client<B>() -> Client<HttpConnector, B>
where
    B: hyper::body::Body + Send,
    B::Data: Send,
{
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new()).build(connector)
}

#[derive(Clone)]
struct Proxy {
    to: SocketAddr,
    client: Client<HttpConnector, Body>,
}

async fn pass_on(State(proxy): State<Proxy>, mut request: Request) -> Response {
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", axum::http::uri::PathAndQuery::as_str);
    let uri = Uri::builder()
        .scheme("http")
        .authority(proxy.to.to_string())
        .path_and_query(path)
        .build();
    let Ok(uri) = uri else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    *request.uri_mut() = uri;
    // The client writes the one that fits the new address.
    request.headers_mut().remove(HOST);
    match proxy.client.request(request).await {
        Ok(response) => response.map(Body::new),
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

/// Scenes by the request that they belong to.
struct Stage {
    client: Client<HttpConnector, Full<Bytes>>,
    scenes: HashMap<Bytes, Prepared>,
}

struct Prepared {
    rounds: Vec<Vec<(Uri, Bytes)>>,
    answer: Bytes,
}

impl Stage {
    fn new(scenes: Vec<Scene>) -> anyhow::Result<Self> {
        let mut prepared = HashMap::new();
        for scene in scenes {
            let mut rounds = Vec::new();
            for round in scene.rounds {
                let line = |line: Line| {
                    let uri = line
                        .url
                        .parse()
                        .with_context(|| format!("`{}` is no URL", line.url))?;
                    Ok((uri, Bytes::from(line.body)))
                };
                rounds.push(
                    round
                        .into_iter()
                        .map(line)
                        .collect::<anyhow::Result<Vec<_>>>()?,
                );
            }
            let answer = Bytes::from(scene.answer);
            prepared.insert(Bytes::from(scene.request), Prepared { rounds, answer });
        }
        Ok(Self {
            client: client(),
            scenes: prepared,
        })
    }

    async fn ask(&self, uri: &Uri, body: &Bytes) -> Result<Bytes, String> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(uri.clone())
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body.clone()))
            .map_err(|error| error.to_string())?;
        let response = self
            .client
            .request(request)
            .await
            .map_err(|error| error.to_string())?;
        if response.status() != StatusCode::OK {
            return Err(format!(
                "a subgraph answered with status {}",
                response.status()
            ));
        }
        let body = response.into_body().collect().await;
        body.map(http_body_util::Collected::to_bytes)
            .map_err(|error| error.to_string())
    }
}

async fn play(State(stage): State<Arc<Stage>>, request: Request) -> Response {
    let Ok(body) = axum::body::to_bytes(request.into_body(), MAX_REQUEST).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let Some(scene) = stage.scenes.get(&body) else {
        return (StatusCode::NOT_FOUND, "nothing is written for this request").into_response();
    };
    // The answers are kept until the end, as they are by whoever makes one answer of them.
    let mut answers = Vec::new();
    for round in &scene.rounds {
        let asked = round.iter().map(|(uri, body)| stage.ask(uri, body));
        match try_join_all(asked).await {
            Ok(round) => answers.extend(round),
            Err(reason) => return (StatusCode::BAD_GATEWAY, reason).into_response(),
        }
    }
    drop(answers);
    ([(CONTENT_TYPE, "application/json")], scene.answer.clone()).into_response()
}
