//! What subscribers hear, who may listen, and that nothing is missed without a word.

use futures_util::{SinkExt as _, StreamExt as _};
use kit::database::Database;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use super::playlists::{ADD, INVITE, SHARE, UPDATE, create, read, tracks};
use super::support::keys::claims;
use super::support::{As, Music, on_each_database};

const TRACK: &str = "track-darude-sandstorm";

const FAVOURITES: &str = "subscription ($user: ID!) { favouriteChanged(userId: $user) {
    change track { id title } favourite { note } user { id favouriteCount }
} }";

const LOVED: &str = "subscription ($track: ID!) { trackLoved(trackId: $track) {
    user { id } track { id favouriteCount hasFavourited }
} }";

const PLAYLIST: &str = "subscription ($id: ID!, $token: String) {
    playlistChanged(id: $id, shareToken: $token) {
        change playlist { id name version owner { id } items { edges { node { track { id } } } } }
    }
}";

const LOVE: &str =
    "mutation ($input: AddFavouriteInput!) { addFavourite(input: $input) { added } }";

async fn love(music: &Music, user: &str, track: &str, note: Option<&str>) {
    let input = match note {
        Some(note) => json!({ "trackId": track, "note": note }),
        None => json!({ "trackId": track }),
    };
    music
        .data(As::User(user), LOVE, json!({ "input": input }))
        .await;
}

async fn update(music: &Music, id: &str, change: Value) {
    let version = read(music, As::User("ann"), id).await["version"].take();
    let mut input = json!({ "id": id, "expectedVersion": version });
    for (name, value) in change.as_object().expect("changes") {
        input[name] = value.clone();
    }
    music
        .data(As::User("ann"), UPDATE, json!({ "input": input }))
        .await;
}

#[tokio::test]
async fn changes_of_favourites_are_told_to_their_user() {
    on_each_database(async |music| {
        let variables = json!({ "user": "ann" });
        let mut ann = music
            .listen(As::User("ann"), FAVOURITES, variables.clone())
            .await;
        let mut root = music.listen(As::Admin("root"), FAVOURITES, variables).await;
        love(music, "bob", TRACK, None).await;
        love(music, "ann", TRACK, Some("at midnight")).await;
        // Nothing changes, so nothing is told.
        love(music, "ann", TRACK, None).await;
        love(music, "ann", TRACK, Some("at midnight")).await;
        love(music, "ann", TRACK, Some("at noon")).await;
        let remove = "mutation ($t: ID!) { removeFavourite(input: { trackId: $t }) { removed } }";
        let moved =
            "mutation ($t: ID!) { moveFavourite(input: { trackId: $t }) { favourite { note } } }";
        for query in [moved, remove, remove] {
            music
                .ask(As::User("ann"), query, json!({ "t": TRACK }))
                .await;
        }
        for (change, note) in [
            ("ADDED", json!({ "note": "at midnight" })),
            ("NOTED", json!({ "note": "at noon" })),
            ("MOVED", json!({ "note": "at noon" })),
            ("REMOVED", json!(null)),
        ] {
            for listener in [&mut ann, &mut root] {
                let heard = listener.data().await["favouriteChanged"].take();
                assert_eq!(heard["change"], json!(change));
                assert_eq!(heard["track"]["id"], json!(TRACK));
                assert_eq!(heard["user"]["id"], json!("ann"));
                // It is read when it is heard, so a later change may show already.
                let favourite = &heard["favourite"];
                assert!(
                    *favourite == note
                        || favourite.is_null()
                        || favourite["note"] == json!("at noon")
                );
            }
        }
        drop((ann, root));
        music.comes_to("music_listeners", 0).await;
    })
    .await;
}

#[tokio::test]
async fn favourites_are_not_told_to_others() {
    on_each_database(async |music| {
        for (caller, code) in [
            (As::Nobody, "UNAUTHENTICATED"),
            (As::User("eve"), "FORBIDDEN"),
            (As::Curator("eve"), "FORBIDDEN"),
        ] {
            let mut refused = music
                .open(caller, FAVOURITES, json!({ "user": "ann" }))
                .await;
            assert_eq!(refused.ended_with().await, code);
        }
        let mut nothing = music
            .open(As::Nobody, LOVED, json!({ "track": "no-such-track" }))
            .await;
        assert_eq!(nothing.ended_with().await, "NOT_FOUND");
    })
    .await;
}

#[tokio::test]
async fn whoever_loves_a_track_is_told_once() {
    on_each_database(async |music| {
        let mut bob = music
            .listen(As::User("bob"), LOVED, json!({ "track": TRACK }))
            .await;
        love(music, "ann", "track-miles-davis-so-what", None).await;
        love(music, "ann", TRACK, None).await;
        love(music, "ann", TRACK, Some("again")).await;
        love(music, "bob", TRACK, None).await;
        let first = bob.data().await["trackLoved"].take();
        assert_eq!(first["user"]["id"], json!("ann"));
        assert_eq!(first["track"]["id"], json!(TRACK));
        let second = bob.data().await["trackLoved"].take();
        assert_eq!(second["user"]["id"], json!("bob"));
        assert_eq!(second["track"]["hasFavourited"], json!(true));
    })
    .await;
}

