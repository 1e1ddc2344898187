//! The graph and the configuration change under a router that goes on answering.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::json;

use crate::support::{RunningRouter, Subgraph, code, eventually, write_supergraph_yaml};

async fn clock(sdl: &str) -> Subgraph {
    Subgraph::with_data("clock", sdl, json!({ "now": 1, "later": 2 })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_schema_is_served_without_a_request_lost() {
    let old = clock("type Query { now: Int }").await;
    let router = Arc::new(RunningRouter::over(&[&old], "").await);
    assert_eq!(
        code(&router.query("{ later }").await.1),
        "GRAPHQL_VALIDATION_FAILED"
    );
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::new(AtomicUsize::new(0));
    let load: Vec<_> = (0..4)
        .map(|_| {
            let (router, stop, asked) =
                (Arc::clone(&router), Arc::clone(&stop), Arc::clone(&asked));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let answer = router.query("{ now }").await;
                    assert_eq!(answer, (200, json!({ "data": { "now": 1 } })));
                    asked.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let new = clock("type Query { now: Int later: Int }").await;
    write_supergraph_yaml(router.directory.path(), &[&new]);
    eventually("the new field is there", || async {
        router.query("{ later }").await.1 == json!({ "data": { "later": 2 } })
    })
    .await;
    stop.store(true, Ordering::Relaxed);
    for task in load {
        task.await.unwrap();
    }
    assert!(asked.load(Ordering::Relaxed) > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_before_a_reload_is_planned_when_it_is_asked_after() {
    let old = clock("type Query { now: Int gone: Int }").await;
    let router = RunningRouter::over(&[&old], "").await;
    router.query("{ now }").await;
    router.query("{ gone }").await;
    let new = clock("type Query { now: Int }").await;
    write_supergraph_yaml(router.directory.path(), &[&new]);
    eventually("the graph is reloaded", || async {
        router
            .metrics()
            .await
            .contains("router_reloads_total{outcome=\"done\"} 1")
    })
    .await;
    assert_eq!(
        router.query("{ now }").await,
        (200, json!({ "data": { "now": 1 } }))
    );
    let page = router.metrics().await;
    for line in [
        "router_plan_cache_misses_total 2",
        "router_plan_cache_hits_total 1",
        "router_plan_cache_entries 1",
    ] {
        assert!(page.lines().any(|it| it == line), "{line}\n{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_does_not_compose_leaves_the_old_one() {
    let clock = clock("type Query { now: Int }").await;
    let router = RunningRouter::over(&[&clock], "").await;
    let file = router.directory.path().join("clock.graphql");
    for (round, bad) in ["type Query {", "type Query { now: Missing }"]
        .iter()
        .enumerate()
    {
        std::fs::write(&file, bad).unwrap();
        let line = format!("router_reloads_total{{outcome=\"refused\"}} {}", round + 1);
        eventually("the reload is refused", || async {
            router.metrics().await.lines().any(|it| it == line)
        })
        .await;
        assert_eq!(
            router.query("{ now }").await,
            (200, json!({ "data": { "now": 1 } }))
        );
        assert!(router.is_ready().await);
    }
    std::fs::write(
        &file,
        format!("{}\nextend type Query {{ later: Int }}", clock.sdl),
    )
    .unwrap();
    eventually("the good one is served", || async {
        router.query("{ later }").await.1 == json!({ "data": { "later": 2 } })
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configuration_is_reloaded_and_a_bad_one_is_not() {
    let clock = clock("type Query { now: Int }").await;
    let router = RunningRouter::over(&[&clock], "").await;
    let file = router.directory.path().join("router.yaml");
    let introspect = "{ __schema { queryType { name } } }";
    std::fs::write(&file, "supergraph: { intro: true }").unwrap();
    std::fs::write(&file, "supergraph: { introspection: true }").unwrap();
    eventually("introspection is on", || async {
        router.query(introspect).await.1["data"]["__schema"]["queryType"]["name"] == "Query"
    })
    .await;
    std::fs::write(&file, "supergraph: { introspection: maybe }").unwrap();
    eventually("the bad file is refused", || async {
        router
            .metrics()
            .await
            .contains("router_reloads_total{outcome=\"refused\"}")
    })
    .await;
    assert!(router.query(introspect).await.1.get("data").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subgraph_that_is_down_at_start_is_waited_for_when_only_it_knows_its_schema() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(
        directory.path().join("supergraph.yaml"),
        format!(
            "subgraphs:\n  clock:\n    schema:\n      subgraph_url: http://{address}/graphql\n"
        ),
    )
    .unwrap();
    let router = RunningRouter::start(directory, "").await;
    let health = router
        .client
        .get(router.url("/health"))
        .send()
        .await
        .unwrap();
    assert_eq!(health.status(), 200);
    assert!(!router.is_ready().await);
    let (status, body) = router.query("{ now }").await;
    assert_eq!((status, code(&body)), (503, "GRAPH_UNAVAILABLE"));

    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    let answer = json!({ "data": { "now": 1, "later": 2 } }).to_string();
    let answers =
        Arc::new(move |_: &serde_json::Value| (axum::http::StatusCode::OK, answer.clone()));
    let clock = Subgraph::on(
        listener,
        "clock",
        "type Query { now: Int }",
        answers.clone(),
    );
    router.until_ready().await;
    assert_eq!(
        router.query("{ now }").await,
        (200, json!({ "data": { "now": 1 } }))
    );

    // It is asked again: a new version with another schema is noticed.
    let address = clock.stop().await;
    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    let _clock = Subgraph::on(
        listener,
        "clock",
        "type Query { now: Int later: Int }",
        answers,
    );
    eventually("the new field is there", || async {
        router.query("{ later }").await.1 == json!({ "data": { "later": 2 } })
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subgraph_that_is_down_at_start_hinders_nobody_when_its_schema_is_in_a_file() {
    let clock = clock("type Query { now: Int }").await;
    let users =
        Subgraph::with_data("users", "type Query { me: String }", json!({ "me": "Ada" })).await;
    let directory = tempfile::tempdir().unwrap();
    write_supergraph_yaml(directory.path(), &[&clock, &users]);
    users.stop().await;
    let router = RunningRouter::start(directory, "").await;
    router.until_ready().await;
    let (_, body) = router.query("{ now me }").await;
    assert_eq!(body["data"], json!({ "now": 1, "me": null }));
    assert_eq!(body["errors"][0]["extensions"]["service"], "users");
}

/// A supergraph whose `Query` has these fields, each with its `@join__field` or without.
fn supergraph(url: &str, fields: &str) -> String {
    format!(
        r#"
schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
{{ query: Query }}
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
scalar link__Import
enum link__Purpose {{ SECURITY EXECUTION }}
scalar join__FieldSet
enum join__Graph {{ CLOCK @join__graph(name: "clock", url: "{url}") }}
type Query @join__type(graph: CLOCK) {{ {fields} }}
"#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supergraph_composed_elsewhere_is_served_and_reloaded() {
    let clock = clock("type Query { now: Int later: Int }").await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("supergraph.graphql");
    // `never` is resolved by nobody: a composer that is right would have refused it.
    let fields = "now: Int never: Int @join__field(graph: CLOCK, external: true)";
    std::fs::write(&file, supergraph(&clock.url(), fields)).unwrap();
    let options = router::ServeOptions {
        supergraph: Some(file.clone()),
        ..router::ServeOptions::default()
    };
    let router = RunningRouter::start_with(directory, "", options).await;
    router.until_ready().await;
    assert_eq!(
        router.query("{ now }").await,
        (200, json!({ "data": { "now": 1 } }))
    );
    let (status, body) = router.query("{ never }").await;
    assert_eq!((status, code(&body)), (500, "INTERNAL_SERVER_ERROR"));

    // Cut off, as by a writer that is not done: not served.
    let new = supergraph(&clock.url(), "now: Int later: Int");
    std::fs::write(&file, &new[..new.len() - 30]).unwrap();
    eventually("the cut file is refused", || async {
        router
            .metrics()
            .await
            .contains("router_reloads_total{outcome=\"refused\"} 1")
    })
    .await;
    assert_eq!(router.query("{ now }").await.0, 200);
    std::fs::write(&file, new).unwrap();
    eventually("the new field is there", || async {
        router.query("{ later }").await.1 == json!({ "data": { "later": 2 } })
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_router_that_is_stopped_answers_what_it_was_asked() {
    let (let_go, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let clock = Subgraph::start("clock", "type Query { now: Int }", move |_| {
        wait.lock().unwrap().recv().unwrap();
        (
            axum::http::StatusCode::OK,
            "{\"data\":{\"now\":1}}".to_owned(),
        )
    })
    .await;
    let router = RunningRouter::over(&[&clock], "").await;
    let (client, url) = (router.client.clone(), router.url("/graphql"));
    let asking = tokio::spawn(async move {
        let answer = client
            .post(url)
            .json(&json!({ "query": "{ now }" }))
            .send()
            .await;
        answer.unwrap().text().await.unwrap()
    });
    eventually("the request has arrived", || async {
        // The one that hangs, and this one.
        router
            .metrics()
            .await
            .contains("http_server_active_requests 2")
    })
    .await;
    let address = router.address;
    let stopping = tokio::spawn(router.stop());
    eventually("new connections are refused", || async {
        tokio::net::TcpStream::connect(address).await.is_err()
    })
    .await;
    assert!(!asking.is_finished() && !stopping.is_finished());
    let_go.send(()).unwrap();
    assert_eq!(asking.await.unwrap(), "{\"data\":{\"now\":1}}");
    stopping.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_graph_that_never_composed_ends_the_router() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(
        directory.path().join("supergraph.yaml"),
        "subgraphs:\n  a:\n    routing_url: http://127.0.0.1:1\n    schema: { sdl: 'type Query { a: Missing }' }\n",
    )
    .unwrap();
    let router = RunningRouter::start(directory, "").await;
    let error = router.ended().await.unwrap_err();
    assert!(matches!(error, router::ServeError::Schema(_)));
    assert!(error.to_string().contains("Missing"), "{error}");
}
