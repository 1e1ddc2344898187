//! Reading a body to its end, within a limit.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

/// Why a body could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    /// It is longer than allowed.
    #[error("the body is over the limit of {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The connection broke.
    #[error("the body broke off: {0}")]
    Broken(#[from] hyper::Error),
}

/// Reads the whole body. A body that came in one piece, as small ones do, is not copied.
///
/// The limit holds while reading, whatever `content-length` says.
pub(crate) async fn read_body(body: &mut Incoming, limit: usize) -> Result<Bytes, BodyError> {
    let too_large = || BodyError::TooLarge { limit };
    // A length that is told beforehand is refused beforehand.
    let told = body.size_hint().lower();
    if told > limit as u64 {
        return Err(too_large());
    }
    let mut first = Bytes::new();
    let mut rest: Option<BytesMut> = None;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        let length = rest.as_ref().map_or(first.len(), BytesMut::len);
        if length + data.len() > limit {
            return Err(too_large());
        }
        match &mut rest {
            Some(rest) => rest.extend_from_slice(&data),
            None if first.is_empty() => first = data,
            None => {
                // `told` is what is left according to the client, and bounded by the limit.
                let expected = usize::try_from(told)
                    .unwrap_or(0)
                    .max(2 * (first.len() + data.len()));
                let mut joined = BytesMut::with_capacity(expected.min(limit));
                joined.extend_from_slice(&first);
                joined.extend_from_slice(&data);
                rest = Some(joined);
            }
        }
    }
    Ok(rest.map_or(first, BytesMut::freeze))
}
