//! `traceparent`: the trace that a request belongs to (W3C Trace Context, section 3.2).

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::HeaderMap;

/// The share of new traces that are sampled, as the bits of an `f64`.
static SHARE: AtomicU64 = AtomicU64::new(0x3ff0_0000_0000_0000);

/// Which trace a request belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TraceContext {
    /// The trace.
    pub(super) trace_id: u128,
    /// The caller's span; zero when there is none.
    pub(super) parent: u64,
    /// Whether it is recorded at all: the caller's decision, where there is one.
    pub(super) sampled: bool,
}

/// Sets the share of new traces that are sampled.
pub(super) fn set_share(share: f64) {
    SHARE.store(share.to_bits(), Ordering::Relaxed);
}

/// A number that differs each time, and is not zero. Ids need to differ, not to be secret.
pub(super) fn new_id() -> u64 {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    thread_local! {
        // Each is seeded by the operating system.
        static STATE: RandomState = RandomState::new();
    }
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    STATE.with(|state| state.hash_one(count)).max(1)
}

impl TraceContext {
    /// The context that a request names, or a new one.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut named = headers.get_all("traceparent").iter();
        let (first, second) = (named.next(), named.next());
        match (first, second) {
            (Some(value), None) => value.to_str().ok().and_then(Self::parse),
            _ => None,
        }
        .unwrap_or_else(Self::begin)
    }

    fn begin() -> Self {
        let share = f64::from_bits(SHARE.load(Ordering::Relaxed));
        let id = new_id();
        #[expect(
            clippy::cast_precision_loss,
            reason = "a share of requests is no exact number"
        )]
        let sampled = (id as f64) < share * (u64::MAX as f64);
        TraceContext {
            trace_id: (u128::from(new_id()) << 64) | u128::from(id),
            parent: 0,
            sampled: sampled || share >= 1.0,
        }
    }

    /// Understands `00-<trace>-<span>-<flags>`, and later versions by their beginning.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('-');
        let version = hex(parts.next()?, 2)?;
        let trace_id = hex(parts.next()?, 32)?;
        let parent = u64::try_from(hex(parts.next()?, 16)?).ok()?;
        let flags = hex(parts.next()?, 2)?;
        let too_long = version == 0 && parts.next().is_some();
        if version == 0xff || trace_id == 0 || parent == 0 || too_long {
            return None;
        }
        Some(TraceContext {
            trace_id,
            parent,
            sampled: flags & 1 == 1,
        })
    }

    /// The trace's id as it is written: 32 hexadecimal digits.
    pub(super) fn trace_id_text(&self) -> String {
        format!("{:032x}", self.trace_id)
    }
}

/// A number of exactly so many lower-case hexadecimal digits.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let right = text.len() == digits
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    right.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

    #[test]
    fn what_the_caller_says_is_understood() {
        let text = format!("00-{TRACE}-b7ad6b7169203331-01");
        let context = TraceContext::parse(&text).expect("valid");
        assert_eq!(context.trace_id_text(), TRACE);
        assert_eq!(context.parent, 0xb7ad_6b71_6920_3331);
        assert!(context.sampled);
        let unsampled = format!("00-{TRACE}-b7ad6b7169203331-00");
        assert_eq!(
            TraceContext::parse(&unsampled).map(|it| it.sampled),
            Some(false)
        );
        let later = format!("01-{TRACE}-b7ad6b7169203331-01-more");
        assert!(TraceContext::parse(&later).is_some());
    }

    #[test]
    fn what_is_no_context_begins_a_trace() {
        for wrong in [
            String::new(),
            "00".to_owned(),
            format!("00-{TRACE}-b7ad6b7169203331"),
            format!("00-{TRACE}-b7ad6b7169203331-01-more"),
            format!("ff-{TRACE}-b7ad6b7169203331-01"),
            format!("00-{}-b7ad6b7169203331-01", TRACE.to_uppercase()),
            format!("00-{}-b7ad6b7169203331-01", "0".repeat(32)),
            format!("00-{TRACE}-0000000000000000-01"),
            format!("00-{TRACE}-+7ad6b7169203331-01"),
        ] {
            assert_eq!(TraceContext::parse(&wrong), None, "{wrong}");
        }
        let (one, other) = (TraceContext::begin(), TraceContext::begin());
        assert_ne!(one.trace_id, other.trace_id);
    }
}
