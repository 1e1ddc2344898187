//! What a feed of facts is to the consumer: batches in their order, from a cursor on.

use std::future::Future;
use std::time::Duration;

use serde_json::Value;

use crate::store::facts::Reached;

/// Facts that are read at once at most.
pub const BATCH: usize = 500;

/// A feed.
pub trait Feed: Send {
    /// Reads what comes after a place, or from the oldest fact there is, and waits for a while
    /// when nothing does.
    fn read(
        &mut self,
        after: Option<Reached>,
        wait: Duration,
    ) -> impl Future<Output = Result<Batch, ReadError>> + Send;
}

/// What a feed told at once.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Facts, not yet looked into.
    pub facts: Vec<Told>,
    /// Where the last of them stands, if there are any; at position 0 where none of them says.
    pub end: Option<Reached>,
    /// How many more there are.
    pub remaining: u64,
}

/// A fact, not yet looked into.
#[derive(Clone, Debug)]
pub struct Told {
    /// What was told.
    pub fact: Value,
    /// Where it stands in a stream of NATS, if it comes from there.
    pub stream_sequence: Option<i64>,
}

/// Why nothing could be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Facts after the place were forgotten.
    #[error("facts were forgotten before they were read")]
    Forgotten,
    /// The feed does not answer, or not as it should.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}
