//! The items of a playlist: added, moved and removed.
//!
//! An item's place is an order key (see [`crate::order_key`]), so moving an item writes one row.
//! Only when items have been put at the very same place so often that keys became long, all
//! items of the playlist get new ones.

use chrono::{DateTime, Utc};
use kit::Failure;
use kit::lists::among;
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait};
use sea_orm::{
    ActiveValue, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

use super::edit::{Edit, EditError, Edited, Opened, Right};
use super::{Item, Playlist};
use crate::entity::{playlist_item, track};
use crate::events::PlaylistChange;
use crate::ids::{self, PlaylistItemId, TrackId};
use crate::order_key;
use crate::store::{Store, to_micros};

/// Items that a playlist may have.
pub const MAX_ITEMS: usize = 10_000;

/// Items that one edit may add or remove.
pub const MAX_ITEMS_AT_ONCE: usize = 100;

/// Rows that one statement gives new places, two variables each.
const PLACES_AT_ONCE: usize = 1_000;

/// Where items go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Before all others.
    Beginning,
    /// Behind this one.
    After(PlaylistItemId),
    /// Behind all others.
    End,
}

impl Store {
    /// Puts tracks on a playlist, in the order given; also what is on it already.
    pub async fn add_playlist_items(
        &self,
        edit: &Edit,
        tracks: &[TrackId],
        target: &Target,
        now: DateTime<Utc>,
    ) -> Edited<(Playlist, Vec<Item>)> {
        let opened = self.open(edit, Right::EditItems).await?;
        let count = usize::try_from(opened.row.item_count).unwrap_or(0);
        if count + tracks.len() > MAX_ITEMS {
            return Err(EditError::TooMany(MAX_ITEMS as u64, "items"));
        }
        all_exist(&opened, tracks).await?;
        let places = opened.places(tracks.len(), target, None).await?;
        let mut rows = Vec::with_capacity(tracks.len());
        for (track, place) in tracks.iter().zip(places) {
            rows.push(playlist_item::Model {
                id: ids::random().map_err(Failure::internal)?,
                playlist_id: opened.row.id.clone(),
                track_id: track.as_str().to_owned(),
                place,
                added_by: Some(edit.user.as_str().to_owned()),
                added_at: to_micros(now),
            });
        }
        if !rows.is_empty() {
            let rows = rows.iter().cloned().map(IntoActiveModel::into_active_model);
            playlist_item::Entity::insert_many(rows)
                .exec_without_returning(&opened.transaction)
                .await?;
        }
        let added = i32::try_from(rows.len()).unwrap_or(0);
        let item_count = opened.row.item_count + added;
        let playlist = self
            .commit_edit(opened, PlaylistChange::Items, now, |row| {
                row.item_count = ActiveValue::Set(item_count);
            })
            .await?;
        Ok((playlist, rows.into_iter().map(Item::from).collect()))
    }

    /// Moves an item on its playlist.
    pub async fn move_playlist_item(
        &self,
        edit: &Edit,
        item: &PlaylistItemId,
        target: &Target,
        now: DateTime<Utc>,
    ) -> Edited<(Playlist, Item)> {
        let opened = self.open(edit, Right::EditItems).await?;
        let mut row = opened.item(item).await?;
        if *target != Target::After(item.clone()) {
            let places = opened.places(1, target, Some(item)).await?;
            row.place = places.into_iter().next().unwrap_or(row.place);
            opened.write_places([(&row.id, &row.place)]).await?;
        }
        let playlist = self
            .commit_edit(opened, PlaylistChange::Items, now, |_| {})
            .await?;
        Ok((playlist, row.into()))
    }

    /// Takes items off a playlist. One that is not on it is refused, and so are the others then.
    pub async fn remove_playlist_items(
        &self,
        edit: &Edit,
        items: &[PlaylistItemId],
        now: DateTime<Utc>,
    ) -> Edited<Playlist> {
        use playlist_item::Column;
        let opened = self.open(edit, Right::EditItems).await?;
        let deleted = playlist_item::Entity::delete_many()
            .filter(Column::PlaylistId.eq(&opened.row.id))
            .filter(self.among(Column::Id, items.iter().map(PlaylistItemId::as_str)))
            .exec(&opened.transaction)
            .await?;
        if deleted.rows_affected != items.len() as u64 {
            return Err(EditError::NoSuchItem);
        }
        let removed = i32::try_from(items.len()).unwrap_or(0);
        let item_count = opened.row.item_count - removed;
        self.commit_edit(opened, PlaylistChange::Items, now, |row| {
            row.item_count = ActiveValue::Set(item_count);
        })
        .await
    }
}

