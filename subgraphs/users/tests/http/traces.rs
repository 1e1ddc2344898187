//! Traces, as a collector gets them: joined to the caller's, with fields and statements, without
//! anything secret.

use std::sync::{Arc, Mutex};

use axum::Json;
use axum::extract::State;
use axum::routing::post;
use serde_json::{Value, json};

use crate::process::{started, terminate};
use crate::support::{PASSWORD, REGISTER, register_input};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

type Spans = Arc<Mutex<Vec<Value>>>;

/// A collector that keeps what it gets.
async fn collector() -> (String, Spans) {
    let spans = Spans::default();
    let keep = async |State(spans): State<Spans>, Json(body): Json<Value>| {
        let scope = &body["resourceSpans"][0];
        let service = &scope["resource"]["attributes"][0]["value"]["stringValue"];
        assert_eq!(service, "users", "{body}");
        let new = scope["scopeSpans"][0]["spans"].as_array().expect("a list");
        spans.lock().expect("no panic").extend(new.iter().cloned());
        Json(json!({}))
    };
    let router = axum::Router::new()
        .route("/v1/traces", post(keep))
        .with_state(spans.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("binds");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, spans)
}

fn named<'a>(spans: &'a [Value], name: &str) -> &'a Value {
    let found = spans.iter().find(|span| span["name"] == name);
    found.unwrap_or_else(|| panic!("no span {name} in {spans:?}"))
}

#[cfg(unix)]
#[tokio::test]
async fn spans_join_the_callers_trace() {
    let (collector, spans) = collector().await;
    let folder = tempfile::tempdir().expect("a folder");
    let (mut child, url, _) = started(folder.path(), &["--otlp-endpoint", &collector]).await;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::new();
    for (flags, username) in [("01", "tracy"), ("00", "stacy")] {
        let input = register_input(username, &format!("{username}@example.org"), PASSWORD);
        let answer = client
            .post(format!("{url}/graphql"))
            .header(
                "traceparent",
                format!("00-{TRACE}-b7ad6b7169203331-{flags}"),
            )
            .json(&json!({ "query": REGISTER, "variables": input }))
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status().as_u16(), 200);
    }
    terminate(&mut child).await;

    let spans = spans.lock().expect("no panic").clone();
    let request = named(&spans, "POST /graphql");
    assert_eq!(request["traceId"], TRACE);
    assert_eq!(request["parentSpanId"], "b7ad6b7169203331");
    assert_eq!(request["kind"], 2);
    let status = json!({ "key": "http.response.status_code", "value": { "intValue": "200" } });
    let attributes = request["attributes"].as_array().expect("a list");
    assert!(attributes.contains(&status), "{request}");
    let field = named(&spans, "Mutation.register");
    assert_eq!(field["parentSpanId"], request["spanId"]);
    let statement = named(&spans, "INSERT");
    assert_eq!(statement["parentSpanId"], field["spanId"]);
    assert_eq!(statement["kind"], 3);
    let times = ["startTimeUnixNano", "endTimeUnixNano"].map(|name| {
        let time = statement[name].as_str().expect("a text");
        time.parse::<u64>().expect("digits")
    });
    assert!(times[0] < times[1], "{statement}");

    // The second request's caller had decided not to trace.
    let requests = spans.iter().filter(|span| span["name"] == "POST /graphql");
    assert_eq!(requests.count(), 1);
    let text = Value::Array(spans.clone()).to_string();
    for secret in [PASSWORD, "example.org", "argon2id", "tracy"] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
    assert!(spans.iter().all(|span| span["traceId"] == TRACE), "{text}");
}

#[tokio::test]
async fn a_collector_that_is_away_costs_no_request_anything() {
    let folder = tempfile::tempdir().expect("a folder");
    // Nobody listens at port 9 here.
    let nobody = ["--otlp-endpoint", "http://127.0.0.1:9"];
    let (_child, url, _) = started(folder.path(), &nobody).await;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let answer = reqwest::Client::new()
        .post(format!("{url}/graphql"))
        .json(&json!({ "query": "{ users(first: 1) { edges { node { id } } } }" }))
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status().as_u16(), 200);
}
