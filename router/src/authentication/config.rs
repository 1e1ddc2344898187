//! `authentication` in the configuration.

use serde::{Deserialize, Serialize};

use crate::config::{HttpUrl, Time};

/// `authentication`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AuthenticationConfig {
    /// What the router itself verifies.
    pub router: RouterAuthenticationConfig,
}

impl AuthenticationConfig {
    /// The header that carries tokens, where they are verified.
    pub(crate) fn token_header(&self) -> Option<&str> {
        let jwt = &self.router.jwt;
        (!jwt.jwks.is_empty()).then_some(&jwt.header_name)
    }
}

/// `authentication.router`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RouterAuthenticationConfig {
    /// Bearer tokens.
    pub jwt: JwtConfig,
}

/// `authentication.router.jwt`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct JwtConfig {
    /// Where the keys are; none: tokens are not verified.
    pub jwks: Vec<JwksConfig>,
    /// The header that carries the token.
    pub header_name: String,
    /// The word before the token.
    pub header_value_prefix: String,
}

impl Default for JwtConfig {
    fn default() -> Self {
        Self {
            jwks: Vec::new(),
            header_name: "authorization".to_owned(),
            header_value_prefix: "Bearer".to_owned(),
        }
    }
}

/// One published key set.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct JwksConfig {
    /// Its address.
    pub url: HttpUrl,
    /// How often it is fetched again.
    #[serde(default = "default_poll_interval")]
    pub poll_interval: Time,
    /// The issuers whose tokens its keys may sign; none: any.
    #[serde(default)]
    pub issuers: Vec<String>,
    /// The audiences of which a token must name one; none: any.
    #[serde(default)]
    pub audiences: Vec<String>,
}

fn default_poll_interval() -> Time {
    Time::seconds(60)
}
