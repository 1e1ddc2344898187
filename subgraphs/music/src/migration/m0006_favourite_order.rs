//! The order in which users arrange their favourites. Until somebody moves one, it is that of
//! time: the key of a favourite is the moment it was added, in hexadecimal digits.

#![expect(
    elided_lifetimes_in_paths,
    reason = "async-trait accepts a method only with the lifetimes its trait spells out"
)]

use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

use super::columns::{bytewise_text, index};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// While replicas of the version before still add favourites, these get the place of their time.
const PLACE_OF_NOW: &str = "ALTER TABLE favourite ALTER COLUMN place SET DEFAULT
    lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000000)::bigint), 16, '0')";

#[derive(DeriveIden, Clone, Copy)]
enum Favourite {
    Table,
    UserId,
    TrackId,
    Place,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        manager
            .alter_table(
                Table::alter()
                    .table(Favourite::Table)
                    .add_column(bytewise_text(backend, Favourite::Place).default(""))
                    .to_owned(),
            )
            .await?;
        let place = match backend {
            DbBackend::Postgres => "lpad(to_hex(favourited_at), 16, '0')",
            _ => "printf('%016x', favourited_at)",
        };
        let connection = manager.get_connection();
        connection
            .execute_unprepared(&format!("UPDATE favourite SET place = {place}"))
            .await?;
        if backend == DbBackend::Postgres {
            connection.execute_unprepared(PLACE_OF_NOW).await?;
        }
        manager
            .create_index(index(
                "favourite_of_user_in_order",
                Favourite::Table,
                [Favourite::UserId, Favourite::Place, Favourite::TrackId],
            ))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_index(
                Index::drop()
                    .name("favourite_of_user_in_order")
                    .table(Favourite::Table)
                    .to_owned(),
            )
            .await?;
        manager
            .alter_table(
                Table::alter()
                    .table(Favourite::Table)
                    .drop_column(Favourite::Place)
                    .to_owned(),
            )
            .await
    }
}
