//! How playlists and what belongs to them are loaded for many at once.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use kit::relay::Slice;
use kit::{Failure, Result};

use super::super::loaders::{Loads, by_page};
use crate::ids::{PlaylistId, UserId};
use crate::store::page::Page;
use crate::store::playlists::{Collaboration, Item, Playlist};

/// Asks for a page of a user's playlists: of all of them, or of those that everybody may see.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct PlaylistsOf(pub(super) UserId, pub(super) bool, pub(super) Page);

/// Asks for a page of the playlists that a user works on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct CollaborationsOf(pub(super) UserId, pub(super) Page);

/// Asks for a page of the items of a playlist.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ItemsOf(pub(super) PlaylistId, pub(super) Page);

/// Asks who works on a playlist.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct CollaboratorsOf(pub(super) PlaylistId);

/// Asks whether a user works on a playlist.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct WorksOn(pub(super) UserId, pub(super) PlaylistId);

impl Loader<PlaylistId> for Loads {
    type Value = Playlist;
    type Error = Failure;

    async fn load(&self, ids: &[PlaylistId]) -> Result<HashMap<PlaylistId, Playlist>> {
        self.store().playlists_by_id(ids).await
    }
}

impl Loader<PlaylistsOf> for Loads {
    type Value = Slice<Playlist>;
    type Error = Failure;

    async fn load(&self, keys: &[PlaylistsOf]) -> Result<HashMap<PlaylistsOf, Slice<Playlist>>> {
        let mut loaded = HashMap::new();
        for all in [true, false] {
            let wanted = keys.iter().filter(|key| key.1 == all);
            for (page, users) in by_page(wanted.map(|PlaylistsOf(id, _, page)| (id, page))) {
                let slices = self.store().playlists_of_users(&users, all, page).await?;
                loaded.extend(
                    slices
                        .into_iter()
                        .map(|(id, it)| (PlaylistsOf(id, all, page.clone()), it)),
                );
            }
        }
        Ok(loaded)
    }
}

impl Loader<CollaborationsOf> for Loads {
    type Value = Slice<Collaboration>;
    type Error = Failure;

    async fn load(
        &self,
        keys: &[CollaborationsOf],
    ) -> Result<HashMap<CollaborationsOf, Slice<Collaboration>>> {
        let mut loaded = HashMap::new();
        for (page, users) in by_page(keys.iter().map(|CollaborationsOf(id, page)| (id, page))) {
            let slices = self.store().collaborations_of_users(&users, page).await?;
            loaded.extend(
                slices
                    .into_iter()
                    .map(|(id, it)| (CollaborationsOf(id, page.clone()), it)),
            );
        }
        Ok(loaded)
    }
}

impl Loader<ItemsOf> for Loads {
    type Value = Slice<Item>;
    type Error = Failure;

    async fn load(&self, keys: &[ItemsOf]) -> Result<HashMap<ItemsOf, Slice<Item>>> {
        let mut loaded = HashMap::new();
        for (page, playlists) in by_page(keys.iter().map(|ItemsOf(id, page)| (id, page))) {
            let slices = self.store().items_of_playlists(&playlists, page).await?;
            loaded.extend(
                slices
                    .into_iter()
                    .map(|(id, it)| (ItemsOf(id, page.clone()), it)),
            );
        }
        Ok(loaded)
    }
}

impl Loader<CollaboratorsOf> for Loads {
    type Value = Vec<UserId>;
    type Error = Failure;

    async fn load(
        &self,
        keys: &[CollaboratorsOf],
    ) -> Result<HashMap<CollaboratorsOf, Vec<UserId>>> {
        let playlists: Vec<_> = keys.iter().map(|key| key.0.clone()).collect();
        let collaborators = self.store().collaborators_of(&playlists).await?;
        Ok(collaborators
            .into_iter()
            .map(|(playlist, users)| (CollaboratorsOf(playlist), users))
            .collect())
    }
}

impl Loader<WorksOn> for Loads {
    type Value = ();
    type Error = Failure;

    async fn load(&self, keys: &[WorksOn]) -> Result<HashMap<WorksOn, ()>> {
        let mut by_user: HashMap<&UserId, Vec<PlaylistId>> = HashMap::new();
        for WorksOn(user, playlist) in keys {
            by_user.entry(user).or_default().push(playlist.clone());
        }
        let mut loaded = HashMap::new();
        // One request has one caller, so this is one statement.
        for (user, playlists) in by_user {
            let among = self.store().collaborations_among(user, &playlists).await?;
            loaded.extend(
                among
                    .into_iter()
                    .map(|playlist| (WorksOn(user.clone(), playlist), ())),
            );
        }
        Ok(loaded)
    }
}
