//! The one place where a failed request becomes a response.
//!
//! The body is always a GraphQL answer with `errors`, each with `extensions.code`. Causes that are
//! nobody's business outside are logged where they happen and never arrive here.

use std::borrow::Cow;

use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;

use super::{Response, ResponseMedia, respond};

/// One entry of `errors`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct GraphqlError {
    /// One sentence for people.
    pub(crate) message: Cow<'static, str>,
    /// Where in the client's document; lines and columns from 1.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) locations: Vec<Location>,
    /// The code for programs.
    pub(crate) extensions: Extensions,
}

/// A place in the client's document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Location {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// What the router says beside the message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Extensions {
    pub(crate) code: Cow<'static, str>,
}

impl GraphqlError {
    /// An error about the request as a whole.
    pub(crate) fn new(
        code: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            message: message.into(),
            locations: Vec::new(),
            extensions: Extensions { code: code.into() },
        }
    }
}

/// A response that is only errors.
#[derive(Clone, Debug)]
pub(crate) struct ErrorResponse {
    status: StatusCode,
    errors: Vec<GraphqlError>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl ErrorResponse {
    /// A response with one error.
    pub(crate) fn new(
        status: StatusCode,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            errors: vec![GraphqlError::new(code, message)],
            headers: Vec::new(),
        }
    }

    /// 400: not a GraphQL request at all, whatever media type the client speaks.
    pub(crate) fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", message)
    }

    /// 500: we are at fault, and the log has said why.
    pub(crate) fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "INTERNAL_SERVER_ERROR",
            "The router failed; its log says why.",
        )
    }

    /// A GraphQL request that cannot be executed: its document or variables are wrong. The status
    /// depends on the media type (GraphQL over HTTP, "Status Codes").
    pub(crate) fn refused(media: ResponseMedia, errors: Vec<GraphqlError>) -> Self {
        Self {
            status: match media {
                ResponseMedia::Json => StatusCode::OK,
                ResponseMedia::GraphqlResponse => StatusCode::BAD_REQUEST,
            },
            errors,
            headers: Vec::new(),
        }
    }

    /// Adds a header.
    #[must_use]
    pub(crate) fn with_header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.push((name, HeaderValue::from_static(value)));
        self
    }

    /// The codes of the errors, for counting.
    pub(crate) fn codes(&self) -> impl Iterator<Item = &str> {
        self.errors.iter().map(|error| &*error.extensions.code)
    }

    /// The errors alone.
    pub(crate) fn into_errors(self) -> Vec<GraphqlError> {
        self.errors
    }

    /// The errors as a GraphQL answer.
    pub(crate) fn body(&self) -> Vec<u8> {
        #[derive(Serialize)]
        struct Answer<'e> {
            errors: &'e [GraphqlError],
        }
        serde_json::to_vec(&Answer {
            errors: &self.errors,
        })
        // Strings and numbers always serialise; an empty list of errors would still be well-formed.
        .unwrap_or_else(|_| b"{\"errors\":[]}".to_vec())
    }

    /// The response itself.
    pub(crate) fn into_response(self, media: ResponseMedia) -> Response {
        let body = self.body();
        let mut response = respond(self.status, media.content_type(), body);
        response.headers_mut().extend(self.headers);
        response
    }
}
