//! The subscription root: what one can listen to, and who may.
//!
//! A listener is registered before its rights are checked and before anything is read, so nothing
//! falls between. An event is read anew when it comes, with the rights that the listener has then.

use async_graphql::{ComplexObject, Context, Enum, ID, SimpleObject, Subscription};
use futures_util::Stream;
use kit::{Failure, Result};

use super::favourite::FavouriteEdge;
use super::loaders::loaders;
use super::playlist::{Access, Playlist};
use super::track::Track;
use super::user::User;
use super::viewer::may_see_private;
use crate::events::{FavouriteChange, PlaylistChange, Topic};
use crate::ids::{PlaylistId, TrackId, UserId};
use crate::store::Store;

mod follow;
mod followers;

use follow::{follow, listen};
use followers::{OfFavourites, OfPlaylist, OfTrack};

/// The subscription root.
#[derive(Clone, Copy, Debug)]
pub struct MusicSubscription;

/// How a user's favourites changed.
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq)]
#[graphql(remote = "FavouriteChange")]
pub enum FavouriteChangeKind {
    /// One is new.
    Added,
    /// One is gone; all, where no track is named, for the account is.
    Removed,
    /// One has another note.
    Noted,
    /// One stands elsewhere in the chosen order.
    Moved,
    /// Some were imported.
    Imported,
}

/// How a playlist changed.
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq)]
#[graphql(remote = "PlaylistChange")]
pub enum PlaylistChangeKind {
    /// Its name, description, visibility or link.
    Settings,
    /// What is on it, or in which order.
    Items,
    /// Who works on it.
    Collaborators,
    /// It is gone.
    Deleted,
}

/// A change of a user's favourites.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct FavouriteChanged {
    /// How they changed.
    change: FavouriteChangeKind,
    /// The favourite as it is now; null when it is gone, and when there are many.
    favourite: Option<FavouriteEdge>,
    /// Whose they are. Null only while the users service cannot say more of them.
    user: Option<User>,
    #[graphql(skip)]
    track_id: Option<TrackId>,
}

#[ComplexObject]
impl FavouriteChanged {
    /// Which track it is about; null when there are many.
    async fn track(&self, ctx: &Context<'_>) -> Result<Option<Track>> {
        match &self.track_id {
            Some(id) => Ok(loaders(ctx)?.load_one(id.clone()).await?.map(Track)),
            None => Ok(None),
        }
    }
}

/// Somebody began to love a track.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct TrackLoved {
    /// Who. Null only while the users service cannot say more of them.
    user: Option<User>,
    #[graphql(skip)]
    track_id: TrackId,
}

#[ComplexObject]
impl TrackLoved {
    /// Which track; null when it is gone.
    async fn track(&self, ctx: &Context<'_>) -> Result<Option<Track>> {
        let track = loaders(ctx)?.load_one(self.track_id.clone()).await?;
        Ok(track.map(Track))
    }
}

/// A change of a playlist.
#[derive(Clone, Debug, SimpleObject)]
pub struct PlaylistChanged {
    /// How it changed.
    change: PlaylistChangeKind,
    /// The playlist as it is now; null when it is gone.
    playlist: Option<Playlist>,
}

#[Subscription(name = "Subscription")]
impl MusicSubscription {
    /// Each change of a user's favourites. For that user and for admins.
    async fn favourite_changed(
        &self,
        ctx: &Context<'_>,
        user_id: ID,
    ) -> Result<impl Stream<Item = Result<FavouriteChanged>> + use<>> {
        kit::auth::Caller::of(ctx).signed_in()?;
        let user = UserId::parse(&user_id).filter(|user| may_see_private(ctx, user));
        let Some(user) = user else {
            return Err(Failure::forbidden("These favourites are somebody else's"));
        };
        let store = ctx.data::<Store>()?.clone();
        let listening = listen(ctx, Topic::Favourites(user)).await?;
        Ok(follow(listening, OfFavourites { store }))
    }

    /// Whenever somebody begins to love a track.
    async fn track_loved(
        &self,
        ctx: &Context<'_>,
        track_id: ID,
    ) -> Result<impl Stream<Item = Result<TrackLoved>> + use<>> {
        let no_such_track = || Failure::not_found("There is no track with this id");
        let track = TrackId::parse(&track_id).ok_or_else(no_such_track)?;
        let listening = listen(ctx, Topic::Loved(track.clone())).await?;
        let found = loaders(ctx)?.load_one(track).await?;
        found.ok_or_else(no_such_track)?;
        Ok(follow(listening, OfTrack))
    }

    /// Each change of a playlist, for whoever may see it, and as long as they may. A playlist
    /// that is seen by link needs the token of its link.
    async fn playlist_changed(
        &self,
        ctx: &Context<'_>,
        id: ID,
        share_token: Option<String>,
    ) -> Result<impl Stream<Item = Result<PlaylistChanged>> + use<>> {
        let no_such_playlist = || Failure::not_found("There is no playlist with this id");
        let id = PlaylistId::parse(&id).ok_or_else(no_such_playlist)?;
        let store = ctx.data::<Store>()?.clone();
        let listening = listen(ctx, Topic::Playlist(id.clone())).await?;
        let access = Access::of(ctx, share_token);
        let follower = OfPlaylist { store, id, access };
        if follower.playlist().await?.is_none() {
            return Err(no_such_playlist());
        }
        Ok(follow(listening, follower))
    }
}
