//! The life of a favourite: added, added again, listed from both sides, removed.

use serde_json::{Value, json};

use super::support::{As, Music, nodes, on_each_database};

const TRACK: &str = "track-darude-sandstorm";

const ADD: &str = "mutation ($input: AddFavouriteInput!) {
    addFavourite(input: $input) {
        added
        favourite { favouritedAt note node { title favouriteCount } }
        user { id favouriteCount }
    }
}";

const REMOVE: &str = "mutation ($input: RemoveFavouriteInput!) {
    removeFavourite(input: $input) { removed track { favouriteCount } user { favouriteCount } }
}";

const OF_TRACK: &str = "query ($id: ID!) {
    track(id: $id) { favouriteCount favouritedBy { edges { note node { id } } } }
}";

async fn add(music: &Music, user: &str, input: Value) -> Value {
    music
        .data(As::User(user), ADD, json!({ "input": input }))
        .await["addFavourite"]
        .take()
}

async fn favourite_count(music: &Music, track: &str) -> Value {
    music
        .data(As::Nobody, OF_TRACK, json!({ "id": track }))
        .await["track"]["favouriteCount"]
        .take()
}

#[tokio::test]
async fn a_favourite_is_added_once_and_removed_once() {
    on_each_database(async |music| {
        let before = favourite_count(music, TRACK)
            .await
            .as_i64()
            .expect("a count");

        let first = add(
            music,
            "u1",
            json!({ "trackId": TRACK, "note": " at midnight " }),
        )
        .await;
        assert_eq!(first["added"], json!(true));
        assert_eq!(first["favourite"]["note"], json!("at midnight"));
        assert_eq!(
            first["favourite"]["node"]["favouriteCount"],
            json!(before + 1)
        );
        assert_eq!(first["user"], json!({ "id": "u1", "favouriteCount": 1 }));

        let again = add(music, "u1", json!({ "trackId": TRACK })).await;
        assert_eq!(again["added"], json!(false));
        assert_eq!(
            again["favourite"], first["favourite"],
            "the first one stays as it was"
        );

        let listed = music
            .data(As::Nobody, OF_TRACK, json!({ "id": TRACK }))
            .await;
        let listed = &listed["track"]["favouritedBy"]["edges"][0];
        assert_eq!(
            listed,
            &json!({ "note": "at midnight", "node": { "id": "u1" } })
        );

        let remove = async || {
            let input = json!({ "input": { "trackId": TRACK } });
            music.data(As::User("u1"), REMOVE, input).await["removeFavourite"].take()
        };
        let removed = remove().await;
        assert_eq!(removed["removed"], json!(true));
        assert_eq!(removed["track"]["favouriteCount"], json!(before));
        assert_eq!(removed["user"]["favouriteCount"], json!(0));
        let removed_again = remove().await;
        assert_eq!(removed_again["removed"], json!(false));
        assert_eq!(removed_again["track"]["favouriteCount"], json!(before));
    })
    .await;
}

#[tokio::test]
async fn adding_again_changes_the_note_only_when_one_is_given() {
    on_each_database(async |music| {
        let first = add(music, "u1", json!({ "trackId": TRACK, "note": "one" })).await;
        for (input, note) in [
            (json!({ "trackId": TRACK }), json!("one")),
            (json!({ "trackId": TRACK, "note": "two" }), json!("two")),
            (json!({ "trackId": TRACK, "note": null }), json!(null)),
            (json!({ "trackId": TRACK, "note": "three" }), json!("three")),
            (json!({ "trackId": TRACK, "note": "  " }), json!(null)),
        ] {
            let again = add(music, "u1", input).await;
            assert_eq!(again["favourite"]["note"], note);
            assert_eq!(
                again["favourite"]["favouritedAt"],
                first["favourite"]["favouritedAt"]
            );
            assert_eq!(again["added"], json!(false));
        }
    })
    .await;
}

#[tokio::test]
async fn adding_at_once_adds_once() {
    on_each_database(async |music| {
        let before = favourite_count(music, TRACK)
            .await
            .as_i64()
            .expect("a count");
        let one_user = (0..8).map(|_| add(music, "u1", json!({ "trackId": TRACK })));
        let answers = join_all(one_user).await;
        let added = answers
            .iter()
            .filter(|it| it["added"] == json!(true))
            .count();
        assert_eq!(added, 1, "{answers:?}");
        assert_eq!(favourite_count(music, TRACK).await, json!(before + 1));

        let users: Vec<_> = (0..8).map(|it| format!("many-{it}")).collect();
        let many_users = users
            .iter()
            .map(|user| add(music, user, json!({ "trackId": TRACK })));
        join_all(many_users).await;
        assert_eq!(favourite_count(music, TRACK).await, json!(before + 9));
    })
    .await;
}

