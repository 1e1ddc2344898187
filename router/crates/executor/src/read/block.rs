//! Bytes of a kind, many at a time, as the bits of a word: the first byte is the lowest bit.

use wide::u8x16;

/// The bytes that end the plain part of a string: quote, backslash, and what is below a space.
#[inline]
pub(super) fn string_stops(bytes: &[u8; 16]) -> u32 {
    let bytes = u8x16::new(*bytes);
    let quotes = bytes.simd_eq(u8x16::splat(b'"'));
    let backslashes = bytes.simd_eq(u8x16::splat(b'\\'));
    let controls = bytes.min(u8x16::splat(0x1f)).simd_eq(bytes);
    (quotes | backslashes | controls).to_bitmask()
}

/// What 64 bytes of a list of numbers are.
#[derive(Clone, Copy, Debug)]
struct Kinds {
    digits: u64,
    zeros: u64,
    points: u64,
    minus: u64,
    commas: u64,
}

impl Kinds {
    #[inline]
    fn of(bytes: &[u8; 64]) -> Self {
        let (parts, _) = bytes.as_chunks::<16>();
        let bits = |of: &dyn Fn(u8x16) -> u8x16| {
            parts.iter().rev().fold(0, |bits, part| {
                (bits << 16) | u64::from(of(u8x16::new(*part)).to_bitmask())
            })
        };
        let equal = |byte: u8| bits(&|part| part.simd_eq(u8x16::splat(byte)));
        Self {
            digits: bits(&|part| {
                let value = part - u8x16::splat(b'0');
                value.min(u8x16::splat(9)).simd_eq(value)
            }),
            zeros: equal(b'0'),
            points: equal(b'.'),
            minus: equal(b'-'),
            commas: equal(b','),
        }
    }

    /// Those among the first `length` bytes.
    #[inline]
    fn first(self, length: u32) -> Self {
        let these = first(length);
        Self {
            digits: self.digits & these,
            zeros: self.zeros & these,
            points: self.points & these,
            minus: self.minus & these,
            commas: self.commas & these,
        }
    }
}

/// So many of the lowest bits.
#[inline]
fn first(length: u32) -> u64 {
    u64::MAX.checked_shr(64 - length).unwrap_or(0)
}

/// How many bytes from the start are numbers without exponent, each followed by a comma and nothing
/// else in between; zero when the first is none, or none ends here.
///
/// ```text
/// 12.5,-3,0.25,1e9,7
/// 1000010010000100..  a number begins
///  .. digits, and after a point digits up to a comma
/// 1111111111111       the answer is 13
/// ```
#[inline]
pub(super) fn numbers_and_commas(bytes: &[u8; 64]) -> usize {
    let all = Kinds::of(bytes);
    let foreign = !(all.digits | all.points | all.minus | all.commas);
    let clean = all.first(foreign.trailing_zeros());
    let length = 64 - clean.commas.leading_zeros();
    let Kinds {
        digits,
        zeros,
        points,
        minus,
        commas,
    } = clean.first(length);
    let begin = ((commas << 1) | 1) & first(length);
    let first_digits = (begin & !minus) | ((begin & minus) << 1);
    let after_points = points << 1;
    // Adding one to the lowest digit of a run carries through to what stands behind the run.
    let ends_of_fractions = (digits.wrapping_add(after_points & digits)) & !digits;
    let wrong = (minus & !begin)
        | (first_digits & !digits)
        | (((first_digits & zeros) << 1) & digits)
        | (after_points & !digits)
        | ((points | commas) >> 1 & !digits)
        | (ends_of_fractions & !commas);
    if wrong == 0 { length as usize } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::{numbers_and_commas, string_stops};

    /// What the slow way says: numbers of JSON without exponent, each with its comma.
    fn expected(bytes: &[u8]) -> usize {
        let is_number = |text: &str| {
            text.parse::<serde_json::Number>().is_ok() && !text.contains(['e', 'E', ' '])
        };
        let text: String = bytes.iter().copied().map(char::from).collect();
        let end = text
            .find(|it: char| !it.is_ascii_digit() && !".-,".contains(it))
            .unwrap_or(text.len());
        let Some(last) = text[..end].rfind(',') else {
            return 0;
        };
        let all_are = text[..last].split(',').all(is_number);
        if all_are { last + 1 } else { 0 }
    }

    #[test]
    fn a_run_of_numbers_is_taken_whole_or_not_at_all() {
        let mut taken = 0;
        let mut state = 1_u64;
        let mut below = |end: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % end
        };
        let parts = [
            "1",
            "-2",
            "0",
            "10.5",
            "-0.25",
            "123456",
            "0.0",
            "99999999999999999999",
        ];
        for _ in 0..200_000 {
            let mut text = String::new();
            while text.len() < 64 {
                text.push_str(parts[below(parts.len())]);
                text.push(',');
            }
            let mut bytes = *text.as_bytes().first_chunk::<64>().unwrap();
            for _ in 0..below(3) {
                bytes[below(64)] = b"0123456789.-,e] "[below(16)];
            }
            let found = numbers_and_commas(&bytes);
            assert_eq!(
                found,
                expected(&bytes),
                "{}",
                String::from_utf8_lossy(&bytes)
            );
            taken += usize::from(found > 0);
        }
        assert!(taken > 50_000, "{taken}");
    }

    #[test]
    fn strings_stop_at_quotes_backslashes_and_controls() {
        for byte in 0..=u8::MAX {
            for at in 0..16 {
                let mut bytes = [b'x'; 16];
                bytes[at] = byte;
                let stops = matches!(byte, b'"' | b'\\' | 0..=0x1f);
                assert_eq!(string_stops(&bytes), u32::from(stops) << at, "{byte}");
            }
        }
    }
}
