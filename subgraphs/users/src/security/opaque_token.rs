//! Refresh tokens: 256 random bits for the client, and only their hash for us.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kit::Result;
use sha2::{Digest, Sha256};

use super::random;

/// Longer texts are no token of ours.
const MAX_LENGTH: usize = 128;

/// A refresh token as the client holds it. Never shown by `Debug`, never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken(String);

/// What is stored of a token: its SHA-256, in hexadecimal digits. A fast hash is enough,
/// because what is hashed cannot be guessed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshTokenHash(String);

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(…)")
    }
}

impl RefreshToken {
    /// A new token.
    ///
    /// # Errors
    /// When the operating system has no randomness.
    pub fn new() -> Result<Self> {
        Ok(RefreshToken(URL_SAFE_NO_PAD.encode(random::bytes::<32>()?)))
    }

    /// The token a client sent, unless it cannot be one.
    pub fn received(text: String) -> Option<Self> {
        (!text.is_empty() && text.len() <= MAX_LENGTH).then_some(RefreshToken(text))
    }

    /// What is stored of it.
    pub fn hash(&self) -> RefreshTokenHash {
        RefreshTokenHash(random::hex(&Sha256::digest(self.0.as_bytes())))
    }

    /// The token itself, for the client.
    pub fn reveal(self) -> String {
        self.0
    }
}

impl RefreshTokenHash {
    /// The hash as it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_sha_256_and_the_token_is_never_shown() {
        let token = RefreshToken::received("abc".to_owned()).expect("a text");
        assert_eq!(
            token.hash().as_str(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert!(!format!("{token:?}").contains("abc"));
        assert_eq!(RefreshToken::new().expect("random").reveal().len(), 43);
        assert!(RefreshToken::received("a".repeat(129)).is_none());
    }
}
