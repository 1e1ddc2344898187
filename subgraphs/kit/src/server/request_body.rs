//! Reads a GraphQL request from an HTTP body, or says what is wrong with it and where.

use async_graphql::{Request, Variables};
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use serde_json::Value;

use super::Refusal;
use crate::errors::Code;

/// Reads the whole body, unless it is too large.
pub(super) async fn read(
    headers: &HeaderMap,
    body: Body,
    max_bytes: usize,
) -> Result<Vec<u8>, Refusal> {
    let too_large = || {
        let message = format!("The body is larger than {max_bytes} bytes");
        Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            Code::PayloadTooLarge,
            message,
        )
    };
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|it| it.to_str().ok())
        .and_then(|it| it.parse::<usize>().ok());
    if announced.is_some_and(|bytes| bytes > max_bytes) {
        return Err(too_large());
    }
    match axum::body::to_bytes(body, max_bytes).await {
        Ok(bytes) => Ok(bytes.into()),
        // Reading fails either at the limit, or because the client went away and reads no
        // answer any more.
        Err(_) => Err(too_large()),
    }
}

/// Whether the body is said to be JSON (and, if it says so, UTF-8).
pub(super) fn check_content_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let given = headers
        .get(header::CONTENT_TYPE)
        .map(|it| it.to_str().unwrap_or("(unreadable)"));
    let mut parts = given.unwrap_or("(none)").split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default();
    let utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    });
    if media_type.eq_ignore_ascii_case("application/json") && utf8 {
        return Ok(());
    }
    Err(Refusal::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::BadRequest,
        format!(
            "The content type must be `application/json`, and is `{}`",
            given.unwrap_or("(none)")
        ),
    ))
}

/// Understands the body as one GraphQL request.
pub(super) fn parse(body: &[u8], max_operation_bytes: usize) -> Result<Request, Refusal> {
    understand(body, max_operation_bytes)
        .map_err(|problem| Refusal::new(StatusCode::BAD_REQUEST, Code::BadRequest, problem))
}

/// Understands a JSON value as one GraphQL request.
pub(super) fn parse_json(json: Value, max_operation_bytes: usize) -> Result<Request, Refusal> {
    from_json(json, max_operation_bytes)
        .map_err(|problem| Refusal::new(StatusCode::BAD_REQUEST, Code::BadRequest, problem))
}

fn understand(body: &[u8], max_operation_bytes: usize) -> Result<Request, String> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err("The body is empty: send a JSON object with `query`".to_owned());
    }
    let json: Value = serde_json::from_slice(body)
        .map_err(|error| format!("The body is not valid JSON: {error}"))?;
    from_json(json, max_operation_bytes)
}

fn from_json(json: Value, max_operation_bytes: usize) -> Result<Request, String> {
    let mut fields = match json {
        Value::Object(fields) => fields,
        Value::Array(_) => {
            return Err("The body is a list: send one request at a time".to_owned());
        }
        _ => return Err("The body must be a JSON object with `query`".to_owned()),
    };
    let query = match fields.remove("query") {
        Some(Value::String(query)) => query,
        Some(_) => return Err("`query` must be a string".to_owned()),
        None => return Err("`query` is missing".to_owned()),
    };
    if query.len() > max_operation_bytes {
        return Err(format!(
            "`query` is longer than {max_operation_bytes} bytes"
        ));
    }
    let mut request = Request::new(query);
    match fields.remove("operationName") {
        None | Some(Value::Null) => {}
        Some(Value::String(name)) => request = request.operation_name(name),
        Some(_) => return Err("`operationName` must be a string".to_owned()),
    }
    match fields.remove("variables") {
        None | Some(Value::Null) => {}
        Some(variables @ Value::Object(_)) => {
            request = request.variables(Variables::from_json(variables));
        }
        Some(_) => return Err("`variables` must be an object".to_owned()),
    }
    match fields.remove("extensions") {
        None | Some(Value::Null | Value::Object(_)) => Ok(request),
        Some(_) => Err("`extensions` must be an object".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: usize = 128 * 1024;

    #[test]
    fn every_wrong_body_is_told_what_is_wrong() {
        for (body, problem) in [
            ("", "The body is empty: send a JSON object with `query`"),
            (" \n", "The body is empty: send a JSON object with `query`"),
            (
                "{\"query\": ",
                "The body is not valid JSON: EOF while parsing a value at line 1 column 10",
            ),
            ("[]", "The body is a list: send one request at a time"),
            ("7", "The body must be a JSON object with `query`"),
            ("{}", "`query` is missing"),
            ("{\"query\": 7}", "`query` must be a string"),
            (
                "{\"query\": \"{a}\", \"operationName\": []}",
                "`operationName` must be a string",
            ),
            (
                "{\"query\": \"{a}\", \"variables\": []}",
                "`variables` must be an object",
            ),
            (
                "{\"query\": \"{a}\", \"extensions\": 1}",
                "`extensions` must be an object",
            ),
        ] {
            assert_eq!(
                understand(body.as_bytes(), MAX).err().as_deref(),
                Some(problem),
                "{body}"
            );
        }
        let long = format!("{{\"query\": \"{}\"}}", "a".repeat(MAX + 1));
        assert_eq!(
            understand(long.as_bytes(), MAX).err().as_deref(),
            Some("`query` is longer than 131072 bytes")
        );
    }

    #[test]
    fn a_whole_request_is_understood() {
        let body =
            r#"{"query":"query A {a}","operationName":"A","variables":{"n":1},"extensions":{}}"#;
        let request = understand(body.as_bytes(), MAX).expect("valid");
        assert_eq!(request.query, "query A {a}");
        assert_eq!(request.operation_name.as_deref(), Some("A"));
        assert_eq!(request.variables.len(), 1);
    }

    #[test]
    fn only_json_in_utf8_is_accepted() {
        let check = |value: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            if let Some(value) = value {
                headers.insert(header::CONTENT_TYPE, value.parse().expect("a header value"));
            }
            check_content_type(&headers).is_ok()
        };
        assert!(check(Some("application/json")));
        assert!(check(Some("Application/JSON; charset=UTF-8")));
        assert!(!check(Some("application/json; charset=latin1")));
        assert!(!check(Some("text/plain")));
        assert!(!check(Some("application/graphql")));
        assert!(!check(None));
    }
}
