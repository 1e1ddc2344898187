//! Cursors: opaque to clients, versioned, and bound to the order they were made for.

use async_graphql::connection::CursorType;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Failure, Result};

/// Raised when what a cursor holds changes its meaning.
const VERSION: u32 = 1;

/// Longer texts are no cursor of ours.
pub const MAX_CURSOR_LENGTH: usize = 2_048;

/// A cursor as clients see it: base64 of version, order and key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(String);

#[derive(Serialize)]
struct Outgoing<'a, Key>(u32, &'a str, &'a Key);

#[derive(Deserialize)]
struct Incoming(u32, String, serde_json::Value);

impl Cursor {
    /// The cursor of the row with sort key `key` in the list ordered by `order`.
    ///
    /// # Errors
    /// When the key cannot be written as JSON: a fault of ours.
    pub fn new<Key: Serialize>(order: &str, key: &Key) -> Result<Self> {
        let json = serde_json::to_vec(&Outgoing(VERSION, order, key)).map_err(Failure::internal)?;
        Ok(Cursor(URL_SAFE_NO_PAD.encode(json)))
    }

    /// Reads the cursor a client sent as `argument`.
    ///
    /// # Errors
    /// When it is no cursor of this version, or of another list or order.
    pub fn read<Key: DeserializeOwned>(
        argument: &'static str,
        text: &str,
        order: &str,
    ) -> Result<Key> {
        let garbage = || {
            Failure::bad_input(
                argument,
                format!("`{argument}` is not a cursor: pass a `cursor` that this list returned"),
            )
        };
        if text.len() > MAX_CURSOR_LENGTH {
            return Err(garbage());
        }
        let json = URL_SAFE_NO_PAD.decode(text).map_err(|_| garbage())?;
        let Incoming(version, made_for, key) =
            serde_json::from_slice(&json).map_err(|_| garbage())?;
        if version != VERSION {
            return Err(garbage());
        }
        if made_for != order {
            return Err(Failure::bad_input(
                argument,
                format!(
                    "`{argument}` is a cursor of another list or of another order: start again without it"
                ),
            ));
        }
        serde_json::from_value(key).map_err(|_| garbage())
    }

    /// The text sent to clients.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl CursorType for Cursor {
    type Error = std::convert::Infallible;

    fn decode_cursor(text: &str) -> Result<Self, Self::Error> {
        Ok(Cursor(text.to_owned()))
    }

    fn encode_cursor(&self) -> String {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Key = (i64, String);

    fn refusal(text: &str) -> String {
        let failure = Cursor::read::<Key>("after", text, "users").expect_err("must be refused");
        assert_eq!(failure.argument(), Some("after"));
        failure.message().to_owned()
    }

    #[test]
    fn a_cursor_gives_back_its_key() {
        let key: Key = (1_700_000_000_123, "ünïcode".to_owned());
        let cursor = Cursor::new("users", &key).expect("the key is JSON");
        let read: Key = Cursor::read("after", cursor.as_str(), "users").expect("it is ours");
        assert_eq!(read, key);
    }

    #[test]
    fn garbage_is_refused_with_the_argument_named() {
        let other_shape = Cursor::new("users", &["not", "the", "key"]).expect("JSON");
        let newer = URL_SAFE_NO_PAD.encode(r#"[2,"users",[1,"a"]]"#);
        let long = "A".repeat(MAX_CURSOR_LENGTH + 1);
        for text in [
            "",
            "!!!",
            "bm90IGpzb24",
            "MTIz",
            other_shape.as_str(),
            &newer,
            &long,
        ] {
            assert_eq!(
                refusal(text),
                "`after` is not a cursor: pass a `cursor` that this list returned"
            );
        }
    }

    #[test]
    fn a_cursor_of_another_order_is_told_apart_from_garbage() {
        let cursor = Cursor::new("users:name", &(1, "a")).expect("JSON");
        assert_eq!(
            refusal(cursor.as_str()),
            "`after` is a cursor of another list or of another order: start again without it"
        );
    }
}
