//! Tracks: by id, of an album, of an artist, and lists of them.

use std::collections::HashMap;

use kit::Result;
use sea_orm::sea_query::{Expr, LikeExpr};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryTrait};

use super::Store;
use super::artists::plays;
use super::page::{self, Keyset, Page, Position, Slice, SortDirection};
use crate::entity::track;
use crate::ids::{AlbumId, ArtistId, TrackId};
use crate::search_key::escape_like;

/// One recording on an album.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Track {
    /// Opaque id.
    pub id: TrackId,
    /// The album it is on.
    pub album: AlbumId,
    /// The artist of that album.
    pub artist: ArtistId,
    /// The title as shown.
    pub title: String,
    /// Length in seconds.
    pub duration_seconds: i32,
    /// Place on the album, from 1.
    pub track_number: i32,
    /// Year of the album's first release.
    pub release_year: i32,
    /// How many users love it.
    pub favourite_count: i32,
    title_key: String,
    added_at: i64,
}

/// What tracks can be ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TrackSort {
    /// The title, ignoring case and accents.
    #[default]
    Title,
    /// The year of the album's first release.
    ReleaseYear,
    /// The length.
    Duration,
    /// How many users love it.
    FavouriteCount,
    /// When the track entered the catalogue.
    AddedAt,
    /// The place on the album.
    TrackNumber,
}

/// Which tracks are wanted; every condition given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrackFilter {
    /// Text that the title contains, as a search key.
    pub title_contains: Option<String>,
    /// Who made it.
    pub artist: Option<ArtistId>,
    /// The album it is on.
    pub album: Option<AlbumId>,
    /// A genre the artist plays, in lower case.
    pub genre: Option<String>,
    /// The earliest year of release.
    pub released_from: Option<i32>,
    /// The latest year of release.
    pub released_to: Option<i32>,
}

/// The order of an artist's tracks.
pub const ORDER_OF_ARTIST: TrackSort = TrackSort::Title;

/// The order of an album's tracks.
pub const ORDER_OF_ALBUM: TrackSort = TrackSort::TrackNumber;

impl Track {
    /// Where this track stands in an order.
    pub fn position(&self, sort: TrackSort) -> Position {
        let id = self.id.as_str();
        match sort {
            TrackSort::Title => Position::text(&self.title_key, id),
            TrackSort::ReleaseYear => Position::number(self.release_year, id),
            TrackSort::Duration => Position::number(self.duration_seconds, id),
            TrackSort::FavouriteCount => Position::number(self.favourite_count, id),
            TrackSort::AddedAt => Position::number(self.added_at, id),
            TrackSort::TrackNumber => Position::number(self.track_number, id),
        }
    }
}

impl From<track::Model> for Track {
    fn from(row: track::Model) -> Self {
        Track {
            id: TrackId::stored(row.id),
            album: AlbumId::stored(row.album_id),
            artist: ArtistId::stored(row.artist_id),
            title: row.title,
            duration_seconds: row.duration_seconds,
            track_number: row.track_number,
            release_year: row.release_year,
            favourite_count: row.favourite_count,
            title_key: row.title_key,
            added_at: row.added_at,
        }
    }
}

impl Store {
    /// The tracks with these ids; ids nobody has are left out.
    pub async fn tracks_by_id(&self, ids: &[TrackId]) -> Result<HashMap<TrackId, Track>> {
        let rows = track::Entity::find()
            .filter(self.among(track::Column::Id, ids.iter().map(TrackId::as_str)))
            .all(self.connection())
            .await?;
        Ok(rows
            .into_iter()
            .map(Track::from)
            .map(|it| (it.id.clone(), it))
            .collect())
    }

    /// The same page of the tracks of each of these albums, by their place on it.
    pub async fn tracks_of_albums(
        &self,
        albums: &[AlbumId],
        page: &Page,
    ) -> Result<HashMap<AlbumId, Slice<Track>>> {
        let parent = track::Column::AlbumId;
        let albums = albums.iter().map(AlbumId::as_str);
        let pages = self
            .tracks_by_parent(albums, ORDER_OF_ALBUM, page, parent)
            .await?;
        Ok(pages
            .into_iter()
            .map(|(id, slice)| (AlbumId::stored(id), slice))
            .collect())
    }

    /// The same page of the tracks of each of these artists, by title.
    pub async fn tracks_of_artists(
        &self,
        artists: &[ArtistId],
        page: &Page,
    ) -> Result<HashMap<ArtistId, Slice<Track>>> {
        let parent = track::Column::ArtistId;
        let artists = artists.iter().map(ArtistId::as_str);
        let pages = self
            .tracks_by_parent(artists, ORDER_OF_ARTIST, page, parent)
            .await?;
        Ok(pages
            .into_iter()
            .map(|(id, slice)| (ArtistId::stored(id), slice))
            .collect())
    }

    async fn tracks_by_parent(
        &self,
        ids: impl Iterator<Item = &str>,
        sort: TrackSort,
        page: &Page,
        parent: track::Column,
    ) -> Result<HashMap<String, Slice<Track>>> {
        let keyset = keyset(sort, SortDirection::Ascending);
        let parents = page::named_in(parent, ids);
        let selection = track::Entity::find();
        let pages =
            page::read_by_parent(self.connection(), selection, &keyset, page, parents).await?;
        Ok(pages
            .into_iter()
            .map(|(id, slice)| (id, page::map(slice, Track::from)))
            .collect())
    }

    /// A page of the tracks that fit the filter.
    pub async fn tracks(
        &self,
        filter: &TrackFilter,
        sort: TrackSort,
        direction: SortDirection,
        page: &Page,
    ) -> Result<Slice<Track>> {
        use track::Column;
        let selection = track::Entity::find()
            .apply_if(filter.title_contains.as_deref(), |it, text| {
                it.filter(Column::TitleKey.like(containing(text)))
            })
            .apply_if(filter.artist.as_ref(), |it, artist| {
                it.filter(Column::ArtistId.eq(artist.as_str()))
            })
            .apply_if(filter.album.as_ref(), |it, album| {
                it.filter(Column::AlbumId.eq(album.as_str()))
            })
            .apply_if(filter.genre.as_deref(), |it, genre| {
                it.filter(plays(Expr::col((track::Entity, Column::ArtistId)), genre))
            })
            .apply_if(filter.released_from, |it, year| {
                it.filter(Column::ReleaseYear.gte(year))
            })
            .apply_if(filter.released_to, |it, year| {
                it.filter(Column::ReleaseYear.lte(year))
            });
        let keyset = keyset(sort, direction);
        let slice = page::read(self.connection(), selection, &keyset, page).await?;
        Ok(page::map(slice, Track::from))
    }
}

/// The pattern of text that contains `key`, whatever characters the key is made of.
pub(super) fn containing(key: &str) -> LikeExpr {
    LikeExpr::new(format!("%{}%", escape_like(key))).escape('\\')
}

pub(super) fn keyset(sort: TrackSort, direction: SortDirection) -> Keyset {
    use track::Column;
    let value = match sort {
        TrackSort::Title => Column::TitleKey,
        TrackSort::ReleaseYear => Column::ReleaseYear,
        TrackSort::Duration => Column::DurationSeconds,
        TrackSort::FavouriteCount => Column::FavouriteCount,
        TrackSort::AddedAt => Column::AddedAt,
        TrackSort::TrackNumber => Column::TrackNumber,
    };
    Keyset::new(track::Entity, value, Column::Id, direction)
}
