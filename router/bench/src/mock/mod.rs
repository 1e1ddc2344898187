//! The mock subgraphs: one process that answers for all subgraphs of a workload and counts.
//!
//! Each subgraph has its own address, as in production. A request's answer is worked out from the
//! universe when it is first seen and kept; from then on it costs a look into a map. On every
//! address, `GET /requests` tells how many requests were answered; `POST /recording` starts to
//! write down what is asked and `GET /recording` ends that and tells it.

mod answer;
mod document;
mod recording;

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

pub(crate) use answer::{AnswerError, answer};
pub(crate) use recording::Call;
use recording::Recorder;

use crate::universe::Universe;

/// The largest request that is read, in bytes.
const MAX_REQUEST: usize = 16 * 1024 * 1024;
/// How many answers are kept; more kinds of request than that no workload has.
const MAX_PREPARED: usize = 10_000;
/// How long an answer is held back while a recording runs, so that requests which do not wait for
/// each other are seen to overlap.
const HELD_BACK: Duration = Duration::from_millis(20);

/// The subgraphs of a universe.
#[derive(Debug)]
pub(crate) struct Mock {
    universe: &'static Universe,
    prepared: Mutex<HashMap<Bytes, Bytes>>,
    requests: AtomicU64,
    recorder: Recorder,
}

impl Mock {
    pub(crate) fn new(universe: &'static Universe) -> Arc<Self> {
        Arc::new(Self {
            universe,
            prepared: Mutex::default(),
            requests: AtomicU64::new(0),
            recorder: Recorder::default(),
        })
    }

    /// Serves the universe's subgraphs, one on each address, until the process ends.
    ///
    /// # Errors
    /// When there are more or fewer addresses than subgraphs, or one is taken.
    pub(crate) async fn run(self: Arc<Self>, addresses: &[SocketAddr]) -> anyhow::Result<()> {
        let graphs = self.universe.graphs;
        if addresses.len() != graphs.len() {
            anyhow::bail!(
                "the workload has {} subgraphs ({}), and {} addresses are given",
                graphs.len(),
                graphs.join(", "),
                addresses.len()
            );
        }
        let mut servers = tokio::task::JoinSet::new();
        for (graph, address) in addresses.iter().enumerate() {
            let listener = crate::listen(*address).await?;
            servers.spawn(Arc::clone(&self).serve(graph, listener));
        }
        while servers.join_next().await.is_some() {}
        Ok(())
    }

    /// Serves one subgraph.
    pub(crate) async fn serve(self: Arc<Self>, graph: usize, listener: TcpListener) {
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                // Out of file descriptors, most likely: the next connection may find one.
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            };
            // Without it nothing fails, it only gets slower.
            let _ = stream.set_nodelay(true);
            let mock = Arc::clone(&self);
            tokio::spawn(async move {
                let service = service_fn(move |request| {
                    let mock = Arc::clone(&mock);
                    async move { Ok::<_, Infallible>(mock.respond(graph, request).await) }
                });
                // A connection that breaks is seen by whoever was at its other end.
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    }

    async fn respond(&self, graph: usize, request: Request<Incoming>) -> Response<Full<Bytes>> {
        match (request.method(), request.uri().path()) {
            (&Method::POST, "/graphql") => self.graphql(graph, request).await,
            (&Method::GET, "/requests") => response(
                StatusCode::OK,
                self.requests.load(Ordering::Relaxed).to_string(),
            ),
            (&Method::POST, "/recording") => {
                self.recorder.start();
                response(StatusCode::OK, Bytes::new())
            }
            (&Method::GET, "/recording") => response(StatusCode::OK, self.recorder.finish()),
            _ => response(StatusCode::NOT_FOUND, "not found"),
        }
    }

    async fn graphql(&self, graph: usize, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let Ok(body) = Limited::new(request.into_body(), MAX_REQUEST)
            .collect()
            .await
        else {
            return response(StatusCode::BAD_REQUEST, "the body cannot be read");
        };
        let body = body.to_bytes();
        self.requests.fetch_add(1, Ordering::Relaxed);
        let answer = self.prepared(&body);
        let call = self.recorder.begin(graph, &body);
        if let Some(delay) = self.universe.delay(graph) {
            tokio::time::sleep(delay).await;
        }
        if let Some(call) = call {
            tokio::time::sleep(HELD_BACK).await;
            self.recorder.end(call);
        }
        match answer {
            Ok(answer) => response(StatusCode::OK, answer),
            Err(error) => {
                let problem = serde_json::json!({"errors": [{"message": error.to_string()}]});
                response(StatusCode::OK, problem.to_string())
            }
        }
    }

    fn prepared(&self, body: &Bytes) -> Result<Bytes, AnswerError> {
        let mut prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = prepared.get(body) {
            return Ok(answer.clone());
        }
        let answer = answer(self.universe, body)?;
        if prepared.len() < MAX_PREPARED {
            prepared.insert(body.clone(), answer.clone());
        }
        Ok(answer)
    }
}

fn response(status: StatusCode, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
