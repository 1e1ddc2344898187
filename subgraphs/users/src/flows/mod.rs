//! What people do with their account, one thing per file: rules first, then the store.

use chrono::{DateTime, SubsecRound, Utc};
use kit::{Failure, Result};

use crate::account::{Account, Credentials};
use crate::security::access_token::AccessToken;
use crate::security::refresh_token::RefreshToken;
use crate::services::Services;
use crate::store::REFRESH_LIFETIME;

mod change_password;
mod delete_account;
mod refresh_session;
mod register;
mod sign_in;

pub use change_password::{PasswordChange, change_password};
pub use delete_account::delete_account;
pub use refresh_session::refresh_session;
pub use register::{Registration, register};
pub use sign_in::sign_in;

/// What somebody who proved who they are is given.
#[derive(Clone, Debug)]
pub struct Session {
    /// Whose it is.
    pub account: Account,
    /// For the next minutes.
    pub access_token: AccessToken,
    /// For the next access token, once.
    pub refresh_token: RefreshToken,
    /// When the refresh token ends.
    pub refresh_token_expires_at: DateTime<Utc>,
}

/// The session that `session_id` names, as its owner gets it.
fn hand_out(
    services: &Services,
    account: Account,
    session_id: &str,
    refresh_token: RefreshToken,
    now: DateTime<Utc>,
) -> Result<Session> {
    let access_token = services.issuer.issue(&account, session_id, now)?;
    Ok(Session {
        account,
        access_token,
        refresh_token,
        refresh_token_expires_at: (now + REFRESH_LIFETIME).trunc_subsecs(0),
    })
}

/// Proves once more that the caller knows the password of their account.
///
/// # Errors
/// `BAD_USER_INPUT` for a wrong password, `UNAUTHENTICATED` when the account is gone.
async fn prove_password(
    services: &Services,
    account_id: &str,
    argument: &'static str,
    password: &str,
) -> Result<Account> {
    let stored = services.store.credentials_by_id(account_id).await?;
    let Some(Credentials {
        account,
        password_hash,
    }) = stored
    else {
        return Err(Failure::unauthenticated());
    };
    if sign_in::password_matches(services, password, Some(&password_hash)).await? {
        Ok(account)
    } else {
        Err(Failure::bad_input(argument, "The password is wrong"))
    }
}
