//! The catalogue and the favourites in the database: the only place that knows sea-orm.
//!
//! What comes out are the types of this module; rows stay inside. Reading order: [`page`] (how
//! every list is cut), then one file per thing: [`artists`], [`albums`], [`tracks`],
//! [`favourites`], [`playlists`]; then [`genres`], [`search`], [`charts`] and [`recommendations`], which
//! read across them. What
//! curators change is in [`edit`], and what is kept of users in [`listeners`].
//!
//! Every function that answers for many (`…_of`, `…_by_id`) takes one statement whatever their
//! number, up to the thousands that a data loader hands over at once.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use kit::database::Database;
use kit::lists;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, Statement,
};

use crate::events::{self, Event, Hub};

pub mod albums;
pub mod artists;
pub mod charts;
mod departure;
pub mod edit;
pub mod export;
pub mod facts;
mod favourite_order;
pub mod favourites;
pub mod genres;
pub mod import;
pub mod listeners;
pub mod page;
pub mod playlists;
pub mod recommendations;
pub mod search;
pub mod tracks;

pub use albums::Album;
pub use artists::Artist;
pub use favourite_order::Moved;
pub use favourites::Favourite;
pub use playlists::Playlist;
pub use tracks::Track;

/// The catalogue and the favourites. Clones share the connections.
#[derive(Clone, Debug)]
pub struct Store {
    database: Database,
    events: Arc<Hub>,
}

impl Store {
    /// The store in an opened, migrated database.
    pub fn new(database: Database) -> Self {
        // Over Postgres nothing is heard of before somebody follows it.
        let events = Hub::new(database.backend() != DbBackend::Postgres);
        Store { database, events }
    }

    /// The condition that a column is one of these values; see [`lists::among`].
    fn among(
        &self,
        column: impl sea_orm::ColumnTrait,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) -> sea_orm::sea_query::Expr {
        lists::among(self.connection(), column, values)
    }

    /// The same store for work that belongs to no request: its statements are not counted.
    #[must_use]
    pub fn in_background(&self) -> Self {
        Store {
            database: self.database.uncounted(),
            events: Arc::clone(&self.events),
        }
    }

    /// Where what happens is told.
    pub fn events(&self) -> &Arc<Hub> {
        &self.events
    }

    /// Commits a transaction, and tells what it did: to all replicas, and only if it did it.
    async fn commit(
        &self,
        transaction: DatabaseTransaction,
        events: Vec<Event>,
    ) -> Result<(), DbErr> {
        if transaction.get_database_backend() == DbBackend::Postgres {
            events::postgres::notify(&transaction, &events).await?;
            return transaction.commit().await;
        }
        transaction.commit().await?;
        for event in events {
            self.events.publish(event);
        }
        Ok(())
    }

    /// The database behind the store.
    pub fn database(&self) -> &Database {
        &self.database
    }

    fn connection(&self) -> &DatabaseConnection {
        self.database.connection()
    }
}

/// Lets one transaction at a time do this, until it ends. On SQLite there is one that writes anyhow.
pub(crate) async fn take_turn(transaction: &DatabaseTransaction, what: &str) -> Result<(), DbErr> {
    if transaction.get_database_backend() == DbBackend::Postgres {
        let statement = Statement::from_sql_and_values(
            DbBackend::Postgres,
            "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
            [what.into()],
        );
        transaction.query_one_raw(statement).await?;
    }
    Ok(())
}

/// A moment as the tables hold it: microseconds since 1970.
pub(crate) fn to_micros(moment: DateTime<Utc>) -> i64 {
    moment.timestamp_micros()
}

/// A moment from the tables. What chrono cannot express was not written by us; the epoch
/// stands for it rather than a failed answer.
pub(crate) fn from_micros(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}
