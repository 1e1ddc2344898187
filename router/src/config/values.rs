//! Small value types of configuration files.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A length of time, written as `250ms`, `30s`, `5m` or `1h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(pub Duration);

impl Time {
    /// So many seconds.
    pub(crate) const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }
}

impl FromStr for Time {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is no length of time: write a whole number and ms, s, m or h");
        let split = text
            .find(|it: char| !it.is_ascii_digit())
            .ok_or_else(wrong)?;
        let number: u64 = text[..split].parse().map_err(|_| wrong())?;
        let milliseconds = match text[split..].trim() {
            "ms" => 1,
            "s" => 1_000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            _ => return Err(wrong()),
        };
        number
            .checked_mul(milliseconds)
            .map(|total| Self(Duration::from_millis(total)))
            .ok_or_else(wrong)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = self.0.as_millis();
        match milliseconds {
            0 => f.write_str("0s"),
            it if it % 3_600_000 == 0 => write!(f, "{}h", it / 3_600_000),
            it if it % 60_000 == 0 => write!(f, "{}m", it / 60_000),
            it if it % 1_000 == 0 => write!(f, "{}s", it / 1_000),
            it => write!(f, "{it}ms"),
        }
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The URL of something that is reached over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HttpUrl(pub http::Uri);

impl FromStr for HttpUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let uri: http::Uri = text
            .parse()
            .map_err(|error| format!("`{text}` is no URL: {error}"))?;
        match uri.scheme_str() {
            Some("http" | "https") if uri.host().is_some_and(|host| !host.is_empty()) => {
                Ok(Self(uri))
            }
            _ => Err(format!(
                "`{text}` is no URL that starts with http:// or https:// and names a host"
            )),
        }
    }
}

impl fmt::Display for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for HttpUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for HttpUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[test]
fn times_are_read_and_printed() {
    for text in ["250ms", "30s", "5m", "1h", "0s"] {
        assert_eq!(text.parse::<Time>().unwrap().to_string(), text);
    }
    for text in ["", "30", "s", "1.5s", "-1s", "99999999999999999999s", "30d"] {
        assert!(text.parse::<Time>().is_err(), "{text}");
    }
}

#[test]
fn urls_need_a_scheme_and_a_host() {
    assert!("http://127.0.0.1:4001/graphql".parse::<HttpUrl>().is_ok());
    for text in ["", "localhost:4001", "/graphql", "ftp://a/b", "http:///x"] {
        assert!(text.parse::<HttpUrl>().is_err(), "{text}");
    }
}
