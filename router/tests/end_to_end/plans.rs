//! Plans as clients and operators see them, and what changes them from request to request.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::{RunningRouter, Subgraph, eventually, read};

const CATALOGUE: &str =
    "type Query { product: Product } type Product @key(fields: \"id\") { id: ID! price: Int }";

/// `prices` takes `price` over for the requests for which the label is on.
async fn shop(label: &str) -> (Subgraph, Subgraph) {
    let catalogue = json!({ "product": { "__typename": "Product", "id": "1", "price": 1 } });
    let catalogue = Subgraph::with_data("catalogue", CATALOGUE, catalogue).await;
    let sdl = format!(
        "type Product @key(fields: \"id\") {{ id: ID! price: Int @override(from: \"catalogue\", label: \"{label}\") }}"
    );
    let prices = json!({ "_entities": [{ "__typename": "Product", "price": 2 }] });
    let prices = Subgraph::with_data("prices", &sdl, prices).await;
    (catalogue, prices)
}

/// The prices that so many requests see.
async fn seen(router: &RunningRouter, requests: usize) -> Vec<i64> {
    let mut seen = Vec::new();
    for _ in 0..requests {
        let (status, body) = router.query("{ product { price } }").await;
        assert_eq!(status, 200, "{body}");
        seen.push(body["data"]["product"]["price"].as_i64().unwrap());
    }
    seen
}

#[tokio::test]
async fn a_percentage_of_100_overrides_for_everybody_and_one_of_0_for_nobody() {
    for (label, price) in [("percent(100)", 2), ("percent(0)", 1)] {
        let (catalogue, prices) = shop(label).await;
        let router = RunningRouter::over(&[&catalogue, &prices], "").await;
        assert_eq!(seen(&router, 20).await, [price; 20], "{label}");
    }
}

#[tokio::test]
async fn half_of_the_requests_see_an_override_for_50_percent() {
    let (catalogue, prices) = shop("percent(50)").await;
    let router = RunningRouter::over(&[&catalogue, &prices], "").await;
    let seen = seen(&router, 200).await;
    let overridden = seen.iter().filter(|price| **price == 2).count();
    // 100 ± 7; the bounds are five times as far away as would be rare.
    assert!((40..160).contains(&overridden), "{overridden}");
}

#[tokio::test]
async fn other_labels_are_off_until_the_configuration_says_otherwise() {
    let (catalogue, prices) = shop("new-prices").await;
    let router = RunningRouter::over(&[&catalogue, &prices], "").await;
    assert_eq!(seen(&router, 5).await, [1; 5]);
    let config = "override_labels: { new-prices: true }";
    std::fs::write(router.directory.path().join("router.yaml"), config).unwrap();
    eventually("the new prices are seen", async || {
        seen(&router, 1).await == [2]
    })
    .await;
    assert_eq!(seen(&router, 5).await, [2; 5]);
}

/// Sends a query with the header that asks for the plan.
async fn ask(router: &RunningRouter, query: &str, header: &str) -> (u16, Value) {
    let request = router
        .client
        .post(router.url("/graphql"))
        .header("Apollo-Expose-Query-Plan", header);
    let body = json!({ "query": query });
    read(request.json(&body).send().await.unwrap()).await
}

const EXPOSED: &str = "supergraph: { query_planning: { expose_plan: true } }";

#[tokio::test]
async fn who_may_see_plans_gets_one_with_the_answer_when_asking_for_it() {
    let (catalogue, prices) = shop("percent(100)").await;
    let router = RunningRouter::over(&[&catalogue, &prices], EXPOSED).await;
    let (status, body) = ask(&router, "{ product { price } }", "true").await;
    assert_eq!(status, 200);
    assert_eq!(body["data"], json!({ "product": { "price": 2 } }));
    let plan = &body["extensions"]["queryPlan"];
    let text = plan["text"].as_str().unwrap();
    assert!(text.contains("Fetch(service: \"prices\")"), "{text}");
    assert_eq!(plan["object"]["node"]["kind"], "Sequence");
    assert_eq!(
        plan["explanation"]["object"]["cost"],
        json!({ "rounds": 2, "requests": 2 })
    );
    let (_, plain) = router.query("{ product { price } }").await;
    assert_eq!(plain, json!({ "data": { "product": { "price": 2 } } }));
}

#[tokio::test]
async fn a_dry_run_is_planned_and_asks_no_subgraph() {
    let changes = "type Query { now: Int } type Mutation { forget: Boolean }";
    let subgraph = Subgraph::start("changes", changes, |_| {
        (
            StatusCode::OK,
            json!({ "data": { "forget": true } }).to_string(),
        )
    })
    .await;
    let router = RunningRouter::over(&[&subgraph], EXPOSED).await;
    let (status, body) = ask(&router, "mutation { forget }", "dry-run").await;
    assert_eq!(status, 200);
    assert_eq!(body["data"], Value::Null);
    assert_eq!(body.get("errors"), None);
    let text = body["extensions"]["queryPlan"]["text"].as_str().unwrap();
    assert!(text.contains("forget"), "{text}");
    assert_eq!(subgraph.requests().len(), 0);
    let (_, body) = ask(&router, "mutation { forget }", "true").await;
    assert_eq!(body["data"], json!({ "forget": true }));
    assert_eq!(subgraph.requests().len(), 1);
}

#[tokio::test]
async fn the_header_means_nothing_where_plans_are_not_shown() {
    let (catalogue, prices) = shop("percent(0)").await;
    let router = RunningRouter::over(&[&catalogue, &prices], "").await;
    for header in ["true", "dry-run"] {
        let (_, body) = ask(&router, "{ product { price } }", header).await;
        assert_eq!(body, json!({ "data": { "product": { "price": 1 } } }));
    }
}
