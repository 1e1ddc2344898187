//! The tokens of JSON, validated as they are passed (RFC 8259).

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

/// Eight bytes at a time: every byte of a word the same.
const fn repeat(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// A word whose lowest marked byte is the lowest zero byte of `word`; bytes above it may be marked
/// without being zero.
const fn mark_zero(word: u64) -> u64 {
    word.wrapping_sub(repeat(1)) & !word & repeat(0x80)
}

/// A word in which every byte of `word` that is no digit is marked, and no other.
const fn mark_no_digits(word: u64) -> u64 {
    // Digits become 0 to 9; adding 118 carries from 10 on, and never out of a byte of seven bits.
    let value = word ^ repeat(b'0');
    let seven_bits = value & repeat(0x7f);
    ((seven_bits + repeat(0x80 - 10)) | value) & repeat(0x80)
}

/// How many bytes from the start are neither quote nor backslash nor control character.
fn plain_length(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let word = u64::from_le_bytes(*chunk);
        let quotes = mark_zero(word ^ repeat(b'"'));
        let backslashes = mark_zero(word ^ repeat(b'\\'));
        // Below 0x20 exactly when taking 0x20 away borrows; bytes from 0x80 are no ASCII.
        let controls = word.wrapping_sub(repeat(0x20)) & !word & repeat(0x80);
        let found = quotes | backslashes | controls;
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
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
    #[inline]
    pub(super) fn number(&mut self) -> Result<bool, Malformed> {
        if self.byte() == b'-' {
            self.at += 1;
        }
        match self.byte() {
            b'0' => self.at += 1,
            b'1'..=b'9' => self.digits(),
            _ => return self.malformed("a number without digits"),
        }
        let mut is_whole = true;
        if self.byte() == b'.' {
            is_whole = false;
            self.at += 1;
            self.some_digits()?;
        }
        if matches!(self.byte(), b'e' | b'E') {
            is_whole = false;
            self.at += 1;
            if matches!(self.byte(), b'+' | b'-') {
                self.at += 1;
            }
            self.some_digits()?;
        }
        Ok(is_whole)
    }

    fn some_digits(&mut self) -> Result<(), Malformed> {
        if !self.byte().is_ascii_digit() {
            return self.malformed("a number without digits");
        }
        self.digits();
        Ok(())
    }

    #[inline]
    fn digits(&mut self) {
        while let Some(chunk) = self.body.get(self.at..).and_then(<[u8]>::first_chunk::<8>) {
            let others = mark_no_digits(u64::from_le_bytes(*chunk));
            if others != 0 {
                self.at += others.trailing_zeros() as usize / 8;
                return;
            }
            self.at += 8;
        }
        while self.byte().is_ascii_digit() {
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Cursor, plain_length};

    #[test]
    fn the_plain_part_of_a_string_ends_at_quote_backslash_or_control() {
        // Every stopper at every offset of a word, after bytes that could be mistaken for it.
        for stopper in [b'"', b'\\', 0, 0x1f, b'\n'] {
            for offset in 0..20 {
                let mut bytes = vec![0xff; offset];
                if let Some(last) = bytes.last_mut() {
                    *last = stopper ^ 0x80;
                }
                bytes.push(stopper);
                bytes.extend_from_slice(b"!#[]\x20\x7f\"");
                assert_eq!(plain_length(&bytes), offset, "{stopper} at {offset}");
            }
        }
        assert_eq!(plain_length(b"no end at all"), 13);
    }

    #[test]
    fn digits_end_at_any_other_byte() {
        for other in (0..=u8::MAX).filter(|it| !it.is_ascii_digit()) {
            for offset in 0..18 {
                let mut bytes: Vec<u8> =
                    b"0123456789".iter().copied().cycle().take(offset).collect();
                bytes.push(other);
                bytes.extend_from_slice(b"0000000000");
                let mut cursor = Cursor::new(&bytes);
                cursor.digits();
                assert_eq!(cursor.at, offset, "{other} at {offset}");
            }
        }
    }

    #[test]
    fn numbers_are_those_of_json() {
        let read = |text: &'static str| {
            let mut cursor = Cursor::new(text.as_bytes());
            let is_whole = cursor.number().ok()?;
            (cursor.at == text.len()).then_some(is_whole)
        };
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
