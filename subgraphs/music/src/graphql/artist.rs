//! `Artist`, its lists, and how lists of artists are filtered and ordered.

use async_graphql::{Context, Enum, ID, InputObject, Object};
use kit::Result;

use super::album::Album;
use super::connection::{Connection, ListOrder, PageArguments};
use super::input;
use super::loaders::{AlbumsOf, GenresOf, TracksBy, load_page, loaders};
use super::track::Track;
use super::{album, track};
use crate::store::artists::{ArtistFilter, ArtistSort};
use crate::store::page::{SortDirection, ValueKind};
use crate::store::{self, albums, tracks};

/// Somebody who makes music: a person, a band, or several together.
#[derive(Clone, Debug)]
pub struct Artist(pub store::Artist);

/// Somebody who makes music: a person, a band, or several together.
#[Object]
impl Artist {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        ID(self.0.id.as_str().to_owned())
    }

    /// The name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Where the artist comes from, as ISO 3166-1 alpha-2; null when from several countries.
    async fn country(&self) -> Option<&str> {
        self.0.country.as_deref()
    }

    /// What the artist plays, the most telling first.
    async fn genres(&self, ctx: &Context<'_>) -> Result<Vec<String>> {
        let genres = loaders(ctx)?.load_one(GenresOf(self.0.id.clone())).await?;
        Ok(genres.unwrap_or_default())
    }

    /// The artist's albums, by year of release.
    async fn albums(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<Album>> {
        let sort = albums::ORDER_OF_ARTIST;
        let order = album::list_order("artist.albums", sort, SortDirection::Ascending);
        let page = PageArguments {
            first,
            after,
            last,
            before,
        }
        .page(&order)?;
        let key = AlbumsOf(self.0.id.clone(), page.clone());
        let slice = load_page(ctx, key, &page).await?;
        Connection::new(slice, &order.name, |it| it.position(sort), Album)
    }

    /// The artist's tracks, by title.
    async fn tracks(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<Track>> {
        let sort = tracks::ORDER_OF_ARTIST;
        let order = track::list_order("artist.tracks", sort, SortDirection::Ascending);
        let page = PageArguments {
            first,
            after,
            last,
            before,
        }
        .page(&order)?;
        let key = TracksBy(self.0.id.clone(), page.clone());
        let slice = load_page(ctx, key, &page).await?;
        Connection::new(slice, &order.name, |it| it.position(sort), Track)
    }
}

/// Which way an order runs.
#[derive(Clone, Copy, Debug, Default, Enum, PartialEq, Eq)]
#[graphql(name = "OrderDirection")]
pub enum OrderDirection {
    /// From A to Z, from small to great, from old to new.
    #[default]
    Asc,
    /// The other way.
    Desc,
}

impl From<OrderDirection> for SortDirection {
    fn from(direction: OrderDirection) -> Self {
        match direction {
            OrderDirection::Asc => SortDirection::Ascending,
            OrderDirection::Desc => SortDirection::Descending,
        }
    }
}

/// What artists can be ordered by.
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq)]
pub enum ArtistOrderField {
    /// The name, ignoring case and accents.
    Name,
    /// When the artist entered the catalogue.
    RecentlyAdded,
}

/// An order of artists. Equal ones are ordered by id.
#[derive(Clone, Debug, InputObject)]
pub struct ArtistOrder {
    /// By what.
    pub field: ArtistOrderField,
    /// Which way. For `RECENTLY_ADDED`, `DESC` puts the newest first.
    #[graphql(default)]
    pub direction: OrderDirection,
}

impl Default for ArtistOrder {
    fn default() -> Self {
        ArtistOrder {
            field: ArtistOrderField::Name,
            direction: OrderDirection::Asc,
        }
    }
}

/// Which artists are wanted; every condition given must hold.
#[derive(Clone, Debug, Default, InputObject)]
#[graphql(name = "ArtistFilter")]
pub struct ArtistFilterInput {
    /// Text that the name contains, ignoring case and accents.
    pub name_contains: Option<String>,
    /// Where the artist comes from, as ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// A genre the artist plays, ignoring case.
    pub genre: Option<String>,
}

impl ArtistFilterInput {
    /// The filter, once its values are found acceptable.
    pub fn check(&self) -> Result<ArtistFilter> {
        let name_contains = self.name_contains.as_deref();
        let genre = self.genre.as_deref();
        let country = self.country.as_deref();
        Ok(ArtistFilter {
            name_contains: name_contains
                .map(|it| input::search_text("filter.nameContains", it))
                .transpose()?,
            country: country
                .map(|it| input::country("filter.country", it))
                .transpose()?,
            genre: genre
                .map(|it| input::genre("filter.genre", it))
                .transpose()?,
        })
    }
}

impl ArtistOrder {
    /// What the store sorts by.
    pub fn sort(&self) -> ArtistSort {
        match self.field {
            ArtistOrderField::Name => ArtistSort::Name,
            ArtistOrderField::RecentlyAdded => ArtistSort::AddedAt,
        }
    }
}

/// What cursors of a list of artists in this order are bound to.
pub fn list_order(list: &str, sort: ArtistSort, direction: SortDirection) -> ListOrder {
    let kind = match sort {
        ArtistSort::Name => ValueKind::Text,
        ArtistSort::AddedAt => ValueKind::Number,
    };
    ListOrder {
        name: format!("{list}:{sort:?}:{direction:?}"),
        kind,
    }
}
