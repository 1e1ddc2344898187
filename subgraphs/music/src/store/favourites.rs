//! Favourites: who loves which track, since when and why.
//!
//! A track's `favourite_count` is stored with it, so that tracks can be ordered by it from an
//! index. It changes in the transaction that adds or removes the favourite, and only when a row
//! really came or went; so it cannot drift. A user's count is kept by the database, with triggers.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use kit::Result;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel,
    QueryFilter, QuerySelect,
};

use super::page::{self, Keyset, Page, Position, Slice, SortDirection};
use super::{Store, from_micros, listeners, to_micros};
use crate::entity::{favourite, favourite_tally, track};
use crate::events::{Event, FavouriteChange};
use crate::ids::{TrackId, UserId};
use crate::order_key;

/// One user's love of one track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Favourite {
    /// Who.
    pub user: UserId,
    /// What.
    pub track: TrackId,
    /// Since when.
    pub favourited_at: DateTime<Utc>,
    /// Why, in the user's words.
    pub note: Option<String>,
    place: String,
}

/// In which order a user's favourites are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FavouriteSort {
    /// The latest first.
    #[default]
    Time,
    /// As the user arranged them. What was never moved stands where its time puts it.
    Place,
}

/// Where a favourite goes in its user's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FavouriteTarget {
    /// Before all others.
    Beginning,
    /// Behind the favourite of this track.
    After(TrackId),
}

/// What happens to the note of a favourite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoteChange {
    /// A new favourite gets none; one that exists keeps what it has.
    Keep,
    /// The note becomes this one, or none.
    Set(Option<String>),
}

/// What adding a favourite did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    /// The favourite as it is now.
    pub favourite: Favourite,
    /// Whether it is new.
    pub new: bool,
}

impl Favourite {
    /// Where this favourite stands among those of its user.
    pub fn position_of_user(&self, sort: FavouriteSort) -> Position {
        match sort {
            FavouriteSort::Time => {
                Position::number(to_micros(self.favourited_at), self.track.as_str())
            }
            FavouriteSort::Place => Position::text(&self.place, self.track.as_str()),
        }
    }

    /// Where this favourite stands among those of its track.
    pub fn position_of_track(&self) -> Position {
        Position::number(to_micros(self.favourited_at), self.user.as_str())
    }
}

impl From<favourite::Model> for Favourite {
    fn from(row: favourite::Model) -> Self {
        Favourite {
            user: UserId::stored(row.user_id),
            track: TrackId::stored(row.track_id),
            favourited_at: from_micros(row.favourited_at),
            note: row.note,
            place: row.place,
        }
    }
}

impl Store {
    /// The same page of the favourites of each of these users, in this order.
    pub async fn favourites_of_users(
        &self,
        users: &[UserId],
        sort: FavouriteSort,
        page: &Page,
    ) -> Result<HashMap<UserId, Slice<Favourite>>> {
        use favourite::Column;
        let selection = favourite::Entity::find();
        let parents = page::named_in(Column::UserId, users.iter().map(UserId::as_str));
        let keyset = Keyset::new(
            favourite::Entity,
            match sort {
                FavouriteSort::Time => Column::FavouritedAt,
                FavouriteSort::Place => Column::Place,
            },
            Column::TrackId,
            SortDirection::Descending,
        );
        let pages =
            page::read_by_parent(self.connection(), selection, &keyset, page, parents).await?;
        Ok(pages
            .into_iter()
            .map(|(id, slice)| (UserId::stored(id), page::map(slice, Favourite::from)))
            .collect())
    }

    /// The same page of the favourites that point at each of these tracks, the latest first.
    pub async fn favourites_of_tracks(
        &self,
        tracks: &[TrackId],
        page: &Page,
    ) -> Result<HashMap<TrackId, Slice<Favourite>>> {
        use favourite::Column;
        let selection = favourite::Entity::find();
        let parents = page::named_in(Column::TrackId, tracks.iter().map(TrackId::as_str));
        let keyset = Keyset::new(
            favourite::Entity,
            Column::FavouritedAt,
            Column::UserId,
            SortDirection::Descending,
        );
        let pages =
            page::read_by_parent(self.connection(), selection, &keyset, page, parents).await?;
        Ok(pages
            .into_iter()
            .map(|(id, slice)| (TrackId::stored(id), page::map(slice, Favourite::from)))
            .collect())
    }

    /// One favourite, if it is there.
    pub async fn favourite(&self, user: &UserId, track: &TrackId) -> Result<Option<Favourite>> {
        let key = (user.as_str().to_owned(), track.as_str().to_owned());
        let row = favourite::Entity::find_by_id(key)
            .one(self.connection())
            .await?;
        Ok(row.map(Favourite::from))
    }

