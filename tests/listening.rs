//! A subscription from end to end: music tells, the router completes with users, a client listens.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
#![cfg(unix)]

use std::time::Duration;

use serde_json::{Value, json};

use support::client::Client;
use support::databases::Databases;
use support::federation::Federation;

mod support;

const CHANGED: &str = "subscription ($id: ID!) { playlistChanged(id: $id) {
    change playlist { name owner { username displayName } items { edges { node { track { title } } } } }
} }";

#[tokio::test]
async fn changes_of_a_playlist_come_with_the_name_of_its_owner() {
    for databases in Databases::all().await {
        let federation = Federation::start_on(&databases).await;
        let ada = Client::signed_in(&federation, "ada").await;
        let create = "mutation { createPlaylist(input: { name: \"Night\", visibility: PUBLIC }) { playlist { id owner { username } } } }";
        let created = ada.ask(create).await;
        let playlist = &created["createPlaylist"]["playlist"];
        assert_eq!(playlist["owner"]["username"], "ada");
        let id = playlist["id"].clone();

        let anonymous = Client::anonymous(&federation);
        let mut stream = anonymous.listen(CHANGED, json!({ "id": id })).await;
        listened_to(&federation).await;
        let update = "mutation ($id: ID!) { updatePlaylist(input: { id: $id, expectedVersion: 1, name: \"Day\" }) { playlist { version } } }";
        ada.ask_with(update, json!({ "id": id })).await;
        let heard = next(&mut stream).await;
        assert_eq!(
            heard["data"]["playlistChanged"],
            json!({
                "change": "SETTINGS",
                "playlist": {
                    "name": "Day",
                    "owner": { "username": "ada", "displayName": playlist_owner(&ada).await },
                    "items": { "edges": [] }
                }
            }),
            "{heard:#}"
        );
        drop(stream);
        federation.stop().await;
        databases.remove().await;
    }
}

async fn playlist_owner(client: &Client) -> Value {
    client.ask("{ me { displayName } }").await["me"]["displayName"].take()
}

/// Waits until music has a listener.
async fn listened_to(federation: &Federation) {
    for _ in 0..600 {
        if federation.metrics("music").await.sum("music_listeners", "") == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nobody listens:\n{}", federation.transcript());
}

/// The next event of a stream of server-sent events.
async fn next(stream: &mut reqwest::Response) -> Value {
    let mut text = String::new();
    loop {
        let chunk = tokio::time::timeout(Duration::from_secs(60), stream.chunk()).await;
        let chunk = chunk.expect("something is heard in time");
        let chunk = chunk.expect("the stream holds").expect("it goes on");
        text.push_str(std::str::from_utf8(&chunk).expect("UTF-8"));
        let data = text
            .split("\n\n")
            .filter(|event| event.contains("event: next") || event.contains("event:next"))
            .find_map(|event| event.split("data:").nth(1));
        // An event that is not whole is no JSON yet.
        if let Some(event) = data.and_then(|json| serde_json::from_str(json.trim()).ok()) {
            return event;
        }
    }
}
