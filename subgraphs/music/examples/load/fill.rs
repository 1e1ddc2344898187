//! Writes the world into a database, and goes on where it was cut off.

use std::fmt::Write as _;

use anyhow::Context as _;
use chrono::Utc;
use kit::database::Database;
use music::search_key::search_key;
use music::{Store, order_key};
use sea_orm::{ConnectionTrait, DbBackend, Statement, TransactionTrait};
use tokio::time::Instant;

use crate::world::World;

/// Artists, albums or tracks in one statement.
const ROWS: u64 = 500;

/// Users whose favourites are written in one transaction.
const USERS: u64 = 200;

pub(crate) async fn fill(url: &str, world: &World) -> anyhow::Result<()> {
    let database = Database::connect(url).await?;
    database.migrate::<music::migration::Migrator>().await?;
    let began = Instant::now();
    catalogue(&database, world).await?;
    println!("{} tracks after {:.0?}", world.tracks, began.elapsed());
    let written = favourites(&database, world, began).await?;
    println!("{written} favourites written after {:.0?}", began.elapsed());
    let connection = database.connection();
    let count = "UPDATE track SET favourite_count = loved.lovers \
        FROM (SELECT track_id, COUNT(*) AS lovers FROM favourite GROUP BY track_id) AS loved \
        WHERE loved.track_id = track.id AND favourite_count <> loved.lovers";
    connection.execute_unprepared(count).await?;
    println!("counted after {:.0?}", began.elapsed());
    let documents = Store::new(database.clone()).catch_up_search().await?;
    println!("{documents} documents after {:.0?}", began.elapsed());
    // What a busy server does by itself in time.
    let tidy = match database.backend() {
        DbBackend::Postgres => "VACUUM ANALYZE",
        _ => "ANALYZE",
    };
    connection.execute_unprepared(tidy).await?;
    database.close().await;
    Ok(())
}

async fn catalogue(database: &Database, world: &World) -> anyhow::Result<()> {
    insert(
        database,
        "artist (id, name, name_key, country, added_at)",
        world.artists,
        |n| {
            let name = world.artist_name(n);
            format!(
                "('a{n}', '{name}', '{}', '{}', {n})",
                search_key(&name),
                world.country(n)
            )
        },
    )
    .await?;
    insert(
        database,
        "artist_genre (artist_id, genre, place)",
        world.artists,
        |n| {
            let [first, second] = world.genres(n);
            format!("('a{n}', '{first}', 0), ('a{n}', '{second}', 1)")
        },
    )
    .await?;
    let columns = "album (id, artist_id, title, title_key, release_year, added_at)";
    insert(database, columns, world.albums, |n| {
        let title = world.album_title(n);
        let (artist, year) = (world.artist_of_album(n), world.year(n));
        format!(
            "('l{n}', 'a{artist}', '{title}', '{}', {year}, {n})",
            search_key(&title)
        )
    })
    .await?;
    let columns = "track (id, album_id, artist_id, title, title_key, duration_seconds, track_number, release_year, favourite_count, added_at)";
    insert(database, columns, world.tracks, |n| {
        let title = world.track_title(n);
        let album = world.album_of_track(n);
        format!(
            "('t{n}', 'l{album}', 'a{}', '{title}', '{}', {}, {}, {}, 0, {n})",
            world.artist_of_album(album),
            search_key(&title),
            120 + n % 300,
            world.number_on_album(n),
            world.year(album),
        )
    })
    .await?;
    insert(database, "listener (user_id, country)", world.users, |n| {
        format!("('{}', '{}')", user_id(n), world.country(n + 1_000_000))
    })
    .await
}

async fn insert(
    database: &Database,
    columns: &str,
    count: u64,
    row: impl Fn(u64) -> String,
) -> anyhow::Result<()> {
    let mut number = 0;
    while number < count {
        let until = (number + ROWS).min(count);
        let rows: Vec<String> = (number..until).map(&row).collect();
        let sql = format!(
            "INSERT INTO {columns} VALUES {} ON CONFLICT DO NOTHING",
            rows.join(", ")
        );
        database.connection().execute_unprepared(&sql).await?;
        number = until;
    }
    Ok(())
}

/// So that the greatest id is that of the last user.
pub(crate) fn user_id(number: u64) -> String {
    format!("u{number:07}")
}

async fn favourites(database: &Database, world: &World, began: Instant) -> anyhow::Result<u64> {
    let mut user = next_user(database).await?;
    let now = u64::try_from(Utc::now().timestamp_micros())?;
    let mut written = 0;
    while user < world.users {
        let until = (user + USERS).min(world.users);
        let mut rows = String::new();
        for user in user..until {
            for favourite in world.favourites(user) {
                let at = now - favourite.ago;
                let place = order_key::of_number(i64::try_from(at)?);
                let id = user_id(user);
                let _ = match database.backend() {
                    DbBackend::Postgres => {
                        writeln!(rows, "{id}\tt{}\t{at}\t{place}", favourite.track)
                    }
                    _ => write!(rows, ", ('{id}', 't{}', {at}, '{place}')", favourite.track),
                };
                written += 1;
            }
        }
        write_rows(database, &rows).await?;
        if user % 5_000 == 0 {
            println!(
                "user {user} of {}, {written} favourites, {:.0?}",
                world.users,
                began.elapsed()
            );
        }
        user = until;
    }
    Ok(written)
}

/// The first user who has no favourites yet: those of one batch are written together.
async fn next_user(database: &Database) -> anyhow::Result<u64> {
    let greatest = Statement::from_string(database.backend(), "SELECT MAX(user_id) FROM favourite");
    let row = database.connection().query_one_raw(greatest).await?;
    let greatest: Option<String> = row.context("a row")?.try_get_by_index(0)?;
    match greatest {
        Some(id) => Ok(id.trim_start_matches('u').parse::<u64>()? + 1),
        None => Ok(0),
    }
}

async fn write_rows(database: &Database, rows: &str) -> anyhow::Result<()> {
    const COLUMNS: &str = "favourite (user_id, track_id, favourited_at, place)";
    if database.backend() == DbBackend::Postgres {
        let pool = database.connection().get_postgres_connection_pool();
        let mut connection = pool.acquire().await?;
        let mut copy = connection
            .copy_in_raw(&format!("COPY {COLUMNS} FROM STDIN"))
            .await?;
        copy.send(rows.as_bytes()).await?;
        copy.finish().await?;
        return Ok(());
    }
    let transaction = database.connection().begin().await?;
    let sql = format!(
        "INSERT INTO {COLUMNS} VALUES {}",
        rows.trim_start_matches(", ")
    );
    transaction.execute_unprepared(&sql).await?;
    transaction.commit().await?;
    Ok(())
}
