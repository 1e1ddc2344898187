//! Bytes of a kind, many at a time, as the bits of a word: the first byte is the lowest bit.

use wide::u8x16;

/// The bytes that end the plain part of a string: quote, backslash, and what is below a space.
#[inline]
pub(super) fn string_stops(bytes: &[u8; 32]) -> u32 {
    let (parts, _) = bytes.as_chunks::<16>();
    parts.iter().rev().fold(0, |stops, part| {
        let part = u8x16::new(*part);
        let quotes = part.simd_eq(u8x16::splat(b'"'));
        let backslashes = part.simd_eq(u8x16::splat(b'\\'));
        let controls = part.min(u8x16::splat(0x1f)).simd_eq(part);
        (stops << 16) | (quotes | backslashes | controls).to_bitmask()
    })
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
}

/// What the byte before a block was, as bits for the block's first byte.
#[derive(Clone, Copy, Debug)]
struct Before {
    comma: u64,
    minus: u64,
    /// A zero with which a number begins.
    leading_zero: u64,
    point: u64,
    digit: u64,
    /// A digit behind a point.
    decimal: u64,
}

impl Before {
    const LIST: Self = Self {
        comma: 1,
        minus: 0,
        leading_zero: 0,
        point: 0,
        digit: 0,
        decimal: 0,
    };
}

/// The beginning of a list of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Numbers {
    /// How many bytes are numbers and what follows them.
    pub(super) length: usize,
    /// Whether the last one is followed by the bracket that ends the list, not by a comma.
    pub(super) list_ends: bool,
}

/// Passes numbers without exponent, each followed by a comma or the end of the list and nothing else in
/// between. It gives up where anything else comes, where a number is wrong, and at the last bytes of a
/// body, and has then passed no more than what was right.
///
/// ```text
/// 12.5,-3,0.25,1e9,7
/// 1000010010000100..  a number begins
///  .. digits, and after a point digits up to a comma
/// 1111111111111       so many are passed
/// ```
///
/// No block waits for what comes out of the one before, but for one bit of each kind.
#[inline]
pub(super) fn numbers(bytes: &[u8]) -> Numbers {
    let mut length = 0;
    let mut before = Before::LIST;
    let (blocks, _) = bytes.as_chunks::<64>();
    for (block, start) in blocks.iter().zip((0..).step_by(64)) {
        let Kinds {
            digits,
            zeros,
            points,
            minus,
            mut commas,
        } = Kinds::of(block);
        let foreign = !(digits | points | minus | commas);
        let clean = foreign.trailing_zeros();
        let list_ends = block.get(clean as usize) == Some(&b']');
        if list_ends {
            commas |= 1 << clean;
        }

        let begin = (commas << 1) | before.comma;
        let first_digits = (begin & !minus) | ((begin & minus) << 1) | before.minus;
        let leading_zeros = first_digits & zeros;
        let after_points = (points << 1) | before.point;
        // Adding one to the lowest digit of a run carries through to what stands behind the run.
        let (sum, carries) = digits.overflowing_add(after_points & digits);
        let (sum, carries_on) = sum.overflowing_add(before.decimal);
        let ends_of_decimals = sum & !digits;
        // A point or comma stands behind a digit, so there is one also behind a sign and behind a point.
        let wrong = (minus & !begin)
            | (((leading_zeros << 1) | before.leading_zero) & digits)
            | ((points | commas) & !((digits << 1) | before.digit))
            | (ends_of_decimals & !commas);

        // Whether a byte is wrong depends on none behind it.
        let ended = commas & first(clean + u32::from(list_ends));
        let these = 64 - ended.leading_zeros();
        if foreign != 0 {
            if these > 0 && wrong & first(these) == 0 {
                length = start + these as usize;
                return Numbers { length, list_ends };
            }
            break;
        }
        if wrong != 0 {
            break;
        }
        if these > 0 {
            length = start + these as usize;
        }
        before = Before {
            comma: commas >> 63,
            minus: minus >> 63,
            leading_zero: leading_zeros >> 63,
            point: points >> 63,
            digit: digits >> 63,
            decimal: u64::from(carries | carries_on),
        };
    }
    Numbers {
        length,
        list_ends: false,
    }
}

/// So many of the lowest bits.
#[inline]
fn first(length: u32) -> u64 {
    u64::MAX.checked_shr(64 - length).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Numbers, numbers, string_stops};

    /// What the slow way says: numbers of JSON without exponent, each with its comma or the list's end.
    fn expected(bytes: &[u8]) -> Numbers {
        let is_number = |text: &str| {
            text.parse::<serde_json::Number>().is_ok() && !text.contains(['e', 'E', ' '])
        };
        let text: String = bytes.iter().copied().map(char::from).collect();
        let mut passed = Numbers {
            length: 0,
            list_ends: false,
        };
        for part in text.split_inclusive([',', ']']) {
            let (number, end) = part.split_at(part.len() - 1);
            if !is_number(number) || ![",", "]"].contains(&end) {
                break;
            }
            passed.length += part.len();
            passed.list_ends = end == "]";
            if passed.list_ends {
                break;
            }
        }
        passed
    }

    #[test]
    fn numbers_are_passed_as_far_as_they_are_right() {
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
            "0.99999999999999999999999999999999999999999999999999999999999999999999999999999999999",
        ];
        let [mut whole, mut ended] = [0; 2];
        for _ in 0..100_000 {
            let blocks = below(4) + 1;
            let mut text = String::new();
            while text.len() < blocks * 64 {
                // The one that is longer than a block seldom comes.
                let among = if below(9) == 0 { 9 } else { 8 };
                text.push_str(parts[below(among)]);
                text.push(if below(40) == 0 { ']' } else { ',' });
            }
            let mut bytes = text.into_bytes();
            let spoiled = below(3);
            for _ in 0..spoiled {
                bytes[below(blocks * 64)] = b"0123456789.-,e] "[below(16)];
            }
            let (looked_at, rest) = bytes.split_at(blocks * 64);
            let some_of_rest = below(rest.len().min(63) + 1);
            let found = numbers(&bytes[..looked_at.len() + some_of_rest]);
            let due = expected(looked_at);
            let text = String::from_utf8_lossy(&bytes);
            if spoiled == 0 || found.list_ends {
                assert_eq!(found, due, "{text}");
                whole += 1;
                ended += usize::from(found.list_ends);
            } else {
                // No more than is right, and all of it but for what is in the block that is not.
                assert!(found.length <= due.length, "{text}");
                assert_eq!(
                    found.length,
                    expected(&bytes[..found.length]).length,
                    "{text}"
                );
                assert!(due.length < found.length + 64 + 90, "{text}");
            }
        }
        assert!(whole > 30_000 && ended > 10_000, "{whole} {ended}");
    }

    #[test]
    fn strings_stop_at_quotes_backslashes_and_controls() {
        for byte in 0..=u8::MAX {
            for at in 0..32 {
                let mut bytes = [b'x'; 32];
                bytes[at] = byte;
                let stops = matches!(byte, b'"' | b'\\' | 0..=0x1f);
                assert_eq!(string_stops(&bytes), u32::from(stops) << at, "{byte}");
            }
        }
    }
}
