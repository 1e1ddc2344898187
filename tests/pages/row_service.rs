//! A small service that has a schema and rows, and counts which of its fields it was asked for.
//!
//! It refuses what is not in its schema, so a router that asks for a field that is gone is found out.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use clap::Parser;

use rows::CannedSubgraph;

#[path = "../pipeline/rows.rs"]
#[allow(dead_code, reason = "it streams nothing")]
mod rows;

/// What such a service is told.
#[derive(Debug, Parser)]
pub(crate) struct Config {
    /// Where it listens.
    #[arg(long)]
    listen: String,
    /// Its schema.
    #[arg(long)]
    sdl: std::path::PathBuf,
    /// What it holds.
    #[arg(long)]
    rows: std::path::PathBuf,
}

struct Service {
    subgraph: CannedSubgraph,
    sdl: String,
    /// Requests by a name that stands in them.
    asked: Mutex<BTreeMap<String, u64>>,
}

/// Serves until the process ends.
pub(crate) async fn run(config: Config) {
    let read = |file| std::fs::read_to_string(file).expect("a file of the test");
    let sdl = read(config.sdl);
    let service = Service {
        subgraph: CannedSubgraph::new(&sdl, &read(config.rows)).expect("rows"),
        sdl,
        asked: Mutex::default(),
    };
    let routes = Router::new()
        .route("/graphql", post(answer))
        .route("/health", get(async || "ok"))
        .route("/metrics", get(metrics))
        .with_state(Arc::new(service));
    let listener = tokio::net::TcpListener::bind(config.listen).await;
    axum::serve(listener.expect("a free port"), routes)
        .await
        .expect("it serves");
}

async fn answer(State(service): State<Arc<Service>>, body: Bytes) -> Response {
    let request: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
    let text = request["query"].as_str().expect("a document");
    if text.contains("_service") {
        let sdl = serde_json::json!({ "data": { "_service": { "sdl": service.sdl } } });
        return axum::Json(sdl).into_response();
    }
    let mut names: Vec<&str> = text
        .split(|it: char| !it.is_ascii_alphanumeric() && it != '_')
        .filter(|name| !name.is_empty())
        .collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let mut asked = service.asked.lock().expect("no panic");
        *asked.entry(name.to_owned()).or_default() += 1;
    }
    match service.subgraph.answer(&body) {
        Ok(body) => ([("content-type", "application/json")], body).into_response(),
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

async fn metrics(State(service): State<Arc<Service>>) -> String {
    let mut page = "asked_total{name=\"\"} 0\n".to_owned();
    for (name, count) in service.asked.lock().expect("no panic").iter() {
        let _ = writeln!(page, "asked_total{{name=\"{name}\"}} {count}");
    }
    page
}
