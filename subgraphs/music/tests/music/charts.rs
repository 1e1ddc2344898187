//! The counts that charts are read from: whatever happened, they are what one counts.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use kit::Code;
use kit::database::Database;
use music::Store;
use music::ids::{ArtistId, TrackId, UserId};
use music::migration::Migrator;
use music::store::charts::Scope;
use music::store::edit::ArtistChange;
use music::store::favourites::NoteChange;
use sea_orm_migration::MigratorTrait as _;
use serde_json::{Value, json};

use super::departures::{rows, store_of};
use super::support::{As, Music, databases, nodes, on_each_database};

/// How many migrations there were before charts were counted so.
const BEFORE_TALLIES: u32 = 8;

/// What each track has on each chart, counted from the favourites since a moment.
fn expected(since: DateTime<Utc>) -> String {
    format!(
        "WITH loved AS (
            SELECT favourite.track_id, listener.country
            FROM favourite LEFT JOIN listener ON listener.user_id = favourite.user_id
            WHERE favourite.favourited_at >= {}),
        counted AS (
            SELECT 'world' AS scope, track_id FROM loved
            UNION ALL
            SELECT 'country:' || country, track_id FROM loved WHERE country IS NOT NULL
            UNION ALL
            SELECT 'genre:' || artist_genre.genre, loved.track_id
            FROM loved
            JOIN track ON track.id = loved.track_id
            JOIN artist_genre ON artist_genre.artist_id = track.artist_id)
        SELECT scope, track_id, COUNT(*) FROM counted GROUP BY scope, track_id",
        since.timestamp_micros()
    )
}

/// Counts what there is to count at this moment, and fails unless all charts are right then. How many places they
/// have together.
async fn charts_are_right_at(store: &Store, now: DateTime<Utc>) -> usize {
    let refreshed = store.refresh_charts(now, Duration::ZERO).await;
    assert!(refreshed.expect("they are counted"));
    let mut kept = rows(
        store,
        "SELECT scope, track_id, CAST(lovers AS BIGINT) FROM chart_tally",
    )
    .await;
    let mut counted = rows(store, &expected(now - TimeDelta::days(7))).await;
    kept.sort();
    counted.sort();
    assert_eq!(kept, counted);
    let since = (now - TimeDelta::days(7)).timestamp_micros();
    for left in [
        "SELECT user_id FROM chart_change".to_owned(),
        format!(
            "SELECT user_id, track_id, favourited_at FROM favourite WHERE favourited_at >= {since}
             EXCEPT SELECT user_id, track_id, favourited_at FROM chart_vote"
        ),
        "SELECT user_id, track_id, favourited_at FROM chart_vote
         EXCEPT SELECT user_id, track_id, favourited_at FROM favourite"
            .to_owned(),
    ] {
        assert_eq!(rows(store, &left).await, Vec::<Vec<String>>::new());
    }
    kept.len()
}

/// Numbers that look as if they were drawn, the same ones for the same seed.
struct Draw(u64);

impl Draw {
    fn below(&mut self, limit: usize) -> usize {
        // Of Knuth's MMIX; its low bits repeat soon.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % limit
    }
}

const TRACKS: &str = "{ tracks(first: 12) { edges { node { id artist { id } } } } }";

fn id(node: &Value) -> String {
    node["id"].as_str().expect("an id").to_owned()
}

