//! Passwords, keys and tokens. Nothing here is ever logged.

pub mod access_token;
pub mod password_hasher;
pub mod random;
pub mod refresh_token;
pub mod signing_key;
