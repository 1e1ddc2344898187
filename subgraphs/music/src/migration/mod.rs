//! The tables' history. A migration that has been released is never changed.

use sea_orm_migration::{MigrationTrait, MigratorTrait, async_trait};

mod columns;
mod m0001_catalogue;
mod m0002_favourites;
mod m0003_listeners;
mod m0004_search;
mod m0005_playlists;
mod m0006_favourite_order;

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
        ]
    }
}

#[cfg(test)]
mod tests {
    use kit::database::Database;
    use sea_orm::ConnectionTrait;

    use super::*;

    /// The tables as they were before `m0003` and `m0004` came in between.
    struct Before;

    #[async_trait::async_trait]
    impl MigratorTrait for Before {
        fn migrations() -> Vec<Box<dyn MigrationTrait>> {
            let mut all = Migrator::migrations();
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
}
