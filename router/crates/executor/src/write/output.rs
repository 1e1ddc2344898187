//! What is written: text, and long values that are given on without being copied.

use bytes::Bytes;

use crate::answer::AnswerBody;

/// Shorter values are copied: a piece of its own costs an allocation and a write.
const LONG: usize = 64 * 1024;

/// The answer while it is written. Places in it are lengths of its text.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) text: Vec<u8>,
    /// The values, each with the length of the text before it, in order.
    given_on: Vec<(usize, Bytes)>,
    given_on_bytes: usize,
}

impl Output {
    /// An empty output, with room for so much text.
    pub(crate) fn with_capacity(text: usize) -> Self {
        Self {
            text: Vec::with_capacity(text),
            given_on: Vec::new(),
            given_on_bytes: 0,
        }
    }

    /// How many bytes there are in all.
    pub(crate) fn bytes(&self) -> usize {
        self.text.len() + self.given_on_bytes
    }

    /// Appends a part of a body. A long one is not copied, unless it would keep a body alive that is more
    /// than twice as long.
    pub(crate) fn give_on(&mut self, body: &Bytes, start: u32, end: u32) {
        let part = start as usize..end as usize;
        let Some(bytes) = body.get(part.clone()) else {
            return;
        };
        if bytes.len() < LONG || bytes.len() < body.len() / 2 {
            self.text.extend_from_slice(bytes);
            return;
        }
        self.given_on_bytes += bytes.len();
        self.given_on.push((self.text.len(), body.slice(part)));
    }

    /// Takes back all from a place on where a value began. No value begins where another one has ended: a key
    /// or a comma stands between them.
    pub(crate) fn truncate(&mut self, start: usize) {
        self.text.truncate(start);
        while let Some((_, bytes)) = self.given_on.pop_if(|(at, _)| *at >= start) {
            self.given_on_bytes -= bytes.len();
        }
    }

    /// The whole of it.
    pub(crate) fn finish(self) -> AnswerBody {
        let text = Bytes::from(self.text);
        if self.given_on.is_empty() {
            return AnswerBody::Whole(text);
        }
        let mut pieces = Vec::with_capacity(2 * self.given_on.len() + 1);
        let mut from = 0;
        for (at, bytes) in self.given_on {
            pieces.push(text.slice(from..at));
            pieces.push(bytes);
            from = at;
        }
        pieces.push(text.slice(from..));
        AnswerBody::Pieces(pieces)
    }
}
