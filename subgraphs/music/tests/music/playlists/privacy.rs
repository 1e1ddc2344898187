//! Who must not see a playlist does not, by any path; who must not edit one does not either.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::super::support::{As, Music, nodes, on_each_database};
use super::{ADD, INVITE, MOVE, REMOVE, SHARE, UPDATE, add, create, read, tracks};

/// All paths by which somebody may come to a playlist, but for its link.
const PATHS: &str = "query ($id: ID!, $share: String!, $r: [_Any!]!) {
    playlist(id: $id) { id }
    sharedPlaylist(shareToken: $share) { id }
    _entities(representations: $r) {
        ... on Playlist { id name owner { id } items { edges { node { track { id } } } } }
        ... on User { playlists { edges { node { id } } } collaborations { edges { node { id } } } }
    }
}";

/// How often a playlist can be reached, by every path.
async fn paths(music: &Music, caller: As<'_>, owner: &str, playlist: &str) -> usize {
    let r = json!([
        { "__typename": "Playlist", "id": playlist },
        { "__typename": "User", "id": owner },
        { "__typename": "User", "id": "bob" },
    ]);
    let data = music
        .data(
            caller,
            PATHS,
            json!({ "id": playlist, "share": playlist, "r": r }),
        )
        .await;
    data.to_string().matches(&format!("{playlist:?}")).count()
}

#[tokio::test]
async fn a_playlist_is_seen_by_those_who_may_on_every_path() {
    on_each_database(async |music| {
        for (visibility, strangers_see) in
            [("PRIVATE", false), ("BY_LINK", false), ("PUBLIC", true)]
        {
            let id = create(music, "ann", visibility).await;
            add(music, "ann", &id, &tracks(music, 2).await).await;
            let invite = json!({ "input": { "playlistId": id, "userId": "bob" } });
            music.data(As::User("ann"), INVITE, invite).await;
            // By id, as an entity, and in the owner's list.
            let of_public = if strangers_see { 3 } else { 0 };
            assert_eq!(
                paths(music, As::Nobody, "ann", &id).await,
                of_public,
                "{visibility}"
            );
            assert_eq!(
                paths(music, As::User("eve"), "ann", &id).await,
                of_public,
                "{visibility}"
            );
            assert_eq!(
                paths(music, As::Curator("eve"), "ann", &id).await,
                of_public,
                "{visibility}"
            );
            assert_eq!(
                paths(music, As::User("ann"), "ann", &id).await,
                3,
                "{visibility}"
            );
            // Admins read what owners read, of all users.
            assert_eq!(
                paths(music, As::Admin("root"), "ann", &id).await,
                4,
                "{visibility}"
            );
            // Who works on it sees it among the collaborations, not in the owner's list.
            let of_collaborator = if strangers_see { 4 } else { 3 };
            assert_eq!(
                paths(music, As::User("bob"), "ann", &id).await,
                of_collaborator,
                "{visibility}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn an_app_sees_what_its_user_allowed() {
    on_each_database(async |music| {
        let id = create(music, "ann", "PRIVATE").await;
        let with_scope = |scope: &str| {
            let mut claims = super::super::support::keys::claims("ann", &["user"], 60);
            claims["client_id"] = json!("player");
            claims["scope"] = json!(scope);
            music.keys().sign(&claims)
        };
        let query = "query ($id: ID!) { playlist(id: $id) { id } }";
        for (scope, seen) in [
            ("musicwallet", json!({ "id": id })),
            ("openid", json!(null)),
        ] {
            let token = with_scope(scope);
            let answer = music
                .ask(As::Bearer(&token), query, json!({ "id": id }))
                .await;
            assert_eq!(answer["data"]["playlist"], seen, "{scope}");
        }
    })
    .await;
}

#[tokio::test]
async fn who_works_on_a_playlist_is_told_to_them_alone() {
    const WHO: &str = "query ($id: ID!) { playlist(id: $id) {
        viewerRole hasShareLink shareLinkExpiresAt collaborators { id }
        items { edges { node { addedBy { id } } } }
    } }";
    on_each_database(async |music| {
        let id = create(music, "ann", "PUBLIC").await;
        let invite = json!({ "input": { "playlistId": id, "userId": "bob" } });
        music.data(As::User("ann"), INVITE, invite).await;
        add(music, "bob", &id, &tracks(music, 1).await).await;
        let who = async |caller: As<'_>| {
            let seen = music.data(caller, WHO, json!({ "id": id })).await["playlist"].take();
            let added_by = nodes(&seen["items"], "/node/addedBy").remove(0);
            json!([
                seen["viewerRole"],
                seen["hasShareLink"],
                seen["collaborators"],
                added_by
            ])
        };
        let bob = json!({ "id": "bob" });
        assert_eq!(
            who(As::User("ann")).await,
            json!(["OWNER", false, [bob], bob])
        );
        assert_eq!(
            who(As::User("bob")).await,
            json!(["COLLABORATOR", null, [bob], bob])
        );
        assert_eq!(who(As::User("eve")).await, json!([null, null, null, null]));
        assert_eq!(who(As::Nobody).await, json!([null, null, null, null]));
    })
    .await;
}

#[tokio::test]
async fn nobody_edits_what_is_not_theirs() {
    on_each_database(async |music| {
        for visibility in ["PRIVATE", "BY_LINK", "PUBLIC"] {
            let id = create(music, "ann", visibility).await;
            let items = add(music, "ann", &id, &tracks(music, 2).await).await;
            let invite = json!({ "input": { "playlistId": id, "userId": "bob" } });
            music.data(As::User("ann"), INVITE, invite).await;
            let before = read(music, As::User("ann"), &id).await;
            let version = &before["version"];
            let leave = "mutation ($input: PlaylistCollaboratorInput!) {
                removePlaylistCollaborator(input: $input) { playlist { id } }
            }";
            let delete = "mutation ($input: DeletePlaylistInput!) { deletePlaylist(input: $input) { deletedId } }";
            let settings = [
                (UPDATE, json!({ "id": id, "expectedVersion": version, "name": "Mine" })),
                (delete, json!({ "id": id })),
                (SHARE, json!({ "playlistId": id })),
                (INVITE, json!({ "playlistId": id, "userId": "eve" })),
            ];
            let edits = [
                (ADD, json!({ "playlistId": id, "trackIds": tracks(music, 1).await })),
                (MOVE, json!({ "playlistId": id, "expectedVersion": version, "itemId": items[1] })),
                (REMOVE, json!({ "playlistId": id, "expectedVersion": version, "itemIds": items })),
                (leave, json!({ "playlistId": id, "userId": "bob" })),
            ];
            for (query, input) in settings.iter().chain(&edits) {
                let input = json!({ "input": input });
                let nobody = music.refusal(As::Nobody, query, input.clone()).await;
                assert!(nobody.starts_with("UNAUTHENTICATED"), "{nobody}");
                let code = if visibility == "PUBLIC" { "FORBIDDEN" } else { "NOT_FOUND" };
                for stranger in [As::User("eve"), As::Curator("eve"), As::Admin("root")] {
                    let refused = music.refusal(stranger, query, input.clone()).await;
                    assert!(refused.starts_with(code), "{visibility}: {refused}");
                }
            }
            for (query, input) in &settings {
                let refused = music.refusal(As::User("bob"), query, json!({ "input": input })).await;
                assert!(refused.starts_with("FORBIDDEN"), "{refused}");
            }
            assert_eq!(read(music, As::User("ann"), &id).await, before);
        }
    })
    .await;
}