/// Something that changes charts, by chance.
async fn change(store: &Store, draw: &mut Draw, tracks: &[Value]) {
    let user = UserId::stored(format!("drawn{}", draw.below(12)));
    let node = &tracks[draw.below(tracks.len())];
    let track = TrackId::stored(id(node));
    match draw.below(20) {
        0..10 => {
            // Half of these count; none stops counting while the case runs.
            let hours = i64::try_from(draw.below(14 * 24)).expect("few");
            let at = Utc::now() - TimeDelta::minutes(60 * hours + 30);
            let added = store.add_favourite(&user, &track, NoteChange::Keep, at);
            if let Err(failure) = added.await {
                assert_eq!(failure.code(), Code::AccountDeleted, "{failure:?}");
            }
        }
        10..14 => {
            let removed = store.remove_favourite(&user, &track).await;
            removed.expect("it is removed");
        }
        14..17 => {
            let country = [Some("SE"), Some("JP"), Some("IS"), None][draw.below(4)];
            let noted = store
                .note_listeners([(user, country.map(str::to_owned))])
                .await;
            noted.expect("it is noted");
        }
        17..19 => {
            let genres = ["jazz", "rock", "dub"][..draw.below(4)].iter();
            let change = ArtistChange {
                genres: Some(genres.map(|&it| it.to_owned()).collect()),
                ..ArtistChange::default()
            };
            let artist = ArtistId::stored(id(&node["artist"]));
            let updated = store.update_artist(&artist, change).await;
            updated.expect("it is updated");
        }
        _ => {
            // Now and then, or soon nobody would be left.
            if draw.below(4) == 0 {
                let departed = store.depart(&user, Utc::now(), Utc::now()).await;
                departed.expect("the user goes");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn charts_are_what_one_counts_whatever_happens_at_once() {
    on_each_database(async |music: &Music| {
        let tracks = music.data(As::Nobody, TRACKS, json!({})).await;
        let tracks = nodes(&tracks["tracks"], "/node");
        let replicas = [store_of(music).await, store_of(music).await];
        for round in 0..3 {
            let is_over = AtomicBool::new(false);
            let writers = (0..4).map(|writer| {
                let (tracks, replicas) = (&tracks, &replicas);
                async move {
                    let mut draw = Draw(round * 4 + writer);
                    for _ in 0..60 {
                        let store = &replicas[draw.below(2)];
                        change(store, &mut draw, tracks).await;
                    }
                }
            });
            let counter = async {
                while !is_over.load(Ordering::Relaxed) {
                    let counted = replicas.iter().map(async |store| {
                        let counted = store.refresh_charts(Utc::now(), Duration::ZERO).await;
                        counted.expect("they are counted");
                    });
                    futures_util::future::join_all(counted).await;
                }
            };
            let writing = async {
                futures_util::future::join_all(writers).await;
                is_over.store(true, Ordering::Relaxed);
            };
            tokio::join!(writing, counter);
            let places = charts_are_right_at(&replicas[0], Utc::now()).await;
            assert!(places > 20, "{places}");
        }
        // What is loved now is not loved lately for ever.
        let soon = Utc::now() + TimeDelta::days(3);
        assert!(charts_are_right_at(&replicas[1], soon).await > 0);
        let later = Utc::now() + TimeDelta::days(8);
        assert_eq!(charts_are_right_at(&replicas[1], later).await, 0);
        let votes = rows(&replicas[1], "SELECT user_id FROM chart_vote").await;
        assert_eq!(votes, Vec::<Vec<String>>::new());
    })
    .await;
}

/// More favourites than are counted at once, and each thing that may happen to all of them.
#[tokio::test]
async fn one_user_may_change_more_than_is_counted_at_once() {
    for place in databases::at_hand().await {
        let database = Database::connect(place.url()).await.expect("opens");
        let up = Migrator::up(database.connection(), Some(BEFORE_TALLIES)).await;
        up.expect("the tables can be made");
        let store = Store::new(database.clone());
        let mut now = Utc::now();
        let numbers = "WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < 2500)";
        for sql in [
            "INSERT INTO artist (id, name, name_key, added_at) VALUES ('a', 'A', 'a', 0)",
            "INSERT INTO artist_genre (artist_id, genre, place) VALUES ('a', 'jazz', 0)",
            "INSERT INTO album (id, artist_id, title, title_key, release_year, added_at)
             VALUES ('l', 'a', 'L', 'l', 2000, 0)",
            &format!(
                "INSERT INTO track (id, album_id, artist_id, title, title_key, duration_seconds,
                 track_number, release_year, added_at)
                 {numbers} SELECT 't' || n, 'l', 'a', 'T', 't', 1, 1, 2000, 0 FROM number"
            ),
            // From before there were counts, and older than a week in part.
            &format!(
                "INSERT INTO favourite (user_id, track_id, favourited_at)
                 {numbers} SELECT 'u', 't' || n, {} - 5 * 60000000 * CAST(n AS BIGINT) FROM number",
                (now - TimeDelta::minutes(1)).timestamp_micros()
            ),
        ] {
            databases::execute(store.database().connection(), sql).await;
        }
        database.migrate::<Migrator>().await.expect("migrates");
        // 2016 times five minutes are a week, of which one has passed.
        assert_eq!(charts_are_right_at(&store, now).await, 2 * 2016);
        for (sql, places) in [
            (
                "INSERT INTO listener (user_id, country) VALUES ('u', 'SE')",
                3 * 2016,
            ),
            (
                "UPDATE listener SET country = 'IS' WHERE user_id = 'u'",
                3 * 2016,
            ),
            (
                "INSERT INTO artist_genre (artist_id, genre, place) VALUES ('a', 'dub', 1)",
                4 * 2016,
            ),
            ("DELETE FROM artist_genre WHERE genre = 'jazz'", 3 * 2016),
            ("DELETE FROM listener", 2 * 2016),
            // 19 hours, in five minutes each.
            (
                &format!(
                    "DELETE FROM favourite WHERE favourited_at < {}",
                    (now - TimeDelta::hours(19)).timestamp_micros()
                ),
                2 * 228,
            ),
            ("DELETE FROM favourite", 0),
        ] {
            databases::execute(store.database().connection(), sql).await;
            now += TimeDelta::seconds(1);
            assert_eq!(charts_are_right_at(&store, now).await, places, "{sql}");
        }
        database.close().await;
        place.drop().await;
    }
}

#[tokio::test]
async fn it_is_published_how_old_the_charts_are() {
    for place in databases::at_hand().await {
        // Once, and then not for a while.
        let music = Music::start_with(place, &["--charts-every-seconds", "3600"]).await;
        let store = store_of(&music).await;
        while store
            .chart(Scope::World, 1)
            .await
            .expect("a chart")
            .as_of
            .is_none()
        {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let an_hour = 3_600 * 1_000_000_i64;
        let sql = format!("UPDATE chart_count SET as_of = as_of - {an_hour}");
        databases::execute(store.database().connection(), &sql).await;
        let age = tokio::time::timeout(Duration::from_secs(60), async {
            loop {
                let seconds = music.metric("charts_lag_seconds").await;
                if seconds > 0 {
                    break seconds;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        let age = age.await.expect("it is published");
        assert!((3_600..3_700).contains(&age), "{age}");
        music.stop().await;
    }
}
