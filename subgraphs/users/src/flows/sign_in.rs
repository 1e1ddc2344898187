//! Signing in. Whether the account or the password is wrong is not told, neither by the
//! answer nor by the time it takes.

use chrono::Utc;
use kit::{Code, Failure, Result};

use super::{Session, hand_out};
use crate::rules::MAX_PASSWORD_BYTES;
use crate::security::refresh_token::RefreshToken;
use crate::services::Services;

/// Longer texts name no account.
const MAX_LOGIN_BYTES: usize = 254;

/// Begins a session for whoever knows the password of the account that `login` names, by
/// user name or by e-mail address.
///
/// # Errors
/// `UNAUTHENTICATED` when that is not so.
pub async fn sign_in(services: &Services, login: &str, password: &str) -> Result<Session> {
    let credentials = if login.len() <= MAX_LOGIN_BYTES {
        services.store.credentials_by_login(login).await?
    } else {
        None
    };
    let stored = credentials.as_ref().map(|it| it.password_hash.as_str());
    let matches = password_matches(services, password, stored).await?;
    let Some(credentials) = credentials.filter(|_| matches) else {
        return Err(Failure::new(
            Code::Unauthenticated,
            "The user name or the password is wrong",
        ));
    };
    let now = Utc::now();
    let token = RefreshToken::new()?;
    let account = credentials.account;
    let session_id = services
        .store
        .begin_session(&account.id, &token.hash(), now)
        .await?;
    hand_out(services, account, &session_id, token, now)
}

/// Whether this is the password that was hashed. Passwords longer than any that can be set
/// are wrong without being hashed.
pub(super) async fn password_matches(
    services: &Services,
    password: &str,
    stored: Option<&str>,
) -> Result<bool> {
    if password.len() > MAX_PASSWORD_BYTES {
        return Ok(false);
    }
    services.hasher.verify(password, stored).await
}
