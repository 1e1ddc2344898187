//! OAuth 2.0 and OpenID Connect, for apps that are not our own page.
//!
//! | route | what | specification |
//! |---|---|---|
//! | `GET /.well-known/openid-configuration` | what there is, and where | OpenID Connect Discovery 1.0; RFC 8414 |
//! | `GET, POST /oauth2/authorize` | sign-in and consent page; gives a code | RFC 6749, section 4.1; RFC 7636; RFC 9207 |
//! | `POST /oauth2/token` | a code, a refresh token or an app's own secret for tokens | RFC 6749, sections 4.1.3, 4.4 and 6 |
//! | `POST /oauth2/revoke` | ends what a token belongs to | RFC 7009 |
//! | `POST /oauth2/introspect` | whether a token is good, and for what | RFC 7662 |
//! | `GET, POST /oauth2/userinfo` | who signed in | OpenID Connect Core 1.0, section 5.3 |
//! | `GET, POST /account/…` | the pages that mailed links lead to | |
//!
//! What is there is what is best practice (RFC 9700): codes with PKCE and nothing implicit, redirect
//! URIs compared exactly, refresh tokens that rotate, secrets stored as hashes. There is no dynamic
//! registration, no `request` object, and no response mode but `query`. ID tokens are signed by
//! EdDSA only, where OpenID Connect Core asks for RS256 as well: the one library for RSA here leaks
//! private keys by its timing.
//!
//! Read `scope` and `redirect_uri` for the rules, `authorize` for what a user sees, and
//! `token` for what an app gets.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, request::Parts};
use axum::routing::{get, post};
use kit::auth::TokenVerifier;
use kit::server::{Network, Requester};

use crate::services::Services;

pub mod authorize;
mod bearer;
mod browser;
mod client_authentication;
mod cross_origin;
mod discovery;
mod error;
mod introspect;
mod pages;
mod parameters;
pub mod redirect_uri;
pub mod registration;
mod revoke;
pub mod scope;
mod token;
mod userinfo;

pub(crate) use bearer::Verifiers;

/// Bytes of a form at the most.
const MAX_FORM_BYTES: usize = 32 * 1024;

/// What the endpoints work with.
#[derive(Debug)]
pub struct Provider {
    services: Services,
    verifiers: Verifiers,
    trusted_proxies: Vec<Network>,
}

impl Provider {
    /// A provider over these services, that believes these proxies.
    pub fn new(
        services: Services,
        for_services: TokenVerifier,
        for_userinfo: TokenVerifier,
        trusted_proxies: &[Network],
    ) -> Self {
        Provider {
            services,
            verifiers: Verifiers {
                for_services,
                for_userinfo,
            },
            trusted_proxies: trusted_proxies.to_vec(),
        }
    }

    /// How OpenID Connect clients know us.
    fn issuer(&self) -> &str {
        &self.services.public_url
    }

    fn requester(&self, parts: &Parts) -> Requester {
        Requester::of(&parts.extensions, &parts.headers, &self.trusted_proxies)
    }
}

/// All routes.
pub fn routes(provider: Provider) -> Router {
    // For apps: any page may read the answers, for no cookie is looked at.
    let for_apps = Router::new()
        .route(
            "/.well-known/openid-configuration",
            get(discovery::metadata),
        )
        .route(
            "/.well-known/oauth-authorization-server",
            get(discovery::metadata),
        )
        .route("/oauth2/token", post(token::exchange))
        .route("/oauth2/revoke", post(revoke::revoke))
        .route("/oauth2/introspect", post(introspect::introspect))
        .route(
            "/oauth2/userinfo",
            get(userinfo::userinfo).post(userinfo::userinfo),
        )
        .layer(axum::middleware::from_fn(cross_origin::allow));
    // For people.
    let for_people = Router::new()
        .route(
            "/oauth2/authorize",
            get(authorize::begin).post(authorize::go_on),
        )
        .route(
            crate::flows::VERIFY_EMAIL_PATH,
            get(pages::account::ask_to_verify).post(pages::account::verify),
        )
        .route(
            crate::flows::RESET_PASSWORD_PATH,
            get(pages::account::ask_for_password).post(pages::account::reset),
        );
    for_apps
        .merge(for_people)
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .with_state(Arc::new(provider))
}

/// A header's value, if it is there once and is text.
fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    match values.next() {
        None => value.to_str().ok(),
        Some(_) => None,
    }
}
