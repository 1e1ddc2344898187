//! What anybody can send has an end, wherever clients connect.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{RunningRouter, Subgraph, eventually};

async fn router() -> (Subgraph, RunningRouter) {
    let clock = Subgraph::with_data("clock", "type Query { now: Int }", json!({ "now": 1 })).await;
    let router = RunningRouter::over(&[&clock], "").await;
    (clock, router)
}

/// Sends bytes and gives what comes until the router closes the connection.
async fn talk(router: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(router).await.unwrap();
    // The router may close before it has read all.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let reading = stream.read_to_end(&mut answer);
    let ended = tokio::time::timeout(Duration::from_secs(10), reading).await;
    assert!(ended.is_ok(), "the router closes the connection");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_have_an_end() {
    let (_clock, router) = router().await;
    let start = "GET /health HTTP/1.1\r\nhost: a\r\n";
    let long = format!("{start}x-long: {}\r\n\r\n", "x".repeat(1 << 20));
    let many = format!("{start}{}\r\n", "x-many: 1\r\n".repeat(1000));
    let target = format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "x".repeat(100_000));
    for (head, expected) in [
        (long, "HTTP/1.1 431"),
        (many, "HTTP/1.1 431"),
        (target, "HTTP/1.1 414"),
        ("nonsense\r\n\r\n".to_owned(), "HTTP/1.1 400"),
        (format!("{start}content-length: x\r\n\r\n"), "HTTP/1.1 400"),
        (
            // Two ends of one body: which of them counts is what request smuggling lives on.
            format!("{start}content-length: 3\r\ncontent-length: 4\r\n\r\nabcd"),
            "HTTP/1.1 400",
        ),
    ] {
        let answer = talk(router.address, head.as_bytes()).await;
        let shown = &head[..head.len().min(80)];
        assert!(answer.starts_with(expected), "{shown}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_without_end_is_not_read_to_its_end() {
    let (_clock, router) = router().await;
    let head = "POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n";
    let told = format!("{head}content-length: 100000000000\r\n\r\n{{");
    let answer = talk(router.address, told.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_router_may_listen_on_a_unix_socket() {
    let clock = Subgraph::with_data("clock", "type Query { now: Int }", json!({ "now": 1 })).await;
    let directory = tempfile::tempdir().unwrap();
    crate::support::write_supergraph_yaml(directory.path(), &[&clock]);
    let socket = directory.path().join("router.sock");
    let options = router::ServeOptions {
        supergraph_config: Some(directory.path().join("supergraph.yaml")),
        listen: Some(format!("unix://{}", socket.display())),
        ..router::ServeOptions::default()
    };
    let router = RunningRouter::start_with(directory, "", options).await;
    let body = "{\"query\":\"{ now }\"}";
    let request = format!(
        "POST /graphql HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    crate::support::eventually("the router answers over its socket", || async {
        let mut stream = tokio::net::UnixStream::connect(&socket).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer.ends_with("{\"data\":{\"now\":1}}")
    })
    .await;
    router.stop().await.unwrap();
    assert!(!socket.exists(), "it takes its socket with it");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_when_all_places_are_taken_is_told_so_and_may_come_again() {
    let clock = Subgraph::with_data("clock", "type Query { now: Int }", json!({ "now": 1 })).await;
    // One is taken by the client that asked whether the router is ready.
    let router = RunningRouter::over(&[&clock], "limits: { max_connections: 2 }").await;
    let mut second = TcpStream::connect(router.address).await.unwrap();
    let ask = b"GET /health HTTP/1.1\r\nhost: a\r\n\r\n";
    second.write_all(ask).await.unwrap();
    let mut status = [0; 12];
    second.read_exact(&mut status).await.unwrap();
    assert_eq!(&status, b"HTTP/1.1 200");
    let refused = talk(router.address, ask).await;
    assert!(refused.starts_with("HTTP/1.1 503 "), "{refused}");
    assert!(refused.contains("TOO_MANY_CONNECTIONS"), "{refused}");
    let (status, body) = router.query("{ now }").await;
    assert_eq!((status, &body["data"]["now"]), (200, &json!(1)));
    drop(second);
    let close = b"GET /health HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    eventually("there is a place again", || async {
        talk(router.address, close)
            .await
            .starts_with("HTTP/1.1 200")
    })
    .await;
}
