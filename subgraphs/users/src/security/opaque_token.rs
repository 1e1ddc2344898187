//! Tokens that say nothing by themselves: 256 random bits for whoever they are given to, and only
//! their hash for us. Refresh tokens, one-time tokens, authorization codes, cookies and the secrets
//! of apps are such.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kit::Result;

use super::{one_way, random};

/// Longer texts are no token of ours.
const MAX_LENGTH: usize = 128;

/// A token as its bearer holds it. Never shown by `Debug`, never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct OpaqueToken(String);

/// What is stored of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenHash(String);

impl fmt::Debug for OpaqueToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpaqueToken(…)")
    }
}

impl OpaqueToken {
    /// A new token.
    ///
    /// # Errors
    /// When the operating system has no randomness.
    pub fn new() -> Result<Self> {
        Ok(OpaqueToken(URL_SAFE_NO_PAD.encode(random::bytes::<32>()?)))
    }

    /// The token a client sent, unless it cannot be one.
    pub fn received(text: String) -> Option<Self> {
        (!text.is_empty() && text.len() <= MAX_LENGTH).then_some(OpaqueToken(text))
    }

    /// What is stored of it.
    pub fn hash(&self) -> TokenHash {
        TokenHash(one_way::hash(&self.0))
    }

    /// The token itself, for its bearer.
    pub fn reveal(self) -> String {
        self.0
    }
}

impl TokenHash {
    /// A hash as it was stored.
    pub(crate) fn stored(text: String) -> Self {
        TokenHash(text)
    }

    /// Whether this is the hash of a token. Takes the same time for any token.
    pub fn matches(&self, token: &OpaqueToken) -> bool {
        one_way::equal(&self.0, &token.hash().0)
    }

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
        let token = OpaqueToken::received("abc".to_owned()).expect("a text");
        assert_eq!(
            token.hash().as_str(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert!(!format!("{token:?}").contains("abc"));
        assert_eq!(OpaqueToken::new().expect("random").reveal().len(), 43);
        assert!(OpaqueToken::received("a".repeat(129)).is_none());
    }
}
