//! A user who is gone is on no playlist any more, and those of others are as they were.

use kit::database::Database;
use music::Store;
use music::ids::UserId;
use serde_json::{Value, json};

use super::super::support::{As, Music, nodes, on_each_database};
use super::{INVITE, add, create, read, tracks};

async fn forget(music: &Music, user: &str) {
    let database = Database::connect(music.database_url())
        .await
        .expect("opens");
    let store = Store::new(database.clone());
    let user = UserId::parse(user).expect("an id");
    for _ in 0..2 {
        // Doing it again finds nothing, and fails at nothing.
        store
            .depart(&user, chrono::Utc::now(), chrono::Utc::now())
            .await
            .unwrap_or_else(|failure| panic!("{}", failure.in_full()));
    }
    database.close().await;
}

#[tokio::test]
async fn a_user_who_is_gone_is_on_no_playlist() {
    const WHO: &str = "query ($id: ID!) { playlist(id: $id) {
        collaborators { id } items { edges { node { id addedBy { id } } } }
    } }";
    on_each_database(async |music| {
        let tracks = tracks(music, 2).await;
        let mine = create(music, "bob", "PUBLIC").await;
        add(music, "bob", &mine, &tracks).await;
        let others = create(music, "ann", "PUBLIC").await;
        let invite = |user: &str| json!({ "input": { "playlistId": others, "userId": user } });
        for user in ["bob", "cid"] {
            music.data(As::User("ann"), INVITE, invite(user)).await;
        }
        let mut items = add(music, "bob", &others, &tracks).await;
        items.extend(add(music, "cid", &others, &tracks).await);

        forget(music, "bob").await;
        assert_eq!(read(music, As::Admin("root"), &mine).await, json!(null));
        let seen = music
            .data(As::User("ann"), WHO, json!({ "id": others }))
            .await;
        let playlist = &seen["playlist"];
        assert_eq!(playlist["collaborators"], json!([{ "id": "cid" }]));
        assert_eq!(nodes(&playlist["items"], "/node/id"), items);
        let cid = json!({ "id": "cid" });
        let added_by: [Value; 4] = [json!(null), json!(null), cid.clone(), cid];
        assert_eq!(nodes(&playlist["items"], "/node/addedBy"), added_by);
    })
    .await;
}
