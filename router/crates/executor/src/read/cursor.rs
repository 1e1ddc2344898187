//! The tokens of JSON, validated as they are passed (RFC 8259).

use super::block::{numbers, string_stops};
use crate::short::Expected;

/// A body that is not what a GraphQL server may answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason} at byte {at}")]
pub(crate) struct Malformed {
    /// The offset in the body.
    pub(crate) at: usize,
    /// What was found or missing.
    pub(crate) reason: &'static str,
}

/// A place in a body. Bodies are shorter than 4 GiB, so that offsets fit 32 bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'b> {
    pub(super) body: &'b [u8],
    pub(super) at: usize,
}

/// What stands between the quotes of a string.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contents<'b> {
    pub(super) bytes: &'b [u8],
    pub(super) has_escapes: bool,
}

/// How many bytes from the start are neither quote nor backslash nor control character.
#[inline]
fn plain_length(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let stops = string_stops(chunk);
        if stops != 0 {
            return at + stops.trailing_zeros() as usize;
        }
        at += chunk.len();
    }
    // The end of a body, which is no string's.
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest
        .iter()
        .position(|&byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))
        .unwrap_or(rest.len())
}

impl<'b> Cursor<'b> {
    pub(super) fn new(body: &'b [u8]) -> Self {
        Self { body, at: 0 }
    }

    /// The byte at hand; at the end 0, which is never JSON outside of strings, nor inside.
    #[inline]
    pub(super) fn byte(&self) -> u8 {
        self.body.get(self.at).copied().unwrap_or(0)
    }

    /// The next byte that is no white space.
    #[inline]
    pub(super) fn peek(&mut self) -> u8 {
        loop {
            match self.byte() {
                b' ' | b'\n' | b'\r' | b'\t' => self.at += 1,
                byte => return byte,
            }
        }
    }

    pub(super) fn malformed<T>(&self, reason: &'static str) -> Result<T, Malformed> {
        Err(Malformed {
            at: self.at,
            reason: if self.at >= self.body.len() {
                "the body ends too early"
            } else {
                reason
            },
        })
    }

    /// Passes this byte, after white space.
    #[inline]
    pub(super) fn expect(&mut self, byte: u8, reason: &'static str) -> Result<(), Malformed> {
        if self.peek() != byte {
            return self.malformed(reason);
        }
        self.at += 1;
        Ok(())
    }

    /// Passes these bytes if they are next.
    #[inline]
    pub(super) fn accept(&mut self, bytes: &[u8]) -> bool {
        let is_next = self
            .body
            .get(self.at..)
            .is_some_and(|rest| rest.starts_with(bytes));
        if is_next {
            self.at += bytes.len();
        }
        is_next
    }

    /// Passes this text if it is next.
    #[inline]
    pub(super) fn accept_expected(&mut self, text: &Expected) -> bool {
        let is_next = text.begins(self.body.get(self.at..).unwrap_or_default());
        if is_next {
            self.at += text.len();
        }
        is_next
    }

    /// Passes the rest of a literal of which the first byte has been seen.
    pub(super) fn literal(&mut self, text: &'static [u8]) -> Result<(), Malformed> {
        if self.accept(text) {
            Ok(())
        } else {
            self.malformed("expected a value")
        }
    }

