//! The parameters of a GraphQL request, from a JSON body or a query string.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::ErrorResponse;

/// What the client asks. Texts without escapes are slices of the body.
#[derive(Debug)]
pub(crate) struct GraphqlRequest<'b> {
    /// The document.
    pub(crate) query: Cow<'b, str>,
    /// Which of its operations.
    pub(crate) operation_name: Option<Cow<'b, str>>,
    /// The variables, a JSON object as it was sent.
    pub(crate) variables: Option<Cow<'b, RawValue>>,
}

/// The body's members as they stand. Unknown ones are ignored, as the specification asks.
#[derive(Deserialize)]
struct Members<'b> {
    #[serde(borrow)]
    query: Option<&'b RawValue>,
    #[serde(borrow, rename = "operationName")]
    operation_name: Option<&'b RawValue>,
    #[serde(borrow)]
    variables: Option<&'b RawValue>,
    #[serde(borrow)]
    extensions: Option<&'b RawValue>,
}

impl<'b> GraphqlRequest<'b> {
    /// Reads a JSON body.
    pub(crate) fn from_json(body: &'b [u8]) -> Result<Self, ErrorResponse> {
        match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
            None => {
                return Err(ErrorResponse::bad_request(
                    "The request has no body; send a JSON object with `query`.",
                ));
            }
            Some(b'{') => {}
            Some(b'[') => return Err(refused_list(body)),
            Some(_) => {
                // Tell a JSON value of the wrong kind from what is no JSON.
                serde_json::from_slice::<serde::de::IgnoredAny>(body)
                    .map_err(|it| malformed(&it))?;
                return Err(ErrorResponse::bad_request(
                    "The request body must be a JSON object with `query`.",
                ));
            }
        }
        let members: Members<'b> = serde_json::from_slice(body).map_err(|it| malformed(&it))?;
        let query = string("query", members.query)?.ok_or_else(|| {
            ErrorResponse::bad_request("The request has no `query`; it must be a string.")
        })?;
        let operation_name = string("operationName", members.operation_name)?;
        let variables = object("variables", members.variables)?;
        object("extensions", members.extensions)?;
        Self::checked(query, operation_name, variables)
    }

    /// The request with these parts, if they ask anything.
    pub(super) fn checked(
        query: Cow<'b, str>,
        operation_name: Option<Cow<'b, str>>,
        variables: Option<Cow<'b, RawValue>>,
    ) -> Result<Self, ErrorResponse> {
        if query.trim().is_empty() {
            return Err(ErrorResponse::bad_request(
                "`query` is empty; it must hold a GraphQL document.",
            ));
        }
        Ok(Self {
            query,
            // Some clients send an empty name for none.
            operation_name: operation_name.filter(|name| !name.is_empty()),
            variables,
        })
    }
}

fn malformed(error: &serde_json::Error) -> ErrorResponse {
    let what = if error.is_data() {
        // Two members of one name: which one counts would be a guess.
        error.to_string()
    } else {
        format!("The request body is not valid JSON: {error}.")
    };
    ErrorResponse::bad_request(what)
}

fn refused_list(body: &[u8]) -> ErrorResponse {
    match serde_json::from_slice::<serde::de::IgnoredAny>(body) {
        Ok(_) => ErrorResponse::new(
            http::StatusCode::BAD_REQUEST,
            "BATCHING_NOT_SUPPORTED",
            "The request body is a list; batching is not supported, send one operation at a time.",
        ),
        Err(error) => malformed(&error),
    }
}

/// A member that must be a string, or null, or absent.
fn string<'b>(
    name: &str,
    value: Option<&'b RawValue>,
) -> Result<Option<Cow<'b, str>>, ErrorResponse> {
    let Some(value) = value.map(RawValue::get) else {
        return Ok(None);
    };
    if value == "null" {
        return Ok(None);
    }
    let inner = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'));
    match inner {
        Some(plain) if !plain.contains('\\') => Ok(Some(Cow::Borrowed(plain))),
        Some(_) => serde_json::from_str::<String>(value)
            .map(|text| Some(Cow::Owned(text)))
            .map_err(|error| malformed(&error)),
        None => Err(wrong_kind(name, "a string", value)),
    }
}

