//! With whom a playlist is shared: the users who work on it, and whoever has its link.
//!
//! The token in a link is 256 random bits, and only its hash is stored: a link is shown when it is
//! made, and a new one takes the place of the old one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use kit::{Failure, Result};
use sea_orm::{
    ActiveValue, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
};
use sha2::{Digest, Sha256};

use super::edit::{Edit, EditError, Edited, Right, open_in};
use super::{Playlist, Visibility};
use crate::entity::{playlist, playlist_collaborator};
use crate::events::PlaylistChange;
use crate::ids::{PlaylistId, UserId};
use crate::store::{Store, listeners, to_micros};

/// Users who may work on a playlist beside its owner.
pub const MAX_COLLABORATORS: u64 = 50;

/// Longer texts are no token of ours.
const MAX_TOKEN: usize = 64;

/// Bytes of randomness in a token.
const TOKEN_BYTES: usize = 32;

impl Store {
    /// The playlist whose link has this token, if it is seen by link and the link works still.
    pub async fn playlist_by_share_token(
        &self,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Playlist>> {
        if token.len() > MAX_TOKEN {
            return Ok(None);
        }
        // A search for the hash takes no longer for a better guess at the token.
        let row = playlist::Entity::find()
            .filter(playlist::Column::ShareTokenHash.eq(hash(token)))
            .filter(playlist::Column::Visibility.eq(Visibility::ByLink.as_str()))
            .one(self.connection())
            .await?;
        let works = |row: &playlist::Model| {
            row.share_expires_at
                .is_none_or(|until| to_micros(now) < until)
        };
        Ok(row.filter(works).map(Playlist::from))
    }

    /// Gives a playlist a link, which takes the place of any older one; its token, and the
    /// playlist. A private playlist is seen by link from now on.
    pub async fn renew_share_link(
        &self,
        edit: &Edit,
        expires_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Edited<(Playlist, String)> {
        let opened = self.open(edit, Right::ChangeSettings).await?;
        let mut bytes = [0_u8; TOKEN_BYTES];
        getrandom::fill(&mut bytes).map_err(Failure::internal)?;
        let token = URL_SAFE_NO_PAD.encode(bytes);
        let private = Visibility::stored(&opened.row.visibility) == Visibility::Private;
        let playlist = self
            .commit_edit(opened, PlaylistChange::Settings, now, |row| {
                row.share_token_hash = ActiveValue::Set(Some(hash(&token)));
                row.share_expires_at = ActiveValue::Set(expires_at.map(to_micros));
                if private {
                    row.visibility = ActiveValue::Set(Visibility::ByLink.as_str().to_owned());
                }
            })
            .await?;
        Ok((playlist, token))
    }

    /// Lets a user work on a playlist, unless the user is gone. Doing it again changes nothing.
    pub async fn add_collaborator(
        &self,
        edit: &Edit,
        user: &UserId,
        now: DateTime<Utc>,
    ) -> Edited<Playlist> {
        use playlist_collaborator::Column;
        let transaction = self.database().begin_write().await?;
        listeners::refuse_departed(&transaction, &edit.user).await?;
        // Before the playlist, for whose lock a departure may wait.
        listeners::keep_from_departing(&transaction, user).await?;
        let opened = open_in(transaction, edit, Right::ChangeSettings).await?;
        if listeners::is_departed(&opened.transaction, user).await? {
            return Err(EditError::NoSuchUser);
        }
        let of_playlist = playlist_collaborator::Entity::find()
            .filter(Column::PlaylistId.eq(edit.playlist.as_str()));
        let known = of_playlist
            .clone()
            .filter(Column::UserId.eq(user.as_str()))
            .one(&opened.transaction)
            .await?;
        if known.is_some() || *user == edit.user {
            return Ok(opened.row.into());
        }
        if of_playlist.count(&opened.transaction).await? >= MAX_COLLABORATORS {
            return Err(EditError::TooMany(MAX_COLLABORATORS, "collaborators"));
        }
        let row = playlist_collaborator::Model {
            playlist_id: edit.playlist.as_str().to_owned(),
            user_id: user.as_str().to_owned(),
            invited_at: to_micros(now),
        };
        playlist_collaborator::Entity::insert(row.into_active_model())
            .exec_without_returning(&opened.transaction)
            .await?;
        self.commit_edit(opened, PlaylistChange::Collaborators, now, |_| {})
            .await
    }

    /// Ends that a user works on a playlist: the owner may do so, and the user. One who does not
    /// work on it is no error.
    pub async fn remove_collaborator(
        &self,
        edit: &Edit,
        user: &UserId,
        now: DateTime<Utc>,
    ) -> Edited<Playlist> {
        use playlist_collaborator::Column;
        let right = if *user == edit.user {
            Right::EditItems
        } else {
            Right::ChangeSettings
        };
        let opened = self.open(edit, right).await?;
        let deleted = playlist_collaborator::Entity::delete_many()
            .filter(Column::PlaylistId.eq(edit.playlist.as_str()))
            .filter(Column::UserId.eq(user.as_str()))
            .exec(&opened.transaction)
            .await?;
        if deleted.rows_affected == 0 {
            return Ok(opened.row.into());
        }
        self.commit_edit(opened, PlaylistChange::Collaborators, now, |_| {})
            .await
    }

    /// Whether a link with this token leads to this playlist now.
    pub async fn is_shared_by(
        &self,
        playlist: &PlaylistId,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let found = self.playlist_by_share_token(token, now).await?;
        Ok(found.is_some_and(|it| it.id == *playlist))
    }
}

fn hash(token: &str) -> String {
    Sha256::digest(token.as_bytes())
        .iter()
        .fold(String::new(), |mut hex, byte| {
            hex.push_str(&format!("{byte:02x}"));
            hex
        })
}
