//! `User` as far as music goes: what they love, and what they might.
//!
//! The users service owns users. Here one is an id, which is taken at its word: of somebody who
//! does not exist nothing is known, so the list is empty and the count zero.
//!
//! Every field given to users here is nullable, though it is never null while this service runs:
//! a null where none may be would take the whole user with it when the service is down.

use async_graphql::{Context, ID, Object};
use kit::{Failure, Result};

use super::connection::{Connection, PageArguments};
use super::favourite::{FavouriteConnection, FavouriteOrder};
use super::loaders::{FavouriteCountOf, FavouritesOf, load_page, loaders};
use super::playlist::{self, Playlist};
use super::track::Track;
use crate::ids::UserId;
use crate::store::page::Page;
use crate::store::recommendations::Listener;

/// Recommendations when nobody says how many.
const DEFAULT_RECOMMENDATIONS: i32 = 10;

/// Somebody with an account; what the music service knows about them.
#[derive(Clone, Debug)]
pub struct User {
    id: UserId,
    /// Comes with the representation when a field requires it.
    country: Option<String>,
}

impl User {
    /// A user of whom only the id is known.
    pub fn known_by_id(id: UserId) -> Self {
        User { id, country: None }
    }

    /// A user as another service described them.
    pub fn described(id: UserId, country: Option<String>) -> Self {
        User { id, country }
    }
}

/// A registered user.
#[Object]
impl User {
    /// Opaque; never given to anybody else.
    async fn id(&self) -> ID {
        ID(self.id.as_str().to_owned())
    }

    /// Where the user lives; known to the users service.
    #[graphql(external)]
    async fn country(&self) -> Option<&str> {
        self.country.as_deref()
    }

    /// The tracks this user loves, the latest first unless another order is asked for.
    #[allow(
        clippy::too_many_arguments,
        reason = "they are the arguments of the field"
    )]
    async fn favourites(
        &self,
        ctx: &Context<'_>,
        #[graphql(default)] order_by: FavouriteOrder,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Option<FavouriteConnection>> {
        let sort = order_by.sort();
        let order = FavouriteConnection::order(sort);
        let page = PageArguments {
            first,
            after,
            last,
            before,
        }
        .page(&order)?;
        let key = FavouritesOf(self.id.clone(), sort, page.clone());
        let slice = load_page(ctx, key, &page).await?;
        FavouriteConnection::new(slice, sort).map(Some)
    }

    /// How many tracks this user loves.
    async fn favourite_count(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        let count = loaders(ctx)?
            .load_one(FavouriteCountOf(self.id.clone()))
            .await?;
        Ok(Some(count.unwrap_or(0)))
    }

    /// The playlists that this user made, the latest first: those that everybody may see, and
    /// for the user all of them.
    async fn playlists(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Option<Connection<Playlist>>> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        playlist::of_user(ctx, &self.id, &arguments).await.map(Some)
    }

    /// The playlists of others that this user works on, the latest first; null for anybody else.
    async fn collaborations(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Option<Connection<Playlist>>> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        playlist::collaborations_of(ctx, &self.id, &arguments).await
    }

    /// Tracks that the user does not love yet and those love who love the same, above all those
    /// from the user's country; then what is loved there this week, then everywhere. Ten when
    /// nobody says how many.
    #[graphql(requires = "country")]
    async fn recommendations(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
    ) -> Result<Option<Vec<Track>>> {
        let size = Page::parse(
            Some(first.unwrap_or(DEFAULT_RECOMMENDATIONS)),
            None,
            None,
            None,
            "user.recommendations",
        )?
        .size();
        let country = self.country.clone();
        let unreadable = |code: &String| code.chars().any(char::is_control);
        if country.as_ref().is_some_and(unreadable) {
            return Err(Failure::bad_input(
                "country",
                "`country` is not a country code",
            ));
        }
        let listener = Listener {
            user: self.id.clone(),
            country,
        };
        let tracks = loaders(ctx)?.load_one(listener).await?.unwrap_or_default();
        Ok(Some(tracks.into_iter().take(size).map(Track).collect()))
    }
}
