//! The tables brought up from their first version, with data in place, and on Postgres while they
//! are in use.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use kit::database::Database;
use music::Store;
use music::ids::UserId;
use music::migration::Migrator;
use music::store::favourites::FavouriteSort;
use music::store::page::Page;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement, TransactionTrait};
use sea_orm_migration::MigratorTrait as _;

use super::support::databases::{self, execute};

/// How many migrations the first version had.
const FIRST_VERSION: u32 = 2;

const TRACKS: u32 = 60;
const USERS: u32 = 40;
const FAVOURITES: u32 = 30;

/// Loves a track as the first version did.
async fn love(connection: &DatabaseConnection, user: &str, track: u32, at: u32) {
    let sql = format!(
        "INSERT INTO favourite (user_id, track_id, favourited_at) VALUES ('{user}', 't{track}', {at})"
    );
    execute(connection, &sql).await;
    let sql =
        format!("UPDATE track SET favourite_count = favourite_count + 1 WHERE id = 't{track}'");
    execute(connection, &sql).await;
}

async fn first_version(database: &Database) {
    let connection = database.connection();
    let up = Migrator::up(connection, Some(FIRST_VERSION)).await;
    up.expect("the first version's tables can be made");
    for sql in [
        "INSERT INTO artist (id, name, name_key, added_at) VALUES ('a', 'Björk', 'bjork', 0)",
        "INSERT INTO album (id, artist_id, title, title_key, release_year, added_at)
         VALUES ('l', 'a', 'Post', 'post', 1995, 0)",
    ] {
        execute(connection, sql).await;
    }
    for track in 0..TRACKS {
        let sql = format!(
            "INSERT INTO track (id, album_id, artist_id, title, title_key, duration_seconds,
             track_number, release_year, favourite_count, added_at)
             VALUES ('t{track}', 'l', 'a', 'Hyperballad {track}', 'hyperballad {track}', 1, 1, 1995, 0, 0)"
        );
        execute(connection, &sql).await;
    }
    for user in 0..USERS {
        for track in 0..FAVOURITES {
            let user = format!("u{user:02}");
            love(connection, &user, track, 1_000 - track).await;
        }
    }
}

/// The first column of each row, as a number.
async fn numbers(database: &Database, sql: &str) -> Vec<i64> {
    let statement = Statement::from_string(database.backend(), sql);
    let rows = database.connection().query_all_raw(statement).await;
    let rows = rows.unwrap_or_else(|error| panic!("{sql}: {error}"));
    let number = |row: &sea_orm::QueryResult| row.try_get_by_index(0).expect("a number");
    rows.iter().map(number).collect()
}

/// Users whose tally is not the number of their favourites.
const WRONGLY_COUNTED: &str = "SELECT COUNT(*) FROM (
    SELECT user_id, COUNT(*) AS favourites FROM favourite GROUP BY user_id) AS loved
    FULL JOIN favourite_tally AS tally ON tally.user_id = loved.user_id
    WHERE loved.favourites IS NULL OR tally.favourites IS NULL OR loved.favourites <> tally.favourites";

