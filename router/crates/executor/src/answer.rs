//! What comes out of an execution.

use std::fmt;

use bytes::Bytes;

/// The answer to a request.
#[derive(Clone, Debug)]
pub struct Answer {
    /// JSON: `{"data": …}`, with `"errors"` where there are any.
    pub body: AnswerBody,
    /// How many errors it has.
    pub errors: usize,
    /// Whether `data` is null, because a null bubbled up to the root.
    pub data_is_null: bool,
    /// How many requests were sent to subgraphs.
    pub fetches: u32,
}

/// The text of an answer.
#[derive(Clone)]
pub enum AnswerBody {
    /// All of it.
    Whole(Bytes),
    /// Its pieces in their order: a long value is a piece of the body in which a subgraph wrote it.
    Pieces(Vec<Bytes>),
}

impl AnswerBody {
    /// How many bytes it has.
    #[must_use]
    pub fn length(&self) -> usize {
        match self {
            Self::Whole(bytes) => bytes.len(),
            Self::Pieces(pieces) => pieces.iter().map(Bytes::len).sum(),
        }
    }

    /// All of it in one piece, for which several are copied.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        match self {
            Self::Whole(bytes) => bytes,
            Self::Pieces(pieces) => pieces.concat().into(),
        }
    }
}

impl Default for AnswerBody {
    /// Empty.
    fn default() -> Self {
        Self::Whole(Bytes::new())
    }
}

impl<T: Into<Bytes>> From<T> for AnswerBody {
    fn from(bytes: T) -> Self {
        Self::Whole(bytes.into())
    }
}

impl fmt::Debug for AnswerBody {
    /// The length only: it can hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.length())
    }
}
