//! Server-sent events as they come in (HTML standard, section 9.2, "Server-sent events").

use bytes::{Buf as _, Bytes, BytesMut};

/// Cuts a stream of bytes into events.
#[derive(Debug, Default)]
pub(super) struct EventParser {
    /// Bytes of lines that have not ended.
    pending: BytesMut,
    /// How many of them were looked through without finding an end.
    searched: usize,
    /// Whether anything has been read, so that a byte order mark is none any more.
    has_begun: bool,
    /// Whether the last line ended in a carriage return, to which a line feed may belong.
    after_return: bool,
    name: Vec<u8>,
    data: Vec<u8>,
}

/// One event.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ServerSentEvent {
    /// Its name; empty when it has none.
    pub(super) name: Vec<u8>,
    /// Its lines of data, joined.
    pub(super) data: Bytes,
}

impl EventParser {
    /// Takes up what came.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
    }

    /// How many bytes wait for the end of their event.
    pub(super) fn held(&self) -> usize {
        self.pending.len() + self.data.len() + self.name.len()
    }

    /// The next event that is whole.
    pub(super) fn next(&mut self) -> Option<ServerSentEvent> {
        while let Some(line) = self.line() {
            if !line.is_empty() {
                self.field(&line);
                continue;
            }
            let name = std::mem::take(&mut self.name);
            let mut data = std::mem::take(&mut self.data);
            if data.is_empty() && name.is_empty() {
                continue;
            }
            // The line feed after the last line.
            data.pop();
            return Some(ServerSentEvent {
                name,
                data: data.into(),
            });
        }
        None
    }

    /// The next whole line, without its end: a line feed, a carriage return, or both.
    fn line(&mut self) -> Option<Bytes> {
        if !self.has_begun && !self.pending.is_empty() {
            let mark = "\u{feff}".as_bytes();
            if mark.starts_with(&self.pending) && self.pending.len() < mark.len() {
                return None;
            }
            self.has_begun = true;
            if self.pending.starts_with(mark) {
                self.pending.advance(mark.len());
            }
        }
        if self.after_return && !self.pending.is_empty() {
            self.after_return = false;
            if self.pending.first() == Some(&b'\n') {
                self.pending.advance(1);
            }
        }
        let unsearched = self.pending.get(self.searched..).unwrap_or_default();
        let Some(length) = line_end(unsearched).map(|at| at + self.searched) else {
            self.searched = self.pending.len();
            return None;
        };
        self.searched = 0;
        let line = self.pending.split_to(length).freeze();
        self.after_return = self.pending.first() == Some(&b'\r');
        self.pending.advance(1);
        Some(line)
    }

    fn field(&mut self, line: &[u8]) {
        let colon = line.iter().position(|byte| *byte == b':');
        let (name, value) = match colon {
            // A comment, which keeps the connection alive.
            Some(0) => return,
            Some(at) => (&line[..at], &line[at + 1..]),
            None => (line, &[][..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match name {
            b"event" => self.name = value.to_vec(),
            b"data" => {
                self.data.extend_from_slice(value);
                self.data.push(b'\n');
            }
            // `id` and `retry` are for clients that connect again by themselves.
            _ => {}
        }
    }
}

fn line_end(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The events of a text, cut into pieces of every size.
    fn check(text: &str, expected: &[(&str, &str)]) {
        for size in 1..=text.len() {
            let mut parser = EventParser::default();
            let mut found = Vec::new();
            for piece in text.as_bytes().chunks(size) {
                parser.push(piece);
                while let Some(event) = parser.next() {
                    found.push((
                        String::from_utf8(event.name).unwrap(),
                        String::from_utf8(event.data.to_vec()).unwrap(),
                    ));
                }
            }
            let found: Vec<(&str, &str)> = found.iter().map(|(n, d)| (&**n, &**d)).collect();
            assert_eq!(found, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn events_have_a_name_and_lines_of_data() {
        check(
            "event: next\ndata: {\"data\":\ndata: null}\n\n:\n\nevent: complete\ndata\n\n",
            &[("next", "{\"data\":\nnull}"), ("complete", "")],
        );
    }

    #[test]
    fn lines_end_in_any_way() {
        check(
            "event:next\r\ndata:1\r\n\r\ndata: 2\r\rdata:  3\n\r\n",
            &[("next", "1"), ("", "2"), ("", " 3")],
        );
    }

    #[test]
    fn comments_unknown_fields_and_the_byte_order_mark_are_left_out() {
        check(
            "\u{feff}: hello\nid: 7\nretry: 1\ndata: 1\nevent\n\ndata: unended",
            &[("", "1")],
        );
    }
}
