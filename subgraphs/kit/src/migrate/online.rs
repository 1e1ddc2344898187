//! Changes to tables that are in use: nobody waits for long, and a migration that was cut off can
//! run again.
//!
//! On Postgres, adding a column is quick, but it waits for every transaction that uses the table,
//! and all others wait behind it. So it gives up after two seconds, lets the others go, and tries
//! again. An index is built beside the traffic, which Postgres does outside of transactions only:
//! a migration that calls these functions says so by `use_transaction`. SQLite has one writer at a
//! time, and does both at once.

use std::time::Duration;

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, TransactionTrait};

/// How long everybody else may have to wait behind a change.
const PATIENCE: &str = "SET LOCAL lock_timeout = '2s'";

/// How often a change is tried before the migration fails.
const TRIES: u32 = 60;
const PAUSE: Duration = Duration::from_secs(1);

/// Adds a column that may be null or has a default, unless it is there.
///
/// # Errors
/// When the table was in use by others each time it was tried, or the database fails.
pub async fn add_column(
    manager: &SchemaManager<'_>,
    table: &str,
    column: &str,
    kind: &str,
) -> Result<(), DbErr> {
    let change = format!("ALTER TABLE {table} ADD COLUMN {column} {kind}");
    let mut tries = 0;
    while !manager.has_column(table, column).await? {
        try_once(manager, &change, &mut tries).await?;
    }
    Ok(())
}

/// Changes a table in a way that is quick and may be repeated.
///
/// # Errors
/// As [`add_column`].
pub async fn change(manager: &SchemaManager<'_>, change: &str) -> Result<(), DbErr> {
    let mut tries = 0;
    while !try_once(manager, change, &mut tries).await? {}
    Ok(())
}

/// Tries a change once more; whether it was made. Fails when it was tried often enough.
async fn try_once(
    manager: &SchemaManager<'_>,
    change: &str,
    tries: &mut u32,
) -> Result<bool, DbErr> {
    *tries += 1;
    match alter(manager, change).await {
        Ok(()) => Ok(true),
        Err(error) if *tries == TRIES => Err(error),
        Err(_) => {
            tokio::time::sleep(PAUSE).await;
            Ok(false)
        }
    }
}

async fn alter(manager: &SchemaManager<'_>, change: &str) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    if connection.get_database_backend() != DbBackend::Postgres {
        return connection.execute_unprepared(change).await.map(drop);
    }
    let transaction = connection.begin().await?;
    transaction.execute_unprepared(PATIENCE).await?;
    transaction.execute_unprepared(change).await?;
    transaction.commit().await
}

/// Builds an index while the table is in use. What is left of an attempt that was cut off is
/// removed first.
///
/// # Errors
/// When the database fails.
pub async fn create_index(
    manager: &SchemaManager<'_>,
    kind: &str,
    name: &str,
    on: &str,
) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    if connection.get_database_backend() == DbBackend::Postgres {
        let remove = format!("DROP INDEX CONCURRENTLY IF EXISTS {name}");
        connection.execute_unprepared(&remove).await?;
        let create = format!("CREATE {kind} CONCURRENTLY {name} ON {on}");
        connection.execute_unprepared(&create).await?;
    } else {
        let create = format!("CREATE {kind} IF NOT EXISTS {name} ON {on}");
        connection.execute_unprepared(&create).await?;
    }
    Ok(())
}
