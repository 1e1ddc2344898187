//! The outbox: a fact is written in the transaction of the change it reports, so that it is
//! neither lost nor told without having happened.
//!
//! Readers remember the position of the last fact they have seen, so a fact must never appear
//! behind it. Postgres hands out numbers before it commits; therefore whoever records a fact holds
//! a lock from before the number until after the commit, and positions appear in their order.
//! SQLite has one writer at a time anyway.
//!
//! A fact says what happened to whom, and nothing about them: so there is nothing to erase here, or
//! in what readers have copied, when an account is deleted.

use chrono::{DateTime, Duration, Utc};
use kit::Result;
use sea_orm::sea_query::{Asterisk, Expr, Func, Query};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend,
    EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

use super::{Store, time};
use crate::entity::{outbox_event, outbox_mark};

/// Taken by whoever records a fact, until the transaction ends.
const RECORD_LOCK: i64 = 0x7573_6572_735f_6f62;

/// How far facts were forgotten.
const FORGOTTEN: &str = "forgotten";

/// Facts that are forgotten at once.
const FORGET_AT_ONCE: u64 = 10_000;

/// What happened to a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// An account was created.
    UserRegistered,
    /// Display name, biography or country changed.
    UserProfileChanged,
    /// The account is gone, with everything in it.
    UserDeleted,
}

impl Fact {
    /// The name as others know it; never changed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Fact::UserRegistered => "user.registered",
            Fact::UserProfileChanged => "user.profileChanged",
            Fact::UserDeleted => "user.deleted",
        }
    }
}

/// A fact as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedFact {
    /// Its place among all facts; grows, with gaps.
    pub position: i64,
    /// What happened.
    pub kind: String,
    /// The id of the user it happened to.
    pub subject_id: String,
    /// When.
    pub occurred_at: DateTime<Utc>,
}

/// What there is after a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactFeed {
    /// These, in their order.
    Facts(Vec<RecordedFact>),
    /// Facts after that position were forgotten: it is too old.
    Forgotten,
}

/// Records a fact. To be called last in a transaction, because whoever records another one waits
/// until it has ended.
pub(super) async fn record(
    transaction: &DatabaseTransaction,
    fact: Fact,
    subject_id: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    if transaction.get_database_backend() == DbBackend::Postgres {
        let lock = format!("SELECT pg_advisory_xact_lock({RECORD_LOCK})");
        transaction.execute_unprepared(&lock).await?;
    }
    let event = outbox_event::ActiveModel {
        id: ActiveValue::NotSet,
        kind: ActiveValue::Set(fact.as_str().to_owned()),
        subject_id: ActiveValue::Set(subject_id.to_owned()),
        occurred_at: ActiveValue::Set(now.timestamp_millis()),
    };
    event.insert(transaction).await?;
    Ok(())
}

impl Store {
    /// The facts after a position, or from the oldest one on, at most so many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn facts(&self, after: Option<i64>, limit: u64) -> Result<FactFeed> {
        let connection = self.database.connection();
        let rows = outbox_event::Entity::find()
            .filter(outbox_event::Column::Id.gt(after.unwrap_or(0)))
            .order_by(outbox_event::Column::Id, Order::Asc)
            .limit(limit)
            .all(connection)
            .await?;
        // Read after the facts: what is forgotten in between must not look as if it never was.
        if let Some(after) = after
            && self.mark(FORGOTTEN).await? > after
        {
            return Ok(FactFeed::Forgotten);
        }
        Ok(FactFeed::Facts(
            rows.into_iter().map(RecordedFact::from).collect(),
        ))
    }

    /// How many facts there are after a position, up to a bound beyond which they are not counted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_facts(&self, after: i64, most: u64) -> Result<u64> {
        let some = outbox_event::Entity::find()
            .select_only()
            .column(outbox_event::Column::Id)
            .filter(outbox_event::Column::Id.gt(after))
            .limit(most)
            .into_query();
        let count = Query::select()
            .expr(Func::count(Expr::col(Asterisk)))
            .from_subquery(some, "counted")
            .to_owned();
        let row = self.database.connection().query_one(&count).await?;
        let count: i64 = row.map_or(Ok(0), |row| row.try_get_by_index(0))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Forgets facts that happened before a moment, though none after position `keep_after`.
    /// Returns how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_old_facts(
        &self,
        before: DateTime<Utc>,
        keep_after: Option<i64>,
    ) -> Result<u64> {
        let oldest = outbox_event::Entity::find()
            .filter(outbox_event::Column::Id.lte(keep_after.unwrap_or(i64::MAX)))
            .order_by(outbox_event::Column::Id, Order::Asc)
            .limit(FORGET_AT_ONCE)
            .all(self.database.connection())
            .await?;
        let last = oldest
            .iter()
            .take_while(|event| event.occurred_at < before.timestamp_millis())
            .last();
        let Some(last) = last else {
            return Ok(0);
        };
        let transaction = self.database.begin_write().await?;
        let forgotten = outbox_event::Entity::delete_many()
            .filter(outbox_event::Column::Id.lte(last.id))
            .exec(&transaction)
            .await?;
        outbox_mark::Entity::update_many()
            .col_expr(outbox_mark::Column::Position, Expr::value(last.id))
            .filter(outbox_mark::Column::Name.eq(FORGOTTEN))
            .exec(&transaction)
            .await?;
        transaction.commit().await?;
        Ok(forgotten.rows_affected)
    }

    /// How far this reader has come.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mark(&self, reader: &str) -> Result<i64> {
        let mark = outbox_mark::Entity::find_by_id(reader)
            .one(self.database.connection())
            .await?;
        Ok(mark.map_or(0, |mark| mark.position))
    }

    /// Makes this process the only one that goes on for this reader, for a while. False when another
    /// one is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lease_mark(
        &self,
        reader: &str,
        now: DateTime<Utc>,
        lasts: Duration,
    ) -> Result<bool> {
        let until = (now + lasts).timestamp_millis();
        let leased = outbox_mark::Entity::update_many()
            .col_expr(outbox_mark::Column::LeasedUntil, Expr::value(until))
            .filter(outbox_mark::Column::Name.eq(reader))
            .filter(outbox_mark::Column::LeasedUntil.lte(now.timestamp_millis()))
            .exec(self.database.connection())
            .await?;
        Ok(leased.rows_affected > 0)
    }

    /// The reader has come this far, and others may go on.
    ///
    /// # Errors
    /// When the database fails; then facts are read again.
    pub async fn advance_mark(&self, reader: &str, position: i64) -> Result<()> {
        outbox_mark::Entity::update_many()
            .col_expr(outbox_mark::Column::Position, Expr::value(position))
            .col_expr(outbox_mark::Column::LeasedUntil, Expr::value(0_i64))
            .filter(outbox_mark::Column::Name.eq(reader))
            .exec(self.database.connection())
            .await?;
        Ok(())
    }
}

impl From<outbox_event::Model> for RecordedFact {
    fn from(row: outbox_event::Model) -> Self {
        RecordedFact {
            position: row.id,
            kind: row.kind,
            subject_id: row.subject_id,
            occurred_at: time(row.occurred_at),
        }
    }
}
