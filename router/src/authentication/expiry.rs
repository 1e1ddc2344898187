//! When a token ends, for what lasts longer than a request.

use std::time::{Duration, SystemTime};

use tokio::time::{Instant, sleep_until};

/// Until when a caller's token is good; for ever where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Expiry(Option<u64>);

impl Expiry {
    /// At this second of Unix time.
    pub(super) fn at(second: u64) -> Self {
        Self(Some(second))
    }

    /// Done when the token has ended.
    pub(crate) async fn passed(self) {
        let Some(second) = self.0 else {
            return std::future::pending().await;
        };
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        // Tokens can be valid for ages; no clock need reach as far.
        let longest = Duration::from_secs(u64::from(u32::MAX));
        let left = Duration::from_secs(second).saturating_sub(now).min(longest);
        sleep_until(Instant::now() + left).await;
    }
}
