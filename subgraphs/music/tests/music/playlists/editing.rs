//! Items moved about, and two people who edit at once: nothing of either is lost.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::super::support::{As, Music, on_each_database};
use super::{ADD, INVITE, MOVE, REMOVE, UPDATE, add, create, order, read, tracks};

async fn version(music: &Music, owner: &str, playlist: &str) -> Value {
    read(music, As::User(owner), playlist).await["version"].take()
}

async fn move_behind(music: &Music, playlist: &str, item: &Value, after: &Value) {
    let input = json!({ "input": {
        "playlistId": playlist, "expectedVersion": version(music, "ann", playlist).await,
        "itemId": item, "afterItemId": after,
    } });
    music.data(As::User("ann"), MOVE, input).await;
}

#[tokio::test]
async fn items_are_moved_and_removed() {
    on_each_database(async |music| {
        let id = create(music, "ann", "PRIVATE").await;
        let items = add(music, "ann", &id, &tracks(music, 4).await).await;
        let [a, b, c, d] = &items[..] else { panic!("four items") };
        let now = async || order(music, "ann", &id).await;

        move_behind(music, &id, d, &json!(null)).await;
        assert_eq!(now().await, [d, a, b, c].map(Clone::clone));
        move_behind(music, &id, d, c).await;
        assert_eq!(now().await, [a, b, c, d].map(Clone::clone));
        move_behind(music, &id, a, b).await;
        assert_eq!(now().await, [b, a, c, d].map(Clone::clone));
        move_behind(music, &id, c, c).await;
        assert_eq!(now().await, [b, a, c, d].map(Clone::clone));

        let track = tracks(music, 1).await;
        let input = json!({ "input": { "playlistId": id, "trackIds": track, "afterItemId": b } });
        let added = music.data(As::User("ann"), ADD, input).await;
        let e = &added["addPlaylistItems"]["items"][0]["id"];
        assert_eq!(now().await, [b, e, a, c, d].map(Clone::clone));

        let remove = |items: Value, version: Value| {
            json!({ "input": { "playlistId": id, "expectedVersion": version, "itemIds": items } })
        };
        let current = version(music, "ann", &id).await;
        let refused = music
            .refusal(As::User("ann"), REMOVE, remove(json!([a, "no-such-item"]), current.clone()))
            .await;
        assert_eq!(refused, "NOT_FOUND -: There is no such item on this playlist");
        let removed = music
            .data(As::User("ann"), REMOVE, remove(json!([a, c, a]), current))
            .await;
        assert_eq!(removed["removePlaylistItems"]["playlist"]["itemCount"], json!(3));
        assert_eq!(now().await, [b, e, d].map(Clone::clone));
    })
    .await;
}

#[tokio::test]
async fn items_put_at_one_place_hundreds_of_times_keep_their_order() {
    on_each_database(async |music| {
        let id = create(music, "ann", "PRIVATE").await;
        let tracks = tracks(music, 100).await;
        let first = add(music, "ann", &id, &tracks[..2]).await;
        let mut expected = vec![first[0].clone(), first[1].clone()];
        // Each batch goes between the first item and all that went there before.
        for batch in 0..300 {
            let some = &tracks[batch % 90..batch % 90 + 1];
            let input = json!({ "input": {
                "playlistId": id, "trackIds": some, "afterItemId": first[0]
            } });
            let mut added = music.data(As::User("ann"), ADD, input).await;
            expected.insert(1, added["addPlaylistItems"]["items"][0]["id"].take());
        }
        let page = "query ($id: ID!, $after: String) { playlist(id: $id) {
            items(first: 100, after: $after) { edges { cursor node { id } } pageInfo { endCursor } }
        } }";
        let (mut found, mut after) = (Vec::new(), json!(null));
        while found.len() < expected.len() {
            let part = music
                .data(As::User("ann"), page, json!({ "id": id, "after": after }))
                .await;
            let items = &part["playlist"]["items"];
            after = items["pageInfo"]["endCursor"].clone();
            let cursor = after.as_str().expect("a cursor");
            assert!(cursor.len() < 300, "cursors stay short: {cursor}");
            found.extend(super::super::support::nodes(items, "/node/id"));
        }
        assert_eq!(found, expected);
    })
    .await;
}

