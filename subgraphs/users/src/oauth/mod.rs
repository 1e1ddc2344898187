//! OAuth 2.0 and OpenID Connect, for apps that are not our own page.
//!
//! Read [`scope`] and [`redirect_uri`] for the rules, then [`registration`].

pub mod redirect_uri;
pub mod registration;
pub mod scope;
