//! Playlists: their life, their order, those who work on them, and who must not see them.

mod editing;
mod forgetting;
mod life;
mod privacy;

use serde_json::{Value, json};

use super::support::{As, Music, nodes};

pub(crate) const CREATE: &str = "mutation ($input: CreatePlaylistInput!) {
    createPlaylist(input: $input) { playlist { id version visibility itemCount } }
}";

pub(crate) const UPDATE: &str = "mutation ($input: UpdatePlaylistInput!) {
    updatePlaylist(input: $input) { playlist { name description visibility version } }
}";

pub(crate) const ADD: &str = "mutation ($input: AddPlaylistItemsInput!) {
    addPlaylistItems(input: $input) {
        playlist { version itemCount } items { id track { id } addedBy { id } }
    }
}";

pub(crate) const MOVE: &str = "mutation ($input: MovePlaylistItemInput!) {
    movePlaylistItem(input: $input) { playlist { version } item { id } }
}";

pub(crate) const REMOVE: &str = "mutation ($input: RemovePlaylistItemsInput!) {
    removePlaylistItems(input: $input) { playlist { version itemCount } }
}";

pub(crate) const SHARE: &str = "mutation ($input: RenewPlaylistShareLinkInput!) {
    renewPlaylistShareLink(input: $input) { shareToken playlist { visibility } }
}";

pub(crate) const INVITE: &str = "mutation ($input: PlaylistCollaboratorInput!) {
    addPlaylistCollaborator(input: $input) { playlist { version collaborators { id } } }
}";

const READ: &str = "query ($id: ID!) { playlist(id: $id) {
    name version itemCount items(first: 100) { edges { cursor node { id track { id } } } }
} }";

/// A new playlist of a user's; its id.
pub(crate) async fn create(music: &Music, owner: &str, visibility: &str) -> String {
    let input = json!({ "input": { "name": "Night drive", "visibility": visibility } });
    let created = music.data(As::User(owner), CREATE, input).await;
    let id = created["createPlaylist"]["playlist"]["id"].as_str();
    id.expect("an id").to_owned()
}

/// Puts tracks at the end of a playlist; the ids of the items.
pub(crate) async fn add(music: &Music, user: &str, playlist: &str, tracks: &[Value]) -> Vec<Value> {
    let input = json!({ "input": { "playlistId": playlist, "trackIds": tracks } });
    let added = music.data(As::User(user), ADD, input).await;
    let items = added["addPlaylistItems"]["items"].as_array();
    let ids = items.expect("items").iter().map(|item| item["id"].clone());
    ids.collect()
}

/// So many tracks of the catalogue.
pub(crate) async fn tracks(music: &Music, count: usize) -> Vec<Value> {
    let query = "query ($first: Int!) { tracks(first: $first) { edges { node { id } } } }";
    let found = music
        .data(As::Nobody, query, json!({ "first": count }))
        .await;
    nodes(&found["tracks"], "/node/id")
}

/// A playlist as somebody sees it.
pub(crate) async fn read(music: &Music, caller: As<'_>, playlist: &str) -> Value {
    music.data(caller, READ, json!({ "id": playlist })).await["playlist"].take()
}

/// The ids of a playlist's items, in order.
pub(crate) async fn order(music: &Music, owner: &str, playlist: &str) -> Vec<Value> {
    let read = read(music, As::User(owner), playlist).await;
    nodes(&read["items"], "/node/id")
}
