//! How long to wait before a service that died is started again.

use std::time::Duration;

/// The wait after the first death.
const SHORTEST: Duration = Duration::from_millis(200);

/// No wait is longer.
const LONGEST: Duration = Duration::from_secs(10);

/// A service that lived so long was well: its next death counts as the first.
const HEALTHY: Duration = Duration::from_secs(60);

/// Doubles the wait from death to death, and forgets after a healthy minute.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Backoff { next: SHORTEST }
    }
}

impl Backoff {
    /// The wait after a life that lasted `lived`.
    pub(crate) fn after(&mut self, lived: Duration) -> Duration {
        if lived >= HEALTHY {
            self.next = SHORTEST;
        }
        let wait = self.next;
        self.next = (wait * 2).min(LONGEST);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_bound() {
        let mut backoff = Backoff::default();
        let waits: Vec<u128> = (0..8)
            .map(|_| backoff.after(Duration::from_secs(1)).as_millis())
            .collect();
        assert_eq!(waits, [200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
    }

    #[test]
    fn a_healthy_minute_forgives_the_deaths_before_it() {
        let mut backoff = Backoff::default();
        for _ in 0..5 {
            backoff.after(Duration::from_secs(1));
        }
        assert_eq!(backoff.after(HEALTHY), SHORTEST);
        assert_eq!(backoff.after(Duration::ZERO), SHORTEST * 2);
    }
}
