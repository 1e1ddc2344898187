//! Passwords, keys and tokens. Nothing here is ever logged.

pub mod access_token;
pub mod keyring;
pub mod one_way;
pub mod opaque_token;
pub mod password_hasher;
pub mod random;
pub mod signing_key;
