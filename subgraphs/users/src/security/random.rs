//! Randomness from the operating system.

use kit::{Failure, Result};

/// Unpredictable bytes.
///
/// # Errors
/// When the operating system has none to give: an internal failure.
pub fn bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Failure::internal(error.to_string()))?;
    Ok(bytes)
}

/// An id that tells nothing and cannot be guessed: 128 bits, as 32 hexadecimal digits.
///
/// # Errors
/// As [`bytes`].
pub fn id() -> Result<String> {
    Ok(hex(&bytes::<16>()?))
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from_digit(digit.into(), 16).unwrap_or('0'));
            }
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_long_and_differ() {
        let (one, other) = (id().expect("random"), id().expect("random"));
        assert_eq!(one.len(), 32);
        assert_ne!(one, other);
        assert_eq!(hex(&[0, 15, 16, 255]), "000f10ff");
    }
}
