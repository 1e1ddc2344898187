//! The outer ends of the pipeline: a client and subgraphs that speak HTTP with a router between them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use executor::SendError;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::case::{Case, Exchange, Shown};
use super::rows::CannedSubgraph;
use crate::support::http::client;
use crate::support::metrics::Metrics;

/// The headers of a response that a case shows; the others are the same everywhere.
const SHOWN_OF_RESPONSES: [&str; 2] = ["content-type", "allow"];
/// The headers of a subgraph request that a case shows.
const SHOWN_OF_REQUESTS: [&str; 4] = ["accept", "accept-encoding", "authorization", "content-type"];

/// One subgraph behind HTTP.
struct Served {
    name: String,
    canned: CannedSubgraph,
    seen: Arc<Mutex<String>>,
    /// Answers wait until the router has begun so many operations.
    held_for: Arc<Mutex<u64>>,
    /// Where the router's numbers are, once it runs.
    metrics: Arc<Mutex<String>>,
}

/// Carries out a case's exchanges, one after the other.
pub(super) async fn run(case: &Case) -> Result<Shown, String> {
    let seen: Arc<Mutex<String>> = Arc::default();
    let held_for: Arc<Mutex<u64>> = Arc::default();
    let metrics: Arc<Mutex<String>> = Arc::default();
    let mut parsed = Vec::new();
    for (name, sdl) in &case.subgraphs {
        let rows = case.rows.get(name).map_or("{}", String::as_str);
        let served = Arc::new(Served {
            name: name.clone(),
            canned: CannedSubgraph::new(sdl, rows)?,
            seen: Arc::clone(&seen),
            held_for: Arc::clone(&held_for),
            metrics: Arc::clone(&metrics),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(told)?;
        let url = format!("http://{}/graphql", listener.local_addr().map_err(told)?);
        let app = Router::new()
            .route("/graphql", post(answer))
            .with_state(served);
        tokio::spawn(async move { axum::serve(listener, app).await });
        let subgraph = subgraph::Subgraph::parse(name, &url, sdl);
        parsed.push(subgraph.map_err(|problems| super::render(&problems))?);
    }
    let composition = composition::compose(&parsed);
    let supergraph = composition
        .supergraph
        .ok_or_else(|| super::render(&composition.problems))?;
    let folder = tempfile::tempdir().map_err(told)?;
    let file = folder.path().join("supergraph.graphql");
    std::fs::write(&file, supergraph.model().print()).map_err(told)?;
    let config = folder.path().join("router.yaml");
    std::fs::write(&config, &case.config).map_err(told)?;
    let server = router::Server::bind(router::ServeOptions {
        supergraph: Some(file),
        config: Some(config),
        listen: Some("127.0.0.1:0".to_owned()),
        ..router::ServeOptions::default()
    });
    let server = server.await.map_err(told)?;
    let router::ListenAddress::Tcp(address) = *server.address() else {
        return Err("a port was asked for".to_owned());
    };
    let base = format!("http://{address}");
    metrics
        .lock()
        .expect("no panic")
        .push_str(&format!("{base}/metrics"));
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(server.run(async {
        let _ = stopped.await;
    }));
    let client = client();
    let health = format!("{base}/health?ready");
    while !is_ready(&client, &health).await {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut responses = Vec::new();
    for exchange in &case.exchanges {
        responses.push(perform(&client, &base, exchange, &held_for).await?);
    }
    drop(stop);
    running.await.map_err(told)?.map_err(told)?;
    let requests = seen.lock().expect("no panic").clone();
    Ok(Shown::Responses {
        responses,
        requests,
    })
}

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}

async fn is_ready(client: &reqwest::Client, url: &str) -> bool {
    let answer = client.get(url).send().await;
    answer.is_ok_and(|answer| answer.status().is_success())
}

/// Sends a request, and its twin if it has one, and shows what came back.
async fn perform(
    client: &reqwest::Client,
    base: &str,
    exchange: &Exchange,
    held_for: &Mutex<u64>,
) -> Result<String, String> {
    if exchange.is_twice {
        let begun = operations_begun(&format!("{base}/metrics")).await;
        *held_for.lock().expect("no panic") = begun + 2;
        let (one, other) = tokio::join!(send(client, base, exchange), send(client, base, exchange));
        let (one, other) = (one?, other?);
        if one != other {
            return Err(format!("the twins differ:\n{one}\n{other}"));
        }
        return Ok(one);
    }
    send(client, base, exchange).await
}

async fn send(client: &reqwest::Client, base: &str, exchange: &Exchange) -> Result<String, String> {
    let method: reqwest::Method = exchange.method.parse().map_err(told)?;
    let mut request = client.request(method, format!("{base}{}", exchange.path));
    for (name, value) in &exchange.headers {
        request = request.header(name, value);
    }
    let response = request.body(exchange.body.clone()).send().await;
    let response = response.map_err(told)?;
    let mut shown = format!("{}\n", response.status());
    for name in SHOWN_OF_RESPONSES {
        for value in response.headers().get_all(name) {
            shown.push_str(&format!("{name}: {}\n", value.to_str().map_err(told)?));
        }
    }
    let body = response.text().await.map_err(told)?;
    shown.push('\n');
    shown.push_str(&body.replace("\r\n", "\n"));
    Ok(shown)
}

/// How many operations the router has found or made a plan for.
async fn operations_begun(metrics: &str) -> u64 {
    let metrics = Metrics::read(metrics).await;
    metrics.sum("router_plan_cache_hits_total", "")
        + metrics.sum("router_plan_cache_misses_total", "")
}

/// A subgraph's answer to a POST.
async fn answer(State(served): State<Arc<Served>>, headers: HeaderMap, body: Bytes) -> Response {
    let mut shown = format!("POST to {}\n", served.name);
    for name in SHOWN_OF_REQUESTS {
        if let Some(value) = headers.get(name) {
            shown.push_str(&format!("{name}: {}\n", value.to_str().unwrap_or("?")));
        }
    }
    shown.push_str(&format!("\n{}\n\n", String::from_utf8_lossy(&body)));
    served.seen.lock().expect("no panic").push_str(&shown);
    served.wait().await;
    let asked: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
    if asked["query"]
        .as_str()
        .expect("text")
        .starts_with("subscription")
    {
        let events = served.canned.events(&body);
        let mut stream = String::new();
        for event in events {
            let event = String::from_utf8_lossy(&event).into_owned();
            stream.push_str(&format!("event: next\ndata: {event}\n\n"));
        }
        stream.push_str("event: complete\n\n");
        return ([("content-type", "text/event-stream")], stream).into_response();
    }
    match served.canned.answer(&body) {
        Ok(body) => ([("content-type", "application/json")], body).into_response(),
        Err(SendError::Connect { .. }) => axum::http::StatusCode::BAD_GATEWAY.into_response(),
        Err(error) => error.to_string().into_response(),
    }
}

impl Served {
    /// Waits while the router is still to begin some operation.
    async fn wait(&self) {
        let held_for = *self.held_for.lock().expect("no panic");
        if held_for == 0 {
            return;
        }
        let metrics = self.metrics.lock().expect("no panic").clone();
        while operations_begun(&metrics).await < held_for {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // From its plan an operation goes on to its request without waiting for anything; this is
        // for a machine that is busy.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
