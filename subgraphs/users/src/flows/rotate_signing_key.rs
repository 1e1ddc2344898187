//! Rotating the signing key: asked for by an operator or by the age of the key, and followed by
//! every replica. See [`crate::security::keyring`] for why nobody is signed out.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use kit::{Failure, Result};

use crate::security::keyring::{AHEAD, Keyring, outdated};
use crate::store::Store;

/// How often a replica looks at the stored keys. Much shorter than a new key is published ahead.
pub const LOOK_INTERVAL: Duration = Duration::from_secs(15);

/// How often a place in the sequence is tried for, when other replicas take it.
const TRIES: usize = 5;

/// Takes over the stored keys, after adding the one in the file if it is not among them.
///
/// # Errors
/// When the database fails.
pub async fn follow(store: &Store, keys: &Keyring, now: DateTime<Utc>) -> Result<()> {
    for _ in 0..TRIES {
        let stored = store.signing_keys().await?;
        if keys.knows_one_of(&stored) {
            keys.update(&stored, now);
            return Ok(());
        }
        store
            .add_signing_key(&keys.file_as_next(&stored, now))
            .await?;
    }
    Err(Failure::internal(
        "other replicas add signing keys all the time",
    ))
}

/// Adds a key that signs when everybody knows it. Returns its id.
///
/// # Errors
/// When the database fails.
pub async fn rotate(store: &Store, keys: &Keyring, now: DateTime<Utc>) -> Result<String> {
    for _ in 0..TRIES {
        let stored = store.signing_keys().await?;
        let next = keys.new_as_next(&stored, now, now + AHEAD)?;
        if store.add_signing_key(&next).await? {
            tracing::info!(key.id = next.key_id, "another key will sign");
            follow(store, keys, now).await?;
            return Ok(next.key_id);
        }
    }
    Err(Failure::internal(
        "other replicas add signing keys all the time",
    ))
}

/// Adds a key that signs at once, and forgets all others: for when one got into wrong hands.
/// Replicas follow within [`LOOK_INTERVAL`]. Returns its id.
///
/// # Errors
/// When the database fails.
pub async fn replace(store: &Store, keys: &Keyring, now: DateTime<Utc>) -> Result<String> {
    for _ in 0..TRIES {
        let stored = store.signing_keys().await?;
        let next = keys.new_as_next(&stored, now, now)?;
        if store.add_signing_key(&next).await? {
            store.remove_signing_keys_before(now).await?;
            tracing::warn!(key.id = next.key_id, "all other keys sign nothing any more");
            follow(store, keys, now).await?;
            return Ok(next.key_id);
        }
    }
    Err(Failure::internal(
        "other replicas add signing keys all the time",
    ))
}

/// Follows the stored keys, rotates when the newest is older than `days` (0 for never), and
/// forgets those that nobody needs.
///
/// # Errors
/// When the database fails.
pub async fn look_after(
    store: &Store,
    keys: &Keyring,
    days: u32,
    now: DateTime<Utc>,
) -> Result<()> {
    follow(store, keys, now).await?;
    let stored = store.signing_keys().await?;
    let newest = stored.iter().map(|key| key.created_at).max();
    let limit = TimeDelta::days(i64::from(days));
    if days > 0 && newest.is_some_and(|made| now - made >= limit) {
        let next = keys.new_as_next(&stored, now, now + AHEAD)?;
        // False when another replica did the same at this moment, which is as good.
        if store.add_signing_key(&next).await? {
            tracing::info!(key.id = next.key_id, "another key will sign");
        }
        follow(store, keys, now).await?;
    }
    let outdated = outdated(&stored, now);
    if !outdated.is_empty() {
        store.remove_signing_keys(&outdated).await?;
    }
    Ok(())
}
