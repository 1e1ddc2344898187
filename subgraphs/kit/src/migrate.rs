//! Brings tables up to date: one replica after the other, and beside replicas of another version.

pub mod online;

use std::collections::HashSet;
use std::time::Duration;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, Statement,
};
use sea_orm_migration::MigratorTrait;

/// Names the advisory lock under which replicas migrate one after the other.
const MIGRATION_LOCK: i64 = 0x6d75_7369_635f_6462;

/// How often a replica asks whether it is its turn.
const LOCK_INTERVAL: Duration = Duration::from_millis(100);

/// Applies what is missing, unless nothing is, whatever else is there.
pub(crate) async fn bring_up<M: MigratorTrait>(
    connection: &DatabaseConnection,
) -> Result<(), DbErr> {
    let known: HashSet<String> = M::migrations()
        .iter()
        .map(|migration| migration.name().to_owned())
        .collect();
    let applied: HashSet<String> = M::get_migration_models(connection)
        .await?
        .into_iter()
        .map(|migration| migration.version)
        .collect();
    if known.is_subset(&applied) {
        if known != applied {
            tracing::warn!("the tables are those of a newer version");
        }
        return Ok(());
    }
    M::up(connection, None).await
}

/// Takes the lock under which replicas migrate. It is asked for again and again instead of being
/// waited for: building an index concurrently waits for every statement that began earlier, and
/// one that waits for the lock meanwhile would be waited for itself, for ever.
pub(crate) async fn wait_for_turn(turn: &DatabaseTransaction) -> Result<(), DbErr> {
    let ask = format!("SELECT pg_try_advisory_xact_lock({MIGRATION_LOCK})");
    loop {
        let ask = Statement::from_string(DbBackend::Postgres, &ask);
        let row = turn.query_one_raw(ask).await?;
        if row.is_some_and(|row| row.try_get_by_index(0).unwrap_or(false)) {
            return Ok(());
        }
        tokio::time::sleep(LOCK_INTERVAL).await;
    }
}

#[cfg(test)]
mod tests {
    use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};

    use super::*;
    use crate::database::Database;

    /// A migration that does nothing but have a name.
    struct Named(&'static str);

    impl MigrationName for Named {
        fn name(&self) -> &str {
            self.0
        }
    }

    #[expect(
        elided_lifetimes_in_paths,
        reason = "async_trait makes another signature of `SchemaManager<'_>`"
    )]
    #[async_trait::async_trait]
    impl MigrationTrait for Named {
        async fn up(&self, _: &SchemaManager) -> Result<(), DbErr> {
            Ok(())
        }
    }

    macro_rules! version {
        ($version:ident: $($name:literal),+) => {
            struct $version;

            impl MigratorTrait for $version {
                fn migrations() -> Vec<Box<dyn MigrationTrait>> {
                    vec![$(Box::new(Named($name))),+]
                }
            }
        };
    }
    version!(Old: "m1");
    version!(New: "m1", "m2");
    version!(Other: "m1", "m3");

    #[tokio::test]
    async fn a_replica_of_the_version_before_starts_on_newer_tables() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("test.sqlite");
        let database = Database::connect(&format!("sqlite://{}", file.display()))
            .await
            .expect("opens");
        database.migrate::<Old>().await.expect("migrates");
        database.migrate::<New>().await.expect("migrates");
        database
            .migrate::<Old>()
            .await
            .expect("it has all it needs");
        // What neither is older nor newer is another history.
        assert!(database.migrate::<Other>().await.is_err());
    }
}
