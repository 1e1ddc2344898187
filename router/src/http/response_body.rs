//! The body of a response: bytes that are ready, in one piece or several, or a stream of events.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use executor::AnswerBody;
use http_body_util::Full;
use hyper::body::{Frame, SizeHint};

use super::EventBody;

/// The body of a response.
#[derive(Debug)]
pub(crate) enum Body {
    /// All of it is there.
    Whole(Full<Bytes>),
    /// All of it is there, in pieces.
    Pieces(Pieces),
    /// It comes piece by piece, for as long as the client listens.
    Events(Box<EventBody>),
}

impl<T: Into<Bytes>> From<T> for Body {
    /// Bytes that are ready.
    fn from(bytes: T) -> Self {
        Self::Whole(Full::new(bytes.into()))
    }
}

/// Pieces that are sent one after the other.
#[derive(Debug)]
pub(crate) struct Pieces {
    /// None of them is empty.
    left: std::vec::IntoIter<Bytes>,
    bytes_left: u64,
}

impl Body {
    /// What was executed.
    pub(crate) fn of_answer(body: AnswerBody) -> Self {
        let bytes_left = body.length() as u64;
        match body {
            AnswerBody::Whole(bytes) => bytes.into(),
            AnswerBody::Pieces(mut pieces) => {
                pieces.retain(|piece| !piece.is_empty());
                let left = pieces.into_iter();
                Self::Pieces(Pieces { left, bytes_left })
            }
        }
    }
}

impl Default for Body {
    /// Empty.
    fn default() -> Self {
        Self::Whole(Full::default())
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut *self {
            Self::Whole(body) => Pin::new(body).poll_frame(cx),
            Self::Pieces(pieces) => Poll::Ready(pieces.left.next().map(|piece| {
                pieces.bytes_left -= piece.len() as u64;
                Ok(Frame::data(piece))
            })),
            Self::Events(body) => body
                .poll_piece(cx)
                .map(|piece| Some(Ok(Frame::data(piece?)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Pieces(pieces) => pieces.bytes_left == 0,
            Self::Events(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Pieces(pieces) => SizeHint::with_exact(pieces.bytes_left),
            Self::Events(_) => SizeHint::default(),
        }
    }
}
