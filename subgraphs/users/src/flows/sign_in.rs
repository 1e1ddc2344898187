//! Signing in. Whether the account or the password is wrong is not told, neither by the
//! answer nor by the time it takes.

use chrono::Utc;
use kit::server::Requester;
use kit::{Code, Failure, Result};

use super::{Session, hand_out, own_page};
use crate::account::Account;
use crate::limits::Attempt;
use crate::rules::MAX_PASSWORD_BYTES;
use crate::security::opaque_token::OpaqueToken;
use crate::services::Services;

/// Longer texts name no account.
const MAX_LOGIN_BYTES: usize = 254;

/// Begins a session for whoever knows the password of the account that `login` names, by
/// user name or by e-mail address.
///
/// # Errors
/// `UNAUTHENTICATED` when that is not so, `TOO_MANY_REQUESTS` when it was tried too often.
pub async fn sign_in(
    services: &Services,
    requester: &Requester,
    login: &str,
    password: &str,
) -> Result<Session> {
    let account = prove_credentials(services, requester, login, password).await?;
    let now = Utc::now();
    let token = OpaqueToken::new()?;
    let session_id = services
        .store
        .begin_session(&account.id, &token.hash(), &own_page(requester), now)
        .await?;
    hand_out(services, account, &session_id, token, now)
}

/// The account that `login` names, for whoever knows its password. Every attempt counts before
/// the password is looked at; one that succeeds is forgotten.
///
/// # Errors
/// As [`sign_in`].
pub async fn prove_credentials(
    services: &Services,
    requester: &Requester,
    login: &str,
    password: &str,
) -> Result<Account> {
    let counted = services
        .count(
            Attempt::SignIn(login.get(..MAX_LOGIN_BYTES).unwrap_or(login)),
            requester,
        )
        .await?;
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
    counted.succeeded(&services.store).await?;
    Ok(credentials.account)
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
