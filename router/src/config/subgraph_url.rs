//! Where a subgraph is: a URL, or a socket in the file system with a path for HTTP.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use http::Uri;
use http::uri::PathAndQuery;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::HttpUrl;

/// `http://…`, `https://…`, or `unix:///run/users.sock?path=/graphql`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SubgraphUrl {
    /// Over TCP.
    Http(Uri),
    /// Over a Unix socket.
    Unix {
        /// The socket's file.
        socket: PathBuf,
        /// What stands in the request's first line.
        path: PathAndQuery,
    },
}

impl From<HttpUrl> for SubgraphUrl {
    fn from(url: HttpUrl) -> Self {
        Self::Http(url.0)
    }
}

impl FromStr for SubgraphUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some(rest) = text.strip_prefix("unix://") else {
            return text.parse().map(|HttpUrl(uri)| Self::Http(uri));
        };
        let (socket, path) = match rest.split_once('?') {
            None => (rest, "/"),
            Some((socket, query)) => {
                let path = query.strip_prefix("path=").ok_or_else(|| {
                    format!("`{text}`: after `?` only `path=` with the path for HTTP is known")
                })?;
                (socket, path)
            }
        };
        if !socket.starts_with('/') {
            return Err(format!("`{text}` does not name a socket by its whole path"));
        }
        if !path.starts_with('/') {
            return Err(format!("`{text}`: the path for HTTP starts with `/`"));
        }
        Ok(Self::Unix {
            socket: socket.into(),
            path: path
                .parse()
                .map_err(|error| format!("`{path}` is no path: {error}"))?,
        })
    }
}

impl fmt::Display for SubgraphUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(uri) => uri.fmt(f),
            Self::Unix { socket, path } => write!(f, "unix://{}?path={path}", socket.display()),
        }
    }
}

impl Serialize for SubgraphUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SubgraphUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[test]
fn sockets_are_named_by_their_whole_path() {
    let printed = |text: &str| match text.parse::<SubgraphUrl>() {
        Ok(url) => url.to_string(),
        Err(error) => error,
    };
    for (text, expected) in [
        ("unix:///run/a.sock", "unix:///run/a.sock?path=/"),
        (
            "unix:///run/a.sock?path=/graphql?x=1",
            "unix:///run/a.sock?path=/graphql?x=1",
        ),
        (
            "unix://a.sock",
            "`unix://a.sock` does not name a socket by its whole path",
        ),
        (
            "unix:///a?x=1",
            "`unix:///a?x=1`: after `?` only `path=` with the path for HTTP is known",
        ),
        (
            "unix:///a?path=x",
            "`unix:///a?path=x`: the path for HTTP starts with `/`",
        ),
        ("http://a/b", "http://a/b"),
    ] {
        assert_eq!(printed(text), expected);
    }
}
