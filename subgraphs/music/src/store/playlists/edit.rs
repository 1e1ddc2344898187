//! Playlists, made, changed and deleted: one edit at a time of each, and none of what has changed
//! since it was read.
//!
//! Every edit locks the playlist's row first, so what it reads stays true until it is committed.
//! It may say which version it was made for; at another version it is refused, with nothing
//! written. So of two people who edit the same version, one is told to look again.

use chrono::{DateTime, Utc};
use kit::Failure;
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr,
    EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QuerySelect,
};

use super::{Playlist, Visibility};
use crate::entity::{playlist, playlist_collaborator};
use crate::events::{Event, PlaylistChange};
use crate::ids::{self, PlaylistId, TrackId, UserId};
use crate::store::{Store, listeners, take_turn, to_micros};

/// Playlists that a user may have.
pub const MAX_PLAYLISTS: u64 = 500;

/// What an edit comes to.
pub type Edited<T> = Result<T, EditError>;

/// Why an edit was not made. Nothing of it is written.
#[derive(Debug)]
pub enum EditError {
    /// There is no such playlist, or none that this user may see.
    NoSuchPlaylist,
    /// The user may see it, and not do this.
    NotAllowed,
    /// It is at another version than the edit was made for.
    Changed {
        /// The version it is at.
        current_version: i32,
    },
    /// There is no such track.
    NoSuchTrack(TrackId),
    /// The user who was to work on it is gone.
    NoSuchUser,
    /// There is no such item on the playlist.
    NoSuchItem,
    /// It would have more of something than it may: so many, of these.
    TooMany(u64, &'static str),
    /// The database failed.
    Failed(Failure),
}

impl From<DbErr> for EditError {
    fn from(error: DbErr) -> Self {
        EditError::Failed(error.into())
    }
}

impl From<Failure> for EditError {
    fn from(failure: Failure) -> Self {
        EditError::Failed(failure)
    }
}

/// What a user may do with a playlist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// To put items on it, move and remove them: the owner's, and that of those who work on it.
    EditItems,
    /// To change anything else about it: the owner's alone.
    ChangeSettings,
}

/// Which edit of which playlist, by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The playlist.
    pub playlist: PlaylistId,
    /// Who edits.
    pub user: UserId,
    /// The version that the user has seen; `None` when the edit is right at any version.
    pub expected_version: Option<i32>,
}

/// A playlist to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPlaylist {
    /// Whose it is.
    pub owner: UserId,
    /// The name as shown.
    pub name: String,
    /// What it is about.
    pub description: Option<String>,
    /// Who may see it.
    pub visibility: Visibility,
}

/// What changes about a playlist; `None` leaves it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingsChange {
    /// The new name.
    pub name: Option<String>,
    /// The new description, or that there is none.
    pub description: Option<Option<String>>,
    /// Who may see it from now on. A link stays; it works while the playlist is seen by link.
    pub visibility: Option<Visibility>,
}

/// A playlist under the lock of an edit.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) transaction: DatabaseTransaction,
    pub(super) row: playlist::Model,
}

impl Store {
    /// Counts the change of an opened playlist, writes its row, commits and tells.
    pub(super) async fn commit_edit(
        &self,
        opened: Opened,
        what: PlaylistChange,
        now: DateTime<Utc>,
        change: impl FnOnce(&mut playlist::ActiveModel),
    ) -> Edited<Playlist> {
        let version = opened.row.version.saturating_add(1);
        let mut row = opened.row.into_active_model();
        row.version = ActiveValue::Set(version);
        row.updated_at = ActiveValue::Set(to_micros(now));
        change(&mut row);
        let playlist = Playlist::from(row.update(&opened.transaction).await?);
        let event = Event::Playlist {
            playlist: playlist.id.clone(),
            change: what,
        };
        self.commit(opened.transaction, vec![event]).await?;
        Ok(playlist)
    }

    /// Locks a playlist for an edit, unless the user may not make it or has not seen its version.
    pub(super) async fn open(&self, edit: &Edit, right: Right) -> Edited<Opened> {
        let transaction = self.database().begin_write().await?;
        listeners::refuse_departed(&transaction, &edit.user).await?;
        open_in(transaction, edit, right).await
    }

