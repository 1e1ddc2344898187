//! The ids of everything this service speaks of, each kind a type of its own.
//!
//! Clients treat ids as opaque. So do we, with one exception: text that cannot be an id at all
//! is told apart before it reaches the database ([`TrackId::parse`] and its siblings), because
//! "no such thing" is the honest answer to it and some databases refuse such text with an error.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Bytes an id has at most.
const MAX_BYTES: usize = 128;

/// Bytes of randomness in an id that is made here.
const RANDOM_BYTES: usize = 16;

macro_rules! id_types {
    ($($(#[$doc:meta])* $name:ident)*) => {
        $(
            $(#[$doc])*
            #[derive(
                Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
            )]
            #[serde(transparent)]
            pub struct $name(String);

            impl $name {
                /// Takes an id from outside; `None` when no id has this shape.
                pub fn parse(text: &str) -> Option<Self> {
                    has_the_shape_of_an_id(text).then(|| $name(text.to_owned()))
                }

                /// Takes an id that our own tables or data hold.
                pub fn stored(text: impl Into<String>) -> Self {
                    $name(text.into())
                }

                /// The id as clients and tables see it.
                pub fn as_str(&self) -> &str {
                    &self.0
                }

                /// The id as an owned string.
                pub fn into_string(self) -> String {
                    self.0
                }
            }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(&self.0)
                }
            }
        )*
    };
}

id_types! {
    /// Names one artist.
    ArtistId
    /// Names one album.
    AlbumId
    /// Names one track.
    TrackId
    /// Names one playlist.
    PlaylistId
    /// Names one track's place on a playlist.
    PlaylistItemId
    /// Names one user. The users service makes these; here they are only compared.
    UserId
}

/// A new id of which nobody can guess another.
///
/// # Errors
/// When the operating system has no randomness to give.
pub fn random() -> Result<String, getrandom::Error> {
    let mut bytes = [0_u8; RANDOM_BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(bytes
        .iter()
        .fold(String::with_capacity(2 * RANDOM_BYTES), |mut id, byte| {
            id.push_str(&format!("{byte:02x}"));
            id
        }))
}

fn has_the_shape_of_an_id(text: &str) -> bool {
    (1..=MAX_BYTES).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_no_id_can_be_is_told_apart() {
        assert!(TrackId::parse("track-miles-davis-so-what").is_some());
        for text in ["", "with space", "nul\0byte", "ünïcode", &"x".repeat(129)] {
            assert_eq!(TrackId::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn random_ids_are_ids_and_differ() {
        let (one, other) = (random().expect("randomness"), random().expect("randomness"));
        assert_ne!(one, other);
        assert!(ArtistId::parse(&one).is_some());
    }
}
