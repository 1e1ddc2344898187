//! Proves who is calling, from the `Authorization` header. A bad token is refused before
//! GraphQL sees the request; none makes the caller anonymous.

use std::borrow::Cow;

use axum::http::{HeaderMap, StatusCode, header};

use super::Refusal;
use crate::auth::{Caller, TokenError, TokenVerifier};
use crate::errors::Code;

pub(super) async fn caller(
    verifier: &TokenVerifier,
    headers: &HeaderMap,
) -> Result<Caller, Refusal> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(Caller::Anonymous);
    };
    if values.next().is_some() {
        return Err(unauthenticated(
            "There is more than one `Authorization` header",
        ));
    }
    let token = value
        .to_str()
        .ok()
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    let Some(token) = token else {
        return Err(unauthenticated(
            "The `Authorization` header must be `Bearer` and a token",
        ));
    };
    verifier.verify(token).await.map_err(|error| match error {
        TokenError::Invalid | TokenError::Expired => unauthenticated(error.to_string()),
        TokenError::KeysUnavailable => Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            Code::KeySetUnavailable,
            error.to_string(),
        ),
    })
}

fn unauthenticated(message: impl Into<Cow<'static, str>>) -> Refusal {
    Refusal::new(StatusCode::UNAUTHORIZED, Code::Unauthenticated, message)
}