#[tokio::test]
async fn an_item_of_another_playlist_is_none_of_this_one() {
    on_each_database(async |music| {
        let mine = create(music, "eve", "PRIVATE").await;
        let own = add(music, "eve", &mine, &tracks(music, 1).await).await;
        let others = create(music, "ann", "PRIVATE").await;
        let items = add(music, "ann", &others, &tracks(music, 2).await).await;
        for (query, input) in [
            (MOVE, json!({ "playlistId": mine, "expectedVersion": 2, "itemId": items[0] })),
            (MOVE, json!({ "playlistId": mine, "expectedVersion": 2, "itemId": own[0], "afterItemId": items[0] })),
            (REMOVE, json!({ "playlistId": mine, "expectedVersion": 2, "itemIds": [items[0]] })),
        ] {
            let refused = music.refusal(As::User("eve"), query, json!({ "input": input })).await;
            assert_eq!(refused, "NOT_FOUND -: There is no such item on this playlist");
        }
        assert_eq!(super::order(music, "ann", &others).await, items);
    })
    .await;
}

#[tokio::test]
async fn a_link_works_until_it_is_renewed_expires_or_the_playlist_is_private() {
    const OPEN: &str = "query ($token: String!) { sharedPlaylist(shareToken: $token) {
        id name owner { id } items { edges { node { track { id } addedBy { id } } } } collaborators { id }
    } }";
    on_each_database(async |music| {
        let id = create(music, "ann", "PRIVATE").await;
        add(music, "ann", &id, &tracks(music, 1).await).await;
        let open = async |token: &str| {
            music.data(As::Nobody, OPEN, json!({ "token": token })).await["sharedPlaylist"].take()
        };
        let renew = async |expires_at: Value| {
            let input = json!({ "input": { "playlistId": id, "expiresAt": expires_at } });
            let made = music.data(As::User("ann"), SHARE, input).await;
            let token = made["renewPlaylistShareLink"]["shareToken"].as_str();
            token.expect("a token").to_owned()
        };
        let set = async |visibility: &str| {
            let version = read(music, As::User("ann"), &id).await["version"].take();
            let input = json!({ "input": { "id": id, "expectedVersion": version, "visibility": visibility } });
            music.data(As::User("ann"), UPDATE, input).await;
        };

        let first = renew(json!(null)).await;
        let opened = open(&first).await;
        assert_eq!(opened["id"], json!(id));
        assert_eq!(opened["collaborators"], json!(null));
        assert_eq!(nodes(&opened["items"], "/node/addedBy"), [json!(null)]);
        // The token opens its playlist, and nothing by id.
        assert_eq!(read(music, As::Nobody, &id).await, json!(null));

        let second = renew(json!(null)).await;
        assert_ne!(first, second);
        assert_eq!(open(&first).await, json!(null), "an older link works no more");
        assert_eq!(open(&second).await["id"], json!(id));
        set("PRIVATE").await;
        assert_eq!(open(&second).await, json!(null));
        set("BY_LINK").await;
        assert_eq!(open(&second).await["id"], json!(id));

        let soon = (chrono::Utc::now() + chrono::Duration::milliseconds(700)).to_rfc3339();
        let short = renew(json!(soon)).await;
        assert_eq!(open(&short).await["id"], json!(id));
        tokio::time::sleep(std::time::Duration::from_millis(800)).await;
        assert_eq!(open(&short).await, json!(null), "its time is over");
        let input = json!({ "input": { "playlistId": id, "expiresAt": soon } });
        assert_eq!(
            music.refusal(As::User("ann"), SHARE, input).await,
            "BAD_USER_INPUT input.expiresAt: `input.expiresAt` must not be over already"
        );

        let token = renew(json!(null)).await;
        let guesses = [
            String::new(),
            "%".to_owned(),
            "' OR '1'='1".to_owned(),
            "nul\0".to_owned(),
            token[1..].to_owned(),
            token.to_ascii_lowercase(),
            format!("{token}="),
            "A".repeat(100_000),
        ];
        for guess in guesses {
            assert_eq!(open(&guess).await, json!(null), "{guess:.80}");
        }
    })
    .await;
}

