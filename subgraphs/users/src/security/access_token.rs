//! Access tokens: signed claims that any service verifies with the published key set; and ID tokens,
//! which tell an app who signed in.

use chrono::{DateTime, Duration, SubsecRound, Utc};
use jsonwebtoken::{Algorithm, Header};
use kit::auth::{APP_SUBJECT, Role};
use kit::{Failure, Result};
use serde::Serialize;

use super::keyring::Keyring;
use super::random;
use crate::account::Account;
use crate::store::AppGrant;

/// How long a token is valid. Roles and sign-outs take effect within this time.
pub const LIFETIME: Duration = Duration::minutes(15);

/// Signs tokens.
#[derive(Clone, Debug)]
pub struct TokenIssuer {
    keys: Keyring,
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

/// A token for an app.
#[derive(Clone, Copy, Debug)]
pub struct ForApp<'a> {
    /// The user it acts for; none when it acts for itself.
    pub account: Option<&'a Account>,
    /// The app and what it may do.
    pub grant: &'a AppGrant,
    /// The session it belongs to.
    pub session_id: Option<&'a str>,
    /// Who may accept it, when that is not MusicWallet's services.
    pub audience: Option<&'a str>,
}

/// What an ID token tells (OpenID Connect Core, section 2).
#[derive(Clone, Copy, Debug)]
pub struct Identity<'a> {
    /// The issuer as OpenID Connect clients know it.
    pub issuer: &'a str,
    /// The app it is for.
    pub client_id: &'a str,
    /// Who signed in.
    pub account_id: &'a str,
    /// When they gave their password.
    pub authenticated_at: DateTime<Utc>,
    /// What the app wants to find in it.
    pub nonce: Option<&'a str>,
}

/// The claims, by their registered names (RFC 7519, section 4.1; RFC 8693, section 4) and three of
/// our own.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    iat: i64,
    exp: i64,
    jti: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    roles: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
}

#[derive(Serialize)]
struct IdentityClaims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    iat: i64,
    exp: i64,
    auth_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
}

impl TokenIssuer {
    /// An issuer that signs with these keys and names itself and the audience like this.
    pub fn new(keys: Keyring, issuer: &str, audience: &str) -> Self {
        TokenIssuer {
            keys,
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
        let expires_at = expiry(now);
        let claims = Claims {
            iss: &self.issuer,
            aud: &self.audience,
            sub: &account.id,
            iat: now.timestamp(),
            exp: expires_at.timestamp(),
            jti: random::id()?,
            sid: Some(session_id),
            username: Some(&account.username),
            roles: account.roles.iter().copied().map(Role::as_str).collect(),
            client_id: None,
            scope: None,
        };
        Ok(AccessToken {
            text: self.sign(&claims)?,
            expires_at,
        })
    }

    /// A token for an app. Whatever roles the user has, the app has `user` at the most.
    ///
    /// # Errors
    /// When it cannot be signed: an internal failure.
    pub fn issue_for_app(&self, token: ForApp<'_>, now: DateTime<Utc>) -> Result<AccessToken> {
        let expires_at = expiry(now);
        let itself = format!("{APP_SUBJECT}{}", token.grant.client_id);
        let claims = Claims {
            iss: &self.issuer,
            aud: token.audience.unwrap_or(&self.audience),
            sub: token.account.map_or(itself.as_str(), |account| &account.id),
            iat: now.timestamp(),
            exp: expires_at.timestamp(),
            jti: random::id()?,
            sid: token.session_id,
            username: None,
            roles: token
                .account
                .map(|_| Role::User.as_str())
                .into_iter()
                .collect(),
            client_id: Some(&token.grant.client_id),
            scope: Some(&token.grant.scope),
        };
        Ok(AccessToken {
            text: self.sign(&claims)?,
            expires_at,
        })
    }

    /// A token that tells an app who signed in. No service accepts it as an access token.
    ///
    /// # Errors
    /// When it cannot be signed: an internal failure.
    pub fn identify(&self, identity: Identity<'_>, now: DateTime<Utc>) -> Result<String> {
        self.sign(&IdentityClaims {
            iss: identity.issuer,
            aud: identity.client_id,
            sub: identity.account_id,
            iat: now.timestamp(),
            exp: expiry(now).timestamp(),
            auth_time: identity.authenticated_at.timestamp(),
            nonce: identity.nonce,
        })
    }

    fn sign(&self, claims: &impl Serialize) -> Result<String> {
        let key = self.keys.signing();
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(key.key_id().to_owned());
        jsonwebtoken::encode(&header, claims, key.private()).map_err(Failure::internal)
    }

    /// The keys it signs with.
    pub fn keys(&self) -> &Keyring {
        &self.keys
    }

    /// How access tokens name their issuer.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }
}

/// A token counts in whole seconds, and the client is told the same moment.
fn expiry(now: DateTime<Utc>) -> DateTime<Utc> {
    (now + LIFETIME).trunc_subsecs(0)
}

impl std::fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessToken")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