#[tokio::test]
async fn adding_and_removing_at_once_leaves_a_true_count() {
    on_each_database(async |music| {
        let changes = (0..24).map(async |turn| {
            let input = json!({ "input": { "trackId": TRACK } });
            let mutation = if turn % 2 == 0 { ADD } else { REMOVE };
            let user = format!("user-{}", turn % 3);
            music.data(As::User(&user), mutation, input).await;
        });
        join_all(changes).await;
        let track = music
            .data(As::Nobody, OF_TRACK, json!({ "id": TRACK }))
            .await;
        let lovers = nodes(&track["track"]["favouritedBy"], "/node/id").len();
        assert_eq!(track["track"]["favouriteCount"], json!(lovers));
    })
    .await;
}

/// Drives all futures at once.
async fn join_all<Answer>(
    futures: impl Iterator<Item = impl Future<Output = Answer>>,
) -> Vec<Answer> {
    futures_util::future::join_all(futures).await
}

#[tokio::test]
async fn a_track_that_does_not_exist_is_no_favourite() {
    on_each_database(async |music| {
        for id in [
            "no-such-track",
            "",
            "with space",
            "nul\0",
            "artist-miles-davis",
        ] {
            let input = json!({ "input": { "trackId": id } });
            assert_eq!(
                music.refusal(As::User("u1"), ADD, input.clone()).await,
                "NOT_FOUND input.trackId: There is no track with the id given as `input.trackId`",
                "{id:?}"
            );
            let removed = music.data(As::User("u1"), REMOVE, input).await;
            assert_eq!(removed["removeFavourite"]["removed"], json!(false));
            assert_eq!(removed["removeFavourite"]["track"], json!(null));
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_has_no_favourites_to_change() {
    on_each_database(async |music| {
        let input = json!({ "input": { "trackId": TRACK } });
        let expected = "UNAUTHENTICATED -: Sign in first: this needs a signed-in user";
        assert_eq!(
            music.refusal(As::Nobody, ADD, input.clone()).await,
            expected
        );
        assert_eq!(music.refusal(As::Nobody, REMOVE, input).await, expected);
    })
    .await;
}

#[tokio::test]
async fn a_note_is_limited_and_readable() {
    on_each_database(async |music| {
        let refused = async |note: &str| {
            let input = json!({ "input": { "trackId": TRACK, "note": note } });
            music.refusal(As::User("u1"), ADD, input).await
        };
        assert_eq!(
            refused(&"é".repeat(501)).await,
            "BAD_USER_INPUT input.note: `input.note` must not be longer than 500 characters"
        );
        assert_eq!(
            refused("nul\0").await,
            "BAD_USER_INPUT input.note: `input.note` must not contain control characters"
        );
        let kept = add(
            music,
            "u1",
            json!({ "trackId": TRACK, "note": "é".repeat(500) }),
        )
        .await;
        assert_eq!(kept["added"], json!(true));
    })
    .await;
}

#[tokio::test]
async fn pages_of_favourites_walked_either_way_are_the_whole_list() {
    const PAGE: &str =
        "query ($r: [_Any!]!, $first: Int, $after: String, $last: Int, $before: String) {
        _entities(representations: $r) { ... on User {
            favourites(first: $first, after: $after, last: $last, before: $before) {
                edges { cursor favouritedAt node { id } }
                pageInfo { startCursor endCursor hasNextPage hasPreviousPage }
            }
        } }
    }";
    on_each_database(async |music| {
        let page = async |mut arguments: Value| {
            arguments["r"] = json!([{ "__typename": "User", "id": "demo-nina" }]);
            music.data(As::Nobody, PAGE, arguments).await["_entities"][0]["favourites"].take()
        };
        let all = nodes(&page(json!({ "first": 100 })).await, "/node/id");
        assert_eq!(all.len(), 13);

        let (mut forwards, mut after) = (Vec::new(), json!(null));
        loop {
            let part = page(json!({ "first": 4, "after": after })).await;
            forwards.extend(nodes(&part, "/node/id"));
            assert_eq!(part["pageInfo"]["hasPreviousPage"], json!(!after.is_null()));
            after = part["pageInfo"]["endCursor"].clone();
            if part["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
        }
        assert_eq!(forwards, all);

        let (mut backwards, mut before) = (Vec::new(), json!(null));
        loop {
            let part = page(json!({ "last": 4, "before": before })).await;
            backwards.splice(0..0, nodes(&part, "/node/id"));
            before = part["pageInfo"]["startCursor"].clone();
            if part["pageInfo"]["hasPreviousPage"] == json!(false) {
                break;
            }
        }
        assert_eq!(backwards, all);
    })
    .await;
}
