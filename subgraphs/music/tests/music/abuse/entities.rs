//! `_entities` asked directly shows nothing private, whatever a representation claims.

use serde_json::{Value, json};

use super::super::playlists::{INVITE, SHARE, UPDATE, add, read, tracks};
use super::super::support::{As, Music, on_each_database};

/// In the name and the description of what is private, and nowhere else.
const SECRET: &str = "for nobody else";

/// Every way from an entity to a playlist, with all that one can ask of it there.
const ALL: &str = "query ($r: [_Any!]!) { _entities(representations: $r) {
    ... on Playlist { ...All }
    ... on User { id ...Lists }
    ... on Track { hasFavourited favouritedBy { edges { node { ...Lists } } } }
    ... on Album { tracks { edges { node { favouritedBy { edges { node { ...Lists } } } } } } }
    ... on Artist { tracks { edges { node { favouritedBy { edges { node { ...Lists } } } } } } }
} }
fragment Lists on User {
    playlists(first: 100) { edges { cursor node { ...All } } }
    collaborations(first: 100) { edges { cursor node { ...All } } }
}
fragment All on Playlist {
    id name description visibility version itemCount hasShareLink shareLinkExpiresAt viewerRole
    owner { id } collaborators { id }
    items { edges { node { id addedBy { id } track { id } } } }
}";

/// A playlist of ann's with two tracks, on which bob works; its id and the token of its link.
async fn private_playlist(music: &Music, visibility: &str) -> (String, String) {
    const CREATE: &str = "mutation ($input: CreatePlaylistInput!) {
        createPlaylist(input: $input) { playlist { id } }
    }";
    let input = json!({ "name": SECRET, "description": SECRET, "visibility": visibility });
    let made = music
        .data(As::User("ann"), CREATE, json!({ "input": input }))
        .await;
    let id = made["createPlaylist"]["playlist"]["id"].as_str();
    let id = id.expect("an id").to_owned();
    add(music, "ann", &id, &tracks(music, 2).await).await;
    let invite = json!({ "input": { "playlistId": id, "userId": "bob" } });
    music.data(As::User("ann"), INVITE, invite).await;
    let share = json!({ "input": { "playlistId": id } });
    let shared = music.data(As::User("ann"), SHARE, share).await;
    let token = shared["renewPlaylistShareLink"]["shareToken"].as_str();
    let token = token.expect("a token").to_owned();
    if visibility == "PRIVATE" {
        // A link makes a playlist one that is seen by link.
        let version = read(music, As::User("ann"), &id).await["version"].take();
        let input = json!({ "id": id, "expectedVersion": version, "visibility": visibility });
        music
            .data(As::User("ann"), UPDATE, json!({ "input": input }))
            .await;
    }
    (id, token)
}

/// Representations that lead to the playlist, some with claims that nobody can check.
fn representations(id: &str, token: &str) -> Value {
    let eve = json!({ "id": "eve" });
    json!([
        { "__typename": "Playlist", "id": id },
        { "__typename": "Playlist", "id": id, "visibility": "PUBLIC", "viewerRole": "OWNER" },
        { "__typename": "Playlist", "id": id, "owner": eve, "collaborators": [eve] },
        { "__typename": "Playlist", "id": id, "shareToken": token },
        { "__typename": "Playlist", "id": token },
        { "__typename": "User", "id": "ann" },
        { "__typename": "User", "id": "bob", "country": "GB", "roles": ["ADMIN"] },
        { "__typename": "Track", "id": "track-darude-sandstorm" },
        { "__typename": "Album", "id": "album-darude-before-the-storm" },
        { "__typename": "Artist", "id": "artist-darude" },
    ])
}

#[tokio::test]
async fn nothing_private_is_reached_by_entities() {
    on_each_database(async |music| {
        let mut secrets = Vec::new();
        let mut asked = Vec::new();
        for visibility in ["PRIVATE", "BY_LINK"] {
            let (id, token) = private_playlist(music, visibility).await;
            let ways = representations(&id, &token);
            asked.extend(ways.as_array().expect("a list").clone());
            secrets.push(id);
        }
        // Whoever loves the track leads from it to their lists.
        let love =
            "mutation { addFavourite(input: { trackId: \"track-darude-sandstorm\" }) { added } }";
        music.data(As::User("ann"), love, json!({})).await;
        let variables = json!({ "r": asked });
        for caller in [As::Nobody, As::User("eve"), As::Curator("eve")] {
            let answer = music.ask(caller, ALL, variables.clone()).await;
            let text = answer.to_string();
            assert!(!text.contains(SECRET), "{caller:?}: {answer:#}");
            for id in &secrets {
                assert!(!text.contains(id.as_str()), "{caller:?}: {answer:#}");
            }
            // What is nobody's secret is answered all the same.
            let loved = &answer["data"]["_entities"][7]["favouritedBy"]["edges"];
            assert!(
                loved.as_array().is_some_and(|it| !it.is_empty()),
                "{answer:#}"
            );
        }
        // The test can fail: those who may see it do, by each of these ways.
        for (caller, ways) in [
            (As::User("ann"), 12),
            (As::User("bob"), 8),
            (As::Admin("root"), 12),
        ] {
            let answer = music.data(caller, ALL, variables.clone()).await;
            let found = answer
                .to_string()
                .matches(&format!("\"name\":\"{SECRET}\""))
                .count();
            assert!(
                found >= ways,
                "{caller:?} sees it {found} times: {answer:#}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_for_the_viewer_is_the_callers_and_not_the_representations() {
    const MINE: &str = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Track { hasFavourited } } }";
    on_each_database(async |music| {
        let love =
            "mutation { addFavourite(input: { trackId: \"track-darude-sandstorm\" }) { added } }";
        music.data(As::User("ann"), love, json!({})).await;
        let track = json!({
            "__typename": "Track", "id": "track-darude-sandstorm",
            "hasFavourited": true, "viewer": "ann", "user": { "id": "ann" },
        });
        for (caller, expected) in [
            (As::User("ann"), json!(true)),
            (As::User("eve"), json!(false)),
            (As::Nobody, json!(null)),
        ] {
            let data = music.data(caller, MINE, json!({ "r": [track] })).await;
            assert_eq!(
                data["_entities"][0]["hasFavourited"], expected,
                "{caller:?}"
            );
        }
    })
    .await;
}
