//! A subgraph's text, and where its bytes are in lines and columns.

use std::sync::Arc;

use apollo_compiler::parser::SourceSpan;
use diagnostics::{Position, Span};

/// The text of one subgraph.
#[derive(Clone, Debug)]
pub struct Source {
    subgraph: Arc<str>,
    text: Arc<str>,
    /// Byte offsets at which lines start.
    line_starts: Arc<[u32]>,
}

impl Source {
    /// Indexes a text. Only the first 4 GiB can be pointed at; the parser takes no more anyway.
    pub(crate) fn new(subgraph: Arc<str>, text: &str) -> Self {
        let ends = text.bytes().zip(1_u32..).filter(|(byte, _)| *byte == b'\n');
        Self {
            subgraph,
            text: text.into(),
            line_starts: std::iter::once(0)
                .chain(ends.map(|(_, next)| next))
                .collect(),
        }
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The line and column of a byte offset; the end of the text for one beyond it.
    pub(crate) fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        let line = self
            .line_starts
            .partition_point(|start| *start as usize <= offset)
            .saturating_sub(1);
        let start = self
            .line_starts
            .get(line)
            .map_or(0, |start| *start as usize);
        let before = self.text.get(start..offset).unwrap_or("");
        let number = |number: usize| u32::try_from(number + 1).unwrap_or(u32::MAX);
        Position {
            line: number(line),
            column: number(before.chars().count()),
        }
    }

    /// The stretch between two byte offsets.
    pub(crate) fn span(&self, start: usize, end: usize) -> Span {
        Span {
            subgraph: Arc::clone(&self.subgraph),
            start: self.position(start),
            end: self.position(end),
        }
    }

    /// Where a parsed node stands. Nodes that were not written by the subgraph have no place; they
    /// get the beginning of the text, which is the best there is.
    pub(crate) fn span_of(&self, place: Option<SourceSpan>) -> Span {
        let (start, end) = place.map_or((0, 0), |place| (place.offset(), place.end_offset()));
        self.span(start, end)
    }

    /// The text at a place.
    pub(crate) fn slice(&self, place: SourceSpan) -> &str {
        self.text
            .get(place.offset()..place.end_offset())
            .unwrap_or("")
    }
}

#[test]
fn columns_count_characters_and_lines_start_at_one() {
    let source = Source::new("s".into(), "añb\n\nx");
    let at = |offset| {
        let position = source.position(offset);
        (position.line, position.column)
    };
    assert_eq!(at(0), (1, 1));
    assert_eq!(at(3), (1, 3));
    assert_eq!(at(5), (2, 1));
    assert_eq!(at(6), (3, 1));
    assert_eq!(at(99), (3, 2));
}
