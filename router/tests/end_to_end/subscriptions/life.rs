//! How streams begin and end: limits, failures, reloads, clients that go, a router that stops.

use std::time::Duration;

use serde_json::{Value, json};

use super::{CATALOGUE, Listening, MUSIC, SUBSCRIPTION, Streaming, answer, catalogue, event};
use crate::support::{
    LINK, RunningRouter, Subgraph, code, eventually, read, write_supergraph_yaml,
};

const EVENTS: &str = "text/event-stream";

async fn listen(router: &RunningRouter) -> Listening {
    let request = router
        .client
        .post(router.url("/graphql"))
        .header("accept", EVENTS);
    let body = json!({ "query": SUBSCRIPTION });
    Listening::to(request.json(&body).send().await.unwrap())
}

fn next(data: &str) -> String {
    format!("event: next\ndata: {data}\n\n")
}

/// The last event before the end.
fn last_event(heard: &str) -> Value {
    let (before, end) = heard.rsplit_once("event: complete").unwrap();
    assert_eq!(end, "\ndata:\n\n");
    let (_, data) = before.rsplit_once("data: ").unwrap();
    serde_json::from_str(data).unwrap()
}

async fn open_subscriptions(router: &RunningRouter) -> i64 {
    let page = router.metrics().await;
    let mut lines = page.lines();
    let line = lines.find_map(|line| line.strip_prefix("router_open_subscriptions "));
    line.unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_ends_the_stream_in_the_subgraph() {
    let music = Streaming::over_http(EVENTS).await;
    let router = RunningRouter::over(&[&music.subgraph, &catalogue().await], "").await;
    let listening = listen(&router).await;
    music.opened(1).await;
    assert_eq!(open_subscriptions(&router).await, 1);
    drop(listening);
    music.left().await;
    eventually("the subscription is counted no more", || async {
        open_subscriptions(&router).await == 0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_breaks_off_says_so() {
    let music = Streaming::over_http(EVENTS).await;
    let router = RunningRouter::over(&[&music.subgraph, &catalogue().await], "").await;
    let mut listening = listen(&router).await;
    music.opened(1).await;
    music.feed(next(&event("7")));
    listening.until(&next(&answer("So What").to_string())).await;
    music.feed("event: next\ndata: {");
    music.end();
    let last = last_event(&listening.whole().await);
    assert_eq!(last["data"], json!({ "loved": null }));
    assert_eq!(code(&last), "SUBREQUEST_HTTP_ERROR");
    // One that cannot be opened at all says so too.
    music.subgraph.stop().await;
    let last = last_event(&listen(&router).await.whole().await);
    assert_eq!(code(&last), "SUBREQUEST_HTTP_ERROR");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_may_be_as_large_as_an_answer() {
    let music = Streaming::over_http(EVENTS).await;
    let config = "traffic_shaping: { all: { max_response_bytes: 100 } }";
    let router = RunningRouter::over(&[&music.subgraph, &catalogue().await], config).await;
    let listening = listen(&router).await;
    music.opened(1).await;
    music.feed(format!("data: {}", "x".repeat(200)));
    let last = last_event(&listening.whole().await);
    assert_eq!(last["data"], json!({ "loved": null }));
    music.left().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn so_many_and_no_more() {
    let music = Streaming::over_http(EVENTS).await;
    let config = "subscription: { max_opened_subscriptions: 1, heartbeat_interval: 100ms }";
    let router = RunningRouter::over(&[&music.subgraph, &catalogue().await], config).await;
    let mut listening = listen(&router).await;
    music.opened(1).await;
    // Without events it says that it lives.
    listening.until(":\n\n:\n\n").await;
    let refused = last_event(&listen(&router).await.whole().await);
    assert_eq!(code(&refused), "TOO_MANY_SUBSCRIPTIONS");
    drop(listening);
    music.left().await;
    eventually("there is room again", || async {
        open_subscriptions(&router).await == 0
    })
    .await;
    let _listening = listen(&router).await;
    music.opened(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_outlives_a_reload_that_is_none_of_its_business() {
    let music = Streaming::over_http(EVENTS).await;
    let old = catalogue().await;
    let router = RunningRouter::over(&[&music.subgraph, &old], "").await;
    let mut listening = listen(&router).await;
    music.opened(1).await;
    music.feed(next(&event("7")));
    listening.until(&next(&answer("So What").to_string())).await;
    let has_field = async |field: &str| {
        eventually("the graph is reloaded", || async {
            let (_, answer) = router.query(&format!("{{ {field} }}")).await;
            answer["errors"][0]["extensions"]["code"] != "GRAPHQL_VALIDATION_FAILED"
        })
        .await;
    };
    // The other subgraph moves, and what completes the event comes from where it is now.
    let titles = json!({ "_entities": [{ "title": "Blue in Green" }] });
    let sdl = format!("{CATALOGUE} extend type Query {{ more: Int }}");
    let moved = Subgraph::with_data("catalogue", &sdl, titles).await;
    write_supergraph_yaml(router.directory.path(), &[&music.subgraph, &moved]);
    has_field("more").await;
    music.feed(next(&event("7")));
    listening
        .until(&next(&answer("Blue in Green").to_string()))
        .await;
    assert_eq!(music.streams.lock().unwrap().len(), 1);
    // What it asks for is gone.
    let sdl = MUSIC.replace("trackLoved", "albumLoved");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let changed = Subgraph::around(
        listener,
        "music",
        format!("{LINK}\n{sdl}"),
        axum::Router::new(),
    );
    write_supergraph_yaml(router.directory.path(), &[&changed, &moved]);
    let last = last_event(&listening.whole().await);
    assert_eq!(code(&last), "SUBSCRIPTION_SCHEMA_RELOAD");
    music.left().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_router_that_stops_tells_its_listeners() {
    let music = Streaming::over_http(EVENTS).await;
    let router = RunningRouter::over(&[&music.subgraph, &catalogue().await], "").await;
    let listening = listen(&router).await;
    music.opened(1).await;
    let stopped = tokio::time::timeout(Duration::from_secs(10), router.stop());
    let (stopped, whole) = tokio::join!(stopped, listening.whole());
    stopped.unwrap().unwrap();
    assert_eq!(code(&last_event(&whole)), "SUBSCRIPTION_SERVER_SHUTDOWN");
}

#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_can_be_turned_off() {
    let music = Streaming::over_http(EVENTS).await;
    let config = "subscription: { enabled: false }";
    let router = RunningRouter::over(&[&music.subgraph, &catalogue().await], config).await;
    let request = router.client.post(router.url("/graphql"));
    let request = request.header("accept", "text/event-stream, application/json");
    let answer = request
        .json(&json!({ "query": SUBSCRIPTION }))
        .send()
        .await
        .unwrap();
    assert_eq!(code(&read(answer).await.1), "SUBSCRIPTIONS_DISABLED");
}
