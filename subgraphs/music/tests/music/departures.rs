//! A user whose account is gone: nothing is left, and nothing comes back.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use kit::database::Database;
use music::Store;
use music::ids::{TrackId, UserId};
use music::store::facts::{Consequence, Effect, Reached};
use music::store::favourites::NoteChange;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use super::support::{As, Music, nodes, on_each_database};

const LOVE: &str = "mutation ($track: ID!) {
    addFavourite(input: { trackId: $track }) { added }
}";

/// A second replica's store.
pub(crate) async fn store_of(music: &Music) -> Store {
    let database = Database::connect(music.database_url())
        .await
        .expect("opens");
    Store::new(database)
}

/// The rows of a statement, all columns as JSON.
pub(crate) async fn rows(store: &Store, sql: &str) -> Vec<Vec<String>> {
    let backend = store.database().backend();
    let rows = store
        .database()
        .connection()
        .query_all_raw(Statement::from_string(backend, sql))
        .await
        .expect("selects");
    rows.iter()
        .map(|row| {
            (0..row.column_names().len())
                .map(|column| {
                    let text = row.try_get_by_index::<Option<String>>(column);
                    let number = || row.try_get_by_index::<i64>(column).map(|it| it.to_string());
                    text.map(Option::unwrap_or_default)
                        .or_else(|_| number())
                        .expect("a text or a number")
                })
                .collect()
        })
        .collect()
}

/// Fails unless each track's count of favourites is what one counts.
pub(crate) async fn counts_are_right(store: &Store) {
    let wrong = rows(
        store,
        "SELECT id FROM track WHERE favourite_count <>
            (SELECT COUNT(*) FROM favourite WHERE favourite.track_id = track.id)",
    )
    .await;
    assert_eq!(wrong, Vec::<Vec<String>>::new());
}

fn user(id: &str) -> UserId {
    UserId::parse(id).expect("an id")
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).expect("a time")
}

fn fact(position: i64, effect: Effect) -> Consequence {
    Consequence {
        at: Reached {
            position,
            stream_sequence: None,
        },
        occurred_at: at(position),
        effect,
    }
}

fn listens(id: &str, country: Option<&str>) -> Effect {
    Effect::Listens {
        user: user(id),
        country: country.map(str::to_owned),
    }
}

fn departed(id: &str) -> Effect {
    Effect::Departed(user(id))
}

async fn act_upon(store: &Store, facts: &[Consequence]) -> usize {
    let acted = store.act_upon(facts, at(1_000)).await;
    acted.unwrap_or_else(|failure| panic!("{}", failure.in_full()))
}

async fn some_tracks(music: &Music) -> Vec<Value> {
    let data = music
        .data(
            As::Nobody,
            "{ tracks(first: 3) { edges { node { id } } } }",
            json!({}),
        )
        .await;
    nodes(&data["tracks"], "/node/id")
}

#[tokio::test]
async fn favourites_of_who_is_gone_are_gone_and_refused_from_then_on() {
    on_each_database(async |music| {
        let store = store_of(music).await;
        let tracks = some_tracks(music).await;
        for user in ["ann", "bob"] {
            for track in &tracks {
                music
                    .data(As::User(user), LOVE, json!({ "track": track }))
                    .await;
            }
        }
        let facts = [fact(5, departed("ann")), fact(7, Effect::Nothing)];
        assert_eq!(act_upon(&store, &facts).await, 2);
        counts_are_right(&store).await;
        let of = |user: &str| format!("SELECT track_id FROM favourite WHERE user_id = '{user}'");
        assert_eq!(rows(&store, &of("ann")).await.len(), 0);
        assert_eq!(rows(&store, &of("bob")).await.len(), tracks.len());

        // A token outlives its account by some minutes.
        let gone = "ACCOUNT_DELETED -: This account was deleted: nothing is kept for it any more";
        let track = json!({ "track": tracks[0] });
        assert_eq!(music.refusal(As::User("ann"), LOVE, track).await, gone);
        let playlist = "mutation { createPlaylist(input: { name: \"x\" }) { playlist { id } } }";
        let refusal = music.refusal(As::User("ann"), playlist, json!({})).await;
        assert_eq!(refusal, gone);
        counts_are_right(&store).await;
    })
    .await;
}

