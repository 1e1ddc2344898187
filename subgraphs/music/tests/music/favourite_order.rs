//! The order that users give their favourites, and what tracks tell of it to the caller.

use kit::database::Database;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::support::{As, Music, nodes, on_each_database};

const MOVE: &str = "mutation ($track: ID!, $after: ID) {
    moveFavourite(input: { trackId: $track, afterTrackId: $after }) { favourite { node { id } } }
}";

async fn chosen(music: &Music, user: &str, order: &str) -> Vec<Value> {
    let query = "query ($r: [_Any!]!, $order: FavouriteOrder) { _entities(representations: $r) { ... on User {
        favourites(first: 100, orderBy: $order) { edges { node { id } } }
    } } }";
    let r = json!([{ "__typename": "User", "id": user }]);
    let data = music
        .data(As::Nobody, query, json!({ "r": r, "order": order }))
        .await;
    nodes(&data["_entities"][0]["favourites"], "/node/id")
}

#[tokio::test]
async fn a_favourite_is_moved_and_the_order_of_time_stays() {
    on_each_database(async |music| {
        let user = "demo-nina";
        let recent = chosen(music, user, "RECENT").await;
        assert_eq!(
            chosen(music, user, "CHOSEN").await,
            recent,
            "until one is moved"
        );
        let moved = async |track: &Value, after: &Value| {
            music
                .data(
                    As::User(user),
                    MOVE,
                    json!({ "track": track, "after": after }),
                )
                .await;
        };
        let mut expected = recent.clone();
        moved(&recent[5], &json!(null)).await;
        let one = expected.remove(5);
        expected.insert(0, one);
        assert_eq!(chosen(music, user, "CHOSEN").await, expected);
        moved(&recent[0], &recent[12]).await;
        let one = expected.remove(1);
        expected.push(one);
        assert_eq!(chosen(music, user, "CHOSEN").await, expected);
        // Two change places again and again, until keys are long and are made short again.
        for _ in 0..150 {
            moved(&expected[3], &expected[4]).await;
            expected.swap(3, 4);
        }
        assert_eq!(chosen(music, user, "CHOSEN").await, expected);
        assert_eq!(chosen(music, user, "RECENT").await, recent);
    })
    .await;
}

#[tokio::test]
async fn only_favourites_are_moved_and_only_by_their_user() {
    on_each_database(async |music| {
        let loved = chosen(music, "demo-nina", "CHOSEN").await;
        let not_mine = music
            .refusal(As::User("eve"), MOVE, json!({ "track": loved[0] }))
            .await;
        assert_eq!(
            not_mine,
            "NOT_FOUND input.trackId: The track given as `input.trackId` is no favourite"
        );
        let no_target = music
            .refusal(
                As::User("demo-nina"),
                MOVE,
                json!({ "track": loved[0], "after": "no-such-track" }),
            )
            .await;
        assert_eq!(
            no_target,
            "NOT_FOUND input.afterTrackId: The track given as `input.afterTrackId` is no favourite"
        );
        let nobody = music
            .refusal(As::Nobody, MOVE, json!({ "track": loved[0] }))
            .await;
        assert!(nobody.starts_with("UNAUTHENTICATED"), "{nobody}");
        assert_eq!(chosen(music, "demo-nina", "CHOSEN").await, loved);
    })
    .await;
}

#[tokio::test]
async fn tracks_tell_the_caller_whether_they_are_favourites() {
    const TRACKS: &str = "{ tracks(first: 100) { edges { node { id hasFavourited } } } }";
    on_each_database(async |music| {
        let loved = chosen(music, "demo-nina", "RECENT").await;
        let data = music.data(As::User("demo-nina"), TRACKS, json!({})).await;
        for edge in data["tracks"]["edges"].as_array().expect("tracks") {
            let expected = loved.contains(&edge["node"]["id"]);
            assert_eq!(edge["node"]["hasFavourited"], json!(expected));
        }
        let (cost, data) = music.cost(TRACKS, json!({})).await;
        assert_eq!(cost, 1, "nothing is asked for nobody");
        assert_eq!(
            data["tracks"]["edges"][0]["node"]["hasFavourited"],
            json!(null)
        );
        let before = music.statements().await;
        music.data(As::User("demo-nina"), TRACKS, json!({})).await;
        assert_eq!(
            music.statements().await - before,
            2,
            "tracks, then all answers at once"
        );
    })
    .await;
}

#[tokio::test]
async fn a_favourite_of_an_older_replica_stands_where_its_time_puts_it() {
    on_each_database(async |music| {
        // SQLite has one process, and so one version at a time.
        if !music.takes_replicas() {
            return;
        }
        let user = "demo-nina";
        let before = chosen(music, user, "CHOSEN").await;
        let database = Database::connect(music.database_url()).await.expect("opens");
        database
            .connection()
            .execute_unprepared(
                "INSERT INTO favourite (user_id, track_id, favourited_at)
                 SELECT 'demo-nina', id, 1000000 * extract(epoch FROM now())::bigint FROM track
                 WHERE id NOT IN (SELECT track_id FROM favourite WHERE user_id = 'demo-nina') LIMIT 1",
            )
            .await
            .expect("it has all an older version knows");
        database.close().await;
        let after = chosen(music, user, "CHOSEN").await;
        assert_eq!(after[1..], before[..]);
        assert_eq!(after, chosen(music, user, "RECENT").await);
    })
    .await;
}
