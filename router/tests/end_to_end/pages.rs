//! The playground, health and metrics.

use serde_json::json;

use crate::support::{RunningRouter, Subgraph, eventually, write_supergraph_yaml};

async fn router(config: &str) -> (Subgraph, RunningRouter) {
    let clock = Subgraph::with_data("clock", "type Query { now: Int }", json!({ "now": 1 })).await;
    let router = RunningRouter::over(&[&clock], config).await;
    (clock, router)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_playground_knows_its_endpoint_and_query() {
    let (_clock, router) = router(
        "supergraph: { path: /api }\nplayground: { default_query: '{ now } # </script>', default_headers: { authorization: 'Bearer ' } }",
    )
    .await;
    let answer = router.client.get(router.url("/")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
    let policy = answer.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(policy.contains("default-src 'none'"), "{policy}");
    let page = answer.text().await.unwrap();
    assert!(page.contains(r#""endpoint":"/api""#));
    assert!(page.contains(r#""defaultQuery":"{ now } # \u003c/script>""#));
    assert!(page.contains(r#""defaultHeaders":{"authorization":"Bearer "}"#));
    // A browser that opens the endpoint sees the same page; a client does not.
    let opened = router
        .client
        .get(router.url("/api"))
        .header("accept", "text/html,application/xhtml+xml")
        .send()
        .await
        .unwrap();
    assert_eq!(opened.text().await.unwrap(), page);
    // Every asset the page names below /playground/ is there.
    for name in page.split("\"/playground/").skip(1) {
        let name = name.split('"').next().unwrap();
        let asset = router
            .client
            .get(router.url(&format!("/playground/{name}")))
            .send()
            .await
            .unwrap();
        assert_eq!(asset.status(), 200, "{name}");
        assert!(
            asset.headers()["cache-control"]
                .to_str()
                .unwrap()
                .contains("immutable")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_playground_that_is_off_is_not_there() {
    let (_clock, router) = router("playground: { enabled: false }").await;
    for path in ["/", "/playground/x.js", "/nothing"] {
        let answer = router.client.get(router.url(path)).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_what_happens() {
    let (_clock, router) = router("").await;
    for query in ["{ now }", "{ now }", "{ nonsense }"] {
        router.query(query).await;
    }
    let answer = router
        .client
        .get(router.url("/metrics"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        answer.headers()["content-type"],
        "text/plain; version=0.0.4; charset=utf-8"
    );
    let page = answer.text().await.unwrap();
    for line in [
        "router_plan_cache_hits_total 1",
        "router_plan_cache_misses_total 2",
        "router_plan_cache_entries 1",
        "graphql_errors_total{code=\"GRAPHQL_VALIDATION_FAILED\"} 1",
        "http_client_request_duration_seconds_count{subgraph_name=\"clock\",outcome=\"answered\"} 2",
    ] {
        assert!(page.lines().any(|it| it == line), "{line}\n{page}");
    }
    assert!(page.contains("http_server_requests_total{http_response_status_code=\"200\"}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_answered_on_its_path() {
    let clock = Subgraph::with_data("clock", "type Query { now: Int }", json!({ "now": 1 })).await;
    let directory = tempfile::tempdir().unwrap();
    write_supergraph_yaml(directory.path(), &[&clock]);
    let router = RunningRouter::start(directory, "health_check: { path: /up }").await;
    eventually("the router is ready", || async {
        let answer = router.client.get(router.url("/up?ready")).send().await;
        answer.unwrap().status() == 200
    })
    .await;
    for path in ["/up", "/up?live", "/up?ready"] {
        let answer = router.client.get(router.url(path)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(answer.text().await.unwrap(), "{\"status\":\"UP\"}");
    }
    let answer = router
        .client
        .get(router.url("/health"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 404);
}
