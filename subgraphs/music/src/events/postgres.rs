//! Events over Postgres: `NOTIFY` in the transaction that causes them, and one connection of each
//! replica that listens.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use kit::server::Stop;
use sea_orm::sqlx::PgPool;
use sea_orm::sqlx::postgres::PgListener;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, Statement, Value};

use super::{Event, Hub};

/// The channel on which events are told.
const CHANNEL: &str = "music_events";

/// How long after a failure the database is listened to again.
const PAUSE: Duration = Duration::from_secs(1);

/// Tells events when this transaction commits, in this order.
///
/// # Errors
/// When the database fails.
pub(crate) async fn notify(
    transaction: &DatabaseTransaction,
    events: &[Event],
) -> Result<(), DbErr> {
    if events.is_empty() {
        return Ok(());
    }
    let mut sql = format!("SELECT pg_notify('{CHANNEL}', event) FROM (VALUES ");
    let mut values: Vec<Value> = Vec::with_capacity(events.len());
    for (place, event) in events.iter().enumerate() {
        let json =
            serde_json::to_string(event).map_err(|error| DbErr::Custom(error.to_string()))?;
        let comma = if place == 0 { "" } else { ", " };
        // Writing to a String cannot fail.
        let _ = write!(sql, "{comma}(${}::text)", place + 1);
        values.push(json.into());
    }
    sql.push_str(") AS events(event)");
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
    transaction.query_all_raw(statement).await?;
    Ok(())
}

/// Brings what is told to the hub, until the service is about to end.
pub async fn follow(pool: PgPool, hub: Arc<Hub>, mut stop: Stop) {
    loop {
        let followed = tokio::select! {
            () = stop.requested() => return,
            followed = follow_once(&pool, &hub) => followed,
        };
        hub.interrupted();
        if let Err(error) = followed {
            tracing::warn!(%error, "the database cannot be listened to");
        }
        if !stop.sleep(PAUSE).await {
            return;
        }
    }
}

/// Returns when the connection is lost.
async fn follow_once(pool: &PgPool, hub: &Hub) -> Result<(), sea_orm::sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    // Whoever listens is told of a gap, so it must not be closed without a word.
    listener.eager_reconnect(false);
    // A connection that waits for events is in use all the while.
    listener.ignore_pool_close_event(false);
    listener.listen(CHANNEL).await?;
    hub.connected();
    while let Some(notification) = listener.try_recv().await? {
        match serde_json::from_str(notification.payload()) {
            Ok(event) => hub.publish(event),
            // Of a newer version, or somebody else's.
            Err(error) => tracing::debug!(%error, "an event that is not understood"),
        }
    }
    Ok(())
}
