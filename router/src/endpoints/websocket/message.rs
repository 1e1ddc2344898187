//! The messages of `graphql-transport-ws` (the `graphql-ws` library's `PROTOCOL.md`).

use serde::Deserialize;
use serde_json::value::RawValue;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::http::GraphqlError;

/// What a client says.
#[derive(Debug, Deserialize)]
pub(super) struct Said<'m> {
    #[serde(rename = "type")]
    pub(super) kind: Kind,
    /// Which operation it is about.
    pub(super) id: Option<String>,
    /// As it was sent.
    #[serde(borrow)]
    pub(super) payload: Option<&'m RawValue>,
}

/// The kinds of messages that a client may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    ConnectionInit,
    Subscribe,
    Complete,
    Ping,
    Pong,
}

/// Why we close a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closing {
    /// What came is no message of the protocol.
    Invalid,
    /// An operation before the connection was acknowledged.
    TooEarly,
    /// The token is not good, or has expired.
    Forbidden,
    /// No introduction in time.
    InitTimeout,
    /// An operation whose id is in use.
    AlreadyThere,
    /// A second introduction.
    SecondInit,
    /// More operations than one connection may have.
    TooMany,
    /// The router stops.
    GoingAway,
}

impl Closing {
    pub(super) fn frame(self) -> CloseFrame {
        let (code, reason) = match self {
            Self::Invalid => (4400, "Invalid message"),
            Self::TooEarly => (4401, "Unauthorized"),
            Self::Forbidden => (4403, "Forbidden"),
            Self::InitTimeout => (4408, "Connection initialisation timeout"),
            Self::AlreadyThere => (4409, "Subscriber already exists"),
            Self::SecondInit => (4429, "Too many initialisation requests"),
            Self::TooMany => (4429, "Too many operations"),
            Self::GoingAway => (1001, "The router is shutting down"),
        };
        CloseFrame {
            code: CloseCode::from(code),
            reason: Utf8Bytes::from_static(reason),
        }
    }
}

/// An answer to operation `id`; one of several, for a subscription.
pub(super) fn next(id: &str, answer: &[u8]) -> Option<String> {
    let answer = std::str::from_utf8(answer).ok()?;
    let id = serde_json::to_string(id).ok()?;
    Some(format!(
        "{{\"id\":{id},\"type\":\"next\",\"payload\":{answer}}}"
    ))
}

/// The operation ended by these errors: it was refused, or its stream broke.
pub(super) fn error(id: &str, errors: &[GraphqlError]) -> String {
    serde_json::json!({ "id": id, "type": "error", "payload": errors }).to_string()
}

/// The operation ended well.
pub(super) fn complete(id: &str) -> String {
    serde_json::json!({ "id": id, "type": "complete" }).to_string()
}
