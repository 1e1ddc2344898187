//! Who is asking: bearer tokens (JWT, RFC 7519) verified against published key sets (RFC 7517).
//!
//! Read [`Authenticator::check`], the path of a request; then `key_set` for where keys come from,
//! and `verified` for why a token is verified once and not with every request.

mod authenticator;
mod config;
mod expiry;
mod key_set;
mod verified;

pub(crate) use authenticator::{Authenticator, Refusal};
pub(crate) use config::{AuthenticationConfig, JwksConfig, JwtConfig};
pub(crate) use expiry::Expiry;
