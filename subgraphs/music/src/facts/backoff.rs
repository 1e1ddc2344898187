//! How long to wait after a failure: twice as long each time, and by chance up to half more or
//! less, so that replicas which failed together do not come back together.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(250);

/// A deletion is not to wait for longer than this when the users service is back.
const LONGEST: Duration = Duration::from_secs(4);

/// Counts failures.
#[derive(Clone, Copy, Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Something went well.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// How long to wait after one more failure.
    pub fn after_failure(&mut self) -> Duration {
        let chance = getrandom::u32().map_or(0.5, |it| f64::from(it) / f64::from(u32::MAX));
        let wait = FIRST
            .saturating_mul(2_u32.saturating_pow(self.failures))
            .min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        wait.mul_f64(0.5 + chance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_become_longer_up_to_a_bound_and_begin_anew_after_success() {
        let mut backoff = Backoff::default();
        let within = |wait: Duration, usual: Duration| {
            assert!(
                wait >= usual.mul_f64(0.49) && wait <= usual.mul_f64(1.51),
                "{wait:?}"
            );
        };
        within(backoff.after_failure(), FIRST);
        within(backoff.after_failure(), FIRST * 2);
        within(backoff.after_failure(), FIRST * 4);
        for _ in 0..100 {
            backoff.after_failure();
        }
        within(backoff.after_failure(), LONGEST);
        backoff.reset();
        within(backoff.after_failure(), FIRST);
    }
}
