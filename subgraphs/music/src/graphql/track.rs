//! `Track`, who loves it, and how lists of tracks are filtered and ordered.

use async_graphql::{Context, Enum, ID, InputObject, Object};
use kit::Result;

use super::album::Album;
use super::artist::{Artist, OrderDirection};
use super::connection::{ListOrder, PageArguments};
use super::favourite::FavouritedByConnection;
use super::input;
use super::loaders::{IsFavourite, LoversOf, load_page, loaders, must_exist};
use super::viewer::viewer;
use crate::ids::{AlbumId, ArtistId};
use crate::store;
use crate::store::page::{SortDirection, ValueKind};
use crate::store::tracks::{TrackFilter, TrackSort};

/// One recording on an album.
#[derive(Clone, Debug)]
pub struct Track(pub store::Track);

/// One recording on an album.
#[Object]
impl Track {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        ID(self.0.id.as_str().to_owned())
    }

    /// The title.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// The length in seconds.
    async fn duration_seconds(&self) -> i32 {
        self.0.duration_seconds
    }

    /// The place on the album, from 1.
    async fn track_number(&self) -> i32 {
        self.0.track_number
    }

    /// The album it is on.
    async fn album(&self, ctx: &Context<'_>) -> Result<Album> {
        let album = loaders(ctx)?.load_one(self.0.album.clone()).await?;
        must_exist("the album of a track", album).map(Album)
    }

    /// The artist of that album.
    async fn artist(&self, ctx: &Context<'_>) -> Result<Artist> {
        let artist = loaders(ctx)?.load_one(self.0.artist.clone()).await?;
        must_exist("the artist of a track", artist).map(Artist)
    }

    /// How many users love it.
    async fn favourite_count(&self) -> i32 {
        self.0.favourite_count
    }

    /// Whether the caller loves it; null when nobody is signed in.
    async fn has_favourited(&self, ctx: &Context<'_>) -> Result<Option<bool>> {
        let Some(user) = viewer(ctx) else {
            return Ok(None);
        };
        let key = IsFavourite(user, self.0.id.clone());
        Ok(Some(loaders(ctx)?.load_one(key).await?.is_some()))
    }

    /// The users who love it, the latest first.
    async fn favourited_by(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<FavouritedByConnection> {
        let order = FavouritedByConnection::order();
        let page = PageArguments {
            first,
            after,
            last,
            before,
        }
        .page(&order)?;
        let key = LoversOf(self.0.id.clone(), page.clone());
        let slice = load_page(ctx, key, &page).await?;
        FavouritedByConnection::new(slice)
    }
}

/// What tracks can be ordered by.
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq)]
pub enum TrackOrderField {
    /// The title, ignoring case and accents.
    Title,
    /// The year of the album's first release.
    Year,
    /// The length.
    Duration,
    /// How many users love it.
    FavouriteCount,
    /// When the track entered the catalogue.
    RecentlyAdded,
}

/// An order of tracks. Equal ones are ordered by id.
#[derive(Clone, Debug, InputObject)]
pub struct TrackOrder {
    /// By what.
    pub field: TrackOrderField,
    /// Which way. For `RECENTLY_ADDED`, `DESC` puts the newest first.
    #[graphql(default)]
    pub direction: OrderDirection,
}

impl Default for TrackOrder {
    fn default() -> Self {
        TrackOrder {
            field: TrackOrderField::Title,
            direction: OrderDirection::Asc,
        }
    }
}

/// Which tracks are wanted; every condition given must hold.
#[derive(Clone, Debug, Default, InputObject)]
#[graphql(name = "TrackFilter")]
pub struct TrackFilterInput {
    /// Text that the title contains, ignoring case and accents.
    pub title_contains: Option<String>,
    /// Who made it.
    pub artist_id: Option<ID>,
    /// The album it is on.
    pub album_id: Option<ID>,
    /// A genre the artist plays, ignoring case.
    pub genre: Option<String>,
    /// The earliest year of the album's release.
    pub released_from: Option<i32>,
    /// The latest year of the album's release.
    pub released_to: Option<i32>,
}

impl TrackFilterInput {
    /// The filter, once its values are found acceptable.
    pub fn check(&self) -> Result<TrackFilter> {
        let title_contains = self.title_contains.as_deref();
        let artist = self.artist_id.as_ref().map(|id| id.as_str());
        let album = self.album_id.as_ref().map(|id| id.as_str());
        let genre = self.genre.as_deref();
        let (released_from, released_to) = input::years(
            ("filter.releasedFrom", self.released_from),
            ("filter.releasedTo", self.released_to),
        )?;
        Ok(TrackFilter {
            title_contains: title_contains
                .map(|it| input::search_text("filter.titleContains", it))
                .transpose()?,
            artist: input::id("filter.artistId", artist, ArtistId::parse)?,
            album: input::id("filter.albumId", album, AlbumId::parse)?,
            genre: genre
                .map(|it| input::genre("filter.genre", it))
                .transpose()?,
            released_from,
            released_to,
        })
    }
}

impl TrackOrder {
    /// What the store sorts by.
    pub fn sort(&self) -> TrackSort {
        match self.field {
            TrackOrderField::Title => TrackSort::Title,
            TrackOrderField::Year => TrackSort::ReleaseYear,
            TrackOrderField::Duration => TrackSort::Duration,
            TrackOrderField::FavouriteCount => TrackSort::FavouriteCount,
            TrackOrderField::RecentlyAdded => TrackSort::AddedAt,
        }
    }
}

/// What cursors of a list of tracks in this order are bound to.
pub fn list_order(list: &str, sort: TrackSort, direction: SortDirection) -> ListOrder {
    let kind = match sort {
        TrackSort::Title => ValueKind::Text,
        TrackSort::ReleaseYear
        | TrackSort::Duration
        | TrackSort::FavouriteCount
        | TrackSort::AddedAt
        | TrackSort::TrackNumber => ValueKind::Number,
    };
    ListOrder {
        name: format!("{list}:{sort:?}:{direction:?}"),
        kind,
    }
}
