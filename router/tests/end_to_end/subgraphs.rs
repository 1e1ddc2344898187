//! Subgraphs that fail cost their own fields only, and what they say is not for everybody.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::{RunningRouter, Subgraph, code, eventually};

const USERS: &str =
    "type Query { me: User } type User @key(fields: \"id\") { id: ID! name: String }";
const MUSIC: &str =
    "type Query { top: String } type User @key(fields: \"id\") { id: ID! favouriteCount: Int }";
const QUERY: &str = "{ me { name favouriteCount } }";

async fn users() -> Subgraph {
    Subgraph::with_data(
        "users",
        USERS,
        json!({ "me": { "__typename": "User", "id": "1", "name": "Ada" } }),
    )
    .await
}

fn favourites(_: &Value) -> (StatusCode, String) {
    let data = json!({ "data": { "_entities": [{ "__typename": "User", "favouriteCount": 3 }] } });
    (StatusCode::OK, data.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_subgraphs_answer_as_one() {
    let users = users().await;
    let music = Subgraph::start("music", MUSIC, favourites).await;
    let router = RunningRouter::over(&[&users, &music], "").await;
    let (status, body) = router.query(QUERY).await;
    assert_eq!(status, 200);
    assert_eq!(
        body,
        json!({ "data": { "me": { "name": "Ada", "favouriteCount": 3 } } })
    );
    let representations = &music.requests()[0].1["variables"];
    assert!(
        representations
            .to_string()
            .contains(r#"{"__typename":"User","id":"1"}"#),
        "{representations}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subgraph_that_is_down_costs_its_fields_until_it_is_back() {
    let users = users().await;
    let music = Subgraph::start("music", MUSIC, favourites).await;
    let router = RunningRouter::over(&[&users, &music], "").await;
    let address = music.stop().await;
    // A pooled connection may still be served; a new one is refused.
    eventually("the subgraph is missed", || async {
        router.query(QUERY).await.1["data"]["me"]["favouriteCount"].is_null()
    })
    .await;
    let (status, body) = router.query(QUERY).await;
    assert_eq!(status, 200);
    assert_eq!(
        body["data"],
        json!({ "me": { "name": "Ada", "favouriteCount": null } })
    );
    assert_eq!(code(&body), "SUBREQUEST_HTTP_ERROR");
    assert_eq!(body["errors"][0]["extensions"]["service"], "music");
    assert!(!body.to_string().contains("127.0.0.1"), "{body}");

    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    let _music = Subgraph::on(listener, "music", MUSIC, Arc::new(favourites));
    eventually("the subgraph is found again", || async {
        router.query(QUERY).await.1["data"]["me"]["favouriteCount"] == 3
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subgraph_that_does_not_answer_in_time_is_not_waited_for() {
    let users = users().await;
    let music = Subgraph::start("music", MUSIC, |_| {
        std::thread::sleep(std::time::Duration::from_secs(2));
        favourites(&Value::Null)
    })
    .await;
    let router = RunningRouter::over(
        &[&users, &music],
        "traffic_shaping: { subgraphs: { music: { timeout: 100ms } } }",
    )
    .await;
    let (_, body) = router.query(QUERY).await;
    assert_eq!(body["data"]["me"]["name"], "Ada");
    assert_eq!(code(&body), "SUBREQUEST_TIMEOUT");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_takes_too_long_altogether_is_ended() {
    let users = Subgraph::start("users", USERS, |_| {
        std::thread::sleep(std::time::Duration::from_secs(2));
        (StatusCode::OK, "{}".to_owned())
    })
    .await;
    let music = Subgraph::start("music", MUSIC, favourites).await;
    let router = RunningRouter::over(
        &[&users, &music],
        "traffic_shaping: { router: { timeout: 200ms } }",
    )
    .await;
    let (status, body) = router.query(QUERY).await;
    assert_eq!((status, code(&body)), (504, "REQUEST_TIMEOUT"));
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_are_no_graphql_are_told_apart() {
    for (status, answer, expected) in [
        (
            StatusCode::BAD_GATEWAY,
            "<h1>no</h1>",
            "SUBREQUEST_HTTP_ERROR",
        ),
        (
            StatusCode::INTERNAL_SERVER_ERROR,
            "{\"detail\":1}",
            "SUBREQUEST_HTTP_ERROR",
        ),
        (
            StatusCode::OK,
            "<h1>hello</h1>",
            "SUBREQUEST_MALFORMED_RESPONSE",
        ),
        (StatusCode::OK, "", "SUBREQUEST_MALFORMED_RESPONSE"),
        (
            StatusCode::OK,
            "{\"data\":{\"_entities\":[{",
            "SUBREQUEST_MALFORMED_RESPONSE",
        ),
    ] {
        let users = users().await;
        let music = Subgraph::start("music", MUSIC, move |_| (status, answer.to_owned())).await;
        let router = RunningRouter::over(&[&users, &music], "").await;
        let (_, body) = router.query(QUERY).await;
        assert_eq!(body["data"]["me"]["name"], "Ada", "{answer}");
        assert_eq!(code(&body), expected, "{answer}: {body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_too_large_is_refused() {
    let users = users().await;
    let music = Subgraph::start("music", MUSIC, |_| {
        let filler = "x".repeat(10_000);
        (
            StatusCode::OK,
            format!("{{\"data\":null,\"extensions\":\"{filler}\"}}"),
        )
    })
    .await;
    let router = RunningRouter::over(
        &[&users, &music],
        "traffic_shaping: { all: { max_response_bytes: 5000 } }",
    )
    .await;
    let (_, body) = router.query(QUERY).await;
    assert_eq!(body["data"]["me"]["name"], "Ada");
    assert_eq!(code(&body), "SUBREQUEST_HTTP_ERROR");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_subgraph_says_is_masked_unless_it_is_said_otherwise() {
    let failing = |_: &Value| {
        let body = json!({
            "data": { "_entities": [null] },
            "errors": [{
                "message": "password of db is hunter2",
                "path": ["_entities", 0],
                "extensions": { "code": "DB_DOWN" },
            }],
        });
        (StatusCode::OK, body.to_string())
    };
    let users = users().await;
    let music = Subgraph::start("music", MUSIC, failing).await;
    let router = RunningRouter::over(&[&users, &music], "").await;
    let (_, body) = router.query(QUERY).await;
    assert!(!body.to_string().contains("hunter2"), "{body}");
    assert_eq!(code(&body), "DB_DOWN");
    let open = RunningRouter::over(
        &[&users, &music],
        "include_subgraph_errors: { subgraphs: { music: true } }",
    )
    .await;
    let (_, body) = open.query(QUERY).await;
    assert_eq!(body["errors"][0]["message"], "password of db is hunter2");
    assert_eq!(body["errors"][0]["path"], json!(["me"]));
}

/// A subgraph whose server closes a connection when a second request comes over it, unanswered.
/// Gives its URL and how many requests came.
async fn impatient() -> (String, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let seen = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&seen);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(answer_once(stream, Arc::clone(&counted)));
        }
    });
    (url, seen)
}

async fn answer_once(mut stream: tokio::net::TcpStream, seen: Arc<AtomicUsize>) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut request = vec![0; 4096];
    for round in 0..2 {
        // Requests this small come in one piece.
        if stream.read(&mut request).await.unwrap_or(0) == 0 {
            return;
        }
        seen.fetch_add(1, Ordering::Relaxed);
        if round == 0 {
            let body = "{\"data\":{\"top\":1,\"play\":1}}";
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_over_a_connection_that_is_closing_is_sent_again_and_a_mutation_is_not() {
    let (url, seen) = impatient().await;
    let sdl = "type Query { top: Int } type Mutation { play: Int }";
    let router = RunningRouter::over_url(&url, sdl, "").await;
    let top = (200, json!({ "data": { "top": 1 } }));
    assert_eq!(router.query("{ top }").await, top);
    assert_eq!(seen.load(Ordering::Relaxed), 1);
    // The second comes over the first one's connection, and once more over a new one.
    assert_eq!(router.query("{ top }").await, top);
    assert_eq!(seen.load(Ordering::Relaxed), 3);
    let (_, body) = router.query("mutation { play }").await;
    assert_eq!(code(&body), "SUBREQUEST_HTTP_ERROR");
    assert_eq!(seen.load(Ordering::Relaxed), 4);
}
