//! Which media type the answer has, by the client's `accept`, and what requests must have.
//!
//! GraphQL over HTTP, "Media Types": `application/graphql-response+json` tells failed requests by
//! status; `application/json`, for older clients, answers 200 to every well-formed request.

use http::{HeaderMap, header};

/// A media type or a range of them, with its parameters (RFC 9110, section 8.3.1), as it was written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MediaType<'t> {
    /// Type and subtype.
    essence: &'t str,
    parameters: &'t str,
}

impl<'t> MediaType<'t> {
    /// Takes the text apart, whatever it is.
    pub(crate) fn of(text: &'t str) -> Self {
        let (essence, parameters) = text.split_once(';').unwrap_or((text, ""));
        Self {
            essence: essence.trim(),
            parameters,
        }
    }

    /// Whether it is this one, its parameters aside.
    pub(crate) fn is(self, essence: &str) -> bool {
        self.essence.eq_ignore_ascii_case(essence)
    }

    /// The value of a parameter, without quotes.
    pub(crate) fn parameter(self, name: &str) -> Option<&'t str> {
        self.as_written(name).map(|value| value.trim_matches('"'))
    }

    /// The value of a parameter, with its quotes if it has some.
    fn as_written(self, name: &str) -> Option<&'t str> {
        self.parameters()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// Names and values.
    fn parameters(self) -> impl Iterator<Item = (&'t str, &'t str)> {
        self.parameters
            .split(';')
            .filter_map(|parameter| parameter.split_once('='))
            .map(|(name, value)| (name.trim(), value.trim()))
    }
}

/// The media type of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResponseMedia {
    /// `application/json`.
    Json,
    /// `application/graphql-response+json`.
    GraphqlResponse,
}

impl ResponseMedia {
    /// What the client likes best of what we have; none when it accepts neither.
    pub(crate) fn negotiate(headers: &HeaderMap) -> Option<Self> {
        let mut ranges = headers.get_all(header::ACCEPT).iter().peekable();
        if ranges.peek().is_none() {
            return Some(Self::Json);
        }
        let mut best: Option<(u16, Self)> = None;
        for value in ranges {
            let Ok(value) = value.to_str() else { continue };
            for range in value.split(',') {
                let Some((media, quality)) = Self::matching(range) else {
                    continue;
                };
                if quality > 0 && best.is_none_or(|(found, _)| quality > found) {
                    best = Some((quality, media));
                }
            }
        }
        best.map(|(_, media)| media)
    }

    /// The type a range of `accept` asks for, and its weight in thousandths.
    fn matching(range: &str) -> Option<(Self, u16)> {
        let range = MediaType::of(range);
        let media = if range.is("application/graphql-response+json") {
            Self::GraphqlResponse
        } else if range.is("application/json") || range.is("*/*") || range.is("application/*") {
            Self::Json
        } else {
            return None;
        };
        // A weight has no quotes (RFC 9110, section 12.4.2).
        let quality = match range.as_written("q") {
            Some(value) => value.parse::<f32>().ok()?,
            None => 1.0,
        };
        let thousandths = (quality.clamp(0.0, 1.0) * 1000.0) as u16;
        Some((media, thousandths))
    }

    /// The value of `content-type`.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        }
    }
}

/// Whether the request says that its body is JSON in UTF-8.
pub(crate) fn is_json_request(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE);
    let Some(media) = value.and_then(|it| it.to_str().ok()).map(MediaType::of) else {
        return false;
    };
    let is_utf_8 = |value: &str| value.trim_matches('"').eq_ignore_ascii_case("utf-8");
    let mut parameters = media.parameters();
    media.is("application/json")
        && parameters.all(|(name, value)| !name.eq_ignore_ascii_case("charset") || is_utf_8(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(value: &'static str) -> Option<ResponseMedia> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, http::HeaderValue::from_static(value));
        ResponseMedia::negotiate(&headers)
    }

    #[test]
    fn the_clients_preference_decides() {
        use ResponseMedia::{GraphqlResponse, Json};
        assert_eq!(ResponseMedia::negotiate(&HeaderMap::new()), Some(Json));
        assert_eq!(accept("*/*"), Some(Json));
        assert_eq!(accept("application/json"), Some(Json));
        assert_eq!(
            accept("application/graphql-response+json; charset=utf-8, application/json"),
            Some(GraphqlResponse)
        );
        assert_eq!(
            accept("application/graphql-response+json;q=0.5, application/json;q=0.9"),
            Some(Json)
        );
        assert_eq!(accept("text/html, image/png"), None);
        assert_eq!(accept("application/json;q=0"), None);
        assert_eq!(accept("text/html, */*;q=0.1"), Some(Json));
    }

    #[test]
    fn requests_must_be_json_in_utf_8() {
        let content = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, http::HeaderValue::from_static(value));
            is_json_request(&headers)
        };
        assert!(content("application/json"));
        assert!(content("Application/JSON; charset=\"UTF-8\""));
        assert!(!content("application/json; charset=latin1"));
        assert!(!content("text/plain"));
        assert!(!content("application/x-www-form-urlencoded"));
        assert!(!is_json_request(&HeaderMap::new()));
    }
}
