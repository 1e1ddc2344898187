//! `POST /oauth2/introspect`: whether a token is good, and for what (RFC 7662).
//!
//! For apps with a secret only, so that nobody can try tokens (section 4). An app learns of its own
//! tokens; one that may act in its own name (`client_credentials`) is taken for a service, and learns
//! of all access tokens.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use chrono::Utc;
use kit::auth::Caller;
use serde_json::{Value, json};

use super::error::OAuthError;
use super::parameters::Parameters;
use super::{Provider, bearer, client_authentication};
use crate::security::opaque_token::OpaqueToken;
use crate::store::{Client, GrantType};

pub(super) async fn introspect(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<impl IntoResponse, OAuthError> {
    let form = Parameters::of_form(&headers, &body)?;
    let client = client_authentication::client(&provider.services, &headers, &form).await?;
    if client.secret.is_none() {
        return Err(OAuthError::invalid_client(false));
    }
    let token = form.need("token")?;
    let about = if token.contains('.') {
        access_token(&provider, token, &client).await?
    } else {
        refresh_token(&provider, token, &client).await?
    };
    // Nothing is told of a token that is not good, not even why (section 2.2).
    let about = about.unwrap_or_else(|| json!({ "active": false }));
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(about)))
}

async fn access_token(
    provider: &Provider,
    token: &str,
    client: &Client,
) -> Result<Option<Value>, OAuthError> {
    let caller = provider.verifiers.caller(&provider.services, token).await?;
    let app = match &caller {
        Some(Caller::User(user)) => user.app.as_ref(),
        Some(Caller::App(app)) => Some(app),
        Some(Caller::Anonymous) | None => return Ok(None),
    };
    let is_a_service = client.grant_types.contains(&GrantType::ClientCredentials);
    if !is_a_service && app.is_none_or(|app| app.id != client.id) {
        return Ok(None);
    }
    let Some(claims) = bearer::claims(token) else {
        return Ok(None);
    };
    let mut about = json!({ "active": true, "token_type": "Bearer" });
    for name in [
        "iss",
        "aud",
        "sub",
        "iat",
        "exp",
        "jti",
        "username",
        "client_id",
        "scope",
    ] {
        if let Some(claim) = claims.get(name) {
            about[name] = claim.clone();
        }
    }
    Ok(Some(about))
}

async fn refresh_token(
    provider: &Provider,
    token: &str,
    client: &Client,
) -> Result<Option<Value>, OAuthError> {
    let Some(token) = OpaqueToken::received(token.to_owned()) else {
        return Ok(None);
    };
    let found = provider
        .services
        .store
        .session_of_refresh_token(&token.hash(), Utc::now())
        .await?;
    let Some((account_id, session)) = found else {
        return Ok(None);
    };
    let Some(app) = session.origin.app.filter(|app| app.client_id == client.id) else {
        return Ok(None);
    };
    Ok(Some(json!({
        "active": true,
        "sub": account_id,
        "client_id": app.client_id,
        "scope": app.scope,
        "exp": session.expires_at.timestamp(),
    })))
}
