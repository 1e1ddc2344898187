//! What is stored of accounts and sessions: the only place that knows sea-orm.
//!
//! Functions return domain types. Each one costs the same number of statements whatever the
//! number of rows.

use chrono::{DateTime, Utc};
use kit::database::Database;

mod accounts;
mod attempts;
mod audit;
mod browsers;
mod export;
mod jobs;
mod listing;
mod oauth_clients;
mod oauth_grants;
mod one_time_tokens;
mod outbox;
mod sessions;
mod signing_keys;

pub use attempts::AttemptKey;
pub use audit::{AUDIT_ORDER, Action, AuditEvent, Deed, OPERATOR};
pub use jobs::{ClaimedJob, JobCounts, JobSummary};
pub use listing::{AccountKey, USERS_ORDER};
pub use oauth_clients::{Client, GrantType};
pub use oauth_grants::{CodeGrant, CodeUse, NewCode};
pub use one_time_tokens::{OneTimeToken, Purpose};
pub use outbox::{Fact, FactFeed, RecordedFact};
pub use sessions::{AppGrant, MAX_SESSIONS, OpenSession, Origin, REFRESH_LIFETIME, Rotation};

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

/// A time as it is stored: milliseconds since 1970.
fn time(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).unwrap_or_default()
}

/// Whether a text that a stranger sent can be in a column at all: Postgres knows no U+0000 in
/// texts, and fails where it could answer that there is no such row.
fn can_be_stored(text: &str) -> bool {
    !text.contains('\0')
}