#[tokio::test]
async fn names_that_are_sql_are_names() {
    on_each_database(async |music| {
        let name = "'); DROP TABLE playlist; --";
        let create = "mutation ($name: String!) { createPlaylist(input: {
            name: $name, description: $name, visibility: PUBLIC
        }) { playlist { id name description } } }";
        let made = music
            .data(As::User("ann"), create, json!({ "name": name }))
            .await;
        let playlist = &made["createPlaylist"]["playlist"];
        assert_eq!(
            (&playlist["name"], &playlist["description"]),
            (&json!(name), &json!(name))
        );
        let id = playlist["id"].as_str().expect("an id");
        assert_eq!(read(music, As::Nobody, id).await["name"], json!(name));
        for id in ["' OR ''='", "%", "nul\0"] {
            assert_eq!(read(music, As::User("eve"), id).await, json!(null));
        }
    })
    .await;
}

#[tokio::test]
async fn a_forged_cursor_shows_nothing_else() {
    const ITEMS: &str = "query ($id: ID!, $after: String) { playlist(id: $id) {
        items(after: $after) { edges { node { id } } }
    } }";
    on_each_database(async |music| {
        let id = create(music, "ann", "PUBLIC").await;
        let items = add(music, "ann", &id, &tracks(music, 3).await).await;
        let other = create(music, "ann", "PRIVATE").await;
        add(music, "ann", &other, &tracks(music, 3).await).await;
        let cursor = |order: &str, value: Value| {
            let json = json!([1, order, { "v": value, "i": "x" }]).to_string();
            URL_SAFE_NO_PAD.encode(json)
        };
        // A place that sorts before all shows this playlist from its beginning, and only this one.
        for place in ["", "0", "'; --", "ünïcode"] {
            let variables = json!({ "id": id, "after": cursor("playlist.items", json!(place)) });
            let data = music.data(As::Nobody, ITEMS, variables).await;
            let found = nodes(&data["playlist"]["items"], "/node/id");
            assert!(found == items || found.is_empty(), "{place}: {found:?}");
        }
        for forged in [
            cursor("playlist.items", json!(7)),
            cursor("playlist.items", json!("nul\0")),
            cursor("user.playlists", json!("x")),
            "rubbish".to_owned(),
        ] {
            let variables = json!({ "id": id, "after": forged });
            let refused = music.refusal(As::Nobody, ITEMS, variables).await;
            assert!(refused.starts_with("BAD_USER_INPUT after"), "{refused}");
        }
    })
    .await;
}
