//! The charts as they were counted last, and when; and the index over favourites by time, from
//! which they are counted.
//!
//! The index is built while favourites come and go. What is left of an attempt that was cut off
//! is kept or built anew.

#![expect(
    elided_lifetimes_in_paths,
    reason = "async-trait accepts a method only with the lifetimes its trait spells out"
)]

use kit::migrate::online;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(false)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        for statement in [
            "CREATE TABLE IF NOT EXISTS chart (
                scope TEXT NOT NULL,
                place INTEGER NOT NULL,
                track_id TEXT NOT NULL,
                loved INTEGER NOT NULL,
                PRIMARY KEY (scope, place))",
            // Has one row. What was never claimed is due.
            "CREATE TABLE IF NOT EXISTS chart_refresh (
                id INTEGER NOT NULL PRIMARY KEY,
                claimed_at BIGINT NOT NULL,
                as_of BIGINT)",
            "INSERT INTO chart_refresh (id, claimed_at) VALUES (1, 0) ON CONFLICT DO NOTHING",
        ] {
            connection.execute_unprepared(statement).await?;
        }
        online::create_index(
            manager,
            "INDEX",
            "favourite_by_time",
            "favourite (favourited_at)",
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        for statement in [
            "DROP INDEX favourite_by_time",
            "DROP TABLE chart_refresh",
            "DROP TABLE chart",
        ] {
            connection.execute_unprepared(statement).await?;
        }
        Ok(())
    }
}
