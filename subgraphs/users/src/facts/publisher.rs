//! Publishes the facts to NATS JetStream, each one at least once and all in their order.
//!
//! One process at a time publishes: it holds a lease on the reader's mark. A fact is published when
//! the stream has confirmed the one before it, and the mark moves behind confirmed facts only. What
//! is published again, because a process ended in between, has the same message id, by which the
//! stream drops it within its window for duplicates.

use std::time::Duration;

use chrono::Utc;
use kit::metrics::{Metrics, Value};
use kit::server::Stop;

use crate::store::{FactFeed, RecordedFact, Store};

#[cfg(feature = "nats")]
mod jetstream;
#[cfg(feature = "nats")]
pub use jetstream::JetStream;

/// The reader's name in the store.
pub const READER: &str = "nats";

/// Facts that are published under one lease.
const BATCH: u64 = 200;

/// How long a lease lasts, and how long of it is used.
const LEASE: chrono::Duration = chrono::Duration::seconds(60);
const USED_OF_LEASE: Duration = Duration::from_secs(30);

/// How long to wait when there is nothing to publish, and when the last attempt failed.
const IDLE: Duration = Duration::from_millis(250);
const AFTER_FAILURE: Duration = Duration::from_secs(2);

/// Where facts are published to.
pub trait Stream: Send + Sync + 'static {
    /// Publishes a fact, and returns when it is stored there.
    fn publish(&self, fact: &RecordedFact) -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// Publishes facts for as long as the service runs.
#[derive(Clone, Debug)]
pub struct Publisher<S> {
    store: Store,
    stream: S,
    published: Value,
    position: Value,
}

impl<S: Stream> Publisher<S> {
    /// A publisher that reports in these metrics.
    pub fn new(store: Store, stream: S, metrics: &Metrics) -> Self {
        Publisher {
            store,
            stream,
            published: metrics.counter("facts_published_total", "Facts stored by NATS.", &[]),
            position: metrics.gauge("facts_published_position", "Position of the last one.", &[]),
        }
    }

    /// Publishes until the service ends.
    pub async fn run(&self, mut stop: Stop) {
        while !stop.is_requested() {
            let wait = match self.publish_some(&stop).await {
                Ok(0) => IDLE,
                Ok(_) => continue,
                Err(error) => {
                    let error = kit::errors::chain(error.as_ref());
                    tracing::warn!(error, "facts could not be published");
                    AFTER_FAILURE
                }
            };
            stop.sleep(wait).await;
        }
    }

    /// Publishes what comes next, and returns how many facts that were.
    ///
    /// # Errors
    /// When the store or the stream fails; what was confirmed until then is not published again.
    pub async fn publish_some(&self, stop: &Stop) -> anyhow::Result<usize> {
        let position = self.store.mark(READER).await?;
        let facts = match self.store.facts(Some(position), BATCH).await? {
            FactFeed::Facts(facts) => facts,
            // Nothing is forgotten before it is published, so this is the beginning after facts
            // were forgotten without NATS.
            FactFeed::Forgotten => match self.store.facts(None, BATCH).await? {
                FactFeed::Facts(facts) => facts,
                FactFeed::Forgotten => Vec::new(),
            },
        };
        if facts.is_empty() {
            return Ok(0);
        }
        if !self.store.lease_mark(READER, Utc::now(), LEASE).await? {
            return Ok(0);
        }
        // Another process may have come further before it gave the lease back.
        let position = self.store.mark(READER).await?;
        let new: Vec<_> = facts.iter().filter(|it| it.position > position).collect();
        let (confirmed, outcome) = self.publish_in_order(&new, stop).await;
        let reached = confirmed.checked_sub(1).and_then(|last| new.get(last));
        let reached = reached.map_or(position, |fact| fact.position);
        self.store.advance_mark(READER, reached).await?;
        self.position.set(u64::try_from(reached).unwrap_or(0));
        outcome.map(|()| confirmed)
    }

    /// How many were confirmed, and why not all.
    async fn publish_in_order(
        &self,
        facts: &[&RecordedFact],
        stop: &Stop,
    ) -> (usize, anyhow::Result<()>) {
        let end = tokio::time::Instant::now() + USED_OF_LEASE;
        for (confirmed, fact) in facts.iter().enumerate() {
            if stop.is_requested() || tokio::time::Instant::now() >= end {
                return (confirmed, Ok(()));
            }
            if let Err(error) = self.stream.publish(fact).await {
                return (confirmed, Err(error));
            }
            self.published.increase();
        }
        (facts.len(), Ok(()))
    }
}