async fn check(database: &Database) {
    assert_eq!(numbers(database, WRONGLY_COUNTED).await, [0]);
    let store = Store::new(database.clone());
    let users: Vec<UserId> = (0..USERS)
        .map(|it| UserId::stored(format!("u{it:02}")))
        .collect();
    let counts = store.favourite_counts(&users).await.expect("counts");
    assert!(users.iter().all(|it| counts[it] == FAVOURITES as i32));
    // The order that users choose is that of time until they choose another.
    for sort in [FavouriteSort::Time, FavouriteSort::Place] {
        let lists = store
            .favourites_of_users(&users, sort, &Page::first(100))
            .await
            .expect("lists");
        for user in &users {
            let ids: Vec<&str> = lists[user]
                .rows
                .iter()
                .map(|it| it.track.as_str())
                .collect();
            let expected: Vec<String> = (0..FAVOURITES).map(|it| format!("t{it}")).collect();
            assert_eq!(ids, expected, "{sort:?}");
        }
    }
    assert_eq!(
        store.catch_up_search().await.expect("it catches up"),
        u64::from(TRACKS) + 2
    );

    // Whoever writes, and however much at once: the database counts.
    let connection = database.connection();
    for (sql, expected) in [
        (
            "INSERT INTO favourite (user_id, track_id, favourited_at, place)
             SELECT 'late', id, 1, 'x' FROM track",
            i64::from(TRACKS),
        ),
        (
            "DELETE FROM favourite WHERE user_id = 'late' AND track_id LIKE 't1%'",
            i64::from(TRACKS) - 11,
        ),
        ("DELETE FROM favourite WHERE user_id IN ('late', 'u00')", 0),
    ] {
        execute(connection, sql).await;
        let tally = "SELECT favourites FROM favourite_tally WHERE user_id = 'late'";
        // Of who has none nothing is left.
        let expected: Vec<i64> = [expected].into_iter().filter(|it| *it > 0).collect();
        let tally = format!("SELECT CAST(favourites AS BIGINT) FROM ({tally}) AS tally");
        assert_eq!(numbers(database, &tally).await, expected);
        assert_eq!(numbers(database, WRONGLY_COUNTED).await, [0]);
    }
}

async fn migrate(url: String) {
    let database = Database::connect(&url).await.expect("opens");
    database.migrate::<Migrator>().await.expect("migrates");
    database.close().await;
}

#[tokio::test]
async fn the_tables_come_up_from_the_first_version() {
    for place in databases::at_hand().await {
        let database = Database::connect(place.url()).await.expect("opens");
        first_version(&database).await;
        migrate(place.url().to_owned()).await;
        check(&database).await;
        // Nothing is left to do.
        migrate(place.url().to_owned()).await;
        database.close().await;
        place.drop().await;
    }
}

#[tokio::test]
async fn postgres_comes_up_while_favourites_come_and_go() {
    for place in databases::at_hand().await {
        if !place.takes_replicas() {
            place.drop().await;
            continue;
        }
        let database = Database::connect(place.url()).await.expect("opens");
        first_version(&database).await;
        // A report that takes long: it holds the table against every change until it ends.
        let report = database.connection().begin().await.expect("begins");
        let read = report.execute_unprepared("SELECT count(*) FROM favourite");
        read.await.expect("selects");
        // The version before goes on writing all the while.
        let (stop, written) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicU32::new(0)),
        );
        let traffic = (0..3).map(|writer| {
            let (database, stop, written) = (database.clone(), stop.clone(), written.clone());
            tokio::spawn(async move {
                let mut number = 0;
                while !stop.load(Ordering::Relaxed) {
                    let user = format!("busy{}", number / TRACKS % 3);
                    let track = number % TRACKS / 3 * 3 + writer;
                    let mine = format!("user_id = '{user}' AND track_id = 't{track}'");
                    let gone = format!("DELETE FROM favourite WHERE {mine}");
                    execute(database.connection(), &gone).await;
                    if number % 4 != 0 {
                        love(database.connection(), &user, track, number).await;
                    }
                    written.fetch_add(1, Ordering::Relaxed);
                    number += 1;
                    tokio::time::sleep(Duration::from_millis(3)).await;
                }
            })
        });
        let traffic: Vec<_> = traffic.collect();
        // Two replicas of the new version start at once.
        let replicas = [(); 2].map(|()| tokio::spawn(migrate(place.url().to_owned())));
        tokio::time::sleep(Duration::from_secs(3)).await;
        let before = written.load(Ordering::Relaxed);
        assert!(before > 10, "nobody else waits for as long");
        report.commit().await.expect("commits");
        for replica in replicas {
            replica.await.expect("it migrates");
        }
        stop.store(true, Ordering::Relaxed);
        for writer in traffic {
            writer.await.expect("no write failed");
        }
        assert!(written.load(Ordering::Relaxed) > before);
        check(&database).await;
        database.close().await;
        place.drop().await;
    }
}
