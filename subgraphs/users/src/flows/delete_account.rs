//! Deleting an account, with everything of it, after asking for the password once more.

use chrono::Utc;
use kit::auth::SignedIn;
use kit::server::Requester;
use kit::{Failure, Result};

use super::{Proof, prove_password};
use crate::services::Services;

/// Deletes the caller's account; other services learn of it through the outbox.
///
/// # Errors
/// `BAD_USER_INPUT` when the password is wrong.
pub async fn delete_account(
    services: &Services,
    requester: &Requester,
    caller: &SignedIn,
    password: &str,
) -> Result<()> {
    let proof = Proof {
        argument: "password",
        password,
    };
    let account = prove_password(services, requester, &caller.id, proof).await?;
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