impl Opened {
    async fn item(&self, id: &PlaylistItemId) -> Edited<playlist_item::Model> {
        playlist_item::Entity::find_by_id(id.as_str())
            .filter(playlist_item::Column::PlaylistId.eq(&self.row.id))
            .one(&self.transaction)
            .await?
            .ok_or(EditError::NoSuchItem)
    }

    /// Places for so many items at the target; `moving` is on its way there, and counts as gone.
    async fn places(
        &self,
        count: usize,
        target: &Target,
        moving: Option<&PlaylistItemId>,
    ) -> Edited<Vec<String>> {
        let places = self
            .places_between_neighbours(count, target, moving)
            .await?;
        if places.iter().all(|it| it.len() <= order_key::MAX_LENGTH) {
            return Ok(places);
        }
        self.renew_places().await?;
        self.places_between_neighbours(count, target, moving).await
    }

    async fn places_between_neighbours(
        &self,
        count: usize,
        target: &Target,
        moving: Option<&PlaylistItemId>,
    ) -> Edited<Vec<String>> {
        use playlist_item::Column;
        let low = match target {
            Target::Beginning => None,
            Target::After(item) => Some(self.item(item).await?.place),
            Target::End => self
                .others(moving)
                .order_by_desc(Column::Place)
                .one(&self.transaction)
                .await?
                .map(|it| it.place),
        };
        let high = match (target, &low) {
            (Target::End, _) => None,
            (_, low) => {
                let mut following = self.others(moving).order_by_asc(Column::Place);
                if let Some(low) = low {
                    following = following.filter(Column::Place.gt(low));
                }
                following.one(&self.transaction).await?.map(|it| it.place)
            }
        };
        Ok(order_key::spread(count, low.as_deref(), high.as_deref()))
    }

    fn others(&self, moving: Option<&PlaylistItemId>) -> sea_orm::Select<playlist_item::Entity> {
        use playlist_item::Column;
        let items = playlist_item::Entity::find().filter(Column::PlaylistId.eq(&self.row.id));
        match moving {
            Some(item) => items.filter(Column::Id.ne(item.as_str())),
            None => items,
        }
    }

    /// Gives all items short places, in the order they are in.
    async fn renew_places(&self) -> Edited<()> {
        use playlist_item::Column;
        let ids: Vec<String> = self
            .others(None)
            .select_only()
            .column(Column::Id)
            .order_by_asc(Column::Place)
            .order_by_asc(Column::Id)
            .into_tuple()
            .all(&self.transaction)
            .await?;
        let places = order_key::spread(ids.len(), None, None);
        for (ids, places) in ids
            .chunks(PLACES_AT_ONCE)
            .zip(places.chunks(PLACES_AT_ONCE))
        {
            self.write_places(ids.iter().zip(places)).await?;
        }
        Ok(())
    }

    async fn write_places(
        &self,
        places: impl IntoIterator<Item = (&String, &String)>,
    ) -> Edited<()> {
        use playlist_item::Column;
        let mut place = CaseStatement::new();
        let mut ids = Vec::new();
        for (id, key) in places {
            place = place.case(Expr::col(Column::Id).eq(id), key.as_str());
            ids.push(id);
        }
        playlist_item::Entity::update_many()
            .col_expr(Column::Place, place.into())
            .filter(among(&self.transaction, Column::Id, ids))
            .exec(&self.transaction)
            .await?;
        Ok(())
    }
}

/// Refuses tracks that nobody knows.
async fn all_exist(opened: &Opened, tracks: &[TrackId]) -> Edited<()> {
    let known: Vec<String> = track::Entity::find()
        .select_only()
        .column(track::Column::Id)
        .filter(among(
            &opened.transaction,
            track::Column::Id,
            tracks.iter().map(TrackId::as_str),
        ))
        .into_tuple()
        .all(&opened.transaction)
        .await?;
    let is_known = |track: &TrackId| known.iter().any(|id| id == track.as_str());
    match tracks.iter().find(|track| !is_known(track)) {
        Some(track) => Err(EditError::NoSuchTrack(track.clone())),
        None => Ok(()),
    }
}
