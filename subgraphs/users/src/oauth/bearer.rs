//! Access tokens as the endpoints for apps see them: verified, and of a session that has not ended.
//! Services that verify a token without asking us accept it until it runs out, within minutes; here
//! it ends with its session.

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Utc;
use kit::auth::{Caller, TokenVerifier};
use serde_json::Value;

use crate::services::Services;

/// Tokens are for MusicWallet's services, or for `userinfo` alone.
#[derive(Debug)]
pub(crate) struct Verifiers {
    pub(super) for_services: TokenVerifier,
    pub(super) for_userinfo: TokenVerifier,
}

impl Verifiers {
    /// Whom a token is of, if it is good.
    pub(super) async fn caller(
        &self,
        services: &Services,
        token: &str,
    ) -> kit::Result<Option<Caller>> {
        let caller = match self.for_services.verify(token).await {
            Ok(caller) => caller,
            Err(_) => match self.for_userinfo.verify(token).await {
                Ok(caller) => caller,
                Err(_) => return Ok(None),
            },
        };
        let now = Utc::now();
        let good = match &caller {
            Caller::User(user) => match &user.session {
                Some(session) => services.store.session_is_open(session, now).await?,
                None => false,
            },
            Caller::App(app) => services.store.client(&app.id).await?.is_some(),
            Caller::Anonymous => false,
        };
        Ok(good.then_some(caller))
    }
}

/// The token in the `Authorization` header (RFC 6750, section 2.1).
pub(super) fn token(headers: &HeaderMap) -> Option<&str> {
    let value = super::header(headers, header::AUTHORIZATION.as_str())?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The claims of a token that has been verified.
pub(super) fn claims(token: &str) -> Option<Value> {
    let payload = token.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}
