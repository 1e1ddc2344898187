//! Playlists: made, changed, shared and deleted by whoever owns them.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use chrono::{DateTime, Utc};
use kit::{Code, Failure, Result};

use super::super::input;
use super::super::playlist::{Playlist, PlaylistVisibility};
use super::super::viewer::caller;
use super::{DeletePayload, nothing_with_id};
use crate::ids::{PlaylistId, UserId};
use crate::store::Store;
use crate::store::playlists::Visibility;
use crate::store::playlists::edit::{Edit, EditError, NewPlaylist, SettingsChange};

mod items;

pub(super) use items::PlaylistItemMutation;

#[derive(Debug, Default)]
pub(super) struct PlaylistMutation;

/// A playlist to be made.
#[derive(Debug, InputObject)]
struct CreatePlaylistInput {
    /// The name.
    name: String,
    /// What it is about, at most 1000 characters.
    description: Option<String>,
    /// Who may see it. A playlist that is seen by link has none before one is made for it.
    #[graphql(default_with = "PlaylistVisibility::Private")]
    visibility: PlaylistVisibility,
}

/// What changes about a playlist. What is left out stays.
#[derive(Debug, InputObject)]
struct UpdatePlaylistInput {
    /// The playlist.
    id: ID,
    /// The version that the caller has seen.
    expected_version: i32,
    /// The new name.
    name: Option<String>,
    /// The new description, at most 1000 characters; null removes it.
    description: MaybeUndefined<String>,
    /// Who may see it from now on. Its link stays, and works while the playlist is seen by link.
    visibility: Option<PlaylistVisibility>,
}

/// The playlist to be deleted.
#[derive(Debug, InputObject)]
struct DeletePlaylistInput {
    /// The playlist.
    id: ID,
    /// The version that the caller has seen. Left out, it is deleted whatever has changed.
    expected_version: Option<i32>,
}

/// The playlist that gets a link.
#[derive(Debug, InputObject)]
struct RenewPlaylistShareLinkInput {
    /// The playlist.
    playlist_id: ID,
    /// Until when the link works. Left out, it works until there is another one.
    expires_at: Option<DateTime<Utc>>,
}

/// Who works on a playlist.
#[derive(Debug, InputObject)]
struct PlaylistCollaboratorInput {
    /// The playlist.
    playlist_id: ID,
    /// The user.
    user_id: ID,
}

/// The playlist as it is now.
#[derive(SimpleObject)]
pub(super) struct PlaylistPayload {
    /// The playlist as it is now.
    playlist: Playlist,
}

/// The end of a collaboration.
#[derive(SimpleObject)]
struct RemovePlaylistCollaboratorPayload {
    /// The playlist as it is now; null when the caller cannot see it any more.
    playlist: Option<Playlist>,
}

/// A new link.
#[derive(SimpleObject)]
struct RenewPlaylistShareLinkPayload {
    /// What `sharedPlaylist` takes. It is told only now.
    share_token: String,
    /// The playlist as it is now.
    playlist: Playlist,
}

#[Object]
impl PlaylistMutation {
    /// Makes a playlist of the caller's.
    async fn create_playlist(
        &self,
        ctx: &Context<'_>,
        input: CreatePlaylistInput,
    ) -> Result<PlaylistPayload> {
        let new = NewPlaylist {
            owner: caller(ctx)?,
            name: input::name("input.name", &input.name)?,
            description: input::description("input.description", input.description.as_deref())?,
            visibility: input.visibility.into(),
        };
        let created = ctx.data::<Store>()?.create_playlist(new, Utc::now()).await;
        Ok(PlaylistPayload {
            playlist: Playlist::edited(created.map_err(refusal)?),
        })
    }

    /// Changes the name, the description or the visibility of a playlist of the caller's.
    async fn update_playlist(
        &self,
        ctx: &Context<'_>,
        input: UpdatePlaylistInput,
    ) -> Result<PlaylistPayload> {
        let edit = edit(ctx, "input.id", &input.id, Some(input.expected_version))?;
        let name = input.name.as_deref();
        let change = SettingsChange {
            name: name.map(|it| input::name("input.name", it)).transpose()?,
            description: match &input.description {
                MaybeUndefined::Undefined => None,
                MaybeUndefined::Null => Some(None),
                MaybeUndefined::Value(text) => {
                    Some(input::description("input.description", Some(text))?)
                }
            },
            visibility: input.visibility.map(Visibility::from),
        };
        let store = ctx.data::<Store>()?;
        let updated = store.update_playlist(&edit, change, Utc::now()).await;
        Ok(PlaylistPayload {
            playlist: Playlist::edited(updated.map_err(refusal)?),
        })
    }

