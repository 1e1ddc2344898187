//! What the log never says, however much of it is asked for.

use std::process::{Command, Stdio};

use axum::http::StatusCode;
use serde_json::json;

use crate::support::{Subgraph, client, eventually, write_supergraph_yaml};

/// Everything that is secret here has this in it.
const SECRET: &str = "hushhush";

const CONFIG: &str = "
headers:
  all:
    request:
      - propagate: { named: authorization }
      - propagate: { named: cookie }
      - insert: { name: x-api-key, value: '${env.API_KEY}' }
";

/// A subgraph that fails as the query's alias says. It has seen all secrets, and tells none.
async fn clock() -> Subgraph {
    Subgraph::start("clock", "type Query { now(at: String): Int }", |request| {
        let query = request["query"].as_str().unwrap();
        if query.contains("refused") {
            let errors = json!([{ "message": "the clock has stopped" }]);
            (StatusCode::OK, json!({ "errors": errors }).to_string())
        } else if query.contains("failed") {
            (StatusCode::INTERNAL_SERVER_ERROR, SECRET.to_owned())
        } else if query.contains("garbled") {
            (StatusCode::OK, format!("<p>{SECRET}</p>"))
        } else {
            (StatusCode::OK, json!({ "data": { "now": 1 } }).to_string())
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_not_logged_at_any_level() {
    let clock = clock().await;
    let directory = tempfile::tempdir().unwrap();
    write_supergraph_yaml(directory.path(), &[&clock]);
    std::fs::write(directory.path().join("router.yaml"), CONFIG).unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let mut child = Command::new(env!("CARGO_BIN_EXE_router"))
        .args(["serve", "--log", "trace", "--listen", &address.to_string()])
        .current_dir(directory.path())
        .env_clear()
        .env("API_KEY", format!("{SECRET}-of-the-environment"))
        .stderr(Stdio::from(
            std::fs::File::create(directory.path().join("log")).unwrap(),
        ))
        .spawn()
        .unwrap();
    let log = || std::fs::read_to_string(directory.path().join("log")).unwrap();
    let client = client();
    eventually("it is ready", || async {
        let ready = client.get(format!("http://{address}/health?ready"));
        ready.send().await.is_ok_and(|it| it.status() == 200)
    })
    .await;
    let url = format!("http://{address}/graphql");
    let ask = async |query: &str| {
        let answer = client
            .post(&url)
            .header("authorization", format!("Bearer {SECRET}"))
            .header("cookie", format!("session={SECRET}"))
            .header("x-other", SECRET)
            .json(&json!({ "query": query, "variables": { "at": SECRET } }))
            .send();
        answer.await.unwrap();
    };
    for alias in ["now", "refused: now", "failed: now", "garbled: now"] {
        ask(&format!("query($at: String) {{ {alias}(at: $at) }}")).await;
        ask(&format!("{{ {alias}(at: \"{SECRET}\") }}")).await;
    }
    ask(&format!("{{ {SECRET} }}")).await;
    let in_the_url = format!("{url}?query=%7Bnow%7D&variables=%7B%22at%22:%22{SECRET}%22%7D");
    let asked = client
        .get(in_the_url)
        .header("apollo-require-preflight", "1");
    assert_eq!(asked.send().await.unwrap().status(), 200);
    for (headers, _) in clock.requests() {
        let key = headers["x-api-key"].to_str().unwrap();
        assert!(key.contains(SECRET), "the subgraph gets it: {key}");
    }
    clock.stop().await;
    ask("{ now }").await;
    // A configuration that is no good, with a secret where a number should be.
    let bad = format!("{CONFIG}\nlimits: {{ max_depth: '${{env.API_KEY}}' }}\n");
    std::fs::write(directory.path().join("router.yaml"), bad).unwrap();
    eventually("the bad configuration is refused", || async {
        log().contains("cannot be used")
    })
    .await;
    child.kill().unwrap();
    child.wait().unwrap();
    let log = log();
    for told in [
        "the clock has stopped",
        "could not connect",
        "request answered",
    ] {
        assert!(log.contains(told), "{told} is not in the log:\n{log}");
    }
    let leaks: Vec<&str> = log.lines().filter(|line| line.contains(SECRET)).collect();
    assert!(leaks.is_empty(), "{leaks:#?}");
}
