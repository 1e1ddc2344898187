//! When a job that failed is tried again: each time after twice as long, and never all at once.

use chrono::Duration;

/// The wait after which nothing is doubled any more.
const LONGEST: Duration = Duration::hours(6);

/// How often, and when, a job is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often it is begun before it is given up.
    pub attempts: i32,
    /// The wait after the first failure.
    pub first_wait: Duration,
}

impl RetryPolicy {
    /// How long to wait after so many attempts; `None` when it is time to give up. `chance`, from 0
    /// to 1, spreads the wait from half to one and a half of what it would be.
    pub fn wait_after(&self, attempts: i32, chance: f64) -> Option<Duration> {
        if attempts >= self.attempts {
            return None;
        }
        let doublings = u32::try_from(attempts.saturating_sub(1))
            .unwrap_or(0)
            .min(30);
        let wait = i32::try_from(1_i64 << doublings)
            .ok()
            .and_then(|factor| self.first_wait.checked_mul(factor))
            .map_or(LONGEST, |wait| wait.min(LONGEST));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "a fraction of six hours in milliseconds is exact enough"
        )]
        let millis = (wait.num_milliseconds() as f64 * (0.5 + chance)) as i64;
        Some(Duration::milliseconds(millis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit_and_end() {
        let policy = RetryPolicy {
            attempts: 12,
            first_wait: Duration::seconds(30),
        };
        let seconds = |attempts| {
            policy
                .wait_after(attempts, 0.5)
                .map(|wait| wait.num_seconds())
        };
        assert_eq!(seconds(1), Some(30));
        assert_eq!(seconds(2), Some(60));
        assert_eq!(seconds(5), Some(480));
        assert_eq!(seconds(11), Some(6 * 3600));
        assert_eq!(seconds(12), None);
        assert_eq!(seconds(i32::MAX), None);
    }

    #[test]
    fn those_who_failed_together_do_not_come_back_together() {
        let policy = RetryPolicy {
            attempts: 3,
            first_wait: Duration::seconds(30),
        };
        assert_eq!(policy.wait_after(1, 0.0), Some(Duration::seconds(15)));
        assert_eq!(policy.wait_after(1, 1.0), Some(Duration::seconds(45)));
    }
}
