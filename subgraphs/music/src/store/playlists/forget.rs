//! Takes a user out of all playlists, for when the account is gone.
//!
//! What the user owned is deleted, and told to who listens. What others own stays, without a word
//! of the user: who worked on it, and who added what. Each playlist is a transaction of its own, so
//! no lock is held for long; a removal that breaks off is begun again, and finds what is left.

use chrono::{DateTime, Utc};
use kit::Result;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::edit::{Edit, EditError, Edited};
use crate::entity::{playlist, playlist_collaborator, playlist_item};
use crate::ids::{PlaylistId, UserId};
use crate::store::Store;

impl Store {
    /// Removes a user's playlists, and every trace of the user in those of others.
    ///
    /// # Errors
    /// When the database fails. What was removed so far stays so.
    pub async fn forget_in_playlists(&self, user: &UserId, now: DateTime<Utc>) -> Result<()> {
        let edit = |playlist: String| Edit {
            playlist: PlaylistId::stored(playlist),
            user: user.clone(),
            expected_version: None,
        };
        let owned: Vec<String> = playlist::Entity::find()
            .select_only()
            .column(playlist::Column::Id)
            .filter(playlist::Column::OwnerId.eq(user.as_str()))
            .into_tuple()
            .all(self.connection())
            .await?;
        for playlist in owned {
            gone(self.delete_playlist(&edit(playlist)).await)?;
        }
        let worked_on: Vec<String> = playlist_collaborator::Entity::find()
            .select_only()
            .column(playlist_collaborator::Column::PlaylistId)
            .filter(playlist_collaborator::Column::UserId.eq(user.as_str()))
            .into_tuple()
            .all(self.connection())
            .await?;
        for playlist in worked_on {
            let edit = edit(playlist);
            gone(self.remove_collaborator(&edit, user, now).await)?;
        }
        playlist_item::Entity::update_many()
            .col_expr(
                playlist_item::Column::AddedBy,
                Expr::val(Option::<String>::None),
            )
            .filter(playlist_item::Column::AddedBy.eq(user.as_str()))
            .exec(self.connection())
            .await?;
        Ok(())
    }
}

/// What somebody else removed meanwhile is as gone.
fn gone<T>(edited: Edited<T>) -> Result<()> {
    match edited {
        Err(EditError::Failed(failure)) => Err(failure),
        Ok(_) | Err(_) => Ok(()),
    }
}