/// A member that must be an object, or null, or absent; as it was sent.
pub(super) fn object<'b>(
    name: &str,
    value: Option<&'b RawValue>,
) -> Result<Option<Cow<'b, RawValue>>, ErrorResponse> {
    match value {
        Some(value) if value.get().starts_with('{') => Ok(Some(Cow::Borrowed(value))),
        Some(value) if value.get() != "null" => Err(wrong_kind(name, "an object", value.get())),
        _ => Ok(None),
    }
}

fn wrong_kind(name: &str, expected: &str, value: &str) -> ErrorResponse {
    let found = match value.as_bytes().first() {
        Some(b'"') => "a string",
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b't' | b'f') => "a Boolean",
        Some(b'n') => "null",
        _ => "a number",
    };
    ErrorResponse::bad_request(format!("`{name}` must be {expected}, not {found}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, expected: &str) {
        let got = match GraphqlRequest::from_json(body.as_bytes()) {
            Ok(request) => format!(
                "{} {:?} {:?}",
                request.query,
                request.operation_name,
                request.variables.map(|it| it.get().to_owned())
            ),
            Err(error) => {
                let codes: Vec<&str> = error.codes().collect();
                format!("{codes:?} {error:?}")
            }
        };
        assert!(got.contains(expected), "{got}");
    }

    #[test]
    fn a_request_is_read() {
        check(r#"{"query":"{ me { id } }"}"#, "{ me { id } } None None");
        check(
            r#" {"query":"query A {\n a }","operationName":"A","variables":{"x": 1.00 },"id":3}"#,
            "query A {\n a } Some(\"A\") Some(\"{\\\"x\\\": 1.00 }\")",
        );
        check(
            r#"{"query":"{a}","operationName":null,"variables":null,"extensions":null}"#,
            "{a} None None",
        );
        check(r#"{"query":"{a}","operationName":""}"#, "{a} None None");
    }

    #[test]
    fn bad_bodies_are_told_apart() {
        check("", "The request has no body");
        check(" \n", "The request has no body");
        check("{", "The request body is not valid JSON: EOF while parsing");
        check(
            "{\"query\": \"{a}\"} x",
            "not valid JSON: trailing characters",
        );
        check("nonsense", "The request body is not valid JSON");
        check("3", "The request body must be a JSON object");
        check("\"{a}\"", "The request body must be a JSON object");
        check("[{\"query\":\"{a}\"}]", "BATCHING_NOT_SUPPORTED");
        check("[", "not valid JSON");
        check("{}", "The request has no `query`");
        check("{\"query\":null}", "The request has no `query`");
        check("{\"query\":\" \"}", "`query` is empty");
        check("{\"query\":1}", "`query` must be a string, not a number.");
        check("{\"query\":[]}", "`query` must be a string, not a list.");
        check(
            "{\"query\":\"{a}\",\"operationName\":{}}",
            "`operationName` must be a string, not an object.",
        );
        check(
            "{\"query\":\"{a}\",\"variables\":\"{}\"}",
            "`variables` must be an object, not a string.",
        );
        check(
            "{\"query\":\"{a}\",\"variables\":[]}",
            "`variables` must be an object, not a list.",
        );
        check(
            "{\"query\":\"{a}\",\"extensions\":true}",
            "`extensions` must be an object, not a Boolean.",
        );
        check("{\"query\":\"{a}\",\"query\":\"{b}\"}", "duplicate field");
    }

    #[test]
    fn bytes_that_are_no_utf_8_are_no_json() {
        assert!(GraphqlRequest::from_json(b"{\"query\":\"{a \xff}\"}").is_err());
    }

    #[test]
    fn a_nesting_bomb_is_an_error() {
        let bomb = format!(
            "{{\"query\":\"{{a}}\",\"variables\":{}",
            "[".repeat(100_000)
        );
        assert!(GraphqlRequest::from_json(bomb.as_bytes()).is_err());
        let bomb = "[".repeat(100_000);
        assert!(GraphqlRequest::from_json(bomb.as_bytes()).is_err());
    }
}
