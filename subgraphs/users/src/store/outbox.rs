//! The outbox: a fact is written in the transaction of the change it reports, so that it is
//! neither lost nor told without having happened.

use chrono::{DateTime, Utc};
use kit::Result;
use sea_orm::{ActiveModelTrait, ActiveValue, ConnectionTrait, DatabaseTransaction, DbBackend};

use crate::entity::outbox_event;

/// An account was deleted; the subject is its id.
pub const USER_DELETED: &str = "user.deleted";

/// Taken by whoever appends, until the transaction ends.
const APPEND_LOCK: i64 = 0x7573_6572_735f_6f62;

/// Appends a fact.
pub(super) async fn append(
    transaction: &DatabaseTransaction,
    kind: &str,
    subject_id: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    // Postgres gives out ids before it commits, so a reader that remembers the last id it saw
    // could step over a slower transaction. SQLite has one writer at a time anyway.
    if transaction.get_database_backend() == DbBackend::Postgres {
        let lock = format!("SELECT pg_advisory_xact_lock({APPEND_LOCK})");
        transaction.execute_unprepared(&lock).await?;
    }
    let event = outbox_event::ActiveModel {
        id: ActiveValue::NotSet,
        kind: ActiveValue::Set(kind.to_owned()),
        subject_id: ActiveValue::Set(subject_id.to_owned()),
        occurred_at: ActiveValue::Set(now.timestamp_millis()),
    };
    event.insert(transaction).await?;
    Ok(())
}
