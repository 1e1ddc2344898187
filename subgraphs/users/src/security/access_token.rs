//! Access tokens: signed claims that any service verifies with the published key set.

use chrono::{DateTime, Duration, SubsecRound, Utc};
use jsonwebtoken::{Algorithm, Header};
use kit::auth::Role;
use kit::{Failure, Result};
use serde::Serialize;

use super::random;
use super::signing_key::SigningKey;
use crate::account::Account;

/// How long an access token is valid. Roles and sign-outs take effect within this time.
pub const LIFETIME: Duration = Duration::minutes(15);

/// Signs access tokens.
#[derive(Clone, Debug)]
pub struct TokenIssuer {
    key: SigningKey,
    issuer: String,
    audience: String,
}

/// A signed token and when it ends.
#[derive(Clone)]
pub struct AccessToken {
    /// The token itself.
    pub text: String,
    /// When it stops being valid.
    pub expires_at: DateTime<Utc>,
}

/// The claims, by their registered names (RFC 7519, section 4.1) and three of our own.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    iat: i64,
    exp: i64,
    jti: String,
    sid: &'a str,
    username: &'a str,
    roles: Vec<&'static str>,
}

impl TokenIssuer {
    /// An issuer that signs with `key` and names itself and the audience like this.
    pub fn new(key: SigningKey, issuer: &str, audience: &str) -> Self {
        TokenIssuer {
            key,
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
        }
    }

    /// A token for `account` in the session `session_id`.
    ///
    /// # Errors
    /// When it cannot be signed: an internal failure.
    pub fn issue(
        &self,
        account: &Account,
        session_id: &str,
        now: DateTime<Utc>,
    ) -> Result<AccessToken> {
        // A token counts in whole seconds, and the client is told the same moment.
        let expires_at = (now + LIFETIME).trunc_subsecs(0);
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(self.key.key_id().to_owned());
        let claims = Claims {
            iss: &self.issuer,
            aud: &self.audience,
            sub: &account.id,
            iat: now.timestamp(),
            exp: expires_at.timestamp(),
            jti: random::id()?,
            sid: session_id,
            username: &account.username,
            roles: account.roles.iter().copied().map(Role::as_str).collect(),
        };
        let text = jsonwebtoken::encode(&header, &claims, self.key.private())
            .map_err(Failure::internal)?;
        Ok(AccessToken { text, expires_at })
    }

    /// The key that signs.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }
}

impl std::fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessToken")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
