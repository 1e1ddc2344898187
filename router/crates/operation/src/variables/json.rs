//! A cursor over text that is known to be JSON.
//!
//! [`serde_json::value::RawValue`] promises that the text is one valid JSON value. On that promise
//! the cursor only looks for where values begin and end. If it were broken, the cursor would give
//! odd pieces of the text, and never leave it.

use std::borrow::Cow;
use std::fmt;

/// Walks over one JSON value.
pub(super) struct Cursor<'j> {
    text: &'j str,
    at: usize,
}

/// What a JSON value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object,
}

/// With its article, for messages.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "a list",
            Self::Object => "an object",
        })
    }
}

impl<'j> Cursor<'j> {
    pub(super) fn new(text: &'j str) -> Self {
        Self { text, at: 0 }
    }

    /// What stands next.
    pub(super) fn kind(&mut self) -> Kind {
        match self.peek() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b'"') => Kind::String,
            Some(b't' | b'f') => Kind::Boolean,
            Some(b'n') | None => Kind::Null,
            Some(_) => Kind::Number,
        }
    }

    /// Takes a string, number, boolean or null; gives its text.
    pub(super) fn scalar(&mut self) -> &'j str {
        self.peek();
        let start = self.at;
        if self.byte() == Some(b'"') {
            self.at += 1;
            self.finish_string();
        } else {
            while let Some(byte) = self.byte() {
                if matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r') {
                    break;
                }
                self.at += 1;
            }
        }
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// Takes the `{` or `[` that stands next.
    pub(super) fn enter(&mut self) {
        self.peek();
        self.at = (self.at + 1).min(self.text.len());
    }

    /// Whether another item or key follows; takes the comma before it, or `close` after the last.
    pub(super) fn has_item(&mut self, close: u8) -> bool {
        if self.peek() == Some(b',') {
            self.at += 1;
        }
        match self.peek() {
            None => false,
            Some(byte) if byte == close => {
                self.at += 1;
                false
            }
            Some(_) => true,
        }
    }

    /// Takes a key and its colon. None when the key is no Unicode text.
    pub(super) fn key(&mut self) -> Option<Cow<'j, str>> {
        let key = unescape(self.scalar());
        if self.peek() == Some(b':') {
            self.at += 1;
        }
        key
    }

    /// Takes any value and gives its text, unless it is nested deeper than `max_depth`: then it
    /// takes nothing.
    pub(super) fn skip(&mut self, max_depth: usize) -> Option<&'j str> {
        self.peek();
        let start = self.at;
        if self.finish_value(max_depth) {
            self.text.get(start..self.at)
        } else {
            self.at = start;
            None
        }
    }

    /// Takes any value, however deep it is.
    pub(super) fn skip_any(&mut self) {
        self.finish_value(usize::MAX);
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        while matches!(self.byte(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        self.byte()
    }

    fn finish_string(&mut self) {
        while let Some(byte) = self.byte() {
            self.at += 1;
            match byte {
                b'"' => return,
                b'\\' => self.at = (self.at + 1).min(self.text.len()),
                _ => {}
            }
        }
    }

    /// Without recursion, for the depth is the client's choice.
    fn finish_value(&mut self, max_depth: usize) -> bool {
        let mut depth: usize = 0;
        while let Some(byte) = self.peek() {
            match byte {
                b'{' | b'[' => {
                    if depth == max_depth {
                        return false;
                    }
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    self.at += 1;
                }
                b',' | b':' => {
                    self.at += 1;
                    continue;
                }
                _ => {
                    self.scalar();
                }
            }
            if depth == 0 {
                break;
            }
        }
        true
    }
}

/// The text of a JSON string with its quotes. None when an escape names half a character.
pub(super) fn unescape(raw: &str) -> Option<Cow<'_, str>> {
    if raw.contains('\\') {
        return serde_json::from_str::<String>(raw).ok().map(Cow::Owned);
    }
    let inner = raw.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    inner.map(Cow::Borrowed)
}

#[cfg(test)]
mod tests {
    use super::{Cursor, Kind, unescape};

    #[test]
    fn values_are_found_whole() {
        let mut cursor = Cursor::new(r#" { "a\"}" : [1, {"x": "]"}, -2.5e3 ] , "b":null } "#);
        assert_eq!(cursor.kind(), Kind::Object);
        cursor.enter();
        assert!(cursor.has_item(b'}'));
        assert_eq!(cursor.key().unwrap(), "a\"}");
        assert_eq!(cursor.skip(9), Some(r#"[1, {"x": "]"}, -2.5e3 ]"#));
        assert!(cursor.has_item(b'}'));
        assert_eq!(cursor.key().unwrap(), "b");
        assert_eq!(cursor.scalar(), "null");
        assert!(!cursor.has_item(b'}'));
    }

    #[test]
    fn depth_is_bounded() {
        assert_eq!(Cursor::new("[[1]]").skip(2), Some("[[1]]"));
        assert_eq!(Cursor::new("[[1]]").skip(1), None);
        assert_eq!(Cursor::new("7").skip(0), Some("7"));
    }

    #[test]
    fn half_a_character_is_no_text() {
        assert_eq!(unescape(r#""\u00e9""#).unwrap(), "é");
        assert!(unescape(r#""\ud800""#).is_none());
    }
}
