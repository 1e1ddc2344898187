//! Playlists with their items and collaborators.
//!
//! What belongs to a playlist goes with it. A track on a playlist stays, as a track that somebody
//! loves does. Users are other services' business, so nothing points at them; the indexes that
//! begin with a user serve what is asked, and removed, of one.

#![expect(
    elided_lifetimes_in_paths,
    reason = "async-trait accepts a method only with the lifetimes its trait spells out"
)]

use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

use super::columns::{bytewise_text, index};
use super::m0001_catalogue::Track;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden, Clone, Copy)]
enum Playlist {
    Table,
    Id,
    OwnerId,
    Name,
    Description,
    Visibility,
    ShareTokenHash,
    ShareExpiresAt,
    ItemCount,
    Version,
    CreatedAt,
    UpdatedAt,
}

#[derive(DeriveIden, Clone, Copy)]
enum PlaylistItem {
    Table,
    Id,
    PlaylistId,
    TrackId,
    Place,
    AddedBy,
    AddedAt,
}

#[derive(DeriveIden, Clone, Copy)]
enum PlaylistCollaborator {
    Table,
    PlaylistId,
    UserId,
    InvitedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        for table in [playlist(backend), item(backend), collaborator(backend)] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            Table::drop().table(PlaylistCollaborator::Table).to_owned(),
            Table::drop().table(PlaylistItem::Table).to_owned(),
            Table::drop().table(Playlist::Table).to_owned(),
        ] {
            manager.drop_table(table).await?;
        }
        Ok(())
    }
}

fn playlist(backend: DbBackend) -> TableCreateStatement {
    use Playlist as P;
    Table::create()
        .table(P::Table)
        .col(bytewise_text(backend, P::Id).primary_key())
        .col(bytewise_text(backend, P::OwnerId))
        .col(ColumnDef::new(P::Name).text().not_null())
        .col(ColumnDef::new(P::Description).text())
        .col(bytewise_text(backend, P::Visibility))
        .col(ColumnDef::new(P::ShareTokenHash).text())
        .col(ColumnDef::new(P::ShareExpiresAt).big_integer())
        .col(ColumnDef::new(P::ItemCount).integer().not_null())
        .col(ColumnDef::new(P::Version).integer().not_null())
        .col(ColumnDef::new(P::CreatedAt).big_integer().not_null())
        .col(ColumnDef::new(P::UpdatedAt).big_integer().not_null())
        .to_owned()
}

fn item(backend: DbBackend) -> TableCreateStatement {
    use PlaylistItem as I;
    let mut added_by = ColumnDef::new(I::AddedBy);
    added_by.text();
    Table::create()
        .table(I::Table)
        .col(bytewise_text(backend, I::Id).primary_key())
        .col(bytewise_text(backend, I::PlaylistId))
        .col(bytewise_text(backend, I::TrackId))
        .col(bytewise_text(backend, I::Place))
        .col(added_by)
        .col(ColumnDef::new(I::AddedAt).big_integer().not_null())
        .foreign_key(
            ForeignKey::create()
                .from(I::Table, I::PlaylistId)
                .to(Playlist::Table, Playlist::Id)
                .on_delete(ForeignKeyAction::Cascade),
        )
        .foreign_key(
            ForeignKey::create()
                .from(I::Table, I::TrackId)
                .to(Track::Table, Track::Id)
                .on_delete(ForeignKeyAction::NoAction),
        )
        .to_owned()
}

fn collaborator(backend: DbBackend) -> TableCreateStatement {
    use PlaylistCollaborator as C;
    Table::create()
        .table(C::Table)
        .col(bytewise_text(backend, C::PlaylistId))
        .col(bytewise_text(backend, C::UserId))
        .col(ColumnDef::new(C::InvitedAt).big_integer().not_null())
        .primary_key(Index::create().col(C::PlaylistId).col(C::UserId))
        .foreign_key(
            ForeignKey::create()
                .from(C::Table, C::PlaylistId)
                .to(Playlist::Table, Playlist::Id)
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    use PlaylistCollaborator as C;
    use PlaylistItem as I;
    vec![
        index(
            "playlist_of_owner",
            Playlist::Table,
            [Playlist::OwnerId, Playlist::CreatedAt, Playlist::Id],
        ),
        index(
            "playlist_of_owner_by_visibility",
            Playlist::Table,
            [
                Playlist::OwnerId,
                Playlist::Visibility,
                Playlist::CreatedAt,
                Playlist::Id,
            ],
        ),
        index(
            "playlist_by_share_token",
            Playlist::Table,
            [Playlist::ShareTokenHash],
        )
        .unique()
        .to_owned(),
        index(
            "playlist_item_in_order",
            I::Table,
            [I::PlaylistId, I::Place, I::Id],
        ),
        index("playlist_item_of_track", I::Table, [I::TrackId]),
        index("playlist_item_by_adder", I::Table, [I::AddedBy]),
        index(
            "playlist_collaborator_by_user",
            C::Table,
            [C::UserId, C::InvitedAt, C::PlaylistId],
        ),
    ]
}
