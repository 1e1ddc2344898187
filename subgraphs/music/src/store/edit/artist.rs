//! Artists, created, updated and deleted.

use std::slice;

use chrono::{DateTime, Utc};
use kit::Result;
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel,
    QueryFilter, QuerySelect,
};

use super::super::search::{Kind, documents};
use super::super::{Artist, Store, to_micros};
use super::{Deletion, new_id};
use crate::entity::{artist, artist_genre};
use crate::ids::ArtistId;
use crate::search_key::search_key;

/// An artist to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewArtist {
    /// The name as shown.
    pub name: String,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// In lower case, each once, the most telling first.
    pub genres: Vec<String>,
}

/// What changes about an artist; `None` leaves it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArtistChange {
    /// The new name.
    pub name: Option<String>,
    /// The new country, or none.
    pub country: Option<Option<String>>,
    /// All genres anew.
    pub genres: Option<Vec<String>>,
}

impl Store {
    /// Creates an artist.
    pub async fn create_artist(&self, new: NewArtist, now: DateTime<Utc>) -> Result<Artist> {
        let row = artist::Model {
            id: new_id()?,
            name_key: search_key(&new.name),
            name: new.name,
            country: new.country,
            added_at: to_micros(now),
        };
        let transaction = self.database.begin_write().await?;
        artist::Entity::insert(row.clone().into_active_model())
            .exec_without_returning(&transaction)
            .await?;
        insert_genres(&transaction, &row.id, new.genres).await?;
        documents::refresh(&transaction, Kind::Artist, slice::from_ref(&row.id)).await?;
        transaction.commit().await?;
        Ok(row.into())
    }

    /// Updates an artist; `None` when there is no such artist.
    pub async fn update_artist(
        &self,
        id: &ArtistId,
        change: ArtistChange,
    ) -> Result<Option<Artist>> {
        let transaction = self.database.begin_write().await?;
        // Held until the end: of two who give an artist other genres at once, one waits for the other.
        let Some(row) = artist::Entity::find_by_id(id.as_str())
            .lock_exclusive()
            .one(&transaction)
            .await?
        else {
            return Ok(None);
        };
        let mut row = row.into_active_model();
        if let Some(name) = change.name {
            row.name_key = ActiveValue::Set(search_key(&name));
            row.name = ActiveValue::Set(name);
        }
        if let Some(country) = change.country {
            row.country = ActiveValue::Set(country);
        }
        // Names and genres are in the documents of all that the artist made.
        let searched = row.name.is_set() || change.genres.is_some();
        let row = row.update(&transaction).await?;
        if let Some(genres) = change.genres {
            artist_genre::Entity::delete_many()
                .filter(artist_genre::Column::ArtistId.eq(id.as_str()))
                .exec(&transaction)
                .await?;
            insert_genres(&transaction, id.as_str(), genres).await?;
        }
        if searched {
            documents::refresh_artist(&transaction, id.as_str()).await?;
        }
        transaction.commit().await?;
        Ok(Some(row.into()))
    }

    /// Deletes an artist who has no albums.
    pub async fn delete_artist(&self, id: &ArtistId) -> Result<Deletion> {
        let transaction = self.database.begin_write().await?;
        let deleted = artist::Entity::delete_by_id(id.as_str())
            .exec(&transaction)
            .await;
        Deletion::end(transaction, deleted, Kind::Artist, id.as_str()).await
    }
}

async fn insert_genres(
    transaction: &impl ConnectionTrait,
    artist: &str,
    genres: Vec<String>,
) -> Result<()> {
    if genres.is_empty() {
        return Ok(());
    }
    let rows = genres
        .into_iter()
        .zip(0..)
        .map(|(genre, place)| artist_genre::ActiveModel {
            artist_id: ActiveValue::Set(artist.to_owned()),
            genre: ActiveValue::Set(genre),
            place: ActiveValue::Set(place),
        });
    artist_genre::Entity::insert_many(rows)
        .exec_without_returning(transaction)
        .await?;
    Ok(())
}
