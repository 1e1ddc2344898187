//! The query root: things by id, lists, search, and the entities of the federation.

use async_graphql::{Context, ID, Object};
use kit::{Failure, Result};

use super::album::{self, Album, AlbumFilterInput, AlbumOrder};
use super::artist::{self, Artist, ArtistFilterInput, ArtistOrder};
use super::catalogue_item::{self, CatalogueItem};
use super::chart::{self, Chart};
use super::connection::{Connection, PageArguments, not_a_cursor};
use super::genre::{self, Genre};
use super::input;
use super::loaders::loaders;
use super::playlist::{self, Playlist};
use super::search::{self, Question, SearchConnection};
use super::track::{self, Track, TrackFilterInput, TrackOrder};
use super::user::User;
use crate::ids::{AlbumId, ArtistId, TrackId, UserId};
use crate::store::Store;
use crate::store::charts::Scope;
use crate::store::genres::GenrePage;

/// The query root.
#[derive(Clone, Copy, Debug)]
pub struct Query;

#[Object]
impl Query {
    /// The track with this id; null when there is none.
    async fn track(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Track>> {
        find_track(ctx, &id).await
    }

    /// The artist with this id; null when there is none.
    async fn artist(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Artist>> {
        find_artist(ctx, &id).await
    }

    /// The album with this id; null when there is none.
    async fn album(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Album>> {
        find_album(ctx, &id).await
    }

    /// The tracks that fit the filter, by title unless another order is asked for.
    #[allow(
        clippy::too_many_arguments,
        reason = "they are the arguments of the field"
    )]
    async fn tracks(
        &self,
        ctx: &Context<'_>,
        filter: Option<TrackFilterInput>,
        order_by: Option<TrackOrder>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<Track>> {
        let filter = filter.unwrap_or_default().check()?;
        let order_by = order_by.unwrap_or_default();
        let (sort, direction) = (order_by.sort(), order_by.direction.into());
        let order = track::list_order("tracks", sort, direction);
        let page = PageArguments {
            first,
            after,
            last,
            before,
        }
        .page(&order)?;
        let slice = ctx
            .data::<Store>()?
            .tracks(&filter, sort, direction, &page)
            .await?;
        Connection::new(slice, &order.name, |it| it.position(sort), Track)
    }

    /// The artists that fit the filter, by name unless another order is asked for.
    #[allow(
        clippy::too_many_arguments,
        reason = "they are the arguments of the field"
    )]
    async fn artists(
        &self,
        ctx: &Context<'_>,
        filter: Option<ArtistFilterInput>,
        order_by: Option<ArtistOrder>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<Artist>> {
        let filter = filter.unwrap_or_default().check()?;
        let order_by = order_by.unwrap_or_default();
        let (sort, direction) = (order_by.sort(), order_by.direction.into());
        let order = artist::list_order("artists", sort, direction);
        let page = PageArguments {
            first,
            after,
            last,
            before,
        }
        .page(&order)?;
        let slice = ctx
            .data::<Store>()?
            .artists(&filter, sort, direction, &page)
            .await?;
        Connection::new(slice, &order.name, |it| it.position(sort), Artist)
    }

    /// The albums that fit the filter, by title unless another order is asked for.
    #[allow(
        clippy::too_many_arguments,
        reason = "they are the arguments of the field"
    )]
    async fn albums(
        &self,
        ctx: &Context<'_>,
        filter: Option<AlbumFilterInput>,
        order_by: Option<AlbumOrder>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<Album>> {
        let filter = filter.unwrap_or_default().check()?;
        let order_by = order_by.unwrap_or_default();
        let (sort, direction) = (order_by.sort(), order_by.direction.into());
        let order = album::list_order("albums", sort, direction);
        let page = PageArguments {
            first,
            after,
            last,
            before,
        }
        .page(&order)?;
        let slice = ctx
            .data::<Store>()?
            .albums(&filter, sort, direction, &page)
            .await?;
        Connection::new(slice, &order.name, |it| it.position(sort), Album)
    }

    /// Artists, albums and tracks that have all words of the text, or words that begin with
    /// them, in their name or that of their artist, ignoring case and accents. When
    /// nothing does, mistakes in the text are forgiven. The best fit comes first, then what is
    /// loved most.
    #[allow(
        clippy::too_many_arguments,
        reason = "they are the arguments of the field"
    )]
    async fn search(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most 100 characters and 16 words.")] query: String,
        #[graphql(desc = "Only what is by artists who play this genre, ignoring case.")]
        genre: Option<String>,
        #[graphql(
            desc = "Only albums and tracks released in the ten years from this one on, such as 1970."
        )]
        decade: Option<i32>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<SearchConnection> {
        let question = Question {
            query,
            genre,
            decade,
            first,
            after,
        };
        search::search(ctx, &question).await
    }

    /// The genres that artists play, by name.
    async fn genres(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Connection<Genre>> {
        let page = GenrePage::parse(first, after.as_deref(), None, None, genre::ORDER)?;
        if page.after.as_ref().is_some_and(|it| it.contains('\0')) {
            return Err(not_a_cursor("after"));
        }
        let slice = ctx.data::<Store>()?.genres(&page).await?;
        Connection::new(slice, genre::ORDER, Clone::clone, Genre)
    }

    /// The genre of this name, ignoring case; null when nobody plays it.
    async fn genre(&self, ctx: &Context<'_>, name: String) -> Result<Option<Genre>> {
        let name = input::genre("name", &name)?;
        let is_played = ctx.data::<Store>()?.is_genre(&name).await?;
        Ok(is_played.then_some(Genre(name)))
    }

    /// The tracks that most users began to love in the last seven days: all users, or those who
    /// live in a country, or all users and only tracks of a genre.
    async fn chart(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only users of this country count, ISO 3166-1 alpha-2.")] country: Option<
            String,
        >,
        #[graphql(desc = "Only tracks of artists who play this genre count, ignoring case.")]
        genre: Option<String>,
        #[graphql(desc = "How many places; 20 when nobody says, and at most 100.")] first: Option<
            i32,
        >,
    ) -> Result<Chart> {
        let scope = match (country, genre) {
            (None, None) => Scope::World,
            (Some(code), None) => Scope::Country(input::country("country", &code)?),
            (None, Some(genre)) => Scope::Genre(input::genre("genre", &genre)?),
            (Some(_), Some(_)) => {
                return Err(Failure::bad_input(
                    "genre",
                    "pass `country` or `genre`, not both",
                ));
            }
        };
        chart::chart(ctx, scope, first).await
    }

    /// The playlist with this id; null when there is none that the caller may see.
    async fn playlist(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Playlist>> {
        playlist::find(ctx, &id).await
    }

    /// The playlist whose link has this token; null when none has, or the link works no more.
    async fn shared_playlist(
        &self,
        ctx: &Context<'_>,
        share_token: String,
    ) -> Result<Option<Playlist>> {
        playlist::find_by_token(ctx, &share_token).await
    }

    /// Null for whoever may not see it.
    #[graphql(entity)]
    async fn playlist_by_id(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Playlist>> {
        playlist::find(ctx, &id).await
    }

    /// How a service that knows all items alike reaches one.
    #[graphql(entity)]
    async fn catalogue_item_by_id(
        &self,
        ctx: &Context<'_>,
        id: ID,
    ) -> Result<Option<CatalogueItem>> {
        catalogue_item::find(ctx, &id).await
    }

    #[graphql(entity)]
    async fn artist_by_id(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Artist>> {
        find_artist(ctx, &id).await
    }

    #[graphql(entity)]
    async fn album_by_id(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Album>> {
        find_album(ctx, &id).await
    }

    #[graphql(entity)]
    async fn track_by_id(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Track>> {
        find_track(ctx, &id).await
    }

    /// The country is there when a field requires it, and null or absent otherwise.
    #[graphql(entity)]
    async fn user_by_id(
        &self,
        #[graphql(key)] id: ID,
        country: Option<String>,
    ) -> Result<Option<User>> {
        Ok(UserId::parse(&id).map(|id| User::described(id, country)))
    }
}

async fn find_artist(ctx: &Context<'_>, id: &ID) -> Result<Option<Artist>> {
    match ArtistId::parse(id) {
        Some(id) => Ok(loaders(ctx)?.load_one(id).await?.map(Artist)),
        None => Ok(None),
    }
}

async fn find_album(ctx: &Context<'_>, id: &ID) -> Result<Option<Album>> {
    match AlbumId::parse(id) {
        Some(id) => Ok(loaders(ctx)?.load_one(id).await?.map(Album)),
        None => Ok(None),
    }
}

async fn find_track(ctx: &Context<'_>, id: &ID) -> Result<Option<Track>> {
    match TrackId::parse(id) {
        Some(id) => Ok(loaders(ctx)?.load_one(id).await?.map(Track)),
        None => Ok(None),
    }
}
