//! The parts of a `multipart/mixed` response as they come in (RFC 2046, section 5.1), each with a
//! JSON object.
//!
//! By the letter a part ends where the next delimiter begins, and some servers only send that
//! with the next event. Here a part has ended when its object has, so no event waits for another.

use bytes::{Buf as _, Bytes, BytesMut};

use crate::http::MediaType;

/// Cuts a stream of bytes into the JSON objects of its parts.
#[derive(Debug)]
pub(super) struct PartParser {
    /// Two hyphens and the boundary.
    delimiter: Vec<u8>,
    pending: BytesMut,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// Before a delimiter.
    Between,
    /// In the headers of a part.
    Headers,
    /// In the object of a part.
    Object(ObjectEnd),
    /// Behind the last delimiter.
    Ended,
}

/// What comes out of the bytes so far.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// An object, as it was sent.
    Object(Bytes),
    /// More bytes are needed.
    Pending,
    /// There are no more parts.
    Ended,
    /// A part holds something else.
    Malformed,
}

/// Looks for the end of a JSON object, from piece to piece.
#[derive(Debug, Default)]
struct ObjectEnd {
    /// How many bytes were looked at.
    seen: usize,
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl ObjectEnd {
    /// The length of the object that `bytes` begin with, if it is all there. Called again with more,
    /// it goes on where it stopped.
    fn find(&mut self, bytes: &[u8]) -> Option<usize> {
        while let Some(byte) = bytes.get(self.seen) {
            self.seen += 1;
            if self.in_string {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_string = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Some(self.seen);
                    }
                }
                _ => {}
            }
        }
        None
    }
}

impl PartParser {
    /// For a response with this content type; none when it is not `multipart/mixed`.
    pub(super) fn of(content_type: &str) -> Option<Self> {
        let media = MediaType::of(content_type);
        if !media.is("multipart/mixed") {
            return None;
        }
        // Without a boundary: what the drafts of incremental delivery use.
        let boundary = media.parameter("boundary").unwrap_or("-");
        Some(Self {
            delimiter: format!("--{boundary}").into_bytes(),
            pending: BytesMut::new(),
            place: Place::Between,
        })
    }

    /// Takes up what came.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
    }

    /// How many bytes wait for the end of their part.
    pub(super) fn held(&self) -> usize {
        self.pending.len()
    }

    /// The next part that is whole.
    pub(super) fn next(&mut self) -> Part {
        loop {
            match &mut self.place {
                Place::Ended => return Part::Ended,
                Place::Between => {
                    let rest = self.pending.strip_prefix(&self.delimiter[..]);
                    if rest.is_some_and(|rest| rest.starts_with(b"--")) {
                        self.place = Place::Ended;
                        continue;
                    }
                    let Some(line) = self.line() else {
                        return Part::Pending;
                    };
                    if line.trim_ascii_end() == self.delimiter {
                        self.place = Place::Headers;
                    }
                }
                Place::Headers => {
                    let Some(line) = self.line() else {
                        return Part::Pending;
                    };
                    if line.is_empty() {
                        self.place = Place::Object(ObjectEnd::default());
                    }
                }
                Place::Object(end) => {
                    if end.seen == 0 {
                        let spaces = self.pending.len() - self.pending.trim_ascii_start().len();
                        self.pending.advance(spaces);
                        match self.pending.first() {
                            None => return Part::Pending,
                            Some(b'{') => {}
                            Some(_) => return Part::Malformed,
                        }
                    }
                    let Some(length) = end.find(&self.pending) else {
                        return Part::Pending;
                    };
                    self.place = Place::Between;
                    return Part::Object(self.pending.split_to(length).freeze());
                }
            }
        }
    }

    /// The next whole line without its end.
    fn line(&mut self) -> Option<Bytes> {
        let length = self.pending.iter().position(|byte| *byte == b'\n')?;
        let line = self.pending.split_to(length).freeze();
        self.pending.advance(1);
        match line.strip_suffix(b"\r") {
            Some(line_alone) => Some(line.slice_ref(line_alone)),
            None => Some(line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of a text, cut into pieces of every size.
    fn check(content_type: &str, text: &str, expected: &[&str]) {
        for size in 1..=text.len() {
            let mut parser = PartParser::of(content_type).unwrap();
            let mut found = Vec::new();
            'pieces: for piece in text.as_bytes().chunks(size) {
                parser.push(piece);
                loop {
                    match parser.next() {
                        Part::Object(bytes) => {
                            found.push(String::from_utf8(bytes.to_vec()).unwrap());
                        }
                        Part::Pending => break,
                        other => {
                            found.push(format!("{other:?}"));
                            break 'pieces;
                        }
                    }
                }
            }
            assert_eq!(found, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn a_part_has_ended_when_its_object_has() {
        check(
            "multipart/mixed; boundary=\"graphql\"; subscriptionSpec=1.0",
            "--graphql\r\ncontent-type: application/json\r\n\r\n{\"payload\":{\"data\":\"}\\\"{\"}}",
            &["{\"payload\":{\"data\":\"}\\\"{\"}}"],
        );
    }

    #[test]
    fn delimiters_may_stand_before_or_behind_parts() {
        let expected = ["{\"a\":[1]}", "{}", "Ended"];
        check(
            "Multipart/Mixed;boundary=-",
            "preamble\r\n---\r\nX: y\r\n\r\n{\"a\":[1]}\r\n---\r\n\r\n{}\r\n-----",
            &expected,
        );
        check(
            "multipart/mixed",
            "\r\n---\nX: y\n\n {\"a\":[1]}\n\n--- \n\n{}\n-----\r\nrest",
            &expected,
        );
    }

    #[test]
    fn what_is_no_object_is_malformed() {
        check(
            "multipart/mixed; boundary=b",
            "--b\r\n\r\n[]",
            &["Malformed"],
        );
        assert!(PartParser::of("text/event-stream").is_none());
    }
}
