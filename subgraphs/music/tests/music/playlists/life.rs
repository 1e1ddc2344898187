//! A playlist made, described, filled, listed, paged through and deleted.

use serde_json::{Value, json};

use super::super::support::{As, nodes, on_each_database};
use super::{ADD, CREATE, INVITE, UPDATE, add, create, order, read, tracks};

#[tokio::test]
async fn a_playlist_is_made_described_and_deleted() {
    on_each_database(async |music| {
        let input = json!({ "input": { "name": " Night drive ", "description": "one\ntwo" } });
        let created = music.data(As::User("ann"), CREATE, input).await;
        let playlist = &created["createPlaylist"]["playlist"];
        assert_eq!(
            (&playlist["visibility"], &playlist["version"], &playlist["itemCount"]),
            (&json!("PRIVATE"), &json!(1), &json!(0))
        );
        let id = playlist["id"].as_str().expect("an id");

        let input = json!({ "input": {
            "id": id, "expectedVersion": 1, "name": "Day drive", "visibility": "PUBLIC"
        } });
        let updated = music.data(As::User("ann"), UPDATE, input).await;
        assert_eq!(
            updated["updatePlaylist"]["playlist"],
            json!({
                "name": "Day drive", "description": "one\ntwo", "visibility": "PUBLIC", "version": 2
            })
        );
        let input = json!({ "input": { "id": id, "expectedVersion": 2, "description": null } });
        let updated = music.data(As::User("ann"), UPDATE, input).await;
        assert_eq!(updated["updatePlaylist"]["playlist"]["description"], json!(null));

        let items = add(music, "ann", id, &tracks(music, 3).await).await;
        assert_eq!(order(music, "ann", id).await, items);
        let delete = "mutation ($input: DeletePlaylistInput!) { deletePlaylist(input: $input) { deletedId } }";
        let deleted = music
            .data(As::User("ann"), delete, json!({ "input": { "id": id } }))
            .await;
        assert_eq!(deleted["deletePlaylist"]["deletedId"], json!(id));
        assert_eq!(read(music, As::User("ann"), id).await, json!(null));
        let again = music
            .refusal(As::User("ann"), delete, json!({ "input": { "id": id } }))
            .await;
        assert_eq!(again, "NOT_FOUND -: There is no playlist with this id");
    })
    .await;
}

#[tokio::test]
async fn what_a_playlist_may_hold_is_limited() {
    on_each_database(async |music| {
        let id = create(music, "ann", "PRIVATE").await;
        let track = tracks(music, 1).await.remove(0);
        for (query, input, expected) in [
            (
                CREATE,
                json!({ "name": " " }),
                "BAD_USER_INPUT input.name: `input.name` must not be empty",
            ),
            (
                CREATE,
                json!({ "name": "n".repeat(201) }),
                "BAD_USER_INPUT input.name: `input.name` must not be longer than 200 characters",
            ),
            (
                CREATE,
                json!({ "name": "n", "description": "d".repeat(1001) }),
                "BAD_USER_INPUT input.description: `input.description` must not be longer than 1000 characters",
            ),
            (
                ADD,
                json!({ "playlistId": id, "trackIds": [] }),
                "BAD_USER_INPUT input.trackIds: `input.trackIds` must have between 1 and 100 of them, and has 0",
            ),
            (
                ADD,
                json!({ "playlistId": id, "trackIds": vec![track.clone(); 101] }),
                "BAD_USER_INPUT input.trackIds: `input.trackIds` must have between 1 and 100 of them, and has 101",
            ),
            (
                ADD,
                json!({ "playlistId": id, "trackIds": [track, "no-such-track"] }),
                "NOT_FOUND input.trackIds: There is no track with the id no-such-track",
            ),
        ] {
            let refused = music
                .refusal(As::User("ann"), query, json!({ "input": input }))
                .await;
            assert_eq!(refused, expected);
        }
        assert_eq!(read(music, As::User("ann"), &id).await["itemCount"], json!(0));

        for number in 0..50 {
            let input = json!({ "playlistId": id, "userId": format!("friend-{number}") });
            music
                .data(As::User("ann"), INVITE, json!({ "input": input }))
                .await;
        }
        let input = json!({ "input": { "playlistId": id, "userId": "one-too-many" } });
        assert_eq!(
            music.refusal(As::User("ann"), INVITE, input).await,
            "CONFLICT -: There may be 50 collaborators at most"
        );
    })
    .await;
}

