//! Changing the password ends all other sessions: whoever got in with the old one is out.

use std::fmt;

use chrono::Utc;
use kit::auth::SignedIn;
use kit::server::Requester;
use kit::{Failure, Result};

use super::{Proof, prove_password};
use crate::account::Account;
use crate::rules::{EmailAddress, NewPassword, Username};
use crate::services::Services;

/// The old and the new password.
#[derive(Clone, Copy)]
pub struct PasswordChange<'a> {
    /// What it is now.
    pub current: &'a str,
    /// What it shall be.
    pub new: &'a str,
}

impl fmt::Debug for PasswordChange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordChange(…)")
    }
}

/// Sets a new password for the caller and keeps the session they call from.
///
/// # Errors
/// `BAD_USER_INPUT` when the current one is wrong or the new one too weak.
pub async fn change_password(
    services: &Services,
    requester: &Requester,
    caller: &SignedIn,
    change: PasswordChange<'_>,
) -> Result<Account> {
    let proof = Proof {
        argument: "input.currentPassword",
        password: change.current,
    };
    let account = prove_password(services, requester, &caller.id, proof).await?;
    let username = Username::parse("username", &account.username)?;
    let email = EmailAddress::parse("email", &account.email)?;
    let password = NewPassword::parse("input.newPassword", change.new, &username, &email)?;
    let hash = services.hasher.hash(&password).await?;
    services
        .store
        .set_password(&account.id, hash, caller.session.as_deref(), Utc::now())
        .await?
        .ok_or_else(Failure::unauthenticated)
}
