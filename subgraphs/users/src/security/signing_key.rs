//! Keys that sign tokens. The first one is made on first start and kept in a file; the ones that
//! follow by rotation are derived from it and from a salt, see [`super::keyring`].

use std::fmt;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey as Ed25519Key;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, KeypairBytes};
use hkdf::Hkdf;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey};
use sha2::Sha256;

use super::random;

/// What derived keys are for; keys for anything else would be derived with another text.
const DERIVED: &[u8] = b"musicwallet: a key that signs tokens";

/// Why there is no signing key.
#[derive(Debug, thiserror::Error)]
pub enum SigningKeyError {
    /// The folder of the key file could not be made.
    #[error("cannot create the folder {}", folder.display())]
    Folder {
        /// The folder that is missing.
        folder: PathBuf,
        /// Why it could not be made.
        source: std::io::Error,
    },
    /// The file exists and could not be read.
    #[error("cannot read the signing key {}", file.display())]
    Read {
        /// The key file.
        file: PathBuf,
        /// Why it could not be read.
        source: std::io::Error,
    },
    /// The file could not be written.
    #[error("cannot write the signing key {}", file.display())]
    Write {
        /// The key file.
        file: PathBuf,
        /// Why it could not be written.
        source: std::io::Error,
    },
    /// The file is not an Ed25519 private key. What it is instead is not told, for it may be
    /// another secret.
    #[error("{} is not an Ed25519 private key in PKCS#8 PEM form", file.display())]
    NotAKey {
        /// The key file.
        file: PathBuf,
    },
    /// A key could not be made.
    #[error("cannot make a signing key: {0}")]
    Make(String),
}

/// The private key, and its public half as it is published.
#[derive(Clone)]
pub struct SigningKey {
    seed: [u8; 32],
    private: EncodingKey,
    key_id: String,
    published: Jwk,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

impl SigningKey {
    /// Reads the key in `file`, or makes one and keeps it there, readable by its owner only.
    ///
    /// # Errors
    /// When the file cannot be read or written, or is something else.
    pub fn load_or_create(file: &Path) -> Result<Self, SigningKeyError> {
        match std::fs::read_to_string(file) {
            Ok(pem) => Self::from_pem(&pem, file),
            Err(error) if error.kind() == ErrorKind::NotFound => create(file),
            Err(source) => Err(SigningKeyError::Read {
                file: file.to_owned(),
                source,
            }),
        }
    }

    fn from_pem(pem: &str, file: &Path) -> Result<Self, SigningKeyError> {
        let not_a_key = || SigningKeyError::NotAKey {
            file: file.to_owned(),
        };
        let key = Ed25519Key::from_pkcs8_pem(pem).map_err(|_| not_a_key())?;
        Self::from_seed(key.to_bytes())
    }

    fn from_seed(seed: [u8; 32]) -> Result<Self, SigningKeyError> {
        let made = |error: String| SigningKeyError::Make(error);
        let der = plain_pkcs8(&Ed25519Key::from_bytes(&seed))
            .to_pkcs8_der()
            .map_err(|error| made(error.to_string()))?;
        let private = EncodingKey::from_ed_der(der.as_bytes());
        let mut key = Jwk::from_encoding_key(&private, Algorithm::EdDSA)
            .map_err(|error| made(error.to_string()))?;
        // The id follows from the key (RFC 7638), so that replicas with one key agree on it.
        let key_id = key
            .thumbprint(ThumbprintHash::SHA256)
            .map_err(|error| made(error.to_string()))?;
        key.common.key_id = Some(key_id.clone());
        key.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(SigningKey {
            seed,
            private,
            key_id,
            published: key,
        })
    }

    /// The key that follows from this one and a salt (HKDF, RFC 5869). Who knows the salt alone
    /// knows nothing; who has the key of the file has all.
    ///
    /// # Errors
    /// When the key cannot be made.
    pub fn derive(&self, salt: &str) -> Result<Self, SigningKeyError> {
        let mut seed = [0; 32];
        Hkdf::<Sha256>::new(Some(salt.as_bytes()), &self.seed)
            .expand(DERIVED, &mut seed)
            .map_err(|error| SigningKeyError::Make(error.to_string()))?;
        Self::from_seed(seed)
    }

