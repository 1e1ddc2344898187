//! Who is calling: proved by a token that its issuer signed, verified here without a call.
//!
//! [`TokenVerifier`] checks an access token against a key set: one the service holds itself
//! ([`KeySource::Fixed`]), or one that another service publishes ([`RemoteKeySet`]). What it
//! proves is the [`Caller`], which resolvers find in their context.

mod caller;
mod remote_key_set;
mod token_verifier;

pub use caller::{App, Caller, Role, SignedIn};
pub use remote_key_set::{FetchError, RemoteKeySet};
pub use token_verifier::{
    APP_SUBJECT, KeySource, LEEWAY_SECONDS, TokenError, TokenVerifier, Verified,
};

pub use jsonwebtoken::jwk::JwkSet;
