//! Proves who is calling, from the `Authorization` header. A bad token is refused before
//! GraphQL sees the request; none makes the caller anonymous.

use std::borrow::Cow;

use axum::http::{HeaderMap, StatusCode, header};
use serde_json::Value;

use super::Refusal;
use crate::auth::{TokenError, TokenVerifier, Verified};
use crate::errors::Code;

/// Who sent these headers, and until when the proof counts; for routes of a service's own.
///
/// # Errors
/// 401 when a token proves nothing, 503 when none can be verified now.
pub async fn verified(verifier: &TokenVerifier, headers: &HeaderMap) -> Result<Verified, Refusal> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(Verified::default());
    };
    if values.next().is_some() {
        return Err(unauthenticated(
            "There is more than one `Authorization` header",
        ));
    }
    verify(verifier, value.to_str().ok()).await
}

/// Who introduced themselves over a WebSocket, if they did: browsers cannot set its headers, so
/// the authorization stands in the payload or in its `headers`.
pub(super) async fn introduced(
    verifier: &TokenVerifier,
    payload: Option<&Value>,
) -> Result<Option<Verified>, Refusal> {
    let Some(Value::Object(payload)) = payload else {
        return Ok(None);
    };
    let nested = payload.get("headers").and_then(Value::as_object);
    let value = [Some(payload), nested]
        .into_iter()
        .flatten()
        .flat_map(serde_json::Map::iter)
        .find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    match value {
        Some((_, value)) => verify(verifier, value.as_str()).await.map(Some),
        None => Ok(None),
    }
}

async fn verify(
    verifier: &TokenVerifier,
    authorization: Option<&str>,
) -> Result<Verified, Refusal> {
    let token = authorization
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    let Some(token) = token else {
        return Err(unauthenticated(
            "The `Authorization` header must be `Bearer` and a token",
        ));
    };
    verifier
        .verify_until(token)
        .await
        .map_err(|error| match error {
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
