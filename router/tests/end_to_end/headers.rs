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

/// What a subgraph learns of where a client is, when it is told at all and the client says to be a
/// proxy.
#[tokio::test(flavor = "multi_thread")]
async fn the_address_of_the_client_is_the_last_that_a_subgraph_sees() {
    let clock = Subgraph::with_data("clock", SDL, json!({ "now": 1 })).await;
    let by_name = "propagate: { named: x-forwarded-for }";
    let by_pattern = "propagate: { matching: '^x-forw' }";
    let not_at_all = "propagate: { matching: '^x-lang' }";
    let seen = ["203.0.113.7", "127.0.0.1"];
    for (rule, expected) in [(by_name, &seen[..]), (by_pattern, &seen), (not_at_all, &[])] {
        let config =
            format!("headers: {{ subgraphs: {{ clock: {{ request: [ {{ {rule} }} ] }} }} }}");
        let router = RunningRouter::over(&[&clock], &config).await;
        let request = router.client.post(router.url("/graphql"));
        let request = request.header("x-forwarded-for", "203.0.113.7");
        request
            .json(&json!({ "query": "{ now }" }))
            .send()
            .await
            .unwrap();
        let (headers, _) = clock.requests().pop().unwrap();
        let told: Vec<_> = headers.get_all("x-forwarded-for").iter().collect();
        assert_eq!(told, expected, "{rule}");
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
