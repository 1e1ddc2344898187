//! What other services reach: entities by key, many at once, at a fixed cost.

use serde_json::{Value, json};

use super::support::{As, Music, nodes, on_each_database};

const USERS: &str = "query ($r: [_Any!]!) {
    _entities(representations: $r) { ... on User {
        id favouriteCount
        favourites(first: 10) { edges { favouritedAt note node {
            title durationSeconds favouriteCount artist { name genres } album { title releaseYear }
        } } }
    } }
}";

fn users(ids: impl IntoIterator<Item = impl AsRef<str>>) -> Value {
    let one = |id: &str| json!({ "__typename": "User", "id": id });
    json!({ "r": ids.into_iter().map(|id| one(id.as_ref())).collect::<Vec<_>>() })
}

/// Gives each of these users their first ten favourites of the catalogue, by title.
async fn give_ten_favourites(music: &Music, users: &[String]) {
    let first_ten = "{ tracks(first: 10) { edges { node { id } } } }";
    let tracks = music.data(As::Nobody, first_ten, json!({})).await;
    let add = |(place, id): (usize, &Value)| {
        format!("f{place}: addFavourite(input: {{ trackId: {id} }}) {{ added }}")
    };
    let ids = nodes(&tracks["tracks"], "/node/id");
    let mutation: Vec<_> = ids.iter().enumerate().map(add).collect();
    let mutation = format!("mutation {{ {} }}", mutation.join(" "));
    for user in users {
        music.data(As::User(user), &mutation, json!({})).await;
    }
}

#[tokio::test]
async fn users_with_favourites_cost_the_same_for_one_and_for_many() {
    on_each_database(async |music| {
        let many: Vec<_> = (0..50).map(|it| format!("user-{it}")).collect();
        give_ten_favourites(music, &many).await;

        let (cost_of_one, one) = music.cost(USERS, users(&many[..1])).await;
        let (cost_of_twenty, _) = music.cost(USERS, users(&many[..20])).await;
        let (cost_of_fifty, fifty) = music.cost(USERS, users(&many)).await;
        // Counts, favourites, tracks, artists, albums, genres.
        assert_eq!((cost_of_one, cost_of_twenty, cost_of_fifty), (6, 6, 6));

        let fifty = fifty["_entities"].as_array().expect("a list");
        assert_eq!(fifty.len(), 50);
        for (user, id) in fifty.iter().zip(&many) {
            assert_eq!(user["id"], json!(id));
            assert_eq!(user["favouriteCount"], json!(10));
            assert_eq!(nodes(&user["favourites"], "/node/title").len(), 10);
        }
        assert_eq!(
            nodes(&fifty[0]["favourites"], "/node/title"),
            nodes(&one["_entities"][0]["favourites"], "/node/title")
        );
    })
    .await;
}

#[tokio::test]
async fn tracks_with_their_lovers_cost_the_same_for_one_and_for_many() {
    const TRACKS: &str = "query ($r: [_Any!]!) {
        _entities(representations: $r) { ... on Track {
            title favouriteCount favouritedBy(first: 5) { edges { note node { id favouriteCount } } }
        } }
    }";
    on_each_database(async |music| {
        let all = "{ tracks(first: 50, orderBy: { field: FAVOURITE_COUNT, direction: DESC }) { edges { node { id } } } }";
        let all = music.data(As::Nobody, all, json!({})).await;
        let tracks = nodes(&all["tracks"], "/node/id");
        let some = |count: usize| {
            let one = |id: &Value| json!({ "__typename": "Track", "id": id });
            json!({ "r": tracks[..count].iter().map(one).collect::<Vec<_>>() })
        };
        let (cost_of_one, one) = music.cost(TRACKS, some(1)).await;
        let (cost_of_fifty, fifty) = music.cost(TRACKS, some(50)).await;
        // Tracks, their favourites, the users' counts.
        assert_eq!((cost_of_one, cost_of_fifty), (3, 3));
        assert_eq!(fifty["_entities"][0]["title"], one["_entities"][0]["title"]);
        for track in fifty["_entities"].as_array().expect("a list") {
            let lovers = nodes(&track["favouritedBy"], "/node/id").len();
            assert_eq!(json!(lovers), track["favouriteCount"], "{track}");
        }
    })
    .await;
}

#[tokio::test]
async fn lists_below_lists_cost_the_same_whatever_their_length() {
    const ARTISTS: &str = "query ($first: Int!) {
        artists(first: $first) { edges { node { name genres
            albums { edges { node { title tracks { edges { node { title artist { name } } } } } } }
            tracks(last: 2) { edges { node { title } } }
        } } }
    }";
    on_each_database(async |music| {
        let (cost_of_one, _) = music.cost(ARTISTS, json!({ "first": 1 })).await;
        let (cost_of_many, _) = music.cost(ARTISTS, json!({ "first": 100 })).await;
        // Artists, genres, albums, their tracks, the artists' tracks, the tracks' artists.
        assert_eq!((cost_of_one, cost_of_many), (6, 6));
    })
    .await;
}

