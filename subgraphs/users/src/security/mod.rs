//! Passwords, keys and tokens. Nothing here is ever logged.

pub mod access_token;
mod hashing_threads;
pub mod keyring;
pub mod one_way;
pub mod opaque_token;
pub mod password_hasher;
pub mod random;
pub mod signing_key;
