//! Which headers a subgraph sees.

use serde_json::json;

use crate::support::{RunningRouter, Subgraph};

const SDL: &str = "type Query { now: Int }";

#[tokio::test(flavor = "multi_thread")]
async fn only_what_the_rules_say_goes_along() {
    let clock = Subgraph::with_data("clock", SDL, json!({ "now": 1 })).await;
    let router = RunningRouter::over(
        &[&clock],
        "headers: { all: { request: [ { propagate: { named: accept-language } }, { insert: { name: x-by, value: router } } ] } }",
    )
    .await;
    let answer = router
        .client
        .post(router.url("/graphql"))
        .header("accept-language", "de")
        .header("cookie", "secret")
        .header("authorization", "Basic c2VjcmV0")
        .header(
            "traceparent",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        )
        .header("x-request-id", "mine-1")
        .json(&json!({ "query": "{ now }" }))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["x-request-id"], "mine-1");
    let (headers, _) = clock.requests().remove(0);
    assert_eq!(headers["accept-language"], "de");
    assert_eq!(headers["x-by"], "router");
    assert_eq!(headers["x-request-id"], "mine-1");
    assert_eq!(
        headers["traceparent"],
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    );
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(
        headers["accept"],
        "application/graphql-response+json, application/json"
    );
    for name in ["cookie", "authorization"] {
        assert!(!headers.contains_key(name), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_override_replaces_the_address() {
    let clock = Subgraph::with_data("clock", SDL, json!({ "now": 1 })).await;
    let elsewhere = Subgraph::with_data("clock", SDL, json!({ "now": 2 })).await;
    let config = format!("override_subgraph_url: {{ clock: '{}' }}", elsewhere.url());
    let router = RunningRouter::over(&[&clock], &config).await;
    let (_, body) = router.query("{ now }").await;
    assert_eq!(body["data"]["now"], 2);
    assert!(clock.requests().is_empty());
}