    /// Makes a playlist without items.
    pub async fn create_playlist(&self, new: NewPlaylist, now: DateTime<Utc>) -> Edited<Playlist> {
        let transaction = self.database().begin_write().await?;
        listeners::refuse_departed(&transaction, &new.owner).await?;
        // So that what is counted next is still so when the playlist is there.
        take_turn(&transaction, &format!("playlists of {}", new.owner)).await?;
        let count = playlist::Entity::find()
            .filter(playlist::Column::OwnerId.eq(new.owner.as_str()))
            .count(&transaction)
            .await?;
        if count >= MAX_PLAYLISTS {
            return Err(EditError::TooMany(MAX_PLAYLISTS, "playlists"));
        }
        let row = playlist::Model {
            id: ids::random().map_err(Failure::internal)?,
            owner_id: new.owner.into_string(),
            name: new.name,
            description: new.description,
            visibility: new.visibility.as_str().to_owned(),
            share_token_hash: None,
            share_expires_at: None,
            item_count: 0,
            version: 1,
            created_at: to_micros(now),
            updated_at: to_micros(now),
        };
        playlist::Entity::insert(row.clone().into_active_model())
            .exec_without_returning(&transaction)
            .await?;
        transaction.commit().await?;
        Ok(row.into())
    }

    /// Changes a playlist's name, description or visibility.
    pub async fn update_playlist(
        &self,
        edit: &Edit,
        change: SettingsChange,
        now: DateTime<Utc>,
    ) -> Edited<Playlist> {
        let opened = self.open(edit, Right::ChangeSettings).await?;
        self.commit_edit(opened, PlaylistChange::Settings, now, |row| {
            if let Some(name) = change.name {
                row.name = ActiveValue::Set(name);
            }
            if let Some(description) = change.description {
                row.description = ActiveValue::Set(description);
            }
            if let Some(visibility) = change.visibility {
                row.visibility = ActiveValue::Set(visibility.as_str().to_owned());
            }
        })
        .await
    }

    /// Deletes a playlist with all that belongs to it.
    pub async fn delete_playlist(&self, edit: &Edit) -> Edited<()> {
        let opened = self.open(edit, Right::ChangeSettings).await?;
        playlist::Entity::delete_by_id(opened.row.id)
            .exec(&opened.transaction)
            .await?;
        let event = Event::Playlist {
            playlist: edit.playlist.clone(),
            change: PlaylistChange::Deleted,
        };
        self.commit(opened.transaction, vec![event]).await?;
        Ok(())
    }
}

/// Locks a playlist in a transaction in which nothing else is locked but what is kept of users.
pub(super) async fn open_in(
    transaction: DatabaseTransaction,
    edit: &Edit,
    right: Right,
) -> Edited<Opened> {
    let row = playlist::Entity::find_by_id(edit.playlist.as_str())
        .lock_exclusive()
        .one(&transaction)
        .await?
        .ok_or(EditError::NoSuchPlaylist)?;
    if row.owner_id != edit.user.as_str() {
        let works_on_it = works_on(&transaction, edit).await?;
        if !works_on_it && Visibility::stored(&row.visibility) != Visibility::Public {
            return Err(EditError::NoSuchPlaylist);
        }
        if !works_on_it || right == Right::ChangeSettings {
            return Err(EditError::NotAllowed);
        }
    }
    match edit.expected_version {
        Some(expected) if expected != row.version => Err(EditError::Changed {
            current_version: row.version,
        }),
        _ => Ok(Opened { transaction, row }),
    }
}

async fn works_on(transaction: &impl ConnectionTrait, edit: &Edit) -> Result<bool, DbErr> {
    let key = (
        edit.playlist.as_str().to_owned(),
        edit.user.as_str().to_owned(),
    );
    let found = playlist_collaborator::Entity::find_by_id(key)
        .one(transaction)
        .await?;
    Ok(found.is_some())
}
