//! Genres, charts and recommendations: what they hold, and that they follow what users do.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use super::departures::store_of;
use super::support::{As, Music, databases, nodes, on_each_database};

const CHART: &str = "query ($country: String, $genre: String, $first: Int) {
    chart(country: $country, genre: $genre, first: $first) {
        asOf
        entries { place lovedBy track { id artist { genres } } }
    }
}";

const LOVE: &str = "mutation ($id: ID!) { addFavourite(input: { trackId: $id }) { added } }";
const UNLOVE: &str = "mutation ($id: ID!) { removeFavourite(input: { trackId: $id }) { removed } }";

const RECOMMEND: &str = "query ($of: [_Any!]!, $first: Int) {
    _entities(representations: $of) { ... on User { recommendations(first: $first) { id } } }
}";

/// Does something to the tables behind the service's back.
async fn execute(music: &Music, sql: &str) {
    databases::execute(store_of(music).await.database().connection(), sql).await;
}

async fn live_in(music: &Music, country: &str, users: &[&str]) {
    let rows: Vec<String> = users
        .iter()
        .map(|user| format!("('{user}', '{country}')"))
        .collect();
    let sql = format!(
        "INSERT INTO listener (user_id, country) VALUES {}",
        rows.join(", ")
    );
    execute(music, &sql).await;
}

async fn love(music: &Music, user: &str, tracks: &[String]) {
    for id in tracks {
        music.data(As::User(user), LOVE, json!({ "id": id })).await;
    }
}

/// Counts the charts as the service would a little later.
async fn refresh_charts(music: &Music, later: TimeDelta) {
    let refreshed = store_of(music)
        .await
        .refresh_charts(Utc::now() + later, Duration::ZERO)
        .await;
    assert!(refreshed.expect("they are counted"));
}

/// Each entry of a chart as place, track and how many love it.
async fn chart(music: &Music, variables: Value) -> Vec<(u64, String, u64)> {
    let data = music.data(As::Nobody, CHART, variables).await;
    assert_ne!(data["chart"]["asOf"], Value::Null);
    let entries = data["chart"]["entries"].as_array().expect("a list");
    entries
        .iter()
        .map(|entry| {
            (
                entry["place"].as_u64().expect("a place"),
                entry["track"]["id"].as_str().expect("an id").to_owned(),
                entry["lovedBy"].as_u64().expect("a number"),
            )
        })
        .collect()
}

/// So many tracks of the catalogue that nobody loves yet.
async fn unloved_tracks(music: &Music, count: usize) -> Vec<String> {
    let query = "{ tracks(first: 100, orderBy: { field: FAVOURITE_COUNT }) {
        edges { node { id favouriteCount } } } }";
    let data = music.data(As::Nobody, query, json!({})).await;
    let tracks = nodes(&data["tracks"], "/node");
    let unloved = tracks.iter().filter(|it| it["favouriteCount"] == json!(0));
    let ids: Vec<String> = unloved
        .map(|it| it["id"].as_str().expect("an id").to_owned())
        .take(count)
        .collect();
    assert_eq!(ids.len(), count);
    ids
}

