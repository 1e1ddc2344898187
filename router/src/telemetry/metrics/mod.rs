//! The router's numbers: a fixed set of atomics, written in Prometheus' text format.
//!
//! Nothing on the path of a request takes a lock or looks anything up by a label's text, except
//! counting errors by code, which happens only when there are errors.

mod histogram;
mod number;
mod render;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub(crate) use histogram::Histogram;
pub(crate) use number::{Counter, Gauge};

/// All numbers of one router; they survive reloads.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    /// Client requests by status.
    pub(crate) http_requests: HttpRequests,
    /// Client requests being answered now.
    pub(crate) active_requests: Gauge,
    /// Subscriptions that clients have open.
    pub(crate) open_subscriptions: Gauge,
    /// GraphQL errors sent to clients, by code.
    pub(crate) graphql_errors: Labelled,
    /// Requests whose plan was in the cache.
    pub(crate) plan_cache_hits: Counter,
    /// Requests whose plan had to be made.
    pub(crate) plan_cache_misses: Counter,
    /// The size of the current engine's plan cache.
    plan_cache: Mutex<Arc<CacheSize>>,
    /// How long making a plan took.
    pub(crate) planning: Histogram,
    /// Reloads of the graph or the configuration by outcome.
    pub(crate) reloads: Labelled,
    /// Numbers by subgraph; engines keep the parts they use, so requests do not come here.
    subgraphs: Mutex<BTreeMap<String, Arc<SubgraphMetrics>>>,
}

/// What a cache holds. Each engine's cache has its own, so that what still happens in a cache that
/// was replaced does not count.
#[derive(Debug, Default)]
pub(crate) struct CacheSize {
    /// Entries.
    pub(crate) entries: Gauge,
    /// Their size in bytes, by estimation.
    pub(crate) bytes: Gauge,
}

/// How a subgraph request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// With a body that the executor may read.
    Answered,
    /// With a status or a body that is no GraphQL.
    Failed,
    /// Without a connection.
    Unreachable,
    /// Too late.
    TimedOut,
    /// With the answer to another, equal request: none was sent.
    Shared,
}

impl Outcome {
    const ALL: [Self; 5] = [
        Self::Answered,
        Self::Failed,
        Self::Unreachable,
        Self::TimedOut,
        Self::Shared,
    ];

    /// Its text in metrics and logs.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Failed => "failed",
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed_out",
            Self::Shared => "shared",
        }
    }
}

/// The numbers of one subgraph.
#[derive(Debug, Default)]
pub(crate) struct SubgraphMetrics {
    outcomes: [Histogram; 5],
}

impl SubgraphMetrics {
    /// Counts one request.
    pub(crate) fn record(&self, outcome: Outcome, duration: Duration) {
        self.outcomes[outcome as usize].record(duration);
    }
}

impl Metrics {
    /// Tells the size of this cache from now on.
    pub(crate) fn observe_plan_cache(&self, size: Arc<CacheSize>) {
        *self
            .plan_cache
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = size;
    }

    /// The numbers of the subgraph with this name.
    pub(crate) fn subgraph(&self, name: &str) -> Arc<SubgraphMetrics> {
        let mut subgraphs = self
            .subgraphs
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::clone(subgraphs.entry(name.to_owned()).or_default())
    }
}

/// Requests by status class in a histogram each, and exact statuses as counts.
#[derive(Debug)]
pub(crate) struct HttpRequests {
    /// Indexed by status minus 100.
    by_status: Box<[Counter]>,
    durations: Histogram,
}

impl Default for HttpRequests {
    fn default() -> Self {
        Self {
            by_status: (100..600).map(|_| Counter::default()).collect(),
            durations: Histogram::default(),
        }
    }
}

impl HttpRequests {
    /// Counts one request.
    pub(crate) fn record(&self, status: http::StatusCode, duration: Duration) {
        if let Some(counter) = self
            .by_status
            .get(usize::from(status.as_u16()).wrapping_sub(100))
        {
            counter.increment();
        }
        self.durations.record(duration);
    }
}

/// A counter for each of a few texts; only for what is rare.
#[derive(Debug, Default)]
pub(crate) struct Labelled(Mutex<BTreeMap<String, u64>>);

impl Labelled {
    /// Subgraphs choose their error codes; beyond this many different ones, all are `OTHER`.
    const MOST: usize = 100;

    /// Counts one.
    pub(crate) fn count(&self, label: &str) {
        self.add(label, 1);
    }

    /// Counts several.
    pub(crate) fn add(&self, label: &str, many: u64) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(label) {
            *count += many;
        } else {
            let label = if counts.len() < Self::MOST {
                label
            } else {
                "OTHER"
            };
            *counts.entry(label.to_owned()).or_default() += many;
        }
    }

    fn all(&self) -> BTreeMap<String, u64> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

#[test]
fn labels_are_bounded() {
    let labelled = Labelled::default();
    for index in 0..1000 {
        labelled.count(&format!("CODE_{index}"));
    }
    let all = labelled.all();
    assert_eq!(all.len(), Labelled::MOST + 1);
    assert_eq!(all["OTHER"], 900);
}
