//! Playlists as they are read: by id, by link, of a user, and what is on them.
//!
//! Nothing here asks who is calling: that is for [`crate::graphql::playlist`], which shows no
//! playlist to whom may not see it. What is changed is in [`edit`], [`items`] and [`sharing`]; a
//! user who is gone is taken out by [`forget`].

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use kit::Result;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::page::{self, Keyset, Page, Position, Slice, SortDirection};
use super::{Store, from_micros, to_micros};
use crate::entity::{playlist, playlist_collaborator, playlist_item};
use crate::ids::{PlaylistId, PlaylistItemId, TrackId, UserId};

pub mod edit;
pub mod forget;
pub mod items;
pub mod sharing;

/// Who may see a playlist, beside its owner and those who work on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Visibility {
    /// Nobody.
    Private,
    /// Whoever has its link.
    ByLink,
    /// Everybody.
    Public,
}

impl Visibility {
    const ALL: [Visibility; 3] = [Visibility::Private, Visibility::ByLink, Visibility::Public];

    const fn as_str(self) -> &'static str {
        match self {
            Visibility::Private => "private",
            Visibility::ByLink => "by_link",
            Visibility::Public => "public",
        }
    }

    /// What no version of this service wrote is seen by nobody.
    fn stored(text: &str) -> Self {
        let known = Visibility::ALL.into_iter().find(|it| it.as_str() == text);
        known.unwrap_or(Visibility::Private)
    }
}

/// A list of tracks that somebody made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Playlist {
    /// Opaque id.
    pub id: PlaylistId,
    /// Whose it is.
    pub owner: UserId,
    /// The name as shown.
    pub name: String,
    /// What it is about.
    pub description: Option<String>,
    /// Who may see it.
    pub visibility: Visibility,
    /// Whether it has a link, working or not.
    pub has_link: bool,
    /// Until when the link works; `None` for ever.
    pub link_expires_at: Option<DateTime<Utc>>,
    /// How many items it has.
    pub item_count: i32,
    /// How often it was changed.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

/// A track on a playlist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Opaque id.
    pub id: PlaylistItemId,
    /// The track.
    pub track: TrackId,
    /// Who added it; `None` when that user is gone.
    pub added_by: Option<UserId>,
    /// When it was added.
    pub added_at: DateTime<Utc>,
    place: String,
}

/// That a user works on a playlist of somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collaboration {
    /// The playlist.
    pub playlist: PlaylistId,
    invited_at: i64,
}

impl Playlist {
    /// Where this playlist stands among those of its owner.
    pub fn position(&self) -> Position {
        Position::number(to_micros(self.created_at), self.id.as_str())
    }
}

impl Item {
    /// Where this item stands on its playlist.
    pub fn position(&self) -> Position {
        Position::text(&self.place, self.id.as_str())
    }
}

impl Collaboration {
    /// Where this collaboration stands among those of its user.
    pub fn position(&self) -> Position {
        Position::number(self.invited_at, self.playlist.as_str())
    }
}

impl From<playlist::Model> for Playlist {
    fn from(row: playlist::Model) -> Self {
        Playlist {
            id: PlaylistId::stored(row.id),
            owner: UserId::stored(row.owner_id),
            name: row.name,
            description: row.description,
            visibility: Visibility::stored(&row.visibility),
            has_link: row.share_token_hash.is_some(),
            link_expires_at: row.share_expires_at.map(from_micros),
            item_count: row.item_count,
            version: row.version,
            created_at: from_micros(row.created_at),
            updated_at: from_micros(row.updated_at),
        }
    }
}

impl From<playlist_item::Model> for Item {
    fn from(row: playlist_item::Model) -> Self {
        Item {
            id: PlaylistItemId::stored(row.id),
            track: TrackId::stored(row.track_id),
            added_by: row.added_by.map(UserId::stored),
            added_at: from_micros(row.added_at),
            place: row.place,
        }
    }
}

impl Store {
    /// The playlists with these ids; ids nobody has are left out.
    pub async fn playlists_by_id(
        &self,
        ids: &[PlaylistId],
    ) -> Result<HashMap<PlaylistId, Playlist>> {
        let rows = playlist::Entity::find()
            .filter(self.among(playlist::Column::Id, ids.iter().map(PlaylistId::as_str)))
            .all(self.connection())
            .await?;
        Ok(rows
            .into_iter()
            .map(Playlist::from)
            .map(|it| (it.id.clone(), it))
            .collect())
    }

