//! Compressed answers: those of subgraphs are unfolded within the limit, those to clients are made
//! when asked for.

use std::io::{Read as _, Write as _};
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::routing::post;
use serde_json::{Value, json};

use crate::support::{RunningRouter, Subgraph, code};

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
    RunningRouter::over_url(url, "type Query { text: String }", config).await
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

/// The answer's headers and body as they came.
async fn raw(router: &RunningRouter, query: &str, accept: Option<&str>) -> (HeaderMap, Vec<u8>) {
    let mut request = router
        .client
        .post(router.url("/graphql"))
        .json(&json!({ "query": query }));
    if let Some(accept) = accept {
        request = request.header("accept-encoding", accept);
    }
    let response = request.send().await.unwrap();
    let headers = response.headers().clone();
    (headers, response.bytes().await.unwrap().to_vec())
}

fn unfold(coding: &str, body: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    match coding {
        "gzip" => flate2::read::GzDecoder::new(body).read_to_end(&mut plain),
        "br" => brotli::Decompressor::new(body, 4096).read_to_end(&mut plain),
        _ => ruzstd::decoding::StreamingDecoder::new(body)
            .unwrap()
            .read_to_end(&mut plain),
    }
    .unwrap();
    plain
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_compressed_for_clients_that_ask_for_it() {
    // One that is compressed where it is, and one that another thread takes.
    for length in [1_000, 50_000] {
        let text = "so what, ".repeat(length);
        let plain = json!({ "data": { "text": text } }).to_string();
        let (url, _) = subgraph("identity", plain.clone().into_bytes()).await;
        let router = router_over(&url, "").await;
        for (accept, expected) in [
            (Some("gzip, deflate, br"), Some("br")),
            (Some("gzip"), Some("gzip")),
            (Some("br;q=0.1, zstd"), Some("zstd")),
            (Some("gzip;q=0"), None),
            (None, None),
        ] {
            let (headers, body) = raw(&router, "{ text }", accept).await;
            let coding = headers.get("content-encoding");
            assert_eq!(coding.map(|it| it.to_str().unwrap()), expected);
            assert_eq!(headers["vary"], "accept-encoding");
            assert_eq!(headers["content-length"], body.len().to_string());
            match expected {
                Some(coding) => {
                    assert!(body.len() < plain.len() / 5, "{coding}: {}", body.len());
                    assert!(unfold(coding, &body) == plain.as_bytes(), "{coding}");
                }
                None => assert!(body == plain.as_bytes()),
            }
        }
    }
}

/// Where several subgraphs answer, the long part is sent on as its subgraph wrote it, the rest around it.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_in_pieces_is_one_for_its_client() {
    let tracks: Vec<Value> = (0..5_000)
        .map(|id| json!({ "title": format!("So what, take {id}") }))
        .collect();
    let music = Subgraph::with_data(
        "music",
        "type Query { tracks: [Track!]! } type Track { title: String }",
        json!({ "tracks": tracks }),
    )
    .await;
    let clock =
        Subgraph::with_data("clock", "type Query { now: Int }", json!({ "now": 1_600 })).await;
    let router = RunningRouter::over(&[&music, &clock], "").await;
    let plain = json!({ "data": { "tracks": tracks, "now": 1_600 } }).to_string();
    for accept in [None, Some("gzip"), Some("br"), Some("zstd")] {
        let (headers, body) = raw(&router, "{ tracks { title } now }", accept).await;
        assert_eq!(headers["content-length"], body.len().to_string());
        let body = match accept {
            Some(coding) => unfold(coding, &body),
            None => body,
        };
        assert!(body == plain.as_bytes(), "{accept:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn small_answers_are_sent_as_they_are_and_compression_can_be_turned_off() {
    let answer = |length| json!({ "data": { "text": "x".repeat(length) } }).to_string();
    let off = "traffic_shaping: { router: { compression: { enabled: false } } }";
    let earlier = "traffic_shaping: { router: { compression: { min_bytes: 100 } } }";
    for (length, config, is_compressed) in [
        (1_000, "", false),
        (1_000, earlier, true),
        (10_000, "", true),
        (10_000, off, false),
    ] {
        let (url, _) = subgraph("identity", answer(length).into_bytes()).await;
        let router = router_over(&url, config).await;
        let (headers, _) = raw(&router, "{ text }", Some("gzip")).await;
        let is = headers.contains_key("content-encoding");
        assert_eq!(is, is_compressed, "{length} {config}");
        assert_eq!(headers.contains_key("vary"), is_compressed);
    }
}