#[tokio::test]
async fn an_edit_of_an_older_version_is_refused_with_the_current_one() {
    on_each_database(async |music| {
        let id = create(music, "ann", "PRIVATE").await;
        let items = add(music, "ann", &id, &tracks(music, 2).await).await;
        for (query, input) in [
            (UPDATE, json!({ "id": id, "expectedVersion": 1, "name": "Late" })),
            (MOVE, json!({ "playlistId": id, "expectedVersion": 1, "itemId": items[1] })),
            (REMOVE, json!({ "playlistId": id, "expectedVersion": 3, "itemIds": [items[1]] })),
            (ADD, json!({ "playlistId": id, "expectedVersion": 1, "trackIds": tracks(music, 1).await })),
        ] {
            let answer = music.ask(As::User("ann"), query, json!({ "input": input })).await;
            let error = &answer["errors"][0];
            assert_eq!(
                error["message"],
                json!("The playlist has changed meanwhile: it is at version 2 now"),
                "{answer}"
            );
            assert_eq!(
                error["extensions"],
                json!({ "code": "CONFLICT", "argument": "input.expectedVersion", "currentVersion": 2 })
            );
        }
        assert_eq!(order(music, "ann", &id).await, items);
        assert_eq!(version(music, "ann", &id).await, json!(2));
    })
    .await;
}

#[tokio::test]
async fn of_many_who_edit_one_version_at_once_one_succeeds() {
    on_each_database(async |music| {
        let id = create(music, "ann", "PRIVATE").await;
        let rename = async |number: usize| {
            let input = json!({ "input": {
                "id": id, "expectedVersion": 1, "name": format!("Name {number}")
            } });
            music.ask(As::User("ann"), UPDATE, input).await
        };
        let answers = join_all((0..12).map(rename)).await;
        let (done, refused): (Vec<_>, Vec<_>) =
            answers.iter().partition(|it| it.get("errors").is_none());
        assert_eq!(done.len(), 1, "{answers:?}");
        for answer in refused {
            assert_eq!(answer["errors"][0]["extensions"]["code"], json!("CONFLICT"));
            assert_eq!(
                answer["errors"][0]["extensions"]["currentVersion"],
                json!(2)
            );
        }
        let name = &done[0]["data"]["updatePlaylist"]["playlist"]["name"];
        assert_eq!(&read(music, As::User("ann"), &id).await["name"], name);
    })
    .await;
}

#[tokio::test]
async fn two_people_who_edit_in_parallel_lose_nothing() {
    const EACH: usize = 3;
    on_each_database(async |music| {
        let id = create(music, "ann", "PRIVATE").await;
        let invite = json!({ "input": { "playlistId": id, "userId": "bob" } });
        music.data(As::User("ann"), INVITE, invite).await;
        let tracks = tracks(music, EACH).await;
        // Each adds a track and then puts it first, again and again until nobody was faster.
        let edit = async |user: &'static str, track: Value| {
            let added = add(music, user, &id, &[track]).await;
            loop {
                let version = read(music, As::User(user), &id).await["version"].take();
                let input = json!({ "input": {
                    "playlistId": id, "expectedVersion": version, "itemId": added[0]
                } });
                let answer = music.ask(As::User(user), MOVE, input).await;
                match answer["errors"][0]["extensions"]["code"].as_str() {
                    None => return added[0].clone(),
                    Some(code) => assert_eq!(code, "CONFLICT", "{answer}"),
                }
            }
        };
        let edits = tracks
            .iter()
            .flat_map(|track| ["ann", "bob"].map(|user| edit(user, track.clone())));
        let mut added = join_all(edits).await;
        let read = read(music, As::User("bob"), &id).await;
        assert_eq!(read["itemCount"], json!(2 * EACH));
        // Made, bob invited, then two edits for each item.
        assert_eq!(read["version"], json!(2 + 2 * 2 * EACH));
        let mut found = order(music, "ann", &id).await;
        found.sort_by_key(Value::to_string);
        added.sort_by_key(Value::to_string);
        assert_eq!(found, added);
    })
    .await;
}
