//! How apps are told what is wrong (RFC 6749, sections 4.1.2.1 and 5.2; RFC 6750, section 3.1).

use std::borrow::Cow;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kit::{Code, Failure};
use serde_json::json;

/// An error with its registered code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OAuthError {
    status: StatusCode,
    code: &'static str,
    description: Cow<'static, str>,
    /// How to authenticate, where that is what is missing.
    challenge: Option<&'static str>,
}

impl OAuthError {
    /// An error of this code.
    pub(super) fn new(code: &'static str, description: impl Into<Cow<'static, str>>) -> Self {
        OAuthError {
            status: StatusCode::BAD_REQUEST,
            code,
            description: description.into(),
            challenge: None,
        }
    }

    pub(super) fn invalid_request(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new("invalid_request", description)
    }

    /// The code or the refresh token is not good, and it is not told why.
    pub(super) fn invalid_grant() -> Self {
        Self::new(
            "invalid_grant",
            "It is unknown, was used, is too old, or was given to another app",
        )
    }

    /// The app did not authenticate. `by_header` is whether it tried by the `Authorization` header.
    pub(super) fn invalid_client(by_header: bool) -> Self {
        OAuthError {
            status: StatusCode::UNAUTHORIZED,
            challenge: by_header.then_some("Basic realm=\"musicwallet\""),
            ..Self::new("invalid_client", "The app or its secret is not known")
        }
    }

    /// The access token is missing or not good.
    pub(super) fn invalid_token() -> Self {
        OAuthError {
            status: StatusCode::UNAUTHORIZED,
            challenge: Some("Bearer error=\"invalid_token\""),
            ..Self::new("invalid_token", "The access token is not valid")
        }
    }

    /// The access token is good for something else.
    pub(super) fn insufficient_scope() -> Self {
        OAuthError {
            status: StatusCode::FORBIDDEN,
            challenge: Some("Bearer error=\"insufficient_scope\", scope=\"openid\""),
            ..Self::new("insufficient_scope", "This needs the scope openid")
        }
    }

    /// The registered code.
    pub(super) fn code(&self) -> &'static str {
        self.code
    }

    /// For whoever writes the app.
    pub(super) fn description(&self) -> &str {
        &self.description
    }

    /// What people are shown, where there is no app to tell.
    pub(super) fn status(&self) -> StatusCode {
        self.status
    }
}

impl From<Failure> for OAuthError {
    fn from(failure: Failure) -> Self {
        match failure.code() {
            Code::TooManyRequests => OAuthError {
                status: StatusCode::TOO_MANY_REQUESTS,
                ..Self::new("temporarily_unavailable", failure.message().to_owned())
            },
            Code::InternalServerError => {
                if let Some(cause) = failure.cause() {
                    tracing::error!(
                        error = kit::errors::chain(cause.as_ref()),
                        "an OAuth request failed"
                    );
                }
                OAuthError {
                    status: StatusCode::INTERNAL_SERVER_ERROR,
                    ..Self::new("server_error", failure.message().to_owned())
                }
            }
            _ => Self::invalid_request(failure.message().to_owned()),
        }
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.code, "error_description": self.description });
        let headers = [(header::CACHE_CONTROL, "no-store")];
        let mut response = (self.status, headers, Json(body)).into_response();
        if let Some(challenge) = self.challenge {
            let challenge = HeaderValue::from_static(challenge);
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
