//! `GET, POST /oauth2/userinfo`: who signed in, as far as the app may know (OpenID Connect Core 1.0,
//! section 5.3).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use kit::auth::Caller;
use serde_json::{Value, json};

use super::error::OAuthError;
use super::{Provider, bearer, scope};
use crate::account::Account;

pub(super) async fn userinfo(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, OAuthError> {
    let token = bearer::token(&headers).ok_or_else(OAuthError::invalid_token)?;
    let services = &provider.services;
    let caller = provider.verifiers.caller(services, token).await?;
    let Some(Caller::User(user)) = caller else {
        return Err(OAuthError::invalid_token());
    };
    let Some(app) = user.app.filter(|app| app.may(scope::OPENID)) else {
        return Err(OAuthError::insufficient_scope());
    };
    let found = services
        .store
        .accounts_by_id(std::slice::from_ref(&user.id))
        .await?;
    let account = found.get(&user.id).ok_or_else(OAuthError::invalid_token)?;
    let claims = claims(account, |scope| app.may(scope));
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(claims)))
}

/// The claims that each scope stands for (section 5.4).
fn claims(account: &Account, may: impl Fn(&str) -> bool) -> Value {
    let mut claims = json!({ "sub": account.id });
    if may(scope::PROFILE) {
        claims["preferred_username"] = account.username.as_str().into();
        claims["name"] = account.display_name.as_str().into();
    }
    if may(scope::EMAIL) {
        claims["email"] = account.email.as_str().into();
        claims["email_verified"] = account.email_verified_at.is_some().into();
    }
    claims
}
