//! Albums, created, updated and deleted. The artist of an album does not change.

use std::slice;

use chrono::{DateTime, Utc};
use kit::Result;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
};

use super::super::search::{Kind, documents};
use super::super::{Album, Store, to_micros};
use super::{Deletion, is_missing_reference, new_id};
use crate::entity::{album, track};
use crate::ids::{AlbumId, ArtistId};
use crate::search_key::search_key;

/// An album to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAlbum {
    /// Who made it.
    pub artist: ArtistId,
    /// The title as shown.
    pub title: String,
    /// Year of first release.
    pub release_year: i32,
}

/// What changes about an album; `None` leaves it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlbumChange {
    /// The new title.
    pub title: Option<String>,
    /// The new year of first release.
    pub release_year: Option<i32>,
}

impl Store {
    /// Creates an album; `None` when there is no such artist.
    pub async fn create_album(&self, new: NewAlbum, now: DateTime<Utc>) -> Result<Option<Album>> {
        let row = album::Model {
            id: new_id()?,
            artist_id: new.artist.into_string(),
            title_key: search_key(&new.title),
            title: new.title,
            release_year: new.release_year,
            added_at: to_micros(now),
        };
        let transaction = self.database.begin_write().await?;
        let inserted = album::Entity::insert(row.clone().into_active_model())
            .exec_without_returning(&transaction)
            .await;
        match inserted {
            Ok(_) => {}
            Err(error) if is_missing_reference(&error) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        documents::refresh(&transaction, Kind::Album, slice::from_ref(&row.id)).await?;
        transaction.commit().await?;
        Ok(Some(row.into()))
    }

    /// Updates an album, and the year its tracks repeat; `None` when there is no such album.
    pub async fn update_album(&self, id: &AlbumId, change: AlbumChange) -> Result<Option<Album>> {
        let transaction = self.database.begin_write().await?;
        let Some(row) = album::Entity::find_by_id(id.as_str())
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
        if let Some(release_year) = change.release_year {
            row.release_year = ActiveValue::Set(release_year);
        }
        let row = row.update(&transaction).await?;
        if change.release_year.is_some() {
            track::Entity::update_many()
                .col_expr(track::Column::ReleaseYear, Expr::value(row.release_year))
                .filter(track::Column::AlbumId.eq(id.as_str()))
                .exec(&transaction)
                .await?;
            documents::refresh_album(&transaction, id.as_str()).await?;
        } else {
            documents::refresh(&transaction, Kind::Album, slice::from_ref(&row.id)).await?;
        }
        transaction.commit().await?;
        Ok(Some(row.into()))
    }

    /// Deletes an album that has no tracks.
    pub async fn delete_album(&self, id: &AlbumId) -> Result<Deletion> {
        let transaction = self.database.begin_write().await?;
        let deleted = album::Entity::delete_by_id(id.as_str())
            .exec(&transaction)
            .await;
        Deletion::end(transaction, deleted, Kind::Album, id.as_str()).await
    }
}
