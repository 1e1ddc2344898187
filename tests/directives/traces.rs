//! A trace of OpenTelemetry that a client began goes on through the router into every service that is asked.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::routing::post;
use serde_json::{Value, json};

use crate::services::Services;
use crate::support::http::client;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

/// The spans that came, each with the name of its service.
type Spans = Arc<Mutex<Vec<(String, Value)>>>;

async fn collector() -> (String, Spans) {
    let spans = Spans::default();
    let keep = async |State(spans): State<Spans>, Json(body): Json<Value>| {
        let resource = &body["resourceSpans"][0];
        let service = &resource["resource"]["attributes"][0]["value"]["stringValue"];
        let service = service.as_str().expect("a name").to_owned();
        let new = resource["scopeSpans"][0]["spans"]
            .as_array()
            .expect("a list");
        let new = new.iter().map(|span| (service.clone(), span.clone()));
        spans.lock().expect("no panic").extend(new);
        Json(json!({}))
    };
    let routes = axum::Router::new()
        .route("/v1/traces", post(keep))
        .with_state(Arc::clone(&spans));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("it listens"));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (url, spans)
}

#[tokio::test]
async fn one_question_is_one_trace_over_both_services() {
    let (collector, spans) = collector().await;
    let services = Services::start(&["--otlp-endpoint", &collector]).await;
    let answer = client()
        .post(services.router.endpoint())
        .header("traceparent", format!("00-{TRACE}-{SPAN}-01"))
        .json(&json!({ "query": "{ user(username: \"ada\") { displayName favouriteCount } }" }))
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status().as_u16(), 200);
    let mut found = Vec::new();
    for _ in 0..1_200 {
        found = spans.lock().expect("no panic").clone();
        found.retain(|(_, span)| span["traceId"] == TRACE && span["name"] == "POST /graphql");
        if found.len() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut names: Vec<_> = found.iter().map(|(service, _)| service.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["music", "users"], "{found:?}");
    for (service, span) in &found {
        // The router writes no spans of its own, so theirs are the client's children.
        assert_eq!(span["parentSpanId"], SPAN, "{service}: {span}");
    }
}
