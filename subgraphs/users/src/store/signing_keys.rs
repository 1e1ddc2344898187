//! The sequence of signing keys, on which replicas agree.

use chrono::{DateTime, Utc};
use kit::{Failure, Result};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder, SqlErr,
};

use super::{Store, time};
use crate::entity::signing_key;
use crate::security::keyring::StoredKey;

impl Store {
    /// All keys that are stored, in their order.
    ///
    /// # Errors
    /// When the database fails, or a stored key is none.
    pub async fn signing_keys(&self) -> Result<Vec<StoredKey>> {
        let rows = signing_key::Entity::find()
            .order_by(signing_key::Column::Sequence, Order::Asc)
            .all(self.database.connection())
            .await?;
        rows.into_iter()
            .map(|row| {
                Ok(StoredKey {
                    jwk: serde_json::from_str(&row.jwk).map_err(Failure::internal)?,
                    key_id: row.key_id,
                    sequence: row.sequence,
                    salt: row.salt,
                    created_at: time(row.created_at),
                    active_from: time(row.active_from),
                })
            })
            .collect()
    }

    /// Adds a key. False when another replica was faster with this key or this place.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_signing_key(&self, key: &StoredKey) -> Result<bool> {
        let row = signing_key::ActiveModel {
            key_id: ActiveValue::Set(key.key_id.clone()),
            sequence: ActiveValue::Set(key.sequence),
            salt: ActiveValue::Set(key.salt.clone()),
            jwk: ActiveValue::Set(serde_json::to_string(&key.jwk).map_err(Failure::internal)?),
            created_at: ActiveValue::Set(key.created_at.timestamp_millis()),
            active_from: ActiveValue::Set(key.active_from.timestamp_millis()),
        };
        match row.insert(self.database.connection()).await {
            Ok(_) => Ok(true),
            Err(error) => match error.sql_err() {
                Some(SqlErr::UniqueConstraintViolation(_)) => Ok(false),
                _ => Err(error.into()),
            },
        }
    }

    /// Forgets keys that nobody needs any more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_signing_keys(&self, key_ids: &[String]) -> Result<()> {
        signing_key::Entity::delete_many()
            .filter(signing_key::Column::KeyId.is_in(key_ids))
            .exec(self.database.connection())
            .await?;
        Ok(())
    }

    /// Forgets all keys made before a moment, at once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_signing_keys_before(&self, moment: DateTime<Utc>) -> Result<()> {
        signing_key::Entity::delete_many()
            .filter(signing_key::Column::CreatedAt.lt(moment.timestamp_millis()))
            .exec(self.database.connection())
            .await?;
        Ok(())
    }
}
