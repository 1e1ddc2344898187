//! Tracks, created, updated and deleted. The album of a track does not change.

use std::slice;

use chrono::{DateTime, Utc};
use kit::Result;
use sea_orm::{ActiveModelTrait, ActiveValue, EntityTrait, IntoActiveModel, QuerySelect};

use super::super::search::{Kind, documents};
use super::super::{Store, Track, to_micros};
use super::{Deletion, new_id};
use crate::entity::{album, track};
use crate::ids::{AlbumId, TrackId};
use crate::search_key::search_key;

/// A track to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTrack {
    /// The album it is on.
    pub album: AlbumId,
    /// The title as shown.
    pub title: String,
    /// Length in seconds.
    pub duration_seconds: i32,
    /// Place on the album, from 1.
    pub track_number: i32,
}

/// What changes about a track; `None` leaves it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrackChange {
    /// The new title.
    pub title: Option<String>,
    /// The new length in seconds.
    pub duration_seconds: Option<i32>,
    /// The new place on the album.
    pub track_number: Option<i32>,
}

impl Store {
    /// Creates a track; `None` when there is no such album.
    pub async fn create_track(&self, new: NewTrack, now: DateTime<Utc>) -> Result<Option<Track>> {
        let transaction = self.database.begin_write().await?;
        // Held until the track is there, so that a change of the album's year reaches it too.
        let album = album::Entity::find_by_id(new.album.as_str())
            .lock_exclusive()
            .one(&transaction)
            .await?;
        let Some(album) = album else {
            return Ok(None);
        };
        let row = track::Model {
            id: new_id()?,
            album_id: album.id,
            artist_id: album.artist_id,
            title_key: search_key(&new.title),
            title: new.title,
            duration_seconds: new.duration_seconds,
            track_number: new.track_number,
            release_year: album.release_year,
            favourite_count: 0,
            added_at: to_micros(now),
        };
        track::Entity::insert(row.clone().into_active_model())
            .exec_without_returning(&transaction)
            .await?;
        documents::refresh(&transaction, Kind::Track, slice::from_ref(&row.id)).await?;
        transaction.commit().await?;
        Ok(Some(row.into()))
    }

    /// Updates a track; `None` when there is no such track.
    pub async fn update_track(&self, id: &TrackId, change: TrackChange) -> Result<Option<Track>> {
        let transaction = self.database.begin_write().await?;
        let Some(row) = track::Entity::find_by_id(id.as_str())
            .one(&transaction)
            .await?
        else {
            return Ok(None);
        };
        let mut row = row.into_active_model();
        if let Some(title) = change.title {
            row.title_key = ActiveValue::Set(search_key(&title));
            row.title = ActiveValue::Set(title);
        }
        if let Some(duration_seconds) = change.duration_seconds {
            row.duration_seconds = ActiveValue::Set(duration_seconds);
        }
        if let Some(track_number) = change.track_number {
            row.track_number = ActiveValue::Set(track_number);
        }
        let row = row.update(&transaction).await?;
        documents::refresh(&transaction, Kind::Track, slice::from_ref(&row.id)).await?;
        transaction.commit().await?;
        Ok(Some(row.into()))
    }

    /// Deletes a track that nobody loves.
    pub async fn delete_track(&self, id: &TrackId) -> Result<Deletion> {
        let transaction = self.database.begin_write().await?;
        let deleted = track::Entity::delete_by_id(id.as_str())
            .exec(&transaction)
            .await;
        Deletion::end(transaction, deleted, Kind::Track, id.as_str()).await
    }
}
