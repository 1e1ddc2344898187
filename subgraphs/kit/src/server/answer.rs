//! Turns what GraphQL answered, or why it was not asked, into an HTTP response.
//!
//! This is where faults are logged, once each, and where nothing of them is told.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use async_graphql::{ServerError, Value};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;

use crate::errors::{Code, Failure, MASKED_MESSAGE, chain};
use crate::metrics::Metrics;

/// How the client wants the answer written (GraphQL over HTTP, section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MediaType {
    /// `application/json`: the status is 200 whenever GraphQL was asked.
    Json,
    /// `application/graphql-response+json`: a request that was not executed is a 400.
    GraphqlResponse,
}

impl MediaType {
    /// The first type in `Accept` that we write; anything goes when nothing is asked.
    ///
    /// # Errors
    /// 406 when the client accepts neither.
    pub(super) fn accepted(headers: &HeaderMap) -> Result<Self, Refusal> {
        let mut asked = false;
        for value in headers.get_all(header::ACCEPT) {
            for range in value.to_str().unwrap_or_default().split(',') {
                asked = true;
                let name = range.split(';').next().unwrap_or_default().trim();
                match name.to_ascii_lowercase().as_str() {
                    "application/graphql-response+json" => return Ok(MediaType::GraphqlResponse),
                    "application/json" | "application/*" | "*/*" => return Ok(MediaType::Json),
                    _ => {}
                }
            }
        }
        if !asked {
            return Ok(MediaType::Json);
        }
        Err(Refusal::new(
            StatusCode::NOT_ACCEPTABLE,
            Code::BadRequest,
            "Answers are written as `application/json` or `application/graphql-response+json`",
        ))
    }

    fn header_value(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            MediaType::Json => "application/json; charset=utf-8",
            MediaType::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        })
    }
}

/// The body of an executed operation.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [ServerError],
}

/// Logs what failed, counts it and gives it codes; says whether anything was executed.
fn finish(response: &mut async_graphql::Response, metrics: &Metrics) -> bool {
    log_causes(&response.errors);
    for error in &mut response.errors {
        give_code(error);
        if let Some(Value::String(code)) = error.extensions.as_ref().and_then(|it| it.get("code")) {
            metrics.count_error(code);
        }
    }
    // Without data and without a path, nothing was executed: a request error.
    response.data != Value::Null
        || response.errors.iter().any(|error| !error.path.is_empty())
        || response.errors.is_empty()
}

/// One answer of a stream.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// An answer; more may follow.
    Next(serde_json::Value),
    /// The errors for which there is no answer, and none follows.
    Refused(serde_json::Value),
    /// There are no more.
    Complete,
}

impl Event {
    /// The answer as JSON, where there is one.
    pub(super) fn to_json(&self) -> Option<Vec<u8>> {
        match self {
            Event::Next(answer) => serde_json::to_vec(answer).ok(),
            Event::Refused(errors) => serde_json::to_vec(&json!({ "errors": errors })).ok(),
            Event::Complete => None,
        }
    }
}

/// Prepares an answer of a stream.
pub(super) fn event(mut response: async_graphql::Response, metrics: &Metrics) -> Event {
    let executed = finish(&mut response, metrics);
    let written = if executed {
        let body = Body {
            data: Some(&response.data),
            errors: &response.errors,
        };
        serde_json::to_value(&body).map(Event::Next)
    } else {
        serde_json::to_value(&response.errors).map(Event::Refused)
    };
    written.unwrap_or_else(|error| {
        tracing::error!(%error, "an event could not be written as JSON");
        Event::Complete
    })
}

/// Writes the answer of an operation.
pub(super) fn write(
    mut response: async_graphql::Response,
    media_type: MediaType,
    metrics: &Metrics,
) -> Response {
    let executed = finish(&mut response, metrics);
    let status = match (executed, media_type) {
        (false, MediaType::GraphqlResponse) => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    };
    let body = Body {
        data: executed.then_some(&response.data),
        errors: &response.errors,
    };
    match serde_json::to_vec(&body) {
        Ok(bytes) => (
            status,
            [(header::CONTENT_TYPE, media_type.header_value())],
            bytes,
        )
            .into_response(),
        Err(error) => {
            tracing::error!(%error, "the answer could not be written as JSON");
            Refusal::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                Code::InternalServerError,
                MASKED_MESSAGE,
            )
            .into_response()
        }
    }
}

/// Logs the causes of our own faults. One cause that several fields report is one line.
fn log_causes(errors: &[ServerError]) {
    let mut logged = HashSet::new();
    for error in errors {
        let Some(failure) = error.source::<Failure>() else {
            continue;
        };
        let Some(cause) = failure.cause() else {
            continue;
        };
        if logged.insert(Arc::as_ptr(cause).cast::<()>()) {
            let path = serde_json::to_string(&error.path).unwrap_or_default();
            tracing::error!(
                error = chain(cause.as_ref()),
                graphql.path = path,
                "a field failed"
            );
        }
    }
}

/// Errors of async-graphql itself come without a code.
fn give_code(error: &mut ServerError) {
    let code = if error.path.is_empty() {
        Code::OperationResolutionFailure
    } else {
        // Our resolvers always give one, so this is an argument that could not be coerced.
        Code::BadUserInput
    };
    let extensions = error.extensions.get_or_insert_default();
    if extensions.get("code").is_none() {
        extensions.set("code", code.as_str());
    }
}

/// Why a request never reached GraphQL. Becomes an HTTP response in GraphQL's shape.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The HTTP status.
    pub status: StatusCode,
    /// The code in the error's extensions.
    pub code: Code,
    /// What is wrong, for people.
    pub message: Cow<'static, str>,
}

impl Refusal {
    /// A refusal with this status, code and message.
    pub fn new(status: StatusCode, code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Refusal {
            status,
            code,
            message: message.into(),
        }
    }
}

impl Refusal {
    /// The errors of a GraphQL answer that say this.
    pub(super) fn errors(&self) -> serde_json::Value {
        json!([{ "message": self.message, "extensions": { "code": self.code.as_str() } }])
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({ "errors": self.errors() });
        let content_type = [(header::CONTENT_TYPE, MediaType::Json.header_value())];
        let mut response = (self.status, content_type, body.to_string()).into_response();
        // These two statuses say how to do better in a header (RFC 9110).
        let (name, value) = match self.status {
            StatusCode::UNAUTHORIZED => {
                (header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")
            }
            StatusCode::METHOD_NOT_ALLOWED => (header::ALLOW, "POST"),
            _ => return response,
        };
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
        response
    }
}

pub(super) async fn only_post() -> Refusal {
    Refusal::new(
        StatusCode::METHOD_NOT_ALLOWED,
        Code::BadRequest,
        "Send operations by POST",
    )
}

pub(super) async fn no_such_path() -> Refusal {
    Refusal::new(
        StatusCode::NOT_FOUND,
        Code::NotFound,
        "There is nothing here: operations go to /graphql",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(accept: &'static str) -> Option<MediaType> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        MediaType::accepted(&headers).ok()
    }

    #[test]
    fn the_first_type_that_we_write_is_taken() {
        assert_eq!(
            MediaType::accepted(&HeaderMap::new()).ok(),
            Some(MediaType::Json)
        );
        assert_eq!(accepted("*/*"), Some(MediaType::Json));
        assert_eq!(
            accepted("text/html, application/graphql-response+json;q=0.9, application/json"),
            Some(MediaType::GraphqlResponse)
        );
        assert_eq!(
            accepted("application/json, application/graphql-response+json"),
            Some(MediaType::Json)
        );
        assert_eq!(accepted("text/html"), None);
    }
}
