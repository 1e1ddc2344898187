//! Scalars and enums: the kind is checked, the text is left where it is.

use schema::Name;

use super::cursor::{Contents, Malformed};
use super::{Problem, Reader};
use crate::arena::SlotValue;
use crate::compile::read::LeafShape;
use crate::json_text;

/// The most characters of a whole number within 32 bits: `-2147483648`.
const INT_LENGTH: usize = 11;

impl Reader<'_> {
    /// Reads a value that is no list.
    pub(super) fn leaf(&mut self, shape: &LeafShape) -> Result<SlotValue, Malformed> {
        let first = self.cursor.peek();
        let start = self.cursor.at;
        if first == b'n' {
            self.cursor.literal(b"null")?;
            return Ok(SlotValue::Null);
        }
        if self.leaf_passes(shape)? {
            return Ok(SlotValue::Raw {
                start: offset(start),
                end: offset(self.cursor.at),
            });
        }
        self.cursor.at = start;
        if matches!(shape, LeafShape::Id)
            && matches!(first, b'-' | b'0'..=b'9')
            && self.cursor.number()?
        {
            return Ok(SlotValue::NumberId {
                start: offset(start),
                end: offset(self.cursor.at),
            });
        }
        self.cursor.at = start;
        self.cursor.skip()?;
        Ok(self.fault(Problem::WrongKind { due: shape.due() }))
    }

    /// Passes a leaf that is not null if it is what is due and can be given on as it stands.
    /// Otherwise it may be left anywhere inside.
    #[inline]
    pub(super) fn leaf_passes(&mut self, shape: &LeafShape) -> Result<bool, Malformed> {
        match (shape, self.cursor.peek()) {
            (LeafShape::Float, b'-' | b'0'..=b'9') => {
                self.cursor.number()?;
                Ok(true)
            }
            (LeafShape::String | LeafShape::Id, b'"') => {
                self.cursor.string()?;
                Ok(true)
            }
            (LeafShape::Int, b'-' | b'0'..=b'9') => {
                let start = self.cursor.at;
                Ok(self.cursor.number()? && is_int(self.between(start)))
            }
            (LeafShape::Boolean, b't' | b'f') | (LeafShape::Custom, _) => {
                self.cursor.skip()?;
                Ok(true)
            }
            (LeafShape::Enum(names), b'"') => {
                let contents = self.cursor.string()?;
                Ok(is_among(names, contents))
            }
            _ => Ok(false),
        }
    }

    fn between(&self, start: usize) -> &[u8] {
        self.cursor
            .body
            .get(start..self.cursor.at)
            .unwrap_or_default()
    }
}

/// An offset in a body, which is known to be shorter than 4 GiB.
pub(super) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Whether a whole number fits 32 bits.
fn is_int(digits: &[u8]) -> bool {
    if digits.len() < INT_LENGTH - 1 {
        return true;
    }
    digits.len() <= INT_LENGTH
        && std::str::from_utf8(digits).is_ok_and(|text| text.parse::<i32>().is_ok())
}

fn is_among(names: &[Name], contents: Contents<'_>) -> bool {
    let found = |text: &[u8]| {
        names
            .binary_search_by(|name| name.as_bytes().cmp(text))
            .is_ok()
    };
    if contents.has_escapes {
        found(json_text::unescape(contents.bytes).as_bytes())
    } else {
        found(contents.bytes)
    }
}

#[test]
fn an_int_has_32_bits() {
    for text in ["0", "-0", "2147483647", "-2147483648", "999999999"] {
        assert!(is_int(text.as_bytes()), "{text}");
    }
    for text in ["2147483648", "-2147483649", "99999999999", "-99999999999"] {
        assert!(!is_int(text.as_bytes()), "{text}");
    }
}
