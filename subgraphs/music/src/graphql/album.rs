//! `Album`, its tracks, and how lists of albums are filtered and ordered.

use async_graphql::{Context, Enum, ID, InputObject, Object};
use kit::Result;

use super::artist::{Artist, OrderDirection};
use super::connection::{Connection, ListOrder, PageArguments};
use super::loaders::{TracksOn, load_page, loaders, must_exist};
use super::track::Track;
use super::{input, track};
use crate::ids::ArtistId;
use crate::store::albums::{AlbumFilter, AlbumSort};
use crate::store::page::{SortDirection, ValueKind};
use crate::store::{self, tracks};

/// A release of several tracks.
#[derive(Clone, Debug)]
pub struct Album(pub store::Album);

/// A release of several tracks.
#[Object]
impl Album {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        ID(self.0.id.as_str().to_owned())
    }

    /// The title.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// The year of first release.
    async fn release_year(&self) -> i32 {
        self.0.release_year
    }

    /// Who made it.
    async fn artist(&self, ctx: &Context<'_>) -> Result<Artist> {
        let artist = loaders(ctx)?.load_one(self.0.artist.clone()).await?;
        must_exist("the artist of an album", artist).map(Artist)
    }

    /// Its tracks, by their place on it.
    async fn tracks(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<Track>> {
        let sort = tracks::ORDER_OF_ALBUM;
        let order = track::list_order("album.tracks", sort, SortDirection::Ascending);
        let page = PageArguments {
            first,
            after,
            last,
            before,
        }
        .page(&order)?;
        let key = TracksOn(self.0.id.clone(), page.clone());
        let slice = load_page(ctx, key, &page).await?;
        Connection::new(slice, &order.name, |it| it.position(sort), Track)
    }
}

/// What albums can be ordered by.
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq)]
pub enum AlbumOrderField {
    /// The title, ignoring case and accents.
    Title,
    /// The year of first release.
    Year,
    /// When the album entered the catalogue.
    RecentlyAdded,
}

/// An order of albums. Equal ones are ordered by id.
#[derive(Clone, Debug, InputObject)]
pub struct AlbumOrder {
    /// By what.
    pub field: AlbumOrderField,
    /// Which way. For `RECENTLY_ADDED`, `DESC` puts the newest first.
    #[graphql(default)]
    pub direction: OrderDirection,
}

impl Default for AlbumOrder {
    fn default() -> Self {
        AlbumOrder {
            field: AlbumOrderField::Title,
            direction: OrderDirection::Asc,
        }
    }
}

/// Which albums are wanted; every condition given must hold.
#[derive(Clone, Debug, Default, InputObject)]
#[graphql(name = "AlbumFilter")]
pub struct AlbumFilterInput {
    /// Text that the title contains, ignoring case and accents.
    pub title_contains: Option<String>,
    /// Who made it.
    pub artist_id: Option<ID>,
    /// A genre the artist plays, ignoring case.
    pub genre: Option<String>,
    /// The earliest year of release.
    pub released_from: Option<i32>,
    /// The latest year of release.
    pub released_to: Option<i32>,
}

impl AlbumFilterInput {
    /// The filter, once its values are found acceptable.
    pub fn check(&self) -> Result<AlbumFilter> {
        let title_contains = self.title_contains.as_deref();
        let artist = self.artist_id.as_ref().map(|id| id.as_str());
        let genre = self.genre.as_deref();
        let (released_from, released_to) = input::years(
            ("filter.releasedFrom", self.released_from),
            ("filter.releasedTo", self.released_to),
        )?;
        Ok(AlbumFilter {
            title_contains: title_contains
                .map(|it| input::search_text("filter.titleContains", it))
                .transpose()?,
            artist: input::id("filter.artistId", artist, ArtistId::parse)?,
            genre: genre
                .map(|it| input::genre("filter.genre", it))
                .transpose()?,
            released_from,
            released_to,
        })
    }
}

impl AlbumOrder {
    /// What the store sorts by.
    pub fn sort(&self) -> AlbumSort {
        match self.field {
            AlbumOrderField::Title => AlbumSort::Title,
            AlbumOrderField::Year => AlbumSort::ReleaseYear,
            AlbumOrderField::RecentlyAdded => AlbumSort::AddedAt,
        }
    }
}

/// What cursors of a list of albums in this order are bound to.
pub fn list_order(list: &str, sort: AlbumSort, direction: SortDirection) -> ListOrder {
    let kind = match sort {
        AlbumSort::Title => ValueKind::Text,
        AlbumSort::ReleaseYear | AlbumSort::AddedAt => ValueKind::Number,
    };
    ListOrder {
        name: format!("{list}:{sort:?}:{direction:?}"),
        kind,
    }
}
