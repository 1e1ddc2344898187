//! Latencies in a few kilobytes: counts in buckets that are as wide as 1/64 of their value.

use std::time::Duration;

/// Each power of two is cut into so many buckets.
const PARTS: u64 = 64;
/// Enough for any number of 64 bits.
const BUCKETS: usize = (PARTS * 60) as usize;

/// Counts of durations. A quantile is right to within 1/64 of its value, towards the larger side.
#[derive(Clone, Debug)]
pub(crate) struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: vec![0; BUCKETS],
            total: 0,
        }
    }
}

impl Histogram {
    pub(crate) fn record(&mut self, duration: Duration) {
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        if let Some(count) = self.counts.get_mut(bucket(nanoseconds)) {
            *count += 1;
            self.total += 1;
        }
    }

    /// How many durations were recorded.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Adds all that another has counted.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.total += other.total;
    }

    /// The duration that so many thousandths of all do not exceed; zero when there are none.
    pub(crate) fn quantile(&self, thousandths: u64) -> Duration {
        // The rank is rounded up, so that the highest quantiles of few values are the largest one.
        let rank = (self.total * thousandths).div_ceil(1_000).max(1);
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return Duration::from_nanos(upper_bound(bucket));
            }
        }
        Duration::ZERO
    }
}

/// Small values have a bucket each; of larger ones the seven highest bits count.
fn bucket(value: u64) -> usize {
    if value < 2 * PARTS {
        return usize::try_from(value).unwrap_or_default();
    }
    let shift = u64::from(value.ilog2() - PARTS.ilog2());
    usize::try_from(shift * PARTS + (value >> shift)).unwrap_or(usize::MAX)
}

/// The largest value that falls into a bucket.
fn upper_bound(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < 2 * PARTS {
        return bucket;
    }
    let shift = bucket / PARTS - 1;
    let highest_bits = bucket - shift * PARTS;
    (highest_bits << shift) + ((1 << shift) - 1)
}

#[test]
fn every_value_lies_in_a_bucket_that_is_narrow() {
    for exponent in 0..64 {
        for offset in [0_u64, 1, 12_345] {
            let value = (1_u64 << exponent).saturating_add(offset);
            let bound = upper_bound(bucket(value));
            assert!(bucket(value) < BUCKETS, "{value}");
            assert!(
                bound >= value,
                "{value} is above its bucket's bound {bound}"
            );
            assert!(
                bound - value <= value / PARTS,
                "{value} lies far below {bound}"
            );
        }
    }
}

#[test]
fn quantiles_are_ranks() {
    let mut histogram = Histogram::default();
    assert_eq!(histogram.quantile(500), Duration::ZERO);
    for nanoseconds in 1..=100 {
        histogram.record(Duration::from_nanos(nanoseconds));
    }
    assert_eq!(histogram.quantile(500), Duration::from_nanos(50));
    assert_eq!(histogram.quantile(990), Duration::from_nanos(99));
    assert_eq!(histogram.quantile(1_000), Duration::from_nanos(100));
}

#[test]
fn merging_adds_counts() {
    let mut one = Histogram::default();
    let mut other = Histogram::default();
    one.record(Duration::from_nanos(10));
    other.record(Duration::from_nanos(100));
    one.merge(&other);
    assert_eq!(one.total(), 2);
    assert_eq!(one.quantile(1_000), Duration::from_nanos(100));
}
