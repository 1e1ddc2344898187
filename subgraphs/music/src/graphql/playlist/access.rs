//! Whether somebody who listens to a playlist may see it, asked again with every change.

use async_graphql::Context;
use chrono::Utc;
use kit::Result;
use kit::auth::Caller;

use super::super::viewer::{may_see_private_of, viewer};
use super::Playlist;
use crate::ids::UserId;
use crate::store::playlists::Visibility;
use crate::store::{self, Store};

/// What somebody has to show for a playlist.
#[derive(Clone, Debug)]
pub struct Access {
    caller: Caller,
    viewer: Option<UserId>,
    share_token: Option<String>,
}

impl Access {
    /// What the caller has to show, with the token of a link maybe.
    pub fn of(ctx: &Context<'_>, share_token: Option<String>) -> Self {
        Access {
            caller: Caller::of(ctx).clone(),
            viewer: viewer(ctx),
            share_token,
        }
    }

    /// The playlist, if that is enough to see it now.
    pub async fn show(&self, store: &Store, playlist: store::Playlist) -> Result<Option<Playlist>> {
        Ok(self
            .suffices(store, &playlist)
            .await?
            .then_some(Playlist(playlist)))
    }

    async fn suffices(&self, store: &Store, playlist: &store::Playlist) -> Result<bool> {
        if playlist.visibility == Visibility::Public
            || may_see_private_of(&self.caller, &playlist.owner)
        {
            return Ok(true);
        }
        if let Some(token) = &self.share_token
            && store.is_shared_by(&playlist.id, token, Utc::now()).await?
        {
            return Ok(true);
        }
        let Some(viewer) = &self.viewer else {
            return Ok(false);
        };
        let ids = std::slice::from_ref(&playlist.id);
        Ok(!store.collaborations_among(viewer, ids).await?.is_empty())
    }
}
