//! Who loves which track. The primary key makes adding twice harmless; two indexes serve the
//! two directions in which favourites are listed.

#![expect(
    elided_lifetimes_in_paths,
    reason = "async-trait accepts a method only with the lifetimes its trait spells out"
)]

use sea_orm_migration::prelude::*;

use super::columns::{bytewise_text, index};
use super::m0001_catalogue::Track;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden, Clone, Copy)]
enum Favourite {
    Table,
    UserId,
    TrackId,
    FavouritedAt,
    Note,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let favourite = Table::create()
            .table(Favourite::Table)
            .col(bytewise_text(backend, Favourite::UserId))
            .col(bytewise_text(backend, Favourite::TrackId))
            .col(
                ColumnDef::new(Favourite::FavouritedAt)
                    .big_integer()
                    .not_null(),
            )
            .col(ColumnDef::new(Favourite::Note).text())
            .primary_key(
                Index::create()
                    .col(Favourite::UserId)
                    .col(Favourite::TrackId),
            )
            .foreign_key(
                ForeignKey::create()
                    .from(Favourite::Table, Favourite::TrackId)
                    .to(Track::Table, Track::Id)
                    .on_delete(ForeignKeyAction::NoAction),
            )
            .to_owned();
        manager.create_table(favourite).await?;
        for columns in [
            (
                "favourite_of_user",
                [
                    Favourite::UserId,
                    Favourite::FavouritedAt,
                    Favourite::TrackId,
                ],
            ),
            (
                "favourite_of_track",
                [
                    Favourite::TrackId,
                    Favourite::FavouritedAt,
                    Favourite::UserId,
                ],
            ),
        ] {
            manager
                .create_index(index(columns.0, Favourite::Table, columns.1))
                .await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(Favourite::Table).to_owned())
            .await
    }
}
