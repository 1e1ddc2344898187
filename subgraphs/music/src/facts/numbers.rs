//! How far the facts have been acted upon, as numbers that are published.

use std::sync::{Arc, Mutex, PoisonError};

use kit::metrics::{Metrics, Value};
use tokio::time::Instant;

/// The numbers. Clones are the same ones.
#[derive(Clone, Debug)]
pub(super) struct Numbers {
    pub(super) acted_upon: Value,
    pub(super) unknown: Value,
    pub(super) malformed: Value,
    pub(super) failures: Value,
    pub(super) position: Value,
    behind: Value,
    lag: Value,
    /// When everything had been acted upon last.
    up_to_date: Arc<Mutex<Instant>>,
}

impl Numbers {
    pub(super) fn in_metrics(metrics: &Metrics) -> Self {
        let passed_over = |reason| {
            let about = "Facts that were passed over, by reason.";
            metrics.counter("facts_passed_over_total", about, &[("reason", reason)])
        };
        let about_lag = "Seconds since all facts had been acted upon; 0 while they are.";
        Numbers {
            acted_upon: metrics.counter("facts_acted_upon_total", "Facts acted upon.", &[]),
            unknown: passed_over("unknown"),
            malformed: passed_over("malformed"),
            failures: metrics.counter(
                "facts_failures_total",
                "Attempts to follow the facts that failed.",
                &[],
            ),
            position: metrics.gauge("facts_position", "Position of the last fact.", &[]),
            behind: metrics.gauge(
                "facts_behind",
                "Facts that are there and not acted upon, as the feed said last.",
                &[],
            ),
            lag: metrics.gauge("facts_lag_seconds", about_lag, &[]),
            up_to_date: Arc::new(Mutex::new(Instant::now())),
        }
    }

    /// So many facts wait.
    pub(super) fn behind(&self, facts: u64) {
        self.behind.set(facts);
        if facts == 0 {
            *self.lock() = Instant::now();
        }
        self.lag();
    }

    /// Time has passed without news.
    pub(super) fn lag(&self) {
        let since = *self.lock();
        self.lag.set(since.elapsed().as_secs());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Instant> {
        self.up_to_date
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
