//! Facts about users, acted upon: what a fact comes to is written in the transaction that notes
//! that it has been acted upon, so each counts once, however often it is read.
//!
//! Whoever acts upon facts locks the cursor first. So replicas may all read the same facts: of each
//! fact, the first one acts upon it, and the others pass over it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use kit::{Failure, Result};
use sea_orm::{
    ActiveModelTrait, ActiveValue, DatabaseTransaction, EntityTrait, IntoActiveModel, QuerySelect,
};

use super::{Store, departure, from_micros, listeners, to_micros};
use crate::entity::{facts_cursor, listener};
use crate::ids::UserId;

/// Whose facts these are, in the table of cursors.
const FEED: &str = "users";

/// What a fact comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A user is there, and listens from this country.
    Listens {
        /// Who.
        user: UserId,
        /// From where, ISO 3166-1 alpha-2; none where the user does not say.
        country: Option<String>,
    },
    /// A user's account is gone.
    Departed(UserId),
    /// Nothing.
    Nothing,
}

/// A fact to be acted upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consequence {
    /// The place of the fact.
    pub at: Reached,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// What it comes to.
    pub effect: Effect,
}

/// How far facts have been acted upon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// The place of the last one among all facts; 0 before the first.
    pub position: i64,
    /// Where it stands in a stream of NATS, if it came from there.
    pub stream_sequence: Option<i64>,
}

impl Store {
    /// How far facts have been acted upon, and when the last one happened.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn facts_reached(&self) -> Result<(Reached, Option<DateTime<Utc>>)> {
        let row = facts_cursor::Entity::find_by_id(FEED)
            .one(self.connection())
            .await?;
        let row = row.ok_or_else(no_cursor)?;
        Ok((reached(&row), row.occurred_at.map(from_micros)))
    }

    /// Acts upon facts, which are in their order; how many of them had not been acted upon.
    ///
    /// Users who go are a transaction each, so that tracks are always locked in one order; what is
    /// between them is one.
    ///
    /// # Errors
    /// When the database fails. What was committed until then is not acted upon again.
    pub async fn act_upon(&self, facts: &[Consequence], now: DateTime<Utc>) -> Result<usize> {
        let mut acted_upon = 0;
        for together in facts.split_inclusive(|it| matches!(it.effect, Effect::Departed(_))) {
            acted_upon += self.act_together(together, now).await?;
        }
        Ok(acted_upon)
    }

    /// Acts upon facts in one transaction; only the last one may be of a user who goes.
    async fn act_together(&self, facts: &[Consequence], now: DateTime<Utc>) -> Result<usize> {
        let transaction = self.database().begin_write().await?;
        let cursor = lock_cursor(&transaction).await?;
        let new: Vec<_> = facts
            .iter()
            .filter(|it| it.at.position > cursor.position)
            .collect();
        let Some(last) = new.last() else {
            let sequence = facts.last().and_then(|it| it.at.stream_sequence);
            return pass_over(transaction, cursor, sequence).await;
        };
        let mut events = Vec::new();
        listeners::note_listeners(&transaction, listeners_of(&new)).await?;
        if let Effect::Departed(user) = &last.effect {
            events = departure::remove(&transaction, user, last.occurred_at, now).await?;
        }
        let mut row = cursor.into_active_model();
        row.position = ActiveValue::Set(last.at.position);
        row.stream_sequence = ActiveValue::Set(last.at.stream_sequence);
        row.occurred_at = ActiveValue::Set(Some(to_micros(last.occurred_at)));
        row.update(&transaction).await?;
        self.commit(transaction, events).await?;
        Ok(new.len())
    }

    /// Notes from where these users listen, outside of any fact.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_listeners(
        &self,
        countries: impl IntoIterator<Item = (UserId, Option<String>)>,
    ) -> Result<()> {
        let rows = countries
            .into_iter()
            .map(|(user, country)| row(&user, country));
        let rows: Vec<_> = rows.collect();
        if rows.is_empty() {
            return Ok(());
        }
        let transaction = self.database().begin_write().await?;
        // A departure locks the cursor too, so nobody who goes meanwhile is noted.
        lock_cursor(&transaction).await?;
        listeners::note_listeners(&transaction, rows).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Removes all that is kept for a user whose account is gone, for good: what is written for the
    /// user later is refused. Doing it again changes nothing.
    ///
    /// # Errors
    /// When the database fails. Then nothing is removed.
    pub async fn depart(
        &self,
        user: &UserId,
        departed_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let transaction = self.database().begin_write().await?;
        lock_cursor(&transaction).await?;
        let events = departure::remove(&transaction, user, departed_at, now).await?;
        self.commit(transaction, events).await?;
        Ok(())
    }

    /// Goes back to before the first fact. What was done stays done.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin_facts_anew(&self) -> Result<()> {
        let transaction = self.database().begin_write().await?;
        let mut row = lock_cursor(&transaction).await?.into_active_model();
        row.position = ActiveValue::Set(0);
        row.stream_sequence = ActiveValue::Set(None);
        row.occurred_at = ActiveValue::Set(None);
        row.update(&transaction).await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// Notes that a stream was read up to here, though there was no fact in it that is new: or what was
/// passed over would be read again and again.
async fn pass_over(
    transaction: DatabaseTransaction,
    cursor: facts_cursor::Model,
    stream_sequence: Option<i64>,
) -> Result<usize> {
    if stream_sequence > cursor.stream_sequence {
        let mut row = cursor.into_active_model();
        row.stream_sequence = ActiveValue::Set(stream_sequence);
        row.update(&transaction).await?;
        transaction.commit().await?;
    }
    Ok(0)
}

/// From where users listen after these facts; of several about one user the last one counts.
fn listeners_of(facts: &[&Consequence]) -> impl Iterator<Item = listener::Model> + use<> {
    let mut rows = BTreeMap::new();
    for fact in facts {
        if let Effect::Listens { user, country } = &fact.effect {
            rows.insert(user.clone(), row(user, country.clone()));
        }
    }
    rows.into_values()
}

fn row(user: &UserId, country: Option<String>) -> listener::Model {
    listener::Model {
        user_id: user.as_str().to_owned(),
        country,
    }
}

/// Lets one transaction at a time act upon facts.
async fn lock_cursor(transaction: &DatabaseTransaction) -> Result<facts_cursor::Model> {
    let row = facts_cursor::Entity::find_by_id(FEED)
        .lock_exclusive()
        .one(transaction)
        .await?;
    row.ok_or_else(no_cursor)
}

fn reached(row: &facts_cursor::Model) -> Reached {
    Reached {
        position: row.position,
        stream_sequence: row.stream_sequence,
    }
}

fn no_cursor() -> Failure {
    Failure::internal("the cursor of the users' facts is not in its table")
}
