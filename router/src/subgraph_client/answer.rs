//! What of a subgraph's HTTP response is an answer the executor can read.

use bytes::Bytes;
use executor::SendError;
use http::{StatusCode, header, response};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The body, if it can be a GraphQL answer.
///
/// A successful response is read whatever its media type says: wrong content is found when it is
/// read. With another status, a body that has `data` or `errors` still tells more than the status
/// does, as GraphQL over HTTP has it for `application/graphql-response+json`.
pub(super) fn body(head: &response::Parts, body: Bytes) -> Result<Bytes, SendError> {
    if head.status == StatusCode::OK || head.status.is_success() {
        return Ok(body);
    }
    let is_json = head
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("json"));
    if is_json && is_graphql(&body) {
        return Ok(body);
    }
    Err(SendError::Status {
        status: head.status.as_u16(),
    })
}

fn is_graphql(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Answer {
        data: Option<IgnoredAny>,
        errors: Option<IgnoredAny>,
    }
    serde_json::from_slice::<Answer>(body)
        .is_ok_and(|answer| answer.data.is_some() || answer.errors.is_some())
}

#[cfg(test)]
fn check(status: u16, content_type: &str, text: &'static str) -> bool {
    let (head, ()) = http::Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, content_type)
        .body(())
        .unwrap()
        .into_parts();
    body(&head, Bytes::from_static(text.as_bytes())).is_ok()
}

#[test]
fn errors_of_a_refused_request_are_read() {
    let graphql = "application/graphql-response+json; charset=utf-8";
    assert!(check(400, graphql, "{\"errors\":[{\"message\":\"no\"}]}"));
    assert!(check(500, "application/json", "{\"data\":{},\"x\":1}"));
}

#[test]
fn other_failures_are_a_status() {
    assert!(!check(502, "text/html", "<h1>Bad gateway</h1>"));
    assert!(!check(500, "application/json", "{\"detail\":\"oops\"}"));
    assert!(!check(500, "application/json", "{\"errors\":null}"));
    assert!(!check(404, "application/json", "nonsense"));
    assert!(check(200, "text/plain", "nonsense"));
}
