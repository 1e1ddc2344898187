//! Passes a value that nobody asked for, without recursion: its nesting is a stranger's choice.

use smallvec::SmallVec;

use super::cursor::{Cursor, Malformed};

/// One bit per level: whether it is an object.
#[derive(Default)]
struct Nesting {
    words: SmallVec<[u64; 2]>,
    depth: usize,
}

impl Nesting {
    fn push(&mut self, is_object: bool) {
        let (word, bit) = (self.depth / 64, self.depth % 64);
        if word == self.words.len() {
            self.words.push(0);
        }
        if let Some(word) = self.words.get_mut(word) {
            *word = (*word & !(1 << bit)) | (u64::from(is_object) << bit);
        }
        self.depth += 1;
    }

    fn pop(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// Whether the innermost level is an object; none outside of all.
    fn top(&self) -> Option<bool> {
        let last = self.depth.checked_sub(1)?;
        let word = self.words.get(last / 64)?;
        Some(word & (1 << (last % 64)) != 0)
    }
}

impl Cursor<'_> {
    /// Passes one value, whatever it is.
    pub(super) fn skip(&mut self) -> Result<(), Malformed> {
        let mut nesting = Nesting::default();
        loop {
            if self.begin_value(&mut nesting)? {
                continue;
            }
            // A value has ended, and with it perhaps those around it.
            loop {
                let Some(is_object) = nesting.top() else {
                    return Ok(());
                };
                match (self.peek(), is_object) {
                    (b',', true) => {
                        self.at += 1;
                        self.key()?;
                        break;
                    }
                    (b',', false) => {
                        self.at += 1;
                        break;
                    }
                    (b'}', true) | (b']', false) => {
                        self.at += 1;
                        nesting.pop();
                    }
                    (_, true) => return self.malformed("expected `,` or `}`"),
                    (_, false) => return self.malformed("expected `,` or `]`"),
                }
            }
        }
    }

    /// Passes a leaf, an empty object or an empty list, or else opens a level; says whether it
    /// opened one, so that another value follows.
    fn begin_value(&mut self, nesting: &mut Nesting) -> Result<bool, Malformed> {
        match self.peek() {
            b'"' => {
                self.string()?;
            }
            b'-' | b'0'..=b'9' => {
                self.number()?;
            }
            b't' => self.literal(b"true")?,
            b'f' => self.literal(b"false")?,
            b'n' => self.literal(b"null")?,
            b'{' => {
                self.at += 1;
                if self.peek() != b'}' {
                    nesting.push(true);
                    self.key()?;
                    return Ok(true);
                }
                self.at += 1;
            }
            b'[' => {
                self.at += 1;
                if self.peek() != b']' {
                    nesting.push(false);
                    return Ok(true);
                }
                self.at += 1;
            }
            _ => return self.malformed("expected a value"),
        }
        Ok(false)
    }

    /// Passes a key and its colon.
    fn key(&mut self) -> Result<(), Malformed> {
        if self.peek() != b'"' {
            return self.malformed("expected a key");
        }
        self.string()?;
        self.expect(b':', "expected `:`")
    }
}

#[cfg(test)]
mod tests {
    use super::Cursor;

    fn skips(text: &str) -> bool {
        let mut cursor = Cursor::new(text.as_bytes());
        cursor.skip().is_ok() && cursor.peek() == 0 && cursor.at == text.len()
    }

    #[test]
    fn what_is_skipped_is_what_any_parser_accepts() {
        for text in [
            "null",
            " [ ] ",
            "{}",
            r#"{"a": [1, {"b": []}, "c"], "d": {"e": true}}"#,
            "",
            "[",
            "[1,]",
            "[,1]",
            "{,}",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            r#"{a:1}"#,
            "[1 2]",
            "[1}",
            r#"{"a":1]"#,
            "tru",
            "truex",
            "[1]]",
        ] {
            let is_json = serde_json::from_str::<serde_json::Value>(text).is_ok();
            assert_eq!(skips(text), is_json, "{text}");
        }
    }

    #[test]
    fn nesting_does_not_reach_the_stack() {
        let depth = 3_000_000;
        let bomb = "[".repeat(depth) + &"]".repeat(depth);
        assert!(skips(&bomb));
        assert!(!skips(&bomb[..bomb.len() - 1]));
        assert!(skips(&("{\"a\":[".repeat(100_000) + &"]}".repeat(100_000))));
    }
}
