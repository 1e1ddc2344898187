//! Background jobs: work that must happen once a transaction is committed, whatever becomes of the
//! process: [`Job`] says what, the store keeps it, [`worker`] does it, [`retry`] says when again.

use serde::{Deserialize, Serialize};

use crate::mail::AccountMail;

pub mod retry;
pub mod worker;

/// What there is to do. Stored as JSON, so a released kind is never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "camelCase")]
pub enum Job {
    /// Send a mail.
    Mail(AccountMail),
}

impl Job {
    /// The name of the kind, for lists and metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Job::Mail(mail) => mail.kind(),
        }
    }

    /// The account without which the job has no purpose.
    pub fn account_id(&self) -> Option<&str> {
        match self {
            Job::Mail(mail) => Some(&mail.account_id),
        }
    }
}
