//! WebSockets on both sides, by `graphql-transport-ws`.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::{SUBSCRIPTION, Streaming, answer, catalogue, event};
use crate::support::RunningRouter;

/// A client's connection.
struct Client(WebSocketStream<TcpStream>);

impl Client {
    /// Connects with these headers beside the usual ones.
    async fn connect(
        router: &RunningRouter,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, Error> {
        let mut request = format!("ws://{}/graphql", router.address).into_client_request()?;
        let all = request.headers_mut();
        all.insert(
            "sec-websocket-protocol",
            "graphql-transport-ws".parse().unwrap(),
        );
        for (name, value) in headers {
            all.insert(*name, value.parse().unwrap());
        }
        let stream = TcpStream::connect(router.address).await?;
        let (socket, response) = tokio_tungstenite::client_async(request, stream).await?;
        assert_eq!(
            response.headers()["sec-websocket-protocol"],
            "graphql-transport-ws"
        );
        Ok(Self(socket))
    }

    async fn introduced(router: &RunningRouter, payload: Value) -> Self {
        let mut client = Self::connect(router, &[]).await.unwrap();
        client
            .say(json!({ "type": "connection_init", "payload": payload }))
            .await;
        assert_eq!(client.hear().await, json!({ "type": "connection_ack" }));
        client
    }

    async fn say(&mut self, message: Value) {
        self.0
            .send(Message::text(message.to_string()))
            .await
            .unwrap();
    }

    async fn subscribe(&mut self, id: &str, query: &str) {
        self.say(json!({ "id": id, "type": "subscribe", "payload": { "query": query } }))
            .await;
    }

    async fn hear_any(&mut self) -> Message {
        let heard = tokio::time::timeout(Duration::from_secs(10), self.0.next());
        heard.await.unwrap().unwrap().unwrap()
    }

    async fn hear(&mut self) -> Value {
        match self.hear_any().await {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// The code with which the router closes.
    async fn closed(&mut self) -> u16 {
        match self.hear_any().await {
            Message::Close(Some(frame)) => frame.code.into(),
            other => panic!("{other:?}"),
        }
    }
}

async fn over_websockets() -> (Streaming, RunningRouter) {
    let (music, port) = Streaming::over_websocket().await;
    let config = format!(
        "subscription: {{ mode: {{ passthrough: {{ subgraphs: {{ music: {{ protocol: graphql_ws, path: /ws }} }} }} }} }}\n\
         override_subgraph_url: {{ music: 'http://127.0.0.1:{port}/graphql' }}\n\
         headers: {{ all: {{ request: [ {{ propagate: {{ named: x-tenant }} }} ] }} }}"
    );
    let router = RunningRouter::over(&[&music.subgraph, &catalogue().await], &config).await;
    (music, router)
}

#[tokio::test(flavor = "multi_thread")]
async fn events_go_from_socket_to_socket() {
    let (music, router) = over_websockets().await;
    let mut client = Client::introduced(&router, json!({ "x-tenant": "blue" })).await;
    client.subscribe("a", SUBSCRIPTION).await;
    music.opened(1).await;
    {
        let streams = music.streams.lock().unwrap();
        let opened = &streams[0];
        assert_eq!(opened.headers["x-tenant"], "blue");
        assert_eq!(opened.asked[0]["payload"]["x-tenant"], "blue");
        let document = "subscription{loved:trackLoved(id:7){id}}";
        assert_eq!(opened.asked[1]["payload"], json!({ "query": document }));
    }
    let next = json!({ "id": "1", "type": "next", "payload": serde_json::from_str::<Value>(&event("7")).unwrap() });
    let expected = json!({ "id": "a", "type": "next", "payload": answer("So What") });
    music.feed("{\"type\":\"ping\"}");
    music.feed(next.to_string());
    assert_eq!(client.hear().await, expected);
    client.say(json!({ "type": "ping" })).await;
    assert_eq!(client.hear().await, json!({ "type": "pong" }));
    music.feed(next.to_string());
    music.feed("{\"id\":\"1\",\"type\":\"complete\"}");
    assert_eq!(client.hear().await, expected);
    assert_eq!(
        client.hear().await,
        json!({ "id": "a", "type": "complete" })
    );
    // Its id is free again; and who has heard enough ends the stream in the subgraph.
    client.subscribe("a", SUBSCRIPTION).await;
    music.opened(2).await;
    client.say(json!({ "id": "a", "type": "complete" })).await;
    music.left().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subgraph_may_refuse() {
    let (music, router) = over_websockets().await;
    let mut client = Client::introduced(&router, json!({})).await;
    client.subscribe("a", SUBSCRIPTION).await;
    music.opened(1).await;
    music.feed("{\"id\":\"1\",\"type\":\"error\",\"payload\":[{\"message\":\"secret\"}]}");
    let told = client.hear().await;
    assert_eq!(told["payload"]["data"], json!({ "loved": null }));
    assert_eq!(
        told["payload"]["errors"][0]["extensions"]["service"],
        "music"
    );
    assert!(!told.to_string().contains("secret"), "{told}");
    assert_eq!(
        client.hear().await,
        json!({ "id": "a", "type": "complete" })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_are_answered_too_and_bad_ones_refused() {
    let music = Streaming::over_http("text/event-stream").await;
    let router = RunningRouter::over(&[&music.subgraph, &catalogue().await], "").await;
    let mut client = Client::introduced(&router, json!(null)).await;
    client.subscribe("q", "{ top }").await;
    let expected = json!({ "id": "q", "type": "next", "payload": { "data": { "top": 1 } } });
    assert_eq!(client.hear().await, expected);
    assert_eq!(
        client.hear().await,
        json!({ "id": "q", "type": "complete" })
    );
    client.subscribe("q", "{ bottom }").await;
    let told = client.hear().await;
    assert_eq!((&told["id"], &told["type"]), (&json!("q"), &json!("error")));
    assert_eq!(
        told["payload"][0]["extensions"]["code"],
        "GRAPHQL_VALIDATION_FAILED"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_breaks_the_rules_is_shown_the_door() {
    let music = Streaming::over_http("text/event-stream").await;
    let config = "subscription: { websocket: { init_timeout: 500ms, max_operations: 1 } }";
    let router = RunningRouter::over(&[&music.subgraph, &catalogue().await], config).await;
    let connect = async || Client::connect(&router, &[]).await.unwrap();
    let introduced = async || Client::introduced(&router, json!({})).await;

    assert_eq!(connect().await.closed().await, 4408);
    let mut client = connect().await;
    client.subscribe("a", "{ top }").await;
    assert_eq!(client.closed().await, 4401);
    let mut client = introduced().await;
    client.say(json!({ "type": "connection_init" })).await;
    assert_eq!(client.closed().await, 4429);
    for nonsense in [
        json!({ "type": "shout" }),
        json!({ "type": "subscribe" }),
        json!([]),
    ] {
        let mut client = introduced().await;
        client.say(nonsense).await;
        assert_eq!(client.closed().await, 4400);
    }
    let mut client = introduced().await;
    client.subscribe("a", SUBSCRIPTION).await;
    client.subscribe("a", SUBSCRIPTION).await;
    assert_eq!(client.closed().await, 4409);
    let mut client = introduced().await;
    client.subscribe("a", SUBSCRIPTION).await;
    client.subscribe("b", SUBSCRIPTION).await;
    assert_eq!(client.closed().await, 4429);
    music.left().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_origins_need_leave() {
    let music = Streaming::over_http("text/event-stream").await;
    let config = "cors: { policies: [ { origins: ['https://app.example'] } ] }";
    let router = RunningRouter::over(&[&music.subgraph, &catalogue().await], config).await;
    let own = format!("http://{}", router.address);
    let status =
        async |headers: &[(&'static str, &str)]| match Client::connect(&router, headers).await {
            Ok(_) => 101,
            Err(Error::Http(response)) => response.status().as_u16(),
            Err(other) => panic!("{other}"),
        };
    assert_eq!(status(&[("origin", &own)]).await, 101);
    assert_eq!(status(&[("origin", "https://app.example")]).await, 101);
    assert_eq!(status(&[("origin", "https://evil.example")]).await, 403);
    assert_eq!(status(&[("origin", "null")]).await, 403);
    // The policy allows no credentials, and cookies are some.
    let with_cookie = [("origin", "https://app.example"), ("cookie", "session=1")];
    assert_eq!(status(&with_cookie).await, 403);
    assert_eq!(
        status(&[("sec-websocket-protocol", "graphql-ws")]).await,
        400
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_router_that_stops_closes_its_sockets() {
    let music = Streaming::over_http("text/event-stream").await;
    let router = RunningRouter::over(&[&music.subgraph, &catalogue().await], "").await;
    let mut client = Client::introduced(&router, json!({})).await;
    client.subscribe("a", SUBSCRIPTION).await;
    music.opened(1).await;
    let (stopped, closed) = tokio::join!(router.stop(), client.closed());
    stopped.unwrap();
    assert_eq!(closed, 1001);
    music.left().await;
}
