//! What each kind of subscriber is sent of an event.

use kit::{Failure, Result};

use super::super::favourite::FavouriteEdge;
use super::super::playlist::{Access, Playlist};
use super::super::user::User;
use super::follow::{Follower, Step};
use super::{FavouriteChanged, PlaylistChanged, TrackLoved};
use crate::events::{Event, PlaylistChange};
use crate::ids::PlaylistId;
use crate::store::Store;
use crate::store::favourites::FavouriteSort;

/// Follows a user's favourites.
pub(super) struct OfFavourites {
    pub(super) store: Store,
}

/// Follows who loves a track.
pub(super) struct OfTrack;

/// Follows a playlist, for somebody who may see it.
pub(super) struct OfPlaylist {
    pub(super) store: Store,
    pub(super) id: PlaylistId,
    pub(super) access: Access,
}

impl Follower for OfFavourites {
    type Item = FavouriteChanged;

    async fn event(&mut self, event: Event) -> Step<FavouriteChanged> {
        let Event::Favourites {
            user,
            track,
            change,
        } = event
        else {
            return Step::Skip;
        };
        let favourite = match &track {
            Some(track) => match self.store.favourite(&user, track).await {
                Ok(favourite) => favourite,
                Err(failure) => return Step::End(Err(failure)),
            },
            None => None,
        };
        let edge = favourite.map(|it| FavouriteEdge::new(it, FavouriteSort::Time));
        match edge.transpose() {
            Ok(favourite) => Step::Send(FavouriteChanged {
                change: change.into(),
                favourite,
                user: Some(User::known_by_id(user)),
                track_id: track,
            }),
            Err(failure) => Step::End(Err(failure)),
        }
    }
}

impl Follower for OfTrack {
    type Item = TrackLoved;

    async fn event(&mut self, event: Event) -> Step<TrackLoved> {
        match event {
            Event::Loved { track, user } => Step::Send(TrackLoved {
                user: Some(User::known_by_id(user)),
                track_id: track,
            }),
            _ => Step::Skip,
        }
    }
}

impl OfPlaylist {
    /// The playlist, if it is there and the listener may see it now.
    pub(super) async fn playlist(&self) -> Result<Option<Playlist>> {
        let ids = std::slice::from_ref(&self.id);
        let found = self.store.playlists_by_id(ids).await?.remove(&self.id);
        match found {
            Some(playlist) => self.access.show(&self.store, playlist).await,
            None => Ok(None),
        }
    }
}

impl Follower for OfPlaylist {
    type Item = PlaylistChanged;

    async fn event(&mut self, event: Event) -> Step<PlaylistChanged> {
        let Event::Playlist { change, .. } = event else {
            return Step::Skip;
        };
        if change == PlaylistChange::Deleted {
            return Step::End(Ok(PlaylistChanged {
                change: change.into(),
                playlist: None,
            }));
        }
        match self.playlist().await {
            Ok(Some(playlist)) => Step::Send(PlaylistChanged {
                change: change.into(),
                playlist: Some(playlist),
            }),
            // The same words as for a playlist that is not there.
            Ok(None) => Step::End(Err(Failure::not_found("There is no playlist with this id"))),
            Err(failure) => Step::End(Err(failure)),
        }
    }
}
