//! Hashes passwords with argon2id, away from the request threads and a few at a time.
//!
//! A hash costs about 19 MiB and some tens of milliseconds on purpose. Without a bound, a
//! burst of sign-ins would take all memory and starve everything else: as many threads as there
//! are processors do nothing else, and beyond a queue of [`MAX_WAITING`] the caller is told to
//! come back later.

use std::fmt;
use std::sync::Arc;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use kit::{Code, Failure, Result};
use tokio::sync::Semaphore;

use super::hashing_threads::{HashingThreads, Memory};
use super::random;
use crate::rules::NewPassword;

/// OWASP's recommendation for argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Hashes that may wait for their turn.
pub const MAX_WAITING: usize = 64;

/// Hashes and checks passwords.
#[derive(Clone)]
pub struct PasswordHasher {
    argon2: Argon2<'static>,
    threads: HashingThreads,
    waiting: Arc<Semaphore>,
    /// The hash of a password nobody knows, checked when there is no account.
    decoy: Arc<str>,
}

impl fmt::Debug for PasswordHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHasher")
    }
}

impl PasswordHasher {
    /// A hasher that computes at most one hash per processor at once.
    ///
    /// # Errors
    /// When the operating system has no randomness or gives no threads.
    pub fn new() -> Result<Self> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
            .map_err(|error| Failure::internal(error.to_string()))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let nobody_knows = random::id()?;
        let decoy = hash(&argon2, &mut Memory::new(), &nobody_knows)?.into();
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(PasswordHasher {
            argon2,
            threads: HashingThreads::start(processors)?,
            waiting: Arc::new(Semaphore::new(processors + MAX_WAITING)),
            decoy,
        })
    }

    /// The hash to store, as a PHC string with its own salt and parameters.
    ///
    /// # Errors
    /// `TOO_MANY_REQUESTS` when too many wait already.
    pub async fn hash(&self, password: &NewPassword) -> Result<String> {
        let argon2 = self.argon2.clone();
        let password = password.clone();
        self.in_turn(move |memory| hash(&argon2, memory, password.reveal()))
            .await?
    }

    /// Whether `password` is the one that was hashed. Without a stored hash the same work is
    /// done and the answer is no, so that time does not tell who has an account.
    ///
    /// # Errors
    /// `TOO_MANY_REQUESTS` when too many wait already; internal when the stored text is no hash.
    pub async fn verify(&self, password: &str, stored: Option<&str>) -> Result<bool> {
        let known = stored.is_some();
        let phc = stored.unwrap_or(&self.decoy).to_owned();
        let password = password.to_owned();
        let matches = self
            .in_turn(move |memory| matches(memory, &password, &phc))
            .await??;
        Ok(matches && known)
    }

    /// Runs `work` on one of the threads, when it is its turn.
    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T> {
        let Ok(place) = Arc::clone(&self.waiting).try_acquire_owned() else {
            return Err(Failure::new(
                Code::TooManyRequests,
                "Too many people are signing in at this moment: try again soon",
            ));
        };
        self.threads.run(place, work).await
    }
}

fn hash(argon2: &Argon2<'_>, memory: &mut Memory, password: &str) -> Result<String> {
    let salt = random::bytes::<16>()?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(argon2.params()).map_err(internal)?,
        salt: Some(Salt::new(&salt).map_err(internal)?),
        hash: Some(output(argon2, memory, password, &salt)?),
    };
    Ok(hash.to_string())
}

/// Whether this is the password of a PHC string, which says itself how it was made.
fn matches(memory: &mut Memory, password: &str, phc: &str) -> Result<bool> {
    let stored = PasswordHash::new(phc).map_err(internal)?;
    let algorithm = Algorithm::try_from(stored.algorithm.as_str()).map_err(internal)?;
    let version = match stored.version {
        Some(version) => Version::try_from(version).map_err(internal)?,
        None => Version::default(),
    };
    let params = Params::try_from(&stored).map_err(internal)?;
    let (Some(salt), Some(expected)) = (stored.salt, stored.hash) else {
        return Err(Failure::internal("a stored password has no hash"));
    };
    let argon2 = Argon2::new(algorithm, version, params);
    // Two outputs are compared in constant time.
    Ok(output(&argon2, memory, password, &salt)? == expected)
}

