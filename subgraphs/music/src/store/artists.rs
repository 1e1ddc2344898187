//! Artists: by id, their genres, and lists of them.

use std::collections::HashMap;

use kit::Result;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QueryTrait};

use super::Store;
use super::page::{self, Keyset, Page, Position, Slice, SortDirection};
use super::tracks::containing;
use crate::entity::{artist, artist_genre};
use crate::ids::ArtistId;

/// Somebody who makes music: a person, a band, or several together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artist {
    /// Opaque id.
    pub id: ArtistId,
    /// The name as shown.
    pub name: String,
    /// ISO 3166-1 alpha-2; none when the members come from several countries.
    pub country: Option<String>,
    name_key: String,
    added_at: i64,
}

/// What artists can be ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ArtistSort {
    /// The name, ignoring case and accents.
    #[default]
    Name,
    /// When the artist entered the catalogue.
    AddedAt,
}

/// Which artists are wanted; every condition given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArtistFilter {
    /// Text that the name contains, as a search key.
    pub name_contains: Option<String>,
    /// The country they come from.
    pub country: Option<String>,
    /// A genre they play, in lower case.
    pub genre: Option<String>,
}

impl Artist {
    /// Where this artist stands in an order.
    pub fn position(&self, sort: ArtistSort) -> Position {
        match sort {
            ArtistSort::Name => Position::text(&self.name_key, self.id.as_str()),
            ArtistSort::AddedAt => Position::number(self.added_at, self.id.as_str()),
        }
    }
}

impl From<artist::Model> for Artist {
    fn from(row: artist::Model) -> Self {
        Artist {
            id: ArtistId::stored(row.id),
            name: row.name,
            country: row.country,
            name_key: row.name_key,
            added_at: row.added_at,
        }
    }
}

impl Store {
    /// The artists with these ids; ids nobody has are left out.
    pub async fn artists_by_id(&self, ids: &[ArtistId]) -> Result<HashMap<ArtistId, Artist>> {
        let rows = artist::Entity::find()
            .filter(self.among(artist::Column::Id, ids.iter().map(ArtistId::as_str)))
            .all(self.connection())
            .await?;
        Ok(rows
            .into_iter()
            .map(Artist::from)
            .map(|it| (it.id.clone(), it))
            .collect())
    }

    /// The genres of each of these artists, the most telling first.
    pub async fn genres_of(&self, artists: &[ArtistId]) -> Result<HashMap<ArtistId, Vec<String>>> {
        let rows = artist_genre::Entity::find()
            .filter(self.among(
                artist_genre::Column::ArtistId,
                artists.iter().map(ArtistId::as_str),
            ))
            .order_by_asc(artist_genre::Column::ArtistId)
            .order_by_asc(artist_genre::Column::Place)
            .all(self.connection())
            .await?;
        let mut genres: HashMap<ArtistId, Vec<String>> = HashMap::new();
        for row in rows {
            genres
                .entry(ArtistId::stored(row.artist_id))
                .or_default()
                .push(row.genre);
        }
        Ok(genres)
    }

    /// A page of the artists that fit the filter.
    pub async fn artists(
        &self,
        filter: &ArtistFilter,
        sort: ArtistSort,
        direction: SortDirection,
        page: &Page,
    ) -> Result<Slice<Artist>> {
        use artist::Column;
        let selection = artist::Entity::find()
            .apply_if(filter.name_contains.as_deref(), |it, text| {
                it.filter(Column::NameKey.like(containing(text)))
            })
            .apply_if(filter.country.as_deref(), |it, country| {
                it.filter(Column::Country.eq(country))
            })
            .apply_if(filter.genre.as_deref(), |it, genre| {
                it.filter(plays(Expr::col((artist::Entity, Column::Id)), genre))
            });
        let value = match sort {
            ArtistSort::Name => Column::NameKey,
            ArtistSort::AddedAt => Column::AddedAt,
        };
        let keyset = Keyset::new(artist::Entity, value, Column::Id, direction);
        let slice = page::read(self.connection(), selection, &keyset, page).await?;
        Ok(page::map(slice, Artist::from))
    }
}

/// The condition that the artist with this id plays a genre.
pub(super) fn plays(artist: Expr, genre: impl Into<Expr>) -> Expr {
    use artist_genre::Column;
    artist.in_subquery(
        Query::select()
            .column(Column::ArtistId)
            .from(artist_genre::Entity)
            .and_where(Expr::col(Column::Genre).eq(genre.into()))
            .to_owned(),
    )
}
