//! Streams over real sockets: the protocol, its limits, and that nothing stays behind.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{EmptyMutation, Object, Subscription};
use futures_util::{SinkExt as _, Stream, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::auth::{JwkSet, KeySource, TokenVerifier};
use crate::config::{RequestArgs, StreamArgs};
use crate::database::Database;
use crate::server::{App, bind, serve};
use crate::{Failure, Result, graphql};

struct Query;

#[Object]
impl Query {
    async fn hello(&self) -> &str {
        "hello"
    }
}

struct Events;

#[Subscription]
impl Events {
    /// Counts, and goes on for ever without a limit.
    async fn count(&self, up_to: Option<i32>) -> impl Stream<Item = i32> + use<> {
        futures_util::stream::unfold(1, move |next| async move {
            if up_to.is_some_and(|last| next > last) {
                return None;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
            Some((next, next + 1))
        })
    }

    async fn refused(&self) -> Result<futures_util::stream::Empty<i32>> {
        Err(Failure::forbidden("not for you"))
    }

    /// As much as can be, at once.
    async fn flood(&self) -> impl Stream<Item = String> + use<> {
        futures_util::stream::repeat("x".repeat(100_000))
    }

    async fn silent(&self) -> futures_util::stream::Pending<i32> {
        futures_util::stream::pending()
    }
}

struct Served {
    address: String,
    client: reqwest::Client,
    stop: oneshot::Sender<()>,
    ended: tokio::task::JoinHandle<std::io::Result<()>>,
    _folder: tempfile::TempDir,
}

async fn serve_within(limits: StreamArgs) -> Served {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("kit.sqlite").display());
    let database = Database::connect(&url).await.expect("opens");
    let requests = RequestArgs::default();
    let schema = graphql::build_with_subscription(Query, EmptyMutation, Events, &requests).finish();
    let nobody = KeySource::Fixed(Arc::new(JwkSet { keys: Vec::new() }));
    let verifier = TokenVerifier::new(nobody, "iss", "aud");
    let app = App::new("kit", schema, verifier, database).with_subscriptions(&limits);
    let listener = bind("127.0.0.1:0").await.expect("binds");
    let address = listener.local_addr().expect("bound").to_string();
    let (stop, stopped) = oneshot::channel();
    let ended = tokio::spawn(serve(listener, async { drop(stopped.await) }, app));
    Served {
        address,
        client: reqwest::Client::new(),
        stop,
        ended,
        _folder: folder,
    }
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

impl Served {
    async fn connect(&self) -> Socket {
        self.connect_as("graphql-transport-ws")
            .await
            .expect("an upgrade")
    }

    async fn connect_as(&self, protocol: &str) -> Result<Socket, tungstenite::Error> {
        let url = format!("ws://{}/graphql/ws", self.address);
        let mut request = url.into_client_request().expect("a request");
        let name = "sec-websocket-protocol";
        request
            .headers_mut()
            .insert(name, protocol.parse().expect("a value"));
        let (socket, _) = tokio_tungstenite::connect_async(request).await?;
        Ok(socket)
    }

    async fn introduced(&self) -> Socket {
        let mut socket = self.connect().await;
        say(&mut socket, json!({ "type": "connection_init" })).await;
        assert_eq!(hear(&mut socket).await, json!({ "type": "connection_ack" }));
        socket
    }

    async fn post(&self, query: &str, accept: &str) -> reqwest::Response {
        self.client
            .post(format!("http://{}/graphql", self.address))
            .header("accept", accept)
            .json(&json!({ "query": query }))
            .send()
            .await
            .expect("an answer")
    }

    async fn metric(&self, name: &str) -> u64 {
        let url = format!("http://{}/metrics", self.address);
        let text = self.client.get(url).send().await.expect("metrics");
        let text = text.text().await.expect("text");
        let line = text.lines().find(|it| it.starts_with(&format!("{name}{{")));
        let value = line.expect("the metric").rsplit(' ').next();
        value.expect("a value").parse().expect("a number")
    }

    async fn comes_to(&self, name: &str, value: u64) {
        for _ in 0..400 {
            if self.metric(name).await == value {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{name} is {} and not {value}", self.metric(name).await);
    }
}

async fn say(socket: &mut Socket, message: Value) {
    socket
        .send(Message::text(message.to_string()))
        .await
        .expect("it is taken");
}

/// The next message that is no ping.
async fn heard(socket: &mut Socket) -> Message {
    loop {
        let message = tokio::time::timeout(Duration::from_secs(20), socket.next()).await;
        let message = message.expect("something is heard in time");
        match message.expect("the socket is open").expect("a message") {
            Message::Ping(_) | Message::Pong(_) => {}
            message => return message,
        }
    }
}

async fn hear(socket: &mut Socket) -> Value {
    match heard(socket).await {
        Message::Text(text) => serde_json::from_str(&text).expect("JSON"),
        other => panic!("{other:?} is no text"),
    }
}

async fn closed_with(socket: &mut Socket) -> u16 {
    loop {
        match heard(socket).await {
            Message::Close(frame) => return frame.expect("a reason").code.into(),
            Message::Text(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

fn subscribe(id: &str, query: &str) -> Value {
    json!({ "type": "subscribe", "id": id, "payload": { "query": query } })
}

#[tokio::test]
async fn an_operation_over_a_websocket_is_answered_to_its_end() {
    let served = serve_within(StreamArgs::default()).await;
    let mut socket = served.introduced().await;
    say(
        &mut socket,
        subscribe("a", "subscription { count(upTo: 2) }"),
    )
    .await;
    for number in [1, 2] {
        let next = json!({ "type": "next", "id": "a", "payload": { "data": { "count": number } } });
        assert_eq!(hear(&mut socket).await, next);
    }
    assert_eq!(
        hear(&mut socket).await,
        json!({ "type": "complete", "id": "a" })
    );
    // The id is free again, for a query too.
    say(&mut socket, subscribe("a", "{ hello }")).await;
    let next = json!({ "type": "next", "id": "a", "payload": { "data": { "hello": "hello" } } });
    assert_eq!(hear(&mut socket).await, next);
    assert_eq!(
        hear(&mut socket).await,
        json!({ "type": "complete", "id": "a" })
    );

    say(&mut socket, subscribe("b", "subscription { nothing }")).await;
    let error = hear(&mut socket).await;
    assert_eq!(
        (&error["type"], &error["id"]),
        (&json!("error"), &json!("b"))
    );
    let code = &error["payload"][0]["extensions"]["code"];
    assert_eq!(code, &json!("GRAPHQL_VALIDATION_FAILED"));
    say(&mut socket, subscribe("c", "subscription { refused }")).await;
    let next = hear(&mut socket).await;
    assert_eq!(
        next["payload"]["errors"][0]["extensions"]["code"],
        json!("FORBIDDEN")
    );
    assert_eq!(
        hear(&mut socket).await,
        json!({ "type": "complete", "id": "c" })
    );
    say(&mut socket, json!({ "type": "ping" })).await;
    assert_eq!(hear(&mut socket).await, json!({ "type": "pong" }));
}

#[tokio::test]
async fn whoever_breaks_the_protocol_is_told_how() {
    let served = serve_within(StreamArgs::default()).await;
    let init = json!({ "type": "connection_init" });
    let endless = subscribe("a", "subscription { count }");
    for (said, code) in [
        (vec![json!("rubbish")], 4400),
        (vec![json!({ "type": "start", "id": "a" })], 4400),
        (
            vec![init.clone(), subscribe(&"i".repeat(129), "{ hello }")],
            4400,
        ),
        (vec![endless.clone()], 4401),
        (vec![init.clone(), init.clone()], 4429),
        (vec![init.clone(), endless.clone(), endless.clone()], 4409),
        (
            vec![
                json!({ "type": "connection_init", "payload": { "Authorization": "Bearer forged" } }),
            ],
            4403,
        ),
        (
            vec![
                json!({ "type": "connection_init", "payload": { "headers": { "authorization": 7 } } }),
            ],
            4403,
        ),
    ] {
        let mut socket = served.connect().await;
        for message in &said {
            say(&mut socket, message.clone()).await;
        }
        assert_eq!(closed_with(&mut socket).await, code, "{said:?}");
    }
    // Another sub-protocol is not chosen, which clients refuse and servers close.
    assert!(served.connect_as("graphql-ws").await.is_err());
}

#[tokio::test]
async fn a_bad_token_in_the_upgrade_is_refused_with_401() {
    let served = serve_within(StreamArgs::default()).await;
    let url = format!("ws://{}/graphql/ws", served.address);
    let mut request = url.into_client_request().expect("a request");
    let headers = request.headers_mut();
    headers.insert("authorization", "Bearer forged".parse().expect("a value"));
    match tokio_tungstenite::connect_async(request).await {
        Err(tungstenite::Error::Http(refusal)) => assert_eq!(refusal.status().as_u16(), 401),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_over_a_limit_is_refused() {
    let served = serve_within(StreamArgs {
        max_websockets: 2,
        max_subscriptions: 3,
        max_subscriptions_per_connection: 2,
        ..StreamArgs::default()
    })
    .await;
    let mut one = served.introduced().await;
    let mut other = served.introduced().await;
    match served.connect_as("graphql-transport-ws").await {
        Err(tungstenite::Error::Http(refusal)) => assert_eq!(refusal.status().as_u16(), 429),
        other => panic!("{other:?}"),
    }
    for id in ["a", "b"] {
        say(&mut one, subscribe(id, "subscription { silent }")).await;
    }
    let code = async |socket: &mut Socket, id: &str| {
        say(socket, subscribe(id, "subscription { silent }")).await;
        let error = hear(socket).await;
        assert_eq!(error["type"], json!("error"));
        error["payload"][0]["extensions"]["code"].clone()
    };
    assert_eq!(code(&mut one, "c").await, json!("TOO_MANY_REQUESTS"));
    say(&mut other, subscribe("a", "subscription { silent }")).await;
    assert_eq!(code(&mut other, "b").await, json!("TOO_MANY_REQUESTS"));
    let refused = served
        .post("subscription { silent }", "text/event-stream")
        .await;
    assert_eq!(refused.status().as_u16(), 429);
    assert_eq!(served.metric("graphql_subscriptions").await, 3);
    assert_eq!(served.metric("graphql_streams_refused_total").await, 4);
    // One that is given up makes room.
    say(&mut one, json!({ "type": "complete", "id": "a" })).await;
    served.comes_to("graphql_subscriptions", 2).await;
    say(
        &mut other,
        subscribe("c", "subscription { count(upTo: 1) }"),
    )
    .await;
    assert_eq!(hear(&mut other).await["payload"]["data"]["count"], json!(1));
}

#[tokio::test]
async fn a_subscription_over_http_is_server_sent_events() {
    let served = serve_within(StreamArgs::default()).await;
    let router = "text/event-stream, multipart/mixed;subscriptionSpec=1.0, multipart/mixed, application/graphql-response+json, application/json";
    let answer = served.post("subscription { count(upTo: 2) }", router).await;
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    assert_eq!(
        answer.text().await.expect("text"),
        "event: next\ndata: {\"data\":{\"count\":1}}\n\n\
         event: next\ndata: {\"data\":{\"count\":2}}\n\n\
         event: complete\ndata:\n\n"
    );
    // A query is one answer, as JSON where the client reads that.
    let answer = served.post("{ hello }", router).await;
    assert_eq!(
        answer.text().await.expect("text"),
        "{\"data\":{\"hello\":\"hello\"}}"
    );
    let answer = served.post("{ hello }", "text/event-stream").await;
    assert_eq!(
        answer.text().await.expect("text"),
        "event: next\ndata: {\"data\":{\"hello\":\"hello\"}}\n\nevent: complete\ndata:\n\n"
    );
    let answer = served
        .post("subscription { count }", "application/json")
        .await;
    let answer: Value = answer.json().await.expect("JSON");
    assert_eq!(
        answer["errors"][0]["message"],
        json!("Subscriptions are not supported on this transport.")
    );
}

#[tokio::test]
async fn streams_are_told_that_the_service_ends() {
    let served = serve_within(StreamArgs::default()).await;
    let mut socket = served.introduced().await;
    say(&mut socket, subscribe("a", "subscription { silent }")).await;
    let stream = served
        .post("subscription { silent }", "text/event-stream")
        .await;
    served.comes_to("graphql_subscriptions", 2).await;
    let began = tokio::time::Instant::now();
    served.stop.send(()).expect("it runs");
    assert_eq!(closed_with(&mut socket).await, 1001);
    let text = stream.text().await.expect("it ends well");
    assert!(text.contains("SUBSCRIPTION_SERVER_SHUTDOWN"), "{text}");
    assert!(text.ends_with("event: complete\ndata:\n\n"), "{text}");
    served
        .ended
        .await
        .expect("no panic")
        .expect("an orderly end");
    // Not at the end of its patience, which is ten seconds.
    assert!(began.elapsed() < Duration::from_secs(8));
}

#[tokio::test]
async fn a_client_that_is_not_heard_of_is_given_up() {
    let served = serve_within(StreamArgs {
        stream_idle_timeout: 1,
        ..StreamArgs::default()
    })
    .await;
    let mut socket = served.introduced().await;
    say(&mut socket, subscribe("a", "subscription { silent }")).await;
    served.comes_to("graphql_subscriptions", 1).await;
    // Whoever does not read does not answer pings.
    served.comes_to("graphql_websockets", 0).await;
    served.comes_to("graphql_subscriptions", 0).await;
    assert_eq!(served.metric("graphql_streams_dropped_total").await, 1);
    // Whoever reads does, and stays.
    let mut alive = served.introduced().await;
    let quiet = tokio::time::timeout(Duration::from_secs(3), heard(&mut alive)).await;
    assert!(quiet.is_err(), "{quiet:?}");
}

#[tokio::test]
async fn a_flood_that_nobody_reads_waits_at_its_source() {
    let served = serve_within(StreamArgs::default()).await;
    let before = resident_bytes();
    let mut sockets = Vec::new();
    for _ in 0..20 {
        let mut socket = served.introduced().await;
        say(&mut socket, subscribe("a", "subscription { flood }")).await;
        sockets.push(socket);
    }
    let streams = served
        .post("subscription { flood }", "text/event-stream")
        .await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let grown = resident_bytes().saturating_sub(before);
    // Twenty-one times a few events and the system's own buffers, not 100 KB without end.
    assert!(grown < 200 << 20, "{grown} bytes");
    drop((sockets, streams));
    served.comes_to("graphql_subscriptions", 0).await;
}

#[tokio::test]
async fn a_thousand_abandoned_streams_leave_nothing_behind() {
    let served = serve_within(StreamArgs::default()).await;
    for _ in 0..4 {
        let mut sockets = Vec::new();
        for _ in 0..50 {
            let mut socket = served.introduced().await;
            for id in 0..5 {
                say(
                    &mut socket,
                    subscribe(&id.to_string(), "subscription { count }"),
                )
                .await;
            }
            sockets.push(socket);
        }
        served.comes_to("graphql_subscriptions", 250).await;
        // Gone without a word.
        drop(sockets);
        served.comes_to("graphql_subscriptions", 0).await;
        served.comes_to("graphql_websockets", 0).await;
    }
}

/// Bytes of memory that this process has, where that can be told.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}
