//! What resolvers and flows work with, in one place.

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
}
