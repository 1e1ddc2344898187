//! Remembers tokens that were verified, until they expire.
//!
//! Verifying a signature costs more than all else a small request does. A client sends the same
//! token for minutes, so its verification is remembered: by the exact token, bounded, and forgotten
//! altogether when the keys change.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

/// How many tokens are remembered in each shard; beyond it, the shard starts anew.
const MOST: usize = 1024;
/// So many locks, that requests seldom meet at one.
const SHARDS: usize = 16;

/// Verified tokens with the second at which they expire (Unix time).
#[derive(Debug)]
pub(super) struct VerifiedTokens {
    hasher: RandomState,
    shards: [Mutex<HashMap<Box<str>, u64>>; SHARDS],
}

impl Default for VerifiedTokens {
    fn default() -> Self {
        Self {
            hasher: RandomState::new(),
            shards: std::array::from_fn(|_| Mutex::default()),
        }
    }
}

impl VerifiedTokens {
    /// When the token expires, if it was verified and has not done so at `now`.
    pub(super) fn expiry(&self, token: &str, now: u64) -> Option<u64> {
        let mut shard = self.shard(token);
        let expires = *shard.get(token)?;
        if expires <= now {
            shard.remove(token);
            return None;
        }
        Some(expires)
    }

    /// Remembers a token.
    pub(super) fn insert(&self, token: &str, expires: u64, now: u64) {
        let mut shard = self.shard(token);
        if shard.len() >= MOST {
            shard.retain(|_, expires| *expires > now);
            if shard.len() >= MOST {
                shard.clear();
            }
        }
        shard.insert(token.into(), expires);
    }

    /// Forgets all.
    pub(super) fn clear(&self) {
        for shard in &self.shards {
            shard.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }

    fn shard(&self, token: &str) -> std::sync::MutexGuard<'_, HashMap<Box<str>, u64>> {
        let index = (self.hasher.hash_one(token) % SHARDS as u64) as usize;
        self.shards[index]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[test]
fn a_token_is_remembered_until_it_expires() {
    let tokens = VerifiedTokens::default();
    tokens.insert("a.b.c", 100, 0);
    assert_eq!(tokens.expiry("a.b.c", 99), Some(100));
    assert_eq!(tokens.expiry("a.b.d", 99), None);
    assert_eq!(tokens.expiry("a.b.c", 100), None);
    tokens.insert("a.b.c", 100, 0);
    tokens.clear();
    assert_eq!(tokens.expiry("a.b.c", 99), None);
}

#[test]
fn the_memory_is_bounded() {
    let tokens = VerifiedTokens::default();
    for index in 0..100_000 {
        tokens.insert(&index.to_string(), 100, 0);
    }
    let held: usize = tokens
        .shards
        .iter()
        .map(|shard| shard.lock().unwrap().len())
        .sum();
    assert!(held <= MOST * SHARDS, "{held}");
}