    /// The same page of the playlists of each of these users, the latest first; all of them, or
    /// those that everybody may see.
    pub async fn playlists_of_users(
        &self,
        users: &[UserId],
        all: bool,
        page: &Page,
    ) -> Result<HashMap<UserId, Slice<Playlist>>> {
        use playlist::Column;
        let mut selection = playlist::Entity::find();
        let parents = page::named_in(Column::OwnerId, users.iter().map(UserId::as_str));
        if !all {
            selection = selection.filter(Column::Visibility.eq(Visibility::Public.as_str()));
        }
        let keyset = Keyset::new(
            playlist::Entity,
            Column::CreatedAt,
            Column::Id,
            SortDirection::Descending,
        );
        let pages =
            page::read_by_parent(self.connection(), selection, &keyset, page, parents).await?;
        Ok(pages
            .into_iter()
            .map(|(id, slice)| (UserId::stored(id), page::map(slice, Playlist::from)))
            .collect())
    }

    /// The same page of the collaborations of each of these users, the latest first.
    pub async fn collaborations_of_users(
        &self,
        users: &[UserId],
        page: &Page,
    ) -> Result<HashMap<UserId, Slice<Collaboration>>> {
        use playlist_collaborator::Column;
        let selection = playlist_collaborator::Entity::find();
        let parents = page::named_in(Column::UserId, users.iter().map(UserId::as_str));
        let keyset = Keyset::new(
            playlist_collaborator::Entity,
            Column::InvitedAt,
            Column::PlaylistId,
            SortDirection::Descending,
        );
        let pages =
            page::read_by_parent(self.connection(), selection, &keyset, page, parents).await?;
        let collaboration = |row: playlist_collaborator::Model| Collaboration {
            playlist: PlaylistId::stored(row.playlist_id),
            invited_at: row.invited_at,
        };
        Ok(pages
            .into_iter()
            .map(|(id, slice)| (UserId::stored(id), page::map(slice, collaboration)))
            .collect())
    }

    /// The same page of the items of each of these playlists, in their order.
    pub async fn items_of_playlists(
        &self,
        playlists: &[PlaylistId],
        page: &Page,
    ) -> Result<HashMap<PlaylistId, Slice<Item>>> {
        use playlist_item::Column;
        let selection = playlist_item::Entity::find();
        let playlists = playlists.iter().map(PlaylistId::as_str);
        let parents = page::named_in(Column::PlaylistId, playlists);
        let keyset = Keyset::new(
            playlist_item::Entity,
            Column::Place,
            Column::Id,
            SortDirection::Ascending,
        );
        let pages =
            page::read_by_parent(self.connection(), selection, &keyset, page, parents).await?;
        Ok(pages
            .into_iter()
            .map(|(id, slice)| (PlaylistId::stored(id), page::map(slice, Item::from)))
            .collect())
    }

    /// Who works on each of these playlists, in the order in which they came; playlists without
    /// such users are left out. There are [`sharing::MAX_COLLABORATORS`] of each at most.
    pub async fn collaborators_of(
        &self,
        playlists: &[PlaylistId],
    ) -> Result<HashMap<PlaylistId, Vec<UserId>>> {
        use playlist_collaborator::Column;
        let rows = playlist_collaborator::Entity::find()
            .filter(self.among(Column::PlaylistId, playlists.iter().map(PlaylistId::as_str)))
            .order_by_asc(Column::InvitedAt)
            .order_by_asc(Column::UserId)
            .limit(page::MAX_ITEMS_OF_LISTS as u64 + 1)
            .all(self.connection())
            .await?;
        if rows.len() > page::MAX_ITEMS_OF_LISTS {
            return Err(page::too_many_items());
        }
        let mut collaborators: HashMap<PlaylistId, Vec<UserId>> = HashMap::new();
        for row in rows {
            collaborators
                .entry(PlaylistId::stored(row.playlist_id))
                .or_default()
                .push(UserId::stored(row.user_id));
        }
        Ok(collaborators)
    }

    /// On which of these playlists this user works without owning them.
    pub async fn collaborations_among(
        &self,
        user: &UserId,
        playlists: &[PlaylistId],
    ) -> Result<Vec<PlaylistId>> {
        use playlist_collaborator::Column;
        let rows = playlist_collaborator::Entity::find()
            .filter(Column::UserId.eq(user.as_str()))
            .filter(self.among(Column::PlaylistId, playlists.iter().map(PlaylistId::as_str)))
            .all(self.connection())
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| PlaylistId::stored(row.playlist_id))
            .collect())
    }
}
