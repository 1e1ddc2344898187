//! Deleting an account, with everything of it, after asking for the password once more.

use chrono::Utc;
use kit::auth::SignedIn;
use kit::{Failure, Result};

use super::prove_password;
use crate::services::Services;

/// Deletes the caller's account; other services learn of it through the outbox.
///
/// # Errors
/// `BAD_USER_INPUT` when the password is wrong.
pub async fn delete_account(services: &Services, caller: &SignedIn, password: &str) -> Result<()> {
    let account = prove_password(services, &caller.id, "password", password).await?;
    if !services
        .store
        .delete_account(&account.id, Utc::now())
        .await?
    {
        return Err(Failure::unauthenticated());
    }
    tracing::info!(user.id = account.id, "an account was deleted");
    Ok(())
}
