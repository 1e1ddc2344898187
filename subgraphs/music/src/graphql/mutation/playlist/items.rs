//! The items of a playlist: added, moved and removed by whoever works on it.

use std::collections::HashSet;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::Utc;
use kit::{Failure, Result};

use super::super::super::playlist::{Playlist, PlaylistItem};
use super::{PlaylistPayload, edit, refusal};
use crate::ids::{PlaylistItemId, TrackId};
use crate::store::Store;
use crate::store::playlists::edit::EditError;
use crate::store::playlists::items::{MAX_ITEMS_AT_ONCE, Target};

#[derive(Debug, Default)]
pub(crate) struct PlaylistItemMutation;

/// Tracks to be put on a playlist.
#[derive(Debug, InputObject)]
struct AddPlaylistItemsInput {
    /// The playlist.
    playlist_id: ID,
    /// The version that the caller has seen. Left out, they are added whatever has changed.
    expected_version: Option<i32>,
    /// The tracks, in order; at most 100. One that is on the playlist already is there again.
    track_ids: Vec<ID>,
    /// The item behind which they go. Left out, they go to the end.
    after_item_id: Option<ID>,
}

/// The item to be moved.
#[derive(Debug, InputObject)]
struct MovePlaylistItemInput {
    /// The playlist.
    playlist_id: ID,
    /// The version that the caller has seen.
    expected_version: i32,
    /// The item.
    item_id: ID,
    /// The item behind which it goes. Left out, it goes before all others.
    after_item_id: Option<ID>,
}

/// Items to be taken off a playlist.
#[derive(Debug, InputObject)]
struct RemovePlaylistItemsInput {
    /// The playlist.
    playlist_id: ID,
    /// The version that the caller has seen.
    expected_version: i32,
    /// The items; at most 100.
    item_ids: Vec<ID>,
}

/// What was put on a playlist.
#[derive(SimpleObject)]
struct AddPlaylistItemsPayload {
    /// The playlist as it is now.
    playlist: Playlist,
    /// What was added.
    items: Vec<PlaylistItem>,
}

/// What was moved.
#[derive(SimpleObject)]
struct MovePlaylistItemPayload {
    /// The playlist as it is now.
    playlist: Playlist,
    /// The item.
    item: PlaylistItem,
}

#[Object]
impl PlaylistItemMutation {
    /// Puts tracks on a playlist of the caller's, or one that the caller works on.
    async fn add_playlist_items(
        &self,
        ctx: &Context<'_>,
        input: AddPlaylistItemsInput,
    ) -> Result<AddPlaylistItemsPayload> {
        let id = &input.playlist_id;
        let edit = edit(ctx, "input.playlistId", id, input.expected_version)?;
        at_most_at_once("input.trackIds", input.track_ids.len())?;
        let mut tracks = Vec::with_capacity(input.track_ids.len());
        for id in &input.track_ids {
            let track = TrackId::parse(id)
                .ok_or_else(|| refusal(EditError::NoSuchTrack(TrackId::stored(printable(id)))))?;
            tracks.push(track);
        }
        let target = match &input.after_item_id {
            None => Target::End,
            Some(id) => Target::After(item(id)?),
        };
        let store = ctx.data::<Store>()?;
        let added = store
            .add_playlist_items(&edit, &tracks, &target, Utc::now())
            .await;
        let (playlist, items) = added.map_err(refusal)?;
        Ok(AddPlaylistItemsPayload {
            playlist: Playlist::edited(playlist),
            items: items
                .into_iter()
                .map(|item| PlaylistItem::new(item, true))
                .collect(),
        })
    }

    /// Moves an item of a playlist of the caller's, or of one that the caller works on.
    async fn move_playlist_item(
        &self,
        ctx: &Context<'_>,
        input: MovePlaylistItemInput,
    ) -> Result<MovePlaylistItemPayload> {
        let (id, version) = (&input.playlist_id, input.expected_version);
        let edit = edit(ctx, "input.playlistId", id, Some(version))?;
        let moved = item(&input.item_id)?;
        let target = match &input.after_item_id {
            None => Target::Beginning,
            Some(id) => Target::After(item(id)?),
        };
        let store = ctx.data::<Store>()?;
        let moved = store
            .move_playlist_item(&edit, &moved, &target, Utc::now())
            .await;
        let (playlist, item) = moved.map_err(refusal)?;
        Ok(MovePlaylistItemPayload {
            playlist: Playlist::edited(playlist),
            item: PlaylistItem::new(item, true),
        })
    }

    /// Takes items off a playlist of the caller's, or off one that the caller works on: all of
    /// them or none.
    async fn remove_playlist_items(
        &self,
        ctx: &Context<'_>,
        input: RemovePlaylistItemsInput,
    ) -> Result<PlaylistPayload> {
        let (id, version) = (&input.playlist_id, input.expected_version);
        let edit = edit(ctx, "input.playlistId", id, Some(version))?;
        at_most_at_once("input.itemIds", input.item_ids.len())?;
        let mut seen = HashSet::new();
        let mut items = Vec::with_capacity(input.item_ids.len());
        for id in &input.item_ids {
            let item = item(id)?;
            if seen.insert(item.clone()) {
                items.push(item);
            }
        }
        let store = ctx.data::<Store>()?;
        let removed = store.remove_playlist_items(&edit, &items, Utc::now()).await;
        Ok(PlaylistPayload {
            playlist: Playlist::edited(removed.map_err(refusal)?),
        })
    }
}

fn item(id: &ID) -> Result<PlaylistItemId> {
    PlaylistItemId::parse(id).ok_or_else(|| refusal(EditError::NoSuchItem))
}

fn at_most_at_once(argument: &'static str, count: usize) -> Result<()> {
    if (1..=MAX_ITEMS_AT_ONCE).contains(&count) {
        return Ok(());
    }
    Err(Failure::bad_input(
        argument,
        format!(
            "`{argument}` must have between 1 and {MAX_ITEMS_AT_ONCE} of them, and has {count}"
        ),
    ))
}

/// The beginning of a text that is no id, as it may be shown.
fn printable(text: &str) -> String {
    text.chars()
        .filter(|it| !it.is_control())
        .take(40)
        .collect()
}
