//! How often something may be tried: `10/15m` is ten times in a row, and ten more every 15 minutes.

use std::fmt;
use std::str::FromStr;

use chrono::Duration;

/// A number of attempts that grows back evenly over a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptLimit {
    attempts: u32,
    period: Duration,
}

/// A text is no limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no limit: it looks like 10/15m, with s, m or h")]
pub struct NotALimit(String);

impl AttemptLimit {
    /// A limit of at least one attempt, and a period of at least a millisecond for each.
    pub const fn new(attempts: u32, period: Duration) -> Self {
        AttemptLimit { attempts, period }
    }

    /// Milliseconds after which one more attempt is allowed.
    pub fn interval(&self) -> i64 {
        (self.period.num_milliseconds() / i64::from(self.attempts.max(1))).max(1)
    }

    /// Milliseconds by which attempts may run ahead of their even distribution.
    pub fn tolerance(&self) -> i64 {
        self.interval() * i64::from(self.attempts.saturating_sub(1))
    }
}

impl FromStr for AttemptLimit {
    type Err = NotALimit;

    fn from_str(text: &str) -> Result<Self, NotALimit> {
        let refuse = || NotALimit(text.to_owned());
        let (attempts, period) = text.split_once('/').ok_or_else(refuse)?;
        let unit = period.chars().last().ok_or_else(refuse)?;
        let seconds = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            _ => return Err(refuse()),
        };
        let attempts: u32 = attempts.parse().map_err(|_| refuse())?;
        let count: u16 = period
            .trim_end_matches(unit)
            .parse()
            .map_err(|_| refuse())?;
        if attempts == 0 || count == 0 {
            return Err(refuse());
        }
        Ok(AttemptLimit::new(
            attempts,
            Duration::seconds(i64::from(count) * seconds),
        ))
    }
}

impl fmt::Display for AttemptLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.period.num_seconds();
        let (count, unit) = match seconds {
            it if it % 3_600 == 0 => (it / 3_600, 'h'),
            it if it % 60 == 0 => (it / 60, 'm'),
            it => (it, 's'),
        };
        write!(f, "{}/{count}{unit}", self.attempts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_written_as_it_is_read() {
        for text in ["10/15m", "1/1s", "100/1h", "5/90s"] {
            assert_eq!(text.parse::<AttemptLimit>().expect(text).to_string(), text);
        }
        for text in [
            "", "10", "10/", "10/15", "0/1m", "1/0m", "-1/1m", "1/m", "1/1d",
        ] {
            assert!(text.parse::<AttemptLimit>().is_err(), "{text}");
        }
        let limit: AttemptLimit = "10/15m".parse().expect("a limit");
        assert_eq!((limit.interval(), limit.tolerance()), (90_000, 810_000));
    }
}
