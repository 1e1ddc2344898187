//! The order in which users arrange their favourites. Until somebody moves one, it is that of
//! time: the key of a favourite is the moment it was added, in hexadecimal digits.
//!
//! There may be millions of favourites, and people add others meanwhile. So they get their places
//! by batches, each a transaction of its own, and the index is built beside the traffic; what was
//! cut off goes on where it was.

#![expect(
    elided_lifetimes_in_paths,
    reason = "async-trait accepts a method only with the lifetimes its trait spells out"
)]

use kit::migrate::online;
use sea_orm::{DbBackend, Statement};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;

use super::batches::Batches;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// While replicas of the version before still add favourites, these get the place of their time.
const PLACE_OF_NOW: &str = "ALTER TABLE favourite ALTER COLUMN place SET DEFAULT
    lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000000)::bigint), 16, '0')";

#[derive(DeriveIden, Clone, Copy)]
enum Favourite {
    Table,
    Place,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(false)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let is_postgres = manager.get_database_backend() == DbBackend::Postgres;
        let kind = if is_postgres {
            "TEXT COLLATE \"C\" NOT NULL DEFAULT ''"
        } else {
            "TEXT NOT NULL DEFAULT ''"
        };
        online::add_column(manager, "favourite", "place", kind).await?;
        if is_postgres {
            online::change(manager, PLACE_OF_NOW).await?;
        }
        give_places(manager).await?;
        online::create_index(
            manager,
            "INDEX",
            "favourite_of_user_in_order",
            "favourite (user_id, place, track_id)",
        )
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

/// Gives the favourites that have none their places.
async fn give_places(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let backend = connection.get_database_backend();
    let place = match backend {
        DbBackend::Postgres => "lpad(to_hex(favourited_at), 16, '0')",
        _ => "printf('%016x', favourited_at)",
    };
    let update = format!(
        "UPDATE favourite SET place = {place} WHERE place = '' AND user_id > $1 AND user_id <= $2"
    );
    let mut batches = Batches::default();
    while let Some(users) = batches.next(connection).await? {
        let update = Statement::from_sql_and_values(backend, &update, users);
        connection.execute_raw(update).await?;
    }
    Ok(())
}
