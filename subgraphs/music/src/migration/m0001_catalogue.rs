//! Artists with their genres, albums and tracks.
//!
//! Every order that clients can ask for has an index that ends in the id, the tie-break of all
//! orders.

#![expect(
    elided_lifetimes_in_paths,
    reason = "async-trait accepts a method only with the lifetimes its trait spells out"
)]

use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

use super::columns::{bytewise_text, index};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden, Clone, Copy)]
pub(super) enum Artist {
    Table,
    Id,
    Name,
    NameKey,
    Country,
    AddedAt,
}

#[derive(DeriveIden, Clone, Copy)]
enum ArtistGenre {
    Table,
    ArtistId,
    Genre,
    Place,
}

#[derive(DeriveIden, Clone, Copy)]
enum Album {
    Table,
    Id,
    ArtistId,
    Title,
    TitleKey,
    ReleaseYear,
    AddedAt,
}

#[expect(
    clippy::enum_variant_names,
    reason = "the variants are the names of the columns"
)]
#[derive(DeriveIden, Clone, Copy)]
pub(super) enum Track {
    Table,
    Id,
    AlbumId,
    ArtistId,
    Title,
    TitleKey,
    DurationSeconds,
    TrackNumber,
    ReleaseYear,
    FavouriteCount,
    AddedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        for table in [
            artist(backend),
            artist_genre(backend),
            album(backend),
            track(backend),
        ] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            Table::drop().table(Track::Table).to_owned(),
            Table::drop().table(Album::Table).to_owned(),
            Table::drop().table(ArtistGenre::Table).to_owned(),
            Table::drop().table(Artist::Table).to_owned(),
        ] {
            manager.drop_table(table).await?;
        }
        Ok(())
    }
}

fn artist(backend: DbBackend) -> TableCreateStatement {
    Table::create()
        .table(Artist::Table)
        .col(bytewise_text(backend, Artist::Id).primary_key())
        .col(ColumnDef::new(Artist::Name).text().not_null())
        .col(bytewise_text(backend, Artist::NameKey))
        .col(ColumnDef::new(Artist::Country).text())
        .col(ColumnDef::new(Artist::AddedAt).big_integer().not_null())
        .to_owned()
}

fn artist_genre(backend: DbBackend) -> TableCreateStatement {
    Table::create()
        .table(ArtistGenre::Table)
        .col(bytewise_text(backend, ArtistGenre::ArtistId))
        .col(bytewise_text(backend, ArtistGenre::Genre))
        .col(ColumnDef::new(ArtistGenre::Place).integer().not_null())
        .primary_key(
            Index::create()
                .col(ArtistGenre::ArtistId)
                .col(ArtistGenre::Genre),
        )
        .foreign_key(
            // Genres are part of the artist; they go with it.
            ForeignKey::create()
                .from(ArtistGenre::Table, ArtistGenre::ArtistId)
                .to(Artist::Table, Artist::Id)
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

fn album(backend: DbBackend) -> TableCreateStatement {
    Table::create()
        .table(Album::Table)
        .col(bytewise_text(backend, Album::Id).primary_key())
        .col(bytewise_text(backend, Album::ArtistId))
        .col(ColumnDef::new(Album::Title).text().not_null())
        .col(bytewise_text(backend, Album::TitleKey))
        .col(ColumnDef::new(Album::ReleaseYear).integer().not_null())
        .col(ColumnDef::new(Album::AddedAt).big_integer().not_null())
        .foreign_key(
            ForeignKey::create()
                .from(Album::Table, Album::ArtistId)
                .to(Artist::Table, Artist::Id)
                .on_delete(ForeignKeyAction::NoAction),
        )
        .to_owned()
}

fn track(backend: DbBackend) -> TableCreateStatement {
    Table::create()
        .table(Track::Table)
        .col(bytewise_text(backend, Track::Id).primary_key())
        .col(bytewise_text(backend, Track::AlbumId))
        .col(bytewise_text(backend, Track::ArtistId))
        .col(ColumnDef::new(Track::Title).text().not_null())
        .col(bytewise_text(backend, Track::TitleKey))
        .col(ColumnDef::new(Track::DurationSeconds).integer().not_null())
        .col(ColumnDef::new(Track::TrackNumber).integer().not_null())
        .col(ColumnDef::new(Track::ReleaseYear).integer().not_null())
        .col(
            ColumnDef::new(Track::FavouriteCount)
                .integer()
                .not_null()
                .default(0),
        )
        .col(ColumnDef::new(Track::AddedAt).big_integer().not_null())
        .foreign_key(
            ForeignKey::create()
                .from(Track::Table, Track::AlbumId)
                .to(Album::Table, Album::Id)
                .on_delete(ForeignKeyAction::NoAction),
        )
        .foreign_key(
            ForeignKey::create()
                .from(Track::Table, Track::ArtistId)
                .to(Artist::Table, Artist::Id)
                .on_delete(ForeignKeyAction::NoAction),
        )
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    use Track as T;
    vec![
        index(
            "artist_by_name",
            Artist::Table,
            [Artist::NameKey, Artist::Id],
        ),
        index(
            "artist_by_added_at",
            Artist::Table,
            [Artist::AddedAt, Artist::Id],
        ),
        index(
            "artist_by_country",
            Artist::Table,
            [Artist::Country, Artist::Id],
        ),
        index(
            "artist_by_genre",
            ArtistGenre::Table,
            [ArtistGenre::Genre, ArtistGenre::ArtistId],
        ),
        index("album_by_title", Album::Table, [Album::TitleKey, Album::Id]),
        index(
            "album_by_release_year",
            Album::Table,
            [Album::ReleaseYear, Album::Id],
        ),
        index(
            "album_by_added_at",
            Album::Table,
            [Album::AddedAt, Album::Id],
        ),
        index(
            "album_of_artist",
            Album::Table,
            [Album::ArtistId, Album::ReleaseYear, Album::Id],
        ),
        index("track_by_title", T::Table, [T::TitleKey, T::Id]),
        index("track_by_release_year", T::Table, [T::ReleaseYear, T::Id]),
        index("track_by_duration", T::Table, [T::DurationSeconds, T::Id]),
        index(
            "track_by_favourite_count",
            T::Table,
            [T::FavouriteCount, T::Id],
        ),
        index("track_by_added_at", T::Table, [T::AddedAt, T::Id]),
        index(
            "track_of_album",
            T::Table,
            [T::AlbumId, T::TrackNumber, T::Id],
        ),
        index(
            "track_of_artist",
            T::Table,
            [T::ArtistId, T::TitleKey, T::Id],
        ),
    ]
}