#[tokio::test]
async fn nobody_who_is_gone_can_be_invited() {
    const CREATE: &str = "mutation { createPlaylist(input: { name: \"x\" }) { playlist { id } } }";
    const INVITE: &str = "mutation ($playlist: ID!) {
        addPlaylistCollaborator(input: { playlistId: $playlist, userId: \"ann\" }) {
            playlist { id }
        }
    }";
    on_each_database(async |music| {
        act_upon(&store_of(music).await, &[fact(5, departed("ann"))]).await;
        let created = music.data(As::User("bob"), CREATE, json!({})).await;
        let id = &created["createPlaylist"]["playlist"]["id"];
        assert_eq!(
            music
                .refusal(As::User("bob"), INVITE, json!({ "playlist": id }))
                .await,
            "NOT_FOUND input.userId: There is no user with this id"
        );
    })
    .await;
}

#[tokio::test]
async fn a_fact_counts_once_and_old_ones_not_at_all() {
    on_each_database(async |music| {
        let store = store_of(music).await;
        let facts = [
            fact(3, listens("ann", Some("IS"))),
            fact(4, listens("bob", None)),
            fact(6, listens("ann", Some("NO"))),
            fact(9, listens("cid", Some("SE"))),
            fact(12, departed("cid")),
            fact(15, listens("dan", Some("FI"))),
        ];
        assert_eq!(act_upon(&store, &facts).await, 6);
        let listeners = "SELECT user_id, country FROM listener ORDER BY user_id";
        let expected = [["ann", "NO"], ["bob", ""], ["dan", "FI"]];
        assert_eq!(rows(&store, listeners).await, expected);
        // Again, and an old one by itself.
        assert_eq!(act_upon(&store, &facts).await, 0);
        assert_eq!(act_upon(&store, &facts[..1]).await, 0);
        // What is said later of somebody who is gone brings nobody back.
        assert_eq!(act_upon(&store, &[fact(16, listens("cid", None))]).await, 1);
        assert_eq!(rows(&store, listeners).await, expected);
        let departures = "SELECT user_id, departed_at FROM departed_user";
        assert_eq!(rows(&store, departures).await, [["cid", "12000000"]]);
        let (reached, happened) = store.facts_reached().await.expect("a cursor");
        assert_eq!((reached.position, happened), (16, Some(at(16))));
    })
    .await;
}

/// Replicas act upon the same facts while the users concerned write through others.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_write_under_way_brings_nobody_back() {
    on_each_database(async |music| {
        let tracks = Arc::new(some_tracks(music).await);
        let replicas = [store_of(music).await, store_of(music).await];
        for round in 0..12_i64 {
            let id = format!("user{round}");
            let mut writers = tokio::task::JoinSet::new();
            for number in 0..6 {
                let store = replicas[number % 2].clone();
                let (user, tracks) = (user(&id), Arc::clone(&tracks));
                writers.spawn(async move {
                    let track = tracks[number % 3].as_str().expect("an id");
                    let track = TrackId::parse(track).expect("an id");
                    let added = store.add_favourite(&user, &track, NoteChange::Keep, Utc::now());
                    if let Err(failure) = added.await {
                        assert_eq!(failure.code(), kit::Code::AccountDeleted, "{failure:?}");
                    }
                });
            }
            let facts = [fact(round + 1, departed(&id))];
            let (one, other) = (replicas[0].clone(), replicas[1].clone());
            let acted = tokio::join!(act_upon(&one, &facts), act_upon(&other, &facts));
            assert_eq!(acted.0 + acted.1, 1);
            while let Some(written) = writers.join_next().await {
                written.expect("no panic");
            }
        }
        let left = "SELECT user_id FROM favourite WHERE user_id LIKE 'user%'";
        assert_eq!(rows(&replicas[0], left).await, Vec::<Vec<String>>::new());
        counts_are_right(&replicas[0]).await;
    })
    .await;
}
