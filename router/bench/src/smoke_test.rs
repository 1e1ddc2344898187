//! The parts together, in one process: load over the floor over the mock, a few requests each.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::floor::{Floor, Line, Scene};
use crate::load::{Limits, Load, LoadError, control};
use crate::mock::{Call, Mock};
use crate::workloads::{self, Exchange};

const LIMITS: Limits = Limits {
    requests: 200,
    time: Duration::from_secs(60),
};

/// A mock of a workload; its first subgraph's address.
async fn mock(name: &str) -> SocketAddr {
    let workload = workloads::find(name).unwrap();
    let listener = crate::listen(([127, 0, 0, 1], 0).into()).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(Arc::clone(&Mock::new(workload.universe)).serve(0, listener));
    address
}

async fn floor(floor: Floor) -> SocketAddr {
    let listener = crate::listen(([127, 0, 0, 1], 0).into()).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(floor.serve(listener));
    address
}

async fn count(mock: SocketAddr) -> u64 {
    let text = control(mock, "GET", "/requests").await.unwrap();
    std::str::from_utf8(&text).unwrap().parse().unwrap()
}

#[tokio::test]
async fn the_proxy_gives_what_the_mock_answers() {
    for name in ["small", "joined", "large"] {
        // One server that holds all the data: the whole query goes to it.
        let mock = mock(name).await;
        let proxy = floor(Floor::Proxy(mock)).await;
        let exchanges = workloads::find(name).unwrap().exchanges().unwrap();
        // The large answers are slow without optimisation.
        let limits = Limits {
            requests: if name == "large" { 2 } else { 200 },
            ..LIMITS
        };
        let mut load = Load::open(proxy, &exchanges).await.unwrap();
        let outcome = load.run(limits).await.unwrap();
        assert_eq!(outcome.latencies.total(), limits.requests, "{name}");
        assert_eq!(count(mock).await, limits.requests, "{name}");
        // The connections stay open between runs.
        load.ask_once(0).await.unwrap();
        assert_eq!(count(mock).await, limits.requests + 1, "{name}");
    }
}

#[tokio::test]
async fn the_player_sends_what_was_recorded() {
    let mock = mock("joined").await;
    let exchange = workloads::find("joined")
        .unwrap()
        .exchanges()
        .unwrap()
        .swap_remove(0);
    control(mock, "POST", "/recording").await.unwrap();
    let mut direct = Load::open(mock, std::slice::from_ref(&exchange))
        .await
        .unwrap();
    direct.ask_once(0).await.unwrap();
    let recorded = control(mock, "GET", "/recording").await.unwrap();
    let calls: Vec<Call> = serde_json::from_slice(&recorded).unwrap();
    assert_eq!(calls.len(), 1);
    let line = Line {
        url: format!("http://{mock}/graphql"),
        body: calls[0].body.clone(),
    };
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let player = floor(Floor::Play(vec![Scene {
        request: text(&exchange.request),
        rounds: vec![vec![line.clone(), line.clone()], vec![line]],
        answer: text(&exchange.answer),
    }]))
    .await;
    let before = count(mock).await;
    let mut load = Load::open(player, &[exchange]).await.unwrap();
    let outcome = load
        .run(Limits {
            requests: 10,
            ..LIMITS
        })
        .await
        .unwrap();
    assert_eq!(outcome.latencies.total(), 10);
    assert_eq!(count(mock).await, before + 30);
}

#[tokio::test]
async fn a_wrong_answer_ends_the_run() {
    let mock = mock("small").await;
    let mut exchanges = workloads::find("small").unwrap().exchanges().unwrap();
    let answer = exchanges[1].answer.clone();
    let first: &mut Exchange = &mut exchanges[0];
    first.answer = answer;
    let error = Load::open(mock, &exchanges)
        .await
        .unwrap()
        .run(LIMITS)
        .await
        .unwrap_err();
    assert!(matches!(error, LoadError::Wrong(_)), "{error}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_an_error() {
    let nobody = crate::system::free_address().await.unwrap();
    let exchanges = workloads::find("small").unwrap().exchanges().unwrap();
    let error = Load::open(nobody, &exchanges).await.unwrap_err();
    assert!(matches!(error, LoadError::Connect(_)), "{error}");
}
