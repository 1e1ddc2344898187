//! Compressed answers: those of subgraphs are unfolded within the limit.

use std::io::Write as _;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::routing::post;
use serde_json::json;

use crate::support::{RunningRouter, code};

/// A subgraph `music` that gives these bytes under this `content-encoding`; and what it was asked
/// to accept.
async fn subgraph(coding: &'static str, body: Vec<u8>) -> (String, Arc<Mutex<String>>) {
    let accepted: Arc<Mutex<String>> = Arc::default();
    let seen = Arc::clone(&accepted);
    let body = Bytes::from(body);
    let handler = move |headers: HeaderMap| async move {
        let accept = headers
            .get("accept-encoding")
            .map(|it| it.to_str().unwrap());
        seen.lock().unwrap().push_str(accept.unwrap_or("nothing"));
        let headers = [
            ("content-type", "application/json"),
            ("content-encoding", coding),
        ];
        (headers, body)
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/graphql", listener.local_addr().unwrap());
    let app = axum::Router::new().route("/graphql", post(handler));
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (url, accepted)
}

async fn router_over(url: &str, config: &str) -> RunningRouter {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(
        directory.path().join("supergraph.yaml"),
        format!("subgraphs:\n  music:\n    routing_url: {url}\n    schema: {{ sdl: 'type Query {{ text: String }}' }}\n"),
    )
    .unwrap();
    let router = RunningRouter::start(directory, config).await;
    router.until_ready().await;
    router
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn br(plain: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = brotli::CompressorWriter::new(&mut bytes, 4096, 5, 20);
    encoder.write_all(plain).unwrap();
    drop(encoder);
    bytes
}

fn zstd(plain: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(plain, ruzstd::encoding::CompressionLevel::Fastest)
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_of_subgraphs_may_be_compressed() {
    let text = "so what, ".repeat(20_000);
    let plain = json!({ "data": { "text": text } }).to_string();
    let bytes = plain.as_bytes();
    for (coding, body) in [
        ("gzip", gzip(bytes)),
        ("br", br(bytes)),
        ("zstd", zstd(bytes)),
        ("identity", bytes.to_vec()),
    ] {
        let (url, accepted) = subgraph(coding, body).await;
        let router = router_over(&url, "").await;
        let (_, body) = router.query("{ text }").await;
        assert!(
            body["data"]["text"] == text,
            "{coding}: {:?}",
            body["errors"]
        );
        assert_eq!(*accepted.lock().unwrap(), "gzip, br, zstd");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_unfolds_to_too_much_or_to_nothing_is_a_failure() {
    let bomb = json!({ "data": { "text": "x".repeat(20 << 20) } }).to_string();
    let whole = gzip(bomb.as_bytes());
    assert!(whole.len() < 100_000, "{}", whole.len());
    let cut = whole[..whole.len() - 9].to_vec();
    for (coding, body, limit) in [
        ("gzip", whole, "max_response_bytes: 1000000"),
        ("zstd", zstd(bomb.as_bytes()), "max_response_bytes: 1000000"),
        ("gzip", cut, "max_response_bytes: 100000000"),
        ("br", b"{\"data\":{}}".to_vec(), ""),
        ("deflate", b"{\"data\":{}}".to_vec(), ""),
    ] {
        let (url, _) = subgraph(coding, body).await;
        let config = format!("traffic_shaping: {{ all: {{ {limit} }} }}");
        let router = router_over(&url, &config).await;
        let (status, body) = router.query("{ text }").await;
        assert_eq!(
            (status, code(&body)),
            (200, "SUBREQUEST_HTTP_ERROR"),
            "{coding}"
        );
    }
}