    /// Which of these tracks this user loves.
    pub async fn favourites_among(
        &self,
        user: &UserId,
        tracks: &[TrackId],
    ) -> Result<Vec<TrackId>> {
        use favourite::Column;
        let loved: Vec<String> = favourite::Entity::find()
            .select_only()
            .column(Column::TrackId)
            .filter(Column::UserId.eq(user.as_str()))
            .filter(self.among(Column::TrackId, tracks.iter().map(TrackId::as_str)))
            .into_tuple()
            .all(self.connection())
            .await?;
        Ok(loved.into_iter().map(TrackId::stored).collect())
    }

    /// How many favourites each of these users has; users without any are left out.
    pub async fn favourite_counts(&self, users: &[UserId]) -> Result<HashMap<UserId, i32>> {
        use favourite_tally::Column;
        let tallies = favourite_tally::Entity::find()
            .filter(self.among(Column::UserId, users.iter().map(UserId::as_str)))
            .all(self.connection())
            .await?;
        Ok(tallies
            .into_iter()
            .map(|it| (UserId::stored(it.user_id), it.favourites))
            .collect())
    }

    /// Makes a track a favourite. Doing it again changes nothing but the note, where one is
    /// given. `None` when there is no such track. A user who is gone is refused.
    pub async fn add_favourite(
        &self,
        user: &UserId,
        track: &TrackId,
        note: NoteChange,
        now: DateTime<Utc>,
    ) -> Result<Option<Added>> {
        let transaction = self.database.begin_write().await?;
        listeners::refuse_departed(&transaction, user).await?;
        if !lock_track(&transaction, track).await? {
            return Ok(None);
        }
        let key = (user.as_str().to_owned(), track.as_str().to_owned());
        let existing = favourite::Entity::find_by_id(key).one(&transaction).await?;
        let new = existing.is_none();
        let mut noted = false;
        let row = match (existing, note) {
            (None, note) => insert(&transaction, user, track, note, now).await?,
            (Some(row), NoteChange::Keep) => row,
            (Some(row), NoteChange::Set(note)) => {
                noted = row.note != note;
                let mut row = row.into_active_model();
                row.note = ActiveValue::Set(note);
                row.update(&transaction).await?
            }
        };
        let mut events = Vec::new();
        if new || noted {
            events.push(Event::Favourites {
                user: user.clone(),
                track: Some(track.clone()),
                change: if new {
                    FavouriteChange::Added
                } else {
                    FavouriteChange::Noted
                },
            });
        }
        if new {
            events.push(Event::Loved {
                track: track.clone(),
                user: user.clone(),
            });
        }
        self.commit(transaction, events).await?;
        Ok(Some(Added {
            favourite: row.into(),
            new,
        }))
    }

    /// Makes a track no longer a favourite; says whether it was one.
    pub async fn remove_favourite(&self, user: &UserId, track: &TrackId) -> Result<bool> {
        let transaction = self.database.begin_write().await?;
        if !lock_track(&transaction, track).await? {
            return Ok(false);
        }
        let deleted = favourite::Entity::delete_many()
            .filter(favourite::Column::UserId.eq(user.as_str()))
            .filter(favourite::Column::TrackId.eq(track.as_str()))
            .exec(&transaction)
            .await?;
        let removed = deleted.rows_affected > 0;
        if removed {
            change_favourite_count(&transaction, track, -1).await?;
        }
        let event = removed.then(|| Event::Favourites {
            user: user.clone(),
            track: Some(track.clone()),
            change: FavouriteChange::Removed,
        });
        self.commit(transaction, event.into_iter().collect())
            .await?;
        Ok(removed)
    }
}

/// Lets one transaction at a time change the favourites of a track; false when there is no such
/// track. The count would make them wait for each other anyway, and waiting first means that
/// what is read next stays true until the end.
async fn lock_track(transaction: &impl ConnectionTrait, track: &TrackId) -> Result<bool> {
    let locked = track::Entity::find_by_id(track.as_str())
        .lock_exclusive()
        .one(transaction)
        .await?;
    Ok(locked.is_some())
}

async fn insert(
    transaction: &impl ConnectionTrait,
    user: &UserId,
    track: &TrackId,
    note: NoteChange,
    now: DateTime<Utc>,
) -> Result<favourite::Model> {
    let row = favourite::Model {
        user_id: user.as_str().to_owned(),
        track_id: track.as_str().to_owned(),
        favourited_at: to_micros(now),
        note: match note {
            NoteChange::Set(note) => note,
            NoteChange::Keep => None,
        },
        place: order_key::of_number(to_micros(now)),
    };
    favourite::Entity::insert(row.clone().into_active_model())
        .exec_without_returning(transaction)
        .await?;
    change_favourite_count(transaction, track, 1).await?;
    Ok(row)
}

async fn change_favourite_count(
    transaction: &impl ConnectionTrait,
    track: &TrackId,
    by: i32,
) -> Result<()> {
    use track::Column;
    track::Entity::update_many()
        .col_expr(
            Column::FavouriteCount,
            Expr::col(Column::FavouriteCount).add(by),
        )
        .filter(Column::Id.eq(track.as_str()))
        .exec(transaction)
        .await?;
    Ok(())
}