    /// Deletes a playlist of the caller's.
    async fn delete_playlist(
        &self,
        ctx: &Context<'_>,
        input: DeletePlaylistInput,
    ) -> Result<DeletePayload> {
        let edit = edit(ctx, "input.id", &input.id, input.expected_version)?;
        let deleted = ctx.data::<Store>()?.delete_playlist(&edit).await;
        deleted.map_err(refusal)?;
        Ok(DeletePayload {
            deleted_id: input.id,
        })
    }

    /// Gives a playlist of the caller's a link, which takes the place of any older one. A private
    /// playlist is seen by link from now on.
    async fn renew_playlist_share_link(
        &self,
        ctx: &Context<'_>,
        input: RenewPlaylistShareLinkInput,
    ) -> Result<RenewPlaylistShareLinkPayload> {
        let edit = edit(ctx, "input.playlistId", &input.playlist_id, None)?;
        let now = Utc::now();
        if input.expires_at.is_some_and(|until| until <= now) {
            let message = "`input.expiresAt` must not be over already";
            return Err(Failure::bad_input("input.expiresAt", message));
        }
        let store = ctx.data::<Store>()?;
        let renewed = store.renew_share_link(&edit, input.expires_at, now).await;
        let (playlist, share_token) = renewed.map_err(refusal)?;
        Ok(RenewPlaylistShareLinkPayload {
            share_token,
            playlist: Playlist::edited(playlist),
        })
    }

    /// Lets a user edit the items of a playlist of the caller's. Doing it again changes nothing.
    async fn add_playlist_collaborator(
        &self,
        ctx: &Context<'_>,
        input: PlaylistCollaboratorInput,
    ) -> Result<PlaylistPayload> {
        let edit = edit(ctx, "input.playlistId", &input.playlist_id, None)?;
        let user = user(&input.user_id)?;
        let store = ctx.data::<Store>()?;
        let added = store.add_collaborator(&edit, &user, Utc::now()).await;
        Ok(PlaylistPayload {
            playlist: Playlist::edited(added.map_err(refusal)?),
        })
    }

    /// Ends that a user edits the items of a playlist. Its owner may do so, and the user.
    async fn remove_playlist_collaborator(
        &self,
        ctx: &Context<'_>,
        input: PlaylistCollaboratorInput,
    ) -> Result<RemovePlaylistCollaboratorPayload> {
        let edit = edit(ctx, "input.playlistId", &input.playlist_id, None)?;
        let user = user(&input.user_id)?;
        let store = ctx.data::<Store>()?;
        let removed = store.remove_collaborator(&edit, &user, Utc::now()).await;
        let playlist = removed.map_err(refusal)?;
        let sees = playlist.owner == edit.user || playlist.visibility == Visibility::Public;
        Ok(RemovePlaylistCollaboratorPayload {
            playlist: sees.then(|| Playlist::edited(playlist)),
        })
    }
}

/// An edit by the caller.
fn edit(
    ctx: &Context<'_>,
    argument: &'static str,
    playlist: &ID,
    expected_version: Option<i32>,
) -> Result<Edit> {
    Ok(Edit {
        user: caller(ctx)?,
        playlist: PlaylistId::parse(playlist)
            .ok_or_else(|| nothing_with_id(argument, "playlist"))?,
        expected_version,
    })
}

fn user(id: &ID) -> Result<UserId> {
    UserId::parse(id)
        .ok_or_else(|| Failure::bad_input("input.userId", "`input.userId` is not an id"))
}

/// What a client is told of an edit that was not made.
fn refusal(error: EditError) -> Failure {
    match error {
        EditError::NoSuchPlaylist => Failure::not_found("There is no playlist with this id"),
        EditError::NotAllowed => Failure::forbidden(
            "Only the playlist's owner, and for its items those who work on it, may do this",
        ),
        EditError::Changed { current_version } => Failure::conflict(
            "input.expectedVersion",
            format!("The playlist has changed meanwhile: it is at version {current_version} now"),
        )
        .with_detail("currentVersion", current_version),
        EditError::NoSuchTrack(track) => {
            Failure::not_found(format!("There is no track with the id {track}"))
                .about("input.trackIds")
        }
        EditError::NoSuchUser => {
            Failure::not_found("There is no user with this id").about("input.userId")
        }
        EditError::NoSuchItem => Failure::not_found("There is no such item on this playlist"),
        EditError::TooMany(most, what) => Failure::new(
            Code::Conflict,
            format!("There may be {most} {what} at most"),
        ),
        EditError::Failed(failure) => failure,
    }
}
