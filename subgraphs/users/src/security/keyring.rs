//! The keys that sign tokens, of which one signs now and all are published.
//!
//! ```text
//! sequence   1 (file) ──▶ 2 (salt) ──▶ 3 (salt, active in 10 minutes)
//!            published    signs         published, so that everybody has it before it signs
//! ```
//!
//! Which keys there are, and from when each one signs, stands in the database, so that replicas
//! agree; it holds the public halves and the salts. The private halves follow from the salts and
//! the key in the file, which replicas share. A key leaves the published set only when the last
//! token it can have signed has ended. So a rotation signs nobody out.
//!
//! When the key in the file is replaced, it becomes the next key of the sequence: whoever has the
//! new file signs with it, and the old ones are published until their tokens end.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, Duration, Utc};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use kit::{Failure, Result};
use tokio::sync::watch;

use super::access_token::LIFETIME;
use super::random;
use super::signing_key::SigningKey;

/// How long before it signs a key is published: longer than anybody may keep the key set.
pub const AHEAD: Duration = Duration::minutes(10);

/// How long a key is published after another one took its place: the lifetime of a token, and
/// some time for clocks that differ and replicas that have not looked yet.
const AFTERWARDS: Duration = Duration::minutes(15 + LIFETIME.num_minutes());

/// A key as it is stored: everything but its private half.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredKey {
    /// Its id (RFC 7638).
    pub key_id: String,
    /// Its place in the sequence.
    pub sequence: i64,
    /// What it is derived with; none for the key in the file itself.
    pub salt: Option<String>,
    /// Its public half.
    pub jwk: Jwk,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// From when it signs.
    pub active_from: DateTime<Utc>,
}

/// The keys of this replica. Clones share them.
#[derive(Clone)]
pub struct Keyring {
    file: SigningKey,
    signing: Arc<RwLock<SigningKey>>,
    published: Arc<watch::Sender<Arc<JwkSet>>>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring")
            .field("signing", &self.signing().key_id())
            .finish_non_exhaustive()
    }
}

impl Keyring {
    /// A ring with the key in the file alone.
    pub fn new(file: SigningKey) -> Self {
        let published = JwkSet {
            keys: vec![file.published().clone()],
        };
        Keyring {
            signing: Arc::new(RwLock::new(file.clone())),
            published: Arc::new(watch::Sender::new(Arc::new(published))),
            file,
        }
    }