/// The hash itself. Whatever the memory held before has no influence on it.
fn output(argon2: &Argon2<'_>, memory: &mut Memory, password: &str, salt: &[u8]) -> Result<Output> {
    let blocks = argon2.params().block_count();
    if memory.len() < blocks {
        // All at once, and no more than that.
        *memory = vec![Block::default(); blocks];
    }
    let length = argon2.params().output_len();
    let mut out = [0; Output::MAX_LENGTH];
    let out = out
        .get_mut(..length.unwrap_or(Params::DEFAULT_OUTPUT_LEN))
        .ok_or_else(|| Failure::internal("a hash of this length cannot be stored"))?;
    argon2
        .hash_password_into_with_memory(password.as_bytes(), salt, out, memory)
        .map_err(internal)?;
    Output::new(out).map_err(internal)
}

fn internal(error: impl fmt::Display) -> Failure {
    Failure::internal(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{EmailAddress, Username};

    fn password(text: &str) -> NewPassword {
        let username = Username::parse("username", "ada").expect("valid");
        let email = EmailAddress::parse("email", "ada@example.org").expect("valid");
        NewPassword::parse("password", text, &username, &email).expect("strong")
    }

    #[tokio::test]
    async fn only_the_password_itself_matches_its_hash() {
        let hasher = PasswordHasher::new().expect("randomness");
        let hash = hasher
            .hash(&password("correct horse"))
            .await
            .expect("hashes");
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert!(
            hasher
                .verify("correct horse", Some(&hash))
                .await
                .expect("verifies")
        );
        assert!(
            !hasher
                .verify("correct house", Some(&hash))
                .await
                .expect("verifies")
        );
        let again = hasher
            .hash(&password("correct horse"))
            .await
            .expect("hashes");
        assert_ne!(hash, again, "each hash has a salt of its own");
    }

    /// The crate's own way, which takes its memory anew, and ours with memory that was used agree.
    #[test]
    fn used_memory_makes_no_difference() {
        use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
        let argon2 = Argon2::default();
        let mut memory = Memory::new();
        for password in ["correct horse", "another one", ""] {
            let ours = hash(&argon2, &mut memory, password).expect("hashes");
            assert!(
                argon2
                    .verify_password(password.as_bytes(), ours.as_str())
                    .is_ok()
            );
            let theirs: PasswordHash = argon2.hash_password(password.as_bytes()).expect("hashes");
            let theirs = theirs.to_string();
            assert!(matches(&mut memory, password, &theirs).expect("a hash"));
            assert!(!matches(&mut memory, "wrong", &theirs).expect("a hash"));
        }
    }

    #[test]
    fn what_is_stored_and_is_no_hash_is_an_error() {
        for stored in [
            "",
            "plain",
            "$argon2id$v=19$m=19456,t=2,p=1",
            "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA",
        ] {
            assert!(
                matches(&mut Memory::new(), "x", stored).is_err(),
                "{stored}"
            );
        }
    }

    #[tokio::test]
    async fn nobodys_password_never_matches() {
        let hasher = PasswordHasher::new().expect("randomness");
        assert!(
            !hasher
                .verify("anything at all", None)
                .await
                .expect("verifies")
        );
    }

    #[tokio::test]
    async fn beyond_the_queue_callers_are_sent_away() {
        let hasher = PasswordHasher::new().expect("randomness");
        let all = u32::try_from(hasher.waiting.available_permits()).expect("a small number");
        let _taken = hasher.waiting.acquire_many(all).await.expect("open");
        let failure = hasher.verify("x", None).await.expect_err("full");
        assert_eq!(failure.code(), Code::TooManyRequests);
    }
}
