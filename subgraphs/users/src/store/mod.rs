//! What is stored of accounts and sessions: the only place that knows sea-orm.
//!
//! Functions return domain types. Each one costs the same number of statements whatever the
//! number of rows.

use kit::database::Database;

mod accounts;
mod listing;
mod outbox;
mod sessions;

pub use listing::{AccountKey, USERS_ORDER};
pub use outbox::USER_DELETED;
pub use sessions::{MAX_SESSIONS, REFRESH_LIFETIME, Rotation};

/// The accounts, sessions and the outbox of this service.
#[derive(Clone, Debug)]
pub struct Store {
    database: Database,
}

impl Store {
    /// A store in a database whose tables are up to date.
    pub fn new(database: Database) -> Self {
        Store { database }
    }

    /// The database underneath, for health and metrics.
    pub fn database(&self) -> &Database {
        &self.database
    }
}
