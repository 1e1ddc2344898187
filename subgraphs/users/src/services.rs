//! What resolvers and flows work with, in one place.

use std::sync::Arc;

use kit::Result;
use kit::server::Requester;

use crate::config::LimitArgs;
use crate::limits::{self, Attempt, Counted};
use crate::security::access_token::TokenIssuer;
use crate::security::password_hasher::PasswordHasher;
use crate::store::Store;

/// What resolvers work with. Clones share everything.
#[derive(Clone, Debug)]
pub struct Services {
    /// Where accounts and sessions are.
    pub store: Store,
    /// Hashes and checks passwords.
    pub hasher: PasswordHasher,
    /// Signs access tokens.
    pub issuer: TokenIssuer,
    /// How often things may be tried.
    pub limits: LimitArgs,
    /// Where browsers reach this service, without a slash at its end.
    pub public_url: Arc<str>,
}

impl Services {
    /// Counts an attempt by whoever sent the request.
    ///
    /// # Errors
    /// `TOO_MANY_REQUESTS` when there were too many.
    pub async fn count(&self, attempt: Attempt<'_>, requester: &Requester) -> Result<Counted> {
        limits::count(&self.store, &self.limits, attempt, requester).await
    }

    /// Forgets all attempts at something.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget(&self, attempt: Attempt<'_>) -> Result<()> {
        limits::forget(&self.store, &self.limits, attempt).await
    }
}
