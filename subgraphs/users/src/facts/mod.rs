//! Facts about users, told to other services: over HTTP ([`feed`]), and to NATS where configured.
//! What is told is written down by the store, in the transaction of the change.
//!
//! Both ways tell a fact the same way, see [`Told`]; `docs/facts.md` is the contract.

use chrono::SecondsFormat;
use serde::Serialize;

use crate::store::RecordedFact;

pub mod feed;
pub mod publisher;

/// A fact as others read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// Its place among all facts, as decimal digits; grows, with gaps.
    pub id: String,
    /// What happened, such as `user.deleted`.
    pub kind: String,
    /// The id of the user it happened to.
    pub subject: String,
    /// When, as RFC 3339 with milliseconds in UTC.
    pub occurred_at: String,
}

impl From<&RecordedFact> for Told {
    fn from(fact: &RecordedFact) -> Self {
        Told {
            id: fact.position.to_string(),
            kind: fact.kind.clone(),
            subject: fact.subject_id.clone(),
            occurred_at: fact
                .occurred_at
                .to_rfc3339_opts(SecondsFormat::Millis, true),
        }
    }
}
