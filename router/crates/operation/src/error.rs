//! Request errors: what is wrong with a document or its variables, and where.
//!
//! A request error stops a request before anything is fetched (GraphQL specification, section
//! 7.1.2). Its message may name what the client wrote in the document, never a variable's value.

use std::fmt;

/// At most so many errors are reported for one request; more help nobody and cost the router.
pub(crate) const MAX_ERRORS: usize = 32;

/// Characters of a message: documents may hold names and numbers of any length.
const MAX_MESSAGE: usize = 500;

/// Why a request cannot be executed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RequestError {
    /// One sentence or two for the client.
    pub message: String,
    /// What kind of error it is: `extensions.code` of the answer.
    pub code: ErrorCode,
    /// Where in the document, the main place first; empty when it is no place in the document.
    pub locations: Vec<Location>,
}

/// A place in the client's document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in characters.
    pub column: u32,
}

/// The kinds of request errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// The document is no GraphQL.
    ParseFailed,
    /// The document breaks a rule of validation.
    ValidationFailed,
    /// No operation, no operation of that name, or several and no name.
    UnknownOperationName,
    /// The variables do not fit their declarations.
    BadUserInput,
    /// The document is over a limit.
    OperationTooComplex,
}

impl ErrorCode {
    /// The text of `extensions.code`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::ValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::UnknownOperationName => "GRAPHQL_UNKNOWN_OPERATION_NAME",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::OperationTooComplex => "OPERATION_TOO_COMPLEX",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl RequestError {
    /// An error of this kind, with no place yet.
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            message: shortened(message.into()),
            code,
            locations: Vec::new(),
        }
    }

    /// The same error at these places, those that are known.
    pub(crate) fn at(mut self, places: impl IntoIterator<Item = Option<Location>>) -> Self {
        self.locations.extend(places.into_iter().flatten());
        self
    }

    /// The document is over a limit.
    pub(crate) fn too_complex(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::OperationTooComplex, message)
    }
}

fn shortened(mut message: String) -> String {
    if let Some((end, _)) = message.char_indices().nth(MAX_MESSAGE) {
        message.truncate(end);
        message.push('…');
    }
    message
}

/// Errors for tests: one line each, as `line:column CODE message`.
#[cfg(test)]
pub(crate) fn render(errors: &[RequestError]) -> String {
    let lines: Vec<String> = errors
        .iter()
        .map(|error| {
            let places: Vec<String> = error
                .locations
                .iter()
                .map(|place| format!("{}:{}", place.line, place.column))
                .collect();
            let place = if places.is_empty() {
                "-".to_owned()
            } else {
                places.join(",")
            };
            format!("{place} {} {}", error.code, error.message)
        })
        .collect();
    lines.join("\n")
}

#[test]
fn messages_are_cut_at_a_character() {
    let message = |length: usize| RequestError::too_complex("é".repeat(length)).message;
    assert_eq!(message(500), "é".repeat(500));
    assert_eq!(message(501), format!("{}…", "é".repeat(500)));
}
