//! How often something was tried lately, in one row for each thing that is limited.
//!
//! The row holds one moment: when all attempts will have grown back (the generic cell rate
//! algorithm). An attempt moves it by the interval of one attempt, unless it would then lie too
//! far ahead. That is one statement, so replicas and simultaneous attempts count together.
//!
//! What is limited is stored as a hash: the table tells neither addresses nor names.

use chrono::{DateTime, Utc};
use kit::Result;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Statement};

use super::Store;
use crate::entity::attempt;
use crate::rules::AttemptLimit;
use crate::security::one_way;

/// What is limited, such as signing in to one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptKey(String);

impl AttemptKey {
    /// The attempts at `what`, by or at `whom`.
    pub fn new(what: &str, whom: &str) -> Self {
        AttemptKey(one_way::hash(&format!("{what}\n{whom}")))
    }
}

/// Moves the moment, or returns no row.
const TAKE: &str = "INSERT INTO attempt (key, restored_at) VALUES ($1, $2 + $3) \
    ON CONFLICT (key) DO UPDATE SET restored_at = \
        (CASE WHEN attempt.restored_at > $2 THEN attempt.restored_at ELSE $2 END) + $3 \
    WHERE attempt.restored_at <= $2 + $4 \
    RETURNING restored_at";

impl Store {
    /// Counts one attempt, or says after how many milliseconds one more is allowed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_attempt(
        &self,
        key: &AttemptKey,
        limit: AttemptLimit,
        now: DateTime<Utc>,
    ) -> Result<Option<i64>> {
        let connection = self.database.connection();
        let now = now.timestamp_millis();
        let take = Statement::from_sql_and_values(
            self.database.backend(),
            TAKE,
            [
                key.0.as_str().into(),
                now.into(),
                limit.interval().into(),
                limit.tolerance().into(),
            ],
        );
        if connection.query_one_raw(take).await?.is_some() {
            return Ok(None);
        }
        let row = attempt::Entity::find_by_id(&key.0).one(connection).await?;
        let wait = row.map_or(0, |row| row.restored_at - now - limit.tolerance());
        Ok(Some(wait.max(1)))
    }

    /// Takes back one attempt, for it turned out to be none that must be limited.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn give_back_attempt(&self, key: &AttemptKey, limit: AttemptLimit) -> Result<()> {
        let give_back = Statement::from_sql_and_values(
            self.database.backend(),
            "UPDATE attempt SET restored_at = restored_at - $2 WHERE key = $1",
            [key.0.as_str().into(), limit.interval().into()],
        );
        self.database.connection().execute_raw(give_back).await?;
        Ok(())
    }

    /// Forgets all attempts at something.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_attempts(&self, key: &AttemptKey) -> Result<()> {
        attempt::Entity::delete_by_id(&key.0)
            .exec(self.database.connection())
            .await?;
        Ok(())
    }

    /// Removes rows that limit nothing any more. Returns how many went.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_old_attempts(&self, now: DateTime<Utc>) -> Result<u64> {
        let deleted = attempt::Entity::delete_many()
            .filter(attempt::Column::RestoredAt.lte(now.timestamp_millis()))
            .exec(self.database.connection())
            .await?;
        Ok(deleted.rows_affected)
    }
}
