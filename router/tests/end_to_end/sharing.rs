//! Equal queries in flight share one subgraph request; what is not equal, or no query, does not.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::{RunningRouter, Subgraph, code, eventually, read};

const SDL: &str = "type Query { top: Int other: Int } type Mutation { play: Int }";

/// A subgraph whose answers wait at a gate.
struct Gated {
    subgraph: Subgraph,
    arrived: Arc<AtomicUsize>,
    gate: Arc<(Mutex<bool>, Condvar)>,
}

impl Gated {
    async fn start() -> Self {
        let arrived = Arc::new(AtomicUsize::new(0));
        let gate = Arc::new((Mutex::new(false), Condvar::new()));
        let (counted, waited) = (Arc::clone(&arrived), Arc::clone(&gate));
        let subgraph = Subgraph::start("music", SDL, move |_| {
            let number = counted.fetch_add(1, Ordering::SeqCst) + 1;
            let (is_open, opened) = &*waited;
            let open = is_open.lock().unwrap();
            drop(opened.wait_while(open, |open| !*open).unwrap());
            let data = json!({ "data": { "top": number, "other": number, "play": number } });
            (StatusCode::OK, data.to_string())
        })
        .await;
        Self {
            subgraph,
            arrived,
            gate,
        }
    }

    fn arrived(&self) -> usize {
        self.arrived.load(Ordering::SeqCst)
    }

    fn open(&self) {
        *self.gate.0.lock().unwrap() = true;
        self.gate.1.notify_all();
    }
}

impl Drop for Gated {
    /// A test that fails must not leave threads that wait for ever.
    fn drop(&mut self) {
        self.open();
    }
}

type Asking = tokio::task::JoinHandle<(u16, Value)>;

/// Sends a query without waiting for its answer.
fn ask(router: &RunningRouter, query: &str, language: &str) -> Asking {
    let request = router
        .client
        .post(router.url("/graphql"))
        .header("accept-language", language)
        .json(&json!({ "query": query }));
    tokio::spawn(async move { read(request.send().await.unwrap()).await })
}

/// Waits until the router works on so many requests, and has had time to come to where they share.
async fn until_active(router: &RunningRouter, many: usize) {
    // The request for the page is one itself.
    let line = format!("http_server_active_requests {}", many + 1);
    eventually("so many requests are active", || async {
        let page = router.metrics().await;
        page.lines().any(|it| it == line)
    })
    .await;
    tokio::time::sleep(Duration::from_millis(300)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_queries_in_flight_are_one_request() {
    let gated = Gated::start().await;
    let router = RunningRouter::over(&[&gated.subgraph], "").await;
    let asking: Vec<_> = (0..8).map(|_| ask(&router, "{ top }", "en")).collect();
    until_active(&router, 8).await;
    assert_eq!(gated.arrived(), 1);
    gated.open();
    for one in asking {
        assert_eq!(one.await.unwrap().1, json!({ "data": { "top": 1 } }));
    }
    // What is not in flight any more is not remembered.
    let (_, body) = ask(&router, "{ top }", "en").await.unwrap();
    assert_eq!(body, json!({ "data": { "top": 2 } }));
    let page = router.metrics().await;
    let line =
        "http_client_request_duration_seconds_count{subgraph_name=\"music\",outcome=\"shared\"} 7";
    assert!(page.lines().any(|it| it == line), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_differs_in_text_or_in_headers_that_are_passed_on_is_asked_itself() {
    let gated = Gated::start().await;
    let rules = "headers: { all: { request: [{ propagate: { named: accept-language } }] } }";
    for (config, expected) in [("", 2), (rules, 3)] {
        let router = RunningRouter::over(&[&gated.subgraph], config).await;
        let before = gated.arrived();
        let asking: Vec<_> = [("{ top }", "en"), ("{ top }", "de"), ("{ other }", "en")]
            .into_iter()
            .map(|(query, language)| ask(&router, query, language))
            .collect();
        until_active(&router, 3).await;
        assert_eq!(gated.arrived() - before, expected, "{config}");
        for one in &asking {
            one.abort();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mutations_are_never_shared_and_sharing_can_be_turned_off() {
    let gated = Gated::start().await;
    let off = "traffic_shaping: { all: { deduplicate_query: false } }";
    let off_here = "traffic_shaping: { subgraphs: { music: { deduplicate_query: false } } }";
    for (config, query) in [
        ("", "mutation { play }"),
        (off, "{ top }"),
        (off_here, "{ top }"),
    ] {
        let router = RunningRouter::over(&[&gated.subgraph], config).await;
        let before = gated.arrived();
        let asking: Vec<_> = (0..4).map(|_| ask(&router, query, "en")).collect();
        eventually("all requests arrive", || async {
            gated.arrived() - before == 4
        })
        .await;
        for one in &asking {
            one.abort();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_first_client_leaves_the_others_are_still_answered() {
    let gated = Gated::start().await;
    let router = RunningRouter::over(&[&gated.subgraph], "").await;
    let first = ask(&router, "{ top }", "en");
    until_active(&router, 1).await;
    let others: Vec<_> = (0..3).map(|_| ask(&router, "{ top }", "en")).collect();
    until_active(&router, 4).await;
    assert_eq!(gated.arrived(), 1);
    first.abort();
    eventually("one of the others asks itself", || async {
        gated.arrived() == 2
    })
    .await;
    gated.open();
    for one in others {
        assert_eq!(one.await.unwrap().1, json!({ "data": { "top": 2 } }));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_came_later_does_not_run_out_of_the_first_ones_time() {
    let gated = Gated::start().await;
    let config = "traffic_shaping: { all: { timeout: 2s } }";
    let router = RunningRouter::over(&[&gated.subgraph], config).await;
    let first = ask(&router, "{ top }", "en");
    tokio::time::sleep(Duration::from_millis(1200)).await;
    let second = ask(&router, "{ top }", "en");
    let (_, body) = first.await.unwrap();
    assert_eq!(code(&body), "SUBREQUEST_TIMEOUT");
    gated.open();
    let (_, body) = second.await.unwrap();
    assert_eq!(body, json!({ "data": { "top": 2 } }));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_shares_a_request_shares_its_failure() {
    let arrived = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&arrived);
    let music = Subgraph::start("music", SDL, move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_secs(1));
        (StatusCode::SERVICE_UNAVAILABLE, "later".to_owned())
    })
    .await;
    let router = RunningRouter::over(&[&music], "").await;
    let asking: Vec<_> = (0..4).map(|_| ask(&router, "{ top }", "en")).collect();
    for one in asking {
        assert_eq!(code(&one.await.unwrap().1), "SUBREQUEST_HTTP_ERROR");
    }
    assert!(arrived.load(Ordering::SeqCst) < 4);
}