#[tokio::test]
async fn a_user_has_500_playlists_at_most() {
    on_each_database(async |music| {
        let many: Vec<_> = (0..125)
            .map(|it| {
                format!(
                    "p{it}: createPlaylist(input: {{ name: \"{it}\" }}) {{ playlist {{ id }} }}"
                )
            })
            .collect();
        let many = format!("mutation {{ {} }}", many.join(" "));
        for _ in 0..4 {
            music.data(As::User("ann"), &many, json!({})).await;
        }
        let input = json!({ "input": { "name": "one too many" } });
        assert_eq!(
            music.refusal(As::User("ann"), CREATE, input).await,
            "CONFLICT -: There may be 500 playlists at most"
        );
        create(music, "bob", "PRIVATE").await;
    })
    .await;
}

#[tokio::test]
async fn items_are_paged_through_in_their_order() {
    const PAGE: &str =
        "query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
        playlist(id: $id) { items(first: $first, after: $after, last: $last, before: $before) {
            edges { cursor node { id } } pageInfo { endCursor startCursor hasNextPage }
        } }
    }";
    on_each_database(async |music| {
        let id = create(music, "ann", "PRIVATE").await;
        let all = add(music, "ann", &id, &tracks(music, 11).await).await;
        let page = async |mut arguments: Value| {
            arguments["id"] = json!(id);
            music.data(As::User("ann"), PAGE, arguments).await["playlist"]["items"].take()
        };
        let (mut forwards, mut after) = (Vec::new(), json!(null));
        loop {
            let part = page(json!({ "first": 4, "after": after })).await;
            forwards.extend(nodes(&part, "/node/id"));
            after = part["pageInfo"]["endCursor"].clone();
            if part["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
        }
        assert_eq!(forwards, all);
        let back = page(json!({ "last": 3, "before": after })).await;
        assert_eq!(nodes(&back, "/node/id"), all[7..10]);
    })
    .await;
}

#[tokio::test]
async fn playlists_of_many_users_cost_the_same_as_of_one() {
    const USERS: &str = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on User {
        playlists(first: 5) { edges { node {
            name owner { id } viewerRole items(first: 5) { edges { node { track { title } } } }
        } } }
    } } }";
    on_each_database(async |music| {
        let some = tracks(music, 5).await;
        let users: Vec<_> = (0..20).map(|it| format!("user-{it}")).collect();
        for user in &users {
            let id = create(music, user, "PUBLIC").await;
            add(music, user, &id, &some).await;
            create(music, user, "PRIVATE").await;
        }
        let ask = |count: usize| {
            let one = |id: &String| json!({ "__typename": "User", "id": id });
            json!({ "r": users[..count].iter().map(one).collect::<Vec<_>>() })
        };
        let (cost_of_one, _) = music.cost(USERS, ask(1)).await;
        let (cost_of_many, many) = music.cost(USERS, ask(20)).await;
        // Playlists, items, tracks.
        assert_eq!((cost_of_one, cost_of_many), (3, 3));
        for (user, id) in many["_entities"]
            .as_array()
            .expect("a list")
            .iter()
            .zip(&users)
        {
            let playlists = user["playlists"]["edges"].as_array().expect("a list");
            assert_eq!(playlists.len(), 1, "the private one is not shown");
            assert_eq!(playlists[0]["node"]["owner"]["id"], json!(id));
            assert_eq!(
                nodes(&playlists[0]["node"]["items"], "/node/track/title").len(),
                5
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_track_on_a_playlist_stays_in_the_catalogue() {
    on_each_database(async |music| {
        let artist = "mutation { createArtist(input: { name: \"New\" }) { artist { id } } }";
        let artist = music.data(As::Curator("cur"), artist, json!({})).await;
        let album = "mutation ($a: ID!) { createAlbum(input: { artistId: $a, title: \"One\", releaseYear: 2001 }) { album { id } } }";
        let id = &artist["createArtist"]["artist"]["id"];
        let album = music.data(As::Curator("cur"), album, json!({ "a": id })).await;
        let track = "mutation ($a: ID!) { createTrack(input: { albumId: $a, title: \"T\", durationSeconds: 9, trackNumber: 1 }) { track { id } } }";
        let id = &album["createAlbum"]["album"]["id"];
        let track = music.data(As::Curator("cur"), track, json!({ "a": id })).await;
        let track = track["createTrack"]["track"]["id"].clone();
        let playlist = create(music, "ann", "PRIVATE").await;
        add(music, "ann", &playlist, std::slice::from_ref(&track)).await;
        let delete = "mutation ($id: ID!) { deleteTrack(input: { id: $id }) { deletedId } }";
        assert_eq!(
            music.refusal(As::Curator("cur"), delete, json!({ "id": track })).await,
            "CONFLICT input.id: The track is a favourite of somebody or on a playlist, so it stays"
        );
    })
    .await;
}