    /// The private key, for signing.
    pub(super) fn private(&self) -> &EncodingKey {
        &self.private
    }

    /// The name under which the public key is published.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The public key, as published.
    pub fn published(&self) -> &Jwk {
        &self.published
    }
}

/// Makes a key and puts it in place whole: a crash leaves no half file, and of two processes
/// that start together one wins and both use its key.
fn create(file: &Path) -> Result<SigningKey, SigningKeyError> {
    let made = |error: String| SigningKeyError::Make(error);
    let seed = random::bytes::<32>().map_err(|_| made("no randomness".to_owned()))?;
    let pem = plain_pkcs8(&Ed25519Key::from_bytes(&seed))
        .to_pkcs8_pem(LineEnding::LF)
        .map_err(|error| made(error.to_string()))?;
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(|source| SigningKeyError::Folder {
            folder: folder.to_owned(),
            source,
        })?;
    }
    let draft = file.with_extension(format!("{}.new", std::process::id()));
    let write = |source| SigningKeyError::Write {
        file: file.to_owned(),
        source,
    };
    let placed =
        write_private(&draft, pem.as_bytes()).and_then(|()| std::fs::hard_link(&draft, file));
    // The draft has served, or is of no use; what matters was said by `placed`.
    let _ = std::fs::remove_file(&draft);
    match placed {
        Ok(()) => SigningKey::from_pem(&pem, file),
        Err(error) if error.kind() == ErrorKind::AlreadyExists && file.exists() => {
            let theirs = std::fs::read_to_string(file).map_err(|source| SigningKeyError::Read {
                file: file.to_owned(),
                source,
            })?;
            SigningKey::from_pem(&theirs, file)
        }
        Err(error) => Err(write(error)),
    }
}

/// The key without its public half, which is the form every tool reads (RFC 8410); the form
/// with both (RFC 5958) is refused by the token library and by older ones.
fn plain_pkcs8(key: &Ed25519Key) -> KeypairBytes {
    KeypairBytes {
        secret_key: key.to_bytes(),
        public_key: None,
    }
}

fn write_private(file: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(file)?;
    file.write_all(content)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_then_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("keys/signing-key.pem");
        let made = SigningKey::load_or_create(&file).expect("made");
        let kept = SigningKey::load_or_create(&file).expect("kept");
        assert_eq!(made.published(), kept.published());
        assert_eq!(
            std::fs::read_dir(folder.path().join("keys"))
                .expect("a folder")
                .count(),
            1
        );
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_the_key() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("signing-key.pem");
        SigningKey::load_or_create(&file).expect("made");
        let mode = std::fs::metadata(&file)
            .expect("it is there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn the_published_half_has_no_secret() {
        let folder = tempfile::tempdir().expect("a folder");
        let key = SigningKey::load_or_create(&folder.path().join("k.pem")).expect("made");
        let json = serde_json::to_value(key.published()).expect("JSON");
        let published = json.as_object().expect("a key");
        let mut names: Vec<_> = published.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x"]);
        assert_eq!(published["kid"], key.key_id());
    }

    #[test]
    fn a_derived_key_follows_from_the_file_and_the_salt() {
        let folder = tempfile::tempdir().expect("a folder");
        let key = SigningKey::load_or_create(&folder.path().join("k.pem")).expect("made");
        let other = SigningKey::load_or_create(&folder.path().join("o.pem")).expect("made");
        let id = |key: &SigningKey, salt: &str| key.derive(salt).expect("made").key_id().to_owned();
        assert_eq!(id(&key, "salt"), id(&key, "salt"));
        assert_ne!(id(&key, "salt"), id(&key, "salz"));
        assert_ne!(id(&key, "salt"), id(&other, "salt"));
        assert_ne!(id(&key, "salt"), key.key_id());
    }

    #[test]
    fn a_file_that_is_no_key_is_named_and_not_shown() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("signing-key.pem");
        std::fs::write(&file, "another secret").expect("writes");
        let problem = SigningKey::load_or_create(&file)
            .expect_err("no key")
            .to_string();
        assert!(problem.contains("signing-key.pem") && !problem.contains("another secret"));
    }
}
