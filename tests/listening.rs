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
use support::folder::Folder;

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

/// The repository's files, with which the router listens to music in this way.
fn over(protocol: &str) -> Folder {
    let folder = Folder::of_the_repository();
    let config = folder.read("router/router.yaml");
    let mode = format!(
        "subscription:\n  mode:\n    passthrough:\n      subgraphs:\n        music: {protocol}\n"
    );
    folder.write("router/router.yaml", &format!("{config}\n{mode}"));
    folder
}

#[tokio::test]
async fn changes_of_favourites_come_over_either_protocol_to_their_user() {
    const FAVOURITES: &str = "subscription ($user: ID!) { favouriteChanged(userId: $user) {
        change favourite { note } track { title artist { name } } user { displayName favouriteCount }
    } }";
    const LOVE: &str =
        "mutation ($id: ID!) { addFavourite(input: { trackId: $id, note: \"at night\" }) {
        user { favouriteCount } } }";
    for (protocol, websockets) in [
        ("{ protocol: graphql_ws, path: /graphql/ws }", 1),
        ("{ protocol: http }", 0),
    ] {
        let folder = over(protocol);
        let federation = Federation::start_in(folder.path()).await;
        let newcomer = Client::registered(&federation, "newcomer").await;
        let me = newcomer.ask("{ me { id } }").await["me"]["id"].take();
        let stranger = Client::signed_in(&federation, "ada").await;

        // The token reaches music in whichever way the stream is opened, and so does its refusal.
        let mut refused = stranger.listen(FAVOURITES, json!({ "user": me })).await;
        let answer = next(&mut refused).await;
        assert_eq!(
            answer["errors"][0]["extensions"]["code"], "FORBIDDEN",
            "{answer:#}"
        );
        drop(refused);

        let mut stream = newcomer.listen(FAVOURITES, json!({ "user": me })).await;
        listened_to(&federation).await;
        let open = federation
            .metrics("music")
            .await
            .sum("graphql_websockets", "");
        assert_eq!(open, websockets, "{protocol}");
        let loved = newcomer
            .ask_with(LOVE, json!({ "id": "track-darude-sandstorm" }))
            .await;
        assert_eq!(loved["addFavourite"]["user"]["favouriteCount"], 1);
        let heard = next(&mut stream).await;
        assert_eq!(heard.get("errors"), None, "{heard:#}");
        assert_eq!(
            heard["data"]["favouriteChanged"],
            json!({
                "change": "ADDED",
                "favourite": { "note": "at night" },
                "track": { "title": "Sandstorm", "artist": { "name": "Darude" } },
                // The name is of the users service, the count of music.
                "user": { "displayName": "newcomer", "favouriteCount": 1 }
            }),
        );
        // Nobody is left listening when the client has gone.
        drop(stream);
        for counter in ["music_listeners", "graphql_websockets"] {
            comes_to_nothing(&federation, counter).await;
        }
        federation.stop().await;
    }
}

async fn comes_to_nothing(federation: &Federation, counter: &str) {
    for _ in 0..600 {
        if federation.metrics("music").await.sum(counter, "") == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{counter} stays:\n{}", federation.transcript());
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
