//! The mutation root: what users do to their favourites and playlists, and curators to the catalogue.

use async_graphql::{Context, ID, MergedObject, SimpleObject};
use kit::auth::{Caller, Role};
use kit::{Failure, Result};

use crate::store::edit::Deletion;

mod album;
mod artist;
mod favourite;
mod playlist;
mod track;

/// The mutation root.
#[derive(Debug, Default, MergedObject)]
pub struct Mutation(
    favourite::FavouriteMutation,
    playlist::PlaylistMutation,
    playlist::PlaylistItemMutation,
    artist::ArtistMutation,
    album::AlbumMutation,
    track::TrackMutation,
);

/// What was deleted.
#[derive(Debug, SimpleObject)]
pub struct DeletePayload {
    /// The id it had.
    deleted_id: ID,
}

/// Lets curators and admins through.
fn authorise_curator(ctx: &Context<'_>) -> Result<()> {
    Caller::of(ctx)
        .with_role(&[Role::Curator, Role::Admin])
        .map(drop)
}

/// Says how deleting ended; `needed_by` is what keeps the thing from being deleted.
fn deleted(id: ID, ended: Deletion, what: &str, needed_by: &'static str) -> Result<DeletePayload> {
    match ended {
        Deletion::Done => Ok(DeletePayload { deleted_id: id }),
        Deletion::NotFound => Err(nothing_with_id("input.id", what)),
        Deletion::InUse => Err(Failure::conflict("input.id", needed_by)),
    }
}

fn nothing_with_id(argument: &'static str, what: &str) -> Failure {
    Failure::not_found(format!(
        "There is no {what} with the id given as `{argument}`"
    ))
    .about(argument)
}
