//! Durations in fixed buckets.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The upper bounds of the buckets in microseconds, with their text in seconds.
pub(super) const BOUNDS: [(u64, &str); 14] = [
    (500, "0.0005"),
    (1_000, "0.001"),
    (2_500, "0.0025"),
    (5_000, "0.005"),
    (10_000, "0.01"),
    (25_000, "0.025"),
    (50_000, "0.05"),
    (100_000, "0.1"),
    (250_000, "0.25"),
    (500_000, "0.5"),
    (1_000_000, "1"),
    (2_500_000, "2.5"),
    (5_000_000, "5"),
    (10_000_000, "10"),
];

/// How many durations fell into which bucket, and their sum.
#[derive(Debug, Default)]
pub(crate) struct Histogram {
    /// Not cumulative; the last is for what is over every bound.
    buckets: [AtomicU64; BOUNDS.len() + 1],
    microseconds: AtomicU64,
}

impl Histogram {
    /// Records one duration.
    pub(crate) fn record(&self, duration: Duration) {
        let microseconds = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.partition_point(|(bound, _)| *bound < microseconds);
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.microseconds.fetch_add(microseconds, Ordering::Relaxed);
    }

    /// The counts, and the sum in microseconds.
    pub(super) fn snapshot(&self) -> ([u64; BOUNDS.len() + 1], u64) {
        (
            std::array::from_fn(|index| self.buckets[index].load(Ordering::Relaxed)),
            self.microseconds.load(Ordering::Relaxed),
        )
    }
}

#[test]
fn a_bound_belongs_to_its_bucket() {
    let histogram = Histogram::default();
    for microseconds in [0, 500, 501, 10_000_000, 10_000_001] {
        histogram.record(Duration::from_micros(microseconds));
    }
    let (buckets, sum) = histogram.snapshot();
    assert_eq!(buckets[0], 2);
    assert_eq!(buckets[1], 1);
    assert_eq!(buckets[13], 1);
    assert_eq!(buckets[14], 1);
    assert_eq!(sum, 20_001_002);
}