    /// The key that signs now.
    pub fn signing(&self) -> SigningKey {
        self.signing
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The public keys as they are now and as they will be.
    pub fn published(&self) -> watch::Receiver<Arc<JwkSet>> {
        self.published.subscribe()
    }

    /// The key of the sequence that this replica can sign with, if it is this one.
    fn own(&self, stored: &StoredKey) -> Option<SigningKey> {
        let key = match &stored.salt {
            None => self.file.clone(),
            Some(salt) => self.file.derive(salt).ok()?,
        };
        (key.key_id() == stored.key_id).then_some(key)
    }

    /// Whether one of the keys follows from this replica's file.
    pub fn knows_one_of(&self, stored: &[StoredKey]) -> bool {
        stored.iter().any(|key| self.own(key).is_some())
    }

    /// The key in the file, as the next one of the sequence.
    pub fn file_as_next(&self, stored: &[StoredKey], now: DateTime<Utc>) -> StoredKey {
        next(&self.file, None, stored, now, now)
    }

    /// A new key, as the next one of the sequence.
    ///
    /// # Errors
    /// When the operating system has no randomness.
    pub fn new_as_next(
        &self,
        stored: &[StoredKey],
        now: DateTime<Utc>,
        active_from: DateTime<Utc>,
    ) -> Result<StoredKey> {
        let salt = random::id()?;
        let key = self.file.derive(&salt).map_err(Failure::internal)?;
        Ok(next(&key, Some(salt), stored, now, active_from))
    }

    /// Takes over what is stored: signs with the newest key that is active and that this replica
    /// has, and publishes all whose tokens may still be valid.
    pub fn update(&self, stored: &[StoredKey], now: DateTime<Utc>) {
        let signing = stored
            .iter()
            .filter(|key| key.active_from <= now)
            .rev()
            .find_map(|key| self.own(key))
            // By this machine's clock none is active yet; the one that will be first is published.
            .or_else(|| stored.iter().find_map(|key| self.own(key)));
        if let Some(signing) = signing {
            *self.signing.write().unwrap_or_else(PoisonError::into_inner) = signing;
        }
        let keys = stored
            .iter()
            .filter(|key| ended(key, stored).is_none_or(|ended| now < ended + AFTERWARDS))
            .map(|key| key.jwk.clone())
            .collect();
        self.published.send_replace(Arc::new(JwkSet { keys }));
    }
}

/// When another key took the place of this one.
fn ended(key: &StoredKey, stored: &[StoredKey]) -> Option<DateTime<Utc>> {
    stored
        .iter()
        .filter(|other| other.sequence > key.sequence)
        .map(|other| other.active_from)
        .min()
}

/// The keys that are not published any more, and need not be stored.
pub fn outdated(stored: &[StoredKey], now: DateTime<Utc>) -> Vec<String> {
    stored
        .iter()
        .filter(|key| ended(key, stored).is_some_and(|ended| now >= ended + AFTERWARDS))
        .map(|key| key.key_id.clone())
        .collect()
}

fn next(
    key: &SigningKey,
    salt: Option<String>,
    stored: &[StoredKey],
    now: DateTime<Utc>,
    active_from: DateTime<Utc>,
) -> StoredKey {
    StoredKey {
        key_id: key.key_id().to_owned(),
        sequence: stored.iter().map(|key| key.sequence).max().unwrap_or(0) + 1,
        salt,
        jwk: key.published().clone(),
        created_at: now,
        active_from,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(folder: &tempfile::TempDir, name: &str) -> Keyring {
        let file = SigningKey::load_or_create(&folder.path().join(name)).expect("made");
        Keyring::new(file)
    }

    fn ids(ring: &Keyring) -> Vec<String> {
        let published = ring.published().borrow().clone();
        let id = |key: &Jwk| key.common.key_id.clone().expect("an id");
        published.keys.iter().map(id).collect()
    }

    #[test]
    fn a_new_key_is_published_before_it_signs_and_the_old_one_afterwards() {
        let folder = tempfile::tempdir().expect("a folder");
        let ring = ring(&folder, "a.pem");
        let now = Utc::now();
        let first = ring.file_as_next(&[], now);
        let second = ring
            .new_as_next(std::slice::from_ref(&first), now, now + AHEAD)
            .expect("made");
        let stored = [first.clone(), second.clone()];
        let both = vec![first.key_id.clone(), second.key_id.clone()];

        ring.update(&stored, now);
        assert_eq!(
            (ring.signing().key_id(), ids(&ring)),
            (&*first.key_id, both.clone())
        );
        ring.update(&stored, now + AHEAD);
        assert_eq!(
            (ring.signing().key_id(), ids(&ring)),
            (&*second.key_id, both.clone())
        );
        // The last token of the first key ends.
        ring.update(&stored, now + AHEAD + LIFETIME);
        assert_eq!(ids(&ring), both);
        ring.update(&stored, now + AHEAD + AFTERWARDS);
        assert_eq!(ids(&ring), std::slice::from_ref(&second.key_id));
        assert_eq!(outdated(&stored, now + AHEAD + AFTERWARDS), [first.key_id]);
    }

    #[test]
    fn a_replica_with_another_file_signs_with_its_own_and_publishes_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let (old, new) = (ring(&folder, "old.pem"), ring(&folder, "new.pem"));
        let now = Utc::now();
        let mut stored = vec![old.file_as_next(&[], now)];
        assert!(old.knows_one_of(&stored) && !new.knows_one_of(&stored));
        stored.push(new.file_as_next(&stored, now));
        for ring in [&old, &new] {
            ring.update(&stored, now);
            assert_eq!(ids(ring).len(), 2);
            assert_eq!(ring.signing().key_id(), ring.file.key_id());
        }
    }
}