#[tokio::test]
async fn thousands_of_representations_are_answered_in_order() {
    const NAMES: &str = "query ($r: [_Any!]!) {
        _entities(representations: $r) { ... on User { id favouriteCount } ... on Track { id } }
    }";
    on_each_database(async |music| {
        let ids: Vec<_> = (0..5_000).map(|it| format!("stranger-{it}")).collect();
        let (cost, data) = music.cost(NAMES, users(&ids)).await;
        assert_eq!(cost, 1);
        let answered: Vec<_> = data["_entities"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|it| it["id"].clone())
            .collect();
        assert_eq!(answered, ids.iter().map(|id| json!(id)).collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test]
async fn lists_below_lists_are_limited_together() {
    const DEEP: &str = "query ($width: Int!) {
        artists(first: 100) { edges { node {
            tracks(first: $width) { edges { node { artist {
                tracks(first: $width) { edges { node { artist {
                    one: tracks(first: $width) { edges { node { title } } }
                    two: tracks(first: $width) { edges { node { title } } }
                } } } }
            } } } }
        } } }
    }";
    on_each_database(async |music| {
        music.data(As::Nobody, DEEP, json!({ "width": 1 })).await;
        let answer = music.ask(As::Nobody, DEEP, json!({ "width": 100 })).await;
        assert!(answer["data"].is_null());
        for error in answer["errors"].as_array().expect("errors") {
            assert_eq!(error["extensions"]["code"], json!("BAD_USER_INPUT"), "{error}");
            assert_eq!(
                error["message"],
                json!("The lists of this operation have more than 20000 items together: ask for smaller pages")
            );
        }
    })
    .await;
}

#[tokio::test]
async fn each_representation_stands_alone() {
    const MIXED: &str = "query ($r: [_Any!]!) {
        _entities(representations: $r) {
            ... on Track { title } ... on Album { title } ... on Artist { name } ... on User { id }
        }
    }";
    on_each_database(async |music| {
        let so_what = json!({ "__typename": "Track", "id": "track-miles-davis-so-what" });
        let answer = music
            .ask(
                As::Nobody,
                MIXED,
                json!({ "r": [
                    so_what,
                    { "__typename": "Track", "id": "none" },
                    { "__typename": "Track", "id": "nul\u{0}" },
                    { "__typename": "Track" },
                    { "__typename": "Track", "id": { "deep": 1 } },
                    { "__typename": "Podcast", "id": "p1" },
                    { "id": "untyped" },
                    17,
                    { "__typename": "Album", "id": "album-miles-davis-kind-of-blue" },
                    { "__typename": "Artist", "id": "artist-miles-davis" },
                    { "__typename": "User", "id": "anybody" },
                    { "__typename": "User", "id": "" },
                    so_what,
                ] }),
            )
            .await;
        assert_eq!(
            answer["data"]["_entities"],
            json!([
                { "title": "So What" }, null, null, null, null, null, null, null,
                { "title": "Kind of Blue" }, { "name": "Miles Davis" }, { "id": "anybody" }, null,
                { "title": "So What" },
            ])
        );
        let errors = answer["errors"].as_array().expect("errors");
        let mut places: Vec<_> = errors.iter().map(|it| it["path"][1].as_u64()).collect();
        places.sort();
        assert_eq!(places, [3, 4, 5, 6, 7].map(Some), "{errors:?}");
    })
    .await;
}

#[tokio::test]
async fn an_argument_that_is_wrong_costs_no_other_field() {
    const BAD: &str = "query ($r: [_Any!]!) {
        _entities(representations: $r) { ... on User { id favourites(first: -1) { edges { note } } } }
        track(id: \"track-miles-davis-so-what\") { title }
    }";
    on_each_database(async |music| {
        let answer = music.ask(As::Nobody, BAD, users(["u1", "u2"])).await;
        // The users stay, with all else that is asked of them.
        assert_eq!(
            answer["data"]["_entities"],
            json!([{ "id": "u1", "favourites": null }, { "id": "u2", "favourites": null }])
        );
        assert_eq!(answer["data"]["track"]["title"], json!("So What"));
        let errors = answer["errors"].as_array().expect("errors");
        assert_eq!(errors.len(), 2);
        for error in errors {
            assert_eq!(error["extensions"]["code"], json!("BAD_USER_INPUT"));
            assert_eq!(error["path"][2], json!("favourites"));
        }
    })
    .await;
}