    /// Passes a string whose opening quote is at hand.
    #[inline]
    pub(super) fn string(&mut self) -> Result<Contents<'b>, Malformed> {
        self.at += 1;
        self.string_contents()
    }

    /// Passes the rest of a string whose opening quote has been passed.
    #[inline]
    pub(super) fn string_contents(&mut self) -> Result<Contents<'b>, Malformed> {
        let start = self.at;
        let mut has_escapes = false;
        loop {
            self.at += plain_length(self.body.get(self.at..).unwrap_or_default());
            match self.byte() {
                b'"' => {
                    let bytes = self.body.get(start..self.at).unwrap_or_default();
                    self.at += 1;
                    return Ok(Contents { bytes, has_escapes });
                }
                b'\\' => {
                    has_escapes = true;
                    self.escape()?;
                }
                _ => return self.malformed("a control character in a string"),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Malformed> {
        self.at += 1;
        match self.byte() {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {
                self.at += 1;
                Ok(())
            }
            b'u' => {
                self.at += 1;
                for _ in 0..4 {
                    if !self.byte().is_ascii_hexdigit() {
                        return self.malformed("an escape that is none");
                    }
                    self.at += 1;
                }
                Ok(())
            }
            _ => self.malformed("an escape that is none"),
        }
    }

    /// Passes a number; says whether it is written without fraction and exponent.
    ///
    /// Numbers are short and mostly of one length: byte by byte beats words of many bytes.
    #[inline]
    pub(super) fn number(&mut self) -> Result<bool, Malformed> {
        let rest = self.body.get(self.at..).unwrap_or_default();
        let byte = |at: usize| rest.get(at).copied().unwrap_or(0);
        let sign = usize::from(byte(0) == b'-');
        let mut at = digits(rest, sign);
        let starts_with_zero = byte(sign) == b'0';
        if at == sign {
            return self.no_number(at);
        }
        if starts_with_zero {
            // More digits are what follows the number, and nothing may.
            at = sign + 1;
        }
        let mut is_whole = true;
        if byte(at) == b'.' {
            is_whole = false;
            let start = at + 1;
            at = digits(rest, start);
            if at == start {
                return self.no_number(at);
            }
        }
        if byte(at) | 0x20 == b'e' {
            is_whole = false;
            let start = at + 1 + usize::from(matches!(byte(at + 1), b'+' | b'-'));
            at = digits(rest, start);
            if at == start {
                return self.no_number(at);
            }
        }
        self.at += at;
        Ok(is_whole)
    }

    #[cold]
    fn no_number(&mut self, length: usize) -> Result<bool, Malformed> {
        self.at += length;
        self.malformed("a number without digits")
    }

    /// Passes numbers that a comma follows at once, as many as there are, and the last of a list together with
    /// its bracket; says whether the list has ended.
    pub(super) fn numbers_of_list(&mut self) -> Result<bool, Malformed> {
        // Where numbers have exponents or spaces between them, looking at many at once is in vain.
        let mut tries = 4;
        loop {
            if tries > 0 {
                let passed = numbers(self.body.get(self.at..).unwrap_or_default());
                self.at += passed.length;
                if passed.list_ends {
                    return Ok(true);
                }
                if passed.length == 0 {
                    tries -= 1;
                }
            }
            if !self.number_before_comma()? {
                return Ok(false);
            }
        }
    }

    fn number_before_comma(&mut self) -> Result<bool, Malformed> {
        if !matches!(self.byte(), b'-' | b'0'..=b'9') {
            return Ok(false);
        }
        let start = self.at;
        self.number()?;
        if self.byte() != b',' {
            self.at = start;
            return Ok(false);
        }
        self.at += 1;
        Ok(true)
    }
}

/// Where the digits end that start at `at`.
#[inline]
fn digits(bytes: &[u8], at: usize) -> usize {
    let mut at = at;
    while bytes.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::{Cursor, plain_length};

    #[test]
    fn the_plain_part_of_a_string_ends_at_quote_backslash_or_control() {
        // Every stopper at every offset of a block, after bytes that could be mistaken for it.
        for stopper in [b'"', b'\\', 0, 0x1f, b'\n'] {
            for offset in 0..70 {
                let mut bytes = vec![0xff; offset];
                if let Some(last) = bytes.last_mut() {
                    *last = stopper ^ 0x80;
                }
                bytes.push(stopper);
                assert_eq!(plain_length(&bytes), offset, "{stopper} at {offset}");
                bytes.extend_from_slice(&b"!#[]\x20\x7f\"".repeat(5));
                assert_eq!(plain_length(&bytes), offset, "{stopper} at {offset}");
            }
        }
        assert_eq!(plain_length(b"no end at all"), 13);
    }

    #[test]
    fn numbers_are_those_of_json() {
        let read = |text: &'static str| {
            let mut cursor = Cursor::new(text.as_bytes());
            let is_whole = cursor.number().ok()?;
            (cursor.at == text.len()).then_some(is_whole)
        };
        for end in ["", ",", "]", ",1.5,22,333,4444", "                    "] {
            for (text, is_whole) in [
                ("0", true),
                ("1234567", true),
                ("12345678", true),
                ("0.25", false),
                ("-123.456", false),
                ("1234.5678", false),
                ("12345678.5", false),
                ("123456789012345", true),
                ("1234567890123456", true),
                ("12345678.901234", false),
                ("12345678.9012345", false),
                ("1234567.25", false),
                ("1.5e3", false),
                ("12E12", false),
            ] {
                let whole = format!("{text}{end}");
                let mut cursor = Cursor::new(whole.as_bytes());
                assert_eq!(cursor.number().ok(), Some(is_whole), "{whole}");
                assert_eq!(cursor.at, text.len(), "{whole}");
            }
            for text in [
                "01", "00.5", "1.", "-1.", "-", "1.e5", "1e", "1.5e+", ".5", "-.5",
            ] {
                let whole = format!("{text}{end}");
                let mut cursor = Cursor::new(whole.as_bytes());
                let is_number = cursor.number().is_ok() && cursor.at == text.len();
                assert!(!is_number, "{whole}");
            }
        }
        for text in ["0", "-0", "12", "-9007199254740993"] {
            assert_eq!(read(text), Some(true), "{text}");
        }
        for text in ["0.5", "1e3", "1E+3", "-1.25e-7"] {
            assert_eq!(read(text), Some(false), "{text}");
        }
        for text in ["", "-", "01", "+1", ".5", "1.", "1e", "0x1", "NaN"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn strings_are_those_of_json() {
        let read = |text: &'static str| {
            let mut cursor = Cursor::new(text.as_bytes());
            cursor.string().ok().map(|it| it.bytes)
        };
        assert_eq!(read(r#""a\"b" "#), Some(&br#"a\"b"#[..]));
        for text in ["\"a", r#""\x""#, r#""\u12g4""#, "\"a\nb\"", "\"\\"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
