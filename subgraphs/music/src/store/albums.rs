//! Albums: by id, of an artist, and lists of them.

use std::collections::HashMap;

use kit::Result;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryTrait};

use super::Store;
use super::artists::plays;
use super::page::{self, Keyset, Page, Position, Slice, SortDirection};
use super::tracks::containing;
use crate::entity::album;
use crate::ids::{AlbumId, ArtistId};

/// A release of several tracks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Album {
    /// Opaque id.
    pub id: AlbumId,
    /// Who made it.
    pub artist: ArtistId,
    /// The title as shown.
    pub title: String,
    /// Year of first release.
    pub release_year: i32,
    title_key: String,
    added_at: i64,
}

/// What albums can be ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AlbumSort {
    /// The title, ignoring case and accents.
    #[default]
    Title,
    /// The year of first release.
    ReleaseYear,
    /// When the album entered the catalogue.
    AddedAt,
}

/// Which albums are wanted; every condition given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlbumFilter {
    /// Text that the title contains, as a search key.
    pub title_contains: Option<String>,
    /// Who made it.
    pub artist: Option<ArtistId>,
    /// A genre the artist plays, in lower case.
    pub genre: Option<String>,
    /// The earliest year of release.
    pub released_from: Option<i32>,
    /// The latest year of release.
    pub released_to: Option<i32>,
}

/// The order of an artist's albums.
pub const ORDER_OF_ARTIST: AlbumSort = AlbumSort::ReleaseYear;

impl Album {
    /// Where this album stands in an order.
    pub fn position(&self, sort: AlbumSort) -> Position {
        match sort {
            AlbumSort::Title => Position::text(&self.title_key, self.id.as_str()),
            AlbumSort::ReleaseYear => Position::number(self.release_year, self.id.as_str()),
            AlbumSort::AddedAt => Position::number(self.added_at, self.id.as_str()),
        }
    }
}

impl From<album::Model> for Album {
    fn from(row: album::Model) -> Self {
        Album {
            id: AlbumId::stored(row.id),
            artist: ArtistId::stored(row.artist_id),
            title: row.title,
            release_year: row.release_year,
            title_key: row.title_key,
            added_at: row.added_at,
        }
    }
}

impl Store {
    /// The albums with these ids; ids nobody has are left out.
    pub async fn albums_by_id(&self, ids: &[AlbumId]) -> Result<HashMap<AlbumId, Album>> {
        let rows = album::Entity::find()
            .filter(self.among(album::Column::Id, ids.iter().map(AlbumId::as_str)))
            .all(self.connection())
            .await?;
        Ok(rows
            .into_iter()
            .map(Album::from)
            .map(|it| (it.id.clone(), it))
            .collect())
    }

    /// The same page of the albums of each of these artists, by year of release.
    pub async fn albums_of(
        &self,
        artists: &[ArtistId],
        page: &Page,
    ) -> Result<HashMap<ArtistId, Slice<Album>>> {
        let selection = album::Entity::find();
        let keyset = keyset(ORDER_OF_ARTIST, SortDirection::Ascending);
        let artists = artists.iter().map(ArtistId::as_str);
        let parents = page::named_in(album::Column::ArtistId, artists);
        let pages =
            page::read_by_parent(self.connection(), selection, &keyset, page, parents).await?;
        Ok(pages
            .into_iter()
            .map(|(artist, slice)| (ArtistId::stored(artist), page::map(slice, Album::from)))
            .collect())
    }

    /// A page of the albums that fit the filter.
    pub async fn albums(
        &self,
        filter: &AlbumFilter,
        sort: AlbumSort,
        direction: SortDirection,
        page: &Page,
    ) -> Result<Slice<Album>> {
        use album::Column;
        let selection = album::Entity::find()
            .apply_if(filter.title_contains.as_deref(), |it, text| {
                it.filter(Column::TitleKey.like(containing(text)))
            })
            .apply_if(filter.artist.as_ref(), |it, artist| {
                it.filter(Column::ArtistId.eq(artist.as_str()))
            })
            .apply_if(filter.genre.as_deref(), |it, genre| {
                it.filter(plays(Expr::col((album::Entity, Column::ArtistId)), genre))
            })
            .apply_if(filter.released_from, |it, year| {
                it.filter(Column::ReleaseYear.gte(year))
            })
            .apply_if(filter.released_to, |it, year| {
                it.filter(Column::ReleaseYear.lte(year))
            });
        let keyset = keyset(sort, direction);
        let slice = page::read(self.connection(), selection, &keyset, page).await?;
        Ok(page::map(slice, Album::from))
    }
}

fn keyset(sort: AlbumSort, direction: SortDirection) -> Keyset {
    use album::Column;
    let value = match sort {
        AlbumSort::Title => Column::TitleKey,
        AlbumSort::ReleaseYear => Column::ReleaseYear,
        AlbumSort::AddedAt => Column::AddedAt,
    };
    Keyset::new(album::Entity, value, Column::Id, direction)
}
