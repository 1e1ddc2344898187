//! The tables' history. A migration that has been released is never changed.

use sea_orm_migration::{MigrationTrait, MigratorTrait, async_trait};

mod batches;
mod columns;
mod m0001_catalogue;
mod m0002_favourites;
mod m0003_listeners;
mod m0004_search;
mod m0005_playlists;
mod m0006_favourite_order;
mod m0007_favourite_tally;
mod m0008_charts;
mod m0009_chart_tally;

/// All migrations of this service, in order.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_catalogue::Migration),
            Box::new(m0002_favourites::Migration),
            Box::new(m0003_listeners::Migration),
            Box::new(m0004_search::Migration),
            Box::new(m0005_playlists::Migration),
            Box::new(m0006_favourite_order::Migration),
            Box::new(m0007_favourite_tally::Migration),
            Box::new(m0008_charts::Migration),
            Box::new(m0009_chart_tally::Migration),
        ]
    }
}

#[cfg(test)]
mod tests {
    use kit::database::Database;
    use sea_orm::{ConnectionTrait, Statement};

    use super::*;

    /// The tables as they were before `m0003` and `m0004` came in between.
    struct Before;

    #[async_trait::async_trait]
    impl MigratorTrait for Before {
        fn migrations() -> Vec<Box<dyn MigrationTrait>> {
            let mut all = Migrator::migrations();
            all.truncate(BEFORE_ORDER as usize);
            all.retain(|it| !it.name().starts_with("m0003") && !it.name().starts_with("m0004"));
            all
        }
    }

    #[tokio::test]
    async fn a_migration_that_was_numbered_ahead_reaches_databases_that_are_further() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("test.sqlite");
        let database = Database::connect(&format!("sqlite://{}", file.display()))
            .await
            .expect("opens");
        database.migrate::<Before>().await.expect("migrates");
        let select = "SELECT user_id, word FROM listener, search_variant";
        let connection = database.connection();
        assert!(connection.execute_unprepared(select).await.is_err());
        database.migrate::<Migrator>().await.expect("migrates");
        connection
            .execute_unprepared(select)
            .await
            .expect("is there");
        // A replica of the version before may start again.
        database.migrate::<Before>().await.expect("changes nothing");
        connection
            .execute_unprepared(select)
            .await
            .expect("is there");
    }

    /// How many migrations there were before favourites had an order.
    const BEFORE_ORDER: u32 = 5;

    #[tokio::test]
    async fn favourites_get_their_places_and_are_counted_by_batches() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("test.sqlite");
        let database = Database::connect(&format!("sqlite://{}", file.display()))
            .await
            .expect("opens");
        let connection = database.connection();
        let up = Migrator::up(connection, Some(BEFORE_ORDER)).await;
        up.expect("migrates");
        // 300 users with 100 favourites each: three batches.
        const NUMBERS: &str = "WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < 29999)";
        let favourites = format!(
            "INSERT INTO favourite (user_id, track_id, favourited_at)
             {NUMBERS} SELECT printf('u%03d', n / 100), 't' || (n % 100), 1000000 + n FROM number"
        );
        for statement in [
            "INSERT INTO artist (id, name, name_key, added_at) VALUES ('a', 'A', 'a', 0)",
            "INSERT INTO album (id, artist_id, title, title_key, release_year, added_at)
             VALUES ('l', 'a', 'L', 'l', 2000, 0)",
            &format!(
                "INSERT INTO track (id, album_id, artist_id, title, title_key, duration_seconds,
                 track_number, release_year, added_at)
                 {NUMBERS} SELECT 't' || n, 'l', 'a', 'T', 't', 1, 1, 2000, 0 FROM number WHERE n < 100"
            ),
            &favourites,
        ] {
            connection
                .execute_unprepared(statement)
                .await
                .expect("inserts");
        }
        database.migrate::<Migrator>().await.expect("migrates");
        let right = Statement::from_string(
            database.backend(),
            "SELECT COUNT(*) FROM favourite WHERE place = printf('%016x', favourited_at)",
        );
        let row = connection.query_one_raw(right).await.expect("counts");
        let count: i64 = row.expect("a row").try_get_by_index(0).expect("a number");
        assert_eq!(count, 30_000);
        let counted = Statement::from_string(
            database.backend(),
            "SELECT COUNT(*) FROM favourite_tally WHERE favourites = 100",
        );
        let row = connection.query_one_raw(counted).await.expect("counts");
        let count: i64 = row.expect("a row").try_get_by_index(0).expect("a number");
        assert_eq!(count, 300);
    }
}
