//! `POST /oauth2/revoke`: an app gives a token back (RFC 7009). What the token belongs to ends with
//! all its tokens; access tokens that other services verify by themselves run out within minutes.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use chrono::Utc;
use kit::auth::Caller;

use super::error::OAuthError;
use super::parameters::Parameters;
use super::{Provider, client_authentication};
use crate::security::opaque_token::OpaqueToken;

/// A token that is unknown, or another app's, is no error (section 2.2): it works for this app no
/// more and no less than before.
pub(super) async fn revoke(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<impl IntoResponse, OAuthError> {
    let form = Parameters::of_form(&headers, &body)?;
    let client = client_authentication::client(&provider.services, &headers, &form).await?;
    let token = form.need("token")?;
    if let Some((account_id, session_id)) = session_of(&provider, token, &client.id).await? {
        provider
            .services
            .store
            .end_session(&account_id, &session_id)
            .await?;
    }
    Ok((StatusCode::OK, [(header::CACHE_CONTROL, "no-store")]))
}

/// The account and the session of a token of this app. The hint (`token_type_hint`) is not needed:
/// the two kinds look different.
async fn session_of(
    provider: &Provider,
    token: &str,
    client_id: &str,
) -> Result<Option<(String, String)>, OAuthError> {
    let services = &provider.services;
    if token.contains('.') {
        let caller = provider.verifiers.caller(services, token).await?;
        return Ok(match caller {
            Some(Caller::User(user)) => user
                .app
                .filter(|app| app.id == client_id)
                .and(user.session)
                .map(|session| (user.id, session)),
            _ => None,
        });
    }
    let Some(token) = OpaqueToken::received(token.to_owned()) else {
        return Ok(None);
    };
    let found = services
        .store
        .session_of_refresh_token(&token.hash(), Utc::now())
        .await?;
    Ok(found
        .filter(|(_, session)| {
            let app = session.origin.app.as_ref();
            app.is_some_and(|app| app.client_id == client_id)
        })
        .map(|(account_id, session)| (account_id, session.id)))
}