#[tokio::test]
async fn a_chart_counts_the_love_of_a_week_by_where_it_is_from() {
    on_each_database(async |music| {
        let tracks = unloved_tracks(music, 3).await;
        live_in(music, "SE", &["anna", "bo"]).await;
        live_in(music, "JP", &["chie"]).await;
        love(music, "anna", &tracks[..2]).await;
        love(music, "bo", &tracks[..1]).await;
        love(music, "chie", &tracks[1..]).await;
        // Of this user nobody knows where they live.
        love(music, "dana", &tracks[..1]).await;
        refresh_charts(music, TimeDelta::seconds(1)).await;
        let entry = |place, track: &String, loved| (place, track.clone(), loved);
        let world = chart(music, json!({})).await;
        assert_eq!(
            world,
            [
                entry(1, &tracks[0], 3),
                entry(2, &tracks[1], 2),
                entry(3, &tracks[2], 1)
            ]
        );
        let sweden = chart(music, json!({ "country": "SE" })).await;
        assert_eq!(sweden, [entry(1, &tracks[0], 2), entry(2, &tracks[1], 1)]);
        assert_eq!(chart(music, json!({ "country": "IS" })).await, []);
        assert_eq!(chart(music, json!({ "first": 2 })).await, world[..2]);

        // What is taken back counts no more, and who moves takes their love along.
        music
            .data(As::User("bo"), UNLOVE, json!({ "id": tracks[0] }))
            .await;
        execute(
            music,
            "UPDATE listener SET country = 'IS' WHERE user_id = 'anna'",
        )
        .await;
        refresh_charts(music, TimeDelta::seconds(2)).await;
        assert_eq!(chart(music, json!({ "country": "SE" })).await, []);
        let iceland = chart(music, json!({ "country": "IS" })).await;
        assert_eq!(iceland.len(), 2);
        let world = chart(music, json!({})).await;
        assert!(
            world.contains(&entry(1, &tracks[0], 2)) || world.contains(&entry(2, &tracks[0], 2)),
            "{world:?}"
        );

        // A week later it is over.
        refresh_charts(music, TimeDelta::days(7) + TimeDelta::minutes(5)).await;
        assert_eq!(chart(music, json!({})).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_chart_of_a_genre_has_tracks_of_it_only() {
    on_each_database(async |music| {
        let tracks = unloved_tracks(music, 30).await;
        love(music, "anna", &tracks).await;
        refresh_charts(music, TimeDelta::seconds(1)).await;
        let data = music.data(As::Nobody, CHART, json!({ "first": 100 })).await;
        let entries = data["chart"]["entries"].as_array().expect("a list").clone();
        let genre = entries[0]["track"]["artist"]["genres"][0].clone();
        let plays = |entry: &Value| {
            let genres = entry["track"]["artist"]["genres"].as_array().cloned();
            genres.is_some_and(|it| it.contains(&genre))
        };
        let expected = entries.iter().filter(|it| plays(it)).count();
        assert!((1..30).contains(&expected), "{expected} of {genre}");
        let variables = json!({ "genre": genre, "first": 100 });
        let chart = music.data(As::Nobody, CHART, variables).await;
        let of_genre = chart["chart"]["entries"]
            .as_array()
            .expect("a list")
            .clone();
        assert_eq!(of_genre.len(), expected);
        assert!(of_genre.iter().all(plays));
    })
    .await;
}

#[tokio::test]
async fn replicas_count_the_charts_in_turns() {
    on_each_database(async |music| {
        let store = store_of(music).await;
        let (now, minute) = (Utc::now() + TimeDelta::hours(1), Duration::from_secs(60));
        let replicas = (0..4).map(|_| store.refresh_charts(now, minute));
        let outcomes = futures_util::future::join_all(replicas).await;
        let counted = outcomes.into_iter().filter(|it| matches!(it, Ok(true)));
        assert_eq!(counted.count(), 1);
        let soon = store
            .refresh_charts(now + TimeDelta::seconds(30), minute)
            .await;
        assert!(!soon.expect("nothing is due"));
        let later = store
            .refresh_charts(now + TimeDelta::seconds(60), minute)
            .await;
        assert!(later.expect("it is due"));
    })
    .await;
}

#[tokio::test]
async fn a_chart_costs_the_same_whatever_its_length_and_asks_for_what_can_be() {
    on_each_database(async |music| {
        let tracks = unloved_tracks(music, 20).await;
        love(music, "anna", &tracks).await;
        refresh_charts(music, TimeDelta::seconds(1)).await;
        for first in [1, 20] {
            let query = "query ($first: Int) { chart(first: $first) { entries { track { title } } } }";
            let (cost, _) = music.cost(query, json!({ "first": first })).await;
            assert_eq!(cost, 3);
        }
        for (variables, expected) in [
            (json!({ "first": 0 }), "first: `first` must be between 1 and 100, and is 0"),
            (json!({ "first": 101 }), "first: `first` must be between 1 and 100, and is 101"),
            (json!({ "country": "SE", "genre": "rock" }), "genre: pass `country` or `genre`, not both"),
            (
                json!({ "country": "Sweden" }),
                "country: `country` must be a country code of two capital letters (ISO 3166-1), such as SE",
            ),
        ] {
            let refused = music.refusal(As::Nobody, CHART, variables).await;
            assert_eq!(refused, format!("BAD_USER_INPUT {expected}"));
        }
    })
    .await;
}

const GENRES: &str = "query ($first: Int, $after: String) {
    genres(first: $first, after: $after) {
        edges { node { name tracks(first: 2) { edges { node { favouriteCount artist { genres } } } } } }
        pageInfo { endCursor hasNextPage }
    }
}";

#[tokio::test]
async fn genres_are_listed_with_their_most_loved_tracks() {
    on_each_database(async |music| {
        let (mut names, mut after) = (Vec::new(), Value::Null);
        loop {
            let arguments = json!({ "first": 7, "after": after });
            let (cost, data) = music.cost(GENRES, arguments).await;
            // The genres, their tracks, these tracks' artists, and their genres.
            assert_eq!(cost, 4);
            for genre in nodes(&data["genres"], "/node") {
                let tracks = nodes(&genre["tracks"], "/node");
                assert!(!tracks.is_empty());
                for track in &tracks {
                    let genres = track["artist"]["genres"].as_array().expect("a list");
                    assert!(genres.contains(&genre["name"]), "{track}");
                }
                let counts: Vec<_> = tracks
                    .iter()
                    .map(|it| it["favouriteCount"].as_i64())
                    .collect();
                assert!(counts.is_sorted_by(|one, other| one >= other), "{counts:?}");
                names.push(genre["name"].as_str().expect("a name").to_owned());
            }
            after = data["genres"]["pageInfo"]["endCursor"].clone();
            if data["genres"]["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
        }
        assert!(names.len() > 20 && names.is_sorted(), "{names:?}");
        for name in ["jazz", "rock", "art rock"] {
            assert!(names.iter().any(|it| it == name), "{names:?}");
        }
        let query = "query ($name: String!) { genre(name: $name) { name } }";
        let genre = music
            .data(As::Nobody, query, json!({ "name": " Art  ROCK" }))
            .await;
        assert_eq!(genre["genre"]["name"], json!("art rock"));
        let none = music
            .data(As::Nobody, query, json!({ "name": "zydeco-core" }))
            .await;
        assert_eq!(none["genre"], Value::Null);
    })
    .await;
}

/// The ids that are recommended to each of these users, by id and country.
async fn recommended(
    music: &Music,
    users: &[(&str, Value)],
    first: i32,
) -> (u64, Vec<Vec<String>>) {
    let of: Vec<Value> = users
        .iter()
        .map(|(id, country)| json!({ "__typename": "User", "id": id, "country": country }))
        .collect();
    let (cost, data) = music
        .cost(RECOMMEND, json!({ "of": of, "first": first }))
        .await;
    let users = data["_entities"].as_array().expect("a list");
    let ids = |user: &Value| {
        let tracks = user["recommendations"].as_array().expect("a list");
        let id = |track: &Value| track["id"].as_str().expect("an id").to_owned();
        tracks.iter().map(id).collect()
    };
    (cost, users.iter().map(ids).collect())
}

#[tokio::test]
async fn recommended_is_what_similar_listeners_love_first_those_of_the_country() {
    on_each_database(async |music| {
        let tracks = unloved_tracks(music, 8).await;
        live_in(music, "SE", &["bo"]).await;
        live_in(music, "JP", &["chie"]).await;
        let pick = |places: &[usize]| -> Vec<String> {
            places.iter().map(|it| tracks[*it].clone()).collect()
        };
        love(music, "anna", &pick(&[0, 1])).await;
        // Both share as much with anna.
        love(music, "bo", &pick(&[0, 1, 2])).await;
        love(music, "chie", &pick(&[0, 1, 3])).await;
        // Shares less, and nothing.
        love(music, "dana", &pick(&[1, 4])).await;
        love(music, "emil", &pick(&[5, 6])).await;
        let (_, ids) = recommended(music, &[("anna", json!("SE"))], 3).await;
        assert_eq!(ids[0], pick(&[2, 3, 4]));
        // The country that comes with the user decides, not one that is stored.
        let (_, ids) = recommended(music, &[("anna", json!("JP"))], 2).await;
        assert_eq!(ids[0], pick(&[3, 2]));
        let (_, ids) = recommended(music, &[("anna", Value::Null)], 100).await;
        assert_eq!(ids[0].len(), 100);
        for known in pick(&[0, 1]) {
            assert!(!ids[0].contains(&known));
        }
        let mut once = ids[0].clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), 100);
    })
    .await;
}

#[tokio::test]
async fn who_loves_nothing_yet_is_recommended_the_chart_of_the_country() {
    on_each_database(async |music| {
        let tracks = unloved_tracks(music, 3).await;
        live_in(music, "SE", &["bo", "cilla"]).await;
        live_in(music, "JP", &["chie", "dan", "emi"]).await;
        love(music, "bo", &tracks[..2]).await;
        love(music, "cilla", &tracks[..1]).await;
        for user in ["chie", "dan", "emi"] {
            love(music, user, &tracks[2..]).await;
        }
        refresh_charts(music, TimeDelta::seconds(1)).await;
        let (_, ids) = recommended(music, &[("new", json!("SE")), ("newer", json!("JP"))], 2).await;
        assert_eq!(ids[0], tracks[..2]);
        assert_eq!(ids[1][0], tracks[2]);
    })
    .await;
}

#[tokio::test]
async fn recommendations_cost_the_same_for_one_and_for_many() {
    on_each_database(async |music| {
        let tracks = unloved_tracks(music, 6).await;
        love(music, "anna", &tracks[..3]).await;
        love(music, "bo", &tracks[1..5]).await;
        love(music, "chie", &tracks[2..]).await;
        let users = ["anna", "bo", "chie"].map(|it| (it, json!("SE")));
        let (one, _) = recommended(music, &users[..1], 5).await;
        let (many, _) = recommended(music, &users, 5).await;
        assert_eq!(one, many);
        assert!(one <= 8, "{one}");
        let of = json!([{ "__typename": "User", "id": "anna", "country": "SE" }]);
        let refused = music
            .refusal(As::Nobody, RECOMMEND, json!({ "of": of, "first": 101 }))
            .await;
        assert_eq!(
            refused,
            "BAD_USER_INPUT first: `first` must be between 1 and 100, and is 101"
        );
    })
    .await;
}
