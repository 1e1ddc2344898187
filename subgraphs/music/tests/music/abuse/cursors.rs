//! A cursor of one list opens no other: not of another kind, not in another order, not of another owner.

use serde_json::{Value, json};

use super::super::playlists::{add, create, tracks};
use super::super::support::{As, Music, nodes, on_each_database};

/// Every list, as what is selected of it and where it is in the answer.
const LISTS: [(&str, &str); 13] = [
    ("tracks(first: 2, after: $after) { PAGE }", "/tracks"),
    (
        "tracks(first: 2, after: $after, orderBy: { field: YEAR, direction: DESC }) { PAGE }",
        "/tracks",
    ),
    ("artists(first: 2, after: $after) { PAGE }", "/artists"),
    ("albums(first: 2, after: $after) { PAGE }", "/albums"),
    (
        "search(query: \"the\", first: 2, after: $after) { PAGE }",
        "/search",
    ),
    (
        "artist(id: \"artist-the-beatles\") { tracks(first: 1, after: $after) { PAGE } }",
        "/artist/tracks",
    ),
    (
        "artist(id: \"artist-the-beatles\") { albums(first: 1, after: $after) { PAGE } }",
        "/artist/albums",
    ),
    (
        "album(id: \"album-miles-davis-kind-of-blue\") { tracks(first: 1, after: $after) { PAGE } }",
        "/album/tracks",
    ),
    (
        "track(id: \"track-miles-davis-so-what\") { favouritedBy(first: 1, after: $after) { PAGE } }",
        "/track/favouritedBy",
    ),
    (
        "_entities(representations: $r) { ... on User { favourites(first: 1, after: $after) { PAGE } } }",
        "/_entities/0/favourites",
    ),
    (
        "_entities(representations: $r) { ... on User { favourites(first: 1, after: $after, orderBy: CHOSEN) { PAGE } } }",
        "/_entities/0/favourites",
    ),
    (
        "_entities(representations: $r) { ... on User { playlists(first: 1, after: $after) { PAGE } } }",
        "/_entities/0/playlists",
    ),
    (
        "playlist(id: $playlist) { items(first: 1, after: $after) { PAGE } }",
        "/playlist/items",
    ),
];

fn query(list: &str) -> String {
    let selection = list.replace(
        "PAGE",
        "edges { cursor } pageInfo { endCursor hasNextPage }",
    );
    let unused = |name: &str| {
        if list.contains(&format!("${name}")) {
            match name {
                "r" => ", $r: [_Any!]!",
                _ => ", $playlist: ID!",
            }
        } else {
            ""
        }
    };
    format!(
        "query ($after: String{}{}) {{ {selection} }}",
        unused("r"),
        unused("playlist")
    )
}

fn variables(after: &Value, playlist: &str) -> Value {
    let r = json!([{ "__typename": "User", "id": "demo-ada" }]);
    json!({ "after": after, "r": r, "playlist": playlist })
}

#[tokio::test]
async fn no_list_takes_the_cursor_of_another() {
    on_each_database(async |music| {
        let caller = As::User("demo-ada");
        let playlist = create(music, "demo-ada", "PUBLIC").await;
        create(music, "demo-ada", "PUBLIC").await;
        add(music, "demo-ada", &playlist, &tracks(music, 2).await).await;
        let mut cursors = Vec::new();
        for (list, pointer) in LISTS {
            let first = variables(&json!(null), &playlist);
            let data = music.data(caller, &query(list), first).await;
            let page = data.pointer(pointer).expect("a list");
            let cursor = page["edges"][0]["cursor"].clone();
            assert!(cursor.is_string(), "{list} has something in it: {data}");
            cursors.push(cursor);
        }
        for (place, (list, pointer)) in LISTS.iter().enumerate() {
            for (from, cursor) in cursors.iter().enumerate() {
                let variables = variables(cursor, &playlist);
                if from == place {
                    let data = music.data(caller, &query(list), variables).await;
                    assert!(data.pointer(pointer).is_some(), "{list}");
                } else {
                    let refused = music.refusal(caller, &query(list), variables).await;
                    assert!(
                        refused.starts_with("BAD_USER_INPUT after: `after` is"),
                        "{list} with a cursor of {}: {refused}",
                        LISTS[from].0
                    );
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_cursor_of_somebody_elses_list_shows_what_is_open_anyway() {
    const OF_USER: &str = "query ($r: [_Any!]!, $after: String) { _entities(representations: $r) {
        ... on User { playlists(first: 100, after: $after) { edges { cursor node { id } } } }
    } }";
    on_each_database(async |music| {
        let mut open = Vec::new();
        for visibility in ["PUBLIC", "PRIVATE", "PUBLIC", "BY_LINK"] {
            let id = create(music, "ann", visibility).await;
            if visibility == "PUBLIC" {
                open.insert(0, json!(id));
            }
        }
        let of = |user: &str, after: &Value| {
            json!({ "r": [{ "__typename": "User", "id": user }], "after": after })
        };
        let list = async |caller: As<'_>, user: &str, after: &Value| {
            let data = music.data(caller, OF_USER, of(user, after)).await;
            data["_entities"][0]["playlists"].clone()
        };
        let own = list(As::User("ann"), "ann", &json!(null)).await;
        assert_eq!(nodes(&own, "/node/id").len(), 4);
        // With each of ann's own cursors eve finds the public ones that come after it, and no others.
        for (place, cursor) in nodes(&own, "/cursor").iter().enumerate() {
            let later: Vec<_> = nodes(&own, "/node/id").split_off(place + 1);
            let expected: Vec<_> = later.into_iter().filter(|id| open.contains(id)).collect();
            let found = list(As::User("eve"), "ann", cursor).await;
            assert_eq!(nodes(&found, "/node/id"), expected);
            // A place in ann's list is a place in bob's too, which is empty.
            let found = list(As::User("bob"), "bob", cursor).await;
            assert_eq!(nodes(&found, "/node/id"), Vec::<Value>::new());
        }
    })
    .await;
}

#[tokio::test]
async fn a_cursor_of_one_album_leads_through_no_other() {
    const TRACKS: &str = "query ($id: ID!, $after: String) { album(id: $id) {
        tracks(first: 100, after: $after) { edges { cursor node { id } } }
    } }";
    on_each_database(async |music| {
        let albums = music
            .data(
                As::Nobody,
                "{ albums(first: 20) { edges { node { id } } } }",
                json!({}),
            )
            .await;
        let albums = nodes(&albums["albums"], "/node/id");
        let tracks_of = async |music: &Music, id: &Value, after: &Value| {
            let data = music
                .data(As::Nobody, TRACKS, json!({ "id": id, "after": after }))
                .await;
            data["album"]["tracks"].clone()
        };
        let mut cursors = Vec::new();
        for id in &albums {
            let whole = tracks_of(music, id, &json!(null)).await;
            cursors.extend(nodes(&whole, "/cursor"));
        }
        for id in &albums {
            let whole = nodes(&tracks_of(music, id, &json!(null)).await, "/node/id");
            for cursor in cursors.iter().take(10) {
                let found = nodes(&tracks_of(music, id, cursor).await, "/node/id");
                assert!(found.iter().all(|track| whole.contains(track)), "{id}");
            }
        }
    })
    .await;
}