#[tokio::test]
async fn changes_of_a_playlist_are_told_and_refused_edits_are_not() {
    on_each_database(async |music| {
        let id = create(music, "ann", "PUBLIC").await;
        let mut eve = music
            .listen(As::User("eve"), PLAYLIST, json!({ "id": id }))
            .await;
        let stale = json!({ "input": { "id": id, "expectedVersion": 9, "name": "Stale" } });
        music.refusal(As::User("ann"), UPDATE, stale).await;
        let input = json!({ "playlistId": id, "trackIds": tracks(music, 2).await });
        music
            .data(As::User("ann"), ADD, json!({ "input": input }))
            .await;
        let heard = eve.data().await["playlistChanged"].take();
        assert_eq!(heard["change"], json!("ITEMS"));
        assert_eq!(heard["playlist"]["version"], json!(2));
        assert_eq!(heard["playlist"]["owner"]["id"], json!("ann"));
        assert_eq!(
            heard["playlist"]["items"]["edges"].as_array().map(Vec::len),
            Some(2)
        );
        update(music, &id, json!({ "name": "Day" })).await;
        let heard = eve.data().await["playlistChanged"].take();
        assert_eq!(
            (&heard["change"], &heard["playlist"]["name"]),
            (&json!("SETTINGS"), &json!("Day"))
        );
        let delete = "mutation ($id: ID!) { deletePlaylist(input: { id: $id }) { deletedId } }";
        music
            .data(As::User("ann"), delete, json!({ "id": id }))
            .await;
        let heard = eve.data().await["playlistChanged"].take();
        assert_eq!(heard, json!({ "change": "DELETED", "playlist": null }));
        assert_eq!(eve.next().await, None);
    })
    .await;
}

#[tokio::test]
async fn a_playlist_is_heard_of_only_while_it_may_be_seen() {
    on_each_database(async |music| {
        let id = create(music, "ann", "PRIVATE").await;
        for caller in [As::Nobody, As::User("eve")] {
            let mut refused = music.open(caller, PLAYLIST, json!({ "id": id })).await;
            assert_eq!(refused.ended_with().await, "NOT_FOUND");
        }
        let share = async || {
            let input = json!({ "input": { "playlistId": id } });
            let made = music.data(As::User("ann"), SHARE, input).await;
            made["renewPlaylistShareLink"]["shareToken"].clone()
        };
        let invite = json!({ "input": { "playlistId": id, "userId": "bob" } });
        music.data(As::User("ann"), INVITE, invite.clone()).await;
        let token = share().await;
        let guessed = json!({ "id": id, "token": "A".repeat(43) });
        let mut refused = music.open(As::Nobody, PLAYLIST, guessed).await;
        assert_eq!(refused.ended_with().await, "NOT_FOUND");
        let by_link = json!({ "id": id, "token": token });
        let mut link = music.listen(As::Nobody, PLAYLIST, by_link).await;
        let mut bob = music
            .listen(As::User("bob"), PLAYLIST, json!({ "id": id }))
            .await;
        update(music, &id, json!({ "name": "One" })).await;
        assert_eq!(
            link.data().await["playlistChanged"]["playlist"]["id"],
            json!(id)
        );
        assert_eq!(
            bob.data().await["playlistChanged"]["playlist"]["id"],
            json!(id)
        );
        // The old link opens nothing any more, and bob listens on.
        share().await;
        assert_eq!(link.ended_with().await, "NOT_FOUND");
        bob.data().await;
        let leave = "mutation ($input: PlaylistCollaboratorInput!) {
            removePlaylistCollaborator(input: $input) { playlist { id } }
        }";
        music.data(As::User("ann"), leave, invite).await;
        assert_eq!(bob.ended_with().await, "NOT_FOUND");
        // Public, and then private again. Who comes while a change is still being told may hear of it.
        let mut ann = music
            .listen(As::User("ann"), PLAYLIST, json!({ "id": id }))
            .await;
        update(music, &id, json!({ "visibility": "PUBLIC" })).await;
        ann.data().await;
        let mut eve = music
            .listen(As::User("eve"), PLAYLIST, json!({ "id": id }))
            .await;
        update(music, &id, json!({ "visibility": "PRIVATE" })).await;
        assert_eq!(eve.ended_with().await, "NOT_FOUND");
    })
    .await;
}

