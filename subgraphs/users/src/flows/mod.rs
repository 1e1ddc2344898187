//! What people do with their account, one thing per file: rules first, then the store.

use chrono::{DateTime, SubsecRound, Utc};
use kit::server::Requester;
use kit::{Failure, Result};

use crate::account::{Account, Credentials};
use crate::limits::Attempt;
use crate::security::access_token::AccessToken;
use crate::security::opaque_token::OpaqueToken;
use crate::services::Services;
use crate::store::{Origin, REFRESH_LIFETIME};

mod change_email;
mod change_password;
mod change_roles;
mod delete_account;
mod prove_email;
mod refresh_session;
mod register;
mod reset_password;
pub mod rotate_signing_key;
mod sign_in;

pub use change_email::change_email;
pub use change_password::{PasswordChange, change_password};
pub use change_roles::{admin, change_roles, change_roles_as_operator};
pub use delete_account::delete_account;
pub(crate) use prove_email::VERIFY_EMAIL_PATH;
pub use prove_email::{prove_email, send_verification};
pub use refresh_session::refresh_session;
pub use register::{Registration, register};
pub(crate) use reset_password::RESET_PASSWORD_PATH;
pub use reset_password::{reset_password, send_reset};
pub use sign_in::{prove_credentials, sign_in};

/// What somebody who proved who they are is given.
#[derive(Clone, Debug)]
pub struct Session {
    /// Whose it is.
    pub account: Account,
    /// For the next minutes.
    pub access_token: AccessToken,
    /// For the next access token, once.
    pub refresh_token: OpaqueToken,
    /// When the refresh token ends.
    pub refresh_token_expires_at: DateTime<Utc>,
}

/// The session that `session_id` names, as its owner gets it.
fn hand_out(
    services: &Services,
    account: Account,
    session_id: &str,
    refresh_token: OpaqueToken,
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

/// A session for MusicWallet's own pages.
fn own_page(requester: &Requester) -> Origin {
    Origin {
        software: requester.software.clone(),
        app: None,
    }
}

/// Proves once more that the caller knows the password of their account.
///
/// # Errors
/// `BAD_USER_INPUT` for a wrong password, `UNAUTHENTICATED` when the account is gone,
/// `TOO_MANY_REQUESTS` when it was tried too often.
async fn prove_password(
    services: &Services,
    requester: &Requester,
    account_id: &str,
    proof: Proof<'_>,
) -> Result<Account> {
    let counted = services
        .count(Attempt::ProvePassword(account_id), requester)
        .await?;
    let stored = services.store.credentials_by_id(account_id).await?;
    let Some(Credentials {
        account,
        password_hash,
    }) = stored
    else {
        return Err(Failure::unauthenticated());
    };
    if sign_in::password_matches(services, proof.password, Some(&password_hash)).await? {
        counted.succeeded(&services.store).await?;
        Ok(account)
    } else {
        Err(Failure::bad_input(proof.argument, "The password is wrong"))
    }
}

/// A password, and the argument it was sent as.
struct Proof<'a> {
    argument: &'static str,
    password: &'a str,
}
