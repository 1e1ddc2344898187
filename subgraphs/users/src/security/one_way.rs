//! What is stored of a secret that cannot be guessed: its SHA-256, in hexadecimal digits. A fast
//! hash is enough for such; passwords are another matter, see the password hasher.

use sha2::{Digest, Sha256};

use super::random;

/// The hash of a text.
pub fn hash(text: &str) -> String {
    random::hex(&Sha256::digest(text.as_bytes()))
}

/// Whether two texts are equal, in a time that depends on their lengths alone.
pub fn equal(one: &str, other: &str) -> bool {
    one.len() == other.len()
        && one
            .bytes()
            .zip(other.bytes())
            .fold(0, |differences, (a, b)| differences | (a ^ b))
            == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_equal_and_no_others() {
        assert!(equal("", "") && equal("abc", "abc"));
        assert!(!equal("abc", "abd") && !equal("abc", "ab") && !equal("abc", ""));
        assert_eq!(hash("abc").len(), 64);
    }
}
