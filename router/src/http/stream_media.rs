//! The formats in which a response carries one event after the other.
//!
//! - Server-sent events as the `graphql-sse` library has them, in its "distinct connections mode":
//!   events `next` and `complete`.
//! - `multipart/mixed` with `subscriptionSpec`, which Apollo's clients ask for: parts `{"payload": …}`.
//! - `multipart/mixed` without it: each part is an answer.

use bytes::Bytes;
use http::{HeaderMap, header};

use super::{GraphqlError, MediaType};

/// A format for events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StreamMedia {
    /// `text/event-stream`.
    ServerSentEvents,
    /// `multipart/mixed;subscriptionSpec=1.0`.
    WrappedParts,
    /// `multipart/mixed`.
    Parts,
}

impl StreamMedia {
    /// The first format that the client names; the order in `accept` is the client's wish, for no
    /// client is known to weigh them.
    pub(crate) fn negotiate(headers: &HeaderMap) -> Option<Self> {
        headers
            .get_all(header::ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .find_map(Self::named_by)
    }

    fn named_by(range: &str) -> Option<Self> {
        let range = MediaType::of(range);
        if range
            .parameter("q")
            .is_some_and(|weight| weight.parse() == Ok(0.0))
        {
            return None;
        }
        if range.is("text/event-stream") {
            return Some(Self::ServerSentEvents);
        }
        if !range.is("multipart/mixed") {
            return None;
        }
        match range.parameter("subscriptionSpec") {
            Some("1.0") => Some(Self::WrappedParts),
            Some(_) => None,
            // What it asks for with this is `@defer`.
            None if range.parameter("deferSpec").is_some() => None,
            None => Some(Self::Parts),
        }
    }

    /// The value of `content-type`.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::ServerSentEvents => "text/event-stream; charset=utf-8",
            Self::WrappedParts => "multipart/mixed;boundary=\"graphql\";subscriptionSpec=1.0",
            Self::Parts => "multipart/mixed;boundary=\"-\"",
        }
    }

    /// One event.
    pub(crate) fn event(self, answer: &[u8]) -> Bytes {
        match self {
            Self::ServerSentEvents => server_sent(answer),
            Self::WrappedParts => self.part(&[b"{\"payload\":", answer, b"}"]),
            Self::Parts => self.part(&[answer]),
        }
    }

    /// What says that the stream still lives. Parts without a wrapping have nothing for it.
    pub(crate) fn heartbeat(self) -> Bytes {
        match self {
            Self::ServerSentEvents => Bytes::from_static(b":\n\n"),
            Self::WrappedParts => self.part(&[b"{}"]),
            Self::Parts => Bytes::from_static(b"\r\n"),
        }
    }

    /// The end of a stream that is complete.
    pub(crate) fn end(self) -> Bytes {
        Bytes::from_static(match self {
            Self::ServerSentEvents => b"event: complete\ndata:\n\n",
            Self::WrappedParts => b"\r\n--graphql--\r\n",
            Self::Parts => b"\r\n-----\r\n",
        })
    }

    /// The end of a stream that is not: why, and then as any end.
    pub(crate) fn broken(self, error: &GraphqlError) -> Bytes {
        let errors = serde_json::to_vec(&[error]).unwrap_or_default();
        let errors = [b"\"errors\":", &errors[..], b"}"].concat();
        let told = match self {
            Self::ServerSentEvents => server_sent(&[b"{", &errors[..]].concat()),
            Self::WrappedParts => self.part(&[b"{\"payload\":null,", &errors]),
            Self::Parts => self.part(&[b"{", &errors]),
        };
        [told, self.end()].concat().into()
    }

    fn part(self, object: &[&[u8]]) -> Bytes {
        let head: &[u8] = match self {
            Self::Parts => b"\r\n---\r\ncontent-type: application/json; charset=utf-8\r\n\r\n",
            _ => b"\r\n--graphql\r\ncontent-type: application/json\r\n\r\n",
        };
        let object = object.concat();
        [head, &object, b"\r\n"].concat().into()
    }
}

/// JSON may have line ends between its tokens, and none elsewhere: each line is one of `data`.
fn server_sent(answer: &[u8]) -> Bytes {
    let mut event = Vec::with_capacity(answer.len() + 24);
    event.extend_from_slice(b"event: next\n");
    for line in answer.split(|byte| matches!(byte, b'\n' | b'\r')) {
        event.extend_from_slice(b"data: ");
        event.extend_from_slice(line);
        event.push(b'\n');
    }
    event.push(b'\n');
    event.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_format_named_counts() {
        use StreamMedia::{Parts, ServerSentEvents, WrappedParts};
        let negotiate = |accept: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, http::HeaderValue::from_static(accept));
            StreamMedia::negotiate(&headers)
        };
        assert_eq!(negotiate("text/event-stream"), Some(ServerSentEvents));
        assert_eq!(
            negotiate("multipart/mixed;boundary=\"graphql\";subscriptionSpec=1.0,application/json"),
            Some(WrappedParts)
        );
        assert_eq!(
            negotiate("multipart/mixed; subscriptionSpec=\"1.0\", text/event-stream"),
            Some(WrappedParts)
        );
        assert_eq!(negotiate("application/json, Multipart/Mixed"), Some(Parts));
        assert_eq!(
            negotiate("multipart/mixed;deferSpec=20220824,application/json"),
            None
        );
        assert_eq!(negotiate("multipart/mixed;subscriptionSpec=2.0, */*"), None);
        assert_eq!(negotiate("text/event-stream;q=0"), None);
        assert_eq!(negotiate("*/*"), None);
        assert_eq!(StreamMedia::negotiate(&HeaderMap::new()), None);
    }

    #[test]
    fn lines_of_an_answer_stay_in_one_event() {
        assert_eq!(
            StreamMedia::ServerSentEvents.event(b"{\r\n}"),
            "event: next\ndata: {\ndata: \ndata: }\n\n"
        );
    }
}