#[tokio::test]
async fn replicas_hear_of_each_other() {
    on_each_database(async |music| {
        let Some(other) = music.replica().await else {
            return;
        };
        let id = create(music, "ann", "PUBLIC").await;
        let mut here = music
            .listen(As::Nobody, PLAYLIST, json!({ "id": id }))
            .await;
        let mut there = other
            .listen(As::Nobody, PLAYLIST, json!({ "id": id }))
            .await;
        let mut loved = other
            .listen(As::Nobody, LOVED, json!({ "track": TRACK }))
            .await;
        for (replica, name) in [(music, "One"), (&other, "Two"), (music, "Three")] {
            update(replica, &id, json!({ "name": name })).await;
            for listener in [&mut here, &mut there] {
                let heard = listener.data().await["playlistChanged"].take();
                assert_eq!(heard["playlist"]["name"], json!(name));
            }
        }
        love(music, "ann", TRACK, None).await;
        assert_eq!(loved.data().await["trackLoved"]["user"]["id"], json!("ann"));
        drop((here, there, loved));
        other.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_replica_that_was_cut_off_tells_its_listeners() {
    on_each_database(async |music| {
        if !music.takes_replicas() {
            return;
        }
        let mut cut = music
            .listen(As::Nobody, LOVED, json!({ "track": TRACK }))
            .await;
        let database = Database::connect(music.database_url())
            .await
            .expect("opens");
        let ended = database
            .connection()
            .execute_unprepared(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE datname = current_database() AND query LIKE 'LISTEN%'",
            )
            .await
            .expect("it may");
        assert!(ended.rows_affected() >= 1);
        assert_eq!(cut.ended_with().await, "SUBSCRIPTION_INTERRUPTED");
        // The service listens again by itself.
        let mut again = music
            .listen(As::Nobody, LOVED, json!({ "track": TRACK }))
            .await;
        love(music, "ann", TRACK, None).await;
        assert_eq!(again.data().await["trackLoved"]["user"]["id"], json!("ann"));
        database.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_thousand_listeners_hear_and_leave_nothing_behind() {
    const LISTENERS: u64 = 1_000;
    on_each_database(async |music| {
        let mut streams = Vec::new();
        for _ in 0..LISTENERS {
            streams.push(
                music
                    .open(As::Nobody, LOVED, json!({ "track": TRACK }))
                    .await,
            );
        }
        music.comes_to("music_listeners", LISTENERS).await;
        love(music, "ann", TRACK, None).await;
        for stream in &mut streams {
            assert_eq!(
                stream.data().await["trackLoved"]["user"]["id"],
                json!("ann")
            );
        }
        drop(streams);
        music.comes_to("music_listeners", 0).await;
        music.comes_to("graphql_subscriptions", 0).await;
    })
    .await;
}

#[tokio::test]
async fn a_stream_ends_with_its_token() {
    on_each_database(async |music| {
        // Over already, and taken for two more seconds, for clocks differ.
        let token = music.keys().sign(&claims("ann", &["user"], -3));
        let mut ann = music
            .listen(As::Bearer(&token), FAVOURITES, json!({ "user": "ann" }))
            .await;
        let mut socket = connect(music).await;
        introduce(&mut socket, &token, "ann").await;
        music.comes_to("music_listeners", 2).await;
        assert_eq!(ann.ended_with().await, "UNAUTHENTICATED");
        let closed = async {
            loop {
                match socket
                    .next()
                    .await
                    .expect("a last word")
                    .expect("a message")
                {
                    Message::Close(frame) => return u16::from(frame.expect("a reason").code),
                    _ => continue,
                }
            }
        };
        let closed = tokio::time::timeout(std::time::Duration::from_secs(20), closed).await;
        assert_eq!(closed.expect("in time"), 4403);
        music.comes_to("music_listeners", 0).await;
    })
    .await;
}

type Socket =
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

async fn connect(music: &Music) -> Socket {
    let url = format!("{}/graphql/ws", music.url().replace("http:", "ws:"));
    let mut request = url.into_client_request().expect("a request");
    let protocol = "graphql-transport-ws".parse().expect("a value");
    request
        .headers_mut()
        .insert("sec-websocket-protocol", protocol);
    let connected = tokio_tungstenite::connect_async(request).await;
    connected.expect("an upgrade").0
}

/// Shows a token, and listens to the favourites of a user.
async fn introduce(socket: &mut Socket, token: &str, user: &str) {
    let init = json!({ "type": "connection_init", "payload": { "authorization": format!("Bearer {token}") } });
    let subscribe = json!({ "type": "subscribe", "id": "1", "payload": {
        "query": FAVOURITES, "variables": { "user": user }
    } });
    for message in [init, subscribe] {
        let message = Message::text(message.to_string());
        socket.send(message).await.expect("it is taken");
    }
}

#[tokio::test]
async fn a_websocket_is_introduced_with_a_token() {
    on_each_database(async |music| {
        let token = music.token_of(As::User("ann")).expect("a token");
        let mut socket = connect(music).await;
        introduce(&mut socket, &token, "ann").await;
        music.comes_to("music_listeners", 1).await;
        love(music, "ann", TRACK, None).await;
        let mut heard = Vec::new();
        while heard.len() < 2 {
            let message = socket.next().await.expect("the socket is open");
            if let Message::Text(text) = message.expect("a message") {
                heard.push(serde_json::from_str::<Value>(&text).expect("JSON"));
            }
        }
        assert_eq!(heard[0], json!({ "type": "connection_ack" }));
        let change = &heard[1]["payload"]["data"]["favouriteChanged"];
        assert_eq!(change["track"]["id"], json!(TRACK));
    })
    .await;
}
